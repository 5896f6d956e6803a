use super::*;
use proptest::prelude::*;

const APPROVE: Event = Event::Approve { conditions: false };

/// Every event.
fn events() -> Vec<Event> {
    let mut events = vec![
        Event::Submit,
        Event::Withdraw,
        Event::Question,
        Event::Answer,
        APPROVE,
        Event::Approve { conditions: true },
        Event::Refuse,
        Event::Invoke,
        Event::Ratify,
        Event::Lapse,
        Event::Activate,
        Event::Use,
        Event::Expire,
        Event::Revoke,
        Event::Replace,
    ];
    events.extend(By::ALL.iter().map(|by| Event::Suspend(*by)));
    events.extend(By::ALL.iter().map(|by| Event::Resume(*by)));
    events
}

fn after(subject: Subject, events: &[Event]) -> Case {
    let mut case = Case::new(subject);
    for event in events {
        case = case.next(*event).unwrap();
    }
    case
}

#[test]
fn each_subject_goes_its_way_to_its_end() {
    use Event::{Activate, Answer, Expire, Question, Submit, Use};
    for subject in Subject::ALL {
        let asked = after(*subject, &[Submit, Question, Question, Answer]);
        assert_eq!(asked.state(), State::Questioned(1));
        let approved = after(
            *subject,
            &[
                Submit,
                Question,
                Answer,
                Event::Approve { conditions: true },
            ],
        );
        assert_eq!(approved.state(), State::Approved);
        assert!(approved.has_conditions());
        let refused = after(*subject, &[Submit, Event::Refuse]);
        assert_eq!(refused.state(), State::Ended(End::Refused));
        let end = match subject {
            Subject::Reidentification => {
                let used = approved.next(Use).unwrap();
                assert!(used.next(Use).is_err(), "shown once");
                used.state()
            }
            Subject::Disclosure => {
                let used = approved.next(Use).unwrap().next(Use).unwrap();
                used.next(Expire).unwrap().state()
            }
            _ => {
                let active = approved.next(Activate).unwrap();
                assert!(active.is_in_force());
                active.next(Expire).unwrap().state()
            }
        };
        assert!(matches!(end, State::Ended(End::Used | End::Expired)));
    }
}

#[test]
fn what_can_happen_where_is_this_table_and_nothing_else() {
    use Event::{
        Activate, Answer, Expire, Invoke, Lapse, Question, Ratify, Refuse, Replace, Revoke, Submit,
        Withdraw,
    };
    let by = By::Commission;
    let cases: [(&[Event], &[&str]); 9] = [
        (&[], &["Submit", "Withdraw", "Invoke"]),
        (
            &[Submit],
            &["Withdraw", "Question", "Approve", "Refuse", "Invoke"],
        ),
        (
            &[Submit, Question],
            &[
                "Withdraw", "Question", "Answer", "Approve", "Refuse", "Invoke",
            ],
        ),
        (
            &[Submit, APPROVE],
            &["Activate", "Suspend", "Expire", "Revoke", "Replace"],
        ),
        (
            &[Submit, APPROVE, Activate],
            &["Activate", "Suspend", "Expire", "Revoke", "Replace"],
        ),
        (
            &[Submit, APPROVE, Activate, Event::Suspend(by)],
            &["Suspend", "Resume", "Expire", "Revoke", "Replace"],
        ),
        (
            &[Invoke],
            &[
                "Refuse", "Ratify", "Lapse", "Suspend", "Expire", "Revoke", "Replace",
            ],
        ),
        (&[Invoke, Lapse], &[]),
        (&[Submit, Refuse], &[]),
    ];
    for (path, possible) in cases {
        let case = after(Subject::OutIn, path);
        for event in events() {
            let name = format!("{event:?}");
            let name = name.split([' ', '(']).next().unwrap();
            // A party stops agreements alone, and who has not stopped a case cannot let it go on.
            let foreign = match event {
                Event::Suspend(who) => who == By::Party || case.stopped_by().any(|s| s == who),
                Event::Resume(who) => !case.stopped_by().any(|s| s == who),
                _ => false,
            };
            let wanted = possible.contains(&name) && !foreign;
            assert_eq!(case.next(event).is_ok(), wanted, "{path:?} then {event:?}");
        }
    }
    let asked = after(Subject::OutOut, &[Submit, Question, Answer]);
    let ended = [Withdraw, Expire, Revoke, Replace, Ratify].map(|event| asked.next(event).is_ok());
    assert_eq!(ended, [true, false, false, false, false]);
}

