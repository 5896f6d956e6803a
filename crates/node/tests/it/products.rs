//! Products of the office over its interface: let go by a supervisor, on record, given to those who are named and to no other operator. In: an office, a commission, nodes of operators.
//! Out: answers, entries. Never: a copy for who was not named; the name of the operator that reported.

use crate::nation::{Caller, Nation};
use crate::uses::{beside, entries};
use sakimori_control::tls::May;
use sakimori_cooperate::form::write_report;
use sakimori_cooperate::report::{CommonForm, ReportDocument, Stage};
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
    let at = nation.host.seconds().0;
    let shown = json!({
        "token": "07".repeat(20), "asked_at": at, "challenge_seconds": 604_800, "proof_seconds": 31_536_000, "looks": 1, "verified_at": at,
        "looked_by": "node",
    });
    let registered =
        json!({"asset": "acme.example.jp", "method": "dns-txt", "shown": shown, "asked": null});
    let document = ReportDocument {
        format: "sakimori/report/v1".to_owned(),
        fields_version: 1,
        case: "c-1".parse().unwrap(),
        operator: "acme".parse().unwrap(),
        filer: "acme".parse().unwrap(),
        form: CommonForm::Ransomware,
        stage: Stage::Prompt,
        recognised_at: nation.host.seconds(),
        reason: String::new(),
        fields: [(
            "operator.name".to_owned(),
            Some("架空精機株式会社".to_owned()),
        )]
        .into(),
    };
    let text = String::from_utf8(write_report(&document)).unwrap();
    let taken = json!({"text": text, "receipt": "", "way": "node"});
    let changes = [
        paper("report", "c-1", "taken", taken),
        paper("registration", "r-1", "shown", registered),
    ];
    beside(nation, async |access| {
        access.store().apply(&changes).await.unwrap();
    });
}

/// The office, a supervisor, and nodes of operators that it knows.
struct House {
    nation: Nation,
    supervisor: Caller,
    operators: [Caller; 3],
}

impl House {
    fn open() -> Self {
        let nation = Nation::start();
        held(&nation);
        let office = nation.role(Role::Office);
        let address = nation.office.address.to_string();
        let operator = |name| Caller::peer(&office, &address, name, &[May::Report]);
        Self {
            supervisor: nation.person(Role::Office, "o3"),
            operators: ["acme", "borea", "cosmo"].map(operator),
            nation,
        }
    }

