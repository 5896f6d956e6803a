//! What the office itself does not touch: names by what they lead to, parents of everybody's names, targets with too many others; the newest lists at actuators. In: an office, a resolver that we did not write, an actuator that writes down what it is
//! told. Out: verdicts. Never: an address beyond loopback.

use super::{Desk, ID, TARGET, good, lists, plan, until};
use crate::nation::options;
use crate::resolver::Unbound;
use sakimori_access::Access;
use sakimori_control::journal::Log;
use sakimori_control::office;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::bring_facts;
use sakimori_node::{Role, with_access};
use sakimori_oversight::book::MeasureAct;
use sakimori_respond::plan::collateral::Facts;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::TcpListener;

const NAME: &str = "bad.example";

/// The plan with a name that is not answered beside the address that is blocked.
pub(super) fn with_name(now: Seconds, name: &str) -> Value {
    let mut plan = plan(now);
    let add = |plan: &mut Value, field: &str, one: Value| {
        plan[field].as_array_mut().unwrap().push(one);
    };
    add(
        &mut plan,
        "aims",
        json!({"deed": "no-answer", "actuator": "edge-1", "country": "GB", "controller": "carrier-a", "target": name}),
    );
    for at in 0..2 {
        let mut seen = plan["observations"][at].clone();
        seen["target"] = json!(name);
        seen["provenance"] = json!(hex(&Sha256::digest(format!("{name} {at}"))));
        add(&mut plan, "observations", seen);
    }
    let mut facts = plan["facts"][0].clone();
    facts["target"] = json!(name);
    add(&mut plan, "facts", facts);
    plan
}

fn acts(desk: &Desk) -> Vec<(MeasureAct, bool, String)> {
    let node = desk.nation.office_node();
    let book = office::book(&node, &mut Log::connect(&node.ledger().socket).unwrap()).unwrap();
    let acts = book.measure_acts().iter();
    acts.map(|acted| (acted.act, acted.actuator.is_none(), acted.detail.clone()))
        .collect()
}

/// Its holder has it lead to a system of the office's own.
const OWN: [&str; 3] = [
    "bad.example. 5 CNAME www.bad.example.",
    "www.bad.example. 5 CNAME portal.example.",
    "portal.example. 5 A 192.0.2.80",
];

/// Before a plan is in order, a name is judged by all that it leads to.
fn judged_by_where_it_leads(program: &std::path::Path, port: u16, check: &dyn Fn() -> Value) {
    // Nobody answers: that is said, and nothing else is known.
    let silent = check();
    assert_eq!(silent["good"], true, "{silent}");
    let words = silent["cautions"].to_string();
    assert!(words.contains("nobody knows what it leads to"), "{words}");
    // It is another name of a system of the office's own.
    let resolver = Unbound::start(program, port, &OWN);
    let refused = until("the chain is followed", || {
        let said = check();
        (said["good"] == false).then_some(said)
    });
    let words = refused["broken"].to_string();
    assert!(
        words.contains("bad.example is protected") && words.contains("192.0.2.0/24"),
        "{words}"
    );
    drop(resolver);
    // An alias that is no name of hosts hides nothing.
    let strange = [
        "bad.example. 5 CNAME a\\032b.example.",
        "a\\032b.example. 5 A 192.0.2.81",
    ];
    let resolver = Unbound::start(program, port, &strange);
    until("the address behind it", || {
        let said = check();
        let words = said["broken"].to_string();
        (said["good"] == false && words.contains("192.0.2.0/24")).then_some(())
    });
    drop(resolver);
}

