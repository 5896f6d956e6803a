//! A fingerprint of a flood from the operator that was attacked, through the gate, to the one that is next. In: two operators' nodes and the office's on loopback. Out: verdicts. Never: a
//! fingerprint at an operator that it was not let go for.

use crate::asset::{Operator, rows};
use crate::nation::Nation;
use crate::uses::entries;
use sakimori_custody::entry::EntryType;
use sakimori_node::{Role, fingerprints_of_us, send_fingerprint};
use serde_json::{Value, json};

fn fingerprint(source: &str) -> Value {
    json!({
        "version": 1, "first": "2026-11-28T01:00:00Z", "last": "2026-11-28T01:09:59Z", "packets": 4000, "bytes": 600_000,
        "vectors": [{
            "protocol": 17, "fragments": false, "source_ports": [53], "destination_ports": [], "lengths": [128, 1400],
            "hops": [50, 60], "packets": 4000, "bytes": 600_000, "sources": [{"prefix": source, "packets": 900}],
        }],
    })
}

fn release(operator: &str, id: &str, to: &str) -> Value {
    json!({
        "operator": operator, "id": id, "words": "Answers of open resolvers.", "tlp": "amber", "pap": "amber",
        "recipients": [to], "basis": "Act 42/2025 art. 40", "rights": "No identifier of a party is in it.",
    })
}

#[test]
fn a_fingerprint_goes_through_the_gate_to_those_who_are_named() {
    let nation = Nation::start();
    let [water, rail, gas] =
        ["water-1", "rail-1", "gas-1"].map(|name| Operator::new(&nation, name));
    for operator in [&water, &rail, &gas] {
        operator.told_where_the_office_is(&nation);
    }
    let new = json!({"fingerprint": fingerprint("198.51.100.0/24"), "words": "since one o'clock"});
    let sent = water.caller.post_json("/v1/fingerprints", &new);
    assert_eq!(sent.status, 200, "{}", sent.text());
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    let again = water.caller.post_json("/v1/fingerprints", &new).json();
    assert_eq!(again["id"], id.as_str(), "the same fingerprint is one");
    let no = json!({"fingerprint": {"version": 2}});
    assert_eq!(water.caller.post_json("/v1/fingerprints", &no).status, 422);
    let supervisor = nation.person(Role::Office, "o3");
    let officer = nation.person(Role::Office, "o2");
    let all = rows(&officer.get("/v1/fingerprints"));
    assert_eq!(
        (all.len(), &all[0]["operator"]),
        (1, &json!("water-1")),
        "{all:?}"
    );
    assert!(officer.get("/fingerprints").text().contains(&id));
    assert!(
        rows(&rail.caller.get("/v1/fingerprints")).is_empty(),
        "it goes no further by itself"
    );

    let path = "/v1/fingerprints/releases";
    let wish = release("water-1", &id, "operator/rail-1");
    assert_eq!(officer.post_json(path, &wish).code(), "not-allowed");
    let named = {
        let mut wish = wish.clone();
        wish["words"] = json!("water-1 was attacked.");
        supervisor.post_json(path, &wish)
    };
    assert_eq!(named.status, 422, "{}", named.text());
    let stranger = supervisor.post_json(path, &release("gas-1", &id, "operator/rail-1"));
    assert_eq!(stranger.code(), "not-found");
    let let_go = supervisor.post_json(path, &wish);
    assert_eq!(let_go.status, 200, "{}", let_go.text());
    assert_eq!(let_go.json()["given"], 1);
    // It came from an operator though it belongs to no case: both are taken out on the way, and that is on record.
    let (_, entry) = entries(&nation, &[EntryType::Release]).pop().unwrap();
    let [from, steps] = ["class_from", "transforms"].map(|key| entry[key].to_string());
    assert!(from.contains("operator-report"), "{entry}");
    assert!(steps.contains("remove"), "{entry}");
    assert!(!entry.to_string().contains("water"), "{entry}");
    let other = {
        let mut wish = wish.clone();
        wish["case"] = json!("none");
        supervisor.post_json(path, &wish)
    };
    assert_eq!(other.code(), "not-found", "a case that is none");

    let given = rows(&rail.caller.get("/v1/fingerprints"));
    let row = given.first().unwrap();
    assert_eq!(
        row["fingerprint"]["vectors"][0]["sources"][0]["prefix"], "198.51.100.0/24",
        "{row}"
    );
    assert_eq!(row["entry"], let_go.json()["entry"]);
    assert!(!row.to_string().contains("water"), "{row}");
    assert!(rows(&gas.caller.get("/v1/fingerprints")).is_empty());
    as_rules(&rail, row["id"].as_str().unwrap());
    into_a_report(&rail, row["id"].as_str().unwrap());
    own_prefixes_stay(&nation, &rail);
}

