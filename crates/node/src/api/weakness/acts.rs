//! What may be done to a case, and who may. In: an act, a caller. Out: the case after it. Never: an act that lets something go out by somebody who may not.

use super::house::{of, published};
use super::problem;
use crate::api::office::{caller_id, office};
use crate::api::report::no;
use crate::app::{App, Caller, Shared};
use crate::part::OfficePart;
use crate::problem::{Answer, Code, Problem};
use sakimori_access::{Act as Leave, Object};
use sakimori_advisory::room::{Act, Actor, Event, Room, Triage, urgency};
use sakimori_advisory::ssvc::tables::{ALL, CISA_COORDINATOR, named};
use sakimori_control::journal::Deed;
use sakimori_custody::Recorded;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::hex;
use sakimori_custody::time::DAY_SECONDS;
use sakimori_liaison::product::Denied;
use sakimori_liaison::weakness::case::{self, Beside, Kept};
use sakimori_liaison::weakness::leaving::{self, Asked};
use sakimori_liaison::weakness::letter::{self, Letter};
use sakimori_liaison::weakness::{By, WeaknessError, hash_of};
use sakimori_release::PseudonymKey;
use sakimori_release::record::Record;
use sha2::{Digest, Sha256};
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
        | Act::CoordinatorAdded { .. }
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
    let kept = put(app, (id, on), (Actor::Office(who.clone()), act), by).await?;
    after(app, goes_out).await?;
    Ok(kept)
}

/// Adds an act; what leaves by it is on record before it happens, and a letter that it issues is signed.
async fn put(
    app: &Shared,
    (id, on): (&str, Option<usize>),
    said: (Actor, Act),
    by: By<'_>,
) -> Answer<Kept> {
    let kept = case::load(&*app.store, id).await.map_err(|e| problem(&e))?;
    let events = kept.room.events();
    if on.is_some_and(|on| on != events) {
        return Err(Problem::new(Code::Stale, ""));
    }
    let event = kept.event(said.clone(), by.at);
    let no = |e| problem(&WeaknessError::Refused(e));
    // What the case does not take leaves no entry either.
    kept.room.take(&event).map_err(no)?;
    let Some(asked) = leaving::asked(&kept.room, &event) else {
        let kept = case::add(&*app.store, (id, on), said, by).await;
        return kept.map_err(|e| problem(&e));
    };
    let who = by.who.to_owned();
    let beside = app
        .blocking(move |app| recorded(app, &kept.room, &event, (&asked, &who)))
        .await?;
    let kept = case::add_recorded(&*app.store, (id, Some(events)), said, by, beside).await;
    kept.map_err(|e| problem(&e))
}

/// Puts what leaves by an event on record, and signs the letter that it issues.
fn recorded(app: &App, room: &Room, event: &Event, (asked, who): (&Asked, &str)) -> Answer<Beside> {
    let entry = let_go(app, asked, who)?;
    let unsigned = || Problem::hidden(Code::Fault, "a letter cannot be signed");
    let letter = match letter::document(room, event) {
        None => None,
        Some((document, kind)) => {
            let note = Letter {
                case: room.id().to_owned(),
                number: letter::number(room, event.act.maker().unwrap_or_default()),
                kind,
                document: Sha256::digest(&document).into(),
                time: event.at,
                entry: entry.index(),
            };
            let signer = office(&app.part)?.signer()?;
            Some(note.sign(document, &signer).ok_or_else(unsigned)?)
        }
    };
    let entry = Some(entry);
    Ok(Beside { entry, letter })
}

/// Brings the gate's record into the log.
fn enter(app: &App, office: &OfficePart, record: &Record) -> Answer<u64> {
    let deed = Deed {
        kind: EntryType::Release,
        authority: [0; 32],
        counters: record.counters.to_vec(),
        body: record.body.clone(),
    };
    let entry = crate::outbox::made(&app.host, &office.signer()?, deed)?;
    office.append_own(&entry.leaf, &entry.stored)
}

/// Asks the release gate and puts its answer on record, a refusal too.
///
/// # Errors
/// [`Code::Refused`] with what stands against it; what the log says.
pub(super) fn let_go(app: &App, asked: &Asked, who: &str) -> Answer<Recorded> {
    let office = office(&app.part)?;
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    // What leaves names nobody by a tag, so that the key makes none.
    let key = PseudonymKey::new(app.host.bytes().map_err(fault)?);
    match leaving::prepare(asked, (who, app.host.seconds()), &key) {
        Ok(pending) => {
            let entry = Recorded::at(enter(app, office, pending.record())?);
            Ok(pending.recorded(entry).entry())
        }
        Err(Denied::Wrong(error)) => Err(no(&error)),
        Err(Denied::Refused(refusal)) => {
            enter(app, office, &refusal.record)?;
            Err(Problem::new(Code::Refused, refusal))
        }
    }
}

