//! Playbooks that another program ships with, and ten of our own that run.

use base64::Engine;
use proptest::prelude::*;
use sakimori_exchange::stix::Timestamp;
use sakimori_respond::cacao::{
    Command, Condition, Done, Outcome, Playbook, Problem, Rule, Run, RunError, check,
};
use serde_json::Value;

fn has(found: &[Problem], rule: Rule, step: &str) -> bool {
    found.iter().any(|problem| {
        problem.rule == rule && problem.step.as_deref().is_some_and(|id| id.contains(step))
    })
}

#[test]
fn playbooks_of_others_fail_with_the_step_named_and_every_problem_listed() {
    let test = "playbooks_of_others_fail_with_the_step_named_and_every_problem_listed";
    let Some(folder) = sakimori_testkit::data(test, "response/cacao/soarca") else {
        return;
    };
    let problems = |name: &str| -> Vec<Problem> {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        check(&bytes).expect_err(name)
    };
    for (name, rule, step) in [
        (
            "playbooks/infinite_playbook.json",
            Rule::Endless,
            "action--6b23c237",
        ),
        (
            "playbooks/infinite_playbook.json",
            Rule::Dangling,
            "end--40131926",
        ),
        (
            "playbooks/missing_step_playbook.json",
            Rule::Dangling,
            "action--2190f685",
        ),
        (
            "playbooks/missing_step_playbook.json",
            Rule::Dangling,
            "end--40131926",
        ),
        (
            "playbooks/missing_step_playbook.json",
            Rule::Unreached,
            "end--6b23c237",
        ),
        ("playbooks/playbook.json", Rule::Dangling, "end--40131926"),
        (
            "examples/openc2-playbook.json",
            Rule::NotTaken,
            "action--eb9372d4",
        ),
        (
            "examples/powershell-playbook.json",
            Rule::NotTaken,
            "action--010b0420",
        ),
    ] {
        let found = problems(name);
        assert!(
            has(&found, rule, step),
            "{name} {rule:?} {step}: {found:#?}"
        );
    }
    let hint = problems("examples/openc2-playbook.json");
    assert!(
        hint.iter()
            .any(|problem| problem.words.contains("openc2-http"))
    );
    let fin = problems("examples/fin-playbook.json");
    assert!(
        fin.iter()
            .any(|problem| problem.rule == Rule::Schema
                && problem.place.contains("agent_definitions"))
    );
    let changed = problems("playbooks/changed-playbook.json");
    assert!(
        changed
            .iter()
            .any(|problem| problem.rule == Rule::Schema && problem.place == "/workflow")
    );
}

