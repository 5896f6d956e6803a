//! The end of buckets. In: the time. Out: destroyed shares and files, with receipt and attestation in the log. Never: a bucket kept longer than it was made for, where both holders do
//! their part; a claim beyond what `SECURITY.md` says.

use crate::commission::Caller;
use crate::error::ControlError;
use crate::host::Host;
use crate::journal::{Deed, Journal, Log};
use crate::keys;
use crate::layout::Node;
use crate::office;
use sakimori_authority::ruling::Matter;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{BucketId, hex};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_lake::{BucketState, Deletion};
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::merkle::leaf_hash;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A bucket that is gone, and its entry.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// What was destroyed.
    pub deletion: Deletion,
    /// Index of the deletion entry.
    pub index: u64,
}

/// What became of the buckets that are due.
#[derive(Debug, Default)]
pub struct Ended {
    /// Those that are gone, on record.
    pub gone: Vec<Deleted>,
    /// Those that could not be brought to their end, and why; calling again tries again.
    pub failed: Vec<(BucketId, ControlError)>,
}

/// Destroys every bucket that has expired. The office's half goes first, then the commission's; both are entered. A bucket whose end was begun and is not on record
/// is brought to its end too. One that fails does not keep the others.
///
/// # Errors
/// [`ControlError::Ledger`]: the log does not answer, nothing was destroyed; [`ControlError::Lake`]: the lake cannot be listed.
pub fn expire(node: &Node, host: &Host) -> Result<Ended, ControlError> {
    let office = keys::read(&node.office_key("office"))?;
    // The log is asked first: without it nothing is destroyed.
    let journal = |signer| Journal::begin(&node.ledger().socket, signer, host);
    let (deletions, attestations) = (journal(Some(&office))?, journal(None)?);
    let mut end = End {
        node,
        host,
        office: &office,
        deletions,
        attestations,
    };
    let mut ended = Ended::default();
    for bucket in end.due(&mut ended.failed)? {
        match end.of(&bucket) {
            Ok(gone) => ended.gone.push(gone),
            // Without the log nothing more can be ended.
            Err(error @ ControlError::Ledger { .. }) => return Err(error),
            Err(error) => ended.failed.push((bucket, error)),
        }
    }
    Ok(ended)
}

/// Keeps a bucket until the end that a ruling on record gave it. Returns the end that holds.
///
/// # Errors
/// [`ControlError::Document`]: the entry is no ruling that keeps a bucket; [`ControlError::Lake`]: the bucket is gone or in use.
pub fn extend(node: &Node, host: &Host, ruling: u64) -> Result<(BucketId, Seconds), ControlError> {
    let told = |problem: &str| ControlError::document(format!("entry {ruling}"), problem);
    let mut log = Log::connect(&node.ledger().socket)?;
    let mut found = None;
    log.each_durable_entry(|index, envelope, _| {
        if index == ruling {
            found = Some(envelope.clone());
        }
        index < ruling
    })?;
    let envelope = found.filter(|envelope| envelope.kind == EntryType::Ruling);
    let body = log.open_body(&envelope.ok_or_else(|| told("it is no ruling"))?)?;
    let ruling = office::ruling(node, &body).map_err(|e| told(&crate::error::told(&e)))?;
    let Matter::BucketKept { bucket, days } = ruling.matter else {
        return Err(told("it keeps no bucket"));
    };
    let until = bucket.day.start().plus(days.saturating_mul(DAY_SECONDS));
    let end = node.lake().keep_until(&bucket, until, host.seconds())?;
    Ok((bucket, end))
}

/// Puts buckets on the purge list: what is in them may not be given out any more. Returns the entry's index.
///
/// # Errors
/// [`ControlError::Usage`] without a reason or a bucket; [`ControlError::Ledger`].
pub fn purge(
    node: &Node,
    host: &Host,
    buckets: &[BucketId],
    reason: &str,
) -> Result<u64, ControlError> {
    if reason.trim().is_empty() || buckets.is_empty() {
        return Err(ControlError::Usage(
            "a purge names at least one bucket and says why".to_owned(),
        ));
    }
    let office = keys::read(&node.office_key("office"))?;
    let mut journal = Journal::begin(&node.ledger().socket, Some(&office), host)?;
    let names: Vec<String> = buckets.iter().map(ToString::to_string).collect();
    let body = json!({"buckets": names, "reason": reason});
    let (index, _) = journal.record(Deed {
        kind: EntryType::Purge,
        authority: [0; 32],
        counters: vec![buckets.len() as u64],
        body: body.to_string().into_bytes(),
    })?;
    journal.log.proof(index)?;
    Ok(index)
}

/// What the end of buckets takes.
struct End<'e> {
    node: &'e Node,
    host: &'e Host,
    office: &'e NoteSigner,
    deletions: Journal<'e>,
    attestations: Journal<'e>,
}

impl End<'_> {
    /// Buckets that have expired, and those that are gone without an entry that says so. Those that do not read go to `failed`.
    fn due(
        &mut self,
        failed: &mut Vec<(BucketId, ControlError)>,
    ) -> Result<Vec<BucketId>, ControlError> {
        let now = self.host.seconds();
        let (mut due, mut gone) = (Vec::new(), Vec::new());
        for (id, bucket) in self.node.lake().each_bucket()? {
            match bucket {
                Ok(bucket) if bucket.state == BucketState::Deleted => gone.push(id),
                Ok(bucket) if bucket.expires <= now => due.push(id),
                Ok(_) => {}
                Err(error) => failed.push((id, error.into())),
            }
        }
        if !gone.is_empty() {
            let told = self.on_record()?;
            gone.retain(|bucket| !told.contains(&bucket.to_string()));
            due.extend(gone);
        }
        Ok(due)
    }

    /// Names of the buckets whose end is in the log.
    fn on_record(&mut self) -> Result<BTreeSet<String>, ControlError> {
        let log = &mut self.deletions.log;
        let mut entries = Vec::new();
        log.each_durable_entry(|_, envelope, _| {
            if envelope.kind == EntryType::Deletion {
                entries.push(envelope.clone());
            }
            true
        })?;
        let mut names = BTreeSet::new();
        for envelope in entries {
            let body: Value = serde_json::from_slice(&log.open_body(&envelope)?)
                .map_err(|e| ControlError::document("a deletion entry", e))?;
            names.extend(body["bucket"].as_str().map(str::to_owned));
        }
        Ok(names)
    }

    /// The end of one bucket.
    fn of(&mut self, bucket: &BucketId) -> Result<Deleted, ControlError> {
        let (node, host) = (self.node, self.host);
        let authority = office::statement(node, bucket.authority)?.commitment();
        let deletion = node
            .lake()
            .delete(bucket, &node.office_shares(), host.seconds())?;
        office::destroy_findings(node, bucket)?;
        let note = Caller::of(node, host)?.destroy(bucket, self.office)?;
        let (_, attested) = self.attestations.record(Deed {
            kind: EntryType::Attestation,
            authority,
            counters: Vec::new(),
            body: note,
        })?;
        let body = json!({
            "bucket": bucket.to_string(),
            "reason": "expired",
            "objects": deletion.objects,
            "records": deletion.records,
            "office_share": "destroyed",
            "commission_attestation": hex(&leaf_hash(&attested.leaf)),
        });
        let (index, _) = self.deletions.record(Deed {
            kind: EntryType::Deletion,
            authority,
            counters: vec![deletion.objects, deletion.records],
            body: body.to_string().into_bytes(),
        })?;
        Ok(Deleted { deletion, index })
    }
}
