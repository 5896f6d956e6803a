//! Orders, demands, opinions and tickets between two operators' nodes and the office's, over TLS with pinned certificates, by the interface and by plain forms. In: three organisations on
//! loopback. Out: verdicts. Never: a letter or a ticket of one operator at the other.

use crate::nation::{Caller, Nation};
use crate::report::{Browser, Operator, exchanged};
use crate::uses::beside;
use sakimori_control::tls::May;
use sakimori_cooperate::order::{Draft, Letter, LetterKind};
use sakimori_node::Role;
use sakimori_store::{Change, Paper};
use serde_json::{Value, json};

/// The office and two operators whose nodes know it.
struct House {
    nation: Nation,
    /// Kept running.
    operators: [Operator; 2],
    officer: Browser,
    water: Browser,
    gas: Browser,
}

impl House {
    fn open() -> Self {
        let nation = Nation::start();
        let operators = ["water-1", "gas-1"].map(|name| {
            let operator = Operator::new(&nation, name);
            operator.told_where_the_office_is(&nation);
            operator
        });
        let [water, gas] = [0, 1].map(|at| {
            let operator: &Operator = &operators[at];
            operator.person()
        });
        water.done("/reports/operator", &[("operator", "water-1")]);
        gas.done("/reports/operator", &[("operator", "gas-1")]);
        let office = nation.office.address.to_string();
        let officer = Browser::of(&nation.role(Role::Office), &office, Role::Office, "o3");
        Self {
            nation,
            operators,
            officer,
            water,
            gas,
        }
    }

    /// An order that was issued long ago.
    fn old(&self, id: &str) {
        let letter = Letter::issue(Draft {
            id: id.parse().unwrap(),
            kind: LetterKind::Order,
            to: "water-1".parse().unwrap(),
            subject: "是正",
            text: "更新を適用すること。",
            issued: "2026-10-02".parse().unwrap(),
            reply_by: "2026-10-09".parse().unwrap(),
        });
        let letter = letter.unwrap();
        let paper = Change::AddPaper(Paper {
            kind: "letter".to_owned(),
            owner: "water-1".to_owned(),
            id: id.to_owned(),
            version: 1,
            state: "issued".to_owned(),
            due: Some(letter.reply_by().end().0),
            at: self.nation.host.seconds().0,
            by: "o3".to_owned(),
            body: serde_json::to_string(&letter).unwrap(),
        });
        beside(&self.nation, async |access| {
            access.store().apply(&[paper]).await.unwrap();
        });
    }
}

const ORDERS: &str = "/v1/operators/water-1/orders";

fn demand(id: &str, text: &str) -> Value {
    json!({"id": id, "kind": "demand", "subject": "資料の提出", "text": text, "reply_by": "2039-10-31"})
}

/// The letter of an id, in a list of them.
fn of<'l>(list: &'l Value, id: &str) -> (&'l Value, &'l Value, &'l Value) {
    let at = list["letters"].as_array().unwrap();
    let at = at.iter().position(|letter| letter["id"] == id).unwrap();
    (
        &list["letters"][at],
        &list["clocks"][at],
        &list["consequences"][at],
    )
}

