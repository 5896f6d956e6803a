//! Why not. In: refusals of the rules, errors of the store. Out: words for who must act, and one code for each. Never: which part of a sign-in was wrong, or a secret.

use crate::may::Decision;
use sakimori_store::StoreError;

/// Nothing has happened.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The rules do not allow the act.
    #[error("{0}")]
    Refused(Decision),
    /// Not signed in, or no longer.
    #[error("not signed in, or no longer")]
    NotSignedIn,
    /// A sign-in or registration failed; why is not told to a stranger.
    #[error("sign-in failed")]
    SignIn(#[source] SignInFault),
    /// What was asked for is not allowed by a rule of this room.
    #[error("{0}")]
    Rule(Rule),
    /// The store did not do it.
    #[error("the store refused")]
    Store(#[source] StoreError),
    /// The policy or a question to it is not what Cedar reads: a fault of the program.
    #[error("the policy cannot be asked: {0}")]
    Policy(String),
    /// The machine gave no randomness.
    #[error("no randomness from the machine")]
    Random(#[source] std::io::Error),
    /// What is configured cannot be used.
    #[error("{what} cannot be used: {why}")]
    Config {
        /// The setting.
        what: &'static str,
        /// Why.
        why: String,
    },
}

/// What was wrong in a sign-in: for the node's log, not for the one who signs in.
#[derive(Debug, thiserror::Error)]
pub enum SignInFault {
    /// No such code, or used, or expired.
    #[error("no such one-time code, or used, or expired")]
    Code,
    /// No such ceremony, or too late, or another browser's.
    #[error("no such ceremony, or too late, or another browser's")]
    Ceremony,
    /// The person has no account, no passkey or the account ended.
    #[error("the person has no account, no passkey, or the account has ended")]
    Person,
    /// What the authenticator sent does not hold.
    #[error("the authenticator's answer does not hold: {0}")]
    Authenticator(String),
    /// The credential's counter did not grow: there may be a copy of it. It has been ended.
    #[error(
        "the credential's counter did not grow: there may be a copy of it, and it has been ended"
    )]
    Copied,
    /// The provider refused, did not answer, or its word does not hold.
    #[error("the provider's word does not hold: {0}")]
    Provider(String),
    /// The subject is nobody here.
    #[error("the subject is bound to nobody here")]
    Subject,
}

/// Rules of this room that are code, not policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Two roles that exclude each other.
    #[error("the roles {held} and {wanted} exclude each other")]
    Excluded {
        /// The role that the person holds.
        held: String,
        /// The role that was to be given.
        wanted: String,
    },
    /// A role of another side.
    #[error("a node of the {side} knows no {role}")]
    Side {
        /// The node's side.
        side: String,
        /// The role.
        role: String,
    },
    /// A role of a ministry's officer for a person whose organisation is no ministry.
    #[error("`{organisation}` is no competent ministry: {}", crate::Ministry::ALL.iter().map(|one| one.word()).collect::<Vec<_>>().join(", "))]
    Ministry {
        /// The person's organisation.
        organisation: String,
    },
    /// A role that the person holds already.
    #[error("the person holds that role already")]
    Held,
    /// A clearance needs two different persons, neither of them the subject.
    #[error("a clearance needs two different persons, neither of them its subject")]
    TwoPersons,
    /// A class that nobody can be cleared for, or none at all.
    #[error("nobody can be cleared for that: {0}")]
    Class(String),
    /// A scope that no machine can have, or none at all.
    #[error("no machine can have that scope: {0}")]
    Scope(String),
    /// A time in the past or too far away.
    #[error("the end lies in the past or more than {days_max} days away")]
    Until {
        /// The farthest that is allowed.
        days_max: u64,
    },
    /// A name or id that is not of the form that the log knows.
    #[error("{0}")]
    Name(String),
    /// The account has ended, or there is none.
    #[error("there is no such account, or it has ended")]
    NoAccount,
    /// The credential is another person's or machine's, or was.
    #[error("that credential belongs to somebody already")]
    Shared,
    /// There are people already; the first administrator can only be entered where there are none.
    #[error("there are people already")]
    NotEmpty,
    /// Another changed it at the same time.
    #[error("another changed it at the same time; look again")]
    Stale,
    /// More than one person may have.
    #[error("more than {0}")]
    TooMany(String),
}

impl AccessError {
    /// Whether whoever asked has to act, and not who keeps the machine: what was asked for is refused, is there already, or is not there.
    pub const fn is_of_who_asked(&self) -> bool {
        match self {
            Self::Refused(_) | Self::NotSignedIn | Self::SignIn(_) | Self::Rule(_) => true,
            Self::Store(error) => matches!(
                error,
                StoreError::Exists { .. }
                    | StoreError::Missing { .. }
                    | StoreError::Stale { .. }
                    | StoreError::Text { .. }
                    | StoreError::Bound { .. }
            ),
            Self::Policy(_) | Self::Random(_) | Self::Config { .. } => false,
        }
    }

    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::NotSignedIn => "not-signed-in",
            Self::SignIn(_) => "sign-in-failed",
            Self::Rule(_) => "rule",
            Self::Store(_) => "store",
            Self::Policy(_) => "policy",
            Self::Random(_) => "random",
            Self::Config { .. } => "configuration",
        }
    }
}

impl From<StoreError> for AccessError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Rule> for AccessError {
    fn from(rule: Rule) -> Self {
        Self::Rule(rule)
    }
}

impl From<SignInFault> for AccessError {
    fn from(fault: SignInFault) -> Self {
        Self::SignIn(fault)
    }
}
