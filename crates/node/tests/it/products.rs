//! Products of the office over its interface: let go by a supervisor, on record, given to those who are named and to no other operator. In: an office, a commission, nodes of operators.
//! Out: answers, entries. Never: a copy for who was not named; the name of the operator that reported.

use crate::nation::{Caller, Nation};
use crate::uses::{beside, entries};
use sakimori_control::tls::May;
use sakimori_custody::entry::EntryType;
use sakimori_node::Role;
use sakimori_store::{Change, Paper};
use serde_json::{Value, json};

fn product() -> Value {
    json!({
        "from": {"operator": "acme", "case": "c-1"},
        "indicators": ["198.51.100[.]9", "c2.example.net"],
        "words": "Look for these in the logs of remote maintenance.",
        "tlp": "amber", "pap": "amber",
        "recipients": ["operator/borea", "operator/cosmo"],
        "basis": "Act 42/2025 art. 40",
        "rights": "No identifier of a party is in it.",
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut product = product();
    product[field] = value;
    product
}

/// What the office holds before: a report of one operator, and what it registered.
fn held(nation: &Nation) {
    let paper = |kind: &str, id: &str, state: &str, body: Value| {
        Change::AddPaper(Paper {
            kind: kind.to_owned(),
            owner: "acme".to_owned(),
            id: id.to_owned(),
            version: 1,
            state: state.to_owned(),
            due: None,
            at: nation.host.seconds().0,
            by: "acme".to_owned(),
            body: body.to_string(),
        })
    };
    let registered =
        json!({"asset": "acme.example.jp", "method": "dns-txt", "shown": null, "asked": null});
    let changes = [
        paper("report", "c-1", "taken", json!({})),
        paper("registration", "r-1", "asked", registered),
    ];
    beside(nation, async |access| {
        access.store().apply(&changes).await.unwrap()
    });
}

#[test]
fn a_product_is_on_record_and_reaches_those_who_are_named_and_no_other() {
    let nation = Nation::start();
    held(&nation);
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let operator = |name| Caller::peer(&office, &address, name, &[May::Report]);
    let [acme, borea, cosmo] = ["acme", "borea", "cosmo"].map(operator);
    let supervisor = nation.person(Role::Office, "o3");

    for other in ["o1", "o2", "a1"] {
        let refused = nation
            .person(Role::Office, other)
            .post_json("/v1/products", &product());
        assert_eq!(refused.code(), "not-allowed", "{other}");
    }
    assert_eq!(
        borea.post_json("/v1/products", &product()).code(),
        "not-signed-in"
    );
    assert_eq!(
        nation.stranger(Role::Office).get("/v1/products").code(),
        "not-signed-in"
    );

    // What breaks a rule is no act: nothing of it is on record.
    let refused = |body: Value| {
        let said = supervisor.post_json("/v1/products", &body);
        (
            said.code(),
            said.json()["detail"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let own = refused(with("indicators", json!(["vpn.acme.example.jp"])));
    assert_eq!(own.0, "refused");
    assert!(
        own.1.starts_with("indicators[0]: is an operator's own"),
        "{}",
        own.1
    );
    assert_eq!(
        refused(with("words", json!("ACME was hit"))).1,
        "words: names an operator"
    );
    assert_eq!(
        refused(with("from", json!({"operator": "acme", "case": "c-2"}))).0,
        "not-found"
    );
    assert_eq!(
        refused(with("from", json!({"operator": "borea", "case": "c-1"}))).0,
        "not-found"
    );
    assert_eq!(
        refused(with("recipients", json!(["operators/all"]))).0,
        "refused"
    );
    assert_eq!(refused(with("tlp", json!("orange"))).0, "refused");
    assert_eq!(entries(&nation, &[EntryType::Release]), []);

    // What the gate refuses is an act, and on record.
    let refusal = refused(with("recipients", json!(["public/web"])));
    assert_eq!(refusal.0, "refused");
    let on_record = entries(&nation, &[EntryType::Release]);
    assert_eq!(on_record.len(), 1);
    assert_eq!(on_record[0].1["outcome"], "TLP_AUDIENCE");
    assert_eq!(borea.get("/v1/products").json(), json!([]));

    let said = supervisor.post_json("/v1/products", &product());
    assert_eq!(said.status, 200, "{}", said.text());
    let let_go = said.json();
    let on_record = entries(&nation, &[EntryType::Release]);
    assert_eq!(on_record.len(), 2);
    let (index, body) = &on_record[1];
    assert_eq!(let_go["entry"], *index);
    assert_eq!(body["outcome"], "released");
    assert_eq!(body["class_from"], json!(["operator-report"]));
    assert_eq!(body["actor"], "o3");
    for named in [&borea, &cosmo] {
        let copies = named.get("/v1/products");
        let text = copies.text();
        let copies = copies.json();
        assert_eq!(copies.as_array().map(Vec::len), Some(1));
        assert_eq!(
            copies[0]["indicators"],
            json!(["198.51.100.9", "c2.example.net"])
        );
        assert_eq!(copies[0]["tlp"], "TLP:AMBER");
        assert_eq!(copies[0]["entry"], *index);
        assert!(!text.to_lowercase().contains("acme"), "{text}");
        let place = copies[0]["sequence"].as_u64().unwrap();
        assert_eq!(
            named.get(&format!("/v1/products?after={place}")).json(),
            json!([])
        );
    }
    assert_eq!(
        acme.get("/v1/products").json(),
        json!([]),
        "who reported is given nothing that it did not ask for"
    );
    let all = supervisor.get("/v1/products").json();
    assert_eq!(all.as_array().map(Vec::len), Some(2));
}
