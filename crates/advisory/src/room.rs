//! A weakness from its report to its publication. In: events, each with its time and who did it. Out: where the case stands at an instant, who sees which part of it, what is
//! published and when. Never: a clock of its own; a publication before its hour; silence as an answer; a maker's word in another maker's room.
//!
//! A case is what its events come to, in their order: [`Room::take`] takes one more or says why not, and [`Room::replay`] gives the same room of the same events. [`embargo`] is the hour,
//! [`maker`] what passes between the office and one maker, [`coordinator`] the same with a body that helps, [`urgency`] the decision on urgency, [`report`] what a stranger sends, [`view`] what each party sees, [`going_out`] what is
//! published. Act 42/2025 art. 42; ISO/IEC 29147 and 30111 name the steps.

pub mod coordinator;
pub mod embargo;
pub mod event;
pub mod going_out;
pub mod maker;
mod plain;
pub mod report;
mod take;
pub mod urgency;
pub mod view;

pub use coordinator::Coordinator;
pub use embargo::Hour;
pub use event::{Act, Actor, Content, Event, Notifier};
pub use maker::Maker;
pub use plain::FieldError;
pub use report::Report;
pub use take::Refused;
pub use urgency::Triage;

use maker::Said;
use sakimori_custody::time::Seconds;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// A report came.
    Received,
    /// It was judged.
    Triaged,
    /// Makers know.
    Coordinating,
    /// A maker has an official request that it has not answered.
    RequestIssued,
    /// A maker has a mend.
    FixAvailable,
    /// It is public.
    Published,
    /// Nothing more is done.
    Closed,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Received,
        Self::Triaged,
        Self::Coordinating,
        Self::RequestIssued,
        Self::FixAvailable,
        Self::Published,
        Self::Closed,
    ];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Triaged => "triaged",
            Self::Coordinating => "coordinating",
            Self::RequestIssued => "request-issued",
            Self::FixAvailable => "fix-available",
            Self::Published => "published",
            Self::Closed => "closed",
        }
    }
}

/// A change of the hour. Every one is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourChange {
    /// When it was changed.
    pub at: Seconds,
    /// Who did it.
    pub by: Actor,
    /// The new hour.
    pub hour: Hour,
    /// Why.
    pub why: String,
    /// Whether it was set because it had become known.
    pub leaked: bool,
    place: usize,
}

/// A version that may go out at the hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// When it was approved.
    pub at: Seconds,
    /// Who did.
    pub by: Actor,
    /// What changed.
    pub summary: String,
    /// What goes out.
    pub content: Content,
    place: usize,
}

/// A draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// When it was written.
    pub at: Seconds,
    /// Who wrote it.
    pub by: Actor,
    /// What it says.
    pub content: Content,
}

/// Something that was said to the reporter or by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Who said it.
    pub by: Actor,
    /// When and what.
    pub said: Said,
}

/// A case.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    id: String,
    opened: Seconds,
    last: Seconds,
    /// How many events it is of; the place of the next one.
    events: usize,
    reports: Vec<String>,
    triage: Option<(Seconds, Triage)>,
    makers: BTreeMap<String, Maker>,
    coordinators: BTreeMap<String, Coordinator>,
    hours: Vec<HourChange>,
    draft: Option<Draft>,
    approvals: Vec<Approval>,
    letters: Vec<Letter>,
    closed: Option<Said>,
}

impl Room {
    /// Opens a case of its first event, which names the report.
    ///
    /// # Errors
    /// [`Refused`] where the event is another.
    pub fn open(id: &str, first: &Event) -> Result<Self, Refused> {
        let Act::Received { report } = &first.act else {
            return Err(Refused::new(id, "a case begins with a report"));
        };
        Ok(Self {
            id: id.to_owned(),
            opened: first.at,
            last: first.at,
            events: 1,
            reports: vec![report.clone()],
            triage: None,
            makers: BTreeMap::new(),
            coordinators: BTreeMap::new(),
            hours: Vec::new(),
            draft: None,
            approvals: Vec::new(),
            letters: Vec::new(),
            closed: None,
        })
    }

    /// The case of all its events.
    ///
    /// # Errors
    /// [`Refused`], with the place of the event that does not follow from those before.
    pub fn replay(id: &str, events: &[Event]) -> Result<Self, Refused> {
        let (first, rest) = events
            .split_first()
            .ok_or_else(|| Refused::new(id, "a case begins with a report"))?;
        rest.iter()
            .try_fold(Self::open(id, first)?, |room, event| room.take(event))
    }

