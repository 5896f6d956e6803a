//! How many changes of the code its tests notice: `cargo-mutants` over verifier, authority and oversight, share by share. In: how many shares, or a file. Out: a row in `docs/mutation.md`, the
//! total of all shares, and the changes that nobody noticed. Never: a change in this checkout: each is made in a clone of what is committed.

use crate::tools::{self, Stop, succeed};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
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
/// Into how many shares all changes are divided: share k has each 80th change from the k-th on, so each is a like part of every file.
const SHARES: u64 = 80;
/// The page with a row for each run.
const PAGE: &str = "docs/mutation.md";
/// The heading behind which the changes stand that nobody noticed.
const SURVIVORS: &str = "| where | change | why it lives |\n|---|---|---|\n";
/// What stands for a reason until somebody gives it.
const UNEXPLAINED: &str = "not explained yet";
/// How the reason of a change begins that a later test notices.
const SINCE: &str = "noticed since by ";
/// How the fourth cell of a row of sums begins.
const TOTAL: &str = "total: ";
/// Tests that flip every byte of a log: they take minutes, and what they notice others notice too.
const LEFT_OUT: &str = "flips::";
/// Tests that draw or flip much and take seconds each. Only a change that the others pass over is shown to them.
const SLOW: [&str; 6] = [
    "notes::no_byte_flipped_in_any_note_is_accepted",
    "history::a_reader_without_a_clock_judges_every_twist_as_the_mirror_did",
    "hostile::a_body_with_a_word_changed_is_judged_without_a_panic",
    "histories::both_verifiers_say_the_same_of_every_history",
    "hostile::other_captures_and_texts_of_strangers_are_no_log_and_do_no_harm",
    "program::a_log_that_others_made_is_verified_at_the_level_of_the_tree",
];
/// How long the quick and the slow tests of one change may take, in seconds: a few times as long as on two busy cores.
const SECONDS_MAX: [u64; 2] = [240, 600];
/// What is built once and run for each change, and so is built for speed.
const FAST: [&str; 9] = [
    "sakimori-tlog",
    "sakimori-custody",
    "sakimori-testkit",
    "sakimori-ledger",
    "curve25519-dalek",
    "ed25519-dalek",
    "sha2",
    "ml-dsa",
    "keccak",
];

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
    let file = what.filter(|what| Path::new(what).extension().is_some_and(|of| of == "rs"));
    let count: u64 = match what.filter(|_| file.is_none()).map(str::parse) {
        None => 1,
        Some(Ok(count)) if count > 0 => count,
        Some(_) => return Err(Stop::usage("neither a positive number nor a Rust file")),
    };
    let mut changer = Changer::new()?;
    if let Some(file) = file {
        let outcome = changer.mutate(&["--file".to_owned(), file.to_owned()], "file")?;
        for survivor in &outcome.survivors {
            eprintln!("missed: {survivor}");
        }
        // The table of survivors is that of the shares, which the total counts.
        let outcome = Outcome {
            survivors: Vec::new(),
            ..outcome
        };
        return record(&path, file, &outcome);
    }
    let first = if resume { next_share(&page) } else { 0 };
    for share in first..(first + count).min(SHARES) {
        let which = [
            "--sharding=round-robin".to_owned(),
            format!("--shard={share}/{SHARES}"),
        ];
        let outcome = changer.mutate(&which, &share.to_string())?;
        record(&path, &format!("share {share} of {SHARES}"), &outcome)?;
    }
    Ok(())
}

/// The share behind the last one that the page tells of.
fn next_share(page: &str) -> u64 {
    let last = shares(page).into_keys().max();
    last.map_or(0, |last| last + 1)
}

/// What the page tells of each share; of two rows the later one counts.
fn shares(page: &str) -> BTreeMap<u64, Outcome> {
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let share = cells.get(4)?.strip_prefix("share ")?.split(' ').next()?;
        let number = |at: usize| cells.get(at)?.parse::<u64>().ok();
        let outcome = Outcome {
            caught: number(5)?,
            timeout: number(6)?,
            missed: number(7)?,
            unviable: number(8)?,
            survivors: Vec::new(),
        };
        Some((share.parse().ok()?, outcome))
    });
    rows.collect()
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

