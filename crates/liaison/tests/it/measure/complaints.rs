//! Complaints over a store: pages from both ends, the register of all of them, who may not decide. In: complaints. Out: verdicts on each engine.

use super::{House, NOW, name, plan, review, weighed};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_liaison::measure::{
    ComplaintsFrom, Looked, Measures, NamePaper, any, bring_facts, complaints_page, dissent,
    keep_name, lives, measure, public_register, set_register,
};
use sakimori_respond::plan::Plan;
use sakimori_respond::plan::complaint::{Complaint, Ruling, reference};
use sakimori_respond::plan::life::{Decision, Event, Stage, Why};
use sakimori_respond::plan::observe::Observation;
use sakimori_store::{Change, Paper};
use serde_json::json;

fn of(number: u8) -> Complaint {
    Complaint::take("192.0.2.9", "junk", [number; 16], NOW).unwrap()
}

fn complaints_are_listed_from_both_ends_and_counted_all(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let stranger = Looked::default();
        for number in 1..=3 {
            let at = house.at(Seconds(NOW.0 + u64::from(number)));
            at.complain(of(number), &stranger).await.unwrap();
        }
        let page = async |from, behind| {
            let page = complaints_page(&*house.store, Some("open"), from, behind).await;
            let (page, next) = page.unwrap();
            let ids: Vec<String> = page.into_iter().map(|one| one.id).collect();
            (ids, next)
        };
        let wanted: Vec<String> = (1..=3).map(|number| reference([number; 16])).collect();
        let (oldest, next) = page(ComplaintsFrom::Oldest, None).await;
        assert_eq!(oldest, wanted);
        assert_eq!(page(ComplaintsFrom::Oldest, next).await, (Vec::new(), None));
        let (newest, next) = page(ComplaintsFrom::Newest, None).await;
        assert_eq!(newest, wanted.iter().rev().cloned().collect::<Vec<_>>());
        assert_eq!(page(ComplaintsFrom::Newest, next).await, (Vec::new(), None));
        let register = public_register(&*house.store).await.unwrap();
        assert_eq!((register.received, register.open), (3, 3));
    });
}

fn who_proposed_decides_no_complaint(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        assert!(!any(&*house.store).await.unwrap());
        let drafted = plan(1, 1);
        let id = drafted.id.to_string();
        house.at(NOW).draft(drafted, &name("o4")).await.unwrap();
        assert!(any(&*house.store).await.unwrap());
        let complaint = of(1);
        let paper = json!({
            "complaint": complaint, "measure": id, "ruling": {"suspend": false, "words": "a person decides"}, "upheld": null, "answer": null,
        });
        let paper = Paper {
            kind: "measure-complaint".to_owned(),
            owner: "office".to_owned(),
            id: complaint.reference.clone(),
            version: 1,
            state: "open".to_owned(),
            due: None,
            at: NOW.0,
            by: "stranger".to_owned(),
            body: paper.to_string(),
        };
        house.store.apply(&[Change::AddPaper(paper)]).await.unwrap();
        let decide = async |by: &'static str| {
            let measures = Measures {
                by,
                ..house.at(NOW)
            };
            measures.decide(&complaint.reference, false, "we looked").await
        };
        // Neither who proposes by the plan nor who drafted.
        for by in ["o1", "o4"] {
            let refused = decide(by).await.unwrap_err();
            assert!(refused.to_string().contains("another decides"), "{refused}");
        }
        decide("e-01").await.unwrap();
    });
}

fn a_measure_that_cannot_be_read_keeps_no_other(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        house.at(NOW).draft(plan(1, 1), &name("o1")).await.unwrap();
        let junk = Paper {
            kind: "measure".to_owned(),
            owner: "office".to_owned(),
            id: plan(2, 1).id.to_string(),
            version: 1,
            state: "approved".to_owned(),
            due: None,
            at: NOW.0,
            by: "o1".to_owned(),
            body: "{}".to_owned(),
        };
        house.store.apply(&[Change::AddPaper(junk)]).await.unwrap();
        let (held, broken) = lives(&*house.store).await.unwrap();
        assert_eq!((held.len(), broken.len()), (1, 1), "{broken:?}");
        // What can be read takes its events all the same.
        let id = held[0].state().plan().id;
        let withdraw = Event::Withdraw { by: name("o1") };
        let turn = house.at(NOW).take(id, &withdraw).await.unwrap();
        assert_eq!(turn.refused, None);
    });
}

