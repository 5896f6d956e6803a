//! Authorities: what was decided, by a sitting, an agreement or in urgency, and what keeps it alive. In: decisions, urgent statements, leases. Out: statements and leases by which runs
//! are judged. Never: a statement or lease that is not in force, under which something could rest (invariants I8, I9, I11).

mod measures;
mod rulings;
mod urgency;

use super::requests::Requests;
use super::roots::Roots;
use super::schedules::{Schedules, stale};
use super::{Seen, told};
use crate::code::{Code, Subject};
use crate::limits::{LATE_SECONDS_MAX, LEASE_SECONDS_MAX};
use crate::notes::{Bucket, By, Lease, Statement, StatementError};
use crate::report::Sink;
use crate::time::{Time, add_months};
use measures::Measures;
use rulings::Show;
use sakimori_tlog::merkle::Hash;
use std::collections::{BTreeMap, BTreeSet};
use urgency::Urgency;

/// A statement and what became of it.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) statement: Statement,
    pub(super) index: u64,
    /// Whether anything may rest on it.
    in_force: bool,
    urgency: Option<Urgency>,
    /// Last second at which it was not yet revoked.
    revoked: Option<u64>,
    /// The last word of each who may suspend: serial, and whether it rests.
    words: BTreeMap<By, (u64, bool)>,
    /// Whether a demand stops it.
    demanded: bool,
    /// Since when it rests without a break.
    rests: Option<u64>,
    /// Whether it waits for the ruling that the schedule asks for.
    waits: bool,
}

impl Decided {
    /// The last second at which it lets anybody do anything.
    pub(super) fn end(&self) -> u64 {
        let ends = [self.revoked, self.urgency.as_ref().and_then(Urgency::end)];
        ends.into_iter()
            .flatten()
            .fold(self.statement.not_after, u64::min)
    }

    /// Sums up the last words of all who may suspend.
    fn settle(&mut self, seen: &Seen<'_>) {
        let rests = self.demanded || self.words.values().any(|(_, rests)| *rests);
        let since = self.rests.unwrap_or(seen.latest());
        self.rests = rests.then_some(since);
    }
}

/// Why a sensor may not run at an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// Before authority or lease begin, or after they end.
    Time,
    /// The authority is suspended.
    Suspended,
    /// The agreement waits for the ruling that the schedule asks for.
    Waits,
}

/// Everything that was decided and leased.
#[derive(Debug, Default)]
pub(super) struct Authorities {
    statements: BTreeMap<Hash, Decided>,
    ids: BTreeMap<[u8; 16], Hash>,
    leases: BTreeMap<[u8; 16], Lease>,
    /// Ids of leases that are in force, by statement and sensor.
    given: BTreeMap<(Hash, String), Vec<[u8; 16]>>,
    /// Days that rulings give buckets.
    keeps: BTreeMap<Bucket, u64>,
    rulings: BTreeSet<[u8; 16]>,
    /// What may be shown, by the index of its ruling.
    shows: BTreeMap<u64, Show>,
    measures: Measures,
}

impl Authorities {
    /// A statement that was decided, in force or not.
    pub(super) fn statement(&self, hash: &Hash) -> Option<&Statement> {
        self.statements.get(hash).map(|decided| &decided.statement)
    }

    /// A statement on which something may rest.
    pub(super) fn in_force(&self, hash: &Hash) -> Option<&Decided> {
        self.statements.get(hash).filter(|decided| decided.in_force)
    }

    pub(super) fn by_id(&self, id: &[u8; 16]) -> Option<&Decided> {
        self.statements.get(self.ids.get(id)?)
    }

    pub(super) fn of_bucket(&self, bucket: &Bucket) -> Option<&Statement> {
        self.by_id(&bucket.authority)
            .map(|decided| &decided.statement)
    }

    /// Whether a bucket is one of an authority and a sensor of it.
    pub(super) fn has_sensor(&self, bucket: &Bucket) -> bool {
        self.of_bucket(bucket)
            .is_some_and(|statement| statement.sensors.contains(&bucket.sensor))
    }

