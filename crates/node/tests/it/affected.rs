//! Who sees by name whom an advisory concerns: two ministries, and everybody else of the office, over every route and page that has such names. In: three organisations on loopback. Out: verdicts.
//! Never: an operator's name at another ministry, or at the office's own people.

use crate::asset::{LIST, Operator, advisory, rows};
use crate::nation::{Caller, Nation, options};
use sakimori_access::{Access, Ministry, NewPerson, NewRole, Principal, Role as AccessRole};
use sakimori_control::tls::May;
use sakimori_cooperate::routing::Minister;
use sakimori_node::{Role, with_access};
use serde_json::{Value, json};

const NAMES: [&str; 2] = ["water-1", "gas-1"];

/// Enters a person of an organisation at the office; whether the role was given.
fn entered(nation: &Nation, id: &str, organisation: &str, role: AccessRole) -> bool {
    let folder = nation.folder.path().join("a");
    let now = nation.host.seconds();
    let enter = async |access: &Access| {
        let by = Principal::Person {
            id: "admin".to_owned(),
        };
        let person = NewPerson {
            id: id.to_owned(),
            name: id.to_owned(),
            organisation: organisation.to_owned(),
        };
        access.add_person(&by, &person, now).await.unwrap();
        let role = NewRole {
            person: id.to_owned(),
            role,
            until: now.plus(3600),
        };
        access.grant_role(&by, &role, now).await.is_ok()
    };
    with_access(&options(Role::Office, &folder), &nation.host, enter).unwrap()
}

/// A nation in which an operator of water and one of gas have the product of an advisory, which they were asked about.
fn asked() -> (Nation, Operator, Operator) {
    let nation = Nation::start();
    let operator = |name: &str, sector: &str| {
        let operator = Operator::new(&nation, name);
        operator.done("/assets/list", &[("list", LIST)]);
        operator.outlined_in(name, sector);
        let answers = [
            ("operator", "yes"),
            ("equipment", "yes"),
            ("preparation", "no"),
            ("connected", "no"),
        ];
        operator.done("/assets/1/scope", &answers);
        let notice = [("kind", "asset"), ("details", "yes")];
        operator.done("/assets/notices", &notice);
        operator.told_where_the_office_is(&nation);
        let path = "/v1/asset-notices/deliveries";
        let brought = operator.caller.post_json(path, &json!({}));
        assert_eq!(brought.status, 204, "{}", brought.text());
        operator
    };
    let (water, gas) = (operator("water-1", "water"), operator("gas-1", "gas"));
    let supervisor = nation.person(Role::Office, "o3");
    let asked = supervisor.post_json("/v1/matches", &advisory());
    assert_eq!(
        asked.json(),
        json!({"operators": 2, "affected": 2, "questions": 0}),
        "{}",
        asked.text()
    );
    (nation, water, gas)
}

/// Everything that a caller can be shown of matches.
fn shown(caller: &Caller) -> Vec<(String, u16, String)> {
    let mut all = Vec::new();
    for path in [
        "/v1/matches",
        "/v1/matches?state=told",
        "/v1/matches?state=asked",
        "/v1/matches?before=99999999",
        "/v1/weaknesses",
        "/matches",
        "/matches?state=told",
        "/weaknesses",
    ] {
        let said = caller.get(path);
        all.push((format!("GET {path}"), said.status, said.text()));
    }
    for path in [
        "/v1/matches",
        "/v1/matches/affected",
        "/v1/matches/affected?minister=mlit",
        "/v1/matches/counts?maker=Siemens",
    ] {
        let said = caller.post_json(path, &advisory());
        all.push((format!("POST {path}"), said.status, said.text()));
    }
    all
}

#[test]
fn names_go_to_the_competent_ministry_and_to_nobody_else() {
    let (nation, water, gas) = asked();
    for (id, organisation) in [("k-mlit", "mlit"), ("k-meti", "meti"), ("k-fsa", "fsa")] {
        let given = entered(&nation, id, organisation, AccessRole::MinistryOfficer);
        assert!(given, "{id}");
    }
    // An account of the office is of no ministry, and gets no such role; one of a ministry without the role sees nothing either.
    assert!(!entered(
        &nation,
        "k-office",
        "office",
        AccessRole::MinistryOfficer
    ));
    assert!(entered(&nation, "s-mlit", "mlit", AccessRole::Supervisor));
    assert!(entered(&nation, "n-1", "office", AccessRole::Analyst));
    let office = nation.role(Role::Office);
    let address = nation.office.address.to_string();
    let rail = Caller::peer(&office, &address, "rail-1", &[May::Report]);
    let again = |id: &str| nation.again(Role::Office, id);
    let callers = [
        ("k-mlit", again("k-mlit"), Some("water-1")),
        ("k-meti", again("k-meti"), Some("gas-1")),
        ("k-fsa", again("k-fsa"), None),
        ("k-office", again("k-office"), None),
        ("s-mlit", again("s-mlit"), None),
        ("n-1", again("n-1"), None),
        ("o1", again("o1"), None),
        ("o2", again("o2"), None),
        ("o3", again("o3"), None),
        ("admin", again("admin"), None),
        ("rail-1", rail, None),
        ("stranger", nation.stranger(Role::Office), None),
    ];
    for (id, caller, own) in &callers {
        let mut seen = 0;
        for (what, status, text) in shown(caller) {
            for name in NAMES {
                let is_there = text.contains(name);
                assert!(!is_there || Some(name) == *own, "{id} {what}: {text}");
                seen += u32::from(is_there);
            }
            let is_of_ministry = id.starts_with("k-m") || *id == "k-fsa";
            if is_of_ministry && (what.contains("affected") || what == "GET /matches") {
                assert_eq!(status, 200, "{id} {what}: {text}");
            }
        }
        // Two routes and a page, each as a whole and by its state or place.
        let expected = if own.is_some() { 7 } else { 0 };
        assert_eq!(seen, expected, "{id}");
    }
    recorded(&nation);
    numbers(&nation, &callers[0].1);
    drop(water.running);
    drop(gas.running);
}

