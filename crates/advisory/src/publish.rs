//! What goes out: a case as CSAF documents, and the files of a provider. In: cases, who we are, a signer, the time. Out: paths and bytes. Never: a case before its release, a
//! document that is not valid, a document for a class of recipients that its edition cannot name.
//!
//! [`case`] is what is known, [`mod@document`] makes the document of an edition, [`mod@tree`] lays the files out, [`openpgp`] signs. Source: CSAF 2.0 and 2.1, 7.1.

pub mod case;
pub mod document;
mod feed;
pub mod openpgp;
pub mod tree;

pub use case::Case;
pub use document::{DocumentError, document};
pub use openpgp::{Sign, SignError};
pub use tree::{Provider, PublishError, tree};

use serde_json::{Map, Value};

/// A value with its keys in order, which readers of documents find quicker (CSAF 2.0, 6.2.13), as bytes with a line at the end.
pub(crate) fn bytes(value: Value) -> Vec<u8> {
    let mut bytes = format!("{:#}", sorted(value)).into_bytes();
    bytes.push(b'\n');
    bytes
}

pub(crate) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<(String, Value)> = map.into_iter().collect();
            pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
            let pairs = pairs.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(sorted).collect()),
        other => other,
    }
}
