//! An urgent act on the small network: two officers decide before the commission can sit. In: a plan whose window is shorter than the law's hours, so that its end is seen. Out: who was told before anything took effect; what is left behind its second. Never:
//! a sitting.

use super::NOTICED_MS;
use super::lab::{BLACK, BLOCKED, Lab, NAME, counted_ms, until};
use super::office::Office;
use sakimori_custody::entry::EntryType;

/// Seconds of the plan's window: the law's two hours, and less where a plan asks for less.
const WINDOW: u64 = 50;

#[test]
fn acceptance_11_an_urgent_act_is_told_before_its_effect_and_lapses_by_itself() {
    let test = "acceptance_11_an_urgent_act_is_told_before_its_effect_and_lapses_by_itself";
    let Some(lab) = Lab::new(test) else { return };
    let mut office = Office::new(&lab);
    let finding = office.finding();
    let before = lab.ruleset();
    let end = office.invoked(&finding, WINDOW);
    // The act is in the log, and the commission's copy has it; nothing is in force yet.
    let told = office.entries(EntryType::Urgent);
    assert_eq!(told.len(), 1);
    until("the commission is told", 20_000, || {
        office.round();
        office.done("notice to the commission")
    });
    assert!(
        lab.answers(BLOCKED) && lab.resolves(NAME),
        "it was told before"
    );
    assert_eq!(office.stage(), "urgent");
    let begin = counted_ms();
    office.dispatch();
    until("the flow stops", NOTICED_MS, || !lab.answers(BLOCKED));
    until("the name stops", NOTICED_MS, || !lab.resolves(NAME));
    println!(
        "urgent dispatch -> noticed by the client: {} ms",
        counted_ms() - begin
    );
    assert!(lab.answers(BLACK), "what is not urgent is not done");
    let first = office.entries(EntryType::Measure);
    let dispatched = first.iter().find(|entry| entry.body["act"] == "dispatch");
    assert!(told[0].index < dispatched.unwrap().index);

    // Nobody ratifies it: it ends at its second, with nobody's help.
    let left = end.saturating_sub(office.seconds());
    assert!(
        left > 2,
        "the machine is too slow for this window: {left} s are left"
    );
    assert!(!lab.answers(BLOCKED), "not early");
    let waits = until("it lapses", (left + 10) * 1000, || {
        lab.answers(BLOCKED) && lab.resolves(NAME)
    });
    println!("{left} s were left; noticed as over after {waits} ms");
    assert!(
        waits + 2_000 >= left * 1000,
        "{waits} ms, and {left} s were left"
    );
    until("the office knows", 20_000, || {
        office.round();
        office.stage() == "ended"
    });
    assert_eq!(office.ended(), "unratified");
    assert_eq!(lab.ruleset(), before);
    office.verify();
}

#[test]
fn an_urgent_act_that_was_ratified_ends_with_its_window() {
    let (mut office, _wire) = Office::rehearsing();
    let finding = office.finding();
    let end = office.invoked(&finding, 40);
    office.ratified();
    office.dispatch();
    assert_eq!(office.drilled().len(), 2);
    let left = end.saturating_sub(office.seconds());
    until("its window ends", (left + 20) * 1000, || {
        office.round();
        office.stage() == "ended"
    });
    assert_eq!(office.ended(), "window");
    assert_eq!(office.drilled(), [] as [(String, u64); 0]);
}
