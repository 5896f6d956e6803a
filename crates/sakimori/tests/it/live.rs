//! Control of a sensor that runs, through the real program: an endless input on standard input, orders from other processes. In: a node, packets without end. Out: how fast each order ends or prolongs the run, and
//! what the log says. Never: a run that outlives its order.

#![expect(
    clippy::print_stdout,
    reason = "it tells its figures to whoever runs it"
)]

use crate::captures::border;
use crate::node::{TestNode, sensor};
use crate::program::{Ran, Running, run, sakimori};
use sakimori_authority::Statement;
use sakimori_control::commission::Caller;
use sakimori_control::files;
use sakimori_control::journal::{Deed, Journal};
use sakimori_custody::entry::EntryType;
use sakimori_testkit::files_below;
use std::io::Write;
use std::process::Stdio;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A sensor on an endless input.
struct Live {
    running: Running,
    feeder: JoinHandle<()>,
}

#[expect(clippy::disallowed_methods, reason = "it measures real processes")]
fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "it paces an endless input and waits for other processes"
)]
fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

impl Live {
    /// Starts the sensor and waits until its word that it runs is on record.
    fn start(node: &TestNode) -> Self {
        let path = node.beside("packets.pcap");
        border(&path, 2, 3).unwrap();
        let capture = std::fs::read(&path).unwrap();
        let mut command = node.command(&["sensor", "run", "--format", "json"]);
        let command = command.arg("-").stdin(Stdio::piped());
        let mut running = Running::start(command);
        let mut input = running.input().unwrap();
        let feeder = std::thread::spawn(move || {
            let (header, records) = capture.split_at(24);
            let mut fed = input.write_all(header);
            while fed.is_ok() {
                fed = input.write_all(records);
                pause(20);
            }
        });
        until(node, 1, EntryType::Effective);
        Self { running, feeder }
    }

    /// Its end, and how long after `since` it came.
    fn end(self, since: Instant) -> (Ran, u128) {
        let ran = self.running.end();
        let took = since.elapsed().as_millis();
        self.feeder.join().unwrap();
        (ran, took)
    }
}

/// Waits until the log has so many entries of a kind.
fn until(node: &TestNode, count: usize, kind: EntryType) {
    let begun = now();
    while count_of(node, kind) < count {
        assert!(begun.elapsed().as_secs() < 60, "no {kind} within a minute");
        pause(20);
    }
}

fn count_of(node: &TestNode, kind: EntryType) -> usize {
    let mut count = 0;
    let counted = node.log().each_entry(|_, envelope, _| {
        count += usize::from(envelope.kind == kind);
        true
    });
    counted.unwrap();
    count
}

/// A line of `authority …` that is typed beside the node.
fn authority(node: &TestNode, line: &str) -> Ran {
    let mut command = sakimori(["authority"].into_iter().chain(line.split(' ')));
    run(command
        .current_dir(node.beside(""))
        .env("SAKIMORI_DIR", node.dir()))
}

fn member(node: &TestNode, id: &str) -> String {
    node.dir()
        .join(format!("commission/members/{id}.key"))
        .display()
        .to_string()
}

/// What the stop entry says, and the states that the sensor acknowledged.
fn told(node: &TestNode) -> (String, Vec<String>) {
    let reason =
        |entry: &crate::node::Logged, field: &str| entry.body[field].as_str().unwrap().to_owned();
    let stops = node.entries_of(EntryType::Stop);
    let states = node.entries_of(EntryType::Effective);
    let states = states.iter().map(|entry| reason(entry, "state")).collect();
    (reason(stops.last().unwrap(), "reason"), states)
}

/// Ends a run by an order that `give` gives, and looks at what is left.
fn ended_by(
    what: &str,
    reason: &str,
    state: &str,
    code: i32,
    give: impl Fn(&TestNode, &Statement),
) {
    let node = TestNode::running();
    let statement = node.authorised();
    let live = Live::start(&node);
    let since = now();
    give(&node, &statement);
    let (ran, took) = live.end(since);
    println!("{what}: the sensor was gone {took} ms after the command was typed");
    assert!(took < 5000, "{what}: {took} ms");
    let read = ran.ended(code).json()["packets"]["read"].as_u64().unwrap();
    assert!(read > 0, "{what}");
    let (stopped, states) = told(&node);
    assert_eq!(
        (stopped.as_str(), states.last().unwrap().as_str()),
        (reason, state),
        "{what}"
    );
    // Every packet that was read is accounted for.
    let receipts = node.entries_of(EntryType::Receipt);
    let sum: u64 = receipts
        .iter()
        .map(|entry| entry.envelope.counters[4])
        .sum();
    assert_eq!(sum, read, "{what}");
    node.verify().yes();
}

