//! Two who look at a target. In: observations. Out: verified, or why not.

use super::*;
use sakimori_respond::plan::observe::{Unverified, differences, verify};

const FRESH: u64 = 72 * HOUR;

fn pair(first: u64, second: u64) -> Vec<Observation> {
    let mut two = observed(&["198.51.100.1/32"], "JP", first);
    two[1].at = at(second);
    two
}

fn check(observations: &[Observation], fresh: u64) -> Result<(), Unverified> {
    verify("198.51.100.1/32", observations, fresh, at(NOW)).map(|_| ())
}

#[test]
fn an_observation_is_fresh_to_its_last_second() {
    for fresh in [FRESH, HOUR] {
        check(&pair(NOW - fresh, NOW), fresh).unwrap();
        let one_old = check(&pair(NOW - fresh - 1, NOW), fresh);
        assert!(matches!(one_old, Err(Unverified::NotIndependent(_))));
        let all_old = check(&pair(NOW - fresh - 1, NOW - fresh - 1), fresh);
        assert!(matches!(all_old, Err(Unverified::Stale { .. })));
    }
    check(&pair(NOW + 60, NOW), FRESH).unwrap();
    let ahead = check(&pair(NOW + 61, NOW), FRESH);
    assert!(
        matches!(ahead, Err(Unverified::NotIndependent(_))),
        "{ahead:?}"
    );
}

#[test]
fn two_are_two_only_with_another_source_another_observer_and_another_proof() {
    let not = |change: fn(&mut Observation)| {
        let mut two = pair(NOW, NOW);
        change(&mut two[1]);
        let found = check(&two, FRESH);
        assert!(
            matches!(found, Err(Unverified::NotIndependent(_))),
            "{found:?}"
        );
    };
    not(|one| one.source = name("registry"));
    not(|one| one.observer = name("analyst-1"));
    not(|one| one.provenance = digest(&format!("198.51.100.1/32 registry {NOW}")));
    not(|one| one.target = "198.51.100.2/32".to_owned());
    // A third makes a pair where the newest two are none.
    let mut three = pair(NOW, NOW);
    three[1].source = name("registry");
    let mut third = observed(&["198.51.100.1/32"], "JP", NOW - HOUR)[1].clone();
    third.observer = name("analyst-3");
    three.push(third);
    check(&three, FRESH).unwrap();
}

#[test]
fn those_who_do_not_agree_verify_nothing_and_the_difference_is_named() {
    let changes: [Change<Seen>; 5] = [
        ("owner", |seen| seen.owner = "OTHER".to_owned()),
        ("system", |seen| seen.system = None),
        ("country", |seen| seen.country = country("US")),
        ("certificate", |seen| {
            seen.certificate = Some(digest("other"));
        }),
        ("ptr", |seen| seen.ptr = Some("other.example".to_owned())),
    ];
    for (what, change) in changes {
        let mut two = pair(NOW, NOW);
        change(&mut two[1].seen);
        match check(&two, FRESH) {
            Err(Unverified::Disagree(difference)) => assert_eq!(difference.what, what),
            other => panic!("{what}: {other:?}"),
        }
        let found = differences("t", &two[0].seen, &two[1].seen);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, what);
    }
}

#[test]
fn a_target_that_changed_hands_is_not_dispatched_and_the_difference_is_named() {
    let changes: [Change<Seen>; 4] = [
        ("owner", |seen| seen.owner = "HOSPITAL".to_owned()),
        ("system", |seen| seen.system = Some(64501)),
        ("certificate", |seen| seen.certificate = Some(digest("new"))),
        ("ptr", |seen| seen.ptr = None),
    ];
    for (what, change) in changes {
        let mut case = Case::new(plan(2));
        case.approve();
        case.now += 10;
        let Event::Dispatch {
            by,
            mut observations,
        } = case.dispatch_event()
        else {
            panic!("no dispatch");
        };
        change(&mut observations[2].seen);
        let step = case.well(&Event::Dispatch { by, observations });
        assert_eq!(commands(&step), [], "{what}");
        assert_eq!(case.stage(), Stage::Suspended, "{what}");
        let page = step.acts.iter().find_map(|act| match act {
            Act::Page(words) => Some(words.as_str()),
            _ => None,
        });
        let page = page.expect("a person is called");
        assert!(
            page.contains(&format!("the {what} of 198.51.100.2/32 was")),
            "{page}"
        );
    }
}

#[test]
fn a_change_while_it_is_in_force_takes_it_back() {
    let mut case = Case::new(plan(2));
    case.in_force();
    let mut look = observed(&["198.51.100.2/32"], "JP", case.now);
    let step = case.well(&Event::Observed(look.clone()));
    assert_eq!((step.keep, step.acts), (vec![], vec![]));
    look[0].seen.owner = "HOSPITAL".to_owned();
    let step = case.well(&Event::Observed(look));
    assert_eq!(case.stage(), Stage::Suspended);
    assert_eq!(commands(&step).len(), 2);
    assert!(commands(&step).iter().all(|command| !command.begins()));
}

#[test]
fn a_dispatch_on_old_observations_is_refused() {
    let mut case = Case::new(plan(1));
    case.approve();
    case.now += 10;
    let by = vec![name("tanaka")];
    let observations = observed(&["198.51.100.1/32"], "JP", case.now - FRESH - 1);
    let words = case.refused(&Event::Dispatch { by, observations });
    assert!(
        words.contains("no observation is younger than 259200 s"),
        "{words}"
    );
}
