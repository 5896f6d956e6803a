//! Urgent acts: two officers act before the commission can sit. In: a node under a simulated clock, in each outcome, cut in two, with a clock that is set, fallen between each two steps. Out: what was ratified can be
//! looked at; what was not is destroyed. Never: a start before the act is on record and cosigned; a look before a sitting ratified it.

use crate::clock::{World, border_pack, world, world_under};
use crate::node::sensor;
use sakimori_authority::Statement;
use sakimori_authority::ruling::Matter;
use sakimori_authority::schedule::fictional;
use sakimori_authority::statement::{Basis, Caps, Kind};
use sakimori_control::commission::{self, CallError, Caller, Use};
use sakimori_control::journal::{Deed, Journal, Log};
use sakimori_control::setup::{member_key, officer_key};
use sakimori_control::{ControlError, keys, office};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::BucketId;
use sakimori_custody::record::Direction;
use sakimori_tlog::note::Note;
use serde_json::{Value, json};

const HOUR: u64 = 3600;

/// What is asked for by default, below every cap.
fn draft<L>(world: &World<L>, officers: [&str; 2]) -> office::Draft {
    let now = world.now();
    office::Draft {
        kind: Kind::Acquisition,
        basis: "act42-17".parse().unwrap(),
        not_before: now,
        not_after: now.plus(24 * HOUR - 120),
        sensors: vec![sensor()],
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
            officers: officers.map(|id| id.parse().unwrap()),
        }),
    }
}

/// The text of an urgent act with the request behind it on record, and its note, signed by these officers.
fn asked<L>(world: &World<L>, draft: &office::Draft, signers: &[&str]) -> (Statement, Vec<u8>) {
    let reasons = office::Reasons {
        requester: "o1".parse().unwrap(),
        facts: "an attack that goes on".to_owned(),
        necessity: "it ends before a sitting can meet".to_owned(),
        alternatives: "none in time".to_owned(),
        rights: "only mechanical fields, quarantined".to_owned(),
        expected_share_ppm: 100,
    };
    let statement =
        office::draft(&world.node, &world.host, &border_pack(), draft, &reasons).unwrap();
    let mut note = Note::sign(&statement.to_string(), &[], 0).unwrap();
    for id in signers {
        note.add(&keys::read(&officer_key(&world.node, id)).unwrap(), 0);
    }
    (statement, note.to_bytes())
}

fn invoked<L>(world: &World<L>) -> Statement {
    let (statement, note) = asked(world, &draft(world, ["o1", "o2"]), &["o1", "o2"]);
    let entered = office::enter(&world.node, &world.host, &note).unwrap();
    assert_eq!((entered.kind, entered.leases.len()), (EntryType::Urgent, 1));
    // Whatever is asked for, a lease ends with the act.
    assert!(entered.leases[0].1 <= statement.not_after);
    statement
}

/// A ruling about an urgent act, by three members of the sitting.
fn ruled<L>(world: &World<L>, matter: Matter) -> Result<office::Entered, ControlError> {
    ruled_of(world, Kind::Acquisition, matter)
}

fn ruled_of<L>(
    world: &World<L>,
    kind: Kind,
    matter: Matter,
) -> Result<office::Entered, ControlError> {
    let sitting =
        office::sitting(&["m1", "m2", "m4"], "m1", &["m1", "m2", "m4"], &[], &[]).unwrap();
    let (node, host) = (&world.node, &world.host);
    let text = office::ruling_text(node, host, matter, kind, "heard", Some(sitting)).unwrap();
    let mut note = Note::sign(&text.to_string(), &[], 0).unwrap();
    for member in ["m1", "m2", "m4"] {
        note.add(&keys::read(&member_key(node, member)).unwrap(), 0);
    }
    office::enter(node, host, &note.to_bytes())
}

fn caller<L>(world: &World<L>) -> Caller {
    let address = world.commission.as_ref().unwrap().address;
    let root = sakimori_control::ledger::installed_root(&world.node).unwrap();
    Caller::new(
        &format!("http://{address}"),
        root.commission_holder,
        &world.host,
    )
}

fn bucket<L>(world: &World<L>, statement: &Statement) -> BucketId {
    BucketId {
        authority: statement.id,
        sensor: sensor(),
        day: world.now().day(),
    }
}

