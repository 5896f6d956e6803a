//! Findings on record. In: what the behaviours found in a run. Out: sealed entries, and for each a file with the finding, the entry and its proof. Never: a finding shown that
//! is not in the log.

use crate::error::ControlError;
use crate::host::Host;
use crate::journal::{Deed, Journal};
use crate::layout::Node;
use crate::sensor::SealKey;
use crate::{files, keys};
use sakimori_custody::entry::{EntryType, StoredBody};
use sakimori_custody::ids::BucketId;
use sakimori_custody::time::{Millis, Seconds};
use sakimori_detect::finding::Finding;
use sakimori_lake::BucketState;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A finding as it is kept.
#[derive(Clone, Debug)]
pub struct FindingFile {
    /// What was found.
    pub finding: Value,
    /// Index of its entry.
    pub index: u64,
    /// The file; entry, body and proof lie beside it.
    pub path: PathBuf,
}

/// A finding for programs.
pub fn finding_json(finding: &Finding) -> Value {
    let parts: serde_json::Map<String, Value> = finding
        .parts
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let records: Vec<String> = finding.records.iter().map(ToString::to_string).collect();
    json!({
        "behaviour": finding.behaviour.to_string(),
        "selector": finding.selector,
        "source": finding.source.to_string(),
        "destination": finding.destination.map(|address| address.to_string()),
        "port": finding.port,
        "protocol": finding.protocol,
        "first": Millis(finding.first).to_string(),
        "last": Millis(finding.last).to_string(),
        "count": finding.count,
        "distinct": finding.distinct,
        "interval_ms": finding.interval_ms,
        "confidence": finding.confidence,
        "parts": parts,
        "reason": finding.reason,
        "records": records,
        "records_total": finding.records_total,
    })
}

/// Puts findings on record, their bodies sealed under the key of the bucket that holds their records, and writes them with their proofs.
///
/// # Errors
/// [`ControlError::Ledger`], [`ControlError::File`]: the findings before are on record.
pub fn record_findings(
    node: &Node,
    host: &Host,
    authority: [u8; 32],
    seal: &SealKey,
    findings: &[Finding],
) -> Result<Vec<FindingFile>, ControlError> {
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let office = keys::read(&node.office_key("office"))?;
    let mut journal = Journal::begin(&node.ledger().socket, Some(&office), host)?;
    let mut placed = Vec::new();
    for finding in findings {
        let mut value = finding_json(finding);
        value["bucket"] = json!(seal.bucket.to_string());
        let body = value.to_string().into_bytes();
        let deed = Deed {
            kind: EntryType::Finding,
            authority,
            counters: vec![thousandths(finding.confidence), finding.records_total],
            body: body.clone(),
        };
        let (index, entry, salt) = journal.record_sealed(deed, &seal.bucket, &seal.key)?;
        placed.push((
            value,
            index,
            entry,
            StoredBody::Open { salt, body }.encode(),
        ));
    }
    let _lock = lock(node)?;
    let mut files = Vec::new();
    for (finding, index, entry, body) in placed {
        let proof = journal.log.proof(index)?;
        let path = node.findings().join(format!("{index}.json"));
        let text = serde_json::to_string_pretty(&finding).unwrap_or_default() + "\n";
        let set: [(&str, &[u8], u32); 4] = [
            ("entry", &entry.leaf, files::PUBLIC),
            ("body", &body, files::PRIVATE),
            ("tlog-proof", proof.as_bytes(), files::PUBLIC),
            ("json", text.as_bytes(), files::PRIVATE),
        ];
        for (end, bytes, mode) in set {
            files::write(&path.with_extension(end), bytes, mode)?;
        }
        files.push(FindingFile {
            finding,
            index,
            path,
        });
    }
    Ok(files)
}

