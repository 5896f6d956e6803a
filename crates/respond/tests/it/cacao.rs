//! Playbooks that another program ships with, and ten of our own that run.

use proptest::prelude::*;
use sakimori_respond::cacao::{
    Command, Condition, Done, Outcome, Playbook, Problem, Rule, Run, RunError, check,
};
use std::path::PathBuf;

fn file(name: &str) -> Vec<u8> {
    let folder: PathBuf = sakimori_testkit::data_root().join("response/cacao/soarca");
    std::fs::read(folder.join(name)).unwrap()
}

fn problems(name: &str) -> Vec<Problem> {
    check(&file(name)).expect_err(name)
}

fn has(found: &[Problem], rule: Rule, step: &str) -> bool {
    found.iter().any(|problem| {
        problem.rule == rule && problem.step.as_deref().is_some_and(|id| id.contains(step))
    })
}

#[test]
fn playbooks_of_others_fail_with_the_step_named_and_every_problem_listed() {
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
        run.done(&Done { well, values }).unwrap();
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
                run.done(&Done {
                    well: true,
                    ..Done::default()
                })
                .unwrap();
            }
            Ok(None) => panic!("it ended although nobody counted"),
            Err(error) => break error,
        }
    };
    assert!(matches!(late, RunError::Late(_)), "{late}");
    assert!((600_000..=670_000).contains(&now), "{now}");
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
                let _ = run.done(&Done { well: round % 3 != 0, ..Done::default() });
            }
        }
    }
}
