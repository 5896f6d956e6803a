//! Who publishes, and what is public now. In: `weaknesses/` in the office's folder, cases, the time. Out: the tree in force. Never: a tree that is half made; the tree of an hour that has
//! not come. What is due at an instant is made by whoever asks first at or after it, or by the next tick.

use super::acts::let_go;
use crate::api::report::Seat;
use crate::app::{App, Caller, Shared};
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use crate::rate::Starts;
use sakimori_advisory::csaf::Edition;
use sakimori_advisory::publish::openpgp::Key;
use sakimori_advisory::publish::{Case, Provider, document};
use sakimori_advisory::room::Room;
use sakimori_advisory::room::going_out::Assigner;
use sakimori_control::error::told;
use sakimori_control::tls::{May, Peers};
use sakimori_control::{ControlError, Host};
use sakimori_cooperate::Terms;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_liaison::matching::Keeper;
use sakimori_liaison::weakness::catalogues::{Catalogues, EPSS, KEV, read_epss, read_kev};
use sakimori_liaison::weakness::publication::{self, House, Published};
use sakimori_liaison::weakness::{By, OWNER as OFFICE, WeaknessError, audience, concerned};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// Most reports of a network within [`REPORTS_WINDOW`].
pub(super) const REPORTS_MAX: u32 = 10;
/// The time that reports are counted in.
pub(super) const REPORTS_WINDOW: Duration = Duration::from_hours(1);
/// How long before its hour a tree is made, in seconds: a thousand documents take some of them.
const AHEAD_SECONDS: u64 = 60;
/// How long it is before a publication that failed is tried again, in seconds.
const AGAIN_SECONDS: u64 = 5;
/// How long it is before operators are given again what they could not be given, in seconds: the log was not there.
const GIVE_AGAIN_SECONDS: u64 = 60;

/// `weaknesses/house.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    namespace: String,
    authority: String,
    contact: String,
    security_contact: String,
    root: String,
    #[serde(default)]
    distribution_text: Option<String>,
    #[serde(default)]
    licence: Option<String>,
    #[serde(default)]
    aggregators: bool,
    #[serde(default)]
    assigner: Option<WrittenAssigner>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAssigner {
    id: String,
    name: String,
}

struct Set {
    house: House,
    key: Key,
}

/// The office's vulnerability room.
pub(crate) struct Weaknesses {
    home: PathBuf,
    set: Option<Set>,
    salt: [u8; 32],
    paces: Starts,
    now: RwLock<Arc<Published>>,
    /// The second from which the tree has to be made anew.
    next: AtomicU64,
    /// How often something changed that may go out.
    changed: AtomicU64,
    /// The tree of an hour that is near, made before so that nobody waits for it: the hour, what had changed by then, the tree. Nobody is given it before.
    prepared: Mutex<Option<(u64, u64, Published)>>,
    making: Mutex<()>,
    telling: Mutex<()>,
    /// Held while a file of a report is kept.
    pub(super) filing: Mutex<()>,
    /// The catalogues as they were read, with what their files were then.
    known: std::sync::Mutex<Option<([Stamp; 2], Arc<Catalogues>)>>,
}

/// When a file was changed and how long it is; none where there is none.
type Stamp = Option<(SystemTime, u64)>;

/// Opens the room of the office's node; other roles have none.
///
/// # Errors
/// [`ControlError::Usage`]: what is configured cannot be used.
pub(crate) fn open(
    role: Role,
    folder: &Path,
    host: &Host,
) -> Result<Option<Arc<Weaknesses>>, ControlError> {
    if role != Role::Office {
        return Ok(None);
    }
    let home = folder.join("weaknesses");
    let salt = host
        .bytes()
        .map_err(ControlError::file("randomness", &home))?;
    Ok(Some(Arc::new(Weaknesses {
        set: configured(&home)?,
        home,
        salt,
        paces: Starts::default(),
        now: RwLock::new(Arc::new(nothing())),
        next: AtomicU64::new(0),
        changed: AtomicU64::new(0),
        prepared: Mutex::new(None),
        making: Mutex::new(()),
        telling: Mutex::new(()),
        filing: Mutex::new(()),
        known: std::sync::Mutex::new(None),
    })))
}

fn nothing() -> Published {
    Published {
        files: sakimori_advisory::publish::tree::Files::new(),
        open: Vec::new(),
        shared: Vec::new(),
        next: None,
    }
}

