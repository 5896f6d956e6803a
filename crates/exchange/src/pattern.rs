//! The pattern language of STIX 2.1, section 9: what an indicator looks for. In: the text of a pattern. Out: its meaning as a tree, whether observations match it, and
//! what of it can be proposed for a selection pack. Never: a pattern that goes to a sensor without a person, a text that takes more than its bounds.

mod ast;
mod compare;
mod error;
mod hash;
mod lexer;
mod matcher;
mod observe;
mod parser;
mod path;
mod propose;
mod which;

pub use ast::{
    Comparison, Literal, ObjectPath, Observation, Operator, PropertyTest, Qualifier, Step,
};
pub use error::{PatternError, PatternProblem};
pub use matcher::{Match, MatchError};
pub use observe::{ObservationError, Observed};
pub use propose::{Heading, Proposal, Told, propose};
pub use which::{QUESTIONS_MAX, Which, which};

/// Longest pattern in bytes: the longest known of real data has 5 kB; lists of a thousand hashes occur.
pub const PATTERN_BYTES_MAX: usize = 1 << 20;
/// Deepest parentheses and qualifiers in each other.
pub const DEPTH_MAX: usize = 64;

/// A pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    text: String,
    root: Observation,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] with the byte; the pattern's author acts on it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let root = parser::parse(text)?;
        Ok(Self {
            text: text.to_owned(),
            root,
        })
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The outermost observation expression.
    pub const fn root(&self) -> &Observation {
        &self.root
    }

    /// Every test of a property, in the order of the text.
    pub fn tests(&self) -> Vec<&PropertyTest> {
        let mut out = Vec::new();
        self.root.tests(&mut out);
        out
    }
}

#[cfg(test)]
mod tests;
