//! Why there is no answer, in words for the one who asked. In: failures of the engine and of the lake. Out: a kind and a sentence with what to do. Never: the
//! engine's own talk about itself; a value of a row, which would be an answer that no log counts. What fails before a row is read may quote the statement, what
//! fails afterwards is told in fixed words.

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use sakimori_lake::LakeError;
use sakimori_lake::session::{Frame, Kind, Limits};
use std::error::Error;

use crate::functions::{ADDRESS, NO_ADDRESS, NO_PREFIX};
use crate::limits::{MESSAGE_BYTES_MAX, NESTING_MAX};

const NO_CAST: &str = "a value does not read as the type it is cast to or compared with; TRY_CAST gives NULL in its place";
const OVERFLOW: &str =
    "a number is beyond what its type holds; cast to DOUBLE or a wider type before computing";
const NOT_TAKEN: &str = "a function or an operator was given a value that it does not take";
const NOT_READ: &str = "the rows could not be read or computed with";

/// The end of a query without a (whole) answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    kind: Kind,
    detail: String,
}

impl Refusal {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { kind, detail }
    }

    /// The statement is not what is taken; `what` says which part.
    pub(crate) fn statement(what: impl Into<String>) -> Self {
        Self::new(Kind::Statement, what)
    }

    /// Something of ours or of the machine's.
    pub(crate) fn engine(what: impl Into<String>) -> Self {
        Self::new(Kind::Engine, what)
    }

    pub(crate) fn memory(limits: Limits) -> Self {
        let detail = format!(
            "the query needs more than its {} MiB of memory; name less time or fewer buckets, aggregate before sorting or joining, or allow more memory",
            limits.memory_bytes >> 20
        );
        Self::new(Kind::Memory, detail)
    }

    pub(crate) fn deadline(limits: Limits) -> Self {
        let detail = format!(
            "the query takes longer than its {} ms; name less time or fewer buckets, or allow more time",
            limits.deadline_ms
        );
        Self::new(Kind::Deadline, detail)
    }

    pub(crate) fn rows(limits: Limits) -> Self {
        let detail = format!(
            "the answer has more than its {} rows; add a LIMIT, group the rows, or allow more rows",
            limits.rows_max
        );
        Self::new(Kind::Rows, detail)
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn into_frame(self) -> Frame {
        Frame::Error {
            kind: self.kind,
            detail: self.detail,
        }
    }

    /// A failure before the first row is read: the words are about the statement and may quote it.
    pub(crate) fn planning(error: &DataFusionError, limits: Limits) -> Self {
        let root = error.find_root();
        if let Some(lake) = lake_error(root) {
            return Self::from(lake);
        }
        let words = || words(&root.strip_backtrace()) + &place(error);
        match root {
            DataFusionError::ResourcesExhausted(_) => Self::memory(limits),
            DataFusionError::Execution(what) if what.contains("allocat") => Self::memory(limits),
            DataFusionError::SQL(parser, _) => Self::parser(parser),
            DataFusionError::Plan(_)
            | DataFusionError::SchemaError(..)
            | DataFusionError::NotImplemented(_)
            | DataFusionError::Configuration(_)
            | DataFusionError::Execution(_)
            | DataFusionError::Internal(_) => Self::statement(words()),
            DataFusionError::ArrowError(arrow, _) => Self::folding(arrow, limits),
            _ => Self::engine(words()),
        }
    }

    /// A failure while rows are read and computed with: the engine's words may hold their values, so none of them is handed on.
    pub(crate) fn running(error: &DataFusionError, limits: Limits) -> Self {
        let root = error.find_root();
        if let Some(lake) = lake_error(root) {
            return Self::from(lake);
        }
        match root {
            DataFusionError::ResourcesExhausted(_) => Self::memory(limits),
            DataFusionError::Execution(what) if what.contains("allocat") => Self::memory(limits),
            DataFusionError::Execution(what) => {
                let own = [NO_ADDRESS, NO_PREFIX].into_iter().find(|own| what == own);
                Self::statement(own.unwrap_or(NOT_TAKEN))
            }
            DataFusionError::ArrowError(arrow, _) => Self::computing(arrow, limits),
            DataFusionError::Plan(_)
            | DataFusionError::SchemaError(..)
            | DataFusionError::NotImplemented(_)
            | DataFusionError::Configuration(_)
            | DataFusionError::Internal(_) => Self::statement(NOT_TAKEN),
            _ => Self::engine(NOT_READ),
        }
    }

    fn parser(error: &ParserError) -> Self {
        match error {
            ParserError::RecursionLimitExceeded => Self::statement(format!(
                "the statement is nested more than {NESTING_MAX} levels deep; take it apart with WITH"
            )),
            ParserError::TokenizerError(what) | ParserError::ParserError(what) => {
                Self::statement(words(what))
            }
        }
    }

    /// A failure of a computation with values that the statement writes out.
    fn folding(error: &ArrowError, limits: Limits) -> Self {
        match error {
            ArrowError::CastError(what)
            | ArrowError::ParseError(what)
            | ArrowError::ArithmeticOverflow(what)
            | ArrowError::ComputeError(what)
            | ArrowError::InvalidArgumentError(what) => Self::statement(words(what)),
            other => Self::computing(other, limits),
        }
    }

    /// A failure of a computation, which its values caused, or of the reader below it; in fixed words.
    pub(crate) fn computing(error: &ArrowError, limits: Limits) -> Self {
        match error {
            ArrowError::DivideByZero => Self::statement("a division by zero"),
            ArrowError::CastError(_) | ArrowError::ParseError(_) => Self::statement(NO_CAST),
            ArrowError::ArithmeticOverflow(_) => Self::statement(OVERFLOW),
            ArrowError::ComputeError(_) | ArrowError::InvalidArgumentError(_) => {
                Self::statement(NOT_TAKEN)
            }
            ArrowError::MemoryError(_) => Self::memory(limits),
            _ => Self::engine(NOT_READ),
        }
    }
}

