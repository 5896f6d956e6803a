//! The yearly report: what the log gives for a year of Japan, headings of Act 42/2025 art. 61(2) and the fuller sheets behind them. In: the book. Out: numbers, texts. Never: a number
//! that is typed in.
//!
//! `docs/reference/formats.md` section 19. The same log gives the same bytes.

mod headings;
mod messages;
mod render;
mod sheets;
mod verify;

pub use headings::Headings;
pub use render::{Language, Texts};
pub use sheets::{Report, Sheet};
pub use verify::{Difference, verify};

use crate::book::{LetterKind, Sums};
use sakimori_custody::ids::AuthorityId;
use std::collections::BTreeMap;

/// What an authority adds up to in a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfAuthority {
    /// Packets and records of its receipts.
    pub sums: Sums,
    /// Starts of sensors.
    pub starts: u64,
    /// Findings.
    pub findings: u64,
    /// Queries that were closed.
    pub queries: u64,
    /// Rows that they gave.
    pub rows: u64,
    /// Buckets deleted.
    pub deleted_buckets: u64,
    /// Records deleted.
    pub deleted_records: u64,
}

/// Sums of a month in Japan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests by the basis of their draft.
    pub requests: BTreeMap<String, u64>,
    /// Decisions in force by basis.
    pub decisions: BTreeMap<String, u64>,
    /// Urgent statements in force by basis.
    pub urgents: BTreeMap<String, u64>,
    /// Requests refused by a ruling.
    pub refused_requests: u64,
    /// Inspections opened.
    pub inspections: u64,
    /// Findings of inspections.
    pub inspection_findings: u64,
    /// Notices, demands, recommendations that are about no measure.
    pub letters: BTreeMap<LetterKind, u64>,
    /// Recommendations about a measure, by its basis.
    pub recommendations: BTreeMap<String, u64>,
    /// Findings of behaviours.
    pub findings: u64,
    /// Refused starts by name.
    pub refusals: BTreeMap<String, u64>,
    /// Faults by kind.
    pub faults: BTreeMap<String, u64>,
    /// Gaps.
    pub gaps: u64,
    /// Exports.
    pub exports: u64,
    /// Rows of exports.
    pub export_rows: u64,
    /// Re-identifications.
    pub reidentifications: u64,
    /// Cases of misuse.
    pub misuses: u64,
    /// Deletions at most a day behind their buckets' ends.
    pub deletions_in_time: u64,
    /// Later ones.
    pub deletions_late: u64,
    /// Queries and rows by actor.
    pub queries: BTreeMap<String, (u64, u64)>,
    /// By authority.
    pub authorities: BTreeMap<AuthorityId, OfAuthority>,
}

impl Counts {
    /// Sums of an authority.
    pub(crate) fn of(&mut self, id: AuthorityId) -> &mut OfAuthority {
        self.authorities.entry(id).or_default()
    }

    pub(crate) fn request(&mut self, basis: &str) {
        *self.requests.entry(basis.to_owned()).or_default() += 1;
    }

    pub(crate) fn decision(&mut self, basis: &str) {
        *self.decisions.entry(basis.to_owned()).or_default() += 1;
    }

    pub(crate) fn urgent(&mut self, basis: &str) {
        *self.urgents.entry(basis.to_owned()).or_default() += 1;
    }
}
