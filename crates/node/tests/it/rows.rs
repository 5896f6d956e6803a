//! Row 15 of the threat table: approving is reading. In: a renewal that asks for more than it replaces. Out: the page that names each difference, and refusals of whatever was not shown.
//! Never: a signature over several requests.

use crate::flow::submit;
use crate::nation::{Nation, request};
use sakimori_node::Role;
use serde_json::json;

const SITTING: &str = "present=m1+m2+m3&presiding=m1&for=m1+m2&against=m3&recused=none";

#[test]
fn row_15_a_renewal_shows_what_it_widens_and_takes_signatures_on_the_shown_text_alone() {
    let nation = Nation::start();
    let chair = nation.person(Role::Commission, "m1");
    let (first, authority) = submit(&nation, &request(&nation.host));
    let path = |name: &str, rest: &str| format!("/v1/requests/{name}{rest}");
    let text_of = |name: &str| chair.get(&path(name, &format!("/text?{SITTING}"))).text();
    let text = text_of(&first);
    for member in ["m1", "m2", "m3"] {
        let caller = nation.person(Role::Commission, member);
        let said = caller.post_note(
            &path(&first, "/signatures"),
            &nation.signed(&text, &[member]),
        );
        assert_eq!(said.status, 200, "{}", said.text());
    }
    let mut wider = request(&nation.host);
    wider["replaces"] = json!(authority.to_string());
    wider["day_records"] = json!(90_000);
    wider["directions"] = json!(["out-in", "in-out"]);
    wider["basis"] = json!("act42-33");
    let said = nation
        .person(Role::Office, "o1")
        .post_json("/v1/requests", &wider);
    assert_eq!(said.status, 200, "{}", said.text());
    let next = said.json()["request"].as_str().unwrap().to_owned();
    let page = chair.get(&format!("/requests/{next}?{SITTING}")).text();
    for part in [
        "Difference to the authority that it replaces",
        "day-records 10000",
        "day-records 90000",
        "out-in in-out",
        "act42-33",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // The text that is signed is the one of the page: a signature on any other, and one for two requests, is none.
    let shown = text_of(&next);
    let narrower = shown.replace("day-records 90000", "day-records 10000");
    for (other, code) in [
        (text.clone(), "conflict"),
        (narrower, "conflict"),
        (format!("{shown}{text}"), "not-a-note"),
    ] {
        let note = nation.signed(&other, &["m1"]);
        let said = chair.post_note(&path(&next, "/signatures"), &note);
        assert_eq!(said.code(), code, "{}", said.text());
    }
    assert!(!chair.get("/").text().contains("type=\"checkbox\""));
    let note = nation.signed(&shown, &["m1"]);
    assert_eq!(
        chair.post_note(&path(&next, "/signatures"), &note).status,
        200
    );
}
