//! Whole sessions at a terminal. In: commands one after the other. Out: what each says, where, and how it ends. Never: a result on standard error, words on standard output.

use crate::captures::border;
use crate::node::TestNode;
use crate::program::{Ran, run, sakimori};
use sakimori_custody::time::DAY_SECONDS;
use sakimori_testkit::files_below;
use serde_json::{Value, json};
use std::fs;

/// A session in a folder of its own, with ledger and commission beside it.
struct Session {
    node: TestNode,
}

impl Session {
    fn begin() -> Self {
        Self {
            node: TestNode::running(),
        }
    }

    /// Runs a command as it would be typed beside the node's folder. `%` stands for a space in a word, `AFTER` for a time in eighty days.
    fn type_in(&self, line: &str) -> Ran {
        let after = self.node.host.seconds().plus(80 * DAY_SECONDS).to_string();
        let line = line.replace("AFTER", &after);
        let words = line.split_whitespace().map(|word| word.replace('%', " "));
        let mut command = sakimori(words);
        let beside = self.node.beside("");
        run(command.current_dir(beside).env("SAKIMORI_DIR", "node"))
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.node.beside(name), text).unwrap();
    }
}

const PACK: &str = "# what is looked for\nsakimori/pack/v1\nid: week-14\nissued: 2027-04-01T00:00:00Z\n\
    purpose: calls to known relays\n\nselector: 2 domain Relay.Example.\nselector: 1 prefix 25.66.135.0/24\n";

const DRAFT: &str = "authority draft --out statement.txt --pack week.pack --not-after AFTER \
    --sensor s-01 --direction in-out --direction out-in --match-ppm 1000000 --facts facts --necessity necessity \
    --alternatives none --rights none%needed --expected-share 1000 --requester o1 --present m1,m2,m4 --presiding m2 --for m1,m2 --against m4";

/// The keys of these members, as arguments.
fn keys(members: &[&str]) -> String {
    let mut line = String::new();
    for member in members {
        line = format!("{line} --key node/commission/members/{member}.key");
    }
    line
}

/// Asked for, decided and in force; returns the authority's id.
fn in_force(session: &Session) -> String {
    session.write("week.pack", PACK);
    let drafted = session.type_in(DRAFT).yes();
    let id = drafted.out.trim().to_owned();
    let sign = format!("authority sign statement.txt{}", keys(&["m1", "m2", "m4"]));
    session.type_in(&sign).yes();
    let submitted = session.type_in("authority submit statement.txt").yes();
    assert_eq!(submitted.out.trim(), id);
    id
}

#[test]
fn a_pack_is_looked_at_compiled_and_shown() {
    let session = Session::begin();
    session.write("week.pack", PACK);
    let lint = session.type_in("pack lint week.pack").yes();
    assert_eq!(lint.out, "pack `week-14`: nothing to say\n");
    let compiled = session.type_in("pack compile week.pack").yes();
    assert!(compiled.out.starts_with("sakimori/pack/v1\nid: week-14\n"));
    assert!(compiled.out.contains("selector: 2 domain relay.example\n"));
    assert!(compiled.out.contains("\n\n— office.example/office "));
    assert!(compiled.err.contains("sha256:"), "{compiled:?}");
    let shown = session.type_in("pack show week.pack --format json").yes();
    let coverage =
        json!({"count": 2, "v4": 256, "v6_48": 0, "domains": 1, "ja4": 0, "behaviours": 0});
    assert_eq!(shown.json()["coverage"], coverage);
    assert_eq!(shown.err, "");
    let default = session.type_in("pack show").yes();
    assert!(default.out.contains("behaviour beacon"), "{default:?}");
    // What the office signed is a pack too.
    session
        .type_in("pack compile week.pack --out week.note")
        .yes();
    let note = session.type_in("pack show week.note --format json").yes();
    assert_eq!(note.json()["sha256"], shown.json()["sha256"]);
}

#[test]
fn a_pack_that_covers_half_the_world_is_refused_with_its_reason() {
    let session = Session::begin();
    let halves = "selector: 1 prefix 0.0.0.0/1\nselector: 2 prefix 128.0.0.0/1\n";
    let (head, _) = PACK.split_once("selector").unwrap();
    session.write("halves.pack", &(head.to_owned() + halves));
    let lint = session
        .type_in("pack lint halves.pack --format json")
        .ended(1);
    assert_eq!(lint.json()["ok"], false);
    for line in [
        "pack compile halves.pack",
        "pack compile halves.pack --out halves.note",
    ] {
        let refused = session.type_in(line).ended(1);
        assert_eq!(refused.out, "");
        assert!(refused.last_line().starts_with("sakimori: "), "{refused:?}");
    }
    assert!(!session.node.beside("halves.note").exists());
}

