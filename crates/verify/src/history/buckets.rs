//! Buckets: what was written has to be destroyed in time (invariant I4). In: receipts, deletions, attestations. Out: problems. Never: a word on whether a copy exists; no log can say that.

use super::authority::Authorities;
use super::receipt::Receipt;
use super::roots::Roots;
use super::{Seen, bucket, told};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::limits::DELETION_LATE_SECONDS_MAX;
use crate::notes::{Attestation, Bucket, Destroyed};
use crate::report::{Place, Sink};
use crate::time::Time;
use crate::unhex;
use sakimori_tlog::merkle::Hash;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
struct State {
    records: u64,
    deleted: bool,
    /// Whether a receipt names it.
    written: bool,
    /// When a lapse said that it is destroyed.
    lapsed: Option<u64>,
    /// Where records were put last.
    place: Place,
}

/// All buckets that receipts name.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    by_name: BTreeMap<Bucket, State>,
    /// Buckets whose other share is attested to be destroyed, by the leaf hash of the entry.
    attested: BTreeMap<Hash, Bucket>,
    /// The same, by the index of the entry.
    attested_at: BTreeMap<u64, Bucket>,
}

impl Buckets {
    /// A window's records go into their bucket.
    pub(super) fn receipt(
        &mut self,
        seen: &Seen<'_>,
        receipt: &Receipt,
        authorities: &Authorities,
        sink: &mut Sink,
    ) {
        // A bucket of no authority is told with its receipt.
        if !authorities.has_sensor(&receipt.bucket) {
            return;
        }
        let state = self.by_name.entry(receipt.bucket.clone()).or_default();
        if state.deleted && receipt.records > 0 {
            let what = format!("bucket `{}` was deleted before", receipt.bucket);
            sink.bad(Code::DeletionRevived, seen.place(), what);
        }
        state.records = state.records.saturating_add(receipt.records);
        state.place = seen.place();
        state.written = true;
    }

    /// A bucket is destroyed.
    pub(super) fn delete(&mut self, seen: &Seen<'_>, authorities: &Authorities, sink: &mut Sink) {
        let deleted = seen.open().map(|body| read_deletion(body, seen));
        let Some((bucket, attestation)) = told(deleted, &seen.place(), sink) else {
            return;
        };
        if !authorities.has_sensor(&bucket) {
            let what = format!("no authority of the log has a bucket `{bucket}`");
            return sink.bad(Code::DeletionUnknown, seen.place(), what);
        }
        if self.attested.get(&attestation) != Some(&bucket) {
            let what =
                format!("no attestation for bucket `{bucket}` is in the log before it as it says");
            sink.bad(Code::DeletionUnattested, seen.place(), what);
        }
        // A run that ended before its first receipt leaves a bucket without one.
        let state = self.by_name.entry(bucket.clone()).or_default();
        if state.records != seen.counter(1) {
            let what = format!(
                "{} records of bucket `{bucket}` destroyed, the receipts tell of {}",
                seen.counter(1),
                state.records
            );
            sink.bad(Code::DeletionRecords, seen.place(), what);
        }
        state.deleted = true;
        let end = self.end(&bucket, authorities);
        let due = end.map(|end| end.saturating_add(DELETION_LATE_SECONDS_MAX));
        if let Some(due) = due.filter(|due| seen.envelope.time > *due) {
            let what = format!("bucket `{bucket}` had to be deleted by {}", Time(due));
            sink.bad(Code::DeletionLate, seen.place(), what);
        }
    }

    /// Whether a receipt names a bucket.
    pub(super) fn is_known(&self, bucket: &Bucket) -> bool {
        self.by_name.get(bucket).is_some_and(|state| state.written)
    }

    /// Whether a bucket was written and not deleted.
    pub(super) fn is_there(&self, bucket: &Bucket) -> bool {
        self.by_name
            .get(bucket)
            .is_some_and(|state| state.written && !state.deleted)
    }

    /// A lapse says that these are destroyed: their end is now.
    pub(super) fn lapse(&mut self, seen: &Seen<'_>, destroyed: &[Bucket]) {
        for bucket in destroyed {
            if let Some(state) = self.by_name.get_mut(bucket) {
                state.lapsed.get_or_insert(seen.envelope.time);
            }
        }
    }

    /// The first second at which a bucket has to be gone: by what it is kept, or by what lapsed.
    fn end(&self, bucket: &Bucket, authorities: &Authorities) -> Option<u64> {
        let end = bucket.expiry(authorities.keep(bucket)?);
        let lapsed = self.by_name.get(bucket).and_then(|state| state.lapsed);
        Some(lapsed.map_or(end, |lapsed| lapsed.min(end)))
    }

    /// Whether a deletion of a bucket is in the log.
    pub(super) fn is_deleted(&self, bucket: &Bucket) -> bool {
        self.by_name.get(bucket).is_some_and(|state| state.deleted)
    }

