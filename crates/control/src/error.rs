//! What can go wrong in a node, by who has to act. In: the errors of other rooms. Out: one error with its exit code. Never: a byte of traffic in a text.

use crate::commission::CallError;
use sakimori_authority::Refusal;
use sakimori_lake::session::SessionError;
use sakimori_lake::{LakeError, ShareError};
use sakimori_ledger::client::ClientError;
use sakimori_ledger::service::StartError;
use sakimori_ledger::socket::Problem;
use std::io;
use std::path::{Path, PathBuf};

/// Exit codes of every command (`docs/reference/formats.md` section 14).
pub mod exit {
    /// Refused, not verified, or the input is damaged.
    pub const NO: u8 = 1;
    /// The command line or a configuration is wrong.
    pub const USAGE: u8 = 2;
    /// A fault of this program.
    pub const BUG: u8 = 70;
    /// The environment failed; try again.
    pub const ENVIRONMENT: u8 = 75;
}

/// Why a use case ended without its result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The gate refuses; the reason is in the log.
    #[error("refused: {} ({}, code {}); {}", .0.sentence(), .0.name(), .0.code(), .0.advice())]
    Refused(Refusal),
    /// The gate refuses because of a value of the schedule; the reason is in the log, with the value and the mark of one that nobody verified.
    #[error("refused: {} ({}, code {}): {value}; {}", refusal.sentence(), refusal.name(), refusal.code(), refusal.advice())]
    Unscheduled {
        /// The refusal.
        refusal: Refusal,
        /// The value, in words.
        value: String,
    },
    /// The gate let the sensor pass and something it needs is not to be had; the refusal is in the log, the cause is told here alone.
    #[error("refused: {} ({}, code {})", refusal.sentence(), refusal.name(), refusal.code())]
    Lacking {
        /// The refusal.
        refusal: Refusal,
        /// What came of the try.
        source: Box<ControlError>,
    },
    /// The log cannot be reached, so that the act was refused; the refusal is kept and entered at the next start.
    #[error("refused: {} ({}, code {}); the refusal is kept in {}", Refusal::LogUnavailable.sentence(), Refusal::LogUnavailable.name(), Refusal::LogUnavailable.code(), .0.display())]
    LogUnavailable(PathBuf),
    /// A document does not say what it must. Its author acts.
    #[error("{what}: {problem}")]
    Document {
        /// Which document, usually a path.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// What was asked for cannot be; whoever asked acts.
    #[error("{0}")]
    Usage(String),
    /// The book of what is on record forbids it; nothing was entered. Whoever asked acts.
    #[error("forbidden by rule {rule}: {sentence} ({code}){detail}")]
    Forbidden {
        /// The rule of `docs/reference/formats.md` section 18.
        rule: &'static str,
        /// The stable name of the reason.
        code: &'static str,
        /// One sentence.
        sentence: &'static str,
        /// What it is about, behind `: `; may be empty.
        detail: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {act} {}", path.display())]
    File {
        /// What was tried.
        act: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No random bytes could be had.
    #[error("the system has no random bytes")]
    Randomness(#[source] io::Error),
    /// The system takes no handler of signals.
    #[error("the system takes no handler of signals")]
    Signals(#[source] io::Error),
    /// The ledger does not answer, or refuses the entry.
    #[error("the log at {}", socket.display())]
    Ledger {
        /// Its socket.
        socket: PathBuf,
        /// What it said.
        source: ClientError,
    },
    /// The ledger's process does not start, or ended.
    #[error("the ledger does not run")]
    LedgerStart(#[source] StartError),
    /// The ledger stopped by itself.
    #[error("the ledger stopped: {0}")]
    LedgerStopped(String),
    /// The commission's process does not answer, or refuses.
    #[error(transparent)]
    Commission(#[from] CallError),
    /// The lake refuses or fails.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A share cannot be had.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// The query ended without an answer.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A run of the sensor broke off.
    #[error(transparent)]
    Supervise(#[from] sakimori_sensor::supervisor::SuperviseError),
}

impl ControlError {
    /// A file's failure, with what was tried.
    pub fn file(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { act, path, source }
    }

    /// A document that is not as it must be.
    pub fn document(what: impl std::fmt::Display, problem: impl std::fmt::Display) -> Self {
        Self::Document {
            what: format!("{what}"),
            problem: format!("{problem}"),
        }
    }

    /// The exit code of a command that ended with this.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_)
            | Self::Unscheduled { .. }
            | Self::Lacking { .. }
            | Self::Document { .. }
            | Self::Forbidden { .. }
            | Self::Ledger {
                source: ClientError::Problem(Problem::Denied(_)),
                ..
            }
            | Self::Lake(
                LakeError::Damaged { .. }
                | LakeError::Deleted { .. }
                | LakeError::Expired { .. }
                | LakeError::Unknown(_)
                | LakeError::Limit { .. },
            )
            | Self::Share(ShareError::Missing(_))
            | Self::Session(SessionError::Ended { .. } | SessionError::Killed(_)) => exit::NO,
            Self::Commission(error) => error.exit_code(),
            // Whoever named the file acts, not who keeps the machine.
            Self::File {
                act: "read",
                source,
                ..
            } if is_misnamed(source) => exit::USAGE,
            Self::Usage(_) | Self::Session(SessionError::Missing(_)) => exit::USAGE,
            _ => exit::ENVIRONMENT,
        }
    }
}

/// Whether a name leads to no document at all.
fn is_misnamed(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, InvalidInput, IsADirectory, NotADirectory, NotFound};
    matches!(
        error.kind(),
        NotFound | IsADirectory | NotADirectory | FileTooLarge | InvalidInput
    )
}

/// An error with all its sources, in one line.
pub fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let said = inner.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        source = inner.source();
    }
    text
}
