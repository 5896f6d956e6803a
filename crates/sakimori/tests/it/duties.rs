//! The schedule of duties at the command line: drafted, linted, signed, taken by an operator's node from a stick. In: an office's node, an operator's folder. Out: verdicts. Never: a
//! version that goes back.

use crate::node::TestNode;
use crate::program::{Ran, run, sakimori};
use std::fs;
use std::path::Path;

fn at(node: &Path, arguments: &[&str]) -> Ran {
    let mut command = sakimori(arguments);
    command.env("LANG", "C").arg("--node").arg(node);
    run(&mut command)
}

#[test]
fn a_schedule_is_drafted_linted_signed_and_taken_and_never_goes_back() {
    let office = TestNode::new();
    let (folder, operator) = (office.node.folder(), office.beside("operator-node"));
    let key = at(folder, &["report", "key"]).yes();
    at(&operator, &["report", "key", key.out.trim()]).yes();
    let path = |name: &str| office.beside(name).display().to_string();
    let (text, note) = (path("duties.txt"), path("duties.note"));
    let drafted = at(folder, &["duties", "draft", "--out", &text]).yes();
    assert_eq!(drafted.out.trim(), "1");
    assert!(
        drafted.err.contains("figures are UNVERIFIED"),
        "{drafted:?}"
    );
    let row = "bureau: mlit 13 = 関東運輸局 | verified | a table of the office\n";
    let written = fs::read_to_string(&text).unwrap() + row;
    fs::write(
        &text,
        written.replacen("30 days | verified", "30 daze | verified", 1),
    )
    .unwrap();
    let broken = at(folder, &["duties", "lint", &text]).ended(1);
    assert!(broken.last_line().contains("report.full"), "{broken:?}");
    at(folder, &["duties", "sign", &text]).ended(1);
    fs::write(&text, &written).unwrap();
    at(folder, &["duties", "lint", &text]).yes();
    let signed = at(folder, &["duties", "sign", &text, "--out", &note]).yes();
    assert!(
        signed.err.contains("関東運輸局"),
        "shown before it is signed"
    );
    at(&operator, &["duties", "take", &note]).yes();
    let shown = at(&operator, &["duties", "show"]).yes();
    assert!(shown.out.contains("関東運輸局") && shown.out.contains("UNVERIFIED"));
    let json = at(&operator, &["duties", "show", "--format", "json"])
        .yes()
        .json();
    let figures = json["figures"].as_array().unwrap();
    let target = figures
        .iter()
        .find(|each| each["key"] == "report.prompt-target");
    assert_eq!(target.unwrap()["verified"], false);
    // The next one; then the first again, which both refuse.
    let (second, ahead) = (path("second.txt"), path("second.note"));
    let drafted = at(
        folder,
        &[
            "duties",
            "draft",
            "--out",
            &second,
            "--not-before",
            "2026-11-01T00:00:00Z",
        ],
    )
    .yes();
    assert_eq!(drafted.out.trim(), "2");
    at(folder, &["duties", "sign", &second, "--out", &ahead]).yes();
    at(&operator, &["duties", "take", &ahead]).yes();
    let back = at(&operator, &["duties", "take", &note]).ended(1);
    assert!(
        back.last_line()
            .contains("version 1 does not follow version 2"),
        "{back:?}"
    );
    let changed = written.replacen("30 days", "31 days", 1);
    fs::write(&text, changed).unwrap();
    at(folder, &["duties", "sign", &text]).ended(1);
}

#[test]
fn a_schedule_that_another_office_signed_is_not_taken() {
    let (office, other) = (TestNode::new(), TestNode::new());
    let operator = office.beside("operator-node");
    let key = at(office.node.folder(), &["report", "key"]).yes();
    at(&operator, &["report", "key", key.out.trim()]).yes();
    let path = |name: &str| office.beside(name).display().to_string();
    let (text, theirs) = (path("duties.txt"), path("theirs.note"));
    at(other.node.folder(), &["duties", "draft", "--out", &text]).yes();
    let sign = ["duties", "sign", &text, "--out", &theirs];
    at(other.node.folder(), &sign).yes();
    let taken = at(&operator, &["duties", "take", &theirs]).ended(1);
    assert!(
        taken.last_line().contains("schedule of duties"),
        "{taken:?}"
    );
    let shown = at(&operator, &["duties", "show", "--format", "json"]).yes();
    assert_eq!(shown.json()["version"], 1);
}
