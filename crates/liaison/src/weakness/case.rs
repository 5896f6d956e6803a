//! Cases, each the events of a paper: version n is its n-th event. In: events. Out: the case after them. Never: an event that is changed or taken away; a change made on a case that somebody
//! else has changed since.

use super::intake::{Arrived, TAKEN};
use super::letter::Signed;
use super::{By, OWNER, WeaknessError, leaving, letter};
use crate::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_advisory::room::{Act, Actor, Event, Room, Stage};
use sakimori_custody::Recorded;
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, NEWEST, Store, View};
use serde::{Deserialize, Serialize};

/// An event with what lists show of the case after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The event.
    pub event: Event,
    /// The case after it.
    pub head: Head,
    /// The index of the log entry under which something left by it, if something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
}

/// What lists show of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// What it is called: the draft's title, else product and maker of the report.
    pub title: String,
    /// What the decision on urgency was.
    pub outcome: Option<String>,
    /// How many makers take part.
    pub makers: usize,
    /// The hour in force, with its zone.
    pub hour: Option<String>,
    /// From when versions of it are public, also those that are still ahead; seconds since 1970.
    pub releases: Vec<u64>,
}

impl Document for Step {
    const KIND: &'static str = "weakness-case";
}

impl Head {
    fn of(room: &Room, title: String) -> Self {
        let drafted = room.draft().map(|draft| draft.content.title.clone());
        Self {
            title: drafted.unwrap_or(title),
            outcome: room.triage().map(|(_, triage)| triage.outcome.clone()),
            makers: room.makers().len(),
            hour: room.hour().map(|hour| hour.to_string()),
            releases: room.versions().iter().map(|v| v.release.0).collect(),
        }
    }
}

/// A case with the number of its last event, which a change names.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The case.
    pub room: Room,
    /// What it is called.
    pub title: String,
    /// Its events, oldest first.
    pub events: Vec<Event>,
    /// For each event the index of the log entry under which something left by it, if something did.
    pub entries: Vec<Option<u64>>,
}

/// What an act by which something leaves comes with.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// The log entry.
    pub entry: Option<Recorded>,
    /// The letter that the act issues, signed.
    pub letter: Option<Signed>,
}

/// The state's word of a case: what lists are filtered by. Whether the hour has come is a question of the time, and not of what is kept.
fn word(room: &Room, now: Seconds) -> &'static str {
    room.stage(now).word()
}

/// Opens a case of a report.
///
/// # Errors
/// [`LiaisonError::Missing`] where there is no such report, [`LiaisonError::Refused`] where it is in a case already; [`WeaknessError::Changed`].
pub async fn open(
    store: &(impl Store + ?Sized),
    (id, report): (&str, &str),
    by: By<'_>,
) -> Result<Room, WeaknessError> {
    let arrived = super::intake::report(store, report).await?;
    let event = Event {
        at: by.at,
        by: Actor::Office(by.who.to_owned()),
        act: Act::Received {
            report: report.to_owned(),
        },
    };
    let room = Room::open(id, &event)?;
    let said = &arrived.said.report;
    let maker = said.maker.as_deref().unwrap_or("?");
    let head = Head::of(&room, format!("{} ({maker})", said.product));
    let step = Step {
        event,
        head,
        entry: None,
    };
    let standing = by.standing(word(&room, by.at), None);
    let changes = [
        paper::first(OWNER, id, &step, standing)?,
        taken(&arrived, id, by)?,
        by.audit("weakness-received", id, report),
    ];
    store.apply(&changes).await?;
    Ok(room)
}

/// The report's next version, which is in a case.
fn taken(arrived: &Written<Arrived>, case: &str, by: By<'_>) -> Result<Change, WeaknessError> {
    if let Some(other) = &arrived.said.case {
        let rule = format!("is in case {other} already");
        let field = "report".to_owned();
        return Err(LiaisonError::Refused { field, rule }.into());
    }
    let mut said = arrived.said.clone();
    said.case = Some(case.to_owned());
    said.aside = None;
    Ok(arrived.next(&said, by.standing(TAKEN, None))?)
}

