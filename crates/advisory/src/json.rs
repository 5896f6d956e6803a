//! JSON of others, read within bounds. In: bytes. Out: a value. Never: a key twice (two readers would see two documents), text behind the end, a document that is too
//! long, too deep or too large.

use crate::limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX, VALUES_MAX};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// Why bytes are not taken as a document. The sender has to mend them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Longer than is read.
    #[error("the document has {bytes} bytes, more than {max}")]
    Long {
        /// Its length, bytes.
        bytes: usize,
        /// What is read.
        max: usize,
    },
    /// Not JSON, a key twice, too deep, too many values.
    #[error("line {line}, column {column}: {what}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
}

/// Reads a document of at most [`DOCUMENT_BYTES_MAX`] bytes.
///
/// # Errors
/// [`JsonError`] with the place.
pub fn read(bytes: &[u8]) -> Result<Value, JsonError> {
    read_up_to(bytes, DOCUMENT_BYTES_MAX)
}

/// Reads a document of at most `max` bytes.
///
/// # Errors
/// [`JsonError`] with the place.
pub fn read_up_to(bytes: &[u8], max: usize) -> Result<Value, JsonError> {
    if bytes.len() > max {
        let bytes = bytes.len();
        return Err(JsonError::Long { bytes, max });
    }
    let values = Cell::new(0);
    let seed = Bounded {
        depth: 0,
        values: &values,
    };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = seed.deserialize(&mut reader).map_err(|e| syntax(&e))?;
    reader.end().map_err(|e| syntax(&e))?;
    Ok(value)
}

fn syntax(error: &serde_json::Error) -> JsonError {
    let whole = error.to_string();
    // The library ends its text with the place, which the error has in fields of its own.
    let what = whole
        .rsplit_once(" at line ")
        .map_or(whole.as_str(), |(what, _)| what);
    // BOUND: 200 characters of what is wrong, which may quote the document.
    JsonError::Syntax {
        line: error.line(),
        column: error.column(),
        what: what.chars().take(200).collect(),
    }
}

struct Bounded<'c> {
    depth: usize,
    values: &'c Cell<usize>,
}

impl Bounded<'_> {
    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > VALUES_MAX {
            return Err(E::custom(format!("more than {VALUES_MAX} values")));
        }
        Ok(())
    }

    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        if self.depth >= DEPTH_MAX {
            return Err(E::custom(format!("nested deeper than {DEPTH_MAX}")));
        }
        Ok(Self {
            depth: self.depth + 1,
            values: self.values,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.count()?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is none"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = items.next_key::<String>()? {
            let value = items.next_value_seed(self.deeper()?)?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` twice")));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// The text of a member, if it is one.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// The items of a member that is a list; none where it is not.
pub(crate) fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    let list = value.get(key).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default().iter()
}

/// The texts of a member that is a list.
pub(crate) fn texts<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v str> {
    items(value, key).filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        read(bytes).map_or_else(|e| e.to_string(), |v| format!("taken: {v}"))
    }

    #[test]
    fn what_two_readers_would_read_differently_is_refused() {
        assert_eq!(
            refused(br#"{"a":1,"a":2}"#),
            "line 1, column 13: the key `a` twice"
        );
        assert_eq!(
            refused(br#"{"a":1} x"#),
            "line 1, column 9: trailing characters"
        );
        assert_eq!(refused(b"\xff"), "line 1, column 1: expected value");
        let deep = format!("{}{}", "[".repeat(101), "]".repeat(101));
        assert!(refused(deep.as_bytes()).contains("nested deeper than 100"));
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(read(deep.as_bytes()).is_ok());
        assert_eq!(
            read_up_to(b"[1, 2]", 5),
            Err(JsonError::Long { bytes: 6, max: 5 })
        );
    }

    #[test]
    fn more_values_than_the_bound_are_refused() {
        let many = format!("[{}0]", "0,".repeat(VALUES_MAX));
        assert!(refused(many.as_bytes()).contains("more than 2000000 values"));
    }
}
