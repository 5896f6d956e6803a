//! Longer runs of the tests that draw: more kills, more faults, other seeds. In: a campaign, how much of it. Out: the tests' output, a row in `docs/campaigns.md`.
//! Never: a row for a run that did not end, or a test that only a campaign has.

use crate::tools::{self, Stop, cargo, watched};
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// How a count reaches the tests.
#[derive(Clone, Copy)]
enum Count {
    /// Through an environment variable that they read, in one run.
    Variable(&'static str),
    /// As so many runs, each with the next seed for all properties.
    Seeds,
}

struct Campaign {
    name: &'static str,
    what: &'static str,
    /// What is counted.
    unit: &'static str,
    usual: u64,
    count: Count,
    /// Arguments of `cargo test`, and of its runner behind `--`.
    tests: &'static [&'static str],
}

const CAMPAIGNS: &[Campaign] = &[
    Campaign {
        name: "kills",
        what: "kill −9 of sensor, sealed process, ledger, commission or all of them, at random moments of a run",
        unit: "kills",
        usual: 1000,
        count: Count::Variable("SAKIMORI_KILLS"),
        tests: &["--release", "-p", "sakimori", "--test", "it", "kill::"],
    },
    Campaign {
        name: "ledger-kills",
        what: "kill −9 of the ledger's writer at random moments",
        unit: "kills",
        usual: 1000,
        count: Count::Variable("SAKIMORI_KILLS"),
        tests: &["-p", "sakimori-ledger", "--test", "it", "kill::"],
    },
    Campaign {
        name: "faults",
        what: "pairs of failing calls of the ledger's disk, in the writer's life and in the next one; all of them where the count is large enough",
        unit: "pairs each of writer and rotating writer",
        usual: 100_000,
        count: Count::Variable("SAKIMORI_FAULT_PAIRS"),
        tests: &["-p", "sakimori-ledger", "--test", "it", "faults::pairs"],
    },
    Campaign {
        name: "power-cuts",
        what: "failing calls of the ledger's disk, followed by power cuts",
        unit: "power cuts each",
        usual: 50,
        count: Count::Variable("SAKIMORI_POWER_CUTS"),
        tests: &["-p", "sakimori-ledger", "--test", "it", "faults::"],
    },
    Campaign {
        name: "lake-kills",
        what: "kill −9 of the writer of a bucket at random moments",
        unit: "kills",
        usual: 1000,
        count: Count::Variable("SAKIMORI_KILLS"),
        tests: &["--release", "-p", "sakimori-lake", "--test", "it", "kill::"],
    },
    Campaign {
        name: "lake-faults",
        what: "pairs of failing calls of the lake's disk in two lives, with kills and power cuts between and after; from a million on all of each story",
        unit: "pairs wanted",
        usual: 1_000_000,
        count: Count::Variable("SAKIMORI_FAULT_PAIRS"),
        tests: &[
            "--release",
            "-p",
            "sakimori-lake",
            "--test",
            "it",
            "faults::",
        ],
    },
    Campaign {
        name: "histories",
        what: "good and changed histories of every type of entry, of which both verifiers have to say the same",
        unit: "histories",
        usual: 10_000,
        count: Count::Variable("SAKIMORI_HISTORIES"),
        tests: &[
            "-p",
            "sakimori-verify",
            "--test",
            "it",
            "histories::both_verifiers",
        ],
    },
    Campaign {
        name: "twins",
        what: "pairs of captures that differ in content alone, through the sensor's pipeline",
        unit: "pairs",
        usual: 100_000,
        count: Count::Variable("SAKIMORI_TWIN_PAIRS"),
        tests: &[
            "--release",
            "-p",
            "sakimori-sensor",
            "--test",
            "it",
            "twins::",
        ],
    },
    Campaign {
        name: "fuzz",
        what: "changed bytes for everything in the sensor that reads a stranger's",
        unit: "inputs per target",
        usual: 100_000,
        count: Count::Variable("SAKIMORI_FUZZ_RUNS"),
        tests: &[
            "--release",
            "-p",
            "sakimori-sensor",
            "--test",
            "it",
            "fuzz::",
        ],
    },
    Campaign {
        name: "pollers",
        what: "versions of objects that four writers on two nodes add while one caller polls by `added_after` alone, which sees each once",
        unit: "versions on each engine",
        usual: 100_000,
        count: Count::Variable("SAKIMORI_POLLED"),
        tests: &[
            "--release",
            "-p",
            "sakimori-liaison",
            "--test",
            "it",
            "share::pollers::",
        ],
    },
    Campaign {
        name: "junk",
        what: "junk and half-good reports at a running office's node from several callers, with good callers beside whose latencies are told; everything good is there, nothing half stored, nothing answered with a fault",
        unit: "pieces of junk",
        usual: 100_000,
        count: Count::Variable("SAKIMORI_JUNK"),
        tests: &["-p", "sakimori-node", "--test", "it", "flood::"],
    },
    Campaign {
        name: "response",
        what: "schedules of falls, delays, doubles, reorders and set clocks around an actuator's engine, and around an office with its commission and two actuators; no effect is in force without an approval, none is left behind its end, no act without its record",
        unit: "schedules of each kind",
        usual: 10_000,
        count: Count::Variable("SAKIMORI_SCHEDULES"),
        tests: &[
            "--release",
            "-p",
            "sakimori-respond",
            "--test",
            "it",
            "--",
            "engine::",
            "plan::whole::",
        ],
    },
    Campaign {
        name: "properties",
        what: "every property of the rooms that read a stranger's bytes, with one seed after the other",
        unit: "seeds",
        usual: 20,
        count: Count::Seeds,
        tests: &[
            "--release",
            "-p",
            "sakimori-wire",
            "-p",
            "sakimori-tlog",
            "-p",
            "sakimori-custody",
            "-p",
            "sakimori-authority",
            "-p",
            "sakimori-select",
            "-p",
            "sakimori-detect",
            "-p",
            "sakimori-lake",
            "--lib",
            "--tests",
        ],
    },
];

