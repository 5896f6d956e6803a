//! The lease, section 10.3. In: a signed note. Out: its fields. Never: a lease by another key than the commission's lease key.

use super::grammar::{Broken, Lines, number, sha256};
use super::is_name;
use crate::limits::NOTE_TEXT_BYTES_MAX;
use crate::time::read_time;
use crate::unhex;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::note::Note;

const HEADER: &str = "sakimori/lease/v1";

/// A lease as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) id: [u8; 16],
    pub(crate) authority: [u8; 16],
    pub(crate) statement: Hash,
    pub(crate) sensor: String,
    pub(crate) issued: u64,
    pub(crate) not_after: u64,
    pub(crate) tree_size: u64,
    pub(crate) root: u64,
    note: Note,
}

impl Lease {
    /// Reads a note; who signed it is asked by [`Lease::signed_by`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let text = note.text().to_owned();
        Self::parse(&text, note).map_err(|broken| broken.to_string())
    }

    fn parse(text: &str, note: Note) -> Result<Self, Broken> {
        let mut lines = Lines::of(text, HEADER, NOTE_TEXT_BYTES_MAX)?;
        let lease = Self {
            id: lines.parsed("id", unhex)?,
            authority: lines.parsed("authority", unhex)?,
            statement: lines.parsed("statement", sha256)?,
            sensor: lines.parsed("sensor", |text| is_name(text).then(|| text.to_owned()))?,
            issued: lines.parsed("issued", read_time)?,
            not_after: lines.parsed("not-after", read_time)?,
            tree_size: lines.parsed("tree-size", number)?,
            root: lines.parsed("root", number)?,
            note,
        };
        lines.end()?;
        Ok(lease)
    }

    pub(crate) fn signed_by(&self, key: &VerifierKey) -> bool {
        self.note.verify(std::slice::from_ref(key)).is_ok()
    }
}
