//! What handlers take from a request. In: heads and bodies of strangers. Out: values of bounded size, or a problem with its code. Never: a type of content that was not asked for.

use crate::limits::{BODY_BYTES_MAX, BODY_WAIT, ENTRY_BYTES_MAX, NOTE_BYTES_MAX};
use crate::problem::{Code, Problem};
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use sakimori_tlog::note::Note;
use serde::de::DeserializeOwned;

/// Reads a body of at most `most` bytes, each part of it within [`BODY_WAIT`].
///
/// # Errors
/// [`Code::TooLarge`], [`Code::TooSlow`], [`Code::Malformed`].
pub async fn bytes(headers: &HeaderMap, mut body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let too_large = || Problem::new(Code::TooLarge, format!("at most {most} bytes"));
    let told = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        let frame = tokio::time::timeout(BODY_WAIT, body.frame()).await;
        let frame = frame.map_err(|_| Problem::new(Code::TooSlow, "the body does not come"))?;
        let Some(frame) = frame else {
            return Ok(bytes);
        };
        let frame = frame.map_err(|_| Problem::new(Code::Malformed, "the body breaks off"))?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > most {
                return Err(too_large());
            }
            bytes.extend_from_slice(&data);
        }
    }
}

/// The type of content without its parameters, in lower case.
fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

fn expects(headers: &HeaderMap, kind: &str) -> Result<(), Problem> {
    let encoded = headers.contains_key(header::CONTENT_ENCODING);
    if content_type(headers) == kind && !encoded {
        Ok(())
    } else {
        Err(Problem::new(
            Code::UnsupportedType,
            format!("this route takes {kind}, not encoded"),
        ))
    }
}

/// A JSON body, without fields that the route does not know.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json(request, BODY_BYTES_MAX).await.map(Self)
    }
}

/// A JSON body that may be as long as an entry with its body.
pub struct Long<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Long<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json(request, ENTRY_BYTES_MAX).await.map(Self)
    }
}

async fn json<T: DeserializeOwned>(request: Request, most: usize) -> Result<T, Problem> {
    let (parts, body) = request.into_parts();
    expects(&parts.headers, "application/json")?;
    let bytes = bytes(&parts.headers, body, most).await?;
    serde_json::from_slice(&bytes).map_err(|e| unread(&e))
}

fn unread(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let code = if text.starts_with("unknown field") {
        Code::UnknownField
    } else if text.starts_with("missing field") {
        Code::Incomplete
    } else {
        Code::Malformed
    };
    // The reader's words may hold what was sent; the place is enough.
    let place = format!("line {}, column {}", error.line(), error.column());
    let field = text.split('`').nth(1).filter(|_| code != Code::Malformed);
    let plain = |f: &&str| f.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match field.filter(plain) {
        Some(field) => Problem::new(code, format!("`{field}`, {place}")),
        None => Problem::new(code, place),
    }
}

/// A form of a page.
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        expects(&parts.headers, "application/x-www-form-urlencoded")?;
        let bytes = bytes(&parts.headers, body, BODY_BYTES_MAX).await?;
        let mut again = Request::new(Body::from(bytes));
        *again.method_mut() = axum::http::Method::POST;
        *again.headers_mut() = parts.headers;
        let form = axum::Form::<T>::from_request(again, state).await;
        form.map(|axum::Form(form)| Self(form))
            .map_err(|_| Problem::new(Code::Incomplete, "the form lacks a field, or has another"))
    }
}

/// A signed note as it lies in a file.
pub struct NoteBody {
    /// The bytes as they came.
    pub bytes: Vec<u8>,
    /// The note.
    pub note: Note,
}

impl NoteBody {
    /// Reads a note.
    ///
    /// # Errors
    /// [`Code::NotANote`].
    pub fn of(bytes: Vec<u8>) -> Result<Self, Problem> {
        let note = Note::parse(&bytes).map_err(|e| Problem::new(Code::NotANote, e))?;
        Ok(Self { bytes, note })
    }
}

impl<S: Send + Sync> FromRequest<S> for NoteBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        expects(&parts.headers, "text/plain")?;
        Self::of(bytes(&parts.headers, body, NOTE_BYTES_MAX).await?)
    }
}

/// A text that a person wrote: neither empty nor too long, without control characters but line ends.
///
/// # Errors
/// [`Code::Incomplete`] names the field.
pub fn written(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.replace("\r\n", "\n");
    let bad = |why: &str| Problem::new(Code::Incomplete, format!("`{field}` {why}"));
    if text.trim().is_empty() {
        return Err(bad("is empty"));
    }
    if text.len() > crate::limits::TEXT_BYTES_MAX {
        return Err(bad("is too long"));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(bad("has control characters"));
    }
    Ok(text.trim().to_owned())
}