/// Makes the changes, one after the other, in a clone of what is committed.
struct Changer {
    program: PathBuf,
    search: OsString,
    tree: PathBuf,
    /// Whether the tests are known to pass without a change: the quick ones, the slow ones.
    checked: [bool; 2],
}

impl Changer {
    fn new() -> Result<Self> {
        let search = tools::prepare()?;
        let tree = tools::target().join("xtask/mutants-tree");
        empty(&tree)?;
        let mut clone = Command::new("git");
        clone.args(["clone", "--quiet"]).arg(crate::root());
        succeed(clone.arg(&tree))?;
        Ok(Self {
            program: program()?,
            search,
            tree,
            checked: [false; 2],
        })
    }

    /// All changes without the slow tests; those that nobody noticed once more, with these alone.
    fn mutate(&mut self, which: &[String], name: &str) -> Result<Outcome> {
        let out = tools::target().join("xtask/mutants").join(name);
        empty(&out)?;
        let (first, _) = self.pass(0, which, &out.join("first"))?;
        if first.survivors.is_empty() {
            return Ok(first);
        }
        let (second, late) = self.pass(1, &again(&first.survivors), &out.join("second"))?;
        Ok(both(&first, &second.survivors, &late))
    }

    /// What became of the changes, and which of them ran out of time.
    fn pass(
        &mut self,
        pass: usize,
        which: &[String],
        out: &Path,
    ) -> Result<(Outcome, Vec<String>)> {
        std::fs::create_dir_all(out).with_context(|| format!("cannot make `{}`", out.display()))?;
        let mut mutants = Command::new(&self.program);
        mutants.arg("mutants").current_dir(&self.tree);
        for package in PACKAGES {
            mutants.args(["--package", package]);
        }
        let baseline = if self.checked[pass] { "skip" } else { "run" };
        mutants
            .args(which)
            .args(["--in-place", "--baseline", baseline])
            .arg("--no-shuffle")
            .args(["--cap-lints", "true", "--colors", "never"])
            .args(["--timeout", &SECONDS_MAX[pass].to_string()])
            .args([
                "--cargo-arg=--tests",
                "--cargo-arg=--config=profile.dev.debug=0",
            ])
            .args(
                FAST.map(|name| {
                    format!("--cargo-arg=--config=profile.dev.package.{name}.opt-level=3")
                }),
            )
            .arg("--output")
            .arg(out)
            .args(["--", "--", "-Z", "unstable-options", "--fail-fast"]);
        if pass == 0 {
            let left = [LEFT_OUT].into_iter().chain(SLOW);
            mutants.args(left.flat_map(|test| ["--skip", test]));
        } else {
            mutants.args(SLOW);
        }
        mutants
            .env("PATH", &self.search)
            .env(
                "CARGO_TARGET_DIR",
                tools::target().join("xtask/mutants-target"),
            )
            // The first failure is enough, and the option that ends a test program with it is one that the programs take only so; what they are built of is not touched by it.
            .env(
                "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
                "env RUSTC_BOOTSTRAP=1",
            )
            // What one change failed with is not kept for the next one.
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")
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
        self.checked[pass] = true;
        let file = out.join("mutants.out/outcomes.json");
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read `{}`", file.display()))?;
        let list = |name: &str| {
            std::fs::read_to_string(out.join("mutants.out").join(name)).unwrap_or_default()
        };
        let late = list("timeout.txt").lines().map(str::to_owned).collect();
        Ok((outcome(&text, &list("missed.txt"))?, late))
    }
}

