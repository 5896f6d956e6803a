//! Incident reports at the command line, without a network and without a server: from the first question to a receipt that verifies, over a stick. In: an operator's folder, an
//! office's node. Out: verdicts. Never: an address.

use crate::node::TestNode;
use crate::program::{Ran, run, sakimori};
use sakimori_control::tls::{Identity, May, Peer, Peers};
use std::fs;
use std::path::{Path, PathBuf};

/// What a prompt report needs.
const PROMPT: [&str; 6] = [
    "type.acts=malicious-code obstruction",
    "operator.name=架空水道株式会社",
    "operator.sector=water",
    "operator.prefecture=13",
    "operator.contact_name=当直",
    "operator.contact=03-0000-0000",
];

/// An operator's folder, and the office's.
struct Both {
    office: TestNode,
    operator: PathBuf,
}

impl Both {
    fn new() -> Self {
        let office = TestNode::new();
        let operator = office.beside("operator-node");
        let key = report(office.node.folder(), &["key"]).yes();
        report(&operator, &["key", key.out.trim()]).yes();
        // The office pins the certificate of the operator's node.
        let office_folder = office.node.folder().join("office");
        let identity = Identity::open(&operator.join("operator"), &["localhost".to_owned()]);
        let peer = Peer {
            name: "water-1".to_owned(),
            url: String::new(),
            sha256: identity.unwrap().fingerprint().unwrap().to_string(),
            may: vec![May::Report],
        };
        Peers::join(&office_folder, peer).unwrap();
        Self { office, operator }
    }

    fn at_operator(&self, arguments: &[&str]) -> Ran {
        report(&self.operator, arguments)
    }

    fn at_office(&self, arguments: &[&str]) -> Ran {
        report(self.office.node.folder(), arguments)
    }

    fn beside(&self, name: &str) -> String {
        self.office.beside(name).display().to_string()
    }

    /// A case with all that a prompt report needs.
    fn written(&self, case: &str) {
        let recognised = "2026-10-01T03:00:00Z";
        let new = [
            "new",
            case,
            "--form",
            "ransomware",
            "--operator",
            "water-1",
            "--recognised-at",
            recognised,
        ];
        self.at_operator(&new).yes();
        let mut edit = vec!["edit", case];
        edit.extend(PROMPT.iter().flat_map(|pair| ["--set", *pair]));
        edit.extend([
            "--unknown",
            "ransomware.type",
            "--set",
            "technical.indicators=192.0.2.7",
        ]);
        self.at_operator(&edit).yes();
    }
}

fn report(node: &Path, arguments: &[&str]) -> Ran {
    let mut command = sakimori(["report"]);
    command
        .env("LANG", "C")
        .args(arguments)
        .arg("--node")
        .arg(node);
    run(&mut command)
}

#[test]
fn a_report_goes_over_a_stick_and_its_receipt_verifies_without_a_network() {
    let both = Both::new();
    both.written("c-1");
    let checked = both.at_operator(&["check", "c-1"]).yes();
    assert!(
        checked.out.contains("REPORT (an answer is unsure)"),
        "{}",
        checked.out
    );
    assert!(
        checked.out.contains("2026-11-02 24:00 Japan time"),
        "{}",
        checked.out
    );
    assert!(checked.out.contains("UNVERIFIED"), "{}", checked.out);
    both.at_operator(&["file", "c-1"]).yes();
    // Nobody told this node where the office's is: the filing waits.
    both.at_operator(&["send"]).ended(75);
    let (stick, back) = (both.beside("stick.json"), both.beside("back.json"));
    both.at_operator(&["send", "--package", &stick]).yes();
    // A byte that is another is no package of this operator's node, and another office does not know the node.
    let signed = fs::read_to_string(&stick).unwrap();
    assert!(signed.starts_with("sakimori/sealed-handover/v1\ncertificate: "));
    let forged = both.beside("forged.json");
    fs::write(&forged, signed.replacen("架空水道", "架空瓦斯", 1)).unwrap();
    let refused = both.at_office(&["take", &forged]).ended(1);
    assert!(refused.last_line().contains("does not hold"), "{refused:?}");
    let elsewhere = TestNode::new();
    let unknown = report(elsewhere.node.folder(), &["take", &stick]).ended(1);
    assert!(unknown.last_line().contains("does not know"), "{unknown:?}");
    both.at_office(&["take", &stick, "--out", &back]).yes();
    let twice = both.beside("twice.json");
    both.at_office(&["take", &stick, "--out", &twice]).yes();
    assert_eq!(
        fs::read(&back).unwrap(),
        fs::read(&twice).unwrap(),
        "taken once"
    );
    let changed = both.beside("changed.json");
    let text = fs::read_to_string(&back).unwrap();
    fs::write(&changed, text.replace("case: c-1", "case: c-2")).unwrap();
    both.at_operator(&["receipt", &changed]).ended(1);
    both.at_operator(&["receipt", "--case", "c-1"]).ended(1);
    both.at_operator(&["receipt", &back]).yes();
    let shown = both
        .at_operator(&["receipt", "--case", "c-1", "--format", "json"])
        .yes()
        .json();
    assert_eq!(shown["verified"], true);
    assert_eq!(shown["operator"], "water-1");
    both.at_operator(&["send", "--package", &stick]).ended(1);
    let list = both.at_operator(&["list", "--format", "json"]).yes().json();
    assert_eq!(
        (&list[0]["filed"], &list[0]["receipted"], &list[0]["next"]),
        (&1.into(), &1.into(), &"full".into())
    );
    let shown = both
        .at_operator(&["show", "c-1", "--lang", "ja_JP.UTF-8"])
        .yes();
    assert!(shown.out.contains("認知日時") && shown.out.contains("2026-10-01T12:00:00+09:00"));
    assert!(shown.out.contains("検証済み"), "{}", shown.out);
}

