//! Rulings: what a sitting decides beside granting an authority. In: a signed note. Out: its fields, a verdict on signatures and votes. Never: an outcome that does not
//! fit what the ruling is about.

use crate::grammar::{GrammarError, Lines, number};
use crate::limits::{NOTE_BYTES_MAX, REASON_BYTES_MAX, RETENTION_DAYS_MAX};
use crate::root::TrustRoot;
use crate::schedule::{Beyond, Key, Passed, Schedule};
use crate::sitting::{Sitting, UndecidedError};
use crate::statement::Kind;
use crate::text_hash;
use sakimori_custody::identifier::IdentifierField;
use sakimori_custody::ids::{AuthorityId, BucketId, RecordId, hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_tlog::note::{Note, NoteError};
use std::fmt;

const HEADER: &str = "sakimori/ruling/v1";

/// What a ruling is about, and what it says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A request is refused; the leaf hash of its entry.
    RequestRefused([u8; 32]),
    /// An agreement between office and party is approved, where the schedule asks for that.
    AgreementApproved(AuthorityId),
    /// An authority is revoked.
    AuthorityRevoked(AuthorityId),
    /// An urgent act is ratified.
    UrgentRatified(AuthorityId),
    /// An urgent act is refused: what it brought is destroyed.
    UrgentRefused(AuthorityId),
    /// A bucket is kept until so many days from the start of its day.
    BucketKept {
        /// The bucket.
        bucket: BucketId,
        /// Days.
        days: u64,
    },
    /// One identifier of a record may be shown once.
    RecordReidentified {
        /// The record.
        record: RecordId,
        /// The bucket that holds it.
        bucket: BucketId,
        /// Which identifier.
        field: IdentifierField,
    },
}

/// A ruling as read; signatures and votes are checked by [`Ruling::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Its id.
    pub id: AuthorityId,
    /// Whose floor of votes counts.
    pub kind: Kind,
    /// What it is about, and what it says of it.
    pub matter: Matter,
    /// Leaf hash of the request that it answers; zero where nobody asked.
    pub request: [u8; 32],
    /// When it was decided.
    pub time: Seconds,
    /// Why.
    pub reason: String,
    /// Version of the trust root.
    pub root: u64,
    /// Who decided, and how.
    pub sitting: Sitting,
}

/// Why a ruling is not in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulingError {
    /// No note.
    #[error("the ruling is no signed note")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("the ruling is malformed")]
    Grammar(#[source] GrammarError),
    /// It names another version of the trust root.
    #[error("the ruling is for version {found} of the trust root, this is {known}")]
    OtherRoot {
        /// Version known.
        known: u64,
        /// Version named.
        found: u64,
    },
    /// No sitting stands behind it.
    #[error("no sitting stands behind the ruling")]
    Undecided(#[source] UndecidedError),
    /// Fewer votes than the schedule asks for.
    #[error(transparent)]
    BelowSchedule(Beyond),
}

impl Ruling {
    /// Reads the text of a ruling.
    ///
    /// # Errors
    /// [`GrammarError`] names the line.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        let mut lines = Lines::new(text, HEADER, NOTE_BYTES_MAX)?;
        let id = lines.parse("id")?;
        let kind = Kind::from_name(lines.value("kind")?);
        let kind = kind.ok_or_else(|| lines.fail("no such kind"))?;
        let about = lines.value("about")?;
        let outcome = lines.value("outcome")?;
        let matter = matter(about, outcome)
            .ok_or_else(|| lines.fail("no outcome of what the ruling is about"))?;
        let reidentifies = matches!(matter, Matter::RecordReidentified { .. });
        if reidentifies != (kind == Kind::Reidentification) {
            return Err(lines.fail("the kind does not fit what the ruling is about"));
        }
        let ruling = Self {
            id,
            kind,
            matter,
            request: lines.digits("request")?,
            time: lines.parse("time")?,
            reason: lines.text("reason", REASON_BYTES_MAX)?,
            root: lines.number("root")?,
            sitting: Sitting::read(&mut lines)?,
        };
        lines.end()?;
        Ok(ruling)
    }

    /// Reads a signed ruling and checks that a sitting decided it.
    ///
    /// # Errors
    /// [`RulingError`]: it is not in force.
    pub fn check(bytes: &[u8], root: &TrustRoot) -> Result<(Self, Note), RulingError> {
        let note = Note::parse(bytes).map_err(RulingError::Note)?;
        let ruling = Self::parse(note.text()).map_err(RulingError::Grammar)?;
        if ruling.root != root.version {
            return Err(RulingError::OtherRoot {
                known: root.version,
                found: ruling.root,
            });
        }
        ruling
            .sitting
            .decided(&note, root, ruling.kind)
            .map_err(RulingError::Undecided)?;
        Ok((ruling, note))
    }

    /// Whether the votes are enough for the schedule too; the larger floor of trust root and schedule counts.
    ///
    /// # Errors
    /// [`RulingError::BelowSchedule`].
    pub fn within(&self, schedule: &Schedule) -> Result<(), RulingError> {
        let (found, needed) = (
            self.sitting.votes_for.len() as u64,
            schedule.rules.floor(self.kind),
        );
        match Key::floor(self.kind).filter(|_| found < needed) {
            Some(key) => {
                let passed = Passed::Floor { found, needed };
                Err(RulingError::BelowSchedule(schedule.passed(key, passed)))
            }
            None => Ok(()),
        }
    }

    /// SHA-256 of the text.
    pub fn hash(&self) -> [u8; 32] {
        text_hash(&self.to_string())
    }
}