/// A case.
///
/// # Errors
/// [`LiaisonError::Missing`]; [`WeaknessError::Refused`] where what is kept does not follow from itself: the database was changed beside this program.
pub async fn load(store: &(impl Store + ?Sized), id: &str) -> Result<Kept, WeaknessError> {
    let steps = paper::history::<Step>(store, OWNER, id).await?;
    let title = steps.last().map(|step| step.said.head.title.clone());
    let title = title.ok_or_else(|| LiaisonError::Missing {
        what: format!("case `{id}`"),
    })?;
    let entries = steps.iter().map(|step| step.said.entry).collect();
    let events: Vec<Event> = steps.into_iter().map(|step| step.said.event).collect();
    Ok(Kept {
        room: Room::replay(id, &events)?,
        title,
        events,
        entries,
    })
}

impl Kept {
    /// The event that an act would be. Two that act in one second, or a clock that was set back a little, keep the order in which they were taken.
    pub fn event(&self, (actor, act): (Actor, Act), at: Seconds) -> Event {
        Event {
            at: at.max(self.room.last()),
            by: actor,
            act,
        }
    }
}

/// Adds an event by which nothing leaves; as [`add_recorded`] otherwise.
///
/// # Errors
/// As [`add_recorded`].
pub async fn add(
    store: &(impl Store + ?Sized),
    of: (&str, Option<usize>),
    said: (Actor, Act),
    by: By<'_>,
) -> Result<Kept, WeaknessError> {
    add_recorded(store, of, said, by, Beside::default()).await
}

/// Adds an event. `on`: how many events the case had when whoever acts read it; none where it does not matter, as for a maker's own word.
///
/// # Errors
/// [`WeaknessError::Changed`], [`WeaknessError::Refused`], [`LiaisonError::Missing`]; [`WeaknessError::Unrecorded`] where something leaves by it and no log entry is given, or the letter that it
/// issues is not.
pub async fn add_recorded(
    store: &(impl Store + ?Sized),
    (id, on): (&str, Option<usize>),
    (actor, act): (Actor, Act),
    by: By<'_>,
    beside: Beside,
) -> Result<Kept, WeaknessError> {
    let mut kept = load(store, id).await?;
    if on.is_some_and(|on| on != kept.room.events()) {
        return Err(WeaknessError::Changed {
            case: id.to_owned(),
        });
    }
    let joined = match &act {
        Act::Joined { report } => Some(super::intake::report(store, report).await?),
        _ => None,
    };
    let event = kept.event((actor, act), by.at);
    let at = event.at;
    let room = kept.room.take(&event)?;
    on_record(&kept.room, &event, &beside)?;
    let head = Head::of(&room, kept.title.clone());
    let due = room.next_due(at).map(|due| due.0);
    let state = word(&room, at);
    let step = Step {
        event,
        head,
        entry: beside.entry.map(Recorded::index),
    };
    let version = u64::try_from(room.events()).unwrap_or(u64::MAX);
    let body = serde_json::to_string(&step).map_err(|e| LiaisonError::Refused {
        field: "event".to_owned(),
        rule: e.to_string(),
    })?;
    let mut changes = vec![
        Change::AddPaper(sakimori_store::Paper {
            kind: Step::KIND.to_owned(),
            owner: OWNER.to_owned(),
            id: id.to_owned(),
            version,
            state: state.to_owned(),
            due,
            at: at.0,
            by: by.who.to_owned(),
            body,
        }),
        by.audit("weakness-event", id, name(&step.event.act)),
    ];
    if let Some(arrived) = joined {
        changes.push(taken(&arrived, id, by)?);
    }
    if let Some(signed) = &beside.letter {
        changes.extend(letter::changes(signed, &room, by)?);
    }
    store.apply(&changes).await?;
    kept.entries.push(step.entry);
    kept.title.clone_from(&step.head.title);
    kept.events.push(step.event);
    kept.room = room;
    Ok(kept)
}

