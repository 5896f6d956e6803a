//! Registers, notices and alerts of two operators' nodes and the office's, over TLS with pinned certificates, by plain forms as a browser without a script sends them. In: three
//! organisations on loopback. Out: verdicts. Never: an asset or alert of one operator at the other.

use crate::nation::{Caller, Nation, Said, join, options, people};
use sakimori_control::keys;
use sakimori_control::tls::May;
use sakimori_node::{Role, Running, answer_match, matches_of_us, start};
use serde_json::{Value, json};
use std::path::PathBuf;

const FORM: &str = "application/x-www-form-urlencoded";
const BYTES: &str = "application/octet-stream";

pub(crate) const LIST: &str = "maker,product,version,count,location,equipment,class,part,introduced,bespoke\n\
    Siemens AG,SIMATIC S7-1500,2.9.2,4,own-site,water-supply,type-1,appliance-hardware,2026-09-01,no\n\
    <b>Evil</b>,<script>alert(1)</script>,1,3,own-site,water-supply,internet-host,application,2026-09-01,no\n";

/// An operator's running node, and a person's browser there, without a script.
pub(crate) struct Operator {
    pub(crate) folder: PathBuf,
    pub(crate) running: Running,
    pub(crate) caller: Caller,
    pub(crate) token: String,
}

impl Operator {
    pub(crate) fn new(nation: &Nation, name: &str) -> Self {
        let folder = nation.folder.path().join(name);
        people(Role::Operator, &folder, &nation.host);
        let own = folder.join("operator");
        let office = keys::read(&nation.office_node().office_key("office")).unwrap();
        std::fs::write(own.join("office.keys"), format!("{}\n", office.verifier())).unwrap();
        join(&nation.role(Role::Office), name, &own, "", &[May::Report]);
        let running = start(&options(Role::Operator, &folder), &nation.host).unwrap();
        let mut caller = Caller::stranger(&own, &running.address.to_string());
        caller.sign_in(Role::Operator, "party");
        let token = caller.get("/v1/me").json()["form"]
            .as_str()
            .unwrap()
            .to_owned();
        let operator = Self {
            folder,
            running,
            caller,
            token,
        };
        operator.done("/reports/operator", &[("operator", name)]);
        operator
    }

    pub(crate) fn told_where_the_office_is(&self, nation: &Nation) {
        let office = nation.office.address.to_string();
        let own = self.folder.join("operator");
        join(&own, "office", &nation.role(Role::Office), &office, &[]);
    }

    pub(crate) fn page(&self, path: &str) -> String {
        let said = self.caller.get(path);
        assert_eq!(said.status, 200, "{path}: {}", said.text());
        said.text()
    }

    pub(crate) fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Said {
        let form = [("form", self.token.as_str())];
        let coded: Vec<String> = form
            .into_iter()
            .chain(pairs.iter().copied())
            .map(|(key, value)| format!("{}={}", coded(key), coded(value)))
            .collect();
        self.caller.post(path, FORM, coded.join("&").as_bytes())
    }

    #[track_caller]
    pub(crate) fn done(&self, path: &str, pairs: &[(&str, &str)]) {
        let said = self.post(path, pairs);
        assert!([200, 303].contains(&said.status), "{path}: {}", said.text());
    }

    fn outlined(&self, name: &str) {
        self.outlined_in(name, "water");
    }

    pub(crate) fn outlined_in(&self, name: &str, sector: &str) {
        let pairs = [
            ("name", name),
            ("address", "Tokyo"),
            ("representative", "A. Sato"),
            ("contact", "assets@example.org"),
            ("sector", sector),
            ("designated", "2026-10-01"),
            ("scope_changed", ""),
        ];
        self.done("/assets/outline", &pairs);
    }
}

fn coded(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |all, byte| format!("{all}%{byte:02X}"))
}

pub(crate) fn rows(said: &Said) -> Vec<Value> {
    assert_eq!(said.status, 200, "{}", said.text());
    said.json()["rows"].as_array().unwrap().clone()
}

pub(crate) fn advisory() -> Value {
    json!({
        "document": {"title": "S7-1500", "publisher": {"namespace": "https://psirt.example"}, "tracking": {"id": "EX-1"}},
        "product_tree": {"branches": [{"category": "vendor", "name": "Siemens", "branches": [{"category": "product_name",
            "name": "SIMATIC S7-1500", "branches": [{"category": "product_version_range", "name": "vers:generic/<3.0.0",
            "product": {"product_id": "P1", "name": "before 3.0.0"}}]}]}]},
        "vulnerabilities": [{"product_status": {"known_affected": ["P1"]}}],
    })
}

