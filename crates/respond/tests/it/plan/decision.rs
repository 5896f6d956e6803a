//! From a draft to a decision, and the urgent way. In: events. Out: stages and records.

use super::*;
use sakimori_authority::Sitting;
use sakimori_authority::measure::{Actuator, Measure, Route};
use sakimori_authority::schedule::{Draft, Key, japan};
use sakimori_respond::plan::life::{Duty, Ended, Fact, Kill, Refused};
use sakimori_respond::plan::text;
use sakimori_respond::safety::Class as Protection;
use sakimori_testkit::folder::signer;

fn invoke() -> Event {
    Event::Invoke {
        officers: [name("head"), name("lawyer")],
        text: digest("text"),
        authority: AuthorityId([9; 16]),
    }
}

fn approve() -> Event {
    Event::Approve(decision("text"))
}

#[test]
fn a_measure_goes_from_draft_to_approval_with_questions_between() {
    let mut case = Case::new(plan(1));
    assert_eq!(case.stage(), Stage::Drafted);
    case.review();
    assert_eq!(case.stage(), Stage::Reviewed);
    case.ask();
    assert_eq!(case.stage(), Stage::Asked);
    let question = |id: &str| Event::Question { id: id.to_owned() };
    let reply = |id: &str| Event::Answer { id: id.to_owned() };
    case.well(&question("q-1"));
    case.well(&question("q-2"));
    case.refused(&question("q-2"));
    case.well(&reply("q-1"));
    assert_eq!(case.stage(), Stage::Questioned);
    case.refused(&reply("q-1"));
    case.well(&reply("q-2"));
    assert_eq!(case.stage(), Stage::Asked);
    case.well(&approve());
    assert_eq!(case.stage(), Stage::Approved);
    assert_eq!(case.life.state().until(), Some(at(NOW + DAY)));
}

#[test]
fn what_is_sent_back_or_drafted_anew_is_reviewed_anew() {
    let mut case = Case::new(plan(1));
    case.review();
    let back = |by: &str| Event::SendBack {
        by: name(by),
        words: "the scope is too wide".to_owned(),
    };
    case.refused(&back("sato"));
    case.well(&back("suzuki"));
    assert_eq!(case.stage(), Stage::Drafted);
    case.review();
    let mut narrower = plan(1);
    narrower.dossier.scope = "one port".to_owned();
    let redraft = |plan: &Plan| Event::Redraft {
        plan: Box::new(plan.clone()),
        by: name("sato"),
    };
    case.well(&redraft(&narrower));
    assert_eq!(case.stage(), Stage::Drafted);
    assert_eq!(case.life.state().plan(), &narrower);
    let mut other = plan(1);
    other.id = AuthorityId([8; 16]);
    case.refused(&redraft(&other));
    case.review();
    case.ask();
    case.refused(&redraft(&narrower));
}

#[test]
fn a_plan_with_problems_is_not_reviewed_and_all_are_named() {
    let mut bad = plan(1);
    bad.dossier.harm.clear();
    bad.dossier.alternatives.clear();
    bad.observations.clear();
    let mut case = Case::new(bad);
    let problems = case.problems(&Event::Review { by: name("suzuki") });
    let places: Vec<&str> = problems.iter().map(|one| one.place.as_str()).collect();
    let milder = "/dossier/alternatives";
    assert_eq!(
        places,
        ["/dossier/harm", milder, milder, milder, "/aims/0/target"]
    );
    assert_eq!(case.stage(), Stage::Drafted);
}

#[test]
fn a_decision_names_the_text_and_stays_in_the_window() {
    let mut case = Case::new(plan(1));
    case.review();
    case.ask();
    let mut with = |change: fn(&mut Decision)| {
        let mut other = decision("text");
        change(&mut other);
        case.refused(&Event::Approve(other))
    };
    assert!(with(|one| one.text = digest("other")).contains("another text"));
    assert!(with(|one| one.votes.clear()).contains("nobody voted"));
    assert!(with(|one| one.not_before = at(NOW - 1)).contains("wider"));
    assert!(with(|one| one.not_after = at(NOW + DAY + 1)).contains("wider"));
    assert!(with(|one| one.not_after = at(NOW)).contains("window is none"));
    assert!(with(|one| one.not_after = at(NOW + 8 * DAY)).contains("longer"));
    case.well(&Event::Approve(decision("text")));
}

