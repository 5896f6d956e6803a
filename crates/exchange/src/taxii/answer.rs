//! Answers. In: a body. Out: status, headers, text. Never: another media type than TAXII's.

use crate::stix::MicrosText;

/// The media type of every answer, section 1.6.
pub const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers beside `Content-Type`, which is always [`MEDIA_TYPE`].
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

impl Answer {
    pub(super) const fn ok(body: String) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body,
        }
    }

    /// Says when the first and last object of the answer were added, section 3; an answer without objects says nothing.
    pub(super) fn added(mut self, dates: &[u64]) -> Self {
        if let (Some(first), Some(last)) = (dates.iter().min(), dates.iter().max()) {
            let text = |date: &u64| MicrosText(*date).to_string();
            self.headers.push(("X-TAXII-Date-Added-First", text(first)));
            self.headers.push(("X-TAXII-Date-Added-Last", text(last)));
        }
        self
    }
}