#[test]
fn a_suspension_of_one_is_not_taken_back_by_another() {
    let active = after(
        Subject::Agreement,
        &[Event::Submit, APPROVE, Event::Activate],
    );
    let stopped = active.next(Event::Suspend(By::Party)).unwrap();
    assert_eq!(stopped.state(), State::Suspended);
    assert!(!stopped.is_in_force());
    let error = stopped.next(Event::Resume(By::Office)).unwrap_err();
    assert_eq!(error.state, State::Suspended);
    assert!(stopped.next(Event::Activate).is_err(), "no lease meanwhile");
    let both = stopped.next(Event::Suspend(By::Commission)).unwrap();
    let one = both.next(Event::Resume(By::Party)).unwrap();
    assert_eq!(one.state(), State::Suspended);
    let none = one.next(Event::Resume(By::Commission)).unwrap();
    assert_eq!(none.state(), State::Active);
}

#[test]
fn only_measures_without_consent_and_responses_have_an_urgent_path() {
    for subject in Subject::ALL {
        let invoked = Case::new(*subject).next(Event::Invoke);
        let has = !matches!(
            subject,
            Subject::Agreement | Subject::Disclosure | Subject::Reidentification
        );
        assert_eq!(invoked.is_ok(), has, "{subject}");
        if let Ok(urgent) = invoked {
            let ratified = urgent.next(Event::Ratify).unwrap();
            assert_eq!(ratified.state(), State::Active);
            let lapsed = urgent.next(Event::Lapse).unwrap();
            assert_eq!(lapsed.state(), State::Ended(End::Lapsed));
            let refused = urgent.next(Event::Refuse).unwrap();
            assert_eq!(refused.state(), State::Ended(End::Refused));
        }
    }
}

/// The text of a statement.
fn text(kind: &str, basis: &str, directions: &str, decided: &str) -> String {
    format!(
        "sakimori/authority/v1\nid: {id}\nkind: {kind}\nbasis: {basis}\nrequest: {id}{id}\n\
             not-before: 2027-04-01T00:00:00Z\nnot-after: 2027-04-01T01:00:00Z\nsensors: s-01\ndirections: {directions}\n\
             selectors: sha256:{id}{id} count 1 v4 1 v6-48 0 domains 0 ja4 0 behaviours 0\n\
             caps: match-ppm 1 flow-bytes 176 day-records 1\nretention: bucket 1d keep 1d\nconditions: none\nreplaces: none\nroot: 1\n{decided}",
        id = "5a".repeat(16)
    )
}

#[test]
fn a_statement_says_what_it_is_about() {
    let sitting = "present: m1 m2 m3\npresiding: m1\nfor: m1\nagainst: none\nrecused: m2\n";
    let urgent = "urgent: o1 o2\n";
    for (kind, basis, directions, decided, subject) in [
        (
            "acquisition",
            "act42-17",
            "out-in",
            sitting,
            Subject::OutOut,
        ),
        (
            "acquisition",
            "act42-19",
            "out-out",
            sitting,
            Subject::OutOut,
        ),
        (
            "acquisition",
            "act42-32",
            "out-out",
            sitting,
            Subject::OutIn,
        ),
        ("acquisition", "act42-33", "out-out", urgent, Subject::InOut),
        (
            "acquisition",
            "law-1",
            "out-in in-out",
            sitting,
            Subject::OutIn,
        ),
        (
            "acquisition",
            "law-1",
            "in-out out-in",
            sitting,
            Subject::InOut,
        ),
        ("acquisition", "law-1", "out-out", sitting, Subject::OutOut),
        ("measure", "police-6-2", "out-in", urgent, Subject::Response),
        (
            "disclosure",
            "act42-38",
            "out-in",
            sitting,
            Subject::Disclosure,
        ),
        (
            "reidentification",
            "act42-24",
            "out-in",
            sitting,
            Subject::Reidentification,
        ),
    ] {
        let statement = Statement::parse(&text(kind, basis, directions, decided)).unwrap();
        assert_eq!(statement.subject(), subject, "{kind} {basis} {directions}");
        assert_eq!(statement.is_urgent(), decided == urgent);
    }
    // What is no act in itself is never urgent.
    for kind in ["disclosure", "reidentification", "agreement"] {
        assert!(Statement::parse(&text(kind, "act42-38", "out-in", urgent)).is_err());
    }
}

proptest! {
    /// Whatever happens: nothing is in force that was not decided, nothing comes back from its end, and what is refused changes nothing.
    #[test]
    fn no_order_of_events_goes_round_a_decision(
        subject in prop::sample::select(Subject::ALL.to_vec()),
        path in prop::collection::vec(prop::sample::select(events()), 0..60),
    ) {
        let mut case = Case::new(subject);
        let (mut decided, mut over) = (false, false);
        for event in path {
            let Ok(next) = case.next(event) else { continue };
            prop_assert!(!over, "{event:?} after the end");
            decided |= matches!(event, Event::Approve { .. } | Event::Invoke);
            prop_assert!(decided || !next.is_in_force());
            prop_assert_eq!(next.state() == State::Suspended, next.stopped_by().next().is_some() && !matches!(next.state(), State::Ended(_)));
            over = matches!(next.state(), State::Ended(_));
            case = next;
        }
    }
}
