//! Every way in which a measure ends or stops. In: events. Out: what is taken back.

use super::*;
use sakimori_authority::measure::Route;
use sakimori_respond::plan::life::{Duty, Ended, Kill, Why};

/// A measure of two effects in force.
fn running() -> Case {
    let mut case = Case::new(plan(2));
    case.in_force();
    case
}

fn check(event: &Event, end: Ended) {
    let mut case = running();
    let step = case.well(event);
    assert_eq!(case.life.state().end(), Some(end));
    assert_eq!(case.stage(), Stage::Ending);
    assert!(step.acts.contains(&Act::Suspend));
    let ends = commands(&step);
    assert_eq!(ends.len(), 2);
    assert!(ends.iter().all(|command| !command.begins()));
    case.answer(&ends[..1]);
    assert_eq!(case.stage(), Stage::Ending);
    // An actuator that could not take it back is asked again.
    case.well(&answer(&ends[1], false));
    assert_eq!(case.stage(), Stage::Ending);
    assert_eq!(commands(&case.tick(60)), ends[1..]);
    case.answer(&ends[1..]);
    assert_eq!(case.stage(), Stage::Ended);
    let clock = &case.life.state().clocks()[&Duty::Report];
    assert_eq!(clock.due.0 - clock.began.0, 30 * DAY);
}

#[test]
fn success_stop_revocation_and_the_kill_switch_end_it() {
    check(&Event::SuccessMet, Ended::Success);
    check(&Event::StopMet, Ended::Stop);
    check(&Event::Revoke, Ended::Revoked);
    check(&Event::Kill(Kill::Measure), Ended::Killed);
    let authority = Kill::Authority(AuthorityId([9; 16]));
    check(&Event::Kill(authority), Ended::Killed);
    let chain = plan(1).chain;
    let number = Kill::Designation(chain.executor.number.clone());
    check(&Event::Kill(number), Ended::Killed);
    check(&Event::Kill(Kill::Route(chain.route())), Ended::Killed);
}

#[test]
fn the_kill_switch_of_another_authority_leaves_it() {
    let mut case = running();
    let other = Kill::Authority(AuthorityId([8; 16]));
    case.refused(&Event::Kill(other));
    case.refused(&Event::Kill(Kill::Designation("D-999".to_owned())));
    case.refused(&Event::Kill(Kill::Route(Route::Defence)));
    assert_eq!(case.stage(), Stage::InForce);
}

#[test]
fn the_first_level_of_the_kill_switch_stops_dispatch_and_leaves_what_is_there() {
    let mut case = Case::new(plan(30));
    case.approve();
    let canary = case.dispatch();
    case.answer(&canary);
    let step = case.well(&Event::Kill(Kill::Dispatch));
    assert_eq!(commands(&step), []);
    assert_eq!(commands(&case.tick(HOUR)), []);
    let free = |by: &str| Event::Free { by: name(by) };
    case.refused(&free("tanaka"));
    let go_on = commands(&case.well(&free("ito")));
    let later = commands(&case.tick(0));
    assert_eq!(go_on.len() + later.len(), 2);
    // It holds before a decision too, and does not end what is only asked for.
    let mut asked = Case::new(plan(1));
    asked.review();
    asked.well(&Event::Kill(Kill::Dispatch));
    asked.ask();
    asked.well(&Event::Approve(decision("text")));
    let dispatch = asked.dispatch_event();
    assert!(asked.refused(&dispatch).contains("kill switch"));
}

#[test]
fn the_stop_of_the_whole_office_holds_what_is_there_and_what_is_decided_later() {
    let mut case = Case::new(plan(30));
    case.approve();
    let canary = case.dispatch();
    case.answer(&canary);
    case.load.halted = true;
    assert_eq!(commands(&case.well(&Event::Kill(Kill::All))), []);
    assert_eq!(commands(&case.tick(HOUR)), []);
    let restored = Life::restore(&case.records).expect("it has a draft");
    assert!(restored.state().is_halted(), "it is on record");
    // Nobody lets a single measure go while the office stands still, in neither way.
    case.refused(&Event::Free { by: name("ito") });
    case.refused(&Event::FreeAll { by: name("ito") });
    case.load.halted = false;
    let go_on = commands(&case.well(&Event::FreeAll { by: name("ito") }));
    let later = commands(&case.tick(0));
    assert_eq!(go_on.len() + later.len(), 2);
    // One that is decided later has no record of the stop yet, and does not begin either.
    let mut next = Case::new(plan(1));
    next.load.halted = true;
    next.approve();
    let dispatch = next.dispatch_event();
    assert!(next.refused(&dispatch).contains("whole office"));
    // Its own stop stays when the office's is let go.
    next.well(&Event::Kill(Kill::All));
    next.well(&Event::Kill(Kill::Dispatch));
    next.load.halted = false;
    next.well(&Event::FreeAll { by: name("ito") });
    let dispatch = next.dispatch_event();
    assert!(next.refused(&dispatch).contains("kill switch"));
}

#[test]
fn what_is_ratified_while_dispatch_is_held_gets_its_end_when_it_is_let_go() {
    let mut case = Case::new(plan(1));
    case.review();
    case.well(&Event::Invoke {
        officers: [name("head"), name("lawyer")],
        text: digest("text"),
        authority: AuthorityId([9; 16]),
    });
    let sent = case.dispatch();
    case.answer(&sent);
    case.well(&Event::Kill(Kill::Dispatch));
    let step = case.well(&Event::Ratify(decision("text")));
    assert_eq!(
        commands(&step),
        [],
        "nothing is dispatched while it is held"
    );
    let again = commands(&case.well(&Event::Free { by: name("ito") }));
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].until, Some(at(NOW + DAY)));
}

