//! The attestation that a share was destroyed, section 10.4. In: a signed note. Out: the bucket. Never: the word of somebody who holds no share.

use super::Bucket;
use super::grammar::{Broken, Lines};
use crate::limits::NOTE_TEXT_BYTES_MAX;
use crate::time::read_time;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;

const HEADER: &str = "sakimori/share-destroyed/v1";

/// An attestation as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attestation {
    pub(crate) bucket: Bucket,
    note: Note,
}

impl Attestation {
    /// Reads a note; who signed it is asked by [`Attestation::signed_by`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let bucket = parse(note.text()).map_err(|broken| broken.to_string())?;
        Ok(Self { bucket, note })
    }

    pub(crate) fn signed_by(&self, holder: &VerifierKey) -> bool {
        self.note.verify(std::slice::from_ref(holder)).is_ok()
    }
}

fn parse(text: &str) -> Result<Bucket, Broken> {
    let mut lines = Lines::of(text, HEADER, NOTE_TEXT_BYTES_MAX)?;
    let bucket = lines.parsed("bucket", Bucket::read)?;
    lines.parsed("holder", |holder| (holder == "commission").then_some(()))?;
    lines.parsed("destroyed", read_time)?;
    lines.end()?;
    Ok(bucket)
}
