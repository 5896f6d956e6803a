//! What the commission knows from its own copy of the log: decisions in force, leases, opened queries, runs. In: entries with their bodies, before they are cosigned.
//! Out: answers, or the reason why a checkpoint is not cosigned. Never: a word of the office that is not in the log.
//!
//! Held here (`ARCHITECTURE.md` 6.9): I1 a start and each receipt lie inside a decision and a lease on record; I2 a run's windows follow each other without a gap; I3
//! packets are conserved; I11 a lease is younger than its decision; who acts has signed. A decision that lacks its signatures is kept as an entry and is never in force.

use super::lock;
use sakimori_authority::lease::Lease;
use sakimori_authority::root::TrustRoot;
use sakimori_authority::statement::Statement;
use sakimori_custody::entry::{EntryType, Envelope, StoredBody};
use sakimori_custody::ids::{AuthorityId, SensorId, StreamId};
use sakimori_custody::time::Seconds;
use sakimori_ledger::disk::Source;
use sakimori_ledger::mirror::Approve;
use sakimori_ledger::reader::LogReader;
use sakimori_tlog::key::VerifierKey;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Entries carry whole minutes, and receipts of what was read in time are written a moment later.
const LATE_SECONDS_MAX: u64 = 120;
/// Opened queries that are remembered; older ones have had their answer.
const QUERIES_MAX: usize = 4096;

/// A decision in force.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    /// Index of its entry.
    pub(super) index: u64,
    /// SHA-256 of its text.
    pub(super) commitment: [u8; 32],
    /// Its text.
    pub(super) text: String,
    /// What it says.
    pub(super) statement: Statement,
}

/// A query that is opened and not closed.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    /// SHA-256 of the statement's text.
    pub(super) authority: [u8; 32],
    /// When it was entered.
    pub(super) time: Seconds,
    /// Names of the buckets that it says it looks at.
    pub(super) buckets: BTreeSet<String>,
}

/// What a query has to say before it is answered.
#[derive(Deserialize)]
struct Reason {
    actor: String,
    purpose: String,
    case: String,
    buckets: BTreeSet<String>,
}

/// Where a run of a sensor is.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    next_window: u64,
    held: u64,
}

/// The commission's book.
pub struct Register {
    root: TrustRoot,
    decisions: BTreeMap<AuthorityId, Decided>,
    leases: Vec<([u8; 32], Lease)>,
    queries: BTreeMap<u64, Opened>,
    runs: BTreeMap<StreamId, Run>,
    /// Index of the first entry that is not in the book yet.
    next: u64,
    /// Entries of an earlier process whose bodies are not read yet.
    unread: Vec<(u64, Envelope)>,
}

impl Register {
    /// An empty book under a trust root.
    pub const fn new(root: TrustRoot) -> Self {
        Self {
            root,
            decisions: BTreeMap::new(),
            leases: Vec::new(),
            queries: BTreeMap::new(),
            runs: BTreeMap::new(),
            next: 0,
            unread: Vec::new(),
        }
    }

    pub(super) fn decided(&self, id: AuthorityId) -> Option<Decided> {
        self.decisions.get(&id).cloned()
    }

    pub(super) fn query(&self, index: u64) -> Option<Opened> {
        self.queries.get(&index).cloned()
    }

    pub(super) fn is_leased(&self, commitment: &[u8; 32], sensor: &SensorId, at: Seconds) -> bool {
        self.leases.iter().any(|(of, lease)| {
            of == commitment
                && lease.sensor == *sensor
                && lease.issued.minute() <= at
                && at <= lease.not_after.plus(LATE_SECONDS_MAX)
        })
    }

    /// Reads the bodies of decisions and leases that were cosigned by an earlier process.
    pub(super) fn read_bodies<D: Source>(&mut self, reader: &LogReader<D>) {
        for (index, envelope) in std::mem::take(&mut self.unread) {
            if let Ok(Some(body)) = reader.body(&envelope.body) {
                self.note(index, &envelope, &body);
            }
        }
    }

