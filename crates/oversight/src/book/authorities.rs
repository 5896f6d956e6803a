//! Authorities: what was decided, who stopped it, what its sensors acknowledge. In: entries of types 11, 16 and 17. Out: whether a sensor may act at a time. Never: an authority whose
//! signatures, request or schedule do not hold.

use super::leases::Leased;
use super::{Book, Outcome, Seen, Sums, Taken, void};
use crate::limits::LATE_SECONDS_MAX;
use crate::refused::{Code, Refused, hold};
use sakimori_authority::root::Role;
use sakimori_authority::statement::{Kind, Statement};
use sakimori_authority::suspension::{Suspension, SuspensionAct};
use sakimori_custody::ids::{AuthorityId, SensorId};
use sakimori_custody::time::Seconds;
use serde::Serialize;
use std::collections::BTreeMap;

pub use sakimori_authority::suspension::By;

/// A state that a sensor acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Which state.
    pub state: Held,
    /// Under which lease.
    pub lease: AuthorityId,
    /// That lease's last second.
    pub not_after: Seconds,
    /// Why, in words.
    pub reason: String,
}

/// States of entry 26.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// It runs.
    Running,
    /// It runs under a new lease.
    Renewed,
    /// It stopped because the authority is suspended.
    Suspended,
    /// It ended.
    Ended,
}

impl Acknowledged {
    /// The state of a number and its word.
    pub(crate) fn state(code: u64, word: &str) -> Option<Held> {
        match (code, word) {
            (1, "running") => Some(Held::Running),
            (2, "renewed") => Some(Held::Renewed),
            (3, "suspended") => Some(Held::Suspended),
            (4, "ended") => Some(Held::Ended),
            _ => None,
        }
    }
}

/// The last word of one who may suspend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Index of the entry.
    pub index: u64,
    /// Its serial.
    pub serial: u64,
    /// When it was entered.
    pub time: Seconds,
    /// Whether it suspends.
    pub suspends: bool,
    /// Why.
    pub reason: String,
}

/// An authority on record, in force once its time comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Index of the decision or urgent statement.
    pub index: u64,
    /// When it was entered.
    pub time: Seconds,
    /// SHA-256 of its text.
    pub commitment: [u8; 32],
    /// Its text.
    pub text: String,
    /// What it says.
    pub statement: Statement,
    /// Whether two officers decided it.
    pub urgent: bool,
    /// Whether it waits for a ruling of the commission: an agreement, where the schedule asks for one.
    pub waits: bool,
    /// Leases by sensor, in order.
    pub leases: BTreeMap<SensorId, Vec<Leased>>,
    /// The last note of each who may suspend.
    pub stops: BTreeMap<By, Stopped>,
    /// Index and time of a demand that stops it.
    pub demand: Option<(u64, Seconds)>,
    /// Index and time of the entry since which it is suspended.
    pub suspended: Option<(u64, Seconds)>,
    /// Index and time of the ruling that revoked it, or ended it as an urgent act.
    pub revoked: Option<(u64, Seconds)>,
    /// The authority that replaces it.
    pub renewed_by: Option<AuthorityId>,
    /// What each sensor acknowledged last.
    pub acknowledged: BTreeMap<SensorId, Acknowledged>,
    /// What its receipts add up to.
    pub sums: Sums,
}

impl Authority {
    /// Whether a sensor has a lease of this id that is good at a time.
    pub fn has_lease(&self, sensor: &SensorId, id: AuthorityId, at: Seconds) -> bool {
        let leases = self.leases.get(sensor).map_or([].as_slice(), Vec::as_slice);
        leases
            .iter()
            .rev()
            .any(|lease| lease.id == id && lease.good(at))
    }

    /// Whether a sensor has any lease that is good at a time.
    pub fn is_leased(&self, sensor: &SensorId, at: Seconds) -> bool {
        let leases = self.leases.get(sensor).map_or([].as_slice(), Vec::as_slice);
        // The newest comes first: that is the one that is used.
        leases.iter().rev().any(|lease| lease.good(at))
    }

    /// Whether it can let a sensor act at a time, so far as it alone decides.
    ///
    /// # Errors
    /// [`Refused`]: why not.
    pub fn lets(&self, sensor: &SensorId, at: Seconds) -> Result<(), Refused> {
        hold(self.statement.kind.lets_sensors_run(), Code::AuthorityKind)?;
        self.stands(sensor, at)
    }

    /// Whether it stands at a time for a sensor or actuator that it names, whatever it allows.
    ///
    /// # Errors
    /// [`Refused`]: why not.
    pub fn stands(&self, sensor: &SensorId, at: Seconds) -> Result<(), Refused> {
        let s = &self.statement;
        hold(s.sensors.contains(sensor), Code::AuthoritySensor)?;
        hold(!self.waits, Code::SittingMissing)?;
        let from = s.not_before.minute();
        let begun = from <= at && at <= s.not_after.plus(LATE_SECONDS_MAX);
        if !begun {
            return Err(Refused::new(
                Code::AuthorityTime,
                format!("{at}, where it is {} to {}", s.not_before, s.not_after),
            ));
        }
        let over = |since: Option<(u64, Seconds)>| {
            since.is_some_and(|(_, since)| at > since.plus(LATE_SECONDS_MAX))
        };
        hold(!over(self.revoked), Code::AuthorityRevoked)?;
        hold(!over(self.suspended), Code::AuthoritySuspended)
    }

