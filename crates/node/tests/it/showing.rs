//! Who is shown an identifier through the office's node: nobody without role, clearance, case and a ruling. In: people with sessions. Out: refusals that leave no entry. Never: a value.

use crate::nation::{Caller, Nation};
use crate::uses::{Need, beside, entries, give, who};
use sakimori_custody::entry::EntryType;
use sakimori_node::Role;
use serde_json::{Value, json};

/// What stands in the log of what somebody was shown.
const USED: [EntryType; 2] = [EntryType::Query, EntryType::Reidentification];

fn wish() -> Value {
    json!({"record": format!("{}-0", "03".repeat(8)), "field": "user", "ruling": 0, "case": "case-1"})
}

fn refused(nation: &Nation, caller: &Caller, wish: &Value, code: &str, words: &str) {
    let said = caller.post_json("/v1/reidentifications", wish);
    assert_eq!(said.code(), code, "{}", said.text());
    assert!(said.text().contains(words), "{}", said.text());
    assert!(entries(nation, &USED).is_empty(), "{words}");
}

#[test]
fn an_identifier_is_shown_with_role_clearance_case_and_a_ruling_alone() {
    let nation = Nation::start();
    let (now, o3) = (nation.host.seconds(), who("o3"));
    beside(&nation, async |access| {
        let opened = access.open_case(&o3, "case-1", "The relay abroad", now);
        opened.await.unwrap();
    });
    let stranger = nation.stranger(Role::Office);
    refused(&nation, &stranger, &wish(), "not-signed-in", "");
    let supervisor = nation.person(Role::Office, "o3");
    refused(&nation, &supervisor, &wish(), "not-allowed", "no-role");
    let analyst = nation.person(Role::Office, "a1");
    for (need, words) in [
        (Need::Role, "refused: no-role, no-clearance, not-in-case"),
        (Need::Clearance, "refused: no-clearance, not-in-case"),
        (Need::Case, "refused: not-in-case"),
    ] {
        refused(&nation, &analyst, &wish(), "not-allowed", words);
        give(&nation, need);
    }
    // Entry 0 is the trust root: no ruling.
    refused(&nation, &analyst, &wish(), "not-found", "no ruling");
    for (field, value, code) in [
        ("ruling", json!(1_000_000), "not-found"),
        ("ruling", json!("0"), "malformed"),
        ("actor", json!("m1"), "unknown-field"),
        ("case", json!("case-2"), "not-allowed"),
    ] {
        let mut other = wish();
        other[field] = value;
        refused(&nation, &analyst, &other, code, "");
    }
}