#[test]
fn what_is_missing_is_named_with_its_rule_and_nothing_is_filed() {
    let both = Both::new();
    let unnamed = both.at_operator(&["list"]).ended(2);
    assert!(
        unnamed.last_line().contains("--operator NAME"),
        "{unnamed:?}"
    );
    both.at_operator(&["new", "c-1", "--operator", "water-1"])
        .yes();
    let checked = both.at_operator(&["check", "c-1"]).ended(1);
    let line =
        "fields.operator.name: is missing [report.required] The item is needed at this stage.";
    assert!(checked.out.contains(line), "{}", checked.out);
    let filed = both.at_operator(&["file", "c-1", "--lang", "ja"]).ended(1);
    assert!(
        filed
            .err
            .contains("[report.required] この段階で必要な項目である。"),
        "{filed:?}"
    );
    assert!(
        filed
            .last_line()
            .ends_with("6項目が規則に合いません。何も行われていません"),
        "{filed:?}"
    );
    both.at_operator(&["edit", "c-1", "--set", "event.colour=red"])
        .ended(1);
    both.at_operator(&["edit", "c-1", "--form", "flood"])
        .ended(2);
    let other = both
        .at_operator(&["new", "c-2", "--operator", "gas-1"])
        .ended(1);
    assert!(
        other
            .last_line()
            .contains("operator: is `water-1` at this node"),
        "{other:?}"
    );
    both.at_operator(&["show", "c-9"]).ended(1);
    let waiting = both
        .at_operator(&["send", "--package", &both.beside("none.json")])
        .ended(1);
    assert!(waiting.last_line().contains("nothing waits"), "{waiting:?}");
}

