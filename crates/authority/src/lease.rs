//! Leases: the commission lets a sensor go on for some hours. In: a signed note. Out: its fields. Never: a lease without the decision in the commission's own copy of
//! the log.

use crate::grammar::{GrammarError, Lines, number};
use crate::limits::{LEASE_SECONDS_MAX, NOTE_BYTES_MAX};
use crate::statement::Statement;
use crate::text_hash;
use sakimori_custody::ids::{AuthorityId, Name, SensorId, hex};
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::{Note, NoteError};
use std::fmt;

const HEADER: &str = "sakimori/lease/v1";

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its id, 32 hex digits.
    pub id: AuthorityId,
    /// The authority that it keeps alive.
    pub authority: AuthorityId,
    /// SHA-256 of the statement's text.
    pub statement: [u8; 32],
    /// The sensor.
    pub sensor: SensorId,
    /// When it was signed.
    pub issued: Seconds,
    /// Its last second.
    pub not_after: Seconds,
    /// Size of the log that the commission had verified.
    pub tree_size: u64,
    /// Version of the trust root.
    pub root: u64,
}

/// Why a lease is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// Not signed by the lease key.
    #[error("the lease is not signed by the commission's lease key")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("the lease is malformed")]
    Grammar(#[source] GrammarError),
}

/// Why the commission does not sign a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseRefused {
    /// The statement is none of acquisition, and no measure.
    #[error("for a statement of this kind there are no leases")]
    Kind,
    /// The sensor, or actuator, is not named.
    #[error("the statement does not name this sensor or actuator")]
    Sensor,
    /// Not now.
    #[error("the statement is not in force now")]
    Time,
    /// Another text was decided.
    #[error("the decision in the log is not this statement")]
    Decision,
}

impl Lease {
    /// Reads a lease that the lease key signed.
    ///
    /// # Errors
    /// [`LeaseError`]: it is none.
    pub fn open(bytes: &[u8], key: &VerifierKey) -> Result<Self, LeaseError> {
        let note = Note::parse(bytes).map_err(LeaseError::Note)?;
        note.verify(std::slice::from_ref(key))
            .map_err(LeaseError::Note)?;
        Self::parse(note.text()).map_err(LeaseError::Grammar)
    }

    fn parse(text: &str) -> Result<Self, GrammarError> {
        let mut lines = Lines::new(text, HEADER, NOTE_BYTES_MAX)?;
        let lease = Self {
            id: lines.parse("id")?,
            authority: lines.parse("authority")?,
            statement: lines.hash("statement")?,
            sensor: lines.parse::<Name>("sensor")?,
            issued: lines.parse("issued")?,
            not_after: lines.parse("not-after")?,
            tree_size: number(lines.value("tree-size")?).ok_or_else(|| lines.fail("no size"))?,
            root: lines.number("root")?,
        };
        lines.end()?;
        Ok(lease)
    }

    /// What the commission checks before it signs: `decided` is the text of the decision in its own copy of the log. Gives the lease for `seconds` from `now`, never past
    /// the statement's end.
    ///
    /// # Errors
    /// [`LeaseRefused`]: no lease.
    pub fn issue(
        statement: &Statement,
        decided: &str,
        ask: &Ask,
        now: Seconds,
    ) -> Result<Self, LeaseRefused> {
        if !statement.kind.is_leased() {
            return Err(LeaseRefused::Kind);
        }
        if !statement.sensors.contains(&ask.sensor) {
            return Err(LeaseRefused::Sensor);
        }
        if now < statement.not_before || now > statement.not_after {
            return Err(LeaseRefused::Time);
        }
        if decided != statement.to_string() {
            return Err(LeaseRefused::Decision);
        }
        let end = now.plus(ask.seconds.min(LEASE_SECONDS_MAX));
        Ok(Self {
            id: ask.id,
            authority: statement.id,
            statement: text_hash(decided),
            sensor: ask.sensor.clone(),
            issued: now,
            not_after: end.min(statement.not_after),
            tree_size: ask.tree_size,
            root: statement.root,
        })
    }
}

/// What a lease is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// 128 random bits.
    pub id: AuthorityId,
    /// The sensor.
    pub sensor: SensorId,
    /// How long, at most [`LEASE_SECONDS_MAX`].
    pub seconds: u64,
    /// Size of the log that the commission has verified.
    pub tree_size: u64,
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{HEADER}\nid: {}\nauthority: {}\nstatement: sha256:{}\nsensor: {}\nissued: {}\nnot-after: {}\ntree-size: {}\nroot: {}\n",
            self.id,
            self.authority,
            hex(&self.statement),
            self.sensor,
            self.issued,
            self.not_after,
            self.tree_size,
            self.root
        )
    }
}