/// The campaign that has a page of its own.
const MUTATION: &str = "mutation";
/// How a test tells what a row is to say beside the count.
const TOLD: &str = "CAMPAIGN ";
/// The page with a row for each run.
const PAGE: &str = "docs/campaigns.md";

/// `xtask campaign [NAME [COUNT]] [--resume]`.
///
/// # Errors
/// Where a test fails (a row says so), or there is no such campaign.
pub(crate) fn run(args: impl Iterator<Item = String>) -> Result<()> {
    let (flags, words): (Vec<String>, Vec<String>) = args.partition(|word| word.starts_with("--"));
    if let Some(flag) = flags.iter().find(|flag| *flag != "--resume") {
        return Err(Stop::usage(&format!("there is no flag `{flag}`")));
    }
    let Some(name) = words.first() else {
        for c in CAMPAIGNS {
            eprintln!("{:<12} {} (usually {} {})", c.name, c.what, c.usual, c.unit);
        }
        eprintln!(
            "{MUTATION:<12} small changes of verifier, authority and oversight that tests have to notice (usually 1 share of 80)"
        );
        return Ok(());
    };
    if name == MUTATION {
        return crate::mutation::run(words.get(1).map(String::as_str), !flags.is_empty());
    }
    let Some(campaign) = CAMPAIGNS.iter().find(|campaign| campaign.name == name) else {
        return Err(Stop::usage(&format!("there is no campaign `{name}`")));
    };
    let count = match words.get(1).map(|count| count.parse()) {
        None => campaign.usual,
        Some(Ok(count)) if count > 0 => count,
        Some(_) => return Err(Stop::usage("the count is no positive number")),
    };
    let path = crate::root().join(PAGE);
    let page = std::fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    let first = if flags.is_empty() {
        1
    } else {
        next_seed(&page, campaign.name)
    };
    perform(campaign, first, count, &path)
}

/// The seed behind the last one that the page tells of.
fn next_seed(page: &str, name: &str) -> u64 {
    let rows = page.lines().filter_map(|line| line.strip_prefix('|'));
    let seeds = rows.filter_map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let last = cells.get(4)?.rsplit('–').next()?;
        (*cells.get(1)? == name).then(|| last.parse::<u64>().ok())?
    });
    seeds.max().map_or(1, |last| last + 1)
}

