//! What the commission gives, and to whom it gives nothing. In: requests over loopback, signed by the right and the wrong. Out: leases, shares, attestations, or one line. Never: a share
//! made for a request that is refused.

use crate::clock::{Clock, World, world};
use crate::node::sensor;
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_authority::{Lease, Statement};
use sakimori_control::commission::{CallError, Caller, Use};
use sakimori_control::journal::{Deed, Journal};
use sakimori_control::setup::{commission_key, member_key};
use sakimori_control::{Host, keys, office};
use sakimori_custody::entry::EntryType;
use sakimori_custody::epoch::EpochId;
use sakimori_custody::ids::{AuthorityId, BucketId, SensorId};
use sakimori_custody::time::DAY_SECONDS;
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

fn key<L>(world: &World<L>, who: &str) -> NoteSigner {
    let path = match who {
        "office" => world.node.office_key("office"),
        "lease" => commission_key(&world.node, who),
        member if member.starts_with('m') => member_key(&world.node, member),
        sensor => world
            .node
            .sensor(&sensor.parse().unwrap())
            .join("sensor.key"),
    };
    keys::read(&path).unwrap()
}

fn caller<L>(world: &World<L>, host: &Host) -> Caller {
    let address = world.commission.as_ref().unwrap().address;
    let root = sakimori_control::ledger::installed_root(&world.node).unwrap();
    Caller::new(&format!("http://{address}"), root.commission_holder, host)
}

fn bucket<L>(world: &World<L>, statement: &Statement) -> BucketId {
    BucketId {
        authority: statement.id,
        sensor: sensor(),
        day: world.now().day(),
    }
}

/// Puts an entry of the office on record, once the mirror has it, with a body as what opens a query has it.
fn enter<L>(
    world: &World<L>,
    kind: EntryType,
    statement: &Statement,
    counters: &[u64],
    buckets: &[String],
) -> u64 {
    let office = key(world, "office");
    let socket = world.node.ledger().socket;
    let mut journal = Journal::begin(&socket, Some(&office), &world.host).unwrap();
    enter_in(&mut journal, kind, statement, counters, buckets)
}

/// As [`enter`], in a stream that goes on.
fn enter_in(
    journal: &mut Journal<'_>,
    kind: EntryType,
    statement: &Statement,
    counters: &[u64],
    buckets: &[String],
) -> u64 {
    let deed = Deed {
        kind,
        authority: statement.commitment(),
        counters: counters.to_vec(),
        body: serde_json::json!({
            "actor": "a.tanaka", "purpose": "a test", "case": "case-1", "buckets": buckets,
            "authority": statement.id.to_string(),
        })
        .to_string()
        .into_bytes(),
    };
    let (index, _) = journal.record(deed).unwrap();
    journal.log.proof(index).unwrap();
    index
}

#[track_caller]
fn denied<T>(what: &str, answer: Result<T, CallError>, reason: &str) {
    match answer {
        Err(CallError::Denied(line)) => assert!(line.contains(reason), "{what}: {line}"),
        Err(other) => panic!("{what}: {other}"),
        Ok(_) => panic!("{what} was granted"),
    }
}

const NO_DECISION: &str = "no such decision in force";

#[test]
fn a_lease_is_for_the_office_now_and_for_what_was_decided() {
    let world = world();
    let statement = world.decided(1, 90);
    let office = key(&world, "office");
    let (id, sensor) = (statement.id, sensor());
    let caller = caller(&world, &world.host);
    caller.lease(id, &sensor, 60, &office).unwrap();
    for who in ["m1", "s-01", "lease"] {
        denied(who, caller.lease(id, &sensor, 60, &key(&world, who)), "");
    }
    let stranger = AuthorityId([9; 16]);
    denied(
        "an unknown authority",
        caller.lease(stranger, &sensor, 60, &office),
        NO_DECISION,
    );
    for other in ["s-02", "s-09"] {
        let other: SensorId = other.parse().unwrap();
        denied("another sensor", caller.lease(id, &other, 60, &office), "");
    }
    for (what, apart) in [("five minutes ago", -301), ("in five minutes", 301)] {
        let clock = Clock::at(world.now().0.saturating_add_signed(apart));
        let caller = self::caller(&world, &clock.host());
        denied(
            what,
            caller.lease(id, &sensor, 60, &office),
            "the commission's clock says",
        );
    }
    world.clock.pass(DAY_SECONDS + 1);
    denied(
        "after the authority",
        caller.lease(id, &sensor, 60, &office),
        "",
    );
}

