//! Facts on who else is met, brought to an office, and what names led to, kept with their times.

use super::*;
use sakimori_liaison::measure::{NamePaper, bring_facts, facts, keep_name, name_history};
use sakimori_respond::plan::collateral::Facts;
use serde_json::Value;

fn brought(target: &str, names: &Value, looked: u64) -> Facts {
    let looked = Seconds(NOW.0 - looked).to_string();
    let facts = json!({"target": target, "names": names, "clients": null, "other_ppm": null, "is": [], "looked": looked, "countries": []});
    serde_json::from_value(facts).unwrap()
}

fn fact(high: u64, before: u64) -> Value {
    let at = Seconds(NOW.0 - before).to_string();
    json!({"low": 0, "high": high, "source": "passive-dns", "at": at})
}

fn facts_are_taken_by_their_time_and_stand_against_a_plan(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let store = &*house.store;
        let target = "203.0.0.0/32";
        let bring = async |one: Facts| bring_facts(store, &[one], NOW, "o1").await;
        for (facts, why) in [
            (brought("203.0.0.0", &fact(1, 0), 0), "is written"),
            (brought("process:1:2:x", &fact(1, 0), 0), "process"),
            (
                brought(
                    target,
                    &json!({"low": 2, "high": 1, "source": "x", "at": NOW.to_string()}),
                    0,
                ),
                "more than",
            ),
            (
                brought(
                    target,
                    &json!({"low": 0, "high": 1, "source": "x", "at": NOW.plus(1).to_string()}),
                    0,
                ),
                "not yet",
            ),
        ] {
            let refused = bring(facts).await.unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
        // A plan that says nothing itself takes what was brought.
        bring(brought(target, &fact(2, 60), 60)).await.unwrap();
        bring(brought(target, &fact(9, 600), 600)).await.unwrap();
        let (all, more) = facts(store).await.unwrap();
        assert_eq!((all.len(), more), (1, false));
        let names = all[0].said.facts.names.clone().unwrap();
        assert_eq!(names.high, 2, "the older one does not take its place");
        let mut empty = plan(1, 1);
        empty.facts.clear();
        let turn = house.at(NOW).draft(empty, &name("o1")).await.unwrap();
        let taken = turn.held.state().plan().facts[0].names.clone();
        assert_eq!(taken.unwrap().high, 2);
        // One that does keeps what it says; newer facts that ask for more stand against it.
        let own = plan(2, 1);
        let id = own.id;
        house.at(NOW).draft(own.clone(), &name("o1")).await.unwrap();
        let good = house.at(NOW).take(id, &review("o2")).await.unwrap();
        assert!(good.refused.is_none(), "{:?}", good.refused);
        assert_eq!(good.held.state().plan().facts, own.facts);
        bring(brought(target, &fact(7, 5), 5)).await.unwrap();
        let ask = Event::Ask {
            by: name("o1"),
            text: sakimori_respond::plan::Digest([7; 32]),
            weighed: weighed(),
        };
        let words = format!("{:?}", house.at(NOW).take(id, &ask).await.unwrap().refused);
        assert!(
            words.contains("takes level 2") && words.contains("passive-dns"),
            "{words}"
        );
        bring(brought(target, &fact(70, 4), 4)).await.unwrap();
        let words = format!("{:?}", house.at(NOW).take(id, &ask).await.unwrap().refused);
        assert!(words.contains("too many others"), "{words}");
        bring(brought(target, &fact(1, 3), 3)).await.unwrap();
        let fine = house.at(NOW).take(id, &ask).await.unwrap();
        assert!(fine.refused.is_none(), "{:?}", fine.refused);
        house.store.close().await;
    });
}

fn what_a_name_led_to_is_kept_when_it_changes_or_an_hour_has_passed(test: &str, postgres: bool) {
    let Some(house) = House::new(test, postgres) else {
        return;
    };
    house.runtime.block_on(async {
        let store = &*house.store;
        let said = |address: &str, unanswered: Option<&str>| NamePaper {
            target: "*.bad.example".to_owned(),
            aliases: vec!["cdn.example".to_owned()],
            addresses: vec![address.to_owned()],
            unanswered: unanswered.map(str::to_owned),
        };
        for (address, after) in [
            ("203.0.113.1", 0),
            ("203.0.113.1", 3599),
            ("203.0.113.2", 3600),
            ("203.0.113.2", 7200),
        ] {
            keep_name(store, &said(address, None), NOW.plus(after), "node")
                .await
                .unwrap();
        }
        let late = said("203.0.113.2", Some("nobody answers"));
        keep_name(store, &late, NOW.plus(7201), "node")
            .await
            .unwrap();
        let kept = name_history(store, "*.bad.example").await.unwrap();
        let kept: Vec<(u64, &str, &str)> = kept
            .iter()
            .map(|one| {
                (
                    one.at - NOW.0,
                    one.said.addresses[0].as_str(),
                    one.state.as_str(),
                )
            })
            .collect();
        let wanted = [
            (0, "203.0.113.1", "answered"),
            (3600, "203.0.113.2", "answered"),
            (7200, "203.0.113.2", "answered"),
            (7201, "203.0.113.2", "unanswered"),
        ];
        assert_eq!(kept, wanted);
        assert!(name_history(store, "bad.example").await.unwrap().is_empty());
        house.store.close().await;
    });
}

on_each! {
    facts_are_taken_by_their_time_and_stand_against_a_plan facts_are_taken_by_their_time_on_sqlite facts_are_taken_by_their_time_on_postgresql;
    what_a_name_led_to_is_kept_when_it_changes_or_an_hour_has_passed what_a_name_led_to_is_kept_on_sqlite what_a_name_led_to_is_kept_on_postgresql;
}
