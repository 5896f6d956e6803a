//! A measure that follows a playbook. In: playbooks, answers of people and actuators, time, falls between any two records. Out: which effect is put in force when. Never: a playbook that the code under test wrote.

use super::*;
use base64::Engine as _;
use sakimori_respond::cacao::{Next, Playbook, Task, check, next};
use sakimori_respond::plan::life::{At, Fact, Play};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const DESK: &str = "organization--00000000-0000-4000-8000-aaaaaaaaaaaa";
const EDGE: &str = "http-api--00000000-0000-4000-8000-bbbbbbbbbbbb";

fn id(kind: &str, number: usize) -> String {
    format!("{kind}--00000000-0000-4000-8000-{number:012}")
}

fn end() -> Value {
    json!({"type": "end"})
}

fn person(words: &str, then: &str) -> Value {
    json!({"type": "action", "agent": DESK, "commands": [{"type": "manual", "command": words}], "on_completion": then})
}

/// A command of `OpenC2` to the edge.
fn edge(command: &Value, then: &str) -> Value {
    let content = base64::engine::general_purpose::STANDARD.encode(command.to_string());
    json!({"type": "action", "agent": EDGE, "on_completion": then, "commands": [
        {"type": "openc2-http", "command": "POST /.well-known/openc2 HTTP/1.1", "content_b64": content},
    ]})
}

fn deny(number: usize) -> Value {
    json!({"action": "deny", "target": {"ipv4_net": target(number)}, "args": {"slpf": {"direction": "both"}}})
}

fn allow(number: usize) -> Value {
    json!({"action": "allow", "target": {"ipv4_net": target(number)}, "args": {"slpf": {"direction": "both"}}})
}

/// A playbook of steps; the first leads to `action--1`.
fn document(steps: &[(String, Value)], variables: &Value) -> Vec<u8> {
    let mut workflow = Map::new();
    workflow.insert(
        id("start", 0),
        json!({"type": "start", "on_completion": id("action", 1)}),
    );
    workflow.extend(steps.iter().cloned());
    json!({
        "type": "playbook", "spec_version": "cacao-2.0", "id": id("playbook", 1), "name": "p", "created_by": id("identity", 1),
        "created": "2026-11-01T00:00:00.000Z", "modified": "2026-11-01T00:00:00.000Z", "workflow_start": id("start", 0),
        "workflow": workflow, "playbook_variables": variables,
        "agent_definitions": {
            DESK: {"type": "organization", "name": "Duty desk"},
            EDGE: {"type": "http-api", "name": "edge-1", "address": {"dname": ["edge-1.test"]}},
        },
    })
    .to_string()
    .into_bytes()
}

fn read(bytes: &[u8]) -> Playbook {
    check(bytes).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// A look by a person, then the second target, then the first.
fn ordered() -> Playbook {
    let steps = [
        (
            id("action", 1),
            person("look at the meter", &id("action", 2)),
        ),
        (id("action", 2), edge(&deny(2), &id("action", 3))),
        (id("action", 3), edge(&deny(1), &id("end", 4))),
        (id("end", 4), end()),
    ];
    read(&document(&steps, &json!({})))
}

fn following(count: usize, playbook: &Playbook) -> Plan {
    Plan {
        playbook: Some(Digest(playbook.digest)),
        ..plan(count)
    }
}

/// Goes on until somebody is waited for; gives the commands on the way.
fn on(case: &mut Case, playbook: &Playbook) -> (Next, Vec<Command>) {
    let mut sent = Vec::new();
    loop {
        // Whoever fell here goes on from the records alone.
        let back = Life::restore(&case.records).unwrap();
        assert_eq!(back.state(), case.life.state());
        match next(playbook, back.state(), at(case.now)) {
            Next::Event(event) => sent.extend(commands(&case.well(&event))),
            waits => return (waits, sent),
        }
    }
}

fn task(next: Next) -> Task {
    match next {
        Next::Person(task) => *task,
        other => panic!("nobody is waited for: {other:?}"),
    }
}

fn said(case: &Case, task: &Task, well: bool, values: &[(&str, &str)]) -> Event {
    let values = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Event::Played {
        at: case.life.state().played().len(),
        play: Play {
            by: "tanaka".to_owned(),
            step: task.step.clone(),
            command: task.command,
            well,
            values: values.collect::<BTreeMap<_, _>>(),
        },
    }
}

#[test]
fn effects_come_in_the_playbook_s_order_each_behind_the_answers_before_it() {
    let playbook = ordered();
    let mut case = Case::new(following(2, &playbook));
    assert_eq!(
        playbook.problems(case.life.state().plan(), at(case.now)),
        []
    );
    case.approve();
    assert_eq!(
        case.dispatch(),
        [],
        "nothing before the playbook has come to it"
    );
    let (waits, sent) = on(&mut case, &playbook);
    assert_eq!(sent, []);
    let called = |case: &Case| {
        let calls = case.records.iter();
        let calls = calls.filter(|record| matches!(record.fact, Fact::Called { .. }));
        calls.count()
    };
    assert_eq!(called(&case), 1);
    assert_eq!(
        commands(&case.tick(60)),
        [],
        "a person is waited for, not the clock"
    );
    let look = task(waits);
    case.well(&said(&case, &look, true, &[]));
    let (_, first) = on(&mut case, &playbook);
    assert_eq!(called(&case), 1, "a person is called once");
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].target, target(2), "the playbook's order");
    assert_eq!(case.answer(&first), []);
    let (waits, sent) = on(&mut case, &playbook);
    assert!(matches!(waits, Next::Effect { aim: 0, .. }), "{waits:?}");
    assert_eq!(sent, [], "the first effect soaks alone");
    let second = commands(&case.tick(300));
    assert_eq!(second.len(), 1);
    assert_eq!(second[0].target, target(1));
    case.answer(&second);
    assert_eq!(
        case.stage(),
        Stage::Dispatching,
        "the playbook is not at its end"
    );
    let (waits, _) = on(&mut case, &playbook);
    assert_eq!(waits, Next::Nothing);
    assert_eq!(case.stage(), Stage::InForce);
    let by: Vec<&str> = case
        .life
        .state()
        .played()
        .iter()
        .map(|(_, play)| play.by.as_str())
        .collect();
    assert_eq!(by, ["tanaka", "edge-1", "edge-1"]);
}