/// What the two lines say together; `None` for what cannot be ruled.
fn matter(about: &str, outcome: &str) -> Option<Matter> {
    let (what, which) = about.split_once(' ')?;
    Some(match (what, outcome) {
        ("request", "refused") => Matter::RequestRefused(unhex(which)?),
        ("authority", "approved") => Matter::AgreementApproved(which.parse().ok()?),
        ("authority", "revoked") => Matter::AuthorityRevoked(which.parse().ok()?),
        ("urgent", "ratified") => Matter::UrgentRatified(which.parse().ok()?),
        ("urgent", "refused") => Matter::UrgentRefused(which.parse().ok()?),
        ("bucket", _) => {
            let days = number(outcome.strip_prefix("keep ")?)?;
            (1..=RETENTION_DAYS_MAX).contains(&days).then_some(())?;
            Matter::BucketKept {
                bucket: which.parse().ok()?,
                days,
            }
        }
        ("record", _) => {
            let (record, bucket) = which.split_once(' ')?;
            Matter::RecordReidentified {
                record: record.parse().ok()?,
                bucket: bucket.parse().ok()?,
                field: outcome.strip_prefix("reidentify ")?.parse().ok()?,
            }
        }
        _ => return None,
    })
}

impl fmt::Display for Matter {
    /// The two lines `about` and `outcome`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequestRefused(request) => {
                writeln!(f, "about: request {}\noutcome: refused", hex(request))
            }
            Self::AgreementApproved(id) => writeln!(f, "about: authority {id}\noutcome: approved"),
            Self::AuthorityRevoked(id) => writeln!(f, "about: authority {id}\noutcome: revoked"),
            Self::UrgentRatified(id) => writeln!(f, "about: urgent {id}\noutcome: ratified"),
            Self::UrgentRefused(id) => writeln!(f, "about: urgent {id}\noutcome: refused"),
            Self::BucketKept { bucket, days } => {
                writeln!(f, "about: bucket {bucket}\noutcome: keep {days}")
            }
            Self::RecordReidentified {
                record,
                bucket,
                field,
            } => writeln!(
                f,
                "about: record {record} {bucket}\noutcome: reidentify {field}"
            ),
        }
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{HEADER}\nid: {}\nkind: {}\n{}request: {}\ntime: {}\nreason: {}\nroot: {}\n{}",
            self.id,
            self.kind,
            self.matter,
            hex(&self.request),
            self.time,
            self.reason,
            self.root,
            self.sitting
        )
    }
}
