//! What others saw of addresses and names: reports of Shadowserver, events of `IntelMQ` and n6. In: their text. Out: sightings of one form. Never: a line that is passed
//! over; a report is taken whole or not at all.

mod event;
mod grade;
mod shadowserver;

pub use event::{read_intelmq, read_n6};
pub use grade::{Credibility, Grade, Reliability};
pub use shadowserver::{REPORTS, ReportType, read_shadowserver, report_of_file};

use crate::json::JsonError;
use crate::list::What;
use sakimori_custody::time::Seconds;

/// Longest text of a report in bytes.
pub const TEXT_BYTES_MAX: usize = 256 << 20;
/// Most sightings of a report.
pub const SIGHTINGS_MAX: usize = 2_000_000;
/// Longest field in bytes.
pub const FIELD_BYTES_MAX: usize = 64 << 10;
/// Most fields of a sighting.
pub const FIELDS_MAX: usize = 256;

/// What a sighting means for who owns the thing (the three kinds of notice that an early-warning service gives).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Somebody else acts there, or it acts for somebody else.
    ActiveCompromise,
    /// It has a weakness that is known.
    Vulnerability,
    /// It is open to everybody.
    Exposure,
}

impl Kind {
    /// Its word in interfaces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ActiveCompromise => "active-compromise",
            Self::Vulnerability => "vulnerability",
            Self::Exposure => "exposure",
        }
    }
}

/// Somebody saw something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// What was seen: the address, name or URL that somebody owns.
    pub what: What,
    /// What else names the same thing: its host name, the number of its network.
    pub also: Vec<What>,
    /// When it was seen.
    pub when: Seconds,
    /// Who saw it, and in which report.
    pub source: String,
    /// How far it is to be believed.
    pub grade: Grade,
    /// What it means.
    pub kind: Kind,
    /// What it is, in the source's word.
    pub about: String,
    /// Every field of the source, with its name there.
    pub fields: Vec<(String, String)>,
}

/// The forms that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// CSV of Shadowserver.
    Shadowserver,
    /// JSON lines of `IntelMQ`.
    IntelMq,
    /// JSON of n6.
    N6,
}

impl Form {
    /// Whether the form was compared with what its maker's own software writes or documents in a package. That of n6 is written from its documentation alone.
    pub const fn is_verified(self) -> bool {
        !matches!(self, Self::N6)
    }
}

/// Why a report is not taken. Its sender acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// Not UTF-8.
    #[error("the report is not UTF-8")]
    NotUtf8,
    /// Too long.
    #[error("the report has more than {TEXT_BYTES_MAX} bytes or {SIGHTINGS_MAX} sightings")]
    TooLong,
    /// A report that is not known.
    #[error("`{0}` is no report that is read")]
    Unknown(String),
    /// A column is missing.
    #[error("the report has no column `{0}`")]
    NoColumn(&'static str),
    /// A line is wrong.
    #[error("line {line}, `{field}`: {what}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// The field.
        field: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A line is no JSON.
    #[error("line {line} cannot be read")]
    Json {
        /// The line, from 1.
        line: u64,
        /// Why.
        #[source]
        why: JsonError,
    },
}

/// A field for a message: the sender's name, cut.
fn wrong(line: u64, field: &str, what: &'static str) -> FeedError {
    // BOUND: 80 characters of a name are enough to find it.
    let field = field.chars().take(80).collect();
    FeedError::Line { line, field, what }
}

/// The text of a report.
fn text(bytes: &[u8]) -> Result<&str, FeedError> {
    if bytes.len() > TEXT_BYTES_MAX {
        return Err(FeedError::TooLong);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|_| FeedError::NotUtf8)
}

/// A time with a space or `T`, an offset, or neither, which is UTC.
fn time(text: &str) -> Option<Seconds> {
    crate::misp::read_time(text.trim()).map(|(time, _)| time)
}

/// The second word for a thing, where it is one.
fn also(word: Option<&str>) -> Option<What> {
    let word = word.filter(|word| !word.is_empty())?;
    What::read(word).ok()
}

#[cfg(test)]
mod tests;
