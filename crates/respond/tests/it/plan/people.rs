//! Who may do what, on whose order. In: chains with one thing wrong each. Out: the place that is named.

use super::*;

fn problems(plan: &Plan) -> Vec<Problem> {
    plan.assess(&terms(), &nothing_protected(plan), false, at(NOW))
        .err()
        .unwrap_or_default()
}

fn check(change: impl Fn(&mut Plan), place: &str, words: &str) {
    let mut plan = plan(1);
    change(&mut plan);
    let found = problems(&plan);
    assert!(has(&found, place, words), "{place}: {words}: {found:?}");
}

/// A plan against a target in another place.
fn abroad(place: &str) -> Plan {
    let mut plan = plan(1);
    plan.aims[0].country = country(place);
    plan.observations = observed(&["198.51.100.1/32"], place, NOW - 60);
    plan.dossier.international = Some(sheet());
    plan.chain.consultation = Some(consultation());
    plan
}

#[test]
fn nobody_orders_or_reviews_himself() {
    let itself = "/chain/superior/by";
    check(
        |p| p.chain.superior.by = name("tanaka"),
        itself,
        "cannot order himself",
    );
    check(
        |p| p.chain.reviewed = name("sato"),
        "/chain/reviewed",
        "another reviews",
    );
    check(
        |p| p.chain.executor.officer = name("suzuki"),
        "/chain/executor/officer",
        "another carries out",
    );
    check(
        |p| p.chain.superior.at = at(NOW + 1),
        "/chain/superior/at",
        "future",
    );
}

#[test]
fn an_executor_has_a_designation_that_holds() {
    let place = "/chain/executor";
    let designated = |change: fn(&mut Designation)| {
        let mut plan = plan(1);
        change(&mut plan.chain.executor);
        problems(&plan)
    };
    let gone = |found: &[Problem]| has(found, place, "does not hold now");
    assert!(gone(&designated(|one| one.from = at(NOW + 1))));
    assert!(!gone(&designated(|one| one.from = at(NOW))));
    assert!(gone(&designated(|one| one.until = at(NOW - 1))));
    assert!(gone(&designated(|one| one.revoked = Some(at(NOW)))));
    assert!(!gone(&designated(|one| one.revoked = Some(at(NOW + 1)))));
    let short = designated(|one| one.until = at(NOW + 1));
    assert!(
        has(&short, "/chain/executor/until", "before the measure"),
        "{short:?}"
    );
}

#[test]
fn the_register_of_now_decides_at_dispatch() {
    let refused = |change: fn(&mut Vec<Designation>)| {
        let mut case = Case::new(plan(1));
        case.approve();
        change(&mut case.designations);
        let event = case.dispatch_event();
        case.refused(&event)
    };
    for words in [
        refused(Vec::clear),
        refused(|all| all[0].revoked = Some(at(NOW))),
        refused(|all| all[0].number = "D-18".to_owned()),
        refused(|all| all[0].body = Body::Defence),
        refused(|all| all[0].until = at(NOW - 1)),
    ] {
        assert!(
            words.contains("the designation D-17 of `tanaka`"),
            "{words}"
        );
    }
}

#[test]
fn abroad_or_nobody_knows_where_asks_for_consultation_and_no_prefecture() {
    for place in ["US", "--", "ZZ"] {
        let good = abroad(place);
        assert_eq!(problems(&good), [], "{place}");
        let mut plan = good.clone();
        plan.chain.consultation = None;
        assert!(
            has(&problems(&plan), "/chain/consultation", "Foreign Minister"),
            "{place}"
        );
        let mut plan = good.clone();
        plan.chain.consultation.as_mut().unwrap().at = at(NOW + 1);
        assert!(
            has(&problems(&plan), "/chain/consultation/at", "future"),
            "{place}"
        );
        let mut plan = good.clone();
        plan.chain.executor.body = Body::Prefectural;
        assert!(
            has(&problems(&plan), "/chain/executor/body", "prefecture"),
            "{place}"
        );
        let mut plan = good;
        plan.dossier.international = None;
        let found = problems(&plan);
        assert!(has(&found, "/dossier/international", "sheet"), "{place}");
    }
    // At home a prefecture may, without consultation.
    let mut home = plan(1);
    home.chain.executor.body = Body::Prefectural;
    assert_eq!(problems(&home), []);
}

#[test]
fn the_defence_route_has_its_order_with_three_conditions_and_a_period() {
    let mut good = plan(1);
    good.chain.executor.body = Body::Defence;
    assert!(has(
        &problems(&good),
        "/chain/defence",
        "Prime Minister alone"
    ));
    good.chain.defence = Some(order());
    assert_eq!(problems(&good), []);
    let wrong: [Change<DefenceOrder>; 6] = [
        ("number", |order| order.number.clear()),
        ("grave_effect", |order| order.grave_effect.clear()),
        ("capability", |order| order.capability.clear()),
        ("public_safety", |order| order.public_safety.clear()),
        ("jointly", |order| order.jointly.clear()),
        ("until", |order| order.until = at(NOW + HOUR)),
    ];
    for (place, change) in wrong {
        let mut plan = good.clone();
        change(plan.chain.defence.as_mut().unwrap());
        let found = problems(&plan);
        assert_eq!(found.len(), 1, "{place}: {found:?}");
        assert_eq!(found[0].place, format!("/chain/defence/{place}"));
    }
    let mut prefecture = good;
    prefecture.chain.executor.body = Body::Prefectural;
    assert!(has(
        &problems(&prefecture),
        "/chain/executor/body",
        "prefecture"
    ));
}

#[test]
fn proposal_review_and_approval_are_of_different_people() {
    let mut case = Case::new(plan(1));
    let words = case.refused(&Event::Review { by: name("sato") });
    assert!(words.contains("another reviews"), "{words}");
    let words = case.refused(&Event::Review { by: name("mori") });
    assert!(words.contains("names `suzuki`"), "{words}");
    case.review();
    case.ask();
    for person in ["sato", "suzuki", "tanaka", "ito"] {
        let mut vote = decision("text");
        vote.votes.push(name(person));
        let words = case.refused(&Event::Approve(vote));
        assert!(words.contains(&format!("`{person}`")), "{words}");
    }
    case.well(&Event::Approve(decision("text")));
}

#[test]
fn level_2_is_dispatched_by_two() {
    let mut level_2 = plan(1);
    level_2.facts[0].names = fact(6, 9, NOW);
    level_2.dossier.others = Some("eight shops".to_owned());
    let mut case = Case::new(level_2);
    case.approve();
    let Event::Dispatch { observations, .. } = case.dispatch_event() else {
        panic!("no dispatch");
    };
    let by = |names: &[&str]| Event::Dispatch {
        by: names.iter().map(|text| name(text)).collect(),
        observations: observations.clone(),
    };
    for names in [&["tanaka"][..], &["tanaka", "tanaka"]] {
        let words = case.refused(&by(names));
        assert!(words.contains("two people"), "{words}");
    }
    let words = case.refused(&by(&["mori", "abe"]));
    assert!(words.contains("`tanaka` carries it out"), "{words}");
    case.well(&by(&["tanaka", "mori"]));
    assert_eq!(case.stage(), Stage::Dispatching);
}

#[test]
fn level_1_is_dispatched_by_the_executor_alone() {
    let mut case = Case::new(plan(1));
    case.approve();
    let Event::Dispatch { observations, .. } = case.dispatch_event() else {
        panic!("no dispatch");
    };
    let by = vec![name("tanaka")];
    case.well(&Event::Dispatch { by, observations });
}
