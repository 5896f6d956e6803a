//! Software: which program a sensor may run, released by office and commission. In: a signed note. Out: its fields, a verdict on its signatures. Never: a program that
//! only its maker vouches for.

use crate::grammar::{GrammarError, Lines};
use crate::limits::NOTE_BYTES_MAX;
use crate::root::TrustRoot;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_tlog::note::{Note, NoteError};
use std::fmt;

const HEADER: &str = "sakimori/software/v1";

/// A release as read; its signatures are checked by [`Software::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Software {
    /// Name of the program.
    pub name: Name,
    /// Its version.
    pub version: Name,
    /// SHA-256 of the program file that becomes supervisor and sealed process.
    pub sha256: [u8; 32],
    /// In force from.
    pub not_before: Seconds,
    /// Version of the trust root.
    pub root: u64,
}

/// Why a release is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoftwareError {
    /// No note.
    #[error("the release is no signed note")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("the release is malformed")]
    Grammar(#[source] GrammarError),
    /// It names another version of the trust root.
    #[error("the release is for version {found} of the trust root, this is {known}")]
    OtherRoot {
        /// Version known.
        known: u64,
        /// Version named.
        found: u64,
    },
    /// Office, or chair and deputy, have not signed.
    #[error("the release is not signed by {0}")]
    Unsigned(&'static str),
}

impl Software {
    /// Reads the text of a release.
    ///
    /// # Errors
    /// [`GrammarError`] names the line.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        let mut lines = Lines::new(text, HEADER, NOTE_BYTES_MAX)?;
        let software = Self {
            name: lines.parse("name")?,
            version: lines.parse("version")?,
            sha256: lines.digits("sha256")?,
            not_before: lines.parse("not-before")?,
            root: lines.number("root")?,
        };
        lines.end()?;
        Ok(software)
    }

    /// Reads a signed release and checks that the office signed it, and the chair or the deputy.
    ///
    /// # Errors
    /// [`SoftwareError`]: it is none.
    pub fn check(bytes: &[u8], root: &TrustRoot) -> Result<(Self, Note), SoftwareError> {
        let note = Note::parse(bytes).map_err(SoftwareError::Note)?;
        let software = Self::parse(note.text()).map_err(SoftwareError::Grammar)?;
        if software.root != root.version {
            return Err(SoftwareError::OtherRoot {
                known: root.version,
                found: software.root,
            });
        }
        let office = note.verify(std::slice::from_ref(&root.office));
        office.map_err(|_| SoftwareError::Unsigned("the office"))?;
        let led = note.verify(&root.leaders());
        led.map_err(|_| SoftwareError::Unsigned("the chair or the deputy"))?;
        Ok((software, note))
    }
}

impl fmt::Display for Software {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{HEADER}\nname: {}\nversion: {}\nsha256: {}\nnot-before: {}\nroot: {}\n",
            self.name,
            self.version,
            hex(&self.sha256),
            self.not_before,
            self.root
        )
    }
}
