//! What a dossier has to say. In: dossiers with one thing wrong each. Out: the place that is named.

use super::*;
use sakimori_release::matrix::{Rule, look_up};
use sakimori_release::recipient::RecipientKind;
use sakimori_respond::plan::dossier::{Withheld, permitted};
use serde_json::{Value, json};

/// The problems of a plan.
fn problems(plan: &Plan) -> Vec<Problem> {
    plan.assess(&terms(), &nothing_protected(plan), false, at(NOW))
        .err()
        .unwrap_or_default()
}

/// Changes one thing of a good plan; the one place has to be named.
fn check(change: impl Fn(&mut Plan), place: &str, words: &str) {
    let mut plan = plan(2);
    assert_eq!(problems(&plan), []);
    change(&mut plan);
    let found = problems(&plan);
    assert!(has(&found, place, words), "{place}: {words}: {found:?}");
}

/// Notices are the office's own: no actuator does one, whatever the target.
#[test]
fn a_notice_is_no_deed_of_a_plan() {
    use sakimori_respond::engine::Deed;
    for target in ["198.51.100.7", "bad.example", "host:web-1"] {
        let change = |p: &mut Plan| {
            p.aims[0].deed = Deed::Notify;
            target.clone_into(&mut p.aims[0].target);
        };
        check(change, "/aims/0/deed", "the office's own");
    }
    assert!(!terms().urgent_deeds.contains(&Deed::Notify));
}

#[test]
fn every_part_of_a_dossier_is_asked_for_and_named() {
    let blank = || "  ".to_owned();
    check(|p| p.dossier.harm = blank(), "/dossier/harm", "nothing");
    check(
        |p| p.dossier.imminence = blank(),
        "/dossier/imminence",
        "nothing",
    );
    check(
        |p| p.dossier.necessity = blank(),
        "/dossier/necessity",
        "nothing",
    );
    check(
        |p| p.dossier.proportionality = blank(),
        "/dossier/proportionality",
        "nothing",
    );
    check(|p| p.dossier.scope = blank(), "/dossier/scope", "nothing");
    check(|p| p.dossier.evidence.clear(), "/dossier/evidence", "1 to");
    check(
        |p| p.dossier.form = "sakimori/dossier/v2".to_owned(),
        "/dossier/form",
        "not",
    );
    check(
        |p| p.dossier.stop = p.dossier.success.clone(),
        "/dossier/stop",
        "same",
    );
    check(
        |p| p.dossier.evidence.push(p.dossier.evidence[0].clone()),
        "/dossier/evidence/1/id",
        "twice",
    );
    check(
        |p| p.dossier.evidence[0].taken = at(NOW + 1),
        "/dossier/evidence/0/taken",
        "future",
    );
    check(|p| p.form = "x".to_owned(), "/form", "not");
    check(|p| p.not_after = at(NOW), "/not_after", "ended");
    check(|p| p.not_after = at(NOW + 7 * DAY), "/not_after", "longer");
    check(|p| p.renewals = 5, "/renewals", "at most 4");
    check(|p| p.most = 1, "/most", "as many");
    check(|p| p.effect_seconds = 0, "/effect_seconds", "1 to");
    check(|p| p.soak_seconds = 86_401, "/soak_seconds", "at most");
    check(|p| p.aims[1] = p.aims[0].clone(), "/aims/1", "twice");
    check(
        |p| p.aims[0].deed = Deed::Sinkhole,
        "/aims/0/deed",
        "cannot be done",
    );
    check(
        |p| p.aims[0].target = "198.51.100.1".to_owned(),
        "/aims/0/target",
        "not its one form, `198.51.100.1/32`",
    );
    check(
        |p| p.aims[0].target = "a b".to_owned(),
        "/aims/0/target",
        "printable",
    );
    check(
        |p| p.aims[0].country = country("US"),
        "/aims/0/country",
        "observers say `JP`",
    );
}

#[test]
fn a_measure_whose_alternatives_were_neither_tried_nor_reasoned_is_refused() {
    for kind in Milder::ASKED {
        check(
            |p| p.dossier.alternatives.retain(|one| one.kind != kind),
            "/dossier/alternatives",
            kind.name(),
        );
    }
    let place = "/dossier/alternatives/0";
    check(
        |p| p.dossier.alternatives[0].cannot = None,
        place,
        "neither",
    );
    check(
        |p| p.dossier.alternatives[0].cannot = Some(" ".to_owned()),
        place,
        "neither",
    );
    let tried = |p: &mut Plan, change: fn(&mut Tried)| {
        change(p.dossier.alternatives[1].tried.as_mut().unwrap());
    };
    check(
        |p| tried(p, |t| t.ticket = None),
        "/dossier/alternatives/1/tried/ticket",
        "ticket",
    );
    check(
        |p| {
            tried(p, |t| {
                t.result = Outcome::Down {
                    seconds: 600,
                    back: false,
                };
            });
        },
        "/dossier/alternatives/1/tried/result",
        "it helped",
    );
    check(
        |p| tried(p, |t| t.at = at(NOW + 1)),
        "/dossier/alternatives/1/tried/at",
        "future",
    );
    check(
        |p| tried(p, |t| t.result = Outcome::Up { seen: at(NOW + 1) }),
        "/dossier/alternatives/1/tried/result/up/seen",
        "between",
    );
    // What went down and came back did not help: the time to down stays on record.
    let mut good = plan(1);
    good.dossier.alternatives[1].tried.as_mut().unwrap().result = Outcome::Down {
        seconds: 600,
        back: true,
    };
    assert_eq!(problems(&good), []);
}

