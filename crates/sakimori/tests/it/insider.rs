//! Insiders: what somebody can do with everything that he holds, and where it is refused or named. In: a node with records. Out: refusals, names of files and leaves, alerts. Never: an act that
//! only a test could do.

use crate::captures::border;
use crate::clock::{World, border_pack, world};
use crate::node::{SITTING, TestNode, sensor};
use crate::program::{Ran, Running, run, sakimori};
use crate::workshop::edited;
use sakimori_access::Role as R;
use sakimori_authority::Statement;
use sakimori_control::commission::{CallError, Caller, Use};
use sakimori_control::export::{Form, export};
use sakimori_control::journal::{Deed, Journal};
use sakimori_control::oversight::book_of;
use sakimori_control::query::{Answered, Asked, Question, answer};
use sakimori_control::setup::{commission_key, member_key};
use sakimori_control::{ControlError, Host, Node, challenge, keys, office};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::BucketId;
use sakimori_custody::keys::{BucketKey, Share};
use sakimori_custody::time::DAY_SECONDS;
use sakimori_lake::{Ask, ShareVault, Span, What};
use sakimori_node::{Options, Role, with_access};
use sakimori_oversight::misuse::{Bounds, Rule, alerts};
use sakimori_store::{Case, Change, Clearance, Member, Person, RoleGrant};
use sakimori_testkit::files_below;
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// A look at records, as many as `limit`.
fn question(statement: &Statement, actor: &str, case: &str, limit: usize) -> Question {
    Question {
        actor: actor.parse().unwrap(),
        purpose: "a look".parse().unwrap(),
        case: case.parse().unwrap(),
        authority: statement.id,
        day: None,
        asked: Asked::Rows {
            ask: Ask {
                what: What::All,
                span: Span::ALL,
                limit,
            },
            text: "all".to_owned(),
        },
    }
}

/// Somebody looks.
fn looks<L>(world: &World<L>, question: &Question) -> Result<Answered, ControlError> {
    answer(&world.node, &world.host, question)
}

/// An entry of the office about somebody's role.
fn access(node: &Node, host: &Host, person: &str, act: &str) -> Result<u64, ControlError> {
    let key = keys::read(&node.office_key("office"))?;
    let mut journal = Journal::begin(&node.ledger().socket, Some(&key), host)?;
    let until = host.seconds().plus(300 * DAY_SECONDS).to_string();
    let body = json!({
        "person": person, "act": act, "roles": ["analyst"], "clearance": ["selected"], "until": until, "by": ["o3", "k.sato"],
    });
    let deed = Deed {
        kind: EntryType::Access,
        authority: [0; 32],
        counters: Vec::new(),
        body: body.to_string().into_bytes(),
    };
    let (index, _) = journal.record(deed)?;
    journal.log.proof(index)?;
    Ok(index)
}

/// Copies what is a file; sockets are none.
fn copy(from: &Path, to: &Path) {
    for file in files_below(from).into_iter().filter(|path| path.is_file()) {
        let place = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(&file, &place).unwrap();
    }
}

/// Puts a folder back as it was in an image, without what came later.
fn put_back(image: &Path, to: &Path) {
    for file in files_below(to) {
        fs::remove_file(file).unwrap();
    }
    copy(image, to);
}

/// A query at the command line.
fn query(node: &TestNode, more: &[&str]) -> Ran {
    let words = [&["query", "--purpose", "a look", "--case", "case-1"], more];
    run(&mut node.command(&words.concat()))
}

#[track_caller]
fn refused(ran: &Ran, codes: &[i32], told: &str) {
    assert!(ran.code.is_some_and(|c| codes.contains(&c)), "{ran:#?}");
    assert_eq!(ran.out, "", "{ran:#?}");
    assert!(ran.err.contains(told), "{told}: {ran:#?}");
}

fn bucket<L>(world: &World<L>) -> BucketId {
    world.node.lake().buckets().unwrap()[0].id.clone()
}

