//! Orders, demands and tickets at the command line, from two operators' folders to the office's running node and back. In: the program, four folders on loopback. Out: verdicts. Never: an
//! address beyond loopback; a letter of one operator at the other.

use crate::nation::{Person, agent, fingerprint, people};
use crate::program::{Ran, run, sakimori};
use crate::serve::{Served, join};
use sakimori_access::Role as R;
use sakimori_control::Host;
use sakimori_node::Role;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The office's node, and the folders of two operators that know it.
struct House {
    folder: tempfile::TempDir,
    office: Served,
    _commission: Served,
    agent: ureq::Agent,
}

impl House {
    fn open() -> Self {
        let (folder, host) = (tempfile::tempdir().unwrap(), Host::system());
        let at = |name: &str| folder.path().join(name);
        let [office, commission] = ["office", "commission"].map(at);
        let mut init = sakimori(["init", "--dir"]);
        run(init.arg(&office).arg("--commission-dir").arg(&commission)).yes();
        let staff = [
            ("o1", R::Requester),
            ("o2", R::LegalOfficer),
            ("o3", R::Supervisor),
            ("a.tanaka", R::Analyst),
        ];
        people(Role::Office, &office, &host, &staff);
        people(Role::Commission, &commission, &host, &[("m1", R::Chair)]);
        let of = fingerprint("office", &office);
        join("commission", &commission, "office", &["--sha256", &of]);
        let watching = Served::start("commission", &commission, &[]);
        let seen = fingerprint("commission", &commission);
        let known = ["--sha256", &seen, "--url", &watching.url];
        join("office", &office, "commission", &known);
        let key = run(sakimori(["report", "key", "--node"]).arg(&office)).yes();
        for name in ["water-1", "gas-1"] {
            let own = at(name);
            let key = ["report", "key", key.out.trim(), "--node"];
            run(sakimori(key).arg(&own)).yes();
            let sha256 = fingerprint("operator", &own);
            let known = ["--sha256", &sha256, "--may", "report"];
            join("office", &office, name, &known);
        }
        let served = Served::start("office", &office, &[]);
        for name in ["water-1", "gas-1"] {
            let known = ["--sha256", &of, "--url", &served.url];
            join("operator", &at(name), "office", &known);
            let new = ["report", "new", "c-1", "--operator", name];
            run(sakimori(new).arg("--node").arg(at(name))).yes();
        }
        let agent = agent(&at("people"), &of, &served.url);
        Self {
            folder,
            office: served,
            _commission: watching,
            agent,
        }
    }

    fn officer(&self) -> Person<'_> {
        Person {
            agent: &self.agent,
            url: &self.office.url,
            id: "a.tanaka",
        }
    }

    fn at(&self, operator: &str, words: &[&str]) -> Ran {
        at(&self.folder.path().join(operator), words)
    }

    fn json(&self, operator: &str, words: &[&str]) -> Value {
        let words = [words, &["--format", "json"]].concat();
        self.at(operator, &words).yes().json()
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

fn at(node: &Path, words: &[&str]) -> Ran {
    let mut command = sakimori(words);
    command.env("LANG", "C").arg("--node").arg(node);
    run(&mut command)
}

#[test]
fn an_order_and_a_ticket_go_from_the_office_to_the_command_line_and_back() {
    let house = House::open();
    let officer = house.officer();
    let demand = json!({
        "id": "l-1", "kind": "demand", "subject": "material", "text": "send the network diagram", "reply_by": "2039-10-31",
    });
    officer.json("/v1/operators/water-1/orders", &demand);
    // Written with no line to the office; it is sent with the rest.
    let asked = house.file("ask.txt", "Which form is it?\r\nThe third?\r\n");
    let opened = house.json("water-1", &["ticket", "open", "the form", "--file", &asked]);
    let ticket = opened["id"].as_str().unwrap();
    assert_eq!(
        (&opened["state"], &opened["waiting"][0]["text"]),
        (
            &json!("word-waits"),
            &json!("Which form is it?\nThe third?")
        )
    );
    let sent = house.at("water-1", &["report", "send"]).yes();
    assert!(
        sent.out.contains("new orders") && sent.out.contains("words sent"),
        "{}",
        sent.out
    );
    let list = house.at("water-1", &["order", "list"]).yes();
    for part in ["l-1", "Demand for material", "2039-10-31", "art. 84"] {
        assert!(list.out.contains(part), "{part}: {}", list.out);
    }
    let japanese = house
        .at("water-1", &["order", "show", "l-1", "--lang", "ja"])
        .yes();
    assert!(
        japanese.out.contains("300000円以下の罰金"),
        "{}",
        japanese.out
    );
    assert!(
        japanese.out.contains("send the network diagram"),
        "{}",
        japanese.out
    );
    house.at("water-1", &["order", "reply", "l-1"]).ended(2);
    house
        .at("water-1", &["order", "reply", "l-9", "--text", "x"])
        .ended(1);
    let replied = house
        .at(
            "water-1",
            &["order", "reply", "l-1", "--text", "here it is"],
        )
        .yes();
    assert!(
        replied.out.contains("answered, not sent yet"),
        "{}",
        replied.out
    );
    answered(&house, ticket);
}

/// The office answers on the ticket; the reply and a word more go there; the other operator has none of it.
fn answered(house: &House, ticket: &str) {
    let officer = house.officer();
    officer.json(
        &format!("/v1/operators/water-1/tickets/{ticket}/words"),
        &json!({"text": "the third"}),
    );
    for _ in 0..2 {
        house.at("water-1", &["report", "send"]).yes();
    }
    let shown = house.json("water-1", &["order", "show", "l-1"]);
    assert_eq!(
        (&shown["state"], &shown["letter"]["reply"]["text"]),
        (&json!("replied"), &json!("here it is"))
    );
    assert_eq!(shown["consequence"]["marks"], json!([]));
    house
        .at("water-1", &["order", "reply", "l-1", "--text", "another"])
        .ended(1);
    let answered = house.at("water-1", &["ticket", "show", ticket]).yes();
    assert!(
        answered.out.contains("the third") && answered.out.contains("waits for the operator"),
        "{}",
        answered.out
    );
    house
        .at(
            "water-1",
            &["ticket", "reply", ticket, "--text", "thank you"],
        )
        .yes();
    house.at("water-1", &["report", "send"]).yes();
    let list = house.json("water-1", &["ticket", "list"]);
    assert_eq!(
        (&list[0]["state"], &list[0]["metric"]["words"]),
        (&json!("waits-for-office"), &json!(3))
    );
    // The other operator has none of it.
    house.at("gas-1", &["report", "send"]).yes();
    for what in ["order", "ticket"] {
        assert_eq!(house.json("gas-1", &[what, "list"]), json!([]));
    }
    house.at("gas-1", &["order", "show", "l-1"]).ended(1);
    house
        .at("gas-1", &["ticket", "reply", ticket, "--text", "x"])
        .ended(1);
}