impl From<&LakeError> for Refusal {
    fn from(error: &LakeError) -> Self {
        let kind = match error {
            LakeError::Unknown(_)
            | LakeError::Deleted { .. }
            | LakeError::Expired { .. }
            | LakeError::KeyRefused(_) => Kind::Key,
            _ => Kind::Engine,
        };
        let mut detail = error.to_string();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            detail = format!("{detail}: {deeper}");
            cause = deeper.source();
        }
        Self::new(kind, detail)
    }
}

/// The lake's own error below the engine's.
fn lake_error(error: &DataFusionError) -> Option<&LakeError> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(lake) = error.downcast_ref() {
            return Some(lake);
        }
        cause = error.source();
    }
    None
}

/// Where in the statement, if the engine knows.
fn place(error: &DataFusionError) -> String {
    let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    span.map_or_else(String::new, |span| {
        format!(" (line {}, column {})", span.start.line, span.start.column)
    })
}

/// The engine's sentence without its preambles, as one line of bounded length.
fn words(text: &str) -> String {
    let preambles = [
        "Error during planning: ",
        "Schema error: ",
        "Execution error: ",
        "Internal error: ",
        "This feature is not implemented: ",
        "Invalid or Unsupported Configuration: ",
        "External error: ",
        "Optimizer rule ",
    ];
    let mut text = text.trim_start();
    while let Some(rest) = preambles.iter().find_map(|p| text.strip_prefix(p)) {
        text = rest;
    }
    let epilogues = ["\nThis issue was likely caused by", "Valid fields are "];
    for epilogue in epilogues {
        text = text.split(epilogue).next().unwrap_or(text);
    }
    let line: Vec<&str> = text.split_whitespace().collect();
    let mut line = line.join(" ").replace(&ADDRESS.to_string(), "address");
    if let Some(table) = other_table(&line) {
        line = format!("there is no table `{table}`; the one table is `records`");
    }
    if line.len() > MESSAGE_BYTES_MAX {
        line.truncate(line.floor_char_boundary(MESSAGE_BYTES_MAX));
        line.push('…');
    }
    line
}

/// The name in the engine's words for a table that is not there.
fn other_table(line: &str) -> Option<&str> {
    let name = line.strip_prefix("table '")?.strip_suffix("' not found")?;
    let name = name.strip_prefix("sakimori.").unwrap_or(name);
    Some(name.strip_prefix("lake.").unwrap_or(name))
}
