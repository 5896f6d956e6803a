//! Who else is met. In: facts. Out: levels and intervals.

use super::*;
use sakimori_respond::plan::collateral::{Beside, Estimate, Level, Served, UNKNOWN, estimate};
use sakimori_respond::safety::Class as Protection;

fn of(target: &str, facts: Option<&Facts>) -> Estimate {
    estimate(target, facts, &terms().collateral, at(NOW))
}

fn level(change: impl Fn(&mut Facts)) -> Level {
    let mut facts = facts("198.51.100.1/32");
    assert_eq!(of("198.51.100.1/32", Some(&facts)).level, Level::One);
    change(&mut facts);
    of("198.51.100.1/32", Some(&facts)).level
}

#[test]
fn names_on_an_address_give_the_level_at_their_bounds() {
    let names = |high| level(|facts| facts.names = fact(0, high, NOW));
    assert_eq!(names(5), Level::One);
    assert_eq!(names(6), Level::Two);
    assert_eq!(names(50), Level::Two);
    assert_eq!(names(51), Level::Refused);
    let mut many = facts("198.51.100.1/32");
    many.names = fact(40, 51, NOW);
    let found = of("198.51.100.1/32", Some(&many));
    let instead = found.instead.expect("something else is offered");
    assert!(instead.contains("name"), "{instead}");
}

#[test]
fn the_size_of_a_block_gives_the_level() {
    let size = |target: &str| of(target, Some(&facts(target))).level;
    assert_eq!(size("198.51.100.1/32"), Level::One);
    assert_eq!(size("2001:db8::1/128"), Level::One);
    assert_eq!(size("198.51.100.0/31"), Level::Two);
    assert_eq!(size("198.51.100.0/24"), Level::Two);
    assert_eq!(size("2001:db8::/120"), Level::Two);
    assert_eq!(size("198.51.100.0/23"), Level::Refused);
    assert_eq!(size("2001:db8::/119"), Level::Refused);
    assert_eq!(size("0.0.0.0/0"), Level::Refused);
}

#[test]
fn every_other_fact_counts_and_tells_why() {
    assert_eq!(level(|f| f.clients = fact(0, 6, NOW)), Level::Two);
    assert_eq!(level(|f| f.clients = fact(0, 1001, NOW)), Level::Refused);
    assert_eq!(level(|f| f.other_ppm = fact(0, 10_001, NOW)), Level::Two);
    assert_eq!(
        level(|f| f.other_ppm = fact(0, 500_001, NOW)),
        Level::Refused
    );
    assert_eq!(level(|f| f.is = vec![Beside::Anycast]), Level::Two);
    assert_eq!(level(|f| f.is = vec![Beside::ContentNetwork]), Level::Two);
    assert_eq!(level(|f| f.is = vec![Beside::SharedMail]), Level::Two);
    assert_eq!(level(|f| f.is = vec![Beside::Essential]), Level::Refused);
    let served = |code, ppm| Served {
        country: country(code),
        ppm,
    };
    assert_eq!(
        level(|f| f.countries = vec![served("JP", 1_000_000)]),
        Level::One
    );
    let split = vec![served("JP", 600_000), served("KR", 400_000)];
    assert_eq!(level(|f| f.countries.clone_from(&split)), Level::Two);
    let mut both = facts("198.51.100.1/32");
    both.is = vec![Beside::ContentNetwork, Beside::SharedMail];
    both.countries = split;
    let found = of("198.51.100.1/32", Some(&both));
    let words: Vec<&str> = found.reasons.iter().map(|one| one.words.as_str()).collect();
    assert_eq!(words.len(), 6, "{words:?}");
}

#[test]
fn what_nobody_knows_or_looked_at_long_ago_makes_the_interval_open() {
    let week = 7 * DAY;
    assert_eq!(level(|f| f.names = fact(0, 1, NOW - week)), Level::One);
    assert_eq!(level(|f| f.names = fact(0, 1, NOW - week - 1)), Level::Two);
    assert_eq!(level(|f| f.looked = Some(at(NOW - week - 1))), Level::Two);
    assert_eq!(level(|f| f.looked = None), Level::Two);
    // A fact of the future, or with its ends turned, is none.
    assert_eq!(level(|f| f.names = fact(0, 1, NOW + 1)), Level::Two);
    assert_eq!(level(|f| f.names = fact(2, 1, NOW)), Level::Two);
    let none = of("198.51.100.1/32", None);
    assert_eq!((none.low, none.high, none.level), (0, None, Level::Two));
    assert_eq!(none.interval(), (0, UNKNOWN));
    let good = of("198.51.100.1/32", Some(&facts("198.51.100.1/32")));
    assert_eq!((good.low, good.high), (1, Some(5)));
    assert_eq!(good.age_seconds, Some(HOUR));
    assert_eq!(Estimate::sum([&good, &good]), (2, 10));
    assert_eq!(Estimate::sum([&good, &none]), (1, UNKNOWN));
    // What lies on an owner's host meets nobody else.
    let host = of("host:web-1", None);
    assert_eq!((host.low, host.high, host.level), (0, Some(0), Level::One));
}

