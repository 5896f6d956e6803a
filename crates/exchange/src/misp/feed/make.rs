//! A feed that is given. In: events, how far the feed may go. Out: the manifest, the list of hashes, a file for each event, and what was left out and why. Never: an event or a part of one
//! that its maker's mark keeps nearer; identifiers and members of one server, which mean nothing to another.
//!
//! Members are those that MISP and `PyMISP` put into feeds.

use super::super::event::{Attribute, Event};
use super::super::id;
use super::super::limits;
use super::super::read::MispError;
use super::super::value;
use crate::json;
use md5::{Digest, Md5};
use sakimori_custody::ids::hex;
use sakimori_release::Tlp;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A feed as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// `manifest.json`.
    pub manifest: String,
    /// `hashes.csv`.
    pub hashes: String,
    /// Identifier and text of each event: its file is `UUID.json`.
    pub events: Vec<(String, String)>,
    /// What was left out, by identifier or title, and why.
    pub left: Vec<(String, &'static str)>,
}

/// How far a feed may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The strictest mark that may stand in it.
    pub up_to: Tlp,
    /// Whether an event may stand in it whose maker gave no mark.
    pub unmarked: bool,
}

impl Reach {
    /// A reach by the word of the strictest mark, such as `amber+strict`.
    pub fn of(up_to: &str, unmarked: bool) -> Option<Self> {
        let up_to = Tlp::from_name(up_to)?;
        Some(Self { up_to, unmarked })
    }
}

/// MD5 of the values of an attribute, joined values part by part, in small hexadecimal digits.
fn hashes_of(attribute: &Attribute) -> Vec<String> {
    let joined = attribute.kind.contains('|') || attribute.kind == "malware-sample";
    let parts: Vec<&str> = if joined {
        attribute.value.split('|').collect()
    } else {
        vec![&attribute.value]
    };
    let each = parts.into_iter();
    each.map(|part| hex(Md5::digest(part.as_bytes()).as_slice()))
        .collect()
}

/// The hashes of all values of an event.
pub fn hashes(event: &Event) -> BTreeSet<String> {
    let in_objects = event.objects.iter().flat_map(|object| &object.attributes);
    let all = event.attributes.iter().chain(in_objects);
    all.flat_map(hashes_of).collect()
}

const EVENT: [&str; 9] = [
    "analysis",
    "date",
    "extends_uuid",
    "info",
    "publish_timestamp",
    "published",
    "threat_level_id",
    "timestamp",
    "uuid",
];
const ATTRIBUTE: [&str; 13] = [
    "category",
    "comment",
    "data",
    "deleted",
    "disable_correlation",
    "first_seen",
    "last_seen",
    "object_relation",
    "timestamp",
    "to_ids",
    "type",
    "uuid",
    "value",
];
const OBJECT: [&str; 11] = [
    "comment",
    "deleted",
    "description",
    "first_seen",
    "last_seen",
    "meta-category",
    "name",
    "template_uuid",
    "template_version",
    "timestamp",
    "uuid",
];
const REFERENCE: [&str; 8] = [
    "comment",
    "deleted",
    "object_uuid",
    "referenced_type",
    "referenced_uuid",
    "relationship_type",
    "timestamp",
    "uuid",
];
const REPORT: [&str; 5] = ["content", "deleted", "name", "timestamp", "uuid"];
const ORGANISATION: [&str; 2] = ["name", "uuid"];
const TAG: [&str; 3] = ["colour", "name", "relationship_type"];
const GALAXY: [&str; 6] = [
    "description",
    "name",
    "namespace",
    "type",
    "uuid",
    "version",
];
const CLUSTER: [&str; 6] = ["description", "meta", "tag_name", "type", "uuid", "value"];