#[test]
fn what_the_lists_began_to_protect_is_not_approved_and_not_dispatched() {
    let mut case = Case::new(plan(1));
    case.review();
    case.ask();
    case.judgement
        .classes
        .insert(target(1), Some(Protection::Never));
    assert!(case.refused(&approve()).contains("protected"));
    case.judgement
        .classes
        .insert(target(1), Some(Protection::Level2));
    assert!(case.refused(&approve()).contains("level 2"));
    case.judgement.classes.insert(target(1), None);
    case.well(&approve());
    case.judgement
        .classes
        .insert(target(1), Some(Protection::Never));
    let dispatch = case.dispatch_event();
    assert!(case.refused(&dispatch).contains("protected"));
    case.judgement.classes.clear();
    assert!(case.refused(&dispatch).contains("not held against"));
}

#[test]
fn refused_is_the_end_and_needs_no_report() {
    let mut case = Case::new(plan(1));
    case.review();
    case.ask();
    case.well(&Event::Refuse {
        words: "not needed".to_owned(),
    });
    assert_eq!(case.stage(), Stage::Refused);
    let dispatch = case.dispatch_event();
    for event in [approve(), invoke(), dispatch, Event::Revoke] {
        case.refused(&event);
    }
    assert_eq!(case.tick(400 * DAY).acts, []);
}

#[test]
fn an_urgent_act_tells_the_commission_in_the_same_transaction_and_first() {
    let mut urgent = plan(1);
    urgent.observations = observed(&["198.51.100.1/32"], "JP", NOW - HOUR);
    let mut case = Case::new(urgent);
    case.review();
    let step = case.well(&invoke());
    let facts: Vec<&Fact> = step.keep.iter().map(|record| &record.fact).collect();
    assert!(
        matches!(
            facts.as_slice(),
            [
                Fact::Owed {
                    duty: Duty::Commission,
                    ..
                },
                Fact::Invoked { .. }
            ]
        ),
        "{facts:?}"
    );
    assert_eq!(step.acts, [Act::Notice(Duty::Commission)]);
    assert_eq!(case.stage(), Stage::Urgent);
    assert_eq!(case.life.state().until(), Some(at(NOW + 2 * HOUR)));
}

#[test]
fn an_urgent_act_takes_a_review_two_officers_and_what_the_terms_list() {
    let mut case = Case::new(plan(1));
    let words = case.refused(&invoke());
    assert!(words.contains("cannot happen"), "{words}");
    case.review();
    let one = Event::Invoke {
        officers: [name("head"), name("head")],
        text: digest("text"),
        authority: AuthorityId([9; 16]),
    };
    assert!(case.refused(&one).contains("two officers"));
    let urgent = case.terms.urgent.take();
    assert!(case.refused(&invoke()).contains("no urgent"));
    case.terms.urgent = urgent;
    case.terms.urgent_deeds.retain(|deed| *deed != Deed::Block);
    let problems = case.problems(&invoke());
    assert!(has(&problems, "/aims/0/deed", "urgently"), "{problems:?}");
    case.terms.urgent_deeds.push(Deed::Block);
    case.well(&invoke());
}

#[test]
fn observations_of_an_hour_are_fresh_for_an_urgent_act_and_a_second_more_is_not() {
    for (more, fresh) in [(0, true), (1, false)] {
        let mut case = Case::new(plan(1));
        case.review();
        case.now = NOW - 60 + HOUR + more;
        if fresh {
            case.well(&invoke());
        } else {
            let problems = case.problems(&invoke());
            assert!(has(&problems, "/aims/0/target", "3600 s"), "{problems:?}");
        }
    }
}

#[test]
fn one_urgent_act_meets_a_target_in_a_calendar_month_as_in_the_log() {
    let mut case = Case::new(plan(2));
    case.review();
    let month = "2027-01-01T00:00:00Z".parse().unwrap();
    case.urgent_before = vec![(target(2), month)];
    let words = case.refused(&invoke());
    assert!(words.contains("198.51.100.2/32 was met"), "{words}");
    case.urgent_before = vec![("64:ff9b::c633:6402/128".to_owned(), at(NOW - 1))];
    let words = case.refused(&invoke());
    assert!(words.contains("64:ff9b::c633:6402"), "{words}");
    // That of another month stands in the way of none, however late in it.
    case.urgent_before = vec![(target(2), at(month.0 - 1)), (target(3), at(NOW - 1))];
    case.well(&invoke());
}

