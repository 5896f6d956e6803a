//! How many changes of the code its tests notice: `cargo-mutants` over verifier, authority and oversight, share by share. In: how many shares, or a file. Out: a row in `docs/mutation.md`, and
//! the changes that nobody noticed. Never: a change in this checkout: each is made in a copy.

use crate::tools::{self, Stop, succeed};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program, and the version that the figures are of.
const PROGRAM: &str = "cargo-mutants";
const VERSION: &str = "27.1.0";
/// Crates whose code is changed.
const PACKAGES: [&str; 3] = [
    "sakimori-verify",
    "sakimori-authority",
    "sakimori-oversight",
];
/// Into how many shares all changes are divided, each a like part of every file; one takes about half an hour on two cores.
const SHARES: u64 = 80;
/// The page with a row for each run.
const PAGE: &str = "docs/mutation.md";
/// The heading behind which the changes stand that nobody noticed.
const SURVIVORS: &str = "| where | change | why it lives |\n|---|---|---|\n";
/// Tests that flip every byte of a log: they take a minute, and what they notice others notice too.
const SKIPPED: [&str; 2] = ["--skip", "flips::"];

/// What became of the changes of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outcome {
    caught: u64,
    timeout: u64,
    missed: u64,
    unviable: u64,
    /// `file:line:column: change` of each that nobody noticed.
    survivors: Vec<String>,
}

/// `xtask campaign mutation [COUNT|FILE] [--resume]`.
///
/// # Errors
/// Where the program cannot be had, or the tests fail without a change.
pub(crate) fn run(what: Option<&str>, resume: bool) -> Result<()> {
    let path = crate::root().join(PAGE);
    let page = std::fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    let search = tools::prepare()?;
    let program = program()?;
    if let Some(file) = what.filter(|what| Path::new(what).extension().is_some_and(|of| of == "rs"))
    {
        let outcome = mutate(
            &program,
            &search,
            &["--file".to_owned(), file.to_owned()],
            "file",
        )?;
        return record(&path, file, &outcome);
    }
    let count: u64 = match what.map(str::parse) {
        None => 1,
        Some(Ok(count)) if count > 0 => count,
        Some(_) => return Err(Stop::usage("neither a positive number nor a Rust file")),
    };
    let first = if resume { next_share(&page) } else { 0 };
    for share in first..(first + count).min(SHARES) {
        let outcome = mutate(
            &program,
            &search,
            &["--shard".to_owned(), format!("{share}/{SHARES}")],
            &share.to_string(),
        )?;
        record(&path, &format!("share {share} of {SHARES}"), &outcome)?;
    }
    Ok(())
}

/// The share behind the last one that the page tells of.
fn next_share(page: &str) -> u64 {
    let shares = page.split("| share ").skip(1);
    let last = shares
        .filter_map(|rest| rest.split(' ').next()?.parse::<u64>().ok())
        .max();
    last.map_or(0, |last| last + 1)
}

/// Where the program is; installed below the target folder at the first call.
fn program() -> Result<PathBuf> {
    let home = tools::target().join("xtask/tools");
    let program = home.join("bin").join(PROGRAM);
    if !program.is_file() {
        eprintln!("installing {PROGRAM} {VERSION}");
        let mut install = tools::cargo([
            "install",
            PROGRAM,
            "--locked",
            "--version",
            VERSION,
            "--root",
        ]);
        succeed(install.arg(&home))?;
    }
    Ok(program)
}

fn mutate(
    program: &Path,
    search: &std::ffi::OsStr,
    which: &[String],
    name: &str,
) -> Result<Outcome> {
    let out = tools::target().join("xtask/mutants").join(name);
    if out.exists() {
        std::fs::remove_dir_all(&out)
            .with_context(|| format!("cannot remove `{}`", out.display()))?;
    }
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make `{}`", out.display()))?;
    let mut mutants = Command::new(program);
    mutants.arg("mutants").current_dir(crate::root());
    for package in PACKAGES {
        mutants.args(["--package", package]);
    }
    mutants
        .args(which)
        .args([
            "--no-shuffle",
            "--cap-lints",
            "true",
            "--minimum-test-timeout",
            "120",
            "--colors",
            "never",
            "--output",
        ])
        .arg(&out)
        .args(["--", "--", SKIPPED[0], SKIPPED[1]])
        .env("PATH", search)
        .env(
            "CARGO_TARGET_DIR",
            tools::target().join("xtask/mutants-target"),
        )
        .env("SAKIMORI_TESTDATA", sakimori_testkit::data_root());
    let status = mutants
        .status()
        .with_context(|| format!("cannot start `{PROGRAM}`"))?;
    // 2: some changes were missed; 3: some ran out of time.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        bail!(
            "`{PROGRAM}` ended with {status}: without a change the tests do not pass, or nothing was found to change"
        );
    }
    let file = out.join("mutants.out/outcomes.json");
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("cannot read `{}`", file.display()))?;
    let missed = std::fs::read_to_string(out.join("mutants.out/missed.txt")).unwrap_or_default();
    outcome(&text, &missed)
}

