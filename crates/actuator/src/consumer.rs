//! HTTPS: commands, approvals and receipts. In: connections of producers whose certificates the owner listed. Out: what the runner says, in the form and with the status of the language. Never: a body of somebody who is not
//! listed; a connection that may wait without end; a stranger who keeps a producer out.
//!
//! `POST /.well-known/openc2` is the transfer specification of `OpenC2` over HTTPS; `PUT /v1/approvals/{id}`, `PUT` and `GET /v1/lists` and `GET /v1/effects` are ours (`docs/reference/openc2.md`).

mod places;

use crate::approvals::BUNDLE_BYTES_MAX;
use crate::config::{HttpsConfig, May, Producer};
use crate::runner::{Ask, Handle, Said, Told};
use crate::tls;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use places::{Handshake, Handshakes, Places};
use sakimori_respond::consumer::Reply;
use sakimori_respond::openc2::{MEDIA_TYPE, MESSAGE_BYTES_MAX, Status};
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, oneshot};
use tokio_rustls::TlsAcceptor;

/// Longest wait for a handshake.
const HANDSHAKE_WAIT: Duration = Duration::from_secs(5);
/// Longest time of a connection of somebody who is not listed.
const STRANGER_WAIT: Duration = Duration::from_secs(5);
/// Longest wait for the head of a request, and for the next one on a connection.
const HEAD_WAIT: Duration = Duration::from_secs(15);
/// Longest wait for a whole body.
const BODY_WAIT: Duration = Duration::from_secs(20);
/// Longest wait for the runner.
const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// Longest time of a connection.
const CONNECTION_WAIT: Duration = Duration::from_mins(10);
/// Longest wait for protected lists to come, and to be read.
const LISTS_WAIT: Duration = Duration::from_mins(1);
/// Longest body with protected lists.
pub const LISTS_BYTES_MAX: usize = 64 << 20;
const HEAD_BYTES_MAX: usize = 16 << 10;
const REQUEST_ID_BYTES_MAX: usize = 128;

struct Server {
    handle: Handle,
    producers: Vec<Producer>,
    name: String,
    places: Places,
    /// One bundle of lists at a time is in memory.
    lists: Mutex<()>,
}

/// Protected lists as they are brought.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Brought {
    note: String,
    file: String,
}

/// Binds the listener.
///
/// # Errors
/// The system's.
pub async fn bind(config: &HttpsConfig) -> io::Result<TcpListener> {
    TcpListener::bind(config.listen).await
}