#[test]
fn acceptance_11_an_urgent_act_that_nobody_ratifies_is_released_at_its_limit() {
    let mut case = Case::new(plan(1));
    case.review();
    case.well(&invoke());
    let sent = case.dispatch();
    assert_eq!(sent[0].until, Some(at(NOW + 2 * HOUR)));
    case.answer(&sent);
    assert_eq!(case.stage(), Stage::InForce);
    let notice = case.records.iter().position(|record| {
        matches!(
            &record.fact,
            Fact::Owed {
                duty: Duty::Commission,
                ..
            }
        )
    });
    let effect = case
        .records
        .iter()
        .position(|record| matches!(record.fact, Fact::Commanded(_)));
    assert!(
        notice.unwrap() < effect.unwrap(),
        "the notice is before the effect"
    );
    case.now = NOW + 2 * HOUR - 1;
    assert_eq!(commands(&case.take(&Event::Tick)), []);
    case.now = NOW + 2 * HOUR;
    let step = case.take(&Event::Tick);
    let ends = commands(&step);
    assert_eq!(ends.len(), 1);
    assert!(!ends[0].begins());
    case.answer(&ends);
    assert_eq!(case.stage(), Stage::Ended);
    assert_eq!(case.life.state().urgent(), Some(false));
}

#[test]
fn what_is_ratified_goes_on_to_the_end_of_the_decision() {
    let mut case = Case::new(plan(1));
    case.review();
    case.well(&invoke());
    let sent = case.dispatch();
    case.answer(&sent);
    case.now = NOW + HOUR;
    let mut own = decision("text");
    own.votes.push(name("head"));
    case.refused(&Event::Ratify(own));
    let step = case.well(&Event::Ratify(decision("text")));
    let again = commands(&step);
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].until, Some(at(NOW + DAY)));
    assert!(again[0].revision > sent[0].revision);
    case.answer(&again);
    assert_eq!(case.stage(), Stage::InForce);
    case.now = NOW + 3 * HOUR;
    assert_eq!(commands(&case.take(&Event::Tick)), []);
    assert_eq!(case.life.state().urgent(), Some(true));
}

#[test]
fn what_has_ended_is_not_ratified_or_renewed() {
    let mut urgent = Case::new(plan(1));
    urgent.review();
    urgent.well(&invoke());
    urgent.now = NOW + 2 * HOUR;
    let words = urgent.refused(&Event::Ratify(decision("text")));
    assert!(words.contains("it was in force until"), "{words}");
    let mut case = Case::new(plan(1));
    case.in_force();
    case.now += HOUR;
    case.well(&Event::AskRenewal {
        by: name("sato"),
        text: digest("text 2"),
        weighed: most(),
        renewal: Box::new(renewal(&case, case.now, case.now)),
    });
    case.now = NOW + DAY;
    let mut next = decision("text 2");
    next.not_before = at(NOW + HOUR);
    next.not_after = at(NOW + DAY + HOUR);
    let words = case.refused(&Event::Renew(next));
    assert!(words.contains("it was in force until"), "{words}");
}

#[test]
fn an_urgent_act_that_the_commission_refuses_is_taken_back() {
    let mut case = Case::new(plan(1));
    case.review();
    case.well(&invoke());
    let sent = case.dispatch();
    case.answer(&sent);
    let words = "no urgency".to_owned();
    let step = case.well(&Event::Refuse { words });
    assert_eq!(commands(&step).len(), 1);
    assert_eq!(case.stage(), Stage::Ending);
}

