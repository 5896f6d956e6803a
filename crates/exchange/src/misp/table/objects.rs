//! Objects. In: a name. Out: what is seen or known, and the pieces of a pattern. Never: a relation without a way back; what a row does not name becomes a property of
//! its own.

mod domain;
mod foreign;
mod network;
mod seen;

use serde_json::Value;
use std::sync::LazyLock;

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::misp) enum Shape {
    /// Something seen, and a pattern of what is meant for detection.
    Seen,
    /// A domain object of its own.
    Domain,
}

/// A row as it is written.
struct Row {
    name: &'static str,
    /// A relation and the value that it must have.
    when: Option<(&'static str, &'static str)>,
    /// The only relations that may occur, if there is a condition.
    only: &'static [&'static str],
    templates: &'static str,
    /// What every pattern begins with.
    fixed: &'static str,
    /// Relations with their piece: a path, or comparisons with `{}` for the value and `#` for its number.
    pieces: &'static [(&'static str, &'static str)],
}

/// A row.
#[derive(Debug)]
pub(in crate::misp) struct ObjectRow {
    pub(in crate::misp) name: &'static str,
    pub(in crate::misp) shape: Shape,
    pub(in crate::misp) templates: Vec<Value>,
    pub(in crate::misp) fixed: &'static str,
    /// Relations with comparisons, in the order of a pattern.
    pub(in crate::misp) pieces: Vec<(&'static str, String)>,
    /// The type that paths begin with.
    pub(in crate::misp) prefix: String,
    when: Option<(&'static str, &'static str)>,
    only: &'static [&'static str],
}

static ROWS: LazyLock<Vec<ObjectRow>> = LazyLock::new(|| {
    let seen = seen::ROWS.iter().chain(network::ROWS);
    let seen = seen.map(|row| made(row, Shape::Seen));
    let domain = domain::ROWS.iter().map(|row| made(row, Shape::Domain));
    seen.chain(domain).collect()
});

/// Rows of STIX that others made.
static FOREIGN: LazyLock<Vec<ObjectRow>> = LazyLock::new(|| {
    let rows = foreign::ROWS.iter();
    rows.map(|row| made(row, Shape::Seen)).collect()
});

fn made(row: &Row, shape: Shape) -> ObjectRow {
    let templates = super::templates(row.templates);
    let main = templates
        .iter()
        .find(|template| template.get("@for").is_none())
        .or_else(|| templates.last());
    let prefix = main
        .and_then(|template| template.get("type"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let pieces = row.pieces.iter().map(|(relation, piece)| {
        if piece.contains(" = ") {
            return (*relation, (*piece).to_owned());
        }
        (*relation, format!("{prefix}:{piece} = '{{}}'"))
    });
    ObjectRow {
        name: row.name,
        shape,
        pieces: pieces.collect(),
        templates,
        fixed: row.fixed,
        prefix,
        when: row.when,
        only: row.only,
    }
}

/// The row for an object with these relations and values.
pub(in crate::misp) fn object(name: &str, values: &[(&str, &str)]) -> Option<&'static ObjectRow> {
    let name = match name {
        "domain|ip" => "domain-ip",
        "ip|port" => "ip-port",
        other => other,
    };
    ROWS.iter().filter(|row| row.name == name).find(|row| {
        let when = row.when.is_none_or(|wanted| values.contains(&wanted));
        let only = row.only.is_empty() || values.iter().all(|(r, _)| row.only.contains(r));
        when && only
    })
}

/// All rows of a name; the first whose type fits an object is the way back.
pub(in crate::misp) fn objects_named(name: &str) -> impl Iterator<Item = &'static ObjectRow> {
    let name = name.to_owned();
    ROWS.iter().filter(move |row| row.name == name)
}

/// The row by which STIX of others becomes an object: one of its own, or the row of one thing.
pub(in crate::misp) fn foreign(name: &str) -> Option<&'static ObjectRow> {
    let own = FOREIGN.iter().find(|row| row.name == name);
    own.or_else(|| {
        ROWS.iter().find(|row| {
            let main = row.templates.iter().any(|t| t.get("@for").is_none());
            row.name == name && row.shape == Shape::Seen && main
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read_and_has_a_pattern_if_it_is_seen() {
        for row in ROWS.iter() {
            assert!(!row.templates.is_empty(), "{}", row.name);
            let pieces = row.shape == Shape::Seen;
            assert_eq!(!row.pieces.is_empty(), pieces, "{}", row.name);
            assert!(!row.prefix.is_empty(), "{}", row.name);
        }
    }

    #[test]
    fn every_row_of_others_can_be_read() {
        for row in FOREIGN.iter() {
            assert!(!row.templates.is_empty(), "{}", row.name);
            assert!(!row.prefix.is_empty(), "{}", row.name);
            for (relation, _) in &row.pieces {
                let kind = super::super::super::relations::kind_of(row.name, relation);
                assert!(kind.is_some(), "{} {relation}", row.name);
            }
        }
    }

    #[test]
    fn the_condition_of_a_row_decides() {
        let row = |values: &[(&str, &str)]| object("script", values).map(|row| row.prefix.clone());
        assert_eq!(row(&[("state", "Malicious")]).as_deref(), Some("malware"));
        assert_eq!(row(&[("state", "Harmless")]).as_deref(), Some("tool"));
        let count =
            |values: &[(&str, &str)]| object("domain-ip", values).map(|row| row.templates.len());
        assert_eq!(count(&[("domain", "a"), ("ip", "b")]), Some(3));
        assert_eq!(count(&[("domain", "a"), ("port", "1")]), Some(2));
    }
}
