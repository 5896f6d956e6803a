//! Posts of objects: a small one is done when it is answered, a large one goes on behind its answer. In: an envelope that may be written. Out: a status. Never: an answer to a post that a
//! stop of the node could lose; more posts in memory than the bound.

use super::Taxii;
use super::fail::{Done, Fail, hidden, taxii};
use super::plan::Who;
use super::sight::unfit;
use super::statuses::{Found, Kept, Running, uuid};
use crate::app::Shared;
use sakimori_access::Act;
use sakimori_control::error::told;
use sakimori_exchange::taxii::{Answer, Caller, Post, Rights, SeesAll, Status, TaxiiError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// Objects that are added before a post is answered, and in each step of a large one.
const STEP: usize = 1000;
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
fn judge(taxii: &Taxii, collection: &str, machine: &str, body: &[u8]) -> Done<Post> {
    let caller = Caller {
        name: machine,
        rights: Rights {
            read: false,
            write: true,
        },
        sight: &SeesAll,
    };
    let mut post = Post::begin(&caller, body)?;
    let plan = &taxii.plan;
    let of = plan.collection(collection);
    post.refuse(|new| match of {
        Some(of) => unfit(of, &plan.statements, new),
        None => Some("the collection is gone".to_owned()),
    });
    Ok(post)
}

/// Adds at most [`STEP`] objects; `true` once nothing is left.
fn step(app: &Shared, taxii: &Taxii, collection: &str, post: &mut Post) -> Done<bool> {
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
pub(super) fn own(app: &Shared, taxii: &Taxii, collection: &str, body: &[u8]) -> Done<usize> {
    let mut post = judge(taxii, collection, "office", body)?;
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
    let (held, house, machine) = (Arc::clone(app), Arc::clone(taxii), who.id.clone());
    let begun = super::blocking(move || begin(&held, &house, machine, sent)).await?;
    drop(place);
    let Begun {
        status,
        id,
        running,
        large,
    } = begun;
    let detail = format!(
        "{} there, {} refused, {} to come, collection {}",
        status.successes.len(),
        status.failures.len(),
        status.pendings.len(),
        running.kept.collection
    );
    if large.is_some() {
        let (app, taxii) = (Arc::clone(app), Arc::clone(taxii));
        tokio::spawn(go_on(app, taxii, id, running, large));
    }
    app.audit(&who.id, "brought", Act::WriteShared.word(), &detail)
        .await?;
    Ok(status.accepted())
}

/// A post that is judged, and done where it is small.
struct Begun {
    status: Status,
    id: String,
    running: Arc<Running>,
    /// Its place among the large ones, where it is one.
    large: Option<OwnedSemaphorePermit>,
}

fn begin(app: &Shared, house: &Taxii, machine: String, sent: Sent) -> Done<Begun> {
    let failed = |e: sakimori_control::ControlError| hidden(told(&e));
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
    let mut post = judge(house, &sent.collection, &machine, &sent.body)?;
    let large = if post.left() <= STEP {
        None
    } else {
        let large = Arc::clone(&house.large).try_acquire_owned();
        Some(large.map_err(|_| TaxiiError::too_many(RETRY_SECONDS))?)
    };
    if large.is_none() {
        step(app, house, &sent.collection, &mut post)?;
    }
    let status = post.status(&id, requested);
    let mut kept = Kept {
        root: sent.root,
        collection: sent.collection,
        machine,
        requested_micros: requested,
        body: None,
    };
    let running = if large.is_none() {
        kept.body = Some(status.body());
        house.statuses.keep(&id, &kept).map_err(failed)?;
        Arc::new(Running {
            kept,
            post: std::sync::Mutex::new(post),
        })
    } else {
        let begun = house.statuses.begin(&id, kept, &sent.body, post);
        begun.map_err(failed)?
    };
    Ok(Begun {
        status,
        id,
        running,
        large,
    })
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
    let house = Arc::clone(taxii);
    let left = super::blocking(move || {
        let left = house.statuses.left().map_err(|e| hidden(told(&e)))?;
        let mut begun = Vec::new();
        for (id, kept, body) in left {
            match judge(&house, &kept.collection, &kept.machine, &body) {
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

/// The status of a post, for the machine that made it.
///
/// # Errors
/// 404 for one that is not its own, 500.
pub(super) fn status(taxii: &Taxii, root: &str, who: &Who, id: &str) -> Done<Answer> {
    let missing = || Fail::from(TaxiiError::not_found("status"));
    let found = taxii.statuses.find(id).map_err(|e| hidden(told(&e)))?;
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
