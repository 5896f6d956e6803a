//! From STIX 2.0 and 2.1 to MISP: what misp-stix or this room made comes back as it was, other STIX as far as the mapping knows it. In: a bundle, an envelope or a list. Out:
//! events, what belongs to none, and every object that found no place, by its identifier. Never: an object that is dropped, a relationship that is guessed.

mod attribute;
mod domain;
mod group;
mod labels;
mod lift;
mod object;
mod others;

use super::event::{Attribute, Event, Galaxy, Object};
use super::limits;
use super::read::{MispError, too_many};
use super::rest;
use super::value;
use crate::json;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What became of STIX objects.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FromStix {
    /// Events of reports and groupings.
    pub events: Vec<Event>,
    /// Attributes that no report refers to.
    pub attributes: Vec<Attribute>,
    /// Objects that no report refers to.
    pub objects: Vec<Object>,
    /// Galaxies that no report refers to.
    pub galaxies: Vec<Galaxy>,
    /// Objects that found no place, by identifier, and why. Who keeps the STIX text loses nothing.
    pub left: Vec<(String, &'static str)>,
}

/// STIX objects by identifier.
pub(super) type Index<'o> = BTreeMap<&'o str, &'o Map<String, Value>>;

/// Reads STIX objects into events.
///
/// # Errors
/// [`MispError`] for a text that is no JSON or holds no STIX objects.
pub fn from_stix(bytes: &[u8]) -> Result<FromStix, MispError> {
    let root = json::read_bytes(bytes, limits::TEXT)?;
    let mut root = value::of_node(&root);
    let old_bundle = lift::is_old_bundle(&root);
    let list = list_of(&mut root);
    let rests = rest::take(list);
    let inner = lift::lift(list, old_bundle)?;
    let mut objects = objects_of(list)?;
    objects.extend(inner.iter().filter_map(Value::as_object));
    if objects.len() > limits::STIX_OBJECTS_MAX {
        return Err(too_many("", "objects", limits::STIX_OBJECTS_MAX));
    }
    let mut out = FromStix::default();
    let mut order: Vec<&str> = Vec::new();
    let mut index = Index::new();
    for object in objects {
        let id = object.get("id").and_then(Value::as_str);
        let Some(id) = id.filter(|id| super::id::uuid_part(id).is_some()) else {
            out.left.push((String::new(), "it has no identifier"));
            continue;
        };
        if index.insert(id, object).is_none() {
            order.push(id);
        } else {
            out.left
                .push((id.to_owned(), "an earlier version of it, or a second one"));
        }
    }
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for id in &order {
        let Some(report) = index.get(id).copied().filter(|o| is_report(o)) else {
            continue;
        };
        used.insert(id);
        let refs = refs(report, "object_refs");
        let members: Vec<&str> = refs
            .iter()
            .filter_map(|wanted| index.get_key_value(wanted.as_str()).map(|(id, _)| *id))
            .collect();
        used.extend(members.iter().copied());
        let group = group::read(&members, &index);
        used.extend(group.used.iter().copied());
        out.left.extend(group.left.iter().cloned());
        out.events.push(group::event(report, group, &index));
    }
    let loose: Vec<&str> = order
        .iter()
        .copied()
        .filter(|id| !used.contains(id))
        .collect();
    let group = group::read(&loose, &index);
    out.left.extend(group.left);
    out.attributes = group.attributes;
    out.objects = group.objects;
    out.galaxies = group.galaxies;
    rest::restore(&mut out, &rests);
    Ok(out)
}

/// The list of objects: the text itself, its member `objects`, or the one object that the text is.
fn list_of(root: &mut Value) -> &mut [Value] {
    let lone = root.get("objects").is_none() && root.get("id").is_some();
    match root {
        Value::Array(items) => items,
        root if lone => std::slice::from_mut(root),
        root => match root.get_mut("objects") {
            Some(Value::Array(items)) => items,
            _ => &mut [],
        },
    }
}

fn objects_of(list: &[Value]) -> Result<Vec<&Map<String, Value>>, MispError> {
    let found: Vec<&Map<String, Value>> = list.iter().filter_map(Value::as_object).collect();
    if found.is_empty() {
        return Err(MispError::NotEvent {
            found: "there are no STIX objects",
        });
    }
    Ok(found)
}

fn is_report(object: &Map<String, Value>) -> bool {
    matches!(kind(object), "report" | "grouping")
}

/// Whether an object is of STIX 2.0; what others observed has no version and is of the one that is read.
pub(super) fn is_old(object: &Map<String, Value>) -> bool {
    text(object, "spec_version") == "2.0"
}

/// The type of a STIX object.
pub(super) fn kind(object: &Map<String, Value>) -> &str {
    text(object, "type")
}

/// The text of a member, or an empty one.
pub(super) fn text<'o>(object: &'o Map<String, Value>, name: &str) -> &'o str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Identifiers of a list.
pub(super) fn refs(object: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = object.get(name).and_then(Value::as_array);
    let each = list.into_iter().flatten().filter_map(Value::as_str);
    each.map(str::to_owned).collect()
}
