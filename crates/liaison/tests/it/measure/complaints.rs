//! Complaints over a store: pages from both ends, the register of all of them, who may not decide. In: complaints. Out: verdicts on each engine.

use super::{House, NOW, name, plan};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{
    ComplaintsFrom, Looked, Measures, any, complaints_page, lives, public_register,
};
use sakimori_respond::plan::complaint::{Complaint, reference};
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
        let withdraw = sakimori_respond::plan::life::Event::Withdraw { by: name("o1") };
        let turn = house.at(NOW).take(id, &withdraw).await.unwrap();
        assert_eq!(turn.refused, None);
    });
}

on_each! {
    complaints_are_listed_from_both_ends_and_counted_all complaints_are_listed_on_sqlite complaints_are_listed_on_postgresql;
    who_proposed_decides_no_complaint who_proposed_decides_none_on_sqlite who_proposed_decides_none_on_postgresql;
    a_measure_that_cannot_be_read_keeps_no_other a_measure_that_cannot_be_read_on_sqlite a_measure_that_cannot_be_read_on_postgresql;
}
