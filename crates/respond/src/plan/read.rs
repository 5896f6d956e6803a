//! Reading a document of a measure. In: JSON of somebody. Out: a typed value and its digest, or the place where it is wrong. Never: a member that nobody asked for, a member twice, a depth or size without a bound.

use super::form::Digest;
use sakimori_exchange::json::{self, Limits, Node, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bounds of a document: a plan of 2,000 effects with what is known of each is below 4 MB.
pub const LIMITS: Limits = Limits {
    bytes_max: 8 << 20,
    depth_max: 16,
    values_max: 1 << 18,
};
/// Longest text of one member in bytes.
pub const TEXT_BYTES_MAX: usize = 16 << 10;

/// What is wrong, and where: a JSON Pointer (RFC 6901), empty for the document itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Where.
    pub place: String,
    /// What.
    pub words: String,
}

impl Problem {
    pub(crate) fn new(place: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            words: words.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = if self.place.is_empty() {
            "the document"
        } else {
            &self.place
        };
        write!(f, "{place}: {}", self.words)
    }
}

impl std::error::Error for Problem {}

/// Reads a document strictly.
///
/// # Errors
/// [`Problem`]: its writer acts on it.
pub fn document<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let root = json::read_bytes(bytes, LIMITS)
        .map_err(|error| Problem::new(error.pointer(), error.problem.to_string()))?;
    let mut place = String::new();
    if longest(&root, &mut place) > TEXT_BYTES_MAX {
        let words = format!("a text longer than {TEXT_BYTES_MAX} bytes");
        return Err(Problem::new(place, words));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let at = offset(bytes, error.line(), error.column());
        let mut place = String::new();
        deepest(&root, at, &mut place);
        Problem::new(place, words(&error))
    })
}

/// The digest of a document: the order of members and the space between them do not count.
pub fn digest<T: Serialize>(value: &T) -> Digest {
    // What is written here is a value with texts as names, which always has a text.
    let text = serde_json::to_string(value).unwrap_or_default();
    // BOUND: only what was read within the bounds, or is of our own making, comes here; a text beyond them is named by its bytes.
    json::read(&text, Limits::OBJECT)
        .map_or_else(|_| Digest::of(&text), |node| Digest(node.digest()))
}

/// Words of the reader without line and column, which the pointer replaces.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let at = text.rfind(" at line ").unwrap_or(text.len());
    text.chars()
        .take(text.get(..at).map_or(0, |head| head.chars().count()))
        .take(400)
        .collect()
}

/// The byte of a line and column, both counted from 1.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let before = bytes.split_inclusive(|byte| *byte == b'\n');
    let start: usize = before.take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    start + column.saturating_sub(1)
}

/// The innermost value that holds a byte.
fn deepest(node: &Node<'_>, at: usize, place: &mut String) {
    let inside = |node: &Node<'_>| node.span.start <= at && at <= node.span.end;
    match &node.value {
        Value::List(items) => {
            let found = items.iter().enumerate().rfind(|(_, item)| inside(item));
            if let Some((number, item)) = found {
                step(place, &number.to_string());
                deepest(item, at, place);
            }
        }
        Value::Object(members) => {
            if let Some(member) = members.iter().rfind(|member| inside(&member.value)) {
                step(place, &member.name);
                deepest(&member.value, at, place);
            }
        }
        _ => {}
    }
}

/// The length of the longest text, and where it stands.
fn longest(node: &Node<'_>, place: &mut String) -> usize {
    let children: Vec<(String, &Node<'_>)> = match &node.value {
        Value::Text(text) => return text.len(),
        Value::List(items) => {
            let numbered = items.iter().enumerate();
            numbered.map(|(at, item)| (at.to_string(), item)).collect()
        }
        Value::Object(members) => {
            let named = members.iter();
            named
                .map(|member| (member.name.to_string(), &member.value))
                .collect()
        }
        _ => return 0,
    };
    let mut most = 0;
    let mut where_most = String::new();
    for (name, child) in children {
        let mut below = String::new();
        step(&mut below, &name);
        let length = longest(child, &mut below);
        if length > most {
            (most, where_most) = (length, below);
        }
    }
    place.push_str(&where_most);
    most
}

/// Adds a step to a JSON Pointer, RFC 6901 section 3.
pub(crate) fn step(place: &mut String, name: &str) {
    place.push('/');
    place.push_str(&name.replace('~', "~0").replace('/', "~1"));
}