    /// Days that a bucket is kept, by its statement or the last ruling about it.
    pub(super) fn keep(&self, bucket: &Bucket) -> Option<u64> {
        let ruled = self.keeps.get(bucket).copied();
        ruled.or_else(|| self.of_bucket(bucket).map(|statement| statement.keep_days))
    }

    pub(super) fn show(&self, ruling: u64) -> Option<&Show> {
        self.shows.get(&ruling)
    }

    pub(super) fn lease(&self, id: &[u8; 16]) -> Option<&Lease> {
        self.leases.get(id)
    }

    /// The last second until which a sensor could have run under a statement.
    pub(super) fn last_second(&self, statement: &Hash, sensor: &str) -> u64 {
        let given = self.given.get(&(*statement, sensor.to_owned()));
        let leases = given
            .into_iter()
            .flatten()
            .filter_map(|id| self.leases.get(id));
        let leased = leases.map(|lease| lease.not_after).max().unwrap_or(0);
        self.statements
            .get(statement)
            .map_or(0, |decided| decided.end().min(leased))
    }

    /// Whether a sensor may run at an entry: in an authority that has not ended, in a lease on record (the one of this id, where one is named), not suspended (invariant I1).
    pub(super) fn bars(
        &self,
        statement: &Hash,
        sensor: &str,
        named: Option<&[u8; 16]>,
        seen: &Seen<'_>,
    ) -> Option<Barred> {
        let decided = self.in_force(statement)?;
        let (first, last) = (seen.envelope.time, seen.latest());
        let spans =
            |from: u64, to: u64| from <= last && first <= to.saturating_add(LATE_SECONDS_MAX);
        let given = self.given.get(&(*statement, sensor.to_owned()));
        let wanted = given
            .into_iter()
            .flatten()
            .filter(|id| named.is_none_or(|named| named == *id));
        let mut leases = wanted.filter_map(|id| self.leases.get(id));
        let leased = leases.any(|lease| spans(lease.issued, lease.not_after));
        if decided.waits {
            return Some(Barred::Waits);
        }
        if !leased || !spans(decided.statement.not_before, decided.end()) {
            return Some(Barred::Time);
        }
        let rests = decided
            .rests
            .filter(|since| first > since.saturating_add(LATE_SECONDS_MAX));
        rests.map(|_| Barred::Suspended)
    }

    /// Takes a decision; says whether it is in force.
    pub(super) fn decide(
        &mut self,
        seen: &Seen<'_>,
        roots: &Roots,
        requests: &Requests,
        schedules: &mut Schedules,
        sink: &mut Sink,
    ) -> bool {
        let Some(statement) = read(seen, Code::DecisionMalformed, false, sink) else {
            return false;
        };
        let before = sink.count();
        self.check(&statement, seen, roots, requests, sink);
        let codes = [
            Code::DecisionRoot,
            Code::DecisionSignature,
            Code::DecisionSitting,
        ];
        judge(&statement, seen, roots, schedules, codes, sink);
        if let Some(what) = self.lacks(&statement) {
            sink.bad(Code::DecisionSitting, seen.place(), what);
        }
        let share = share(&statement, requests);
        if let Some(what) = beyond(&statement, share, schedules, seen) {
            sink.bad(Code::DecisionSchedule, seen.place(), what);
        }
        let in_force = sink.count() == before;
        if in_force {
            sink.good(Subject::Decisions);
        }
        let waits = statement.kind == "agreement" && schedules.agreements_sit(seen);
        self.enter(seen, statement, in_force, None);
        if let Some(decided) = self.entered(&seen.envelope.authority) {
            decided.waits = waits;
        }
        in_force
    }

    /// What statements have in common, however they were decided.
    fn check(
        &self,
        statement: &Statement,
        seen: &Seen<'_>,
        roots: &Roots,
        requests: &Requests,
        sink: &mut Sink,
    ) {
        let asked = requests.get(&statement.request);
        if asked.is_none_or(|asked| !asked.is_for(&statement.id)) {
            let what = format!(
                "no whole request {} for this authority is in the log before it",
                crate::hex(&statement.request)
            );
            sink.bad(Code::DecisionRequest, seen.place(), what);
        }
        if let Some(what) = asked.and_then(|asked| asked.stranger(roots.in_force(seen.latest()))) {
            sink.bad(Code::DecisionRequester, seen.place(), what);
        }
        if self.ids.contains_key(&statement.id) {
            let what = format!("authority {} was decided before", crate::hex(&statement.id));
            sink.bad(Code::DecisionTwice, seen.place(), what);
        }
        if statement.not_after < seen.envelope.time {
            let what = format!("the statement ended at {}", Time(statement.not_after));
            sink.bad(Code::DecisionTime, seen.place(), what);
        }
    }