fn only(of: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let kept = of.iter().filter(|(name, _)| names.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn list(
    of: &Map<String, Value>,
    name: &str,
    each: impl FnMut(&Map<String, Value>) -> Option<Map<String, Value>>,
) -> Value {
    let items = of.get(name).and_then(Value::as_array).into_iter().flatten();
    let maps = items.filter_map(Value::as_object).filter_map(each);
    Value::Array(maps.map(Value::Object).collect())
}

fn put(out: &mut Map<String, Value>, name: &str, found: Value) {
    if found.as_array().is_none_or(|items| !items.is_empty()) {
        out.insert(name.to_owned(), found);
    }
}

/// Tags that may leave their server, and galaxies.
fn marks(of: &Map<String, Value>, out: &mut Map<String, Value>) {
    let local = |tag: &Map<String, Value>| {
        tag.get("exportable") == Some(&json!(false)) || tag.get("local") == Some(&json!(true))
    };
    put(
        out,
        "Tag",
        list(of, "Tag", |tag| (!local(tag)).then(|| only(tag, &TAG))),
    );
    let galaxy = |galaxy: &Map<String, Value>| {
        let mut out = only(galaxy, &GALAXY);
        put(
            &mut out,
            "GalaxyCluster",
            list(galaxy, "GalaxyCluster", |one| Some(only(one, &CLUSTER))),
        );
        Some(out)
    };
    put(out, "Galaxy", list(of, "Galaxy", galaxy));
}

/// Makes a feed of events.
///
/// # Errors
/// [`MispError`]: there are more events than are read at once, or the text of one cannot be read.
pub fn make(events: &[Event], reach: Reach) -> Result<Made, MispError> {
    if events.len() > limits::MANIFEST_MAX {
        return Err(super::super::read::too_many(
            "",
            "events",
            limits::MANIFEST_MAX,
        ));
    }
    let mut out = Made::default();
    let mut manifest = Map::new();
    for event in events {
        let uuid = event.uuid.clone().filter(|uuid| id::is_uuid(uuid));
        let Some(uuid) = uuid else {
            out.left.push((event.info.clone(), "it has no identifier"));
            continue;
        };
        if let Some(why) = stays(event, reach) {
            out.left.push((uuid, why));
            continue;
        }
        if manifest.contains_key(&uuid) {
            out.left.push((uuid, "it is there twice"));
            continue;
        }
        let node = json::read(event.text(), limits::TEXT)?;
        let Value::Object(map) = value::of_node(&node) else {
            continue;
        };
        let (written, mut left) = written(event, &map, reach);
        out.left.append(&mut left);
        manifest.insert(uuid.clone(), listed(&written));
        let text = json!({ "Event": written }).to_string();
        // Read back, so that the hashes are those of what is given.
        for event in super::super::read::read(text.as_bytes())? {
            for md5 in hashes(&event) {
                // A write to a String cannot fail.
                let _ = writeln!(out.hashes, "{md5},{uuid}");
            }
        }
        out.events.push((uuid, text));
    }
    out.manifest = Value::Object(manifest).to_string();
    Ok(out)
}

/// Why an event does not go into a feed.
fn stays(event: &Event, reach: Reach) -> Option<&'static str> {
    if event.made_by.is_none() {
        return Some("nobody made it");
    }
    match event.mark() {
        Some(mark) if mark.tlp > reach.up_to => Some("its mark does not let it go so far"),
        None if !reach.unmarked => Some("its maker gave no mark"),
        _ => None,
    }
}

/// An event as a feed has it, and the parts of it that stay.
fn written(
    event: &Event,
    map: &Map<String, Value>,
    reach: Reach,
) -> (Map<String, Value>, Vec<(String, &'static str)>) {
    let nearer: BTreeSet<&str> = event
        .attributes
        .iter()
        .chain(event.objects.iter().flat_map(|object| &object.attributes))
        .filter(|one| event.mark_of(one).is_some_and(|mark| mark > reach.up_to))
        .filter_map(|one| one.uuid.as_deref())
        .collect();
    let far: BTreeSet<&str> = event
        .objects
        .iter()
        .filter(|one| {
            event
                .mark_of_object(one)
                .is_some_and(|mark| mark > reach.up_to)
        })
        .filter_map(|one| one.uuid.as_deref())
        .collect();
    let mut left: Vec<(String, &'static str)> = Vec::new();
    for uuid in nearer.iter().chain(&far) {
        left.push(((*uuid).to_owned(), "its mark does not let it go so far"));
    }
    let uuid = |of: &Map<String, Value>| {
        let uuid = of.get("uuid").and_then(Value::as_str);
        uuid.unwrap_or_default().to_owned()
    };
    let attribute = |one: &Map<String, Value>| {
        if nearer.contains(uuid(one).as_str()) {
            return None;
        }
        let mut out = only(one, &ATTRIBUTE);
        marks(one, &mut out);
        Some(out)
    };
    let object = |one: &Map<String, Value>| {
        if far.contains(uuid(one).as_str()) {
            return None;
        }
        let mut out = only(one, &OBJECT);
        out.insert("Attribute".to_owned(), list(one, "Attribute", attribute));
        put(
            &mut out,
            "ObjectReference",
            list(one, "ObjectReference", |of| Some(only(of, &REFERENCE))),
        );
        Some(out)
    };
    let mut out = only(map, &EVENT);
    if let Some(Value::Object(by)) = map.get("Orgc") {
        out.insert("Orgc".to_owned(), Value::Object(only(by, &ORGANISATION)));
    }
    marks(map, &mut out);
    put(&mut out, "Attribute", list(map, "Attribute", attribute));
    put(&mut out, "Object", list(map, "Object", object));
    put(
        &mut out,
        "EventReport",
        list(map, "EventReport", |one| Some(only(one, &REPORT))),
    );
    (out, left)
}

/// What a manifest says of an event.
fn listed(event: &Map<String, Value>) -> Value {
    let names = [
        "Orgc",
        "Tag",
        "analysis",
        "date",
        "info",
        "threat_level_id",
        "timestamp",
    ];
    let mut out = only(event, &names);
    out.entry("Tag").or_insert_with(|| json!([]));
    out.entry("analysis").or_insert_with(|| json!("0"));
    out.entry("threat_level_id").or_insert_with(|| json!("4"));
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::super::super::read;
    use super::super::{FeedError, by_event, check, read_hashes, read_manifest};
    use super::*;

    const REACH: Reach = Reach {
        up_to: Tlp::Green,
        unmarked: false,
    };

    fn event(rest: &str) -> Event {
        let text = format!(
            "{{\"Event\":{{\"id\":\"7\",\"org_id\":\"1\",\"uuid\":\"57c4445b-c548-4654-af0b-4be3950d210f\",\"info\":\"標的型攻撃\",\"date\":\"2026-10-01\",\"timestamp\":\"1790000000\",\"Orgc\":{{\"id\":\"3\",\"uuid\":\"57c4445b-c548-4654-af0b-4be3950d2100\",\"name\":\"国\"}},{rest}}}}}"
        );
        read(text.as_bytes()).unwrap().remove(0)
    }

    const TAGGED: &str = r#""distribution":"3","Tag":[{"id":"9","name":"tlp:green","colour":"00ff00"}],
        "Attribute":[{"id":"1","event_id":"7","uuid":"57c4445b-c548-4654-af0b-4be395000001","type":"domain|ip","value":"evil.example|192.0.2.1","to_ids":true},
        {"id":"2","uuid":"57c4445b-c548-4654-af0b-4be395000002","type":"text","value":"社外秘","distribution":"0"}]"#;

    #[test]
    fn a_feed_is_read_back_as_it_was_made_without_what_is_of_one_server() {
        let made = make(&[event(TAGGED)], REACH).unwrap();
        assert_eq!(
            made.left,
            [(
                "57c4445b-c548-4654-af0b-4be395000002".to_owned(),
                "its mark does not let it go so far"
            )]
        );
        let manifest = read_manifest(made.manifest.as_bytes()).unwrap();
        assert_eq!(
            (manifest.len(), manifest[0].info.as_str()),
            (1, "標的型攻撃")
        );
        let hashes = read_hashes(made.hashes.as_bytes()).unwrap();
        let (_, text) = &made.events[0];
        let of = by_event(&hashes);
        let of = of.get(manifest[0].uuid.as_str());
        assert_eq!(check(&manifest[0], of, text.as_bytes()), Ok(()));
        let other = text.replace("evil.example", "good.example");
        let error = FeedError::Hashes {
            missing: 1,
            more: 1,
        };
        assert_eq!(check(&manifest[0], of, other.as_bytes()), Err(error));
        let later = text.replace("1790000000", "1790000001");
        assert_eq!(
            check(&manifest[0], of, later.as_bytes()),
            Err(FeedError::Time)
        );
        for gone in ["\"id\"", "org_id", "event_id", "社外秘", "distribution"] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        // `printf evil.example | md5sum`
        assert!(made.hashes.contains("96119eb3210daa472225fbad69fa9770"));
        assert_eq!(hashes.len(), 2);
    }

    #[test]
    fn what_its_maker_keeps_nearer_stays() {
        let check = |rest: &str, reach: Reach, why: Option<&str>| {
            let made = make(&[event(rest)], reach).unwrap();
            assert_eq!(made.left.first().map(|(_, why)| *why), why, "{rest}");
            assert_eq!(made.events.len(), usize::from(why.is_none()));
        };
        let far = Some("its mark does not let it go so far");
        check(r#""Tag":[{"name":"tlp:amber"}]"#, REACH, far);
        check(r#""Tag":[{"name":"tlp:clear"}]"#, REACH, None);
        check(
            r#""Tag":[{"name":"tlp:clear"}],"distribution":"0""#,
            REACH,
            far,
        );
        check(r#""published":true"#, REACH, Some("its maker gave no mark"));
        let unmarked = Reach {
            unmarked: true,
            ..REACH
        };
        check(r#""published":true"#, unmarked, None);
        let amber = Reach {
            up_to: Tlp::Amber,
            ..REACH
        };
        check(r#""Tag":[{"name":"tlp:amber"}]"#, amber, None);
    }
}
