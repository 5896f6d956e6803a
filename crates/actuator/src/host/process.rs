//! One process, frozen, continued and stopped. In: number, start and hash of a target. Out: what was done, read back. Never: a signal by number: a process is held by a descriptor of its own (pidfd) before
//! it is looked at, and every signal goes through that, so that none reaches another that has the number later.
//!
//! What is read below `/proc/PID` is of the held process as long as that has not ended: until then nobody else has its number. The hash is taken anew when the process is stopped, because it can
//! start another program until then.

use super::guard::{Stat, program};
use super::limits::{FILE_BYTES_MAX, SIGNAL_WAIT, THREADS_MAX};
use super::{never, now};
use crate::substrate::Fault;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Steps of waiting, nanoseconds.
const STEP_NS: u32 = 2_000_000;
/// How often a process is told to go on that somebody else stops.
const THAWS: u32 = 5;
/// Steps of waiting behind each.
const THAW_STEPS: u128 = 25;
/// Kinds of file systems whose answers come from a process or another machine (linux/magic.h): what they show is no evidence, and can take for ever.
const FOREIGN: [u64; 5] = [0x6573_5546, 0x6969, 0xff53_4d42, 0x0102_1997, 0xfe53_4d42];

/// A process that is held.
#[derive(Debug)]
pub(super) struct Held {
    fd: OwnedFd,
    pid: u32,
}

/// What a process is, for the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) user: u32,
    pub(super) program: PathBuf,
    pub(super) cgroup: String,
    pub(super) stopped: bool,
}

/// How a process is after it was let go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// It goes on, or has ended.
    On,
    /// It went on, and somebody else has stopped it again.
    StoppedByAnother,
}

/// What became of holding a process.
pub(super) enum Found {
    There(Held),
    /// It has ended, or another has its number.
    Ended,
}

