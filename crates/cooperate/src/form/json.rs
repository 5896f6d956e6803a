//! JSON, strictly. In: bytes. Out: a typed document, or the line that is wrong. Never: a key twice, an unknown field, a nesting or a number of values without end.

use super::FormError;
use crate::limits::{DEPTH_MAX, FILE_BYTES_MAX, VALUES_MAX};
use crate::report::ReportDocument;
use serde::de::{DeserializeOwned, DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// Reads a report.
///
/// # Errors
/// [`FormError`]: it is none; the fields' values are for [`ReportDocument::errors`].
pub fn read_report(bytes: &[u8]) -> Result<ReportDocument, FormError> {
    read_json(bytes)
}

/// The bytes of a report: JSON with two spaces, the fields in the order of their keys, a final newline. One document has one text.
pub fn write_report(document: &ReportDocument) -> Vec<u8> {
    // A document is texts, numbers and maps with text keys: it has no value that JSON lacks.
    let mut bytes = serde_json::to_vec_pretty(document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Reads any document of this room strictly: bounded, no key twice, no unknown field.
///
/// # Errors
/// [`FormError`] says where.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FormError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FormError::TooLarge {
            found: bytes.len(),
            most: FILE_BYTES_MAX,
        });
    }
    let left = Cell::new(VALUES_MAX);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let seed = Strict {
        depth: DEPTH_MAX,
        left: &left,
    };
    let value = seed.deserialize(&mut reader).map_err(|e| place(&e))?;
    reader.end().map_err(|e| place(&e))?;
    T::deserialize(value).map_err(|e| place(&e))
}

fn place(error: &serde_json::Error) -> FormError {
    let whole = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = whole.strip_suffix(&place).unwrap_or(&whole);
    FormError::Json {
        line: error.line().max(1),
        column: error.column(),
        // BOUND: a message may quote what a stranger sent.
        what: what.chars().take(300).collect(),
    }
}

struct Strict<'a> {
    depth: usize,
    left: &'a Cell<usize>,
}

impl Strict<'_> {
    fn inner<E: Error>(&self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1);
        let depth = depth.ok_or_else(|| E::custom("is nested too deeply"))?;
        Ok(Self {
            depth,
            left: self.left,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1);
        let left = left.ok_or_else(|| D::Error::custom("has too many values"))?;
        self.left.set(left);
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(E::custom("is a number that is not whole"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner()?)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self.inner()?)?;
            if map.contains_key(&key) {
                let short: String = key.chars().take(80).collect();
                return Err(A::Error::custom(format!("the key `{short}` stands twice")));
            }
            map.insert(key, value);
        }
        Ok(map.into())
    }
}
