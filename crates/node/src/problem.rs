//! Why a request is not met. In: a code, what was wrong. Out: RFC 9457 problem documents, or a page. Never: a source of an error in the answer, a body or a token in a text.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::fmt::Write;
use utoipa::ToSchema;

/// The codes, each with its status and a sentence. The table of the docs is made from it.
macro_rules! codes {
    ($($name:ident $word:literal $status:literal $title:literal;)*) => {
        /// A stable code of a problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code's word.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// One sentence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    Malformed "malformed" 400 "The request cannot be read.";
    UnknownField "unknown-field" 400 "The request has a field that the route does not know.";
    NotANote "not-a-note" 400 "The body is no signed note of the form that the route takes.";
    NotSignedIn "not-signed-in" 401 "Nobody is signed in, and no certificate or token names a caller.";
    SignInFailed "sign-in-failed" 401 "The sign-in is not good.";
    NotAllowed "not-allowed" 403 "The caller may not do this.";
    PeerNotAllowed "peer-not-allowed" 403 "This node may not call this here.";
    ForgedForm "forged-form" 403 "The form was not made by this node for this session.";
    NotInForce "not-in-force" 403 "The signatures do not make the document what it says it is.";
    CommissionRefuses "commission-refuses" 403 "The commission's node refuses.";
    NotFound "not-found" 404 "There is no such thing.";
    MethodNotAllowed "method-not-allowed" 405 "The route does not know this method.";
    NotAcceptable "not-acceptable" 406 "The route gives no such form.";
    TooSlow "too-slow" 408 "The request took too long.";
    Conflict "conflict" 409 "Something else is on record already.";
    Stale "stale" 409 "It was changed since it was read.";
    Gone "gone" 410 "It was there and is destroyed.";
    TooLarge "too-large" 413 "The request is longer than the route takes.";
    TooLongAddress "address-too-long" 414 "The address is longer than a node takes.";
    UnsupportedType "unsupported-type" 415 "The route takes another type of content.";
    Incomplete "incomplete" 422 "A required field is missing, empty or too long.";
    Refused "refused" 422 "The document breaks a rule of authority.";
    EntryRefused "entry-refused" 422 "The entry is not one that may be on record.";
    TooManyRequests "too-many-requests" 429 "Too many tries.";
    HeaderTooLarge "header-too-large" 431 "The head of the request is longer than a node takes.";
    Fault "fault" 500 "A fault of this node; the request's id finds it in the node's log.";
    NotImplemented "not-implemented" 501 "This node does not do this.";
    StoreUnavailable "store-unavailable" 503 "The node's store does not answer; try again.";
    LogUnavailable "log-unavailable" 503 "The log does not answer; nothing was done.";
    PeerUnavailable "peer-unavailable" 503 "The other node does not answer; try again.";
    Unavailable "unavailable" 503 "The node cannot do this now; try again.";
}

/// A problem, as handlers return it.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which.
    pub code: Code,
    /// What was wrong with this request; a line for whoever sent it.
    pub detail: String,
    /// What it came from; for the node's own log.
    pub cause: Option<String>,
}

/// What a handler gives.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    /// A problem with a line for the sender.
    pub fn new(code: Code, detail: impl std::fmt::Display) -> Self {
        Self {
            code,
            detail: line(&detail.to_string()),
            cause: None,
        }
    }

    /// A fault whose cause is for the node's log alone.
    pub fn hidden(code: Code, cause: impl std::fmt::Display) -> Self {
        Self {
            code,
            detail: String::new(),
            cause: Some(line(&cause.to_string())),
        }
    }

    /// The same, with a cause for the node's log.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(line(&cause.to_string()));
        self
    }

    /// The problem that a bare status stands for.
    pub fn of_status(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            401 => Code::NotSignedIn,
            403 => Code::NotAllowed,
            404 => Code::NotFound,
            405 => Code::MethodNotAllowed,
            406 => Code::NotAcceptable,
            408 => Code::TooSlow,
            409 => Code::Conflict,
            410 => Code::Gone,
            413 => Code::TooLarge,
            414 => Code::TooLongAddress,
            415 => Code::UnsupportedType,
            422 => Code::Incomplete,
            429 => Code::TooManyRequests,
            431 => Code::HeaderTooLarge,
            501 => Code::NotImplemented,
            503 => Code::Unavailable,
            400..=499 => Code::Malformed,
            _ => Code::Fault,
        };
        Self::new(code, "")
    }
}

/// One line of bounded length without control characters: what others wrote must not break a log or a page.
pub(crate) fn line(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    first
        .chars()
        .filter(|c| !c.is_control())
        .take(400)
        .collect()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status());
        let mut response = status
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response();
        // The gate around all routes writes the body, for it knows the request's id and what the caller reads.
        response.extensions_mut().insert(self);
        response
    }
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Document {
    /// A name of the kind of problem.
    #[schema(example = "urn:sakimori:problem:not-allowed")]
    r#type: String,
    /// One sentence about the kind.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The stable code.
    #[schema(example = "not-allowed")]
    code: &'static str,
    /// What was wrong with this request.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// The request's id.
    instance: String,
}

impl Document {
    /// The document of a problem with one request.
    pub(crate) fn of(problem: &Problem, request: &str) -> Self {
        Self {
            r#type: format!("urn:sakimori:problem:{}", problem.code.word()),
            title: problem.code.title(),
            status: problem.code.status(),
            code: problem.code.word(),
            detail: problem.detail.clone(),
            instance: format!("urn:sakimori:request:{request}"),
        }
    }

    /// As the body of an answer.
    pub(crate) fn answer(&self) -> Response {
        let status = StatusCode::from_u16(self.status);
        let body = serde_json::to_vec(self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}

/// The table of codes, for the docs.
pub fn table() -> String {
    let mut text = String::from(
        "# Problems of the node's interface\n\nGenerated from `crates/node/src/problem.rs`; `SAKIMORI_BLESS=1 cargo test` writes it anew.\n\nEvery answer that is a refusal or a failure is a problem document (RFC 9457, `application/problem+json`) with one of these codes; browsers get a page with the same words. \
The code is stable, the sentences are not. `instance` carries the request's id, which the answer's `x-request-id` and the node's log have too.\n\nEvery refusal is counted (`sakimori_refusals_total`) and written to the node's structured log; refusals of signed-in callers are in the node's audit record as well. What a *sensor* refuses is an entry of the log itself (type 25, [refusals](refusals.md)); a document that the interface refuses has no entry there, for nothing has happened under it.\n\n| code | status | meaning |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let (word, status, title) = (code.word(), code.status(), code.title());
        // Writing to a string does not fail.
        let _ = writeln!(text, "| `{word}` | {status} | {title} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_kebab_case_and_none_is_there_twice() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        for word in words {
            assert!(
                word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{word}"
            );
        }
        for status in 400..600 {
            let problem = Problem::of_status(StatusCode::from_u16(status).unwrap());
            assert_eq!(problem.code.status() / 100, status / 100, "{status}");
        }
    }

    #[test]
    fn what_others_wrote_is_one_line_of_bounded_length() {
        let problem = Problem::new(Code::Malformed, format!("a\u{7}b\nc{}", "d".repeat(1000)));
        assert_eq!(problem.detail, "ab");
        assert_eq!(line(&"é".repeat(1000)).chars().count(), 400);
    }
}