/// Runs a playbook to its end: what was given out, and how it ended. `fails` says which task fails.
fn ran(playbook: Playbook, fails: Option<usize>) -> (Vec<String>, Option<Outcome>) {
    let mut run = Run::begin(playbook);
    let mut given = Vec::new();
    let mut now = 0;
    while let Some(task) = run.next(now).unwrap() {
        assert_eq!(
            run.next(now),
            Err(RunError::Turn),
            "a task is given out once"
        );
        assert!(task.not_before >= now);
        now = task.not_before + 1000;
        let words = match &task.work {
            Command::Manual(words) => words.clone(),
            Command::OpenC2(command) => format!("{} {}", command.action, command.target.name()),
        };
        let well = fails != Some(given.len());
        given.push(words);
        let rounds = given.len().to_string();
        let values = [("__rounds__".to_owned(), rounds)].into();
        run.done(&Done { well, values }, now).unwrap();
    }
    (given, run.outcome())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of runs")]
fn ten_playbooks_of_our_own_pass_and_run() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/playbooks");
    let read = |name: &str| {
        let bytes = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
        check(&bytes).unwrap_or_else(|found| panic!("{name}: {found:#?}"))
    };
    for (name, fails, expected, outcome) in [
        (
            "01-manual",
            None,
            vec!["Call the provider and read the reference number."],
            Outcome::Ended,
        ),
        ("02-openc2", None, vec!["deny ipv4_net"], Outcome::Ended),
        ("02-openc2", Some(0), vec!["deny ipv4_net"], Outcome::Ended),
        (
            "03-two-commands",
            None,
            vec!["deny ipv4_net", "deny ipv6_net"],
            Outcome::Ended,
        ),
        (
            "03-two-commands",
            Some(0),
            vec!["deny ipv4_net"],
            Outcome::Ended,
        ),
        (
            "04-ask-then-block",
            None,
            vec!["query features", "deny ipv4_net", "Write down the time."],
            Outcome::Ended,
        ),
        ("05-if", None, vec!["deny ipv4_net"], Outcome::Ended),
        ("06-failure", None, vec!["deny ipv4_net"], Outcome::Ended),
        (
            "06-failure",
            Some(0),
            vec!["deny ipv4_net", "Call the carrier."],
            Outcome::Ended,
        ),
        (
            "07-while",
            None,
            vec!["Look whether it still comes in, and count."; 3],
            Outcome::Ended,
        ),
        (
            "08-parallel",
            None,
            vec!["deny ipv4_net", "Tell the victim."],
            Outcome::Ended,
        ),
        ("09-switch", None, vec!["deny ipv4_net"], Outcome::Ended),
        (
            "10-exception",
            None,
            vec!["deny ipv4_net", "Tell the victim."],
            Outcome::Ended,
        ),
        (
            "10-exception",
            Some(0),
            vec![
                "deny ipv4_net",
                "Undo what is in force and call the supervisor.",
            ],
            Outcome::Failed,
        ),
    ] {
        let (given, ended) = ran(read(name), fails);
        assert_eq!(given, expected, "{name} {fails:?}");
        assert_eq!(ended, Some(outcome), "{name} {fails:?}");
    }
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, 10);
}

#[test]
fn a_loop_ends_by_its_time() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/playbooks");
    let playbook = check(&std::fs::read(folder.join("07-while.json")).unwrap()).unwrap();
    let mut run = Run::begin(playbook);
    let mut now = 0;
    let late = loop {
        match run.next(now) {
            Ok(Some(task)) => {
                now = task.not_before + 1;
                let well = true;
                let done = Done {
                    well,
                    ..Done::default()
                };
                run.done(&done, now).unwrap();
            }
            Ok(None) => panic!("it ended although nobody counted"),
            Err(error) => break error,
        }
    };
    assert!(matches!(late, RunError::Late(_)), "{late}");
    assert!((600_000..=670_000).contains(&now), "{now}");
}

#[test]
fn a_constant_keeps_its_value_whatever_a_task_answers() {
    let rounds = |constant: Value| {
        changed("07-while", |playbook| {
            playbook["playbook_variables"]["__rounds__"]["constant"] = constant;
        })
    };
    let problems = rounds("yes".into()).unwrap_err();
    assert!(
        problems
            .iter()
            .any(|one| one.rule == Rule::Schema && one.place.ends_with("__rounds__/constant")),
        "{problems:?}"
    );
    let playbook = rounds(true.into()).unwrap();
    assert!(playbook.constants.contains("__rounds__"));
    let mut run = Run::begin(playbook);
    let mut now = 0;
    let values = [("__rounds__".to_owned(), "3".to_owned())].into();
    let done = Done { well: true, values };
    let late = loop {
        match run.next(now) {
            Ok(Some(task)) => {
                now = task.not_before + 1000;
                run.done(&done, now).unwrap();
            }
            Ok(None) => panic!("a constant was changed"),
            Err(error) => break error,
        }
    };
    assert!(matches!(late, RunError::Late(_)), "{late}");
}

fn our_own(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/playbooks");
    std::fs::read(folder.join(format!("{name}.json"))).unwrap()
}

