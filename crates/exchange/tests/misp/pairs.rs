//! The pairs of misp-stix: what it made of attributes and events, object by object, both ways.

use crate::compare::{attribute_rows, difference, json, objects, plain};
use sakimori_custody::time::Seconds;
use sakimori_exchange::misp::{attributes_to_stix, from_stix, read, read_attributes, to_stix};
use serde_json::Value;

const FOLDER: &str = "exchange/misp/misp-stix/pairs";

fn bytes(test: &str, name: &str) -> Option<Vec<u8>> {
    let path = sakimori_testkit::data(test, &format!("{FOLDER}/{name}"))?;
    Some(std::fs::read(path).unwrap())
}

fn expected(test: &str, name: &str) -> Option<Vec<Value>> {
    let bundle = json(test, &format!("{FOLDER}/{name}"))?;
    let list = bundle.get("objects").unwrap().as_array().unwrap();
    Some(list.iter().map(plain).collect())
}

#[test]
fn attributes_become_what_they_become_there() {
    let test = "attributes_become_what_they_become_there";
    let mut found = Vec::new();
    for name in [
        "test_attributes_collection_1.json",
        "test_attributes_collection_2.json",
    ] {
        let Some(bytes) = bytes(test, name) else {
            return;
        };
        let attributes = read_attributes(&bytes).unwrap();
        let written = attributes_to_stix(&attributes, Seconds(0));
        assert_eq!(written.kept, [], "{name}");
        found.push(objects(&written));
    }
    // There relationships of both files stand behind the objects of both.
    let all = found.concat();
    let is_link = |object: &&Value| object.get("type") == Some(&Value::from("relationship"));
    let first: Vec<Value> = found[0].iter().map(plain).collect();
    let second: Vec<Value> = found[1].iter().map(plain).collect();
    assert_eq!(all.len(), first.len() + second.len());
    let both: Vec<Value> = [first, second].concat();
    let Some(wanted) = expected(test, "test_attributes_collection_stix21.json") else {
        return;
    };
    assert_eq!(difference(&both, &wanted), None);
    assert_eq!(all.iter().filter(is_link).count(), 3);
}

#[test]
fn events_become_what_they_become_there() {
    let test = "events_become_what_they_become_there";
    let mut all = Vec::new();
    for number in [1, 2] {
        let Some(bytes) = bytes(test, &format!("test_events_collection_{number}.json")) else {
            return;
        };
        let events = read(&bytes).unwrap();
        assert_eq!(events.len(), 2);
        let written = to_stix(&events, Seconds(0)).unwrap();
        let found: Vec<Value> = objects(&written).iter().map(plain).collect();
        let wanted = expected(test, &format!("test_event{number}_stix21.json")).unwrap();
        assert_eq!(difference(&found, &wanted), None, "{number}");
        all.extend(events);
    }
    let written = to_stix(&all, Seconds(0)).unwrap();
    let found: Vec<Value> = objects(&written).iter().map(plain).collect();
    let wanted = expected(test, "test_events_collection_stix21.json").unwrap();
    assert_eq!(difference(&found, &wanted), None);
}

#[test]
fn events_come_back_from_what_they_become_there() {
    let test = "events_come_back_from_what_they_become_there";
    for (number, version) in [(1, 20), (2, 20), (1, 21), (2, 21)] {
        let Some(stix) = bytes(test, &format!("test_event{number}_stix{version}.json")) else {
            return;
        };
        let misp = bytes(test, &format!("test_events_collection_{number}.json")).unwrap();
        let wanted = read(&misp).unwrap();
        let back = from_stix(&stix).unwrap();
        assert_eq!(back.left, []);
        assert_eq!((back.events.len(), back.attributes.len()), (2, 0));
        for (found, wanted) in back.events.iter().zip(&wanted) {
            assert_eq!(found.uuid, wanted.uuid);
            assert_eq!(
                (&found.info, found.timestamp),
                (&wanted.info, wanted.timestamp)
            );
            assert_eq!(
                (&found.date, &found.made_by),
                (&wanted.date, &wanted.made_by)
            );
            assert_eq!(
                attribute_rows(&found.attributes),
                attribute_rows(&wanted.attributes)
            );
            for (found, wanted) in found.attributes.iter().zip(&wanted.attributes) {
                assert_eq!(
                    (&found.uuid, found.timestamp),
                    (&wanted.uuid, wanted.timestamp)
                );
                assert_eq!(
                    (&found.category, &found.comment),
                    (&wanted.category, &wanted.comment)
                );
            }
            // What is made here is an event that can be read.
            assert_eq!(read(found.text().as_bytes()).unwrap()[0].info, wanted.info);
        }
    }
}

#[test]
fn attributes_come_back_from_what_they_become_there() {
    let test = "attributes_come_back_from_what_they_become_there";
    let Some(old) = bytes(test, "test_attributes_collection_stix20.json") else {
        return;
    };
    let new = bytes(test, "test_attributes_collection_stix21.json").unwrap();
    let one = bytes(test, "test_attributes_collection_1.json").unwrap();
    let two = bytes(test, "test_attributes_collection_2.json").unwrap();
    let wanted = [
        read_attributes(&one).unwrap(),
        read_attributes(&two).unwrap(),
    ]
    .concat();
    for stix in [old, new] {
        let back = from_stix(&stix).unwrap();
        assert_eq!(back.left, []);
        assert_eq!(attribute_rows(&back.attributes), attribute_rows(&wanted));
    }
}

#[test]
fn a_collection_of_events_comes_back_of_stix_2_0_as_of_2_1() {
    let test = "a_collection_of_events_comes_back_of_stix_2_0_as_of_2_1";
    let Some(old) = bytes(test, "test_events_collection_stix20.json") else {
        return;
    };
    let new = bytes(test, "test_events_collection_stix21.json").unwrap();
    let (old, new) = (from_stix(&old).unwrap(), from_stix(&new).unwrap());
    assert_eq!((&old.left, old.events.len()), (&new.left, 4));
    for (old, new) in old.events.iter().zip(&new.events) {
        assert_eq!((&old.uuid, &old.info), (&new.uuid, &new.info));
        assert_eq!(
            attribute_rows(&old.attributes),
            attribute_rows(&new.attributes)
        );
    }
}