#[test]
fn an_authority_is_asked_for_signed_and_put_in_force() {
    let session = Session::begin();
    session.write("week.pack", PACK);
    let drafted = session.type_in(DRAFT).yes();
    assert_eq!(drafted.out.trim().len(), 32);
    assert!(drafted.err.contains("the request is on record"));
    // Not signed by everybody who is present: no decision, and not put on record.
    let two = format!("authority sign statement.txt{}", keys(&["m1", "m2"]));
    let signed = session.type_in(&two).yes();
    assert_eq!(signed.out, "statement.txt\n");
    assert!(signed.err.contains("signed by commission.example/m2"));
    let short = session.type_in("authority submit statement.txt").ended(1);
    assert_eq!(short.out, "");
    assert!(short.err.contains("m4"), "{short:?}");
    let shown = session.type_in("authority show statement.txt").ended(1);
    assert!(shown.out.contains("This is no decision"), "{shown:?}");
    session
        .type_in(&format!("authority sign statement.txt{}", keys(&["m4"])))
        .yes();
    let submitted = session.type_in("authority submit statement.txt").yes();
    assert_eq!(submitted.out, drafted.out);
    assert!(submitted.err.contains("s-01 may run until"));
    // Once more is the same decision, with a new lease.
    let again = session.type_in("authority submit statement.txt").yes();
    assert_eq!(again.out, submitted.out);
    // Another text under the same id is none.
    let text = fs::read_to_string(session.node.beside("statement.txt")).unwrap();
    let (text, _) = text.split_once("\n\n").unwrap();
    let other = text.replace("keep 90d", "keep 80d") + "\n";
    session.write("other.txt", &other);
    let sign = format!("authority sign other.txt{}", keys(&["m1", "m2", "m4"]));
    session.type_in(&sign).yes();
    let refused = session.type_in("authority submit other.txt").ended(1);
    assert!(refused.err.contains("an id is used once"), "{refused:?}");
    let id = submitted.out.trim();
    let shown = session
        .type_in(&format!("authority show {id} --format json"))
        .yes();
    assert_eq!(shown.json()["approvers"], json!(["m1", "m2"]));
    assert_eq!(shown.json()["decided"], true);
    let all = session.type_in("authority show --format json").yes();
    assert_eq!(all.json()[0]["id"], id);
    let leased = session
        .type_in(&format!("authority lease {id} --sensor s-01"))
        .yes();
    assert!(leased.out.starts_with("s-01 may run under"), "{leased:?}");
    let other = session
        .type_in(&format!("authority lease {id} --sensor s-02"))
        .ended(1);
    assert!(other.err.contains("the commission refuses"), "{other:?}");
    session.node.verify().yes();
}

#[test]
fn a_sensor_runs_an_analyst_looks_and_a_stranger_verifies() {
    let mut session = Session::begin();
    in_force(&session);
    let packets = border(&session.node.beside("day.pcap"), 10, 3).unwrap();
    let text = session.type_in("sensor run day.pcap").yes();
    assert!(
        text.out.contains("packets") && text.out.ends_with("Nothing was found.\n"),
        "{text:?}"
    );
    assert_eq!(text.err, "");
    let document = session
        .type_in("sensor run day.pcap --format json")
        .yes()
        .json();
    let expected =
        json!({"read": packets, "selected": 150, "discarded": 30, "errors": 0, "domestic": 30});
    assert_eq!(document["packets"], expected);
    assert_eq!(document["flows"], json!({"total": 30, "selected": 30}));
    looks(&session);
    let listed = session.type_in("lake list --format json").yes().json();
    assert_eq!(listed[0]["records"], 60);
    session.type_in("lake list").yes();
    assert_eq!(
        session.type_in("lake expire").yes().out,
        "No bucket has expired.\n"
    );
    session.node.stop();
    verifies(&session);
}

