//! Objects. In: an object and its row. Out: what was seen with the pattern that finds it, or a domain object; or a custom object with all of it. Never: a reference that
//! is lost without a word.

use super::attribute::{based_on, indicator, observed, phases, registry_data, sightings};
use super::output::{Link, Output, Target, text_of, times};
use super::{galaxy, marking};
use crate::misp::event::{Attribute, Object, Seen};
use crate::misp::table::{self, ObjectRow, Shape};
use crate::misp::template::{self, Part, Slot, slot};
use crate::misp::{id, limits, moment, pattern, relations, value};
use sakimori_custody::time::Seconds;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Adds what objects become; those that refer to others come last.
pub(super) fn convert_all(output: &mut Output, objects: &[Object]) {
    let mut late = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        let uuid = object.uuid.clone().unwrap_or_else(|| {
            let owner = &output.owner().uuid;
            id::uuid_of(&format!("{owner} - object {at} - {}", object.name))
        });
        if object.deleted {
            output.keep(&uuid, &object.name, "withdrawn by its maker");
        } else if object.name == "annotation" {
            late.push((object, uuid));
        } else {
            convert(output, object, &uuid);
        }
    }
    for (object, uuid) in late {
        convert(output, object, &uuid);
    }
}

fn convert(output: &mut Output, object: &Object, uuid: &str) {
    let attributes: Vec<(&Attribute, String)> = object
        .attributes
        .iter()
        .filter(|attribute| !attribute.deleted)
        .enumerate()
        .map(|(at, attribute)| {
            let named = attribute.uuid.clone();
            let name = || format!("{uuid} - {at} - {}", attribute.value);
            (attribute, named.unwrap_or_else(|| id::uuid_of(&name())))
        })
        .collect();
    let parts: Vec<Part<'_>> = attributes
        .iter()
        .map(|(attribute, uuid)| Part {
            name: relation(attribute),
            kind: &attribute.kind,
            text: &attribute.value,
            data: attribute.data.as_deref(),
            uuid,
        })
        .collect();
    let values: Vec<(&str, &str)> = parts.iter().map(|part| (part.name, part.text)).collect();
    let refs_to_values = object
        .references
        .iter()
        .any(|reference| included(reference.relation.as_str(), object));
    let row = table::object(&object.name, &values).filter(|_| !refs_to_values);
    let made = row.and_then(|row| built(output, object, uuid, &parts, row));
    let ids = made.unwrap_or_else(|| {
        let why = if row.is_some() {
            "it lacks what such an object is built around, or has more than one holds"
        } else if refs_to_values {
            "it is one object with others, which the mapping does not join"
        } else {
            "the mapping has no such object"
        };
        output.keep(uuid, &object.name, why);
        vec![custom(output, object, uuid)]
    });
    let seen: Vec<Seen> = object
        .attributes
        .iter()
        .flat_map(|attribute| attribute.sightings.iter().cloned())
        .collect();
    sightings(output, &seen, &ids);
}

fn relation(attribute: &Attribute) -> &str {
    attribute.relation.as_deref().unwrap_or(&attribute.kind)
}

/// Whether an object is made of several: a file with its sections, a key with its values.
fn included(reference: &str, object: &Object) -> bool {
    match object.name.as_str() {
        "file" => reference == "includes",
        "registry-key" => reference == "contains",
        _ => false,
    }
}

