//! Runs one command and tells what it cost. In: a command line. Out: CPU time of its whole process tree, wall time, peak memory. Never: a second command
//! in the same process, since the system's counters of ended children only grow.

use anyhow::{Context, Result};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How often the memory of the process tree is looked at.
const SAMPLE: Duration = Duration::from_millis(10);

/// What a run cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// User and system time of the process tree, seconds.
    pub(super) cpu: f64,
    /// Wall time, seconds.
    pub(super) wall: f64,
    /// Sum over the tree of each process's peak resident memory, kB.
    pub(super) memory_kb: u64,
    /// Whether the command ended with 0.
    pub(super) success: bool,
}

/// Runs `command` pinned to `core` in a process of its own that measures it; standard output and error go to `output`.
///
/// # Errors
/// Where the measuring process cannot be started or says nothing.
pub(super) fn measured(core: usize, command: &[String], output: &Path) -> Result<Cost> {
    let run = Command::new(std::env::current_exe()?)
        .arg("bench-one")
        .arg(core.to_string())
        .arg(output)
        .args(command)
        .output()
        .context("cannot start the measuring process")?;
    let text = String::from_utf8_lossy(&run.stdout);
    let parsed = parse(&text);
    parsed.with_context(|| {
        format!(
            "`{}` was not measured: {}",
            command.join(" "),
            String::from_utf8_lossy(&run.stderr)
        )
    })
}

/// Reads what [`one`] printed.
fn parse(text: &str) -> Option<Cost> {
    let mut words = text.split_whitespace();
    let cost = Cost {
        cpu: words.next()?.parse().ok()?,
        wall: words.next()?.parse().ok()?,
        memory_kb: words.next()?.parse().ok()?,
        success: words.next()? == "true",
    };
    words.next().is_none().then_some(cost)
}

/// The measuring process: `bench-one CORE OUTPUT COMMAND…`; prints the four numbers of [`Cost`].
///
/// # Errors
/// Where the command cannot be started.
#[expect(clippy::print_stdout, reason = "the numbers are this process's result")]
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn one(mut args: impl Iterator<Item = String>) -> Result<()> {
    let core = args.next().context("no core")?;
    let output = args.next().context("no output")?;
    let out = File::create(&output).with_context(|| format!("cannot write {output}"))?;
    let start = Instant::now();
    let mut child = Command::new("taskset")
        .args(["-c", &core])
        .args(args)
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out)
        .spawn()
        .context("cannot start `taskset`")?;
    let root = child.id();
    let (tell, told) = channel::<()>();
    let sampler = std::thread::spawn(move || {
        let mut peaks = BTreeMap::new();
        while told.recv_timeout(SAMPLE) == Err(RecvTimeoutError::Timeout) {
            sample(root, &mut peaks);
        }
        peaks.values().sum::<u64>()
    });
    let status = child.wait()?;
    let wall = start.elapsed().as_secs_f64();
    drop(tell);
    let tree = sampler.join().unwrap_or_default();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    // A process that ends between two samples is missing in the sum; the system itself knows the largest one.
    let memory = tree.max(u64::try_from(usage.max_rss()).unwrap_or_default());
    println!("{} {wall} {memory} {}", cpu(&usage), status.success());
    Ok(())
}

fn cpu(usage: &Usage) -> f64 {
    let (user, system) = (usage.user_time(), usage.system_time());
    (user.tv_sec() + system.tv_sec()) as f64 + (user.tv_usec() + system.tv_usec()) as f64 / 1e6
}

/// Notes the peak memory of `root` and of every process below it.
fn sample(root: u32, peaks: &mut BTreeMap<u32, u64>) {
    let mut open = vec![root];
    while let Some(process) = open.pop() {
        let folder = format!("/proc/{process}");
        if let Some(peak) = peak_kb(&folder) {
            peaks.insert(process, peak);
        }
        let children = std::fs::read_to_string(format!("{folder}/task/{process}/children"));
        let text = children.unwrap_or_default();
        open.extend(
            text.split_whitespace()
                .filter_map(|id| id.parse::<u32>().ok()),
        );
    }
}

fn peak_kb(folder: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("{folder}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