#[test]
fn an_order_is_fetched_received_answered_and_settled_and_the_other_operator_sees_nothing() {
    let house = House::open();
    let (officer, water, gas) = (&house.officer, &house.water, &house.gas);
    let issued = officer
        .caller
        .post_json(ORDERS, &demand("l-1", "構成図を提出してください。"));
    assert_eq!(
        (issued.status, &issued.json()["state"]),
        (200, &json!("issued"))
    );
    let again = officer.caller.post_json(ORDERS, &demand("l-1", "別の文"));
    assert_eq!(again.status, 409);
    exchanged(water);
    exchanged(gas);
    let at_office = officer.caller.get("/v1/orders").json();
    let (letter, clock, consequence) = of(&at_office, "l-1");
    assert_eq!(letter["state"], "received", "{at_office}");
    assert_eq!(
        (&clock["state"], &consequence["article"]),
        (&json!("running"), &json!(84))
    );
    let here = water.caller.get("/v1/orders").json();
    let (own, _, follows) = of(&here, "l-1");
    assert_eq!(
        (&own["state"], &follows["fine_yen"]),
        (&json!("received"), &json!(300_000))
    );
    let page = water.page("/orders");
    assert!(
        page.contains("/orders/l-1") && page.contains("art. 84"),
        "{page}"
    );
    // Nothing of it is at the other operator.
    assert_eq!(gas.caller.get("/v1/orders").json()["letters"], json!([]));
    assert!(!gas.page("/orders").contains("l-1"));
    for said in [
        gas.caller.get("/v1/orders/l-1"),
        gas.caller
            .post_json("/v1/orders/l-1/replies", &json!({"text": "x"})),
        gas.post("/orders/l-1/replies", &[("text", "x")]),
    ] {
        assert_eq!(said.status, 404, "{}", said.text());
        assert!(!said.text().contains("water"), "{}", said.text());
    }
    strangers(&house);
    water.done(
        "/orders/l-1/replies",
        &[("text", "提出します。\r\n二枚です。")],
    );
    let round = exchanged(water);
    assert_eq!(round["refused"], json!([]), "{round}");
    let sheet = officer.page("/operators/water-1/orders/l-1");
    assert!(
        sheet.contains("提出します。\n二枚です。") && sheet.contains("Settle"),
        "{sheet}"
    );
    let round = exchanged(water);
    assert_eq!(round["replied"], json!(0), "nothing is sent twice");
    officer.done("/operators/water-1/orders/l-1/steps", &[("step", "settle")]);
    exchanged(water);
    let page = water.page("/orders/l-1");
    assert!(
        page.contains("settled") && !page.contains("<textarea"),
        "{page}"
    );
    let after = water
        .caller
        .post_json("/v1/orders/l-1/replies", &json!({"text": "mehr"}));
    assert_eq!(after.status, 422, "{}", after.text());
}

/// Who is no officer and not the operator.
fn strangers(house: &House) {
    let office = house.nation.role(Role::Office);
    let address = house.nation.office.address.to_string();
    let gas = Caller::peer(&office, &address, "rail-1", &[May::Report]);
    assert_eq!(gas.get("/v1/orders").json()["letters"], json!([]));
    assert_eq!(gas.get("/v1/orders?after=0").json()["newest"], json!(0));
    for path in ["receipts", "replies"] {
        let said = gas.post_json(&format!("/v1/orders/l-1/{path}"), &json!({"text": "x"}));
        assert_eq!(
            (said.status, said.code()),
            (404, "not-found".to_owned()),
            "{path}"
        );
    }
    assert_eq!(gas.get("/v1/opinions").code(), "not-signed-in");
    assert_eq!(
        gas.post_json(ORDERS, &demand("l-9", "x")).code(),
        "not-signed-in"
    );
    let requester = house.nation.person(Role::Office, "o1");
    assert_eq!(requester.get("/v1/orders").code(), "not-allowed");
    assert_eq!(requester.get("/orders").status, 403);
    let own = &house.water.caller;
    assert_eq!(
        own.post_json(ORDERS, &demand("l-9", "x")).status,
        404,
        "no such route at an operator's node"
    );
}

#[test]
fn a_late_answer_is_late_on_both_sides_and_a_revoked_order_takes_none() {
    let house = House::open();
    let (officer, water) = (&house.officer, &house.water);
    house.old("l-1");
    let said = officer.caller.post_json(ORDERS, &demand("l-2", "構成図"));
    assert_eq!(said.status, 200, "{}", said.text());
    exchanged(water);
    let office = officer.page("/orders");
    assert!(office.contains("OVERDUE: 1"), "{office}");
    let first = |page: &str| page.find("l-1").unwrap() < page.find("l-2").unwrap();
    let own = water.page("/orders");
    assert!(own.contains("OVERDUE") && own.contains("art. 83"), "{own}");
    assert!(first(&office) && first(&own), "the most urgent first");
    water.done("/orders/l-1/replies", &[("text", "遅くなりました")]);
    water.done("/orders/l-2/replies", &[("text", "こちら")]);
    officer.done("/operators/water-1/orders/l-2/steps", &[("step", "revoke")]);
    exchanged(water);
    exchanged(water);
    for list in [
        officer.caller.get("/v1/orders").json(),
        water.caller.get("/v1/orders").json(),
    ] {
        let (letter, clock, _) = of(&list, "l-1");
        assert_eq!(
            (&letter["state"], &clock["state"]),
            (&json!("replied"), &json!("done-late"))
        );
        let (letter, clock, _) = of(&list, "l-2");
        assert!(clock.is_null() || letter["state"] == "replied", "{list}");
    }
    // The node's own round may have brought the reply before it was taken back; then the step is refused.
    let page = water.page("/orders/l-2");
    let kept = page.contains("こちら");
    assert!(kept, "what was written stays: {page}");
}