/// Each showing of names is a line of the record, with who and which ministry.
fn recorded(nation: &Nation) {
    let folder = nation.folder.path().join("a");
    let read = async |access: &Access| {
        let mut lines = Vec::new();
        let mut after = 0;
        loop {
            let some = access.store().audit(after).await.unwrap();
            let Some(last) = some.last() else { break };
            after = last.sequence;
            lines.extend(some);
        }
        lines
    };
    let lines = with_access(&options(Role::Office, &folder), &nation.host, read).unwrap();
    let of = |by: &str, act: &str| {
        let own = lines.iter().filter(|line| line.by == by && line.act == act);
        own.map(|line| format!("{} {}", line.object, line.detail))
            .collect::<Vec<_>>()
    };
    let mlit = of("k-mlit", "see-affected");
    // Four looks at the list, two at the page, two at an advisory.
    assert_eq!(mlit.len(), 8, "{mlit:?}");
    assert!(
        mlit.contains(&"mlit 1 operators, 1 papers".to_owned()),
        "{mlit:?}"
    );
    assert!(mlit.contains(&"EX-1 mlit: 1 assets".to_owned()), "{mlit:?}");
    assert_eq!(of("k-fsa", "see-affected").len(), 8);
    for by in ["s-mlit", "o3", "n-1"] {
        assert!(of(by, "see-affected").is_empty(), "{by}");
        let refused = of(by, "refused");
        assert!(
            refused.iter().any(|line| line.starts_with("see-affected")),
            "{by}: {refused:?}"
        );
    }
}

/// Who coordinates sees how many an advisory concerns.
fn numbers(nation: &Nation, officer: &Caller) {
    let supervisor = nation.person(Role::Office, "o3");
    let told = rows(&supervisor.get("/v1/matches"));
    let told = told.first().unwrap();
    let number = |name: &str| told[name].clone();
    assert_eq!(
        (number("operators"), number("affected"), number("questions")),
        (json!(2), json!(2), json!(0)),
        "{told}"
    );
    assert_eq!(told["advisory"][1], "EX-1");
    assert!(rows(&supervisor.get("/v1/matches?state=asked")).is_empty());
    let before = format!("/v1/matches?before={}", told["place"]);
    assert!(rows(&supervisor.get(&before)).is_empty());
    assert_eq!(
        supervisor.get("/v1/matches?state=perhaps").code(),
        "malformed"
    );
    let page = supervisor.get("/matches").text();
    assert!(
        page.contains("Numbers alone") && page.contains("EX-1"),
        "{page}"
    );
    let page = officer.get("/matches").text();
    assert!(
        page.contains("on record") && page.contains("SIMATIC S7-1500"),
        "{page}"
    );
    assert!(!page.contains("<script"), "{page}");
    // A key that stands twice is no advisory, and neither is a record that was withdrawn.
    let twice = br#"{"document": {}, "document": {"tracking": {"id": "EX-1"}}}"#;
    let said = supervisor.post("/v1/matches", "application/json", twice);
    assert_eq!(
        (said.status, said.code().as_str()),
        (422, "refused"),
        "{}",
        said.text()
    );
    let record = |state: &str| -> Value {
        json!({"dataType": "CVE_RECORD", "dataVersion": "5.1", "cveMetadata": {"cveId": "CVE-2026-0001", "state": state},
            "containers": {"cna": {"affected": [{"vendor": "Siemens", "product": "SIMATIC S7-1500", "defaultStatus": "unaffected",
                "versions": [{"version": "0", "lessThan": "3.0.0", "versionType": "custom", "status": "affected"}]}]}}})
    };
    let asked = supervisor.post_json("/v1/matches", &record("PUBLISHED"));
    assert_eq!(asked.json()["affected"], 2, "{}", asked.text());
    assert_eq!(
        supervisor
            .post_json("/v1/matches", &record("REJECTED"))
            .status,
        422
    );
}

#[test]
fn the_ministries_of_accounts_are_those_that_the_schedule_routes_to() {
    let accounts: Vec<&str> = Ministry::ALL.iter().map(|one| one.word()).collect();
    let routes: Vec<&str> = Minister::ALL.iter().map(|one| one.id()).collect();
    assert_eq!(accounts, routes);
}
