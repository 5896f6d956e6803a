//! What to do about a weakness, by decision table (SSVC, Stakeholder-Specific Vulnerability Categorization). In: a table, values by the name of their decision point. Out:
//! the outcome. Never: a default for a value that is missing or unknown.
//!
//! Tables of our own text are in [`tables`], those that others publish are read by [`read_json`] and [`read_csv`]. Source: CERT/CC, SSVC; its tables are under the MIT
//! licence, whose notice stands in [`tables`].

mod read;
pub mod tables;

pub use read::{read_csv, read_json};

use std::borrow::Cow;

/// A decision point: a question with ordered answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// `ssvc:E:1.1.0`: namespace, key, version. Empty where the source has a name alone.
    pub id: Cow<'static, str>,
    /// Its name, `Exploitation`.
    pub name: Cow<'static, str>,
    /// Names of its values, in their order.
    pub values: Vec<Cow<'static, str>>,
}

/// A decision table: an outcome for each combination of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its version.
    pub version: Cow<'static, str>,
    /// What is asked.
    pub points: Vec<Point>,
    /// What comes out.
    pub outcome: Point,
    /// Index of the outcome of each combination; the last point changes fastest.
    outcomes: Vec<u8>,
}

/// Why there is no outcome, or no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SsvcError {
    /// A value was not given.
    #[error("{table}: no value of `{point}` is given")]
    Missing {
        /// The table.
        table: String,
        /// The decision point.
        point: String,
    },
    /// A value is none of the point's.
    #[error("{table}: `{value}` is no value of `{point}`")]
    Unknown {
        /// The table.
        table: String,
        /// The decision point.
        point: String,
        /// What was given.
        value: String,
    },
    /// The text of a table cannot be used.
    #[error("{place}: {what}")]
    Text {
        /// Row or member.
        place: String,
        /// What is wrong there.
        what: String,
    },
}

impl Table {
    /// A table of its parts; every combination must have an outcome that exists.
    pub(crate) fn new(
        name: Cow<'static, str>,
        version: Cow<'static, str>,
        points: Vec<Point>,
        outcome: Point,
        outcomes: Vec<u8>,
    ) -> Result<Self, SsvcError> {
        let combinations = points
            .iter()
            .try_fold(1_usize, |n, p| n.checked_mul(p.values.len()));
        let whole = combinations == Some(outcomes.len())
            && outcomes
                .iter()
                .all(|o| usize::from(*o) < outcome.values.len());
        if !whole {
            return Err(SsvcError::Text {
                place: name.into_owned(),
                what: format!(
                    "{} combinations have no outcome each",
                    combinations.unwrap_or(0)
                ),
            });
        }
        Ok(Self {
            name,
            version,
            points,
            outcome,
            outcomes,
        })
    }

    /// How many combinations it has.
    pub fn rows(&self) -> usize {
        self.outcomes.len()
    }

    /// The outcome for the given values, by the name of the decision point. Upper and lower case are the same (records say `active` and `Active`); names that the table
    /// does not ask for are passed over.
    ///
    /// # Errors
    /// [`SsvcError::Missing`] and [`SsvcError::Unknown`].
    pub fn decide(&self, given: &[(&str, &str)]) -> Result<&str, SsvcError> {
        let mut row = 0;
        for point in &self.points {
            let asked = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case(&point.name);
            let (_, value) = given.iter().find(asked).ok_or_else(|| SsvcError::Missing {
                table: self.name.to_string(),
                point: point.name.to_string(),
            })?;
            let place = point.place(value).ok_or_else(|| SsvcError::Unknown {
                table: self.name.to_string(),
                point: point.name.to_string(),
                value: value.chars().take(80).collect(),
            })?;
            row = row * point.values.len() + place;
        }
        let outcome = self.outcomes.get(row).map_or(0, |o| usize::from(*o));
        Ok(self.outcome.values.get(outcome).map_or("", AsRef::as_ref))
    }
}

impl Point {
    /// The place of a value. Spaces, dashes and underscores count as one sign; `poc` is the old name of `public poc`.
    fn place(&self, value: &str) -> Option<usize> {
        let plain = |text: &str| {
            let lower = text.trim().to_ascii_lowercase();
            lower.replace(['-', '_'], " ")
        };
        let wanted = match plain(value) {
            old if old == "poc" => "public poc".to_owned(),
            new => new,
        };
        self.values.iter().position(|v| plain(v) == wanted)
    }
}
