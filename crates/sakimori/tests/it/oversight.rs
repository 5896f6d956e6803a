//! An inspector's day at a terminal. In: a node with one run. Out: the walk, an inspection, a demand that stops, the yearly report, a case of misuse. Never: a number that was not in the log.

use crate::captures::border;
use crate::node::TestNode;
use crate::program::{Ran, run, sakimori};
use serde_json::Value;
use std::fs;

/// A node whose sensor has run once under an authority.
fn watched() -> (TestNode, String) {
    let node = TestNode::running();
    let statement = node.authorised();
    let capture = node.beside("day.pcap");
    border(&capture, 30, 3).unwrap();
    node.sensor(&[], &capture).yes();
    (node, statement.id.to_string())
}

fn oversight(node: &TestNode, words: &[&str]) -> Ran {
    run(&mut node.command(&[&["oversight"], words].concat()))
}

fn secretariat(node: &TestNode) -> String {
    let key = node.dir().join("commission/keys/secretariat.key");
    key.to_str().unwrap().to_owned()
}

/// A record that was selected.
fn record(node: &TestNode) -> String {
    let words = [
        "query",
        "--purpose",
        "a test",
        "--case",
        "case-1",
        "--format",
        "json",
        "--limit",
        "1",
    ];
    let answer = run(&mut node.command(&words)).yes().json();
    answer["rows"][0]["record"].as_str().unwrap().to_owned()
}

