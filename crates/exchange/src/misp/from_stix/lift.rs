//! STIX 2.0 in the form of 2.1, so that one mapping reads both. In: objects as they were received. Out: the same objects, with what observed data held inside as objects of their own,
//! and properties and paths by the names that 2.1 gave them. Never: observed data of which a part would be lost; that stays as it is and is left.
//!
//! What changed: STIX 2.1 section 1.6 and appendix C; observed data of 2.0: STIX 2.0 part 2 section 2.4, objects: part 4.

use super::{MispError, too_many};
use crate::misp::{id, limits};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The version that a text says it is in, if it is a bundle of 2.0.
pub(super) fn is_old_bundle(root: &Value) -> bool {
    root.get("spec_version").and_then(Value::as_str) == Some("2.0")
}

/// Brings objects into the form of 2.1. What observed data held comes back; what is of 2.0 says so in `spec_version` afterwards.
///
/// # Errors
/// [`MispError::TooMany`] where observed data hold more objects than are read at once.
pub(super) fn lift(objects: &mut [Value], old_bundle: bool) -> Result<Vec<Value>, MispError> {
    let mut inner = Vec::new();
    for object in objects.iter_mut().filter_map(Value::as_object_mut) {
        let old = match object.get("spec_version").and_then(Value::as_str) {
            Some(version) => version == "2.0",
            // Objects of 2.1 that others observe may have no version, and none of them has been made by somebody at a time (section 3.2).
            None => old_bundle || object.contains_key("created"),
        };
        if old {
            object.insert("spec_version".to_owned(), json!("2.0"));
            match object.get("type").and_then(Value::as_str) {
                Some("indicator") => pattern(object),
                Some(kind) if kind.starts_with("x-misp-") => ours(object),
                _ => {}
            }
        }
        if object.get("type") == Some(&json!("observed-data"))
            && !object.contains_key("object_refs")
        {
            inner.extend(apart(object).unwrap_or_default());
            if inner.len() > limits::STIX_OBJECTS_MAX {
                return Err(too_many("", "objects", limits::STIX_OBJECTS_MAX));
            }
        }
    }
    Ok(inner)
}

/// What observed data hold, as objects of their own; the one that no other refers to has the identifier of what holds it. `None`: it is not as the specification wants it.
fn apart(observed: &mut Map<String, Value>) -> Option<Vec<Value>> {
    let holder = observed.get("id")?.as_str()?.to_owned();
    let uuid = id::uuid_part(&holder)?.to_owned();
    let held = observed.get("objects")?.as_object()?;
    let mut keys: Vec<&String> = held.keys().collect();
    keys.sort_by_key(|key| (key.len(), key.as_str()));
    let mut referred = BTreeSet::new();
    let mut parents = BTreeSet::new();
    for key in &keys {
        let object = held.get(*key)?.as_object()?;
        let mut found = BTreeSet::new();
        references(object, &mut found);
        if !found.iter().all(|wanted| held.contains_key(*wanted)) {
            return None;
        }
        referred.extend(found.into_iter().filter(|wanted| wanted != key));
        parents.extend(object.get("parent_ref").and_then(Value::as_str));
    }
    let heads: Vec<&&String> = keys
        .iter()
        .filter(|key| !referred.contains(key.as_str()))
        .collect();
    let labelled = {
        let labels = observed.get("labels").and_then(Value::as_array);
        let mut labels = labels.into_iter().flatten().filter_map(Value::as_str);
        labels.any(|label| label.starts_with("misp:"))
    };
    let lone = match heads.as_slice() {
        [one] if labelled || keys.len() == 1 => Some(one.as_str()),
        _ => None,
    };
    let mut ids = BTreeMap::new();
    for key in &keys {
        let kind = held.get(*key)?.get("type")?.as_str()?;
        let own = if lone == Some(key.as_str()) {
            uuid.clone()
        } else {
            id::uuid_of(&format!("{holder} - {key}"))
        };
        ids.insert(key.as_str(), format!("{kind}--{own}"));
    }
    let mut out = Vec::with_capacity(keys.len());
    let mut refs = Vec::with_capacity(keys.len());
    for key in &keys {
        let mut object = held.get(*key)?.as_object()?.clone();
        point(&mut object, &ids);
        renamed(&mut object, parents.contains(key.as_str()));
        let id = ids.get(key.as_str())?;
        object.insert("id".to_owned(), json!(id));
        refs.push(json!(id));
        out.push(Value::Object(object));
    }
    observed.remove("objects");
    observed.insert("object_refs".to_owned(), Value::Array(refs));
    Some(out)
}

/// Whether a property refers to an object, or to several.
fn refers(name: &str) -> bool {
    name.ends_with("_ref") || name.ends_with("_refs")
}

