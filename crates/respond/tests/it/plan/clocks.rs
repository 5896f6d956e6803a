//! What is owed by when. In: times at the edges. Out: how each clock stands, who is told.

use super::*;
use sakimori_respond::plan::life::{Clock, Duty, Standing, To};
use sakimori_respond::plan::terms::Term;

fn standing(case: &Case, duty: &Duty) -> Standing {
    case.life.state().clocks()[duty].standing(at(case.now))
}

fn escalations(step: &Step) -> Vec<(Duty, To)> {
    let acts = step.acts.iter();
    acts.filter_map(|act| match act {
        Act::Escalate(duty, to) => Some((duty.clone(), *to)),
        _ => None,
    })
    .collect()
}

fn dispatched() -> Case {
    let mut case = Case::new(plan(1));
    case.approve();
    case.dispatch();
    case
}

#[test]
fn every_duty_has_its_term_to_the_last_second_and_goes_up_behind_it() {
    let duties = [
        (Duty::Commission, DAY),
        (Duty::Administrator(name("carrier-a")), DAY),
        (Duty::Victims, 3 * DAY),
        (Duty::Others, 3 * DAY),
    ];
    for (duty, seconds) in duties {
        let mut case = dispatched();
        for other in case.life.state().clocks().clone().into_keys() {
            if other != duty {
                case.well(&Event::Told { duty: other });
            }
        }
        case.now = NOW + seconds;
        let step = case.take(&Event::Tick);
        assert_eq!(escalations(&step), [], "{duty}");
        assert_eq!(standing(&case, &duty), Standing::Due, "{duty}");
        let ladder = [(1, To::Superior), (DAY, To::Head), (DAY, To::Commission)];
        for (more, to) in ladder {
            case.now += more - 1;
            let early: Vec<(Duty, To)> = escalations(&case.take(&Event::Tick))
                .into_iter()
                .filter(|(late, _)| *late == duty)
                .collect();
            assert_eq!(early, [], "{duty} {to:?}");
            case.now += 1;
            let step = case.take(&Event::Tick);
            assert!(
                escalations(&step).contains(&(duty.clone(), to)),
                "{duty} {to:?}"
            );
            assert_eq!(standing(&case, &duty), Standing::Overdue(Some(to)));
        }
        case.now += 10 * DAY;
        let step = case.take(&Event::Tick);
        assert!(!escalations(&step).iter().any(|(late, _)| *late == duty));
        case.well(&Event::Told { duty: duty.clone() });
        assert_eq!(standing(&case, &duty), Standing::DoneLate);
    }
}

#[test]
fn whoever_is_passed_over_is_told_too() {
    let mut case = dispatched();
    case.now = NOW + DAY + 1 + 2 * DAY;
    let step = case.take(&Event::Tick);
    let commission: Vec<To> = escalations(&step)
        .into_iter()
        .filter(|(duty, _)| *duty == Duty::Commission)
        .map(|(_, to)| to)
        .collect();
    assert_eq!(commission, [To::Superior, To::Head, To::Commission]);
}

#[test]
fn an_urgent_act_has_a_minute_for_its_notice_to_arrive() {
    let mut case = Case::new(plan(1));
    case.review();
    case.well(&Event::Invoke {
        officers: [name("head"), name("lawyer")],
        text: digest("text"),
        authority: AuthorityId([9; 16]),
    });
    let duty = Duty::Commission;
    case.now = NOW + 60;
    assert_eq!(escalations(&case.take(&Event::Tick)), []);
    assert_eq!(standing(&case, &duty), Standing::Due);
    case.now = NOW + 61;
    assert_eq!(
        escalations(&case.take(&Event::Tick)),
        [(duty.clone(), To::Superior)]
    );
    // A dispatch does not begin the clock anew.
    case.dispatch();
    assert_eq!(case.life.state().clocks()[&duty].began, at(NOW));
}

#[test]
fn what_is_done_in_its_last_second_is_in_time() {
    for (more, expected) in [(0, Standing::Done), (1, Standing::DoneLate)] {
        let mut case = dispatched();
        case.now = NOW + DAY + more;
        case.well(&Event::Told {
            duty: Duty::Commission,
        });
        assert_eq!(standing(&case, &Duty::Commission), expected);
        case.refused(&Event::Told {
            duty: Duty::Commission,
        });
    }
}

#[test]
fn a_notice_is_withheld_with_a_reason_and_a_review_and_the_commissions_is_not() {
    let mut case = dispatched();
    let withhold = |duty: Duty, reason: &str, review: u64| Event::Withhold {
        duty,
        reason: reason.to_owned(),
        review: at(review),
        by: name("sato"),
    };
    let administrator = Duty::Administrator(name("carrier-a"));
    let most = NOW + 90 * DAY;
    case.refused(&withhold(Duty::Commission, "secret", NOW + DAY));
    case.refused(&withhold(administrator.clone(), " ", NOW + DAY));
    case.refused(&withhold(administrator.clone(), "it would warn", NOW));
    case.refused(&withhold(administrator.clone(), "it would warn", most + 1));
    case.well(&withhold(administrator.clone(), "it would warn", most));
    assert_eq!(standing(&case, &administrator), Standing::Withheld);
    case.now = most;
    case.take(&Event::Tick);
    assert_eq!(standing(&case, &administrator), Standing::Withheld);
    case.now = most + 1;
    let step = case.take(&Event::Tick);
    assert!(escalations(&step).contains(&(administrator.clone(), To::Superior)));
    let pending = case.life.pending(at(case.now));
    assert!(
        !pending.contains(&Act::Notice(administrator)),
        "it is not sent by itself"
    );
}

#[test]
fn the_report_is_due_in_thirty_days_behind_the_end() {
    for (more, expected) in [(0, Standing::Done), (1, Standing::DoneLate)] {
        let mut case = Case::new(plan(1));
        case.in_force();
        let ends = commands(&case.well(&Event::Revoke));
        case.answer(&ends);
        case.refused(&Event::Told { duty: Duty::Report });
        case.now += 30 * DAY + more;
        case.well(&Event::Report {
            by: name("sato"),
            sha256: digest("report"),
        });
        assert_eq!(standing(&case, &Duty::Report), expected);
    }
}

#[test]
fn a_clock_counts_its_steps_at_the_edges() {
    let clock = Clock::new(at(NOW), Term::proposed(100));
    let steps = |now| clock.steps_due(at(now), 10);
    assert_eq!(steps(NOW + 100), 0);
    assert_eq!(steps(NOW + 101), 1);
    assert_eq!(steps(NOW + 110), 1);
    assert_eq!(steps(NOW + 111), 2);
    assert_eq!(steps(NOW + 121), 3);
    assert_eq!(steps(u64::MAX), 3);
    assert_eq!(
        clock.steps_due(at(NOW + 101), 0),
        3,
        "no time between: all at once"
    );
    assert!(!clock.verified, "a proposal is shown as unverified");
}
