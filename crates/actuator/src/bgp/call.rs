//! One call of a daemon's own program. In: its path and its words, no shell between. Out: what it said, bounded, in bounded time. Never: more than [`OUT_BYTES_MAX`] of it in memory; a
//! program that outlives its time.

use super::clock::counted_ms;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Most bytes that a program says; a table of 10,000 routes has about 6 MB.
pub(super) const OUT_BYTES_MAX: usize = 32 << 20;
/// Most bytes of its complaints that are kept.
const COMPLAINT_BYTES_MAX: usize = 4096;
/// Most characters of them that are shown.
const SHOWN_MAX: usize = 200;
/// How long a call may take.
pub(super) const CALL_MS_MAX: u64 = 3_000;
/// Where the system's programs are; nothing else of our surroundings is handed on.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a program said.
pub(super) struct Said {
    /// Its words.
    pub(super) out: String,
    /// Its complaints.
    pub(super) complaints: String,
    /// Whether it ended well.
    pub(super) well: bool,
}

impl Said {
    /// Its words, where it ended well.
    pub(super) fn good(self) -> Result<String, String> {
        if self.well {
            return Ok(self.out);
        }
        let text = if self.complaints.trim().is_empty() {
            &self.out
        } else {
            &self.complaints
        };
        Err(shown(text))
    }
}

/// The beginning of what somebody else wrote, on one line and without marks that a terminal obeys.
pub(super) fn shown(text: &str) -> String {
    let plain = text.trim().chars().take(SHOWN_MAX);
    plain
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A program that ends with us, whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Calls a program.
pub(super) fn call(program: &Path, words: &[String]) -> Result<Said, String> {
    call_within(program, words, CALL_MS_MAX)
}

fn call_within(program: &Path, words: &[String], ms_max: u64) -> Result<Said, String> {
    let name = program.display();
    let failed = |what: &str, error: &dyn std::fmt::Display| format!("`{name}` {what}: {error}");
    let child = Command::new(program)
        .args(words)
        .env_clear()
        .envs([("PATH", PATH), ("LC_ALL", "C.UTF-8")])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed("cannot be started", &error))?;
    let mut running = Running(child);
    let ended = pidfd_open(Pid::from_child(&running.0), PidfdFlags::empty())
        .map_err(|error| failed("cannot be watched", &error))?;
    let mut out = running.0.stdout.take();
    let mut complaints = running.0.stderr.take();
    for stream in [
        out.as_ref().map(AsFd::as_fd),
        complaints.as_ref().map(AsFd::as_fd),
    ]
    .into_iter()
    .flatten()
    {
        rustix::io::ioctl_fionbio(stream, true)
            .map_err(|error| failed("cannot be read", &error))?;
    }
    let until = counted_ms().saturating_add(ms_max);
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    loop {
        let left = until.saturating_sub(counted_ms());
        if left == 0 {
            return Err(format!("`{name}` did not answer in {ms_max} ms"));
        }
        let streams = [
            out.as_ref().map(AsFd::as_fd),
            complaints.as_ref().map(AsFd::as_fd),
        ];
        let over =
            wait(&ended, streams, left).map_err(|error| failed("cannot be watched", &error))?;
        drain(&mut out, &mut said, OUT_BYTES_MAX + 1);
        drain(&mut complaints, &mut complained, COMPLAINT_BYTES_MAX);
        if said.len() > OUT_BYTES_MAX {
            return Err(format!("`{name}` says more than {OUT_BYTES_MAX} bytes"));
        }
        if over {
            break;
        }
    }
    let status = running
        .0
        .wait()
        .map_err(|error| failed("cannot be watched", &error))?;
    Ok(Said {
        out: String::from_utf8_lossy(&said).into_owned(),
        complaints: String::from_utf8_lossy(&complained).into_owned(),
        well: status.success(),
    })
}

/// Waits until the program says something or ends, or for so long; whether it ended.
fn wait(
    ended: &OwnedFd,
    streams: [Option<BorrowedFd<'_>>; 2],
    ms: u64,
) -> Result<bool, rustix::io::Errno> {
    let mut watched = vec![PollFd::new(ended, PollFlags::IN)];
    let streams = streams.iter().flatten();
    watched.extend(streams.map(|stream| PollFd::new(stream, PollFlags::IN)));
    let timeout = Timespec {
        tv_sec: (ms / 1000).cast_signed(),
        tv_nsec: ((ms % 1000) * 1_000_000).cast_signed(),
    };
    match poll(&mut watched, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error),
    }
    let ended = watched.first();
    Ok(ended.is_some_and(|ended| !ended.revents().is_empty()))
}

/// Reads what is there and keeps at most `most` bytes of it, by at most as much at a time: who writes without end is stopped by the clock.
fn drain(stream: &mut Option<impl Read>, kept: &mut Vec<u8>, most: usize) {
    let Some(reader) = stream else { return };
    let mut part = [0; 16 << 10];
    let mut read = 0;
    while read < OUT_BYTES_MAX {
        match reader.read(&mut part) {
            Ok(0) => {
                *stream = None;
                return;
            }
            Ok(count) => {
                read += count;
                let room = most.saturating_sub(kept.len());
                kept.extend(part.iter().take(count.min(room)));
                if kept.len() == most {
                    return;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(_) => {
                *stream = None;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str, ms_max: u64) -> Result<Said, String> {
        call_within(Path::new("/bin/sh"), &["-c".into(), line.into()], ms_max)
    }

    #[test]
    fn what_a_program_says_is_read_to_its_end() {
        let said = shell("echo out; echo err >&2", 5_000).unwrap();
        assert_eq!(
            (said.out.as_str(), said.complaints.as_str()),
            ("out\n", "err\n")
        );
        let said = shell("head -c 1000000 /dev/zero", 5_000).unwrap();
        assert_eq!(said.out.len(), 1_000_000);
        let failed = shell("printf 'no\\033[31m way' >&2; exit 3", 5_000).unwrap();
        assert_eq!(failed.good().unwrap_err(), "no [31m way");
    }

    #[test]
    fn a_program_without_an_end_is_stopped() {
        let before = counted_ms();
        let error = shell("exec sleep 60", 200).err().unwrap();
        assert_eq!(error, "`/bin/sh` did not answer in 200 ms");
        let error = shell("exec cat /dev/zero", 60_000).err().unwrap();
        assert_eq!(
            error,
            format!("`/bin/sh` says more than {OUT_BYTES_MAX} bytes")
        );
        let error = shell("exec cat /dev/zero >&2", 300).err().unwrap();
        assert_eq!(error, "`/bin/sh` did not answer in 300 ms");
        // What it left behind holds its output open; it is not waited for.
        let said = shell("sleep 30 & echo gone", 20_000).unwrap();
        assert_eq!(said.out, "gone\n");
        assert!(counted_ms() - before < 20_000);
    }
}