#[test]
fn a_suspension_by_the_commission_reaches_a_running_sensor_in_under_five_seconds() {
    ended_by(
        "suspended by the deputy",
        "suspended",
        "suspended",
        1,
        |node, statement| {
            let key = member(node, "m2");
            let line = format!(
                "suspend {} --by commission --reason inspection --key {key}",
                statement.id
            );
            authority(node, &line).yes();
        },
    );
}

#[test]
fn a_suspension_by_the_office_reaches_a_running_sensor_and_a_resumption_lets_it_start_again() {
    let node = TestNode::running();
    let statement = node.authorised();
    let key = node
        .dir()
        .join("office/keys/office.key")
        .display()
        .to_string();
    let live = Live::start(&node);
    // A lease that is renewed from another terminal reaches it too.
    pause(1100);
    authority(&node, &format!("lease {} --sensor s-01", statement.id)).yes();
    until(&node, 2, EntryType::Effective);
    let since = now();
    let order = |act: &str| {
        authority(
            &node,
            &format!(
                "{act} {} --by office --reason check --key {key}",
                statement.id
            ),
        )
        .yes();
    };
    order("suspend");
    let (ran, took) = live.end(since);
    println!("suspended by the office: the sensor was gone after {took} ms");
    assert!(took < 5000, "{took} ms");
    assert!(ran.ended(1).err.contains("was suspended"));
    assert_eq!(told(&node).1, ["running", "renewed", "suspended"]);
    let capture = node.beside("packets.pcap");
    let refused = node.sensor(&[], &capture).ended(1);
    assert!(refused.err.contains("(suspended, code 82)"), "{refused:?}");
    // A note that is taken away is not forgotten.
    let folder = node.node.authority(statement.id, &sensor());
    let note = std::fs::read(folder.join("suspension-office.note")).unwrap();
    std::fs::remove_file(folder.join("suspension-office.note")).unwrap();
    let refused = node.sensor(&[], &capture).ended(1);
    assert!(refused.err.contains("(suspended, code 82)"), "{refused:?}");
    std::fs::write(folder.join("suspension-office.note"), note).unwrap();
    // Neither is a stranger's word any.
    let stranger = node.beside("stranger.key").display().to_string();
    run(&mut sakimori([
        "key",
        "new",
        "--name",
        "office.example/office",
        "--out",
        &stranger,
    ]))
    .yes();
    let forged = authority(
        &node,
        &format!(
            "resume {} --by office --reason check --key {stranger}",
            statement.id
        ),
    );
    assert!(forged.ended(1).err.contains("not signed by the office"));
    order("resume");
    node.sensor(&[], &capture).yes();
    let shown = authority(&node, "list --format json").yes().json();
    assert_eq!(shown["authorities"][0]["state"], "active");
    assert_eq!(
        shown["authorities"][0]["sensors"][0]["acknowledged"]["state"],
        "ended"
    );
    node.verify().yes();
}

#[test]
fn a_revocation_reaches_a_running_sensor_in_under_five_seconds() {
    let node = TestNode::running();
    let statement = node.authorised();
    let line = format!(
        "revoke {} --reason abuse --out ruling.txt --present m1,m2,m4 --presiding m1 --for m1,m2 --against m4",
        statement.id
    );
    authority(&node, &line).yes();
    let keys = ["m1", "m2", "m4"]
        .map(|id| member(&node, id))
        .join(" --key ");
    authority(&node, &format!("sign ruling.txt --key {keys}")).yes();
    let live = Live::start(&node);
    let since = now();
    authority(&node, "submit ruling.txt").yes();
    let (ran, took) = live.end(since);
    println!("revoked: the sensor was gone {took} ms after the ruling was submitted");
    assert!(took < 5000, "{took} ms");
    assert!(ran.ended(1).err.contains("was revoked"));
    assert_eq!(told(&node).0, "revoked");
    let refused = node.sensor(&[], &node.beside("packets.pcap")).ended(1);
    assert!(refused.err.contains("(revoked, code 79)"), "{refused:?}");
    let lease = authority(&node, &format!("lease {} --sensor s-01", statement.id));
    assert_ne!(lease.code, Some(0), "{lease:?}");
    node.verify().yes();
}

