//! Attributes. In: an attribute and its row. Out: what was seen, the pattern that finds it, their relationship; or a custom object with all of it. Never: a value that a
//! template cannot give back.

use super::output::{Link, Output, Target, times};
use super::{galaxy, marking};
use crate::misp::event::{Attribute, Seen};
use crate::misp::moment::{self, stix_of_misp};
use crate::misp::table::{self, AttributeRow, Sort};
use crate::misp::template::{self, Part, Slot, slot};
use crate::misp::{id, pattern};
use sakimori_custody::time::Seconds;
use serde_json::{Map, Value, json};

/// Adds what an attribute becomes.
pub(super) fn convert(output: &mut Output, attribute: &Attribute, at: usize) {
    let uuid = attribute.uuid.clone().unwrap_or_else(|| {
        let owner = &output.owner().uuid;
        let value = &attribute.value;
        id::uuid_of(&format!("{owner} - {at} - {} - {value}", attribute.kind))
    });
    if attribute.deleted {
        output.keep(&uuid, &attribute.kind, "withdrawn by its maker");
        return;
    }
    let (row, why) = match table::attribute(&attribute.kind) {
        None => (None, "the mapping has no such type"),
        Some(row) if !fits(row, attribute) => (None, "its value is not one of its type"),
        Some(row) => {
            let shown = row.sort == Sort::Domain || row.sort == Sort::Seen;
            let found = shown || attribute.is_for_detection();
            (found.then_some(row), "it is not meant for detection")
        }
    };
    let ids = if let Some(row) = row {
        mapped(output, attribute, &uuid, row)
    } else {
        output.keep(&uuid, &attribute.kind, why);
        vec![custom(output, attribute, &uuid)]
    };
    sightings(output, &attribute.sightings, &ids);
}

/// The parts of a value: one, or two around the first `|`.
pub(in crate::misp) fn parts<'a>(attribute: &'a Attribute, uuid: &'a str) -> Vec<Part<'a>> {
    let joined = attribute.kind.contains('|') || attribute.kind == "malware-sample";
    let texts: Vec<&str> = if joined {
        attribute.value.splitn(2, '|').collect()
    } else {
        vec![&attribute.value]
    };
    let names = ["0", "1"];
    let each = names.iter().zip(texts).map(|(name, text)| Part {
        name,
        kind: &attribute.kind,
        text,
        data: attribute.data.as_deref().filter(|_| *name == "0"),
        uuid,
    });
    each.collect()
}

/// Whether a value is one of its type: enough parts, digits where digits belong.
fn fits(row: &AttributeRow, attribute: &Attribute) -> bool {
    let parts = parts(attribute, "");
    let joined = attribute.kind.contains('|') || attribute.kind == "malware-sample";
    if joined && parts.len() != 2 {
        return false;
    }
    if attribute.kind == "malware-sample" && attribute.data.is_none() {
        return false;
    }
    if row.hash_digits > 0 {
        let hash = parts.last().map_or("", |part| part.text);
        let is_hash = hash.len() == row.hash_digits;
        if !is_hash || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return false;
        }
    }
    let built = template::fill(&row.templates, &parts, "");
    let rule = matches!(row.sort, Sort::Pattern | Sort::Rule);
    rule || built.used.iter().all(|used| *used)
}

fn mapped(
    output: &mut Output,
    attribute: &Attribute,
    uuid: &str,
    row: &AttributeRow,
) -> Vec<String> {
    let row = if attribute.kind == "attachment" && attribute.data.is_none() {
        table::attribute("filename").unwrap_or(row)
    } else {
        row
    };
    let parts = parts(attribute, uuid);
    let time = attribute.timestamp.unwrap_or(output.owner().time);
    let built = template::fill(&row.templates, &parts, uuid);
    if row.sort == Sort::Domain {
        let mut object = built.objects.into_iter().next().unwrap_or_default();
        times(&mut object, time);
        object.insert("labels".to_owned(), labels(attribute));
        tags_and_galaxies(output, attribute, &mut object, time);
        let id = super::output::text_of(&object, "id").to_owned();
        output.push(object);
        return vec![id];
    }
    let mut ids = Vec::new();
    if row.sort == Sort::Seen {
        let seen = (
            attribute.first_seen.as_deref(),
            attribute.last_seen.as_deref(),
        );
        let mut observed = observed(uuid, time, seen, &built.objects);
        observed.insert("labels".to_owned(), labels(attribute));
        tags_and_galaxies(output, attribute, &mut observed, time);
        ids.push(format!("observed-data--{uuid}"));
        output.push(observed);
        for object in built.objects {
            output.push(object);
        }
    }
    if attribute.is_for_detection() {
        let mut indicator = indicator(uuid, time, attribute.category());
        let text = format!("[{}]", filled(&row.pattern, &parts, row.sort));
        indicator.insert("pattern".to_owned(), json!(text));
        let language = if row.sort == Sort::Rule {
            attribute.kind.as_str()
        } else {
            "stix"
        };
        indicator.insert("pattern_type".to_owned(), json!(language));
        indicator.insert("labels".to_owned(), labels(attribute));
        if let Some(comment) = &attribute.comment {
            indicator.insert("description".to_owned(), json!(comment));
        }
        if ids.is_empty() {
            tags_and_galaxies(output, attribute, &mut indicator, time);
        } else {
            let names = attribute.tags.iter().map(|tag| tag.name.as_str());
            marking::apply(output, &mut indicator, names);
        }
        output.push(indicator);
        based_on(output, uuid, time, !ids.is_empty());
        ids.push(format!("indicator--{uuid}"));
    }
    ids
}

