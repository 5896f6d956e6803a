//! Why a request is not met, with what only the log may know. In: refusals of the protocol, faults of other rooms. Out: TAXII's error object, a line of the log. Never: a cause in an
//! answer.

use crate::problem::{Code, Problem};
use sakimori_access::AccessError;
use sakimori_control::error::told;
use sakimori_exchange::taxii::{StoreError, TaxiiError};

/// A refusal or failure.
#[derive(Debug)]
pub(super) struct Fail {
    /// What the caller is told.
    pub(super) error: TaxiiError,
    /// What the log is told beside it.
    pub(super) cause: Option<String>,
}

/// What a handler gives.
pub(super) type Done<T> = Result<T, Fail>;

/// A refusal that is of this room and not of the protocol's logic.
pub(super) fn taxii(status: u16, title: &'static str, description: &str) -> Fail {
    let error = TaxiiError {
        status,
        title,
        description: description.to_owned(),
        headers: Vec::new(),
    };
    error.into()
}

/// A fault whose cause is for the log alone.
pub(super) fn hidden(cause: impl std::fmt::Display) -> Fail {
    Fail {
        error: TaxiiError::internal(),
        cause: Some(cause.to_string()),
    }
}

impl From<TaxiiError> for Fail {
    fn from(error: TaxiiError) -> Self {
        Self { error, cause: None }
    }
}

impl From<StoreError> for Fail {
    fn from(error: StoreError) -> Self {
        hidden(error)
    }
}

impl From<AccessError> for Fail {
    fn from(error: AccessError) -> Self {
        hidden(told(&error))
    }
}

impl From<Problem> for Fail {
    fn from(problem: Problem) -> Self {
        if problem.code == Code::TooManyRequests {
            let seconds = crate::limits::STARTS_WINDOW.as_secs();
            return TaxiiError::too_many(seconds).into();
        }
        hidden(format!(
            "{} {} {}",
            problem.code.word(),
            problem.detail,
            problem.cause.unwrap_or_default()
        ))
    }
}