fn configured(home: &Path) -> Result<Option<Set>, ControlError> {
    let (json, key) = (home.join("house.json"), home.join("openpgp.asc"));
    if !json.exists() && !key.exists() {
        return Ok(None);
    }
    let unfit = |path: &Path, e: &dyn std::fmt::Display| {
        ControlError::Usage(format!("{}: {e}", path.display()))
    };
    let text = std::fs::read(&json).map_err(ControlError::file("read", &json))?;
    let written: Written = serde_json::from_slice(&text).map_err(|e| unfit(&json, &e))?;
    let armoured = std::fs::read_to_string(&key).map_err(ControlError::file("read", &key))?;
    let key = Key::read(&armoured).map_err(|e| unfit(&key, &e))?;
    if !written.root.starts_with("https://") || written.root.ends_with('/') {
        return Err(unfit(
            &json,
            &"`root` is no https address without a slash at its end",
        ));
    }
    let house = House {
        provider: Provider {
            name: written.name,
            namespace: written.namespace,
            authority: written.authority,
            contact: written.contact,
            security_contact: written.security_contact,
            root: written.root,
            distribution_text: written.distribution_text,
            licence: written.licence,
            aggregators: written.aggregators,
        },
        assigner: written.assigner.map(|a| Assigner {
            id: a.id,
            name: a.name,
        }),
    };
    Ok(Some(Set { house, key }))
}

impl Weaknesses {
    /// Whether it is set up who publishes.
    pub(super) const fn is_set_up(&self) -> bool {
        self.set.is_some()
    }

    /// Counts a report of an address.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`].
    pub(super) fn pace(&self, address: IpAddr, now_ms: u64) -> Answer<()> {
        self.paces
            .take_at_most(address, now_ms, (REPORTS_MAX, REPORTS_WINDOW))
    }

    /// The mark of a network: the same for the same network while this node runs, and no way back to its address.
    pub(super) fn mark(&self, address: IpAddr) -> String {
        let place = crate::rate::network(address);
        let hash = Sha256::new()
            .chain_update(self.salt)
            .chain_update(place.to_string());
        hex(hash.finalize().get(..8).unwrap_or_default())
    }

    /// Something was approved, set or taken back: what goes out and when is looked at anew.
    pub(super) fn touch(&self) {
        self.heard();
        self.next.store(0, Ordering::Release);
    }

    /// Something was said that a version whose hour is ahead may hold.
    pub(super) fn heard(&self) {
        self.changed.fetch_add(1, Ordering::AcqRel);
    }

    fn in_force(&self) -> Arc<Published> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Catalogue of exploited weaknesses and scores, as they lie beside the house; none where there are none or they cannot be read. They are read anew where a file has changed.
    pub(super) fn catalogues(&self) -> Arc<Catalogues> {
        let stamps = [KEV, EPSS].map(|name| {
            let about = std::fs::metadata(self.home.join(name)).ok()?;
            Some((about.modified().ok()?, about.len()))
        });
        let mut kept = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, both)) = kept.as_ref().filter(|(then, _)| *then == stamps) {
            return Arc::clone(both);
        }
        let unread = |e: WeaknessError| {
            tracing::warn!(cause = told(&e), "a catalogue cannot be read");
        };
        let both = Arc::new(Catalogues {
            kev: read_kev(&self.home.join(KEV))
                .map_err(unread)
                .ok()
                .flatten(),
            epss: read_epss(&self.home.join(EPSS))
                .map_err(unread)
                .ok()
                .flatten(),
        });
        *kept = Some((stamps, Arc::clone(&both)));
        both
    }

    /// Holds a draft against schema, tests and record format.
    ///
    /// # Errors
    /// [`Code::Refused`] with what has to be mended first.
    pub(super) fn check(&self, room: &Room, now: Seconds) -> Answer<()> {
        let none = || Problem::new(Code::Refused, "it is not set up who publishes");
        let set = self.set.as_ref().ok_or_else(none)?;
        publication::check(&set.house, room, now).map_err(|e| super::problem(&e))
    }

    /// The document that the draft would be if it went out at its hour, or now where it has none or that has passed.
    ///
    /// # Errors
    /// [`Code::Refused`] with what has to be mended first; [`Code::NotFound`] where there is no draft.
    pub(super) fn trial(&self, room: &Room, edition: Edition, now: Seconds) -> Answer<Value> {
        let none = || Problem::new(Code::Refused, "it is not set up who publishes");
        let set = self.set.as_ref().ok_or_else(none)?;
        let release = room.hour().map_or(now, |hour| hour.at.max(now));
        let no_draft = || Problem::new(Code::NotFound, "there is no draft");
        let case = room.trial(release).ok_or_else(no_draft)?;
        document(&case, &set.house.provider, edition).map_err(|e| Problem::new(Code::Refused, e))
    }

    /// Who publishes; nothing where it is not set up.
    pub(super) fn name(&self) -> String {
        let set = self.set.as_ref();
        set.map_or_else(String::new, |set| set.house.provider.name.clone())
    }

    /// The address of a path on the provider's web root; the path alone where none is set up.
    pub(super) fn url(&self, path: &str) -> String {
        let root = self
            .set
            .as_ref()
            .map_or("", |set| set.house.provider.root.as_str());
        format!("{root}{path}")
    }

    fn make(&self, versions: &[Case], now: Seconds) -> Result<Published, WeaknessError> {
        let Some(set) = &self.set else {
            return Ok(nothing());
        };
        publication::at(&set.house, versions, now, &set.key)
    }

    fn keep(&self, published: &Published, now: Seconds) -> Result<(), WeaknessError> {
        if self.set.is_none() {
            return Ok(());
        }
        publication::write(&self.home.join("published"), &published.files, now)
    }

    fn is_due(&self, now: Seconds) -> bool {
        now.0 >= self.next.load(Ordering::Acquire)
    }
}

