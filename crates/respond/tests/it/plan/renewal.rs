//! A renewal that rises to level 2. In: events. Out: what goes on by itself, by two people, or not. Never: a command of level 2 behind the dispatch of one.

use super::*;
use sakimori_respond::plan::life::{Ended, Kill};

/// Of so many effects, dispatched by these people and renewed at level 2 twenty hours later; gives what came of the renewal.
fn renewed_at_level_2(count: usize, people: &[&str]) -> (Case, Step) {
    let mut case = Case::new(plan(count));
    case.in_force_by(people);
    assert_eq!(case.life.state().level(), 1);
    case.now += 20 * HOUR;
    let targets = case.targets();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let new = Renewal {
        observations: observed(&targets, "JP", case.now),
        ..renewal(&case, case.now, case.now)
    };
    case.well(&Event::AskRenewal {
        by: name("sato"),
        text: digest("text 2"),
        weighed: Weighed { level: 2, ..most() },
        renewal: Box::new(new),
    });
    let mut next = decision("text 2");
    next.authority = AuthorityId([10; 16]);
    next.not_before = at(case.now);
    next.not_after = at(case.now + DAY);
    let step = case.well(&Event::Renew(next));
    (case, step)
}

#[test]
fn what_one_alone_dispatched_goes_on_at_level_2_by_a_dispatch_of_two() {
    let (mut case, step) = renewed_at_level_2(2, &["tanaka"]);
    // A person is called, and nothing is commanded: not by time, and not when a hold is let go.
    let paged = |act: &Act| matches!(act, Act::Page(words) if words.contains("two people"));
    assert!(step.acts.iter().any(paged), "{:?}", step.acts);
    assert_eq!(commands(&step), []);
    let waits = |case: &Case| case.life.state().waits_for_two();
    assert!(waits(&case));
    assert_eq!(commands(&case.tick(60)), []);
    case.well(&Event::Kill(Kill::Dispatch));
    let step = case.well(&Event::Free { by: name("ito") });
    assert_eq!(commands(&step), []);
    assert_eq!(case.stage(), Stage::InForce);
    // A fall loses nothing of it.
    let restored = Life::restore(&case.records).expect("it has a draft");
    assert_eq!(restored.state(), case.life.state());
    // It takes what a first dispatch takes.
    for names in [&["tanaka"][..], &["tanaka", "tanaka"]] {
        let alone = case.dispatch_by(names);
        let words = case.refused(&alone);
        assert!(words.contains("two people"), "{words}");
    }
    let others = case.dispatch_by(&["mori", "abe"]);
    assert!(case.refused(&others).contains("`tanaka` carries it out"));
    let blind = Event::Dispatch {
        by: vec![name("tanaka"), name("mori")],
        observations: Vec::new(),
    };
    assert!(case.refused(&blind).contains("no observation"));
    // Nothing is taken back, and each effect is commanded once with its new end.
    let again = case.dispatch();
    let ends: Vec<_> = again.iter().map(|one| (one.aim, one.until)).collect();
    let until = Some(at(NOW + 20 * HOUR + 300 + DAY + 1));
    assert_eq!(ends, [(0, until), (1, until)]);
    assert!(!waits(&case));
    case.answer(&again);
    assert_eq!(case.stage(), Stage::InForce);
    // It was dispatched by two now: once more is out of sequence.
    let more = case.dispatch_event();
    assert!(case.refused(&more).contains("cannot happen"));
    assert_eq!(case.life.state().dispatched(), Some(at(NOW)));
    let restored = Life::restore(&case.records).expect("it has a draft");
    assert_eq!(restored.state(), case.life.state());
    case.tick(20 * HOUR);
    assert_eq!(
        case.stage(),
        Stage::InForce,
        "it goes on over its first end"
    );
}

#[test]
fn what_two_did_not_dispatch_at_level_2_ends_at_its_own_time() {
    let (mut case, _) = renewed_at_level_2(1, &["tanaka"]);
    case.tick(4 * HOUR - 301);
    assert_eq!(case.stage(), Stage::InForce);
    let step = case.tick(301);
    assert_eq!(commands(&step), [], "the actuator ended it by itself");
    assert_eq!(case.stage(), Stage::Ended);
    assert_eq!(case.life.state().end(), Some(Ended::Window));
    // Where another target is seen, the dispatch of two suspends it as a first one does.
    let (mut case, _) = renewed_at_level_2(1, &["tanaka"]);
    let by = vec![name("tanaka"), name("mori")];
    let observations = observed(&["198.51.100.1/32"], "GB", case.now);
    let step = case.well(&Event::Dispatch { by, observations });
    assert_eq!(case.stage(), Stage::Suspended);
    let sent = commands(&step);
    assert!(sent.iter().all(|one| !one.begins()) && sent.len() == 1);
}

#[test]
fn what_two_dispatched_goes_on_at_level_2_by_the_renewal_alone() {
    let (case, step) = renewed_at_level_2(1, &["tanaka", "mori"]);
    let sent = commands(&step);
    assert!(sent.len() == 1 && sent[0].begins());
    assert!(!case.life.state().waits_for_two());
    let paged = |act: &Act| matches!(act, Act::Page(_));
    assert!(!step.acts.iter().any(paged), "{:?}", step.acts);
}