    fn entered(&mut self, hash: &Hash) -> Option<&mut Decided> {
        self.statements.get_mut(hash)
    }

    fn known(&mut self, id: &[u8; 16]) -> Option<&mut Decided> {
        self.statements.get_mut(self.ids.get(id)?)
    }

    /// The commission demands that an authority stops: it rests until the commission says that it goes on. False where there is no such authority.
    pub(super) fn demand(&mut self, id: &[u8; 16], seen: &Seen<'_>) -> bool {
        let Some(decided) = self.known(id).filter(|decided| decided.in_force) else {
            return false;
        };
        decided.demanded = true;
        decided.settle(seen);
        true
    }

    fn enter(
        &mut self,
        seen: &Seen<'_>,
        statement: Statement,
        in_force: bool,
        urgency: Option<Urgency>,
    ) {
        if self.ids.contains_key(&statement.id) {
            return;
        }
        self.ids.insert(statement.id, statement.hash);
        let decided = Decided {
            index: seen.index,
            in_force,
            urgency,
            revoked: None,
            words: BTreeMap::new(),
            demanded: false,
            rests: None,
            waits: false,
            statement,
        };
        self.statements.insert(decided.statement.hash, decided);
    }

    /// Takes a lease.
    pub(super) fn activate(&mut self, seen: &Seen<'_>, roots: &Roots, sink: &mut Sink) {
        let Some(body) = seen.open() else {
            return;
        };
        let lease = match Lease::read(body) {
            Ok(lease) => lease,
            Err(what) => return sink.bad(Code::LeaseMalformed, seen.place(), what),
        };
        let counted = (lease.not_after == seen.counter(0)).then_some(());
        let counted = counted.ok_or_else(|| {
            format!(
                "it is counted as ending at {}, its text says {}",
                seen.counter(0),
                lease.not_after
            )
        });
        if told(Some(counted), &seen.place(), sink).is_none() {
            return;
        }
        if let Some((code, what)) = self.lease_problem(&lease, seen, roots) {
            return sink.bad(code, seen.place(), what);
        }
        sink.good(Subject::Leases);
        let given = self.given.entry((lease.statement, lease.sensor.clone()));
        given.or_default().push(lease.id);
        self.leases.insert(lease.id, lease);
    }

    fn lease_problem(
        &self,
        lease: &Lease,
        seen: &Seen<'_>,
        roots: &Roots,
    ) -> Option<(Code, String)> {
        let decided = self.in_force(&lease.statement);
        // A lease names the trust root of its statement, or the one in force; the key in force signs it.
        let named = roots.named(lease.root, seen).or_else(|| {
            decided.filter(|decided| decided.statement.root == lease.root)?;
            roots.in_force(seen.latest())
        });
        if !named.is_some_and(|root| lease.signed_by(&root.lease_key)) {
            let what = format!(
                "it is not signed by the lease key in force, or names trust root {}",
                lease.root
            );
            return Some((Code::LeaseUnsigned, what));
        }
        let decided = decided.filter(|decided| {
            let statement = &decided.statement;
            let named =
                statement.id == lease.authority && statement.sensors.contains(&lease.sensor);
            let leased = statement.is_leased() && self.is_proposed(statement, decided.index);
            named && leased && seen.envelope.authority == lease.statement
        });
        let Some(decided) = decided else {
            let what = format!(
                "no statement in force, with its text where it is a measure, that lets `{}` act under authority {} was decided before it",
                lease.sensor,
                crate::hex(&lease.authority)
            );
            return Some((Code::LeaseStatement, what));
        };
        if lease.tree_size <= decided.index {
            let what = format!(
                "it was given on {} entries, the decision is entry {}",
                lease.tree_size, decided.index
            );
            return Some((Code::LeaseEarly, what));
        }
        if lease.tree_size > seen.index {
            let what = format!(
                "it was given on {} entries and stands at entry {}",
                lease.tree_size, seen.index
            );
            return Some((Code::LeaseAhead, what));
        }
        if lease.not_after < lease.issued || lease.not_after - lease.issued > LEASE_SECONDS_MAX {
            let what = format!(
                "it lasts from {} to {}",
                Time(lease.issued),
                Time(lease.not_after)
            );
            return Some((Code::LeaseTime, what));
        }
        if lease.issued > seen.latest().saturating_add(LATE_SECONDS_MAX) {
            let what = format!(
                "it was issued at {}, after it was entered",
                Time(lease.issued)
            );
            return Some((Code::LeaseTime, what));
        }
        let used = self.leases.contains_key(&lease.id);
        used.then(|| {
            (
                Code::LeaseTwice,
                format!("lease {} is in the log already", crate::hex(&lease.id)),
            )
        })
    }
}

