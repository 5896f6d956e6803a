//! How a command ends without its result. In: the errors of the rooms. Out: one line and an exit code. Never: a stack of lines.

use sakimori_control::ControlError;
use sakimori_control::error::{exit, told};
use sakimori_demo::play::PlayError;
use sakimori_verify::VerifyError;

/// A line for standard error, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The line.
    pub(crate) message: String,
    /// The code.
    pub(crate) code: u8,
}

impl Failure {
    /// A command line that cannot be.
    pub(crate) fn usage(message: impl std::fmt::Display) -> Self {
        Self {
            message: format!("{message}"),
            code: exit::USAGE,
        }
    }

    /// A no.
    pub(crate) fn no(message: impl std::fmt::Display) -> Self {
        Self {
            message: format!("{message}"),
            code: exit::NO,
        }
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        Self {
            message: told(&error),
            code: error.exit_code(),
        }
    }
}

impl From<PlayError> for Failure {
    fn from(error: PlayError) -> Self {
        Self {
            message: told(&error),
            code: error.exit_code(),
        }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        let code = match error {
            VerifyError::Io { .. } => exit::ENVIRONMENT,
            _ => exit::USAGE,
        };
        Self {
            message: told(&error),
            code,
        }
    }
}
