//! One, then a tenth, then all. In: answers of actuators, time. Out: commands.

use super::*;
use sakimori_respond::plan::command::{number, uuid};
use sakimori_respond::plan::life::{Fact, Kill};

#[test]
fn a_number_of_version_5_is_that_of_the_standard() {
    // RFC 9562 appendix A.4: the namespace of DNS and `www.example.com`.
    let dns = [
        0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30,
        0xc8,
    ];
    let found = uuid(dns, b"www.example.com");
    assert_eq!(found, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

#[test]
fn a_command_has_one_number_and_each_of_its_parts_changes_it() {
    let one = number(digest("m"), "begin-0", &name("edge-1"), 1);
    assert_eq!(one, number(digest("m"), "begin-0", &name("edge-1"), 1));
    for other in [
        number(digest("n"), "begin-0", &name("edge-1"), 1),
        number(digest("m"), "end-0", &name("edge-1"), 1),
        number(digest("m"), "begin-1", &name("edge-1"), 1),
        number(digest("m"), "begin-0", &name("edge-2"), 1),
        number(digest("m"), "begin-0", &name("edge-1"), 2),
    ] {
        assert_ne!(other, one);
    }
}

#[test]
fn the_first_is_tried_alone_then_a_tenth_then_all_with_a_soak_between() {
    let mut case = Case::new(plan(30));
    case.approve();
    let canary = case.dispatch();
    assert_eq!(canary.len(), 1);
    assert_eq!(canary[0].target, target(1));
    assert_eq!(case.answer(&canary), []);
    assert_eq!(commands(&case.tick(299)), []);
    let tenth = commands(&case.tick(1));
    let targets: Vec<String> = tenth.iter().map(|command| command.target.clone()).collect();
    assert_eq!(targets, [target(2), target(3)]);
    // The soak begins when the last of the wave is read back.
    case.answer(&tenth[..1]);
    assert_eq!(commands(&case.tick(40)), []);
    case.answer(&tenth[1..]);
    assert_eq!(commands(&case.tick(299)), []);
    let rest = commands(&case.tick(1));
    assert_eq!(rest.len(), 27);
    assert_eq!(case.stage(), Stage::Dispatching);
    case.answer(&rest);
    assert_eq!(case.stage(), Stage::InForce);
}

#[test]
fn few_effects_have_no_empty_wave() {
    let mut one = Case::new(plan(1));
    assert_eq!(one.in_force().len(), 1);
    assert_eq!(one.now, NOW, "one effect soaks for nobody");
    let mut ten = Case::new(plan(10));
    assert_eq!(ten.in_force().len(), 10);
    assert_eq!(ten.now, NOW + 300);
}

#[test]
fn a_failed_read_back_stops_the_roll_out_and_takes_all_back() {
    let mut case = Case::new(plan(30));
    case.approve();
    let canary = case.dispatch();
    case.answer(&canary);
    let tenth = commands(&case.tick(300));
    case.well(&answer(&tenth[0], true));
    let step = case.well(&answer(&tenth[1], false));
    assert_eq!(case.stage(), Stage::Suspended);
    let ends = commands(&step);
    let targets: Vec<String> = ends.iter().map(|command| command.target.clone()).collect();
    // Also what failed: it can be half in force.
    assert_eq!(targets, [target(1), target(2), target(3)]);
    assert!(ends.iter().all(|command| !command.begins()));
    assert!(step.acts.contains(&Act::Suspend));
    assert!(step.acts.iter().any(|act| matches!(act, Act::Page(_))));
    case.answer(&ends);
    assert_eq!(commands(&case.tick(HOUR)), [], "nothing goes on by itself");
}

#[test]
fn what_is_lost_while_it_soaks_stops_the_roll_out_and_takes_all_back() {
    let mut case = Case::new(plan(30));
    case.approve();
    let canary = case.dispatch();
    let lost = |command: &Command| Event::Lost {
        command: command.id.clone(),
    };
    case.well(&lost(&canary[0]));
    assert_eq!(case.stage(), Stage::Dispatching, "it was not there yet");
    case.answer(&canary);
    case.tick(200);
    let step = case.well(&lost(&canary[0]));
    assert_eq!(case.stage(), Stage::Suspended);
    let ends = commands(&step);
    assert_eq!((ends.len(), ends[0].begins()), (1, false), "{ends:?}");
    let words = format!("{} is not in force any more", target(1));
    assert!(step.acts.contains(&Act::Page(words)), "{step:?}");
    case.life = Life::restore(&case.records).unwrap();
    let later = commands(&case.tick(300));
    assert!(later.iter().all(|command| !command.begins()), "{later:?}");

    // Once all is in force it ends nothing, and what another command put in force is not meant.
    let mut whole = Case::new(plan(2));
    let sent = whole.in_force();
    whole.well(&lost(&sent[0]));
    whole.well(&lost(&canary[0]));
    assert_eq!(whole.stage(), Stage::InForce);
}

#[test]
fn a_signal_that_others_are_met_stops_the_roll_out() {
    let mut case = Case::new(plan(30));
    case.approve();
    let canary = case.dispatch();
    case.answer(&canary);
    let words = "a school lost its mail".to_owned();
    let step = case.well(&Event::Collateral { words });
    assert_eq!(commands(&step).len(), 1);
    assert_eq!(case.stage(), Stage::Suspended);
    let later = commands(&case.tick(300));
    assert!(later.iter().all(|command| !command.begins()), "{later:?}");
}

#[test]
fn what_is_suspended_goes_on_by_another_person_and_a_new_dispatch() {
    let mut case = Case::new(plan(2));
    case.in_force();
    let words = "a school lost its mail".to_owned();
    let ends = commands(&case.well(&Event::Collateral { words }));
    let resume = |by: &str| Event::Resume {
        by: name(by),
        words: "it was another fault".to_owned(),
    };
    assert!(
        case.refused(&resume("tanaka"))
            .contains("another lets it go on")
    );
    case.well(&resume("ito"));
    assert_eq!(case.stage(), Stage::Approved);
    let dispatch = case.dispatch_event();
    assert!(case.refused(&dispatch).contains("not taken back yet"));
    case.answer(&ends);
    let canary = case.dispatch();
    assert_eq!(canary.len(), 1, "it begins with one again");
}

#[test]
fn a_command_that_nobody_answers_is_the_same_when_it_is_sent_again() {
    let mut case = Case::new(plan(1));
    case.approve();
    let sent = case.dispatch();
    assert_eq!(commands(&case.tick(59)), []);
    assert_eq!(commands(&case.tick(1)), sent);
    assert_eq!(commands(&case.tick(0)), [], "once in a while");
    assert_eq!(commands(&case.tick(60)), sent);
    // Three times without an answer is no read-back.
    assert_eq!(commands(&case.tick(119)), []);
    let step = case.tick(1);
    assert_eq!(case.stage(), Stage::Suspended);
    let ends = commands(&step);
    assert_eq!(ends.len(), 1);
    assert!(!ends[0].begins());
    // The end is sent until it is answered, each time after a longer while, and a person is called once.
    let (mut pages, mut times) = (0, Vec::new());
    let began = case.now;
    for _ in 0..300 {
        case.life = Life::restore(&case.records).unwrap();
        let step = case.tick(60);
        if !commands(&step).is_empty() {
            assert_eq!(commands(&step), ends);
            times.push((case.now - began) / 60);
        }
        let paged = step.acts.iter().filter(|act| matches!(act, Act::Page(_)));
        pages += paged.count();
    }
    assert_eq!(pages, 1);
    assert_eq!(times, [1, 2, 4, 8, 16, 32, 64, 124, 184, 244]);
    // Its own timer has ended it by then.
    case.now = NOW + DAY + 180;
    case.take(&Event::Tick);
    assert_eq!(case.stage(), Stage::Ended);
}

#[test]
fn a_late_answer_of_what_was_taken_back_takes_it_back_again() {
    let mut case = Case::new(plan(1));
    case.approve();
    let sent = case.dispatch();
    let ends = commands(&case.well(&Event::Kill(Kill::Measure)));
    case.answer(&ends);
    assert_eq!(case.stage(), Stage::Ended);
    let step = case.well(&answer(&sent[0], true));
    let again = commands(&step);
    assert_eq!(again.len(), 1);
    assert!(!again[0].begins());
    assert!(again[0].revision > ends[0].revision);
    assert_eq!(case.stage(), Stage::Ended);
}

#[test]
fn answers_twice_or_of_others_change_nothing() {
    let mut case = Case::new(plan(2));
    case.approve();
    let sent = case.dispatch();
    case.answer(&sent);
    let before = case.life.state().clone();
    case.well(&answer(&sent[0], true));
    case.well(&answer(&sent[0], false));
    case.well(&Event::Released {
        command: sent[0].id.clone(),
        well: true,
    });
    case.well(&Event::ReadBack {
        command: "another".to_owned(),
        well: true,
    });
    assert_eq!(case.life.state(), &before);
}

#[test]
fn ceilings_hold_a_wave_and_refuse_a_dispatch() {
    let ceiling: [Change<Case>; 4] = [
        ("of all measures", |case| case.load.standing = 10_000),
        ("of the authority", |case| {
            case.load.authorities.insert(AuthorityId([9; 16]), 600);
        }),
        ("to the actuator", |case| {
            case.load.actuators.insert(name("edge-1"), 300);
        }),
        ("to the party", |case| {
            case.load.parties.insert(name("carrier-a"), 300);
        }),
    ];
    for (what, fill) in ceiling {
        let mut case = Case::new(plan(2));
        case.approve();
        fill(&mut case);
        let dispatch = case.dispatch_event();
        let words = case.refused(&dispatch);
        assert!(words.contains(what), "{words}");
        case.load = Load::default();
        case.dispatch();
    }
    let mut case = Case::new(plan(30));
    case.terms.ceilings.actuator = 10;
    case.approve();
    let canary = case.dispatch();
    case.answer(&canary);
    let tenth = commands(&case.tick(300));
    case.answer(&tenth);
    // 27 are left; ten at a time, and no more while the last ones count.
    let first = commands(&case.tick(300));
    assert_eq!(first.len(), 10);
    case.load = Load::of(
        [case.life.state()],
        case.terms.ceilings.seconds,
        at(case.now),
    );
    assert_eq!(case.answer(&first), []);
    case.now += 60;
    case.load = Load::of(
        [case.life.state()],
        case.terms.ceilings.seconds,
        at(case.now),
    );
    assert_eq!(commands(&case.take(&Event::Tick)).len(), 10);
}

#[test]
fn an_effect_lasts_no_longer_than_the_plan_the_approval_and_the_urgency_say() {
    let mut short = plan(1);
    short.effect_seconds = HOUR;
    let mut case = Case::new(short);
    case.approve();
    assert_eq!(case.dispatch()[0].until, Some(at(NOW + HOUR)));
    let mut case = Case::new(plan(1));
    case.approve();
    assert_eq!(case.dispatch()[0].until, Some(at(NOW + DAY)));
}

#[test]
fn effects_whose_time_has_passed_end_the_measure() {
    let mut short = plan(2);
    short.effect_seconds = HOUR;
    let mut case = Case::new(short);
    case.in_force();
    case.tick(HOUR - 301);
    assert_eq!(case.stage(), Stage::InForce);
    case.tick(300);
    assert_eq!(case.stage(), Stage::InForce, "the second began 300 s later");
    case.tick(1);
    assert_eq!(case.stage(), Stage::Ended);
}

#[test]
fn less_needs_no_approval() {
    let mut case = Case::new(plan(3));
    case.in_force();
    let narrow = |aims: &[usize]| Event::Narrow {
        by: name("tanaka"),
        aims: aims.to_vec(),
    };
    case.refused(&narrow(&[3]));
    case.refused(&narrow(&[]));
    let ends = commands(&case.well(&narrow(&[1])));
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0].target, target(2));
    case.answer(&ends);
    assert_eq!(case.stage(), Stage::InForce);
    let ends = commands(&case.well(&narrow(&[0, 2])));
    assert_eq!(ends.len(), 2);
    case.answer(&ends);
    assert_eq!(case.stage(), Stage::Ended);
}

#[test]
fn what_was_recorded_and_not_done_is_done_after_a_start() {
    let mut case = Case::new(plan(2));
    case.approve();
    let sent = case.dispatch();
    let risen = Life::restore(&case.records).unwrap();
    assert_eq!(risen.state(), case.life.state());
    let pending = risen.pending(at(case.now));
    assert!(pending.contains(&Act::Command(sent[0].clone())));
    let notices = pending.iter().filter(|act| matches!(act, Act::Notice(_)));
    assert_eq!(
        notices.count(),
        4,
        "commission, administrator, victims, others"
    );
    assert!(Life::restore(&case.records[1..]).is_err());
    assert!(matches!(case.records[0].fact, Fact::Drafted { .. }));
}

#[test]
fn records_read_back_from_their_documents() {
    let mut case = Case::new(plan(12));
    case.in_force();
    case.well(&Event::SuccessMet);
    let texts: Vec<String> = case
        .records
        .iter()
        .map(|record| serde_json::to_string(record).unwrap())
        .collect();
    let read: Vec<Record> = texts
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    assert_eq!(read, case.records);
    assert_eq!(Life::restore(&read).unwrap().state(), case.life.state());
}