#[test]
fn an_answer_is_taken_once_and_to_the_task_that_waits() {
    let playbook = ordered();
    let mut case = Case::new(following(2, &playbook));
    case.approve();
    let early = Event::Come { aim: 1 };
    assert!(case.refused(&early).contains("cannot happen"));
    case.dispatch();
    let look = task(on(&mut case, &playbook).0);
    let answer = said(&case, &look, true, &[]);
    case.well(&answer);
    assert!(case.refused(&answer).contains("another answer came before"));
    let long = said(&case, &look, true, &[("__x__", &"x".repeat(1025))]);
    assert!(case.refused(&long).contains("at most"));
    // A measure without a playbook knows none of this.
    let mut other = Case::new(plan(1));
    other.approve();
    other.dispatch();
    assert!(other.refused(&early).contains("cannot happen"));
}

#[test]
fn what_the_playbook_never_comes_to_is_left_out_and_what_it_takes_back_is_gone() {
    let more = id("if-condition", 2);
    let steps = [
        (id("action", 1), edge(&deny(1), &more)),
        (
            more,
            json!({"type": "if-condition", "condition": "__more__:value = 'yes'", "on_true": id("action", 3), "on_completion": id("while-condition", 5)}),
        ),
        (id("action", 3), edge(&deny(2), &id("end", 4))),
        (id("end", 4), end()),
        (
            id("while-condition", 5),
            json!({"type": "while-condition", "condition": "__calm__:value = 'no'", "on_true": id("action", 6), "on_completion": id("action", 8), "timeout": 3_600_000}),
        ),
        (
            id("action", 6),
            person("is it calm? __calm__", &id("end", 7)),
        ),
        (id("end", 7), end()),
        (id("action", 8), edge(&deny(3), &id("action", 9))),
        (id("action", 9), edge(&allow(1), &id("end", 10))),
        (id("end", 10), end()),
    ];
    let variables = json!({"__more__": {"type": "string", "value": "no"}, "__calm__": {"type": "string", "value": "no"}});
    let playbook = read(&document(&steps, &variables));
    let mut plan = following(3, &playbook);
    plan.soak_seconds = 0;
    let mut case = Case::new(plan);
    assert_eq!(
        playbook.problems(case.life.state().plan(), at(case.now)),
        []
    );
    case.approve();
    case.dispatch();
    let first = on(&mut case, &playbook).1;
    case.answer(&first);
    for calm in ["no", "no", "yes"] {
        let ask = task(on(&mut case, &playbook).0);
        case.now += 60;
        case.well(&said(&case, &ask, true, &[("__calm__", calm)]));
    }
    let mut third = on(&mut case, &playbook).1;
    third.extend(commands(&case.tick(1)));
    let targets: Vec<&str> = third.iter().map(|one| one.target.as_str()).collect();
    assert_eq!(targets, [target(3)], "the branch was not taken");
    case.answer(&third);
    let back = on(&mut case, &playbook).1;
    assert_eq!((back.len(), back[0].begins()), (1, false));
    assert_eq!(back[0].target, target(1));
    case.answer(&back);
    on(&mut case, &playbook);
    assert_eq!(case.stage(), Stage::InForce);
    let stands: Vec<At> = case
        .life
        .state()
        .effects()
        .iter()
        .map(|one| one.at)
        .collect();
    assert_eq!(stands, [At::Gone, At::Not, At::There]);
}

