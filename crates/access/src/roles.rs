//! The roles of the law and which of them one person may hold together. In: words. Out: roles, and whether two exclude each other. Never: who holds one.

use std::fmt;
use std::str::FromStr;

/// The side a node is of; a node knows its own side's roles only, so that office and commission never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The office: it asks, acquires, analyses, responds.
    Office,
    /// The commission: it decides, sees, inspects, stops.
    Commission,
    /// An operator of infrastructure: it agrees, and may suspend.
    Operator,
}

macro_rules! words {
    ($(#[$about:meta])* $name:ident, $kind:literal: $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them, in the order of the documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::WordError;

            fn from_str(word: &str) -> Result<Self, $crate::WordError> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|one| one.word() == word)
                    .ok_or_else(|| $crate::WordError::new($kind, word))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// A role.
    Role, "a role":
    /// Writes and submits requests.
    Requester = "requester",
    /// Holds a request against the law.
    LegalOfficer = "legal-officer",
    /// Looks at selected records, for a case.
    Analyst = "analyst",
    /// Leads the office's work: suspends, releases, purges.
    Supervisor = "supervisor",
    /// The chair of the commission.
    Chair = "chair",
    /// A member of the commission, the deputy among them.
    Member = "member",
    /// Walks from any record to its authority and its deletion.
    Inspector = "inspector",
    /// Keeps the commission's papers.
    Secretariat = "secretariat",
    /// Speaks for an operator of infrastructure.
    OperatorUser = "operator-user",
    /// Carries out measures that were decided.
    Responder = "responder",
    /// Reads the record, from outside the line.
    Auditor = "auditor",
    /// Keeps the node running: people, machines, settings; sees no data.
    Administrator = "administrator",
    /// An officer of a competent ministry: sees by name whom an advisory concerns, of the operators of that ministry alone.
    MinistryOfficer = "ministry-officer",
}

words! {
    /// A ministry whose minister is competent for operators, by the id that the schedule of duties routes to. An account is of the one that its organisation names.
    Ministry, "a ministry":
    /// 経済産業省.
    Meti = "meti",
    /// 国土交通省.
    Mlit = "mlit",
    /// 総務省.
    Mic = "mic",
    /// 金融庁, for the Prime Minister.
    Fsa = "fsa",
}

/// A word that is none of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not {kind}")]
pub struct WordError {
    kind: &'static str,
    word: String,
}

impl WordError {
    pub(crate) fn new(kind: &'static str, word: &str) -> Self {
        // BOUND: 80 characters of it are enough to find it.
        let word = word.chars().take(80).collect();
        Self { kind, word }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Office => "office",
            Self::Commission => "commission",
            Self::Operator => "operator",
        })
    }
}

impl FromStr for Side {
    type Err = WordError;

    fn from_str(word: &str) -> Result<Self, WordError> {
        match word {
            "office" => Ok(Self::Office),
            "commission" => Ok(Self::Commission),
            "operator" => Ok(Self::Operator),
            _ => Err(WordError::new("a side", word)),
        }
    }
}

/// The pairs that one person may hold; every other pair excludes itself. Who asks may look at what was selected, who looks may carry out what was decided; who
/// holds a request against the law, who releases, who decides, who audits and who keeps the machines does nothing else (design 5.2 of the oversight: requester,
/// legal officer, approvers, key custodians are disjoint).
const TOGETHER: [(Role, Role); 3] = [
    (Role::Requester, Role::Analyst),
    (Role::Analyst, Role::Responder),
    (Role::Inspector, Role::Secretariat),
];

impl Role {
    /// Whether one person may not hold both.
    pub fn excludes(self, other: Self) -> bool {
        self != other && !TOGETHER.contains(&(self, other)) && !TOGETHER.contains(&(other, self))
    }

    /// Whether a node of that side knows the role.
    pub const fn is_of(self, side: Side) -> bool {
        match self {
            Self::Requester
            | Self::LegalOfficer
            | Self::Analyst
            | Self::Supervisor
            | Self::Responder
            | Self::MinistryOfficer => matches!(side, Side::Office),
            Self::Chair | Self::Member | Self::Inspector | Self::Secretariat => {
                matches!(side, Side::Commission)
            }
            Self::OperatorUser => matches!(side, Side::Operator),
            Self::Auditor | Self::Administrator => true,
        }
    }
}
