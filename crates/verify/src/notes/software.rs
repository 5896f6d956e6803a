//! The software that a sensor may run, section 10.8. In: a signed note. Out: the hash of a program file. Never: a release that office and chair did not both sign.

use super::grammar::{Broken, Lines, number};
use super::is_name;
use super::root::TrustRoot;
use super::statement::StatementError;
use crate::limits::NOTE_TEXT_BYTES_MAX;
use crate::time::read_time;
use crate::unhex;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::note::Note;

const HEADER: &str = "sakimori/software/v1";

/// A release as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Software {
    /// Of the program file.
    pub(crate) sha256: Hash,
    pub(crate) not_before: u64,
    pub(crate) root: u64,
    note: Note,
}

impl Software {
    /// Reads a note; who signed it is asked by [`Software::signed`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let text = note.text().to_owned();
        Self::parse(&text, note).map_err(|broken| broken.to_string())
    }

    fn parse(text: &str, note: Note) -> Result<Self, Broken> {
        let mut lines = Lines::of(text, HEADER, NOTE_TEXT_BYTES_MAX)?;
        lines.parsed("name", |text| is_name(text).then_some(()))?;
        lines.value("version")?;
        let sha256 = lines.parsed("sha256", unhex)?;
        let not_before = lines.parsed("not-before", read_time)?;
        let root = lines.parsed("root", number)?;
        lines.end()?;
        Ok(Self {
            sha256,
            not_before,
            root,
            note,
        })
    }

    /// Whether the office signed, and chair or deputy.
    pub(crate) fn signed(&self, root: &TrustRoot) -> Result<(), StatementError> {
        let leads = root.leads();
        let keys: Vec<VerifierKey> = [root.office.clone()]
            .into_iter()
            .chain(leads.iter().cloned())
            .collect();
        let wrong = |what: String| StatementError::Signature(what);
        let verified = self
            .note
            .verify(&keys)
            .map_err(|error| wrong(error.to_string()))?;
        let signed = |key: &VerifierKey| verified.iter().any(|v| v.key == *key);
        if !signed(&root.office) {
            return Err(wrong("the office has not signed".to_owned()));
        }
        if !leads.iter().any(signed) {
            return Err(wrong("neither chair nor deputy has signed".to_owned()));
        }
        Ok(())
    }
}
