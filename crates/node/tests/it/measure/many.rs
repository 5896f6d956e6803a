//! What happens to many measures at a time, where one actuator of each never answers. In: a running office, two measures. Out: verdicts. Never: a measure that waits for another's actuator.

use super::away::{BESIDE_MS, SECOND, silent, two};
use super::{Desk, ID, OBSERVERS, SITTING, TARGET, good, until};
use crate::nation::options;
use sakimori_access::Access;
use sakimori_control::keys;
use sakimori_control::setup::officer_key;
use sakimori_node::measure::Room;
use sakimori_node::{Role, with_access};
use sakimori_respond::plan::life::Kill;
use sakimori_respond::plan::observe::Observation;
use sakimori_respond::plan::sworn::observations_text;
use sakimori_testkit::folder::signer;
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use std::sync::Arc;

const OTHER: &str = "7ea50000000000000000000000000002";
/// Its target at the actuator that answers, and the one at the silent one.
const TARGETS: [&str; 2] = ["198.51.100.9/32", "198.51.100.10/32"];

/// The state of the other measure.
fn other(desk: &Desk) -> Value {
    good(&desk.by("e-01").get(&format!("/v1/measures/{OTHER}")))["state"].clone()
}

/// Something that is done to the other measure.
fn act(desk: &Desk, id: &str, act: &Value) -> Value {
    let path = format!("/v1/measures/{OTHER}/acts");
    good(&desk.by(id).post_json(&path, act))
}

/// Another measure of the same two actuators is decided and dispatched.
fn another(desk: &Desk) {
    let text = two(desk).to_string().replace(ID, OTHER);
    let text = text.replace(TARGET, TARGETS[0]).replace(SECOND, TARGETS[1]);
    let mut plan: Value = serde_json::from_str(&text).unwrap();
    let officer = desk.by("o1");
    good(&officer.post_json("/v1/measures", &plan));
    act(desk, "o2", &json!({"act": "review"}));
    let chair = desk.nation.person(Role::Commission, "m1");
    let requests = || {
        let all = chair.get("/v1/requests").json()["requests"].clone();
        let all = all.as_array().cloned().unwrap_or_default();
        let names = all
            .iter()
            .filter_map(|one| one["request"].as_str().map(str::to_owned));
        names.collect::<Vec<String>>()
    };
    let before = requests();
    let text = officer.get(&format!("/v1/measures/{OTHER}/text")).text();
    let node = desk.nation.office_node();
    let signers = ["o1", "o2"].map(|id| keys::read(&officer_key(&node, id)).unwrap());
    let both = Note::sign(&text, &[&signers[0], &signers[1]], 0).unwrap();
    good(&officer.post_note(&format!("/v1/measures/{OTHER}/ask"), &both));
    let request = until("its request", || {
        requests().into_iter().find(|name| !before.contains(name))
    });
    let path = |rest: &str| format!("/v1/requests/{request}{rest}");
    let text = chair.get(&path(&format!("/text?{SITTING}"))).text();
    for member in ["m1", "m2", "m3"] {
        let caller = desk.nation.person(Role::Commission, member);
        let note = desk.nation.signed(&text, &[member]);
        let said = caller.post_note(&path("/signatures"), &note);
        assert_eq!(said.status, 200, "{}", said.text());
    }
    until("it is approved", || {
        (other(desk)["stage"] == "approved").then_some(())
    });
    let now = desk.nation.host.seconds();
    let seen = plan["observations"].as_array_mut().unwrap();
    for one in seen.iter_mut() {
        one["at"] = json!(now.to_string());
    }
    let seen: Vec<Observation> = serde_json::from_value(json!(seen)).unwrap();
    let notes = OBSERVERS.map(|observer| {
        let own = seen.iter().filter(|one| one.observer.as_str() == observer);
        let own: Vec<Observation> = own.cloned().collect();
        let text = observations_text(OTHER.parse().unwrap(), &observer.parse().unwrap(), &own);
        let note = Note::sign(&text.unwrap(), &[&signer(observer)], 0).unwrap();
        String::from_utf8(note.to_bytes()).unwrap()
    });
    let dispatch = json!({"act": "dispatch", "observations": notes});
    if act(desk, "e-01", &dispatch)["waits"].is_string() {
        act(desk, "e-02", &dispatch);
    }
}

