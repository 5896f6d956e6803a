//! The commission's words between two nodes that share nothing: inspections, letters and replies, demands that stop, reports, what is due, challenges. In: calls of people. Out: entries in
//! the office's log. Never: a key or a socket of the other side.

use crate::flow::submit;
use crate::nation::{Caller, Nation, request};
use sakimori_control::journal::{Deed, Journal};
use sakimori_control::oversight::read_evidence;
use sakimori_control::{keys, office};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{AuthorityId, hex};
use sakimori_node::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

const SITTING: &str = "present=m1+m2+m3&presiding=m1&for=m1+m2&against=m3&recused=none";

/// An authority in force, decided by three at the commission's node.
pub(crate) fn decided(nation: &Nation) -> AuthorityId {
    let (name, authority) = submit(nation, &request(&nation.host));
    let path = |rest: &str| format!("/v1/requests/{name}{rest}");
    let chair = nation.person(Role::Commission, "m1");
    let text = chair.get(&path(&format!("/text?{SITTING}"))).text();
    for member in ["m1", "m2", "m3"] {
        let caller = nation.person(Role::Commission, member);
        let said = caller.post_note(&path("/signatures"), &nation.signed(&text, &[member]));
        assert_eq!(said.status, 200, "{}", said.text());
    }
    authority
}

fn letter(kind: &str, id: &str) -> Value {
    json!({
        "kind": kind,
        "id": id,
        "to": "The office",
        "subject": "Keeping of records",
        "text": "Say how long records are kept.",
    })
}

#[test]
fn an_inspection_is_opened_finds_something_and_is_closed_in_the_inspector_s_name() {
    let nation = Nation::start();
    let inspector = nation.person(Role::Commission, "i1");
    let word = |act: &str| {
        json!({
            "inspection": "inspection-1",
            "act": act,
            "subject": "The office's node",
            "text": "The seals are whole.",
        })
    };
    let said = inspector.post_json("/v1/inspections", &word("finding"));
    assert_eq!(said.code(), "entry-refused", "it is not open");
    for act in ["opened", "finding", "closed"] {
        let said = inspector.post_json("/v1/inspections", &word(act));
        assert_eq!(said.status, 200, "{act}: {}", said.text());
    }
    let said = inspector.post_json("/v1/inspections", &word("finding"));
    assert_eq!(said.code(), "entry-refused", "it is closed");
    for who in ["m1", "clerk", "admin"] {
        let caller = nation.person(Role::Commission, who);
        let said = caller.post_json("/v1/inspections", &word("opened"));
        assert_eq!(said.code(), "not-allowed", "{who}");
    }
    let mut other = word("opened");
    other["inspector"] = json!("m1");
    let said = inspector.post_json("/v1/inspections", &other);
    assert_eq!(
        said.code(),
        "unknown-field",
        "nobody inspects in another's name"
    );
}

#[test]
fn a_letter_is_due_until_the_office_replies_to_it_at_its_own_node() {
    let nation = Nation::start();
    let clerk = nation.person(Role::Commission, "clerk");
    let said = clerk.post_json("/v1/letters", &letter("notice", "notice-1"));
    assert_eq!(said.status, 200, "{}", said.text());
    let index = said.json()["index"].as_u64().unwrap();
    let said = clerk.post_json("/v1/letters", &letter("recommendation", "advice-1"));
    assert_eq!(said.status, 200, "{}", said.text());
    let said = clerk.post_json("/v1/letters", &letter("demand", "demand-1"));
    assert_eq!(said.code(), "not-allowed", "the chair demands");
    let mut silent = letter("notice", "notice-2");
    silent["text"] = json!(" ");
    assert_eq!(clerk.post_json("/v1/letters", &silent).code(), "incomplete");

    let path = format!("/v1/letters/{index}/replies");
    let legal = nation.person(Role::Office, "o2");
    let list = legal.get("/v1/letters").json();
    assert_eq!(list[0]["id"], "notice-1", "{list}");
    assert_eq!(list[0]["replied_by"], Value::Null);
    let text = json!({"text": "Thirty days."});
    let requester = nation.person(Role::Office, "o1");
    assert_eq!(requester.post_json(&path, &text).code(), "not-allowed");
    let said = legal.post_json("/v1/letters/0/replies", &text);
    assert_eq!(said.code(), "not-found", "entry 0 is no letter");
    let said = legal.post_json(&path, &text);
    assert_eq!(said.status, 200, "{}", said.text());
    assert_eq!(legal.post_json(&path, &text).code(), "not-found");
    let list = clerk.get("/v1/letters").json();
    assert_eq!(list[0]["reply"], "Thirty days.", "{list}");
    assert_eq!(list[0]["replied_by"], said.json()["index"]);
    assert_eq!(list[1]["reply"], Value::Null);
}

