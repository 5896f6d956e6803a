//! The suspension, section 10.7. In: a signed note. Out: whose word it is, and whether an authority rests. Never: a note by another key than that of who it says.

use super::grammar::{Broken, Lines, number};
use super::statement::StatementError;
use crate::limits::{NOTE_TEXT_BYTES_MAX, REASON_BYTES_MAX};
use crate::time::read_time;
use crate::unhex;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;

const HEADER: &str = "sakimori/suspension/v1";

/// Who may suspend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// Chair or deputy.
    Commission,
    /// The office.
    Office,
    /// The party of an agreement.
    Party,
}

impl By {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Commission => "commission",
            Self::Office => "office",
            Self::Party => "party",
        }
    }
}

/// A suspension as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suspension {
    pub(crate) authority: [u8; 16],
    pub(crate) by: By,
    /// Whether the authority rests from here on, or goes on.
    pub(crate) suspends: bool,
    pub(crate) serial: u64,
    pub(crate) root: u64,
    note: Note,
}

impl Suspension {
    /// Reads a note; who signed it is asked by [`Suspension::signed_by`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let text = note.text().to_owned();
        Self::parse(&text, note).map_err(|broken| broken.to_string())
    }

    fn parse(text: &str, note: Note) -> Result<Self, Broken> {
        let mut lines = Lines::of(text, HEADER, NOTE_TEXT_BYTES_MAX)?;
        let authority = lines.parsed("authority", unhex)?;
        let by = lines.parsed("by", |text| {
            [By::Commission, By::Office, By::Party]
                .into_iter()
                .find(|by| by.name() == text)
        })?;
        let suspends = lines.parsed("act", |text| match text {
            "suspend" => Some(true),
            "resume" => Some(false),
            _ => None,
        })?;
        let serial = lines.parsed("serial", |text| number(text).filter(|serial| *serial > 0))?;
        lines.parsed("time", read_time)?;
        lines.parsed("reason", |text| {
            (text.len() <= REASON_BYTES_MAX).then_some(())
        })?;
        let root = lines.parsed("root", number)?;
        lines.end()?;
        Ok(Self {
            authority,
            by,
            suspends,
            serial,
            root,
            note,
        })
    }

    /// Whether one of these keys signed.
    pub(crate) fn signed_by(&self, keys: &[VerifierKey]) -> Result<(), StatementError> {
        let verified = self.note.verify(keys);
        verified
            .map(|_| ())
            .map_err(|error| StatementError::Signature(error.to_string()))
    }
}
