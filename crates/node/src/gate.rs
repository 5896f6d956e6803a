//! What every request passes. In: a request. Out: an answer with the request's id and strict headers, counted and told in one line of the log. Never: a body, a query or a token
//! in the log; an error without a code.

use crate::limits::ANSWER_WAIT;
use crate::metrics::Metrics;
use crate::pages;
use crate::problem::{Code, Document, Problem};
use crate::server::Connection;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use sakimori_control::Host;
use sakimori_custody::ids::hex;
use std::sync::Arc;
use tokio::time::Instant;

/// Name of the header that carries a request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Content Security Policy of every answer but the sign-in's, whose page names the hash of the one script.
const CSP: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What the gate needs.
#[derive(Clone)]
pub struct Gate {
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Randomness for ids.
    pub host: Host,
}

/// The id of the request that a handler answers.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Marks an answer whose body is part of a protocol and stays as it is.
#[derive(Clone, Copy)]
pub struct Verbatim;

/// The gate.
pub async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id: Arc<str> = request_id(&gate.host, &request);
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let asked = Asked::of(&request);
    let answer = match tokio::time::timeout(ANSWER_WAIT, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => axum::response::IntoResponse::into_response(Problem::new(Code::TooSlow, "")),
    };
    let (mut answer, problem) = told(answer, &asked, &id);
    let took = began.elapsed();
    let status = answer.status().as_u16();
    gate.metrics
        .answered(asked.method.as_str(), &asked.route, status, took);
    if let Some(problem) = &problem {
        gate.metrics.refused(problem.code.word());
    }
    log(&asked, &id, status, took, problem.as_ref());
    harden(&mut answer, &id);
    let unread = !matches!(asked.method, Method::GET | Method::HEAD);
    if unread && problem.is_some() && answer.extensions().get::<Verbatim>().is_none() {
        // Its body may not have been read to its end: whoever sent it must not send another behind it.
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(header::CONNECTION, close);
    }
    answer
}

struct Asked {
    method: Method,
    route: String,
    reads_pages: bool,
    from: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>();
        let accepts = request.headers().get(header::ACCEPT);
        let page = accepts
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.contains("text/html"));
        let from = request.extensions().get::<Connection>();
        let path = request.uri().path();
        Self {
            method: match request.method() {
                known @ (&Method::GET
                | &Method::POST
                | &Method::PUT
                | &Method::DELETE
                | &Method::HEAD) => known.clone(),
                // A caller's own word must not become a label.
                _ => Method::TRACE,
            },
            route: route.map_or_else(|| "none".to_owned(), |r| r.as_str().to_owned()),
            reads_pages: page && !path.starts_with("/v1/"),
            from: from.map_or_else(String::new, |c| c.address.ip().to_string()),
        }
    }
}

/// The id that a caller gave, where it is a plain word, else a new one.
fn request_id(host: &Host, request: &Request) -> Arc<str> {
    let given = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|v| v.to_str().ok());
    let plain = |text: &&str| {
        (8..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match given.filter(plain) {
        Some(given) => given.into(),
        None => hex(&host.bytes::<16>().unwrap_or_default()).into(),
    }
}

/// The answer as it goes out: every refusal and failure as a problem document or a page.
fn told(mut answer: Response, asked: &Asked, id: &str) -> (Response, Option<Problem>) {
    let problem = answer.extensions_mut().remove::<Problem>();
    let status = answer.status();
    let bad = status.is_client_error() || status.is_server_error();
    let problem = match problem {
        Some(problem) => problem,
        None if bad && answer.extensions().get::<Verbatim>().is_some() => {
            return (answer, Some(Problem::of_status(status)));
        }
        None if bad => Problem::of_status(status),
        None => return (answer, None),
    };
    let mut out = if asked.reads_pages {
        pages::problem(&problem, id)
    } else {
        Document::of(&problem, id).answer()
    };
    // What a refusal says beside its body: allowed methods, a cookie that ends.
    for name in [header::ALLOW, header::SET_COOKIE, header::RETRY_AFTER] {
        if let Some(value) = answer.headers().get(&name) {
            out.headers_mut().insert(name, value.clone());
        }
    }
    if problem.code == Code::NotSignedIn && asked.reads_pages {
        *out.status_mut() = StatusCode::SEE_OTHER;
        let to = HeaderValue::from_static("/sign-in");
        out.headers_mut().insert(header::LOCATION, to);
    }
    (out, Some(problem))
}

fn log(asked: &Asked, id: &str, status: u16, took: std::time::Duration, problem: Option<&Problem>) {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let (method, route, from) = (asked.method.as_str(), asked.route.as_str(), &asked.from);
    match problem {
        None => tracing::info!(request = id, method, route, from, status, ms, "answered"),
        Some(problem) => {
            let code = problem.code.word();
            let cause = problem.cause.as_deref().unwrap_or_default();
            let detail = problem.detail.as_str();
            if status >= 500 {
                tracing::error!(
                    request = id,
                    method,
                    route,
                    from,
                    status,
                    ms,
                    code,
                    cause,
                    "failed"
                );
            } else {
                tracing::warn!(
                    request = id,
                    method,
                    route,
                    from,
                    status,
                    ms,
                    code,
                    detail,
                    cause,
                    "refused"
                );
            }
        }
    }
}

fn harden(answer: &mut Response, id: &str) {
    let headers = answer.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "publickey-credentials-get=(self), publickey-credentials-create=(self)",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CSP));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}
