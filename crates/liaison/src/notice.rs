//! Asset notices and change notices: an operator makes one, the office takes it. In: a register, or the bytes of a notice and who brought them; the time. Out: the notice with
//! its items, kept on both sides; the assets that are registered at the office. Never: a notice that is taken by halves or twice; one operator's in another's name.
//!
//! Act 42/2025 art. 4; Order 4/2026 arts. 2 and 3. A notice says five items. Model, version, count, CPE name and package URL of each asset may come with it: the law does not ask for them, an
//! advisory is matched better with them, and the operator decides.

mod make;
mod take;

pub use make::{Draft, Made, deliver, draft, filing, make};
pub use take::{Registered, RegisteredPart, Taken, TakenNotice, acknowledge, registered, take};

use crate::paper::Document;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::notice::{AssetNotice, Changed};
use sakimori_cooperate::routing::Sector;
use serde::{Deserialize, Serialize};

/// The first member of every filing.
pub const FORMAT: &str = "sakimori/asset-notice/v1";
/// Longest filing in bytes: 20,000 lines and as many items, as long as they are usually.
pub const FILING_BYTES_MAX: usize = 12 << 20;

/// Which notice it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// A notice of assets that were not told of.
    Asset,
    /// A notice of what changed, with all that is told of as it stands now.
    Change,
}

impl NoticeKind {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Change => "change",
        }
    }
}

/// An asset of a filing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number in the operator's register.
    pub number: u64,
    /// Its item, by the place in the notice from 0.
    pub item: u32,
    /// How many there are; 1 where the operator does not say it.
    pub count: u32,
    /// Model, where the operator says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Version, where the operator says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// CPE name, where the operator says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cpe: String,
    /// Package URL, where the operator says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purl: String,
}

/// What an operator brings to the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filing {
    /// [`FORMAT`].
    pub format: String,
    /// The operator, as its node is called.
    pub operator: String,
    /// Its sector.
    pub sector: Sector,
    /// Number of the notice among the operator's, from 1.
    pub number: u64,
    /// Which notice it is.
    pub kind: NoticeKind,
    /// What changed; nothing in a notice of assets.
    pub changed: Vec<Changed>,
    /// Since when, the first day of them.
    pub on: Option<Date>,
    /// The five items.
    pub notice: AssetNotice,
    /// The assets behind the items.
    pub lines: Vec<Line>,
}

/// A notice as its operator keeps it; the filing is its attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Which notice it is.
    pub kind: NoticeKind,
    /// What changed.
    pub changed: Vec<Changed>,
    /// SHA-256 of the filing, in hex.
    pub hash: String,
    /// How many items it has.
    pub items: usize,
    /// How many assets stand behind them.
    pub lines: usize,
    /// The last day in time, where one runs.
    pub last: Option<Date>,
    /// What the office said when it took it.
    pub taken: Option<String>,
}

impl Document for Notice {
    const KIND: &'static str = "asset-notice";
}

/// The id of a notice.
pub(crate) fn id(number: u64) -> String {
    format!("n-{number:06}")
}
