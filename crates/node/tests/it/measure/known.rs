//! What the office itself knows of a plan: the notices that it names. In: a running office, notices in its store. Out: verdicts. Never: an address beyond loopback.

use super::{Desk, ID, good, plan};
use crate::nation::options;
use sakimori_access::Access;
use sakimori_control::keys;
use sakimori_control::setup::officer_key;
use sakimori_liaison::measure::{NoticePaper, keep_notice};
use sakimori_node::{Role, with_access};
use sakimori_respond::notice::{Reference, State};
use sakimori_tlog::note::Note;
use serde_json::{Value, json};

/// A notice comes to a state; it is written where it is not yet.
fn comes_to(desk: &Desk, reference: Reference, state: State) {
    let now = desk.nation.host.seconds();
    let put = async |access: &Access| {
        let store = access.store();
        if state == State::Drafted {
            let paper = NoticePaper {
                measure: None,
                duty: None,
                target: "198.51.100.7".to_owned(),
                to: vec!["abuse@host.example".to_owned()],
                found: "registry".to_owned(),
                subject: "a notice".to_owned(),
                text: "a notice".to_owned(),
                report: None,
                steps: Vec::new(),
            };
            let change = paper.begin(reference, now, "e-01").unwrap();
            store.apply(&[change]).await.unwrap();
        } else {
            let kept = keep_notice(&**store, reference, state, "", now, "e-01").await;
            kept.unwrap();
        }
    };
    let office = desk.nation.role(Role::Office);
    let folder = office.parent().unwrap();
    with_access(&options(Role::Office, folder), &desk.nation.host, put).unwrap();
}

#[test]
fn a_ticket_that_is_no_notice_of_the_office_or_whose_target_is_down_is_refused_before_anybody_signs()
 {
    let desk = Desk::open(None);
    let officer = desk.by("o1");
    let reference = Reference::new([7; 10]);
    let with = |ticket: &str| {
        let mut plan = plan(desk.nation.host.seconds());
        plan["dossier"]["alternatives"][1]["tried"]["ticket"] = json!(ticket);
        plan
    };
    let ours = with(&reference.to_string());
    let check = |plan: &Value| good(&officer.post_json("/v1/measures/check", plan));
    let broken = |words: &str| {
        let said = check(&ours);
        let all = said["broken"].to_string();
        let place = "/dossier/alternatives/1/tried/ticket";
        assert!(all.contains(words) && all.contains(place), "{said}");
        assert_eq!(said["good"], false, "{said}");
    };
    // A text that is no number of this office is nothing that it can look up: who says yes is told.
    let other = check(&with("SKM-1"));
    assert_eq!(other["good"], true, "{other}");
    assert!(other["cautions"].to_string().contains("SKM-1"), "{other}");
    broken("no notice of this office");
    comes_to(&desk, reference, State::Drafted);
    broken("never sent");
    comes_to(&desk, reference, State::Sent);
    let said = check(&ours);
    assert_eq!(said["good"], true, "{said}");
    assert!(!said["cautions"].to_string().contains("SKM-"), "{said}");
    good(&officer.post_json("/v1/measures", &ours));
    // Between proposal and review, and between signing and asking, its target goes down.
    comes_to(&desk, reference, State::Down);
    broken("is down");
    let review = desk.act("o2", &json!({"act": "review"}));
    assert!(review.text().contains("is down"), "{}", review.text());
    assert_eq!(desk.stage(), "drafted");
    comes_to(&desk, reference, State::Acting);
    good(&desk.act("o2", &json!({"act": "review"})));
    let text = officer.get(&format!("/v1/measures/{ID}/text"));
    assert_eq!(text.status, 200, "{}", text.text());
    let node = desk.nation.office_node();
    let signers = ["o1", "o2"].map(|id| keys::read(&officer_key(&node, id)).unwrap());
    let both = Note::sign(&text.text(), &[&signers[0], &signers[1]], 0).unwrap();
    comes_to(&desk, reference, State::Down);
    // What is closed behind that stays down.
    comes_to(&desk, reference, State::Closed);
    let again = officer.get(&format!("/v1/measures/{ID}/text"));
    assert!(again.text().contains("is down"), "{}", again.text());
    let asked = officer.post_note(&format!("/v1/measures/{ID}/ask"), &both);
    assert_eq!(asked.code(), "refused");
    assert!(asked.text().contains("is down"), "{}", asked.text());
    assert_eq!(desk.stage(), "reviewed");
}
