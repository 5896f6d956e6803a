//! An office that is killed in the middle of a dispatch. In: moments between a record, its command and the answer. Out: what is in force behind the next round, and how often it was put there. Never: a kill that waits for a good moment.

use super::NOTICED_MS;
use super::lab::{BLACK, BLOCKED, Lab, NAME, counted_ms, until};
use super::office::Office;
use super::relay::Gate;
use std::time::Duration;

/// Where the office is killed.
enum Moment {
    /// Its records are durable; nothing has left.
    Recorded,
    /// A command was done; its answer did not come.
    Unanswered,
    /// Some milliseconds behind the first connection.
    Behind(u64),
}

#[test]
fn acceptance_03_an_office_that_is_killed_between_record_and_answer_does_each_command_once() {
    let (mut office, relay) = Office::rehearsing();
    let finding = office.finding();
    let moments = [
        Moment::Recorded,
        Moment::Unanswered,
        Moment::Behind(0),
        Moment::Behind(40),
        Moment::Behind(200),
    ];
    for moment in moments {
        office.proposed(&finding, 3600);
        office.approve();
        office.learn();
        let before = relay.seen();
        match &moment {
            Moment::Recorded => relay.set(Gate::Shut),
            Moment::Unanswered => {
                let file = office.drill_file();
                let text = "\"in_force\": true";
                relay.set(Gate::NoAnswer(file, text));
            }
            Moment::Behind(_) => {}
        }
        let mut dispatch = office.dispatching();
        match moment {
            Moment::Recorded => {
                until("it is on record", 60_000, || office.stage() != "approved");
            }
            Moment::Unanswered => {
                until("an effect is there", 60_000, || {
                    !office.drilled().is_empty()
                });
            }
            Moment::Behind(ms) => {
                until("the office calls", 60_000, || relay.seen() > before);
                dispatch.goes_on(Duration::from_millis(ms));
            }
        }
        dispatch.kill();
        drop(dispatch);
        if matches!(moment, Moment::Recorded) {
            assert_eq!(office.drilled(), [] as [(String, u64); 0]);
        }
        relay.set(Gate::Open);
        // What was recorded is there when the next program looks; what was not never happened, and is dispatched again.
        if matches!(moment, Moment::Behind(_)) && office.stage() == "approved" {
            office.dispatch();
        } else {
            office.comes_in_force();
        }
        let mut there = office.drilled();
        there.sort();
        let each = [
            format!("{BLOCKED}/32"),
            format!("{BLACK}/32"),
            NAME.to_owned(),
        ];
        assert_eq!(there, each.map(|target| (target, 1)), "each once");
        office.release();
        assert_eq!(office.drilled(), [] as [(String, u64); 0]);
    }
    let acts = office.acts();
    let count = |word: &str| acts.iter().filter(|act| *act == word).count();
    assert!(count("dispatch") >= 5 && count("end") >= 5, "{acts:?}");
    office.verify();
}

#[test]
fn acceptance_03_an_office_that_is_killed_while_it_blocks_goes_on_when_it_is_back() {
    let test = "acceptance_03_an_office_that_is_killed_while_it_blocks_goes_on_when_it_is_back";
    let Some(lab) = Lab::new(test) else { return };
    let mut office = Office::new(&lab);
    let finding = office.finding();
    office.proposed(&finding, 3600);
    let before = lab.ruleset();
    office.approve();
    office.learn();
    let mut dispatch = office.dispatching();
    until("the flow stops", NOTICED_MS, || !lab.answers(BLOCKED));
    dispatch.kill();
    drop(dispatch);
    let killed = counted_ms();
    // What it had done stays without it.
    assert!(!lab.answers(BLOCKED));
    office.comes_in_force();
    until("the name stops", NOTICED_MS, || !lab.resolves(NAME));
    until("the route stops", NOTICED_MS, || !lab.answers(BLACK));
    println!("killed -> all in force: {} ms", counted_ms() - killed);
    assert_eq!(
        lab.ruleset().matches(BLOCKED).count(),
        before.matches(BLOCKED).count() + 1
    );
    office.release();
    super::all_comes_back(&lab);
    assert_eq!(lab.ruleset(), before);
}