impl Held {
    /// Holds the process that has this number and was started at this tick.
    pub(super) fn open(pid: u32, start: u64) -> Result<Found, Fault> {
        let raw = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let raw = raw.ok_or_else(|| never("no such number of a process"))?;
        let fd = match pidfd_open(raw, PidfdFlags::empty()) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::SRCH) => return Ok(Found::Ended),
            // A thread that is not the first of its group has no such descriptor.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => {
                return Err(never("it is a thread, not a process"));
            }
            Err(e) => return Err(now(format!("process {pid} cannot be held: {e}"))),
        };
        let held = Self { fd, pid };
        let same = Stat::read(pid).is_ok_and(|stat| stat.start == start);
        Ok(if same && held.alive() {
            Found::There(held)
        } else {
            Found::Ended
        })
    }

    /// Whether it has not ended.
    pub(super) fn alive(&self) -> bool {
        !self.ends_within(0)
    }

    fn ends_within(&self, ns: u32) -> bool {
        let mut fds = [PollFd::new(&self.fd, PollFlags::IN)];
        let time = Timespec {
            tv_sec: 0,
            tv_nsec: ns.into(),
        };
        matches!(poll(&mut fds, Some(&time)), Ok(1))
    }

    /// Waits until something holds of the process, for a bounded time.
    fn wait(&self, holds: impl Fn(&Self) -> bool) -> bool {
        self.wait_in(SIGNAL_WAIT.as_nanos() / u128::from(STEP_NS), holds)
    }

    fn wait_in(&self, steps: u128, holds: impl Fn(&Self) -> bool) -> bool {
        for _ in 0..steps {
            if holds(self) {
                return true;
            }
            // An end is waited for; where there is none the time passes.
            self.ends_within(STEP_NS);
        }
        holds(self)
    }

    /// What it is. Fails where it has ended meanwhile.
    pub(super) fn known(&self) -> Result<Known, Fault> {
        let user = std::fs::metadata(format!("/proc/{}", self.pid)).map(|found| found.uid());
        let cgroup = std::fs::read_to_string(format!("/proc/{}/cgroup", self.pid));
        let known = match (user, program(self.pid), cgroup) {
            (Ok(user), Some(program), Ok(cgroup)) => Known {
                user,
                program,
                cgroup: cgroup
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .chars()
                    .take(1024)
                    .collect(),
                stopped: self.is_stopped(),
            },
            _ => return Err(never("it has no program: it has ended, or is the kernel's")),
        };
        self.still(known)
    }

    fn still<T>(&self, value: T) -> Result<T, Fault> {
        if self.alive() {
            Ok(value)
        } else {
            Err(never("the process has ended"))
        }
    }

    /// The program that it runs, opened: the file itself, whatever its path leads to now.
    fn program(&self) -> Result<File, Fault> {
        let opened = File::open(format!("/proc/{}/exe", self.pid));
        let file = opened.map_err(|e| {
            now(format!(
                "the program of process {} cannot be read: {e}",
                self.pid
            ))
        })?;
        let known = file.metadata().map_err(|e| now(e.to_string()))?;
        if !known.is_file() || known.len() > FILE_BYTES_MAX {
            return Err(never(format!(
                "its program is no file of at most {FILE_BYTES_MAX} bytes"
            )));
        }
        Ok(file)
    }

    /// SHA-256 of the program that it runs, written to a copy where one is wanted.
    pub(super) fn hash(&self, copy: Option<&mut File>) -> Result<[u8; 32], Fault> {
        let hash = sha256(self.program()?, copy)
            .map_err(|e| now(format!("its program cannot be read: {e}")))?;
        self.still(hash)
    }

    /// Whether every thread of it is stopped.
    pub(super) fn is_stopped(&self) -> bool {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.pid)) else {
            return false;
        };
        let mut any = false;
        for thread in threads.flatten().take(THREADS_MAX) {
            let stat = std::fs::read(thread.path().join("stat"));
            let stat = stat
                .ok()
                .and_then(|bytes| Stat::parse(&String::from_utf8_lossy(&bytes)));
            // A thread that ended while it was looked at does nothing any more.
            let Some(stat) = stat else { continue };
            match stat.state {
                b'T' => any = true,
                b'Z' | b'X' => {}
                _ => return false,
            }
        }
        any
    }

    fn signal(&self, signal: Signal) -> Result<(), Fault> {
        match pidfd_send_signal(&self.fd, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(e) => Err(now(format!("process {} takes no signal: {e}", self.pid))),
        }
    }

    /// Stops it for a while, and reads that back.
    pub(super) fn freeze(&self) -> Result<(), Fault> {
        self.signal(Signal::STOP)?;
        if self.wait(|held| held.is_stopped() || !held.alive()) {
            self.still(())
        } else {
            Err(now(format!(
                "process {} does not stop: it waits in the kernel, or is traced",
                self.pid
            )))
        }
    }

    /// Lets it go on, and reads that back. One that has ended needs nothing.
    ///
    /// A signal to go on that the kernel took wakes every thread (signal(7)). Where the process is seen stopped after each of several, somebody else stops it each time: it is not ours any more, and that is said.
    pub(super) fn thaw(&self) -> Result<Gone, Fault> {
        for _ in 0..THAWS {
            self.signal(Signal::CONT)?;
            if self.wait_in(THAW_STEPS, |held| !held.is_stopped() || !held.alive()) {
                return Ok(Gone::On);
            }
        }
        Ok(Gone::StoppedByAnother)
    }

    /// Ends it, and waits until it has.
    pub(super) fn kill(&self) -> Result<(), Fault> {
        self.signal(Signal::KILL)?;
        if self.wait(|held| !held.alive()) {
            Ok(())
        } else {
            Err(now(format!("process {} has not ended yet", self.pid)))
        }
    }
}

/// Whether the program of a process lies where reading it ends and shows what runs. This can itself take long where it does not: it is asked before anything waits for the answer.
pub(super) fn is_readable(pid: u32) -> Result<(), Fault> {
    // Where there is no program at all, what follows says why.
    let Ok(system) = rustix::fs::statfs(format!("/proc/{pid}/exe")) else {
        return Ok(());
    };
    #[expect(
        clippy::cast_sign_loss,
        reason = "the kernel's numbers of file systems have 32 bits; the type differs by machine"
    )]
    let kind = system.f_type as u64 & 0xffff_ffff;
    if FOREIGN.contains(&kind) {
        return Err(never(
            "its program lies on a file system of a process or of another machine: what it runs cannot be proved",
        ));
    }
    Ok(())
}

/// SHA-256 of a file from its beginning, at most [`FILE_BYTES_MAX`] bytes of it.
pub(super) fn sha256(file: impl Read, mut copy: Option<&mut File>) -> std::io::Result<[u8; 32]> {
    let mut file = file.take(FILE_BYTES_MAX);
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
        if let Some(copy) = &mut copy {
            copy.write_all(part)?;
        }
    }
    Ok(hash.finalize().into())
}