#[test]
fn evidence_is_of_the_classes_that_the_table_gives_to_police_and_defence() {
    for class in Class::ALL {
        let cell = look_up(*class, RecipientKind::PoliceDefence);
        let allowed = matches!(cell.rule, Rule::Allow | Rule::AllowWith(_));
        assert_eq!(permitted(*class).is_ok(), allowed, "{class}");
        let mut plan = plan(1);
        plan.dossier.evidence[0].class = *class;
        plan.dossier.evidence[0].consent = Some(digest("consent"));
        let refused = has(
            &problems(&plan),
            "/dossier/evidence/0/class",
            "list it as withheld",
        );
        assert_eq!(refused, !allowed, "{class}");
    }
    // The law by hand, so that a change of the table shows here.
    let words: Vec<&str> = Class::ALL
        .iter()
        .filter(|class| permitted(**class).is_ok())
        .map(|class| class.name())
        .collect();
    assert_eq!(
        words,
        [
            "selected",
            "selected-party",
            "integrated",
            "integrated-controlled",
            "public-notice"
        ]
    );
    check(
        |p| p.dossier.evidence[0].need = None,
        "/dossier/evidence/0/need",
        "art. 38(2)",
    );
    check(
        |p| p.dossier.evidence[0].class = Class::SelectedParty,
        "/dossier/evidence/0/consent",
        "art. 38(3)",
    );
}

#[test]
fn what_may_not_be_in_it_is_listed_with_its_reason() {
    let withheld = |reason: &str| Withheld {
        id: name("w-1"),
        what: "the report itself".to_owned(),
        class: Class::OperatorReport,
        reason: reason.to_owned(),
    };
    let mut good = plan(1);
    good.dossier
        .withheld
        .push(withheld("art. 38: by what is made of it alone"));
    assert_eq!(problems(&good), []);
    check(
        |p| p.dossier.withheld.push(withheld("")),
        "/dossier/withheld/0/reason",
        "no reason",
    );
}

#[test]
fn a_document_reads_back_and_its_digest_does_not_hang_on_its_form() {
    let plan = plan(2);
    let text = serde_json::to_string(&plan).unwrap();
    let read = Plan::read(text.as_bytes()).unwrap();
    assert_eq!(read, plan);
    let pretty = serde_json::to_string_pretty(&plan).unwrap();
    assert_eq!(
        Plan::read(pretty.as_bytes()).unwrap().digest(),
        plan.digest()
    );
    // Members in another order.
    let sorted = sorted(&serde_json::to_value(&plan).unwrap()).to_string();
    assert_ne!(sorted, text);
    assert_eq!(
        Plan::read(sorted.as_bytes()).unwrap().digest(),
        plan.digest()
    );
    let mut other = plan.clone();
    other.dossier.scope.push('.');
    assert_ne!(other.digest(), plan.digest());
}

/// The same value with the members of each object by their names, whatever order `serde_json` was built to keep.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let each = members.into_iter();
            each.map(|(name, value)| (name.clone(), sorted(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Reads a plan with one value changed; gives the error.
fn read_changed(pointer: &str, value: Value) -> Problem {
    let mut tree = serde_json::to_value(plan(2)).unwrap();
    *tree.pointer_mut(pointer).unwrap() = value;
    Plan::read(tree.to_string().as_bytes()).unwrap_err()
}

#[test]
fn a_reader_names_the_place_of_what_is_wrong() {
    let check = |pointer: &str, value: Value, place: &str, words: &str| {
        let problem = read_changed(pointer, value);
        assert_eq!(problem.place, place, "{problem}");
        assert!(problem.words.contains(words), "{problem}");
    };
    check("/aims/1/deed", json!("scan"), "/aims/1/deed", "closed list");
    check(
        "/dossier/evidence/0/sha256",
        json!("00"),
        "/dossier/evidence/0/sha256",
        "SHA-256",
    );
    check(
        "/dossier/evidence/0/class",
        json!("secret"),
        "/dossier/evidence/0/class",
        "class",
    );
    check(
        "/dossier/success",
        json!("it works"),
        "/dossier/success",
        "packets to TARGET",
    );
    check("/not_after", json!("tomorrow"), "/not_after", "UTC time");
    check("/most", json!(-1), "/most", "u64");
    check(
        "/aims/0/country",
        json!("jp"),
        "/aims/0/country",
        "upper-case",
    );
    check(
        "/dossier/scope",
        json!("x".repeat((16 << 10) + 1)),
        "/dossier/scope",
        "longer",
    );
    let mut tree = serde_json::to_value(plan(1)).unwrap();
    tree["dossier"]["scan"] = json!(true);
    let problem = Plan::read(tree.to_string().as_bytes()).unwrap_err();
    assert!(problem.place.starts_with("/dossier"), "{problem}");
    assert!(problem.words.contains("unknown field `scan`"), "{problem}");
    let twice = serde_json::to_string(&plan(1))
        .unwrap()
        .replacen('{', "{\"most\":1,", 1);
    let problem = Plan::read(twice.as_bytes()).unwrap_err();
    assert_eq!(problem.place, "/most", "{problem}");
    let deep = "[".repeat(17);
    assert!(Plan::read(deep.as_bytes()).is_err());
    let long = format!("\"{}\"", "x".repeat(8 << 20));
    assert!(Plan::read(long.as_bytes()).is_err());
}
