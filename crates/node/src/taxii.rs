//! The office's TAXII 2.1 server: collections of STIX objects for the machines of others. In: `taxii.json` in the office's folder, requests below `/taxii2/`. Out: answers of the
//! protocol. Never: a collection whose audience may not be given its class; an object that its reader may not see, in a count or header neither.
//!
//! The protocol's logic is `sakimori_exchange::taxii`; here is what HTTP adds.
//!
//! | module | what it does |
//! |---|---|
//! | `config`, `plan` | the file, checked against the law's table; who may do what |
//! | `login` | machines by Basic, bearer token or certificate; how often |
//! | `sight`, `shelf` | what a machine is shown; the store |
//! | `body`, `fail` | bodies within bounds, compressed or not; refusals |
//! | `own`, `council` | what the office itself puts into a collection; the council's collections |
//! | `ungated` | collections that hold what no gate let go |
//! | `post`, `statuses` | posts that go on behind their answer, and what became of them |
//! | `gate` | posts before the release gate: the entry that names their readers |
//! | [`inbox`], [`decide`] | posts that wait for a supervisor, and what was decided |
//! | `serve` | from a request to its answer |
//! | [`partner`] | the other side: polling another's collection |

mod body;
mod config;
mod council;
pub mod decide;
mod fail;
mod gate;
pub mod inbox;
mod login;
mod own;
pub mod partner;
mod plan;
mod post;
mod serve;
mod shelf;
mod sight;
mod statuses;
mod ungated;

use crate::app::Shared;
use crate::part::Role;
use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use fail::{Done, hidden};
pub(crate) use gate::enter;
use login::Pace;
use plan::Plan;
pub(crate) use post::STEP;
use sakimori_control::error::told;
use sakimori_control::{ControlError, Host, files};
use sakimori_exchange::taxii::NextKey;
use sakimori_liaison::share;
use shelf::Shelf;
use statuses::Statuses;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};

/// Posts that are read and judged at a time; each has at most the longest body and what is made of it.
const POSTS_MAX: usize = 4;
/// Large posts that go on behind their answer at a time; each is held in memory.
const LARGE_MAX: usize = 2;

/// The server.
pub struct Taxii {
    plan: Arc<Plan>,
    /// What waits for a supervisor.
    pub(crate) desk: decide::Desk,
    /// What no gate let go.
    ungated: ungated::Ungated,
    /// Held while decided posts are settled.
    settling: Arc<tokio::sync::Mutex<()>>,
    /// `https://name:port`, of which addresses in answers are made.
    origin: String,
    key: NextKey,
    shelf: Shelf,
    statuses: Statuses,
    pace: Pace,
    places: Arc<Semaphore>,
    large: Arc<Semaphore>,
    begun: OnceCell<()>,
}

/// Where its file is.
fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("taxii.json")
}

/// Opens the server of a role's folder; `None` where it has no `taxii.json`, or is not the office's.
///
/// # Errors
/// [`ControlError::Document`] names the place in the file; [`ControlError::File`].
pub fn open(
    role: Role,
    folder: &Path,
    origin: String,
    host: &Host,
    (store, runtime): (&Arc<dyn sakimori_store::Store>, &Handle),
) -> Result<Option<Arc<Taxii>>, ControlError> {
    if role != Role::Office {
        return Ok(None);
    }
    let Some(desk) = decide::Desk::open(folder)? else {
        return Ok(None);
    };
    let ungated = ungated::Ungated::at(folder);
    ungated
        .hold(&desk.plan)?
        .map_err(|e| ControlError::Document {
            what: file(folder).display().to_string(),
            problem: e.to_string(),
        })?;
    Ok(Some(Arc::new(Taxii {
        ungated,
        plan: Arc::clone(&desk.plan),
        desk,
        settling: Arc::default(),
        origin,
        key: next_key(folder, host)?,
        shelf: Shelf(share::Shared::new(
            Arc::clone(store),
            runtime.clone(),
            Arc::new(|e| tracing::error!(cause = told(e), "the store of collections")),
        )),
        statuses: Statuses::at(folder),
        pace: Pace::default(),
        places: Arc::new(Semaphore::new(POSTS_MAX)),
        large: Arc::new(Semaphore::new(LARGE_MAX)),
        begun: OnceCell::new(),
    })))
}

/// The key of positions, which outlives the process: callers come back after days.
fn next_key(folder: &Path, host: &Host) -> Result<NextKey, ControlError> {
    let path = folder.join("taxii/next.key");
    if let Some(bytes) = files::read(&path)? {
        let bytes: Result<[u8; 32], _> = bytes.try_into();
        return bytes.map(NextKey::new).map_err(|_| ControlError::Document {
            what: path.display().to_string(),
            problem: "it has not 32 bytes; without it a new one is made, and callers begin anew"
                .to_owned(),
        });
    }
    let bytes = host.bytes::<32>();
    let bytes = bytes.map_err(ControlError::file("draw the key of", &path))?;
    files::write(&path, &bytes, files::PRIVATE)?;
    Ok(NextKey::new(bytes))
}

impl Taxii {
    /// Goes on, once, with the posts that the last run left; nobody sees anything of the collections before the first request.
    async fn begin(self: &Arc<Self>, app: &Shared) {
        self.begun
            .get_or_init(async || post::resume(app, self).await)
            .await;
    }
}

/// Settles what was decided, by this node or a program beside it; for the node's round.
pub(crate) fn tick(app: &Shared) {
    if let Some(taxii) = app.taxii.clone() {
        let app = Arc::clone(app);
        tokio::spawn(async move { post::settle(&app, &taxii).await });
    }
}

/// The same, and ready once it is done.
pub(crate) async fn settled(app: &Shared) {
    if let Some(taxii) = &app.taxii {
        post::settle(app, taxii).await;
    }
}

/// Runs work that may wait for a disk beside the loop that serves others.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Done<T> + Send + 'static) -> Done<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| hidden(format!("the work fell: {e}")))?
}

/// The routes; none where there is no server.
pub fn routes(app: &Shared) -> Router {
    let Some(taxii) = app.taxii.clone() else {
        return Router::new();
    };
    let app = Arc::clone(app);
    let serve = move |request: Request| serve::serve(Arc::clone(&app), Arc::clone(&taxii), request);
    Router::new()
        .route("/taxii2", any(serve.clone()))
        .route("/taxii2/", any(serve.clone()))
        .route("/taxii2/{*rest}", any(serve))
}
