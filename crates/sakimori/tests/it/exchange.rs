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

const RESOLVERS: &str = r#"{"name":"Resolvers","type":"cidr","version":1,"description":"d","list":["8.8.8.0/24"],"matching_attributes":[]}"#;
const TLP: &str = r#"{"namespace":"tlp","description":"d","version":1,"exclusive":true,"predicates":[{"value":"green"},{"value":"red"}]}"#;

#[test]
fn what_warning_lists_and_taxonomies_name_is_told_and_nothing_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let lists = folder.path().join("lists");
    std::fs::create_dir_all(lists.join("resolvers")).unwrap();
    write(&lists, "resolvers/list.json", RESOLVERS);
    let tags = folder.path().join("tags");
    std::fs::create_dir(&tags).unwrap();
    write(&tags, "tlp.json", TLP);
    let (lists, tags) = (lists.display().to_string(), tags.display().to_string());
    let event = EVENT.replace("\"Attribute\":[", "\"Tag\":[{\"name\":\"tlp:green\"},{\"name\":\"tlp:red\"}],\"Attribute\":[{\"uuid\":\"57c4445b-c548-4654-af0b-4be395000002\",\"type\":\"ip-dst\",\"category\":\"Network activity\",\"value\":\"8.8.8.8\",\"to_ids\":true},");
    let event = write(folder.path(), "event.json", &event);
    let ran = run(&mut sakimori([
        "exchange",
        "check",
        "--warninglists",
        &lists,
        &event,
    ]));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("the list `Resolvers` has 8.8.8.0/24"),
        "{}",
        ran.out
    );
    let ran = run(&mut sakimori([
        "exchange",
        "check",
        "--taxonomies",
        &tags,
        &event,
    ]));
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("it excludes `tlp:green`"), "{}", ran.out);
    let ran = run(&mut sakimori([
        "exchange",
        "convert",
        &event,
        "--to",
        "stix",
        "--warninglists",
        &lists,
    ]));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.err.contains("8.8.8.8: the list `Resolvers`"),
        "{}",
        ran.err
    );
    assert!(
        ran.out.contains("ipv4-addr:value") || ran.out.contains("8.8.8.8"),
        "{}",
        ran.out
    );
    write(Path::new(&lists), "bad.json", "{}");
    let ran = run(&mut sakimori([
        "exchange",
        "check",
        "--warninglists",
        &lists,
        &event,
    ]));
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("bad.json"), "{}", ran.err);
}

#[test]
fn a_list_becomes_stix_and_a_proposal() {
    let folder = tempfile::tempdir().unwrap();
    let lists = folder.path().join("lists");
    std::fs::create_dir(&lists).unwrap();
    write(&lists, "resolvers.json", RESOLVERS);
    let lists = lists.display().to_string();
    let list = write(
        folder.path(),
        "list.txt",
        "8.8.8.8 # 解決器\nevil[.]example\n",
    );
    let ran = run(&mut sakimori([
        "exchange",
        "convert",
        &list,
        "--to",
        "stix",
        "--warninglists",
        &lists,
    ]));
    assert!(ran.err.contains("line 1: 8.8.8.8: the list"), "{}", ran.err);
    let bundle: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(bundle["objects"].as_array().unwrap().len(), 2);
    let stix = write(folder.path(), "list.json", &ran.out);
    let ran = run(&mut sakimori(["exchange", "check", &stix]));
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    let table = write(folder.path(), "list.csv", "報告者,指標\nA,evil.example\n");
    for file in [&list, &table] {
        let ran = run(&mut sakimori([
            "exchange",
            "propose",
            file,
            "--id",
            "from-list",
            "--purpose",
            "list of October",
            "--warninglists",
            &lists,
        ]));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(ran.out.contains("evil.example"), "{}", ran.out);
    }
}

