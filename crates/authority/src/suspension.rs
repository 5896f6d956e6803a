//! Suspensions: the commission, the office or the party of an agreement stops an authority, or lets it go on. In: a signed note. Out: its fields, a verdict on its
//! signature. Never: a note that a smaller serial takes back.

use crate::grammar::{GrammarError, Lines};
use crate::limits::{NOTE_BYTES_MAX, REASON_BYTES_MAX, SERIAL_MAX};
use crate::root::TrustRoot;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::{Note, NoteError};
use std::fmt;

const HEADER: &str = "sakimori/suspension/v1";

coded! {
    /// Who suspends.
    By: u8 {
        /// Chair or deputy of the commission.
        Commission = 1 "commission",
        /// The office.
        Office = 2 "office",
        /// The party of an agreement.
        Party = 3 "party",
    }
}
coded! {
    /// What a suspension does.
    SuspensionAct: u8 {
        /// The authority stops.
        Suspend = 1 "suspend",
        /// The authority goes on.
        Resume = 2 "resume",
    }
}

/// A suspension as read; its signature is checked by [`Suspension::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// The authority.
    pub authority: AuthorityId,
    /// Who suspends it, or lets it go on.
    pub by: By,
    /// Which of both.
    pub act: SuspensionAct,
    /// Grows by one for each note of the same `by` about the same authority, from 1 to [`SERIAL_MAX`].
    pub serial: u64,
    /// When.
    pub time: Seconds,
    /// Why.
    pub reason: String,
    /// Version of the trust root.
    pub root: u64,
}

/// Why a suspension is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuspensionError {
    /// No note.
    #[error("the suspension is no signed note")]
    Note(#[source] NoteError),
    /// The text breaks its grammar.
    #[error("the suspension is malformed")]
    Grammar(#[source] GrammarError),
    /// It names another version of the trust root.
    #[error("the suspension is for version {found} of the trust root, this is {known}")]
    OtherRoot {
        /// Version known.
        known: u64,
        /// Version named.
        found: u64,
    },
    /// Who it names has not signed.
    #[error("the suspension is not signed by the {0} that it names")]
    Unsigned(By),
}

impl Suspension {
    /// Reads the text of a suspension.
    ///
    /// # Errors
    /// [`GrammarError`] names the line.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        let mut lines = Lines::new(text, HEADER, NOTE_BYTES_MAX)?;
        let authority = lines.parse("authority")?;
        let by = By::from_name(lines.value("by")?);
        let by = by.ok_or_else(|| lines.fail("not one who can suspend"))?;
        let act = SuspensionAct::from_name(lines.value("act")?);
        let act = act.ok_or_else(|| lines.fail("neither `suspend` nor `resume`"))?;
        let serial = lines.count("serial")?;
        if serial > SERIAL_MAX {
            return Err(lines.fail("no serial is larger than 1000000000"));
        }
        let suspension = Self {
            authority,
            by,
            act,
            serial,
            time: lines.parse("time")?,
            reason: lines.text("reason", REASON_BYTES_MAX)?,
            root: lines.number("root")?,
        };
        lines.end()?;
        Ok(suspension)
    }

    /// Reads a signed suspension and checks that who it names signed it. `party` is [`Statement::suspend_key`](crate::Statement::suspend_key) of the authority.
    ///
    /// # Errors
    /// [`SuspensionError`]: it is none.
    pub fn check(
        bytes: &[u8],
        root: &TrustRoot,
        party: Option<&VerifierKey>,
    ) -> Result<(Self, Note), SuspensionError> {
        let note = Note::parse(bytes).map_err(SuspensionError::Note)?;
        let suspension = Self::parse(note.text()).map_err(SuspensionError::Grammar)?;
        if suspension.root != root.version {
            return Err(SuspensionError::OtherRoot {
                known: root.version,
                found: suspension.root,
            });
        }
        let keys = match suspension.by {
            By::Commission => root.leaders(),
            By::Office => vec![root.office.clone()],
            By::Party => party.into_iter().cloned().collect(),
        };
        note.verify(&keys)
            .map_err(|_| SuspensionError::Unsigned(suspension.by))?;
        Ok((suspension, note))
    }
}

impl fmt::Display for Suspension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{HEADER}\nauthority: {}\nby: {}\nact: {}\nserial: {}\ntime: {}\nreason: {}\nroot: {}\n",
            self.authority, self.by, self.act, self.serial, self.time, self.reason, self.root
        )
    }
}