#[test]
fn row_03_one_per_cent_a_day_is_flagged_on_the_fifth_day_and_without_a_log_nothing_is_shown() {
    let mut world = world();
    let statement = world.decided(30, 90);
    world
        .watched(&statement, (50, 50), &mut crate::clock::Nobody)
        .unwrap();
    let found = |world: &World<_>| {
        let book = book_of(world.node.folder(), None).unwrap();
        let list = alerts(&book, &Bounds::default(), world.now());
        list.into_iter()
            .map(|a| (a.rule, a.actor))
            .collect::<Vec<_>>()
    };
    for day in 1..=5 {
        let shown = looks(&world, &question(&statement, "a.tanaka", "case-1", 25)).unwrap();
        assert_eq!(shown.rows.len(), 25);
        // The mirror has it before the analyst does.
        let mirror = world.node.commission().join("mirror");
        let copy = book_of(&mirror, None).unwrap();
        assert!(copy.size() > shown.entries[1], "day {day}");
        let told = found(&world);
        let wanted = (day == 5).then(|| (Rule::SlowScraping, "a.tanaka".to_owned()));
        assert_eq!(told, wanted.into_iter().collect::<Vec<_>>(), "day {day}");
        world.clock.pass(DAY_SECONDS);
    }
    world.ledger = None;
    let blind = looks(&world, &question(&statement, "a.tanaka", "case-1", 1)).unwrap_err();
    assert_eq!(blind.exit_code(), 75, "{blind}");
}

/// The entries of the log's one bundle.
fn bundle(log: &Path) -> (PathBuf, Vec<Vec<u8>>) {
    let path = files_below(&log.join("tile/entries")).pop().unwrap();
    let bytes = fs::read(&path).unwrap();
    let (mut rest, mut entries) = (bytes.as_slice(), Vec::new());
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (entry, more) = behind.split_at(usize::from(u16::from_be_bytes(*length)));
        entries.push(entry.to_vec());
        rest = more;
    }
    (path, entries)
}

fn write_bundle(path: &Path, entries: &[Vec<u8>]) {
    let framed = |entry: &Vec<u8>| {
        let length = (entry.len() as u16).to_be_bytes();
        [&length[..], entry].concat()
    };
    fs::write(path, entries.iter().flat_map(framed).collect::<Vec<u8>>()).unwrap();
}

type Edit = fn(&mut Vec<Vec<u8>>);

#[test]
fn row_05_what_an_administrator_flips_drops_swaps_or_takes_back_is_named() {
    let mut node = TestNode::running();
    node.authorised();
    node.entries();
    let early = node.beside("early");
    copy(&node.dir().join("log"), &early);
    let capture = node.beside("day.pcap");
    border(&capture, 10, 3).unwrap();
    node.sensor(&[], &capture).yes();
    node.verify().yes();
    node.stop();
    let mirror = files_below(&node.dir().join("commission/mirror"))
        .into_iter()
        .find(|path| path.ends_with("checkpoint"))
        .unwrap();
    let mirror = mirror.parent().unwrap().to_owned();
    let edits: [(&str, u64, Edit); 4] = [
        ("a bit of leaf 5 is another", 5, |all| all[5][40] ^= 1),
        ("leaf 5 is dropped", 5, |all| {
            all.remove(5);
        }),
        ("leaves 5 and 6 are swapped", 5, |all| all.swap(5, 6)),
        ("leaf 5 stands in the place of 6 too", 6, |all| {
            all[6] = all[5].clone();
        }),
    ];
    for copy_of in [node.dir().join("log"), mirror.clone()] {
        for (what, leaf, edit) in edits {
            let (path, before) = bundle(&copy_of);
            let mut after = before.clone();
            edit(&mut after);
            write_bundle(&path, &after);
            let told = node.verify().ended(1).json();
            write_bundle(&path, &before);
            let problems = told["problems"].to_string();
            assert!(problems.contains("entry-wrong"), "{what}: {problems}");
            let named = told["problems"][0]["index"].as_u64();
            assert_eq!(named, Some(leaf), "{what}: {problems}");
        }
    }
    // The whole log as it was: the mirror has more.
    let late = node.beside("late");
    copy(&node.dir().join("log"), &late);
    put_back(&early, &node.dir().join("log"));
    let told = node.verify().ended(1).json();
    assert_ne!(told["problems"], json!([]), "{told}");
    put_back(&late, &node.dir().join("log"));
    node.verify().yes();
}

