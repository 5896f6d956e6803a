//! What is kept, shown to be kept, given out and gone. In: a node with a clock that is moved. Out: challenges, exports, extensions, a backup that stays shut. Never: a record that opens after its end.

use crate::clock::{World, world};
use crate::node::SITTING;
use sakimori_authority::Statement;
use sakimori_authority::ruling::Ruling;
use sakimori_control::export::{Form, Leave, export, trace};
use sakimori_control::journal::{Deed, Journal, Log};
use sakimori_control::query::{Asked, Question, answer};
use sakimori_control::setup::member_key;
use sakimori_control::{ControlError, Node, challenge, commission, deletion, keys};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{BucketId, Name};
use sakimori_custody::keys::{BucketKey, Share};
use sakimori_custody::time::DAY_SECONDS;
use sakimori_lake::{Ask, Span, What};
use sakimori_release::condition::{Condition, ConditionKind};
use sakimori_release::{Marking, Pap, Recipient, RecipientKind, Tlp};
use sakimori_testkit::files_below;
use sakimori_tlog::merkle::{leaf_hash, verify_inclusion};
use sakimori_tlog::note::Note;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn question(statement: &Statement) -> Question {
    Question {
        actor: "a.tanaka".parse().unwrap(),
        purpose: "a test".parse().unwrap(),
        case: "case-1".parse().unwrap(),
        authority: statement.id,
        day: None,
        asked: Asked::Rows {
            ask: Ask {
                what: What::All,
                span: Span::ALL,
                limit: 1000,
            },
            text: "all".to_owned(),
        },
    }
}

fn only_bucket<L>(world: &World<L>) -> BucketId {
    world.node.lake().buckets().unwrap()[0].id.clone()
}

/// Index of the deed's entry, cosigned.
fn entered<L>(world: &World<L>, kind: EntryType, authority: [u8; 32], body: Vec<u8>) -> u64 {
    let socket = world.node.ledger().socket;
    let mut journal = Journal::begin(&socket, None, &world.host).unwrap();
    let deed = Deed {
        kind,
        authority,
        counters: Vec::new(),
        body,
    };
    let (index, _) = journal.record(deed).unwrap();
    journal.log.proof(index).unwrap();
    index
}

/// A ruling of the tests' sitting about a bucket.
fn keep<L>(world: &World<L>, bucket: &BucketId, days: u64) -> Vec<u8> {
    let text = format!(
        "sakimori/ruling/v1\nid: 11111111111111111111111111111111\nkind: acquisition\nabout: bucket {bucket}\n\
         outcome: keep {days}\nrequest: {}\ntime: {}\nreason: a court asks for it\nroot: 1\n\
         present: m1 m2 m4\npresiding: m1\nfor: m1 m2\nagainst: m4\nrecused: none\n",
        "0".repeat(64),
        world.now(),
    );
    assert_eq!(Ruling::parse(&text).unwrap().to_string(), text);
    let mut note = Note::sign(&text, &[], 0).unwrap();
    for member in SITTING {
        note.add(&keys::read(&member_key(&world.node, member)).unwrap(), 0);
    }
    note.to_bytes()
}

