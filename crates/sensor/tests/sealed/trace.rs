//! What the kernel saw of a run: every system call of supervisor and sealed process, by `strace`.

use crate::captures::{CANARY, MINUTE_PACKETS, minutes};
use crate::office::{Clock, Journal, Run, admitted, config, plan, this_program};
use crate::runs::NOW;
use sakimori_sensor::seal::allowed_calls;
use sakimori_testkit::program;
use std::ffi::OsString;
use std::fs::File;
use std::process::{Command, ExitCode};

/// First argument of the process that is traced, before a capture.
pub(crate) const ARGUMENT: &str = "traced";

/// A run over the capture that the argument names.
pub(crate) fn traced(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let journal = Journal::default();
    let run = Run {
        admitted: &admitted(&plan()),
        program: this_program(),
        config: config(false),
        input: File::open(args.next().unwrap()).unwrap().into(),
        clock: Clock::real(NOW),
    };
    let outcome = run.supervise(&journal).unwrap();
    let whole = outcome.totals.selected == 3 * MINUTE_PACKETS && outcome.fault.is_none();
    ExitCode::from(u8::from(!whole))
}

pub(crate) fn trace() {
    let test = "a_trace_shows_no_call_beyond_the_list_and_no_content_written";
    let Some(strace) = program(test, "strace") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (capture, log) = (folder.path().join("capture"), folder.path().join("log"));
    std::fs::write(&capture, minutes(3)).unwrap();
    let status = Command::new(strace)
        .args(["-f", "-s", "1000000", "-o"])
        .arg(&log)
        .arg(std::env::current_exe().unwrap())
        .arg(ARGUMENT)
        .arg(&capture)
        .status()
        .unwrap();
    assert!(status.success(), "{status:?}");
    check(&String::from_utf8_lossy(&std::fs::read(&log).unwrap()));
}

/// The name of the call that a line tells of, be it whole, begun or resumed.
fn name(call: &str) -> &str {
    let call = call.strip_prefix("<... ").unwrap_or(call);
    call.split(['(', ' ']).next().unwrap_or_default()
}

fn check(log: &str) {
    // The numbers of the list as names.
    let allowed = [
        "read",
        "write",
        "ppoll",
        "futex",
        "mmap",
        "mremap",
        "munmap",
        "madvise",
        "brk",
        "rt_sigreturn",
        "sigaltstack",
        "restart_syscall",
        "timer_settime",
        "exit",
        "exit_group",
    ];
    assert_eq!(allowed.len(), allowed_calls().len());
    let canary = std::str::from_utf8(CANARY).unwrap();
    let lines: Vec<(&str, &str)> = log
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(id, call)| (id, call.trim_start()))
        .collect();
    let sealing = lines.iter().position(|(_, call)| {
        call.starts_with("seccomp(SECCOMP_SET_MODE_FILTER")
            || call.starts_with("prctl(PR_SET_SECCOMP")
    });
    let sealing = sealing.expect("the process was sealed");
    let sealed = lines[sealing].0;
    let (mut calls, mut frames, mut input) = (0, 0, 0);
    for (id, call) in &lines[sealing + 1..] {
        if *id != sealed
            || call.starts_with(['+', '-'])
            || name(call) == "seccomp" && call.contains("resumed")
        {
            continue;
        }
        calls += 1;
        assert!(
            allowed.contains(&name(call)),
            "behind the seal: {call:.200}"
        );
        assert!(
            !call.starts_with("write(") || call.starts_with("write(1, "),
            "{call:.200}"
        );
        frames += usize::from(call.starts_with("write(1, "));
        input += usize::from(call.contains(canary));
    }
    assert!(calls > 5 && frames > 1, "{calls} calls, {frames} writes");
    // The trace can show content: the sealed process read it. Nobody wrote it, and nobody else read it.
    assert!(input > 0);
    for (id, call) in lines.iter().filter(|(_, call)| call.contains(canary)) {
        assert!(*id == sealed && name(call) == "read", "{call:.200}");
    }
    println!(
        "{calls} calls behind the seal, {frames} of them to the pipe; content in {input} reads and nowhere else"
    );
}
