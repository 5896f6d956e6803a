//! The commission's endpoints: as a router that a node serves over TLS, and over HTTP/1 on loopback. In: requests. Out: answers, a look at the verified copy. Never: a listener
//! of its own on another address; a decision, which are [`Commission`]'s.

use super::{Commission, Denied, lock};
use crate::error::{ControlError, told};
use crate::files;
use crate::host::Host;
use crate::oversight::Evidence;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use sakimori_authority::root::TrustRoot;
use sakimori_custody::entry::Envelope;
use sakimori_ledger::http::{Clock, MIRROR_ROUTES, either, serve, watched};
use sakimori_ledger::limits::PAGE_ENTRIES_MAX;
use sakimori_oversight::Book;
use sakimori_oversight::misuse::Alert;
use std::fs::File;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Longest request in bytes: a note of a few lines.
const REQUEST_BYTES_MAX: usize = 16 << 10;

type Answer = fn(&Commission, &[u8]) -> Result<Vec<u8>, Denied>;

/// A commission that listens. Dropping it stops it.
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    /// What is served, for its rounds.
    pub commission: Arc<Commission>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    /// Two processes must not cosign for one mirror.
    _lock: File,
}

/// Opens the commission's folder and listens; writes the address into the folder.
///
/// # Errors
/// [`ControlError`]: see [`Commission::open`]; [`ControlError::Usage`] for an address that is not of this machine's loopback, or where it runs already.
pub fn start(folder: &Path, listen: SocketAddr, host: &Host) -> Result<Running, ControlError> {
    if !listen.ip().is_loopback() {
        return Err(ControlError::Usage(format!(
            "{listen} is not on loopback; what the commission says there is not encrypted"
        )));
    }
    let held = hold(folder)?;
    let commission = Arc::new(Commission::open(folder, host)?);
    let path = folder.join("address");
    let listener = TcpListener::bind(listen).map_err(ControlError::file("listen for", &path))?;
    let address = listener
        .local_addr()
        .map_err(ControlError::file("listen for", &path))?;
    files::write(
        &path,
        format!("http://{address}\n").as_bytes(),
        files::PUBLIC,
    )?;
    let (routes, failed) = commission.watched();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        let stopped = async {
            // A sender that is dropped stops it too.
            let _ = stopped.await;
        };
        serve(listener, routes, either(stopped, failed))
    });
    Ok(Running {
        address,
        commission,
        stop: Some(stop),
        thread: Some(thread),
        _lock: held,
    })
}

/// Takes the commission's lock: two processes must not cosign for one mirror.
///
/// # Errors
/// [`ControlError::Usage`] where it runs already; [`ControlError::File`].
pub fn hold(folder: &Path) -> Result<File, ControlError> {
    files::lock(&folder.join("lock"), || {
        format!("the commission of {} runs already", folder.display())
    })
}

impl Commission {
    /// Everything that the commission answers to other processes: mirror, leases, shares, destruction. Who may call is asked before it.
    pub fn router(self: &Arc<Self>) -> Router {
        self.watched().0
    }

    /// As [`Commission::router`], with a future that is ready once the mirror's storage has failed: who serves it ends then, and opens the commission anew.
    pub fn watched(self: &Arc<Self>) -> (Router, impl Future<Output = ()> + Send + use<>) {
        let clock: Clock = {
            let host = self.host.clone();
            Arc::new(move || host.seconds())
        };
        let (mirror, failed) = watched(Arc::clone(&self.mirror), clock);
        (routes(self).merge(mirror), failed)
    }

    /// The trust root in force: the one that the commission was set up with, or the newest that its own copy of the log shows signed over to.
    pub fn trust_root(&self) -> TrustRoot {
        let register = lock(&self.register);
        let book = register.book();
        // Times of entries never go back: what is in force for the newest is in force, whatever the clock says.
        let now = self.host.seconds().max(book.newest());
        book.root(now).clone()
    }

    /// Number of entries that the mirror has cosigned for.
    pub fn copy_size(&self) -> u64 {
        self.verified_size()
    }

