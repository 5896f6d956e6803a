//! The mirror's protocol over HTTP/1. In: a mirror and a clock, or an address. Out: a router to be merged into the commission's own, a loop that serves
//! it, and a peer that the feed talks to. Never: a decision; those are the mirror's.

mod listener;

use crate::feed::Peer;
use crate::limits::{MIRROR_WAIT_MAX, REPLY_BYTES_MAX, REQUEST_BYTES_MAX};
use crate::mirror::{Mirror, Reply};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use flate2::read::GzDecoder;
use listener::Limited;
use sakimori_custody::time::Seconds;
use std::future::Future;
use std::io::{self, Read};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

/// The present time; the mirror's cosignatures carry it.
pub type Clock = Arc<dyn Fn() -> Seconds + Send + Sync>;

/// A mirror that several rooms of the commission's process share.
pub type SharedMirror = Arc<Mutex<Mirror>>;

#[derive(Clone)]
struct Served {
    mirror: SharedMirror,
    clock: Clock,
}

/// Routes of the mirror: `POST /add-checkpoint`, `/add-entries`, `/add-bodies`; `GET /<hex SHA-256 of the origin>/…` for the copy.
pub fn router(mirror: SharedMirror, clock: Clock) -> Router {
    use crate::request::{ADD_BODIES, ADD_CHECKPOINT, ADD_ENTRIES};
    Router::new()
        .route(ADD_CHECKPOINT, post(submit))
        .route(ADD_ENTRIES, post(submit))
        .route(ADD_BODIES, post(submit))
        .route("/{origin}/{*file}", get(read))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Served { mirror, clock })
}

/// Serves a router until `stop` is ready, in the calling thread. The listener may be of any address; ours are on loopback. Who comes while
/// [`HTTP_CONNECTIONS_MAX`](crate::limits::HTTP_CONNECTIONS_MAX) connections are open waits until one is closed.
///
/// # Errors
/// The listener's.
pub fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut builder = tokio::runtime::Builder::new_current_thread();
    // With a timer: where the process has no file left for a connection, the loop waits before it accepts the next.
    builder.enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(Limited::new(listener), router)
            .with_graceful_shutdown(stop)
            .await
    })
}

async fn submit(
    State(served): State<Served>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = (served.clock)();
    let gzip = headers
        .get(CONTENT_ENCODING)
        .map(|v| v.as_bytes() == b"gzip");
    let body = match gzip {
        None => body.to_vec(),
        Some(true) => match unzip(&body) {
            Ok(body) => body,
            Err(_) => return StatusCode::BAD_REQUEST.into_response(),
        },
        Some(false) => return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
    };
    blocking(served, move |mirror| mirror.post(uri.path(), &body, now)).await
}

async fn read(State(served): State<Served>, uri: Uri) -> Response {
    blocking(served, move |mirror| mirror.get(uri.path())).await
}

/// The mirror waits for its disk; the loop that serves others must not.
async fn blocking(
    served: Served,
    answer: impl FnOnce(&mut Mirror) -> Option<Reply> + Send + 'static,
) -> Response {
    let work = move || {
        // A poisoned lock is a mirror whose last request ended in a fault of ours: it must be opened anew.
        let mut mirror = served.mirror.lock().map_err(|_| ())?;
        Ok(answer(&mut mirror))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(Some(reply))) => respond(reply),
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(())) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn respond(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        (CONTENT_TYPE, reply.content_type),
        (ACCEPT_ENCODING, "gzip".to_owned()),
    ];
    (status, headers, reply.body).into_response()
}

fn unzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    GzDecoder::new(bytes)
        .take(REQUEST_BYTES_MAX as u64 + 1)
        .read_to_end(&mut out)?;
    if out.len() > REQUEST_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(out)
}

/// A mirror behind an address.
#[derive(Debug)]
pub struct HttpPeer {
    agent: ureq::Agent,
    prefix: String,
}

impl HttpPeer {
    /// A mirror whose submission prefix is `prefix`, such as `http://127.0.0.1:7790`.
    pub fn new(prefix: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(MIRROR_WAIT_MAX))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        Self::with_agent(config.into(), prefix)
    }

    /// As [`HttpPeer::new`], reached by an agent that others made: one that speaks TLS.
    pub fn with_agent(agent: ureq::Agent, prefix: &str) -> Self {
        Self {
            agent,
            prefix: prefix.trim_end_matches('/').to_owned(),
        }
    }
}

impl Peer for HttpPeer {
    fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> io::Result<Reply> {
        let request = self.agent.post(format!("{}{path}", self.prefix));
        let sent = request.header("content-type", content_type).send(body);
        let mut response = sent.map_err(ureq::Error::into_io)?;
        let header = response.headers().get("content-type");
        let content_type = header.and_then(|v| v.to_str().ok()).unwrap_or_default();
        let content_type = content_type.to_owned();
        let body = response
            .body_mut()
            .with_config()
            .limit(REPLY_BYTES_MAX as u64)
            .read_to_vec();
        Ok(Reply {
            status: response.status().as_u16(),
            content_type,
            body: body.map_err(ureq::Error::into_io)?,
        })
    }
}

/// A mirror in the same process, for simulations and for a node that plays both parts.
pub struct LocalPeer {
    mirror: SharedMirror,
    clock: Clock,
}

impl LocalPeer {
    /// Talks to the mirror directly.
    pub const fn new(mirror: SharedMirror, clock: Clock) -> Self {
        Self { mirror, clock }
    }
}

impl Peer for LocalPeer {
    fn post(&mut self, path: &str, _content_type: &str, body: &[u8]) -> io::Result<Reply> {
        let now = (self.clock)();
        let mut mirror = self.mirror.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = mirror.post(path, body, now);
        reply.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
