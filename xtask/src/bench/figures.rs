//! Figures of programs that measure, and the table of them. In: programs that say `NAME VALUE`, rows with targets. Out: a table in Markdown. Never: a row that is left out
//! because its figure is missing or misses its target.

use crate::tools::target;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::Command;

/// What a target asks for.
#[derive(Clone, Copy)]
pub(super) enum Bar {
    AtLeast(f64),
    AtMost(f64),
    /// No target; told for what it says.
    None,
}

/// A row: what is measured, the figure's name, its unit, what it is divided by, the target.
pub(super) type Row = (&'static str, &'static str, &'static str, f64, Bar);

/// Values by name, of every run.
pub(super) type Figures = BTreeMap<String, Vec<f64>>;

/// The machine's load average of the last minute.
pub(super) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// Runs an example and reads its lines; each name gets the prefix.
///
/// # Errors
/// Where it cannot be started, fails, or says something else.
pub(super) fn measure(
    example: &str,
    words: &[&OsStr],
    prefix: &str,
    figures: &mut Figures,
) -> Result<()> {
    let program = target().join("release/examples").join(example);
    let done = Command::new(&program)
        .args(words)
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if !done.status.success() {
        bail!("{} ended with {}", program.display(), done.status);
    }
    for line in String::from_utf8(done.stdout)?.lines() {
        let read = line.split_once(' ');
        let read = read.and_then(|(name, value)| Some((name, value.parse().ok()?)));
        let (name, value) = read.with_context(|| format!("`{line}` is no figure"))?;
        eprintln!("{prefix}{name} {value}");
        figures
            .entry(format!("{prefix}{name}"))
            .or_default()
            .push(value);
    }
    Ok(())
}

pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// The rows with median, target, verdict and every run.
///
/// # Errors
/// Where a figure is missing.
pub(super) fn table(rows: &[Row], figures: &Figures) -> Result<String> {
    let mut text = "| | measured | target | | every run |\n|---|---|---|---|---|\n".to_owned();
    for &(what, name, unit, divisor, bar) in rows {
        let values = figures
            .get(name)
            .with_context(|| format!("`{name}` is missing"))?;
        let values: Vec<f64> = values.iter().map(|value| value / divisor).collect();
        let value = median(&values).with_context(|| format!("`{name}` is missing"))?;
        let (target, verdict) = judged(value, bar);
        let every: Vec<String> = values.iter().map(|value| number(*value)).collect();
        writeln!(
            text,
            "| {what} | {} {unit} | {target} | {verdict} | {} |",
            number(value),
            every.join(", ")
        )?;
    }
    Ok(text)
}

/// A target as it is written, and whether a value meets it.
pub(super) fn judged(value: f64, bar: Bar) -> (String, &'static str) {
    let (target, met) = match bar {
        Bar::AtLeast(bar) => (format!("≥ {}", number(bar)), Some(value >= bar)),
        Bar::AtMost(bar) => (format!("≤ {}", number(bar)), Some(value <= bar)),
        Bar::None => ("–".to_owned(), None),
    };
    let verdict = met.map_or("", |met| if met { "met" } else { "**missed**" });
    (target, verdict)
}

/// A number with as many digits as say something.
pub(super) fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}
