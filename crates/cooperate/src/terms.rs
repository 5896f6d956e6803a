//! The schedule of duties: every number and list of the law that a duty rests on, as a text that the office signs, each with its source and whether somebody verified
//! it. In: a text. Out: typed values. Never: a number of a duty that stands in code alone.
//!
//! A signed note in the form of formats, section 10, first line `sakimori/duties/v1`; beside ASCII a value may hold other printable characters, for names.

mod draft;
mod figures;
mod read;

pub use figures::Figure;
pub use read::TermsError;

use crate::calendar::{Date, Span};
use crate::limits::TERMS_BYTES_MAX;
use crate::routing::{Minister, Sector};
use crate::scope::SubType;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;
use sha2::{Digest, Sha256};
use std::fmt;

const HEADER: &str = "sakimori/duties/v1";

/// Where a value comes from, and whether somebody held it against the law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Whether it was verified.
    pub verified: bool,
    /// The source, 1 to 512 bytes.
    pub text: String,
}

/// A value with its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub source: Source,
}

/// A soft target in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where the target begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
}

/// A product that is designated as widely used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WidelyUsed {
    /// Its maker's name.
    pub maker: String,
    /// The product's name.
    pub product: String,
    /// Date of the notice that designates it.
    pub notice: Date,
}

/// Who receives the reports of a sector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRow {
    /// The sector.
    pub sector: Sector,
    /// The competent minister.
    pub minister: Minister,
}

/// The bureau that a minister's powers are delegated to in a prefecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BureauRow {
    /// The minister.
    pub minister: Minister,
    /// Number of the prefecture in JIS X 0401, 1 to 47.
    pub prefecture: u8,
    /// The bureau's name.
    pub bureau: String,
}

/// The schedule of duties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Counted from 1.
    pub version: u64,
    /// In force from.
    pub not_before: Seconds,
    /// `report.prompt-target`, days: the soft target for "promptly".
    pub prompt_target: Sourced<Target>,
    /// `report.full`, days behind recognition.
    pub full: Sourced<Span>,
    /// `report.fields`: version of the field list.
    pub fields: Sourced<u64>,
    /// `report.exclusion`: months behind designation or change of scope.
    pub exclusion: Sourced<Span>,
    /// `notice.introduction`, months.
    pub introduction: Sourced<Span>,
    /// `notice.designation`, months; for a change of scope too.
    pub designation: Sourced<Span>,
    /// `notice.window`, months: what is introduced so soon behind has the longer period.
    pub window: Sourced<Span>,
    /// `notice.begins`: the day on which the duty begins.
    pub begins: Sourced<Date>,
    /// `notice.in-use`, months behind that day.
    pub in_use: Sourced<Span>,
    /// `notice.change`, months.
    pub change: Sourced<Span>,
    /// `counting`: the way of counting; `japan` is the one that is built.
    pub counting: Source,
    /// `core.sub-types`: sub-types that are core machines.
    pub core_sub_types: Sourced<Vec<SubType>>,
    /// `office.acknowledges`, days: the office's own time to acknowledge what it got.
    pub acknowledges: Sourced<Span>,
    /// `penalty.order`, yen: largest fine for who breaks an order.
    pub penalty_order: Sourced<u64>,
    /// `penalty.answer`, yen: largest fine for who gives no answer to a demand, or a false one.
    pub penalty_answer: Sourced<u64>,
    /// `widely-used`.
    pub widely_used: Vec<Sourced<WidelyUsed>>,
    /// `route`, a row for a sector.
    pub routes: Vec<Sourced<RouteRow>>,
    /// `bureau`, a row for a minister and prefecture.
    pub bureaus: Vec<Sourced<BureauRow>>,
}

impl Terms {
    /// Reads the text of a schedule of duties.
    ///
    /// # Errors
    /// [`TermsError`] names the line.
    pub fn parse(text: &str) -> Result<Self, TermsError> {
        read::read(text)
    }

