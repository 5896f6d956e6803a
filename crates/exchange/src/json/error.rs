//! Why a text is refused, and where. In: a problem and a byte. Out: an error that grows its JSON Pointer (RFC 6901) as the reader leaves lists and objects. Never: a
//! piece of the text that is longer than a name.

use std::fmt;

/// Why a text is no JSON that is accepted. Its sender acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {at}{}", Place(self))]
pub struct JsonError {
    /// What is wrong.
    pub problem: JsonProblem,
    /// The byte, from 0.
    pub at: usize,
    /// Names and indices from the inside out.
    steps: Vec<String>,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum JsonProblem {
    /// Not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// Too long.
    #[error("the text is longer than is read")]
    TooLong,
    /// Too deep.
    #[error("lists and objects lie deeper in each other than is read")]
    TooDeep,
    /// Too many values.
    #[error("there are more values than are read")]
    TooMany,
    /// A name stands twice in one object.
    #[error("a member has the name of an earlier one")]
    Duplicate,
    /// The text ends too early.
    #[error("the text ends in the middle")]
    End,
    /// No value begins here.
    #[error("there is no value")]
    NoValue,
    /// A number that RFC 8259 section 6 does not know.
    #[error("there is a malformed number")]
    Number,
    /// A character or escape that RFC 8259 section 7 does not allow in a string.
    #[error("there is a malformed string")]
    Text,
    /// A comma, colon, bracket or brace is missing.
    #[error("there is no comma, colon or bracket where one has to be")]
    Mark,
    /// Something behind the value.
    #[error("there is more behind the value")]
    Behind,
}

impl JsonError {
    pub(crate) const fn new(problem: JsonProblem, at: usize) -> Self {
        Self {
            problem,
            at,
            steps: Vec::new(),
        }
    }

    /// The same error, seen from around a member or item.
    pub(super) fn within(mut self, step: String) -> Self {
        self.steps.push(step);
        self
    }

    /// JSON Pointer to the place: the member that is double, or the innermost value that could be named.
    pub fn pointer(&self) -> String {
        let mut out = String::new();
        for step in self.steps.iter().rev() {
            push_step(&mut out, step);
        }
        out
    }
}

/// Adds a step to a JSON Pointer, RFC 6901 section 3.
pub(crate) fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    for character in step.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

struct Place<'e>(&'e JsonError);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.steps.is_empty() {
            return Ok(());
        }
        // BOUND: 200 characters of a pointer are enough to find the place; names in it are the sender's.
        let pointer: String = self.0.pointer().chars().take(200).collect();
        write!(f, " (`{pointer}`)")
    }
}