#[test]
fn the_questions_never_give_a_no_to_who_is_unsure() {
    let both = Both::new();
    both.at_operator(&["new", "c-1", "--operator", "water-1"])
        .yes();
    let all_but = |open: &str| {
        let answers = [
            "machine=other",
            "first_months=no",
            "code=no",
            "credential=no",
            "bypass=no",
            "theft=no",
            "trace=no",
            "obstruction=no",
        ];
        let mut arguments = vec![
            "questions".to_owned(),
            "c-1".to_owned(),
            "--format".to_owned(),
            "json".to_owned(),
        ];
        for answer in answers {
            let (key, _) = answer.split_once('=').unwrap();
            let said = if key == open {
                format!("{key}=unsure")
            } else {
                answer.to_owned()
            };
            arguments.extend(["--answer".to_owned(), said]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        both.at_operator(&arguments).yes().json()["trigger"]["outcome"].clone()
    };
    assert_eq!(all_but("nothing"), "not");
    for open in [
        "code",
        "credential",
        "bypass",
        "theft",
        "trace",
        "obstruction",
    ] {
        assert_eq!(all_but(open), "unsure-report", "{open}");
    }
    let kept = both
        .at_operator(&["show", "c-1", "--format", "json"])
        .yes()
        .json();
    assert_eq!(kept["questions"]["obstruction"], "unsure");
    both.at_operator(&["questions", "c-1", "--answer", "code=perhaps"])
        .ended(2);
}

#[test]
fn json_and_workbook_go_out_and_in_without_loss_and_files_are_kept_unopened() {
    let both = Both::new();
    both.written("c-1");
    let [json, book, again] = ["out.json", "out.xlsx", "again.json"].map(|name| both.beside(name));
    both.at_operator(&["export", "c-1", "--out", &json]).yes();
    both.at_operator(&["export", "c-1", "--out", &book]).yes();
    let other = both.office.beside("other-node");
    // Another node of the same operator: what is said of whose it is comes first.
    report(&other, &["new", "c-0", "--operator", "water-1"]).yes();
    report(&other, &["import", &book]).yes();
    report(&other, &["export", "c-1", "--out", &again]).yes();
    assert_eq!(fs::read(&json).unwrap(), fs::read(&again).unwrap());
    report(&other, &["import", &json]).yes();
    let sample = both.office.beside("sample.bin");
    fs::write(&sample, b"MZ and more").unwrap();
    let sample = sample.display().to_string();
    let kept = both
        .at_operator(&["attach", "c-1", &sample, "--format", "json"])
        .yes()
        .json();
    assert_eq!(
        kept[0]["media"],
        "application/vnd.microsoft.portable-executable"
    );
    // The office takes a bare workbook, too, with a file beside it.
    let filed = both.beside("filed.xlsx");
    both.at_operator(&["file", "c-1"]).yes();
    both.at_operator(&["export", "c-1", "--version", "1", "--out", &filed])
        .yes();
    let bare = ["take", &filed, "--attachment", &sample];
    let unsigned = both.at_office(&bare).ended(1);
    assert!(
        unsigned.last_line().contains("nobody signed it"),
        "{unsigned:?}"
    );
    both.at_office(&[bare.as_slice(), &["--unsigned"]].concat())
        .yes();
    both.at_operator(&["receipt", &format!("{filed}.receipts.json")])
        .yes();
    // A version that breaks a rule comes back with its words.
    let text = fs::read_to_string(&json)
        .unwrap()
        .replace("2026-10-01T03:00:00Z", "2026-10-01T04:00:00Z");
    let moved = both.beside("moved.json");
    fs::write(&moved, text).unwrap();
    let refused = both.at_office(&["take", &moved, "--unsigned"]).ended(1);
    assert!(refused.err.contains("[report.recognised]"), "{refused:?}");
    let handed = both
        .at_operator(&["receipt", &format!("{moved}.receipts.json")])
        .ended(1);
    assert!(handed.last_line().contains("did not take 1"), "{handed:?}");
}

#[test]
fn who_is_let_in_files_until_its_day() {
    let both = Both::new();
    both.written("c-1");
    both.at_operator(&["edit", "c-1", "--filer", "soc-7"]).yes();
    let filed = both.at_operator(&["file", "c-1"]).ended(1);
    assert!(filed.err.contains("[report.filer]"), "{filed:?}");
    let until = ["--until", "2039-12-31", "--who", "soc-user"];
    both.at_operator(&[&["delegate", "c-1", "soc-7"], until.as_slice()].concat())
        .yes();
    let other = both
        .at_operator(&["file", "c-1", "--as", "someone"])
        .ended(1);
    assert!(other.err.contains("not bound"), "{other:?}");
    both.at_operator(&["file", "c-1", "--as", "soc-user"]).yes();
    // On every case, until it is ended.
    both.written("c-2");
    both.at_operator(&["edit", "c-2", "--filer", "soc-7"]).yes();
    both.at_operator(&["file", "c-2", "--as", "soc-user"])
        .ended(1);
    let past = [
        "filers",
        "soc-7",
        "--until",
        "2026-10-01",
        "--who",
        "soc-user",
    ];
    both.at_operator(&past).ended(1);
    both.at_operator(&[&["filers", "soc-7"], until.as_slice()].concat())
        .yes();
    both.at_operator(&["filers", "soc-7", "--end"]).yes();
    both.at_operator(&["file", "c-2", "--as", "soc-user"])
        .ended(1);
    both.at_operator(&[&["filers", "soc-7"], until.as_slice()].concat())
        .yes();
    both.at_operator(&["file", "c-2", "--as", "soc-user"]).yes();
    let list = both.at_operator(&["filers", "--format", "json"]).yes();
    assert_eq!(list.json()[0]["who"], serde_json::json!(["soc-user"]));
    let (stick, back) = (both.beside("stick.json"), both.beside("back.json"));
    both.at_operator(&["send", "--package", &stick]).yes();
    both.at_office(&["take", &stick, "--out", &back]).yes();
    both.at_operator(&["receipt", &back]).yes();
}

#[test]
fn guidance_needs_an_answer_for_every_line() {
    let both = Both::new();
    both.at_operator(&["new", "c-1", "--operator", "water-1"])
        .yes();
    let guidance = |arguments: &[&str]| {
        let mut command = sakimori(["guidance"]);
        command
            .env("LANG", "C")
            .args(arguments)
            .arg("--node")
            .arg(&both.operator);
        run(&mut command)
    };
    let list = guidance(&["list", "--format", "json"]).yes();
    assert_eq!(list.json(), serde_json::json!([]));
    guidance(&["show", "g-1"]).ended(1);
    guidance(&["answer", "g-1", "--tick", "1=done"]).ended(1);
    guidance(&["answer", "g-1", "--tick", "2=done"]).ended(2);
}
