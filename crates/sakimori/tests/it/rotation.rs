//! The trust root goes over to its next version while a node runs. In: a node, members who come and go, sensors. Out: suspensions, authorities and runs under the new version, a log that verifies.
//! Never: a version that too few signed, in force; a node that does not start again.

use crate::captures::border;
use crate::node::TestNode;
use crate::program::{Ran, run, sakimori};
use sakimori_control::error::told;
use sakimori_control::journal::{Deed, Journal};
use sakimori_custody::entry::EntryType;
use sakimori_custody::time::DAY_SECONDS;
use std::fs;
use std::path::PathBuf;

/// A node whose commands are typed beside it.
struct Desk {
    node: TestNode,
    capture: PathBuf,
}

const WHY: &str = "--facts facts --necessity necessity --alternatives none --rights weighed --expected-share 200 --requester o1";

impl Desk {
    fn open() -> Self {
        let node = TestNode::running();
        let capture = node.beside("border.pcap");
        border(&capture, 2, 3).unwrap();
        Self { node, capture }
    }

    /// `AFTER` stands for a time in twenty days.
    fn line(&self, line: &str) -> Ran {
        let after = self.node.host.seconds().plus(20 * DAY_SECONDS);
        let line = line.replace("AFTER", &after.to_string());
        let mut command = sakimori(line.split_whitespace());
        let beside = self.node.beside("");
        run(command.current_dir(beside).env("SAKIMORI_DIR", "node"))
    }

    /// A new key; returns its verifier key.
    fn key(&self, name: &str, file: &str) -> String {
        let made = self.line(&format!("key new --name {name} --out {file}"));
        made.yes().out.trim().to_owned()
    }

    /// Signs a text into a note.
    fn signed(&self, text: &str, note: &str, keys: &[&str]) {
        let keys = keys.iter().fold(String::new(), |all, key| {
            let file = if *key == "office" {
                "office/keys/office.key".to_owned()
            } else {
                format!("commission/members/{key}.key")
            };
            format!("{all} --key node/{file}")
        });
        self.line(&format!("authority sign {text} --out {note}{keys}"))
            .yes();
    }

    /// What a new version asks to be decided again: schedule, authority. Returns the authority.
    fn decided_anew(&self, sensors: &str) -> String {
        let sitting = "--present m1,m3,m6 --presiding m1 --for m1,m3,m6";
        self.line(&format!("authority schedule --out schedule {sitting}"))
            .yes();
        self.signed("schedule", "schedule", &["m1", "m3", "m6", "office"]);
        self.line("authority submit schedule").yes();
        self.authority(sensors)
    }

    fn authority(&self, sensors: &str) -> String {
        let sitting = "--present m1,m3,m6 --presiding m1 --for m1,m3,m6";
        let draft = format!(
            "authority draft --out text --not-after AFTER {sensors} {WHY} {sitting} --match-ppm 1000000"
        );
        let id = self.line(&draft).yes().out.trim().to_owned();
        self.signed("text", "text", &["m1", "m3", "m6"]);
        self.line("authority submit text").yes();
        id
    }

    fn sensor(&self, id: &str) -> Ran {
        self.node.sensor(&["--sensor", id], &self.capture)
    }

    /// The version of the trust root that a sensor remembers.
    fn remembered(&self, sensor: &str) -> String {
        let path = self.node.dir().join(format!("sensor/{sensor}/state.json"));
        let state: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let root = state["trust_root"].as_str().unwrap();
        root.lines().nth(1).unwrap().to_owned()
    }

    fn roots(&self) -> usize {
        self.node.entries_of(EntryType::TrustRoot).len()
    }

    /// Drafts version 2: member m5 leaves, m6 and sensor s-03 come.
    fn second(&self) {
        let member = self.key("commission.example/m6", "node/commission/members/m6.key");
        let sensor = self.key("carrier.example/s-03", "node/sensor/s-03/sensor.key");
        let drafted = self.line(&format!(
            "authority root --out root --remove-member m5 --add-member m6=member={member} --add-sensor s-03={sensor}"
        ));
        assert_eq!(drafted.yes().out, "2\n");
    }
}