#[test]
fn a_share_to_write_is_for_the_sensor_of_the_bucket_under_its_lease() {
    let world = world();
    let statement = world.decided(30, 90);
    let caller = caller(&world, &world.host);
    let own = key(&world, "s-01");
    let today = bucket(&world, &statement);
    let ask = |bucket: &BucketId, who: &NoteSigner| caller.share(bucket, Use::Write, who);
    for who in ["office", "s-02", "m1", "lease"] {
        denied(who, ask(&today, &key(&world, who)), "");
    }
    let of = |change: fn(&mut BucketId)| {
        let mut other = today.clone();
        change(&mut other);
        other
    };
    for (what, bucket, reason) in [
        (
            "another sensor's bucket",
            of(|b| b.sensor = "s-02".parse().unwrap()),
            "",
        ),
        (
            "an unknown sensor's bucket",
            of(|b| b.sensor = "s-09".parse().unwrap()),
            "no key of this sensor",
        ),
        (
            "another authority's bucket",
            of(|b| b.authority = AuthorityId([9; 16])),
            NO_DECISION,
        ),
        ("yesterday's bucket", of(|b| b.day.0 -= 1), ""),
        ("tomorrow's bucket", of(|b| b.day.0 += 1), ""),
    ] {
        denied(what, ask(&bucket, &own), reason);
    }
    // Nothing that was refused has made a share.
    assert!(!world.node.commission().join("shares").exists());
    let share = ask(&today, &own).unwrap();
    assert_eq!(ask(&today, &own).unwrap().bytes(), share.bytes());
    world.clock.pass(13 * 3600);
    denied(
        "after the lease",
        ask(&today, &own),
        "no lease of this sensor",
    );
}

#[test]
fn a_share_to_look_is_for_an_office_whose_question_is_on_record() {
    let world = world();
    let (statement, other) = (world.decided(30, 90), world.decided(30, 90));
    let caller = caller(&world, &world.host);
    let (office, own) = (key(&world, "office"), key(&world, "s-01"));
    let today = bucket(&world, &statement);
    caller.share(&today, Use::Write, &own).unwrap();
    let ask = |entry, who: &NoteSigner| caller.share(&today, Use::Query { entry }, who);
    let named = [today.to_string()];
    let open = |statement: &Statement, buckets: &[String]| {
        enter(&world, EntryType::Query, statement, &[0, 1], buckets)
    };
    let opened = open(&statement, &named);
    // What closes a query stands in its stream.
    let socket = world.node.ledger().socket;
    let mut journal = Journal::begin(&socket, Some(&office), &world.host).unwrap();
    let mut say =
        |counters: &[u64]| enter_in(&mut journal, EntryType::Query, &statement, counters, &named);
    let answered = say(&[0, 1]);
    let closed = say(&[5, 1, answered]);
    let elsewhere = open(&other, &[bucket(&world, &other).to_string()]);
    let yesterday = BucketId {
        day: sakimori_custody::time::Day(today.day.0 - 1),
        ..today.clone()
    };
    let unnamed = open(&statement, &[yesterday.to_string()]);
    ask(opened, &office).unwrap();
    for (what, entry, reason) in [
        ("the trust root", 0, "is no query that is open"),
        ("the schedule", 1, "is no query that is open"),
        ("what closes a query", closed, "is no query that is open"),
        (
            "a query with its answer",
            answered,
            "is no query that is open",
        ),
        ("beyond the log", 1_000_000, "is no query that is open"),
        (
            "a question about other records",
            elsewhere,
            "is under another authority",
        ),
        (
            "a question that does not name the bucket",
            unnamed,
            "does not name this bucket",
        ),
    ] {
        denied(what, ask(entry, &office), reason);
    }
    for who in ["s-01", "m1", "lease"] {
        denied(who, ask(opened, &key(&world, who)), "");
    }
    world.clock.pass(15 * 60 + 61);
    denied(
        "a quarter of an hour later",
        ask(opened, &office),
        "the commission's clock says",
    );
}