/// Asks for the commission's share for a question that is on record now.
fn looks<L>(world: &World<L>, statement: &Statement, bucket: &BucketId) -> Result<(), String> {
    let office = keys::read(&world.node.office_key("office")).unwrap();
    let mut journal =
        Journal::begin(&world.node.ledger().socket, Some(&office), &world.host).unwrap();
    let deed = Deed {
        kind: EntryType::Query,
        authority: statement.commitment(),
        counters: vec![0, 1],
        body: json!({
            "actor": "a.tanaka", "purpose": "a test", "case": "case-1",
            "authority": statement.id.to_string(), "buckets": [bucket.to_string()],
        })
        .to_string()
        .into_bytes(),
    };
    let entry = match journal.record(deed) {
        Ok((entry, _)) => entry,
        // What has lapsed is not even asked for: the log takes no query of it.
        Err(refused) => {
            let told = format!("{refused:?}");
            assert!(told.contains("query-ended"), "{told}");
            return Err(told);
        }
    };
    journal.log.proof(entry).unwrap();
    match caller(world).share(bucket, Use::Query { entry }, &office) {
        Ok(_) => Ok(()),
        Err(CallError::Denied(line)) => Err(line),
        Err(other) => panic!("{other}"),
    }
}

/// The commission's process falls and is started again at its address.
fn restart<L>(world: &mut World<L>) {
    let address = world.commission.take().unwrap().address;
    world.commission_again(address);
}

fn round<L>(world: &World<L>) -> Result<(), ControlError> {
    let running = world.commission.as_ref().unwrap();
    commission::round(
        &running.commission,
        &world.node.ledger().socket,
        &world.host,
    )
}

/// Bodies of the lapses on record, once the commission has them.
fn lapses<L>(world: &World<L>) -> Vec<Value> {
    let mut log = Log::connect(&world.node.ledger().socket).unwrap();
    let mut found = Vec::new();
    log.each_durable_entry(|_, envelope, _| {
        if envelope.kind == EntryType::Lapse {
            found.push(envelope.clone());
        }
        true
    })
    .unwrap();
    let read = |envelope| serde_json::from_slice(&log.open_body(envelope).unwrap()).unwrap();
    found.iter().map(read).collect()
}

/// How the commission answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Ratified,
    Refused,
    Silence,
    TooLate,
}

/// What goes wrong meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    /// Office and commission do not reach each other while the deadline passes.
    Partition,
    /// The clock is set back by an hour behind the deadline, and right again.
    ClockBack,
    /// The commission's clock is set ahead by ten years, and right again.
    ClockAhead,
    /// The commission falls before its rounds.
    CrashBefore,
    /// It falls once the shares are gone and before anything of it is on record.
    CrashBetween,
    /// It falls once the attestations are on record and the lapse is not.
    CrashBehind,
}

/// A round, with the fall that the case has.
fn troubled_round<L>(world: &mut World<L>, trouble: Trouble) {
    match trouble {
        Trouble::CrashBefore => restart(world),
        Trouble::CrashBetween | Trouble::CrashBehind => {
            let made = world
                .commission
                .as_ref()
                .unwrap()
                .commission
                .tick(world.now())
                .unwrap();
            if trouble == Trouble::CrashBehind {
                let mut log = Log::connect(&world.node.ledger().socket).unwrap();
                for entry in made
                    .iter()
                    .filter(|e| e.envelope.kind == EntryType::Attestation)
                {
                    let index = log.ask(|client| client.append(entry)).unwrap();
                    log.proof(index).unwrap();
                }
            }
            restart(world);
        }
        Trouble::None | Trouble::Partition | Trouble::ClockBack | Trouble::ClockAhead => {}
    }
    round(world).unwrap();
}