#[test]
fn a_signal_ends_a_run_in_order() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        ended_by("a signal", "stopped", "ended", 0, |node, _| {
            let list = std::fs::read_dir("/proc").unwrap().flatten();
            let ids = list.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
            let dir = node.dir().display().to_string();
            let ours = |id: &i32| {
                let words = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
                let words = String::from_utf8_lossy(&words).into_owned();
                words.contains("sensor\0run\0") && words.contains(&dir)
            };
            let id = rustix::process::Pid::from_raw(ids.into_iter().find(ours).unwrap()).unwrap();
            rustix::process::kill_process(id, signal).unwrap();
        });
    }
}

/// A lease of a few seconds in the place of the folder's.
fn short_lease(node: &TestNode, statement: &Statement, seconds: u64) {
    let root = sakimori_control::ledger::installed_root(&node.node).unwrap();
    let address = std::fs::read_to_string(node.node.commission_address()).unwrap();
    let caller = Caller::new(address.trim(), root.commission_holder, &node.host);
    let office = node.key("office");
    let lease = caller
        .lease(statement.id, &sensor(), seconds, &office)
        .unwrap();
    let not_after = sakimori_authority::Lease::open(&lease, &root.lease_key)
        .unwrap()
        .not_after;
    let mut journal = Journal::begin(&node.node.ledger().socket, None, &node.host).unwrap();
    let deed = Deed {
        kind: EntryType::Activation,
        authority: statement.commitment(),
        counters: vec![not_after.0],
        body: lease.clone(),
    };
    let (index, _) = journal.record(deed).unwrap();
    journal.log.proof(index).unwrap();
    // A lease is given on the log as it is by then, and needs a proof from there.
    let decision = node.entries_of(EntryType::Decision)[0].index;
    let proof = journal.log.proof(decision).unwrap();
    let folder = node.node.authority(statement.id, &sensor());
    let write = |name: &str, bytes: &[u8]| files::write(&folder.join(name), bytes, files::PUBLIC);
    write("decision.tlog-proof", proof.as_bytes()).unwrap();
    write("lease.note", &lease).unwrap();
}

#[test]
fn a_run_ends_with_its_lease_where_the_commission_is_gone_and_a_renewal_prolongs_it() {
    let mut node = TestNode::running();
    let statement = node.authorised();
    short_lease(&node, &statement, 8);
    let live = Live::start(&node);
    // A renewal while it runs.
    short_lease(&node, &statement, 12);
    until(&node, 2, EntryType::Effective);
    let since = now();
    let folder = node.node.authority(statement.id, &sensor());
    let since_s = node.host.seconds();
    let root = sakimori_control::ledger::installed_root(&node.node).unwrap();
    let lease = std::fs::read(folder.join("lease.note")).unwrap();
    let lease = sakimori_authority::Lease::open(&lease, &root.lease_key).unwrap();
    let left = (lease.not_after.0 - since_s.0) * 1000;
    node.commission.take().unwrap().kill();
    let (ran, took) = live.end(since);
    println!("the commission gone: the sensor ended {took} ms later; its lease had {left} ms left");
    ran.yes();
    let span = u128::from(left.saturating_sub(1000))..u128::from(left + 3000);
    assert!(span.contains(&took), "{took} ms, {left} ms were left");
    node.start();
    let (reason, states) = told(&node);
    assert_eq!(reason, "expired");
    assert_eq!(states, ["running", "renewed", "ended"]);
    node.verify().yes();
}

/// How long after its log failed the sensor was gone.
fn without_log(what: &str, fail: impl Fn(&mut TestNode)) {
    let mut node = TestNode::running();
    node.authorised();
    let live = Live::start(&node);
    let since = now();
    fail(&mut node);
    let (ran, took) = live.end(since);
    println!("the log {what}: the sensor was gone after {took} ms");
    assert!(took < 1300, "the log {what}: {took} ms");
    assert_eq!(ran.ended(75).out, "");
    // Nothing unrecorded is in the lake.
    assert_eq!(
        files_below(&node.dir().join("lake"))
            .iter()
            .filter(|p| p.extension().is_some_and(|e| e == "parquet"))
            .count(),
        0
    );
}

#[test]
fn a_log_that_fails_stops_a_run_within_a_second() {
    without_log("is killed", |node| node.ledger.take().unwrap().kill());
    without_log("hangs", |node| {
        let id = node.ledger.as_ref().unwrap().pid();
        let id = rustix::process::Pid::from_raw(id.cast_signed()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::STOP).unwrap();
        // It is let go once the sensor is gone.
        std::thread::spawn(move || {
            pause(4000);
            rustix::process::kill_process(id, rustix::process::Signal::CONT).unwrap();
        });
    });
}