#[test]
fn a_share_is_destroyed_for_the_office_when_its_time_is_over() {
    let world = world();
    let statement = world.decided(30, 1);
    let caller = caller(&world, &world.host);
    let (office, own) = (key(&world, "office"), key(&world, "s-01"));
    let today = bucket(&world, &statement);
    caller.share(&today, Use::Write, &own).unwrap();
    let end = today.day.start().plus(DAY_SECONDS);
    denied(
        "before its time",
        caller.destroy(&today, &office),
        "the bucket is kept until",
    );
    world.clock.pass(end.0 - world.now().0 - 1);
    denied(
        "a second before its time",
        caller.destroy(&today, &office),
        "the bucket is kept until",
    );
    world.clock.pass(1);
    for who in ["m1", "s-01", "lease"] {
        denied(who, caller.destroy(&today, &key(&world, who)), "");
    }
    let stranger = BucketId {
        authority: AuthorityId([9; 16]),
        ..today.clone()
    };
    denied(
        "an unknown authority",
        caller.destroy(&stranger, &office),
        NO_DECISION,
    );
    let never = BucketId {
        day: sakimori_custody::time::Day(today.day.0 - 1),
        ..today.clone()
    };
    denied(
        "a share that never was",
        caller.destroy(&never, &office),
        "there never was a share",
    );
    let attested = String::from_utf8(caller.destroy(&today, &office).unwrap()).unwrap();
    assert!(
        attested.contains(&format!("\nholder: commission\ndestroyed: {end}\n")),
        "{attested}"
    );
    // It is not made anew for the same bucket, whatever the clock of the asker.
    denied(
        "a bucket that is gone",
        caller.share(&today, Use::Write, &own),
        "",
    );
    caller.destroy(&today, &office).unwrap();
}

/// Puts a query on record that names these buckets, as the office does before it looks.
fn opened<L>(world: &World<L>, statement: &Statement, bucket: &BucketId) -> u64 {
    let named = [bucket.to_string()];
    enter(world, EntryType::Query, statement, &[0, 1], &named)
}

fn tick<L>(world: &World<L>) {
    let commission = &world.commission.as_ref().unwrap().commission;
    assert_eq!(commission.tick(world.now()).unwrap().len(), 0);
}

/// The file of the commission's half.
fn half<L>(world: &World<L>, bucket: &BucketId) -> std::path::PathBuf {
    let name = bucket.to_string().replace('/', "_");
    let folder = world.node.commission();
    folder.join(format!("shares/{name}.share"))
}

#[test]
fn a_bucket_that_has_expired_is_not_read_and_its_half_goes_though_the_office_sits_still() {
    let world = world();
    let statement = world.decided(30, 1);
    let caller = caller(&world, &world.host);
    let (office, own) = (key(&world, "office"), key(&world, "s-01"));
    let today = bucket(&world, &statement);
    caller.share(&today, Use::Write, &own).unwrap();
    let ask = |entry| caller.share(&today, Use::Query { entry }, &office);
    let end = today.day.start().plus(DAY_SECONDS);
    world.clock.pass(end.0 - world.now().0 - 1);
    ask(opened(&world, &statement, &today)).unwrap();
    let last = opened(&world, &statement, &today);
    world.clock.pass(1);
    denied("at its end", ask(last), "was kept until");
    // The office does not ask for its end, and has a day for that.
    world.clock.pass(DAY_SECONDS);
    tick(&world);
    assert!(half(&world, &today).exists());
    world.clock.pass(1);
    tick(&world);
    assert!(!half(&world, &today).exists());
    let attested = String::from_utf8(caller.destroy(&today, &office).unwrap()).unwrap();
    assert!(attested.contains("\nholder: commission\n"), "{attested}");
}

