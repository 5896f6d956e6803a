//! The one question: may this one do that, here, now? In: who, act, object, time. Out: a [`Decision`] with its reasons. Never: an answer from memory: every
//! question reads the store, so that a role, clearance, case, token or account that is gone is gone at the next call.

use crate::acts::{Act, Class};
use crate::roles::{Ministry, Role};
use crate::{Access, AccessError};
use sakimori_custody::time::Seconds;
use sakimori_store::{Clearance, RoleGrant, Standing};
use std::collections::BTreeSet;
use std::fmt;

/// Who calls. Made by signing in, not by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A person with an account.
    Person {
        /// The person's id.
        id: String,
    },
    /// A machine with a token or certificate.
    Machine {
        /// The machine's id.
        id: String,
        /// What it showed.
        shown: Shown,
    },
}

/// What a machine showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A token, by its SHA-256.
    Token([u8; 32]),
    /// A client certificate, by the SHA-256 of its DER bytes.
    Certificate([u8; 32]),
}

impl Principal {
    /// The id of the person or machine.
    pub fn id(&self) -> &str {
        match self {
            Self::Person { id } | Self::Machine { id, .. } => id,
        }
    }
}

/// What an act is about. An act that shows data names class and case; without, it is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// The class of the information.
    pub class: Option<Class>,
    /// The case that it is looked at for.
    pub case: Option<String>,
    /// Who asked for what is to be decided.
    pub requester: Option<String>,
    /// Whose account, role, clearance or part in a case it is.
    pub subject: Option<String>,
    /// Who voted on the ruling that the act rests on.
    pub voters: Vec<String>,
    /// Whose operators it names.
    pub ministry: Option<Ministry>,
}

impl Object {
    /// An object of which nothing decides.
    pub fn any() -> Self {
        Self::default()
    }

    /// Data of a class, for a case.
    pub fn data(class: Class, case: &str) -> Self {
        Self {
            class: Some(class),
            case: Some(case.to_owned()),
            ..Self::default()
        }
    }

    /// What somebody asked for.
    pub fn asked_by(requester: &str) -> Self {
        Self {
            requester: Some(requester.to_owned()),
            ..Self::default()
        }
    }

    /// Somebody's account, role, clearance or part in a case.
    pub fn of(subject: &str) -> Self {
        Self {
            subject: Some(subject.to_owned()),
            ..Self::default()
        }
    }

    /// Names of operators for whom a minister is competent.
    pub fn names_of(ministry: Ministry) -> Self {
        Self {
            ministry: Some(ministry),
            ..Self::default()
        }
    }
}

/// Why an act is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nobody of that id, or the account has ended.
    NoAccount,
    /// No role of the person allows the act.
    NoRole,
    /// The person is not cleared for the class, or the object has none.
    NoClearance,
    /// The person is not in the case, it is closed, or the object has none.
    NotInCase,
    /// The person asked for it.
    OwnRequest,
    /// It is the person's own account, role, clearance or part.
    Oneself,
    /// The person voted on the ruling that the act rests on.
    Voter,
    /// The operators are not of the person's ministry, or the person is of none.
    OtherMinistry,
    /// The machine's token or certificate does not allow the act.
    NoScope,
}

impl Reason {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoAccount => "no-account",
            Self::NoRole => "no-role",
            Self::NoClearance => "no-clearance",
            Self::NotInCase => "not-in-case",
            Self::OwnRequest => "own-request",
            Self::Oneself => "oneself",
            Self::Voter => "voter",
            Self::OtherMinistry => "other-ministry",
            Self::NoScope => "no-scope",
        }
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the act may be done.
    pub allow: bool,
    /// Why not, all of it, ascending; empty where it may.
    pub reasons: Vec<Reason>,
}

impl Decision {
    pub(crate) const ALLOW: Self = Self {
        allow: true,
        reasons: Vec::new(),
    };

    pub(crate) fn refuse(reasons: impl IntoIterator<Item = Reason>) -> Self {
        let reasons: BTreeSet<Reason> = reasons.into_iter().collect();
        Self {
            allow: false,
            reasons: reasons.into_iter().collect(),
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.allow {
            return f.write_str("allowed");
        }
        let words: Vec<&str> = self.reasons.iter().map(|reason| reason.word()).collect();
        write!(f, "refused: {}", words.join(", "))
    }
}

/// A role grant that counts now.
pub(crate) fn holds(grant: &RoleGrant, now: Seconds) -> bool {
    grant.ended.is_none() && grant.granted <= now.0 && now.0 < grant.until
}

/// A clearance that counts now: confirmed by a second person, not ended, not run out.
pub(crate) fn clears(clearance: &Clearance, now: Seconds) -> bool {
    clearance.ended.is_none()
        && clearance.second_at.is_some_and(|at| at <= now.0)
        && now.0 < clearance.until
}

/// What a person is at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Powers {
    /// Roles in force.
    pub roles: BTreeSet<Role>,
    /// Classes that the person is cleared for.
    pub cleared: BTreeSet<Class>,
    /// Open cases that the person is in.
    pub cases: BTreeSet<String>,
    /// The ministry that the account is of, if it is of one. An account's organisation is never changed.
    pub ministry: Option<Ministry>,
}

/// What a person is now, of all that stands in the store. Words that this program does not know count for nothing.
pub(crate) fn powers(standing: &Standing, now: Seconds) -> Powers {
    Powers {
        roles: standing
            .roles
            .iter()
            .filter(|grant| holds(grant, now))
            .filter_map(|grant| grant.role.parse().ok())
            .collect(),
        cleared: standing
            .clearances
            .iter()
            .filter(|clearance| clears(clearance, now))
            .flat_map(|clearance| &clearance.classes)
            .filter_map(|class| class.parse().ok())
            .collect(),
        cases: standing.cases.iter().cloned().collect(),
        ministry: standing.person.organisation.parse().ok(),
    }
}

impl Access {
    /// Whether the act may be done.
    ///
    /// # Errors
    /// Where the store or the policy cannot be asked; the act is refused then too.
    pub async fn may(
        &self,
        who: &Principal,
        act: Act,
        on: &Object,
        now: Seconds,
    ) -> Result<Decision, AccessError> {
        match who {
            Principal::Person { id } => match self.powers(id, now).await? {
                None => Ok(Decision::refuse([Reason::NoAccount])),
                Some(powers) => self.policy.person(id, &powers, act, on),
            },
            Principal::Machine { id, shown } => match self.scopes(id, shown, now).await? {
                None => Ok(Decision::refuse([Reason::NoAccount])),
                Some(scopes) => self.policy.machine(id, &scopes, act, on),
            },
        }
    }

    /// As [`Access::may`], and a refusal is an error.
    ///
    /// # Errors
    /// [`AccessError::Refused`] with the reasons, or those of `may`.
    pub async fn require(
        &self,
        who: &Principal,
        act: Act,
        on: &Object,
        now: Seconds,
    ) -> Result<(), AccessError> {
        let decision = self.may(who, act, on, now).await?;
        if decision.allow {
            return Ok(());
        }
        Err(AccessError::Refused(decision))
    }

    /// What a person is now; `None` for nobody and for an account that has ended.
    ///
    /// # Errors
    /// The store's.
    pub async fn powers(&self, person: &str, now: Seconds) -> Result<Option<Powers>, AccessError> {
        let standing = self.store.standing(person).await?;
        Ok(standing
            .filter(|standing| standing.person.ended.is_none())
            .map(|standing| powers(&standing, now)))
    }
}