#[test]
fn two_operators_notify_by_plain_forms_and_neither_sees_the_other() {
    let nation = Nation::start();
    let (water, gas) = (
        Operator::new(&nation, "water-1"),
        Operator::new(&nation, "gas-1"),
    );
    let wrong = water.post(
        "/assets/list",
        &[("list", &LIST.replace("type-1", "type-9"))],
    );
    let cell =
        "<td>2</td><td><code>class</code> 電子計算機の種別</td><td>is no class of computer</td>";
    assert!(wrong.text().contains(cell), "{}", wrong.text());
    water.done("/assets/list", &[("list", LIST)]);
    water.outlined("Water One");
    let page = water.page("/assets");
    assert!(
        page.contains("2027-03-31") && page.contains("&lt;script&gt;"),
        "{page}"
    );
    assert!(
        !page.contains("<script") && !page.contains("<b>"),
        "text stays text"
    );
    let entry = water.page("/assets/1");
    assert!(
        entry.contains("The operator") || entry.contains("Questions"),
        "{entry}"
    );
    let answers = [
        ("operator", "yes"),
        ("equipment", "yes"),
        ("preparation", "no"),
        ("connected", "no"),
    ];
    water.done("/assets/1/scope", &answers);
    let asked = water.caller.get("/v1/assets").json();
    assert_eq!(asked["entries"][0]["scope"]["verdict"], "in", "{asked}");
    let forged = water
        .caller
        .post("/assets/notices", FORM, b"form=x&kind=asset");
    assert_eq!(forged.code(), "forged-form");
    water.done("/assets/notices", &[("kind", "asset"), ("details", "yes")]);
    let away = water
        .caller
        .post_json("/v1/asset-notices/deliveries", &json!({}));
    assert_eq!(away.status, 503, "nobody told it where the office is");
    water.told_where_the_office_is(&nation);
    let brought = water
        .caller
        .post_json("/v1/asset-notices/deliveries", &json!({}));
    assert_eq!(brought.status, 204, "{}", brought.text());
    let own = rows(&water.caller.get("/v1/asset-notices"));
    assert_eq!(own.first().unwrap()["state"], "taken");
    // The other operator: nothing of it, in no answer.
    gas.told_where_the_office_is(&nation);
    assert!(rows(&gas.caller.get("/v1/asset-notices")).is_empty());
    assert_eq!(gas.caller.get("/assets/1").status, 404);
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let other = Caller::peer(&office, &address, "rail-1", &[May::Report]);
    assert!(rows(&other.get("/v1/asset-notices")).is_empty());
    assert!(rows(&other.get("/v1/matches")).is_empty());
    matched(&nation, &water, &other);
    drop(water.running);
    drop(gas.running);
}

/// The office finds whose product an advisory means, and tells each what it may know.
fn matched(nation: &Nation, water: &Operator, other: &Caller) {
    let supervisor = nation.person(Role::Office, "o3");
    let notices = rows(&supervisor.get("/v1/asset-notices"));
    assert_eq!(notices.first().unwrap()["operator"], "water-1");
    let done = supervisor.post_json(
        "/v1/asset-notices/water-1/n-000001/acknowledgement",
        &json!({}),
    );
    assert_eq!(done.status, 204);
    let missing = supervisor.post_json(
        "/v1/asset-notices/gas-1/n-000001/acknowledgement",
        &json!({}),
    );
    assert_eq!(missing.status, 404);
    let asked = supervisor.post_json("/v1/matches", &advisory());
    assert_eq!(
        asked.json(),
        json!({"operators": 1, "affected": 1, "questions": 0}),
        "{}",
        asked.text()
    );
    let counts = supervisor.post_json("/v1/matches/counts?maker=Siemens", &advisory());
    let counted = &rows(&counts)[0]["counts"];
    assert_eq!(counted["affected"], Value::Null, "one operator: {counted}");
    assert!(!counts.text().contains("water-1"), "no name for a maker");
    // Names are for an officer of the competent ministry.
    let names = supervisor.post_json("/v1/matches/affected", &advisory());
    assert_eq!(names.code(), "not-allowed");
    let requester = nation.person(Role::Office, "o1");
    for path in [
        "/v1/matches",
        "/v1/matches/affected",
        "/v1/matches/counts?maker=Siemens",
    ] {
        assert_eq!(
            requester.post_json(path, &advisory()).code(),
            "not-allowed",
            "{path}"
        );
    }
    assert!(
        rows(&other.get("/v1/matches")).is_empty(),
        "another's match is not there"
    );
    assert_eq!(
        nation.stranger(Role::Office).get("/v1/matches").code(),
        "not-signed-in"
    );
    let _ = water;
}

