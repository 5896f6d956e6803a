//! A pattern as a tree. In: what the parser found. Out: types. Never: a chain of one operator that is deeper than one level.

use crate::stix::Timestamp;
use std::fmt;

/// An observation expression, section 9.5.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    /// `[…]`: one observation, one object of which fulfils the comparison.
    Test {
        /// What the object has to fulfil.
        comparison: Comparison,
        /// Its number among the square brackets of the pattern, from 0.
        number: usize,
    },
    /// Each of them, by different observations.
    And(Vec<Observation>),
    /// One of them.
    Or(Vec<Observation>),
    /// Each of them, by different observations, each not before those that stand before it.
    FollowedBy(Vec<Observation>),
    /// One with a condition on the observations that it takes.
    Qualified(Box<Observation>, Qualifier),
}

/// A condition on observations, section 9.5.
#[derive(Clone, Debug, PartialEq)]
pub enum Qualifier {
    /// All within so many seconds.
    Within(f64),
    /// So many times, by different observations.
    Repeats(u64),
    /// Not before the first moment, before the second.
    StartStop(Timestamp, Timestamp),
}

/// A comparison expression, section 9.6.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// A test.
    Test(PropertyTest),
    /// Each of them, of the same object.
    And(Vec<Comparison>),
    /// One of them.
    Or(Vec<Comparison>),
}

/// A test of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyTest {
    /// What is tested.
    pub path: ObjectPath,
    /// Whether `NOT` stands before the operator.
    pub negated: bool,
    /// How it is tested, and against what.
    pub operator: Operator,
    /// First byte of the test in the pattern.
    pub at: usize,
}

/// Comparison operators, section 9.6.1.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// `=`, `==`
    Equal(Literal),
    /// `!=`, `<>`
    NotEqual(Literal),
    /// `<`
    Less(Literal),
    /// `<=`
    LessOrEqual(Literal),
    /// `>`
    Greater(Literal),
    /// `>=`
    GreaterOrEqual(Literal),
    /// `IN`
    In(Vec<Literal>),
    /// `LIKE`: `%` is any text, `_` any character.
    Like(String),
    /// `MATCHES`: a regular expression.
    Matches(String),
    /// `ISSUBSET`: addresses within a prefix.
    IsSubset(String),
    /// `ISSUPERSET`: a prefix that holds addresses.
    IsSuperset(String),
    /// `EXISTS`
    Exists,
}

/// A constant, section 9.2.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// An integer or a float as it is written, without a plus sign.
    Number(String),
    /// A text with its escapes undone.
    Text(String),
    /// `true` or `false`
    Bool(bool),
    /// `h'…'`
    Hex(Vec<u8>),
    /// `b'…'`
    Binary(Vec<u8>),
    /// `t'…'`
    Time(Timestamp),
}

/// A path to a property, section 9.7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPath {
    /// Type of the object.
    pub kind: String,
    /// The property, then what lies in it or behind it; never empty, the first is a key.
    pub steps: Vec<Step>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A property or a key of a dictionary; behind a property of references it is one of the object that is referred to.
    Key(String),
    /// An item of a list, from 0.
    Index(u64),
    /// Any item of a list.
    Any,
}

impl ObjectPath {
    /// Whether it is the property of this name of an object of this type, and nothing in it.
    pub fn is(&self, kind: &str, property: &str) -> bool {
        self.kind == kind && matches!(self.steps.as_slice(), [Step::Key(key)] if key == property)
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.kind)?;
        for (at, step) in self.steps.iter().enumerate() {
            let dot = if at == 0 { "" } else { "." };
            match step {
                Step::Key(key) if is_plain(key) => write!(f, "{dot}{key}")?,
                Step::Key(key) => {
                    let quoted = key.replace('\\', "\\\\").replace('\'', "\\'");
                    write!(f, "{dot}'{quoted}'")?;
                }
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Any => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

fn is_plain(key: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    key.bytes().all(inner)
        && key
            .bytes()
            .next()
            .is_some_and(|first| !first.is_ascii_digit())
}

impl Observation {
    pub(super) fn tests<'p>(&'p self, out: &mut Vec<&'p PropertyTest>) {
        match self {
            Self::Test { comparison, .. } => comparison.tests(out),
            Self::And(parts) | Self::Or(parts) | Self::FollowedBy(parts) => {
                for part in parts {
                    part.tests(out);
                }
            }
            Self::Qualified(inner, _) => inner.tests(out),
        }
    }
}

impl Comparison {
    pub(super) fn tests<'p>(&'p self, out: &mut Vec<&'p PropertyTest>) {
        match self {
            Self::Test(test) => out.push(test),
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.tests(out);
                }
            }
        }
    }
}
