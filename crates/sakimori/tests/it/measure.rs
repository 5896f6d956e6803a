//! A measure at the command line: two officers sign its text, three members decide, each actuator is given what it verifies by itself. In: a node. Out: approval folders that hold at the gate and are refused once the measure is
//! revoked, suspended or over. Never: a measure that nobody could read before it was decided.

use crate::clock::{World, world_under};
use crate::node::TestNode;
use crate::program::{Ran, run, sakimori};
use sakimori_authority::gate::{self, Approved, MeasureAsk, MeasureRefused, SensorState};
use sakimori_authority::measure::{Deed, Measure};
use sakimori_authority::ruling::Matter;
use sakimori_authority::schedule::fictional;
use sakimori_authority::statement::{Basis, Caps, Kind};
use sakimori_authority::text_hash;
use sakimori_control::commission;
use sakimori_control::office::{MeasureDeed, record_measure_act};
use sakimori_control::setup::{member_key, officer_key};
use sakimori_control::{ControlError, Node, keys, ledger, office};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{AuthorityId, Name, hex};
use sakimori_custody::record::Direction;
use sakimori_custody::time::Seconds;
use sakimori_oversight::book::MeasureAct;
use sakimori_testkit::folder::signer;
use sakimori_tlog::note::Note;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const HOUR: u64 = 3600;
const WHY: &str = "--facts facts --necessity necessity --alternatives none --rights weighed --expected-share 0 --requester o1";
const SITTING: &str = "--present m1,m2,m4 --presiding m1 --for m1,m2,m4";

/// What an actuator finds in its folder.
fn folder(path: &Path) -> gate::Folder {
    let file = |name: &str| std::fs::read(path.join(name)).ok();
    gate::Folder {
        trust_root: file("trust-root.note"),
        statement: file("statement.note"),
        decision: file("decision.entry"),
        decision_body: file("decision.body"),
        proof: file("decision.tlog-proof"),
        lease: file("lease.note"),
        pack: file("pack.note"),
        schedule: file("schedule.note"),
        software: file("software.note"),
        ruling: file("ruling.note"),
        suspensions: ["commission", "office", "party"]
            .map(|by| file(&format!("suspension-{by}.note"))),
    }
}

fn actuator(name: &str) -> Name {
    name.parse().unwrap()
}

/// The gate of an actuator over a folder.
fn judge(path: &Path, name: &str, now: Seconds) -> Result<Approved, MeasureRefused> {
    let (folder, state) = (folder(path), SensorState::default());
    let trusted = gate::trust(&folder, &state)?;
    let ask = MeasureAsk {
        actuator: actuator(name),
        key: signer(name).verifier().clone(),
        now,
    };
    gate::measure(&trusted, &folder, &state, &ask)
}

fn verdict(path: &Path, name: &str, now: Seconds) -> &'static str {
    judge(path, name, now).map_or_else(|refused| refused.name(), |_| "approved")
}

struct Desk {
    node: TestNode,
}

impl Desk {
    fn open() -> Self {
        let node = TestNode::running();
        for name in ["dossier", "lists", "consultation", "order"] {
            std::fs::write(node.beside(name), format!("the {name}\n")).unwrap();
        }
        Self { node }
    }

    /// `%` stands for a space in a word, `AFTER` for a time in six days.
    fn line(&self, line: &str) -> Ran {
        let after = self.now().plus(6 * 24 * HOUR);
        let line = line.replace("AFTER", &after.to_string());
        let words = line.split_whitespace().map(|word| word.replace('%', " "));
        let beside = self.node.beside("");
        run(sakimori(words)
            .current_dir(beside)
            .env("SAKIMORI_DIR", "node"))
    }

