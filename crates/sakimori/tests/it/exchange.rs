//! `exchange`: files of others are judged, converted and proposed at the command line. In: the test data, and files that are wrong. Out: verdicts with their places, converted texts, exit
//! codes. Never: a verdict that only the exit code tells.

use crate::program::{run, sakimori};
use serde_json::Value;
use std::path::Path;

const EVENT: &str = r#"{"Event":{"uuid":"57c4445b-c548-4654-af0b-4be3950d210f","info":"標的型攻撃メール","date":"2026-10-01","timestamp":"1790000000","analysis":"1","threat_level_id":"2",
"Attribute":[{"uuid":"57c4445b-c548-4654-af0b-4be395000001","type":"domain","category":"Network activity","value":"c2.example.net","to_ids":true,"comment":"指令サーバ","timestamp":"1790000000"}]}}"#;

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn files_of_others_are_judged_with_rule_and_place() {
    let folder = tempfile::tempdir().unwrap();
    let bad = write(
        folder.path(),
        "bad.json",
        r#"{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":[
        {"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2016-01-01T00:00:00.000Z",
        "modified":"2015-01-01T00:00:00.000Z","pattern":"[domain-name:value = ]","pattern_type":"stix","valid_from":"2016-01-01T00:00:00Z"}]}"#,
    );
    let event = write(folder.path(), "event.json", EVENT);
    let other = write(folder.path(), "other.json", "{\"a\":1}");
    let twice = write(folder.path(), "twice.json", "{\"a\":1,\"a\":2}");
    let ran = run(&mut sakimori([
        "exchange", "check", &bad, &event, &other, &twice,
    ]));
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(
        ran.out.contains("event.json: MISP, 1 in it, valid"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("bad.json: STIX, 1 in it, not valid"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("/pattern") && ran.out.contains("/modified"),
        "{}",
        ran.out
    );
    let ran = run(&mut sakimori([
        "exchange", "check", "--format", "json", &bad, &event, &other, &twice,
    ]));
    let judged: Value = serde_json::from_str(&ran.out).unwrap();
    let valid: Vec<bool> = judged
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["valid"].as_bool().unwrap())
        .collect();
    assert_eq!(valid, [false, true, false, false]);
    assert_eq!(
        run(&mut sakimori(["exchange", "check", &event])).code,
        Some(0)
    );
    assert_eq!(
        run(&mut sakimori(["exchange", "check", "nowhere.json"])).code,
        Some(2)
    );
}

#[test]
fn an_event_becomes_a_bundle_a_proposal_and_itself_again() {
    let folder = tempfile::tempdir().unwrap();
    let event = write(folder.path(), "event.json", EVENT);
    let bundle = folder.path().join("bundle.json").display().to_string();
    let ran = run(&mut sakimori([
        "exchange", "convert", &event, "--to", "stix", "--out", &bundle,
    ]));
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    assert_eq!(
        run(&mut sakimori(["exchange", "check", &bundle])).code,
        Some(0)
    );
    let back = run(&mut sakimori([
        "exchange", "convert", &bundle, "--to", "misp",
    ]));
    assert_eq!(back.code, Some(0), "{}", back.err);
    let (back, event): (Value, Value) = (
        serde_json::from_str(&back.out).unwrap(),
        serde_json::from_str(EVENT).unwrap(),
    );
    for (name, value) in event["Event"].as_object().unwrap() {
        let found = &back["Event"][name];
        match value {
            Value::Array(list) => {
                for (name, value) in list[0].as_object().unwrap() {
                    assert_eq!(&found[0][name], value, "{name}");
                }
            }
            value => assert_eq!(found, value, "{name}"),
        }
    }
    let proposed = run(&mut sakimori([
        "exchange",
        "propose",
        &bundle,
        "--id",
        "from-partner",
        "--purpose",
        "campaign of October",
    ]));
    assert_eq!(proposed.code, Some(0), "{}", proposed.err);
    assert!(
        proposed
            .out
            .starts_with("sakimori/pack/v1\nid: from-partner\n"),
        "{}",
        proposed.out
    );
    assert!(proposed.out.contains("c2.example.net"), "{}", proposed.out);
    assert!(
        proposed.err.contains("no sensor takes it before"),
        "{}",
        proposed.err
    );
    let source = write(folder.path(), "pack.txt", &proposed.out);
    assert_eq!(run(&mut sakimori(["pack", "lint", &source])).code, Some(0));
}

#[test]
fn the_attack_bundle_is_judged() {
    let test = "the_attack_bundle_is_judged";
    let Some(root) = sakimori_testkit::data(test, "exchange") else {
        return;
    };
    let attack = std::fs::read_dir(root.join("stix/attack")).unwrap();
    let attack = attack
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("ics"));
    let attack = attack.unwrap().display().to_string();
    let ran = run(&mut sakimori(["exchange", "check", &attack]));
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(ran.out.contains(": STIX, "), "{}", ran.out);
}