/// The identifiers of what was built, or nothing where an object cannot be built.
fn built(
    output: &mut Output,
    object: &Object,
    uuid: &str,
    parts: &[Part<'_>],
    row: &ObjectRow,
) -> Option<Vec<String>> {
    let time = object.timestamp.unwrap_or(output.owner().time);
    let count = |wanted: &[&str]| parts.iter().filter(|p| wanted.contains(&p.name)).count();
    let resolutions = count(&["domain", "hostname"]).saturating_mul(count(&["ip"]));
    if parts.len() > limits::PARTS_MAX || resolutions > limits::RESOLUTIONS_MAX {
        return None;
    }
    let mut filled = template::fill(&row.templates, parts, uuid);
    template::rest(&mut filled, parts);
    if filled.objects.is_empty() || parts.is_empty() {
        return None;
    }
    if row.shape == Shape::Domain {
        let domain = filled.objects.into_iter().next()?;
        return domain_object(output, object, uuid, domain, time).map(|id| vec![id]);
    }
    let main = filled.objects.first()?;
    if !is_built(main) {
        return None;
    }
    let seen = (object.first_seen.as_deref(), object.last_seen.as_deref());
    let mut watched = observed(uuid, time, seen, &filled.objects);
    watched.insert("labels".to_owned(), labels(object));
    tags_and_galaxies(output, object, &mut watched, time);
    references(output, object, text_of(&watched, "id"), time);
    output.push(watched);
    for part in filled.objects {
        output.push(part);
    }
    let mut ids = vec![format!("observed-data--{uuid}")];
    let wanted: Vec<bool> = object
        .attributes
        .iter()
        .filter(|attribute| !attribute.deleted)
        .map(Attribute::is_for_detection)
        .collect();
    if wanted.contains(&true) {
        let mut found = indicator(uuid, time, &object.meta_category);
        let text = pattern_of(row, parts, &wanted);
        found.insert("pattern".to_owned(), json!(text));
        found.insert("labels".to_owned(), labels(object));
        if let Some(comment) = &object.comment {
            found.insert("description".to_owned(), json!(comment));
        }
        output.push(found);
        based_on(output, uuid, time, true);
        ids.push(format!("indicator--{uuid}"));
    }
    Some(ids)
}

/// Whether something that STIX names stands in an object beside its type, its identifier and what we add: an object of custom properties alone is none.
fn is_built(object: &Map<String, Value>) -> bool {
    let needs: &[&str] = match text_of(object, "type") {
        "autonomous-system" => &["number"],
        "url" | "domain-name" | "email-addr" => &["value"],
        "software" | "mutex" => &["name"],
        "directory" => &["path"],
        _ => &[],
    };
    needs.iter().all(|name| object.contains_key(*name))
        && object.keys().any(|name| {
            let ours = [
                "type",
                "id",
                "spec_version",
                "account_type",
                "is_multipart",
                "protocols",
            ];
            !name.starts_with("x_misp_") && !ours.contains(&name.as_str())
        })
}

fn domain_object(
    output: &mut Output,
    object: &Object,
    uuid: &str,
    mut domain: Map<String, Value>,
    time: Seconds,
) -> Option<String> {
    let kind = text_of(&domain, "type").to_owned();
    let needs = match kind.as_str() {
        "note" => "content",
        "indicator" => "pattern",
        "location" => "type",
        _ => "name",
    };
    if !domain.contains_key(needs) {
        return None;
    }
    if domain.contains_key("object_refs") {
        let targets = object
            .references
            .iter()
            .map(|reference| reference.to.as_str());
        let refs = output.made_of(targets);
        if refs.is_empty() {
            return None;
        }
        domain.insert("object_refs".to_owned(), json!(refs));
    } else {
        references(output, object, &format!("{kind}--{uuid}"), time);
    }
    if domain.contains_key("kill_chain_phases") {
        let of = phases(&object.meta_category);
        domain.insert("kill_chain_phases".to_owned(), of);
    }
    if kind == "indicator" {
        domain.insert("valid_from".to_owned(), json!(time.to_string()));
        let version = domain.entry("pattern_version");
        version.or_insert_with(|| json!("2.1"));
    }
    times(&mut domain, time);
    domain.insert("labels".to_owned(), labels(object));
    tags_and_galaxies(output, object, &mut domain, time);
    let id = text_of(&domain, "id").to_owned();
    output.push(domain);
    Some(id)
}

/// The pattern of what is meant for detection.
fn pattern_of(row: &ObjectRow, parts: &[Part<'_>], wanted: &[bool]) -> String {
    let wanted: Vec<&Part<'_>> = parts
        .iter()
        .zip(wanted)
        .filter_map(|(part, wanted)| wanted.then_some(part))
        .collect();
    let mut out: Vec<String> = Vec::new();
    if !row.fixed.is_empty() {
        out.push(row.fixed.to_owned());
    }
    let mut named = Vec::new();
    for (relation, piece) in &row.pieces {
        named.push(*relation);
        let of = wanted.iter().filter(|part| part.name == *relation);
        out.extend(of.enumerate().map(|(at, part)| fill_piece(piece, part, at)));
    }
    for part in wanted.iter().filter(|part| !named.contains(&part.name)) {
        let folded = relations::fold(part.name);
        let path = format!("{}:x_misp_{folded}", row.prefix);
        match part.data {
            Some(data) => {
                out.push(format!("{path}.data = '{}'", pattern::escape(data)));
                out.push(format!("{path}.value = '{}'", pattern::escape(part.text)));
            }
            None => out.push(format!("{path} = '{}'", written(part))),
        }
    }
    format!("[{}]", out.join(" AND "))
}

fn fill_piece(piece: &str, part: &Part<'_>, at: usize) -> String {
    let mut out = String::new();
    let numbered = piece.replace("[#]", &format!("[{at}]"));
    let mut rest = numbered.as_str();
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((inner, after)) = behind.split_once('}') else {
            break;
        };
        out.push_str(before);
        let text = format!("{{.{inner}}}");
        if inner.is_empty() {
            out.push_str(&written(part));
        } else if let Slot::Value { form, .. } = slot(&text) {
            let value = template::formed(part, form).and_then(|value| value::scalar(&value));
            out.push_str(&pattern::escape(&value.unwrap_or_default()));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A value as a pattern has it.
fn written(part: &Part<'_>) -> String {
    if part.kind == "datetime" {
        let time = moment::stix_of_misp(part.text);
        return time.unwrap_or_else(|| pattern::escape(part.text));
    }
    if part.name == "data" {
        return registry_data(&pattern::escape(part.text));
    }
    pattern::escape(part.text)
}

fn labels(object: &Object) -> Value {
    json!([
        format!("misp:name=\"{}\"", object.name.replace('|', "-")),
        format!("misp:meta-category=\"{}\"", object.meta_category),
    ])
}

/// Tags and galaxies of an object are those of its attributes.
fn tags_and_galaxies(
    output: &mut Output,
    object: &Object,
    stix: &mut Map<String, Value>,
    time: Seconds,
) {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut tags: Vec<&str> = Vec::new();
    for attribute in &object.attributes {
        names.extend(galaxy::of_attribute(
            output,
            &attribute.galaxies,
            stix,
            time,
        ));
        let new = attribute.tags.iter().map(|tag| tag.name.as_str());
        tags.extend(new.filter(|tag| known.insert(tag)));
    }
    let free = tags.into_iter().filter(|tag| !names.contains(*tag));
    marking::apply(output, stix, free);
}

fn references(output: &mut Output, object: &Object, source: &str, time: Seconds) {
    for reference in &object.references {
        output.link(Link {
            id: reference.uuid.clone(),
            source: source.to_owned(),
            target: Target::Uuid(reference.to.clone()),
            kind: reference.relation.clone(),
            time: reference.timestamp.unwrap_or(time),
        });
    }
}

/// An object as a custom object. Its identifier.
fn custom(output: &mut Output, object: &Object, uuid: &str) -> String {
    let time = object.timestamp.unwrap_or(output.owner().time);
    let id = format!("x-misp-object--{uuid}");
    let mut stix = Map::new();
    stix.insert("type".to_owned(), json!("x-misp-object"));
    stix.insert("id".to_owned(), json!(id));
    times(&mut stix, time);
    stix.insert("labels".to_owned(), labels(object));
    stix.insert("x_misp_name".to_owned(), json!(object.name));
    let category = json!(object.meta_category);
    stix.insert("x_misp_meta_category".to_owned(), category);
    let alive = object
        .attributes
        .iter()
        .filter(|attribute| !attribute.deleted);
    let attributes: Vec<Value> = alive.map(custom_attribute).collect();
    stix.insert("x_misp_attributes".to_owned(), Value::Array(attributes));
    if let Some(comment) = &object.comment {
        stix.insert("x_misp_comment".to_owned(), json!(comment));
    }
    tags_and_galaxies(output, object, &mut stix, time);
    references(output, object, &id, time);
    output.push(stix);
    id
}

fn custom_attribute(attribute: &Attribute) -> Value {
    let mut out = Map::new();
    out.insert("type".to_owned(), json!(attribute.kind));
    out.insert("object_relation".to_owned(), json!(relation(attribute)));
    out.insert("value".to_owned(), json!(attribute.value));
    if attribute.to_ids == Some(true) {
        out.insert("to_ids".to_owned(), json!(true));
    }
    for (name, text) in [
        ("category", &attribute.category),
        ("comment", &attribute.comment),
        ("uuid", &attribute.uuid),
        ("data", &attribute.data),
    ] {
        if let Some(text) = text {
            out.insert(name.to_owned(), json!(text));
        }
    }
    Value::Object(out)
}
