//! Rulings: what a sitting decided beside granting an authority. In: entries of type 15. Out: revoked authorities, answered urgent acts, moved ends, showings that are allowed. Never: a
//! ruling about something that is not on record.

use super::{Book, Outcome, Seen, Taken, UrgentEnd, void};
use crate::book::authorities::told;
use crate::book::buckets::end;
use crate::refused::{Code, Refused, hold};
use sakimori_authority::ruling::{Matter, Ruling};
use sakimori_authority::statement::Kind;
use sakimori_custody::ids::{AuthorityId, BucketId, Name, RecordId};
use sakimori_custody::time::Seconds;
use std::collections::{BTreeMap, BTreeSet};

/// A ruling in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruled {
    /// Index of its entry.
    pub index: u64,
    /// When it was entered.
    pub time: Seconds,
    /// What it says.
    pub ruling: Ruling,
}

/// A showing that a ruling allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) record: RecordId,
    pub(crate) bucket: BucketId,
    pub(crate) field: Name,
    pub(crate) voters: Vec<Name>,
    pub(crate) used: Option<u64>,
}

/// All rulings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rulings {
    pub(crate) all: BTreeMap<u64, Ruled>,
    ids: BTreeSet<AuthorityId>,
    showings: BTreeMap<u64, Allowed>,
}

impl Rulings {
    pub(crate) fn allows(&self, index: u64) -> Option<&Allowed> {
        self.showings.get(&index)
    }

    pub(crate) fn use_up(&mut self, index: u64, by: u64) {
        if let Some(allowed) = self.showings.get_mut(&index) {
            allowed.used = Some(by);
        }
    }

    /// The entry that used a ruling of re-identification.
    pub(crate) fn used(&self, index: u64) -> Option<u64> {
        self.showings.get(&index)?.used
    }
}

impl Book {
    /// A sitting ruled.
    pub(crate) fn ruling(&mut self, seen: &Seen<'_>) -> Taken {
        let ruling = match self.ruled(seen) {
            Ok(ruling) => ruling,
            Err(why) => return void(why),
        };
        self.carry_out(seen, &ruling);
        self.rulings.ids.insert(ruling.id);
        if let Some(request) = self.requests.by_leaf_mut(&ruling.request) {
            request
                .outcome
                .get_or_insert((seen.time, Outcome::Ruled(seen.index)));
        }
        let ruled = Ruled {
            index: seen.index,
            time: seen.time,
            ruling,
        };
        self.rulings.all.insert(seen.index, ruled);
        Taken::InForce
    }

    fn ruled(&self, seen: &Seen<'_>) -> Result<Ruling, Refused> {
        let bytes = seen.open()?;
        let (ruling, _) = self
            .under(seen, |root| Ruling::check(bytes, root))
            .map_err(|e| Refused::new(Code::RulingBad, told(&e)))?;
        if self.rulings.ids.contains(&ruling.id) {
            return Err(Refused::new(Code::RulingTwice, ruling.id));
        }
        self.schedules.votes(&ruling, seen.latest())?;
        self.decidable(&ruling, seen.time)?;
        let asked = ruling.request == [0; 32] || self.requests.by_leaf(&ruling.request).is_some();
        hold(asked, Code::RulingAbout)?;
        Ok(ruling)
    }

    /// Whether what a ruling is about stands on record as something that it could decide.
    fn decidable(&self, ruling: &Ruling, at: Seconds) -> Result<(), Refused> {
        let known = match &ruling.matter {
            Matter::RequestRefused(leaf) => self
                .requests
                .by_leaf(leaf)
                .is_some_and(|request| request.outcome.is_none()),
            Matter::AgreementApproved(id) => self
                .authorities
                .get(*id)
                .is_some_and(|a| a.statement.kind == Kind::Agreement),
            Matter::AuthorityRevoked(id) => self
                .authorities
                .get(*id)
                .is_some_and(|a| a.revoked.is_none()),
            Matter::UrgentRatified(id) | Matter::UrgentRefused(id) => {
                let kind = self.authorities.get(*id).map(|a| a.statement.kind);
                kind == Some(ruling.kind) && self.urgents.open_at(*id, at)
            }
            Matter::BucketKept { bucket, days } => {
                let known = self.buckets.get(bucket);
                known.is_some_and(|b| b.deleted.is_none() && end(bucket, *days) > b.end)
            }
            Matter::RecordReidentified { record, bucket, .. } => self
                .covering(*record)
                .is_some_and(|(_, covered)| covered.bucket == *bucket),
        };
        hold(known, Code::RulingAbout)
    }

    fn carry_out(&mut self, seen: &Seen<'_>, ruling: &Ruling) {
        match &ruling.matter {
            Matter::RequestRefused(leaf) => {
                if let Some(request) = self.requests.by_leaf_mut(leaf) {
                    request.outcome = Some((seen.time, Outcome::Refused(seen.index)));
                }
                self.month(seen.time).refused_requests += 1;
            }
            Matter::AgreementApproved(id) => {
                if let Some(authority) = self.authorities.get_mut(*id) {
                    authority.waits = false;
                }
            }
            Matter::AuthorityRevoked(id) => self.revoke(*id, seen),
            Matter::UrgentRatified(id) => {
                self.answer_urgent(*id, UrgentEnd::Ratified(seen.index, seen.time));
            }
            Matter::UrgentRefused(id) => {
                self.answer_urgent(*id, UrgentEnd::Refused(seen.index, seen.time));
                self.revoke(*id, seen);
            }
            Matter::BucketKept { bucket, days } => {
                if let Some(known) = self.buckets.all.get_mut(bucket) {
                    known.end = end(bucket, *days);
                    known.kept_by = Some(seen.index);
                }
            }
            Matter::RecordReidentified {
                record,
                bucket,
                field,
            } => {
                let sitting = &ruling.sitting;
                let voters = sitting.votes_for.iter().chain(&sitting.votes_against);
                let Ok(field) = field.name().parse() else {
                    return;
                };
                let allowed = Allowed {
                    record: *record,
                    bucket: bucket.clone(),
                    field,
                    voters: voters.cloned().collect(),
                    used: None,
                };
                self.rulings.showings.insert(seen.index, allowed);
            }
        }
    }

    fn revoke(&mut self, id: AuthorityId, seen: &Seen<'_>) {
        if let Some(authority) = self.authorities.get_mut(id) {
            authority.revoked.get_or_insert((seen.index, seen.time));
        }
    }

    fn answer_urgent(&mut self, id: AuthorityId, end: UrgentEnd) {
        if let Some(urgent) = self.urgents.all.get_mut(&id) {
            urgent.end = Some(end);
        }
    }

    /// Rulings in force by the index of their entry.
    pub const fn ruling_list(&self) -> &BTreeMap<u64, Ruled> {
        &self.rulings.all
    }

    /// The entry that used a ruling of re-identification.
    pub fn ruling_used(&self, index: u64) -> Option<u64> {
        self.rulings.used(index)
    }
}