#[test]
fn a_renewal_takes_fresh_evidence_and_there_are_so_many() {
    let mut case = Case::new(plan(1));
    case.in_force();
    case.now += 20 * HOUR;
    let renew = |case: &Case, taken: u64, look: u64| Event::AskRenewal {
        by: name("sato"),
        text: digest("text 2"),
        weighed: most(),
        renewal: Box::new(renewal(case, taken, case.now - look)),
    };
    let old = renew(&case, NOW, 0);
    assert!(case.refused(&old).contains("not behind the last decision"));
    let blind = renew(&case, NOW + 1, 73 * HOUR);
    assert!(case.refused(&blind).contains("no observation is younger"));
    let mut none = renew(&case, NOW + 1, 0);
    if let Event::AskRenewal { renewal, .. } = &mut none {
        renewal.evidence.clear();
    }
    assert!(case.refused(&none).contains("fresh evidence"));
    let mut class = renew(&case, NOW + 1, 0);
    if let Event::AskRenewal { renewal, .. } = &mut class {
        renewal.evidence[0].class = Class::Acquired;
    }
    assert!(has(&case.problems(&class), "/evidence/0/class", "withheld"));
    case.well(&renew(&case, NOW + 1, 0));
    let asked = case.life.state().renewing().map(|one| one.plan.clone());
    let asked = asked.expect("it is asked for");
    let mut next = decision("text");
    next.not_before = at(case.now);
    next.not_after = at(case.now + DAY);
    next.authority = AuthorityId([10; 16]);
    assert!(
        case.refused(&Event::Renew(next.clone()))
            .contains("another text")
    );
    next.text = digest("text 2");
    let mut wider = next.clone();
    wider.not_after = at(case.now + DAY + 1);
    let words = case.refused(&Event::Renew(wider));
    assert!(words.contains("wider than"), "{words}");
    let again = commands(&case.well(&Event::Renew(next)));
    assert_eq!(again[0].until, Some(at(case.now + DAY + 1)));
    assert!(
        again[0].begins() && again.len() == 1,
        "nothing is taken back"
    );
    case.answer(&again);
    // The measure is the one that was asked for; both approvals are known.
    let state = case.life.state();
    assert_eq!(*state.plan(), asked);
    assert_eq!(state.plan().dossier.evidence.len(), 2);
    let approvals = [AuthorityId([9; 16]), AuthorityId([10; 16])];
    assert_eq!(state.approvals(), approvals);
    let restored = Life::restore(&case.records).expect("it has a draft");
    assert_eq!(restored.state(), case.life.state());
    let more = renew(&case, case.now, 0);
    assert!(case.refused(&more).contains("renewed 1 times"));
    case.now += 20 * HOUR;
    assert_eq!(
        commands(&case.take(&Event::Tick)),
        [],
        "it goes on over its first end"
    );
    assert_eq!(case.stage(), Stage::InForce);
}

#[test]
fn a_renewal_goes_on_without_a_gap_and_is_held_against_every_rule_anew() {
    let mut case = Case::new(plan(1));
    case.in_force();
    case.now += 20 * HOUR;
    let renew = |case: &Case| Event::AskRenewal {
        by: name("sato"),
        text: digest("text 2"),
        weighed: most(),
        renewal: Box::new(renewal(case, case.now, case.now)),
    };
    // It goes on without a gap, and for longer than it would without.
    for (not_before, not_after, words) in [
        (NOW + 2 * DAY, NOW + 3 * DAY, "begins behind"),
        (NOW, NOW + DAY - 1, "ends no later"),
    ] {
        let mut event = renew(&case);
        if let Event::AskRenewal { renewal, .. } = &mut event {
            renewal.not_before = at(not_before);
            renewal.not_after = at(not_after);
        }
        let said = case.refused(&event);
        assert!(said.contains(words), "{said}");
    }
    // All other rules are held against it anew: the lists of now, and facts that are not too old.
    let target = case.targets()[0].clone();
    let classes = case.judgement.classes.clone();
    case.judgement
        .classes
        .insert(target, Some(sakimori_respond::safety::Class::Never));
    assert!(has(
        &case.problems(&renew(&case)),
        "/aims/0/target",
        "is protected"
    ));
    case.judgement.classes = classes;
    let mut long = renew(&case);
    if let Event::AskRenewal { renewal, .. } = &mut long {
        renewal.not_after = at(case.now + 8 * DAY);
    }
    assert!(has(&case.problems(&long), "/not_after", "longer than"));
    let mut form = renew(&case);
    if let Event::AskRenewal { renewal, .. } = &mut form {
        renewal.form = "sakimori/plan/v1".to_owned();
    }
    assert!(case.refused(&form).contains("sakimori/renewal/v1"));
    case.well(&renew(&case));
}

