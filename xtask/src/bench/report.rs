//! The table of a benchmark. In: what was measured. Out: the part of `docs/performance.md` between two marks. Never: a change outside the marks.

use super::contender::{Contender, Files};
use super::{CORE, REPETITIONS, Row};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// Writes the tables, the machine, versions, command lines and every single time.
///
/// # Errors
/// Where the page has no marks or cannot be written.
pub(super) fn write(
    present: &[Contender],
    missing: &[Contender],
    packets: [u64; 2],
    rows: &[Row],
    folder: &Path,
) -> Result<()> {
    let mut text = String::new();
    machine(&mut text)?;
    table(&mut text, present, rows, packets)?;
    said(&mut text, present, rows)?;
    for contender in missing {
        writeln!(
            text,
            "Not measured, not installed: {} (package {}).\n",
            contender.name,
            contender.package()
        )?;
    }
    commands(&mut text, present, folder)?;
    raw(&mut text, present, rows)?;
    put(BEGIN, END, &text)
}

/// Puts `text` into the page, in the place of what stands between two marks.
///
/// # Errors
/// Where the page has no marks or cannot be written.
pub(super) fn put(begin: &str, end: &str, text: &str) -> Result<()> {
    let page = crate::root().join("docs/performance.md");
    let old = std::fs::read_to_string(&page)
        .with_context(|| format!("cannot read {}", page.display()))?;
    let new = between_marks(&old, begin, end, text)
        .with_context(|| format!("{} has no marks", page.display()))?;
    std::fs::write(&page, new).with_context(|| format!("cannot write {}", page.display()))
}

/// `old` with `text` in the place of what stands between the marks.
fn between_marks(old: &str, begin: &str, end: &str, text: &str) -> Option<String> {
    let (before, rest) = old.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n\n{text}\n{end}{after}"))
}

fn machine(text: &mut String) -> Result<()> {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |line| line.trim_start_matches([' ', '\t', ':']));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let compiler = Command::new("rustc")
        .arg("-V")
        .output()
        .map(|out| out.stdout)
        .unwrap_or_default();
    writeln!(
        text,
        "Machine: {name}, pinned to core {CORE}; Linux {}; {}. {REPETITIONS} interleaved repetitions; the table has the median of CPU time with the minimum behind it.\n",
        kernel.trim(),
        String::from_utf8_lossy(&compiler).trim()
    )?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// One line a contender; both workloads side by side.
fn table(text: &mut String, present: &[Contender], rows: &[Row], packets: [u64; 2]) -> Result<()> {
    let [mix, web] = packets;
    writeln!(
        text,
        "W1, the mix: {mix} packets. W2, the same without DNS and ICMP: {web} packets. M/s = millions of packets for each second of user and system time of the process \
         tree, median; MB = largest resident memory of the tree.\n"
    )?;
    writeln!(
        text,
        "| | what it does | W1 CPU s | wall s | **M/s** | MB | W2 CPU s | wall s | **M/s** | MB |"
    )?;
    writeln!(text, "|---|---|---|---|---|---|---|---|---|---|")?;
    for (at, contender) in present.iter().enumerate() {
        let mut line = format!("| {} | {} |", contender.name, contender.job);
        for row in rows.iter().filter(|row| row.contender == at) {
            let total = packets.get(row.workload).copied().unwrap_or_default();
            cells(&mut line, row, total)?;
        }
        writeln!(text, "{line}")?;
    }
    writeln!(text)?;
    Ok(())
}

/// Median and minimum of CPU time, median of wall time, packets a second, memory.
fn cells(line: &mut String, row: &Row, packets: u64) -> Result<()> {
    let cpu: Vec<f64> = row.costs.iter().map(|cost| cost.cpu).collect();
    let wall = row.costs.iter().map(|cost| cost.wall).collect();
    let memory = row.costs.iter().map(|cost| cost.memory_kb).max();
    let (least, middle) = (least(&cpu), median(cpu));
    write!(
        line,
        " {middle:.3} ({least:.3}) | {:.3} | **{:.2}** | {:.0} |",
        median(wall),
        packets as f64 / middle / 1e6,
        memory.unwrap_or_default() as f64 / 1024.0
    )?;
    Ok(())
}

/// What our own programs said that they had read: the same in every repetition, and as many packets as `capinfos` counts.
fn said(text: &mut String, present: &[Contender], rows: &[Row]) -> Result<()> {
    writeln!(text, "What the sensor said:\n")?;
    for row in rows.iter().filter(|row| !row.said.is_empty()) {
        if let Some(contender) = present.get(row.contender) {
            writeln!(
                text,
                "- W{} {}: {}",
                row.workload + 1,
                contender.name,
                row.said
            )?;
        }
    }
    writeln!(text)?;
    Ok(())
}

fn commands(text: &mut String, present: &[Contender], folder: &Path) -> Result<()> {
    writeln!(
        text,
        "Versions and command lines (`taskset -c {CORE}` before each):\n"
    )?;
    for contender in present {
        let files = Files {
            input: Path::new("WORKLOAD"),
            folder,
            port: 9995,
        };
        let mut command = contender.command(&files);
        if let Some(program) = command.first_mut() {
            let name = Path::new(program.as_str()).file_name();
            *program = name.unwrap_or_default().to_string_lossy().into_owned();
        }
        let line = command
            .join(" ")
            .replace(&folder.display().to_string(), "FOLDER");
        let version = contender
            .version()
            .unwrap_or_else(|| "of this repository".into());
        writeln!(text, "- {} {version}: `{line}`", contender.name)?;
    }
    writeln!(text)?;
    Ok(())
}

fn raw(text: &mut String, present: &[Contender], rows: &[Row]) -> Result<()> {
    writeln!(text, "Every repetition, CPU seconds:\n")?;
    for row in rows {
        let Some(contender) = present.get(row.contender) else {
            continue;
        };
        let times: Vec<String> = row
            .costs
            .iter()
            .map(|cost| format!("{:.3}", cost.cpu))
            .collect();
        writeln!(
            text,
            "- W{} {}: {}",
            row.workload + 1,
            contender.name,
            times.join(", ")
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let old = format!("before {BEGIN} old {END} after");
        let new = between_marks(&old, BEGIN, END, "new").unwrap();
        assert_eq!(new, format!("before {BEGIN}\n\nnew\n{END} after"));
        assert_eq!(between_marks("no marks", BEGIN, END, "new"), None);
    }
}
