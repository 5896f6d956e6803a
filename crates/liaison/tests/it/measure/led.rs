//! Names of measures that are decided: held against the lists of now by where they led when that was so; whoever has a name ends nothing by letting it lead elsewhere.

use super::*;
use sakimori_liaison::measure::{Strayed, set_register};
use sakimori_respond::plan::life::{Decision, Why};
use sakimori_respond::safety::{Building, Class, Target};

const BAD: &str = "bad.example";

/// A plan against an address and a name.
fn named() -> Plan {
    let mut plan = serde_json::to_value(plan(1, 1)).unwrap();
    let add = |plan: &mut serde_json::Value, field: &str, one: serde_json::Value| {
        plan[field].as_array_mut().unwrap().push(one);
    };
    add(
        &mut plan,
        "aims",
        json!({"deed": "no-answer", "actuator": "edge-1", "country": "JP", "controller": "carrier-a", "target": BAD}),
    );
    for at in 0..2 {
        let mut seen = plan["observations"][at].clone();
        seen["target"] = json!(BAD);
        seen["provenance"] = json!(hex(&Sha256::digest(format!("{BAD} {at}"))));
        add(&mut plan, "observations", seen);
    }
    let mut facts = plan["facts"][0].clone();
    facts["target"] = json!(BAD);
    add(&mut plan, "facts", facts);
    plan["most"] = json!(2);
    document(plan.to_string().as_bytes()).unwrap()
}

fn leads(address: &str) -> BTreeMap<String, Seen> {
    let seen = Seen {
        aliases: Vec::new(),
        addresses: vec![address.parse().unwrap()],
    };
    BTreeMap::from([(BAD.to_owned(), seen)])
}

fn never(addresses: &[&str]) -> Protected {
    let mut lists = Building::default();
    for address in addresses {
        if let Target::Net(net) = Target::parse(address).unwrap() {
            lists.net("own-systems", Class::Never, net).unwrap();
        }
    }
    lists.done()
}

/// The plan, proposed, with its executor in the register.
fn drafted(house: &House, plan: &Plan) {
    let register = json!({
        "designations": [{"officer": "e-01", "body": "national", "number": "D-17", "from": Seconds(NOW.0 - 3600).to_string(), "until": NOW.plus(100 * DAY_SECONDS).to_string(), "revoked": null}],
        "actuators": [],
    });
    let register = serde_json::from_value(register).unwrap();
    house.runtime.block_on(async {
        set_register(&*house.store, &register, NOW, "admin")
            .await
            .unwrap();
        house
            .at(NOW)
            .draft(plan.clone(), &name("o1"))
            .await
            .unwrap();
    });
}

fn relisted(house: &House, id: AuthorityId) -> Option<Option<Why>> {
    let listed = house.runtime.block_on(house.at(NOW).relist_of(id));
    listed.unwrap().map(|turn| turn.held.state().suspended())
}

fn strayed(house: &House, id: AuthorityId) -> Vec<Strayed> {
    house.runtime.block_on(async {
        let held = measure(&*house.store, id).await.unwrap();
        house.at(NOW).strayed(&held).await.unwrap()
    })
}

/// Its holder moves it to what is protected, and to many addresses: approved or dispatched, that takes nothing back.
fn moved(house: &mut House, id: AuthorityId) {
    assert_eq!(
        (relisted(house, id), strayed(house, id)),
        (None, Vec::new())
    );
    house.nothing = leads("192.0.2.1");
    assert_eq!(relisted(house, id), None, "its holder ends nothing");
    let told = strayed(house, id);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].forbids && told[0].target == BAD, "{told:?}");
    let many = (0..300).map(|at| format!("198.18.{}.{}", at / 256, at % 256));
    let seen = house.nothing.get_mut(BAD).unwrap();
    seen.addresses = many.map(|one| one.parse().unwrap()).collect();
    assert_eq!(relisted(house, id), None, "nor by many addresses");
    assert_eq!(strayed(house, id), told, "the words are the same");
}

fn a_name_that_leads_elsewhere_ends_nothing_and_a_list_does(test: &str, postgres: bool) {
    let Some(mut house) = House::new(test, postgres) else {
        return;
    };
    house.protected = never(&["192.0.2.1"]);
    let plan = named();
    let id = plan.id;
    let take = |house: &House, event: &Event| {
        let took = house.runtime.block_on(house.at(NOW).take(id, event));
        took.unwrap()
    };
    drafted(&house, &plan);
    // Before it is decided, what it leads to now forbids it.
    house.nothing = leads("192.0.2.1");
    let refused = take(&house, &review("o2")).refused;
    assert!(format!("{refused:?}").contains("192.0.2.1"), "{refused:?}");
    house.nothing = leads("203.0.113.9");
    let text = sakimori_respond::plan::Digest::of("text");
    let decision = Decision {
        authority: AuthorityId([9; 16]),
        text,
        votes: vec![name("m1")],
        not_before: plan.not_before,
        not_after: plan.not_after,
    };
    let dispatch = Event::Dispatch {
        by: vec![name("e-01"), name("e-02")],
        observations: plan.observations.clone(),
    };
    let ask = Event::Ask {
        by: name("o1"),
        text,
        weighed: weighed(),
    };
    for event in [review("o2"), ask, Event::Approve(decision)] {
        let turn = take(&house, &event);
        assert_eq!(turn.refused, None, "{}", event.name());
    }
    moved(&mut house, id);
    house.nothing = leads("192.0.2.1");
    let refused = take(&house, &dispatch).refused;
    assert!(
        refused.is_some(),
        "a dispatch is judged by what it leads to now"
    );
    house.nothing = leads("203.0.113.10");
    let turn = take(&house, &dispatch);
    assert_eq!(turn.refused, None);
    moved(&mut house, id);
    // Nobody answers: what it led to then counts all the same.
    house.nothing = BTreeMap::new();
    // Where it led to at the approval counts no more, where it led to at the dispatch does.
    house.protected = never(&["203.0.113.9"]);
    assert_eq!(relisted(&house, id), None);
    house.protected = never(&["203.0.113.10"]);
    assert_eq!(relisted(&house, id), Some(Some(Why::List)));
    house.runtime.block_on(house.store.close());
}

on_each! {
    a_name_that_leads_elsewhere_ends_nothing_and_a_list_does a_name_that_leads_elsewhere_on_sqlite a_name_that_leads_elsewhere_on_postgresql;
}