/// A playbook of our own with one thing changed.
fn changed(name: &str, change: impl FnOnce(&mut Value)) -> Result<Playbook, Vec<Problem>> {
    let mut playbook: Value = serde_json::from_slice(&our_own(name)).unwrap();
    change(&mut playbook);
    check(&serde_json::to_vec(&playbook).unwrap())
}

fn first_action(playbook: &mut Value) -> &mut Value {
    let steps = playbook["workflow"].as_object_mut().unwrap();
    let mut steps = steps.iter_mut();
    let found = steps.find(|(id, _)| id.starts_with("action--"));
    found.unwrap().1
}

#[test]
fn only_what_an_actuator_of_ours_can_do_is_taken() {
    let commanded = |command: &str| {
        changed("02-openc2", |playbook| {
            let content = base64::engine::general_purpose::STANDARD.encode(command);
            first_action(playbook)["commands"][0]["content_b64"] = content.into();
        })
    };
    for command in [
        r#"{"action":"allow","target":{"ipv6_net":"2001:db8::7"}}"#,
        r#"{"action":"contain","target":{"device":{"hostname":"pc.example"}}}"#,
        r#"{"action":"delete","target":{"slpf:rule_number":7}}"#,
        r#"{"action":"cancel","target":{"command":"c-1"}}"#,
        r#"{"action":"deny","target":{"domain_name":"bad.example"}}"#,
    ] {
        commanded(command).unwrap_or_else(|found| panic!("{command}: {found:?}"));
    }
    for command in [
        r#"{"action":"scan","target":{"ipv4_net":"198.51.100.0/24"}}"#,
        r#"{"action":"start","target":{"process":{"name":"sh"}}}"#,
        r#"{"action":"update","target":{"file":{"name":"rules"}}}"#,
        r#"{"action":"delete","target":{"file":{"name":"a"}}}"#,
        r#"{"action":"deny","target":{"email_addr":"a@b.example"}}"#,
    ] {
        let found = commanded(command).expect_err(command);
        assert!(
            has(&found, Rule::NotTaken, "action--"),
            "{command}: {found:?}"
        );
    }
    let other = r#"{"action":"deny","target":{"x-other:thing":{}}}"#;
    let found = commanded(other).expect_err(other);
    assert!(has(&found, Rule::Command, "action--"), "{found:?}");
}

#[test]
fn a_playbook_says_whether_and_when_it_is_valid_in_the_form_of_the_schema() {
    let with = |name: &str, value: Value| changed("01-manual", |playbook| playbook[name] = value);
    for (name, value, rule) in [
        ("revoked", Value::from("true"), Rule::Schema),
        ("revoked", Value::from(1), Rule::Schema),
        ("revoked", Value::from(true), Rule::NotTaken),
        ("valid_from", Value::from("tomorrow"), Rule::Schema),
        ("valid_from", Value::from(5), Rule::Schema),
        (
            "valid_until",
            Value::from("2026-02-30T00:00:00Z"),
            Rule::Schema,
        ),
    ] {
        let found = with(name, value.clone()).expect_err(name);
        let there = found
            .iter()
            .any(|problem| problem.rule == rule && problem.place == format!("/{name}"));
        assert!(there, "{name} {value}: {found:?}");
    }
    let bounded = changed("01-manual", |playbook| {
        playbook["valid_from"] = "2026-01-01T00:00:00.5Z".into();
        playbook["valid_until"] = "2026-02-01T00:00:00Z".into();
    })
    .unwrap();
    for (now, valid) in [
        ("2026-01-01T00:00:00.4Z", false),
        ("2026-01-01T00:00:00.5Z", true),
        ("2026-01-31T23:59:59Z", true),
        ("2026-02-01T00:00:00Z", false),
    ] {
        let moment = Timestamp::parse_rfc3339(now).unwrap();
        assert_eq!(bounded.is_valid(&moment), valid, "{now}");
    }
    let backwards = changed("01-manual", |playbook| {
        playbook["valid_from"] = "2026-02-01T00:00:00Z".into();
        playbook["valid_until"] = "2026-01-01T00:00:00Z".into();
    });
    assert!(backwards.is_err());
}

