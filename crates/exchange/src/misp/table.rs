//! The tables of the mapping between MISP and STIX 2.1. In: names of attributes, objects, galaxies. Out: rows with templates. Never: a row that works in one direction
//! only.
//!
//! The mapping is that of misp-stix (MISP project), whose documentation the tests compare with, entry by entry.

mod attributes;
mod galaxies;
mod objects;

pub(super) use attributes::{AttributeRow, Sort, attribute};
pub(super) use galaxies::{Fact, HELD, HELD_TOO, construct, fact, source_of};
pub(super) use objects::{ObjectRow, Shape, foreign, object, objects_named};

use serde_json::Value;

/// Templates of a row. A text that is no JSON gives none, and a test looks at every row.
fn templates(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap_or_default()
}
