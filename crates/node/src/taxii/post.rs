//! Posts of objects: a small one is done when it is answered, a large one goes on behind its answer, and what others read goes through the release gate first. In: an envelope that may be written.
//! Out: a status. Never: an answer to a post that a stop of the node could lose; more posts in memory than the bound; an object of one machine that another is shown without an entry that names it.

use super::Taxii;
use super::decide::digest;
use super::fail::{Done, Fail, hidden, taxii};
use super::gate::{self, Said};
use super::inbox::{self, Batch};
use super::plan::{Plan, Standing, Who};
use super::sight::unfit;
use super::statuses::{Found, Kept, Running, uuid};
use crate::app::{App, Shared};
use sakimori_access::Act;
use sakimori_control::ControlError;
use sakimori_control::error::told;
use sakimori_custody::Recorded;
use sakimori_custody::time::Seconds;
use sakimori_exchange::taxii::{Answer, Caller, Post, Rights, SeesAll, Status, TaxiiError};
use sakimori_liaison::product::Denied;
use sakimori_release::PseudonymKey;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// Objects that are added before a post is answered, and in each step of a large one.
pub(crate) const STEP: usize = 1000;
/// Seconds after which a caller tries again that was one too many.
const RETRY_SECONDS: u64 = 10;
/// How long a step that failed waits before it is tried again.
const STEP_WAIT: Duration = Duration::from_secs(5);

/// A place among the posts that are read and judged.
///
/// # Errors
/// 429.
pub(super) fn place(taxii: &Taxii) -> Done<OwnedSemaphorePermit> {
    let place = Arc::clone(&taxii.places).try_acquire_owned();
    place.map_err(|_| TaxiiError::too_many(RETRY_SECONDS).into())
}

/// Judges a body for a collection.
///
/// # Errors
/// 422.
pub(super) fn judged(plan: &Plan, collection: &str, machine: &str, body: &[u8]) -> Done<Post> {
    let caller = Caller {
        name: machine,
        rights: Rights {
            read: false,
            write: true,
        },
        sight: &SeesAll,
    };
    let mut post = Post::begin(&caller, body)?;
    let of = plan.collection(collection);
    post.refuse(|new| match of {
        Some(of) => unfit(of, &plan.statements, new),
        None => Some("the collection is gone".to_owned()),
    });
    Ok(post)
}

/// Adds at most [`STEP`] objects; `true` once nothing is left.
fn step(app: &App, taxii: &Taxii, collection: &str, post: &mut Post) -> Done<bool> {
    let now = app.host.millis().0.saturating_mul(1000);
    let done = taxii.shelf.write(&taxii.plan.statements, |store| {
        post.step(store, collection, now, STEP)
    });
    Ok(done?)
}

/// Adds objects of the office itself, all of them before it answers.
///
/// # Errors
/// 422 with the first object that is refused; those before it are there. 500.
pub(super) fn own(app: &App, taxii: &Taxii, collection: &str, body: &[u8]) -> Done<usize> {
    let mut post = judged(&taxii.plan, collection, "office", body)?;
    while !step(app, taxii, collection, &mut post)? {}
    let status = post.status("", 0);
    match status.failures.first() {
        None => Ok(status.successes.len()),
        Some(failed) => Err(hidden(format!("{failed:?}"))),
    }
}

/// What a machine sent.
pub(super) struct Sent {
    /// The root.
    pub(super) root: String,
    /// The collection.
    pub(super) collection: String,
    /// The envelope.
    pub(super) body: Vec<u8>,
}

/// How a post comes to those who read its collection.
enum Way {
    /// Nobody reads it but its sender: it is there at once.
    Own,
    /// A supervisor has approved of all of them.
    Standing(Standing),
    /// It waits for a supervisor.
    Inbox,
}

async fn way(app: &Shared, taxii: &Taxii, machine: &str, collection: &str) -> Done<Way> {
    let of = taxii.plan.collection(collection);
    let Some(of) = of.filter(|of| of.is_shared(machine)) else {
        return Ok(Way::Own);
    };
    match &of.gate {
        Some(gate) if gate.holds(app).await? => Ok(Way::Standing(gate.clone())),
        _ => Ok(Way::Inbox),
    }
}

