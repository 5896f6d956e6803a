//! Buckets: what was written has to be destroyed in time (invariant I4). In: receipts, deletions, attestations. Out: problems. Never: a word on whether a copy exists; no log can say that.

use super::authority::Authorities;
use super::receipt::Receipt;
use super::roots::Roots;
use super::{Seen, bucket, told};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::limits::DELETION_LATE_SECONDS_MAX;
use crate::notes::{Attestation, Bucket};
use crate::report::{Place, Sink};
use crate::time::Time;
use crate::unhex;
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
struct State {
    records: u64,
    deleted: bool,
    /// Where records were put last.
    place: Place,
}

/// All buckets that receipts name.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    by_name: BTreeMap<Bucket, State>,
    /// Buckets whose other share is attested to be destroyed, by the leaf hash of the entry.
    attested: BTreeMap<Hash, Bucket>,
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
            sink.bad(Code::Attestation, seen.place(), what);
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
            Ok(attestation) if !authorities.has_sensor(&attestation.bucket) => {
                format!(
                    "no authority of the log has a bucket `{}`",
                    attestation.bucket
                )
            }
            Ok(attestation) => {
                self.attested.insert(seen.leaf, attestation.bucket);
                return;
            }
        };
        sink.bad(Code::Attestation, seen.place(), what);
    }

    /// What has expired has to be deleted.
    pub(super) fn finish(&self, now: Option<u64>, authorities: &Authorities, sink: &mut Sink) {
        for (bucket, state) in &self.by_name {
            let Some(statement) = authorities.of_bucket(bucket) else {
                continue;
            };
            let expiry = bucket.expiry(statement.keep_days);
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