/// Keys that an object refers to.
fn references<'v>(object: &'v Map<String, Value>, out: &mut BTreeSet<&'v str>) {
    for (name, value) in object {
        match value {
            Value::String(key) if refers(name) => {
                out.insert(key);
            }
            Value::Array(items) if refers(name) => {
                out.extend(items.iter().filter_map(Value::as_str));
            }
            Value::Array(items) => {
                for item in items.iter().filter_map(Value::as_object) {
                    references(item, out);
                }
            }
            Value::Object(inner) => references(inner, out),
            _ => {}
        }
    }
}

/// Puts identifiers where keys were.
fn point(object: &mut Map<String, Value>, ids: &BTreeMap<&str, String>) {
    let put = |value: &mut Value| {
        if let Some(id) = value.as_str().and_then(|key| ids.get(key)) {
            *value = json!(id);
        }
    };
    for (name, value) in object.iter_mut() {
        match value {
            Value::String(_) if refers(name) => put(value),
            Value::Array(items) if refers(name) => items.iter_mut().for_each(put),
            Value::Array(items) => {
                for item in items.iter_mut().filter_map(Value::as_object_mut) {
                    point(item, ids);
                }
            }
            Value::Object(inner) => point(inner, ids),
            _ => {}
        }
    }
}

/// Type, name in 2.0, name in 2.1. What 2.1 has no name for is a property of its own, as misp-stix writes it there.
const NAMES: [(&str, &str, &str); 14] = [
    ("directory", "accessed", "atime"),
    ("directory", "created", "ctime"),
    ("directory", "modified", "mtime"),
    ("email-message", "x_misp_message_id", "message_id"),
    ("file", "accessed", "atime"),
    ("file", "created", "ctime"),
    ("file", "modified", "mtime"),
    ("process", "arguments", "x_misp_args"),
    ("process", "binary_ref", "image_ref"),
    ("process", "created", "created_time"),
    ("process", "name", "x_misp_name"),
    (
        "user-account",
        "password_last_changed",
        "credential_last_changed",
    ),
    ("user-account", "x_misp_password", "credential"),
    ("windows-registry-key", "modified", "modified_time"),
];

/// The name of a parent's property that 2.1 has no name for.
const PARENT_NAME: &str = "x_misp_process_name";
/// The family of a socket's protocols: a property of its own in 2.1, as misp-stix writes it there.
const FAMILY: &str = "x_misp_domain_family";
/// Hashes of files that misp-stix names in two ways: the name in 2.0, the other.
const HASHES: [(&str, &str); 5] = [
    ("SHA-224", "SHA224"),
    ("SHA-384", "SHA384"),
    ("SHA3-224", "SHA3224"),
    ("SHA3-384", "SHA3384"),
    ("ssdeep", "SSDEEP"),
];

fn renamed(object: &mut Map<String, Value>, is_parent: bool) {
    let kind = object.get("type").and_then(Value::as_str);
    let kind = kind.unwrap_or_default().to_owned();
    for (of, old, new) in NAMES {
        if of == kind
            && !object.contains_key(new)
            && let Some(value) = object.remove(old)
        {
            let new = if new == "x_misp_name" && is_parent {
                PARENT_NAME
            } else {
                new
            };
            object.insert(new.to_owned(), value);
        }
    }
    if let Some(Value::Object(hashes)) = object.get_mut("hashes") {
        for (old, new) in HASHES {
            let known = new == "SSDEEP" || kind == "file";
            if known
                && !hashes.contains_key(new)
                && let Some(value) = hashes.remove(old)
            {
                hashes.insert(new.to_owned(), value);
            }
        }
    }
    let family = object
        .get_mut("extensions")
        .and_then(|all| all.get_mut("socket-ext"))
        .and_then(Value::as_object_mut)
        .and_then(|socket| socket.remove("protocol_family"));
    if let Some(family) = family {
        object.insert(FAMILY.to_owned(), family);
    }
}

/// Custom objects of misp-stix for which 2.1 has types of its own.
fn ours(object: &mut Map<String, Value>) {
    let (kind, moved): (&str, &[(&str, &str)]) = match object
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
    {
        "x-misp-event-report" => {
            let label = json!("misp:data-layer=\"Event Report\"");
            match object.get_mut("labels") {
                Some(Value::Array(labels)) => labels.push(label),
                _ => {
                    object.insert("labels".to_owned(), json!([label]));
                }
            }
            (
                "note",
                &[("x_misp_name", "abstract"), ("x_misp_content", "content")],
            )
        }
        "x-misp-event-note" => ("note", &[("x_misp_event_note", "content")]),
        "x-misp-opinion" => ("opinion", &[("x_misp_source", "description")]),
        _ => return,
    };
    for (from, to) in moved {
        if let Some(value) = object.remove(*from) {
            object.insert((*to).to_owned(), value);
        }
    }
    if let Some(of) = object.remove("object_ref") {
        object.insert("object_refs".to_owned(), json!([of]));
    }
    object.insert("type".to_owned(), json!(kind));
}

