//! JSON of strangers, RFC 8259, read strictly. In: text, and bounds. Out: values that know where in the text they stand, numbers as they were written. Never: two
//! members of one name in one object, half a character, a depth, size or count that was not bounded.
//!
//! A reader of our own because what is exchanged must be handed on byte for byte: libraries give values or texts, and not both with a place.

mod error;
mod reader;
mod write;

pub(crate) use error::push_step;
pub use error::{JsonError, JsonProblem};
pub use write::quote;

use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::ops::Range;

/// Bounds of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest text in bytes.
    pub bytes_max: usize,
    /// Deepest list or object; the outermost has depth 1.
    pub depth_max: usize,
    /// Most values in the text, lists and objects counted: each takes about 100 bytes.
    pub values_max: usize,
}

impl Limits {
    /// For one object: the longest of ATT&CK has 60 kB and 10 levels; an artifact may carry a file of some megabytes.
    pub const OBJECT: Self = Self {
        bytes_max: 16 << 20,
        depth_max: 32,
        values_max: 1 << 18,
    };
    /// For a text of many objects.
    pub const MANY: Self = Self {
        bytes_max: 128 << 20,
        depth_max: 34,
        values_max: 1 << 23,
    };
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node<'t> {
    /// The value.
    pub value: Value<'t>,
    /// Its first byte and the byte behind its last in the text.
    pub span: Range<usize>,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is written.
    Number(&'t str),
    /// A text with its escapes undone.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Node<'t>>),
    /// Members in the order of the text; no name stands twice.
    Object(Vec<Member<'t>>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub struct Member<'t> {
    /// Its name with its escapes undone.
    pub name: Cow<'t, str>,
    /// Its value.
    pub value: Node<'t>,
}

/// Reads a text that is one value.
///
/// # Errors
/// [`JsonError`] with the byte and the JSON Pointer of the place; its sender acts on it.
pub fn read(text: &str, limits: Limits) -> Result<Node<'_>, JsonError> {
    reader::read(text, limits)
}

/// Reads bytes that are one value in UTF-8.
///
/// # Errors
/// As [`read`], and [`JsonProblem::NotUtf8`].
pub fn read_bytes(bytes: &[u8], limits: Limits) -> Result<Node<'_>, JsonError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| JsonError::new(JsonProblem::NotUtf8, error.valid_up_to()))?;
    read(text, limits)
}

impl<'t> Node<'t> {
    /// What a text says of this value, byte for byte; empty for a text that it was not read from and that is shorter.
    pub fn raw<'o>(&self, text: &'o str) -> &'o str {
        text.get(self.span.clone()).unwrap_or_default()
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let found = self.members().iter().find(|member| member.name == name);
        found.map(|member| &member.value)
    }

    /// The members of an object, none of another value.
    pub fn members(&self) -> &[Member<'t>] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of a list, none of another value.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// Whether it is an object.
    pub const fn is_object(&self) -> bool {
        matches!(self.value, Value::Object(_))
    }

    /// A text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A truth value.
    pub const fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A number as it is written.
    pub const fn as_number(&self) -> Option<&'t str> {
        match self.value {
            Value::Number(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number; `1.0` and `1e0` are written as fractions and are none.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(|text| text.parse().ok())
    }

    /// The text of a member.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::as_str)
    }

    /// SHA-256 over what the value says: the order of members and the space between them do not count, the form of numbers does.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        self.feed(&mut hash);
        hash.finalize().into()
    }

    fn feed(&self, hash: &mut Sha256) {
        match &self.value {
            Value::Null => hash.update(b"n"),
            Value::Bool(value) => hash.update(if *value { b"t" } else { b"f" }),
            Value::Number(text) => feed_text(hash, b'd', text),
            Value::Text(text) => feed_text(hash, b's', text),
            Value::List(items) => {
                feed_count(hash, b'l', items.len());
                for item in items {
                    item.feed(hash);
                }
            }
            Value::Object(members) => {
                feed_count(hash, b'o', members.len());
                let mut sorted: Vec<&Member<'_>> = members.iter().collect();
                sorted.sort_by(|a, b| a.name.cmp(&b.name));
                for member in sorted {
                    feed_text(hash, b'm', &member.name);
                    member.value.feed(hash);
                }
            }
        }
    }
}

fn feed_count(hash: &mut Sha256, tag: u8, count: usize) {
    hash.update([tag]);
    hash.update((count as u64).to_be_bytes());
}

fn feed_text(hash: &mut Sha256, tag: u8, text: &str) {
    feed_count(hash, tag, text.len());
    hash.update(text);
}

#[cfg(test)]
mod tests;