#[test]
fn a_half_that_was_destroyed_is_not_given_when_its_file_comes_back() {
    let world = world();
    let statement = world.decided(30, 1);
    let caller = caller(&world, &world.host);
    let (office, own) = (key(&world, "office"), key(&world, "s-01"));
    let today = bucket(&world, &statement);
    caller.share(&today, Use::Write, &own).unwrap();
    let kept = std::fs::read(half(&world, &today)).unwrap();
    world.clock.pass(DAY_SECONDS);
    caller.destroy(&today, &office).unwrap();
    std::fs::write(half(&world, &today), kept).unwrap();
    // As if the end had not come.
    world.clock.back(DAY_SECONDS);
    let entry = opened(&world, &statement, &today);
    let gone = "there is no share of bucket";
    let query = Use::Query { entry };
    denied("to look", caller.share(&today, query, &office), gone);
    denied("to write", caller.share(&today, Use::Write, &own), gone);
}

#[test]
fn a_clock_that_was_set_ahead_before_the_start_destroys_nothing_until_the_log_bears_it_out() {
    let mut world = world();
    let statement = world.decided(30, 1);
    let today = bucket(&world, &statement);
    let (office, own) = (key(&world, "office"), key(&world, "s-01"));
    let epoch = EpochId::of(statement.id, today.day, 30).unwrap();
    let before = caller(&world, &world.host);
    before.share(&today, Use::Write, &own).unwrap();
    before.epoch_share(epoch, &sensor(), &own).unwrap();
    let address = world.commission.take().unwrap().address;
    world.clock.pass(31 * DAY_SECONDS);
    world.commission_again(address);
    tick(&world);
    assert!(half(&world, &today).exists());
    let caller = caller(&world, &world.host);
    let until = "the bucket is kept until";
    denied("alone", caller.destroy(&today, &office), until);
    let ends = "the epoch ends on";
    denied("an epoch", caller.epoch_destroy(epoch, &office), ends);
    // A month did pass: the office's clock says so too, with a query of what goes on.
    opened(&world, &statement, &bucket(&world, &statement));
    tick(&world);
    assert!(!half(&world, &today).exists());
    caller.destroy(&today, &office).unwrap();
    caller.epoch_destroy(epoch, &office).unwrap();
}

#[test]
fn a_sensor_that_was_stopped_gets_no_fresh_half_and_closes_what_it_has_within_two_minutes() {
    let world = world();
    let statement = world.decided(30, 90);
    let caller = caller(&world, &world.host);
    let (office, own) = (key(&world, "office"), key(&world, "s-01"));
    let today = bucket(&world, &statement);
    let ask = || caller.share(&today, Use::Write, &own);
    let order = |act| {
        let (node, host) = (&world.node, &world.host);
        let text = office::suspension_text(node, host, statement.id, By::Office, act, "a test");
        let note = Note::sign(&text.unwrap().to_string(), &[&office], 0).unwrap();
        office::enter(node, host, &note.to_bytes()).unwrap();
    };
    let epoch = EpochId::of(statement.id, today.day, 30).unwrap();
    let epoch = || caller.epoch_share(epoch, &sensor(), &own);
    order(SuspensionAct::Suspend);
    denied("no half is there", ask(), "suspended");
    denied("nor one of an epoch", epoch(), "suspended");
    assert!(!half(&world, &today).exists());
    order(SuspensionAct::Resume);
    let share = ask().unwrap();
    epoch().unwrap();
    order(SuspensionAct::Suspend);
    world.clock.pass(119);
    denied("that of an epoch closes no window", epoch(), "suspended");
    assert_eq!(ask().unwrap().bytes(), share.bytes());
    world.clock.pass(2);
    denied("two minutes later", ask(), "suspended");
    order(SuspensionAct::Resume);
    ask().unwrap();
}

