//! STIX that was not made from MISP. In: what was seen, alone or as others observed it, indicators, analyses, people and places. Out: an attribute for what has one value, an object
//! for what has more, references between them, and what of them has no place in MISP. Never: a comparison of a pattern that is dropped, for then it would find more than was
//! meant.

use super::object::compared;
use super::{Index, Map, Value, attribute, kind, refs, text};
use crate::misp::event::{Attribute, Object, Reference};
use crate::misp::pattern::{self, Comparison};
use crate::misp::table::{self, ObjectRow, Shape};
use crate::misp::{id, limits, relations, template, types, value};
use std::collections::BTreeSet;
use std::net::IpAddr;

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
const JOINED: [(&str, &str); 12] = [
    ("artifact", "artifact"),
    ("autonomous-system", "asn"),
    ("directory", "directory"),
    ("domain-name", "domain-ip"),
    ("email-message", "email"),
    ("file", "file"),
    ("network-traffic", "network-traffic"),
    ("process", "process"),
    ("software", "software"),
    ("user-account", "user-account"),
    ("windows-registry-key", "registry-key"),
    ("x509-certificate", "x509"),
];

/// A property that refers to others, and what they are to each other, in the words of misp-stix.
const REFERENCES: [(&str, &str); 14] = [
    ("belongs_to_refs", "belongs-to"),
    ("body_raw_ref", "contains"),
    ("child_refs", "parent-of"),
    ("contains_refs", "contains"),
    ("content_ref", "contains"),
    ("creator_user_ref", "created-by"),
    ("dst_payload_ref", "destination-sent"),
    ("encapsulated_by_ref", "encapsulated-by"),
    ("encapsulates_refs", "encapsulates"),
    ("image_ref", "executes"),
    ("opened_connection_refs", "opened-connection"),
    ("parent_directory_ref", "contained-in"),
    ("parent_ref", "child-of"),
    ("src_payload_ref", "source-sent"),
];

const PARTLY: &str = "it is read, but some of what it says has no place in MISP";

/// What STIX objects of others became.
#[derive(Default)]
pub(super) struct Others {
    pub(super) attributes: Vec<Attribute>,
    pub(super) objects: Vec<Object>,
    /// What has been read and not wholly, and why.
    pub(super) told: Vec<(String, &'static str)>,
}

/// Whether something is of a type that can be seen.
pub(super) fn is_seen(object: &Map<String, Value>) -> bool {
    let of = kind(object);
    JOINED.iter().any(|(stix, _)| *stix == of) || SIMPLE.iter().any(|(stix, _, _)| *stix == of)
}

/// The object that something becomes.
fn name_of(object: &Map<String, Value>) -> Option<&'static str> {
    let socket = object
        .get("extensions")
        .and_then(|all| all.get("socket-ext"));
    if kind(object) == "network-traffic" && socket.is_some() {
        return Some("network-socket");
    }
    let found = JOINED.iter().find(|(stix, _)| *stix == kind(object))?;
    Some(found.1)
}

/// Reads what was seen. `observed` is what says when, if anything does. `None`: the mapping does not know it, or it would take too long.
pub(super) fn seen(
    ids: &[String],
    observed: Option<&Map<String, Value>>,
    index: &Index<'_>,
) -> Option<Others> {
    let mut out = Others::default();
    let mut inner: BTreeSet<String> = BTreeSet::new();
    let mut here = Vec::new();
    for id in ids {
        let Some(object) = index.get(id.as_str()) else {
            out.told.push((id.clone(), "it was seen and is not here"));
            continue;
        };
        here.push(id);
        if let Some(row) = name_of(object).and_then(table::foreign) {
            inner.extend(within(object, row));
        }
    }
    // Of names that refer to each other in a circle each would be within another: then all of them stand for themselves.
    let circle = here.iter().all(|id| inner.contains(*id));
    let heads = here.iter().filter(|id| circle || !inner.contains(**id));
    let mut reached: BTreeSet<String> = BTreeSet::new();
    for id in heads {
        let object = index.get(id.as_str())?;
        reached.insert((*id).clone());
        if let Some(mut found) = simple(object) {
            if let Some(observed) = observed {
                times(&mut found, observed);
            }
            out.attributes.push(found);
            continue;
        }
        joined(object, index, observed, &mut out, &mut reached)?;
    }
    let whole = here.iter().all(|id| reached.contains(*id));
    (whole && !here.is_empty()).then_some(out)
}

/// Whether a property refers to an object, or to several.
fn refers(name: &str) -> bool {
    name.ends_with("_ref") || name.ends_with("_refs")
}

/// Identifiers that one property holds.
fn held(object: &Map<String, Value>, name: &str) -> Vec<String> {
    match object.get(name) {
        Some(Value::String(id)) => vec![id.clone()],
        Some(_) => refs(object, name),
        None => Vec::new(),
    }
}

/// Identifiers of what an object takes into itself: what a template is made for.
fn within(object: &Map<String, Value>, row: &ObjectRow) -> Vec<String> {
    let of = |template: &&Value| template.get("type").and_then(Value::as_str) == Some(kind(object));
    let takes = |name: &str| {
        let mut same = row.templates.iter().filter(of);
        same.any(|template| template.get(name).is_some())
    };
    let made_for = |id: &String| {
        let mut parts = row.templates.iter().filter(|t| t.get("@for").is_some());
        parts.any(|template| template::is_of_type(template, id::type_part(id)))
    };
    let names = object.keys().filter(|name| refers(name) && takes(name));
    let ids = names.flat_map(|name| held(object, name));
    ids.filter(made_for).collect()
}