    fn now(&self) -> Seconds {
        self.node.host.seconds()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.node.beside(name)).unwrap()
    }

    /// Writes the text of a measure that no plan gave; edits change it.
    fn text(&self, edits: &[(&str, &str)]) -> String {
        let (one, two) = (signer("a-01"), signer("a-02"));
        let hash = |name: &str| format!("sha256:{}", hex(&text_hash(&format!("the {name}\n"))));
        let root = ledger::installed_root(&self.node.node).unwrap().version;
        let id = AuthorityId(self.node.host.bytes().unwrap());
        let mut text = format!(
            "sakimori/measure/v1\nid: {id}\nrevision: 1\ndossier: {}\nplan: none\nroute: police\norder: none\nconsultation: none\n\
             proposed: o1\nreviewed: o3\nexecutor: e-01 national\nsuperior: e-02\nlevel: 1\ncollateral: 0 3\nlists: 4 {}\nsoak: 600\nmost: 100\n\
             seconds: 86400\nrenewals: 0\nsuccess: fewer than 10 packets an hour\nstop: a complaint\nactuator: a-01 {}\nactuator: a-02 {}\n\
             effect: block a-01 JP carrier.example 198.51.100.7\neffect: no-answer a-02 JP carrier.example evil.example\nroot: {root}\n",
            hash("dossier"),
            hash("lists"),
            one.verifier(),
            two.verifier()
        );
        for (from, to) in edits {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        std::fs::write(self.node.beside("text"), &text).unwrap();
        text
    }

    fn officers(&self, file: &str, who: &[&str]) {
        let keys = who.iter().fold(String::new(), |keys, officer| {
            keys + " --key node/office/officers/" + *officer + ".key"
        });
        self.line(&format!("authority sign {file}{keys}")).yes();
    }

    /// Three members sign a statement with the measure before their eyes.
    fn members(&self, file: &str) -> Ran {
        let keys = ["m1", "m2", "m4"].map(|id| format!(" --key node/commission/members/{id}.key"));
        let keys = keys.concat();
        self.line(&format!("authority sign {file} --measure text{keys}"))
    }

    /// A measure that is decided and handed out; its id.
    fn approved(&self) -> AuthorityId {
        self.text(&[]);
        self.officers("text", &["o1", "o3"]);
        let draft = format!(
            "authority draft --out statement --template measure --measure text --not-after AFTER {WHY} {SITTING}"
        );
        let id = self.line(&draft).yes().out.trim().parse().unwrap();
        self.members("statement").yes();
        self.line("authority submit statement").yes();
        id
    }

    fn folder(&self, id: AuthorityId, name: &str) -> PathBuf {
        self.node.node.authority(id, &actuator(name))
    }
}

#[test]
fn a_measure_is_signed_read_decided_and_given_to_each_of_its_actuators() {
    let desk = Desk::open();
    let id = desk.approved();
    // Whoever signs reads every line of it.
    let signed = desk.members("statement").yes();
    assert!(
        signed
            .err
            .contains("effect: no-answer a-02 JP carrier.example evil.example")
    );
    let shown = desk.line(&format!("authority show {id}")).yes();
    assert!(
        shown
            .out
            .contains("effect: block a-01 JP carrier.example 198.51.100.7")
    );
    let text = Note::parse(desk.read("text").as_bytes()).unwrap();
    for (name, deed) in [("a-01", Deed::Block), ("a-02", Deed::NoAnswer)] {
        let approved = judge(&desk.folder(id, name), name, desk.now()).unwrap();
        assert_eq!(approved.measure().to_string(), text.text());
        assert!(approved.lease().is_some());
        let mine: Vec<Deed> = approved.effects().map(|line| line.deed).collect();
        assert_eq!(mine, [deed]);
        // Another's folder is of no use.
        let other = if name == "a-01" { "a-02" } else { "a-01" };
        assert_eq!(
            verdict(&desk.folder(id, name), other, desk.now()),
            "lease-other-sensor"
        );
    }
    // The text stood on record before the request, and that before the decision.
    let at = |kind| desk.node.entries_of(kind)[0].index;
    assert!(at(EntryType::Proposal) < at(EntryType::Request));
    assert!(at(EntryType::Request) < at(EntryType::Decision));
    assert_eq!(desk.node.entries_of(EntryType::Activation).len(), 2);
    // A lease is renewed as a sensor's is.
    desk.line(&format!("authority lease {id} --sensor a-02"))
        .yes();
    assert_eq!(
        verdict(&desk.folder(id, "a-02"), "a-02", desk.now()),
        "approved"
    );
    assert_eq!(
        verdict(
            &desk.folder(id, "a-01"),
            "a-01",
            desk.now().plus(6 * 24 * HOUR)
        ),
        "stale-checkpoint"
    );
    desk.node.verify().yes();
}