fn perform(campaign: &Campaign, first: u64, count: u64, path: &Path) -> Result<()> {
    let path_for_tests = tools::prepare()?;
    let (seeds, variable) = match campaign.count {
        Count::Seeds => (first..=first + count - 1, None),
        Count::Variable(name) => (first..=first, Some(name)),
    };
    let last = *seeds.end();
    let mut passed = 0;
    let mut told = Vec::new();
    let mut failed = None;
    for seed in seeds {
        let mut tests = cargo(["test", "--locked"]);
        tests
            .args(campaign.tests)
            .env("PATH", &path_for_tests)
            .envs(["PROPTEST_RNG_SEED", "SAKIMORI_SEED"].map(|name| (name, seed.to_string())));
        if let Some(name) = variable {
            tests.env(name, count.to_string());
        }
        told.clear();
        eprintln!("==> {} seed {seed} of {first}–{last}", campaign.name);
        let good = watched(&mut tests, &mut |line| {
            passed += passed_in(line);
            if let Some(words) = line.strip_prefix(TOLD) {
                told.push(words.to_owned());
            }
        })?;
        if !good {
            failed = Some(seed);
            break;
        }
    }
    if passed == 0 && failed.is_none() {
        bail!("campaign `{}` ran no test", campaign.name);
    }
    let verdict = failed.map_or_else(
        || "good".to_owned(),
        |seed| format!("FAILED at seed {seed}"),
    );
    let reached = failed.unwrap_or(last);
    let told = if told.is_empty() {
        String::new()
    } else {
        format!(" ({})", told.join(", "))
    };
    let what = format!("{count} {}{told}; {passed} tests passed", campaign.unit);
    let row = [
        date()?,
        campaign.name.to_owned(),
        commit(),
        machine(),
        format!("{first}–{reached}"),
        what,
        verdict,
    ];
    let row = format!("| {} |\n", row.join(" | "));
    let mut page = std::fs::OpenOptions::new().append(true).open(path)?;
    page.write_all(row.as_bytes())
        .with_context(|| format!("cannot write {PAGE}"))?;
    eprint!("\n{row}");
    match failed {
        None => Ok(()),
        Some(seed) => bail!("campaign `{}` failed at seed {seed}", campaign.name),
    }
}

fn passed_in(line: &str) -> u64 {
    let result = line
        .strip_prefix("test result: ok. ")
        .and_then(|rest| rest.split(' ').next());
    result.and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// The first line that a program says.
fn says(program: &str, arguments: &[&str]) -> Option<String> {
    let said = Command::new(program)
        .args(arguments)
        .current_dir(crate::root())
        .output()
        .ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    text.lines()
        .next()
        .filter(|_| said.status.success())
        .map(str::to_owned)
}

pub(crate) fn date() -> Result<String> {
    says("date", &["-u", "+%Y-%m-%d"]).context("cannot run `date`")
}

pub(crate) fn commit() -> String {
    says("git", &["describe", "--always", "--dirty"]).unwrap_or_else(|| "unknown".to_owned())
}

/// Processor, cores and kernel.
pub(crate) fn machine() -> String {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find(|line| line.starts_with("model name"));
    let model = model
        .and_then(|line| line.split(": ").nth(1))
        .unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = says("uname", &["-sr"]).unwrap_or_default();
    format!("{cores} × {model}, {kernel}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_goes_on_behind_its_own_last_seed() {
        let page = "\
| date | campaign | commit | machine | seeds | what | verdict |
|---|---|---|---|---|---|---|
| 2026-11-27 | fuzz | abc | x | 1–20 | y | good |
| 2026-11-28 | fuzz | abc | x | 21–25 | y | FAILED at seed 25 |
| 2026-11-28 | kills | abc | x | 1–99 | y | good |
";
        assert_eq!(next_seed(page, "fuzz"), 26);
        assert_eq!(next_seed(page, "twins"), 1);
    }

    #[test]
    fn passed_tests_are_read_from_the_runner_s_line_alone() {
        assert_eq!(
            passed_in("test result: ok. 7 passed; 0 failed; 0 ignored"),
            7
        );
        assert_eq!(passed_in("test result: FAILED. 7 passed; 1 failed"), 0);
        assert_eq!(passed_in("7 passed"), 0);
    }

    #[test]
    fn the_page_has_the_table_that_rows_are_added_to() {
        let page = std::fs::read_to_string(crate::root().join(PAGE)).unwrap();
        let last = page.trim_end().lines().last().unwrap_or_default();
        assert!(
            last.starts_with('|')
                && page.contains("| date | campaign | commit | machine | seeds | what | verdict |")
        );
    }
}
