//! What a role's node consists of beside its interface. In: the role's folder. Out: a docket, gauges, readiness, forwarded notes. Never: another role's folder.

mod commission;
mod misuse;
mod office;
mod operator;
mod plans;

pub use commission::CommissionPart;
pub use office::{AgreementPage, ListedEntry, OfficePart, PeerEntry};
pub use operator::OperatorPart;

use crate::docket::Docket;
use crate::metrics::Gauge;
use crate::problem::{Answer, Code, Problem};
use sakimori_control::ControlError;
use sakimori_control::error::{exit, told};
use sakimori_oversight::Book;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A role of the system, which has a node of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The office that asks and acts.
    Office,
    /// The commission that decides and watches.
    Commission,
    /// An infrastructure operator with whom the office has agreements.
    Operator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Office, Self::Commission, Self::Operator];

    /// The side of the room of people and machines.
    pub const fn side(self) -> sakimori_access::Side {
        match self {
            Self::Office => sakimori_access::Side::Office,
            Self::Commission => sakimori_access::Side::Commission,
            Self::Operator => sakimori_access::Side::Operator,
        }
    }

    /// The word on the command line, which is the name of its folder too.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Commission => "commission",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.word() == text)
            .ok_or_else(|| "a role is office, commission or operator".to_owned())
    }
}

/// The part of a role.
pub enum Part {
    /// The office's.
    Office(Box<OfficePart>),
    /// The commission's.
    Commission(CommissionPart),
    /// An operator's.
    Operator(OperatorPart),
}

impl Part {
    /// Brings the docket up to the log's published end.
    ///
    /// # Errors
    /// [`Code::LogUnavailable`], [`Code::PeerUnavailable`].
    pub fn follow(&self, docket: &mut Docket) -> Answer<()> {
        match self {
            Self::Office(office) => office.follow(docket),
            Self::Commission(commission) => commission.follow(docket),
            Self::Operator(operator) => operator.follow(docket),
        }
    }

    /// Whether the role's own stores can take what it acknowledges.
    ///
    /// # Errors
    /// Why not.
    pub fn ready(&self) -> Answer<()> {
        match self {
            Self::Office(office) => office.ready(),
            Self::Commission(commission) => commission.ready(),
            Self::Operator(operator) => operator.ready(),
        }
    }

    /// Why the role's storage takes nothing more until it is opened anew; the node ends then.
    pub fn failed(&self) -> Option<String> {
        match self {
            Self::Office(office) => office.failed(),
            Self::Commission(part) if part.commission.is_stopped() => {
                Some("the mirror's disk failed".to_owned())
            }
            Self::Commission(_) | Self::Operator(_) => None,
        }
    }

    /// Numbers of the moment.
    pub fn gauges(&self) -> Vec<Gauge> {
        match self {
            Self::Office(office) => office.gauges(),
            Self::Commission(commission) => commission.gauges(),
            Self::Operator(_) => Vec::new(),
        }
    }
}

/// Entries from an index on of which the book says that they count for nothing.
fn voids(book: &Book, from: u64) -> BTreeSet<u64> {
    let indices = book.void().iter().map(|(index, _)| *index);
    indices.filter(|index| *index >= from).collect()
}

/// A docket that several requests share.
#[derive(Default)]
pub struct SharedDocket(Mutex<Docket>);

impl SharedDocket {
    /// The docket as of now.
    ///
    /// # Errors
    /// As [`Part::follow`].
    pub fn now(&self, part: &Part) -> Answer<MutexGuard<'_, Docket>> {
        let mut docket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        part.follow(&mut docket)?;
        Ok(docket)
    }
}

/// What a use case's failure is to a caller.
pub(crate) fn refused(error: &ControlError) -> Problem {
    let text = told(error);
    match error {
        ControlError::Ledger { .. }
        | ControlError::LedgerStart(_)
        | ControlError::LedgerStopped(_)
        | ControlError::LogUnavailable(_) => Problem::hidden(Code::LogUnavailable, text),
        ControlError::Commission(e) => match e {
            sakimori_control::commission::CallError::Denied(_) => {
                Problem::new(Code::CommissionRefuses, text)
            }
            _ => Problem::hidden(Code::PeerUnavailable, text),
        },
        ControlError::Document { .. } => Problem::new(Code::NotInForce, text),
        ControlError::Usage(_) | ControlError::Forbidden { .. } => {
            Problem::new(Code::Refused, text)
        }
        other if other.exit_code() == exit::ENVIRONMENT => Problem::hidden(Code::Unavailable, text),
        _ => Problem::hidden(Code::Fault, text),
    }
}

/// What the failure of a look at records is to a caller: what the log refuses is told with its rule, and what is destroyed is gone.
pub(crate) fn used(error: &ControlError) -> Problem {
    use sakimori_lake::{LakeError, ShareError};
    match error {
        ControlError::Ledger {
            source: sakimori_ledger::client::ClientError::Problem(problem),
            ..
        } => match problem {
            sakimori_ledger::socket::Problem::Denied(why) => Problem::new(Code::EntryRefused, why),
            other => Problem::hidden(Code::LogUnavailable, other),
        },
        ControlError::Lake(LakeError::Deleted { .. } | LakeError::Expired { .. })
        | ControlError::Share(ShareError::Missing(_)) => Problem::new(Code::Gone, told(error)),
        other => refused(other),
    }
}
