//! Measures where something is away: an actuator that never answers, one whose word is not believed, the protected lists, the settings, a notice that cannot be read. In: a running office. Out: verdicts. Never: an end that waits for any of it.

use super::{Desk, ID, TARGET, good, plan, until};
use crate::nation::{join, options};
use sakimori_access::Access;
use sakimori_authority::ruling::Matter;
use sakimori_authority::statement::Kind;
use sakimori_control::office;
use sakimori_node::{Role, with_access};
use sakimori_store::{Change, Paper};
use sakimori_testkit::folder::signer;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::atomic::Ordering;

/// Longest time within which an actuator hears of a release, milliseconds: a call to the silent one takes ten seconds.
pub(super) const BESIDE_MS: u64 = 5_000;
pub(super) const SECOND: &str = "198.51.100.8/32";

/// A plan with a second target, at the actuator that is silent.
pub(super) fn two(desk: &Desk) -> Value {
    let mut plan = plan(desk.nation.host.seconds());
    let again = |value: &Value| {
        let text = value.to_string().replace(TARGET, SECOND);
        serde_json::from_str::<Value>(&text).unwrap()
    };
    for list in ["aims", "observations", "facts"] {
        let more: Vec<Value> = plan[list].as_array().unwrap().iter().map(again).collect();
        plan[list].as_array_mut().unwrap().extend(more);
    }
    plan["aims"][1]["actuator"] = json!("a-silent");
    plan
}

/// An actuator that takes connections and never says anything.
pub(super) fn silent(desk: &Desk) -> (TcpListener, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let office = desk.nation.role(Role::Office);
    join(&office, "a-silent", folder.path(), &address, &[]);
    let admin = desk.by("admin");
    let mut register = good(&desk.by("e-01").get("/v1/measure-register"));
    let one = json!({"name": "a-silent", "controller": "carrier-a", "key": signer("a-silent").verifier().to_string(), "peer": "a-silent"});
    register["actuators"].as_array_mut().unwrap().push(one);
    good(&admin.put_json("/v1/measure-register", &register));
    (listener, folder)
}

#[test]
fn an_actuator_that_accepts_and_never_answers_keeps_no_other_waiting() {
    let desk = Desk::open(None);
    let _silent = silent(&desk);
    desk.approved_as(&two(&desk));
    desk.dispatched();
    until("the silent one is commanded", || {
        let said = good(&desk.by("e-01").get(&format!("/v1/measures/{ID}")));
        let at = |aim: usize| said["state"]["effects"][aim]["at"] == ["there", "asked"][aim];
        (at(0) && at(1)).then_some(())
    });
    assert_eq!(desk.stage(), "dispatching", "the other effect is not there");
    // Both are taken back; in the order of their names the silent one comes first.
    let host = &desk.nation.host;
    let begun = host.counted_ms();
    let release = json!({"act": "release"});
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| desk.act("e-02", &release));
        until("the release", || {
            let heard = desk.actuator.heard();
            heard.contains(&"allow".to_owned()).then_some(())
        });
        let took = host.counted_ms() - begun;
        assert!(took < BESIDE_MS, "the release took {took} ms");
        println!("release -> the other actuator heard it: {took} ms");
        let said = good(&asked.join().unwrap());
        assert_eq!(said["stage"], "ending", "{said}");
        assert_eq!(said["effects"][0]["at"], "gone", "{said}");
        assert_eq!(said["effects"][1]["at"], "taking", "{said}");
    });
    let alarms = good(&desk.by("e-01").get("/v1/measure-alarms")).to_string();
    assert!(alarms.contains("a-silent"), "{alarms}");
}