/// The relationship of an indicator to what was seen.
pub(super) fn based_on(output: &mut Output, uuid: &str, time: Seconds, seen: bool) {
    if seen {
        output.link(Link {
            id: None,
            source: format!("indicator--{uuid}"),
            target: Target::Id(format!("observed-data--{uuid}")),
            kind: "based-on".to_owned(),
            time,
        });
    }
}

/// Something that was seen; `seen` are first and last time as MISP writes them.
pub(super) fn observed(
    uuid: &str,
    time: Seconds,
    seen: (Option<&str>, Option<&str>),
    objects: &[Map<String, Value>],
) -> Map<String, Value> {
    let mut observed = Map::new();
    observed.insert("type".to_owned(), json!("observed-data"));
    observed.insert("id".to_owned(), json!(format!("observed-data--{uuid}")));
    times(&mut observed, time);
    let written = |text: Option<&str>| text.and_then(stix_of_misp);
    let (mut first, mut last) = (written(seen.0), written(seen.1));
    // STIX wants the first not behind the last: what the maker did not say follows what they said.
    let order = |text: &Option<String>| text.as_deref().and_then(moment::read).map(|(t, _)| t);
    if last.is_none() && order(&first).is_some_and(|first| first > time) {
        last.clone_from(&first);
    } else if order(&first).unwrap_or(time) > order(&last).unwrap_or(time) {
        first.clone_from(&last);
    }
    let whole = time.to_string();
    observed.insert(
        "first_observed".to_owned(),
        json!(first.as_ref().unwrap_or(&whole)),
    );
    observed.insert(
        "last_observed".to_owned(),
        json!(last.as_ref().unwrap_or(&whole)),
    );
    observed.insert("number_observed".to_owned(), json!(1));
    let refs: Vec<&Value> = objects
        .iter()
        .filter_map(|object| object.get("id"))
        .collect();
    observed.insert("object_refs".to_owned(), json!(refs));
    observed
}

/// An indicator without pattern and labels.
pub(super) fn indicator(uuid: &str, time: Seconds, phase: &str) -> Map<String, Value> {
    let mut indicator = Map::new();
    indicator.insert("type".to_owned(), json!("indicator"));
    indicator.insert("id".to_owned(), json!(format!("indicator--{uuid}")));
    times(&mut indicator, time);
    indicator.insert("pattern_type".to_owned(), json!("stix"));
    indicator.insert("pattern_version".to_owned(), json!("2.1"));
    indicator.insert("valid_from".to_owned(), json!(time.to_string()));
    indicator.insert("kill_chain_phases".to_owned(), phases(phase));
    indicator
}

/// A category as the phase of a chain, as misp-stix writes it.
pub(super) fn phases(category: &str) -> Value {
    json!([{"kill_chain_name": "misp-category", "phase_name": category}])
}

