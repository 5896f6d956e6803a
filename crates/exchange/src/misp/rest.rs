//! What the mapping to STIX has no place for, carried beside it: a property extension (STIX 2.1 section 7.3) on the objects that it belongs to. In: events and what the mapping makes of
//! them. Out: the same objects with the rest on them, and events that have it back. Never: an identifier, a type or a value taken from the rest; a tag that it takes away. So a sender
//! cannot say one thing in STIX and another beside it, nor loosen a marking.

mod mend;

use super::event::Event;
use super::from_stix::{FromStix, from_stix};
use super::id;
use super::limits;
use super::read::{MispError, read};
use super::to_stix::{StixText, ToStix, to_stix};
use super::value;
use crate::json;
use sakimori_custody::time::Seconds;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The extension's definition: `extension-definition--` and the name-based UUID of `sakimori misp rest` in the namespace of misp-stix.
fn definition() -> String {
    format!(
        "extension-definition--{}",
        id::uuid_of("sakimori misp rest")
    )
}

/// What is never taken from the rest, because STIX says it.
const SAID: [&str; 7] = [
    "uuid",
    "type",
    "value",
    "object_relation",
    "name",
    "meta-category",
    "info",
];
/// Lists of an event whose items have a place of their own.
const LISTS: [&str; 4] = ["Attribute", "Object", "Galaxy", "Tag"];

/// As [`to_stix`], and each object carries what the mapping has no place for, so that [`from_stix`] brings back every member of the event. A value that MISP may have and STIX may not
/// is written as STIX wants it, with what stood there before beside it. Where nothing is left over the objects are those of [`to_stix`].
///
/// # Errors
/// As [`to_stix`].
pub fn to_stix_whole(events: &[Event], now: Seconds) -> Result<ToStix, MispError> {
    let mut written = to_stix(events, now)?;
    let back = from_stix(written.bundle(&id::uuid_of("rest")).as_bytes())?;
    let mut rests = BTreeMap::new();
    for event in events {
        let same = back.events.iter().find(|back| back.uuid == event.uuid);
        if let Some(back) = same {
            rests_of(&map_of(event.text())?, &map_of(back.text())?, &mut rests);
        }
    }
    carry(&mut written.objects, rests, now);
    Ok(written)
}

