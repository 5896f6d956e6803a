//! Urgent acts: two officers first, the commission after (invariant I8). In: urgent statements, rulings, lapses. Out: until when each lasts. Never: one that lasts behind its deadline
//! because nobody said a word.

use super::{Authorities, beyond, judge, read, share};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::history::buckets::Buckets;
use crate::history::requests::Requests;
use crate::history::roots::Roots;
use crate::history::schedules::Schedules;
use crate::history::{Seen, told};
use crate::limits::UNDECIDED_SECONDS_MAX;
use crate::notes::{Bucket, Statement};
use crate::report::{Place, Sink};
use crate::time::{Time, month_of};
use crate::unhex;

/// What the commission said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Nothing yet.
    Waiting,
    Ratified,
    /// Refused, at a second.
    Refused(u64),
}

/// What became of an urgent act.
#[derive(Debug)]
pub(super) struct Urgency {
    /// How long it may last without a word, Unix seconds.
    pub(super) deadline: u64,
    pub(super) word: Word,
    /// Year and month of its entry.
    month: Option<(u64, u64)>,
    pub(super) lapsed: Option<u64>,
    place: Place,
}

impl Urgency {
    /// Year and month of its entry.
    pub(super) const fn month(&self) -> Option<(u64, u64)> {
        self.month
    }

    /// The last second that it gives, beside its statement's own; `None` where it was ratified.
    pub(super) fn end(&self) -> Option<u64> {
        let end = match self.word {
            Word::Ratified => return None,
            Word::Waiting => self.deadline,
            Word::Refused(time) => time.min(self.deadline),
        };
        Some(self.lapsed.map_or(end, |time| time.min(end)))
    }
}

impl Authorities {
    /// Takes an urgent statement; says whether it is in force.
    pub(in crate::history) fn urge(
        &mut self,
        seen: &Seen<'_>,
        roots: &Roots,
        requests: &Requests,
        schedules: &mut Schedules,
        sink: &mut Sink,
    ) -> bool {
        let Some(statement) = read(seen, Code::UrgentMalformed, true, sink) else {
            return false;
        };
        let before = sink.count();
        self.check(&statement, seen, roots, requests, sink);
        let codes = [
            Code::UrgentRoot,
            Code::UrgentSignature,
            Code::UrgentOfficers,
        ];
        judge(&statement, seen, roots, schedules, codes, sink);
        if let Some(what) = self.lacks(&statement) {
            sink.bad(Code::UrgentOfficers, seen.place(), what);
        }
        let hours = match self.allowed(&statement, share(&statement, requests), schedules, seen) {
            Ok(hours) => hours,
            Err(what) => {
                sink.bad(Code::UrgentSchedule, seen.place(), what);
                0
            }
        };
        if let Err(what) = self.once(&statement, seen) {
            sink.bad(Code::UrgentTarget, seen.place(), what);
        }
        let in_force = sink.count() == before;
        if in_force {
            sink.good(Subject::Urgent);
        }
        let urgency = Urgency {
            deadline: seen.envelope.time.saturating_add(hours * 3600),
            word: Word::Waiting,
            month: month_of(seen.envelope.time),
            lapsed: None,
            place: seen.place(),
        };
        self.enter(seen, statement, in_force, Some(urgency));
        in_force
    }

    /// The hours that the schedule gives it.
    fn allowed(
        &self,
        statement: &Statement,
        share: u64,
        schedules: &mut Schedules,
        seen: &Seen<'_>,
    ) -> Result<u64, String> {
        let key = if statement.kind == "measure" {
            "urgent.measure"
        } else {
            "urgent.acquisition"
        };
        let off = || format!("no schedule in force switches `{key}` on");
        let hours = schedules.number(key, seen).ok_or_else(off)?;
        if statement.not_after - statement.not_before > hours * 3600 {
            return Err(format!("it lasts longer than the {hours} hours of `{key}`"));
        }
        if statement.not_after > seen.envelope.time.saturating_add(60 + hours * 3600) {
            return Err(format!("it ends more than {hours} hours behind its entry"));
        }
        if let Some(what) = beyond(statement, share, schedules, seen) {
            return Err(what);
        }
        let month = month_of(seen.envelope.time);
        let same = |urgency: &Urgency| urgency.month == month;
        let others = self
            .statements
            .values()
            .filter(|other| other.in_force && other.urgency.as_ref().is_some_and(same));
        let values = [
            ("urgent.month", others.count() as u64 + 1),
            ("urgent.match-ppm", statement.match_ppm),
            ("urgent.day-records", statement.day_records),
        ];
        for (key, asked) in values {
            let most = schedules.number(key, seen).unwrap_or(0);
            if asked > most {
                return Err(format!("{asked} is more than the {most} of `{key}`"));
            }
        }
        Ok(hours)
    }

    /// The secretariat says that an urgent act has lapsed.
    pub(in crate::history) fn lapse(
        &mut self,
        seen: &Seen<'_>,
        buckets: &mut Buckets,
        sink: &mut Sink,
    ) {
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &["urgent", "reason", "destroyed"])?;
            let id: [u8; 16] = fields.parsed("urgent", unhex)?;
            let refused = fields.parsed("reason", |reason| match reason {
                "refused" => Some(true),
                "silence" => Some(false),
                _ => None,
            })?;
            let destroyed = fields.list("destroyed", Bucket::read)?;
            if destroyed.len() as u64 != seen.counter(0) {
                return Err("the number of buckets of body and envelope differ".to_owned());
            }
            Ok((id, refused, destroyed))
        });
        let Some((id, refused, destroyed)) = told(read, &seen.place(), sink) else {
            return;
        };
        let hash = self.ids.get(&id).copied();
        let decided = hash.and_then(|hash| self.statements.get_mut(&hash));
        let urgency = decided.and_then(|decided| decided.urgency.as_mut());
        let own = destroyed.iter().all(|bucket| bucket.authority == id);
        let could = |urgency: &&mut Urgency| match urgency.word {
            Word::Ratified => false,
            Word::Waiting => !refused && seen.envelope.time > urgency.deadline,
            Word::Refused(_) => refused,
        };
        if let Some(urgency) = urgency
            .filter(could)
            .filter(|urgency| own && urgency.lapsed.is_none())
        {
            urgency.lapsed = Some(seen.latest());
            buckets.lapse(seen, &destroyed);
            sink.good(Subject::Urgent);
        } else {
            let what = format!(
                "urgent act {} could not lapse for this reason and with these buckets",
                crate::hex(&id)
            );
            sink.bad(Code::LapseUrgent, seen.place(), what);
        }
    }

    /// What was never decided.
    pub(in crate::history) fn finish(&self, now: Option<u64>, sink: &mut Sink) {
        for decided in self.statements.values().filter(|decided| decided.in_force) {
            let Some(urgency) = &decided.urgency else {
                continue;
            };
            let silent = urgency.word == Word::Waiting;
            let due = urgency.deadline.saturating_add(UNDECIDED_SECONDS_MAX);
            let late = match urgency.lapsed {
                Some(lapsed) => lapsed.saturating_sub(59) > due,
                None => now.is_some_and(|now| now > due),
            };
            if silent && late {
                let what = format!(
                    "it ended at {}, and nobody ratified or refused it, or said in time that it lapsed",
                    Time(urgency.deadline)
                );
                sink.bad(Code::UrgentUndecided, urgency.place.clone(), what);
            }
        }
    }
}
