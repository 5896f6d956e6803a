//! The benchmark of the sensor against its peers. In: the test data. Out: two workloads in a folder for the run, and a table in `docs/performance.md`. Never: a
//! number that was not measured in the same run as those beside it.
//!
//! Five repetitions, interleaved, each pinned to one core, with a warm file. A peer that is not installed is named in one line and left out.

mod contender;
mod exchange;
mod figures;
mod log;
mod measure;
mod measures;
mod replica;
mod report;
mod workload;

use anyhow::{Context, Result, bail};
use contender::{Contender, Files};
use measure::Cost;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Repetitions of each command.
const REPETITIONS: usize = 5;
/// The core that everything is measured on; the other one is left to the system.
const CORE: usize = 1;

/// A contender's repetitions on one workload.
struct Row {
    /// Position in the list of contenders.
    contender: usize,
    workload: usize,
    costs: Vec<Cost>,
    /// The last line of our own programs.
    said: String,
}

/// `xtask bench`, `xtask bench sources`, `xtask bench build FOLDER`, `xtask bench log [FOLDER]`,
/// `xtask bench exchange [--objects N] [FOLDER]`, `xtask bench measures`.
///
/// # Errors
/// Where data or a tool is missing, or a contender fails.
pub(crate) fn run(mut args: impl Iterator<Item = String>) -> Result<()> {
    let data = sakimori_testkit::data_root();
    match args.next().as_deref() {
        Some("sources") => workload::write_list(&data),
        Some("log") => log::run(args),
        Some("exchange") => exchange::run(args),
        Some("measures") => measures::run(),
        Some("build") => {
            let folder = args
                .next()
                .context("usage: cargo xtask bench build FOLDER")?;
            workload::build(&data, Path::new(&folder)).map(|_| ())
        }
        None => measure_all(&data),
        Some(other) => {
            bail!(
                "`{other}`: usage: cargo xtask bench [sources | build FOLDER | log [FOLDER] | exchange [--objects N] [FOLDER] | measures]"
            )
        }
    }
}

/// The measuring process, started by [`measure::measured`].
///
/// # Errors
/// Where the command cannot be started.
pub(crate) fn one(args: impl Iterator<Item = String>) -> Result<()> {
    measure::one(args)
}

fn measure_all(data: &Path) -> Result<()> {
    let ours = build_sensor()?;
    // Memory, where there is any: what is measured is no disk.
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() {
        memory.to_path_buf()
    } else {
        std::env::temp_dir()
    };
    let folder = parent.join(format!("sakimori-bench-{}", std::process::id()));
    let done = contest(data, &folder, &ours);
    // What the folder holds is of this run alone; the result is told first.
    std::fs::remove_dir_all(&folder).ok();
    done
}

fn contest(data: &Path, folder: &Path, ours: &Path) -> Result<()> {
    let workloads = workload::build(data, folder)?;
    std::fs::create_dir_all(folder.join("nfpcapd"))?;
    for (path, packets) in &workloads {
        check_total(path, *packets)?;
    }
    let (present, missing): (Vec<_>, Vec<_>) = contender::all(ours)
        .into_iter()
        .partition(Contender::is_here);
    for contender in &missing {
        eprintln!(
            "{} is not installed (package {}) and is left out",
            contender.name,
            contender.package()
        );
    }
    let rows = repeat(&present, &workloads, folder)?;
    let packets = workloads.map(|(_, packets)| packets);
    report::write(&present, &missing, packets, &rows, folder)
}

/// Builds the example `measure` of the sensor as it is released.
fn build_sensor() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = [
        "build",
        "--release",
        "-p",
        "sakimori-sensor",
        "--features",
        "bench",
        "--example",
        "measure",
    ];
    let built = Command::new(cargo)
        .args(arguments)
        .current_dir(crate::root())
        .status()?;
    if !built.success() {
        bail!("the sensor's example `measure` does not build");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| crate::root().join("target"), PathBuf::from);
    Ok(target.join("release/examples/measure"))
}

/// Holds the number of packets against `capinfos`, so that nobody measures less than the whole file.
fn check_total(path: &Path, packets: u64) -> Result<()> {
    let Ok(told) = Command::new("capinfos")
        .args(["-T", "-r", "-c", "-M"])
        .arg(path)
        .output()
    else {
        eprintln!("capinfos is not installed (package wireshark-common); totals are not checked");
        return Ok(());
    };
    let text = String::from_utf8(told.stdout)?;
    let counted: Option<u64> = text.trim().rsplit('\t').next().and_then(|n| n.parse().ok());
    if counted != Some(packets) {
        bail!(
            "{}: {packets} packets were written, capinfos counts `{}`",
            path.display(),
            text.trim()
        );
    }
    Ok(())
}

/// Every contender once on every workload, that [`REPETITIONS`] times, so that a slow minute of the machine hits all.
fn repeat(
    present: &[Contender],
    workloads: &[(PathBuf, u64); 2],
    folder: &Path,
) -> Result<Vec<Row>> {
    // Bound and never read: what is exported arrives somewhere, at no one's cost but the sender's.
    let sink = UdpSocket::bind("127.0.0.1:0")?;
    let port = sink.local_addr()?.port();
    let mut rows = Vec::new();
    for workload in 0..workloads.len() {
        rows.extend((0..present.len()).map(|contender| Row {
            contender,
            workload,
            costs: vec![],
            said: String::new(),
        }));
    }
    for repetition in 1..=REPETITIONS {
        for row in &mut rows {
            let (Some(contender), Some((input, packets))) =
                (present.get(row.contender), workloads.get(row.workload))
            else {
                continue;
            };
            let files = Files {
                input,
                folder,
                port,
            };
            let cost = once(contender, &files, *packets, &mut row.said)?;
            eprintln!(
                "{repetition}/{REPETITIONS} W{} {:26} {:6.2} s CPU, {:.2} M packets/s",
                row.workload + 1,
                contender.name,
                cost.cpu,
                *packets as f64 / cost.cpu / 1e6
            );
            row.costs.push(cost);
        }
    }
    Ok(rows)
}

/// One run, held against failure and, where it is ours, against the number of packets.
fn once(contender: &Contender, files: &Files<'_>, packets: u64, said: &mut String) -> Result<Cost> {
    let output = files.folder.join("output.txt");
    let cost = measure::measured(CORE, &contender.command(files), &output)?;
    let text = std::fs::read_to_string(&output).unwrap_or_default();
    let input = files.input.display();
    if !cost.success {
        bail!("{} failed on {input}: {}", contender.name, tail(&text));
    }
    if contender.is_ours() {
        text.trim().clone_into(said);
        if !said.starts_with(&format!("{packets} packets")) {
            bail!(
                "{} has not read the {packets} packets of {input}: {said}",
                contender.name
            );
        }
    }
    Ok(cost)
}

/// The last lines of what a program said.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(5)..)
        .unwrap_or_default()
        .join(" / ")
}
