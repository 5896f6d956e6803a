//! The benchmark of the log. In: a folder on the disk to be measured. Out: a table in `docs/performance.md`, each figure beside its target. Never: a figure of another
//! run, or one that was left out because it misses.
//!
//! Three runs of `crates/ledger/examples/load` and of `crates/authority/examples/gate`; the table has the median.

use super::figures::{self, Bar, Figures, Row, load, measure};
use super::report;
use crate::tools::{Stop, cargo, succeed, target};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const RUNS: usize = 3;
const BEGIN: &str = "<!-- bench-log:begin -->";
const END: &str = "<!-- bench-log:end -->";

const ROWS: [Row; 20] = [
    (
        "durable appends, one at a time",
        "bare.append.1",
        "/s",
        1.0,
        Bar::AtLeast(180.0),
    ),
    (
        "durable appends, batches of 256",
        "bare.append.256",
        "/s",
        1.0,
        Bar::AtLeast(40_000.0),
    ),
    (
        "durable appends, batches of 4096",
        "bare.append.4096",
        "/s",
        1.0,
        Bar::AtLeast(150_000.0),
    ),
    (
        "the same until the mirror has cosigned all, batches of 256",
        "bare.mirrored.256",
        "/s",
        1.0,
        Bar::None,
    ),
    (
        "the same until the mirror has cosigned all, batches of 4096",
        "bare.mirrored.4096",
        "/s",
        1.0,
        Bar::None,
    ),
    (
        "each entry with a body of its own, one at a time",
        "bodies.append.1",
        "/s",
        1.0,
        Bar::AtLeast(180.0),
    ),
    (
        "each entry with a body of its own, batches of 256",
        "bodies.append.256",
        "/s",
        1.0,
        Bar::None,
    ),
    (
        "each entry with a body of its own, batches of 4096",
        "bodies.append.4096",
        "/s",
        1.0,
        Bar::None,
    ),
    (
        "add → published and cosigned, p50",
        "alone.published.p50",
        "ms",
        1.0,
        Bar::AtMost(120.0),
    ),
    (
        "add → published and cosigned, p99",
        "alone.published.p99",
        "ms",
        1.0,
        Bar::AtMost(300.0),
    ),
    (
        "the same while four authors add all the time, p50",
        "crowd.published.p50",
        "ms",
        1.0,
        Bar::AtMost(120.0),
    ),
    (
        "the same while four authors add all the time, p99",
        "crowd.published.p99",
        "ms",
        1.0,
        Bar::AtMost(300.0),
    ),
    (
        "add → index, durable, p50",
        "alone.durable.p50",
        "ms",
        1.0,
        Bar::None,
    ),
    (
        "memory: log, mirror and authors in one process",
        "memory.kb",
        "MB",
        1024.0,
        Bar::AtMost(100.0),
    ),
    (
        "full verification of entries, one core",
        "verify",
        "/s",
        1.0,
        Bar::AtLeast(1_500_000.0),
    ),
    (
        "inclusion path of 20 hashes",
        "path.us",
        "µs",
        1.0,
        Bar::AtMost(5.0),
    ),
    (
        "complete proof: path, log's signature, mirror's cosignature, policy",
        "proof.us",
        "µs",
        1.0,
        Bar::AtMost(300.0),
    ),
    ("size of that proof", "proof.bytes", "bytes", 1.0, Bar::None),
    (
        "gate decision, trust root included",
        "gate.us",
        "µs",
        1.0,
        Bar::AtMost(2_000.0),
    ),
    ("bytes of an entry", "entry.bytes", "bytes", 1.0, Bar::None),
];

/// `xtask bench log [FOLDER]`.
///
/// # Errors
/// Where an example does not build or run, or a figure is missing.
pub(super) fn run(mut args: impl Iterator<Item = String>) -> Result<()> {
    let parent = args
        .next()
        .map_or_else(|| target().join("bench-log"), PathBuf::from);
    if args.next().is_some() {
        return Err(Stop::usage("usage: cargo xtask bench log [FOLDER]"));
    }
    for (package, example) in [("sakimori-ledger", "load"), ("sakimori-authority", "gate")] {
        let words = [
            "build",
            "--release",
            "--locked",
            "-p",
            package,
            "--example",
            example,
        ];
        succeed(&mut cargo(words))?;
    }
    let before = load();
    let mut figures = Figures::new();
    for number in 0..RUNS {
        // Each run has a folder of its own and nothing is removed between them: a file system is slow where it has just removed much.
        let folder = parent.join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        eprintln!("run {} of {RUNS} in {}", number + 1, folder.display());
        measure("load", &[folder.as_os_str()], "", &mut figures)?;
        measure("gate", &[], "", &mut figures)?;
    }
    let text = table(&figures, &before, &parent)?;
    report::put(BEGIN, END, &text)?;
    eprintln!("{text}");
    std::fs::remove_dir_all(&parent).with_context(|| format!("cannot remove {}", parent.display()))
}

fn table(figures: &Figures, before: &str, parent: &Path) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "Machine: {}.\n", crate::campaign::machine())?;
    writeln!(
        text,
        "`cargo xtask bench log`, files below `{}`, {RUNS} runs, median and every run; load average before: {before}.\n",
        parent
            .strip_prefix(crate::root())
            .unwrap_or(parent)
            .display()
    )?;
    text.push_str(&figures::table(&ROWS, figures)?);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_tells_what_is_met_and_what_is_missed_and_refuses_to_leave_a_figure_out() {
        let mut figures: Figures = ROWS
            .iter()
            .map(|row| (row.1.to_owned(), vec![1.0, 3.0, 2.0]))
            .collect();
        let text = table(&figures, "0.1", Path::new("x")).unwrap();
        assert!(text.contains(
            "| durable appends, one at a time | 2.0 /s | ≥ 180 | **missed** | 1.0, 3.0, 2.0 |"
        ));
        assert!(text.contains("| inclusion path of 20 hashes | 2.0 µs | ≤ 5.0 | met |"));
        figures.remove("gate.us");
        assert!(table(&figures, "0.1", Path::new("x")).is_err());
    }

    #[test]
    fn the_page_has_the_marks() {
        let page = std::fs::read_to_string(crate::root().join("docs/performance.md")).unwrap();
        assert!(page.contains(BEGIN) && page.contains(END));
    }
}