/// Gives a pattern the paths of 2.1; what stands in quotes for a value stays as it is.
fn pattern(indicator: &mut Map<String, Value>) {
    if indicator.contains_key("pattern_type") {
        return;
    }
    if let Some(Value::String(text)) = indicator.get_mut("pattern") {
        *text = paths(text);
    }
}

fn paths(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first == '\'' {
            literal(rest)
        } else if first.is_ascii_alphanumeric() {
            word(rest)
        } else {
            first.len_utf8()
        };
        let (part, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        match part.split_once(':') {
            Some((kind, path)) if first != '\'' => out.push_str(&path_of(kind, path)),
            _ => out.push_str(part),
        }
        rest = after;
    }
    out
}

/// The length of what begins with a quote.
fn literal(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a word or a path: a path may have quotes inside.
fn word(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ' ' | '=' | '!' | '<' | '>' | '(' | ')' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

fn path_of(kind: &str, path: &str) -> String {
    if (kind, path) == ("network-traffic", "extensions.'socket-ext'.protocol_family") {
        return format!("{kind}:{FAMILY}");
    }
    let whole = NAMES
        .iter()
        .find(|(of, old, _)| *of == kind && *old == path);
    if let Some((_, _, new)) = whole {
        return format!("{kind}:{new}");
    }
    if kind == "process" {
        let path = path.replace("binary_ref.", "image_ref.");
        let parent = path == "parent_ref.name";
        let path = if parent {
            format!("parent_ref.{PARENT_NAME}")
        } else {
            path
        };
        return format!("{kind}:{path}");
    }
    format!("{kind}:{}", path.replace("hashes.ssdeep", "hashes.SSDEEP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_get_their_names_of_2_1_and_values_stay() {
        let check = |old: &str, new: &str| assert_eq!(paths(old), new);
        check(
            "[file:created = 'file:created']",
            "[file:ctime = 'file:created']",
        );
        check(
            "[process:name='a' AND process:parent_ref.name = 'b']",
            "[process:x_misp_name='a' AND process:parent_ref.x_misp_process_name = 'b']",
        );
        check(
            "[(process:parent_ref.binary_ref.name = 'it\\'s process:name')]",
            "[(process:parent_ref.image_ref.name = 'it\\'s process:name')]",
        );
        check(
            "[network-traffic:extensions.'socket-ext'.protocol_family = 'x']",
            "[network-traffic:x_misp_domain_family = 'x']",
        );
        check("[a:b = '日本", "[a:b = '日本");
        check("", "");
    }

    #[test]
    fn observed_data_come_apart_with_one_identifier_each() {
        let holder = "observed-data--3451329f-2525-4bcb-9659-7bd0e6f1eb0d";
        let mut all = [
            json!({"type": "observed-data", "id": holder, "labels": ["misp:name=\"process\""], "created": "2020-10-25T16:22:00.000Z", "objects": {
                "0": {"type": "process", "name": "a", "parent_ref": "1"}, "1": {"type": "process", "name": "b", "binary_ref": "2"}, "2": {"type": "file", "name": "c"},
            }}),
        ];
        let inner = lift(&mut all, false).unwrap();
        assert_eq!(all[0]["spec_version"], "2.0");
        assert_eq!(
            inner[0]["id"],
            "process--3451329f-2525-4bcb-9659-7bd0e6f1eb0d"
        );
        assert_eq!(inner[0]["parent_ref"], inner[1]["id"]);
        assert_eq!(
            (&inner[0]["x_misp_name"], &inner[1][PARENT_NAME]),
            (&json!("a"), &json!("b"))
        );
        assert_eq!(inner[1]["image_ref"], inner[2]["id"]);
        let ids: Vec<&Value> = inner.iter().map(|object| &object["id"]).collect();
        assert_eq!(all[0]["object_refs"], json!(ids));
    }

    #[test]
    fn observed_data_that_would_lose_a_part_stay_as_they_are() {
        let id = "observed-data--3451329f-2525-4bcb-9659-7bd0e6f1eb0d";
        for objects in [
            json!({"0": {"type": "domain-name", "value": "a", "resolves_to_refs": ["7"]}}),
            json!({"0": {"value": "a"}}),
            json!({"0": 1}),
            json!([]),
        ] {
            let whole = json!({"type": "observed-data", "id": id, "objects": objects});
            let mut all = [whole.clone()];
            assert_eq!(lift(&mut all, false).unwrap(), Vec::<Value>::new());
            assert_eq!(all[0], whole);
        }
    }
}