#[test]
fn a_bucket_is_kept_longer_by_a_ruling_on_record_and_by_nothing_else() {
    let world = world();
    let statement = world.decided(30, 1);
    world.run(&statement).unwrap();
    let bucket = only_bucket(&world);
    let decision = deletion::extend(&world.node, &world.host, 1);
    assert!(
        matches!(decision, Err(ControlError::Document { .. })),
        "another entry is no ruling"
    );
    let note = keep(&world, &bucket, 3);
    let ruling = entered(&world, EntryType::Ruling, [0; 32], note);
    let (kept, end) = deletion::extend(&world.node, &world.host, ruling).unwrap();
    assert_eq!(
        (kept, end),
        (bucket.clone(), bucket.day.start().plus(3 * DAY_SECONDS))
    );
    world.clock.pass(DAY_SECONDS);
    // The commission keeps its half as long, whoever asks.
    let office = keys::read(&world.node.office_key("office")).unwrap();
    let caller = commission::Caller::of(&world.node, &world.host).unwrap();
    let refused = caller.destroy(&bucket, &office).unwrap_err().to_string();
    assert!(refused.contains("kept until 2027-04-04T"), "{refused}");
    assert!(
        deletion::expire(&world.node, &world.host)
            .unwrap()
            .gone
            .is_empty()
    );
    let looked = answer(&world.node, &world.host, &question(&statement)).unwrap();
    assert_eq!(looked.rows.len(), 30);
    world.clock.pass(2 * DAY_SECONDS);
    let ended = deletion::expire(&world.node, &world.host).unwrap();
    assert_eq!((ended.gone.len(), ended.failed.len()), (1, 0));
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn a_challenge_opens_before_the_end_and_fails_at_both_parties_after_it_also_from_a_backup() {
    let world = world();
    let statement = world.decided(30, 1);
    world.run(&statement).unwrap();
    let bucket = only_bucket(&world);
    let (node, host) = (&world.node, &world.host);
    let secretariat = keys::read(&node.commission().join("keys/secretariat.key")).unwrap();
    let actor = "a.tanaka".parse().unwrap();

    let drawn = challenge::draw(node, host, &secretariat, None).unwrap();
    assert_eq!(drawn.bucket, bucket);
    assert_eq!(
        challenge::unanswered(node).unwrap(),
        std::slice::from_ref(&drawn)
    );
    let shown = challenge::respond(node, host, &actor, drawn.entry).unwrap();
    let member = shown.opened.unwrap();
    let commitment = commitment_over(&world, &drawn);
    let leaf = leaf_hash(&member.leaf);
    assert_eq!(
        verify_inclusion(
            &leaf,
            member.place,
            member.records,
            &member.path,
            &commitment
        ),
        Ok(())
    );
    assert!(
        challenge::respond(node, host, &actor, drawn.entry).is_err(),
        "it is answered once"
    );

    let backup = tempfile::tempdir().unwrap();
    copy(&node.folder().join("lake"), &backup.path().join("lake"));
    copy(&node.folder().join("office"), &backup.path().join("office"));
    world.clock.pass(DAY_SECONDS);
    assert_eq!(deletion::expire(node, host).unwrap().gone.len(), 1);

    // The office puts everything back that it ever had: records, manifests, its own halves.
    let own = Share::new(
        *Node::at(backup.path())
            .office_shares()
            .read(&bucket)
            .unwrap()
            .bytes(),
    );
    copy(&backup.path().join("lake"), &node.folder().join("lake"));
    copy(&backup.path().join("office"), &node.folder().join("office"));
    let looked = answer(node, host, &question(&statement)).unwrap();
    assert_eq!(
        (looked.rows.len(), looked.buckets),
        (0, 0),
        "expired is not opened"
    );
    let caller = commission::Caller::of(node, host).unwrap();
    let office = keys::read(&node.office_key("office")).unwrap();
    for entry in looked.entries {
        let purpose = commission::Use::Query { entry };
        assert!(
            caller.share(&bucket, purpose, &office).is_err(),
            "the commission has no half to give"
        );
    }
    for guess in [[0; 32], [0xff; 32], *own.bytes()] {
        let key = BucketKey::combine(&own, &Share::new(guess), &bucket);
        let before = bucket.day.start();
        let member = node
            .lake()
            .membership(&bucket, &key, window(&drawn), drawn.record, before);
        assert!(
            matches!(member, Err(sakimori_lake::LakeError::KeyRefused(_))),
            "a clock set back opens nothing"
        );
    }
    let again = challenge::draw(node, host, &secretariat, Some(&bucket)).unwrap();
    assert!(challenge::respond(node, host, &actor, again.entry).is_err());
    // Without the restored files the office can only say that it is gone.
    deletion::expire(node, host).unwrap();
    let gone = challenge::respond(node, host, &actor, again.entry).unwrap();
    assert_eq!(gone.opened, None);
}

/// What lets records go to an agency that needs them.
pub(crate) fn leave<L>(world: &World<L>, recipient: &str) -> Leave {
    let recipient: Name = recipient.parse().unwrap();
    let (now, by) = (world.host.seconds(), "a.tanaka".parse().unwrap());
    let about = Some(recipient.clone());
    let span = [now, now.plus(60)];
    let need = Condition::new(ConditionKind::Need, by, about, span, "theirs to act on");
    Leave {
        recipient: Recipient::new(RecipientKind::StateAgency, recipient),
        marking: Marking {
            tlp: Tlp::AmberStrict,
            pap: Pap::Red,
        },
        basis: "Act 42/2025 art. 38(1)".to_owned(),
        rights: "Records of the case alone.".to_owned(),
        conditions: vec![need.unwrap()],
    }
}

/// Bodies of the entries of releases and their refusals.
fn released<L>(world: &World<L>) -> Vec<Value> {
    let socket = world.node.ledger().socket;
    let mut log = Log::connect(&socket).unwrap();
    let mut found = Vec::new();
    log.each_durable_entry(|_, envelope, _| {
        if envelope.kind == EntryType::Release {
            found.push(envelope.clone());
        }
        true
    })
    .unwrap();
    let body = |envelope| log.open_body(&envelope).unwrap();
    let bodies = found.into_iter().map(body);
    bodies
        .map(|body| serde_json::from_slice(&body).unwrap())
        .collect()
}

#[test]
fn what_the_law_s_table_refuses_is_on_record_and_nothing_is_looked_at() {
    let world = world();
    let statement = world.decided(30, 1);
    world.run(&statement).unwrap();
    let (node, host) = (&world.node, &world.host);
    let path = world.folder.path().join("out.csv");
    let try_it = |leave: &Leave| {
        let before = released(&world).len();
        let told = export(node, host, &question(&statement), leave, (Form::Csv, &path));
        let told = told.unwrap_err().to_string();
        assert!(!path.exists());
        (told, released(&world).split_off(before))
    };
    let good = leave(&world, "nco");
    for (change, code) in [
        (0, "CONDITION_MISSING"),
        (1, "CLASS_VIOLATION"),
        (2, "BASIS_MISSING"),
        (3, "CLASS_VIOLATION"),
    ] {
        let mut asked = good.clone();
        match change {
            0 => asked.conditions.clear(),
            1 => asked.recipient.kind = RecipientKind::Operator,
            2 => asked.basis.clear(),
            _ => asked.recipient.kind = RecipientKind::Party,
        }
        let (told, new) = try_it(&asked);
        assert!(told.contains(&format!("[{code}]")), "{told}");
        let [body] = new.as_slice() else {
            panic!("{new:?}");
        };
        assert_eq!(body["outcome"], code);
        assert_eq!(body["class_to"], "selected");
        assert_eq!(body["product_sha256"], "");
    }
    // A marking that no selected record may have.
    let mut loose = good;
    loose.marking.tlp = Tlp::Green;
    let (told, new) = try_it(&loose);
    assert!(told.contains("[TLP_LOOSER]") && new.is_empty(), "{told}");
}

#[test]
fn an_export_is_on_record_before_it_is_there_and_any_part_of_it_names_its_recipient() {
    let world = world();
    let statement = world.decided(30, 1);
    world.run(&statement).unwrap();
    let (node, host) = (&world.node, &world.host);
    let made = |recipient: &str, form, name: &str| {
        let path = world.folder.path().join(name);
        let leave = leave(&world, recipient);
        export(node, host, &question(&statement), &leave, (form, &path)).map(|made| (made, path))
    };
    let recipients = recipients(&world);
    let (first, csv) = made(&recipients[0], Form::Csv, "a.csv").unwrap();
    let (second, json) = made(&recipients[1], Form::Json, "b.json").unwrap();
    assert_eq!((first.rows, second.rows), (30, 30));
    assert_ne!(first.mark, second.mark);
    for (path, made) in [(&csv, &first), (&json, &second)] {
        let found = trace(node, host, path).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (
                found[0].entry,
                found[0].whole,
                found[0].cells,
                found[0].ordered
            ),
            (made.entry, true, 30, 30)
        );
    }
    let part = world.folder.path().join("part.txt");
    let rows = fs::read_to_string(&csv).unwrap();
    fs::write(&part, rows.lines().nth(5).unwrap()).unwrap();
    let found = trace(node, host, &part).unwrap();
    assert_eq!(
        (found.len(), found[0].entry, found[0].cells),
        (1, first.entry, 1)
    );
    fs::write(&part, "nothing of ours: 0102030405060708-1, cafecafecafe").unwrap();
    assert!(trace(node, host, &part).unwrap().is_empty());
    assert!(
        made(&recipients[0], Form::Csv, "a.csv").is_err(),
        "nothing is written over"
    );
    // A recipient whom the schedule does not name, and a bucket that may not be given out any more.
    let stranger = made("stranger", Form::Csv, "c.csv").unwrap_err();
    assert_eq!(stranger.exit_code(), 1, "{stranger}");
    deletion::purge(node, host, &[only_bucket(&world)], "a wrong address").unwrap();
    let purged = made(&recipients[0], Form::Csv, "d.csv").unwrap_err();
    assert_eq!(purged.exit_code(), 1, "{purged}");
    for name in ["c.csv", "d.csv"] {
        assert!(
            !world.folder.path().join(name).exists(),
            "{name} is there without its entry"
        );
    }
}

