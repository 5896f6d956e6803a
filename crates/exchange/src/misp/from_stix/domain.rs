//! Galaxies. In: domain objects. Out: clusters with the facts that STIX holds in properties. Never: a property that is dropped; what has no fact of its own becomes one.

use super::labels::Labels;
use super::{Map, Value, is_old, kind, refs, text};
use crate::misp::event::{Cluster, Galaxy};
use crate::misp::{id, moment, table, value};
use serde_json::json;

/// Properties that a cluster or its galaxy holds elsewhere.
const PLACED: [&str; 15] = [
    "aliases",
    "created",
    "created_by_ref",
    "description",
    "external_references",
    "id",
    "identity_class",
    "is_family",
    "kill_chain_phases",
    "labels",
    "modified",
    "name",
    "object_marking_refs",
    "spec_version",
    "type",
];

/// The galaxy of a domain object; without labels of MISP it is one of STIX's own.
pub(super) fn galaxy(object: &Map<String, Value>, labels: &Labels<'_>) -> Option<Galaxy> {
    let stix = kind(object);
    let version = if is_old(object) { "2.0" } else { "2.1" };
    let sector = stix == "identity" && text(object, "identity_class") == "class";
    let own = if sector {
        "sector".to_owned()
    } else {
        format!("stix-{version}-{stix}")
    };
    let galaxy_type = labels.galaxy_type.unwrap_or(&own);
    if kind(object) == "x-misp-galaxy-cluster" {
        return Some(custom(object, labels));
    }
    if labels.galaxy_type.is_none() && table::construct(&own).is_none() && stix != "identity" {
        return None;
    }
    let mut meta = facts(object, stix);
    if labels.galaxy_type.is_none() {
        times_of_others(object, &mut meta);
    }
    if let Some((name, words)) = words(object, labels, galaxy_type) {
        meta.insert(name, words);
    }
    let name = text(object, "name");
    let mut shown = name.to_owned();
    let external = meta.get("external_id").map(|found| match found {
        Value::Array(items) => items.first().and_then(value::scalar).unwrap_or_default(),
        other => value::scalar(other).unwrap_or_default(),
    });
    if let Some(external) = external.filter(|_| galaxy_type.starts_with("mitre-")) {
        shown = format!("{name} - {external}");
    }
    if galaxy_type == "branded-vulnerability"
        && let Some(found) = meta.remove("external_id")
    {
        let list = match found {
            Value::Array(items) => items,
            other => vec![other],
        };
        meta.insert("aliases".to_owned(), Value::Array(list));
    }
    let about = text(object, "description");
    let galaxy_name = labels.galaxy_name.map(str::to_owned);
    let title = || {
        if sector {
            return "Sector".to_owned();
        }
        let words = stix.split('-').map(capital);
        format!("STIX {version} {}", words.collect::<Vec<_>>().join(" "))
    };
    let mut galaxy = Galaxy {
        uuid: None,
        name: galaxy_name.unwrap_or_else(title),
        kind: galaxy_type.to_owned(),
        description: String::new(),
        clusters: vec![Cluster {
            uuid: id::uuid_part(text(object, "id")).map(str::to_owned),
            kind: galaxy_type.to_owned(),
            value: shown,
            description: (!about.is_empty()).then(|| about.to_owned()),
            tag_name: None,
            meta,
            timestamp: super::labels::changed(object),
        }],
    };
    place(&mut galaxy, about, name);
    Some(galaxy)
}

/// When objects of others were made and changed, which clusters of misp-stix hold elsewhere.
fn times_of_others(object: &Map<String, Value>, meta: &mut Map<String, Value>) {
    for name in ["created", "modified", "first_seen", "last_seen"] {
        if let Some(time) = moment::stix_micros(text(object, name)) {
            meta.insert(name.to_owned(), json!(time));
        }
    }
}

/// The labels of an object of STIX 2.0 that say what kind of its kind it is; 2.1 has a property for them.
fn words(
    object: &Map<String, Value>,
    labels: &Labels<'_>,
    galaxy_type: &str,
) -> Option<(String, Value)> {
    let typed = ["malware", "threat-actor", "tool"].contains(&kind(object));
    if !is_old(object) || !typed {
        return None;
    }
    let marks = refs(object, "object_marking_refs").len();
    let own = labels.tags.len().saturating_sub(marks);
    let words: Vec<&str> = labels
        .tags
        .iter()
        .take(own)
        .map(|tag| tag.name.as_str())
        .collect();
    let name = match galaxy_type.strip_prefix("stix-2.1-") {
        Some(stix) => format!("{}_types", stix.replace('-', "_")),
        None => "labels".to_owned(),
    };
    (!words.is_empty()).then(|| (name, json!(words)))
}

