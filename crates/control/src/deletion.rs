//! The end of buckets. In: the time. Out: destroyed shares and files, with receipt and attestation in the log. Never: a bucket kept longer than it was made for, where both holders do
//! their part; a claim beyond what `SECURITY.md` says.

use crate::commission::Caller;
use crate::error::ControlError;
use crate::host::Host;
use crate::journal::{Deed, Journal};
use crate::keys;
use crate::layout::Node;
use crate::office;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{BucketId, hex};
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

/// Destroys every bucket that has expired. The office's half goes first, then the commission's; both are entered. A bucket whose end was begun and is not on record
/// is brought to its end too.
///
/// # Errors
/// [`ControlError`]: the buckets before are gone and on record; calling again goes on.
pub fn expire(node: &Node, host: &Host) -> Result<Vec<Deleted>, ControlError> {
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
    let due = end.due()?;
    due.into_iter().map(|bucket| end.of(&bucket)).collect()
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
    /// Buckets that have expired, and those that are gone without an entry that says so.
    fn due(&mut self) -> Result<Vec<BucketId>, ControlError> {
        let lake = self.node.lake();
        let mut due = lake.expired(self.host.seconds())?;
        let mut gone: Vec<BucketId> = lake
            .buckets()?
            .into_iter()
            .filter(|bucket| bucket.state == BucketState::Deleted)
            .map(|bucket| bucket.id)
            .collect();
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