#[test]
fn an_answer_behind_the_time_of_its_step_is_a_failure() {
    let begun = || {
        let playbook = changed("06-failure", |playbook| {
            first_action(playbook)["timeout"] = 5000.into();
        });
        let mut run = Run::begin(playbook.unwrap());
        let task = run.next(100).unwrap().unwrap();
        (run, task)
    };
    let well = Done {
        well: true,
        ..Done::default()
    };
    let (mut run, task) = begun();
    assert_eq!((task.not_before, task.not_after), (100, Some(5100)));
    run.done(&well, 5100).unwrap();
    assert_eq!(run.next(9000).unwrap(), None);
    assert_eq!(run.outcome(), Some(Outcome::Ended));
    let (mut run, _) = begun();
    run.done(&well, 5101).unwrap();
    let next = run.next(5101).unwrap().unwrap();
    assert!(matches!(&next.work, Command::Manual(words) if words == "Call the carrier."));
    assert_eq!(next.not_after, None);
    // The time is the step's, not that of each command.
    let playbook = changed("03-two-commands", |playbook| {
        first_action(playbook)["timeout"] = 5000.into();
    });
    let mut run = Run::begin(playbook.unwrap());
    run.next(0).unwrap().unwrap();
    run.done(&well, 3000).unwrap();
    let second = run.next(4000).unwrap().unwrap();
    assert_eq!(second.not_after, Some(5000));
}

#[test]
fn a_condition_is_not_turned_over_twice_and_its_numbers_are_finite() {
    let values = |value: &str| [("__a__".to_owned(), Some(value.to_owned()))].into();
    for text in ["NOT __a__:value = 'x'", "__a__:value NOT = 'x'"] {
        let condition = Condition::parse(text).unwrap();
        assert_eq!(condition.holds(&values("x")), Ok(false), "{text}");
    }
    assert!(Condition::parse("NOT __a__:value NOT = 'x'").is_err());
    let less = Condition::parse("__a__:value < 5").unwrap();
    assert_eq!(less.holds(&values("4")), Ok(true));
    for value in ["NaN", "-inf", "-infinity", "-1e999"] {
        assert!(less.holds(&values(value)).is_err(), "{value}");
    }
}

/// Rule and place of each problem, the id of a step cut to its type.
fn told(found: &[Problem]) -> Vec<String> {
    let cut = |part: &str| part.split("--").next().unwrap().to_owned();
    let place = |place: &str| place.split('/').map(cut).collect::<Vec<_>>().join("/");
    let told = found.iter();
    told.map(|one| format!("{} {}", one.rule.name(), place(&one.place)))
        .collect()
}

/// What is told of the second playbook with its action changed.
fn told_of_action(change: impl FnOnce(&mut Value)) -> Vec<String> {
    told(&changed("02-openc2", |playbook| change(first_action(playbook))).unwrap_err())
}

fn removed(node: &mut Value, name: &str) -> Value {
    node.as_object_mut().unwrap().remove(name).unwrap()
}

#[test]
fn what_is_wrong_with_a_step_is_told_of_that_step_alone() {
    assert_eq!(
        told_of_action(|action| drop(removed(action, "agent"))),
        ["schema /workflow/action/agent"]
    );
    assert_eq!(
        told_of_action(|action| action["commands"] = Value::Array(Vec::new())),
        ["schema /workflow/action/commands"]
    );
    assert_eq!(
        told_of_action(|action| action["commands"][0]["type"] = "ssh".into()),
        ["not-taken /workflow/action/commands/0/type"]
    );
    assert_eq!(
        told_of_action(|action| action["owner"] = "somebody".into()),
        ["schema /workflow/action/owner"]
    );
    // One letter is another, and it leads nowhere.
    assert_eq!(
        told_of_action(|action| action["on-completion"] = removed(action, "on_completion")),
        [
            "open-end /workflow/action",
            "schema /workflow/action/on-completion",
            "unreached-step /workflow/end",
        ]
    );
    assert_eq!(
        told_of_action(|action| action["on_completion"] = "end--nowhere".into()),
        [
            "schema /workflow/action/on_completion",
            "dangling-step /workflow/action/on_completion",
            "unreached-step /workflow/end",
        ]
    );
}