fn outcome(outcomes: &str, missed: &str) -> Result<Outcome> {
    let told: Value = serde_json::from_str(outcomes).context("the outcomes are no JSON")?;
    let number = |name: &str| {
        told.get(name)
            .and_then(Value::as_u64)
            .with_context(|| format!("the outcomes have no `{name}`"))
    };
    Ok(Outcome {
        caught: number("caught")?,
        timeout: number("timeout")?,
        missed: number("missed")?,
        unviable: number("unviable")?,
        survivors: missed.lines().map(str::to_owned).collect(),
    })
}

/// Hundredths of the changes that compile which some test noticed.
fn score(outcome: &Outcome) -> String {
    let noticed = outcome.caught + outcome.timeout;
    let all = noticed + outcome.missed;
    let thousandths = (1000 * noticed).checked_div(all).unwrap_or(0);
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// Adds a row, and a line for each survivor that the page does not tell of yet.
fn record(path: &Path, what: &str, outcome: &Outcome) -> Result<()> {
    let page = std::fs::read_to_string(path).with_context(|| format!("cannot read {PAGE}"))?;
    let Outcome {
        caught,
        timeout,
        missed,
        unviable,
        ..
    } = outcome;
    let row = format!(
        "| {} | {} | {} | {what} | {caught} | {timeout} | {missed} | {unviable} | {} |\n",
        crate::campaign::date()?,
        crate::campaign::commit(),
        crate::campaign::machine(),
        score(outcome)
    );
    let page = written(&page, &row, &outcome.survivors)?;
    std::fs::write(path, page).with_context(|| format!("cannot write {PAGE}"))?;
    eprint!("\n{row}");
    Ok(())
}

fn written(page: &str, row: &str, survivors: &[String]) -> Result<String> {
    let Some((rows, lines)) = page.split_once("\n## Survivors\n") else {
        bail!("{PAGE} has no heading `Survivors`");
    };
    let mut lines = lines.to_owned();
    for survivor in survivors {
        let (place, change) = place(survivor);
        let line = format!("| `{place}` | {change} |");
        if !lines.contains(&line) {
            writeln!(lines, "{line} not explained yet |")?;
        }
    }
    if !lines.contains(SURVIVORS) {
        bail!("{PAGE} has no table of survivors");
    }
    Ok(format!("{}\n{row}\n## Survivors\n{lines}", rows.trim_end()))
}

/// File and function of a change, and what it is: lines move, functions stay.
fn place(survivor: &str) -> (String, String) {
    let (place, change) = survivor.split_once(": ").unwrap_or((survivor, ""));
    let file = place.split(':').next().unwrap_or_default();
    let (change, function) = change.rsplit_once(" in ").unwrap_or((change, ""));
    (
        format!("{file} {function}").trim().to_owned(),
        change.replace('|', "\\|"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_TEXT: &str = "# Mutation\n\n| date | what |\n|---|---|\n| x | share 3 of 80 | y |\n\n## Survivors\n\n| where | change | why it lives |\n|---|---|---|\n";

    #[test]
    fn outcomes_are_read_and_scored() {
        let told = r#"{"total_mutants": 12, "caught": 8, "timeout": 1, "missed": 1, "unviable": 2, "success": 0}"#;
        let outcome = outcome(
            told,
            "crates/verify/src/a.rs:3:5: replace f -> bool with true in a::f\n",
        )
        .unwrap();
        assert_eq!(
            (
                outcome.caught,
                outcome.timeout,
                outcome.missed,
                outcome.unviable
            ),
            (8, 1, 1, 2)
        );
        assert_eq!(score(&outcome), "90.0 %");
        assert_eq!(
            place(&outcome.survivors[0]),
            (
                "crates/verify/src/a.rs a::f".to_owned(),
                "replace f -> bool with true".to_owned()
            )
        );
        assert_eq!(score(&Outcome::default()), "0.0 %");
    }

    #[test]
    fn a_row_is_added_and_a_survivor_stands_once() {
        let survivors = ["a.rs:3:5: replace x with y in a::f".to_owned()];
        let once = written(PAGE_TEXT, "| z | share 4 of 80 | y |\n", &survivors).unwrap();
        assert!(
            once.contains("| x | share 3 of 80 | y |\n| z | share 4 of 80 | y |\n\n## Survivors"),
            "{once}"
        );
        assert!(
            once.ends_with("| `a.rs a::f` | replace x with y | not explained yet |\n"),
            "{once}"
        );
        let twice = written(&once, "| z | share 5 of 80 | y |\n", &survivors).unwrap();
        assert_eq!(twice.matches("not explained yet").count(), 1);
        assert_eq!(
            (next_share(PAGE_TEXT), next_share(&twice), next_share("")),
            (4, 6, 0)
        );
    }

    #[test]
    fn the_page_has_the_tables_that_rows_are_added_to() {
        let page = std::fs::read_to_string(crate::root().join(PAGE)).unwrap();
        assert!(written(&page, "| x |\n", &[]).is_ok());
    }
}