    /// What the last words of all add up to; keeps the first entry since which it is suspended.
    fn settle(&mut self) {
        let first = self
            .stops
            .values()
            .filter(|stopped| stopped.suspends)
            .map(|stopped| (stopped.index, stopped.time))
            .chain(self.demand)
            .min();
        self.suspended = match (first, self.suspended) {
            (None, _) => None,
            (Some(_), Some(since)) => Some(since),
            (Some(first), None) => Some(first),
        };
    }
}

/// All authorities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Authorities {
    pub(crate) all: BTreeMap<AuthorityId, Authority>,
    by_commitment: BTreeMap<[u8; 32], AuthorityId>,
    /// Ids of leases, each used once.
    pub(crate) lease_ids: std::collections::BTreeSet<AuthorityId>,
}

impl Authorities {
    pub(crate) fn get(&self, id: AuthorityId) -> Option<&Authority> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: AuthorityId) -> Option<&mut Authority> {
        self.all.get_mut(&id)
    }

    pub(crate) fn id_of(&self, commitment: &[u8; 32]) -> Option<AuthorityId> {
        self.by_commitment.get(commitment).copied()
    }

    pub(crate) fn count(&mut self, id: AuthorityId, sums: &Sums) {
        if let Some(authority) = self.all.get_mut(&id) {
            authority.sums.add(sums);
        }
    }

    pub(crate) fn acknowledge(&mut self, id: AuthorityId, sensor: SensorId, said: Acknowledged) {
        if let Some(authority) = self.all.get_mut(&id) {
            authority.acknowledged.insert(sensor, said);
        }
    }

    pub(crate) fn demand(&mut self, id: AuthorityId, index: u64, time: Seconds) {
        if let Some(authority) = self.all.get_mut(&id) {
            authority.demand = Some((index, time));
            authority.settle();
        }
    }

    pub(crate) fn insert(&mut self, authority: Authority) {
        let id = authority.statement.id;
        if let Some(old) = authority.statement.replaces
            && let Some(old) = self.all.get_mut(&old)
        {
            old.renewed_by.get_or_insert(id);
        }
        self.by_commitment.insert(authority.commitment, id);
        self.all.insert(id, authority);
    }
}

impl Book {
    /// I1: the authority, the urgent act's end, the lease.
    pub(crate) fn may_act(
        &self,
        seen: &Seen<'_>,
        sensor: &SensorId,
    ) -> Result<AuthorityId, Refused> {
        let id = self.authorities.id_of(&seen.envelope.authority);
        let authority = id.and_then(|id| self.authorities.get(id));
        let authority = authority.ok_or_else(|| Refused::from(Code::AuthorityNone))?;
        let id = authority.statement.id;
        if authority.urgent && !self.urgents.lets(id, seen.time) {
            return Err(Refused::new(Code::UrgentEnded, id));
        }
        authority.lets(sensor, seen.time)?;
        hold(authority.is_leased(sensor, seen.time), Code::LeaseNone)?;
        Ok(id)
    }

    /// Reads a statement and holds it against trust root, request and schedule (I9).
    pub(crate) fn statement(&self, seen: &Seen<'_>) -> Result<(Statement, String), Refused> {
        let bytes = seen.open()?;
        let checked = self.under(seen, |root| Statement::check(bytes, root));
        let (statement, note) = checked.map_err(|e| Refused::new(Code::StatementBad, told(&e)))?;
        if statement.commitment() != seen.envelope.authority {
            return Err(Refused::new(
                Code::StatementBad,
                "its entry names another commitment",
            ));
        }
        let known = self.authorities.get(statement.id).is_some();
        if known {
            return Err(Refused::new(Code::StatementTwice, statement.id));
        }
        if statement.kind == Kind::Measure && !self.measures.is_enough(&statement) {
            let what = "its measure is of level 2, which takes the votes of everybody who sits";
            return Err(Refused::new(Code::StatementBad, what));
        }
        hold(seen.time <= statement.not_after, Code::StatementEnded)?;
        self.asked_for(&statement, seen.latest())?;
        Ok((statement, note.text().to_owned()))
    }

    /// The request that a statement answers is on record, complete, and asked for this very authority; who asked is no member.
    fn asked_for(&self, statement: &Statement, at: Seconds) -> Result<(), Refused> {
        let request = self.requests.by_leaf(&statement.request);
        let request = request.ok_or_else(|| Refused::from(Code::RequestUnknown))?;
        let same = request.asks_for() == Some(statement.id);
        hold(same, Code::RequestDraft)?;
        request.complete.clone()?;
        self.schedules.may_ask(request.expected_share_ppm, at)?;
        let root = self.root(at);
        let asked = request.requester.as_ref();
        let member = asked.is_some_and(|who| root.member(who).is_some());
        hold(!member, Code::RequesterMember)
    }

