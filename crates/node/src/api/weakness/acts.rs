//! What may be done to a case, and who may. In: an act, a caller. Out: the case after it. Never: an act that lets something go out by somebody who may not.

use super::house::{of, published};
use super::problem;
use crate::api::office::caller_id;
use crate::app::{Caller, Shared};
use crate::problem::{Answer, Code, Problem};
use sakimori_access::{Act as Leave, Object};
use sakimori_advisory::room::{Act, Actor, Triage, urgency};
use sakimori_advisory::ssvc::tables::CISA_COORDINATOR;
use sakimori_custody::ids::hex;
use sakimori_custody::time::DAY_SECONDS;
use sakimori_liaison::weakness::case::{self, Kept};
use sakimori_liaison::weakness::{By, hash_of};
use std::sync::Arc;

/// Most days that a link into a maker's room opens it.
pub(super) const LINK_DAYS_MAX: u64 = 366;

/// The leave that an act needs. What sets the hour, lets go out or binds a maker officially is the supervisor's.
pub(super) const fn leave(act: &Act) -> Leave {
    match act {
        Act::HourSet { .. }
        | Act::Leaked { .. }
        | Act::Approved { .. }
        | Act::Withdrawn { .. }
        | Act::Requested { .. }
        | Act::RequestWithdrawn { .. }
        | Act::Notified { .. }
        | Act::Closed { .. } => Leave::ReleaseWeakness,
        _ => Leave::CoordinateWeakness,
    }
}

/// Holds a caller to an act of the room.
///
/// # Errors
/// [`Code::NotSignedIn`], [`Code::NotAllowed`].
pub(super) async fn may(app: &Shared, caller: &Caller, leave: Leave) -> Answer<String> {
    app.require(caller, leave, &Object::any()).await?;
    Ok(caller_id(caller))
}

/// A case as somebody of the office reads it.
///
/// # Errors
/// As [`may`]; [`Code::NotFound`].
pub(super) async fn read(app: &Shared, caller: &Caller, id: &str) -> Answer<Kept> {
    may(app, caller, Leave::CoordinateWeakness).await?;
    case::load(&*app.store, id).await.map_err(|e| problem(&e))
}

/// Adds an act of the office to a case. `on`: how many events the case had when it was read.
///
/// # Errors
/// As [`may`]; [`Code::Stale`], [`Code::Refused`], [`Code::NotFound`].
pub(super) async fn add(
    app: &Shared,
    caller: &Caller,
    (id, on): (&str, Option<usize>),
    act: Act,
) -> Answer<Kept> {
    let who = may(app, caller, leave(&act)).await?;
    let now = app.host.seconds();
    if matches!(act, Act::Approved { .. }) {
        let kept = case::load(&*app.store, id).await.map_err(|e| problem(&e))?;
        let room = of(app)?;
        // What could not be published is not approved: the hour would pass with nothing to show.
        app.blocking(move |_| room.check(&kept.room, now)).await?;
    }
    let goes_out = matches!(
        act,
        Act::HourSet { .. }
            | Act::Leaked { .. }
            | Act::Approved { .. }
            | Act::Withdrawn { .. }
            | Act::Closed { .. }
    );
    let by = By { who: &who, at: now };
    let actor = Actor::Office(who.clone());
    let kept = case::add(&*app.store, (id, on), (actor, act), by).await;
    let kept = kept.map_err(|e| problem(&e))?;
    after(app, goes_out).await?;
    Ok(kept)
}

/// What follows from an act: what goes out at once is out before whoever did it is answered.
async fn after(app: &Shared, goes_out: bool) -> Answer<()> {
    let room = of(app)?;
    if goes_out {
        room.touch();
        published(app).await?;
    } else {
        room.heard();
    }
    Ok(())
}