fn case(outcome: Outcome, trouble: Trouble) {
    let told = format!("{outcome:?}, {trouble:?}");
    let mut world = world_under(fictional);
    let statement = invoked(&world);
    let urgent = statement.id;
    round(&world).unwrap();
    let commission = &world.commission.as_ref().unwrap().commission;
    assert_eq!(
        (commission.alarms(), commission.urgent_open().len()),
        (1, 1),
        "{told}"
    );
    let today = bucket(&world, &statement);
    let report = world.run(&statement).unwrap();
    assert!(report.totals.selected > 0, "{told}");
    let quarantined = looks(&world, &statement, &today).unwrap_err();
    assert!(quarantined.contains("quarantined"), "{told}: {quarantined}");
    world.clock.pass(HOUR);
    if trouble == Trouble::ClockAhead {
        let ahead = world.now().plus(10 * 8766 * HOUR);
        let commission = &world.commission.as_ref().unwrap().commission;
        let made = commission.tick(ahead).unwrap();
        assert_eq!(
            made.len(),
            0,
            "{told}: a clock that was set destroys nothing"
        );
    }
    match outcome {
        Outcome::Ratified => drop(ruled(&world, Matter::UrgentRatified(urgent)).unwrap()),
        Outcome::Refused => drop(ruled(&world, Matter::UrgentRefused(urgent)).unwrap()),
        Outcome::Silence | Outcome::TooLate => {}
    }
    if outcome == Outcome::Refused {
        // At once, not at the deadline.
        troubled_round(&mut world, trouble);
    }
    // An hour behind the deadline no ruling counts any more; then, and with a moment for clocks that differ, silence has spoken.
    let behind = 24 * HOUR + 180;
    if trouble == Trouble::Partition {
        let address = world.commission.take().unwrap().address;
        world.clock.pass(behind);
        world.commission_again(address);
        if outcome != Outcome::Ratified {
            // A day has passed, and one clock alone does not tell that: the office's next entry does.
            assert!(looks(&world, &statement, &today).is_err(), "{told}");
        }
    } else {
        world.clock.pass(behind - 120);
        round(&world).unwrap();
        if matches!(outcome, Outcome::Silence | Outcome::TooLate) {
            assert_eq!(
                lapses(&world).len(),
                0,
                "{told}: a ruling may be on its way"
            );
        }
        world.clock.pass(120);
    }
    if trouble == Trouble::ClockBack {
        world.clock.back(2 * HOUR);
        round(&world).unwrap();
        // By its own clock nothing is due yet; nobody looks all the same.
        if outcome != Outcome::Ratified {
            assert!(looks(&world, &statement, &today).is_err(), "{told}");
        }
        world.clock.pass(2 * HOUR);
    }
    troubled_round(&mut world, trouble);
    left(&world, &statement, &today, outcome, &told);
}

/// What is left of an urgent act when all is over.
fn left<L>(
    world: &World<L>,
    statement: &Statement,
    today: &BucketId,
    outcome: Outcome,
    told: &str,
) {
    let urgent = statement.id;
    if outcome == Outcome::TooLate {
        let late = ruled(world, Matter::UrgentRatified(urgent)).unwrap_err();
        assert!(
            matches!(
                late,
                ControlError::Forbidden {
                    code: "ruling-about",
                    ..
                }
            ),
            "{told}: {late}"
        );
    }
    let lapses = lapses(world);
    if outcome == Outcome::Ratified {
        assert_eq!(lapses, Vec::<Value>::new(), "{told}");
        looks(world, statement, today).unwrap();
        return;
    }
    assert_eq!(lapses.len(), 1, "{told}");
    let reason = if outcome == Outcome::Refused {
        "refused"
    } else {
        "silence"
    };
    let said =
        json!({"urgent": urgent.to_string(), "reason": reason, "destroyed": [today.to_string()]});
    assert_eq!(lapses[0], said, "{told}");
    // Destroyed: nobody opens it any more, and no new round says so again.
    let name = today.to_string().replace('/', "_");
    let folder = world.node.commission();
    assert!(folder.join("destroyed").join(&name).exists(), "{told}");
    let share = folder.join(format!("shares/{name}.share"));
    assert!(!share.exists(), "{told}");
    assert!(looks(world, statement, today).is_err(), "{told}");
    world.clock.pass(HOUR);
    round(world).unwrap();
    assert_eq!(self::lapses(world).len(), 1, "{told}");
    // And nothing runs under it any more.
    let (office, sensor) = (
        keys::read(&world.node.office_key("office")).unwrap(),
        sensor(),
    );
    let lease = caller(world).lease(urgent, &sensor, 60, &office);
    assert!(matches!(lease, Err(CallError::Denied(_))), "{told}");
    assert!(world.run(statement).is_err(), "{told}");
}

const TROUBLES: [Trouble; 7] = [
    Trouble::None,
    Trouble::Partition,
    Trouble::ClockBack,
    Trouble::ClockAhead,
    Trouble::CrashBefore,
    Trouble::CrashBetween,
    Trouble::CrashBehind,
];

