//! STIX that was not made from MISP. In: what was seen, alone or as others observed it, indicators. Out: an attribute for what has one value, an object for what has more.
//! Never: an object of which a property would be lost; that is left whole.

use super::object::compared;
use super::{Index, Map, Value, attribute, kind, refs, text};
use crate::misp::event::{Attribute, Object};
use crate::misp::pattern::{self, Comparison};
use crate::misp::table::{self, ObjectRow, Shape};
use crate::misp::{id, relations, template, types, value};
use std::collections::BTreeSet;

/// STIX type, property, type of attribute: what has one value.
const SIMPLE: [(&str, &str, &str); 8] = [
    ("autonomous-system", "number", "AS"),
    ("domain-name", "value", "domain"),
    ("email-addr", "value", "email"),
    ("ipv4-addr", "value", "ip-dst"),
    ("ipv6-addr", "value", "ip-dst"),
    ("mac-addr", "value", "mac-address"),
    ("mutex", "name", "mutex"),
    ("url", "value", "url"),
];

/// STIX type, object: what has more.
const JOINED: [(&str, &str); 11] = [
    ("artifact", "artifact"),
    ("autonomous-system", "asn"),
    ("directory", "directory"),
    ("domain-name", "domain-ip"),
    ("email-message", "email"),
    ("file", "file"),
    ("process", "process"),
    ("software", "software"),
    ("user-account", "user-account"),
    ("windows-registry-key", "registry-key"),
    ("x509-certificate", "x509"),
];

/// What STIX objects of others became.
#[derive(Default)]
pub(super) struct Others {
    pub(super) attributes: Vec<Attribute>,
    pub(super) objects: Vec<Object>,
}

/// Whether something is of a type that can be seen.
pub(super) fn is_seen(object: &Map<String, Value>) -> bool {
    let of = kind(object);
    let joined = JOINED.iter().any(|(stix, _)| *stix == of);
    joined || of == "network-traffic" || SIMPLE.iter().any(|(stix, _, _)| *stix == of)
}

/// Reads what was seen. `observed` is what says when, if anything does. `None`: something would be lost.
pub(super) fn seen(
    ids: &[String],
    observed: Option<&Map<String, Value>>,
    index: &Index<'_>,
) -> Option<Others> {
    let mut out = Others::default();
    let mut inner: BTreeSet<String> = BTreeSet::new();
    for id in ids {
        inner.extend(referred(index.get(id.as_str())?));
    }
    let heads = ids.iter().filter(|id| !inner.contains(*id));
    let mut reached: BTreeSet<String> = BTreeSet::new();
    for id in heads {
        let object = index.get(id.as_str())?;
        reached.insert(id.clone());
        if let Some(mut found) = simple(object) {
            if let Some(observed) = observed {
                times(&mut found, observed);
            }
            out.attributes.push(found);
            continue;
        }
        let below: Vec<String> = referred(object);
        let mut all = vec![id.clone()];
        for below in &below {
            let further = index.get(below.as_str())?;
            all.extend(referred(further));
        }
        all.splice(1..1, below);
        reached.extend(all.iter().cloned());
        out.objects.push(joined(object, &all, index)?);
    }
    ids.iter().all(|id| reached.contains(id)).then_some(out)
}

/// Identifiers that an object refers to.
fn referred(object: &Map<String, Value>) -> Vec<String> {
    let mut out = Vec::new();
    for (name, found) in object {
        if name.ends_with("_ref") {
            out.extend(found.as_str().map(str::to_owned));
        } else if name.ends_with("_refs") {
            out.extend(refs(object, name));
        } else if let Value::Array(items) = found {
            let parts = items.iter().filter_map(Value::as_object);
            out.extend(parts.flat_map(referred));
        }
    }
    out
}

/// The attribute of something with one value.
fn simple(object: &Map<String, Value>) -> Option<Attribute> {
    let (_, property, of) = SIMPLE.iter().find(|(stix, _, _)| *stix == kind(object))?;
    let ours = ["id", "type", "spec_version", "defanged"];
    let alone = object
        .keys()
        .all(|name| name == property || ours.contains(&name.as_str()));
    let found = value::scalar(object.get(*property)?).filter(|_| alone)?;
    Some(Attribute {
        uuid: id::uuid_part(text(object, "id")).map(str::to_owned),
        kind: (*of).to_owned(),
        category: Some(types::category(of).to_owned()),
        value: as_number(of, found),
        to_ids: Some(false),
        ..Attribute::default()
    })
}