/// Opens a case of a report; gives its id.
///
/// # Errors
/// As [`may`]; [`Code::NotFound`], [`Code::Refused`].
pub(super) async fn open(app: &Shared, caller: &Caller, report: &str) -> Answer<String> {
    let who = may(app, caller, Leave::CoordinateWeakness).await?;
    let now = app.host.seconds();
    let random: [u8; 4] = random(app)?;
    let (year, _) = now.year_month();
    let id = format!("WK-{year}-{}", hex(&random).to_uppercase());
    let opened = case::open(&*app.store, (&id, report), By { who: &who, at: now }).await;
    opened.map_err(|e| problem(&e))?;
    Ok(id)
}

/// Random bytes.
///
/// # Errors
/// [`Code::Fault`].
pub(super) fn random<const N: usize>(app: &Shared) -> Answer<[u8; N]> {
    app.host
        .bytes()
        .map_err(|e| Problem::hidden(Code::Fault, e))
}

/// Judges how urgent it is, by CISA's table for coordinators and the catalogues of the day.
///
/// # Errors
/// [`Code::Refused`] where a value is missing or none of the table's.
pub(super) async fn judged(
    app: &Shared,
    values: Vec<(String, String)>,
    cves: Vec<String>,
) -> Answer<Triage> {
    let room = of(app)?;
    app.blocking(move |_| {
        let table = CISA_COORDINATOR.table();
        let table = table.ok_or_else(|| Problem::hidden(Code::Fault, "no decision table"))?;
        let (catalogue, scores) = room.catalogues();
        let given: Vec<(&str, &str)> = values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let known = (catalogue.as_ref(), scores.as_ref());
        urgency::decide(&table, &given, &cves, known).map_err(|e| Problem::new(Code::Refused, e))
    })
    .await
}

/// Makes a link into a maker's room: its path, shown once.
///
/// # Errors
/// As [`add`]; [`Code::Refused`] for a link of more than [`LINK_DAYS_MAX`] days.
pub(super) async fn link(
    app: &Shared,
    caller: &Caller,
    (id, on): (&str, Option<usize>),
    (maker, days): (String, u64),
) -> Answer<String> {
    if !(1..=LINK_DAYS_MAX).contains(&days) {
        let text = format!("a link opens a room for 1 to {LINK_DAYS_MAX} days");
        return Err(Problem::new(Code::Refused, text));
    }
    let secret = hex(&random::<32>(app)?);
    let act = Act::LinkMade {
        maker,
        hash: hash_of(&secret),
        until: app.host.seconds().plus(days * DAY_SECONDS),
    };
    add(app, caller, (id, on), act).await?;
    Ok(format!("/weaknesses/room/{id}/{secret}"))
}

/// The case and the maker that a link leads to. A wrong secret, a link that has ended and a case that is not there are one answer.
///
/// # Errors
/// [`Code::NotFound`].
pub(super) async fn by_link(app: &Shared, id: &str, secret: &str) -> Answer<(Kept, String)> {
    of(app)?;
    let none = || Problem::new(Code::NotFound, "");
    let kept = case::load(&*app.store, id).await.map_err(|e| problem(&e))?;
    let now = app.host.seconds();
    let maker = kept.room.maker_of_link(&hash_of(secret), now);
    let maker = maker.ok_or_else(none)?.to_owned();
    Ok((kept, maker))
}

/// Adds a maker's own act, by its link.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Refused`].
pub(super) async fn by_maker(
    app: &Shared,
    (id, secret): (&str, &str),
    act: impl FnOnce(String) -> Act,
) -> Answer<(Kept, String)> {
    let (_, maker) = by_link(app, id, secret).await?;
    let by = By {
        who: "maker",
        at: app.host.seconds(),
    };
    let actor = Actor::Maker(maker.clone());
    let kept = case::add(&*app.store, (id, None), (actor, act(maker.clone())), by).await;
    let kept = kept.map_err(|e| problem(&e))?;
    let room: Arc<_> = of(app)?;
    room.heard();
    Ok((kept, maker))
}
