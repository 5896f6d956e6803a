//! Mail addresses and user names: nowhere in the clear, joined by tags, opened once for a ruling, never again when their epoch is over. In: sessions of mail and file transfer, made and
//! captured. Out: what a stranger, the office and the commission can and cannot find out. Never: a name that is looked for in its own input.

use crate::captures::ABROAD;
use crate::clock::{Nobody, World, world};
use crate::mail::{self, Session};
use crate::node::{SITTING, TestNode, sensor};
use crate::program::{Ran, run as ran};
use sakimori_authority::Statement;
use sakimori_authority::ruling::Ruling;
use sakimori_control::commission::{CallError, Caller};
use sakimori_control::identify::{Shown, Wish, end_epochs, reidentify};
use sakimori_control::query::{Answered, Asked, Question, answer};
use sakimori_control::sensor::{Input, Plan};
use sakimori_control::setup::member_key;
use sakimori_control::{ControlError, keys, office};
use sakimori_custody::Recorded;
use sakimori_custody::entry::EntryType;
use sakimori_custody::epoch::{EpochId, EpochSecret};
use sakimori_custody::identifier::{Identifier, IdentifierField, tag};
use sakimori_custody::ids::{BucketId, RecordId, hex, unhex};
use sakimori_custody::keys::Share;
use sakimori_lake::{Access, Ask, QueryOpened, ShareVault, Sought, Span, What, bucket_key};
use sakimori_select::Pack;
use sakimori_sensor::supervisor::Program;
use sakimori_testkit::files_below;
use sakimori_tlog::note::Note;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Runs sensor s-01 over a capture.
fn run<L>(world: &World<L>, statement: &Statement, capture: &Path) -> u64 {
    let plan = Plan {
        stop: Arc::default(),
        sensor: sensor(),
        authority: world.node.authority(statement.id, &sensor()),
        inputs: vec![Input::named(capture.to_str().unwrap())],
        home_country: "JP".to_owned(),
        home_prefixes: Vec::new(),
        directions: Vec::new(),
        program: Program(env!("CARGO_BIN_EXE_sakimori").into()),
    };
    let report = sakimori_control::sensor::run(&world.node, &plan, &world.host, &mut Nobody);
    report.unwrap().totals.selected
}

fn asked<L>(world: &World<L>, statement: &Statement, sought: Sought) -> Answered {
    let question = Question {
        actor: "a.tanaka".parse().unwrap(),
        purpose: "a test".parse().unwrap(),
        case: "case-1".parse().unwrap(),
        authority: statement.id,
        day: None,
        asked: Asked::Identifiers {
            sought,
            text: "a test".to_owned(),
            limit: 10_000,
        },
    };
    answer(&world.node, &world.host, &question).unwrap()
}

/// A row of an answer about identifiers.
#[derive(Clone, Debug)]
struct Kept {
    record: RecordId,
    identifier: Identifier,
}

fn kept(answered: &Answered) -> Vec<Kept> {
    let read = |row: &Vec<serde_json::Value>| {
        let text = |at: usize| row[at].as_str().unwrap();
        let record: RecordId = text(0).parse().unwrap();
        Kept {
            record,
            identifier: Identifier {
                record: record.number,
                field: text(1).parse().unwrap(),
                tag: unhex(text(2)).unwrap(),
                blob: unhex(text(3)).unwrap(),
            },
        }
    };
    answered.rows.iter().map(read).collect()
}

/// Everything that was kept of an authority, read with the keys that a query on record gives the office.
fn all<L>(world: &World<L>, statement: &Statement) -> Vec<Kept> {
    let lake = world.node.lake();
    let access = Access {
        actor: "a.tanaka".parse().unwrap(),
        purpose: "a test".parse().unwrap(),
        case: "case-1".parse().unwrap(),
        authority: statement.id,
        opened: QueryOpened::logged(Recorded::at(0)),
    };
    let (office, commission) = vaults(world);
    let mut all = Vec::new();
    let buckets = lake.buckets().unwrap().into_iter().map(|bucket| bucket.id);
    for bucket in buckets.filter(|bucket| bucket.authority == statement.id) {
        let key = bucket_key(&office, &commission, &bucket).unwrap();
        let reader = lake.reader(&bucket, &key, &access, world.now()).unwrap();
        let ask = Ask {
            what: What::All,
            span: Span::ALL,
            limit: 10_000,
        };
        for held in reader.find(&ask).unwrap().rows {
            let record = held.record();
            for joined in reader.identifiers(Sought::Record(record), 100).unwrap() {
                let (_, identifier) = joined.release(access.opened.recorded()).into_inner();
                all.push(Kept { record, identifier });
            }
        }
    }
    all
}

