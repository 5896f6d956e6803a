//! Lists of indicators that people send each other: one a line, or CSV. In: text. Out: indicators with what was said of them. Never: half a list, a name that was not
//! meant; what cannot be read is named with line and column, and then nothing is taken.

mod index;
mod indicator;
mod stix;

pub(crate) use index::{Ranges, Suffixes};
pub use indicator::{HashKind, What, prefix, refanged};
pub(crate) use indicator::{address as address_of, number as address_number};
pub use stix::{pattern, to_stix};

use std::fmt;

/// Longest text in bytes: a million lines of usual length.
pub const TEXT_BYTES_MAX: usize = 64 << 20;
/// Most indicators of a list.
pub const INDICATORS_MAX: usize = 1 << 20;
/// Most problems that are named: who repairs a list reads no more at once.
pub const PROBLEMS_MAX: usize = 100;
/// Longest field in bytes.
pub const FIELD_BYTES_MAX: usize = 8192;

/// Names of the column that holds the indicator, where the sender names none.
const COLUMNS: [&str; 12] = [
    "indicator",
    "value",
    "ioc",
    "ip",
    "address",
    "domain",
    "fqdn",
    "hostname",
    "url",
    "hash",
    "sha256",
    "指標",
];

/// An indicator of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The indicator.
    pub what: What,
    /// The other columns: name and text, in their order, empty ones left out.
    pub fields: Vec<(String, String)>,
    /// Its line, from 1.
    pub line: u64,
}

/// What is wrong with a place of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: u64,
    /// The column: of CSV the field, of a plain list the character, from 1.
    pub column: u64,
    /// What is wrong.
    pub what: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.what
        )
    }
}

/// Why a list is not taken. Its sender acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// Not UTF-8.
    #[error("the list is not UTF-8 at byte {at}")]
    NotUtf8 {
        /// The byte.
        at: usize,
    },
    /// Too long.
    #[error("the list has more than {TEXT_BYTES_MAX} bytes or {INDICATORS_MAX} indicators")]
    TooLong,
    /// No column holds the indicators.
    #[error("no column is named `{wanted}`")]
    NoColumn {
        /// The column that was asked for.
        wanted: String,
    },
    /// Lines that cannot be read.
    #[error("the list is not taken: {}", first(problems))]
    Problems {
        /// The first of them, in order.
        problems: Vec<Problem>,
        /// How many there are in all.
        count: usize,
    },
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(Problem::to_string).unwrap_or_default()
}

fn text(bytes: &[u8]) -> Result<&str, ListError> {
    if bytes.len() > TEXT_BYTES_MAX {
        return Err(ListError::TooLong);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| ListError::NotUtf8 {
        at: error.valid_up_to(),
    })
}

/// What was read, and what could not be.
#[derive(Default)]
struct Reading {
    items: Vec<Item>,
    problems: Vec<Problem>,
    count: usize,
}

impl Reading {
    fn problem(&mut self, line: u64, column: u64, what: &'static str) {
        self.count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { line, column, what });
        }
    }

    fn finish(self) -> Result<Vec<Item>, ListError> {
        if self.count > 0 {
            return Err(ListError::Problems {
                problems: self.problems,
                count: self.count,
            });
        }
        if self.items.len() > INDICATORS_MAX {
            return Err(ListError::TooLong);
        }
        Ok(self.items)
    }
}

/// Reads a plain list: an indicator a line; what stands behind `#` is a comment.
///
/// # Errors
/// [`ListError`]; nothing is taken from a list in which one line is wrong.
pub fn read_plain(bytes: &[u8]) -> Result<Vec<Item>, ListError> {
    let mut reading = Reading::default();
    for (at, line) in (1u64..).zip(text(bytes)?.lines()) {
        // A `#` in the middle of a word is part of a URL.
        let comment = line.match_indices('#').find(|(at, _)| {
            let before = line.get(..*at).unwrap_or_default();
            before.is_empty() || before.ends_with(char::is_whitespace)
        });
        let (written, comment) = match comment.and_then(|(at, _)| line.split_at_checked(at)) {
            Some((written, comment)) => (written, comment.trim_start_matches('#').trim()),
            None => (line, ""),
        };
        let word = written.trim();
        if word.is_empty() {
            continue;
        }
        match What::read(word) {
            Ok(what) => {
                let fields =
                    (!comment.is_empty()).then(|| ("comment".to_owned(), comment.to_owned()));
                reading.items.push(Item {
                    what,
                    fields: fields.into_iter().collect(),
                    line: at,
                });
            }
            Err(why) => {
                let before = written.len() - written.trim_start().len();
                let column = written.get(..before).map_or(0, |text| text.chars().count());
                reading.problem(at, column as u64 + 1, why);
            }
        }
    }
    reading.finish()
}

/// Reads CSV (RFC 4180) whose first line names the columns. `column` is the one that holds the indicators.
///
/// # Errors
/// As [`read_plain`], and [`ListError::NoColumn`].
pub fn read_csv(bytes: &[u8], column: Option<&str>) -> Result<Vec<Item>, ListError> {
    let text = text(bytes)?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let names: Vec<String> = match reader.headers() {
        Ok(names) => names.iter().map(str::to_owned).collect(),
        Err(_) => return Err(ListError::NotUtf8 { at: 0 }),
    };
    let same = |name: &String, wanted: &str| name.eq_ignore_ascii_case(wanted);
    let found = match column {
        Some(wanted) => names.iter().position(|name| same(name, wanted)),
        None => COLUMNS
            .iter()
            .find_map(|wanted| names.iter().position(|name| same(name, wanted))),
    };
    let Some(place) = found else {
        return Err(ListError::NoColumn {
            wanted: column.unwrap_or("indicator").to_owned(),
        });
    };
    let mut reading = Reading::default();
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(_) => {
                reading.problem(line, 1, "cannot be read as fields");
                break;
            }
        }
        let line = record.position().map_or(line, csv::Position::line);
        row(&mut reading, &names, place, &record, line);
    }
    reading.finish()
}

fn row(
    reading: &mut Reading,
    names: &[String],
    place: usize,
    record: &csv::StringRecord,
    line: u64,
) {
    if record.len() != names.len() {
        let column = record.len().min(names.len()) as u64 + 1;
        reading.problem(
            line,
            column,
            "there are more or fewer fields than the first line names",
        );
        return;
    }
    if let Some(long) = record
        .iter()
        .position(|field| field.len() > FIELD_BYTES_MAX)
    {
        reading.problem(line, long as u64 + 1, "the field is too long");
        return;
    }
    match What::read(record.get(place).unwrap_or_default()) {
        Ok(what) => {
            let fields = names.iter().zip(record.iter()).enumerate();
            let fields = fields.filter(|(at, (_, text))| *at != place && !text.is_empty());
            reading.items.push(Item {
                what,
                fields: fields
                    .map(|(_, (name, text))| (name.clone(), text.to_owned()))
                    .collect(),
                line,
            });
        }
        Err(why) => reading.problem(line, place as u64 + 1, why),
    }
}

#[cfg(test)]
mod tests;