    /// Code and detail of a refusal.
    fn refused(&self, body: &Value) -> (String, String) {
        let said = self.supervisor.post_json("/v1/products", body);
        let detail = said.json()["detail"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (said.code(), detail)
    }

    fn on_record(&self) -> Vec<(u64, Value)> {
        entries(&self.nation, &[EntryType::Release])
    }
}

#[test]
fn a_product_is_let_go_by_a_supervisor_and_by_nobody_else() {
    let house = House::open();
    for other in ["o1", "o2", "a1"] {
        let person = house.nation.person(Role::Office, other);
        let refused = person.post_json("/v1/products", &product());
        assert_eq!(refused.code(), "not-allowed", "{other}");
    }
    let [_, borea, _] = &house.operators;
    let said = borea.post_json("/v1/products", &product());
    assert_eq!(said.code(), "not-signed-in");
    let stranger = house.nation.stranger(Role::Office);
    assert_eq!(stranger.get("/v1/products").code(), "not-signed-in");
    assert_eq!(house.on_record(), []);
}

#[test]
fn what_breaks_a_rule_is_no_act_and_what_the_gate_refuses_is_on_record() {
    let house = House::open();
    let own = house.refused(&with("indicators", json!(["vpn.acme.example.jp"])));
    assert_eq!(own.0, "refused");
    assert!(
        own.1.starts_with("indicators[0]: is an operator's own"),
        "{}",
        own.1
    );
    let named = house.refused(&with("words", json!("ACME was hit")));
    assert_eq!(named.1, "words: names an operator");
    for words in ["㈱架空精機で発生", "架空 精機 was hit"] {
        let named = house.refused(&with("words", json!(words)));
        assert_eq!(named.1, "words: names an operator", "{words}");
    }
    for (operator, case) in [("acme", "c-2"), ("borea", "c-1")] {
        let from = json!({"operator": operator, "case": case});
        assert_eq!(house.refused(&with("from", from)).0, "not-found");
    }
    for (field, value) in [
        ("recipients", json!(["operators/all"])),
        ("tlp", json!("orange")),
    ] {
        assert_eq!(house.refused(&with(field, value)).0, "refused", "{field}");
    }
    assert_eq!(house.on_record(), []);
    let public = house.refused(&with("recipients", json!(["public/web"])));
    assert_eq!(public.0, "refused");
    let on_record = house.on_record();
    assert_eq!(on_record.len(), 1);
    assert_eq!(on_record[0].1["outcome"], "TLP_AUDIENCE");
    for operator in &house.operators {
        assert_eq!(operator.get("/v1/products").json(), json!([]));
    }
}

#[test]
fn a_product_is_on_record_and_reaches_those_who_are_named_and_no_other() {
    let house = House::open();
    let said = house.supervisor.post_json("/v1/products", &product());
    assert_eq!(said.status, 200, "{}", said.text());
    let on_record = house.on_record();
    let [(index, body)] = on_record.as_slice() else {
        panic!("{on_record:?}");
    };
    assert_eq!(said.json()["entry"], *index);
    assert_eq!(body["outcome"], "released");
    assert_eq!(body["class_from"], json!(["operator-report"]));
    assert_eq!(body["actor"], "o3");
    let [acme, named @ ..] = &house.operators;
    for named in named {
        let copies = named.get("/v1/products");
        let text = copies.text();
        let copies = copies.json();
        assert_eq!(copies.as_array().map(Vec::len), Some(1));
        let indicators = json!(["198.51.100.9", "c2.example.net"]);
        assert_eq!(copies[0]["indicators"], indicators);
        assert_eq!(copies[0]["tlp"], "TLP:AMBER");
        assert_eq!(copies[0]["entry"], *index);
        assert!(!text.to_lowercase().contains("acme"), "{text}");
        let place = copies[0]["sequence"].as_u64().unwrap();
        let behind = named.get(&format!("/v1/products?after={place}"));
        assert_eq!(behind.json(), json!([]));
    }
    assert_eq!(
        acme.get("/v1/products").json(),
        json!([]),
        "who reported is given nothing that it did not ask for"
    );
    let all = house.supervisor.get("/v1/products").json();
    assert_eq!(all.as_array().map(Vec::len), Some(2));
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn each_organisation_reads_what_it_was_given_in_any_capacity_and_everybody_what_is_published() {
    let house = House::open();
    let [acme, borea, cosmo] = &house.operators;
    let let_go = |body: &Value| {
        let said = house.supervisor.post_json("/v1/products", body);
        assert_eq!(said.status, 200, "{}", said.text());
        said.json()["id"].as_str().unwrap().to_owned()
    };
    let mut controlled = with("class", json!("integrated-controlled"));
    controlled["tlp"] = json!("amber+strict");
    controlled["recipients"] = json!(["carrier/borea"]);
    controlled["fields"] =
        json!([{"name": "how", "kind": "secret", "values": ["It was seen at the border."]}]);
    let id = let_go(&controlled);
    let copies = borea.get("/v1/products").json();
    assert_eq!(
        (&copies[0]["recipient"], &copies[0]["controlled"]),
        (&json!("carrier/borea"), &json!(true))
    );
    assert_eq!(copies[0]["fields"]["how"][0], "It was seen at the border.");
    for other in [acme, cosmo] {
        assert_eq!(other.get("/v1/products").json(), json!([]));
    }
    controlled["replaces"] = json!(id);
    assert_eq!(let_go(&controlled), id);
    let versions = house.supervisor.get(&format!("/v1/products/{id}")).json();
    assert_eq!(versions.as_array().map(Vec::len), Some(2));
    assert_eq!(
        borea.get(&format!("/v1/products/{id}")).code(),
        "not-signed-in"
    );
    // Conditions are said by who may say them, and a secret is no public notice.
    let mut state = controlled.clone();
    state["recipients"] = json!(["state-agency/npa"]);
    state["replaces"] = Value::Null;
    assert!(house.refused(&state).1.contains("[CONDITION_MISSING]"));
    state["conditions"] = json!([{"kind": "controlled-handling", "recipient": "npa", "until": "2100-01-01T00:00:00Z", "reason": "undertaken"}]);
    assert!(
        house.refused(&state).1.starts_with("conditions.by: "),
        "by the recipient's officer"
    );
    state["conditions"][0]["by"] = json!("n.mori");
    let_go(&state);
    state["class"] = json!("public-notice");
    assert!(house.refused(&state).1.contains("[CLASS_VIOLATION]"));
    let council = with("recipients", json!(["council/borea"]));
    assert!(
        house
            .refused(&council)
            .1
            .starts_with("recipients: members of the council")
    );
    // A report goes to the minister whom its case goes to and to the Cabinet Office, and to no other.
    let document = crate::callers::house::document("acme", "c-9", house.nation.host.seconds());
    let filed = acme.post("/v1/reports", "application/json", &write_report(&document));
    assert_eq!(filed.status, 200, "{}", filed.text());
    let minister = filed.json()["route"]["minister"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut report = with("class", json!("operator-report"));
    report["from"]["case"] = json!("c-9");
    report["tlp"] = json!("amber+strict");
    for other in ["npa", "nco"] {
        report["recipients"] = json!([
            "state-agency/cabinet-office",
            format!("state-agency/{other}")
        ]);
        assert!(
            house.refused(&report).1.contains("[CONDITION_MISSING]"),
            "{other}"
        );
    }
    report["recipients"] = json!(["operator/borea"]);
    assert!(house.refused(&report).1.contains("[CLASS_VIOLATION]"));
    report["recipients"] = json!([
        "state-agency/cabinet-office",
        format!("state-agency/{minister}")
    ]);
    let id = let_go(&report);
    let copies = house.supervisor.get(&format!("/v1/products/{id}")).json();
    assert_eq!(copies.as_array().map(Vec::len), Some(2));
    let kept = copies[0]["fields"]["document"][0].as_str().unwrap();
    assert_eq!(kept.as_bytes(), write_report(&document), "as it came");
    // What is published is for everybody.
    let stranger = house.nation.stranger(Role::Office);
    assert_eq!(stranger.get("/v1/notices").json(), json!([]));
    let mut open = with("recipients", json!(["public/web"]));
    open["tlp"] = json!("clear");
    open["pap"] = json!("clear");
    let_go(&open);
    let published = stranger.get("/v1/notices").json();
    assert_eq!(published.as_array().map(Vec::len), Some(1));
    assert_eq!(published[0]["tlp"], "TLP:CLEAR");
    assert_eq!(cosmo.get("/v1/products").json(), json!([]));
}

#[test]
fn the_pages_of_products_let_one_go_and_show_each_its_own() {
    let nation = Nation::start();
    held(&nation);
    let operator = crate::report::Operator::new(&nation, "borea");
    operator.told_where_the_office_is(&nation);
    let party = operator.person();
    let address = nation.office.address.to_string();
    let browser =
        |id| crate::report::Browser::of(&nation.role(Role::Office), &address, Role::Office, id);
    let supervisor = browser("o3");
    assert!(party.page("/products").contains("No product."));
    let form = [
        ("class", "public-notice"),
        ("operator", "acme"),
        ("case", "c-1"),
        ("replaces", ""),
        ("words", "Look <b>here</b>."),
        ("indicators", "198.51.100.9\r\nc2.example.net"),
        ("fix", "Update."),
        ("secret", ""),
        ("tlp", "amber"),
        ("pap", "amber"),
        ("recipients", "operator/borea\r\nsupplier/maker"),
        (
            "conditions",
            "fix-method maker 2100-01-01T00:00:00Z it is theirs",
        ),
        ("transforms", ""),
        ("basis", "art. 40"),
        ("rights", "none"),
    ];
    assert_eq!(browser("o2").post("/products", &form).status, 403);
    supervisor.done("/products", &form);
    let page = party.page("/products");
    assert!(
        page.contains("Look &lt;b&gt;here&lt;/b&gt;.") && page.contains("c2.example.net"),
        "{page}"
    );
    assert!(
        page.contains("operator/borea")
            && !page.contains("supplier/maker")
            && !page.contains("acme"),
        "{page}"
    );
    let all = supervisor.page("/products");
    assert!(all.contains("supplier/maker") && all.contains("operator/borea"));
    let id = supervisor.caller.get("/v1/products").json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        supervisor
            .page(&format!("/products/{id}"))
            .contains("Update.")
    );
    let mut wrong = form;
    wrong[11].1 = "fix-method maker";
    assert_eq!(supervisor.post("/products", &wrong).status, 422);
}