/// The office's room.
///
/// # Errors
/// [`Code::NotImplemented`] at another role's node.
pub(super) fn of(app: &App) -> Answer<Arc<Weaknesses>> {
    let none = || Problem::new(Code::NotImplemented, "");
    app.weaknesses.clone().ok_or_else(none)
}

/// What is public now.
///
/// # Errors
/// [`Code::NotImplemented`].
pub(super) async fn published(app: &Shared) -> Answer<Arc<Published>> {
    let room = of(app)?;
    if room.is_due(app.host.seconds()) {
        // One makes it, the others wait for it and find it made.
        let _making = room.making.lock().await;
        let now = app.host.seconds();
        if room.is_due(now) {
            made(app, &room, now).await;
        }
    }
    Ok(room.in_force())
}

/// Makes the tree of now, or takes the one that was made for it. What fails is told in the log and tried again; what was public stays.
async fn made(app: &Shared, room: &Arc<Weaknesses>, now: Seconds) {
    let (due, changed) = (
        room.next.load(Ordering::Acquire),
        room.changed.load(Ordering::Acquire),
    );
    let again = |cause: String| {
        tracing::error!(cause, "the published tree could not be made");
        let later = now.0.saturating_add(AGAIN_SECONDS);
        room.next.store(later, Ordering::Release);
    };
    let prepared = room.prepared.lock().await.take();
    let fits = |(hour, then, tree): &(u64, u64, Published)| {
        (*hour, *then) == (due, changed) && tree.next.is_none_or(|next| next > now)
    };
    let published = match prepared.filter(fits) {
        Some((_, _, published)) => published,
        None => match computed(app, room, now).await {
            Ok(published) => published,
            Err(cause) => return again(cause),
        },
    };
    let published = Arc::new(published);
    // The date on which `security.txt` expires moves on with the days.
    let tomorrow = now.0.saturating_add(DAY_SECONDS);
    let next = published.next.map_or(tomorrow, |next| next.0.min(tomorrow));
    *room.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&published);
    room.next.store(next, Ordering::Release);
    // What changed while it was made is a reason to make it again.
    if room.changed.load(Ordering::Acquire) != changed {
        room.next.store(0, Ordering::Release);
    }
    tell(app, room, &published);
    // Who reads from this node has it already; the folder is for other servers.
    let worker = Arc::clone(room);
    let kept = tokio::task::spawn_blocking(move || worker.keep(&published, now));
    match kept.await {
        Ok(Ok(())) => {}
        Ok(Err(e)) => again(told(&e)),
        Err(e) => again(e.to_string()),
    }
}

/// Tells operators whom the newly published concerns, beside everything else. What fails is tried again with the next tree.
fn tell(app: &Shared, room: &Arc<Weaknesses>, published: &Arc<Published>) {
    let (app, room, published) = (Arc::clone(app), Arc::clone(room), Arc::clone(published));
    tokio::spawn(async move {
        let _telling = room.telling.lock().await;
        let terms = match Seat::of(&app, &Caller::Stranger).await {
            Ok(seat) => seat.desk().terms.clone(),
            Err(problem) => {
                let cause = problem.cause.unwrap_or_default();
                tracing::error!(cause, "operators cannot be told: no schedule of duties");
                return;
            }
        };
        let with = (&app.matching, &terms);
        if let Err(cause) = give(&app, &room, &published, with).await {
            tracing::error!(cause, "operators could not be given what is for them");
            let later = app.host.seconds().0.saturating_add(GIVE_AGAIN_SECONDS);
            room.next.fetch_min(later, Ordering::AcqRel);
        }
        let both = published.open.iter().chain(&published.shared);
        let documents: Vec<(&Case, Value)> = both
            .filter_map(|case| Some((case, document_of(&published, case)?)))
            .collect();
        let by = By {
            who: OFFICE,
            at: app.host.seconds(),
        };
        match concerned::tell(&*app.store, with, &documents, by).await {
            Ok(0) => {}
            Ok(cases) => tracing::info!(cases, "operators were told whom advisories concern"),
            Err(e) => tracing::error!(cause = told(&e), "operators could not be told"),
        }
    });
}