#[test]
fn an_address_of_many_names_is_refused_with_the_name_as_the_alternative() {
    let mut plan = plan(1);
    plan.facts[0].names = fact(60, 90, NOW);
    let found = plan.assess(&terms(), &nothing_protected(&plan), false, at(NOW));
    let problems = found.unwrap_err();
    assert!(
        has(&problems, "/aims/0/target", "act on the name that is meant"),
        "{problems:?}"
    );
}

#[test]
fn level_2_takes_words_on_who_else_is_met() {
    let mut plan = plan(1);
    plan.facts[0].names = fact(6, 9, NOW);
    let judgement = nothing_protected(&plan);
    let problems = plan
        .assess(&terms(), &judgement, false, at(NOW))
        .unwrap_err();
    assert!(has(&problems, "/dossier/others", "level 2"), "{problems:?}");
    plan.dossier.others = Some("eight shops; two hours at night".to_owned());
    let urgent = plan.assess(&terms(), &judgement, true, at(NOW));
    let problems = urgent.unwrap_err();
    assert!(has(&problems, "/aims", "cannot be urgent"), "{problems:?}");
    let found = plan.assess(&terms(), &judgement, false, at(NOW)).unwrap();
    assert_eq!(found.level, 2);
    assert_eq!(found.collateral, (6, 12));
}

#[test]
fn a_deed_that_cannot_be_taken_back_takes_level_2_and_one_that_can_does_not() {
    let process = format!("process:4711:123456:{}", "ab".repeat(32));
    let file = format!("file:{}:/srv/bad", "ab".repeat(32));
    let assessed = |aims: &[(Deed, &str)], others: Option<&str>, urgent| {
        let mut plan = plan(aims.len());
        for (aim, (deed, target)) in plan.aims.iter_mut().zip(aims) {
            (aim.deed, aim.target) = (*deed, (*target).to_owned());
        }
        let targets: Vec<&str> = aims.iter().map(|(_, target)| *target).collect();
        plan.observations = observed(&targets, "JP", NOW - 60);
        plan.dossier.others = others.map(str::to_owned);
        plan.assess(&terms(), &nothing_protected(&plan), urgent, at(NOW))
    };
    let level = |aims: &[(Deed, &str)]| assessed(aims, Some("nobody"), false).unwrap().level;
    assert_eq!(level(&[(Deed::Freeze, &process)]), 1);
    assert_eq!(level(&[(Deed::Quarantine, &file)]), 1);
    assert_eq!(level(&[(Deed::Isolate, "host:web-1")]), 1);
    assert_eq!(level(&[(Deed::Stop, &process)]), 2);
    // Where it stands among others does not matter.
    let both = [(Deed::Stop, &*process), (Deed::Freeze, &*process)];
    assert_eq!(level(&both), 2);
    let found = assessed(&both, Some("nobody"), false).unwrap();
    let mut why = found.estimates[&process].reasons.iter();
    assert!(why.any(|one| one.words == "`stop` cannot be taken back"));
    // It takes what level 2 takes: words on who else is met, and it is not urgent.
    let problems = assessed(&both, None, false).unwrap_err();
    assert!(has(&problems, "/dossier/others", "level 2"), "{problems:?}");
    let problems = assessed(&both, Some("nobody"), true).unwrap_err();
    assert!(has(&problems, "/aims", "cannot be urgent"), "{problems:?}");
}

#[test]
fn the_protected_lists_refuse_or_raise_the_level() {
    let mut plan = plan(2);
    plan.dossier.others = Some("nobody".to_owned());
    let mut judgement = nothing_protected(&plan);
    let judged = |judgement: &Judgement| plan.assess(&terms(), judgement, false, at(NOW));
    assert_eq!(judged(&judgement).unwrap().level, 1);
    judgement
        .classes
        .insert(target(2), Some(Protection::Caution));
    assert_eq!(judged(&judgement).unwrap().level, 1);
    judgement
        .classes
        .insert(target(2), Some(Protection::Level2));
    assert_eq!(judged(&judgement).unwrap().level, 2);
    judgement.classes.insert(target(2), Some(Protection::Never));
    judgement
        .words
        .insert(target(2), "root name servers".to_owned());
    let problems = judged(&judgement).unwrap_err();
    assert!(
        has(&problems, "/aims/1/target", "root name servers"),
        "{problems:?}"
    );
    judgement.classes.remove(&target(2));
    let problems = judged(&judgement).unwrap_err();
    assert!(
        has(&problems, "/aims/1/target", "not held against"),
        "{problems:?}"
    );
}
