//! How each change is written. In: changes. Out: statements of one transaction. Never: a change that did not hit what it names, taken as done.

use crate::change::Change;
use crate::engine::{Value, Work};
use crate::error::StoreError;
use crate::limits::{CHANGES_MAX, ENTRY_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX, WORDS_MAX};

mod account;
mod paper;
mod rest;
mod sign_in;

/// A number as both engines keep it.
pub(crate) fn int(number: u64) -> Result<Value<'static>, StoreError> {
    maybe_int(Some(number))
}

/// A number, or none.
pub(crate) fn maybe_int(number: Option<u64>) -> Result<Value<'static>, StoreError> {
    let number = number
        .map(i64::try_from)
        .transpose()
        .map_err(|_| StoreError::Bound {
            what: "a number or time",
        })?;
    Ok(Value::Int(number))
}

/// A text that both engines keep the same way.
pub(crate) fn bounded<'a>(
    field: &'static str,
    text: &'a str,
    bytes_max: usize,
) -> Result<Value<'a>, StoreError> {
    if text.len() > bytes_max || text.contains('\0') {
        return Err(StoreError::Text { field, bytes_max });
    }
    Ok(Value::Text(Some(text)))
}

/// A name, id, title, label or word.
pub(crate) fn name<'a>(field: &'static str, text: &'a str) -> Result<Value<'a>, StoreError> {
    bounded(field, text, NAME_BYTES_MAX)
}

/// A long text.
pub(crate) fn long<'a>(field: &'static str, text: &'a str) -> Result<Value<'a>, StoreError> {
    bounded(field, text, TEXT_BYTES_MAX)
}

/// Bytes of an entry or of a credential.
pub(crate) fn bytes<'a>(what: &'static str, bytes: &'a [u8]) -> Result<Value<'a>, StoreError> {
    if bytes.len() > ENTRY_BYTES_MAX {
        return Err(StoreError::Bound { what });
    }
    Ok(Value::Blob(Some(bytes)))
}

/// A hash.
pub(crate) fn hash(hash: &[u8; 32]) -> Value<'_> {
    Value::Blob(Some(hash))
}

/// Words as one text; a word has no space in it.
pub(crate) fn words(field: &'static str, words: &[String]) -> Result<String, StoreError> {
    if words.len() > WORDS_MAX {
        return Err(StoreError::Bound { what: field });
    }
    for word in words {
        name(field, word)?;
        if word.is_empty() || word.contains(char::is_whitespace) {
            return Err(StoreError::Text {
                field,
                bytes_max: NAME_BYTES_MAX,
            });
        }
    }
    Ok(words.join(" "))
}

/// A kind of thing and its name, for an error.
fn called(kind: &str, name: &str) -> String {
    let name: String = name.chars().take(80).collect();
    format!("{kind} `{name}`")
}

/// A kind of thing and the first bytes of its hash, for an error.
fn numbered(kind: &str, bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .take(4)
        .fold(format!("{kind} "), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Inserts a row; says what exists already, or what it points to that does not.
async fn insert(
    work: &mut impl Work,
    sql: &'static str,
    values: &[Value<'_>],
    what: impl Fn() -> String,
    owner: impl Fn() -> String,
) -> Result<(), StoreError> {
    match work.run(sql, values).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_taken() => Err(StoreError::Exists { what: what() }),
        Err(error) if error.is_dangling() => Err(StoreError::Missing { what: owner() }),
        Err(error) => Err(error),
    }
}

/// Changes one row; says that it is missing where none was changed.
async fn one(
    work: &mut impl Work,
    sql: &'static str,
    values: &[Value<'_>],
    what: impl Fn() -> String,
) -> Result<(), StoreError> {
    match work.run(sql, values).await? {
        0 => Err(StoreError::Missing { what: what() }),
        _ => Ok(()),
    }
}

/// The next number of a counter that has no gaps.
async fn count(work: &mut impl Work, counter: &str) -> Result<u64, StoreError> {
    let counter = Value::Text(Some(counter));
    work.run(
        "UPDATE counter SET value = value + 1 WHERE name = $1",
        &[counter],
    )
    .await?;
    let rows = work
        .rows("SELECT value FROM counter WHERE name = $1", &[counter])
        .await?;
    rows.into_iter()
        .next()
        .ok_or(StoreError::Row { what: "no counter" })?
        .number()
}

/// Writes all changes.
pub(crate) async fn all(work: &mut impl Work, changes: &[Change]) -> Result<(), StoreError> {
    if changes.len() > CHANGES_MAX {
        return Err(StoreError::Bound {
            what: "the number of changes",
        });
    }
    for change in changes {
        let done = account::write(work, change).await?
            || sign_in::write(work, change).await?
            || paper::write(work, change).await?
            || rest::write(work, change).await?;
        if !done {
            return Err(StoreError::Row {
                what: "a change that no part of the store writes",
            });
        }
    }
    Ok(())
}
