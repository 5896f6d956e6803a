//! Why a use case did not do it. In: refusals of the rooms below. Out: words for who must act. Never: another owner's name or text.

use sakimori_cooperate::FieldError;
use sakimori_cooperate::calendar::CalendarError;
use sakimori_cooperate::form::FormError;
use sakimori_cooperate::receipt::ReceiptError;
use sakimori_store::StoreError;

/// What went wrong; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum LiaisonError {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such thing among what the caller may see.
    #[error("there is no {what}")]
    Missing {
        /// The kind of thing and its name.
        what: String,
    },
    /// What was brought breaks a rule; the caller mends it and tries again.
    #[error("{field}: {rule}")]
    Refused {
        /// Which part of what was brought.
        field: String,
        /// What is wrong with it.
        rule: String,
    },
    /// Fields break rules; every one of them is named.
    #[error("{}", listed(.0))]
    Fields(Vec<FieldError>),
    /// A document or workbook that is not read.
    #[error(transparent)]
    Form(#[from] FormError),
    /// A receipt that proves nothing.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// A deadline lies outside the years whose holidays are known.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// One owner has as many as it may have; others are not held up by it.
    #[error("there are {most} {what} already, which is the bound")]
    Full {
        /// Of what.
        what: &'static str,
        /// The bound.
        most: u64,
    },
    /// Something else is kept already under that name.
    #[error("{what} is kept already and says something else")]
    Conflict {
        /// The kind of thing and its name.
        what: String,
    },
    /// What is kept is not what this program writes: the database was changed beside it.
    #[error("the {kind} `{id}` in the store cannot be read")]
    Unreadable {
        /// The paper's kind.
        kind: &'static str,
        /// The paper's id.
        id: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

fn listed(errors: &[FieldError]) -> String {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.join("; ")
}