/// Whom the schedule names.
fn recipients<L>(world: &World<L>) -> Vec<String> {
    let note = fs::read_to_string(world.node.folder().join("schedule.note")).unwrap();
    let line = note
        .lines()
        .find_map(|l| l.strip_prefix("value: release.recipients = "));
    let names = line.unwrap().split(" | ").next().unwrap();
    names.split(' ').map(str::to_owned).collect()
}

/// The commitment of the receipt that covers a challenged record.
fn commitment_over<L>(world: &World<L>, drawn: &challenge::Challenge) -> [u8; 32] {
    let mut log = Log::connect(&world.node.ledger().socket).unwrap();
    let mut receipts = Vec::new();
    log.each_durable_entry(|_, envelope, _| {
        if envelope.kind == EntryType::Receipt {
            receipts.push(envelope.clone());
        }
        true
    })
    .unwrap();
    for envelope in receipts {
        let body: Value = serde_json::from_slice(&log.open_body(&envelope).unwrap()).unwrap();
        let Ok(first) = body["first_record"]
            .as_str()
            .unwrap_or_default()
            .parse::<sakimori_custody::ids::RecordId>()
        else {
            continue;
        };
        let numbers = first.number..first.number + body["records"].as_u64().unwrap();
        if first.stream == drawn.record.stream && numbers.contains(&drawn.record.number) {
            return sakimori_custody::ids::unhex(body["commitment"].as_str().unwrap()).unwrap();
        }
    }
    panic!("no receipt covers {}", drawn.record)
}

fn window(drawn: &challenge::Challenge) -> sakimori_lake::WindowId {
    sakimori_lake::WindowId {
        stream: drawn.record.stream,
        index: 0,
    }
}

fn copy(from: &Path, to: &Path) {
    for file in files_below(from) {
        let place = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(&file, &place).unwrap();
    }
}