#[test]
fn a_trust_root_that_too_few_signed_is_refused_and_changes_nothing() {
    let desk = Desk::open();
    desk.node.authorised();
    desk.line("authority root --out none").ended(2);
    desk.line("authority root --out none --remove-member m9")
        .ended(2);
    // A commission without its chair is none.
    desk.line("authority root --out none --remove-member m1")
        .ended(1);
    assert!(!desk.node.beside("none").exists());
    desk.second();
    for (signers, told) in [
        (["m1", "m3"].as_slice(), "majority"),
        // A majority of both, neither chair nor deputy among them.
        (&["m3", "m4", "m5", "m6"], "majority"),
        // A majority of the old only.
        (&["m1", "m4", "m5"], "majority"),
    ] {
        desk.signed("root", "few", signers);
        let refused = desk.line("authority submit few").ended(1);
        assert!(refused.err.contains(told), "{signers:?}: {refused:?}");
    }
    // One whose mirror has another key would leave a mirror that nobody believes.
    let text = fs::read_to_string(desk.node.beside("root")).unwrap();
    let lease = desk.key("commission.example/lease", "lease.key");
    let line = text.lines().find(|line| line.starts_with("lease-key: "));
    let other = text.replace(line.unwrap(), &format!("lease-key: {lease}"));
    fs::write(desk.node.beside("other"), other).unwrap();
    desk.signed("other", "other", &["m1", "m2", "m3"]);
    let refused = desk.line("authority submit other").ended(1);
    assert!(refused.err.contains("cannot change"), "{refused:?}");
    // Nor does the writer take it from somebody who goes past the office.
    let socket = desk.node.node.ledger().socket;
    let mut journal = Journal::begin(&socket, None, &desk.node.host).unwrap();
    let past = journal.record(Deed {
        kind: EntryType::TrustRoot,
        authority: [0; 32],
        counters: vec![2],
        body: fs::read(desk.node.beside("other")).unwrap(),
    });
    let past = told(&past.unwrap_err());
    assert!(past.contains("changes no key"), "{past}");
    assert_eq!(desk.roots(), 1);
    assert!(!desk.node.dir().join("trust-roots").exists());
    desk.sensor("s-01").yes();
    assert_eq!(desk.remembered("s-01"), "version: 1");
    desk.node.verify().yes();
}

#[test]
fn a_trust_root_is_followed_by_the_next_while_the_node_runs_and_after_it_starts_again() {
    let mut desk = Desk::open();
    let old = desk.node.authorised().id;
    desk.sensor("s-01").yes();
    let pinned = fs::read(desk.node.node.trust_root()).unwrap();
    desk.second();
    desk.signed("root", "second", &["m1", "m3", "m4"]);
    desk.line("authority submit second").yes();
    assert_eq!(desk.roots(), 2);
    let again = desk.line("authority submit second").ended(1);
    assert!(again.err.contains("does not follow"), "{again:?}");
    assert_eq!(fs::read(desk.node.node.trust_root()).unwrap(), pinned);
    // What was decided under version 1 gets no lease any more, and is stopped like any other.
    let lease = desk
        .line(&format!("authority lease {old} --sensor s-01"))
        .ended(1);
    assert!(lease.err.contains("decided anew"), "{lease:?}");
    desk.line("authority renew").yes();
    let shown = desk.line(&format!("authority show {old}")).yes();
    assert!(shown.out.contains("This is a decision"), "{shown:?}");
    // What it selected can be looked at as before.
    desk.line(&format!("query --authority {old} --purpose p --case c"))
        .yes();
    desk.line("lake expire").yes();
    desk.line(&format!(
        "authority suspend {old} --by commission --reason rotation --key node/commission/members/m2.key"
    ))
    .yes();
    desk.sensor("s-01").ended(1);
    // Under version 2: sensors that hold version 1 follow, one that came with it runs too.
    let new = desk.decided_anew("--sensor s-01 --sensor s-03");
    for sensor in ["s-01", "s-03"] {
        desk.sensor(sensor).yes();
        assert_eq!(desk.remembered(sensor), "version: 2");
    }
    assert_eq!(desk.remembered("s-02"), "version: 1");
    desk.node.verify().yes();
    desk.node.stop();
    desk.node.start();
    desk.sensor("s-01").yes();
    let stop = format!("{new} --by office --reason test --key node/office/keys/office.key");
    desk.line(&format!("authority suspend {stop}")).yes();
    let refused = desk.sensor("s-03").ended(1);
    assert!(refused.err.contains("suspended"), "{refused:?}");
    desk.line(&format!("authority resume {stop}")).yes();
    desk.sensor("s-03").yes();
    // Version 3: a sensor that missed version 2 is led on over both.
    let drafted = desk.line("authority root --out root --remove-sensor s-03");
    assert_eq!(drafted.yes().out, "3\n");
    desk.signed("root", "third", &["m2", "m3", "m6"]);
    desk.line("authority submit third").yes();
    desk.node.stop();
    desk.node.start();
    desk.decided_anew("--sensor s-02");
    desk.sensor("s-02").yes();
    assert_eq!(desk.remembered("s-02"), "version: 3");
    desk.node.verify().yes();
}