fn epoch<L>(world: &World<L>, statement: &Statement) -> EpochId {
    EpochId::of(statement.id, world.now().day(), 30).unwrap()
}

fn vaults<L>(world: &World<L>) -> (ShareVault, ShareVault) {
    (
        world.node.office_shares(),
        ShareVault::at(world.node.commission().join("shares")),
    )
}

/// A signed ruling that allows one field of one record to be shown.
fn ruling<L>(
    world: &World<L>,
    (record, bucket): (RecordId, &BucketId),
    field: IdentifierField,
    id: u8,
) -> Vec<u8> {
    let text = format!(
        "sakimori/ruling/v1\nid: {}\nkind: reidentification\nabout: record {record} {bucket}\n\
         outcome: reidentify {field}\nrequest: {}\ntime: {}\nreason: the victim has to be told\nroot: 1\n\
         present: m1 m2 m4\npresiding: m1\nfor: m1 m2 m4\nagainst: none\nrecused: none\n",
        hex(&[id; 16]),
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

fn show<L>(
    world: &World<L>,
    record: RecordId,
    field: IdentifierField,
    ruling: u64,
    actor: &str,
) -> Result<Shown, ControlError> {
    let wish = Wish {
        actor: actor.parse().unwrap(),
        case: "case-1".parse().unwrap(),
        record,
        field,
        ruling,
    };
    reidentify(&world.node, &world.host, &wish)
}

fn bucket_of<L>(world: &World<L>) -> BucketId {
    world.node.lake().buckets().unwrap().pop().unwrap().id
}

/// Every file of the node, with its bytes.
fn files<L>(world: &World<L>, below: &Path) -> Vec<(String, Vec<u8>)> {
    assert!(world.node.folder().is_dir());
    let read = |path: std::path::PathBuf| {
        (
            path.display().to_string(),
            fs::read(&path).unwrap_or_default(),
        )
    };
    files_below(below).into_iter().map(read).collect()
}

fn found(names: &[String], files: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, bytes) in files {
        for name in names {
            if bytes
                .windows(name.len())
                .any(|w| w.eq_ignore_ascii_case(name.as_bytes()))
            {
                found.push(format!("{name} in {path}"));
            }
        }
    }
    found
}

#[test]
fn names_of_mail_and_file_transfer_are_in_no_file_of_either_holder() {
    let world = world();
    let statement = world.decided(30, 90);
    let capture = world.folder.path().join("mail.pcap");
    let mut sessions = Session::made();
    sessions.extend(Session::captured(
        "names_of_mail_and_file_transfer_are_in_no_file_of_either_holder",
    ));
    let names = mail::write(&capture, &sessions);
    assert!(run(&world, &statement, &capture) > 0);
    let kept = all(&world, &statement);
    let first = Sought::Record(kept[0].record);
    let answered = self::kept(&asked(&world, &statement, first));
    assert!(answered.iter().all(|row| row.record == kept[0].record) && !answered.is_empty());
    println!(
        "{} sessions, {} names that are looked for, {} identifiers kept",
        sessions.len(),
        names.len(),
        kept.len()
    );
    assert!(kept.len() >= 2 * Session::made().len() && names.len() >= 20);
    let files = files(&world, world.node.folder());
    assert!(files.len() > 30, "the node has files");
    assert_eq!(found(&names, &files), Vec::<String>::new());
    // What may be looked at holds none either.
    for row in &kept {
        let seen = format!("{row:?}").into_bytes();
        assert_eq!(
            found(&names, &[("an answer".to_owned(), seen)]),
            Vec::<String>::new()
        );
    }
    // The check can fail: the capture itself holds them all, but for the one that stands in quotes there.
    let input = [("the capture".to_owned(), fs::read(&capture).unwrap())];
    assert_eq!(found(&names, &input).len(), names.len() - 1);
}

/// How many of the tags a dictionary explains under a tag key.
fn explained(key: &[u8; 32], names: &[String], tags: &BTreeSet<[u8; 32]>) -> usize {
    let of = |field| {
        names
            .iter()
            .filter(move |name| tags.contains(&tag(key, field, name.as_bytes())))
    };
    of(IdentifierField::User).count() + of(IdentifierField::SourceMail).count()
}

/// Tries whatever 32 bytes stand anywhere in the files as a tag key, as the secret of the epoch, and as the other half beside each known half. Returns how many keys were tried, and what they explain.
fn attack(
    files: &[(String, Vec<u8>)],
    halves: &[[u8; 32]],
    of: EpochId,
    names: &[String],
    tags: &BTreeSet<[u8; 32]>,
) -> (usize, usize) {
    // One name of each kind tells whether a key is one; the whole list would only take longer.
    let probes: Vec<String> = [
        names.iter().find(|n| n.contains('@')),
        names.iter().find(|n| !n.contains('@')),
    ]
    .into_iter()
    .flatten()
    .cloned()
    .collect();
    let (mut tried, mut most) = (0, 0);
    let mut test = |key: &[u8; 32]| {
        tried += 1;
        most = most.max(explained(key, &probes, tags));
    };
    let mut seen = BTreeSet::new();
    for (_, bytes) in files {
        // Keys stand at the start of files, behind a length or in hex; sealed Parquet and the pages of the log have no others.
        for window in bytes.get(..4096).unwrap_or(bytes).windows(32) {
            let window: [u8; 32] = window.try_into().unwrap();
            if !seen.insert(window) {
                continue;
            }
            test(&window);
            for half in halves {
                let secret = EpochSecret::combine(&Share::new(*half), &Share::new(window), of);
                test(&secret.writing().tag);
            }
        }
    }
    (tried, most)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story from beginning to end")]
fn row_11_a_dictionary_with_all_that_the_office_holds_finds_nobody_and_with_both_shares_everybody_until_the_epoch_ends()
 {
    let world = world();
    let statement = world.decided(60, 90);
    let capture = world.folder.path().join("mail.pcap");
    let mut names = mail::write(&capture, &Session::made());
    names.extend((0..1000).map(|n| format!("someone-{n}@example.org")));
    run(&world, &statement, &capture);
    let kept = all(&world, &statement);
    let tags: BTreeSet<_> = kept.iter().map(|k| k.identifier.tag).collect();
    let of = epoch(&world, &statement);
    let (office, commission) = vaults(&world);
    let own = *office.read_epoch(&of).unwrap().bytes();
    let its = || {
        files(&world, &world.node.folder().join("office"))
            .into_iter()
            .chain(files(&world, &world.node.folder().join("ledger")))
            .chain(files(&world, &world.node.folder().join("sensor")))
            .collect::<Vec<_>>()
    };

    let (tried, most) = attack(&its(), &[own, [0; 32]], of, &names, &tags);
    println!("{tried} keys tried with the office's files, at most {most} names explained");
    assert!(tried > 1000 && most == 0);
    // The blobs do not open with what it holds either.
    for other in [own, [0; 32]] {
        let secret = EpochSecret::combine(&Share::new(own), &Share::new(other), of);
        assert!(kept.iter().all(|k| {
            secret
                .reader()
                .open(k.record.stream, &k.identifier)
                .is_none()
        }));
    }
    // Nor after a value was shown to it: the commission's share never came.
    let first = kept
        .iter()
        .find(|k| k.identifier.field == IdentifierField::SourceMail)
        .unwrap();
    let bucket = bucket_of(&world);
    let note = ruling(
        &world,
        (first.record, &bucket),
        IdentifierField::SourceMail,
        1,
    );
    let index = office::enter(&world.node, &world.host, &note)
        .unwrap()
        .index;
    show(
        &world,
        first.record,
        IdentifierField::SourceMail,
        index,
        "a.tanaka",
    )
    .unwrap();
    assert_eq!(attack(&its(), &[own], of, &names, &tags).1, 0);

    let both = EpochSecret::combine(&Share::new(own), &commission.read_epoch(&of).unwrap(), of);
    let key = both.writing().tag;
    assert_eq!(
        explained(&key, &names, &tags),
        tags.len(),
        "every tag is a name of the list"
    );
    let opened = kept
        .iter()
        .filter_map(|k| both.reader().open(k.record.stream, &k.identifier));
    assert_eq!(opened.count(), kept.len());

    world.clock.pass(of.end().0 - world.now().0);
    // The commission needs nobody to end its part; the office asks for the attestation.
    world
        .commission
        .as_ref()
        .unwrap()
        .commission
        .tick(world.now())
        .unwrap();
    assert!(commission.epochs().unwrap().is_empty());
    let ended = end_epochs(&world.node, &world.host).unwrap();
    assert_eq!((ended.gone.len(), ended.failed.len()), (1, 0));
    assert!(office.epochs().unwrap().is_empty() && commission.epochs().unwrap().is_empty());
    // Both holders together have nothing left: not with each other's files, not by asking.
    let everything = files(&world, world.node.folder());
    let (tried, most) = attack(&everything, &[[0; 32]], of, &names, &tags);
    println!(
        "{tried} keys tried with both holders' files behind the epoch's end, at most {most} names explained"
    );
    assert_eq!(most, 0);
    let note = ruling(
        &world,
        (first.record, &bucket),
        IdentifierField::SourceMail,
        2,
    );
    let index = office::enter(&world.node, &world.host, &note)
        .unwrap()
        .index;
    let refused = show(
        &world,
        first.record,
        IdentifierField::SourceMail,
        index,
        "a.tanaka",
    );
    assert!(
        matches!(refused, Err(ControlError::Usage(_))),
        "{refused:?}"
    );
    // Ending again does nothing more.
    assert!(
        end_epochs(&world.node, &world.host)
            .unwrap()
            .gone
            .is_empty()
    );
}

/// Tags by name, as only the test can tell them: it knows both shares.
fn tags<L>(
    world: &World<L>,
    statement: &Statement,
    names: &[String],
) -> BTreeMap<String, [u8; 32]> {
    let of = epoch(world, statement);
    let (office, commission) = vaults(world);
    let secret = EpochSecret::combine(
        &office.read_epoch(&of).unwrap(),
        &commission.read_epoch(&of).unwrap(),
        of,
    );
    let key = secret.writing().tag;
    let known: BTreeSet<_> = all(world, statement)
        .iter()
        .map(|k| k.identifier.tag)
        .collect();
    let each = names.iter().flat_map(|name| {
        IdentifierField::ALL.map(|field| (name.clone(), tag(&key, field, name.as_bytes())))
    });
    each.filter(|(_, tag)| known.contains(tag)).collect()
}

#[test]
fn tags_agree_within_an_authority_and_epoch_and_differ_between_them() {
    let world = world();
    let capture = world.folder.path().join("mail.pcap");
    let names = mail::write(&capture, &Session::made());
    let (one, other) = (world.decided(60, 90), world.decided(60, 90));
    run(&world, &one, &capture);
    let first = tags(&world, &one, &names);
    assert_eq!(first.len(), names.len());
    // A second run: twice as many identifiers, no new tag; a query by tag finds both runs.
    let before = all(&world, &one).len();
    run(&world, &one, &capture);
    assert_eq!(all(&world, &one).len(), 2 * before);
    assert_eq!(tags(&world, &one, &names), first);
    let by_tag = kept(&asked(
        &world,
        &one,
        Sought::Tag(*first.values().next().unwrap()),
    ));
    let streams: BTreeSet<_> = by_tag.iter().map(|k| k.record.stream).collect();
    assert_eq!(streams.len(), 2);
    // Another authority: other tags, and a query under it finds nothing by this one's.
    run(&world, &other, &capture);
    let second = tags(&world, &other, &names);
    assert_eq!(second.len(), names.len());
    assert!(names.iter().all(|name| first[name] != second[name]));
    assert!(
        asked(&world, &other, Sought::Tag(*first.values().next().unwrap()))
            .rows
            .is_empty()
    );
    // The next epoch: other tags.
    let of = epoch(&world, &one);
    world.clock.pass(of.end().0 - world.now().0 + 3600);
    office::renew(&world.node, &world.host, one.id, &sensor()).unwrap();
    run(&world, &one, &capture);
    assert_ne!(epoch(&world, &one), of);
    let third = tags(&world, &one, &names);
    assert_eq!(third.len(), names.len());
    assert!(names.iter().all(|name| first[name] != third[name]));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story from beginning to end")]
fn a_value_is_shown_once_for_a_ruling_about_it_and_to_nobody_who_voted() {
    let world = world();
    let statement = world.decided(30, 90);
    let capture = world.folder.path().join("mail.pcap");
    let names = mail::write(&capture, &Session::made());
    run(&world, &statement, &capture);
    let kept = all(&world, &statement);
    let bucket = bucket_of(&world);
    let of = |field| {
        kept.iter()
            .find(|k| k.identifier.field == field)
            .unwrap()
            .clone()
    };
    let (mail, user) = (of(IdentifierField::SourceMail), of(IdentifierField::User));
    let enter = |record, field, id| {
        let note = ruling(&world, (record, &bucket), field, id);
        office::enter(&world.node, &world.host, &note)
            .unwrap()
            .index
    };
    let size = world.commission.as_ref().unwrap().commission.copy_size();
    let index = enter(mail.record, IdentifierField::SourceMail, 1);
    // Another record, another field, who voted, no ruling: refused, and the ruling is not used by that.
    assert!(
        show(
            &world,
            user.record,
            IdentifierField::SourceMail,
            index,
            "a.tanaka"
        )
        .is_err()
    );
    assert!(
        show(
            &world,
            mail.record,
            IdentifierField::DestinationMail,
            index,
            "a.tanaka"
        )
        .is_err()
    );
    assert!(
        show(
            &world,
            mail.record,
            IdentifierField::SourceMail,
            1,
            "a.tanaka"
        )
        .is_err()
    );
    let voted = show(
        &world,
        mail.record,
        IdentifierField::SourceMail,
        index,
        "m2",
    );
    assert!(
        matches!(voted, Err(ControlError::Ledger { .. })),
        "{voted:?}"
    );

    let shown = show(
        &world,
        mail.record,
        IdentifierField::SourceMail,
        index,
        "a.tanaka",
    )
    .unwrap();
    let value = String::from_utf8(shown.opened.value.to_vec()).unwrap();
    assert!(shown.opened.whole && names.contains(&value), "{value}");
    // It was in the commission's own copy before it was shown.
    let commission = &world.commission.as_ref().unwrap().commission;
    assert!(commission.copy_size() > shown.entries[2] && commission.copy_size() > size);
    // Again: the log takes no second entry for the ruling.
    let again = show(
        &world,
        mail.record,
        IdentifierField::SourceMail,
        index,
        "a.tanaka",
    );
    assert!(
        matches!(again, Err(ControlError::Ledger { .. })),
        "{again:?}"
    );
    // And one who asks the commission itself, with the entry that there is, gets nothing more: of this record, of another, of another field.
    let caller = Caller::of(&world.node, &world.host).unwrap();
    let office_key = keys::read(&world.node.office_key("office")).unwrap();
    let (office_vault, _) = vaults(&world);
    let epoch = epoch(&world, &statement);
    let share = office_vault.read_epoch(&epoch).unwrap();
    let ask = |entry, kept: &Kept| {
        caller.reidentify(
            (entry, epoch),
            (kept.record, kept.identifier),
            &share,
            &office_key,
        )
    };
    assert!(
        matches!(ask(shown.entries[2], &mail), Err(CallError::Denied(why)) if why.contains("was used"))
    );
    assert!(matches!(
        ask(shown.entries[2], &user),
        Err(CallError::Denied(_))
    ));
    assert!(matches!(
        ask(shown.entries[1], &mail),
        Err(CallError::Denied(_))
    ));
    // A blob of another record under the record's name does not open, and does not use the ruling up.
    let index = enter(user.record, IdentifierField::User, 2);
    let mut disguised = mail.clone();
    disguised.record = user.record;
    disguised.identifier.record = user.record.number;
    disguised.identifier.field = IdentifierField::User;
    let journal_entry = {
        let wish = show(
            &world,
            user.record,
            IdentifierField::User,
            index,
            "a.tanaka",
        )
        .unwrap();
        wish.entries[2]
    };
    assert!(
        matches!(ask(journal_entry, &disguised), Err(CallError::Denied(why)) if why.contains("does not open"))
    );
    // Nothing that was shown is in a file.
    assert_eq!(
        found(&names, &files(&world, world.node.folder())),
        Vec::<String>::new()
    );
}

/// The commands, as people type them: what they print and what the processes say holds no name, but for the one line that was asked for.
#[test]
#[expect(clippy::too_many_lines, reason = "one story from beginning to end")]
fn at_the_command_line_one_name_is_printed_once_and_the_log_verifies() {
    let node = TestNode::running();
    let [a, b, c] = ABROAD;
    let source = format!(
        "sakimori/pack/v1\nid: a\nissued: 2027-04-01T00:00:00Z\npurpose: a test\nselector: 1 prefix {a}.{b}.{c}.0/24\n"
    );
    let statement = node.decided(&Pack::parse_source(&source).unwrap(), &node.draft());
    let capture = node.beside("mail.pcap");
    let names = mail::write(&capture, &Session::made());
    let mut told = vec![node.sensor(&[], &capture)];
    let bucket = node.node.lake().buckets().unwrap().pop().unwrap().id;
    let query = |words: &[&str]| {
        let why = [
            "--purpose",
            "a test",
            "--case",
            "case-1",
            "--format",
            "json",
        ];
        ran(node.command(&["query"]).args(why).args(words))
    };
    let rows = |done: &Ran| done.json()["rows"].as_array().unwrap().clone();
    let everything = query(&[]);
    let mut sender = None;
    for row in rows(&everything) {
        let record = row["record"].as_str().unwrap().to_owned();
        let of = query(&["--record", &record, "--identifiers"]);
        let first = rows(&of)
            .into_iter()
            .find(|row| row["field"] == "source-mail");
        sender = sender.or(first);
        told.push(of);
    }
    let sender = sender.unwrap();
    let (record, tag) = (
        sender["record"].as_str().unwrap(),
        sender["tag"].as_str().unwrap(),
    );
    assert!(sender.get("blob").is_none());
    let by_tag = query(&["--tag", tag]);
    assert!(rows(&by_tag).iter().any(|row| row["record"] == record));
    told.extend([everything, by_tag]);

    let text = format!(
        "sakimori/ruling/v1\nid: {}\nkind: reidentification\nabout: record {record} {bucket}\n\
         outcome: reidentify source-mail\nrequest: {}\ntime: {}\nreason: the victim has to be told\nroot: 1\n\
         present: m1 m2 m4\npresiding: m1\nfor: m1 m2 m4\nagainst: none\nrecused: none\n",
        hex(&[1; 16]),
        "0".repeat(64),
        node.host.seconds(),
    );
    let mut note = Note::sign(&text, &[], 0).unwrap();
    for member in SITTING {
        note.add(&node.key(member), 0);
    }
    let path = node.beside("ruling.note");
    fs::write(&path, note.to_bytes()).unwrap();
    let arguments = [
        "reidentify",
        "--record",
        record,
        "--field",
        "source-mail",
        "--case",
        "case-1",
        "--actor",
        "a.tanaka",
    ];
    let shown = ran(node.command(&arguments).arg("--ruling").arg(&path)).yes();
    let value = shown.out.trim_end().to_owned();
    assert!(names.contains(&value), "{value}");
    assert!(!shown.err.contains(&value), "{}", shown.err);
    let entries = node.entries();
    let of = |kind| {
        entries
            .iter()
            .filter(move |entry| entry.envelope.kind == kind)
    };
    let index = of(EntryType::Ruling).next().unwrap().index.to_string();
    assert_eq!(of(EntryType::Reidentification).count(), 1);
    let again = ran(node.command(&arguments).arg("--ruling").arg(&index));
    assert_eq!(again.code, Some(1), "{again:?}");
    told.push(again);

    for done in &told {
        let text = format!("{}{}", done.out, done.err).into_bytes();
        assert_eq!(
            found(&names, &[("what was printed".to_owned(), text)]),
            Vec::<String>::new()
        );
    }
    let said: Vec<_> = ["commission.err", "ledger.err"]
        .map(|name| {
            (
                name.to_owned(),
                fs::read(node.beside(name)).unwrap_or_default(),
            )
        })
        .into();
    assert_eq!(found(&names, &said), Vec::<String>::new());
    assert_eq!(statement.id, bucket.authority);
    node.verify().yes();
}