#[test]
fn a_name_is_held_against_the_lists_by_where_it_leads_at_proposal_and_by_where_it_led_while_decided()
 {
    let test = "a_name_is_held_against_the_lists_by_where_it_leads_at_proposal_and_by_where_it_led_while_decided";
    let Some(program) = sakimori_testkit::program(test, "unbound") else {
        return;
    };
    let desk = Desk::open(None);
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let settings = json!({"closed": true, "resolver": format!("127.0.0.1:{port}")});
    let file = desk.nation.role(Role::Office).join("alerts.json");
    std::fs::write(file, settings.to_string()).unwrap();
    let officer = desk.by("o1");
    let wanted = with_name(desk.nation.host.seconds(), NAME);
    let check = || good(&officer.post_json("/v1/measures/check", &wanted));
    judged_by_where_it_leads(&program, port, &check);
    // It leads elsewhere: it can be proposed, signed and decided.
    let resolver = Unbound::start(&program, port, &["bad.example. 5 A 203.0.113.9"]);
    until("the new answer", || (check()["good"] == true).then_some(()));
    desk.approved_as(&wanted);
    let look = || good(&officer.get(&format!("/v1/measures/{ID}/look")));
    let names = look()["names"][NAME].clone();
    assert!(names.to_string().contains("203.0.113.9"), "{names}");
    drop(resolver);
    // Decided, and its holder leads it to what is protected: that ends nothing, and a person is called once.
    let _resolver = Unbound::start(&program, port, &OWN);
    let pages = || {
        let alarms = good(&desk.by("o1").get("/v1/measure-alarms"));
        let all = alarms.as_array().unwrap().clone().into_iter();
        let of = |one: &Value| one["kind"] == "page" && one["words"].to_string().contains(NAME);
        all.filter(of).collect::<Vec<_>>()
    };
    let page = until("a person is called", || pages().pop());
    let words = page["words"].to_string();
    assert!(
        words.contains("leads elsewhere since it was decided"),
        "{words}"
    );
    let names = look()["names"][NAME].to_string();
    assert!(
        names.contains("203.0.113.9") && names.contains("192.0.2.80"),
        "what it led to stays on record: {names}"
    );
    assert_eq!(desk.stage(), "approved", "its holder takes nothing back");
    assert_eq!(pages().len(), 1);
    // By the lists of now, and where it led when it was decided, it may not go on: it is suspended, and that is an entry.
    let newer = lists(&desk.nation, 2, "203.0.113.9\n");
    good(&desk.by("admin").put_json("/v1/safety-lists", &newer));
    desk.comes_to("suspended");
    let detail = until("the entry", || {
        let of = acts(&desk);
        let safety = of.into_iter().find(|(act, ..)| *act == MeasureAct::Safety);
        safety.map(|(_, all, detail)| {
            assert!(all, "it is about all actuators");
            detail
        })
    });
    assert!(
        detail.contains(NAME) && detail.contains("203.0.113.9"),
        "{detail}"
    );
    assert!(!desk.actuator.heard().contains(&"deny".to_owned()));
}

#[test]
fn acceptance_10_a_parent_of_dynamic_names_is_refused_at_the_office_with_the_name_below_it() {
    let desk = Desk::open(None);
    let officer = desk.by("o1");
    for parent in ["no-ip.org", "*.no-ip.org"] {
        let wanted = with_name(desk.nation.host.seconds(), parent);
        let refused = good(&officer.post_json("/v1/measures/check", &wanted));
        assert_eq!(refused["good"], false, "{refused}");
        let words = refused["broken"].to_string();
        assert!(words.contains("bad.no-ip.org"), "{words}");
    }
    // Proposed all the same, nobody can find it in order.
    let wanted = with_name(desk.nation.host.seconds(), "no-ip.org");
    let proposed = good(&officer.post_json("/v1/measures", &wanted));
    let words = proposed["cautions"].to_string();
    assert!(
        words.contains("forbidden: no-ip.org") && words.contains("bad.no-ip.org"),
        "{words}"
    );
    let review = desk.act("o2", &json!({"act": "review"}));
    assert_eq!(review.status, 422, "{}", review.text());
    assert!(review.text().contains("bad.no-ip.org"), "{}", review.text());
    assert_eq!(desk.stage(), "drafted");
    let page = officer.get(&format!("/measures/{ID}")).text();
    assert!(page.contains("no resolver is set"), "{page}");
    // The name below it can be.
    let below = with_name(desk.nation.host.seconds(), "bad.no-ip.org");
    let fine = good(&officer.post_json("/v1/measures/check", &below));
    assert_eq!(fine["good"], true, "{fine}");
}

