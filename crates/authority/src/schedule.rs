//! The schedule: every legal number as a signed text, each with its source and whether somebody verified it. In: a signed note. Out: typed rules, a verdict on signatures
//! and on what it follows. Never: a number that the text does not show to those who sign it.

mod drafts;
mod hours;
mod key;
mod rules;
mod within;

pub(crate) use drafts::mechanical_fields;
pub use drafts::{Draft, fictional, japan};
pub use hours::Hours;
pub use key::Key;
pub use rules::{Country, FieldName, Rules};
pub use within::{Beyond, Passed};

use crate::grammar::{GrammarError, Lines, optional_hash};
use crate::limits::{NOTE_BYTES_MAX, SOURCE_BYTES_MAX};
use crate::root::TrustRoot;
use crate::sitting::{Sitting, UndecidedError};
use crate::statement::Kind;
use crate::text_hash;
use sakimori_custody::time::Seconds;
use sakimori_tlog::note::{Note, NoteError};
use std::fmt;

const HEADER: &str = "sakimori/schedule/v1";
/// What stands beside a value that nobody verified, wherever it is shown.
pub const UNVERIFIED: &str = "UNVERIFIED";

/// Where a value comes from, and whether somebody held it against the law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whether it was verified.
    pub verified: bool,
    /// The source.
    pub source: String,
}

/// A schedule as read; its signatures are checked by [`Schedule::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Counted from 1.
    pub version: u64,
    /// Whose law it is: two upper-case letters.
    pub jurisdiction: Country,
    /// In force from.
    pub not_before: Seconds,
    /// The values.
    pub rules: Rules,
    /// A mark for each key, in the order of [`Key::ALL`].
    pub marks: Vec<Mark>,
    /// SHA-256 of the record of the consultation.
    pub consultation: Option<[u8; 32]>,
    /// SHA-256 of the text of the version before.
    pub previous: Option<[u8; 32]>,
    /// Version of the trust root.
    pub root: u64,
    /// Who decided, and how.
    pub sitting: Sitting,
}

/// Why a schedule is not in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// No note.
    #[error("the schedule is no signed note")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("the schedule is malformed")]
    Grammar(#[source] GrammarError),
    /// It names another version of the trust root.
    #[error("the schedule is for version {found} of the trust root, this is {known}")]
    OtherRoot {
        /// Version known.
        known: u64,
        /// Version named.
        found: u64,
    },
    /// The office has not signed.
    #[error("the office has not signed the schedule")]
    OfficeUnsigned,
    /// No sitting stands behind it.
    #[error("no sitting stands behind the schedule")]
    Undecided(#[source] UndecidedError),
}

/// Why a schedule does not follow the one before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuccessionError {
    /// Older than the known one, or another text of its version.
    #[error("version {found} does not come after version {known}")]
    Older {
        /// Version known.
        known: u64,
        /// Version offered.
        found: u64,
    },
    /// It names another text as the one before it.
    #[error("version {0} does not follow the text of the known version")]
    Other(u64),
    /// It changes what needs a consultation.
    #[error("it changes `{0}` and names no consultation")]
    Unconsulted(Key),
}