#[test]
fn what_is_wrong_at_the_beginning_hides_and_invents_nothing_behind_it() {
    let of = |change: fn(&mut Value)| told(&changed("09-switch", change).unwrap_err());
    assert_eq!(
        of(|playbook| drop(removed(playbook, "workflow_start"))),
        ["schema /workflow_start"]
    );
    assert_eq!(
        of(|playbook| playbook["workflow_exception"] = "end--nowhere".into()),
        [
            "schema /workflow_exception",
            "dangling-step /workflow_exception"
        ]
    );
    let switch = "switch-condition--00000000-0000-4000-8000-000000000043";
    let found = changed("09-switch", |playbook| {
        playbook["workflow_start"] = switch.into();
        removed(&mut playbook["workflow"][switch], "switch");
    });
    assert_eq!(
        told(&found.unwrap_err()),
        [
            "condition /workflow/switch-condition/switch",
            "schema /workflow_start"
        ]
    );
    // A playbook inside is an action for the number of parts, and leads on.
    let inner = "playbook-action--00000000-0000-4000-8000-0000000000aa";
    let found = changed("01-manual", |playbook| {
        let steps = playbook["workflow"].as_object_mut().unwrap();
        let id = |kind: &str| {
            let id = steps.keys().find(|id| id.starts_with(kind));
            id.unwrap().clone()
        };
        let (start, action) = (id("start"), id("action"));
        let mut step = steps.remove(&action).unwrap();
        for name in ["agent", "commands"] {
            removed(&mut step, name);
        }
        step["type"] = "playbook-action".into();
        step["playbook_id"] = "playbook--00000000-0000-4000-8000-0000000000ab".into();
        steps.insert(inner.to_owned(), step);
        steps[&start]["on_completion"] = inner.into();
    });
    assert_eq!(
        told(&found.unwrap_err()),
        ["not-taken /workflow/playbook-action/type"]
    );
}

#[test]
fn a_circle_is_told_of_its_own_steps_and_of_none_between() {
    let found = changed("08-parallel", |playbook| {
        let steps = playbook["workflow"].as_object_mut().unwrap();
        let ids = steps.keys().filter(|id| id.starts_with("action"));
        let ids: Vec<String> = ids.cloned().collect();
        let way = "action--00000000-0000-4000-8000-0000000000ab";
        let mut between = steps[&ids[0]].clone();
        between["on_completion"] = ids[1].clone().into();
        steps.insert(way.to_owned(), between);
        // The first leads back to itself or on, the one between to the second, which leads back to itself.
        for (id, outcome) in [(&ids[0], "on_success"), (&ids[1], "on_failure")] {
            let step = steps[id].as_object_mut().unwrap();
            let end = step.remove("on_completion").unwrap();
            step.insert("on_success".to_owned(), end.clone());
            step.insert("on_failure".to_owned(), end);
            step[outcome] = id.clone().into();
        }
        steps[&ids[0]]["on_failure"] = way.into();
    })
    .unwrap_err();
    let endless = found.iter().filter(|one| one.rule == Rule::Endless);
    let steps: Vec<&str> = endless.filter_map(|one| one.step.as_deref()).collect();
    assert_eq!(steps.len(), 2, "{found:#?}");
    assert!(!steps.iter().any(|id| id.ends_with("ab")), "{steps:?}");
}