#[test]
fn a_command_of_an_earlier_dispatch_that_may_be_on_its_way_is_ended_too() {
    let mut case = Case::new(plan(30));
    case.approve();
    let canary = case.dispatch();
    case.answer(&canary);
    let tenth = commands(&case.tick(300));
    assert_eq!(tenth.len(), 2);
    let ends = commands(&case.well(&Event::Collateral {
        words: "a school".to_owned(),
    }));
    case.answer(&ends);
    case.well(&Event::Resume {
        by: name("ito"),
        words: "another fault".to_owned(),
    });
    case.now += 1;
    let canary = case.dispatch();
    case.answer(&canary);
    // The two of the first dispatch were not begun in this one.
    let ends = commands(&case.well(&Event::Revoke));
    let targets: Vec<&str> = ends.iter().map(|command| command.target.as_str()).collect();
    assert_eq!(targets, [target(1), target(2), target(3)]);
}

#[test]
fn the_window_ends_it_at_its_second_and_not_one_earlier() {
    let mut case = running();
    case.now = NOW + DAY - 1;
    assert_eq!(commands(&case.take(&Event::Tick)), []);
    assert_eq!(case.stage(), Stage::InForce);
    case.now = NOW + DAY;
    case.take(&Event::Tick);
    assert_eq!(case.life.state().end(), Some(Ended::Window));
}

#[test]
fn an_approval_that_nobody_used_ends_with_its_window() {
    let mut case = Case::new(plan(1));
    case.approve();
    case.now = NOW + DAY;
    let dispatch = case.dispatch_event();
    assert!(case.refused(&dispatch).contains("does not hold now"));
    case.take(&Event::Tick);
    assert_eq!(case.stage(), Stage::Ended);
}

#[test]
fn a_hit_of_the_lists_suspends_and_calls_a_person() {
    let mut case = running();
    let hit = |target: String| Event::ListHit {
        target,
        words: "emergency services".to_owned(),
    };
    case.refused(&hit(target(9)));
    let step = case.well(&hit(target(2)));
    assert_eq!(case.stage(), Stage::Suspended);
    assert_eq!(case.life.state().suspended(), Some(Why::List));
    assert_eq!(commands(&step).len(), 2);
    let page = Act::Page("198.51.100.2/32 runs into emergency services".to_owned());
    assert!(step.acts.contains(&page), "{:?}", step.acts);
    // A suspended measure ends with its window as any other.
    case.now = NOW + DAY;
    case.take(&Event::Tick);
    assert_eq!(case.life.state().end(), Some(Ended::Window));
}

/// A note that was signed before can be brought again by anybody: it says nothing of what suspended the measure.
#[test]
fn what_was_seen_before_a_suspension_lets_nothing_go_on() {
    let mut case = running();
    case.now += HOUR;
    let before = case.dispatch_event();
    case.now += 60;
    let target = target(2);
    let mut moved = observed(&[target.as_str()], "JP", case.now);
    for one in &mut moved {
        one.seen.owner = "ANOTHER-NET".to_owned();
    }
    let ends = commands(&case.well(&Event::Observed(moved)));
    assert_eq!(case.life.state().suspended(), Some(Why::Changed));
    case.answer(&ends);
    case.now += 60;
    case.well(&Event::Resume {
        by: name("ito"),
        words: "it is said to be as before".to_owned(),
    });
    let words = case.refused(&before);
    assert!(words.contains("before it was suspended"), "{words}");
    let restored = Life::restore(&case.records).expect("it has a draft");
    assert_eq!(restored.state(), case.life.state());
    let now = case.dispatch_event();
    case.well(&now);
    assert_eq!(case.stage(), Stage::Dispatching);
}

#[test]
fn nothing_begins_behind_an_end() {
    let mut case = running();
    let ends = commands(&case.well(&Event::Revoke));
    case.answer(&ends);
    let dispatch = case.dispatch_event();
    for event in [
        dispatch,
        Event::Approve(decision("text")),
        Event::Ratify(decision("text")),
        Event::Renew(decision("text")),
        Event::SuccessMet,
        Event::Revoke,
        Event::Kill(Kill::Measure),
        Event::Resume {
            by: name("ito"),
            words: "again".to_owned(),
        },
    ] {
        case.refused(&event);
    }
    assert_eq!(commands(&case.tick(HOUR)), []);
    let report = Event::Report {
        by: name("sato"),
        sha256: digest("report"),
    };
    case.well(&report);
    assert_eq!(case.stage(), Stage::Reported);
    case.refused(&report);
}

#[test]
fn the_office_takes_back_what_is_not_decided() {
    let mut case = Case::new(plan(1));
    case.review();
    case.ask();
    let withdraw = |by: &str| Event::Withdraw { by: name(by) };
    case.refused(&withdraw("mori"));
    case.well(&withdraw("sato"));
    assert_eq!(case.stage(), Stage::Ended);
    assert_eq!(case.life.state().end(), Some(Ended::Withdrawn));
    assert!(
        case.life.state().clocks().is_empty(),
        "there is nothing to report"
    );
    let mut decided = running();
    decided.refused(&withdraw("sato"));
}
