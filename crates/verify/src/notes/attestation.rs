//! The attestation that a share was destroyed. In: a signed note. Out: the bucket. Never: the word of somebody who holds no share.
//!
//! `docs/reference/formats.md` names the note and its header alone. What is asked of it here: lines `key: value`, one of them the bucket.

use super::Bucket;
use crate::limits::NOTE_TEXT_BYTES_MAX;
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
        let text = note.text();
        let ascii = text
            .bytes()
            .all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte));
        let mut lines = text.strip_suffix('\n').unwrap_or_default().split('\n');
        if !ascii || text.len() > NOTE_TEXT_BYTES_MAX || lines.next() != Some(HEADER) {
            return Err(format!("it is no text that begins with `{HEADER}`"));
        }
        let mut buckets = Vec::new();
        for (at, line) in lines.enumerate() {
            let (key, value) = line
                .split_once(": ")
                .ok_or(format!("line {} is no `key: value`", at + 2))?;
            if key == "bucket" {
                buckets
                    .push(Bucket::read(value).ok_or(format!("line {} names no bucket", at + 2))?);
            }
        }
        match <[Bucket; 1]>::try_from(buckets) {
            Ok([bucket]) => Ok(Self { bucket, note }),
            Err(_) => Err("it names no bucket, or several".to_owned()),
        }
    }

    pub(crate) fn signed_by(&self, holders: &[VerifierKey]) -> bool {
        self.note.verify(holders).is_ok()
    }
}