    /// Its id, which is the tracking id of what is published.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When its first report was taken.
    pub const fn opened(&self) -> Seconds {
        self.opened
    }

    /// When something happened last.
    pub const fn last(&self) -> Seconds {
        self.last
    }

    /// How many events it is of.
    pub const fn events(&self) -> usize {
        self.events
    }

    /// Ids of its reports.
    pub fn reports(&self) -> &[String] {
        &self.reports
    }

    /// The last decision on urgency, and when it was made.
    pub const fn triage(&self) -> Option<&(Seconds, Triage)> {
        self.triage.as_ref()
    }

    /// Its makers by name.
    pub const fn makers(&self) -> &BTreeMap<String, Maker> {
        &self.makers
    }

    /// Its coordinators by name.
    pub const fn coordinators(&self) -> &BTreeMap<String, Coordinator> {
        &self.coordinators
    }

    /// The hour in force.
    pub fn hour(&self) -> Option<Hour> {
        self.hours.last().map(|change| change.hour)
    }

    /// Every change of the hour, the first one first.
    pub fn hours(&self) -> &[HourChange] {
        &self.hours
    }

    /// Whether it has become known before its hour.
    pub fn is_leaked(&self) -> bool {
        self.hours.iter().any(|change| change.leaked)
    }

    /// The draft.
    pub const fn draft(&self) -> Option<&Draft> {
        self.draft.as_ref()
    }

    /// What was approved, the first one first.
    pub fn approvals(&self) -> &[Approval] {
        &self.approvals
    }

    /// What was said to the reporter and by it.
    pub fn letters(&self) -> &[Letter] {
        &self.letters
    }

    /// Why nothing more is done, if so.
    pub const fn closed(&self) -> Option<&Said> {
        self.closed.as_ref()
    }

    /// Where it stands at an instant.
    pub fn stage(&self, now: Seconds) -> Stage {
        let makers = || self.makers.values();
        if self.closed.is_some() {
            Stage::Closed
        } else if self.is_public(now) {
            Stage::Published
        } else {
            let all = makers().map(|maker| maker_stage(maker, now)).max();
            let base = if self.triage.is_some() {
                Stage::Triaged
            } else {
                Stage::Received
            };
            all.map_or(base, |stage| stage.max(base))
        }
    }

    /// Whether a version of it is public.
    pub fn is_public(&self, now: Seconds) -> bool {
        self.releases().iter().any(|(_, release)| *release <= now)
    }

    /// What was approved with the instant from which it is public, in their order. What was approved before the hour was set or came waits for it, and of what waits only the last goes
    /// out.
    fn releases(&self) -> Vec<(&Approval, Seconds)> {
        let Some(hour) = self.hours.last() else {
            return Vec::new();
        };
        let waits =
            |approval: &&Approval| approval.place < hour.place || approval.at < hour.hour.at;
        let waiting = self.approvals.iter().rfind(waits);
        let later = self.approvals.iter().filter(|approval| !waits(approval));
        let first = waiting.map(|approval| (approval, hour.hour.at));
        first
            .into_iter()
            .chain(later.map(|approval| (approval, approval.at)))
            .collect()
    }

    /// The next instant at which something is due or decided: an answer, a reply, the hour.
    pub fn next_due(&self, now: Seconds) -> Option<Seconds> {
        if self.closed.is_some() {
            return None;
        }
        let makers = self.makers.values();
        let own = makers.flat_map(|maker| {
            let requests = maker.requests.iter().filter(|request| request.is_open());
            let replies = requests.map(|request| request.reply_by);
            maker.waits_until().into_iter().chain(replies)
        });
        let hour = self.hour().map(|hour| hour.at);
        let hour = hour.filter(|_| !self.is_public(now));
        own.chain(hour).min()
    }
}

/// How far a case has come as one maker knows it.
fn maker_stage(maker: &Maker, now: Seconds) -> Stage {
    if maker.state(now) == crate::publish::case::MakerState::Fixed {
        Stage::FixAvailable
    } else if maker.requests.iter().any(maker::Request::is_open) {
        Stage::RequestIssued
    } else if maker.told.is_empty() && maker.notices.is_empty() && maker.requests.is_empty() {
        Stage::Triaged
    } else {
        Stage::Coordinating
    }
}
