//! Urgent acts: two officers act before the commission can sit, for hours. In: entries of types 17 and 18. Out: which are open, until when, and how they ended. Never: an urgent act
//! that the schedule does not allow.

use super::{Book, Outcome, Seen, Taken, void};
use crate::body::{self, Lapse};
use crate::book::authorities::authority;
use crate::calendar::{Month, utc};
use crate::limits::{LAPSE_SECONDS_MAX, LATE_SECONDS_MAX};
use crate::refused::{Code, Refused, hold};
use sakimori_authority::statement::{Kind, Statement};
use sakimori_custody::ids::{AuthorityId, BucketId};
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;

/// How an urgent act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrgentEnd {
    /// A ruling ratified it: index and time.
    Ratified(u64, Seconds),
    /// A ruling refused it.
    Refused(u64, Seconds),
    /// Nobody answered: index and time of the lapse.
    Lapsed(u64, Seconds),
}

/// An urgent act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urgent {
    /// Index of its entry.
    pub index: u64,
    /// When it was entered: the clock starts then.
    pub time: Seconds,
    /// The last second to ratify it, and of what it allows.
    pub deadline: Seconds,
    /// Its article.
    pub basis: String,
    /// How it ended.
    pub end: Option<UrgentEnd>,
    /// Index of the lapse that says what was destroyed.
    pub lapse: Option<u64>,
}

/// All urgent acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Urgents {
    pub(crate) all: BTreeMap<AuthorityId, Urgent>,
    by_month: BTreeMap<Month, u64>,
}

impl Urgents {
    /// Whether an urgent act lets its sensors act at a time.
    pub(crate) fn lets(&self, id: AuthorityId, at: Seconds) -> bool {
        self.all.get(&id).is_some_and(|urgent| match urgent.end {
            Some(UrgentEnd::Ratified(..)) => true,
            Some(UrgentEnd::Refused(_, end) | UrgentEnd::Lapsed(_, end)) => {
                at <= end.min(urgent.deadline).plus(LATE_SECONDS_MAX)
            }
            None => at <= urgent.deadline.plus(LATE_SECONDS_MAX),
        })
    }

    /// An act that waits for the commission's word at a time; its word counts until an hour behind the deadline.
    pub(crate) fn open_at(&self, id: AuthorityId, at: Seconds) -> bool {
        self.all.get(&id).is_some_and(|urgent| {
            urgent.end.is_none() && at <= urgent.deadline.plus(LAPSE_SECONDS_MAX)
        })
    }
}

impl Book {
    /// Two officers act.
    pub(crate) fn urgent(&mut self, seen: &Seen<'_>) -> Taken {
        let (statement, text, hours) = match self.urgent_allowed(seen) {
            Ok(allowed) => allowed,
            Err(why) => return void(why),
        };
        let (id, basis, request) = (statement.id, statement.basis.clone(), statement.request);
        self.measures.urged(utc(seen.time), &statement.pack);
        let urgent = Urgent {
            index: seen.index,
            time: seen.time,
            deadline: seen.time.plus(hours * 3600),
            basis: basis.clone(),
            end: None,
            lapse: None,
        };
        self.urgents.all.insert(id, urgent);
        *self.urgents.by_month.entry(utc(seen.time)).or_default() += 1;
        self.authorities
            .insert(authority(seen, statement, text, false));
        if let Some(request) = self.requests.by_leaf_mut(&request) {
            request
                .outcome
                .get_or_insert((seen.time, Outcome::Granted(id)));
        }
        self.month(seen.time).urgent(&basis);
        Taken::InForce
    }

    fn urgent_allowed(&self, seen: &Seen<'_>) -> Result<(Statement, String, u64), Refused> {
        let (statement, text) = self.statement(seen)?;
        if !statement.is_urgent() {
            return Err(Refused::new(
                Code::StatementBad,
                "it is no urgent statement",
            ));
        }
        let count = self
            .urgents
            .by_month
            .get(&utc(seen.time))
            .copied()
            .unwrap_or_default();
        let hours = self.schedules.urgent(&statement, count, seen.latest())?;
        if statement.kind == Kind::Measure {
            self.measures.once(utc(seen.time), &statement.pack)?;
        }
        Ok((statement, text, hours))
    }

    /// What an urgent act brought is destroyed.
    pub(crate) fn lapse(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: Lapse = body::read(seen.open()?)?;
        hold(
            body.destroyed.len() as u64 == seen.counter(0),
            Code::BodyFields,
        )?;
        let urgent = self.urgents.all.get_mut(&body.urgent);
        let urgent = urgent
            .filter(|urgent| urgent.lapse.is_none())
            .ok_or_else(|| Refused::new(Code::LapseUnknown, body.urgent))?;
        let end = match (body.reason.as_str(), urgent.end) {
            ("refused", Some(end @ UrgentEnd::Refused(..))) => end,
            ("silence", None) if seen.time > urgent.deadline => {
                UrgentEnd::Lapsed(seen.index, seen.time)
            }
            ("silence", None) => return Err(Code::LapseEarly.into()),
            ("refused" | "silence", _) => {
                return Err(Refused::new(Code::LapseUnknown, body.urgent));
            }
            _ => return Err(Code::BodyFields.into()),
        };
        let other = body
            .destroyed
            .iter()
            .find(|bucket| bucket.authority != body.urgent);
        if let Some(bucket) = other {
            return Err(Refused::new(Code::LapseUnknown, bucket));
        }
        urgent.end = Some(end);
        urgent.lapse = Some(seen.index);
        for bucket in &body.destroyed {
            if let Some(bucket) = self.buckets.all.get_mut(bucket) {
                bucket.lapsed = Some(seen.index);
                // What lapses has to be gone at once, not at the end of its retention.
                bucket.end = bucket.end.min(seen.time);
            }
        }
        Ok(Taken::InForce)
    }

    /// Buckets of an urgent act that no lapse destroyed.
    pub(crate) fn left_of(&self, id: AuthorityId) -> Vec<BucketId> {
        self.buckets
            .all
            .iter()
            .filter(|(bucket, of)| {
                bucket.authority == id && of.lapsed.is_none() && of.deleted.is_none()
            })
            .map(|(bucket, _)| bucket.clone())
            .collect()
    }

    /// Whether an urgent act lets its sensors act at a time.
    pub fn urgent_lets(&self, id: AuthorityId, at: Seconds) -> bool {
        self.urgents.lets(id, at)
    }

    /// Urgent acts by id.
    pub const fn urgent_list(&self) -> &BTreeMap<AuthorityId, Urgent> {
        &self.urgents.all
    }
}