    /// Whether nobody may look at a bucket any more.
    pub(super) fn has_ended(&self, bucket: &Bucket, at: u64, authorities: &Authorities) -> bool {
        let state = self.by_name.get(bucket);
        let gone = state.is_some_and(|state| state.deleted || state.lapsed.is_some());
        gone || self.end(bucket, authorities).is_some_and(|end| at >= end)
    }

    /// Whether an entry attests that a bucket's other share is destroyed.
    pub(super) fn is_attested_at(&self, bucket: &Bucket, index: u64) -> bool {
        self.attested_at.get(&index) == Some(bucket)
    }

    /// Says how strongly what about deletion is shown.
    pub(super) fn claims(
        &self,
        opened: &BTreeSet<Bucket>,
        receipts: u64,
        releases: usize,
        sink: &mut Sink,
    ) {
        let gone: BTreeSet<&Bucket> = self.attested_at.values().collect();
        if self.by_name.is_empty() && gone.is_empty() {
            return;
        }
        let deleted = self.by_name.iter().filter(|(_, state)| state.deleted);
        let destroyed = deleted.filter(|(bucket, _)| gone.contains(bucket));
        let (used, untouched): (Vec<_>, Vec<_>) =
            destroyed.partition(|(bucket, _)| opened.contains(*bucket));
        let all = self.by_name.len() as u64;
        sink.claim(
            "the records of these buckets existed, and their receipts cover them",
            "proven",
            all,
        );
        sink.claim(
            "each receipt and deletion was made by the time of the cosignature over it",
            "proven",
            receipts,
        );
        sink.claim("a bucket that nobody opened cannot be opened any more: the commission destroyed its share", "proven to the commission", untouched.len() as u64);
        sink.claim(
            "a bucket that was opened for analysis cannot be opened any more",
            "attested",
            used.len() as u64,
        );
        sink.claim(
            "no copy of a deleted bucket exists anywhere",
            "not provable",
            (untouched.len() + used.len()) as u64,
        );
        let measured = if releases > 0 {
            "attested by the measured software"
        } else {
            "attested: no software is on record"
        };
        sink.claim("packets that were not selected were never stored: it follows from the seal of the process that read them", measured, receipts);
    }

    /// The commission says that its share is destroyed.
    pub(super) fn attest(
        &mut self,
        seen: &Seen<'_>,
        roots: &Roots,
        authorities: &Authorities,
        sink: &mut Sink,
    ) {
        let Some(body) = seen.open() else {
            return;
        };
        let holder = roots
            .in_force(seen.latest())
            .map(|root| &root.commission_holder);
        let what = match Attestation::read(body) {
            Err(what) => what,
            Ok(attestation) if !holder.is_some_and(|holder| attestation.signed_by(holder)) => {
                "the commission's share holder has not signed it".to_owned()
            }
            Ok(attestation) => match attestation.destroyed {
                Destroyed::Bucket(bucket) if authorities.has_sensor(&bucket) => {
                    self.attested.insert(seen.leaf, bucket.clone());
                    self.attested_at.insert(seen.index, bucket);
                    return;
                }
                Destroyed::Bucket(bucket) => {
                    format!("no authority of the log has a bucket `{bucket}`")
                }
                Destroyed::Epoch(id) if authorities.by_id(&id).is_some() => return,
                Destroyed::Epoch(id) => {
                    format!("no authority {} is in the log before it", crate::hex(&id))
                }
            },
        };
        sink.bad(Code::Attestation, seen.place(), what);
    }

    /// What has expired has to be deleted.
    pub(super) fn finish(&self, now: Option<u64>, authorities: &Authorities, sink: &mut Sink) {
        for (bucket, state) in &self.by_name {
            let Some(expiry) = self.end(bucket, authorities) else {
                continue;
            };
            let overdue =
                now.is_some_and(|now| now > expiry.saturating_add(DELETION_LATE_SECONDS_MAX));
            if overdue && !state.deleted {
                let what = format!(
                    "bucket `{bucket}` expired at {} and has no deletion entry",
                    Time(expiry)
                );
                sink.bad(Code::DeletionMissing, state.place.clone(), what);
            } else if state.deleted || now.is_some() {
                sink.good(Subject::Buckets);
            }
        }
    }
}

/// The bucket of a deletion, and the leaf hash of the attestation that it names.
fn read_deletion(body: &[u8], seen: &Seen<'_>) -> Result<(Bucket, Hash), String> {
    let keys = [
        "bucket",
        "reason",
        "objects",
        "records",
        "office_share",
        "commission_attestation",
    ];
    let fields = Fields::read(body, &keys)?;
    fields.text("reason")?;
    if seen.envelope.counters != [fields.number("objects")?, fields.number("records")?] {
        return Err("the counters of body and envelope differ".to_owned());
    }
    fields.parsed("office_share", |share| (share == "destroyed").then_some(()))?;
    let attestation = fields.parsed("commission_attestation", unhex)?;
    Ok((bucket(&fields)?, attestation))
}