/// The number of a network as MISP writes it.
fn as_number(kind: &str, text: String) -> String {
    let plain = kind == "AS" && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { format!("AS{text}") } else { text }
}

fn times(found: &mut Attribute, observed: &Map<String, Value>) {
    found.comment = Some(format!("Observed Data ID: {}", text(observed, "id")));
    found.timestamp = super::labels::changed(observed);
    if text(observed, "first_observed") != text(observed, "last_observed") {
        (found.first_seen, found.last_seen) = attribute::seen(observed);
    }
}

fn head(object: &Map<String, Value>, name: &str) -> Object {
    Object {
        uuid: id::uuid_part(text(object, "id")).map(str::to_owned),
        name: name.to_owned(),
        meta_category: relations::meta_category(name).unwrap_or("misc").to_owned(),
        ..Object::default()
    }
}

/// The row with a main object: that of one thing.
fn row_of(name: &str) -> Option<&'static ObjectRow> {
    table::objects_named(name).find(|row| {
        let main = row.templates.iter().any(|t| t.get("@for").is_none());
        row.shape == Shape::Seen && main
    })
}

fn joined(object: &Map<String, Value>, ids: &[String], index: &Index<'_>) -> Option<Object> {
    let (_, name) = JOINED.iter().find(|(stix, _)| *stix == kind(object))?;
    let row = row_of(name)?;
    if !template::covers(&row.templates, index, ids) {
        return None;
    }
    let mut out = head(object, name);
    let taken = template::take(&row.templates, index, ids, name);
    out.attributes = super::object::attributes(&out, taken, |_| false);
    for attribute in &mut out.attributes {
        attribute.value = as_number(&attribute.kind, std::mem::take(&mut attribute.value));
    }
    (!out.attributes.is_empty()).then_some(out)
}

/// Reads an indicator whose pattern is comparisons for equality.
pub(super) fn indicator(found: &Map<String, Value>) -> Option<Others> {
    if !matches!(text(found, "pattern_type"), "stix" | "") {
        return None;
    }
    let mut comparisons = pattern::comparisons(text(found, "pattern"))?;
    for comparison in &mut comparisons {
        comparison.path = unquoted(&comparison.path);
    }
    let comment = Some(text(found, "description").to_owned()).filter(|text| !text.is_empty());
    let mut out = Others::default();
    if let [Comparison { path, value }] = comparisons.as_slice()
        && let Some((stix, property)) = path.split_once(':')
        && let Some((_, _, of)) = SIMPLE.iter().find(|row| (row.0, row.1) == (stix, property))
    {
        out.attributes.push(Attribute {
            uuid: id::uuid_part(text(found, "id")).map(str::to_owned),
            kind: (*of).to_owned(),
            category: Some(types::category(of).to_owned()),
            value: as_number(of, value.clone()),
            comment,
            to_ids: Some(true),
            timestamp: super::labels::changed(found),
            ..Attribute::default()
        });
        return Some(out);
    }
    let (stix, _) = comparisons.first()?.path.split_once(':')?;
    let (_, name) = JOINED.iter().find(|row| row.0 == stix)?;
    let taken = compared(row_of(name)?, name, &comparisons)?;
    let mut object = head(found, name);
    object.comment = comment;
    object.timestamp = super::labels::changed(found);
    object.attributes = super::object::attributes(&object, taken, |_| true);
    out.objects.push(object);
    Some(out)
}

/// A path without quotes that its segments do not need.
fn unquoted(path: &str) -> String {
    let segments = path.split('.').map(|segment| {
        let inner = segment
            .strip_prefix('\'')
            .and_then(|s| s.strip_suffix('\''));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        inner
            .filter(|inner| inner.chars().all(plain))
            .unwrap_or(segment)
    });
    segments.collect::<Vec<_>>().join(".")
}