const TARGET: &str = "203.0.0.0/32";

fn dispatch(plan: &Plan) -> Event {
    Event::Dispatch {
        by: vec![name("e-01"), name("e-02")],
        observations: plan.observations.clone(),
    }
}

/// A measure that was approved and dispatched.
async fn dispatched(house: &House) -> Plan {
    let designation = json!({
        "officer": "e-01", "body": "national", "number": "D-17", "from": Seconds(NOW.0 - 3600).to_string(), "until": NOW.plus(100 * DAY_SECONDS).to_string(), "revoked": null,
    });
    let register = json!({"designations": [designation], "actuators": []});
    let register = serde_json::from_value(register).unwrap();
    set_register(&*house.store, &register, NOW, "admin")
        .await
        .unwrap();
    let plan = plan(1, 1);
    let measures = house.at(NOW);
    measures.draft(plan.clone(), &name("o1")).await.unwrap();
    let text = sakimori_respond::plan::Digest::of("text");
    let decision = Decision {
        authority: AuthorityId([9; 16]),
        text,
        votes: vec![name("m1")],
        not_before: plan.not_before,
        not_after: plan.not_after,
    };
    let by = name("o1");
    for event in [
        review("o2"),
        Event::Ask {
            by,
            text,
            weighed: weighed(),
        },
        Event::Approve(decision),
        dispatch(&plan),
    ] {
        let turn = measures.take(plan.id, &event).await.unwrap();
        assert_eq!(turn.refused, None, "{}", event.name());
    }
    plan
}

/// What the rules say of a complaint about the target.
async fn ruled(house: &House, number: u8, at: Seconds, stranger: bool) -> Ruling {
    let complaint = Complaint::take("203.0.0.0", "a bakery", [number; 16], at).unwrap();
    let said = house.at(at).complain(complaint, &Looked { stranger }).await;
    said.unwrap().0.ruling
}

async fn stands(house: &House, id: AuthorityId) -> (Stage, Option<Why>) {
    let held = measure(&*house.store, id).await.unwrap();
    (held.state().stage(), held.state().suspended())
}

fn a_complaint_is_held_against_what_was_signed_last(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let mut plan = dispatched(&house).await;
        let id = plan.id;
        // What the dispatch brought is what was approved: nobody's word suspends it.
        let ruling = ruled(&house, 1, NOW.plus(5), false).await;
        let why = "is what it was when it was approved";
        assert!(!ruling.suspend && ruling.words.contains(why), "{ruling:?}");
        assert_eq!(stands(&house, id).await.1, None);
        // A dispatch that is refused, for the first is not taken back: what was signed with it is known all the same.
        for one in &mut plan.observations {
            one.at = NOW.plus(10);
            "ANOTHER-NET".clone_into(&mut one.seen.owner);
        }
        let turn = house.at(NOW.plus(11)).take(id, &dispatch(&plan)).await;
        assert!(turn.unwrap().refused.is_some());
        let ruling = ruled(&house, 3, NOW.plus(20), true).await;
        assert!(ruling.suspend, "{}", ruling.words);
        assert_eq!(
            ruling.words,
            format!("the owner of {TARGET} was `EXAMPLE-NET` and is `ANOTHER-NET`")
        );
        assert_eq!(stands(&house, id).await.1, Some(Why::Complaint));
    });
}