#[test]
fn row_12_probe_flows_are_not_found_in_what_is_kept_without_both_keys() {
    let world = world();
    let (one, two) = (world.decided(30, 90), world.decided(30, 90));
    // The same probes under two authorities: what is kept of them has nothing in common.
    let probes = world.run(&one).unwrap().totals.selected;
    assert_eq!(world.run(&two).unwrap().totals.selected, probes);
    let kept = |statement: &Statement| -> Vec<Vec<u8>> {
        let id = statement.id.to_string();
        let files = files_below(&world.node.folder().join("lake"));
        let of = |path: &PathBuf| path.to_string_lossy().contains(&id);
        let sealed = files
            .into_iter()
            .filter(of)
            .filter(|path| path.extension().is_some_and(|e| e == "parquet"));
        sealed.map(|path| fs::read(path).unwrap()).collect()
    };
    let (first, second) = (kept(&one).concat(), kept(&two).concat());
    assert!(first.len() > 1000 && second.len() > 1000);
    // No address, no prefix of one and no pseudonym that goes by prefixes: not as bytes, not as text.
    for looked_for in [
        &[25, 66, 135][..],
        b"25.66.135",
        b"\xff\xff\x19\x42\x87",
        b"133.1.0",
    ] {
        let seen = first
            .windows(looked_for.len())
            .filter(|w| *w == looked_for)
            .count();
        // Three bytes are there by chance once in sixteen million places.
        assert!(
            seen <= usize::from(looked_for.len() == 3),
            "{looked_for:?}: {seen} times"
        );
    }
    let blocks = |bytes: &[u8]| -> std::collections::BTreeSet<[u8; 16]> {
        let windows = bytes.windows(16).map(|w| w.try_into().unwrap());
        windows.collect()
    };
    let shared = blocks(&first).intersection(&blocks(&second)).count();
    // The head and foot of the format are alike; records are 30 × 176 bytes.
    println!(
        "{} and {} bytes, {shared} places of 16 bytes alike",
        first.len(),
        second.len()
    );
    assert!(shared < 200, "{shared}");
    let shown = looks(&world, &question(&one, "a.tanaka", "case-1", 1000)).unwrap();
    assert_eq!(shown.rows.len(), 30, "with both keys they are there");
}

#[test]
fn row_19_windows_of_a_busy_and_an_idle_sensor_differ_in_counters_alone_and_findings_tell_them_apart()
 {
    let shape = |flows: u32| {
        let world = world();
        let statement = world.decided(30, 90);
        world
            .watched(&statement, (20, flows), &mut crate::clock::Nobody)
            .unwrap();
        let mut log = sakimori_control::journal::Log::connect(&world.node.ledger().socket).unwrap();
        let (mut kinds, mut findings, mut selected) = (Vec::new(), 0, 0);
        log.each_durable_entry(|_, envelope, _| {
            match envelope.kind {
                EntryType::Finding => findings += 1,
                kind => kinds.push((kind, envelope.size_class)),
            }
            if envelope.kind == EntryType::Receipt {
                selected += envelope.counters[5];
            }
            true
        })
        .unwrap();
        (kinds, findings, selected)
    };
    let (busy, idle) = (shape(40), shape(1));
    // An entry for each window, of the same class of size, whatever was in it.
    assert_eq!(busy.0, idle.0);
    let windows = busy
        .0
        .iter()
        .filter(|(kind, _)| *kind == EntryType::Receipt);
    assert_eq!(windows.count(), 20);
    // What tells the two apart, as SECURITY.md says: counters in the envelope, and an entry for each finding.
    assert!(busy.2 > 10 * idle.2, "{} {}", busy.2, idle.2);
    assert!(busy.1 > idle.1, "{} {}", busy.1, idle.1);
}