/// Takes an envelope whose sender may write: 202 with its status.
///
/// # Errors
/// 422, 429, 500.
pub(super) async fn take(
    app: &Shared,
    taxii: &Arc<Taxii>,
    who: &Who,
    sent: Sent,
    place: OwnedSemaphorePermit,
) -> Done<Answer> {
    let way = way(app, taxii, &who.id, &sent.collection).await?;
    let (held, house, machine) = (Arc::clone(app), Arc::clone(taxii), who.id.clone());
    let begun = super::blocking(move || begin(&held, &house, machine, (sent, way))).await?;
    drop(place);
    if let Some((id, running, large)) = begun.goes_on {
        let (app, taxii) = (Arc::clone(app), Arc::clone(taxii));
        tokio::spawn(go_on(app, taxii, id, running, Some(large)));
    }
    app.audit(&who.id, "brought", Act::WriteShared.word(), &begun.detail)
        .await?;
    Ok(begun.status.accepted())
}

/// A post that is judged, and done where it is small.
struct Begun {
    status: Status,
    /// What is put on record of it.
    detail: String,
    /// A large one, with its place among those.
    goes_on: Option<(String, Arc<Running>, OwnedSemaphorePermit)>,
}

impl Begun {
    fn told(status: Status, collection: &str, how: &str) -> Self {
        let detail = format!(
            "{} there, {} refused, {} to come, collection {collection}{how}",
            status.successes.len(),
            status.failures.len(),
            status.pendings.len(),
        );
        Self {
            status,
            detail,
            goes_on: None,
        }
    }
}

fn begin(app: &Shared, house: &Taxii, machine: String, (sent, way): (Sent, Way)) -> Done<Begun> {
    let failed = |e: ControlError| hidden(told(&e));
    if !house
        .statuses
        .make_room(app.host.seconds())
        .map_err(failed)?
    {
        return Err(TaxiiError::too_many(3600).into());
    }
    let now = app.host.millis().0;
    let id = uuid(now, app.host.bytes::<10>().map_err(hidden)?);
    let requested = now.saturating_mul(1000);
    let mut post = judged(&house.plan, &sent.collection, &machine, &sent.body)?;
    if matches!(way, Way::Inbox) && post.left() > 0 {
        let status = post.status(&id, requested);
        let waits = waits(app, house, (&machine, &id), (&sent, &post, requested))?;
        let taken =
            waits.then(|| Begun::told(status, &sent.collection, ", waits for a supervisor"));
        return taken.ok_or_else(|| TaxiiError::too_many(3600).into());
    }
    let large = if post.left() <= STEP {
        None
    } else {
        let large = Arc::clone(&house.large).try_acquire_owned();
        Some(large.map_err(|_| TaxiiError::too_many(RETRY_SECONDS))?)
    };
    let mut kept = Kept {
        root: sent.root,
        collection: sent.collection,
        machine,
        requested_micros: requested,
        body: None,
        entry: None,
        readers: BTreeSet::new(),
    };
    match &way {
        Way::Standing(standing) => leaves(app, house, &mut kept, (&mut post, standing))?,
        Way::Own if post.left() > 0 => {
            let noted = house.ungated.note(&kept.collection, &kept.machine);
            noted.map_err(failed)?;
        }
        Way::Own | Way::Inbox => {}
    }
    if large.is_none() {
        step(app, house, &kept.collection, &mut post)?;
    }
    let status = post.status(&id, requested);
    let how = kept.entry.map(|entry| format!(", entry {entry}"));
    let mut begun = Begun::told(status, &kept.collection, &how.unwrap_or_default());
    if let Some(large) = large {
        let running = house.statuses.begin(&id, kept, &sent.body, post);
        begun.goes_on = Some((id, running.map_err(failed)?, large));
    } else {
        kept.body = Some(begun.status.body());
        house.statuses.keep(&id, &kept).map_err(failed)?;
    }
    Ok(begun)
}

/// Keeps a post for a supervisor; `false` where its machine has too many that wait.
fn waits(
    app: &Shared,
    house: &Taxii,
    (machine, id): (&str, &str),
    (sent, post, requested): (&Sent, &Post, u64),
) -> Done<bool> {
    let (batch, status) = waiting(id, (sent, post, requested));
    let (inbox, now) = (&house.desk.inbox, app.host.seconds());
    let put = inbox.put((machine, id), &batch, (&sent.body, &status), now);
    put.map_err(|e| hidden(told(&e)))
}

/// What is kept of a post that waits: what came, and its status meanwhile.
fn waiting(id: &str, (sent, post, requested): (&Sent, &Post, u64)) -> (Batch, String) {
    let status = post.status(id, requested);
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for new in post.waiting() {
        *kinds.entry(new.kind.clone()).or_default() += 1;
    }
    let batch = Batch {
        root: sent.root.clone(),
        collection: sent.collection.clone(),
        requested_micros: requested,
        objects: status.pendings.len() as u64,
        refused: status.failures.len() as u64,
        kinds,
        bytes: sent.body.len() as u64,
        sha256: digest(&post.envelope()),
    };
    (batch, status.body())
}