/// Questions in all their forms.
fn looks(session: &Session) {
    let ask = |what: &str| {
        let line = format!("query --purpose which%calls --case case-1 --format json {what}");
        session.type_in(&line).yes().json()
    };
    let rows = |answer: &Value| answer["rows"].as_array().unwrap().len();
    let all = ask("");
    assert_eq!((rows(&all), &all["more"]), (60, &json!(false)));
    assert_eq!(
        all["rows"][0]["destination_country"]
            .as_str()
            .unwrap()
            .len(),
        2
    );
    let record = all["rows"][0]["record"].as_str().unwrap();
    assert_eq!(rows(&ask(&format!("--record {record}"))), 1);
    assert_eq!(rows(&ask("--pair 133.1.0.1 25.66.135.1")), 20);
    assert_eq!(rows(&ask("--pair 25.66.135.1 133.1.0.1")), 20);
    assert_eq!(rows(&ask("--prefix 133.1.0.2/32")), 20);
    assert_eq!(rows(&ask("--prefix 8.8.8.0/24")), 0);
    assert_eq!(
        rows(&ask(
            "--from 2027-04-01T00:05:00Z --until 2027-04-01T00:06:00Z"
        )),
        6
    );
    let cut = ask("--limit 7");
    assert_eq!((rows(&cut), &cut["more"]), (7, &json!(true)));
    // An answer has two entries, and both are in the log.
    let [opened, closed] = [0, 1].map(|at| cut["entries"][at].as_u64().unwrap());
    assert!(closed > opened);
    let table = session
        .type_in("query --purpose p --case c --pair 133.1.0.1 25.66.135.1")
        .yes();
    assert!(table.out.contains("25.66.135.1") && table.err.contains("the question is entry"));
}

/// The verifier says yes to the node and to its copies, and no to a byte.
fn verifies(session: &Session) {
    let verified = session.type_in("verify node").yes();
    assert!(
        verified
            .out
            .ends_with("verified: everything that was checked is right\n"),
        "{verified:?}"
    );
    for target in [
        "node/log --trust-root node/trust-root.note",
        "node/log --mirror node/commission/mirror",
    ] {
        session.type_in(&format!("verify {target}")).yes();
    }
    let bundles = files_below(&session.node.dir().join("log/tile/entries"));
    let bundle = bundles.last().unwrap();
    let mut bytes = fs::read(bundle).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(bundle, &bytes).unwrap();
    let tampered = session.type_in("verify node").ended(1);
    assert!(tampered.out.contains("tile/entries/"), "{tampered:?}");
    assert!(tampered.out.contains("NOT verified"), "{tampered:?}");
    let document = session.type_in("verify node --format json").ended(1).json();
    assert_eq!(document["ok"], false);
}

#[test]
fn sql_without_its_program_names_the_command_that_builds_it() {
    let session = Session::begin();
    in_force(&session);
    // The program looks beside itself: a copy has nobody there.
    let copy = session.node.beside("sakimori");
    fs::copy(env!("CARGO_BIN_EXE_sakimori"), &copy).unwrap();
    let mut command = std::process::Command::new(copy);
    command.args([
        "query",
        "--purpose",
        "p",
        "--case",
        "c",
        "--sql",
        "SELECT 1",
    ]);
    let ran = run(command.arg("--dir").arg(session.node.dir()).env("PATH", "")).ended(2);
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("cargo build"), "{ran:?}");
    assert!(ran.err.contains("sakimori-query"), "{ran:?}");
}

#[test]
fn every_command_has_its_help() {
    for line in [
        "",
        "demo",
        "init",
        "pack",
        "pack lint",
        "pack compile",
        "pack show",
        "authority",
        "authority draft",
        "authority sign",
        "authority submit",
        "authority lease",
        "authority show",
        "authority urgent",
        "authority renew",
        "authority list",
        "authority ask",
        "authority answer",
        "authority refuse",
        "authority ratify",
        "authority approve",
        "authority revoke",
        "authority suspend",
        "authority resume",
        "authority schedule",
        "authority reidentify",
        "authority keep",
        "authority software",
        "key",
        "key new",
        "key show",
        "sensor",
        "sensor run",
        "query",
        "verify",
        "lake",
        "lake list",
        "lake expire",
        "ledger",
        "ledger run",
        "commission",
        "commission run",
    ] {
        let help = run(sakimori(line.split_whitespace()).arg("--help")).yes();
        assert!(help.out.contains("Usage: sakimori"), "{line}: {help:?}");
        assert_eq!(help.err, "", "{line}");
    }
    let version = run(&mut sakimori(["--version"])).yes();
    assert!(version.out.starts_with("sakimori "));
}