/// The commission decides by the text: what is found at the ask is not less in it.
#[test]
fn a_text_that_says_less_than_is_found_at_the_ask_is_refused() {
    let ask = |weighed: Weighed| Event::Ask {
        by: name("sato"),
        text: digest("text"),
        weighed,
    };
    let mut told = plan(1);
    told.dossier.others = Some("eight shops".to_owned());
    let mut case = Case::new(told);
    case.review();
    let before = case.weighed();
    assert_eq!(before.level, 1);
    // Behind the text the lists have come to take more people.
    let target = case.targets()[0].clone();
    let classes = case.judgement.classes.clone();
    let listed = Some(Protection::Level2);
    case.judgement.classes.insert(target, listed);
    let words = case.refused(&ask(before));
    assert!(words.contains("it takes level 2 now"), "{words}");
    case.judgement.classes = classes;
    // Or more others are met, or not so many for sure.
    let (low, high) = before.collateral;
    assert!(high > 0);
    for collateral in [(low, high - 1), (low + 1, high)] {
        let words = case.refused(&ask(Weighed {
            collateral,
            ..before
        }));
        assert!(words.contains("are estimated now"), "{words}");
    }
    // One that says more is decided, and dispatched, as it says.
    case.well(&ask(Weighed { level: 2, ..before }));
    assert_eq!(case.life.state().level(), 2);
    let restored = Life::restore(&case.records).expect("it has a draft");
    assert_eq!(restored.state(), case.life.state());
}

#[test]
fn a_renewals_text_that_says_less_than_is_found_at_the_ask_is_refused() {
    let mut first = plan(1);
    first.dossier.others = Some("eight shops".to_owned());
    let mut case = Case::new(first);
    case.in_force();
    case.now += 20 * HOUR;
    let ask = |case: &Case, weighed: Weighed| {
        let mut new = renewal(case, case.now, case.now);
        let mut known = facts(&case.targets()[0]);
        known.names = fact(6, 9, case.now);
        new.facts = vec![known];
        Event::AskRenewal {
            by: name("sato"),
            text: digest("text 2"),
            weighed,
            renewal: Box::new(new),
        }
    };
    let words = case.refused(&ask(&case, most()));
    assert!(words.contains("it takes level 2 now"), "{words}");
    let level_2 = Weighed { level: 2, ..most() };
    let few = Weighed {
        collateral: (0, 1),
        ..level_2
    };
    let words = case.refused(&ask(&case, few));
    assert!(words.contains("are estimated now"), "{words}");
    case.well(&ask(&case, level_2));
}

#[test]
fn what_is_suspended_is_renewed_once_a_person_let_it_go_on() {
    let mut case = Case::new(plan(1));
    case.in_force();
    case.now += HOUR;
    case.well(&Event::AskRenewal {
        by: name("sato"),
        text: digest("text 2"),
        weighed: most(),
        renewal: Box::new(renewal(&case, case.now, case.now)),
    });
    let words = "a school".to_owned();
    let ends = commands(&case.well(&Event::Collateral { words }));
    case.answer(&ends);
    let mut next = decision("text 2");
    next.authority = AuthorityId([10; 16]);
    next.not_before = at(case.now);
    next.not_after = at(case.now + DAY);
    case.refused(&Event::Renew(next.clone()));
    assert_eq!(case.life.state().authority(), Some(AuthorityId([9; 16])));
    let step = case.well(&Event::Resume {
        by: name("ito"),
        words: "the school has moved".to_owned(),
    });
    assert_eq!(step.acts, [Act::Resume]);
    let step = case.well(&Event::Renew(next));
    assert_eq!(commands(&step), [], "nothing stands that goes on");
    assert_eq!(case.life.state().authority(), Some(AuthorityId([10; 16])));
    assert_eq!(case.stage(), Stage::Approved);
    let sent = case.dispatch();
    assert_eq!(sent[0].until, Some(at(case.now + DAY + 1)));
}

#[test]
fn a_renewal_that_is_refused_leaves_the_measure_until_its_end_and_may_be_asked_for_again() {
    let mut case = Case::new(plan(1));
    case.in_force();
    case.now += HOUR;
    let ask = |case: &Case| Event::AskRenewal {
        by: name("sato"),
        text: digest("text 2"),
        weighed: most(),
        renewal: Box::new(renewal(case, case.now, case.now)),
    };
    case.well(&ask(&case));
    let words = "the attack has stopped".to_owned();
    let step = case.well(&Event::Refuse { words });
    assert_eq!(commands(&step), []);
    assert_eq!(case.stage(), Stage::InForce);
    let mut next = decision("text 2");
    next.not_before = at(case.now);
    next.not_after = at(case.now + DAY);
    let step = case.take(&Event::Renew(next));
    assert!(step.refused.is_some(), "it was refused");
    case.well(&ask(&case));
    case.now = NOW + DAY;
    let ends = commands(&case.take(&Event::Tick));
    assert!(ends.iter().all(|one| !one.begins()));
    assert_eq!(case.life.state().end(), Some(Ended::Window));
    assert_eq!(case.life.state().renewals(), 0);
}

