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
use sakimori_custody::ids::hex;
use sakimori_lake::Deletion;
use sakimori_tlog::merkle::leaf_hash;
use serde_json::json;

/// A bucket that is gone, and its entry.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// What was destroyed.
    pub deletion: Deletion,
    /// Index of the deletion entry.
    pub index: u64,
}

/// Destroys every bucket that has expired. The office's half goes first, then the commission's; both are entered.
///
/// # Errors
/// [`ControlError`]: the buckets before are gone and on record; calling again goes on.
pub fn expire(node: &Node, host: &Host) -> Result<Vec<Deleted>, ControlError> {
    let office = keys::read(&node.office_key("office"))?;
    let caller = Caller::of(node, host)?;
    // The log is asked first: without it nothing is destroyed.
    let mut deletions = Journal::begin(&node.ledger().socket, Some(&office), host)?;
    let mut attestations = Journal::begin(&node.ledger().socket, None, host)?;
    let lake = node.lake();
    let mut gone = Vec::new();
    for bucket in lake.expired(host.seconds())? {
        let authority = office::statement(node, bucket.authority)?.commitment();
        let deletion = lake.delete(&bucket, &node.office_shares(), host.seconds())?;
        let note = caller.destroy(&bucket, &office)?;
        let (_, attested) = attestations.record(Deed {
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
        let (index, _) = deletions.record(Deed {
            kind: EntryType::Deletion,
            authority,
            counters: vec![deletion.objects, deletion.records],
            body: body.to_string().into_bytes(),
        })?;
        gone.push(Deleted { deletion, index });
    }
    Ok(gone)
}