#[test]
fn what_is_ratified_can_be_looked_at_whatever_goes_wrong() {
    for trouble in TROUBLES {
        case(Outcome::Ratified, trouble);
    }
}

#[test]
fn what_is_refused_is_destroyed_whatever_goes_wrong() {
    for trouble in TROUBLES {
        case(Outcome::Refused, trouble);
    }
}

#[test]
fn silence_destroys_whatever_goes_wrong() {
    for trouble in TROUBLES {
        case(Outcome::Silence, trouble);
    }
}

#[test]
fn a_ratification_that_comes_too_late_ratifies_nothing() {
    for trouble in TROUBLES {
        case(Outcome::TooLate, trouble);
    }
}

#[test]
fn without_a_cosignature_nothing_starts_and_a_second_try_goes_on_where_the_first_fell() {
    let mut world = world_under(fictional);
    let (statement, note) = asked(&world, &draft(&world, ["o1", "o3"]), &["o1", "o3"]);
    let address = world.commission.take().unwrap().address;
    let away = office::enter(&world.node, &world.host, &note).unwrap_err();
    assert!(matches!(away, ControlError::Ledger { .. }), "{away}");
    assert!(!world.node.authority(statement.id, &sensor()).exists());
    assert!(!world.node.statement(statement.id).exists());
    world.commission_again(address);
    let entered = office::enter(&world.node, &world.host, &note).unwrap();
    assert_eq!(entered.about, Some(statement.id));
    let again = office::enter(&world.node, &world.host, &note).unwrap();
    assert_eq!(again.index, entered.index);
    let mut log = Log::connect(&world.node.ledger().socket).unwrap();
    let mut count = 0;
    log.each_durable_entry(|_, envelope, _| {
        count += usize::from(envelope.kind == EntryType::Urgent);
        true
    })
    .unwrap();
    assert_eq!(count, 1);
    world.run(&statement).unwrap();
}

/// The code with which the book forbids an urgent act, or the words of what is wrong with its note.
fn refused<L>(world: &World<L>, draft: &office::Draft, signers: &[&str]) -> String {
    let (_, note) = asked(world, draft, signers);
    match office::enter(&world.node, &world.host, &note).unwrap_err() {
        ControlError::Forbidden { code, .. } => code.to_owned(),
        ControlError::Document { problem, .. } => problem,
        other => panic!("{other}"),
    }
}

#[test]
fn an_urgent_act_is_refused_beyond_switch_officers_caps_hours_and_count() {
    let japan = world();
    let two = ["o1", "o2"];
    assert_eq!(refused(&japan, &draft(&japan, two), &two), "urgent-off");
    drop(japan);
    let world = world_under(fictional);
    let base = || draft(&world, two);
    for (what, draft, signers, code) in [
        (
            "one officer has signed",
            base(),
            &["o1"][..],
            "`o2` has not signed",
        ),
        (
            "no officer",
            draft(&world, ["o1", "o9"]),
            &["o1"],
            "`o9` is no officer",
        ),
        (
            "a share that is too large",
            office::Draft {
                caps: Caps {
                    match_ppm: 1001,
                    ..base().caps
                },
                ..base()
            },
            &two,
            "urgent-caps",
        ),
        (
            "too many records",
            office::Draft {
                caps: Caps {
                    day_records: 100_001,
                    ..base().caps
                },
                ..base()
            },
            &two,
            "urgent-caps",
        ),
        (
            "more than a day",
            office::Draft {
                not_after: world.now().plus(24 * HOUR + 120),
                ..base()
            },
            &two,
            "urgent-hours",
        ),
        (
            "records that are kept too long",
            office::Draft {
                keep_days: 731,
                ..base()
            },
            &two,
            "beyond-schedule",
        ),
    ] {
        let said = refused(&world, &draft, signers);
        assert!(said.contains(code), "{what}: {said}");
    }
    once_too_often(&world);
}

/// Four in a month, and not one more.
fn once_too_often<L>(world: &World<L>) {
    let two = ["o1", "o2"];
    for _ in 0..4 {
        invoked(world);
    }
    assert_eq!(refused(world, &draft(world, two), &two), "urgent-month");
    world.clock.pass(31 * 24 * HOUR);
    invoked(world);
}