    /// Reads a signed schedule and checks that the office signed it.
    ///
    /// # Errors
    /// [`TermsError`]: it is not in force.
    pub fn check(bytes: &[u8], office: &VerifierKey) -> Result<Self, TermsError> {
        if bytes.len() > TERMS_BYTES_MAX {
            return Err(TermsError::TooLong);
        }
        let note = Note::parse(bytes).map_err(TermsError::Note)?;
        note.verify(std::slice::from_ref(office))
            .map_err(TermsError::Note)?;
        Self::parse(note.text())
    }

    /// Whether it may take the place of a known one: the same text, or a later version.
    pub fn succeeds(&self, known: &Self) -> bool {
        self.version > known.version || self == known
    }

    /// Version 1 for Japan. What was read in the law's own text says `verified`; what is remembered, interpreted or chosen does not.
    pub fn japan(not_before: Seconds) -> Self {
        draft::japan(not_before)
    }

    /// SHA-256 of the text.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.to_string().as_bytes()).into()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.verified {
            "verified"
        } else {
            "unverified"
        };
        write!(f, "{word} | {}", self.text)
    }
}

/// A span as the text writes it.
struct Written(Span);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Span::Days(days) => write!(f, "{days} days"),
            Span::Months(months) => write!(f, "{months} months"),
        }
    }
}

/// A value line.
fn line(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    value: impl fmt::Display,
    source: &Source,
) -> fmt::Result {
    writeln!(f, "value: {key} = {value} | {source}")
}

fn span(f: &mut fmt::Formatter<'_>, key: &str, value: &Sourced<Span>) -> fmt::Result {
    line(f, key, Written(value.value), &value.source)
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{HEADER}\nversion: {}\nnot-before: {}\n",
            self.version, self.not_before
        )?;
        let Target { from, to } = self.prompt_target.value;
        let target = format_args!("{from} to {to} days");
        line(
            f,
            "report.prompt-target",
            target,
            &self.prompt_target.source,
        )?;
        span(f, "report.full", &self.full)?;
        line(f, "report.fields", self.fields.value, &self.fields.source)?;
        span(f, "report.exclusion", &self.exclusion)?;
        span(f, "notice.introduction", &self.introduction)?;
        span(f, "notice.designation", &self.designation)?;
        span(f, "notice.window", &self.window)?;
        line(f, "notice.begins", self.begins.value, &self.begins.source)?;
        span(f, "notice.in-use", &self.in_use)?;
        span(f, "notice.change", &self.change)?;
        line(f, "counting", "japan", &self.counting)?;
        self.core(f)?;
        span(f, "office.acknowledges", &self.acknowledges)?;
        for (key, fine) in [
            ("penalty.order", &self.penalty_order),
            ("penalty.answer", &self.penalty_answer),
        ] {
            line(f, key, format_args!("{} yen", fine.value), &fine.source)?;
        }
        self.rows(f)
    }
}

impl Terms {
    fn core(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sourced { value, source } = &self.core_sub_types;
        let ids: Vec<&str> = value.iter().map(|each| each.id()).collect();
        let list = if ids.is_empty() {
            "none".to_owned()
        } else {
            ids.join(" ")
        };
        line(f, "core.sub-types", list, source)
    }

    fn rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Sourced { value, source } in &self.widely_used {
            let WidelyUsed {
                maker,
                product,
                notice,
            } = value;
            writeln!(f, "widely-used: {maker} / {product} / {notice} | {source}")?;
        }
        for Sourced { value, source } in &self.routes {
            writeln!(f, "route: {} = {} | {source}", value.sector, value.minister)?;
        }
        for Sourced { value, source } in &self.bureaus {
            writeln!(
                f,
                "bureau: {} {} = {} | {source}",
                value.minister, value.prefecture, value.bureau
            )?;
        }
        Ok(())
    }
}
