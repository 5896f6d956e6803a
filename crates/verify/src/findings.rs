//! Findings and other entries with their proofs: `N.tlog-proof`, `N.entry`, `N.body`, `N.json`. In: the files, the trust root, the log's roots where the log is at hand. Out: whether
//! the entry is in the log and the finding the one that it commits to. Never: a finding's records; they are in the lake, under keys that the verifier has not got.

use crate::VerifyError;
use crate::body::Body;
use crate::checkpoint::{Signed, Trust};
use crate::code::{Code, Subject};
use crate::envelope::{Act, Envelope};
use crate::files::{Folder, Found};
use crate::json::Json;
use crate::limits::{ENVELOPE_BYTES_MAX, FINDING_BYTES_MAX, STORED_BYTES_MAX};
use crate::report::{Place, Sink};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::limits::PROOF_BYTES_MAX;
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::proof::TlogProof;
use std::collections::BTreeMap;

/// How a proof's file ends.
pub(crate) const PROOF: &str = ".tlog-proof";
/// How the file of its entry ends.
const ENTRY: &str = ".entry";
/// How the file of a finding ends.
const FINDING: &str = ".json";
/// How the file of its body with the salt ends, by which whoever is given the finding can check it.
const BODY: &str = ".body";

/// A proof as read.
pub(crate) struct Proof {
    proof: TlogProof,
    checkpoint: Checkpoint,
}

impl Proof {
    /// Size and root that its checkpoint states.
    pub(crate) const fn stated(&self) -> (u64, Hash) {
        (self.checkpoint.size, self.checkpoint.root)
    }
}

/// Reads a proof; `None` where it is none, which is told.
pub(crate) fn read(
    folder: &Folder,
    stem: &str,
    sink: &mut Sink,
) -> Result<Option<Proof>, VerifyError> {
    let name = format!("{stem}{PROOF}");
    let parsed = match folder.read(&name, PROOF_BYTES_MAX)? {
        Found::Bytes(bytes) => TlogProof::parse(&bytes).map_err(|error| told(&error)),
        Found::Nothing => Err("it is missing".to_owned()),
        Found::TooLong => Err(format!("it is longer than {PROOF_BYTES_MAX} bytes")),
        Found::NoFile => Err("it is no regular file".to_owned()),
    };
    let read = parsed.and_then(|proof| {
        let checkpoint =
            Checkpoint::parse(proof.checkpoint.text()).map_err(|error| told(&error))?;
        if !checkpoint.extensions.is_empty() {
            return Err("its checkpoint has lines behind the root".to_owned());
        }
        Ok(Proof { proof, checkpoint })
    });
    match read {
        Ok(proof) => Ok(Some(proof)),
        Err(what) => {
            sink.bad(Code::ProofMalformed, Place::file(folder.call(&name)), what);
            Ok(None)
        }
    }
}

/// An error with its sources in one line.
fn told(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(
        || error.to_string(),
        |source| format!("{error}: {}", told(source)),
    )
}

/// What a proof is held against.
pub(crate) struct Against<'a> {
    pub(crate) trust: Option<Trust<'a>>,
    pub(crate) now: Option<u64>,
    /// The log's roots by size, where the log is at hand.
    pub(crate) roots: Option<&'a BTreeMap<u64, Hash>>,
    /// Whether the entry has to be a finding, with its document beside it.
    pub(crate) finding: bool,
}

/// Checks a proof with the files beside it.
pub(crate) fn check(
    folder: &Folder,
    stem: &str,
    proof: Proof,
    against: &Against<'_>,
    sink: &mut Sink,
) -> Result<(), VerifyError> {
    let before = sink.count();
    let index = proof.proof.index;
    let place = |end: &str| Place::leaf(folder.call(&format!("{stem}{end}")), index);
    if proof.proof.extra.is_some() {
        let name = folder.call(&format!("{stem}{PROOF}"));
        sink.note(format!(
            "`{name}` has an extra line that nobody vouches for"
        ));
    }
    let Found::Bytes(entry) = folder.read(&format!("{stem}{ENTRY}"), ENVELOPE_BYTES_MAX)? else {
        let what = "the entry that the proof is for is missing, or no file that can be one";
        sink.bad(Code::ProofEntry, place(ENTRY), what);
        return Ok(());
    };
    if let Err(error) = proof.proof.check(&entry) {
        sink.bad(
            Code::ProofWrong,
            place(PROOF),
            format!(
                "it does not show `{}` to be in the log: {}",
                folder.call(&format!("{stem}{ENTRY}")),
                told(&error)
            ),
        );
    }
    if let Some(roots) = against.roots
        && roots.get(&proof.checkpoint.size) != Some(&proof.checkpoint.root)
    {
        let what = format!(
            "the log has not had this root at {} entries",
            proof.checkpoint.size
        );
        sink.bad(Code::ProofCheckpoint, place(PROOF), what);
    }
    match Envelope::read(&entry) {
        Ok(envelope) if against.finding => {
            let signed = match against.trust {
                Some(Trust::Root(root)) => envelope.signed_by(&root.office, &entry),
                _ => true,
            };
            finding(folder, stem, &envelope, signed, sink)?;
        }
        Ok(_) => {}
        Err(malformed) => {
            let what = format!("it leaves its form {malformed}");
            sink.bad(Code::EntryForm, place(ENTRY), what);
        }
    }
    let Some(trust) = against.trust else {
        sink.bad(
            Code::TrustRootMissing,
            place(PROOF),
            "there is no trust root to check its signatures with",
        );
        return Ok(());
    };
    let signed = Signed {
        file: folder.call(&format!("{stem}{PROOF}")),
        checkpoint: proof.checkpoint,
        note: proof.proof.checkpoint,
    };
    signed.check(trust, against.now, sink);
    if sink.count() == before {
        sink.good(Subject::Proofs);
    }
    Ok(())
}