/// Places keep their galaxy's description before their own.
fn place(galaxy: &mut Galaxy, about: &str, name: &str) {
    let Some(cluster) = galaxy.clusters.first_mut() else {
        return;
    };
    let Some((of_galaxy, own)) = about.split_once(" | ") else {
        return;
    };
    match galaxy.kind.as_str() {
        "country" => {
            of_galaxy.clone_into(&mut galaxy.description);
            own.clone_into(&mut cluster.value);
            cluster.description = Some(name.to_owned());
            cluster.meta.remove("country");
        }
        "region" => {
            of_galaxy.clone_into(&mut galaxy.description);
            cluster.description = Some(own.to_owned());
            cluster.meta.remove("region");
        }
        _ => {}
    }
}

fn capital(word: &str) -> String {
    if word == "of" {
        return word.to_owned();
    }
    let mut letters = word.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn custom(object: &Map<String, Value>, labels: &Labels<'_>) -> Galaxy {
    let about = text(object, "x_misp_description");
    let (of_galaxy, own) = about.split_once(" | ").unwrap_or(("", about));
    let kind = labels.galaxy_type.unwrap_or(text(object, "x_misp_type"));
    Galaxy {
        uuid: None,
        name: text(object, "x_misp_name").to_owned(),
        kind: kind.to_owned(),
        description: of_galaxy.to_owned(),
        clusters: vec![Cluster {
            uuid: id::uuid_part(text(object, "id")).map(str::to_owned),
            kind: text(object, "x_misp_type").to_owned(),
            value: text(object, "x_misp_value").to_owned(),
            description: Some(own.to_owned()),
            tag_name: None,
            meta: match object.get("x_misp_meta") {
                Some(Value::Object(meta)) => meta.clone(),
                _ => Map::new(),
            },
            timestamp: super::labels::changed(object),
        }],
    }
}

fn facts(object: &Map<String, Value>, stix: &str) -> Map<String, Value> {
    let mut meta = Map::new();
    let held = table::HELD.iter().chain(&table::HELD_TOO);
    for name in held.filter(|name| **name != "is_family") {
        if let Some(found) = object.get(*name) {
            meta.insert((*name).to_owned(), found.clone());
        }
    }
    if stix == "malware" && object.get("is_family") == Some(&json!(true)) {
        meta.insert("is_family".to_owned(), json!(true));
    }
    if let Some(found) = object.get("aliases") {
        meta.insert("synonyms".to_owned(), found.clone());
    }
    if let Some(Value::Array(phases)) = object.get("kill_chain_phases") {
        let each = phases.iter().filter_map(|phase| {
            let chain = phase.get("kill_chain_name")?.as_str()?;
            let name = phase.get("phase_name")?.as_str()?;
            Some(json!(format!("{chain}:{name}")))
        });
        meta.insert("kill_chain".to_owned(), each.collect());
    }
    if let Some(Value::Array(references)) = object.get("external_references") {
        let ids: Vec<Value> = references
            .iter()
            .filter_map(|r| r.get("external_id"))
            .cloned()
            .collect();
        let urls = references.iter().filter(|r| r.get("external_id").is_none());
        let urls: Vec<Value> = urls.filter_map(|r| r.get("url")).cloned().collect();
        if let [id] = ids.as_slice() {
            meta.insert("external_id".to_owned(), id.clone());
        } else if !ids.is_empty() {
            meta.insert("external_id".to_owned(), Value::Array(ids));
        }
        if !urls.is_empty() {
            meta.insert("refs".to_owned(), Value::Array(urls));
        }
    }
    for (property, found) in object {
        let placed = PLACED.contains(&property.as_str())
            || property.starts_with("x_misp_")
            || meta.contains_key(property);
        if !placed {
            meta.insert(property.clone(), found.clone());
        }
    }
    let names = object.get("x_misp_original_names");
    for (property, found) in object {
        let Some(folded) = property.strip_prefix("x_misp_") else {
            continue;
        };
        if folded == "original_names" {
            continue;
        }
        let written = names
            .and_then(|names| names.get(property))
            .and_then(Value::as_str);
        meta.insert(written.unwrap_or(folded).to_owned(), found.clone());
    }
    meta
}
