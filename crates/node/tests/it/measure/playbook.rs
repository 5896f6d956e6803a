//! A measure that follows a playbook at a running office, from its import to the report behind the end. In: a playbook, people who answer, an actuator that writes down what it is told. Out: verdicts. Never: an effect before its step.

use super::{Desk, ID, TARGET, good, plan, until};
use crate::nation::options;
use base64::Engine as _;
use sakimori_custody::ids::unhex;
use sakimori_node::measure::Room;
use sakimori_node::{Role, open_store};
use sakimori_respond::plan::Digest;
use sakimori_respond::report::chain::verify;
use sakimori_testkit::{program, skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const SECOND: &str = "198.51.100.8/32";
const DESK: &str = "organization--00000000-0000-4000-8000-aaaaaaaaaaaa";
const EDGE: &str = "http-api--00000000-0000-4000-8000-bbbbbbbbbbbb";

fn step(number: u8) -> String {
    format!("action--00000000-0000-4000-8000-00000000000{number}")
}

fn person(words: &str, then: &str) -> Value {
    json!({"type": "action", "name": words, "agent": DESK, "commands": [{"type": "manual", "command": words}], "on_completion": then})
}

fn deny(target: &str, then: &str) -> Value {
    let command = json!({"action": "deny", "target": {"ipv4_net": target}, "args": {"slpf": {"direction": "both"}}});
    let content = base64::engine::general_purpose::STANDARD.encode(command.to_string());
    json!({"type": "action", "agent": EDGE, "on_completion": then, "commands": [
        {"type": "openc2-http", "command": "POST /.well-known/openc2 HTTP/1.1", "content_b64": content},
    ]})
}

/// A look, the second target, another look, the first target.
fn playbook() -> Value {
    let end = "end--00000000-0000-4000-8000-000000000009";
    let start = "start--00000000-0000-4000-8000-000000000000";
    json!({
        "type": "playbook", "spec_version": "cacao-2.0", "id": "playbook--00000000-0000-4000-8000-000000000001", "name": "Step by step",
        "created_by": "identity--00000000-0000-4000-8000-000000000001", "created": "2026-11-01T00:00:00.000Z", "modified": "2026-11-01T00:00:00.000Z",
        "workflow_start": start,
        "workflow": {
            start: {"type": "start", "on_completion": step(1)},
            step(1): person("Look at the meter", &step(2)),
            step(2): deny(SECOND, &step(3)),
            step(3): person("Ask the ward", &step(4)),
            step(4): deny(TARGET, end),
            end: {"type": "end"},
        },
        "agent_definitions": {
            DESK: {"type": "organization", "name": "Duty desk"},
            EDGE: {"type": "http-api", "name": "edge-1", "address": {"dname": ["edge-1.test"]}},
        },
    })
}

/// A plan of two targets that names a playbook.
fn two(desk: &Desk, digest: &str) -> Value {
    let mut plan = plan(desk.nation.host.seconds());
    let again = |value: &Value| {
        let text = value.to_string().replace(TARGET, SECOND);
        serde_json::from_str::<Value>(&text).unwrap()
    };
    for list in ["aims", "observations", "facts"] {
        let more: Vec<Value> = plan[list].as_array().unwrap().iter().map(again).collect();
        plan[list].as_array_mut().unwrap().extend(more);
    }
    plan["playbook"] = json!(digest);
    plan
}

fn played(desk: &Desk) -> Value {
    good(&desk.by("e-01").get(&format!("/v1/measures/{ID}/playbook")))
}

fn denied(desk: &Desk, target: &str) -> bool {
    desk.actuator
        .heard
        .lines
        .lock()
        .unwrap()
        .contains_key(target)
}

fn waits_for(desk: &Desk, words: &str) {
    until(words, || {
        let waits = &played(desk)["waits"];
        (waits["kind"] == "person" && waits["words"] == words).then_some(())
    });
}

#[test]
fn a_playbook_is_kept_held_against_its_plan_and_brings_the_measure_in_force_step_by_step() {
    let desk = Desk::open(None);
    let officer = desk.by("o1");
    let mut broken = playbook();
    broken["workflow"][step(3)]["on_completion"] =
        json!("action--00000000-0000-4000-8000-000000000077");
    let refused = officer.post_json("/v1/playbooks", &broken);
    assert_eq!(refused.code(), "refused");
    assert!(
        refused.text().contains("dangling-step"),
        "{}",
        refused.text()
    );
    let kept = good(&officer.post_json("/v1/playbooks", &playbook()));
    let digest = kept["digest"].as_str().unwrap().to_owned();
    assert_eq!(
        good(&officer.post_json("/v1/playbooks", &playbook()))["digest"],
        digest.as_str()
    );
    let one = good(&officer.get(&format!("/v1/playbooks/{digest}")));
    assert_eq!(one["commands"].as_array().unwrap().len(), 4);
    assert_eq!(
        good(&officer.get("/v1/playbooks"))["playbooks"][0]["digest"],
        digest.as_str()
    );

    // Another playbook than the kept one, and one effect that the playbook never comes to.
    let mut wrong = two(&desk, &"ab".repeat(32));
    good(&officer.post_json("/v1/measures", &wrong));
    let review = desk.act("o2", &json!({"act": "review"}));
    assert!(review.text().contains("no playbook"), "{}", review.text());
    wrong = plan(desk.nation.host.seconds());
    wrong["playbook"] = json!(digest);
    good(&officer.post_json("/v1/measures", &wrong));
    let review = desk.act("o2", &json!({"act": "review"})).text();
    assert!(review.contains("no effect of the plan"), "{review}");

    desk.approved_as(&two(&desk, &digest));
    desk.dispatched();
    waits_for(&desk, "Look at the meter");
    assert!(!denied(&desk, SECOND) && !denied(&desk, TARGET));
    let page = desk.by("e-01").get(&format!("/measures/{ID}/playbook"));
    assert!(page.text().contains("Look at the meter"), "{}", page.text());
    assert!(page.text().contains("name=\"done\""), "{}", page.text());
    let reader = officer.get(&format!("/measures/{ID}/playbook")).text();
    assert!(!reader.contains("name=\"done\""), "{reader}");
    let alarms = good(&desk.by("e-01").get("/v1/measure-alarms")).to_string();
    assert!(alarms.contains("Look at the meter"), "{alarms}");

    let answer = |by: &str, step: &str| {
        let act = json!({"act": "play", "step": step, "done": true});
        desk.act(by, &act)
    };
    assert_eq!(answer("o1", &step(1)).code(), "not-allowed");
    assert_eq!(answer("e-01", &step(3)).code(), "refused");
    let unknown = json!({"act": "play", "step": step(1), "done": true, "values": {"__x__": "1"}});
    assert_eq!(desk.act("e-01", &unknown).code(), "refused");
    good(&answer("e-01", &step(1)));
    waits_for(&desk, "Ask the ward");
    assert!(denied(&desk, SECOND), "the playbook's first effect");
    assert!(!denied(&desk, TARGET), "the second waits for the ward");
    assert_eq!(desk.stage(), "dispatching");
    good(&answer("e-02", &step(3)));
    desk.comes_to("in-force");
    assert!(denied(&desk, TARGET));
    let played = played(&desk);
    assert_eq!(played["over"], true, "{played}");
    let by: Vec<&str> = played["answered"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["by"].as_str().unwrap())
        .collect();
    assert_eq!(by, ["e-01", "edge-1", "e-02", "edge-1"]);

    reported(&desk);
}

/// Evidence, the report behind the end, the chain of custody.
fn reported(desk: &Desk) {
    let (officer, responder) = (desk.by("o1"), desk.by("e-01"));
    let path = |rest: &str| format!("/v1/measures/{ID}{rest}");
    let put = |name: &str, bytes: &[u8]| {
        officer.put(
            &path(&format!("/evidence/{name}")),
            "application/octet-stream",
            bytes,
        )
    };
    assert_eq!(put("finding-1", b"another").code(), "refused");
    assert_eq!(put("finding-9", b"finding").code(), "refused");
    assert_eq!(good(&put("finding-1", b"finding"))["new"], true);
    assert_eq!(good(&put("finding-1", b"finding"))["new"], false);
    let kept = good(&officer.get(&path("/evidence")));
    assert_eq!(kept["evidence"][0]["class"], "selected", "{kept}");

    let early = responder.post_json(&path("/report"), &json!({"words": "too early"}));
    assert_eq!(early.code(), "refused");
    good(&desk.act("e-02", &json!({"act": "release"})));
    desk.comes_to("ended");
    let draft = good(&officer.get(&path("/report")));
    assert_eq!(draft["handed_in"], false);
    let words = "It was needed. <b>1 | 2</b>";
    let none = officer.post_json(&path("/report"), &json!({"words": words}));
    assert_eq!(none.code(), "not-allowed");
    let state = good(&responder.post_json(&path("/report"), &json!({"words": words})));
    assert_eq!(state["stage"], "reported", "{state}");
    let again = responder.post_json(&path("/report"), &json!({"words": words}));
    assert_eq!(again.code(), "refused", "{}", again.text());
    let report = good(&officer.get(&path("/report")));
    assert_eq!(report["handed_in"], true);
    let said = &report["report"];
    assert_eq!(said["words"], words);
    assert_eq!(said["asked"]["evidence"][0]["bytes"], "kept");
    assert_eq!(said["decided"][0]["what"], "approved");
    assert_eq!(said["end"], "killed");
    let effects = said["effects"].as_array().unwrap();
    assert_eq!(effects.len(), 2);
    for effect in effects {
        assert!(
            effect["in_force"].is_string() && effect["gone"].is_string(),
            "{effect}"
        );
    }
    let happened = said["happened"].to_string();
    assert!(
        happened.contains(&format!("e-02 {}: done", step(3))),
        "{happened}"
    );
    // The document that is kept is the one whose SHA-256 is in the log.
    let paper = serde_json::from_value::<sakimori_respond::report::paper::Paper>(said.clone());
    let digest = Digest::of(paper.unwrap().bytes()).to_string();
    assert_eq!(report["sha256"], digest.as_str());
    let page = officer.get(&format!("/measures/{ID}/report")).text();
    assert!(
        page.contains("&lt;b&gt;1 | 2&lt;/b&gt;") && page.contains(&digest),
        "{page}"
    );
    let markdown = report["markdown"]["ja"].as_str().unwrap();
    assert!(markdown.contains("\\<b\\>1 \\| 2"), "{markdown}");

    let custody = good(&officer.get(&path("/custody")));
    let chain = custody["chain"].as_str().unwrap();
    let head = unhex::<32>(custody["head"].as_str().unwrap()).unwrap();
    let links = verify(chain, Some(head)).unwrap();
    let what: Vec<&str> = links
        .links()
        .iter()
        .map(|link| link.what.as_str())
        .collect();
    assert!(what.contains(&"evidence finding-1 (selected)"), "{what:?}");
    assert!(what.contains(&"reported"), "{what:?}");
    validated(&custody["case"]);
}

#[test]
fn a_copy_of_a_finding_goes_with_the_finding_and_its_link_stays() {
    let desk = Desk::open(None);
    let plan = plan(desk.nation.host.seconds());
    let officer = desk.by("o1");
    let said = good(&officer.post_json("/v1/measures", &plan));
    assert_eq!(
        said["evidence_elsewhere"],
        json!(["finding-1"]),
        "this node has no such finding"
    );
    let folder = desk.nation.role(Role::Office);
    let id = ID.parse().unwrap();
    let run = tokio::runtime::Runtime::new().unwrap();
    let (node, host) = (desk.nation.office_node(), desk.nation.host.clone());
    run.block_on(async {
        let store = open_store(&options(Role::Office, folder.parent().unwrap()))
            .await
            .unwrap();
        let room = Room::open(&node, &host, store, folder.clone()).unwrap();
        // As a copy of a finding that is not shown to anybody any more: the node's own rounds may come first.
        let kept = room.keep(id, "finding-1", b"finding", Some(77), "o1").await;
        assert!(kept.unwrap());
    });
    let path = |rest: &str| format!("/v1/measures/{ID}{rest}");
    until("the copy is erased", || {
        let all = good(&officer.get(&path("/evidence")));
        all["evidence"][0]["erased"].is_string().then_some(())
    });
    let again = officer.put(
        &path("/evidence/finding-1"),
        "application/octet-stream",
        b"finding",
    );
    assert_eq!(again.code(), "refused", "what was erased comes in again");
    let custody = good(&officer.get(&path("/custody")));
    assert_eq!(custody["erased"], 1);
    let head = unhex::<32>(custody["head"].as_str().unwrap()).unwrap();
    let chain = verify(custody["chain"].as_str().unwrap(), Some(head)).unwrap();
    let what: Vec<&str> = chain
        .links()
        .iter()
        .map(|link| link.what.as_str())
        .collect();
    let came = "evidence finding-1 (selected)";
    let gone = "erased: evidence finding-1 (selected)";
    assert_eq!(what, ["drafted", came, gone]);
    let lies = folder.join("measure-evidence").join(ID);
    assert_eq!(
        std::fs::read_dir(lies).unwrap().count(),
        0,
        "nothing is left of it"
    );
    let report = good(&officer.get(&path("/report")));
    assert_eq!(report["report"]["asked"]["evidence"][0]["bytes"], "erased");
}

/// The export of a real measure passes the validator that others wrote.
fn validated(graph: &Value) {
    let test = "acceptance_12_the_case_export_of_a_real_measure_passes_case_validate";
    let Some(validate) = validator(test) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("case.jsonld");
    std::fs::write(&path, graph.to_string()).unwrap();
    let output = Command::new(&validate)
        .args(["--built-version", "case-1.3.0"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("Conforms: True"), "{said}");
}

/// `case_validate` in its version; none where it cannot be installed.
fn validator(test: &str) -> Option<PathBuf> {
    let python = program(test, "python3")?;
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("case-utils-0.18.0");
    std::fs::create_dir_all(&home).unwrap();
    let works =
        |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let speaks =
        || works(Command::new(home.join("bin/python3")).args(["-c", "import case_utils, pyshacl"]));
    let install = || {
        works(Command::new(&python).args(["-m", "venv"]).arg(&home))
            && works(Command::new(home.join("bin/python3")).args([
                "-m",
                "pip",
                "install",
                "-q",
                "case-utils==0.18.0",
            ]))
    };
    if !speaks() && !install() {
        skip(test, "pip could not install case-utils");
        return None;
    }
    Some(home.join("bin/case_validate"))
}