/// What the entry of a finding itself says.
fn finding(
    folder: &Folder,
    stem: &str,
    envelope: &Envelope,
    signed: bool,
    sink: &mut Sink,
) -> Result<(), VerifyError> {
    let place = |end: &str| Place::file(folder.call(&format!("{stem}{end}")));
    if envelope.act != Act::Finding {
        let what = format!("it is a {}, no finding", envelope.act.name());
        sink.bad(Code::FindingFile, place(ENTRY), what);
        return Ok(());
    }
    if !signed {
        sink.bad(
            Code::EntrySignature,
            place(ENTRY),
            "the office has not signed it",
        );
    }
    let Found::Bytes(json) = folder.read(&format!("{stem}{FINDING}"), FINDING_BYTES_MAX)? else {
        let what = "the finding that the entry is for is missing, or no file that can be one";
        sink.bad(Code::FindingFile, place(FINDING), what);
        return Ok(());
    };
    let wrong = match folder.read(&format!("{stem}{BODY}"), STORED_BYTES_MAX)? {
        Found::Bytes(stored) => match committed(&stored, envelope) {
            Ok(said) => differs(&json, said).map(|what| (FINDING, what)),
            Err(what) => Some((BODY, what.to_owned())),
        },
        Found::Nothing => {
            sink.note(format!(
                "`{}` is held against the counters of its entry alone: its body is not beside it",
                folder.call(&format!("{stem}{FINDING}"))
            ));
            None
        }
        _ => Some((BODY, "it is no file that can be a body".to_owned())),
    };
    let wrong = wrong.or_else(|| document(&json, envelope).err().map(|what| (FINDING, what)));
    if let Some((end, what)) = wrong {
        sink.bad(Code::FindingFile, place(end), what);
    }
    Ok(())
}

/// The finding in a stored body, once it is the one that the entry commits to.
fn committed<'s>(stored: &'s [u8], envelope: &Envelope) -> Result<&'s [u8], &'static str> {
    let body = Body::read(stored).ok_or("it has no known form")?;
    if !body.is_committed_by(&envelope.body) {
        return Err("it is not the body that the entry commits to");
    }
    match body {
        Body::Open { body, .. } => Ok(body),
        Body::Sealed { .. } => Err("it is sealed, and shows nothing"),
    }
}

/// Whether the document says something else than the body that is committed to.
fn differs(json: &[u8], said: &[u8]) -> Option<String> {
    let [json, said] = [json, said].map(|bytes| Json::read(bytes).ok());
    (json.is_none() || json != said).then(|| "it is not what the entry commits to".to_owned())
}

/// Holds a finding's document against the counters of its entry.
fn document(bytes: &[u8], envelope: &Envelope) -> Result<(), String> {
    let value = Json::read(bytes)?;
    let confidence = value
        .get("confidence")
        .and_then(Json::as_f64)
        .ok_or("it has no `confidence`")?;
    // A finding names its first records and counts all of them.
    let named = match value.get("records") {
        Some(Json::List(list)) => list.len() as u64,
        _ => return Err("it has no `records`".to_owned()),
    };
    let total = value.get("records_total").and_then(Json::as_u64);
    let records = total.filter(|total| named <= *total);
    let counters = envelope.counters.as_slice();
    let near = |thousandths: u64| (confidence * 1000.0 - thousandths as f64).abs() < 1.0;
    match counters {
        &[thousandths, count] if near(thousandths) && records == Some(count) => Ok(()),
        _ => Err("its confidence or number of records is not the one of its entry".to_owned()),
    }
}

/// Stems of the proofs in a folder, sorted; other files are told.
pub(crate) fn stems(folder: &Folder, sink: &mut Sink) -> Result<Vec<String>, VerifyError> {
    let mut stems = Vec::new();
    for item in folder.list("")?.unwrap_or_default() {
        let stem = [PROOF, ENTRY, FINDING, BODY]
            .iter()
            .find_map(|end| item.name.strip_suffix(end));
        match stem.filter(|stem| !stem.is_empty() && !item.folder) {
            Some(stem) => stems.push(stem.to_owned()),
            None => sink.bad(
                Code::Stray,
                Place::file(folder.call(&item.name)),
                "it is no file of a finding",
            ),
        }
    }
    stems.sort();
    stems.dedup();
    Ok(stems)
}
