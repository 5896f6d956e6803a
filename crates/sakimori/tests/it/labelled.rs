//! The demo on captures whose content is known, and on its own day. In: captures of the test data. Out: the document's figures. Never: a capture changed, but in a copy.

use crate::captures::HEADER;
use crate::program::{run, sakimori};
use sakimori_testkit::capture::packets;
use sakimori_testkit::data;
use serde_json::{Value, json};
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

const DNS: &str = "labelled/benign/normal_00000_20230805150331.pcap";

/// Plays a capture; the document, once everything in it that has to be is there and right.
fn played(capture: &Path, home: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let mut command = sakimori(["demo", "--format", "json", "--capture"]);
    command
        .arg(capture)
        .arg("--dir")
        .arg(folder.path().join("node"));
    for prefix in home {
        command.args(["--home", prefix]);
    }
    let document = run(&mut command).yes().json();
    well_formed(&document);
    document
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// The keys that programs were promised, and what holds in every play.
fn well_formed(document: &Value) {
    for (object, wanted) in [
        ("authority", "id approvers not_before not_after pack_sha256"),
        ("packets", "read selected discarded errors"),
        ("flows", "total selected"),
        ("log", "size root"),
        ("verify", "ok problems"),
    ] {
        for key in wanted.split(' ') {
            assert!(
                keys(&document[object]).contains(&key),
                "{object}.{key}: {document}"
            );
        }
    }
    for finding in document["findings"].as_array().unwrap() {
        for key in
            "behaviour source destination port first last confidence reason records".split(' ')
        {
            assert!(keys(finding).contains(&key), "{key}: {finding}");
        }
    }
    assert_eq!(document["authority"]["approvers"], json!(["m1", "m2"]));
    assert_eq!(document["verify"], json!({"ok": true, "problems": []}));
    assert_eq!(document["tampered"]["verify"]["ok"], false);
    let root = document["log"]["root"].as_str().unwrap();
    assert_eq!((root.len(), root.ends_with('=')), (44, true));
    let packets = |key: &str| document["packets"][key].as_u64().unwrap();
    assert_eq!(
        packets("read"),
        packets("selected") + packets("discarded") + packets("errors")
    );
}

/// What stands in the findings under some keys.
fn found(document: &Value, keys: [&str; 4]) -> Vec<[Value; 4]> {
    let findings = document["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|f| keys.map(|key| f[key].clone()))
        .collect()
}

#[test]
fn the_beacon_is_found_and_nothing_else() {
    let test = "the_beacon_is_found_and_nothing_else";
    let Some(capture) = data(test, "labelled/beacon-c2/test-cc-capture-1.pcap") else {
        return;
    };
    let document = played(&capture, &["147.32.0.0/16"]);
    let beacon = [
        json!("beacon"),
        json!("147.32.80.37"),
        json!("141.193.213.21"),
        json!(443),
    ];
    assert_eq!(
        found(&document, ["behaviour", "source", "destination", "port"]),
        [beacon]
    );
    let finding = &document["findings"][0];
    // 295 client ports; two of them call twice.
    assert_eq!(finding["count"], 297);
    assert_eq!(finding["interval_ms"].as_u64().unwrap() / 100, 22);
}

#[test]
fn the_vertical_scan_is_found_and_nothing_else() {
    let test = "the_vertical_scan_is_found_and_nothing_else";
    let Some(capture) = data(test, "labelled/scan/synscan.pcapng") else {
        return;
    };
    let document = played(&capture, &[]);
    let scan = [
        json!("vertical-scan"),
        json!("172.16.0.8"),
        json!("64.13.134.52"),
        json!(1000),
    ];
    assert_eq!(
        found(
            &document,
            ["behaviour", "source", "destination", "distinct"]
        ),
        [scan]
    );
}

#[test]
fn names_that_are_asked_for_at_home_are_discarded_as_domestic() {
    let test = "names_that_are_asked_for_at_home_are_discarded_as_domestic";
    let Some(capture) = data(test, DNS) else {
        return;
    };
    let document = played(&capture, &[]);
    let all = json!({"read": 30_000, "selected": 0, "discarded": 30_000, "errors": 0, "domestic": 30_000});
    assert_eq!(document["packets"], all);
    assert_eq!(document["flows"], json!({"total": 0, "selected": 0}));
    assert_eq!(document["findings"], json!([]));
}

#[test]
fn names_that_are_asked_for_abroad_pass_the_flow_table_and_nothing_is_found() {
    let test = "names_that_are_asked_for_abroad_pass_the_flow_table_and_nothing_is_found";
    let Some(capture) = data(test, DNS) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("abroad.pcap");
    fs::write(&copy, moved(&capture, Ipv4Addr::new(9, 9, 9, 9))).unwrap();
    let document = played(&copy, &[]);
    let all =
        json!({"read": 30_000, "selected": 0, "discarded": 30_000, "errors": 0, "domestic": 0});
    assert_eq!(document["packets"], all);
    assert!(document["flows"]["total"].as_u64().unwrap() > 5000);
    assert_eq!(document["findings"], json!([]));
}

/// A capture of Ethernet and IPv4 in which the server on port 53 has another address. Checksums are left as they are; nobody here looks at them.
fn moved(capture: &Path, to: Ipv4Addr) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    for mut packet in packets(capture).unwrap() {
        for (address, port) in [(26, 34), (30, 36)] {
            if packet.bytes[port..port + 2] == [0, 53] {
                packet.bytes[address..address + 4].copy_from_slice(&to.octets());
            }
        }
        let micros = (packet.millis % 1000 * 1000) as u32;
        let length = packet.bytes.len() as u32;
        for word in [(packet.millis / 1000) as u32, micros, length, length] {
            out.extend(word.to_le_bytes());
        }
        out.extend(packet.bytes);
    }
    out
}

#[test]
fn a_play_tells_its_story_and_leaves_a_node_that_others_can_verify() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than a socket's address may be.
    let dir = folder.path().join("a".repeat(120)).join("b".repeat(40));
    let story = run(sakimori(["demo", "--dir"]).arg(&dir)).yes();
    for act in [
        "1. A commission of five",
        "2. The office asks",
        "3. The carrier's sensor runs",
        "4. An analyst looks",
        "5. What the log holds",
        "6. A stranger verifies",
        "7. One byte of a copy is changed",
        "beacon",
        "horizontal-scan",
        "verified: everything that was checked is right",
        "NOT verified",
    ] {
        assert!(story.out.contains(act), "{act}: {}", story.out);
    }
    let verified = run(sakimori(["verify", "--trust-root"])
        .arg(dir.join("trust-root.note"))
        .arg(&dir));
    verified.yes();
    // What is somebody's is not played in.
    let again = run(sakimori(["demo", "--dir"]).arg(&dir)).ended(2);
    assert!(again.err.contains("is not empty"), "{again:?}");
}

#[test]
fn a_play_of_something_else_ends_with_a_line_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (text, missing) = (folder.path().join("text"), folder.path().join("missing"));
    fs::write(&text, "no capture").unwrap();
    for (capture, code) in [(text, 1), (missing, 1)] {
        let mut command = sakimori(["demo", "--format", "json", "--capture"]);
        let dir = tempfile::tempdir().unwrap();
        let ran = run(command
            .arg(&capture)
            .arg("--dir")
            .arg(dir.path().join("node")))
        .ended(code);
        assert!(ran.err.contains(&capture.display().to_string()), "{ran:?}");
    }
    let pack = folder.path().join("pack");
    fs::write(&pack, "sakimori/pack/v1\nid: a\n").unwrap();
    let dir = folder.path().join("node");
    let ran = run(sakimori(["demo", "--pack"])
        .arg(&pack)
        .arg("--dir")
        .arg(&dir))
    .ended(1);
    assert!(ran.err.contains(&pack.display().to_string()), "{ran:?}");
    assert!(!dir.join("commission").exists());
}
