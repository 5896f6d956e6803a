//! The ruling, section 10.6: what a sitting decides beside granting an authority. In: a signed note. Out: what it is about and its outcome. Never: an outcome that its object
//! cannot have.

use super::grammar::{Broken, Lines, number};
use super::root::TrustRoot;
use super::sitting::{Sitting, sat};
use super::statement::{KINDS, StatementError};
use super::{Bucket, is_record};
use crate::limits::{NOTE_TEXT_BYTES_MAX, REASON_BYTES_MAX, RETENTION_DAYS_MAX};
use crate::time::read_time;
use crate::unhex;
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::note::Note;

const HEADER: &str = "sakimori/ruling/v1";
/// Identifiers that may leave as tag and sealed blob.
pub(crate) const SEALED_FIELDS: [&str; 3] = ["source-mail", "destination-mail", "user"];

/// What was ruled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ruled {
    /// A request is refused.
    RequestRefused(Hash),
    /// An agreement is approved.
    Approved([u8; 16]),
    /// An authority is revoked.
    Revoked([u8; 16]),
    /// An urgent act is ratified, or refused.
    Urgent {
        /// Its id.
        id: [u8; 16],
        /// Whether it is ratified.
        ratified: bool,
    },
    /// A bucket is kept for so many days.
    Keep(Bucket, u64),
    /// One field of one record may be shown once.
    Show {
        /// The record's name.
        record: String,
        /// Its bucket.
        bucket: Bucket,
        /// The field.
        field: String,
    },
}

/// A ruling as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ruling {
    pub(crate) id: [u8; 16],
    pub(crate) kind: String,
    pub(crate) ruled: Ruled,
    /// Leaf hash of the request that it answers; zeros where nobody asked.
    pub(crate) request: Hash,
    pub(crate) root: u64,
    pub(crate) sitting: Sitting,
    note: Note,
}

impl Ruling {
    /// Reads a note; whether it was decided is asked by [`Ruling::decided`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let text = note.text().to_owned();
        Self::parse(&text, note).map_err(|broken| broken.to_string())
    }

    fn parse(text: &str, note: Note) -> Result<Self, Broken> {
        let mut lines = Lines::of(text, HEADER, NOTE_TEXT_BYTES_MAX)?;
        let id = lines.parsed("id", unhex)?;
        let kind = lines.parsed("kind", |kind| KINDS.contains(&kind).then_some(kind))?;
        let about = lines.value("about")?;
        let ruled = lines.parsed("outcome", |outcome| ruled(about, outcome))?;
        let request = lines.parsed("request", unhex)?;
        lines.parsed("time", read_time)?;
        lines.parsed("reason", |text| {
            (text.len() <= REASON_BYTES_MAX).then_some(())
        })?;
        let root = lines.parsed("root", number)?;
        let sitting = Sitting::read(&mut lines)?;
        lines.end()?;
        if matches!(ruled, Ruled::Show { .. }) != (kind == "reidentification") {
            return Err(lines_broken(
                "what shows a record, and nothing else, is of kind `reidentification`",
            ));
        }
        Ok(Self {
            id,
            kind: kind.to_owned(),
            ruled,
            request,
            root,
            sitting,
            note,
        })
    }

    /// Whether the right people signed, and decided for it with so many votes.
    pub(crate) fn decided(&self, root: &TrustRoot, floor: u64) -> Result<(), StatementError> {
        sat(&self.note, root, &self.sitting, &[], floor)
    }
}

fn lines_broken(what: &str) -> Broken {
    Broken::at(3, what)
}

fn ruled(about: &str, outcome: &str) -> Option<Ruled> {
    let (what, which) = about.split_once(' ')?;
    Some(match (what, outcome) {
        ("request", "refused") => Ruled::RequestRefused(unhex(which)?),
        ("authority", "approved") => Ruled::Approved(unhex(which)?),
        ("authority", "revoked") => Ruled::Revoked(unhex(which)?),
        ("urgent", "ratified" | "refused") => Ruled::Urgent {
            id: unhex(which)?,
            ratified: outcome == "ratified",
        },
        ("bucket", _) => {
            let days = number(outcome.strip_prefix("keep ")?)?;
            let bounded = (1..=RETENTION_DAYS_MAX).contains(&days);
            Ruled::Keep(Bucket::read(which)?, bounded.then_some(days)?)
        }
        ("record", _) => {
            let (record, bucket) = which.split_once(' ')?;
            let field = outcome.strip_prefix("reidentify ")?;
            SEALED_FIELDS.contains(&field).then_some(())?;
            Ruled::Show {
                record: is_record(record).then(|| record.to_owned())?,
                bucket: Bucket::read(bucket)?,
                field: field.to_owned(),
            }
        }
        _ => return None,
    })
}
