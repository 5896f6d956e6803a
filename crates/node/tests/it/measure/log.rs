//! Measures while the log is away, a life beside them that nobody can read, a node that falls meanwhile. In: a running office whose log is taken from it. Out: verdicts. Never: an end, or an answer, that waits for the log; an act that is not on record
//! behind it.

use super::{Desk, ID, good, until};
use crate::nation::options;
use sakimori_access::Access;
use sakimori_control::journal::Log;
use sakimori_control::office;
use sakimori_node::{Role, start, with_access};
use sakimori_oversight::book::MeasureAct;
use sakimori_store::{Change, Paper};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// The log's socket, and where it is laid while the log is away.
fn socket(desk: &Desk) -> (PathBuf, PathBuf) {
    let socket = desk.nation.office_node().ledger().socket;
    let away = socket.with_extension("away");
    (socket, away)
}

/// Acts of measures on record.
fn acts(desk: &Desk) -> Vec<(MeasureAct, String)> {
    let node = desk.nation.office_node();
    let mut log = Log::connect(&node.ledger().socket).unwrap();
    let book = office::book(&node, &mut log).unwrap();
    let acts = book.measure_acts().iter();
    acts.map(|acted| (acted.act, acted.detail.clone()))
        .collect()
}

fn count(all: &[(MeasureAct, String)], act: MeasureAct, words: &str) -> usize {
    let own = all.iter();
    own.filter(|(of, detail)| *of == act && detail.contains(words))
        .count()
}

#[test]
fn with_the_log_away_answers_are_taken_in_and_all_of_it_is_on_record_behind_a_fall_once() {
    let mut desk = Desk::open(None);
    desk.approved();
    let (socket, away) = socket(&desk);
    let heard = std::sync::Arc::clone(&desk.actuator.heard);
    heard.holds.store(true, Ordering::Relaxed);
    std::thread::scope(|scope| {
        let dispatched = scope.spawn(|| desk.dispatched());
        until("the command", || {
            desk.actuator
                .heard()
                .contains(&"deny".to_owned())
                .then_some(())
        });
        // On its way, the log goes.
        std::fs::rename(&socket, &away).unwrap();
        heard.holds.store(false, Ordering::Relaxed);
        dispatched.join().unwrap();
    });
    desk.comes_to("in-force");
    good(&desk.act("e-02", &json!({"act": "hold"})));
    good(&desk.act("e-02", &json!({"act": "release"})));
    desk.comes_to("ended");
    let alarms = good(&desk.by("e-01").get("/v1/measure-alarms")).to_string();
    assert!(alarms.contains("trouble"), "{alarms}");
    // The node falls, and begins again.
    std::fs::rename(&away, &socket).unwrap();
    let before = acts(&desk);
    assert_eq!(
        count(&before, MeasureAct::Effect, "in force"),
        0,
        "{before:?}"
    );
    let office = desk.nation.role(Role::Office);
    let folder = office.parent().unwrap().to_owned();
    desk.nation.office.stop();
    let again = start(&options(Role::Office, &folder), &desk.nation.host);
    desk.nation.office = again.unwrap();
    let all = until("all of it is on record", || {
        let all = acts(&desk);
        let some = [
            (MeasureAct::Effect, "in force"),
            (MeasureAct::Hold, "e-02"),
            (MeasureAct::Kill, "e-02"),
            (MeasureAct::End, "taken back"),
        ];
        let there = some.iter().all(|(act, words)| count(&all, *act, words) > 0);
        there.then_some(all)
    });
    for (act, words) in [
        (MeasureAct::Effect, "in force"),
        (MeasureAct::Hold, "e-02"),
        (MeasureAct::Kill, "e-02"),
    ] {
        assert_eq!(count(&all, act, words), 1, "{all:?}");
    }
}

#[test]
fn a_life_that_nobody_can_read_keeps_no_other_from_its_way_and_is_told() {
    let desk = Desk::open(None);
    desk.approved();
    desk.dispatched();
    desk.comes_to("in-force");
    let office = desk.nation.role(Role::Office);
    let broken = Paper {
        kind: "measure".to_owned(),
        owner: "office".to_owned(),
        id: ID.replace('1', "2"),
        version: 1,
        state: "drafted".to_owned(),
        due: None,
        at: 1,
        by: "o1".to_owned(),
        body: "{}".to_owned(),
    };
    let put = async |access: &Access| {
        let changed = access
            .store()
            .apply(&[Change::AddPaper(broken.clone())])
            .await;
        changed.unwrap();
    };
    let folder = office.parent().unwrap();
    with_access(&options(Role::Office, folder), &desk.nation.host, put).unwrap();
    until("it is told", || {
        let alarms = good(&desk.by("e-01").get("/v1/measure-alarms")).to_string();
        alarms.contains("cannot be read").then_some(())
    });
    let stranger = desk.nation.stranger(Role::Office);
    let words = json!({"target": super::TARGET, "words": "we are a bakery"});
    assert_eq!(stranger.post_json("/v1/complaints", &words).status, 201);
    good(&desk.act("e-02", &json!({"act": "release"})));
    desk.comes_to("ended");
    let listed = good(&desk.by("e-01").get("/v1/measures"));
    assert_eq!(listed["measures"].as_array().unwrap().len(), 1, "{listed}");
}