#[test]
fn a_record_is_followed_in_three_steps_to_its_run_its_decision_and_its_end() {
    let (node, authority) = watched();
    let record = record(&node);
    let way = oversight(&node, &["follow", &record, "--format", "json"])
        .yes()
        .json();
    assert_eq!(way["authority"], authority);
    assert_eq!(way["steps"].as_array().unwrap().len(), 3);
    let entries = node.entries();
    let kinds: Vec<String> = way["steps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| step["shown"].as_array().unwrap())
        .map(|shown| {
            entries[shown["leaf"].as_u64().unwrap() as usize]
                .envelope
                .kind
                .to_string()
        })
        .collect();
    for kind in ["start", "receipt", "decision", "request"] {
        assert!(kinds.iter().any(|k| k == kind), "{kind} of {kinds:?}");
    }
    let text = oversight(&node, &["follow", &record]).yes();
    assert!(text.out.contains(&authority), "{text:?}");
    // The same from the commission's own copy, and nothing for what never was.
    let mirror = node.dir().join("commission/mirror");
    let words = ["oversight", "follow", &record, "--format", "json", "--dir"];
    assert_eq!(run(sakimori(words).arg(&mirror)).yes().json(), way);
    oversight(&node, &["follow", "0102030405060708-1"]).ended(1);
    oversight(&node, &["follow", "nonsense"]).ended(2);
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn an_inspection_a_letter_its_reply_and_a_demand_that_stops_are_on_record() {
    let (node, authority) = watched();
    let key = secretariat(&node);
    let inspect = |act: &str, text: &str| {
        let words = [
            "inspect",
            act,
            "--inspection",
            "i-1",
            "--inspector",
            "n.mori",
            "--subject",
            "receipts of a day",
            "--text",
            text,
            "--key",
            &key,
        ];
        oversight(&node, &words)
    };
    inspect("finding", "too early").ended(1);
    inspect("open", "begun").yes();
    inspect("finding", "one receipt was looked at").yes();
    inspect("close", "nothing is wrong").yes();
    inspect("close", "again").ended(1);
    let letter = |kind: &str, id: &str, more: &[&str]| {
        let words = [
            &[
                "letter",
                kind,
                "--id",
                id,
                "--to",
                "the office",
                "--subject",
                "a test",
                "--text",
                "answer this",
                "--key",
                &key,
            ],
            more,
        ]
        .concat();
        oversight(&node, &words)
    };
    let notice = letter("notice", "l-1", &[]).yes().out.trim().to_owned();
    let reply = ["reply", &notice, "--from", "a.tanaka", "--text", "done"];
    oversight(&node, &reply).yes();
    oversight(&node, &reply).ended(1);
    // A demand stops by the signature of chair or deputy, and by no other.
    let text = node.beside("stop.txt");
    let mut command = node.command(&["authority", "suspend", &authority, "--by", "commission"]);
    let command = command
        .args(["--reason", "a demand to stop", "--out"])
        .arg(&text);
    run(command).yes();
    let signed = |member: &str| {
        let note = node.beside(&format!("stop-{member}.note"));
        let mut command = sakimori(["authority", "sign", "--key"]);
        command.arg(node.dir().join(format!("commission/members/{member}.key")));
        run(command.arg("--out").arg(&note).arg(&text)).yes();
        note
    };
    letter("demand", "l-2", &["--stop", signed("m3").to_str().unwrap()]).ended(1);
    letter("demand", "l-2", &["--stop", signed("m1").to_str().unwrap()]).yes();
    let refused = node.sensor(&[], &node.beside("day.pcap")).ended(1);
    assert!(refused.err.contains("suspended"), "{refused:?}");
    let due = oversight(
        &node,
        &["due", "--now", "2099-01-01T00:00:00Z", "--format", "json"],
    )
    .ended(1);
    let late = due.json();
    assert!(
        late.as_array()
            .unwrap()
            .iter()
            .any(|d| d["what"].as_str().unwrap().contains("l-2")),
        "{late}"
    );
    assert_eq!(node.verify().json()["ok"], true);
}

#[test]
fn the_yearly_report_is_the_log_s_and_a_changed_figure_is_named() {
    let (node, _) = watched();
    let year: u64 = node
        .host
        .seconds()
        .to_string()
        .split('-')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let year = year.to_string();
    let out = node.beside("reports");
    let report = |more: &[&str]| {
        let words = [
            &[
                "report",
                "write",
                "--year",
                &year,
                "--out",
                out.to_str().unwrap(),
            ],
            more,
        ]
        .concat();
        oversight(&node, &words)
    };
    let verify = |name: &str| {
        let file = out.join(name);
        oversight(
            &node,
            &["report", "verify", file.to_str().unwrap(), "--year", &year],
        )
    };
    report(&[]).yes();
    let names = ["ja.md", "en.md", "csv"].map(|end| format!("report-{year}.{end}"));
    for name in &names {
        verify(name).yes();
    }
    let csv = fs::read_to_string(out.join(&names[2])).unwrap();
    let changed = csv.replacen(",1,", ",2,", 1);
    assert_ne!(changed, csv);
    fs::write(out.join(&names[2]), changed).unwrap();
    let differs = verify(&names[2]).ended(1);
    assert!(differs.out.contains("the log gives"), "{differs:?}");
    let key = secretariat(&node);
    report(&["--key", &key]).yes();
    assert_eq!(node.verify().json()["ok"], true);
}

#[test]
fn misuse_opens_a_case_whose_evidence_only_the_secretariat_reads() {
    let (node, _) = watched();
    let ask = [
        "query",
        "--purpose",
        "a look",
        "--case",
        "none",
        "--limit",
        "3",
    ];
    run(&mut node.command(&ask)).yes();
    let (key, evidence) = (secretariat(&node), node.beside("evidence"));
    let found = oversight(&node, &["misuse", "--format", "json"])
        .ended(1)
        .json();
    let rules: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"query-without-case"), "{found}");
    let open = [
        "misuse",
        "--key",
        &key,
        "--evidence",
        evidence.to_str().unwrap(),
    ];
    oversight(&node, &open).ended(1);
    let packs = || fs::read_dir(&evidence).unwrap().count();
    let made = packs();
    assert!(made >= 1);
    oversight(&node, &open).ended(1);
    assert_eq!(packs(), made, "the same acts open one case");
    let pack = fs::read_dir(&evidence)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    assert!(!String::from_utf8_lossy(&fs::read(&pack).unwrap()).contains("a.tanaka"));
    let opened = |key: &str| {
        let words = [
            "oversight",
            "evidence",
            pack.to_str().unwrap(),
            "--key",
            key,
        ];
        run(&mut sakimori(words))
    };
    let document: Value = opened(&key).yes().json();
    assert_eq!(document["alert"]["actor"], "a.tanaka");
    let other = node.dir().join("commission/members/m1.key");
    opened(other.to_str().unwrap()).ended(1);
    assert_eq!(node.verify().json()["ok"], true);
}

#[test]
fn legal_numbers_that_nobody_verified_are_marked_where_they_are_used() {
    let (node, authority) = watched();
    let marked = |words: &[&str], key: &str| {
        let ran = run(&mut node.command(words));
        let whole = format!("{}{}", ran.out, ran.err);
        let mark = format!("UNVERIFIED: {key} = ");
        assert!(whole.contains(&mark), "{words:?}: {whole}");
    };
    marked(&["authority", "show", &authority], "period.out-out");
    marked(&["authority", "show", &authority], "cap.match-ppm");
    marked(&["lake", "list"], "retention.days");
    marked(&["oversight", "due"], "deadline.demand");
    let key = secretariat(&node);
    let letter = [
        "oversight",
        "letter",
        "notice",
        "--id",
        "l-9",
        "--to",
        "the office",
        "--subject",
        "a",
        "--text",
        "b",
        "--key",
        &key,
    ];
    marked(&letter, "deadline.notice");
}
