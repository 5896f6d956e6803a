//! What goes on a stick when the line or the portal is down. In: filings, replies to letters and words on tickets that wait; receipts. Out: two documents, JSON. Never: a draft; a word of the office that nobody signed.

use crate::filer::Word;
use crate::order::WaitingReply;
use crate::ticket::WaitingWord;
use sakimori_cooperate::report::Delegation;
use serde::{Deserialize, Serialize};

/// First field of a package of filings.
pub const HANDOVER: &str = "sakimori/handover/v1";
/// First field of a package of receipts.
pub const HANDBACK: &str = "sakimori/handback/v1";

/// The filers of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The case.
    pub case: String,
    /// Who may file beside the operator.
    pub filers: Vec<Delegation>,
}

/// From the operator to the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// [`HANDOVER`].
    pub format: String,
    /// The operator.
    pub operator: String,
    /// When it was made, UTC.
    pub made_at: String,
    /// Who may file on every case; absent where nobody was ever named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Word>,
    /// Who may file, of the cases that have such.
    pub filers: Vec<Named>,
    /// The filings' texts, in the order in which they were filed.
    pub reports: Vec<String>,
    /// Replies to orders and demands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<WaitingReply>,
    /// Words on tickets, those of a ticket in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<WaitingWord>,
}

impl Handover {
    /// Whether nothing that waits is in it.
    pub const fn is_empty(&self) -> bool {
        self.reports.is_empty() && self.replies.is_empty() && self.words.is_empty()
    }
}

/// A filing, reply or word that the office did not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// SHA-256 of its text, hex.
    pub sha256: String,
    /// Why: field and rule, a line each.
    pub errors: Vec<String>,
}

/// From the office to the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handback {
    /// [`HANDBACK`].
    pub format: String,
    /// The operator.
    pub operator: String,
    /// Signed receipts, each a note.
    pub receipts: Vec<String>,
    /// What was not taken.
    pub refused: Vec<Refusal>,
}