fn as_rules(rail: &Operator, id: &str) {
    for (form, word) in [
        ("nftables", "udp sport { 53 }"),
        ("exabgp", "source-port"),
        ("gobgp", "source-port"),
    ] {
        let path = format!("/v1/fingerprints/{id}?form={form}&protect=203.0.113.0%2F24");
        let text = rail.caller.get(&path).text();
        assert!(
            text.contains(word) && text.contains("203.0.113.0/24"),
            "{text}"
        );
    }
    let json = rail.caller.get(&format!("/v1/fingerprints/{id}")).json();
    assert_eq!(json["packets"], 4000);
    for (query, status) in [
        ("form=nftables", 422),
        ("form=nftables&protect=0.0.0.0%2F0", 422),
        ("form=bash", 422),
    ] {
        let said = rail.caller.get(&format!("/v1/fingerprints/{id}?{query}"));
        assert_eq!(said.status, status, "{query}");
    }
    assert_eq!(
        rail.caller.get("/v1/fingerprints/0000000000000000").status,
        404
    );
    let page = rail.page("/fingerprints");
    assert!(
        page.contains(id) && page.contains("Answers of open resolvers."),
        "{page}"
    );
}

/// The fields of the form that are empty are filled in; what somebody wrote stays.
fn into_a_report(rail: &Operator, id: &str) {
    let recognised = ("recognised_at", "2026-10-01T12:00");
    let new = [("case", "d-1"), ("common", "ddos"), recognised];
    rail.done("/reports", &new);
    let draft = rail.caller.get("/v1/reports/d-1");
    assert_eq!(draft.status, 200, "{}", draft.text());
    rail.done(&format!("/fingerprints/{id}/report"), &[("case", "d-1")]);
    let draft = rail.caller.get("/v1/reports/d-1").text();
    for word in ["T1498.002", "DNS reflection", "ddos.duration_min"] {
        assert!(draft.contains(word), "{word} is not in {draft}");
    }
    assert_eq!(
        rail.post(&format!("/fingerprints/{id}/report"), &[("case", "none")])
            .status,
        404
    );
}

/// A fingerprint that holds a prefix which an operator registered is not let go.
fn own_prefixes_stay(nation: &Nation, rail: &Operator) {
    let own = rail.folder.join("operator");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let text = fingerprint("192.0.2.0/24").to_string();
    let id = runtime
        .block_on(send_fingerprint(&own, text.as_bytes(), ""))
        .unwrap();
    let claim = json!({"thing": "192.0.2.128/25", "method": "registry-paper"});
    let asked = rail.caller.post_json("/v1/registrations", &claim);
    assert_eq!(asked.status, 200, "{}", asked.text());
    let asked = asked.json()["rows"][0].clone();
    let path = format!(
        "/v1/registrations/rail-1/{}/looks",
        asked["id"].as_str().unwrap()
    );
    let officer = nation.person(Role::Office, "o2");
    let shown = officer.post_json(&path, &json!({"paper": asked["text"]}));
    assert_eq!(shown.status, 200, "{}", shown.text());
    let supervisor = nation.person(Role::Office, "o3");
    let wish = release("rail-1", &id, "operator/gas-1");
    let no = supervisor.post_json("/v1/fingerprints/releases", &wish);
    assert!(
        no.status == 422 && no.text().contains("an operator's own"),
        "{}",
        no.text()
    );
    assert_eq!(runtime.block_on(fingerprints_of_us(&own)).unwrap().len(), 1);
}