/// What the last run left and nobody's entry covers any more waits for a supervisor, however many wait: its sender was answered.
fn waits_again(house: &Taxii, id: &str, kept: Kept, (post, body): (&Post, Vec<u8>)) -> Done<()> {
    let failed = |e: ControlError| hidden(told(&e));
    let sent = Sent {
        root: kept.root,
        collection: kept.collection,
        body,
    };
    let (batch, status) = waiting(id, (&sent, post, kept.requested_micros));
    let whose = (kept.machine.as_str(), id);
    let put = house.desk.inbox.keep(whose, &batch, (&sent.body, &status));
    put.map_err(failed)?;
    house.statuses.forget(id).map_err(failed)
}

/// Brings a post through the gate under a standing approval: its entry is in the log before any of it is there. What the gate refuses is on record too, and every object is refused then.
fn leaves(
    app: &Shared,
    house: &Taxii,
    kept: &mut Kept,
    (post, standing): (&mut Post, &Standing),
) -> Done<()> {
    let of = house.plan.collection(&kept.collection);
    let (Some(of), true) = (of, post.left() > 0) else {
        return Ok(());
    };
    let basis = standing.basis();
    let said = Said {
        by: &standing.by,
        basis: &basis,
        rights: &standing.rights,
    };
    // A post holds no tag, so that the key makes none.
    let key = PseudonymKey::new(app.host.bytes().map_err(hidden)?);
    let asked = (said, app.host.seconds());
    let envelope = post.envelope().into();
    let why = match gate::ask(&house.plan, (of, &kept.machine), asked, (envelope, &key)) {
        Ok(waiting) => {
            let entry = gate::enter(app, waiting.record())?;
            let gone = waiting.recorded(Recorded::at(entry));
            let readers = gone.recipients.iter();
            kept.readers = readers.map(|one| one.name.to_string()).collect();
            kept.entry = Some(gone.entry);
            return Ok(());
        }
        Err(Denied::Wrong(error)) => error.to_string(),
        Err(Denied::Refused(refusal)) => {
            gate::enter(app, &refusal.record)?;
            refusal.to_string()
        }
    };
    tracing::warn!(collection = of.id, why, "the gate refuses a post");
    post.refuse(|_| Some("the release gate does not let it go".to_owned()));
    Ok(())
}

/// Adds what is left of a post, step by step, until it is done or the node stops. Each step ends before the node does.
async fn go_on(
    app: Shared,
    taxii: Arc<Taxii>,
    id: String,
    running: Arc<Running>,
    place: Option<OwnedSemaphorePermit>,
) {
    loop {
        let (held, house, of) = (Arc::clone(&app), Arc::clone(&taxii), Arc::clone(&running));
        let name = id.clone();
        let done = super::blocking(move || {
            let mut post = of.post();
            if !step(&held, &house, &of.kept.collection, &mut post)? {
                return Ok(false);
            }
            let status = post.status(&name, of.kept.requested_micros);
            let kept = Kept {
                body: Some(status.body()),
                ..of.kept.clone()
            };
            let kept = house.statuses.keep(&name, &kept);
            kept.map(|()| true).map_err(|e| hidden(told(&e)))
        });
        match done.await {
            Ok(true) => break,
            Ok(false) => {}
            Err(fail) => {
                let cause = fail.cause.unwrap_or_default();
                tracing::error!(status = id, cause, "a post waits");
                tokio::time::sleep(STEP_WAIT).await;
            }
        }
    }
    tracing::info!(
        status = id,
        collection = running.kept.collection,
        "a post is done"
    );
    drop(place);
}

