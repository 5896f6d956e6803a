//! What the office found of registered things: to their owners alone, through the gate, then as alerts. In: an office, a commission, nodes of operators. Out: verdicts, entries. Never: a thing
//! of one operator at another.

use crate::asset::rows;
use crate::nation::{Caller, Nation};
use crate::uses::entries;
use sakimori_control::tls::May;
use sakimori_custody::entry::EntryType;
use sakimori_node::Role;
use serde_json::{Value, json};

fn registered(nation: &Nation, name: &str, thing: &str) -> Caller {
    let address = nation.office.address.to_string();
    let peer = Caller::peer(&nation.role(Role::Office), &address, name, &[May::Report]);
    let claim = json!({"thing": thing, "method": "registry-paper"});
    let asked = peer.post_json("/v1/registrations", &claim).json();
    let path = format!(
        "/v1/registrations/{name}/{}/looks",
        asked["id"].as_str().unwrap()
    );
    let officer = nation.person(Role::Office, "o2");
    let shown = officer.post_json(&path, &json!({"paper": asked["text"]}));
    assert_eq!(shown.status, 200, "{}", shown.text());
    peer
}

fn warning() -> Value {
    json!({
        "indicators": ["198.51.100[.]7", "https://www.rail.example/x", "203.0.113.9", "192.0.2.77"],
        "kind": "active-compromise", "about": "talks to a known \"c2\", often", "grade": "B2",
        "words": "Look at this machine.", "tlp": "amber", "pap": "amber",
        "basis": "Act 42/2025 art. 40", "rights": "No identifier of a party is in it.",
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut warning = warning();
    warning[field] = value;
    warning
}

#[test]
fn owners_are_told_of_their_own_things_alone_and_each_has_its_entry() {
    let nation = Nation::start();
    let water = registered(&nation, "water-1", "198.51.100.0/24");
    // Another shows control of a part of the same prefix: both are told of what lies in both.
    let power = registered(&nation, "power-1", "198.51.100.0/28");
    let rail = registered(&nation, "rail-1", "rail.example");
    let gas = registered(&nation, "gas-1", "192.0.2.0/26");
    let supervisor = nation.person(Role::Office, "o3");
    let officer = nation.person(Role::Office, "o2");
    assert_eq!(
        officer.post_json("/v1/warnings", &warning()).code(),
        "not-allowed"
    );
    for (field, value) in [
        ("kind", json!("rumour")),
        ("grade", json!("Z9")),
        ("about", json!(" ")),
        ("about", json!("a\u{1b}b")),
        ("seen", json!("yesterday")),
        ("indicators", json!(["nonsense and more"])),
        ("words", json!("gas-1 was attacked too.")),
        ("basis", json!("")),
    ] {
        let no = supervisor.post_json("/v1/warnings", &with(field, value.clone()));
        assert_eq!(no.status, 422, "{field}: {value}: {}", no.text());
    }
    for owner in [&water, &power, &rail, &gas] {
        assert!(rows(&owner.get("/v1/alerts")).is_empty());
    }
    let before = entries(&nation, &[EntryType::Release]).len();
    let said = supervisor.post_json("/v1/warnings", &warning());
    assert_eq!(said.status, 200, "{}", said.text());
    let said = said.json();
    assert_eq!(
        (&said["owners"], &said["opened"], &said["unmatched"]),
        (&json!(3), &json!(3), &json!(2)),
        "{said}"
    );
    let after = entries(&nation, &[EntryType::Release]);
    assert_eq!(after.len() - before, 3, "an entry for each owner");
    for (owner, thing) in [
        (&water, "198.51.100.7"),
        (&power, "198.51.100.7"),
        (&rail, "https://www.rail.example/x"),
    ] {
        let alerts = rows(&owner.get("/v1/alerts"));
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        let alert = &alerts[0]["alert"];
        assert_eq!(
            (&alert["what"], &alert["grade"]),
            (&json!(thing), &json!("B2")),
            "{alert}"
        );
        assert_eq!(alert["about"], "talks to a known \"c2\", often");
        let copies = owner.get("/v1/products").json();
        assert_eq!(copies[0]["indicators"], json!([thing]), "{copies}");
    }
    assert!(
        rows(&gas.get("/v1/alerts")).is_empty(),
        "a thing beside it is none of it"
    );
    assert_eq!(gas.get("/v1/products").json(), json!([]));
    // The same again is another warning, and the same alerts seen again.
    let again = supervisor.post_json("/v1/warnings", &warning()).json();
    assert_eq!(
        (&again["opened"], &again["again"]),
        (&json!(0), &json!(3)),
        "{again}"
    );
    // What nobody registered is told to nobody and asked of no gate.
    let nobody = supervisor.post_json("/v1/warnings", &with("indicators", json!(["203.0.113.9"])));
    assert_eq!(nobody.json()["owners"], 0);
}
