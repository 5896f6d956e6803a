//! Galaxies. In: clusters. Out: domain objects, or custom objects of clusters that STIX has no type for, and what they are to what they are said of. Never: a fact that
//! is dropped.

use super::marking;
use super::output::{Link, Output, Target, text_of, times};
use crate::misp::event::{Cluster, Event, Galaxy};
use crate::misp::table::{self, Fact};
use crate::misp::{id, moment, relations, value};
use sakimori_custody::time::Seconds;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What an object is to a cluster, by both types (STIX 2.1 appendix B by misp-stix).
const RELATIONS: &[(&str, &str, &str)] = &[
    ("attack-pattern", "identity", "targets"),
    ("attack-pattern", "location", "targets"),
    ("attack-pattern", "tool", "uses"),
    ("attack-pattern", "vulnerability", "targets"),
    ("campaign", "attack-pattern", "uses"),
    ("campaign", "identity", "targets"),
    ("campaign", "intrusion-set", "attributed-to"),
    ("campaign", "malware", "uses"),
    ("campaign", "threat-actor", "attributed-to"),
    ("campaign", "tool", "uses"),
    ("campaign", "vulnerability", "targets"),
    ("course-of-action", "attack-pattern", "mitigates"),
    ("course-of-action", "tool", "mitigates"),
    ("indicator", "attack-pattern", "indicates"),
    ("indicator", "campaign", "indicates"),
    ("indicator", "intrusion-set", "indicates"),
    ("indicator", "malware", "indicates"),
    ("indicator", "threat-actor", "indicates"),
    ("indicator", "tool", "indicates"),
    ("intrusion-set", "attack-pattern", "uses"),
    ("intrusion-set", "identity", "targets"),
    ("intrusion-set", "malware", "uses"),
    ("intrusion-set", "threat-actor", "attributed-to"),
    ("intrusion-set", "tool", "uses"),
    ("intrusion-set", "vulnerability", "targets"),
    ("malware", "attack-pattern", "uses"),
    ("malware", "intrusion-set", "authored-by"),
    ("malware", "threat-actor", "authored-by"),
    ("threat-actor", "attack-pattern", "uses"),
    ("threat-actor", "malware", "uses"),
    ("threat-actor", "tool", "uses"),
    ("threat-actor", "vulnerability", "targets"),
    ("tool", "identity", "targets"),
    ("tool", "location", "targets"),
];

/// Adds the galaxies of an event, and what its other tags say.
pub(super) fn of_event(output: &mut Output, event: &Event, report: &mut Map<String, Value>) {
    let time = output.owner().time;
    let mut names = BTreeSet::new();
    for galaxy in &event.galaxies {
        for cluster in &galaxy.clusters {
            names.extend(tags_of(galaxy, cluster));
            if let Some(id) = convert(output, galaxy, cluster, time) {
                output.refer(id);
            }
        }
    }
    let free = event.tags.iter().map(|tag| tag.name.as_str());
    let free: Vec<&str> = free.filter(|name| !names.contains(*name)).collect();
    marking::apply(output, report, free.into_iter());
}

/// Adds the galaxies of an attribute, and the relationships of its object to them. The tags that they stand for.
pub(super) fn of_attribute(
    output: &mut Output,
    galaxies: &[Galaxy],
    object: &Map<String, Value>,
    time: Seconds,
) -> BTreeSet<String> {
    let source = text_of(object, "id").to_owned();
    let mut names = BTreeSet::new();
    for galaxy in galaxies {
        for cluster in &galaxy.clusters {
            names.extend(tags_of(galaxy, cluster));
            let Some(target) = convert(output, galaxy, cluster, time) else {
                continue;
            };
            let (from, to) = (id::type_part(&source), id::type_part(&target));
            let known = RELATIONS.iter().find(|row| (row.0, row.1) == (from, to));
            output.link(Link {
                id: None,
                source: source.clone(),
                target: Target::Id(target.clone()),
                kind: known.map_or("related-to", |row| row.2).to_owned(),
                time,
            });
            output.refer(target);
        }
    }
    names
}