#[test]
fn what_cannot_be_meant_ends_with_2_and_without_a_result() {
    let session = Session::begin();
    for line in [
        "",
        "sensors",
        "sensor",
        "sensor run",
        "sensor run x.pcap --home 300.0.0.0/8",
        "sensor run x.pcap --home-country jp",
        "sensor run x.pcap --direction sideways",
        "sensor run x.pcap --sensor S-01",
        "sensor run x.pcap --sensor s-09 --folder .",
        "sensor run x.pcap --authority 12",
        "query --case c",
        "query --purpose p",
        "query --purpose p --case C%1",
        "query --purpose p --case c --pair 1.2.3.4",
        "query --purpose p --case c --prefix 1.2.3.4/33",
        "query --purpose p --case c --record 1",
        "query --purpose p --case c --from yesterday",
        "query --purpose p --case c --record 0000000000000000-1 --prefix 1.2.3.0/24",
        "query --purpose p --case c",
        "authority draft --out x",
        "authority sign x",
        "authority lease 1 --sensor s-01",
        "authority show 0123456789abcdef0123456789abcdef",
        "authority lease 0123456789abcdef0123456789abcdef --sensor s-01",
        "pack lint",
        "verify",
        "verify node --now noon",
        "init",
        "commission run --listen 0.0.0.0:0",
        "commission run --listen 127.0.0.1",
        "demo --format yaml",
    ] {
        let ran = session.type_in(line);
        assert_eq!(ran.code, Some(2), "{line}: {ran:?}");
        assert_eq!(ran.out, "", "{line}");
        assert_ne!(ran.err, "", "{line}");
    }
}

#[test]
fn a_second_process_of_a_sensor_ledger_or_commission_is_refused() {
    let session = Session::begin();
    in_force(&session);
    let mut first = session.node.command(&["sensor", "run"]);
    let mut first =
        crate::program::Running::start(first.arg("-").stdin(std::process::Stdio::piped()));
    let input = first.input().unwrap();
    // It has the lock once it has noted its run.
    let state = session.node.dir().join("sensor/s-01/state.json");
    while !fs::read_to_string(&state)
        .unwrap()
        .contains("\"open_runs\": [\n")
    {
        assert!(first.goes_on(std::time::Duration::from_millis(1)));
    }
    session.write("empty.pcap", "");
    let second = session.type_in("sensor run empty.pcap").ended(2);
    assert!(
        second.err.contains("sensor `s-01` runs already"),
        "{second:?}"
    );
    // Others may look meanwhile.
    let looked = session
        .type_in("query --purpose p --case c --format json")
        .yes();
    assert_eq!(looked.json()["rows"], json!([]));
    session.type_in("lake list").yes();
    session.type_in("lake expire").yes();
    let ledger = session.type_in("ledger run").ended(75);
    assert!(ledger.err.contains("node"), "{ledger:?}");
    let commission = session
        .type_in("commission run --listen 127.0.0.1:0")
        .ended(2);
    assert!(commission.err.contains("runs already"), "{commission:?}");
    drop(input);
    first.end();
}

#[test]
fn what_is_away_is_named_and_ends_with_75() {
    let mut session = Session::begin();
    let id = in_force(&session);
    session.write("empty.pcap", "");
    session.node.commission = None;
    let lease = format!("authority lease {id} --sensor s-01");
    let away = session.type_in(&lease).ended(75);
    assert!(
        away.err.contains("the commission at http://127.0.0.1:"),
        "{away:?}"
    );
    assert!(
        away.err.contains("`sakimori commission run` starts it"),
        "{away:?}"
    );
    // Without a share nothing is read; the log has the refusal.
    let refused = session.type_in("sensor run empty.pcap").ended(1);
    assert!(refused.err.contains("keys-unavailable"), "{refused:?}");
    assert!(refused.err.contains("does not answer"), "{refused:?}");
    session.node.ledger = None;
    for line in [
        DRAFT,
        &lease,
        "authority submit statement.txt",
        "query --purpose p --case c",
        "lake expire",
    ] {
        let away = session.type_in(line).ended(75);
        assert_eq!(away.out, "", "{line}");
        assert_eq!(away.err.lines().count(), 1, "{line}: {away:?}");
        assert!(
            away.err.contains("node/ledger/ledger.sock"),
            "{line}: {away:?}"
        );
    }
    assert!(
        session
            .type_in("sensor run empty.pcap")
            .ended(75)
            .out
            .is_empty()
    );
    // What needs neither goes on.
    for line in ["lake list", "authority show", "pack show", "verify node"] {
        session.type_in(line).yes();
    }
}
