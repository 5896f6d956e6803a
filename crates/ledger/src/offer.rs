//! A checkpoint that is offered to a witness or a mirror. In: the request, what was seen of the log. Out: the checkpoint, or the answer that refuses it.
//! Never: a disk; what is taken is for the caller to keep before it answers.
//!
//! c2sp.org/tlog-witness, `add-checkpoint`.

use crate::limits::CHECKPOINT_BYTES_MAX;
use crate::mirror::Reply;
use crate::request::{AddCheckpoint, TYPE_SIZE};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle::{Hash, empty_root, verify_consistency};
use sakimori_tlog::note::{Note, NoteError};

/// An offered checkpoint.
#[derive(Debug)]
pub(crate) struct Offer {
    old: u64,
    proof: Vec<Hash>,
    /// The note; once checked, with the log's signatures alone.
    pub(crate) note: Note,
    /// What the note says.
    pub(crate) checkpoint: Checkpoint,
}

impl Offer {
    /// Reads a request: 400 where it is none.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Reply> {
        let malformed = || Reply::plain(400, "the request is malformed\n");
        let request = AddCheckpoint::decode(body).ok_or_else(malformed)?;
        if request.note.len() > CHECKPOINT_BYTES_MAX {
            return Err(malformed());
        }
        let note = Note::parse(&request.note).map_err(|_| malformed())?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|_| malformed())?;
        Ok(Self {
            old: request.old,
            proof: request.proof,
            note,
            checkpoint,
        })
    }

    /// Holds the offer against the log's keys and the last checkpoint of it, size and root, that was seen.
    pub(crate) fn check(
        mut self,
        keys: &[VerifierKey],
        known: bool,
        seen: Option<(u64, Hash)>,
    ) -> Result<Self, Reply> {
        if !known {
            return Err(Reply::plain(404, "the log is not known here\n"));
        }
        self.note.verify(keys).map_err(|error| match error {
            NoteError::Unknown => Reply::plain(403, "no signature of the log\n"),
            other => Reply::plain(403, format!("{other}\n")),
        })?;
        let (have, root) = seen.unwrap_or_else(|| (0, empty_root()));
        self.goes_on(have, &root)?;
        self.note.keep_only(keys);
        Ok(self)
    }

    /// Whether it goes on from the checkpoint that was seen.
    fn goes_on(&self, have: u64, root: &Hash) -> Result<(), Reply> {
        let new = &self.checkpoint;
        let conflict = || Reply::text(409, TYPE_SIZE, format!("{have}\n"));
        if self.old > new.size {
            return Err(Reply::plain(400, "the old size is beyond the new one\n"));
        }
        if self.old != have || (have == new.size && new.root != *root) {
            return Err(conflict());
        }
        let proven = if have == 0 {
            self.proof.is_empty() && (new.size > 0 || new.root == empty_root())
        } else {
            verify_consistency(have, new.size, &self.proof, root, &new.root).is_ok()
        };
        if proven {
            Ok(())
        } else {
            Err(Reply::plain(422, "the consistency proof is wrong\n"))
        }
    }
}