#[test]
fn a_fresh_half_ends_with_the_lease_to_the_second_and_a_lease_lasts_half_a_day_at_most() {
    let world = world();
    let statement = world.decided(30, 90);
    let caller = caller(&world, &world.host);
    let (office, own) = (key(&world, "office"), key(&world, "s-01"));
    let root = sakimori_control::ledger::installed_root(&world.node).unwrap();
    for asked in [60, 12 * 3600, 24 * 3600, u64::MAX] {
        let note = caller.lease(statement.id, &sensor(), asked, &office);
        let lease = Lease::open(&note.unwrap(), &root.lease_key).unwrap();
        let lasts = lease.not_after.0 - lease.issued.0;
        assert_eq!(lasts, asked.min(12 * 3600));
    }
    let folder = world.node.authority(statement.id, &sensor());
    let lease = std::fs::read(folder.join("lease.note")).unwrap();
    let until = Lease::open(&lease, &root.lease_key).unwrap().not_after;
    world.clock.pass(until.0 - world.now().0 + 1);
    let today = bucket(&world, &statement);
    denied(
        "a second behind the lease",
        caller.share(&today, Use::Write, &own),
        "no lease of this sensor",
    );
    assert!(!half(&world, &today).exists());
}

/// One request as bytes; the answer's first line.
fn said(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(std::time::Duration::from_secs(20)))
        .unwrap();
    // Where the answer comes before the end of the request, the rest is not wanted.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn what_is_no_request_is_answered_with_its_status_and_does_no_harm() {
    let world = world();
    let statement = world.decided(30, 1);
    let address = world.commission.as_ref().unwrap().address;
    let post = |path: &str, body: &[u8]| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: c\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        said(address, &[head.as_bytes(), body].concat())
    };
    for path in ["/lease", "/share", "/destroy"] {
        for body in [b"".as_slice(), b"hello\n", &[0xff; 200]] {
            assert!(
                post(path, body).contains(" 400 "),
                "{path}: {}",
                post(path, body)
            );
        }
        // What is too long is not read to its end: the answer may be lost with the rest.
        let long = post(path, &b"a".repeat(17 << 10));
        assert!(long.is_empty() || long.contains(" 413 "), "{path}: {long}");
        let get = format!("GET {path} HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n");
        assert!(said(address, get.as_bytes()).contains(" 405 "), "{path}");
    }
    assert!(post("/nothing", b"").contains(" 404 "));
    // A note of the office that is no request.
    let note = Note::sign("hello\n", &[&key(&world, "office")], 0).unwrap();
    assert!(post("/lease", &note.to_bytes()).contains(" 400 "));
    said(address, b"\x16\x03\x01\x02\x00\x01");
    let caller = caller(&world, &world.host);
    caller
        .lease(statement.id, &sensor(), 60, &key(&world, "office"))
        .unwrap();
}

#[test]
fn a_run_that_nobody_leased_is_no_entry() {
    let world = world();
    world.decided(30, 1);
    let own = key(&world, "s-01");
    let socket = world.node.ledger().socket;
    let mut journal = Journal::begin(&socket, Some(&own), &world.host).unwrap();
    let deed = Deed {
        kind: EntryType::Start,
        authority: [9; 32],
        counters: vec![4, 1, 1, 20_270_401],
        body: b"{}".to_vec(),
    };
    // The office's writer holds to the same rules as the commission's mirror.
    let refused = journal.record(deed).unwrap_err();
    let told = sakimori_control::error::told(&refused);
    assert!(told.contains("[authority-none]"), "{told}");
}

/// Answers every request with the same bytes, as somebody at the commission's address may.
fn impostor(answer: &'static [u8]) -> SocketAddr {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = Vec::new();
        let mut part = [0; 4096];
        // A request is a head, and a note that ends with its signature line.
        while !seen.windows(4).any(|w| w == b"\r\n\r\n")
            || !seen.ends_with(b"\n")
            || seen.ends_with(b"\r\n")
        {
            let count = stream.read(&mut part).unwrap();
            seen.extend_from_slice(&part[..count]);
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(answer).unwrap();
    });
    address
}

#[test]
fn a_share_that_the_commissions_holder_has_not_signed_is_none() {
    let world = world();
    let statement = world.decided(30, 90);
    let root = sakimori_control::ledger::installed_root(&world.node).unwrap();
    let own = key(&world, "s-01");
    let today = bucket(&world, &statement);
    for answer in [&[b'A'; 32][..], b"sakimori/share/v1\nshare: 00\n"] {
        let address = format!("http://{}", impostor(answer));
        let caller = Caller::new(&address, root.commission_holder.clone(), &world.host);
        match caller.share(&today, Use::Write, &own) {
            Err(CallError::Failed(reason)) => assert!(reason.contains("holder signed"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}