/// An event's text as members.
fn map_of(text: &str) -> Result<Map<String, Value>, MispError> {
    let node = json::read(text, limits::TEXT)?;
    match value::of_node(&node) {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

fn items<'v>(
    of: &'v Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'v Map<String, Value>> {
    let list = of.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

fn uuid(of: &Map<String, Value>) -> &str {
    of.get("uuid").and_then(Value::as_str).unwrap_or_default()
}

/// What is left over of an event, its attributes and objects, by identifier.
fn rests_of(
    event: &Map<String, Value>,
    back: &Map<String, Value>,
    rests: &mut BTreeMap<String, Map<String, Value>>,
) {
    let mut add = |uuid: &str, rest: Map<String, Value>| {
        if !uuid.is_empty() && !rest.is_empty() {
            rests.entry(uuid.to_owned()).or_insert(rest);
        }
    };
    let mut head = difference(event, back, &LISTS[..2]);
    head.extend(galaxies(event, back));
    add(uuid(event), head);
    for (name, inner) in [("Attribute", None), ("Object", Some("Attribute"))] {
        let known: BTreeMap<&str, _> = items(back, name).map(|item| (uuid(item), item)).collect();
        for item in items(event, name) {
            let Some(back) = known.get(uuid(item)) else {
                continue;
            };
            let mut rest = difference(item, back, &[inner.unwrap_or("Attribute")]);
            rest.extend(galaxies(item, back));
            let parts = inner
                .map(|inner| parts(item, back, inner))
                .unwrap_or_default();
            if !parts.is_empty() {
                rest.insert("Attribute".to_owned(), Value::Array(parts));
            }
            add(uuid(item), rest);
        }
    }
}

/// Members that did not come back as they were.
fn difference(
    of: &Map<String, Value>,
    back: &Map<String, Value>,
    not: &[&str],
) -> Map<String, Value> {
    let lost = of.iter().filter(|(name, value)| {
        !not.contains(&name.as_str())
            && !SAID.contains(&name.as_str())
            && name.as_str() != "Galaxy"
            && back.get(*name) != Some(*value)
    });
    lost.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Galaxies that did not come back as they were.
fn galaxies(of: &Map<String, Value>, back: &Map<String, Value>) -> Option<(String, Value)> {
    let name = "Galaxy";
    let found = of.get(name)?;
    (back.get(name) != Some(found)).then(|| (name.to_owned(), found.clone()))
}

/// What says which attribute of an object is meant: type, value, and relation, where an address comes back as what it was an end of.
fn said(of: &Map<String, Value>) -> [Option<&str>; 3] {
    let [kind, value, relation] =
        ["type", "value", "object_relation"].map(|name| of.get(name).and_then(Value::as_str));
    [
        kind,
        value,
        relation.map(|name| if name == "ip-dst" { "ip" } else { name }),
    ]
}

/// What is left over of an object's attributes, each with what names it.
fn parts(of: &Map<String, Value>, back: &Map<String, Value>, list: &str) -> Vec<Value> {
    let known: Vec<_> = items(back, list).collect();
    let mut used = BTreeSet::new();
    let mut out = Vec::new();
    for item in items(of, list) {
        let mut same = known.iter().enumerate();
        let same = same.find(|(at, back)| said(back) == said(item) && !used.contains(at));
        let Some((at, back)) = same else { continue };
        used.insert(at);
        let mut rest = difference(item, back, &[]);
        rest.extend(galaxies(item, back));
        // The mapping gives an attribute of an object its own identifier only where it makes an object of it.
        for name in ["uuid", "object_relation", "type", "value"] {
            let lost = name != "uuid" || back.get(name) != item.get(name);
            if let Some(value) = item.get(name).filter(|_| lost) {
                rest.insert(name.to_owned(), value.clone());
            }
        }
        if rest.len() > said(item).iter().flatten().count() {
            out.push(Value::Object(rest));
        }
    }
    out
}

/// Puts the rests on their objects, and the definition behind them all.
fn carry(
    objects: &mut Vec<StixText>,
    mut rests: BTreeMap<String, Map<String, Value>>,
    now: Seconds,
) {
    let id = definition();
    let mut carried = false;
    for object in objects.iter_mut() {
        // What was written here is an object.
        let Ok(Value::Object(mut map)) = serde_json::from_str(&object.text) else {
            continue;
        };
        let before = mend::mend(&mut map);
        let plain = ["relationship", "sighting", "opinion", "marking-definition"];
        let bears = !plain.contains(&id::type_part(&object.id));
        let rest = id::uuid_part(&object.id)
            .filter(|_| bears)
            .and_then(|uuid| rests.remove(uuid));
        if rest.is_none() && before.is_empty() {
            continue;
        }
        let mut extension = json!({"extension_type": "property-extension"});
        if let Some(rest) = rest {
            extension["misp"] = Value::Object(rest);
        }
        if !before.is_empty() {
            extension["before"] = Value::Object(before);
        }
        let extensions = map.entry("extensions").or_insert_with(|| json!({}));
        if let Value::Object(extensions) = extensions {
            extensions.insert(id.clone(), extension);
            carried = true;
        }
        object.text = Value::Object(map).to_string();
    }
    if carried {
        objects.extend(definition_objects(&id, now));
    }
}

/// The definition, and the identity that made it.
fn definition_objects(id: &str, now: Seconds) -> [StixText; 2] {
    let by = format!("identity--{}", id::uuid_of("sakimori"));
    let mut identity = Map::new();
    identity.insert("type".to_owned(), json!("identity"));
    identity.insert("name".to_owned(), json!("Sakimori"));
    identity.insert("identity_class".to_owned(), json!("organization"));
    let mut definition = Map::new();
    definition.insert("type".to_owned(), json!("extension-definition"));
    definition.insert("created_by_ref".to_owned(), json!(by));
    definition.insert(
        "name".to_owned(),
        json!("Members of MISP that STIX has no place for"),
    );
    let schema = "Members of a MISP event, attribute or object, as in the MISP core format; docs/reference/misp-mapping.md of Sakimori";
    definition.insert("schema".to_owned(), json!(schema));
    definition.insert("version".to_owned(), json!("1.0.0"));
    definition.insert("extension_types".to_owned(), json!(["property-extension"]));
    [(by, identity), (id.to_owned(), definition)].map(|(id, mut object)| {
        object.insert("id".to_owned(), json!(id));
        object.insert("spec_version".to_owned(), json!("2.1"));
        for name in ["created", "modified"] {
            object.insert(name.to_owned(), json!(super::moment::stix_millis(now)));
        }
        StixText {
            id,
            text: Value::Object(object).to_string(),
        }
    })
}

/// Takes the rests off the objects that carry them, by identifier: the mapping then sees what it made.
pub(super) fn take(objects: &mut [Value]) -> BTreeMap<String, Map<String, Value>> {
    let id = definition();
    let mut out = BTreeMap::new();
    for object in objects.iter_mut().filter_map(Value::as_object_mut) {
        let Some(Value::Object(extensions)) = object.get_mut("extensions") else {
            continue;
        };
        let Some(mut extension) = extensions.remove(&id) else {
            continue;
        };
        if extensions.is_empty() {
            object.remove("extensions");
        }
        if let Some(Value::Object(before)) = extension.get("before") {
            mend::undo(object, before);
        }
        let of = object.get("id").and_then(Value::as_str);
        let of = of.and_then(id::uuid_part).map(str::to_owned);
        if let (Some(of), Some(Value::Object(rest))) = (of, extension.get_mut("misp")) {
            out.entry(of).or_insert_with(|| std::mem::take(rest));
        }
    }
    out
}

/// Gives events the rest back. An event that its rest would break stays as the mapping made it.
pub(super) fn restore(out: &mut FromStix, rests: &BTreeMap<String, Map<String, Value>>) {
    if rests.is_empty() {
        return;
    }
    // The definition and its maker say nothing of an event.
    let own = definition();
    out.left.retain(|(id, _)| *id != own);
    for event in &mut out.events {
        if let Ok(mut map) = map_of(event.text()) {
            with_rest(&mut map, rests);
            let text = Value::Object(map).to_string();
            if let Ok(mut whole) = read(text.as_bytes())
                && let Some(whole) = whole.pop()
            {
                *event = whole;
            }
        }
    }
}

fn with_rest(event: &mut Map<String, Value>, rests: &BTreeMap<String, Map<String, Value>>) {
    if let Some(rest) = rests.get(uuid(event)) {
        merge(event, rest);
    }
    for name in ["Attribute", "Object"] {
        let list = event.get_mut(name).and_then(Value::as_array_mut);
        for item in list.into_iter().flatten().filter_map(Value::as_object_mut) {
            let Some(rest) = rests.get(uuid(item)) else {
                continue;
            };
            merge(item, rest);
            let list = item.get_mut("Attribute").and_then(Value::as_array_mut);
            let parts: Vec<_> = list
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
                .collect();
            merge_parts(parts, rest);
        }
    }
}

fn merge_parts(mut parts: Vec<&mut Map<String, Value>>, rest: &Map<String, Value>) {
    let mut used = BTreeSet::new();
    for rest in items(rest, "Attribute") {
        let mut all = parts.iter_mut().enumerate();
        let same = all.find(|(at, part)| said(part) == said(rest) && !used.contains(at));
        if let Some((at, part)) = same {
            used.insert(at);
            merge(part, rest);
            if let Some(relation) = rest.get("object_relation") {
                part.insert("object_relation".to_owned(), relation.clone());
            }
            if let Some(uuid) = rest
                .get("uuid")
                .filter(|uuid| uuid.as_str().is_some_and(id::is_uuid))
            {
                part.insert("uuid".to_owned(), uuid.clone());
            }
        }
    }
}

/// Adds what the rest says and STIX does not.
fn merge(of: &mut Map<String, Value>, rest: &Map<String, Value>) {
    for (name, value) in rest {
        match name.as_str() {
            "Attribute" | "Object" => {}
            "Tag" => add_tags(of, value),
            "Galaxy" if !same_clusters(value, of.get(name)) => {}
            "Orgc" if maker(of.get(name)) != maker(Some(value)) => {}
            name if SAID.contains(&name) => {}
            _ => {
                of.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Whether galaxies of the rest are those that STIX has, or some of them: others may be an attribute's. Clusters of one identifier, as old servers sent them, are one in STIX.
fn same_clusters(rest: &Value, of: Option<&Value>) -> bool {
    let (rest, of) = (clusters(Some(rest)), clusters(of));
    let known: BTreeSet<&str> = rest
        .intersection(&of)
        .map(|(uuid, _)| uuid.as_str())
        .collect();
    rest.iter().all(|(uuid, _)| known.contains(uuid.as_str()))
}

/// What names the organisation that made an event.
fn maker(of: Option<&Value>) -> Option<&Value> {
    of.and_then(|of| of.get("uuid"))
}

/// What names the clusters of galaxies.
fn clusters(galaxies: Option<&Value>) -> BTreeSet<(String, String)> {
    let galaxies = galaxies.and_then(Value::as_array).into_iter().flatten();
    let all = galaxies.filter_map(Value::as_object);
    let all = all.flat_map(|galaxy| items(galaxy, "GalaxyCluster"));
    let name = |of: &Map<String, Value>| {
        let value = of.get("value").and_then(Value::as_str);
        (uuid(of).to_owned(), value.unwrap_or_default().to_owned())
    };
    all.map(name).collect()
}

/// Tags that the rest has and the event has not; a tag that is there is taken as it was written, and none goes.
fn add_tags(of: &mut Map<String, Value>, rest: &Value) {
    let name = |tag: &Value| tag.get("name").and_then(Value::as_str).map(str::to_owned);
    let tags = rest.as_array().cloned().unwrap_or_default();
    let here = of.get("Tag").and_then(Value::as_array).cloned();
    let mut all = tags.clone();
    for tag in here.unwrap_or_default() {
        if !tags.iter().any(|other| name(other) == name(&tag)) {
            all.push(tag);
        }
    }
    of.insert("Tag".to_owned(), Value::Array(all));
}
