//! Marks and labels of tags. In: names of tags. Out: references to the marking definitions that the specifications fix, labels, a confidence. Never: a definition of our
//! own.
//!
//! STIX 2.1 section 7.2.1.4 (TLP 1); the TLP 2.0 definitions of OASIS.

use super::output::Output;
use serde_json::{Map, Value, json};

/// Tag, identifier, colour of TLP 1 definitions.
const TLP1: [(&str, &str, &str); 4] = [
    ("tlp:white", "613f2e26-407d-48c7-9eca-b8e91df99dc9", "white"),
    ("tlp:green", "34098fce-860f-48ae-8e50-ebd3cc5e41da", "green"),
    ("tlp:amber", "f88d31f6-486f-44da-b317-01333bde0b82", "amber"),
    ("tlp:red", "5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "red"),
];

/// Tag, identifier, name of TLP 2.0 definitions that TLP 1 has no word for.
const TLP2: [(&str, &str, &str); 2] = [
    ("tlp:clear", "94868c89-83c2-464b-929b-a1a8aa3c8487", "clear"),
    (
        "tlp:amber+strict",
        "939a9414-2ddd-4d32-a0cd-375ea402b003",
        "amber+strict",
    ),
];

/// Confidence that a tag stands for (STIX 2.1 appendix A by misp-stix).
const CONFIDENCE: [(&str, u8); 5] = [
    ("misp:confidence-level=\"completely-confident\"", 100),
    ("misp:confidence-level=\"usually-confident\"", 75),
    ("misp:confidence-level=\"fairly-confident\"", 50),
    ("misp:confidence-level=\"rarely-confident\"", 25),
    ("misp:confidence-level=\"unconfident\"", 0),
];

/// Adds what tags say to an object.
pub(super) fn apply<'t>(
    output: &mut Output,
    object: &mut Map<String, Value>,
    tags: impl Iterator<Item = &'t str>,
) {
    let mut refs: Vec<Value> = Vec::new();
    let mut labels: Vec<Value> = Vec::new();
    let mut confidence: Option<u8> = None;
    for tag in tags {
        if let Some(definition) = definition(tag) {
            let id = definition.get("id").cloned().unwrap_or_default();
            output.mark(definition);
            if !refs.contains(&id) {
                refs.push(id);
            }
            continue;
        }
        let score = CONFIDENCE.iter().find(|(name, _)| *name == tag);
        if let Some((_, score)) = score {
            confidence = Some(confidence.map_or(*score, |known| known.min(*score)));
        }
        labels.push(json!(tag));
    }
    if let Some(Value::Array(known)) = object.get_mut("labels") {
        known.extend(labels);
    } else if !labels.is_empty() {
        object.insert("labels".to_owned(), Value::Array(labels));
    }
    if let Some(score) = confidence {
        object.insert("confidence".to_owned(), json!(score));
    }
    if !refs.is_empty() {
        object.insert("object_marking_refs".to_owned(), Value::Array(refs));
    }
}

/// The marking definition of a tag.
fn definition(tag: &str) -> Option<Map<String, Value>> {
    let one = TLP1.iter().find(|(name, _, _)| *name == tag);
    let two = TLP2.iter().find(|(name, _, _)| *name == tag);
    let value = match (one, two) {
        (Some((_, uuid, colour)), _) => json!({
            "type": "marking-definition",
            "id": format!("marking-definition--{uuid}"),
            "created": "2017-01-20T00:00:00.000Z",
            "definition_type": "tlp",
            "name": format!("TLP:{}", colour.to_uppercase()),
            "definition": {"tlp": colour},
        }),
        (None, Some((_, uuid, name))) => json!({
            "type": "marking-definition",
            "id": format!("marking-definition--{uuid}"),
            "created": "2022-10-01T00:00:00.000Z",
            "name": format!("TLP:{}", name.to_uppercase()),
            "extensions": {
                "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                    "extension_type": "property-extension",
                    "tlp_2_0": name,
                },
            },
        }),
        (None, None) => return None,
    };
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// The tag that a marking definition stands for.
pub(in crate::misp) fn tag_of(id: &str) -> Option<&'static str> {
    let uuid = id.strip_prefix("marking-definition--")?;
    let known = TLP1
        .iter()
        .chain(&TLP2)
        .find(|(_, known, _)| *known == uuid);
    known.map(|(tag, _, _)| *tag).or(match uuid {
        "bab4a63c-aed9-4cf5-a766-dfca5abac2bb" => Some("tlp:green"),
        "55d920b0-5e8b-4f79-9ee9-91f868d9b421" => Some("tlp:amber"),
        "e828b379-4e03-4974-9ac4-e53a884c97c1" => Some("tlp:red"),
        _ => None,
    })
}
