//! Duties between office and operators: which computers and products are told of, which incidents are reported, by when, to whom, and what comes back.
//!
//! In: answers, assets, reports and lists as bytes of a stranger; the schedule of duties; a time. Out: verdicts that carry the sentence that decides and its marks,
//! deadlines, documents, workbooks, receipts, statistics. Never: a clock, a disk, a network; a silent "no" where somebody is unsure; a version that is taken back.
//!
//! Every number of the law is a value of [`Terms`], and every verdict shows whether the value was verified and whether its sentence is a reading ([`Marks`]).
//! Act 42/2025 arts. 4 to 10 and 42; Cabinet Order 47/2026; Order 4/2026 of the eight ministries.

pub mod asset;
pub mod calendar;
pub mod clock;
pub mod form;
pub mod guidance;
pub mod limits;
pub mod notice;
pub mod order;
mod plain;
pub mod receipt;
pub mod report;
pub mod routing;
mod rules;
pub mod scope;
pub mod statistics;
pub mod terms;
mod text;
pub mod ticket;
pub mod trigger;

pub use plain::FieldError;
pub use receipt::Receipt;
pub use rules::{Marks, Reason, Rule, marks};
pub use terms::Terms;

use serde::{Deserialize, Serialize};

/// An answer of somebody who may not know. `unsure` never counts as `no`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not known; what nobody answered.
    #[default]
    Unsure,
}

impl Answer {
    /// Whether the answer leaves the matter open or says yes.
    pub const fn may_be(self) -> bool {
        !matches!(self, Self::No)
    }
}
