//! An operator's register of assets. In: lists, answers to the questions of scope, who acts, the time. Out: the register in the store, what the law asks of each entry, the
//! days by which. Never: half of a list; a class that the answers do not bear out; an entry that was told of and is forgotten.
//!
//! Act 42/2025 arts. 2 and 4; Order 4/2026 arts. 1 to 3. The register is kept in parts of at most [`PART_ENTRIES_MAX`] entries, one paper each: a change of one entry
//! writes one part, a list of 20,000 entries is one transaction, and the office reads a million entries in some thousand papers.

mod duty;
mod import;
mod parts;

pub use duty::{Asked, Summary, Tell, asked, scope, summary};
pub(crate) use duty::{due_of, outline_changes};
pub use import::{Added, How, Imported, Names, answer, import, names, profile, read_list};
pub(crate) use parts::changes as parts_changes;
pub use parts::{Part, load};

use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written};
use sakimori_cooperate::asset::{Asset, Filing};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::limits::LIST_ROWS_MAX;
use sakimori_cooperate::notice::{NoticeItem, OperatorOutline, Since};
use sakimori_cooperate::routing::Sector;
use sakimori_cooperate::scope::Questions;
use sakimori_custody::time::Seconds;
use sakimori_store::Change;
use serde::{Deserialize, Serialize};

/// Most entries of a paper: so many stay below the longest text of the store even where every line has its greatest length.
pub const PART_ENTRIES_MAX: usize = 400;
/// Most entries of a register, those included that are gone and not yet told: what one notice holds, and what one transaction writes.
pub const REGISTER_MAX: usize = LIST_ROWS_MAX;
/// Most filings under the economic-security Act that one operator names.
pub const FILINGS_MAX: usize = 2000;

/// Who acts, for whom, when.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// Whose papers.
    pub owner: &'a str,
    /// Who does it.
    pub by: &'a str,
    /// When.
    pub at: Seconds,
}

impl Act<'_> {
    pub(crate) const fn standing<'s>(&'s self, state: &'s str, due: Option<u64>) -> Standing<'s> {
        Standing {
            state,
            due,
            at: self.at.0,
            by: self.by,
        }
    }

    pub(crate) fn audit(&self, act: &str, object: &str, detail: String) -> Change {
        Change::Audit {
            at: self.at.0,
            by: self.by.to_owned(),
            act: act.to_owned(),
            object: object.to_owned(),
            detail,
        }
    }
}

/// An entry of a register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its number in the register: it never changes, and no other entry gets it.
    pub number: u64,
    /// What it is.
    pub asset: Asset,
    /// What was answered about its computer; nothing where only its list says the class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions: Option<Questions>,
    /// What was told of it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<NoticeItem>,
    /// Since when it is another than what was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_on: Option<Date>,
    /// Since when it is not used any more; it stays until that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_on: Option<Date>,
}

impl Entry {
    /// The four items that a notice says of it.
    pub fn item(&self) -> NoticeItem {
        NoticeItem {
            equipment: self.asset.equipment.clone(),
            class: self.asset.class,
            product: self.asset.product.clone(),
            maker: self.asset.maker.clone(),
        }
    }

    /// Whether it is in use.
    pub const fn is_in_use(&self) -> bool {
        self.removed_on.is_none()
    }
}

/// What is said of an operator once: the first of the five items, since when it has the duty, what it filed already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Who tells.
    pub outline: OperatorOutline,
    /// Its sector, which says the competent minister.
    pub sector: Sector,
    /// Since when it has the duty.
    pub since: Since,
    /// Its filings under the economic-security Act.
    #[serde(default)]
    pub filings: Vec<Filing>,
}

/// The head of a register.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The number that the next entry gets.
    pub next: u64,
    /// The number that the next notice gets.
    pub notices: u64,
    /// What is said of the operator, once somebody said it.
    pub profile: Option<Profile>,
    /// The outline that was told last.
    pub told: Option<OperatorOutline>,
    /// Since when the outline is another.
    pub outline_changed_on: Option<Date>,
}

impl Document for Head {
    const KIND: &'static str = "asset-register";
}

/// Id of the head among an operator's papers.
pub(crate) const HEAD_ID: &str = "own";

/// A register as it was read.
#[derive(Clone, Debug)]
pub struct Register {
    /// Its head; none where nothing was ever kept.
    pub head: Option<Written<Head>>,
    /// Its parts as they are kept.
    pub(crate) parts: Vec<Written<Part>>,
    /// Its entries, those that are gone and not told included.
    pub entries: Vec<Entry>,
}

impl Register {
    /// What the head says.
    pub fn said(&self) -> Head {
        let said = self.head.as_ref().map(|head| head.said.clone());
        said.unwrap_or_else(|| Head {
            next: 1,
            notices: 1,
            ..Head::default()
        })
    }

    /// What is said of the operator.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`] until somebody said it.
    pub fn profile(&self) -> Result<Profile, LiaisonError> {
        self.said().profile.ok_or_else(|| LiaisonError::Missing {
            what: "outline of the operator".to_owned(),
        })
    }

    /// An entry by its number.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`].
    pub fn entry(&self, number: u64) -> Result<&Entry, LiaisonError> {
        let found = self.entries.iter().find(|entry| entry.number == number);
        found.ok_or_else(|| LiaisonError::Missing {
            what: format!("entry {number} in the register"),
        })
    }
}
