//! Events of others, and events that are larger than others can read.

use sakimori_custody::time::Seconds;
use sakimori_exchange::misp::{Attribute, MispError, from_stix, read, to_stix};
use sakimori_release::Tlp;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub(crate) fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
    out.sort();
}

#[test]
fn events_of_others_are_read_and_the_rest_is_refused_with_its_reason() {
    let test = "events_of_others_are_read_and_the_rest_is_refused_with_its_reason";
    let Some(root) = sakimori_testkit::data(test, "exchange/misp/events") else {
        return;
    };
    let mut all = Vec::new();
    files(&root, &mut all);
    assert_eq!(all.len(), 29);
    let mut read_ones = 0;
    let mut refused = Vec::new();
    for path in all {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        match read(&bytes) {
            Ok(events) => {
                read_ones += 1;
                let text = std::str::from_utf8(&bytes).unwrap();
                for event in &events {
                    assert!(
                        text.contains(event.text()),
                        "{name}: not as it was received"
                    );
                    let again = read(event.text().as_bytes()).unwrap();
                    assert_eq!(&again[0], event, "{name}");
                }
            }
            Err(MispError::NotEvent { found }) => refused.push((name, found)),
            Err(other) => panic!("{name}: {other}"),
        }
    }
    // PyMISP reads these 17 too; the other files are what the reasons say.
    assert_eq!(read_ones, 17);
    let refused: Vec<(&str, &str)> = refused.iter().map(|(n, f)| (n.as_str(), *f)).collect();
    let object = "a part of an event without its title `info`";
    assert_eq!(
        refused,
        [
            (
                "git-vuln-finder-quagga.json",
                "an object with other members"
            ),
            ("mispevent_testfiles/event_obj_attr_tag.json", object),
            ("mispevent_testfiles/event_obj_def_param.json", object),
            ("mispevent_testfiles/event_obj_tag.json", object),
            ("mispevent_testfiles/galaxy.json", "a galaxy"),
            (
                "mispevent_testfiles/overwrite_file/definition.json",
                "a template of objects"
            ),
            (
                "mispevent_testfiles/sighting.json",
                "a sighting or attribute alone"
            ),
            (
                "mispevent_testfiles/simple.json",
                "there is neither `Event` nor `info`"
            ),
            (
                "mispevent_testfiles/test_object_template/definition.json",
                "a template of objects"
            ),
            (
                "search_index_result.json",
                "an index of events, without what is in them"
            ),
            ("sharing_groups.json", "a list of sharing groups"),
            ("stix2.json", "a STIX bundle"),
        ]
    );
}

#[test]
fn whole_events_go_to_stix_and_back_without_losing_a_value() {
    let test = "whole_events_go_to_stix_and_back_without_losing_a_value";
    let Some(root) = sakimori_testkit::data(test, "exchange/misp/events") else {
        return;
    };
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut values = 0;
    for path in all {
        let Ok(events) = read(&std::fs::read(&path).unwrap()) else {
            continue;
        };
        let whole: Vec<_> = events
            .into_iter()
            .filter(|event| event.uuid.is_some())
            .collect();
        if whole.is_empty() {
            continue;
        }
        let written = to_stix(&whole, Seconds(1_600_000_000)).unwrap();
        let back = from_stix(
            written
                .bundle("a31158d6-4ac2-485d-8bd2-e05f2f0aa1a1")
                .as_bytes(),
        )
        .unwrap();
        for (event, back) in whole.iter().zip(&back.events) {
            let alive = event.attributes.iter().filter(|a| !a.deleted);
            for attribute in alive {
                values += 1;
                let found = back.attributes.iter().any(|b| {
                    b.uuid == attribute.uuid
                        && b.value == attribute.value
                        && b.kind == attribute.kind
                });
                assert!(found, "{}: {attribute:?}", path.display());
            }
            for object in event.objects.iter().filter(|object| !object.deleted) {
                let same = back.objects.iter().find(|b| b.uuid == object.uuid);
                let same = same.unwrap_or_else(|| panic!("{}: {object:?}", path.display()));
                for attribute in object.attributes.iter().filter(|a| !a.deleted) {
                    values += 1;
                    let relation = |b: &Attribute| {
                        // misp-stix brings an address back as what it was an end of.
                        let ends = ["ip", "ip-dst"].map(Some);
                        b.relation == attribute.relation
                            || ends.contains(&b.relation.as_deref())
                                && ends.contains(&attribute.relation.as_deref())
                    };
                    let mut all = same.attributes.iter();
                    let found = all.any(|b| relation(b) && b.value == attribute.value);
                    assert!(
                        found,
                        "{}: {}: {attribute:?}\n{same:?}",
                        path.display(),
                        object.name
                    );
                }
            }
        }
    }
    assert!(values > 400, "{values}");
}

