//! The schedule of duties from the office to an operator's node. In: two nodes on loopback. Out: verdicts. Never: a schedule that the pinned key did not sign.

use crate::nation::Nation;
use crate::report::{Operator, PROMPT, exchanged, version};
use sakimori_control::keys;
use sakimori_cooperate::Terms;
use sakimori_node::{Role, keep_duties};
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use serde_json::Value;
use std::path::Path;

const BUREAU: &str = "bureau: mlit 13 = 関東運輸局 | unverified | a table of the office\n";

/// The built-in schedule as a further version, with a row for a bureau and one core sub-type.
fn next(number: u64) -> String {
    let built_in = sakimori_node::duties(
        Path::new(""),
        &[],
        sakimori_control::Host::system().seconds(),
    )
    .unwrap();
    let text = built_in.to_string();
    let text = text.replacen("version: 1\n", &format!("version: {number}\n"), 1);
    format!("{text}{BUREAU}")
}

fn signed(nation: &Nation, text: &str) -> (NoteSigner, Vec<u8>) {
    let signer = keys::read(&nation.office_node().office_key("office")).unwrap();
    Terms::parse(text).unwrap();
    let note = Note::sign(text, &[&signer], 0).unwrap().to_bytes();
    (signer, note)
}

#[test]
fn bureaus_come_from_the_schedule_that_the_office_signed_and_versions_never_go_back() {
    let nation = Nation::start();
    let water = Operator::new(&nation, "water-1");
    water.told_where_the_office_is(&nation);
    let browser = water.person();
    browser.done("/reports/operator", &[("operator", "water-1")]);
    let recognised = ("recognised_at", "2026-10-01T12:00");
    let new = [("case", "c-1"), ("common", "ransomware"), recognised];
    browser.done("/reports", &new);
    let read = version(&browser.page("/reports/c-1"));
    let mut pairs = PROMPT.to_vec();
    pairs.extend([("version", read.as_str()), ("filer", "water-1")]);
    browser.done("/reports/c-1/draft", &pairs);
    let bureau = || {
        let kept = browser.caller.get("/v1/reports/c-1").json();
        kept["check"]["filing"]["route"]["bureau"].clone()
    };
    assert_eq!(bureau(), Value::Null, "the built-in schedule has no bureau");
    assert!(
        browser
            .page("/duties")
            .contains("built in, signed by nobody")
    );
    let office = nation.role(Role::Office);
    let now = nation.host.seconds();
    let (signer, note) = signed(&nation, &next(2));
    let own = [signer.verifier().clone()];
    assert!(keep_duties(&office, &own, &note, now).unwrap());
    // The node's own round may have brought it already.
    exchanged(&browser);
    let served = browser.caller.get("/v1/duties").json();
    assert_eq!(
        (&served["version"], &served["newest"]),
        (&2.into(), &2.into())
    );
    assert_eq!(bureau(), "関東運輸局");
    let page = browser.page("/duties");
    for part in [
        "関東運輸局",
        "UNVERIFIED",
        "a table of the office",
        "signed by the office",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("signed by nobody"));
    // An office whose folder lost a version serves an older one: the operator's node keeps what it knows.
    let (_, older) = signed(&nation, &next(1));
    std::fs::write(office.join("duties.note"), older).unwrap();
    let round = exchanged(&browser);
    assert_eq!(round["duties"], Value::Null);
    let refused = round["refused"][0].as_str().unwrap();
    assert!(
        refused.contains("version 1 does not follow version 2"),
        "{refused}"
    );
    assert_eq!(browser.caller.get("/v1/duties").json()["version"], 2);
    assert_eq!(bureau(), "関東運輸局");
}