    /// Takes in what a decision, lease or query says; what does not hold is passed over.
    fn note(&mut self, index: u64, envelope: &Envelope, body: &[u8]) {
        let open = || {
            StoredBody::decode(body)
                .ok()?
                .open(&envelope.body, None)
                .ok()
        };
        match envelope.kind {
            EntryType::Decision => {
                if let Some(decided) =
                    open().and_then(|bytes| self.in_force(index, envelope, &bytes))
                {
                    // The first decision of an id stays: an id is used once.
                    self.decisions
                        .entry(decided.statement.id)
                        .or_insert(decided);
                }
            }
            EntryType::Activation => {
                let lease = open().and_then(|bytes| Lease::open(&bytes, &self.root.lease_key).ok());
                let known = lease.filter(|lease| {
                    let decided = self.decisions.get(&lease.authority);
                    decided.is_some_and(|d| {
                        d.commitment == lease.statement && d.index < lease.tree_size
                    })
                });
                self.leases
                    .extend(known.map(|lease| (lease.statement, lease)));
            }
            EntryType::Query => self.note_query(index, envelope, open()),
            _ => {}
        }
    }

    /// What opens a query has two counters and says in the open who looks at which buckets and why; what closes it names the opening entry as a third.
    fn note_query(&mut self, index: u64, envelope: &Envelope, body: Option<Vec<u8>>) {
        if let Some(opener) = envelope.counters.get(2) {
            self.queries.remove(opener);
            return;
        }
        let reason = body.and_then(|bytes| serde_json::from_slice::<Reason>(&bytes).ok());
        let said = |text: &String| !text.trim().is_empty();
        let told = reason.filter(|r| [&r.actor, &r.purpose, &r.case].into_iter().all(said));
        if let Some(reason) = told {
            let opened = Opened {
                authority: envelope.authority,
                time: envelope.time,
                buckets: reason.buckets,
            };
            self.queries.insert(index, opened);
        }
        if self.queries.len() > QUERIES_MAX {
            self.queries.pop_first();
        }
    }

    fn in_force(&self, index: u64, envelope: &Envelope, bytes: &[u8]) -> Option<Decided> {
        let (statement, note) = Statement::check(bytes, &self.root).ok()?;
        let commitment = statement.commitment();
        (commitment == envelope.authority).then(|| Decided {
            index,
            commitment,
            text: note.text().to_owned(),
            statement,
        })
    }

    /// Follows a run; `false` where its windows do not follow each other or packets are not conserved.
    fn follow(&mut self, envelope: &Envelope) -> bool {
        match envelope.kind {
            EntryType::Start => {
                self.runs.insert(envelope.stream, Run::default());
                true
            }
            EntryType::Receipt => {
                let &[
                    index,
                    _,
                    _,
                    before,
                    read,
                    selected,
                    discarded,
                    errors,
                    after,
                    ..,
                ] = envelope.counters.as_slice()
                else {
                    return false;
                };
                let run = self.runs.entry(envelope.stream).or_default();
                let sums = [
                    before.checked_add(read),
                    selected
                        .checked_add(discarded)
                        .and_then(|s| s.checked_add(errors)?.checked_add(after)),
                ];
                let conserved = sums[0].is_some() && sums[0] == sums[1];
                let follows = run.next_window == index && run.held == before;
                if conserved && follows {
                    *run = Run {
                        next_window: index.saturating_add(1),
                        held: after,
                    };
                }
                conserved && follows
            }
            EntryType::Stop => {
                self.runs.remove(&envelope.stream);
                true
            }
            _ => true,
        }
    }