#[test]
fn a_demand_to_stop_stops_first_and_is_no_demand_where_it_cannot() {
    let nation = Nation::start();
    let authority = decided(&nation);
    let chair = nation.person(Role::Commission, "m1");
    let stop = |act: &str, serial: u64| {
        let now = nation.host.seconds();
        format!(
            "sakimori/suspension/v1\nauthority: {authority}\nby: commission\nact: {act}\nserial: {serial}\ntime: {now}\nreason: a demand\nroot: 1\n"
        )
    };
    let demand = |id: &str, text: &str, member: &str| {
        let note = nation.signed(text, &[member]).to_bytes();
        let mut letter = letter("demand", id);
        letter["stop"] = json!(String::from_utf8(note).unwrap());
        letter
    };
    let folder = nation
        .office_node()
        .authority(authority, &"s-01".parse().unwrap());
    let stopped = || folder.join("suspension-commission.note").exists();
    let (suspend, resume) = (stop("suspend", 1), stop("resume", 1));
    for (what, bad) in [
        ("a member's", demand("d-1", &suspend, "m3")),
        ("an end", demand("d-1", &resume, "m1")),
    ] {
        let said = chair.post_json("/v1/letters", &bad);
        assert_eq!(said.code(), "not-in-force", "{what}");
    }
    let mut notice = demand("d-1", &suspend, "m1");
    notice["kind"] = json!("notice");
    assert_eq!(chair.post_json("/v1/letters", &notice).code(), "refused");
    assert!(!stopped());
    assert_eq!(chair.get("/v1/letters").json(), json!([]));

    let good = demand("d-1", &suspend, "m1");
    let said = chair.post_json("/v1/letters", &good);
    assert_eq!(said.status, 200, "{}", said.text());
    assert!(stopped());
    let list = chair.get("/v1/letters").json();
    assert_eq!(list[0]["stop"], authority.to_string(), "{list}");
    // A letter that did not come through is written again with the same suspension.
    let again = demand("d-2", &suspend, "m1");
    assert_eq!(chair.post_json("/v1/letters", &again).status, 200);
    // What the office does not take is no demand: its serial is none that follows.
    let said = chair.post_json("/v1/letters", &demand("d-3", &stop("suspend", 0), "m1"));
    assert_ne!(said.status, 200, "{}", said.text());
    assert_eq!(chair.get("/v1/letters").json().as_array().unwrap().len(), 2);
}

#[test]
fn a_report_has_the_numbers_of_the_copy_and_is_on_record_with_its_hash() {
    let nation = Nation::start();
    decided(&nation);
    let clerk = nation.person(Role::Commission, "clerk");
    let before = clerk.get("/v1/reports/2026").json();
    assert_eq!(before["entry"], Value::Null);
    for bad in ["/v1/reports/1999", "/v1/reports/10000", "/v1/reports/x"] {
        assert_eq!(clerk.get(bad).status, 400, "{bad}");
    }
    let mut said = clerk.post_json("/v1/reports", &json!({"year": 2026}));
    if said.code_or_none().as_deref() == Some("entry-refused") {
        // People's entries of the first rounds came in between.
        said = clerk.post_json("/v1/reports", &json!({"year": 2026}));
    }
    assert_eq!(said.status, 200, "{}", said.text());
    let sheet = said.json();
    assert_eq!(sheet["sha256"], sheet["published"]);
    assert!(sheet["en"].as_str().unwrap().contains("2026"));
    let after = clerk.get("/v1/reports/2026").json();
    assert_eq!(after["entry"], sheet["entry"]);
    assert_eq!(after["published"], sheet["sha256"]);
    let member = nation.person(Role::Commission, "m2");
    let said = member.post_json("/v1/reports", &json!({"year": 2026}));
    assert_eq!(said.code(), "not-allowed");
}

