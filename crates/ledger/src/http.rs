//! The protocol of mirror and witness over HTTP/1. In: a mirror or witness and a clock, or an address. Out: a router to be merged into the commission's own, a loop that serves
//! it, and a peer that the feed talks to. Never: a decision; those are the mirror's and the witness's.

mod listener;

use crate::feed::Peer;
use crate::limits::{
    MIRROR_WAIT_MAX, REPLY_BYTES_MAX, REQUEST_BYTES_MAX, WITNESS_REQUEST_BYTES_MAX,
};
use crate::mirror::{Mirror, Reply};
use crate::request::{ADD_BODIES, ADD_CHECKPOINT, ADD_ENTRIES};
use crate::witness::Witness;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use flate2::read::GzDecoder;
use listener::Limited;
pub use listener::Patience;
use sakimori_custody::time::Seconds;
use std::future::{Future, poll_fn};
use std::io::{self, Read};
use std::net::TcpListener;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use tokio::sync::Notify;

/// The present time; the mirror's cosignatures carry it.
pub type Clock = Arc<dyn Fn() -> Seconds + Send + Sync>;

/// A mirror that several rooms of the commission's process share.
pub type SharedMirror = Arc<Mutex<Mirror>>;

/// A witness that requests share.
pub type SharedWitness = Arc<Mutex<Witness>>;

/// One who answers requests of the protocol, one at a time.
pub trait Answers: Send + 'static {
    /// Answers what is brought to a path; `None` for a path that is not its own.
    fn post(&mut self, path: &str, body: &[u8], now: Seconds) -> Option<Reply>;
    /// Answers a read; `None` for a path that is not its own.
    fn get(&mut self, path: &str) -> Option<Reply>;
    /// Whether its storage has failed, so that it has to be opened anew.
    fn is_stopped(&self) -> bool;
}

impl Answers for Mirror {
    fn post(&mut self, path: &str, body: &[u8], now: Seconds) -> Option<Reply> {
        Self::post(self, path, body, now)
    }

    fn get(&mut self, path: &str) -> Option<Reply> {
        Self::get(self, path)
    }

    fn is_stopped(&self) -> bool {
        Self::is_stopped(self)
    }
}

impl Answers for Witness {
    fn post(&mut self, path: &str, body: &[u8], now: Seconds) -> Option<Reply> {
        (path == ADD_CHECKPOINT).then(|| self.add_checkpoint(body, now))
    }

    fn get(&mut self, _path: &str) -> Option<Reply> {
        None
    }

    fn is_stopped(&self) -> bool {
        Self::is_stopped(self)
    }
}

struct Served<T> {
    shared: Arc<Mutex<T>>,
    clock: Clock,
    /// Told once storage has failed.
    failed: Arc<Notify>,
}

impl<T> Clone for Served<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            clock: Arc::clone(&self.clock),
            failed: Arc::clone(&self.failed),
        }
    }
}

/// The route by which a mirror's copy is read.
pub const COPY: &str = "/{origin}/{*file}";

/// Every route of a mirror, as it is matched: who serves it says for each who may call it.
pub const MIRROR_ROUTES: [&str; 4] = [ADD_CHECKPOINT, ADD_ENTRIES, ADD_BODIES, COPY];

/// Routes of the mirror: `POST /add-checkpoint`, `/add-entries`, `/add-bodies`; `GET /<hex SHA-256 of the origin>/…` for the copy.
pub fn router(mirror: SharedMirror, clock: Clock) -> Router {
    watched(mirror, clock).0
}

/// As [`router`], with a future that is ready once the mirror's storage has failed: who serves it should end then, and open the mirror anew.
pub fn watched(
    mirror: SharedMirror,
    clock: Clock,
) -> (Router, impl Future<Output = ()> + Send + use<>) {
    let (served, failed) = served(mirror, clock);
    let routes = Router::new()
        .route(ADD_CHECKPOINT, post(submit::<Mirror>))
        .route(ADD_ENTRIES, post(submit::<Mirror>))
        .route(ADD_BODIES, post(submit::<Mirror>))
        .route(COPY, get(read::<Mirror>))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(served);
    (routes, failed)
}

/// The route of a witness, `POST /add-checkpoint`, with a future that is ready once its storage has failed.
pub fn witness_router(
    witness: SharedWitness,
    clock: Clock,
) -> (Router, impl Future<Output = ()> + Send + use<>) {
    let (served, failed) = served(witness, clock);
    let routes = Router::new()
        .route(ADD_CHECKPOINT, post(submit::<Witness>))
        .layer(DefaultBodyLimit::max(WITNESS_REQUEST_BYTES_MAX))
        .with_state(served);
    (routes, failed)
}

fn served<T>(
    shared: Arc<Mutex<T>>,
    clock: Clock,
) -> (Served<T>, impl Future<Output = ()> + Send + use<T>) {
    let failed = Arc::new(Notify::new());
    let served = Served {
        shared,
        clock,
        failed: Arc::clone(&failed),
    };
    (served, async move { failed.notified().await })
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
    serve_with(listener, router, Patience::default(), stop)
}

/// As [`serve`], with another patience than the usual one.
///
/// # Errors
/// The listener's.
pub fn serve_with(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut builder = tokio::runtime::Builder::new_current_thread();
    // With a timer: where the process has no file left for a connection, the loop waits before it accepts the next.
    builder.enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(Limited::new(listener, patience), router)
            .with_graceful_shutdown(stop)
            .await
    })
}

/// Ready as soon as one of two is, such as the wish to stop and the failure of a disk.
pub async fn either(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| {
        let ready = one.as_mut().poll(cx).is_ready() || other.as_mut().poll(cx).is_ready();
        if ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

async fn submit<T: Answers>(
    State(served): State<Served<T>>,
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
    blocking(served, move |shared| shared.post(uri.path(), &body, now)).await
}

async fn read<T: Answers>(State(served): State<Served<T>>, uri: Uri) -> Response {
    blocking(served, move |shared| shared.get(uri.path())).await
}

/// Who answers waits for its disk; the loop that serves others must not.
async fn blocking<T: Answers>(
    served: Served<T>,
    answer: impl FnOnce(&mut T) -> Option<Reply> + Send + 'static,
) -> Response {
    let Served { shared, failed, .. } = served;
    let work = move || {
        // A poisoned lock is a mirror whose last request ended in a fault of ours: it must be opened anew.
        let mut shared = shared.lock().map_err(|_| ())?;
        let reply = answer(&mut shared);
        Ok::<_, ()>((reply, shared.is_stopped()))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (reply, stopped) = done.unwrap_or(Err(())).unwrap_or_else(|()| {
        let fell = Reply::plain(500, "the last request ended in a fault\n");
        (Some(fell), true)
    });
    if stopped {
        failed.notify_one();
    }
    reply.map_or_else(|| StatusCode::NOT_FOUND.into_response(), respond)
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

/// A mirror or witness in the same process, for simulations and for a node that plays both parts.
pub struct LocalPeer<T = Mirror> {
    shared: Arc<Mutex<T>>,
    clock: Clock,
}

impl<T> LocalPeer<T> {
    /// Talks to it directly.
    pub const fn new(shared: Arc<Mutex<T>>, clock: Clock) -> Self {
        Self { shared, clock }
    }
}

impl<T: Answers> Peer for LocalPeer<T> {
    fn post(&mut self, path: &str, _content_type: &str, body: &[u8]) -> io::Result<Reply> {
        let now = (self.clock)();
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = shared.post(path, body, now);
        reply.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
