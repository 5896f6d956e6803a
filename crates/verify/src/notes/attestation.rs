//! The attestation that a share was destroyed, section 10.4. In: a signed note. Out: the bucket, or the epoch. Never: the word of somebody who holds no share.

use super::Bucket;
use super::grammar::{Broken, Lines, number};
use crate::limits::NOTE_TEXT_BYTES_MAX;
use crate::time::{read_day, read_time};
use crate::unhex;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;

const HEADER: &str = "sakimori/share-destroyed/v1";
const EPOCH_HEADER: &str = "sakimori/epoch-share-destroyed/v1";

/// Of what a share is destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destroyed {
    /// A bucket of records.
    Bucket(Bucket),
    /// An epoch of identifiers of an authority.
    Epoch([u8; 16]),
}

/// An attestation as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attestation {
    pub(crate) destroyed: Destroyed,
    note: Note,
}

impl Attestation {
    /// Reads a note; who signed it is asked by [`Attestation::signed_by`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let destroyed = parse(note.text()).map_err(|broken| broken.to_string())?;
        Ok(Self { destroyed, note })
    }

    pub(crate) fn signed_by(&self, holder: &VerifierKey) -> bool {
        self.note.verify(std::slice::from_ref(holder)).is_ok()
    }
}

fn parse(text: &str) -> Result<Destroyed, Broken> {
    let of_epoch = text.starts_with(EPOCH_HEADER);
    let header = if of_epoch { EPOCH_HEADER } else { HEADER };
    let mut lines = Lines::of(text, header, NOTE_TEXT_BYTES_MAX)?;
    let destroyed = if of_epoch {
        Destroyed::Epoch(lines.parsed("epoch", epoch)?)
    } else {
        Destroyed::Bucket(lines.parsed("bucket", Bucket::read)?)
    };
    lines.parsed("holder", |holder| (holder == "commission").then_some(()))?;
    lines.parsed("destroyed", read_time)?;
    lines.end()?;
    Ok(destroyed)
}

/// The authority of `<authority>/<first day>/<days>`.
fn epoch(text: &str) -> Option<[u8; 16]> {
    let [authority, day, days] = text.split('/').collect::<Vec<_>>().try_into().ok()?;
    read_day(day)?;
    number(days).filter(|days| *days > 0)?;
    unhex(authority)
}