#[test]
fn what_is_due_misuse_and_challenges_are_for_those_who_may() {
    let nation = Nation::start();
    let inspector = nation.person(Role::Commission, "i1");
    assert_eq!(inspector.get("/v1/due").json(), json!([]));
    let sheet = inspector.get("/v1/misuse").json();
    assert_eq!(sheet, json!({"alerts": [], "cases": []}));
    let said = inspector.post_json("/v1/challenges", &json!({}));
    assert_eq!(said.code(), "refused", "no receipt is on record");
    let said = inspector.post_json("/v1/challenges", &json!({"bucket": "x"}));
    assert_eq!(said.code(), "malformed");
    let clerk = nation.person(Role::Commission, "clerk");
    assert_eq!(clerk.get("/v1/misuse").code(), "not-allowed");
    let member = nation.person(Role::Commission, "m2");
    let said = member.post_json("/v1/challenges", &json!({}));
    assert_eq!(said.code(), "not-allowed");
    let stranger = nation.stranger(Role::Commission);
    for path in ["/v1/due", "/v1/misuse", "/v1/letters", "/v1/reports/2026"] {
        assert_eq!(stranger.get(path).code(), "not-signed-in", "{path}");
    }
}

/// Puts an entry on record as the office, as a compromised or careless one would.
fn office_says(nation: &Nation, deed: Deed) -> u64 {
    let node = nation.office_node();
    let office = keys::read(&node.office_key("office")).unwrap();
    let mut journal = Journal::begin(&node.ledger().socket, Some(&office), &nation.host).unwrap();
    let (index, _) = journal.record(deed).unwrap();
    journal.log.proof(index).unwrap();
    index
}

#[test]
fn a_query_without_a_case_is_alarmed_and_gets_a_case_with_a_sealed_pack_from_the_copy() {
    let nation = Nation::start();
    let authority = decided(&nation);
    let node = nation.office_node();
    let statement = office::statement(&node, authority).unwrap();
    let now = nation.host.seconds();
    let granted = json!({
        "act": "granted", "person": "a.tanaka", "roles": ["analyst"], "clearance": ["selected"],
        "until": now.plus(86_400).to_string(), "by": ["o2", "o3"],
    });
    office_says(
        &nation,
        Deed {
            kind: EntryType::Access,
            authority: [0; 32],
            counters: Vec::new(),
            body: granted.to_string().into_bytes(),
        },
    );
    let bucket = format!("{authority}/s-01/{}", now.day());
    let query = json!({
        "actor": "a.tanaka", "purpose": "to see", "case": "none", "buckets": [bucket],
        "authority": authority.to_string(),
    });
    let index = office_says(
        &nation,
        Deed {
            kind: EntryType::Query,
            authority: statement.commitment(),
            counters: vec![0, 1],
            body: query.to_string().into_bytes(),
        },
    );
    let inspector = nation.person(Role::Commission, "i1");
    let sheet = inspector.get("/v1/misuse").json();
    assert_eq!(sheet["alerts"][0]["rule"], "query-without-case", "{sheet}");
    let case = waited(&inspector);
    assert_eq!(case["entries"], json!([index]));
    assert_eq!(case["actor"], "a.tanaka");

    let commission = nation.role(Role::Commission);
    let name = case["case"].as_str().unwrap();
    let pack = commission.join(format!("evidence/{name}.sealed"));
    let bytes = std::fs::read(&pack).unwrap();
    assert_eq!(case["evidence"], hex(&Sha256::digest(&bytes)));
    let key = keys::read(&commission.join("keys/secretariat.key")).unwrap();
    let evidence = read_evidence(&pack, &key).unwrap();
    assert_eq!(evidence["entries"][0]["index"], index);
    assert!(evidence["entries"][0]["body"].as_str().unwrap().len() > 100);
    let other = keys::read(&node.office_key("office")).unwrap();
    assert!(
        read_evidence(&pack, &other).is_err(),
        "the office reads no pack"
    );

    // One case for the same acts, and one pack.
    let sheet = inspector.get("/v1/misuse").json();
    assert_eq!(sheet["cases"].as_array().unwrap().len(), 1);
    assert_eq!(sheet["alerts"][0]["case"], true);
    let packs = std::fs::read_dir(commission.join("evidence")).unwrap();
    assert_eq!(packs.count(), 1);
    let numbers = nation.person(Role::Commission, "admin").get("/metrics");
    let numbers = numbers.text();
    for line in ["sakimori_misuse_cases 1", "sakimori_misuse_alarms 1"] {
        assert!(numbers.lines().any(|l| l == line), "{line}\n{numbers}");
    }
}

/// The first case on record, once the node's round has opened it.
fn waited(inspector: &Caller) -> Value {
    let (_sender, never) = std::sync::mpsc::channel::<()>();
    for _ in 0..180 {
        let sheet = inspector.get("/v1/misuse").json();
        if let Some(case) = sheet["cases"].get(0) {
            return case.clone();
        }
        // Nobody sends: it is a wait.
        let _ = never.recv_timeout(Duration::from_millis(250));
    }
    panic!("no case was opened");
}