    /// Who must have signed an entry of a kind; `None` where its body is a signed note itself.
    fn authors(&self, kind: EntryType) -> Option<Vec<VerifierKey>> {
        match kind {
            EntryType::TrustRoot
            | EntryType::Decision
            | EntryType::Activation
            | EntryType::Attestation
            | EntryType::Schedule
            | EntryType::Software
            | EntryType::Ruling
            | EntryType::Suspension
            | EntryType::Urgent => None,
            EntryType::Start
            | EntryType::Stop
            | EntryType::Receipt
            | EntryType::Gap
            | EntryType::Fault
            | EntryType::Refusal
            | EntryType::Effective => Some(
                self.root
                    .sensors
                    .iter()
                    .map(|(_, key)| key.clone())
                    .collect(),
            ),
            EntryType::Request
            | EntryType::Answer
            | EntryType::Deletion
            | EntryType::Purge
            | EntryType::Response
            | EntryType::Query
            | EntryType::Finding
            | EntryType::Export
            | EntryType::Reidentification
            | EntryType::Reply => Some(vec![self.root.office.clone()]),
            EntryType::Carrier => Some(
                self.root
                    .counters
                    .iter()
                    .map(|(_, key)| key.clone())
                    .collect(),
            ),
            EntryType::Access | EntryType::Misuse => Some(vec![
                self.root.office.clone(),
                self.root.secretariat.clone(),
            ]),
            EntryType::Question
            | EntryType::Lapse
            | EntryType::Challenge
            | EntryType::Inspection
            | EntryType::Notice
            | EntryType::Demand
            | EntryType::Recommendation
            | EntryType::Report => Some(vec![self.root.secretariat.clone()]),
        }
    }

    /// Holds a new entry against the book and takes it in. One that is refused leaves the book as it was.
    fn check(&mut self, index: u64, entry: &[u8], body: &[u8]) -> Result<(), &'static str> {
        // After a refusal the mirror shows again what came before it, of the same history. It is in the book already.
        if index < self.next {
            return Ok(());
        }
        let envelope = Envelope::decode(entry).map_err(|_| "an entry is no envelope")?;
        let signed = |keys: Vec<VerifierKey>| {
            keys.iter().any(|key| {
                key.ed25519()
                    .is_some_and(|public| envelope.signed_by(key.id(), &public))
            })
        };
        if self
            .authors(envelope.kind)
            .is_some_and(|keys| !signed(keys))
        {
            return Err("an entry is not signed by somebody who may write it");
        }
        if matches!(envelope.kind, EntryType::Start | EntryType::Receipt) {
            let signer = self
                .root
                .sensors
                .iter()
                .find(|(_, key)| key.id() == envelope.signer);
            let leased = signer.is_some_and(|(sensor, _)| {
                self.is_leased(&envelope.authority, sensor, envelope.time)
            });
            if !leased {
                return Err("a sensor ran without a decision and a lease on record");
            }
        }
        if !self.follow(&envelope) {
            return Err("the windows of a run do not follow each other or do not conserve packets");
        }
        self.note(index, &envelope, body);
        self.next = index + 1;
        Ok(())
    }
}

/// The register as the mirror asks it.
pub(super) struct Approver(pub(super) Arc<Mutex<Register>>);

impl Approve for Approver {
    fn restore(&mut self, index: u64, entry: &[u8]) {
        let mut register = lock(&self.0);
        register.next = index + 1;
        if let Ok(envelope) = Envelope::decode(entry) {
            // What was cosigned has been held against the book then.
            register.follow(&envelope);
            if matches!(
                envelope.kind,
                EntryType::Decision | EntryType::Activation | EntryType::Query
            ) {
                register.unread.push((index, envelope));
            }
        }
    }

    fn approve(
        &mut self,
        index: u64,
        entry: &[u8],
        body: &[u8],
        _now: Seconds,
    ) -> Result<(), String> {
        lock(&self.0)
            .check(index, entry, body)
            .map_err(str::to_owned)
    }
}

#[cfg(test)]
mod tests;