/// A pattern with its slots filled.
fn filled(pattern: &str, parts: &[Part<'_>], sort: Sort) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((inner, after)) = behind.split_once('}') else {
            break;
        };
        out.push_str(before);
        let text = format!("{{{inner}}}");
        if let Slot::Value { name, form, .. } = slot(&text) {
            let part = parts.iter().find(|part| part.name == name);
            let value = part.and_then(|part| template::formed(part, form));
            let value = value
                .and_then(|v| crate::misp::value::scalar(&v))
                .unwrap_or_default();
            if sort == Sort::Rule {
                out.push_str(&value);
            } else if parts.first().is_some_and(|p| p.kind == "regkey|value") && name == "1" {
                out.push_str(&registry_data(&pattern::escape(&value)));
            } else {
                out.push_str(&pattern::escape(&value));
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Data of a registry key in a pattern: misp-stix escapes the marks of variables.
pub(super) fn registry_data(escaped: &str) -> String {
    let text = escaped.trim();
    if !text.contains('%') || text.contains("\\\\%") {
        return text.to_owned();
    }
    if text.contains("\\%") {
        return text.replace("\\%", "\\\\%");
    }
    text.replace('%', "\\\\%")
}

fn labels(attribute: &Attribute) -> Value {
    json!([
        format!("misp:type=\"{}\"", attribute.kind),
        format!("misp:category=\"{}\"", attribute.category()),
    ])
}

fn tags_and_galaxies(
    output: &mut Output,
    attribute: &Attribute,
    object: &mut Map<String, Value>,
    time: Seconds,
) {
    let names = galaxy::of_attribute(output, &attribute.galaxies, object, time);
    let free = attribute.tags.iter().map(|tag| tag.name.as_str());
    let free = free.filter(|name| !names.contains(*name));
    marking::apply(output, object, free);
}

/// An attribute as a custom object. Its identifier.
fn custom(output: &mut Output, attribute: &Attribute, uuid: &str) -> String {
    let time = attribute.timestamp.unwrap_or(output.owner().time);
    let id = format!("x-misp-attribute--{uuid}");
    let mut object = Map::new();
    object.insert("type".to_owned(), json!("x-misp-attribute"));
    object.insert("id".to_owned(), json!(id));
    times(&mut object, time);
    object.insert("labels".to_owned(), labels(attribute));
    object.insert("x_misp_category".to_owned(), json!(attribute.category()));
    object.insert("x_misp_type".to_owned(), json!(attribute.kind));
    object.insert("x_misp_value".to_owned(), json!(attribute.value));
    if let Some(comment) = &attribute.comment {
        object.insert("x_misp_comment".to_owned(), json!(comment));
    }
    if let Some(data) = &attribute.data {
        object.insert("x_misp_data".to_owned(), json!(data));
    }
    tags_and_galaxies(output, attribute, &mut object, time);
    output.push(object);
    id
}

/// Sightings: what was seen again, and opinions of those who saw it wrongly.
pub(super) fn sightings(output: &mut Output, sightings: &[Seen], ids: &[String]) {
    for sighting in sightings {
        let Some(uuid) = sighting.uuid.as_deref() else {
            continue;
        };
        let time = sighting.at.unwrap_or(output.owner().time);
        let mut object = Map::new();
        times(&mut object, time);
        let by = sighting.by.as_ref().and_then(|by| {
            let id = format!("identity--{}", by.uuid.as_deref()?);
            Some((id, by.name.clone()))
        });
        if let Some((id, name)) = &by {
            output.identity(id, name, time);
        }
        if sighting.kind == 0 {
            object.insert("type".to_owned(), json!("sighting"));
            object.insert("id".to_owned(), json!(format!("sighting--{uuid}")));
            let is_seen = |id: &&String| id.starts_with("observed-data--");
            let target = ids.iter().find(|id| !is_seen(id)).or(ids.first());
            object.insert("sighting_of_ref".to_owned(), json!(target));
            let seen: Vec<&String> = ids.iter().filter(is_seen).collect();
            if ids.len() > 1 && !seen.is_empty() {
                object.insert("observed_data_refs".to_owned(), json!(seen));
            }
            if let Some((id, _)) = by {
                object.insert("where_sighted_refs".to_owned(), json!([id]));
            }
            if let Some(source) = &sighting.source {
                object.insert("description".to_owned(), json!(source));
            }
        } else if sighting.kind == 1 {
            object.insert("type".to_owned(), json!("opinion"));
            object.insert("id".to_owned(), json!(format!("opinion--{uuid}")));
            object.insert("explanation".to_owned(), json!("False positive Sighting"));
            object.insert("opinion".to_owned(), json!("strongly-disagree"));
            object.insert("object_refs".to_owned(), json!(ids));
            if let Some((id, name)) = by {
                object.insert("authors".to_owned(), json!([name]));
                object.insert("x_misp_author_ref".to_owned(), json!(id));
            }
        } else {
            output.keep(uuid, "sighting", "STIX has no word for what expired");
            continue;
        }
        output.push(object);
    }
}
