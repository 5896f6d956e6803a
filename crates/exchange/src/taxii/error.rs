//! Refusals, each with TAXII's error message (section 3). In: what is wrong. Out: status, headers and body. Never: a word about the store, the program or others' data.

use super::answer::Answer;
use super::store::StoreError;
use crate::json::quote;

/// Why a request is refused. Its sender acts on it, but for 5xx.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{title}: {description}")]
pub struct TaxiiError {
    /// HTTP status.
    pub status: u16,
    /// A title for people.
    pub title: &'static str,
    /// What is wrong, and what would be right.
    pub description: String,
    /// Headers that the status needs.
    pub headers: Vec<(&'static str, String)>,
}

impl TaxiiError {
    pub(super) fn new(status: u16, title: &'static str, description: impl Into<String>) -> Self {
        // BOUND: what is quoted of a request is cut.
        let description: String = description.into();
        Self {
            status,
            title,
            description: description.chars().take(500).collect(),
            headers: Vec::new(),
        }
    }

    pub(super) fn query(description: impl Into<String>) -> Self {
        Self::new(400, "The query is not understood", description)
    }

    /// Neither readable nor writable, or not there: the two look the same.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            404,
            "Not found",
            format!("There is no such {what}, or you may not see it."),
        )
    }

    /// Some of the rights are there, and not the one that is needed.
    pub fn forbidden(what: &str) -> Self {
        Self::new(
            403,
            "Not allowed",
            format!("You may not {what} this collection."),
        )
    }

    /// Nobody has signed in.
    pub fn unauthorized(realm: &str) -> Self {
        let mut error = Self::new(
            401,
            "Sign in",
            "The request needs a name and password, a token or a certificate.",
        );
        let quoted: String = realm
            .chars()
            .filter(|c| !matches!(c, '"' | '\\') && !c.is_control())
            .collect();
        let challenge = format!("Basic realm=\"{quoted}\", charset=\"UTF-8\"");
        error.headers.push(("WWW-Authenticate", challenge));
        error
    }

    /// Another method.
    pub fn method(allowed: &str) -> Self {
        let mut error = Self::new(
            405,
            "Method not allowed",
            format!("Here one can {allowed}."),
        );
        error.headers.push(("Allow", allowed.to_owned()));
        error
    }

    /// A body that is longer than the root accepts.
    pub fn too_long(bytes_max: u64) -> Self {
        Self::new(
            413,
            "The body is too long",
            format!("At most {bytes_max} bytes are read, counted after decompression."),
        )
    }

    /// Too many requests.
    pub fn too_many(retry_after_seconds: u64) -> Self {
        let mut error = Self::new(
            429,
            "Too many requests",
            format!("Try again in {retry_after_seconds} seconds."),
        );
        error
            .headers
            .push(("Retry-After", retry_after_seconds.to_string()));
        error
    }

    /// Something went wrong here; what, stands in the log under the id of the error.
    pub fn internal() -> Self {
        Self::new(
            500,
            "The request could not be answered",
            "The reason stands in the server's log under this error's id.",
        )
    }

    /// The answer, with the id that the log has too.
    pub fn answer(&self, error_id: &str) -> Answer {
        let mut body = String::from("{\"title\":");
        quote(&mut body, self.title);
        body.push_str(",\"description\":");
        quote(&mut body, &self.description);
        body.push_str(",\"error_id\":");
        quote(&mut body, error_id);
        body.push_str(",\"http_status\":");
        quote(&mut body, &self.status.to_string());
        body.push('}');
        Answer {
            status: self.status,
            headers: self.headers.clone(),
            body,
        }
    }
}

impl From<StoreError> for TaxiiError {
    fn from(_: StoreError) -> Self {
        Self::internal()
    }
}
