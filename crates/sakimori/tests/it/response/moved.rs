//! An attack that goes on elsewhere, as the office's own findings show it. In: scans that a sensor reads before and behind the begin of a measure. Out: the verdict, the call of a person, the findings that it rests on. Never: a sighting that
//! somebody hands to the office.

use super::lab::{BLOCKED, NEIGHBOUR, until};
use super::office::Office;

/// The attacker's address that is blocked, the one that it moves to, one that it used all the time, and somebody else's.
const OLD: [u8; 4] = [25, 66, 135, 1];
const NEW: [u8; 4] = [25, 66, 135, 2];
const KNOWN: [u8; 4] = [25, 66, 135, 60];
const OTHER: [u8; 4] = [25, 66, 135, 50];
/// Whom it scans, at home.
const FIRST: [u8; 4] = [133, 1, 9, 1];
const SECOND: [u8; 4] = [133, 1, 9, 2];
const THIRD: [u8; 4] = [133, 1, 9, 3];
/// Longest wait for the end of a window of the goal and the round behind it.
const WINDOW_MS: u64 = 60_000;

#[test]
fn acceptance_09_an_attack_that_moves_is_told_to_a_person_by_what_the_office_finds_itself() {
    let (mut office, _wire) = Office::rehearsing();
    let finding = office.finding();
    let early = office.seconds() - 120;
    office.scanned(early, &[(OLD, FIRST), (OLD, SECOND), (KNOWN, FIRST)]);
    office.proposed(&finding, 3600);
    office.approve();
    office.learn();
    office.dispatch();

    let target = format!("{BLOCKED}/32");
    let verdict = |office: &Office| {
        let row = office.judged().get(&target).cloned();
        row.unwrap_or_default()["verdict"].clone()
    };
    until("the first verdict", WINDOW_MS, || {
        let said = office.round_says();
        assert!(!said.contains("moved"), "{said}");
        verdict(&office).is_string()
    });
    assert_ne!(verdict(&office), "displaced", "nothing has moved yet");

    // The victims are scanned from elsewhere: by an address that is new, by one that was there before, and beside them somebody who has another victim.
    let late = office.seconds();
    office.scanned(
        late,
        &[(NEW, FIRST), (NEW, SECOND), (KNOWN, SECOND), (OTHER, THIRD)],
    );
    let mut calls = Vec::new();
    until("the verdict on what moved", WINDOW_MS, || {
        let said = office.round_says();
        let own = said.lines().filter(|line| line.contains("call somebody"));
        calls.extend(own.map(str::to_owned));
        verdict(&office) == "displaced"
    });
    let call = format!("the attack by {target} moved: {NEIGHBOUR} has 2 of 2");
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(calls[0].contains(&call), "{calls:?}");

    // It rests on the findings of the new address alone, and they are entries of the log.
    let shown = office.judged()[&target].clone();
    let moved = shown["moved"].as_array().unwrap();
    assert_eq!(moved.len(), 1, "{shown}");
    let found = office.scans_by(NEIGHBOUR);
    assert_eq!(found.len(), 2, "one finding for each victim");
    assert_eq!(shown["findings"], serde_json::json!(found), "{shown}");
    let record = office.verdicts_on_record(&target);
    assert_eq!(record.last().map(String::as_str), Some("displaced"));

    // Nobody is called twice about the same place, and a verdict ends nothing.
    let end = office.seconds() + 16;
    until("another window", WINDOW_MS, || {
        let said = office.round_says();
        assert!(!said.contains("moved"), "{said}");
        office.seconds() > end
    });
    assert_eq!(office.stage(), "in-force");
    office.release();
    office.verify();
}
