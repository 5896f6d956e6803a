//! Scores of how likely a weakness is exploited within 30 days (FIRST, EPSS). In: its CSV, unpacked. Out: scores by CVE id. Never: half a list; the first row that is wrong
//! is named and nothing is taken.

use crate::limits::{CATALOGUE_BYTES_MAX, CATALOGUE_ROWS_MAX};
use sakimori_custody::time::Seconds;
use std::collections::HashMap;

/// A list of scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Version of the model.
    pub model: String,
    /// Day or instant of the scores as it is written.
    pub date: String,
    /// Scores by CVE id.
    pub scores: HashMap<String, Score>,
}

impl Scores {
    /// The day of the scores, from its first second; none where the date does not begin with a day.
    pub fn day(&self) -> Option<Seconds> {
        crate::kev::day_of(&self.date)
    }
}

/// A score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Probability, 0 to 1.
    pub probability: f64,
    /// Share of weaknesses whose score is not higher, 0 to 1.
    pub percentile: f64,
}

/// Why a list is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {what}")]
pub struct EpssError {
    /// Row, from 1, the comment and the names counted.
    pub row: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Reads a list: `#model_version:…,score_date:…`, `cve,epss,percentile`, rows.
///
/// # Errors
/// [`EpssError`] with the row.
pub fn read(bytes: &[u8]) -> Result<Scores, EpssError> {
    let refuse = |row: usize, what: &'static str| EpssError { row, what };
    if bytes.len() > CATALOGUE_BYTES_MAX {
        return Err(refuse(0, "the list is longer than is read"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refuse(0, "the list is not UTF-8"))?;
    let mut lines = text.lines();
    let comment = lines.next().and_then(|line| line.strip_prefix('#'));
    let comment = comment.ok_or_else(|| refuse(1, "is no comment with model and date"))?;
    let named = |name: &str| {
        let mut fields = comment.split(',');
        let found = fields.find_map(|field| field.strip_prefix(name)?.strip_prefix(':'));
        found.map(str::to_owned)
    };
    let (Some(model), Some(date)) = (named("model_version"), named("score_date")) else {
        return Err(refuse(1, "is no comment with model and date"));
    };
    if lines.next() != Some("cve,epss,percentile") {
        return Err(refuse(2, "is not `cve,epss,percentile`"));
    }
    let mut scores = HashMap::new();
    for (index, line) in lines.enumerate() {
        let row = index + 3;
        if scores.len() >= CATALOGUE_ROWS_MAX {
            return Err(refuse(row, "is more than are read"));
        }
        let mut fields = line.split(',');
        let (Some(id), Some(first), Some(second), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(refuse(row, "has not three fields"));
        };
        if !crate::cve::is_id(id) {
            return Err(refuse(row, "begins with no CVE id"));
        }
        let share = |text: &str| {
            let plain = text
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-'));
            let number: Option<f64> = plain.then(|| text.parse().ok()).flatten();
            number.filter(|n| (0.0..=1.0).contains(n))
        };
        let (Some(probability), Some(percentile)) = (share(first), share(second)) else {
            return Err(refuse(row, "has a score that is no number from 0 to 1"));
        };
        let score = Score {
            probability,
            percentile,
        };
        if scores.insert(id.to_owned(), score).is_some() {
            return Err(refuse(row, "has a CVE id that stood before"));
        }
    }
    Ok(Scores {
        model,
        date,
        scores,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_wrong_is_named() {
        let head = "#model_version:v1,score_date:2026-01-01T00:00:00+0000\ncve,epss,percentile\n";
        let said = |rows: &str| match read(format!("{head}{rows}").as_bytes()) {
            Ok(scores) => format!(
                "{} rows of {} at {}",
                scores.scores.len(),
                scores.model,
                scores.date
            ),
            Err(e) => e.to_string(),
        };
        assert_eq!(
            said("CVE-2024-0001,0.00000,0.1\n"),
            "1 rows of v1 at 2026-01-01T00:00:00+0000"
        );
        for (rows, expected) in [
            ("CVE-2024-0001,0.1\n", "row 3: has not three fields"),
            (
                "CVE-2024-0001,0.1,0.2\nx,0.1,0.2\n",
                "row 4: begins with no CVE id",
            ),
            (
                "CVE-2024-0001,1.1,0.2\n",
                "row 3: has a score that is no number from 0 to 1",
            ),
            (
                "CVE-2024-0001,NaN,0.2\n",
                "row 3: has a score that is no number from 0 to 1",
            ),
            (
                "CVE-2024-0001,0,0\nCVE-2024-0001,0,0\n",
                "row 4: has a CVE id that stood before",
            ),
        ] {
            assert_eq!(said(rows), expected, "{rows}");
        }
        assert!(read(b"cve,epss,percentile\n").is_err());
        assert!(read(b"#model_version:v1,score_date:d\nid,score\n").is_err());
    }
}