/// Arguments for these changes alone, each by its name. The program asks fields that may be left out for no name, but for their file: others come along, and [`both`] passes over them.
fn again(survivors: &[String]) -> Vec<String> {
    let names = survivors
        .iter()
        .map(|survivor| format!("--re={}", pattern(survivor)));
    let files: BTreeSet<&str> = survivors
        .iter()
        .filter_map(|survivor| survivor.split(':').next())
        .collect();
    let files = files.into_iter().map(|file| format!("--file={file}"));
    names.chain(files).collect()
}

/// Both passes together: of what the first missed, the second missed some, and with some it ran out of time.
fn both(first: &Outcome, missed: &[String], late: &[String]) -> Outcome {
    let of_first = |list: &[String]| -> Vec<String> {
        let known = list.iter().filter(|name| first.survivors.contains(name));
        known.cloned().collect()
    };
    let (survivors, late) = (of_first(missed), of_first(late).len() as u64);
    let missed = survivors.len() as u64;
    Outcome {
        caught: first.caught + first.missed.saturating_sub(missed + late),
        timeout: first.timeout + late,
        missed,
        unviable: first.unviable,
        survivors,
    }
}

/// Removes a folder below the target folder, where it is there.
fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    Ok(())
}

/// A regular expression for this change alone.
fn pattern(survivor: &str) -> String {
    let mut pattern = String::from("^");
    for c in survivor.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "$"
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

/// The 95 % interval of a share of `all`, of which `noticed` were drawn (E. B. Wilson, Probable inference, 1927), in hundredths.
fn interval(noticed: u64, all: u64) -> (f64, f64) {
    if all == 0 {
        return (0.0, 100.0);
    }
    let (z, n) = (1.96_f64, all as f64);
    let p = noticed as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let of = 1.0 + z * z / n;
    (100.0 * (middle - half) / of, 100.0 * (middle + half) / of)
}

/// The rows behind those of the shares: all of them together, and what tests that were written since make of it. Empty where there is no share.
fn total(page: &str) -> String {
    let shares = shares(page);
    let all = shares.values().fold(Outcome::default(), |sum, of| Outcome {
        caught: sum.caught + of.caught,
        timeout: sum.timeout + of.timeout,
        missed: sum.missed + of.missed,
        unviable: sum.unviable + of.unviable,
        survivors: Vec::new(),
    });
    let since = page.matches(&format!(" | {SINCE}")).count() as u64;
    let since = since.min(all.missed);
    let row = |what: &str, of: &Outcome| {
        let noticed = of.caught + of.timeout;
        let (low, high) = interval(noticed, noticed + of.missed);
        format!(
            "| | | | {what} | {} | {} | {} | {} | {} ({low:.1}–{high:.1}) |\n",
            of.caught,
            of.timeout,
            of.missed,
            of.unviable,
            score(of)
        )
    };
    let mut rows = String::new();
    if !shares.is_empty() {
        rows += &row(&format!("{TOTAL}{} of {SHARES} shares", shares.len()), &all);
    }
    if since > 0 {
        let now = Outcome {
            caught: all.caught + since,
            missed: all.missed - since,
            ..all
        };
        rows += &row(&format!("{TOTAL}with the tests written since"), &now);
    }
    rows
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
    let rows: String = rows
        .trim_end()
        .lines()
        .filter(|line| !line.contains(&format!("| {TOTAL}")))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut lines = lines.to_owned();
    for survivor in survivors {
        let (place, change) = place(survivor);
        let line = format!("| `{place}` | {change} |");
        if !lines.contains(&line) {
            writeln!(lines, "{line} {UNEXPLAINED} |")?;
        }
    }
    if !lines.contains(SURVIVORS) {
        bail!("{PAGE} has no table of survivors");
    }
    let page = format!("{rows}{row}");
    let total = total(&format!("{page}{lines}"));
    Ok(format!("{page}{total}\n## Survivors\n{lines}"))
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

    const PAGE_TEXT: &str = "# Mutation\n\n| date | what |\n|---|---|\n| d | c | m | share 3 of 80 | 7 | 1 | 2 | 4 | 80.0 % |\n\n## Survivors\n\n| where | change | why it lives |\n|---|---|---|\n";

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
        let row = |share: u64| format!("| d | c | m | share {share} of 80 | 9 | 0 | 1 | 0 | y |\n");
        let once = written(PAGE_TEXT, &row(4), &survivors).unwrap();
        let rows = format!(
            "| 80.0 % |\n{}| | | | total: 2 of 80 shares | 16 | 1 | 3 | 4 | 85.0 % (64.0–94.8) |\n\n## Survivors",
            row(4)
        );
        assert!(once.contains(&rows), "{once}");
        assert!(
            once.ends_with("| `a.rs a::f` | replace x with y | not explained yet |\n"),
            "{once}"
        );
        let twice = written(&once, &row(5), &survivors).unwrap();
        assert_eq!(twice.matches(UNEXPLAINED).count(), 1);
        assert_eq!(twice.matches(TOTAL).count(), 1);
        assert_eq!(
            (next_share(PAGE_TEXT), next_share(&twice), next_share("")),
            (4, 6, 0)
        );
    }

    #[test]
    fn a_total_is_over_the_last_row_of_each_share_and_tells_what_was_noticed_since() {
        assert_eq!(total("# Mutation\n"), "");
        let page = "| d | c | m | share 0 of 80 | 90 | 5 | 5 | 7 | 95.0 % |\n\
            | d | c | m | crates/a.rs | 1 | 1 | 1 | 1 | 66.6 % |\n\
            | d | c | m | share 1 of 80 | 1 | 0 | 99 | 0 | 1.0 % |\n\
            | d | c | m | share 1 of 80 | 95 | 0 | 5 | 3 | 95.0 % |\n";
        let sum = "| | | | total: 2 of 80 shares | 185 | 5 | 10 | 10 | 95.0 % (91.0–97.3) |\n";
        assert_eq!(total(page), sum);
        let page = format!("{page}| `a.rs f` | replace x | noticed since by `b` |\n");
        let since = "| | | | total: with the tests written since | 186 | 5 | 9 | 10 | 95.5 % (91.7–97.6) |\n";
        assert_eq!(total(&page), format!("{sum}{since}"));
        assert_eq!(interval(0, 0), (0.0, 100.0));
    }

    #[test]
    fn what_the_second_pass_notices_is_taken_off_what_the_first_missed() {
        let names = |list: &[&str]| -> Vec<String> {
            list.iter()
                .map(|name| format!("{name}.rs:1:1: x"))
                .collect()
        };
        let first = Outcome {
            caught: 40,
            timeout: 1,
            missed: 4,
            unviable: 7,
            survivors: names(&["a", "b", "c", "d"]),
        };
        let together = both(&first, &names(&["b", "other"]), &names(&["c", "another"]));
        let wanted = Outcome {
            caught: 42,
            timeout: 2,
            missed: 1,
            unviable: 7,
            survivors: names(&["b"]),
        };
        assert_eq!(together, wanted);
        let list = ["b.rs:2:3: x", "a.rs:1:1: y", "b.rs:4:5: z"].map(str::to_owned);
        let args = again(&list);
        assert_eq!(args[3..], ["--file=a.rs", "--file=b.rs"]);
        assert_eq!(args[0], r"--re=^b\.rs:2:3: x$");
    }

    #[test]
    fn a_change_is_found_again_by_its_name_alone() {
        assert_eq!(
            pattern("a.rs:3:5: replace + with - in f<T>"),
            r"^a\.rs:3:5: replace \+ with \- in f<T>$"
        );
    }

    #[test]
    fn the_page_has_its_tables_its_total_and_a_reason_for_each_survivor() {
        let page = std::fs::read_to_string(crate::root().join(PAGE)).unwrap();
        assert!(written(&page, "| x |\n", &[]).is_ok());
        assert!(
            page.contains(&total(&page)),
            "the total is another: {}",
            total(&page)
        );
        assert!(!page.contains(UNEXPLAINED), "a survivor has no reason");
    }
}