/// A letter of a case as somebody of the office reads it.
///
/// # Errors
/// As [`may`]; [`Code::NotFound`].
pub(super) async fn letter(
    app: &Shared,
    caller: &Caller,
    of_case: (&str, &str),
) -> Answer<letter::Kept> {
    may(app, caller, Leave::CoordinateWeakness).await?;
    of(app)?;
    let kept = letter::letter(&*app.store, of_case).await;
    kept.map_err(|e| problem(&e))
}

/// A letter to a maker, by its link. Another maker's is not there.
///
/// # Errors
/// [`Code::NotFound`].
pub(super) async fn letter_by_link(
    app: &Shared,
    (id, secret): (&str, &str),
    number: u64,
) -> Answer<letter::Kept> {
    let (_, maker) = by_link(app, id, secret).await?;
    let of_case = (id, letter::id(&maker, number));
    let kept = letter::letter(&*app.store, (of_case.0, &of_case.1)).await;
    kept.map_err(|e| problem(&e))
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

/// Judges how urgent it is, by a table of the SSVC project and the catalogues of the day. Without a name the table is CISA's for coordinators.
///
/// # Errors
/// [`Code::Refused`] where there is no such table, or a value is missing or none of the table's.
pub(super) async fn judged(
    app: &Shared,
    table: Option<&str>,
    values: Vec<(String, String)>,
    cves: Vec<String>,
) -> Answer<Triage> {
    let room = of(app)?;
    let compact = match table {
        None => &CISA_COORDINATOR,
        Some(name) => named(name).ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|table| table.name()).collect();
            let text = format!("`table` is none of: {}", names.join(", "));
            Problem::new(Code::Refused, text)
        })?,
    };
    app.blocking(move |_| {
        let table = compact.table();
        let table = table.ok_or_else(|| Problem::hidden(Code::Fault, "no decision table"))?;
        let both = room.catalogues();
        let given: Vec<(&str, &str)> = values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let known = (both.kev.as_ref(), both.epss.as_ref());
        urgency::decide(&table, &given, &cves, known).map_err(|e| Problem::new(Code::Refused, e))
    })
    .await
}

/// Whose room a link opens.
pub(super) enum Whose {
    /// A maker's.
    Maker(String),
    /// A coordinator's.
    Coordinator(String),
}

/// Makes a link into a room: its path, shown once.
///
/// # Errors
/// As [`add`]; [`Code::Refused`] for a link of more than [`LINK_DAYS_MAX`] days.
pub(super) async fn link(
    app: &Shared,
    caller: &Caller,
    (id, on): (&str, Option<usize>),
    (whose, days): (Whose, u64),
) -> Answer<String> {
    if !(1..=LINK_DAYS_MAX).contains(&days) {
        let text = format!("a link opens a room for 1 to {LINK_DAYS_MAX} days");
        return Err(Problem::new(Code::Refused, text));
    }
    let secret = hex(&random::<32>(app)?);
    let hash = hash_of(&secret);
    let until = app.host.seconds().plus(days * DAY_SECONDS);
    let (act, room) = match whose {
        Whose::Maker(maker) => (Act::LinkMade { maker, hash, until }, "room"),
        Whose::Coordinator(coordinator) => {
            let act = Act::CoordinatorLinkMade {
                coordinator,
                hash,
                until,
            };
            (act, "coordinator")
        }
    };
    add(app, caller, (id, on), act).await?;
    Ok(format!("/weaknesses/{room}/{id}/{secret}"))
}

/// The case and the coordinator that a link leads to, as [`by_link`].
///
/// # Errors
/// [`Code::NotFound`].
pub(super) async fn coordinator_by_link(
    app: &Shared,
    (id, secret): (&str, &str),
) -> Answer<(Kept, String)> {
    of(app)?;
    let none = || Problem::new(Code::NotFound, "");
    let kept = case::load(&*app.store, id).await.map_err(|e| problem(&e))?;
    let found = kept
        .room
        .coordinator_of_link(&hash_of(secret), app.host.seconds());
    let coordinator = found.ok_or_else(none)?.to_owned();
    Ok((kept, coordinator))
}

/// Adds a coordinator's own act, by its link.
///
/// # Errors
/// [`Code::NotFound`], [`Code::Refused`].
pub(super) async fn by_coordinator(
    app: &Shared,
    of_link: (&str, &str),
    act: impl FnOnce(String) -> Act,
) -> Answer<(Kept, String)> {
    let (_, coordinator) = coordinator_by_link(app, of_link).await?;
    let by = By {
        who: "coordinator",
        at: app.host.seconds(),
    };
    let said = (
        Actor::Coordinator(coordinator.clone()),
        act(coordinator.clone()),
    );
    let kept = case::add(&*app.store, (of_link.0, None), said, by).await;
    let kept = kept.map_err(|e| problem(&e))?;
    of(app)?.heard();
    Ok((kept, coordinator))
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