/// The tags that stand for a cluster.
fn tags_of(galaxy: &Galaxy, cluster: &Cluster) -> Vec<String> {
    let mut out = vec![format!("misp-galaxy:{}=\"{}\"", galaxy.kind, cluster.value)];
    out.extend(cluster.tag_name.clone());
    out
}

fn convert(
    output: &mut Output,
    galaxy: &Galaxy,
    cluster: &Cluster,
    time: Seconds,
) -> Option<String> {
    let Some(uuid) = cluster.uuid.as_deref() else {
        output.keep(
            "",
            &galaxy.kind,
            "a cluster without an identifier stays a tag",
        );
        return None;
    };
    let kind = table::construct(&galaxy.kind);
    let id = format!("{}--{uuid}", kind.unwrap_or("x-misp-galaxy-cluster"));
    if output.is_known(&id) {
        return Some(id);
    }
    let mut object = match kind {
        None => {
            output.keep(uuid, &galaxy.kind, "the mapping has no such galaxy");
            custom(galaxy, cluster)
        }
        Some(kind) => known(galaxy, cluster, kind),
    };
    object.insert("type".to_owned(), json!(id::type_part(&id)));
    object.insert("id".to_owned(), json!(id));
    let mut labels = vec![
        json!(format!("misp:galaxy-name=\"{}\"", galaxy.name)),
        json!(format!(
            "misp:galaxy-type=\"{}\"",
            cluster_kind(galaxy, cluster)
        )),
    ];
    labels.extend(cluster.tag_name.as_ref().map(|name| json!(name)));
    object.insert("labels".to_owned(), Value::Array(labels));
    times(&mut object, time);
    output.push_quietly(object);
    Some(id)
}

fn cluster_kind<'c>(galaxy: &'c Galaxy, cluster: &'c Cluster) -> &'c str {
    if cluster.kind.is_empty() {
        &galaxy.kind
    } else {
        &cluster.kind
    }
}

fn custom(galaxy: &Galaxy, cluster: &Cluster) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("x_misp_name".to_owned(), json!(galaxy.name));
    let kind = cluster_kind(galaxy, cluster);
    object.insert("x_misp_type".to_owned(), json!(kind));
    object.insert("x_misp_value".to_owned(), json!(cluster.value));
    let about = cluster.description.as_deref().unwrap_or_default();
    let about = format!("{} | {about}", galaxy.description);
    object.insert("x_misp_description".to_owned(), json!(about));
    if !cluster.meta.is_empty() {
        object.insert("x_misp_meta".to_owned(), json!(cluster.meta));
    }
    object
}

fn known(galaxy: &Galaxy, cluster: &Cluster, kind: &'static str) -> Map<String, Value> {
    let mut object = Map::new();
    let short = cluster
        .value
        .split_once(" - ")
        .filter(|_| cluster_kind(galaxy, cluster).starts_with("mitre-"));
    let name = short.map_or(cluster.value.as_str(), |(name, _)| name.trim());
    object.insert("name".to_owned(), json!(name));
    if let Some(about) = &cluster.description {
        object.insert("description".to_owned(), json!(about));
    }
    match (kind, galaxy.kind.as_str()) {
        ("identity", _) => {
            object.insert("identity_class".to_owned(), json!("class"));
            let own = cluster
                .description
                .as_deref()
                .filter(|text| !text.is_empty());
            let about = own.unwrap_or(&galaxy.description);
            object.insert("description".to_owned(), json!(about));
        }
        ("location", "country") => {
            let about = format!("{} | {}", galaxy.description, cluster.value);
            object.insert("description".to_owned(), json!(about));
            let shown = cluster.description.as_deref().unwrap_or(&cluster.value);
            object.insert("name".to_owned(), json!(shown));
            let code = cluster.meta.get("ISO").and_then(Value::as_str);
            object.insert("country".to_owned(), json!(code.unwrap_or(&cluster.value)));
        }
        ("location", "region") => {
            let own = cluster.description.as_deref().unwrap_or_default();
            let about = format!("{} | {own}", galaxy.description);
            object.insert("description".to_owned(), json!(about));
            let region = cluster.value.split_once(" - ");
            let region = region.map_or(cluster.value.as_str(), |(_, name)| name);
            object.insert("name".to_owned(), json!(region));
            object.insert("region".to_owned(), json!(region_code(region)));
        }
        ("malware", _) => {
            object.insert("is_family".to_owned(), json!(false));
        }
        _ => {}
    }
    for (fact, value) in &cluster.meta {
        place(&mut object, kind, &galaxy.kind, (fact, value), name);
    }
    if let Some(Value::Array(references)) = object.get_mut("external_references") {
        // An identifier comes before links, as misp-stix has them.
        references.sort_by_key(|reference| reference.get("external_id").is_none());
    }
    object
}

