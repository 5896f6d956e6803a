//! Why a use case did not do it. In: refusals of the rooms below. Out: words for who must act. Never: another owner's name or text.

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