#[test]
fn members_of_a_playbook_have_the_form_that_the_specification_gives_them() {
    let filter = "/agent_definitions/http-api--00000000-0000-4000-8000-bbbbbbbbbbbb";
    let with = |at: &str, name: &str, value: Value| {
        let found = changed("02-openc2", |playbook| {
            playbook["playbook_variables"] =
                serde_json::json!({"__a__": {"type": "integer", "value": "3"}});
            let at = match at.strip_prefix("/action") {
                Some(rest) => first_action(playbook).pointer_mut(rest),
                None => playbook.pointer_mut(at),
            };
            at.unwrap()[name] = value.clone();
        });
        told(&found.expect_err(name))
    };
    let list = |text: &str| serde_json::json!([text]);
    for (at, name, value) in [
        ("", "priority", 101.into()),
        ("", "severity", "high".into()),
        ("", "labels", Value::Array(Vec::new())),
        ("", "markings", list("tlp")),
        ("", "lables", list("ddos")),
        (
            "",
            "external_references",
            serde_json::json!([{"url": "https://a.test/"}]),
        ),
        ("", "target_definitions", serde_json::json!({})),
        ("", "modified", "2020-01-01T00:00:00.000Z".into()),
        ("/playbook_variables/__a__", "value", 3.into()),
        ("/playbook_variables/__a__", "external", "no".into()),
        ("/playbook_variables/__a__", "values", "3".into()),
        (filter, "address", Value::Null),
        (filter, "colour", "red".into()),
        (
            "/action/commands/0",
            "headers",
            serde_json::json!({"Date": "now"}),
        ),
        ("/action/commands/0", "content", "{}".into()),
        (
            "/action/commands/0",
            "command",
            "POST /.well-known/openc2".into(),
        ),
        ("/action/commands/0", "command", "GET /oc2 HTTP/1.1".into()),
    ] {
        let at_workflow = at.replace("/action/", "/workflow/action/");
        let at_place = at_workflow.split("--").next().unwrap();
        let expected = format!("schema {at_place}/{name}");
        assert_eq!(with(at, name, value), [expected], "{at} {name}");
    }
    let nowhere = changed("02-openc2", |playbook| {
        let filter = playbook.pointer_mut(filter).unwrap();
        filter.as_object_mut().unwrap().remove("address");
    });
    assert_eq!(
        told(&nowhere.unwrap_err()),
        ["schema /agent_definitions/http-api/address"]
    );
}

#[test]
fn a_variable_stands_for_its_value_on_either_side_of_a_comparison() {
    let values = |a: &str, b: Option<&str>| {
        let b = b.map(str::to_owned);
        [
            ("__a__".to_owned(), Some(a.to_owned())),
            ("__b__".to_owned(), b),
        ]
        .into()
    };
    for (text, a, b, held) in [
        ("__a__:value = __b__:value", "x", "x", true),
        ("__a__:value = __b__:value", "__b__:value", "x", false),
        ("__a__:value != '__b__:value'", "x", "y", true),
        ("__a__:value > __b__:value", "10", "9", true),
        ("__a__:value IN ('z', __b__:value)", "x", "x", true),
    ] {
        let condition = Condition::parse(text).unwrap();
        assert_eq!(condition.variables(), ["__a__", "__b__"], "{text}");
        assert_eq!(condition.holds(&values(a, Some(b))), Ok(held), "{text}");
        assert!(condition.holds(&values(a, None)).is_err(), "{text}");
    }
    let error = Condition::parse("'x' = __a__:value").unwrap_err();
    assert_eq!(error.to_string(), "`x` cannot stand here");
}

proptest! {
    #[test]
    fn no_text_makes_a_condition_panic(text in ".{0,80}") {
        let _ = Condition::parse(&text);
    }

    #[test]
    fn no_change_of_a_byte_makes_a_playbook_panic(which in 1usize..=10, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/playbooks");
        let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        let mut bytes = std::fs::read(&names[which - 1]).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(playbook) = check(&bytes) {
            let mut run = Run::begin(playbook);
            for round in 0..100 {
                let Ok(Some(_)) = run.next(round * 60_000) else { break };
                let _ = run.done(&Done { well: round % 3 != 0, ..Done::default() }, round * 60_000);
            }
        }
    }
}
