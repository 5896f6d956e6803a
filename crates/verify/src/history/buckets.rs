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
pub(super) struct Buckets(BTreeMap<Bucket, State>);

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
        if authorities.of_bucket(&receipt.bucket).is_none() {
            return;
        }
        let state = self.0.entry(receipt.bucket.clone()).or_default();
        if state.deleted && receipt.records > 0 {
            sink.bad(
                Code::DeletionRevived,
                seen.place(),
                format!("bucket `{}` was deleted before", receipt.bucket),
            );
        }
        state.records = state.records.saturating_add(receipt.records);
        state.place = seen.place();
    }

    /// A bucket is destroyed.
    pub(super) fn delete(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        let keys = [
            "bucket",
            "reason",
            "objects",
            "records",
            "office_share",
            "commission_attestation",
        ];
        let read = seen.open().map(|body| {
            let fields = Fields::read(body, &keys)?;
            fields.text("reason")?;
            let counters = [fields.number("objects")?, fields.number("records")?];
            let destroyed = fields.text("office_share")?.starts_with("destroyed");
            let same = seen.envelope.counters == counters;
            let bucket = bucket(&fields)?;
            (same && destroyed).then_some(bucket).ok_or(
                "the counters of body and envelope differ, or the share is not destroyed"
                    .to_owned(),
            )
        });
        let Some(bucket) = told(read, &seen.place(), sink) else {
            return;
        };
        let Some(state) = self.0.get_mut(&bucket) else {
            return sink.bad(
                Code::DeletionUnknown,
                seen.place(),
                format!("no receipt names bucket `{bucket}`"),
            );
        };
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

    /// A holder says that its share is destroyed.
    pub(super) fn attest(&self, seen: &Seen<'_>, roots: &Roots, sink: &mut Sink) {
        let Some(body) = seen.open() else {
            return;
        };
        let root = roots.in_force(seen.envelope.time.saturating_add(59));
        let holders = root.map(|root| [root.commission_holder.clone(), root.office_holder.clone()]);
        let what = match Attestation::read(body) {
            Err(what) => what,
            Ok(attestation) if !holders.is_some_and(|holders| attestation.signed_by(&holders)) => {
                "no share holder of the trust root has signed it".to_owned()
            }
            Ok(attestation) if !self.0.contains_key(&attestation.bucket) => {
                format!("no receipt names bucket `{}`", attestation.bucket)
            }
            Ok(_) => return,
        };
        sink.bad(Code::Attestation, seen.place(), what);
    }

    /// What has expired has to be deleted.
    pub(super) fn finish(&self, now: Option<u64>, authorities: &Authorities, sink: &mut Sink) {
        for (bucket, state) in &self.0 {
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