#[test]
fn a_word_without_its_receipt_ends_nothing_and_a_broken_file_keeps_nothing_waiting() {
    let desk = Desk::open(None);
    // A notice that nobody can read, and settings that are none.
    let office = desk.nation.role(Role::Office);
    let junk = Paper {
        kind: "measure-notice".to_owned(),
        owner: "office".to_owned(),
        id: "SKM-AAAAAAAAAAAAAAAA".to_owned(),
        version: 1,
        state: "drafted".to_owned(),
        due: None,
        at: 1,
        by: "node".to_owned(),
        body: "{}".to_owned(),
    };
    let put = async |access: &Access| {
        let changed = access
            .store()
            .apply(&[Change::AddPaper(junk.clone())])
            .await;
        changed.unwrap();
    };
    with_access(&options(Role::Office, &office), &desk.nation.host, put).unwrap();
    std::fs::write(office.join("measures.json"), "{").unwrap();
    desk.approved();
    desk.dispatched();
    desk.comes_to("in-force");
    let alarms = || good(&desk.by("e-01").get("/v1/measure-alarms")).to_string();
    until("both are told", || {
        let alarms = alarms();
        let both = alarms.contains("measures.json") && alarms.contains("notice");
        both.then_some(())
    });
    // Its receipt says that the effect is in force, and its answer that nothing is.
    let heard = &desk.actuator.heard;
    heard.denies.store(true, Ordering::Relaxed);
    let said = good(&desk.act("e-02", &json!({"act": "release"})));
    assert_eq!(said["stage"], "ending", "{said}");
    until("it is asked again", || {
        let words = desk.actuator.heard();
        (words.iter().filter(|word| *word == "allow").count() > 2).then_some(())
    });
    assert_eq!(desk.stage(), "ending", "a word alone ends nothing");
    until("that is told", || {
        alarms().contains("is not believed").then_some(())
    });
    heard.denies.store(false, Ordering::Relaxed);
    desk.comes_to("ended");
}

#[test]
fn with_the_lists_gone_nothing_begins_and_a_revocation_ends_the_measure() {
    let desk = Desk::open(None);
    desk.approved();
    desk.dispatched();
    desk.comes_to("in-force");
    let said = good(&desk.by("e-01").get(&format!("/v1/measures/{ID}")));
    let authority = said["state"]["authority"].as_str().unwrap().to_owned();
    let folder = desk.nation.role(Role::Office);
    std::fs::remove_file(folder.join("safety-lists.note")).unwrap();
    // Nothing begins without lists; what stops goes on.
    let refused = desk.act("e-01", &json!({"act": "resume", "why": "looked at"}));
    assert_eq!(refused.code(), "refused");
    assert!(
        refused.text().contains("protected lists"),
        "{}",
        refused.text()
    );
    good(&desk.act("e-02", &json!({"act": "hold"})));
    let stranger = desk.nation.stranger(Role::Office);
    let words = json!({"target": TARGET, "words": "we are a bakery"});
    assert_eq!(stranger.post_json("/v1/complaints", &words).status, 201);
    let members = ["m1", "m2", "m3"];
    let sitting = office::sitting(&members, "m1", &members, &[], &[]).unwrap();
    let matter = Matter::AuthorityRevoked(authority.parse().unwrap());
    let (node, host) = (desk.nation.office_node(), &desk.nation.host);
    let text = office::ruling_text(&node, host, matter, Kind::Measure, "heard", Some(sitting));
    let text = text.unwrap().to_string();
    for member in members {
        let caller = desk.nation.person(Role::Commission, member);
        let said = caller.post_note("/v1/rulings", &desk.nation.signed(&text, &[member]));
        assert_eq!(said.status, 200, "{}", said.text());
    }
    until("the ruling", || {
        desk.actuator.has("ruling.note").then_some(())
    });
    desk.comes_to("ended");
    let said = good(&desk.by("e-01").get(&format!("/v1/measures/{ID}")));
    assert_eq!(said["state"]["end"], "revoked", "{said}");
    assert!(desk.actuator.heard().contains(&"allow".to_owned()));
}

#[test]
fn what_a_dry_run_refuses_is_told_and_not_dispatched() {
    let desk = Desk::open(None);
    let heard = &desk.actuator.heard;
    let fault = json!({"deed": "block", "target": TARGET, "fault": "the table is another's"});
    heard.faults.lock().unwrap().push(fault);
    desk.approved();
    // It is told as soon as the approval was brought, before anybody dispatches.
    let alarms = || good(&desk.by("e-01").get("/v1/measure-alarms")).to_string();
    until("that is told", || {
        alarms().contains("the table is another's").then_some(())
    });
    let dispatch = desk.dispatch();
    let mut refused = desk.act("e-01", &dispatch);
    if refused.json()["waits"].is_string() {
        refused = desk.act("e-02", &dispatch);
    }
    assert_eq!(refused.code(), "refused");
    assert!(
        refused.text().contains("would refuse block"),
        "{}",
        refused.text()
    );
    assert_eq!(desk.stage(), "approved");
    assert!(!desk.actuator.heard().contains(&"deny".to_owned()));
    heard.faults.lock().unwrap().clear();
    desk.dispatched();
    desk.comes_to("in-force");
}
