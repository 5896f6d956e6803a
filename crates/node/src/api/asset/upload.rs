//! A list of assets as a browser sends it. In: a form with a file. Out: its bytes, and how it is meant. Never: a file that is read before the form is known to be the session's.

use crate::app::Caller;
use crate::extract::bytes;
use crate::problem::{Answer, Code, Problem};
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::{HeaderMap, Method};
use sakimori_cooperate::limits::FILE_BYTES_MAX;

/// Room for the form around its file.
const FORM_BYTES: usize = 64 << 10;

/// A list that was sent.
pub(super) struct Uploaded {
    /// The file: CSV or XLSX, as its first bytes say.
    pub(super) list: Vec<u8>,
    /// It comes to what is there.
    pub(super) more: bool,
}

impl Uploaded {
    /// Reads the form: `form`, then `more` where it was ticked, then `file`.
    ///
    /// # Errors
    /// [`Code::ForgedForm`], [`Code::TooLarge`], [`Code::UnsupportedType`], [`Code::Malformed`], [`Code::Incomplete`].
    pub(super) async fn of(caller: &Caller, headers: HeaderMap, body: Body) -> Answer<Self> {
        let malformed = |_| Problem::new(Code::Malformed, "no form with a file");
        let most = FILE_BYTES_MAX + FORM_BYTES;
        let taken = bytes(&headers, body, most).await?;
        let mut again = Request::new(Body::from(taken));
        *again.method_mut() = Method::POST;
        *again.headers_mut() = headers;
        DefaultBodyLimit::max(most).apply(&mut again);
        let form = Multipart::from_request(again, &()).await;
        let mut form =
            form.map_err(|_| Problem::new(Code::UnsupportedType, "no form with a file"))?;
        let (mut made, mut more) = (false, false);
        while let Some(field) = form.next_field().await.map_err(malformed)? {
            match field.name() {
                Some("form") if !made => {
                    caller.made(&field.text().await.map_err(malformed)?)?;
                    made = true;
                }
                Some("more") if made => more = true,
                Some("file") if made => {
                    let list = field.bytes().await.map_err(malformed)?.to_vec();
                    return Ok(Self { list, more });
                }
                _ => return Err(Problem::new(Code::ForgedForm, "")),
            }
        }
        Err(Problem::new(Code::Incomplete, "`file`"))
    }
}
