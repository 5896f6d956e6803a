//! Answers of actuators as the office takes them. In: bytes and keys of the test. Out: verdicts. Never: a connection.

use super::*;
use sakimori_custody::time::Seconds;
use sakimori_respond::consumer::{NSID, Sakimori};
use sakimori_respond::openc2::{Language, Profile, Slpf};
use sakimori_respond::plan::Digest;
use sakimori_testkit::folder::signer;
use serde_json::json;

const ID: AuthorityId = AuthorityId([7; 16]);
const TARGET: &str = "198.51.100.7/32";

fn whose() -> Whose {
    Whose {
        actuator: "edge-1".parse().unwrap(),
        key: signer("edge-1").verifier().clone(),
        measure: ID,
    }
}

fn command(until: Option<u64>) -> Command {
    Command {
        id: "c-1".to_owned(),
        aim: 0,
        measure: Digest(family(ID)),
        actuator: "edge-1".parse().unwrap(),
        deed: Deed::Block,
        target: TARGET.to_owned(),
        created: Seconds(100),
        revision: 1,
        until: until.map(Seconds),
    }
}

fn receipt() -> Receipt {
    Receipt {
        actuator: "edge-1".parse().unwrap(),
        time: Seconds(101),
        run: 1,
        serial: 1,
        is_stopped: false,
        gaps: 0,
        command: "c-1".to_owned(),
        effects: vec![Line {
            measure: family(ID),
            deed: Deed::Block,
            standing: Standing::InForce,
            until: Seconds(3600),
            times: 0,
            bytes: 0,
            target: TARGET.to_owned(),
        }],
    }
}

fn signed(receipt: &Receipt, by: &str) -> String {
    let note = Note::sign(&receipt.to_string(), &[&signer(by)], 0).unwrap();
    String::from_utf8(note.to_bytes()).unwrap()
}

fn response(note: Option<&str>) -> Response {
    let mut said = json!({"status": 200});
    if let Some(note) = note {
        said["results"] = json!({NSID: {"receipt": note}});
    }
    let own = Sakimori { deeds: Deed::ALL };
    let profiles: [&dyn Profile; 2] = [&own, &Slpf];
    let language = Language {
        profiles: &profiles,
        others: false,
    };
    Response::read(said.to_string().as_bytes(), &language).unwrap()
}

#[test]
fn a_good_answer_is_believed_by_its_own_signed_receipt_alone() {
    let begin = command(Some(3600));
    let shows = |receipt: &Receipt, by: &str, command: &Command| {
        whose().shows(&response(Some(&signed(receipt, by))), command)
    };
    shows(&receipt(), "edge-1", &begin).unwrap();
    let bare = whose().shows(&response(None), &begin).unwrap_err();
    assert_eq!(bare, "it sent no receipt");
    shows(&receipt(), "edge-2", &begin).unwrap_err();
    let changed: [fn(&mut Receipt); 7] = [
        |r| r.actuator = "edge-2".parse().unwrap(),
        |r| r.command = "c-2".to_owned(),
        |r| r.effects.clear(),
        |r| r.effects[0].measure = [9; 32],
        |r| r.effects[0].deed = Deed::FlowRule,
        |r| r.effects[0].target = "198.51.100.8/32".to_owned(),
        |r| r.effects[0].standing = Standing::Missing,
    ];
    for (number, change) in changed.into_iter().enumerate() {
        let mut other = receipt();
        change(&mut other);
        let refused = shows(&other, "edge-1", &begin);
        assert!(refused.is_err(), "change {number} is believed");
    }
    // What takes back is done where it has ended, not where it is in force.
    let back = command(None);
    shows(&receipt(), "edge-1", &back).unwrap_err();
    let mut ended = receipt();
    ended.effects[0].standing = Standing::Ended;
    shows(&ended, "edge-1", &back).unwrap();
    shows(&ended, "edge-1", &begin).unwrap_err();
    // What the actuator cannot see is neither in force nor gone.
    let mut unseen = receipt();
    unseen.effects[0].standing = Standing::Unseen;
    shows(&unseen, "edge-1", &begin).unwrap_err();
    shows(&unseen, "edge-1", &back).unwrap_err();
}

#[test]
fn a_target_is_the_same_in_whatever_form_it_is_written() {
    assert!(is_same(TARGET, TARGET));
    assert!(is_same("Bad.Example", "bad.example"));
    assert!(!is_same("198.51.100.7/32", "198.51.100.0/24"));
    assert!(!is_same("bad.example", "*.bad.example"));
    assert!(!is_same("host:a", "host:b"));
}

#[test]
fn a_dry_run_refuses_the_effect_that_it_names_and_no_other() {
    let run: DryRun = serde_json::from_value(json!({
        "statement": "x", "rehearsed": true, "faults": [{"deed": "block", "target": TARGET, "fault": "no table"}],
    }))
    .unwrap();
    assert_eq!(run.refuses(Deed::Block, TARGET), Some("no table"));
    assert_eq!(run.refuses(Deed::Block, "198.51.100.8/32"), None);
    assert_eq!(run.refuses(Deed::FlowRule, TARGET), None);
}