/// Holds an event to the rule that what leaves by it is on record before it happens, and that a letter is the one that it issues.
fn on_record(room: &Room, event: &Event, beside: &Beside) -> Result<(), WeaknessError> {
    let unrecorded = || WeaknessError::Unrecorded {
        case: room.id().to_owned(),
    };
    let leaves = leaving::asked(room, event).is_some();
    let issued = letter::document(room, event).map(|(text, _)| text);
    let letter = beside.letter.as_ref().map(|signed| &signed.document);
    if leaves != beside.entry.is_some() || issued.as_ref() != letter {
        return Err(unrecorded());
    }
    Ok(())
}

/// The word of an act, for the audit: what was done, and nothing of what was said.
fn name(act: &Act) -> &'static str {
    match act {
        Act::Received { .. } => "received",
        Act::Joined { .. } => "joined",
        Act::Triaged(_) => "triaged",
        Act::MakerAdded { .. } => "maker-added",
        Act::MakerContact { .. } => "maker-contact",
        Act::Told { .. } => "told",
        Act::Said { .. } => "said",
        Act::Requested { .. } => "requested",
        Act::Replied { .. } => "replied",
        Act::RequestWithdrawn { .. } => "request-withdrawn",
        Act::Notified { .. } => "notified",
        Act::LinkMade { .. } => "link-made",
        Act::LinksEnded { .. } => "links-ended",
        Act::CoordinatorAdded { .. } => "coordinator-added",
        Act::CoordinatorTold { .. } => "coordinator-told",
        Act::CoordinatorSaid { .. } => "coordinator-said",
        Act::CoordinatorLinkMade { .. } => "coordinator-link-made",
        Act::CoordinatorLinksEnded { .. } => "coordinator-links-ended",
        Act::HourSet { .. } => "hour-set",
        Act::Leaked { .. } => "leaked",
        Act::Drafted(_) => "drafted",
        Act::Approved { .. } => "approved",
        Act::Withdrawn { .. } => "withdrawn",
        Act::ReporterTold { .. } => "reporter-told",
        Act::ReporterSaid { .. } => "reporter-said",
        Act::Closed { .. } => "closed",
        Act::Reopened { .. } => "reopened",
    }
}

/// A line of the list of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The case.
    pub id: String,
    /// Where it stood after its last event.
    pub state: String,
    /// When something happened last.
    pub at: Seconds,
    /// By when something is due.
    pub due: Option<Seconds>,
    /// What is shown of it.
    pub head: Head,
    /// Its place; the next page begins before it.
    pub sequence: u64,
}

impl Line {
    /// Where it stands at an instant: what has an hour that has come is published.
    pub fn stage(&self, now: Seconds) -> &str {
        let public = self.head.releases.iter().any(|release| *release <= now.0);
        if public && self.state != Stage::Closed.word() {
            Stage::Published.word()
        } else {
            &self.state
        }
    }
}

/// Cases, those that changed last first, at most a page; the next begins `before` the sequence of the last line.
///
/// # Errors
/// What the store says.
pub async fn list(
    store: &(impl Store + ?Sized),
    before: Option<u64>,
) -> Result<Vec<Line>, WeaknessError> {
    let before = before.unwrap_or(NEWEST);
    let kept = store.latest(View::All, Step::KIND, None, before).await?;
    kept.into_iter()
        .map(|kept| Ok(line(paper::read::<Step>(kept)?)))
        .collect()
}

/// Every case that has a version with an hour.
pub(super) async fn with_releases(
    store: &(impl Store + ?Sized),
    most: usize,
) -> Result<Vec<String>, WeaknessError> {
    let (all, more) = paper::all::<Step>(store, View::All, None, most).await?;
    if more {
        return Err(WeaknessError::Many {
            what: "cases",
            most,
        });
    }
    let out = all
        .into_iter()
        .filter(|step| !step.said.head.releases.is_empty());
    Ok(out.map(|step| step.id).collect())
}

fn line(step: Written<Step>) -> Line {
    Line {
        id: step.id,
        state: step.state,
        at: Seconds(step.at),
        due: step.due.map(Seconds),
        head: step.said.head,
        sequence: step.sequence,
    }
}
