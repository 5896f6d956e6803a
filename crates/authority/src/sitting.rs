//! The sitting: who was present, who presided, who voted how, and whether that is a decision. In: the five sitting lines and the trust root. Out: a verdict. Never:
//! a vote of somebody who is recused or absent.
//!
//! Act 42/2025, the Commission's quorum (`docs/reference/formats.md` 10.2): the chair or the fixed deputy presides, at least two more are present, the majority of those
//! voting decides, a tie the one who presides; a floor of votes by kind comes on top.

use crate::grammar::{GrammarError, Lines, join};
use crate::root::{Role, TrustRoot};
use crate::statement::Kind;
use sakimori_custody::ids::Name;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::{Note, NoteError};
use std::fmt;

/// The sitting lines of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// Everybody who was there.
    pub present: Vec<Name>,
    /// Who presided.
    pub presiding: Name,
    /// Who voted for.
    pub votes_for: Vec<Name>,
    /// Who voted against.
    pub votes_against: Vec<Name>,
    /// Who is recused.
    pub recused: Vec<Name>,
}

/// Why a sitting decided nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SittingError {
    /// A name is not that of a member.
    #[error("`{0}` is no member of the commission")]
    Stranger(Name),
    /// Neither chair nor deputy presided.
    #[error("`{0}` presided, who is neither chair nor deputy")]
    NoChair(Name),
    /// Who presided was not there, or recused.
    #[error("`{0}` presided without being present and free to vote")]
    PresidingAbsent(Name),
    /// Fewer than two more were there.
    #[error("{0} members were present besides the presiding one; two are needed")]
    TooFew(usize),
    /// A recused member voted.
    #[error("`{0}` is recused and voted")]
    RecusedVoted(Name),
    /// A vote of somebody who was absent, or for and against.
    #[error("the vote of `{0}` cannot be: absent, or on both sides")]
    Votes(Name),
    /// More or as many against as for.
    #[error("{votes_for} for and {votes_against} against is no majority")]
    NoMajority {
        /// Votes for.
        votes_for: usize,
        /// Votes against.
        votes_against: usize,
    },
    /// A majority, but fewer than the trust root asks for.
    #[error("{found} votes for; this kind needs {needed}")]
    BelowFloor {
        /// Votes for.
        found: usize,
        /// Votes needed.
        needed: u64,
    },
}

/// Why a note is not what a sitting decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UndecidedError {
    /// A signature by a known key is bad.
    #[error("the signature of `{0}` is bad")]
    Bad(String),
    /// Nobody whom the trust root knows has signed.
    #[error("nobody whom the trust root knows has signed")]
    Foreign,
    /// Somebody who was present has not signed.
    #[error("`{0}` was present and has not signed")]
    Short(String),
    /// A member signed whom the sitting does not call present.
    #[error("`{0}` has signed and is not called present")]
    NotPresent(String),
    /// The sitting did not decide for it.
    #[error("the sitting did not decide")]
    Sitting(#[source] SittingError),
}

/// The keys that signed a note, among those that are known.
pub(crate) fn signers(
    note: &Note,
    keys: &[VerifierKey],
) -> Result<Vec<VerifierKey>, UndecidedError> {
    match note.verify(keys) {
        Ok(verified) => Ok(verified.into_iter().map(|v| v.key).collect()),
        Err(NoteError::Bad(name)) => Err(UndecidedError::Bad(name)),
        Err(_) => Err(UndecidedError::Foreign),
    }
}

impl Sitting {
    /// Whether everybody who was present signed the note, nobody else of the commission did, and the votes decide for it.
    ///
    /// # Errors
    /// [`UndecidedError`]: they do not.
    pub fn decided(&self, note: &Note, root: &TrustRoot, kind: Kind) -> Result<(), UndecidedError> {
        let keys: Vec<VerifierKey> = root.members.iter().map(|m| m.key.clone()).collect();
        let signed = signers(note, &keys)?;
        let missing = self.present.iter().find(|name| {
            root.member(name)
                .is_some_and(|member| !signed.contains(&member.key))
        });
        if let Some(name) = missing {
            return Err(UndecidedError::Short(name.to_string()));
        }
        let absent = root
            .members
            .iter()
            .find(|member| signed.contains(&member.key) && !self.present.contains(&member.id));
        if let Some(member) = absent {
            return Err(UndecidedError::NotPresent(member.id.to_string()));
        }
        self.verdict(root, kind).map_err(UndecidedError::Sitting)
    }

    pub(crate) fn read(lines: &mut Lines<'_>) -> Result<Self, GrammarError> {
        Ok(Self {
            present: lines.list("present")?,
            presiding: lines.parse("presiding")?,
            votes_for: lines.list("for")?,
            votes_against: lines.list("against")?,
            recused: lines.list("recused")?,
        })
    }

    /// Whether the sitting decided for the statement.
    ///
    /// # Errors
    /// [`SittingError`]: it did not, and why.
    pub fn verdict(&self, root: &TrustRoot, kind: Kind) -> Result<(), SittingError> {
        let everybody = [
            &self.present,
            &self.votes_for,
            &self.votes_against,
            &self.recused,
        ];
        let names = everybody.into_iter().flatten().chain([&self.presiding]);
        if let Some(stranger) = names.into_iter().find(|name| root.member(name).is_none()) {
            return Err(SittingError::Stranger(stranger.clone()));
        }
        let leads = root
            .member(&self.presiding)
            .is_some_and(|m| m.role != Role::Member);
        if !leads {
            return Err(SittingError::NoChair(self.presiding.clone()));
        }
        let free = |name: &Name| self.present.contains(name) && !self.recused.contains(name);
        if !free(&self.presiding) {
            return Err(SittingError::PresidingAbsent(self.presiding.clone()));
        }
        let others = self
            .present
            .iter()
            .filter(|n| free(n) && **n != self.presiding)
            .count();
        if others < crate::limits::OTHERS_PRESENT_MIN {
            return Err(SittingError::TooFew(others));
        }
        self.check_votes()?;
        self.count(root.floor(kind))
    }

    /// Whether everybody who was present and not recused voted for it: what a measure of level 2 takes.
    pub fn is_of_all(&self) -> bool {
        let voted = |name: &Name| self.recused.contains(name) || self.votes_for.contains(name);
        self.votes_against.is_empty() && self.present.iter().all(voted)
    }

    fn check_votes(&self) -> Result<(), SittingError> {
        for name in self.votes_for.iter().chain(&self.votes_against) {
            if self.recused.contains(name) {
                return Err(SittingError::RecusedVoted(name.clone()));
            }
            let both = self.votes_for.contains(name) && self.votes_against.contains(name);
            if both || !self.present.contains(name) {
                return Err(SittingError::Votes(name.clone()));
            }
        }
        Ok(())
    }

    fn count(&self, floor: u64) -> Result<(), SittingError> {
        let (votes_for, votes_against) = (self.votes_for.len(), self.votes_against.len());
        let casting = votes_for == votes_against && self.votes_for.contains(&self.presiding);
        if votes_for <= votes_against && !casting {
            return Err(SittingError::NoMajority {
                votes_for,
                votes_against,
            });
        }
        if (votes_for as u64) < floor {
            return Err(SittingError::BelowFloor {
                found: votes_for,
                needed: floor,
            });
        }
        Ok(())
    }
}

impl fmt::Display for Sitting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "present: {}\npresiding: {}\nfor: {}\nagainst: {}\nrecused: {}\n",
            join(&self.present),
            self.presiding,
            join(&self.votes_for),
            join(&self.votes_against),
            join(&self.recused)
        )
    }
}
