//! A request from its text to its suspension, between two nodes. In: people's calls and signatures. Out: entries, authority folders, pages. Never: a shortcut through another's folder.

use crate::nation::{Nation, request};
use sakimori_custody::ids::AuthorityId;
use sakimori_node::Role;
use serde_json::{Value, json};

const SITTING: &str = "present=m1+m2+m3&presiding=m1&for=m1+m2&against=m3&recused=none";

/// Submits a request as the requester; its name and its authority's id.
pub(crate) fn submit(nation: &Nation, request: &Value) -> (String, AuthorityId) {
    let said = nation
        .person(Role::Office, "o1")
        .post_json("/v1/requests", request);
    assert_eq!(said.status, 200, "{}", said.text());
    let text = |key: &str| said.json()[key].as_str().unwrap().to_owned();
    (text("request"), text("authority").parse().unwrap())
}

#[test]
fn a_request_is_asked_about_answered_signed_by_three_and_suspended() {
    let nation = Nation::start();
    let (name, authority) = submit(&nation, &request(&nation.host));
    let clerk = nation.person(Role::Commission, "clerk");
    let list = clerk.get("/v1/requests").json();
    assert_eq!(list["requests"][0]["request"], name.as_str());
    let path = |rest: &str| format!("/v1/requests/{name}{rest}");

    let asked = clerk.post_json(&path("/questions"), &json!({"text": "Which port?"}));
    assert_eq!(asked.status, 200, "{}", asked.text());
    let question = asked.json()["index"].as_u64().unwrap();
    let officer = nation.person(Role::Office, "o2");
    let answer = json!({"question": question, "text": "The port of the north."});
    let answered = officer.post_json(&path("/answers"), &answer);
    assert_eq!(answered.status, 200, "{}", answered.text());
    let again = officer.post_json(&path("/answers"), &answer);
    assert_eq!(again.code(), "not-found", "it is answered already");
    let whole = clerk.get(&path("")).json();
    assert_eq!(whole["thread"][0]["text"], "Which port?");
    assert_eq!(whole["thread"][1]["answers"], question);

    let text = clerk.get(&path(&format!("/text?{SITTING}"))).text();
    assert!(text.contains("\nfor: m1 m2\nagainst: m3\n"), "{text}");
    let mut decided = None;
    for (at, member) in ["m1", "m2", "m3"].into_iter().enumerate() {
        let note = nation.signed(&text, &[member]);
        let caller = nation.person(Role::Commission, if at == 2 { "m3" } else { member });
        let said = caller.post_note(&path("/signatures"), &note);
        assert_eq!(said.status, 200, "{}", said.text());
        decided = said.json()["decided_by"].as_u64();
        assert_eq!(decided.is_some(), at == 2, "{}", said.text());
    }
    let folder = nation
        .office_node()
        .authority(authority, &"s-01".parse().unwrap());
    assert!(folder.join("lease.note").exists());
    let whole = clerk.get(&path("")).json();
    assert_eq!(whole["decided_by"].as_u64(), decided);

    let now = nation.host.seconds();
    let stop = format!(
        "sakimori/suspension/v1\nauthority: {authority}\nby: commission\nact: suspend\nserial: 1\ntime: {now}\nreason: a test\nroot: 1\n"
    );
    let chair = nation.person(Role::Commission, "m1");
    let by_member = chair.post_note("/v1/suspensions", &nation.signed(&stop, &["m3"]));
    assert_eq!(by_member.code(), "not-in-force");
    let said = chair.post_note("/v1/suspensions", &nation.signed(&stop, &["m1"]));
    assert_eq!(said.status, 200, "{}", said.text());
    assert!(folder.join("suspension-commission.note").exists());
}

#[test]
fn a_text_that_differs_from_the_one_shown_is_refused_and_so_is_who_may_not() {
    let nation = Nation::start();
    let (name, _) = submit(&nation, &request(&nation.host));
    let path = |rest: &str| format!("/v1/requests/{name}{rest}");
    let member = nation.person(Role::Commission, "m2");
    let text = member.get(&path(&format!("/text?{SITTING}"))).text();
    for (from, to) in [
        ("match-ppm 200", "match-ppm 900"),
        ("keep 30d", "keep 365d"),
        ("directions: out-in", "directions: out-in out-out"),
    ] {
        let widened = text.replace(from, to);
        assert_ne!(widened, text, "{from}");
        let note = nation.signed(&widened, &["m2"]);
        let said = member.post_note(&path("/signatures"), &note);
        assert_eq!(said.code(), "conflict", "{to}");
    }
    let note = nation.signed(&text, &["m2"]);
    let cases = [
        (nation.stranger(Role::Commission), "not-signed-in"),
        (nation.person(Role::Commission, "clerk"), "not-allowed"),
        (nation.person(Role::Commission, "admin"), "not-allowed"),
    ];
    for (caller, code) in cases {
        assert_eq!(caller.post_note(&path("/signatures"), &note).code(), code);
    }
    let officer = nation.person(Role::Office, "o3");
    let said = officer.post_json("/v1/requests", &request(&nation.host));
    assert_eq!(said.code(), "not-allowed", "a supervisor submits nothing");
}

#[test]
fn the_decision_page_shows_numbers_computed_here_and_no_bulk_approval() {
    let nation = Nation::start();
    let (name, _) = submit(&nation, &request(&nation.host));
    let member = nation.person(Role::Commission, "m1");
    let page = member.get(&format!("/requests/{name}?{SITTING}"));
    assert_eq!(page.status, 200);
    let html = page.text();
    for part in [
        "The relay&#39;s owner cannot be found otherwise.",
        "257",
        "agrees",
        "sakimori authority sign",
        "m3: missing",
        "for: m1 m2",
        "It replaces no authority.",
    ] {
        let plain = part.replace("&#39;", "'");
        assert!(html.contains(part) || html.contains(&plain), "{part}");
    }
    let inbox = member.get("/").text();
    assert!(inbox.contains("there is no way to approve several at once"));
    assert!(!inbox.contains("type=\"checkbox\""));
    let mut japanese = nation.person(Role::Commission, "m1");
    japanese
        .headers
        .push(("accept-language".to_owned(), "ja".to_owned()));
    assert!(japanese.get("/").text().contains("求め"));
    let deletion = member.get("/deletion").text();
    assert!(deletion.contains("not provable"));
}
