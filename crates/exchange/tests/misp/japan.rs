//! Events as they are written in Japan, not drawn: mail with attachments, ransom, a page that was changed, floods, a weakness, a template of one's own, an analysis. In: seven events,
//! with galaxies, objects, names of attachments, sightings, reports. Out: the same after STIX and back, and the same STIX after MISP and back. Never: data of others; names and
//! addresses are those of documentation (RFC 2606, RFC 5737).

use crate::compare::objects;
use crate::whole::lost;
use sakimori_custody::time::Seconds;
use sakimori_exchange::misp::{Event, from_stix, read, to_stix_whole};
use serde_json::Value;
use std::collections::BTreeMap;

/// The events, by name.
pub(crate) const EVENTS: [(&str, &str); 7] = [
    ("ddos", include_str!("japan/ddos.json")),
    ("malware", include_str!("japan/malware.json")),
    ("own", include_str!("japan/own.json")),
    ("phishing", include_str!("japan/phishing.json")),
    ("ransomware", include_str!("japan/ransomware.json")),
    ("watering", include_str!("japan/watering.json")),
    ("weakness", include_str!("japan/weakness.json")),
];
const NOW: Seconds = Seconds(1_790_000_000);
const BUNDLE: &str = "a31158d6-4ac2-485d-8bd2-e05f2f0aa1a1";

fn one(text: &str) -> Event {
    let mut all = read(text.as_bytes()).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn back(bundle: &str) -> Vec<Event> {
    let back = from_stix(bundle.as_bytes()).unwrap();
    assert_eq!(back.left, [], "{bundle}");
    back.events
}

#[test]
fn events_of_japan_come_back_of_stix_without_losing_a_member() {
    let mut out = Vec::new();
    for (name, text) in EVENTS {
        let event = one(text);
        let bundle = to_stix_whole(std::slice::from_ref(&event), NOW)
            .unwrap()
            .bundle(BUNDLE);
        let events = back(&bundle);
        assert_eq!(events.len(), 1, "{name}");
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        lost(
            &parse(event.text()),
            &parse(events[0].text()),
            name,
            &mut out,
        );
        assert_eq!(
            events[0].attribute_count(),
            event.attribute_count(),
            "{name}"
        );
    }
    assert!(out.is_empty(), "{}", out.join("\n"));
}

/// A value whose lists are in one order: which attribute of an object stands first says nothing.
fn sorted(of: &Value) -> Value {
    match of {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), sorted(value)))
            .collect(),
        other => other.clone(),
    }
}

#[test]
fn their_stix_comes_back_of_misp_object_by_object() {
    for (name, text) in EVENTS {
        let by_id = |events: &[Event]| -> (String, BTreeMap<String, Value>) {
            let written = to_stix_whole(events, NOW).unwrap();
            let all = objects(&written).into_iter();
            let all = all.map(|object| (object["id"].as_str().unwrap().to_owned(), object));
            (written.bundle(BUNDLE), all.collect())
        };
        let (bundle, first) = by_id(&[one(text)]);
        let (_, second) = by_id(&back(&bundle));
        assert_eq!(
            first.keys().collect::<Vec<_>>(),
            second.keys().collect::<Vec<_>>(),
            "{name}"
        );
        for (id, object) in &first {
            assert_eq!(sorted(object), sorted(&second[id]), "{name} {id}");
        }
    }
}