#[test]
fn japanese_text_and_unknown_fields_stay_as_they_are() {
    let text = "{\"Event\": {\"uuid\":\"57c4445b-c548-4654-af0b-4be3950d210f\",\"info\":\"標的型攻撃メール\",  \"未知\":[1.0, \"\\u3042\"],\"distribution\":\"1\",\"Attribute\":[{\"type\":\"comment\",\"value\":\"添付ファイル『請求書.zip』\",\"extra\":null}]}}";
    let events = read(text.as_bytes()).unwrap();
    assert_eq!(events[0].text(), &text[10..text.len() - 1]);
    assert_eq!(events[0].attributes[0].value, "添付ファイル『請求書.zip』");
    assert_eq!(
        events[0].mark().map(|mark| mark.tlp),
        Some(Tlp::AmberStrict)
    );
    let written = to_stix(&events, Seconds(0)).unwrap();
    assert!(
        written
            .objects
            .iter()
            .any(|object| object.text.contains("請求書"))
    );
}

#[test]
fn a_wrong_member_is_named_with_its_place() {
    let bad = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        bad(r#"{"info":"x","Attribute":[{"type":"md5","value":"a"},{"value":"b"}]}"#),
        "/Attribute/1: `type` is missing"
    );
    assert_eq!(
        bad(r#"{"info":"x","Object":[{"name":"a","Attribute":[{"type":"b"}]}]}"#),
        "/Object/0/Attribute/0: `value` is missing"
    );
    assert_eq!(
        bad(r#"{"info":"x","uuid":"no"}"#),
        "/: `uuid` is not a UUID"
    );
    assert_eq!(
        bad(r#"{"info":"x","distribution":"9"}"#),
        "/: `distribution` is not a distribution from 0 to 5"
    );
    assert_eq!(bad(r#"{"info":"x","info":"y"}"#), "the text cannot be read");
}

#[test]
fn an_event_of_150_000_attributes_is_read_and_turned() {
    let mut text = String::from(
        "{\"Event\":{\"uuid\":\"57c4445b-c548-4654-af0b-4be3950d210f\",\"info\":\"large\",\"timestamp\":\"1603642920\",\"Attribute\":[",
    );
    for at in 0..150_000u32 {
        if at > 0 {
            text.push(',');
        }
        let [_, a, b, c] = at.to_be_bytes();
        write!(
            text,
            "{{\"uuid\":\"00000000-0000-4000-8000-{at:012x}\",\"type\":\"ip-dst\",\"category\":\"Network activity\",\"value\":\"203.{a}.{b}.{c}\",\"to_ids\":true,\"timestamp\":\"1603642920\"}}"
        )
        .unwrap();
    }
    text.push_str("]}}");
    let events = read(text.as_bytes()).unwrap();
    assert_eq!(events[0].attribute_count(), 150_000);
    // A part of it, because a debug build is slow: one grouping, and for each what was seen with two objects, what finds it, and how both belong together.
    let mut part = events;
    part[0].attributes.truncate(20_000);
    let written = to_stix(&part, Seconds(0)).unwrap();
    assert_eq!(written.objects.len(), 1 + 20_000 * 5);
}

#[test]
fn an_object_of_more_than_its_bounds_is_kept_whole_and_not_multiplied() {
    let object = |names: usize, addresses: usize| {
        let name = |at| {
            format!(
                "{{\"type\":\"domain\",\"object_relation\":\"domain\",\"value\":\"a{at}.example\"}}"
            )
        };
        let address = |at| {
            format!("{{\"type\":\"ip-dst\",\"object_relation\":\"ip\",\"value\":\"192.0.2.{at}\"}}")
        };
        let all: Vec<String> = (0..names)
            .map(name)
            .chain((0..addresses).map(address))
            .collect();
        let text = format!(
            "{{\"uuid\":\"57c4445b-c548-4654-af0b-4be3950d210f\",\"info\":\"x\",\"Object\":[{{\"name\":\"domain-ip\",\"meta-category\":\"network\",\"Attribute\":[{}]}}]}}",
            all.join(",")
        );
        to_stix(&read(text.as_bytes()).unwrap(), Seconds(0)).unwrap()
    };
    assert_eq!(object(50, 50).kept, []);
    let kept = object(51, 50);
    assert_eq!(
        (kept.kept.len(), kept.kept[0].kind.as_str()),
        (1, "domain-ip")
    );
    assert!(
        kept.objects
            .iter()
            .any(|object| object.id.starts_with("x-misp-object--"))
    );
    let size: usize = kept.objects.iter().map(|object| object.text.len()).sum();
    assert!(size < 20_000, "{size}");
}