/// The statement of an entry, if it is one of its type and the one that the envelope names.
fn read(seen: &Seen<'_>, malformed: Code, urgent: bool, sink: &mut Sink) -> Option<Statement> {
    let statement = match Statement::read(seen.open()?) {
        Ok(statement) if statement.is_urgent() == urgent => statement,
        Ok(_) => {
            let what =
                "it was decided by two officers, or not, where its type has it the other way";
            sink.bad(malformed, seen.place(), what);
            return None;
        }
        Err(what) => {
            sink.bad(malformed, seen.place(), what);
            return None;
        }
    };
    if statement.hash != seen.envelope.authority {
        let what = "the envelope names another statement than the body is";
        sink.bad(Code::BodyFields, seen.place(), what);
        return None;
    }
    Some(statement)
}

/// Whether the right people decided for a statement; codes for the trust root, the signatures, the decision.
fn judge(
    statement: &Statement,
    seen: &Seen<'_>,
    roots: &Roots,
    schedules: &mut Schedules,
    [stale_root, signature, sitting]: [Code; 3],
    sink: &mut Sink,
) {
    let Some(root) = roots.named(statement.root, seen) else {
        return sink.bad(stale_root, seen.place(), stale(statement.root));
    };
    let floor = root
        .floor(&statement.kind)
        .max(schedules.floor(&statement.kind, seen));
    match statement.decided(root, floor) {
        Ok(()) => {}
        Err(StatementError::Signature(what)) => sink.bad(signature, seen.place(), what),
        Err(StatementError::Sitting(what)) => sink.bad(sitting, seen.place(), what),
    }
}

/// The share of traffic that the request of a statement expects.
fn share(statement: &Statement, requests: &Requests) -> u64 {
    let asked = requests.get(&statement.request);
    asked.map_or(0, |asked| asked.share_ppm)
}

/// What of a statement is more than the schedule in force allows.
fn beyond(
    statement: &Statement,
    share: u64,
    schedules: &mut Schedules,
    seen: &Seen<'_>,
) -> Option<String> {
    if !schedules.any(seen) {
        return None;
    }
    let periods: Vec<&'static str> = if statement.kind == "agreement" {
        vec!["period.agreement"]
    } else {
        let keys = [
            ("out-out", "period.out-out"),
            ("out-in", "period.out-in"),
            ("in-out", "period.in-out"),
        ];
        let named = keys
            .into_iter()
            .filter(|(word, _)| statement.directions.iter().any(|d| d == word));
        named.map(|(_, key)| key).collect()
    };
    for key in periods {
        let months = schedules.number(key, seen)?;
        let end = add_months(statement.not_before, months);
        if end.is_some_and(|end| statement.not_after > end) {
            return Some(format!(
                "it lasts longer than the {months} months of `{key}`"
            ));
        }
    }
    let values = [
        ("retention.days", statement.keep_days),
        ("cap.match-ppm", statement.match_ppm),
        ("cap.day-records", statement.day_records),
        ("cap.share-ppm", share),
    ];
    values.into_iter().find_map(|(key, asked)| {
        let most = schedules.number(key, seen)?;
        (asked > most).then(|| format!("{asked} is more than the {most} of `{key}`"))
    })
}