#[test]
fn acceptance_01_a_revoked_or_suspended_measure_is_refused_at_the_gate() {
    let desk = Desk::open();
    let id = desk.approved();
    let path = desk.folder(id, "a-01");
    let suspend = "--by office --reason stop --key node/office/keys/office.key";
    desk.line(&format!("authority suspend {id} {suspend}"))
        .yes();
    assert_eq!(verdict(&path, "a-01", desk.now()), "suspended");
    desk.line(&format!("authority resume {id} {suspend}")).yes();
    assert_eq!(verdict(&path, "a-01", desk.now()), "approved");
    let revoke = format!("authority revoke {id} --reason a%complaint --out ruling {SITTING}");
    desk.line(&revoke).yes();
    let keys = ["m1", "m2", "m4"].map(|id| format!(" --key node/commission/members/{id}.key"));
    desk.line(&format!("authority sign ruling{}", keys.concat()))
        .yes();
    desk.line("authority submit ruling").yes();
    for name in ["a-01", "a-02"] {
        assert_eq!(verdict(&desk.folder(id, name), name, desk.now()), "revoked");
    }
    let lease = desk.line(&format!("authority lease {id} --sensor a-01"));
    assert!(
        lease.code != Some(0) && lease.err.contains("authority-revoked"),
        "{lease:?}"
    );
    desk.node.verify().yes();
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story in its order")]
fn a_measure_that_does_not_fit_its_route_or_is_not_read_goes_no_further() {
    let desk = Desk::open();
    let draft = format!(
        "authority draft --out statement --template measure --measure text --not-after AFTER {WHY} {SITTING}"
    );
    // Signed by both officers, whatever it says: it goes no further than the draft.
    let said = |edits: &[(&str, &str)]| {
        let text = desk.text(edits);
        let signers = ["o1", "o3"].map(|id| keys::read(&officer_key(&desk.node.node, id)).unwrap());
        let note = Note::sign(&text, &[&signers[0], &signers[1]], 0).unwrap();
        std::fs::write(desk.node.beside("text"), note.to_bytes()).unwrap();
        let ran = desk.line(&draft);
        assert_ne!(ran.code, Some(0), "{edits:?}");
        ran.err
    };
    let record = format!("sha256:{}", hex(&[7; 32]));
    let ordered = format!("order: {record}");
    let defence = ("e-01 national", "e-01 defence");
    let table: [(&[(&str, &str)], &str); 11] = [
        (&[("a-01 JP", "a-01 KP")], "abroad"),
        (&[("a-01 JP", "a-01 --")], "abroad"),
        (&[("reviewed: o3", "reviewed: o1")], "two people"),
        (&[("superior: e-02", "superior: e-01")], "two people"),
        (&[("route: police", "route: defence"), defence], "order"),
        (&[("order: none", &ordered)], "order"),
        (&[defence], "defence"),
        (&[("effect: block", "effect: scan")], "DEED"),
        (&[("block a-01", "block a-03")], "no actuator"),
        (&[("collateral: 0 3", "collateral: 3")], "no interval"),
        (&[("seconds: 86400", "seconds: 604801")], "604800"),
    ];
    for (edits, told) in table {
        let told_now = said(edits);
        assert!(told_now.contains(told), "{edits:?}: {told_now}");
    }
    let abroad = ("a-01 JP", "a-01 KP");
    let consulted = format!("consultation: {record}");
    let consulted = ("consultation: none", consulted.as_str());
    let good = Measure::parse(&desk.text(&[abroad, consulted])).unwrap();
    office::fits_route(&desk.node.node, &desk.node.host, &good).unwrap();
    let prefecture = ("e-01 national", "e-01 prefectural");
    assert!(said(&[abroad, consulted, prefecture]).contains("prefecture"));
    // One officer alone proposes nothing.
    desk.text(&[]);
    desk.officers("text", &["o1"]);
    let alone = desk.line(&draft);
    assert!(
        alone.code != Some(0) && alone.err.contains("`o3` has not signed"),
        "{alone:?}"
    );
    desk.officers("text", &["o3"]);
    let week = desk.now().plus(8 * 24 * HOUR).to_string();
    let long = desk.line(&draft.replace("AFTER", &week));
    assert!(
        long.code != Some(0) && long.err.contains("seven days"),
        "{long:?}"
    );
    let pack = desk.line(&draft.replace("--measure text", "--sensor s-01"));
    assert!(
        pack.code != Some(0) && pack.err.contains("--measure"),
        "{pack:?}"
    );
    assert!(desk.node.entries_of(EntryType::Request).is_empty());
    assert!(desk.node.entries_of(EntryType::Proposal).is_empty());
    desk.line(&draft).yes();
    // A member signs nothing that was not before their eyes.
    let key = "--key node/commission/members/m1.key";
    let blind = desk.line(&format!("authority sign statement {key}"));
    assert!(
        blind.code != Some(0) && blind.err.contains("--measure"),
        "{blind:?}"
    );
    let other = desk.read("text").replacen("most: 100", "most: 101", 1);
    std::fs::write(
        desk.node.beside("other"),
        other.split("\n\n").next().unwrap().to_owned() + "\n",
    )
    .unwrap();
    let other = desk.line(&format!("authority sign statement --measure other {key}"));
    assert!(
        other.code != Some(0) && other.err.contains("not the measure"),
        "{other:?}"
    );
    desk.members("statement").yes();
}

#[test]
fn what_is_done_under_a_measure_is_on_record_in_its_order() {
    let desk = Desk::open();
    let id = desk.approved();
    let (node, host) = (&desk.node.node, &desk.node.host);
    let deed = |act, name: Option<&str>, step| MeasureDeed {
        authority: id,
        act,
        actuator: name.map(actuator),
        step,
        detail: "as decided".to_owned(),
    };
    let done = |act, name, step| record_measure_act(node, host, &deed(act, name, step));
    done(MeasureAct::Dispatch, Some("a-01"), 1).unwrap();
    done(MeasureAct::Effect, Some("a-01"), 1).unwrap();
    done(MeasureAct::Kill, None, 0).unwrap();
    let code = |ran: Result<u64, ControlError>| match ran.unwrap_err() {
        ControlError::Forbidden { code, .. } => code,
        other => panic!("{other}"),
    };
    assert_eq!(
        code(done(MeasureAct::Dispatch, Some("a-03"), 1)),
        "measure-actuator"
    );
    assert_eq!(
        code(done(MeasureAct::Dispatch, None, 1)),
        "measure-actuator"
    );
    desk.node.verify().yes();
    // What comes out of order is on record, and told.
    done(MeasureAct::Effect, Some("a-02"), 1).unwrap();
    let told = desk.node.verify();
    assert!(told.out.contains("measure-sequence"), "{told:?}");
    let acts = office::measure_acts(node, id).unwrap();
    assert_eq!(acts.len(), 4);
    assert_eq!(acts.iter().filter(|acted| acted.out_of_order).count(), 1);
    let suspend = format!(
        "authority suspend {id} --by office --reason stop --key node/office/keys/office.key"
    );
    desk.line(&suspend).yes();
    done(MeasureAct::End, Some("a-01"), 1).unwrap();
}

/// A measure of two officers against a target, for the longest time that an urgent act has.
fn urgent<L>(world: &World<L>, target: &str) -> Result<(AuthorityId, Seconds), ControlError> {
    let (node, host) = (&world.node, &world.host);
    let root = ledger::installed_root(node).unwrap();
    let key = signer("a-01").verifier().clone();
    let text = format!(
        "sakimori/measure/v1\nid: {}\nrevision: 1\ndossier: sha256:{hash}\nplan: none\nroute: police\norder: none\nconsultation: none\nproposed: o1\nreviewed: o2\n\
         executor: e-01 national\nsuperior: e-02\nlevel: 1\ncollateral: 0 3\nlists: 4 sha256:{hash}\nsoak: 0\nmost: 1\nseconds: 7200\nrenewals: 0\nsuccess: it stops\nstop: a complaint\n\
         actuator: a-01 {key}\neffect: block a-01 {home} carrier.example {target}\nroot: {}\n",
        AuthorityId(host.bytes().unwrap()),
        root.version,
        hash = "d0".repeat(32),
        home = home(node),
    );
    Measure::parse(&text).unwrap();
    let mut measure = Note::sign(&text, &[], 0).unwrap();
    let note = |note: &mut Note| {
        for id in ["o1", "o2"] {
            note.add(&keys::read(&officer_key(node, id)).unwrap(), 0);
        }
    };
    note(&mut measure);
    let draft = office::Draft {
        kind: Kind::Measure,
        basis: actuator("police-6-2"),
        not_before: world.now(),
        not_after: world.now().plus(2 * HOUR - 120),
        sensors: Vec::new(),
        directions: Direction::ALL.to_vec(),
        caps: Caps {
            match_ppm: 1000,
            flow_bytes: 176,
            day_records: 1000,
        },
        keep_days: 30,
        conditions: "none".to_owned(),
        replaces: None,
        decided: Some(Basis::Urgent {
            officers: ["o1", "o2"].map(actuator),
        }),
    };
    let reasons = office::Reasons {
        requester: actuator("o1"),
        facts: "an attack that goes on".to_owned(),
        necessity: "it ends before a sitting can meet".to_owned(),
        alternatives: "none in time".to_owned(),
        rights: "one address of the adversary".to_owned(),
        expected_share_ppm: 0,
    };
    let statement = office::draft_measure(node, host, &measure.to_bytes(), &draft, &reasons)?;
    assert_eq!(statement.pack, text_hash(&text));
    let mut signed = Note::sign(&statement.to_string(), &[], 0).unwrap();
    note(&mut signed);
    let entered = office::enter(node, host, &signed.to_bytes())?;
    assert_eq!((entered.kind, entered.leases.len()), (EntryType::Urgent, 1));
    Ok((statement.id, statement.not_after))
}

/// A home country of the schedule that the world is under.
fn home(node: &Node) -> String {
    let mut log = sakimori_control::journal::Log::connect(&node.ledger().socket).unwrap();
    let book = office::book(node, &mut log).unwrap();
    let rules = &book.schedule_list().last().unwrap().schedule.rules;
    rules.home_countries.first().unwrap().to_string()
}

#[test]
fn acceptance_11_an_urgent_measure_is_told_before_it_takes_effect_and_lapses_at_its_limit() {
    let world = world_under(fictional);
    let part = &world.commission.as_ref().unwrap().commission;
    let heard: Arc<Mutex<Vec<AuthorityId>>> = Arc::default();
    let hears = Arc::clone(&heard);
    part.on_alarm(move |alarm| hears.lock().unwrap().push(alarm.authority));
    let (id, until) = urgent(&world, "198.51.100.7").unwrap();
    // The folder is there after the commission's copy held the act: its next look tells it.
    let path = world.node.authority(id, &actuator("a-01"));
    let approved = judge(&path, "a-01", world.now()).unwrap();
    assert!(approved.lease().unwrap().not_after <= until);
    part.tick(world.now()).unwrap();
    assert_eq!(*heard.lock().unwrap(), [id]);
    let lapses = |world: &World<_>| {
        let mut log = sakimori_control::journal::Log::connect(&world.node.ledger().socket).unwrap();
        office::book(&world.node, &mut log).unwrap().urgent_list()[&id]
            .end
            .is_some()
    };
    // It lasts to the second of its end, and nothing is leased behind the deadline.
    assert_eq!(verdict(&path, "a-01", until), "approved");
    assert_eq!(verdict(&path, "a-01", until.plus(1)), "expired");
    world.clock.pass(3 * HOUR + 300);
    commission::round(part, &world.node.ledger().socket, &world.host).unwrap();
    assert!(lapses(&world));
    assert!(office::renew(&world.node, &world.host, id, &actuator("a-01")).is_err());
    assert_eq!(verdict(&path, "a-01", world.now()), "expired");
}

#[test]
fn an_urgent_measure_meets_a_target_once_a_month_and_its_ratification_makes_it_no_longer() {
    let world = world_under(fictional);
    let (id, until) = urgent(&world, "198.51.100.7").unwrap();
    for again in ["198.51.100.7", "198.51.100.0/24"] {
        let why = urgent(&world, again).unwrap_err();
        let ControlError::Forbidden { code, .. } = why else {
            panic!("{again}: {why}");
        };
        assert_eq!(code, "urgent-target", "{again}");
    }
    urgent(&world, "198.51.100.8").unwrap();
    let sitting =
        office::sitting(&["m1", "m2", "m4"], "m1", &["m1", "m2", "m4"], &[], &[]).unwrap();
    let (node, host, matter) = (&world.node, &world.host, Matter::UrgentRatified(id));
    let text =
        office::ruling_text(node, host, matter, Kind::Measure, "heard", Some(sitting)).unwrap();
    let mut ruling = Note::sign(&text.to_string(), &[], 0).unwrap();
    for member in ["m1", "m2", "m4"] {
        ruling.add(&keys::read(&member_key(node, member)).unwrap(), 0);
    }
    let ratified = office::enter(node, host, &ruling.to_bytes()).unwrap();
    assert_eq!(ratified.leases.len(), 1);
    assert!(ratified.leases[0].1 <= until);
    let path = node.authority(id, &actuator("a-01"));
    assert_eq!(verdict(&path, "a-01", world.now()), "approved");
    assert_eq!(verdict(&path, "a-01", until.plus(1)), "expired");
    world.clock.pass(31 * 24 * HOUR);
    urgent(&world, "198.51.100.7").unwrap();
}