#[test]
fn facts_that_ask_for_more_suspend_what_is_in_force_and_newest_lists_go_to_actuators() {
    let desk = Desk::open(None);
    desk.approved();
    desk.dispatched();
    desk.comes_to("in-force");
    // The bundle in use came to the actuator by itself, byte for byte, and a newer one does.
    let admin = desk.by("admin");
    let newer = lists(&desk.nation, 2, "203.0.113.0/24\n");
    good(&admin.put_json("/v1/safety-lists", &newer));
    until("the lists", || {
        use base64::Engine;
        let brought = desk.actuator.heard.lists.lock().unwrap().clone();
        let base64 = base64::engine::general_purpose::STANDARD;
        let text = |field: &str| base64.decode(brought[field].as_str()?).ok();
        let same = text("note")? == newer["note"].as_str()?.as_bytes()
            && text("file")? == newer["lists"].as_str()?.as_bytes();
        same.then_some(())
    });
    let shown = until("it is told", || {
        let shown = good(&desk.by("o1").get("/v1/safety-lists"))["actuators"]["edge-1"].clone();
        (shown["version"] == 2 && shown["state"] == "taken").then_some(shown)
    });
    assert_eq!(shown["words"], "");
    // Somebody counts names on the address.
    let officer = desk.by("o1");
    let now = desk.nation.host.seconds();
    let fact = json!({"low": 6, "high": 9, "source": "passive-dns", "at": now.to_string()});
    let facts = json!([{"target": TARGET, "names": fact, "clients": null, "other_ppm": null, "is": [], "looked": null, "countries": []}]);
    let refused = desk.by("e-01").put_json("/v1/measure-facts", &facts);
    assert_eq!(refused.code(), "not-allowed");
    let bad = json!([{"target": "x y", "names": null, "clients": null, "other_ppm": null, "is": [], "looked": null, "countries": []}]);
    assert_eq!(
        officer.put_json("/v1/measure-facts", &bad).code(),
        "refused"
    );
    let brought = good(&officer.put_json("/v1/measure-facts", &facts));
    assert_eq!(
        (&brought["targets"], &brought["suspended"]),
        (&json!(1), &json!([ID]))
    );
    desk.comes_to("suspended");
    let known = good(&officer.get("/v1/measure-facts"));
    assert_eq!(known["facts"][0]["by"], "o1");
    assert!(
        known["facts"][0]["age_seconds"].as_u64().unwrap() < 600,
        "{known}"
    );
    until("it is on record", || {
        let of = acts(&desk);
        of.iter()
            .any(|(act, all, detail)| {
                *act == MeasureAct::Safety && *all && detail.contains("passive-dns")
            })
            .then_some(())
    });
}

#[test]
fn facts_that_were_kept_and_not_acted_on_suspend_by_the_next_round() {
    let desk = Desk::open(None);
    desk.approved();
    desk.dispatched();
    desk.comes_to("in-force");
    // Kept by somebody who fell before anything came of it.
    let now = desk.nation.host.seconds();
    let fact = json!({"low": 6, "high": 9, "source": "passive-dns", "at": now.to_string()});
    let facts = json!([{"target": TARGET, "names": fact, "clients": null, "other_ppm": null, "is": [], "looked": null, "countries": []}]);
    let facts: Vec<Facts> = serde_json::from_value(facts).unwrap();
    let put = async |access: &Access| {
        let kept = bring_facts(&**access.store(), &facts, now, "o1").await;
        kept.unwrap();
    };
    let office = desk.nation.role(Role::Office);
    let folder = office.parent().unwrap();
    with_access(&options(Role::Office, folder), &desk.nation.host, put).unwrap();
    desk.comes_to("suspended");
}