/// Goes on with what the last run left, one after the other, in the order in which it came. Ready once all of it is known again.
pub(super) async fn resume(app: &Shared, taxii: &Arc<Taxii>) {
    let (house, now) = (Arc::clone(taxii), app.host.seconds());
    let left = super::blocking(move || {
        let left = house.statuses.left().map_err(|e| hidden(told(&e)))?;
        let mut begun = Vec::new();
        for (id, kept, body) in left {
            match judged(&house.plan, &kept.collection, &kept.machine, &body) {
                Ok(post) if uncovered(&house.plan, &kept, now) && post.left() > 0 => {
                    if let Err(fail) = waits_again(&house, &id, kept, (&post, body)) {
                        let cause = fail.cause.unwrap_or_default();
                        tracing::error!(status = id, cause, "a post that was left is not kept");
                    }
                }
                Ok(post) => begun.push((id.clone(), house.statuses.run(&id, kept, post))),
                Err(fail) => {
                    let cause = fail.error.to_string();
                    tracing::error!(status = id, cause, "a post that was left cannot be read");
                }
            }
        }
        Ok(begun)
    });
    match left.await {
        Ok(left) => {
            let (app, taxii) = (Arc::clone(app), Arc::clone(taxii));
            tokio::spawn(async move {
                for (id, running) in left {
                    go_on(Arc::clone(&app), Arc::clone(&taxii), id, running, None).await;
                }
            });
        }
        Err(fail) => {
            let cause = fail.cause.unwrap_or_default();
            tracing::error!(cause, "posts that were left cannot be read");
        }
    }
}

/// Whether somebody reads what a post goes into whom no entry names: who reads the collection has changed since it came.
fn uncovered(plan: &Plan, kept: &Kept, now: Seconds) -> bool {
    let covered = |name: &str| name == kept.machine || kept.readers.contains(name);
    let of = plan.collection(&kept.collection);
    of.is_some_and(|of| !of.reading(now).all(covered))
}

/// Adds what supervisors let go, and ends what they did not. One at a time; ready at once where another does it.
pub(super) async fn settle(app: &Shared, taxii: &Arc<Taxii>) {
    let Ok(held) = Arc::clone(&taxii.settling).try_lock_owned() else {
        return;
    };
    let (app, taxii) = (Arc::clone(app), Arc::clone(taxii));
    let done = super::blocking(move || {
        let left = taxii.desk.inbox.unsettled();
        for post in left.map_err(|e| hidden(told(&e)))? {
            // The others are settled all the same.
            if let Err(fail) = settle_one(&app, &taxii, &post) {
                let cause = fail.cause.unwrap_or_else(|| fail.error.to_string());
                tracing::error!(status = post.id, cause, "a post that was decided waits");
            }
        }
        drop(held);
        Ok(())
    });
    if let Err(fail) = done.await {
        let cause = fail.cause.unwrap_or_else(|| fail.error.to_string());
        tracing::error!(cause, "posts that were decided wait");
    }
}

fn settle_one(app: &Shared, taxii: &Taxii, post: &inbox::Post) -> Done<()> {
    let failed = |e: ControlError| hidden(told(&e));
    let settled = taxii.desk.settled(post, app.host.seconds());
    let Some(mut objects) = settled.map_err(|e| hidden(e.told()))? else {
        tracing::warn!(
            status = post.id,
            "who reads the collection is not whom the entry names: the post waits for another decision"
        );
        return taxii.desk.inbox.reopen(post).map_err(failed);
    };
    while objects.left() > 0 && !step(app, taxii, &post.batch.collection, &mut objects)? {}
    let status = objects.status(&post.id, post.batch.requested_micros);
    taxii
        .desk
        .inbox
        .done(post, &status.body())
        .map_err(failed)?;
    tracing::info!(status = post.id, "a post that was decided is settled");
    Ok(())
}

/// The status of a post, for the machine that made it.
///
/// # Errors
/// 404 for one that is not its own, 500.
pub(super) fn status(taxii: &Taxii, root: &str, who: &Who, id: &str) -> Done<Answer> {
    let missing = || Fail::from(TaxiiError::not_found("status"));
    let found = taxii.statuses.find(id).map_err(|e| hidden(told(&e)))?;
    if found.is_none() {
        let waits = taxii.desk.inbox.status(&who.id, id);
        let waits = waits.map_err(|e| hidden(told(&e)))?;
        let own = waits.filter(|(batch, _)| batch.root == root);
        let (_, body) = own.ok_or_else(missing)?;
        return Ok(Answer {
            status: 200,
            headers: Vec::new(),
            body,
        });
    }
    let own = |kept: &Kept| kept.root == root && kept.machine == who.id;
    match found.ok_or_else(missing)? {
        Found::Done(kept) if own(&kept) => {
            let body = kept.body.ok_or_else(missing)?;
            Ok(Answer {
                status: 200,
                headers: Vec::new(),
                body,
            })
        }
        Found::Running(running) if own(&running.kept) => {
            let status = running.post().status(id, running.kept.requested_micros);
            Ok(status.answer())
        }
        _ => Err(missing()),
    }
}

/// What is told where a post has no type of content that is TAXII's.
pub(super) fn untyped() -> Fail {
    taxii(
        415,
        "Unsupported media type",
        "A body has one type of content.",
    )
}
