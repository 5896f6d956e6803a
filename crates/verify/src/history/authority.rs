//! Authorities: what was decided, and what keeps it alive. In: decisions and activations. Out: statements and leases by which runs are judged. Never: a lease on a log that
//! had not got the decision (invariant I11).

use super::roots::Roots;
use super::{Seen, told};
use crate::code::{Code, Subject};
use crate::limits::{LEASE_SECONDS_MAX, SKEW_SECONDS_MAX};
use crate::notes::{Bucket, Lease, Statement, StatementError};
use crate::report::Sink;
use crate::time::Time;
use sakimori_tlog::merkle::Hash;
use std::collections::{BTreeMap, BTreeSet};

/// A statement and where it was decided.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) statement: Statement,
    index: u64,
}

/// Everything that was decided and leased.
#[derive(Debug, Default)]
pub(super) struct Authorities {
    statements: BTreeMap<Hash, Decided>,
    ids: BTreeMap<[u8; 16], Hash>,
    leases: BTreeMap<[u8; 16], Lease>,
}

impl Authorities {
    pub(super) fn statement(&self, hash: &Hash) -> Option<&Statement> {
        self.statements.get(hash).map(|decided| &decided.statement)
    }

    pub(super) fn of_bucket(&self, bucket: &Bucket) -> Option<&Statement> {
        self.statement(self.ids.get(&bucket.authority)?)
    }

    /// Whether a bucket is one of an authority and a sensor of it.
    pub(super) fn has_sensor(&self, bucket: &Bucket) -> bool {
        self.of_bucket(bucket)
            .is_some_and(|statement| statement.sensors.contains(&bucket.sensor))
    }

    pub(super) fn lease(&self, id: &[u8; 16]) -> Option<&Lease> {
        self.leases.get(id)
    }

    /// Takes a decision.
    pub(super) fn decide(
        &mut self,
        seen: &Seen<'_>,
        roots: &Roots,
        requests: &BTreeSet<Hash>,
        sink: &mut Sink,
    ) {
        let Some(body) = seen.open() else {
            return;
        };
        let statement = match Statement::read(body) {
            Ok(statement) => statement,
            Err(what) => return sink.bad(Code::DecisionMalformed, seen.place(), what),
        };
        if statement.hash != seen.envelope.authority {
            return sink.bad(
                Code::BodyFields,
                seen.place(),
                "the envelope names another statement than the body is",
            );
        }
        let before = sink.count();
        if !requests.contains(&statement.request) {
            sink.bad(
                Code::DecisionRequest,
                seen.place(),
                format!(
                    "no request with leaf hash {} is in the log before it",
                    crate::hex(&statement.request)
                ),
            );
        }
        if statement.not_after < seen.envelope.time {
            sink.bad(
                Code::DecisionTime,
                seen.place(),
                format!("the statement ended at {}", Time(statement.not_after)),
            );
        }
        judge(&statement, seen, roots, sink);
        if self.ids.contains_key(&statement.id) {
            return sink.bad(
                Code::DecisionTwice,
                seen.place(),
                format!("authority {} was decided before", crate::hex(&statement.id)),
            );
        }
        if sink.count() == before {
            sink.good(Subject::Decisions);
        }
        let index = seen.index;
        self.ids.insert(statement.id, statement.hash);
        self.statements
            .insert(statement.hash, Decided { statement, index });
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
        match self.lease_problem(&lease, seen, roots) {
            Some((code, what)) => sink.bad(code, seen.place(), what),
            None => sink.good(Subject::Leases),
        }
        self.leases.entry(lease.id).or_insert(lease);
    }

    fn lease_problem(
        &self,
        lease: &Lease,
        seen: &Seen<'_>,
        roots: &Roots,
    ) -> Option<(Code, String)> {
        if !roots
            .version(lease.root)
            .is_some_and(|root| lease.signed_by(&root.lease_key))
        {
            let what = format!(
                "it is not signed by the lease key of trust root {}",
                lease.root
            );
            return Some((Code::LeaseUnsigned, what));
        }
        let decided = self.statements.get(&lease.statement).filter(|decided| {
            let statement = &decided.statement;
            let named =
                statement.id == lease.authority && statement.sensors.contains(&lease.sensor);
            named
                && statement.lets_sensors_run()
                && statement.root == lease.root
                && seen.envelope.authority == lease.statement
        });
        let Some(decided) = decided else {
            let what = format!(
                "no statement that lets `{}` run under authority {} was decided before it",
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
        if lease.issued > seen.latest().saturating_add(SKEW_SECONDS_MAX) {
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

/// Whether the right people decided for a statement.
fn judge(statement: &Statement, seen: &Seen<'_>, roots: &Roots, sink: &mut Sink) {
    let Some(root) = roots.version(statement.root) else {
        let what = format!(
            "version {} of the trust root is not in the log before it",
            statement.root
        );
        return sink.bad(Code::DecisionRoot, seen.place(), what);
    };
    match statement.decided(root) {
        Ok(()) => {}
        Err(StatementError::Signature(what)) => {
            sink.bad(Code::DecisionSignature, seen.place(), what);
        }
        Err(StatementError::Sitting(what)) => {
            sink.bad(Code::DecisionSitting, seen.place(), what);
        }
    }
}
