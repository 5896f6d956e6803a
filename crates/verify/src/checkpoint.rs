//! Checkpoints: who signed for a log's size and root. In: a note, the trust root in force. Out: size and root, and what is wrong with the signatures. Never: a
//! checkpoint of another log.

use crate::VerifyError;
use crate::code::{Code, Subject};
use crate::files::{Folder, Found};
use crate::limits::{CHECKPOINT_BYTES_MAX, SKEW_SECONDS_MAX};
use crate::notes::TrustRoot;
use crate::report::{Place, Sink};
use crate::time::Time;
use crate::tree::Stated;
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;

/// Name of the published checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// Name of the checkpoint for which a mirror is still gathering entries.
pub(crate) const PENDING: &str = "pending/checkpoint";

/// A checkpoint as read.
pub(crate) struct Signed {
    /// How the report calls its file.
    pub(crate) file: String,
    pub(crate) note: Note,
    pub(crate) checkpoint: Checkpoint,
}

/// With what checkpoints are verified.
#[derive(Clone, Copy)]
pub(crate) enum Trust<'t> {
    /// The trust root in force.
    Root(&'t TrustRoot),
    /// The key of a log alone.
    Log(&'t VerifierKey),
}

/// Reads a folder's checkpoint; `None` where there is none of its form, which is told where it has to be there.
pub(crate) fn read(
    folder: &Folder,
    name: &str,
    sink: &mut Sink,
) -> Result<Option<Signed>, VerifyError> {
    let file = folder.call(name);
    let malformed = |sink: &mut Sink, what: String| {
        sink.bad(Code::CheckpointMalformed, Place::file(&file), what);
        Ok(None)
    };
    let bytes = match folder.read(name, CHECKPOINT_BYTES_MAX)? {
        Found::Bytes(bytes) => bytes,
        Found::Nothing if name == CHECKPOINT => {
            sink.bad(
                Code::CheckpointMissing,
                Place::file(&file),
                "a log has this file",
            );
            return Ok(None);
        }
        Found::Nothing => return Ok(None),
        Found::TooLong => {
            return malformed(
                sink,
                format!("it is longer than {CHECKPOINT_BYTES_MAX} bytes"),
            );
        }
        Found::NoFile => return malformed(sink, "it is no regular file".to_owned()),
    };
    let note = match Note::parse(&bytes) {
        Ok(note) => note,
        Err(error) => return malformed(sink, error.to_string()),
    };
    match Checkpoint::parse(note.text()) {
        Ok(checkpoint) if checkpoint.extensions.is_empty() => Ok(Some(Signed {
            file,
            note,
            checkpoint,
        })),
        Ok(_) => malformed(
            sink,
            "it has lines behind the root, where this project has none".to_owned(),
        ),
        Err(error) => malformed(sink, error.to_string()),
    }
}

impl Signed {
    /// Size and root that it states.
    pub(crate) const fn stated(&self) -> Stated {
        Stated {
            size: self.checkpoint.size,
            root: self.checkpoint.root,
        }
    }

    /// Whether the log signed, the mirror cosigned, and the quorum is met. Lines that nobody known signed are told in a note: they may say anything.
    pub(crate) fn check(&self, trust: Trust<'_>, now: Option<u64>, sink: &mut Sink) {
        match self.problem(trust, now) {
            None => sink.good(Subject::Checkpoint),
            Some((code, what)) => sink.bad(code, Place::file(&self.file), what),
        }
        let verified = self.note.verify(&known(trust)).unwrap_or_default().len();
        let unknown = self.note.signatures().len().saturating_sub(verified);
        if verified > 0 && unknown > 0 {
            sink.note(format!(
                "{unknown} signature lines of `{}` are by keys that the trust root has not, or stand twice",
                self.file
            ));
        }
    }

    /// Whether the log alone signed: a mirror's pending checkpoint has no cosignature yet.
    pub(crate) fn check_log(&self, trust: Trust<'_>, sink: &mut Sink) {
        let logs = match trust {
            Trust::Root(root) => root.policy.logs(),
            Trust::Log(key) => std::slice::from_ref(key),
        };
        match self.log_problem(logs, logs) {
            None => sink.good(Subject::Checkpoint),
            Some((code, what)) => sink.bad(code, Place::file(&self.file), what),
        }
    }

    /// When the mirror cosigned, where it did.
    pub(crate) fn cosigned(&self, trust: Trust<'_>) -> Option<u64> {
        let Trust::Root(root) = trust else {
            return None;
        };
        let verified = self.note.verify(std::slice::from_ref(&root.mirror)).ok()?;
        verified.first()?.time
    }

    fn log_problem(&self, logs: &[VerifierKey], known: &[VerifierKey]) -> Option<(Code, String)> {
        let verified = match self.note.verify(known) {
            Ok(verified) => verified,
            Err(error) => return Some((Code::CheckpointLog, error.to_string())),
        };
        let signed = |log: &&VerifierKey| verified.iter().any(|v| v.key == **log);
        match logs.iter().find(signed) {
            None => Some((
                Code::CheckpointLog,
                "no log of the trust root has signed it".to_owned(),
            )),
            Some(log) if log.name() != self.checkpoint.origin => {
                let what = format!("`{}` signed for a log of another name", log.name());
                Some((Code::CheckpointLog, what))
            }
            Some(_) => None,
        }
    }

    fn problem(&self, trust: Trust<'_>, now: Option<u64>) -> Option<(Code, String)> {
        let root = match trust {
            Trust::Log(key) => {
                let key = std::slice::from_ref(key);
                return self.log_problem(key, key);
            }
            Trust::Root(root) => root,
        };
        let known = known(trust);
        if let Some(problem) = self.log_problem(root.policy.logs(), &known) {
            return Some(problem);
        }
        let verified = self.note.verify(&known).unwrap_or_default();
        let Some(mirror) = verified.iter().find(|v| v.key == root.mirror) else {
            let what = format!("`{}` has not cosigned it", root.mirror.name());
            return Some((Code::CheckpointMirror, what));
        };
        if !root.policy.met_by(&verified) {
            let what = "those who signed are no quorum of the trust root's policy".to_owned();
            return Some((Code::CheckpointQuorum, what));
        }
        let (cosigned, now) = (mirror.time.unwrap_or(0), now.unwrap_or(u64::MAX));
        (cosigned > now.saturating_add(SKEW_SECONDS_MAX)).then(|| {
            let what = format!(
                "the mirror cosigned at {}, which has not come yet",
                Time(cosigned)
            );
            (Code::CheckpointTime, what)
        })
    }
}

/// Keys by which a checkpoint may be signed.
fn known(trust: Trust<'_>) -> Vec<VerifierKey> {
    match trust {
        Trust::Log(key) => vec![key.clone()],
        Trust::Root(root) => {
            let mut known = root.policy.keys();
            if !known.contains(&root.mirror) {
                known.push(root.mirror.clone());
            }
            known
        }
    }
}