/// What an object refers to and does not take into itself.
fn beside(object: &Map<String, Value>, row: Option<&ObjectRow>, out: &mut Vec<Reference>) {
    let inner: BTreeSet<String> = row
        .map(|row| within(object, row))
        .into_iter()
        .flatten()
        .collect();
    for (name, found) in object {
        if refers(name) {
            let known = REFERENCES.iter().find(|(property, _)| property == name);
            let relation = known.map_or("related-to", |(_, relation)| relation);
            for id in held(object, name).iter().filter(|id| !inner.contains(*id)) {
                if let Some(uuid) = id::uuid_part(id) {
                    out.push(Reference {
                        uuid: None,
                        to: uuid.to_owned(),
                        relation: relation.to_owned(),
                        timestamp: None,
                    });
                }
            }
        } else if let Value::Array(items) = found {
            for item in items.iter().filter_map(Value::as_object) {
                beside(item, None, out);
            }
        }
    }
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

/// Who observed something, in the words of misp-stix.
fn observed_by(observed: &Map<String, Value>) -> String {
    format!("Observed Data ID: {}", text(observed, "id"))
}

fn times(found: &mut Attribute, observed: &Map<String, Value>) {
    found.comment = Some(observed_by(observed));
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

fn joined(
    object: &Map<String, Value>,
    index: &Index<'_>,
    observed: Option<&Map<String, Value>>,
    out: &mut Others,
    reached: &mut BTreeSet<String>,
) -> Option<()> {
    let name = name_of(object)?;
    let row = table::foreign(name)?;
    let id = text(object, "id").to_owned();
    let mut all = vec![id.clone()];
    let mut listed: BTreeSet<String> = all.iter().cloned().collect();
    let mut at = 0;
    let mut partly = false;
    while let Some(id) = all.get(at).cloned() {
        at += 1;
        for below in index
            .get(id.as_str())
            .into_iter()
            .flat_map(|o| within(o, row))
        {
            if !index.contains_key(below.as_str()) {
                partly = true;
            } else if listed.insert(below.clone()) {
                all.push(below);
            }
        }
        if all.len() > limits::PARTS_MAX {
            return None;
        }
    }
    partly |= !template::known(&row.templates, index, &all, refers)?;
    let mut made = head(object, name);
    let taken = template::take(&row.templates, index, &all, name);
    made.attributes = super::object::attributes(&made, taken, |_| false);
    for attribute in &mut made.attributes {
        attribute.value = as_number(&attribute.kind, std::mem::take(&mut attribute.value));
    }
    beside(object, Some(row), &mut made.references);
    if made.attributes.is_empty() {
        return None;
    }
    if let Some(observed) = observed {
        made.comment = Some(observed_by(observed));
        made.timestamp = super::labels::changed(observed);
        if text(observed, "first_observed") != text(observed, "last_observed") {
            (made.first_seen, made.last_seen) = attribute::seen(observed);
        }
    }
    if partly {
        out.told.push((id, PARTLY));
    }
    reached.extend(all);
    out.objects.push(made);
    Some(())
}

/// Reads an indicator whose pattern is comparisons for equality.
pub(super) fn indicator(found: &Map<String, Value>) -> Option<Others> {
    if !matches!(text(found, "pattern_type"), "stix" | "") {
        return None;
    }
    let mut comparisons = pattern::comparisons_as_written(text(found, "pattern"))?;
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
    let socket = comparisons.iter().any(|c| c.path.contains("'socket-ext'"));
    let (_, name) = JOINED.iter().find(|row| row.0 == stix)?;
    let name = if socket { "network-socket" } else { name };
    let taken = compared(table::foreign(name)?, name, &comparisons)?;
    let mut object = head(found, name);
    object.comment = comment;
    object.timestamp = super::labels::changed(found);
    object.attributes = super::object::attributes(&object, taken, |_| true);
    // The path of an address says the same for a name, which MISP keeps apart.
    let named = |attribute: &Attribute| {
        attribute.kind.starts_with("ip-") && attribute.value.parse::<IpAddr>().is_err()
    };
    if stix == "network-traffic" && object.attributes.iter().any(named) {
        return None;
    }
    for attribute in &mut object.attributes {
        attribute.value = as_number(&attribute.kind, std::mem::take(&mut attribute.value));
    }
    out.objects.push(object);
    Some(out)
}

/// Properties that say that a place is one on the map, and not a country or a region.
const ON_THE_MAP: [&str; 5] = [
    "latitude",
    "longitude",
    "city",
    "street_address",
    "postal_code",
];

/// Reads an analysis, a person or a place of others.
pub(super) fn known(object: &Map<String, Value>, index: &Index<'_>) -> Option<Others> {
    let on_the_map = ON_THE_MAP.iter().any(|name| object.contains_key(*name));
    let (name, row) = match kind(object) {
        "malware-analysis" => ("malware-analysis", table::foreign("malware-analysis")),
        "identity" => ("identity", domain("identity")),
        "location" if on_the_map => ("geolocation", domain("geolocation")),
        _ => return None,
    };
    let row = row?;
    let ids = [text(object, "id").to_owned()];
    let mut made = head(object, name);
    made.timestamp = super::labels::changed(object);
    let taken = template::take(&row.templates, index, &ids, name);
    made.attributes = super::object::attributes(&made, taken, |_| false);
    let mut out = Others::default();
    if !template::known(&row.templates, index, &ids, |_| false)? {
        let [id] = ids;
        out.told.push((id, PARTLY));
    }
    (!made.attributes.is_empty()).then(|| {
        out.objects.push(made);
        out
    })
}

fn domain(name: &str) -> Option<&'static ObjectRow> {
    table::objects_named(name).find(|row| row.shape == Shape::Domain)
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