/// Findings from an index on, at most `most` of them, ascending, and whether there are more. Those of a bucket whose time is over are shown to nobody, also while they wait to be
/// destroyed.
///
/// # Errors
/// [`ControlError::File`], [`ControlError::Lake`], [`ControlError::Document`]: one is damaged.
pub fn findings(
    node: &Node,
    now: Seconds,
    from: u64,
    most: usize,
) -> Result<(Vec<FindingFile>, bool), ControlError> {
    let folder = node.findings();
    if !folder.exists() {
        return Ok((Vec::new(), false));
    }
    let _lock = lock(node)?;
    let buckets = node.lake().buckets()?.into_iter();
    let open: BTreeSet<String> = buckets
        .filter(|bucket| bucket.state != BucketState::Deleted && bucket.expires > now)
        .map(|bucket| bucket.id.to_string())
        .collect();
    let list = std::fs::read_dir(&folder).map_err(ControlError::file("list", &folder))?;
    let paths = list.flatten().map(|entry| entry.path());
    let mut indices: Vec<u64> = paths
        .filter(|path| ends(path, &["json"]))
        .filter_map(|path| path.file_stem()?.to_str()?.parse().ok())
        .filter(|index| *index >= from)
        .collect();
    indices.sort_unstable();
    let mut found = Vec::new();
    for index in indices {
        let path = folder.join(format!("{index}.json"));
        let bytes = files::read_present(&path)?;
        let finding: Value = serde_json::from_slice(&bytes)
            .map_err(|e| ControlError::document(path.display(), e))?;
        if !finding["bucket"]
            .as_str()
            .is_some_and(|id| open.contains(id))
        {
            continue;
        }
        if found.len() == most {
            return Ok((found, true));
        }
        found.push(FindingFile {
            finding,
            index,
            path,
        });
    }
    Ok((found, false))
}

/// Removes the findings that were made of a bucket's records, whose files end with it; their entries stay in the log, sealed for good. Returns how many there were.
///
/// # Errors
/// [`ControlError::File`]: call again.
pub(crate) fn destroy_findings(node: &Node, bucket: &BucketId) -> Result<u64, ControlError> {
    let folder = node.findings();
    if !folder.exists() {
        return Ok(0);
    }
    let _lock = lock(node)?;
    let list = std::fs::read_dir(&folder).map_err(ControlError::file("list", &folder))?;
    let paths: Vec<PathBuf> = list.flatten().map(|entry| entry.path()).collect();
    let mut destroyed = 0;
    for path in paths.iter().filter(|path| ends(path, &["json"])) {
        let bytes = files::read(path)?.unwrap_or_default();
        let finding: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if finding["bucket"] != bucket.to_string() {
            continue;
        }
        // The document last: by it an attempt that was cut off goes on.
        for end in ["body", "entry", "tlog-proof", "json"] {
            let file = path.with_extension(end);
            match std::fs::remove_file(&file) {
                Err(e) if e.kind() != ErrorKind::NotFound => {
                    return Err(ControlError::file("remove", &file)(e));
                }
                _ => {}
            }
        }
        destroyed += 1;
    }
    Ok(destroyed)
}

/// Waits for whoever writes findings now, then keeps others from it.
fn lock(node: &Node) -> Result<File, ControlError> {
    let path = node.findings_lock();
    let file = File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path);
    let file = file.map_err(ControlError::file("open", &path))?;
    file.lock().map_err(ControlError::file("lock", &path))?;
    Ok(file)
}

/// Removes what a fall has left of findings that were being written: files without the others of their set. The entry in the log stays, and the run has its gap.
///
/// # Errors
/// [`ControlError::File`].
pub fn sweep_findings(node: &Node) -> Result<(), ControlError> {
    let folder = node.findings();
    if !folder.exists() {
        return Ok(());
    }
    let _lock = lock(node)?;
    let list = std::fs::read_dir(&folder).map_err(ControlError::file("list", &folder))?;
    let paths: Vec<PathBuf> = list.flatten().map(|entry| entry.path()).collect();
    let mut sets: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for path in paths.iter().filter(|path| ends(path, &ENDS)) {
        *sets.entry(path.with_extension("")).or_default() += 1;
    }
    let torn = |path: &&PathBuf| {
        let whole = sets.get(&path.with_extension("")) == Some(&ENDS.len());
        ends(path, &[files::UNFINISHED]) || (ends(path, &ENDS) && !whole)
    };
    for path in paths.iter().filter(torn) {
        std::fs::remove_file(path).map_err(ControlError::file("remove", path))?;
    }
    Ok(())
}

/// Ends of the names of a finding's files.
const ENDS: [&str; 4] = ["entry", "body", "tlog-proof", "json"];

fn ends(path: &Path, with: &[&str]) -> bool {
    let end = path.extension().and_then(|end| end.to_str());
    end.is_some_and(|end| with.contains(&end))
}

/// A share as the log counts it.
#[expect(clippy::cast_sign_loss, reason = "a confidence is 0 to 1")]
fn thousandths(share: f64) -> u64 {
    (share.clamp(0.0, 1.0) * 1000.0).round() as u64
}
