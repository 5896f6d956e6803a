//! Times of measures. In: the tests of the whole actuator on real systems. Out: one table in `docs/performance.md`: each system, from the arrival of the approval over HTTPS to the effect, and from the owner's stop to the release. Never: a row of another
//! run, or one that is left out.

use super::figures::load;
use super::report;
use crate::tools::{self, cargo};
use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;

const BEGIN: &str = "<!-- bench-measures:begin -->";
const END: &str = "<!-- bench-measures:end -->";
/// How a test tells a row.
const MARK: &str = "row | ";
/// The systems of the table, as the tests call them.
const SYSTEMS: [&str; 8] = [
    "nftables",
    "Unbound, by a policy zone",
    "BIND, by a policy zone",
    "BGP by GoBGP, in the router's kernel",
    "BGP by BIRD, in the router's kernel",
    "BGP by ExaBGP, in the router's kernel",
    "host: a process frozen",
    "host: isolated",
];

/// `xtask bench measures`.
///
/// # Errors
/// Where a tool is missing, a test fails, or a row is.
pub(super) fn run() -> Result<()> {
    let path = tools::prepare()?;
    let words = [
        "test",
        "--locked",
        "-p",
        "sakimori-actuator",
        "--test",
        "whole",
        "--",
        "--nocapture",
        "--test-threads=1",
        "times_of",
    ];
    let before = load();
    let ran = cargo(words)
        .env("PATH", path)
        .env("CI", "true")
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    let said = String::from_utf8_lossy(&ran.stdout);
    ensure!(ran.status.success(), "the tests failed:\n{said}");
    let text = table(&said, &before)?;
    report::put(BEGIN, END, &text)?;
    eprintln!("{text}");
    Ok(())
}

fn table(said: &str, before: &str) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "Machine: {}.\n", crate::campaign::machine())?;
    writeln!(
        text,
        "`cargo xtask bench measures`, debug build, least and most of three attempts; load average before: {before}.\n"
    )?;
    text.push_str(
        "| system | approval → read back | approval → noticed | kill switch → noticed | target |\n|---|---|---|---|---|\n",
    );
    for system in SYSTEMS {
        let mut rows = said
            .lines()
            .filter_map(|line| line.split_once(MARK).map(|(_, row)| row.trim()));
        let row = rows.find_map(|row| {
            let rest = row.strip_prefix(system)?.strip_prefix(" | ")?;
            (rest.split(" | ").count() == 4).then_some(rest)
        });
        let row = row.with_context(|| format!("`{system}` is missing"))?;
        writeln!(text, "| {system} | {row} |")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_every_system_or_is_none() {
        let rows: Vec<String> = SYSTEMS
            .iter()
            .map(|system| {
                format!("test t ... row | {system} | 1–2 ms | 3–4 ms | 5–6 ms | < 2 s, < 1 s\n")
            })
            .collect();
        let text = table(&rows.concat(), "0.1").unwrap();
        assert!(
            text.contains("| host: isolated | 1–2 ms | 3–4 ms | 5–6 ms | < 2 s, < 1 s |"),
            "{text}"
        );
        for left_out in 0..rows.len() {
            let mut rows = rows.clone();
            rows.remove(left_out);
            assert!(table(&rows.concat(), "0.1").is_err());
        }
        assert!(table("row | nftables | 1\n", "0.1").is_err());
    }

    #[test]
    fn the_page_has_the_marks() {
        let page = std::fs::read_to_string(crate::root().join("docs/performance.md")).unwrap();
        assert!(page.contains(BEGIN) && page.contains(END));
    }
}
