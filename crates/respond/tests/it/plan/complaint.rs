//! Complaints. In: what somebody wrote and what is known. Out: rulings by rule, what comes of them.

use super::*;
use sakimori_respond::plan::collateral::estimate;
use sakimori_respond::plan::complaint::{
    Complaint, ComplaintError, Known, Ruling, reference, review,
};
use sakimori_respond::plan::life::{Duty, Ended, Why};

#[test]
fn a_reference_is_all_of_its_random_bytes() {
    assert_eq!(reference([0; 16]), "0".repeat(26));
    assert_eq!(reference([0xff; 16]), format!("7{}", "z".repeat(25)));
    // Each bit changes it.
    let mut all = std::collections::BTreeSet::new();
    for bit in 0..128u32 {
        all.insert(reference((1u128 << bit).to_be_bytes()));
    }
    assert_eq!(all.len(), 128);
}

#[test]
fn a_complaint_says_something_and_not_too_much() {
    let take = |target: &str, words: &str| Complaint::take(target, words, [1; 16], at(NOW));
    assert_eq!(take(" ", "mine"), Err(ComplaintError::Empty));
    assert_eq!(take("198.51.100.1", ""), Err(ComplaintError::Empty));
    let long = "x".repeat(8 << 10);
    assert_eq!(take("a", &long), Err(ComplaintError::Long));
    let taken = take(" 198.51.100.1 ", "my shop is gone").unwrap();
    assert_eq!(taken.target, "198.51.100.1");
    assert_eq!(taken.reference.len(), 26);
}

/// Reviews with one thing changed.
fn ruling(change: impl Fn(&mut Known<'_>)) -> Ruling {
    let before = seen("JP");
    let facts = facts("198.51.100.1/32");
    let estimate = estimate(
        "198.51.100.1/32",
        Some(&facts),
        &terms().collateral,
        at(NOW),
    );
    assert_eq!(estimate.high, Some(5));
    let mut known = Known {
        target: Some("198.51.100.1/32"),
        before: Some(&before),
        now: Some(&before),
        estimate: Some(&estimate),
        names: Some(5),
        before_it: 4,
    };
    change(&mut known);
    review(&known)
}

#[test]
fn the_rules_suspend_where_it_changed_more_are_met_or_nobody_can_tell() {
    let kept = ruling(|_| {});
    assert!(!kept.suspend, "{kept:?}");
    assert!(ruling(|known| known.names = Some(6)).suspend);
    assert!(ruling(|known| known.before_it = 5).suspend);
    assert!(ruling(|known| known.now = None).suspend);
    assert!(ruling(|known| known.before = None).suspend);
    assert!(ruling(|known| known.estimate = None).suspend);
    let mut other = seen("JP");
    other.owner = "SHOP".to_owned();
    let before = seen("JP");
    let changed = review(&Known {
        target: Some("t"),
        before: Some(&before),
        now: Some(&other),
        estimate: None,
        names: None,
        before_it: 0,
    });
    assert!(changed.suspend);
    assert!(changed.words.contains("the owner of t was"), "{changed:?}");
    let elsewhere = ruling(|known| known.target = None);
    assert!(!elsewhere.suspend);
}

fn complaint(reference: &str, suspend: bool) -> Event {
    Event::Complaint {
        reference: reference.to_owned(),
        ruling: Ruling {
            suspend,
            words: "by rule".to_owned(),
        },
    }
}

fn complained(reference: &str, upheld: bool) -> Event {
    Event::Complained {
        reference: reference.to_owned(),
        upheld,
    }
}

#[test]
fn a_complaint_that_the_rules_support_suspends_until_a_person_has_decided() {
    let mut case = Case::new(plan(1));
    case.refused(&complaint("r-1", true));
    case.in_force();
    let ends = commands(&case.well(&complaint("r-1", true)));
    assert_eq!(ends.len(), 1);
    assert_eq!(case.life.state().suspended(), Some(Why::Complaint));
    case.answer(&ends);
    case.refused(&complaint("r-1", false));
    let resume = Event::Resume {
        by: name("ito"),
        words: "it is as it was".to_owned(),
    };
    assert!(case.refused(&resume).contains("not decided"));
    case.well(&complained("r-1", false));
    case.refused(&complained("r-1", true));
    case.well(&resume);
    assert_eq!(case.stage(), Stage::Approved);
    let clock = &case.life.state().clocks()[&Duty::Complaint("r-1".to_owned())];
    assert_eq!(clock.done, Some(at(case.now)));
}

#[test]
fn one_that_is_upheld_ends_the_measure_whatever_junk_came_before_it() {
    let mut case = Case::new(plan(1));
    case.in_force();
    for number in 0..10_000 {
        case.well(&complaint(&format!("junk-{number}"), false));
    }
    assert!(
        case.refused(&complaint("r-1", false))
            .contains("10000 complaints")
    );
    case.refused(&complained("r-1", false));
    let ends = commands(&case.well(&complained("r-1", true)));
    assert_eq!(ends.len(), 1);
    assert_eq!(case.life.state().end(), Some(Ended::Complaint));
    case.refused(&complained("r-1", true));
}

#[test]
fn a_complaint_that_is_upheld_ends_the_measure() {
    let mut case = Case::new(plan(1));
    case.in_force();
    let step = case.well(&complaint("r-1", false));
    assert_eq!(commands(&step), []);
    assert_eq!(case.stage(), Stage::InForce);
    let ends = commands(&case.well(&complained("r-1", true)));
    assert_eq!(ends.len(), 1);
    assert_eq!(case.life.state().end(), Some(Ended::Complaint));
    case.answer(&ends);
    // Whoever complains behind the end is answered too.
    case.well(&complaint("r-2", true));
    case.well(&complained("r-2", true));
    assert_eq!(case.stage(), Stage::Ended);
}