/// Gives what is for operators alone to those whom it is for: each entry is on record before anybody reads under it.
async fn give(
    app: &Shared,
    room: &Arc<Weaknesses>,
    published: &Arc<Published>,
    with: (&Keeper, &Terms),
) -> Result<(), String> {
    let Some(set) = &room.set else {
        return Ok(());
    };
    let nodes = nodes(app)?;
    let by = By {
        who: OFFICE,
        at: app.host.seconds(),
    };
    let store = &*app.store;
    for case in &published.shared {
        // Whom it concerns is looked at once for each version, as the question about it is.
        let new = !concerned::is_told(store, case)
            .await
            .map_err(|e| told(&e))?;
        let whom = match document_of(published, case).filter(|_| new) {
            Some(document) => concerned::concerned(store, with, &document).await,
            None => Ok(BTreeSet::new()),
        };
        let whom = whom.map_err(|e| told(&e))?;
        let of = (case, &published.files, set.house.provider.root.as_str());
        let plan = audience::plan(store, of, (&nodes, &whom)).await;
        let Some(plan) = plan.map_err(|e| told(&e))? else {
            continue;
        };
        let parts = plan.asked.clone();
        let entries = app.blocking(move |app| {
            let parts = parts.iter();
            parts.map(|asked| let_go(app, asked, OFFICE)).collect()
        });
        let entries: Vec<_> = entries.await.map_err(|e: Problem| {
            let code = e.code.word();
            format!("{code} {} {}", e.detail, e.cause.unwrap_or_default())
        })?;
        let given = audience::give(store, &plan, &entries, by).await;
        given.map_err(|e| told(&e))?;
    }
    Ok(())
}

/// The operators whose nodes the office knows.
fn nodes(app: &App) -> Result<Vec<Name>, String> {
    let peers = Peers::read(&app.folder).map_err(|e| told(&e))?;
    let own = peers
        .all()
        .iter()
        .filter(|peer| peer.may.contains(&May::Report));
    Ok(own.filter_map(|peer| peer.name.parse().ok()).collect())
}

/// A case's document as it was published.
fn document_of(published: &Published, case: &Case) -> Option<Value> {
    let bytes = audience::document(&published.files, case)?;
    serde_json::from_slice(bytes).ok()
}

async fn computed(app: &Shared, room: &Arc<Weaknesses>, at: Seconds) -> Result<Published, String> {
    let versions = publication::versions(&*app.store).await;
    let versions = versions.map_err(|e| told(&e))?;
    let worker = Arc::clone(room);
    let work = tokio::task::spawn_blocking(move || worker.make(&versions, at));
    let made = work.await.map_err(|e| e.to_string())?;
    made.map_err(|e| told(&e))
}

/// Makes what is due without waiting for a reader, and what is due soon. Called again and again.
pub(crate) fn tick(app: &Shared) {
    let Some(room) = app.weaknesses.clone() else {
        return;
    };
    let now = app.host.seconds();
    let hour = room.next.load(Ordering::Acquire);
    if now.0 >= hour {
        if room.making.try_lock().is_ok() {
            let app = Arc::clone(app);
            tokio::spawn(async move { published(&app).await.map(|_| ()) });
        }
    } else if hour - now.0 <= AHEAD_SECONDS {
        let app = Arc::clone(app);
        tokio::spawn(async move { prepare(&app, &room, hour).await });
    }
}

async fn prepare(app: &Shared, room: &Arc<Weaknesses>, hour: u64) {
    // Held while it is made: the next tick finds it taken and goes.
    let Ok(mut prepared) = room.prepared.try_lock() else {
        return;
    };
    let changed = room.changed.load(Ordering::Acquire);
    let there = prepared.as_ref();
    if there.is_some_and(|(of, then, _)| (*of, *then) == (hour, changed)) {
        return;
    }
    match computed(app, room, Seconds(hour)).await {
        Ok(published) => *prepared = Some((hour, changed, published)),
        Err(cause) => tracing::error!(cause, "the tree of an hour that is near cannot be made"),
    }
}
