//! The stop of the whole office over a store; the plan behind a digest.

use super::*;
use sakimori_liaison::measure::{plan_of, set_stop, stop, stops};
use sakimori_respond::plan::life::Decision;

fn decision(of: &Plan) -> Decision {
    Decision {
        authority: AuthorityId([9; 16]),
        text: sakimori_respond::plan::Digest::of("text"),
        votes: vec![name("m1")],
        not_before: of.not_before,
        not_after: of.not_after,
    }
}

fn the_office_stands_still_until_another_lets_it_go(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let store = &*house.store;
        let set = async |stopped: bool, words: &str, by: &str| {
            set_stop(store, stopped, words, NOW, &name(by)).await
        };
        assert!(!stop(store).await.unwrap().stopped);
        assert!(set(false, "go on", "e-02").await.is_err(), "nobody stopped it");
        assert!(set(true, " ", "e-02").await.is_err(), "no reason");
        let plan = plan(1, 1);
        let id = plan.id;
        let measures = house.at(NOW);
        measures.draft(plan.clone(), &name("o1")).await.unwrap();
        measures.take(id, &review("o2")).await.unwrap();
        let text = sakimori_respond::plan::Digest::of("text");
        let ask = Event::Ask {
            by: name("o1"),
            text,
            weighed: weighed(),
        };
        measures.take(id, &ask).await.unwrap();
        set(true, "an actuator behaves oddly", "o3").await.unwrap();
        let again = set(true, "me too", "e-02").await.unwrap();
        assert_eq!(again.by, "o3", "who stopped first is who may not let go");
        // It holds what is decided behind it, without a record of its own.
        let approve = Event::Approve(decision(&plan));
        let turn = measures.take(id, &approve).await.unwrap();
        assert!(turn.refused.is_none(), "{:?}", turn.refused);
        let dispatch = Event::Dispatch {
            by: vec![name("e-01"), name("e-02")],
            observations: plan.observations.clone(),
        };
        let register = serde_json::from_value(json!({
            "designations": [{"officer": "e-01", "body": "national", "number": "D-17", "from": Seconds(NOW.0 - 3600).to_string(), "until": NOW.plus(100 * DAY_SECONDS).to_string(), "revoked": null}],
            "actuators": [],
        }));
        let register = register.unwrap();
        sakimori_liaison::measure::set_register(store, &register, NOW, "admin")
            .await
            .unwrap();
        let why = measures.would_refuse(id, &dispatch).await.unwrap();
        assert!(why.unwrap().to_string().contains("whole office"));
        let flags = measure(store, id).await.unwrap().state().flags();
        assert_eq!(flags, (0, 0), "a question is not on record");
        for (by, words) in [("o3", "stopped it"), ("e-01", "carries out")] {
            let refused = set(false, "go on", by).await.unwrap_err();
            assert!(refused.to_string().contains(words), "{refused}");
        }
        set(false, "it was a cable", "e-02").await.unwrap();
        assert_eq!(measures.would_refuse(id, &dispatch).await.unwrap(), None);
        let all = stops(store).await.unwrap();
        let kept: Vec<(bool, &str)> = all
            .iter()
            .map(|one| (one.said.stopped, one.said.by.as_str()))
            .collect();
        assert_eq!(kept, [(true, "o3"), (false, "e-02")]);
        house.store.close().await;
    });
}

fn a_plan_is_found_by_its_digest_also_behind_another_draft(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let store = &*house.store;
        let measures = house.at(NOW);
        let first = plan(1, 1);
        measures.draft(first.clone(), &name("o1")).await.unwrap();
        let mut second = first.clone();
        "pumps stand still, and a mill".clone_into(&mut second.dossier.harm);
        let redraft = Event::Redraft {
            plan: Box::new(second.clone()),
            by: name("o1"),
        };
        let turn = measures.take(first.id, &redraft).await.unwrap();
        assert!(turn.refused.is_none(), "{:?}", turn.refused);
        for plan in [&first, &second] {
            let found = plan_of(store, plan.digest()).await.unwrap();
            assert_eq!(found.as_ref(), Some(plan));
        }
        let other = sakimori_respond::plan::Digest::of("another");
        assert_eq!(plan_of(store, other).await.unwrap(), None);
        house.store.close().await;
    });
}

on_each! {
    the_office_stands_still_until_another_lets_it_go the_office_stands_still_on_sqlite the_office_stands_still_on_postgresql;
    a_plan_is_found_by_its_digest_also_behind_another_draft a_plan_is_found_by_its_digest_on_sqlite a_plan_is_found_by_its_digest_on_postgresql;
}