#[test]
fn a_playbook_that_fails_takes_all_back_and_begins_anew_with_the_next_dispatch() {
    let steps = [
        (id("action", 1), edge(&deny(1), &id("action", 2))),
        (
            id("action", 2),
            json!({"type": "action", "agent": DESK, "commands": [{"type": "manual", "command": "call the ward"}], "on_success": id("end", 3), "timeout": 60_000}),
        ),
        (id("end", 3), end()),
    ];
    let playbook = read(&document(&steps, &json!({})));
    let mut case = Case::new(following(1, &playbook));
    case.approve();
    case.dispatch();
    let begun = on(&mut case, &playbook).1;
    case.answer(&begun);
    task(on(&mut case, &playbook).0);
    case.now += 60;
    assert!(matches!(on(&mut case, &playbook).0, Next::Person(_)));
    case.now += 1;
    let (waits, ends) = on(&mut case, &playbook);
    assert_eq!(waits, Next::Nothing);
    assert_eq!(
        case.stage(),
        Stage::Suspended,
        "nobody answered in a minute"
    );
    assert_eq!((ends.len(), ends[0].begins()), (1, false));
    case.answer(&ends);
    let words = "the ward answers now".to_owned();
    case.well(&Event::Resume {
        by: name("ito"),
        words,
    });
    case.now += 10;
    case.dispatch();
    let again = on(&mut case, &playbook).1;
    assert_eq!(again.len(), 1, "from its beginning");
    case.answer(&again);
    let ask = task(on(&mut case, &playbook).0);
    case.well(&said(&case, &ask, true, &[]));
    on(&mut case, &playbook);
    assert_eq!(case.stage(), Stage::InForce);
}

#[test]
fn a_playbook_that_commands_what_the_plan_does_not_list_is_refused_with_the_step() {
    let with = |command: &Value| {
        let steps = [
            (id("action", 1), edge(command, &id("end", 2))),
            (id("end", 2), end()),
        ];
        read(&document(&steps, &json!({})))
    };
    let told = |playbook: &Playbook, plan: &Plan| {
        let problems = playbook.problems(plan, at(NOW));
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    let slpf =
        |args: Value| json!({"action": "deny", "target": {"ipv4_net": target(1)}, "args": args});
    for (command, words) in [
        (deny(9), "is no effect of the plan"),
        (
            json!({"action": "query", "target": {"features": []}}),
            "puts no effect in force",
        ),
        (
            slpf(json!({"stop_time": 1_900_000_000_000_u64})),
            "the measure does",
        ),
        (slpf(json!({"duration": 1000})), "not that of the plan"),
        (
            slpf(json!({"slpf": {"direction": "ingress"}})),
            "nothing else is commanded",
        ),
        (
            slpf(json!({"slpf": {"drop_process": "reject"}})),
            "nothing else is commanded",
        ),
        (
            slpf(json!({"x-sakimori": {"deed": "black-hole"}})),
            "is no effect of the plan",
        ),
    ] {
        let playbook = with(&command);
        let lines = told(&playbook, &following(1, &playbook));
        assert!(lines.contains(words), "{command}: {lines}");
        assert!(
            lines.contains("/playbook/workflow/action--") || words.is_empty(),
            "{lines}"
        );
    }
    let good = with(&deny(1));
    assert_eq!(told(&good, &following(1, &good)), "");
    let two = told(&good, &following(2, &good));
    assert!(
        two.contains("/aims/1: no step of the playbook puts it in force"),
        "{two}"
    );
    let other = Plan {
        playbook: Some(digest("another")),
        ..plan(1)
    };
    assert!(told(&good, &other).contains("names another playbook"));
    let mut elsewhere = following(1, &good);
    elsewhere.aims[0].actuator = name("edge-2");
    assert!(told(&good, &elsewhere).contains("not the name of an actuator"));
}

#[test]
fn no_more_is_sent_in_a_minute_than_the_actuator_says_it_takes() {
    let mut case = Case::new(plan(30));
    case.approve();
    let canary = case.dispatch();
    case.answer(&canary);
    case.load.rates.insert(name("edge-1"), 1);
    let tenth = commands(&case.tick(300));
    assert_eq!(tenth.len(), 1, "two would be a tenth");
    // An actuator that says that it takes nothing does not stop the measure by that.
    let mut none = Case::new(plan(30));
    none.approve();
    let canary = none.dispatch();
    none.answer(&canary);
    none.load.rates.insert(name("edge-1"), 0);
    assert_eq!(commands(&none.tick(300)).len(), 1);
    // A word of more than the office lets through lets no more through.
    let mut other = Case::new(plan(30));
    other.terms.ceilings.actuator = 1;
    other.approve();
    let canary = other.dispatch();
    other.answer(&canary);
    other.load.rates.insert(name("edge-1"), 1_000_000);
    assert_eq!(commands(&other.tick(300)).len(), 1);
}