/// Makes somebody an analyst with clearance and case in the office's database, as whoever owns its file can.
fn write_into_store(node: &TestNode, person: &str) {
    let options = Options {
        role: Role::Office,
        node: Node::at(node.dir()),
        listen: ([127, 0, 0, 1], 0).into(),
        store: None,
        name: None,
        provider: None,
    };
    let now = node.host.seconds().0;
    let (who, until) = (person.to_owned(), now + DAY_SECONDS);
    let mut all = vec![
        Change::AddPerson(Person {
            id: who.clone(),
            name: who.clone(),
            organisation: "office".to_owned(),
            created: now,
            ended: None,
        }),
        Change::GrantRole(RoleGrant {
            id: format!("role-{who}"),
            person: who.clone(),
            role: R::Analyst.word().to_owned(),
            by: "nobody".to_owned(),
            granted: now,
            until,
            ended: None,
        }),
        Change::AddClearance(Clearance {
            id: format!("clearance-{who}"),
            person: who.clone(),
            classes: vec!["selected".to_owned()],
            first_by: "nobody".to_owned(),
            first_at: now,
            second_by: Some("noone".to_owned()),
            second_at: Some(now),
            until,
            ended: None,
        }),
    ];
    let case = Change::OpenCase(Case {
        id: "case-1".to_owned(),
        title: "a case".to_owned(),
        opened: now,
        opened_by: "nobody".to_owned(),
        closed: None,
    });
    all.push(Change::AddMember(Member {
        case: "case-1".to_owned(),
        person: who,
        by: "nobody".to_owned(),
        added: now,
        removed: None,
    }));
    let edit = async |access: &sakimori_access::Access| {
        // The second time it is there.
        let _ = access.store().apply(&[case]).await;
        access.store().apply(&all).await.unwrap();
    };
    with_access(&options, &node.host, edit).unwrap();
}