#[test]
fn an_opinion_goes_to_the_minister_and_is_no_order_of_anybody() {
    let house = House::open();
    let (officer, water) = (&house.officer, &house.water);
    let mut wrong = demand("o-1", "water-1 への命令を検討されたい。");
    wrong["kind"] = json!("opinion");
    let refused = officer.caller.post_json(ORDERS, &wrong);
    assert!(
        refused.status == 422 && refused.text().contains("art. 7"),
        "{}",
        refused.text()
    );
    let pairs = [
        ("id", "o-1"),
        ("sector", "water"),
        ("subject", "水道の件"),
        ("text", "water-1 への命令を検討されたい。"),
        ("reply_by", "2039-10-31"),
    ];
    officer.done("/opinions", &pairs);
    let moon = json!({"id": "o-2", "sector": "moon", "subject": "x", "text": "y", "reply_by": "2039-10-31"});
    assert!(
        officer
            .caller
            .post_json("/v1/opinions", &moon)
            .text()
            .contains("sector")
    );
    exchanged(water);
    assert!(!water.page("/orders").contains("o-1"));
    assert_eq!(water.caller.get("/v1/orders").json()["letters"], json!([]));
    let page = officer.page("/orders");
    assert!(
        page.contains("/opinions/mlit/o-1") && page.contains("nothing follows by law"),
        "{page}"
    );
    officer.done(
        "/opinions/mlit/o-1/steps",
        &[("step", "answer"), ("text", "検討した")],
    );
    officer.done("/opinions/mlit/o-1/steps", &[("step", "settle")]);
    let list = officer.caller.get("/v1/opinions").json();
    assert_eq!(list["letters"][0]["state"], "settled");
    assert_eq!(
        officer
            .post("/opinions/moon/o-1/steps", &[("step", "settle")])
            .status,
        404
    );
}