impl Schedule {
    /// Reads the text of a schedule.
    ///
    /// # Errors
    /// [`GrammarError`] names the line.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        let mut lines = Lines::new(text, HEADER, NOTE_BYTES_MAX)?;
        let version = lines.count("version")?;
        let jurisdiction = lines.parse("jurisdiction")?;
        let not_before = lines.parse("not-before")?;
        let (mut texts, mut marks) = (Vec::new(), Vec::new());
        for key in Key::ALL {
            let line = lines.value("value")?;
            let (text, mark) = value(line, *key).ok_or_else(|| {
                lines.fail(format!("not `{key} = … | verified or unverified | …`"))
            })?;
            if !Rules::fits(*key, text) {
                return Err(lines.fail(format!("`{text}` is no value of `{key}`")));
            }
            texts.push(text);
            marks.push(mark);
        }
        let rules = Rules::read(&texts).ok_or_else(|| lines.fail("a value is none"))?;
        let consultation = lines.optional_hash("consultation")?;
        let previous = lines.optional_hash("previous")?;
        if previous.is_none() != (version == 1) {
            return Err(lines.fail("the first version alone follows none"));
        }
        let schedule = Self {
            version,
            jurisdiction,
            not_before,
            rules,
            marks,
            consultation,
            previous,
            root: lines.number("root")?,
            sitting: Sitting::read(&mut lines)?,
        };
        lines.end()?;
        Ok(schedule)
    }

    /// Reads a signed schedule and checks that the office signed it and a sitting decided it.
    ///
    /// # Errors
    /// [`ScheduleError`]: it is not in force.
    pub fn check(bytes: &[u8], root: &TrustRoot) -> Result<(Self, Note), ScheduleError> {
        let note = Note::parse(bytes).map_err(ScheduleError::Note)?;
        let schedule = Self::parse(note.text()).map_err(ScheduleError::Grammar)?;
        if schedule.root != root.version {
            return Err(ScheduleError::OtherRoot {
                known: root.version,
                found: schedule.root,
            });
        }
        note.verify(std::slice::from_ref(&root.office))
            .map_err(|_| ScheduleError::OfficeUnsigned)?;
        schedule
            .sitting
            .decided(&note, root, Kind::Acquisition)
            .map_err(ScheduleError::Undecided)?;
        Ok((schedule, note))
    }

    /// Reads a schedule that was accepted before and kept since; its signatures were checked then.
    pub fn remembered(bytes: &[u8]) -> Option<Self> {
        Self::parse(Note::parse(bytes).ok()?.text()).ok()
    }

    /// Whether it may take the place of a known one: the same text, or a later version. The next version names this text, and a consultation where it changes what
    /// needs one; what versions in between changed is for those who hold the whole log.
    ///
    /// # Errors
    /// [`SuccessionError`]: the known one stays in force.
    pub fn succeeds(&self, known: &Self) -> Result<(), SuccessionError> {
        if self.version < known.version || self.version == known.version && self != known {
            return Err(SuccessionError::Older {
                known: known.version,
                found: self.version,
            });
        }
        if known.version.checked_add(1) != Some(self.version) {
            return Ok(());
        }
        if self.previous != Some(known.hash()) {
            return Err(SuccessionError::Other(self.version));
        }
        match self.unconsulted(known) {
            Some(key) => Err(SuccessionError::Unconsulted(key)),
            None => Ok(()),
        }
    }

    /// A value that differs from the version before and would need a consultation that is not named.
    pub fn unconsulted(&self, before: &Self) -> Option<Key> {
        if self.consultation.is_some() {
            return None;
        }
        Key::ALL
            .iter()
            .copied()
            .filter(|key| key.needs_consultation())
            .find(|key| self.rules.text(*key) != before.rules.text(*key))
    }

    /// The mark of a value.
    pub fn mark(&self, key: Key) -> Option<&Mark> {
        self.marks.get(usize::from(key.code()).checked_sub(1)?)
    }

    /// Values that nobody verified.
    pub fn unverified(&self) -> Vec<Key> {
        let unverified = |key: &Key| self.mark(*key).is_none_or(|mark| !mark.verified);
        Key::ALL.iter().copied().filter(unverified).collect()
    }

    /// A value for people: its text, with [`UNVERIFIED`] behind it where nobody verified it.
    pub fn shown(&self, key: Key) -> String {
        let text = self.rules.text(key);
        match self.mark(key) {
            Some(mark) if mark.verified => text,
            _ => format!("{text} ({UNVERIFIED})"),
        }
    }

    /// A value that is passed, with what says whether somebody verified it.
    pub(crate) fn passed(&self, key: Key, passed: Passed) -> Beyond {
        let verified = self.mark(key).is_some_and(|mark| mark.verified);
        Beyond {
            key,
            verified,
            passed,
        }
    }

    /// SHA-256 of the text.
    pub fn hash(&self) -> [u8; 32] {
        text_hash(&self.to_string())
    }
}

/// What stands in a line of a value.
fn value(line: &str, key: Key) -> Option<(&str, Mark)> {
    let rest = line.strip_prefix(key.name())?.strip_prefix(" = ")?;
    let mut parts = rest.splitn(3, " | ");
    let (text, verified, source) = (parts.next()?, parts.next()?, parts.next()?);
    let verified = match verified {
        "verified" => true,
        "unverified" => false,
        _ => return None,
    };
    let plain = source.trim() == source && (1..=SOURCE_BYTES_MAX).contains(&source.len());
    plain.then(|| {
        let mark = Mark {
            verified,
            source: source.to_owned(),
        };
        (text, mark)
    })
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{HEADER}\nversion: {}\njurisdiction: {}\nnot-before: {}\n",
            self.version, self.jurisdiction, self.not_before
        )?;
        for (key, mark) in Key::ALL.iter().zip(&self.marks) {
            let verified = if mark.verified {
                "verified"
            } else {
                "unverified"
            };
            let text = self.rules.text(*key);
            writeln!(f, "value: {key} = {text} | {verified} | {}", mark.source)?;
        }
        write!(
            f,
            "consultation: {}\nprevious: {}\nroot: {}\n{}",
            optional_hash(self.consultation.as_ref()),
            optional_hash(self.previous.as_ref()),
            self.root,
            self.sitting
        )
    }
}