    /// A sitting or an agreement decided.
    pub(crate) fn decision(&mut self, seen: &Seen<'_>) -> Taken {
        let (statement, text) = match self.decided(seen) {
            Ok(decided) => decided,
            Err(why) => return void(why),
        };
        let basis = statement.basis.clone();
        let waits =
            statement.kind == Kind::Agreement && self.schedules.agreements_sit(seen.latest());
        let (id, request) = (statement.id, statement.request);
        self.authorities
            .insert(authority(seen, statement, text, waits));
        if let Some(request) = self.requests.by_leaf_mut(&request) {
            request
                .outcome
                .get_or_insert((seen.time, Outcome::Granted(id)));
        }
        self.month(seen.time).decision(&basis);
        Taken::InForce
    }

    fn decided(&self, seen: &Seen<'_>) -> Result<(Statement, String), Refused> {
        let (statement, text) = self.statement(seen)?;
        if statement.is_urgent() {
            return Err(Refused::new(
                Code::StatementBad,
                "it is an urgent statement",
            ));
        }
        self.schedules.allow(&statement, seen.latest())?;
        Ok((statement, text))
    }

    /// An authority is suspended, or goes on.
    pub(crate) fn suspension(&mut self, seen: &Seen<'_>) -> Taken {
        let suspension = match self.suspends(seen) {
            Ok(suspension) => suspension,
            Err(why) => return void(why),
        };
        let Some(authority) = self.authorities.get_mut(suspension.authority) else {
            return void(Code::SuspensionBad);
        };
        let suspends = suspension.act == SuspensionAct::Suspend;
        if !suspends && suspension.by == By::Commission {
            // What the commission demanded ends with its own word.
            authority.demand = None;
        }
        authority.stops.insert(
            suspension.by,
            Stopped {
                index: seen.index,
                serial: suspension.serial,
                time: seen.time,
                suspends,
                reason: suspension.reason,
            },
        );
        authority.settle();
        Taken::InForce
    }

    fn suspends(&self, seen: &Seen<'_>) -> Result<Suspension, Refused> {
        let bytes = seen.open()?;
        let bad = |e: &dyn std::error::Error| Refused::new(Code::SuspensionBad, told(e));
        let note = sakimori_tlog::note::Note::parse(bytes).map_err(|e| bad(&e))?;
        let read = Suspension::parse(note.text()).map_err(|e| bad(&e))?;
        let authority = self.authorities.get(read.authority);
        let authority = authority
            .ok_or_else(|| Refused::new(Code::SuspensionBad, "no such authority on record"))?;
        let party = authority.statement.suspend_key();
        let (suspension, _) = self
            .under(seen, |root| Suspension::check(bytes, root, party))
            .map_err(|e| bad(&e))?;
        let serial = suspension.serial == seen.counter(0);
        let last = authority.stops.get(&suspension.by);
        let last = last.map_or(0, |last| last.serial);
        let next = suspension.serial.checked_sub(1) == Some(last);
        hold(serial && next, Code::SuspensionSerial)?;
        Ok(suspension)
    }

    /// Authorities by id.
    pub const fn authority_list(&self) -> &BTreeMap<AuthorityId, Authority> {
        &self.authorities.all
    }

    /// An authority on record.
    pub fn authority(&self, id: AuthorityId) -> Option<&Authority> {
        self.authorities.get(id)
    }

    /// Whether a sensor may act under a statement, named by its commitment, at a time: authority, urgent act and lease.
    pub fn may_run(&self, commitment: &[u8; 32], sensor: &SensorId, at: Seconds) -> bool {
        let authority = self
            .authorities
            .id_of(commitment)
            .and_then(|id| self.authorities.get(id));
        authority.is_some_and(|authority| {
            authority.lets(sensor, at).is_ok()
                && authority.is_leased(sensor, at)
                && (!authority.urgent || self.urgents.lets(authority.statement.id, at))
        })
    }

    /// Chair and deputy at a time, who may suspend alone.
    pub fn leaders(&self, at: Seconds) -> Vec<String> {
        self.root(at)
            .members
            .iter()
            .filter(|member| member.role != Role::Member)
            .map(|member| member.id.to_string())
            .collect()
    }
}

/// A new authority.
pub(crate) fn authority(
    seen: &Seen<'_>,
    statement: Statement,
    text: String,
    waits: bool,
) -> Authority {
    Authority {
        index: seen.index,
        time: seen.time,
        commitment: seen.envelope.authority,
        text,
        urgent: statement.is_urgent(),
        statement,
        waits,
        leases: BTreeMap::new(),
        stops: BTreeMap::new(),
        demand: None,
        suspended: None,
        revoked: None,
        renewed_by: None,
        acknowledged: BTreeMap::new(),
        sums: Sums::default(),
    }
}

/// An error with what is behind it, as one line.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
