//! tlog-proof files: one entry's inclusion with the cosigned checkpoint. In: a file or its parts. Out: the file or its parts. Never: trust in the
//! `extra` line.
//!
//! c2sp.org/tlog-proof@v1.

use crate::checkpoint::{Checkpoint, CheckpointError, decimal};
use crate::limits::{PROOF_BYTES_MAX, PROOF_HASHES_MAX};
use crate::merkle::{self, Hash, ProofError};
use crate::note::{Note, NoteError};
use crate::{base64, unbase64, unbase64_hash};

/// First line of the file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// An inclusion proof with its checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Bytes that nobody vouches for.
    pub extra: Option<Vec<u8>>,
    /// Index of the entry.
    pub index: u64,
    /// Hashes from the leaf's sibling upwards.
    pub hashes: Vec<Hash>,
    /// The checkpoint with its signatures.
    pub checkpoint: Note,
}

/// Why a file proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// No such file; names the line.
    #[error("line {0} of the proof is malformed")]
    Line(usize),
    /// Longer than any proof.
    #[error("the proof is longer than {PROOF_BYTES_MAX} bytes")]
    TooLong,
    /// The checkpoint is no note.
    #[error("the checkpoint in the proof is no signed note")]
    Note(#[source] NoteError),
    /// The note is no checkpoint.
    #[error("the note in the proof is no checkpoint")]
    Checkpoint(#[source] CheckpointError),
    /// The hashes do not lead to the root.
    #[error("the entry is not shown to be in the log")]
    Inclusion(#[source] ProofError),
}

impl TlogProof {
    /// Reads a file's form.
    ///
    /// # Errors
    /// [`TlogProofError`] names what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(TlogProofError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TlogProofError::Line(1))?;
        let (head, note) = text.split_once("\n\n").ok_or(TlogProofError::Line(1))?;
        let mut lines = head.split('\n').enumerate().peekable();
        let bad = |at: usize| TlogProofError::Line(at + 1);
        if lines.next().map(|(_, line)| line) != Some(HEADER) {
            return Err(bad(0));
        }
        let mut extra = None;
        if let Some((at, line)) = lines.next_if(|(_, line)| line.starts_with("extra ")) {
            let value = line.strip_prefix("extra ").and_then(unbase64);
            extra = Some(value.ok_or(bad(at))?);
        }
        let (at, line) = lines.next().ok_or(bad(1))?;
        let index = line
            .strip_prefix("index ")
            .and_then(decimal)
            .ok_or(bad(at))?;
        let mut hashes = Vec::new();
        for (at, line) in lines {
            if hashes.len() == PROOF_HASHES_MAX {
                return Err(bad(at));
            }
            hashes.push(unbase64_hash(line).ok_or(bad(at))?);
        }
        let checkpoint = Note::parse(note.as_bytes()).map_err(TlogProofError::Note)?;
        Ok(Self {
            extra,
            index,
            hashes,
            checkpoint,
        })
    }

    /// The file.
    pub fn to_text(&self) -> String {
        let extra = self
            .extra
            .as_ref()
            .map(|e| format!("extra {}\n", base64(e)));
        let hashes: String = self.hashes.iter().map(|h| base64(h) + "\n").collect();
        let note = String::from_utf8_lossy(&self.checkpoint.to_bytes()).into_owned();
        format!(
            "{HEADER}\n{}index {}\n{hashes}\n{note}",
            extra.unwrap_or_default(),
            self.index
        )
    }

    /// Checks that `entry` stands at the index under the checkpoint, and returns the checkpoint. Who signed it is for the caller to verify.
    ///
    /// # Errors
    /// [`TlogProofError`]: it is not shown.
    pub fn check(&self, entry: &[u8]) -> Result<Checkpoint, TlogProofError> {
        let checkpoint =
            Checkpoint::parse(self.checkpoint.text()).map_err(TlogProofError::Checkpoint)?;
        let leaf = merkle::leaf_hash(entry);
        let (size, root) = (checkpoint.size, &checkpoint.root);
        merkle::verify_inclusion(&leaf, self.index, size, &self.hashes, root)
            .map_err(TlogProofError::Inclusion)?;
        Ok(checkpoint)
    }
}
