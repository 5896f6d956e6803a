//! A commission without the office's socket writes its texts from its own copy. In: two served nodes made with `init --commission-dir`. Out: rulings, suspensions, a schedule, a list. Never: a
//! look into the office's folder for them.

use crate::program::{run, sakimori};
use crate::serve::{Served, certificate, join};
use sakimori_authority::Statement;
use sakimori_authority::statement::{Basis, Caps, Kind};
use sakimori_control::journal::Log;
use sakimori_control::{Host, Node, keys, office};
use sakimori_custody::ids::hex;
use sakimori_custody::record::Direction;
use sakimori_select::Pack;
use sakimori_tlog::note::Note;
use std::path::Path;

const PACK: &str = "sakimori/pack/v1\nid: test-1\nissued: 2026-11-01T00:00:00Z\npurpose: signs of attack\nselector: 1 address 198.51.100.7\n";
const SITTING: [&str; 8] = [
    "--present",
    "m1,m2,m3",
    "--presiding",
    "m1",
    "--for",
    "m1,m2,m3",
    "--reason",
    "a test",
];

/// A request on record at the office, with a sitting's votes in its text.
fn asked(node: &Node, host: &Host) -> Statement {
    let all = ["m1", "m2", "m3"];
    let sitting = office::sitting(&all, "m1", &all, &[], &[]).unwrap();
    let draft = office::Draft {
        kind: Kind::Acquisition,
        basis: "act42-32".parse().unwrap(),
        not_before: host.seconds(),
        not_after: host.seconds().plus(86_400),
        sensors: vec!["s-01".parse().unwrap()],
        directions: vec![Direction::OutIn],
        caps: Caps {
            match_ppm: 100,
            flow_bytes: 176,
            day_records: 1000,
        },
        keep_days: 30,
        conditions: "none".to_owned(),
        replaces: None,
        decided: Some(Basis::Sitting(sitting)),
    };
    let reasons = office::Reasons {
        requester: "o1".parse().unwrap(),
        facts: "f".to_owned(),
        necessity: "n".to_owned(),
        alternatives: "a".to_owned(),
        rights: "r".to_owned(),
        expected_share_ppm: 10,
    };
    let pack = Pack::parse_source(PACK).unwrap();
    office::draft(node, host, &pack, &draft, &reasons).unwrap()
}

/// What a command of the commission's folder writes to a file.
fn written(commission: &Path, words: &[&str]) -> String {
    let out = commission.join("text.txt");
    let mut command = sakimori(["authority"]);
    command.args(words).arg("--dir").arg(commission);
    run(command.arg("--out").arg(&out)).yes();
    std::fs::read_to_string(&out).unwrap()
}

/// An authority in force, and a request that waits; both in the commission's copy.
fn decided_and_open(node: &Node, commission: &Path, host: &Host) -> (Statement, Statement) {
    let statement = asked(node, host);
    let member = |id: &str| {
        let path = commission.join(format!("commission/members/{id}.key"));
        keys::read(&path).unwrap()
    };
    let [m1, m2, m3] = ["m1", "m2", "m3"].map(member);
    let note = Note::sign(&statement.to_string(), &[&m1, &m2, &m3], 0).unwrap();
    office::submit(node, host, &note.to_bytes()).unwrap();
    let open = asked(node, host);
    // The commission has what is durable once it has cosigned it.
    let mut log = Log::connect(&node.ledger().socket).unwrap();
    log.each_durable_entry(|_, _, _| false).unwrap();
    drop(log);
    (statement, open)
}

#[test]
fn a_commission_without_the_office_s_socket_writes_its_texts_from_its_own_copy() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::system();
    let [office_dir, commission] = ["o", "c"].map(|name| folder.path().join(name));
    let mut init = sakimori(["init", "--dir"]);
    init.arg(&office_dir).arg("--commission-dir");
    run(init.arg(&commission)).yes();
    let (file, _) = certificate("office", &office_dir);
    let known = ["--certificate", &file];
    join("commission", &commission, "office", &known);
    let watching = Served::start("commission", &commission, &[]);
    let (_, sha256) = certificate("commission", &commission);
    let known = ["--sha256", &sha256, "--url", &watching.url];
    join("office", &office_dir, "commission", &known);
    let asking = Served::start("office", &office_dir, &[]);

    let (statement, open) = decided_and_open(&Node::at(&office_dir), &commission, &host);
    for served in [asking, watching] {
        served.terminate();
    }
    // The office's folder is gone altogether: nothing below is read from it.
    std::fs::rename(&office_dir, folder.path().join("elsewhere")).unwrap();

    let (id, leaf) = (statement.id.to_string(), hex(&open.request));
    let refused = written(
        &commission,
        &[&["refuse", "--request", &leaf], SITTING.as_slice()].concat(),
    );
    assert!(
        refused.contains(&format!("\nabout: request {leaf}\n")),
        "{refused}"
    );
    let revoked = written(
        &commission,
        &[&["revoke", &id], SITTING.as_slice()].concat(),
    );
    assert!(
        revoked.contains(&format!("\nabout: authority {id}\n")),
        "{revoked}"
    );
    let mut list = sakimori(["authority", "list", "--dir"]);
    let list = run(list.arg(&commission)).yes();
    assert!(
        list.out.contains(&id) && list.out.contains(&leaf),
        "{list:?}"
    );
    let schedule = written(&commission, &["schedule"]);
    assert!(schedule.contains("\nversion: "), "{schedule}");

    stops(&commission, &id);
}

/// A suspension is signed there and brought by the node, not by this command; an act that nobody invoked is ratified by nobody.
fn stops(commission: &Path, id: &str) {
    let key = commission.join("commission/members/m1.key");
    let key = key.to_str().unwrap();
    let words = [
        "suspend",
        id,
        "--by",
        "commission",
        "--reason",
        "a test",
        "--key",
        key,
    ];
    let suspended = written(commission, &words);
    assert!(suspended.contains("\nserial: 1\n"), "{suspended}");
    let root = sakimori_authority::TrustRoot::open(
        &std::fs::read(commission.join("commission/trust-root.note")).unwrap(),
    );
    sakimori_authority::Suspension::check(suspended.as_bytes(), &root.unwrap(), None).unwrap();
    let mut resume = sakimori(["authority", "resume", id, "--by", "commission"]);
    resume.args(["--reason", "a test", "--key", key, "--dir"]);
    let said = run(resume.arg(commission));
    assert_ne!(
        said.code,
        Some(0),
        "a signed note that goes nowhere: {said:?}"
    );
    // An act that nobody invoked is ratified by nobody.
    let none = "0123456789abcdef0123456789abcdef";
    let mut ratify = sakimori(["authority", "ratify", none]);
    ratify
        .args(SITTING)
        .arg("--dir")
        .arg(commission)
        .arg("--out");
    let said = run(ratify.arg(commission.join("none.txt")));
    assert_ne!(said.code, Some(0), "{said:?}");
}