fn names_that_the_office_counts_speak_for_a_stranger(test: &str, postgres: bool) {
    for brought in [true, false] {
        let Some(house) = House::new(test, postgres) else {
            return;
        };
        house.runtime.block_on(async {
            let id = dispatched(&house).await.id;
            let quiet = ruled(&house, 1, NOW.plus(5), true).await;
            assert!(!quiet.suspend, "{quiet:?}");
            let at = NOW.plus(6);
            if brought {
                let fact = json!({"low": 1, "high": 1, "source": "passive-dns", "at": at.to_string()});
                let facts = json!({"target": TARGET, "names": fact, "clients": null, "other_ppm": null, "is": [], "looked": null, "countries": []});
                let facts = serde_json::from_value(facts).unwrap();
                bring_facts(&*house.store, &[facts], at, "o1").await.unwrap();
            } else {
                let answer = NamePaper {
                    target: "bakery.example".to_owned(),
                    aliases: Vec::new(),
                    addresses: vec!["203.0.0.0".to_owned()],
                    unanswered: None,
                };
                keep_name(&*house.store, &answer, at, "node").await.unwrap();
            }
            let ruling = ruled(&house, 2, NOW.plus(20), true).await;
            assert!(ruling.suspend && ruling.words.contains("1 names are on it"), "{ruling:?}");
            assert_eq!(stands(&house, id).await.1, Some(Why::Complaint));
        });
    }
}

fn a_complaint_without_fresh_sight(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let plan = dispatched(&house).await;
        // The observations of the dispatch are too old to tell what the target is now.
        let late = NOW.plus(house.terms.fresh.seconds);
        let junk = ruled(&house, 1, late, true).await;
        assert!(
            !junk.suspend && junk.words.contains("a person decides"),
            "{junk:?}"
        );
        let known = ruled(&house, 2, late, false).await;
        assert!(
            known.suspend && known.words.contains("nobody can tell"),
            "{known:?}"
        );
        assert_eq!(stands(&house, plan.id).await.1, Some(Why::Complaint));
    });
}

on_each! {
    a_complaint_is_held_against_what_was_signed_last a_complaint_against_signed_on_sqlite a_complaint_against_signed_on_postgresql;
    names_that_the_office_counts_speak_for_a_stranger names_for_a_stranger_on_sqlite names_for_a_stranger_on_postgresql;
    a_complaint_without_fresh_sight a_complaint_without_sight_on_sqlite a_complaint_without_sight_on_postgresql;
    complaints_are_listed_from_both_ends_and_counted_all complaints_are_listed_on_sqlite complaints_are_listed_on_postgresql;
    who_proposed_decides_no_complaint who_proposed_decides_none_on_sqlite who_proposed_decides_none_on_postgresql;
    a_measure_that_cannot_be_read_keeps_no_other a_measure_that_cannot_be_read_on_sqlite a_measure_that_cannot_be_read_on_postgresql;
}

fn what_was_seen_to_be_another_target_is_not_left_out(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let plan = dispatched(&house).await;
        let seen = |at: u64, owner: Option<&str>| {
            let mut all = plan.observations.clone();
            for one in &mut all {
                one.at = NOW.plus(at);
                if let Some(owner) = owner {
                    owner.clone_into(&mut one.seen.owner);
                }
            }
            all
        };
        let against = async |brought: &[Observation]| {
            let held = measure(&*house.store, plan.id).await.unwrap();
            dissent(&*house.store, held.state(), brought).await.unwrap()
        };
        assert_eq!(against(&seen(5, None)).await, None);
        // What was signed is kept also where the dispatch is refused.
        let observations = seen(10, Some("ANOTHER-NET"));
        let moved = Event::Dispatch {
            by: vec![name("e-01"), name("e-02")],
            observations: observations.clone(),
        };
        let turn = house.at(NOW.plus(10)).take(plan.id, &moved).await.unwrap();
        assert!(turn.refused.is_some());
        for at in [5, 10] {
            let known = against(&seen(at, None)).await.unwrap();
            assert_eq!(known.seen.owner, "ANOTHER-NET");
        }
        assert_eq!(against(&observations).await, None, "it is brought itself");
        assert_eq!(against(&seen(11, None)).await, None, "it was looked again");
        house.store.close().await;
    });
}

#[test]
fn what_was_seen_to_be_another_target_is_not_left_out_on_sqlite() {
    what_was_seen_to_be_another_target_is_not_left_out(
        "what_was_seen_to_be_another_target_is_not_left_out_on_sqlite",
        false,
    );
}
