//! Is this a good CSAF document? In: bytes, the time, and what the tests need to know. Out: each test of the standard with its verdict. Never: a file or network look-up; a
//! test that would need one says so.
//!
//! Schema and most tests are the library's (`csaf-rs`, record 25); what it lacks, or would ask the system's clock for, is in `csaf/own.rs`; what nobody here answers is in
//! [`catalogue`] with its reason. Source: CSAF 2.0 and 2.1, section 6. The verdicts on all test documents: `docs/reference/csaf-tests.md`.

pub mod catalogue;
pub mod extension;
pub mod file_name;
mod library;
mod own;
pub mod products;

use crate::json::{self, JsonError};
use crate::limits::FINDINGS_MAX;
use sakimori_custody::time::Seconds;
use serde_json::Value;

pub use catalogue::{Answerer, Group, Listed};

/// Edition of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    /// 2.0, the OASIS standard of 2022.
    V20,
    /// 2.1, whose text is not final.
    V21,
}

impl Edition {
    /// As documents write it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::V20 => "2.0",
            Self::V21 => "2.1",
        }
    }
}

/// What a test complains about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// JSON Pointer (RFC 6901) of the member.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

impl Finding {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

/// What a test says of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to complain about.
    Passed,
    /// What it complains about, the first [`FINDINGS_MAX`] of `total`.
    Failed {
        /// Where and what.
        findings: Vec<Finding>,
        /// How many there are.
        total: usize,
    },
    /// The test was not made, and why.
    Unanswered(&'static str),
}

/// A test and its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `schema` or a number such as `6.1.27.3`.
    pub test: &'static str,
    /// What failing it means.
    pub group: Group,
    /// What it says.
    pub verdict: Verdict,
}

/// Every test of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Edition of the document.
    pub edition: Edition,
    /// The tests in the order of the standard, the schema first.
    pub outcomes: Vec<Outcome>,
}

/// Why a document was not tested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsafError {
    /// Not JSON within the bounds.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Neither 2.0 nor 2.1.
    #[error("/document/csaf_version: {found} is no edition that is read")]
    Edition {
        /// What stands there.
        found: String,
    },
}

/// What the tests need beside the document.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Now: tests on dates that lie in the past ask for it.
    pub now: Seconds,
    /// Metadata of the extensions that are known here.
    pub extensions: Vec<extension::Metadata>,
    /// Schemas of the extensions that are known here.
    pub schemas: Vec<extension::Schema>,
}

/// Reads and tests a document.
///
/// # Errors
/// [`CsafError`] where there is nothing to test.
pub fn validate(bytes: &[u8], facts: &Facts) -> Result<Report, CsafError> {
    validate_value(&json::read(bytes)?, facts)
}

/// Tests a document that was read.
///
/// # Errors
/// [`CsafError::Edition`].
pub fn validate_value(document: &Value, facts: &Facts) -> Result<Report, CsafError> {
    let edition = edition(document)?;
    let library = library::Document::new(edition, document);
    let mut outcomes = Vec::new();
    for listed in catalogue::of(edition) {
        let verdict = match listed.answerer {
            Answerer::Library => match library.test(listed.test) {
                // The library looks into schemes that it knows; the rules for all are ours.
                Verdict::Passed if listed.test == "6.1.50" => {
                    own::test(listed.test, document, facts)
                }
                verdict => verdict,
            },
            Answerer::Here => own::test(listed.test, document, facts),
            Answerer::Nobody(why) => Verdict::Unanswered(why),
        };
        outcomes.push(Outcome {
            test: listed.test,
            group: listed.group,
            verdict,
        });
    }
    Ok(Report { edition, outcomes })
}

/// The edition that a document says it is of.
///
/// # Errors
/// [`CsafError::Edition`].
pub fn edition(document: &Value) -> Result<Edition, CsafError> {
    let written = document.pointer("/document/csaf_version");
    match written.and_then(Value::as_str) {
        Some("2.0") => Ok(Edition::V20),
        Some("2.1") => Ok(Edition::V21),
        other => {
            let found = other.map_or_else(|| "nothing".to_owned(), |text| format!("`{text}`"));
            let found = found.chars().take(40).collect();
            Err(CsafError::Edition { found })
        }
    }
}

impl Verdict {
    /// Of a list of complaints.
    pub(crate) fn of(mut findings: Vec<Finding>) -> Self {
        let total = findings.len();
        if total == 0 {
            return Self::Passed;
        }
        findings.truncate(FINDINGS_MAX);
        Self::Failed { findings, total }
    }

    /// Whether it complains.
    pub fn failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

impl Report {
    /// Whether the document may be called valid: schema and every mandatory test passed, and none of these was left unanswered.
    pub fn is_valid(&self) -> bool {
        let mut musts = self.musts();
        musts.all(|outcome| outcome.verdict == Verdict::Passed)
    }

    /// What stands against it: the schema and mandatory tests that failed.
    pub fn errors(&self) -> impl Iterator<Item = &Outcome> {
        self.musts().filter(|outcome| outcome.verdict.failed())
    }

    /// The verdict of one test.
    pub fn verdict(&self, test: &str) -> Option<&Verdict> {
        let found = self.outcomes.iter().find(|outcome| outcome.test == test);
        found.map(|outcome| &outcome.verdict)
    }

    fn musts(&self) -> impl Iterator<Item = &Outcome> {
        let must = |outcome: &&Outcome| matches!(outcome.group, Group::Schema | Group::Mandatory);
        self.outcomes.iter().filter(must)
    }
}
