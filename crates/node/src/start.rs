//! How a node starts and stops. In: a role, its folder, an address. Out: a node that answers until it is told to stop. Never: a start with half of its parts; a stop that leaves a
//! request in flight without its answer.

use crate::app::App;
use crate::gate::{Gate, pass};
use crate::limits::{BODY_BYTES_MAX, OUTBOX_ROUND, ROUND, TICK};
use crate::metrics::Metrics;
use crate::part::{CommissionPart, OfficePart, OperatorPart, Part, Role, SharedDocket};
use crate::problem::{Code, Problem};
use crate::rate::Starts;
use crate::server::{serve, tls};
use crate::{api, outbox, taxii};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use sakimori_access::{Access, AccessConfig, Oidc, OidcConfig, SessionTimes};
use sakimori_control::error::told;
use sakimori_control::tls::{Fingerprint, Identity};
use sakimori_control::{ControlError, Host, Node, files};
use sakimori_store::Store;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use zeroize::Zeroizing;

/// What a node is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which role.
    pub role: Role,
    /// The node's folder.
    pub node: Node,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The store; a file in the role's folder without it.
    pub store: Option<String>,
    /// The name that browsers use for it; `localhost` without it.
    pub name: Option<String>,
    /// An `OpenID` provider by which people may sign in.
    pub provider: Option<Provider>,
}

/// An `OpenID` provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its issuer.
    pub issuer: String,
    /// This node's client id there.
    pub client: String,
    /// A file with this node's secret there; none for a public client.
    pub secret: Option<PathBuf>,
}

impl Options {
    /// The role's own folder.
    pub fn folder(&self) -> PathBuf {
        self.node.folder().join(self.role.word())
    }

    fn host_name(&self) -> &str {
        self.name.as_deref().unwrap_or("localhost")
    }

    /// The store's URL.
    pub fn store_url(&self) -> String {
        let own = || format!("sqlite:{}", self.folder().join("store.sqlite").display());
        self.store.clone().unwrap_or_else(own)
    }
}

/// A node that answers. Dropping it stops it.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Hash of its certificate, which peers pin.
    pub fingerprint: Option<Fingerprint>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<Option<String>>>,
}

impl Running {
    /// Tells it to stop; requests in flight are finished.
    pub fn stop(&self) {
        // Nobody listens any more where it has stopped already.
        let _ = self.stop.send(true);
    }

    /// Ready once the node has ended by itself.
    pub(crate) async fn ended(&self) {
        self.stop.closed().await;
    }