/// Serves for as long as the process runs.
///
/// # Errors
/// A certificate or key that cannot be used.
pub async fn serve(
    listener: TcpListener,
    config: HttpsConfig,
    name: String,
    handle: Handle,
) -> io::Result<Infallible> {
    let acceptor = TlsAcceptor::from(tls::server(&config)?);
    let server = Arc::new(Server {
        handle,
        places: Places::of(&config.producers),
        producers: config.producers,
        name,
        lists: Mutex::new(()),
    });
    let handshakes = Handshakes::default();
    loop {
        let Ok((stream, from)) = listener.accept().await else {
            // Where the process has no file left for a connection, the next one is not waited for in a busy loop.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let handshake = handshakes.begin(from.ip());
        let (acceptor, server) = (acceptor.clone(), Arc::clone(&server));
        tokio::spawn(talk(stream, acceptor, handshake, server));
    }
}

async fn talk(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    mut handshake: Handshake,
    server: Arc<Server>,
) {
    // Small answers must not wait for more.
    let _ = stream.set_nodelay(true);
    let shaken = tokio::time::timeout(HANDSHAKE_WAIT, acceptor.accept(stream));
    let stream = tokio::select! {
        shaken = shaken => shaken,
        _ = &mut handshake.broken => return,
    };
    drop(handshake);
    let Ok(Ok(stream)) = stream else {
        return;
    };
    let (_, session) = stream.get_ref();
    let shown = session.peer_certificates().and_then(|chain| chain.first());
    let shown = shown.map(tls::fingerprint);
    let producer = server
        .producers
        .iter()
        .find(|one| one.fingerprint().is_some_and(|known| Some(known) == shown))
        .cloned();
    let is_listed = producer.is_some();
    let place = match shown.filter(|_| is_listed) {
        Some(hash) => server.places.own(&hash).await,
        None => server.places.stranger(),
    };
    let Some(_place) = place else {
        return;
    };
    let producer = Arc::new(producer);
    let handler = Arc::clone(&server);
    let service = service_fn(move |request: Request<Incoming>| {
        let (server, producer) = (Arc::clone(&handler), Arc::clone(&producer));
        async move {
            let answer = server.answer(request, producer.as_ref().as_ref()).await;
            Ok::<_, Infallible>(answer)
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(if is_listed { HEAD_WAIT } else { STRANGER_WAIT })
        .keep_alive(is_listed)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), service);
    // What a client breaks off is its own affair, and an answer that nobody reads ends too.
    let most = if is_listed {
        CONNECTION_WAIT
    } else {
        STRANGER_WAIT
    };
    let _ = tokio::time::timeout(most, served).await;
}

type Answer = Response<Full<Bytes>>;
/// Gives what the runner tells.
type ToldTo = Box<dyn FnOnce(Told) + Send>;

fn answer(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// The status of a response as HTTP's: the language took its numbers from there; only 102 is none that a request ends with.
fn http_status(status: Option<Status>) -> StatusCode {
    match status {
        None => StatusCode::NO_CONTENT,
        Some(Status::Processing) => StatusCode::ACCEPTED,
        Some(status) => {
            StatusCode::from_u16(status.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn openc2(said: Said) -> Answer {
    answer(http_status(said.status), MEDIA_TYPE, said.body)
}

fn told(told: &Told) -> Answer {
    let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = told.body.to_string().into_bytes();
    answer(status, "application/json", body)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

async fn body(request: Request<Incoming>, most: usize, wait: Duration) -> Result<Vec<u8>, Status> {
    let collected = Limited::new(request.into_body(), most).collect();
    match tokio::time::timeout(wait, collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes().to_vec()),
        Ok(Err(_)) | Err(_) => Err(Status::BadRequest),
    }
}

/// Note and file of lists that are brought.
fn brought(body: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let Brought { note, file } = serde_json::from_slice(body).ok()?;
    Some((STANDARD.decode(note).ok()?, STANDARD.decode(file).ok()?))
}

impl Server {
    async fn answer(&self, request: Request<Incoming>, producer: Option<&Producer>) -> Answer {
        let id = text(request.headers(), "x-request-id").to_owned();
        let mut answer = self.routed(request, producer).await;
        let value = HeaderValue::from_str(&id).ok();
        let value = value.filter(|_| !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX);
        if let Some(value) = value {
            answer.headers_mut().insert("x-request-id", value);
        }
        answer
    }

    async fn routed(&self, request: Request<Incoming>, producer: Option<&Producer>) -> Answer {
        let Some(producer) = producer else {
            return self.refused(
                Status::Unauthorized,
                "the certificate is not one that the owner listed",
            );
        };
        let path = request.uri().path().to_owned();
        let may = |act| producer.may.contains(&act);
        let not_allowed = || self.refused(Status::Forbidden, "this producer may not do that");
        let approval = path.strip_prefix("/v1/approvals/").map(str::to_owned);
        let method = request.method().clone();
        match (method, path.as_str(), approval) {
            (Method::POST, "/.well-known/openc2", _) if may(May::Command) => {
                self.command(&producer.name, request).await
            }
            (Method::PUT, _, Some(id)) if may(May::Approve) => self.approve(&id, request).await,
            (Method::GET, "/v1/effects", _) if may(May::Read) => self.effects().await,
            (Method::PUT, "/v1/lists", _) if may(May::Lists) => self.lists(request).await,
            (Method::GET, "/v1/lists", _) if may(May::Lists) || may(May::Read) => {
                self.asked(Ask::ListsShown, ANSWER_WAIT).await
            }
            (Method::POST, "/.well-known/openc2", _)
            | (Method::PUT, _, Some(_))
            | (Method::PUT | Method::GET, "/v1/lists", _)
            | (Method::GET, "/v1/effects", _) => not_allowed(),
            _ => self.refused(Status::NotFound, "nothing is here"),
        }
    }

    fn refused(&self, status: Status, words: &str) -> Answer {
        openc2(Said {
            status: Some(status),
            body: Reply::refused(status, words).bytes(&self.name, 0),
        })
    }

    async fn command(&self, producer: &str, request: Request<Incoming>) -> Answer {
        let media_type = text(request.headers(), "content-type").to_owned();
        let body = match body(request, MESSAGE_BYTES_MAX, BODY_WAIT).await {
            Ok(body) => body,
            Err(status) => {
                return self.refused(status, "the body is too long, or did not come in time");
            }
        };
        let (send, receive) = oneshot::channel();
        self.handle.ask(Ask::Command {
            producer: producer.to_owned(),
            body,
            media_type,
            // Who has gone away is not waited for.
            answer: Box::new(move |said| drop(send.send(said))),
        });
        match tokio::time::timeout(ANSWER_WAIT, receive).await {
            Ok(Ok(said)) => openc2(said),
            _ => self.refused(Status::ServiceUnavailable, "the actuator does not answer"),
        }
    }

    async fn approve(&self, id: &str, request: Request<Incoming>) -> Answer {
        let Ok(id) = id.parse() else {
            return self.refused(Status::NotFound, "this is no id of a statement");
        };
        let bundle = match body(request, BUNDLE_BYTES_MAX, BODY_WAIT).await {
            Ok(bundle) => bundle,
            Err(status) => {
                return self.refused(status, "the body is too long, or did not come in time");
            }
        };
        let id = Some(id);
        let ask = |answer| Ask::Approve { id, bundle, answer };
        self.asked(ask, ANSWER_WAIT).await
    }

    /// Asks the runner what it answers with JSON.
    async fn asked(&self, ask: impl FnOnce(ToldTo) -> Ask, wait: Duration) -> Answer {
        let (send, receive) = oneshot::channel();
        // Who has gone away is not waited for.
        self.handle
            .ask(ask(Box::new(move |told| drop(send.send(told)))));
        match tokio::time::timeout(wait, receive).await {
            Ok(Ok(said)) => told(&said),
            _ => self.refused(Status::ServiceUnavailable, "the actuator does not answer"),
        }
    }

    async fn lists(&self, request: Request<Incoming>) -> Answer {
        let Ok(_one) = self.lists.try_lock() else {
            return self.refused(Status::ServiceUnavailable, "other lists are being brought");
        };
        let body = match body(request, LISTS_BYTES_MAX, LISTS_WAIT).await {
            Ok(body) => body,
            Err(status) => {
                return self.refused(status, "the body is too long, or did not come in time");
            }
        };
        let read = tokio::task::spawn_blocking(move || brought(&body)).await;
        let Ok(Some((note, file))) = read else {
            let words = "this is not {\"note\": BASE64, \"file\": BASE64}";
            let body = json!({"refused": "not-lists", "detail": words});
            return told(&Told { status: 400, body });
        };
        let ask = |answer| Ask::Lists { note, file, answer };
        self.asked(ask, LISTS_WAIT).await
    }

    async fn effects(&self) -> Answer {
        let (send, receive) = oneshot::channel();
        let asked = Ask::Effects(Box::new(move |note| drop(send.send(note))));
        self.handle.ask(asked);
        match tokio::time::timeout(ANSWER_WAIT, receive).await {
            Ok(Ok(note)) => answer(
                StatusCode::OK,
                "text/plain; charset=utf-8",
                note.into_bytes(),
            ),
            _ => self.refused(Status::ServiceUnavailable, "the actuator does not answer"),
        }
    }
}
