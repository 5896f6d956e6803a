//! Why a text is no pattern. In: a problem and a byte. Out: an error for the pattern's author. Never: the pattern itself.

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {at}")]
pub struct PatternError {
    /// What is wrong.
    pub problem: PatternProblem,
    /// The byte, from 0.
    pub at: usize,
}

/// What is wrong with a pattern. Sections are those of STIX 2.1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternProblem {
    /// Too long.
    #[error("the pattern is longer than is read")]
    TooLong,
    /// Too deep.
    #[error("parentheses or qualifiers lie deeper in each other than is read")]
    TooDeep,
    /// A character that begins nothing.
    #[error("there is a character that begins nothing")]
    Character,
    /// A literal that does not end or has a character that it may not have (section 9.2).
    #[error("there is a malformed literal")]
    Literal,
    /// Something else is expected (section 9.3).
    #[error("{0} is missing")]
    Expected(&'static str),
    /// A day that no calendar has (section 2.16).
    #[error("there is no such day or time")]
    Time,
    /// `REPEATS 0 TIMES`, `WITHIN 0 SECONDS` (section 9.5).
    #[error("a qualifier has the number 0")]
    Zero,
    /// A qualifier twice at one pair of square brackets (section 9.5).
    #[error("a qualifier stands twice at one observation expression")]
    Twice,
    /// A value that cannot be one of the hash algorithm that the path names (section 10.7).
    #[error("the value is no hash of the algorithm {0}")]
    Hash(&'static str),
    /// A number that is too large.
    #[error("there is a number that is too large")]
    Number,
}

impl PatternError {
    pub(super) const fn new(problem: PatternProblem, at: usize) -> Self {
        Self { problem, at }
    }
}