#[test]
#[expect(clippy::too_many_lines, reason = "one person's day")]
fn insider_hostile_administrator_of_the_office_changes_nothing_that_is_not_refused_or_named() {
    let mut node = TestNode::running();
    let statement = node.decided(&border_pack(), &node.draft());
    let capture = node.beside("day.pcap");
    border(&capture, 10, 3).unwrap();
    node.sensor(&[], &capture).yes();
    access(&node.node, &node.host, "a.tanaka", "granted").unwrap();
    query(&node, &[]).yes();

    // He writes himself account, role, clearance and case into the office's database; the log has none of it.
    write_into_store(&node, "a.tanaka");
    write_into_store(&node, "root-1");
    query(&node, &[]).yes();
    refused(&query(&node, &["--actor", "root-1"]), &[1], "query-role");
    // With the office's key he can enter it, and then it is there for everybody to see, with his name.
    let named = access(&node.node, &node.host, "root-1", "granted").unwrap();
    query(&node, &["--actor", "root-1"]).yes();
    let entry = &node.entries()[named as usize];
    assert_eq!(
        (entry.envelope.kind, &entry.body["person"]),
        (EntryType::Access, &json!("root-1"))
    );

    // He replaces a key by his own, and the trust root by one that names it.
    let other = TestNode::new();
    for (file, codes) in [
        ("office/keys/office.key", &[1, 75][..]),
        ("trust-root.note", &[1, 2, 75]),
    ] {
        let (own, theirs) = (node.dir().join(file), other.dir().join(file));
        let before = fs::read(&own).unwrap();
        fs::copy(&theirs, &own).unwrap();
        refused(&query(&node, &[]), codes, "");
        fs::write(&own, before).unwrap();
    }
    let folder = node.node.authority(statement.id, &sensor());
    let root = folder.join("trust-root.note");
    let before = fs::read(&root).unwrap();
    fs::copy(other.dir().join("trust-root.note"), &root).unwrap();
    refused(&node.sensor(&[], &capture), &[1], "(trust-root-");
    fs::write(&root, before).unwrap();

    // He edits what is kept: a manifest, and a file of records that vanishes.
    let file = |end: &str| {
        let mut files = node.lake_files().into_iter();
        files
            .find(|path| path.to_string_lossy().ends_with(end))
            .unwrap()
    };
    for (path, bytes) in [
        (file("bucket.json"), Some(b"{}".as_slice())),
        (file(".parquet"), None),
    ] {
        let before = fs::read(&path).unwrap();
        match bytes {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        refused(
            &query(&node, &[]),
            &[1, 75],
            path.file_name().unwrap().to_str().unwrap(),
        );
        fs::write(&path, before).unwrap();
    }
    query(&node, &[]).yes();

    // He puts yesterday's log back: the mirror has more, and nothing that comes then is proven.
    node.entries();
    let image = node.beside("image");
    for part in ["log", "ledger"] {
        copy(&node.dir().join(part), &image.join(part));
    }
    query(&node, &[]).yes();
    node.entries();
    node.ledger = None;
    let today = node.beside("today");
    for part in ["log", "ledger"] {
        copy(&node.dir().join(part), &today.join(part));
        put_back(&image.join(part), &node.dir().join(part));
    }
    let told = run(sakimori(["verify", "--trust-root"])
        .arg(node.node.trust_root())
        .arg(node.dir()));
    assert_eq!(told.code, Some(1), "{told:#?}");
    // A ledger that goes on from there takes entries that the mirror never cosigns: nothing is shown, nothing runs.
    node.start();
    let mut words = node.command(&["query", "--purpose", "a look", "--case", "case-1"]);
    let looking = Running::start(&mut words);
    let mut words = node.command(&["sensor", "run"]);
    let selecting = Running::start(words.arg(&capture));
    let lake = node.lake_files();
    refused(&looking.end(), &[75], "");
    refused(&selecting.end(), &[75], "not cosigned the start");
    assert_eq!(node.lake_files(), lake);
    node.ledger = None;
    for part in ["log", "ledger"] {
        put_back(&today.join(part), &node.dir().join(part));
    }

    // Without a log nothing is looked at and nothing is selected.
    refused(&query(&node, &[]), &[75], "");
    refused(&node.sensor(&[], &capture), &[75], "");
    node.start();
    node.sensor(&[], &capture).yes();
    node.verify().yes();
}

#[test]
fn insider_analyst_sees_only_what_is_asked_for_on_record_and_takes_nothing_out_unmarked() {
    let world = world();
    let (own, other) = (world.decided(30, 90), world.decided(30, 90));
    world.run(&own).unwrap();
    world.run(&other).unwrap();
    let (node, host) = (&world.node, &world.host);
    access(node, host, "a.tanaka", "granted").unwrap();
    let ask =
        |statement, actor: &str, case: &str| looks(&world, &question(statement, actor, case, 1000));
    assert_eq!(ask(&own, "a.tanaka", "case-1").unwrap().rows.len(), 30);
    let codes = |what: &str, code: &str, answered: Result<Answered, ControlError>| {
        let why = sakimori_control::error::told(&answered.unwrap_err());
        assert!(why.contains(code), "{what}: {why}");
    };
    codes("another name", "query-role", ask(&own, "b.sato", "case-1"));
    // Without a case it is refused where there is none, and told where there is one in name only.
    assert!(" ".parse::<sakimori_custody::ids::Name>().is_err());
    ask(&own, "a.tanaka", "none").unwrap();
    let book = book_of(node.folder(), None).unwrap();
    let told = alerts(&book, &Bounds::default(), world.now());
    assert_eq!(
        told.iter().map(|a| a.rule).collect::<Vec<_>>(),
        [Rule::QueryWithoutCase]
    );
    // A record of another authority is not there, whatever was asked for.
    let record = |statement| ask(statement, "a.tanaka", "case-1").unwrap().rows[0][0].clone();
    let foreign = record(&other).as_str().unwrap().parse().unwrap();
    let mut elsewhere = question(&own, "a.tanaka", "case-1", 10);
    elsewhere.asked = Asked::Rows {
        ask: Ask {
            what: What::Record(foreign),
            span: Span::ALL,
            limit: 10,
        },
        text: "a record".to_owned(),
    };
    assert_eq!(looks(&world, &elsewhere).unwrap().rows.len(), 0);
    // The files alone, with the half of the key that lies in the same office, open nothing.
    let bucket = bucket(&world);
    let half = node.office_shares().read(&bucket).unwrap();
    let guess = BucketKey::combine(&half, &Share::new([0; 32]), &bucket);
    let record = sakimori_custody::ids::RecordId {
        stream: sakimori_custody::ids::StreamId([0; 8]),
        number: 0,
    };
    let window = sakimori_lake::WindowId {
        stream: record.stream,
        index: 0,
    };
    let opened = node
        .lake()
        .membership(&bucket, &guess, window, record, world.now());
    assert!(matches!(
        opened,
        Err(sakimori_lake::LakeError::KeyRefused(_))
    ));
    // To a stranger nothing goes out.
    let path = world.folder.path().join("out.csv");
    let asked = question(&own, "a.tanaka", "case-1", 1000);
    let out = |recipient: &str| {
        let leave = crate::retention::leave(&world, recipient);
        export(node, host, &asked, &leave, (Form::Csv, &path))
    };
    let why = sakimori_control::error::told(&out("a.friend").unwrap_err());
    assert!(why.contains("export-recipient") && !path.exists(), "{why}");
    // Whose account has ended is out at the next question.
    access(node, host, "a.tanaka", "ended").unwrap();
    codes(
        "an ended account",
        "query-role",
        ask(&own, "a.tanaka", "case-1"),
    );
    let why = sakimori_control::error::told(&out("a.friend").unwrap_err());
    assert!(why.contains("query-role") && !path.exists(), "{why}");
}

/// The reason of a refusal by the commission.
fn denied<T>(answer: Result<T, CallError>) -> String {
    match answer {
        Err(CallError::Denied(why)) => why,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was granted"),
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn insider_commission_member_alone_decides_opens_and_shows_nothing() {
    let world = world();
    let statement = world.decided(30, 90);
    world.run(&statement).unwrap();
    let (node, host) = (&world.node, &world.host);
    let member = |id: &str| keys::read(&member_key(node, id)).unwrap();
    let lease = keys::read(&commission_key(node, "lease")).unwrap();
    let own = member("m1");
    let under = |name: &str, seed: u8| {
        let theirs = member(name);
        NoteSigner::from_seed(
            theirs.verifier().name(),
            theirs.verifier().kind(),
            &[seed; 32],
        )
        .unwrap()
    };
    // He signs alone, under others' names, with the key that gives leases.
    let text = edited(&statement.to_string(), &[("id", &"5a".repeat(16))]);
    for (what, signers) in [
        ("alone", vec![&own]),
        (
            "for the others",
            vec![&own, &under("m2", 1), &under("m4", 2)],
        ),
        ("with the lease key", vec![&own, &lease]),
        ("twice", vec![&own, &own]),
    ] {
        let mut note = Note::sign(&text, &[], 0).unwrap();
        for signer in signers {
            note.add(signer, 0);
        }
        let why = office::submit(node, host, &note.to_bytes()).unwrap_err();
        println!("{what}: {}", sakimori_control::error::told(&why));
        assert!(
            matches!(
                why,
                ControlError::Document { .. } | ControlError::Forbidden { .. }
            ),
            "{what}: {why}"
        );
    }
    // A lease that he gives himself is no entry: no decision is behind it.
    let caller = Caller::of(node, host).unwrap();
    denied(caller.lease(statement.id, &sensor(), 60, &own));
    // The commission's half of a bucket alone opens nothing, and he is given no other.
    let bucket = bucket(&world);
    let vault = ShareVault::at(node.commission().join("shares"));
    let half = vault.read(&bucket).unwrap();
    let key = BucketKey::combine(&Share::new([0; 32]), &half, &bucket);
    let record = sakimori_custody::ids::RecordId {
        stream: sakimori_custody::ids::StreamId([0; 8]),
        number: 0,
    };
    let window = sakimori_lake::WindowId {
        stream: record.stream,
        index: 0,
    };
    let opened = node
        .lake()
        .membership(&bucket, &key, window, record, world.now());
    assert!(matches!(
        opened,
        Err(sakimori_lake::LakeError::KeyRefused(_))
    ));
    for purpose in [Use::Write, Use::Query { entry: 0 }] {
        denied(caller.share(&bucket, purpose, &own));
    }
    denied(caller.destroy(&bucket, &own));
    // A ruling of his own shows nobody's name and keeps nothing longer.
    for (about, outcome, kind) in [
        (
            format!("record 0102030405060708-1 {bucket}"),
            "reidentify source-mail",
            "reidentification",
        ),
        (format!("bucket {bucket}"), "keep 300", "acquisition"),
        (
            format!("authority {}", statement.id),
            "revoked",
            "acquisition",
        ),
    ] {
        let text = format!(
            "sakimori/ruling/v1\nid: {}\nkind: {kind}\nabout: {about}\noutcome: {outcome}\nrequest: {}\ntime: {}\n\
             reason: because\nroot: 1\npresent: m1\npresiding: m1\nfor: m1\nagainst: none\nrecused: none\n",
            "5b".repeat(16),
            "0".repeat(64),
            world.now(),
        );
        let mut note = Note::sign(&text, &[], 0).unwrap();
        note.add(&own, 0);
        let why = office::enter(node, host, &note.to_bytes()).unwrap_err();
        println!("{outcome}: {}", sakimori_control::error::told(&why));
        assert!(
            matches!(
                why,
                ControlError::Document { .. } | ControlError::Forbidden { .. }
            ),
            "{outcome}: {why}"
        );
    }
    assert!(SITTING.contains(&"m1") && challenge::unanswered(node).unwrap().is_empty());
}