/// Whether the one effect of a measure is in force, and the other commanded.
fn stands(state: &Value) -> Option<()> {
    let at = |aim: usize| state["effects"][aim]["at"] == ["there", "asked"][aim];
    (at(0) && at(1)).then_some(())
}

/// Both measures, each with an effect at the silent actuator: whichever is first waits for it.
fn both(desk: &Desk) {
    desk.approved_as(&two(desk));
    another(desk);
    desk.dispatched();
    let own = || good(&desk.by("e-01").get(&format!("/v1/measures/{ID}")));
    until("one stands", || stands(&own()["state"]));
    until("the other stands", || stands(&other(desk)));
}

/// Does something in a thread of its own, and gives what came of it, where the actuator that answers heard of both measures that it takes back in time.
fn taken_back<T: Send>(desk: &Desk, done: impl FnOnce() -> T + Send) -> T {
    let host = &desk.nation.host;
    let begun = host.counted_ms();
    std::thread::scope(|scope| {
        let done = scope.spawn(done);
        until("it is taken back", || {
            let heard = desk.actuator.heard();
            let back = heard.iter().filter(|word| *word == "allow");
            (back.count() >= 2).then_some(())
        });
        let took = host.counted_ms() - begun;
        assert!(took < BESIDE_MS, "it took {took} ms");
        done.join().unwrap()
    })
}

#[test]
fn a_release_of_many_measures_begins_all_of_them_before_it_hears_any() {
    let desk = Desk::open(None);
    let _silent = silent(&desk);
    both(&desk);
    let said = taken_back(&desk, || {
        let path = "/v1/measures/release";
        let all = json!({"designation": "D-17"});
        good(&desk.by("e-02").post_json(path, &all))
    });
    assert_eq!(said["released"], 2, "{said}");
    assert_eq!(desk.stage(), "ending");
    assert_eq!(other(&desk)["stage"], "ending");
}

#[test]
fn at_the_command_line_too_a_release_begins_all_measures_before_it_hears_any() {
    let desk = Desk::open(None);
    let _silent = silent(&desk);
    both(&desk);
    let office = desk.nation.role(Role::Office);
    let (node, host) = (desk.nation.office_node(), &desk.nation.host);
    let kill = Kill::Designation("D-17".to_owned());
    let stages = taken_back(&desk, || {
        let release = async |access: &Access| {
            // As the command does: it has calls of its own, and nobody hears them behind it.
            let store = Arc::clone(access.store());
            let room = Room::open(&node, host, store, office.clone()).unwrap();
            let steps = room.release_all(&kill, &"e-02".parse().unwrap()).await;
            let steps = steps.unwrap();
            let stages = steps.iter().map(|one| one.held.state().stage().name());
            stages.collect::<Vec<_>>()
        };
        let folder = office.parent().unwrap();
        with_access(&options(Role::Office, folder), host, release).unwrap()
    });
    assert_eq!(stages, ["ending", "ending"]);
}

#[test]
fn facts_that_suspend_many_measures_suspend_each_beside_the_others() {
    let desk = Desk::open(None);
    let _silent = silent(&desk);
    both(&desk);
    let now = desk.nation.host.seconds().to_string();
    let fact = json!({"low": 6, "high": 9, "source": "passive-dns", "at": now});
    let of = |target: &str| json!({"target": target, "names": fact, "clients": null, "other_ppm": null, "is": [], "looked": null, "countries": []});
    let facts = json!([of(TARGETS[0]), of(TARGET)]);
    let said = taken_back(&desk, || {
        good(&desk.by("o1").put_json("/v1/measure-facts", &facts))
    });
    let suspended = said["suspended"].as_array().unwrap();
    let both = [ID, OTHER].map(|id| suspended.contains(&json!(id)));
    assert_eq!(both, [true, true], "{said}");
}