#[test]
fn whoever_drafted_or_proposes_writes_it_anew_and_what_holds_it_stays() {
    let mut case = Case::new(plan(1));
    let redraft = |by: &str| Event::Redraft {
        plan: Box::new(plan(1)),
        by: name(by),
    };
    let words = case.refused(&redraft("suzuki"));
    assert!(words.contains("neither drafted nor proposed"), "{words}");
    case.well(&Event::Kill(Kill::Dispatch));
    case.well(&redraft("sato"));
    assert!(case.life.state().is_held(), "another draft lets nothing go");
    case.approve();
    let dispatch = case.dispatch_event();
    assert!(case.refused(&dispatch).contains("kill switch"));
}

#[test]
fn a_step_out_of_sequence_is_flagged_and_does_nothing() {
    let mut case = Case::new(plan(1));
    let dispatch = case.dispatch_event();
    let step = case.take(&dispatch);
    assert_eq!(step.acts, []);
    let [record] = step.keep.as_slice() else {
        panic!("one record: {:?}", step.keep);
    };
    let Fact::Flagged {
        event,
        stage,
        out_of_sequence,
        ..
    } = &record.fact
    else {
        panic!("no flag: {record:?}");
    };
    assert_eq!(
        (event.as_str(), stage.as_str(), *out_of_sequence),
        ("dispatch", "drafted", true)
    );
    assert!(matches!(step.refused, Some(Refused::OutOfSequence { .. })));
    case.refused(&Event::Review { by: name("sato") });
    assert_eq!(case.life.state().flags(), (2, 1));
    // Whoever brings the same again and again does not fill the store.
    for _ in 0..1_100 {
        case.take(&dispatch);
    }
    assert_eq!(case.life.state().flags().0, 1_000);
    assert!(case.take(&dispatch).keep.is_empty());
}

#[test]
fn the_terms_take_what_a_schedule_says_with_its_mark() {
    let sitting = Sitting {
        present: vec![name("chair")],
        presiding: name("chair"),
        votes_for: vec![name("chair")],
        votes_against: Vec::new(),
        recused: Vec::new(),
    };
    let mut schedule = japan(&Draft {
        not_before: at(NOW),
        root: 1,
        sitting,
    });
    let found = Terms::of(&schedule);
    assert_eq!(found, terms(), "the proposal is that of the first schedule");
    let place = Key::ALL.iter().position(|key| *key == Key::UrgentMeasure);
    schedule.marks[place.unwrap()].verified = true;
    schedule.rules.urgent_measure = Some(1);
    let urgent = Terms::of(&schedule).urgent.unwrap();
    assert_eq!((urgent.seconds, urgent.verified), (HOUR, true));
    schedule.rules.urgent_measure = None;
    assert_eq!(Terms::of(&schedule).urgent, None);
}

#[test]
fn the_text_of_a_plan_says_what_the_plan_says() {
    let mut defence = plan(3);
    defence.chain.executor.body = Body::Defence;
    defence.chain.defence = Some(order());
    let found = defence
        .assess(&terms(), &nothing_protected(&defence), false, at(NOW))
        .unwrap();
    let actuators = ["edge-1", "edge-2"].map(|who| Actuator {
        name: name(who),
        key: signer(who).verifier().clone(),
    });
    let measure = text(&defence, &found, 3, &actuators, 1);
    assert_eq!(measure.route, Route::Defence);
    assert_eq!(measure.order, Some(order().sha256.0));
    assert_eq!(measure.dossier, defence.digest().0);
    assert_eq!(measure.effects.len(), 3);
    assert_eq!(measure.collateral, found.collateral);
    assert_eq!(
        (measure.level, measure.revision, measure.lists),
        (1, 3, (4, [4; 32]))
    );
    measure.route(&[country("JP")]).unwrap();
    // Only those that the plan names.
    assert_eq!(measure.names(), [name("edge-1")]);
    assert_eq!(Measure::parse(&measure.to_string()).unwrap(), measure);
}