#[test]
fn alerts_are_the_operator_s_alone_and_are_answered_on_its_page() {
    let nation = Nation::start();
    let water = Operator::new(&nation, "water-1");
    water.told_where_the_office_is(&nation);
    let claimed = water.post(
        "/alerts/things",
        &[("thing", "198.51.100.0/24"), ("method", "registry-paper")],
    );
    assert_eq!(claimed.status, 200, "{}", claimed.text());
    let officer = nation.person(Role::Office, "o2");
    let thing = rows(&officer.get("/v1/registrations"))
        .first()
        .unwrap()
        .clone();
    let path = format!(
        "/v1/registrations/water-1/{}/looks",
        thing["id"].as_str().unwrap()
    );
    let nothing = officer.post_json(&path, &json!({}));
    assert_eq!(nothing.status, 422);
    let shown = officer.post_json(&path, &json!({"paper": thing["text"]}));
    assert_eq!(shown.status, 200, "{}", shown.text());
    let report = b"\"timestamp\",\"ip\",\"port\"\n\"2026-12-02 01:00:00\",\"198.51.100.7\",445\n";
    let feed = "/v1/feeds?name=2026-12-02-scan_smb-jp.csv&form=shadowserver&grade=B2";
    assert_eq!(
        nation
            .person(Role::Office, "o1")
            .post(feed, BYTES, report)
            .code(),
        "not-allowed"
    );
    let taken = officer.post(feed, BYTES, report).json();
    assert_eq!(
        (&taken["opened"], &taken["unverified"]),
        (&json!(1), &json!(false)),
        "{taken}"
    );
    let own = rows(&water.caller.get("/v1/alerts"));
    let id = own.first().unwrap()["alert"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = water.page("/alerts");
    assert!(page.contains("198.51.100.7") && page.contains("B2") && !page.contains("<script"));
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let rail = Caller::peer(&office, &address, "rail-1", &[May::Report]);
    assert!(rows(&rail.get("/v1/alerts")).is_empty());
    assert!(rows(&rail.get("/v1/registrations")).is_empty());
    let stolen = rail.post_json(
        &format!("/v1/alerts/{id}/answers"),
        &json!({"answer": "false"}),
    );
    assert_eq!(stolen.code(), "not-found", "another's alert is not there");
    let reader = Caller::peer(&office, &address, "reader-1", &[May::Read]);
    assert_eq!(reader.get("/v1/alerts").code(), "peer-not-allowed");
    water.done(&format!("/alerts/{id}"), &[("answer", "acted")]);
    let bad = water.post(&format!("/alerts/{id}"), &[("answer", "perhaps")]);
    assert_eq!(bad.status, 422);
    assert_eq!(
        water
            .post("/alerts/..%2F..%2Fv1%2Fme", &[("answer", "acted")])
            .status,
        404
    );
    let rates = rows(&officer.get("/v1/alert-rates"));
    assert_eq!(rates.first().unwrap()["acted"], 1);
    assert_eq!(rows(&rail.get("/v1/alert-rates")).len(), 0);
}

/// A version of an advisory whose every text wants to be markup.
fn hostile(title: &str) -> Value {
    let product = |name: &str, id: &str| {
        json!({"category": "product_name", "name": name, "branches": [{"category": "product_version_range", "name": "vers:generic/<3.0.0",
            "product": {"product_id": id, "name": "before 3.0.0"}}]})
    };
    json!({
        "document": {"title": title, "publisher": {"namespace": "https://psirt.example"}, "tracking": {"id": "<b>EX-2</b>"}},
        "product_tree": {"branches": [
            {"category": "vendor", "name": "Siemens", "branches": [product("SIMATIC S7-1500", "P1")]},
            {"category": "vendor", "name": "<b>Evil</b>", "branches": [product("<script>alert(1)</script>", "P2")]},
        ]},
        "vulnerabilities": [{"product_status": {"known_affected": ["P1", "P2"]}}],
    })
}

#[test]
fn is_this_yours_is_answered_by_the_operator_s_own_people_once() {
    let nation = Nation::start();
    let (water, gas) = (
        Operator::new(&nation, "water-1"),
        Operator::new(&nation, "gas-1"),
    );
    // Without its details a notice has no version, so that the office has to ask.
    water.done("/assets/list", &[("list", LIST)]);
    water.outlined("Water One");
    let answers = [
        ("operator", "yes"),
        ("equipment", "yes"),
        ("preparation", "no"),
        ("connected", "no"),
    ];
    water.done("/assets/1/scope", &answers);
    water.done("/assets/2/scope", &answers);
    water.done("/assets/notices", &[("kind", "asset")]);
    let away = water.caller.get("/v1/matches");
    assert_eq!(
        (away.status, away.code().as_str()),
        (503, "peer-unavailable")
    );
    let away = water.caller.get("/matches");
    assert_eq!(
        (away.status, away.code().as_str()),
        (503, "peer-unavailable")
    );
    water.told_where_the_office_is(&nation);
    gas.told_where_the_office_is(&nation);
    let brought = water
        .caller
        .post_json("/v1/asset-notices/deliveries", &json!({}));
    assert_eq!(brought.status, 204, "{}", brought.text());
    assert!(water.page("/matches").contains("No advisory"));
    let supervisor = nation.person(Role::Office, "o3");
    let asked = supervisor.post_json("/v1/matches", &hostile("<script>alert(2)</script>"));
    assert_eq!(
        asked.json(),
        json!({"operators": 1, "affected": 0, "questions": 2}),
        "{}",
        asked.text()
    );
    let id = answered(&water, &gas);
    // The next version of the advisory asks nothing that was answered.
    let again = supervisor.post_json("/v1/matches", &hostile("version 2"));
    assert_eq!(again.json()["questions"], 0, "{}", again.text());
    assert!(rows(&water.caller.get("/v1/matches?state=asked")).is_empty());
    let page = water.page("/matches");
    assert!(
        page.contains("version 2") && page.contains("not affected") && page.contains(&id),
        "{page}"
    );
    // What is said anew takes the place of what was said.
    water.done(
        &format!("/matches/{id}"),
        &[("number", "1"), ("answer", "affected")],
    );
    let again = supervisor.post_json("/v1/matches", &hostile("version 3"));
    assert_eq!(
        (&again.json()["affected"], &again.json()["questions"]),
        (&json!(1), &json!(0)),
        "{}",
        again.text()
    );
    assert!(rows(&gas.caller.get("/v1/matches")).is_empty());
    drop(water.running);
    drop(gas.running);
}

/// Two assets are asked about: one is answered on the page, one over the interface; nobody else answers. Gives the id of the match.
fn answered(water: &Operator, gas: &Operator) -> String {
    let own = rows(&water.caller.get("/v1/matches?state=asked"));
    let id = own.first().unwrap()["id"].as_str().unwrap().to_owned();
    let page = water.page("/matches?state=asked");
    assert!(
        page.contains("&lt;script&gt;alert(2)") && page.contains("&lt;b&gt;EX-2"),
        "{page}"
    );
    assert!(
        !page.contains("<script") && !page.contains("<b>"),
        "text stays text: {page}"
    );
    assert!(page.contains("Which version is it?") && page.contains("SIMATIC S7-1500"));
    assert!(water.page("/assets").contains("href=\"/matches\""));
    assert!(rows(&gas.caller.get("/v1/matches")).is_empty());
    assert!(gas.page("/matches").contains("No advisory"));
    let (page, route) = (
        format!("/matches/{id}"),
        format!("/v1/matches/{id}/answers"),
    );
    let word = |answer: &str| json!({"number": 2, "answer": answer});
    assert_eq!(
        gas.caller.post_json(&route, &word("affected")).code(),
        "not-found",
        "another's match is not there"
    );
    let forged = water
        .caller
        .post(&page, FORM, b"form=x&number=1&answer=affected");
    assert_eq!(forged.code(), "forged-form");
    for (path, number, answer, status) in [
        (page.as_str(), "1", "perhaps", 422),
        (page.as_str(), "9", "affected", 404),
        ("/matches/..%2F..%2Fv1%2Fme", "1", "affected", 404),
        ("/matches?state=perhaps", "1", "affected", 405),
    ] {
        let said = water.post(path, &[("number", number), ("answer", answer)]);
        assert_eq!(
            said.status,
            status,
            "{path} {number} {answer}: {}",
            said.text()
        );
    }
    let state = water.caller.get("/v1/matches?state=perhaps");
    assert_eq!(state.code(), "malformed");
    assert_eq!(rows(&water.caller.get("/v1/matches?state=asked")), own);
    let said = water.post(&page, &[("number", "1"), ("answer", "not-this-version")]);
    assert_eq!(said.status, 303, "{}", said.text());
    let said = water.caller.post_json(&route, &word("not-this-product"));
    assert_eq!(said.status, 204, "{}", said.text());
    // As the command line asks, without the node's server.
    let folder = water.folder.join("operator");
    let all = runtime().block_on(matches_of_us(&folder, false)).unwrap();
    assert_eq!((all.rows.len(), all.more), (1, false));
    let open = runtime().block_on(matches_of_us(&folder, true)).unwrap();
    assert!(open.rows.is_empty(), "{open:?}");
    let other = gas.folder.join("operator");
    let stolen = runtime().block_on(answer_match(&other, &id, 1, "affected"));
    assert_eq!(stolen.unwrap_err().code.word(), "not-found");
    id
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}