    /// Waits until it has stopped.
    ///
    /// # Errors
    /// [`ControlError::LedgerStopped`]: nobody told it to, its storage failed; it must be started anew.
    pub fn wait(mut self) -> Result<(), ControlError> {
        let fell = || Some("the serving thread fell".to_owned());
        let reason = self
            .thread
            .take()
            .and_then(|thread| thread.join().unwrap_or_else(|_| fell()));
        reason.map_or(Ok(()), |reason| Err(ControlError::LedgerStopped(reason)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Opens the store of a role's node.
///
/// # Errors
/// [`ControlError::Usage`]: it cannot be used.
pub async fn open_store(options: &Options) -> Result<Arc<dyn Store>, ControlError> {
    let url = options.store_url();
    let store = sakimori_store::open(&url).await;
    // The URL may hold a password: only its kind is told.
    let kind = url.split(':').next().unwrap_or_default();
    store.map_err(|e| ControlError::Usage(format!("the {kind} store: {}", told(&e))))
}

/// Opens the people and machines of a role's node, for its server and for its administrator's commands.
///
/// # Errors
/// [`ControlError::Usage`]: the store or what is configured cannot be used.
pub async fn open_access(
    options: &Options,
    port: u16,
    host: &Host,
) -> Result<Access, ControlError> {
    let store = open_store(options).await?;
    let name = options.host_name();
    let config = AccessConfig {
        side: options.role.side(),
        host: name.to_owned(),
        origin: format!("https://{name}:{port}"),
        name: format!("Sakimori {}", options.role),
        sessions: SessionTimes::default(),
    };
    let source = std::sync::Mutex::new(host.source());
    let random = move |place: &mut [u8]| {
        let mut source = source
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        source(place)
    };
    Access::new(store, Arc::new(random), &config).map_err(|e| ControlError::Usage(told(&e)))
}

/// Does something with the people and machines of a role's node, without its server.
///
/// # Errors
/// As [`open_access`].
pub fn with_access<T>(
    options: &Options,
    host: &Host,
    work: impl AsyncFnOnce(&Access) -> T,
) -> Result<T, ControlError> {
    let folder = options.folder();
    std::fs::create_dir_all(&folder).map_err(ControlError::file("create", &folder))?;
    let runtime = runtime().map_err(ControlError::file("serve", &folder))?;
    runtime.block_on(async {
        let access = open_access(options, options.listen.port(), host).await?;
        let done = work(&access).await;
        access.store().close().await;
        Ok(done)
    })
}

fn open_provider(options: &Options, port: u16) -> Result<Option<Oidc>, ControlError> {
    let Some(provider) = &options.provider else {
        return Ok(None);
    };
    let secret = provider.secret.as_deref().map(files::read_present);
    let secret = secret.transpose()?.map(|bytes| {
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        Zeroizing::new(text.trim().to_owned())
    });
    let name = options.host_name();
    let config = OidcConfig {
        issuer: provider.issuer.clone(),
        client: provider.client.clone(),
        secret,
        redirect: format!("https://{name}:{port}/sign-in/callback"),
        roots: None,
    };
    let made = Oidc::new(config).map_err(|e| ControlError::Usage(told(&e)))?;
    Ok(Some(made))
}

fn open_part(options: &Options, host: &Host) -> Result<Part, ControlError> {
    let node = &options.node;
    Ok(match options.role {
        Role::Office => Part::Office(Box::new(OfficePart::open(node, host)?)),
        Role::Commission => Part::Commission(CommissionPart::open(node, host)?),
        Role::Operator => Part::Operator(OperatorPart::open(node)?),
    })
}

/// Starts a node.
///
/// # Errors
/// [`ControlError`]: the address is taken, or a part cannot be opened; nothing runs then.
pub fn start(options: &Options, host: &Host) -> Result<Running, ControlError> {
    let folder = options.folder();
    std::fs::create_dir_all(&folder).map_err(ControlError::file("create", &folder))?;
    let names = [
        options.host_name().to_owned(),
        options.listen.ip().to_string(),
    ];
    let identity = Identity::open(&folder, &names)?;
    let config = tls(&identity)?;
    let listener = std::net::TcpListener::bind(options.listen);
    let listener = listener.map_err(ControlError::file("listen for", &folder))?;
    let address = listener.local_addr();
    let address = address.map_err(ControlError::file("listen for", &folder))?;
    listener
        .set_nonblocking(true)
        .map_err(ControlError::file("listen for", &folder))?;
    let runtime = runtime().map_err(ControlError::file("serve", &folder))?;
    let access = runtime.block_on(open_access(options, address.port(), host))?;
    let metrics = Arc::new(Metrics::default());
    let origin = format!("https://{}:{}", options.host_name(), address.port());
    let store = (access.store(), runtime.handle());
    let weaknesses = api::weakness::open(options.role, &folder, host)?;
    let taxii = taxii::open(options.role, &folder, origin, host, store)?;
    let polls = match options.role {
        Role::Office => taxii::partner::Timetable::open(&folder, host)?,
        Role::Commission | Role::Operator => None,
    };
    let warned = crate::warned::read(options.role, &folder)?;
    let app = Arc::new(App {
        role: options.role,
        host: host.clone(),
        metrics: Arc::clone(&metrics),
        store: Arc::clone(access.store()),
        access,
        provider: open_provider(options, address.port())?,
        folder,
        part: open_part(options, host)?,
        docket: SharedDocket::default(),
        outbox: outbox::Refusals::default(),
        starts: Starts::default(),
        matching: sakimori_liaison::matching::Keeper::default(),
        weaknesses,
        taxii,
        polls,
        measures: crate::measure::MeasureDesk::default(),
        warned,
        openapi: api::document(options.role),
    });
    let router = guarded(&app, &metrics, host);
    let (stop, stopped) = watch::channel(false);
    let thread =
        std::thread::spawn(move || live(&runtime, &app, (listener, config, router), stopped));
    Ok(Running {
        address,
        fingerprint: identity.fingerprint(),
        stop,
        thread: Some(thread),
    })
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

/// All routes behind the gate. A handler that fell is a fault and not a connection that ends.
fn guarded(app: &Arc<App>, metrics: &Arc<Metrics>, host: &Host) -> Router {
    let gate = Gate {
        metrics: Arc::clone(metrics),
        host: host.clone(),
    };
    api::router(app)
        .fallback(|| async { Problem::new(Code::NotFound, "") })
        .layer(DefaultBodyLimit::max(
            BODY_BYTES_MAX.max(sakimori_ledger::limits::REQUEST_BYTES_MAX),
        ))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::hidden(Code::Fault, "a handler fell").into_response()
        }))
        .layer(from_fn_with_state(gate, pass))
}

fn live(
    runtime: &Runtime,
    app: &Arc<App>,
    (listener, config, router): (std::net::TcpListener, Arc<rustls::ServerConfig>, Router),
    mut stopped: watch::Receiver<bool>,
) -> Option<String> {
    let reason = std::sync::OnceLock::new();
    runtime.block_on(async {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
            tracing::error!("the listener cannot be used");
            return;
        };
        let mut rounds = tokio::spawn(rounds(Arc::clone(app)));
        let messages = tokio::spawn(api::messages(Arc::clone(app)));
        let measures = tokio::spawn(crate::measure::rounds(Arc::clone(app)));
        tracing::info!(role = app.role.word(), "the node answers");
        let until = async {
            tokio::select! {
                // A sender that is dropped stops it too.
                _ = stopped.wait_for(|stop| *stop) => {}
                failed = &mut rounds => {
                    let failed = failed.unwrap_or_else(|e| e.to_string());
                    tracing::error!(cause = failed, "the node ends");
                    // It is set once.
                    let _ = reason.set(failed);
                }
            }
        };
        let metrics = Arc::clone(&app.metrics);
        serve(listener, config, router, metrics, until).await;
        rounds.abort();
        messages.abort();
        measures.abort();
        app.store.close().await;
    });
    if let Part::Office(office) = &app.part {
        office.stop();
    }
    tracing::info!(role = app.role.word(), "the node has stopped");
    reason.into_inner()
}

/// What is due, again and again: sessions that ran out are forgotten; entries that wait go to the log; the office's leases and deletions; the commission's urgent acts. Ends with the
/// reason where the role's storage has failed.
async fn rounds(app: Arc<App>) -> String {
    let mut tick = tokio::time::interval(TICK);
    let (mut round, mut outbox_round) = (Due::every(ROUND), Due::every(OUTBOX_ROUND));
    let mut waits = String::new();
    loop {
        tick.tick().await;
        if let Some(failed) = app.part.failed() {
            return failed;
        }
        let due = round.now();
        if due && let Err(e) = app.access.sweep(app.host.seconds()).await {
            tracing::warn!(cause = told(&e), "the store was not swept");
        }
        if outbox_round.now() {
            waits = delivered(&app, waits).await;
            taxii::tick(&app);
            taxii::partner::tick(&app);
        }
        if due && app.role == Role::Operator {
            api::report::sent(&app).await;
        }
        api::weakness::tick(&app);
        let work = app.blocking(move |app| {
            Ok(match &app.part {
                Part::Office(office) if due => match office.begin() {
                    Ok(_) => office.round(),
                    Err(e) => vec![told(&e)],
                },
                Part::Commission(commission) => {
                    let mut told = commission.round();
                    if due {
                        told.extend(commission.watch_misuse());
                    }
                    told
                }
                Part::Office(_) | Part::Operator(_) => Vec::new(),
            })
        });
        match work.await {
            Ok(told) => {
                for line in told {
                    tracing::info!(line, "round");
                }
            }
            Err(problem) => tracing::error!(cause = problem.cause, "the round failed"),
        }
    }
}

/// Brings what waits to the log. What keeps it waiting is told once.
async fn delivered(app: &Arc<App>, before: String) -> String {
    let Err(problem) = outbox::deliver(app).await else {
        return String::new();
    };
    let (code, cause) = (problem.code.word(), problem.cause.unwrap_or_default());
    let now = format!("{code} {} {cause}", problem.detail);
    if now != before {
        tracing::warn!(
            code,
            detail = problem.detail,
            cause,
            "entries wait for the log"
        );
    }
    now
}

/// Something that is due at first and then every so often.
struct Due {
    every: std::time::Duration,
    last: Option<tokio::time::Instant>,
}

impl Due {
    const fn every(every: std::time::Duration) -> Self {
        Self { every, last: None }
    }

    fn now(&mut self) -> bool {
        let due = self.last.is_none_or(|last| last.elapsed() >= self.every);
        if due {
            self.last = Some(tokio::time::Instant::now());
        }
        due
    }
}