    /// Reads the book of the commission's own copy. The mirror waits meanwhile.
    pub fn read<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        read(lock(&self.register).book())
    }

    /// What somebody tried to put on record and the mirror refused, as a rule of misuse names it, since this was last asked.
    pub fn attempts(&self) -> Vec<Alert> {
        lock(&self.register).take_attempts()
    }

    /// A cosigned entry of the copy with its stored body.
    ///
    /// # Errors
    /// [`ControlError::Document`]: the copy cannot be read, or does not reach there yet.
    pub fn entry_at(&self, index: u64) -> Result<Evidence, ControlError> {
        let unreadable = |e: &dyn std::error::Error| {
            ControlError::document(format!("entry {index} of the mirror's copy"), told(e))
        };
        let mirror = lock(&self.mirror);
        let reader = mirror.reader();
        let end = mirror.size().min(index.saturating_add(1));
        let leaf = reader.entries(index.min(end)..end);
        let leaf = leaf.map_err(|e| unreadable(&e))?.pop().ok_or_else(|| {
            ControlError::document("the mirror's copy", format!("it has no entry {index} yet"))
        })?;
        let body = Envelope::decode(&leaf).map_err(|e| unreadable(&e))?.body;
        let stored = reader.body(&body).map_err(|e| unreadable(&e))?;
        Ok(Evidence {
            index,
            leaf,
            stored,
        })
    }

    /// Whether the mirror's storage has failed.
    pub fn is_stopped(&self) -> bool {
        lock(&self.mirror).is_stopped()
    }

    /// Every cosigned entry from `from` on, with its stored body, until the copy's end.
    ///
    /// # Errors
    /// [`ControlError::Document`]: the copy cannot be read.
    pub fn each_entry(
        &self,
        from: u64,
        mut each: impl FnMut(u64, &[u8], Option<&[u8]>),
    ) -> Result<(), ControlError> {
        let unreadable = |e: sakimori_ledger::reader::ReadError| {
            ControlError::document("the mirror's copy", told(&e))
        };
        let mut next = from;
        loop {
            // The lock is held for one page at a time: the mirror has to go on.
            let mirror = lock(&self.mirror);
            let end = mirror.size().min(next.saturating_add(PAGE_ENTRIES_MAX));
            if next >= end {
                return Ok(());
            }
            let reader = mirror.reader();
            let page = reader.entries(next..end).map_err(unreadable)?;
            for leaf in page {
                let body = Envelope::decode(&leaf).ok().map(|e| reader.body(&e.body));
                let body = body.transpose().map_err(unreadable)?.flatten();
                each(next, &leaf, body.as_deref());
                next += 1;
            }
        }
    }
}

impl Running {
    /// Waits until it has stopped by itself.
    ///
    /// # Errors
    /// The listener's; the mirror's disk failed; or the thread that served fell.
    pub fn wait(mut self) -> io::Result<()> {
        let fell = |_| Err(io::Error::other("the serving thread fell"));
        let ended = self
            .thread
            .take()
            .map_or(Ok(()), |thread| thread.join().unwrap_or_else(fell));
        if self.commission.is_stopped() {
            return Err(io::Error::other("the mirror's disk failed"));
        }
        ended
    }

    /// Stops once `wish` returns, which runs in a thread of its own.
    pub fn stop_after(&mut self, wish: impl FnOnce() + Send + 'static) {
        if let Some(stop) = self.stop.take() {
            std::thread::spawn(move || {
                wish();
                // It may have stopped by itself.
                let _ = stop.send(());
            });
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let (Some(stop), Some(thread)) = (self.stop.take(), self.thread.take()) {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
struct Served(Arc<Commission>);

/// What the commission answers to signed requests, each by its path.
const ANSWERS: [(&str, Answer); 6] = [
    ("/lease", Commission::lease),
    ("/share", |commission, body| {
        commission.share(body).map(|answer| answer.to_vec())
    }),
    ("/destroy", Commission::destroy),
    ("/epoch-share", |commission, body| {
        commission.epoch_share(body).map(|answer| answer.to_vec())
    }),
    ("/reidentify", |commission, body| {
        commission.reidentify(body).map(|answer| answer.to_vec())
    }),
    ("/epoch-destroy", Commission::epoch_destroy),
];

/// Every path of [`Commission::router`], as it is matched: who serves it says for each who may call it.
pub fn paths() -> impl Iterator<Item = &'static str> {
    ANSWERS.iter().map(|(path, _)| *path).chain(MIRROR_ROUTES)
}

fn routes(commission: &Arc<Commission>) -> Router {
    let to = |answer: Answer| {
        post(
            move |State(served): State<Served>, body: Bytes| async move {
                respond(served, answer, body).await
            },
        )
    };
    ANSWERS
        .into_iter()
        .fold(Router::new(), |router, (path, answer)| {
            router.route(path, to(answer))
        })
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Served(Arc::clone(commission)))
}

/// The commission waits for its disk; the loop that serves others must not.
async fn respond(served: Served, answer: Answer, body: Bytes) -> Response {
    let work = tokio::task::spawn_blocking(move || answer(&served.0, &body));
    match work.await {
        Ok(Ok(bytes)) => bytes.into_response(),
        Ok(Err(denied)) => {
            let status =
                StatusCode::from_u16(denied.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, format!("{}\n", denied.reason)).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