#[test]
fn a_ticket_goes_both_ways_has_its_clock_and_metric_and_tells_nothing_of_another() {
    let house = House::open();
    let (officer, water, gas) = (&house.officer, &house.water, &house.gas);
    water.done("/tickets", &[("subject", "質問 <b>"), ("text", "様式は？")]);
    let list = water.caller.get("/v1/tickets").json();
    let id = list["tickets"][0]["id"].as_str().unwrap().to_owned();
    let words = format!("/v1/tickets/{id}/words");
    for _ in 0..2 {
        assert_eq!(
            water
                .caller
                .post_json(&words, &json!({"text": "もしもし"}))
                .status,
            200
        );
    }
    exchanged(water);
    exchanged(water);
    let list = officer.caller.get("/v1/tickets").json();
    let said = list["tickets"][0]["words"].as_array().unwrap();
    let said: Vec<&str> = said
        .iter()
        .map(|word| word["text"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["様式は？", "もしもし", "もしもし"], "each once");
    assert_eq!(list["states"][0], "waits-for-office");
    assert_eq!(list["clocks"][0]["who"], "office");
    let page = officer.page("/tickets");
    assert!(
        page.contains("質問 &lt;b&gt;") && page.contains("waits for the office"),
        "{page}"
    );
    let path = format!("/operators/water-1/tickets/{id}");
    let told = officer.post(&format!("{path}/words"), &[("text", "gas-1 と同じです")]);
    assert!(
        told.status == 422 && told.text().contains("names another operator"),
        "{}",
        told.text()
    );
    officer.done(&format!("{path}/words"), &[("text", "その他です。")]);
    exchanged(water);
    let page = water.page(&format!("/tickets/{id}"));
    assert!(
        page.contains("その他です。") && page.contains("waits for the operator"),
        "{page}"
    );
    officer.done(&format!("{path}/close"), &[]);
    exchanged(water);
    let here = water.caller.get(&format!("/v1/tickets/{id}")).json();
    assert_eq!(here["states"][0], "closed");
    assert!(
        here["metrics"][0]["first_answer_s"].is_u64() && here["metrics"][0]["closed_s"].is_u64()
    );
    assert_eq!(
        officer
            .post(&format!("{path}/words"), &[("text", "noch")])
            .status,
        422
    );
    exchanged(gas);
    assert_eq!(gas.caller.get("/v1/tickets").json()["tickets"], json!([]));
    assert_eq!(gas.caller.get(&format!("/v1/tickets/{id}")).status, 404);
    let foreign = gas.caller.post_json(&words, &json!({"text": "x"}));
    assert_eq!(foreign.status, 404);
    assert_eq!(officer.page(&path).matches("もしもし").count(), 2);
    numbered(&house, &id);
}

/// A node that sends a word again, and one that leaves a gap.
fn numbered(house: &House, id: &str) {
    let office = house.nation.role(Role::Office);
    let address = house.nation.office.address.to_string();
    let rail = Caller::peer(&office, &address, "rail-1", &[May::Report]);
    let word = |number: u64, text: &str| {
        let body = json!({"id": id, "subject": "s", "text": text, "number": number});
        rail.post_json("/v1/tickets", &body)
    };
    assert_eq!(
        word(2, "x").status,
        422,
        "the ticket of that id is another operator's"
    );
    for _ in 0..2 {
        assert_eq!(word(1, "a").status, 200);
    }
    assert_eq!(word(2, "a").status, 200, "the same words are another word");
    assert_eq!((word(1, "b").status, word(4, "c").status), (409, 422));
    let list = rail.get("/v1/tickets").json();
    assert_eq!(
        list["tickets"][0]["words"].as_array().unwrap().len(),
        2,
        "{list}"
    );
}

#[test]
fn letters_guidance_and_answers_on_tickets_name_no_other_operator_and_have_nothing_of_theirs() {
    let house = House::open();
    let officer = &house.officer;
    let at = house.nation.host.seconds().0;
    let shown = json!({
        "token": "07".repeat(20), "asked_at": at, "challenge_seconds": 604_800, "proof_seconds": 31_536_000, "looks": 1, "verified_at": at,
        "looked_by": "node",
    });
    let registered =
        json!({"asset": "gas.example.jp", "method": "dns-txt", "shown": shown, "asked": null});
    let paper = Change::AddPaper(Paper {
        kind: "registration".to_owned(),
        owner: "gas-1".to_owned(),
        id: "r-1".to_owned(),
        version: 1,
        state: "shown".to_owned(),
        due: None,
        at: house.nation.host.seconds().0,
        by: "gas-1".to_owned(),
        body: registered.to_string(),
    });
    beside(&house.nation, async |access| {
        access.store().apply(&[paper]).await.unwrap();
    });
    for (text, rule) in [
        ("gas-1 でも起きた", "text: names another operator"),
        ("ｇａｓ－１ でも起きた", "text: names another operator"),
        (
            "vpn[.]gas[.]example[.]jp を見てください",
            "text: has what is another operator",
        ),
    ] {
        let said = officer.caller.post_json(ORDERS, &demand("l-1", text));
        assert!(
            said.status == 422 && said.text().contains(rule),
            "{text}: {}",
            said.text()
        );
    }
    let guidance = json!({"id": "g-1", "subject": "注意", "lines": ["更新", "gas-1 に聞く"], "answer_by": "2039-10-31"});
    let said = officer
        .caller
        .post_json("/v1/operators/water-1/guidance", &guidance);
    assert!(
        said.status == 422 && said.text().contains("lines[1]: names another operator"),
        "{}",
        said.text()
    );
    let own = officer
        .caller
        .post_json(ORDERS, &demand("l-1", "water-1 の構成図"));
    assert_eq!(own.status, 200, "{}", own.text());
    let own = officer.caller.post_json(
        "/v1/operators/gas-1/orders",
        &demand("l-1", "gas.example.jp の記録"),
    );
    assert_eq!(own.status, 200, "its own thing: {}", own.text());
    ticked(&house);
}

/// What was answered to guidance stands on the office's page with its reasons.
fn ticked(house: &House) {
    let officer = &house.officer;
    officer.done(
        "/operators/water-1/guidance",
        &[
            ("id", "g-1"),
            ("subject", "注意"),
            ("lines", "更新\r\n保存"),
            ("answer_by", "2039-10-31"),
        ],
    );
    assert!(officer.page("/guidance").contains("not answered"));
    exchanged(&house.water);
    house.water.done(
        "/guidance/g-1",
        &[
            ("tick.0", "done"),
            ("tick.1", "not-done"),
            ("why.1", "予算がない"),
        ],
    );
    exchanged(&house.water);
    let page = officer.page("/guidance");
    assert!(page.contains("not done: 予算がない"), "{page}");
    assert!(
        house
            .operators
            .iter()
            .all(|operator| operator.running.is_some())
    );
}
