//! The program: what it prints and how it ends; and a log that others made.

use crate::maker::{bundle, good, publish, verify, write};
use sakimori_testkit::data;
use sakimori_verify::{Code, Kind, Options, VerifierKey, render};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_sakimori-verify");
    Command::new(program).args(arguments).output().unwrap()
}

#[test]
fn the_exit_code_says_what_came_of_it() {
    let dir = crate::maker::folder();
    let log = dir.path().join("log");
    publish(&log, &good(), &[], &["log", "mirror"]);
    let log = log.to_str().unwrap();
    let check = |arguments: &[&str], code, out: &str, error: &str| {
        let output = run(arguments);
        let (printed, said) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {printed}{said}"
        );
        assert!(
            printed.contains(out) && said.contains(error),
            "{arguments:?}: {printed}{said}"
        );
    };
    let now = ["--now", "2027-07-01T00:00:00Z"];
    check(
        &[&[log], now.as_slice()].concat(),
        0,
        "verified: everything that was checked is right",
        "",
    );
    check(&[log, "--format", "json"], 0, "\"ok\": true", "");
    check(
        &[log, "--now", "2027-04-01T00:00:00Z"],
        1,
        "checkpoint-time: checkpoint: ",
        "",
    );
    check(
        &[log, "--mirror", "/nowhere/mirror"],
        1,
        "checkpoint-missing: /nowhere/mirror/checkpoint",
        "",
    );
    check(&[], 2, "", "Usage");
    check(&[log, "--now", "yesterday"], 2, "", "is no time such as");
    check(
        &[log, "--trust-root", &format!("{log}/checkpoint")],
        2,
        "",
        "is no trust root",
    );
    check(
        &[dir.path().join("none").to_str().unwrap()],
        2,
        "",
        "is no log, bundle or proof file",
    );
    check(
        &[log, "--trust-root", "/nowhere"],
        75,
        "",
        "`/nowhere` cannot be read",
    );
    let empty = crate::maker::folder();
    check(
        &[empty.path().to_str().unwrap()],
        2,
        "",
        "is no log, bundle or proof file",
    );
    check(
        &[&format!("{log}/checkpoint")],
        2,
        "",
        "is no log, bundle or proof file",
    );
}

#[test]
fn a_tampered_log_is_told_in_a_table_and_a_sentence() {
    let dir = crate::maker::folder();
    bundle(dir.path(), &good());
    let bundle = dir.path().join("log/tile/entries/000.p/15");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[1000] ^= 1;
    write(&bundle, bytes);
    let output = run(&[dir.path().to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let wanted = "entry-wrong: log/tile/entries/000.p/15, entry 5: the entry is not the one that its hash in the tree says\n";
    assert!(text.starts_with("bundle: 15 entries, root "), "{text}");
    assert!(text.contains(wanted), "{text}");
    let row = text
        .lines()
        .find(|line| line.starts_with("  files of the tree"));
    assert!(row.is_some_and(|row| row.ends_with("9  WRONG")), "{text}");
    assert!(text.contains("\nnote: entry 5 cannot be read; "), "{text}");
    // What follows from it is not told as well.
    assert!(text.ends_with("\nNOT verified: 1 problem\n"), "{text}");
}

/// The log that Tessera's own tests use, without its earlier checkpoints and its writer's state.
fn tessera(to: &Path) -> Option<VerifierKey> {
    let from = data(
        "a_log_that_others_made_is_verified_at_the_level_of_the_tree",
        "ledger/tessera-log",
    )?;
    for file in sakimori_testkit::files_below(&from) {
        let name: PathBuf = file.strip_prefix(&from).unwrap().into();
        let text = name.to_str().unwrap();
        if text == "checkpoint" || text.starts_with("tile/") {
            write(&to.join(&name), fs::read(&file).unwrap());
        }
    }
    let key = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    Some(key.parse().unwrap())
}

#[test]
fn a_log_that_others_made_is_verified_at_the_level_of_the_tree() {
    let dir = crate::maker::folder();
    let Some(key) = tessera(dir.path()) else {
        return;
    };
    let options = Options {
        log_key: Some(key.clone()),
        ..Options::default()
    };
    let report = verify(dir.path(), &options);
    assert!(report.ok(), "{}", render::text(&report));
    assert_eq!((report.kind, report.size), (Kind::Log, 15));
    let counts: Vec<u64> = report.checks.iter().map(|check| check.count).collect();
    assert_eq!(
        counts,
        [1, 30],
        "a checkpoint, and a bundle and a tile of every size"
    );
    let output = run(&[dir.path().to_str().unwrap(), "--log-key", &key.to_string()]);
    assert_eq!(output.status.code(), Some(0));
    for file in sakimori_testkit::files_below(dir.path()) {
        let good = fs::read(&file).unwrap();
        let name = file
            .strip_prefix(dir.path())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            write(&file, &bad);
            let report = verify(dir.path(), &options);
            let named = report
                .problems
                .iter()
                .any(|p| p.place.file.as_ref() == Some(&name));
            assert!(named, "{name}: byte {at}: {}", render::text(&report));
        }
        write(&file, good);
    }
    // Its entries are none of ours, which is seen as soon as they are looked into.
    let report = verify(dir.path(), &Options::default());
    assert!(
        report
            .problems
            .iter()
            .any(|p| p.code == Code::EntryForm && p.place.index == Some(14))
    );
}

#[test]
fn the_page_of_the_verifier_has_every_code() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/verifier.md");
    let text = fs::read_to_string(&page).unwrap();
    let row = |code: &Code| {
        format!(
            "| `{}` | {} | {} | {} |\n",
            code.name(),
            code.subject().name(),
            code.severity().name(),
            code.meaning()
        )
    };
    let head = "| code | check | it is | meaning |\n|---|---|---|---|\n";
    let table: String = Code::ALL.iter().map(row).collect();
    let (before, _) = text.split_once(head).unwrap();
    let wanted = format!("{before}{head}{table}");
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        fs::write(&page, &wanted).unwrap();
    } else {
        assert_eq!(text, wanted, "write it anew with SAKIMORI_BLESS=1");
    }
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len(), "a name stands twice");
}