#[test]
fn a_feed_is_made_taken_once_and_refused_where_a_file_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let event = EVENT.replace("\"Attribute\":[", "\"Orgc\":{\"uuid\":\"57c4445b-c548-4654-af0b-4be3950d2100\",\"name\":\"国\"},\"Tag\":[{\"name\":\"tlp:green\"}],\"Attribute\":[");
    let event = write(folder.path(), "event.json", &event);
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (feed, kept) = (at("feed"), at("kept"));
    let ran = run(&mut sakimori([
        "exchange", "feed", "make", &event, "--out", &feed, "--up-to", "clear",
    ]));
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(
        ran.err.contains("its mark does not let it go so far"),
        "{}",
        ran.err
    );
    let ran = run(&mut sakimori([
        "exchange", "feed", "make", &event, "--out", &feed,
    ]));
    assert_eq!(
        (ran.code, ran.out.trim()),
        (Some(0), "1 events, 1 hashes"),
        "{}",
        ran.err
    );
    let take = || {
        run(&mut sakimori([
            "exchange", "feed", "take", &feed, "--into", &kept,
        ]))
    };
    let ran = take();
    assert_eq!(
        (ran.code, ran.out.trim()),
        (
            Some(0),
            "1 in the manifest, 1 new or newer, 1 kept, 0 refused"
        ),
        "{}",
        ran.err
    );
    let ran = take();
    assert_eq!(
        (ran.code, ran.out.trim()),
        (
            Some(0),
            "1 in the manifest, 0 new or newer, 0 kept, 0 refused"
        ),
        "{}",
        ran.err
    );
}

#[test]
fn a_feed_whose_file_is_another_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (feed, kept) = (at("feed"), at("kept"));
    let event = EVENT.replace("\"Attribute\":[", "\"Orgc\":{\"uuid\":\"57c4445b-c548-4654-af0b-4be3950d2100\",\"name\":\"国\"},\"Tag\":[{\"name\":\"tlp:green\"}],\"Attribute\":[");
    let event = write(folder.path(), "event.json", &event);
    let made = run(&mut sakimori([
        "exchange", "feed", "make", &event, "--out", &feed,
    ]));
    assert_eq!(made.code, Some(0), "{}", made.err);
    let take = || {
        run(&mut sakimori([
            "exchange", "feed", "take", &feed, "--into", &kept,
        ]))
    };
    // A file that is not the one of the list.
    let name = "57c4445b-c548-4654-af0b-4be3950d210f.json";
    let file = Path::new(&feed).join(name);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("c2.example.net", "c3.example.net")).unwrap();
    let ran = take();
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(
        ran.err
            .contains("its values are not those of the list of hashes"),
        "{}",
        ran.err
    );
    assert!(!Path::new(&kept).join(name).exists());
    std::fs::write(&file, "{}").unwrap();
    assert_eq!(take().code, Some(1));
    let ran = run(&mut sakimori([
        "exchange",
        "feed",
        "take",
        &at("nowhere"),
        "--into",
        &kept,
    ]));
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("manifest.json: there is no such file"),
        "{}",
        ran.err
    );
}

#[test]
fn indicators_are_matched_with_observed_data() {
    let folder = tempfile::tempdir().unwrap();
    let indicator = |n: u32, pattern: &str| {
        format!(
            "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--8e2e2d2b-17d4-4cbf-938f-00000000000{n}\",\"pattern\":\"{pattern}\",\"pattern_type\":\"stix\"}}"
        )
    };
    let patterns = [
        indicator(1, "[domain-name:value = 'c2.example.net']"),
        indicator(2, "[ipv4-addr:value ISSUBSET '198.51.100.0/24']"),
        indicator(3, "[url:value = 'x' "),
    ];
    let patterns = write(
        folder.path(),
        "patterns.json",
        &format!("[{}]", patterns.join(",")),
    );
    let old = r#"{"type":"bundle","spec_version":"2.0","objects":[{"type":"observed-data","id":"observed-data--5d0092c5-5f74-4287-9642-33f4c354e56d","first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z","number_observed":1,"objects":{"0":{"type":"domain-name","value":"c2.example.net"}}}]}"#;
    let new = r#"[{"type":"observed-data","spec_version":"2.1","id":"observed-data--5d0092c5-5f74-4287-9642-33f4c354e56e","first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z","number_observed":1,"object_refs":["ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd"]},
        {"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","value":"198.51.100.3"}]"#;
    let old = write(folder.path(), "old.json", old);
    let new = write(folder.path(), "new.json", new);
    let ran = run(&mut sakimori([
        "exchange", "match", &patterns, &old, &new, "--format", "json",
    ]));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let rows: Value = serde_json::from_str(&ran.out).unwrap();
    let found: Vec<(&str, &str)> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["indicator"].as_str().unwrap(),
                row["observed"][0].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (
                "indicator--8e2e2d2b-17d4-4cbf-938f-000000000001",
                "observed-data--5d0092c5-5f74-4287-9642-33f4c354e56d"
            ),
            (
                "indicator--8e2e2d2b-17d4-4cbf-938f-000000000002",
                "observed-data--5d0092c5-5f74-4287-9642-33f4c354e56e"
            ),
        ]
    );
    assert!(ran.err.contains("000000000003: left out"), "{}", ran.err);
}