/// The code of a region in STIX's vocabulary (STIX 2.1 section 10.24).
fn region_code(region: &str) -> String {
    match region {
        "Latin America and the Caribbean" => "latin-america-caribbean".to_owned(),
        "Australia and New Zealand" => "australia-new-zealand".to_owned(),
        other => other.to_lowercase().replace(' ', "-"),
    }
}

fn place(
    object: &mut Map<String, Value>,
    kind: &str,
    galaxy: &str,
    (name, value): (&String, &Value),
    own_name: &str,
) {
    let all = || match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    };
    let first = all().into_iter().next().unwrap_or(Value::Null);
    let text = value::scalar(&first).unwrap_or_default();
    match table::fact(kind, galaxy, name) {
        Fact::One(property) => {
            object.insert(property.to_owned(), first);
        }
        Fact::Many(property) => {
            object.insert(property.to_owned(), Value::Array(all()));
        }
        Fact::Time(property) => match moment::stix_of_misp(&text) {
            Some(time) => {
                object.insert(property.to_owned(), json!(time));
            }
            None => own(object, name, value),
        },
        Fact::Flag(property) => {
            let set = ["True", "true", "1"].contains(&text.as_str());
            object.insert(property.to_owned(), json!(set));
        }
        Fact::Aliases => {
            let others = all().into_iter().filter(|v| v.as_str() != Some(own_name));
            let others: Vec<Value> = others.collect();
            if !others.is_empty() {
                object.insert("aliases".to_owned(), Value::Array(others));
            }
        }
        Fact::KillChain => {
            let phases = all().into_iter().filter_map(|phase| {
                let text = phase.as_str()?;
                let (chain, rest) = text.split_once(':')?;
                let phase = rest.rsplit_once(':').map_or(rest, |(_, phase)| phase);
                Some(json!({"kill_chain_name": chain, "phase_name": phase}))
            });
            object.insert("kill_chain_phases".to_owned(), phases.collect());
        }
        Fact::ExternalId => refer(
            object,
            &all(),
            |text| json!({"source_name": table::source_of(text), "external_id": text}),
        ),
        Fact::Link => refer(
            object,
            &all(),
            |text| json!({"source_name": "url", "url": text}),
        ),
        Fact::Own => own(object, name, value),
    }
}

fn own(object: &mut Map<String, Value>, name: &str, value: &Value) {
    let property = format!("x_misp_{}", relations::fold(name));
    if relations::fold(name) != name {
        let names = object
            .entry("x_misp_original_names")
            .or_insert_with(|| json!({}));
        if let Some(names) = names.as_object_mut() {
            names.insert(property.clone(), json!(name));
        }
    }
    object.insert(property, value.clone());
}

fn refer(object: &mut Map<String, Value>, values: &[Value], made: impl Fn(&str) -> Value) {
    let list = object
        .entry("external_references")
        .or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        let texts = values.iter().filter_map(value::scalar);
        list.extend(texts.map(|text| made(&text)));
    }
}
