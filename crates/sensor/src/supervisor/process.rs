//! The sealed process from outside: starting, reading frames, telling ticks, ending. In: a program that knows [`CHILD_ARGUMENT`], an input. Out: frames. Never: any
//! descriptor in the child but 0, 1 and 2; a process that outlives its run.

use crate::child::{CHILD_ARGUMENT, ChildConfig, ChildIdentify, END, STOP, TICK};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::time::{ClockId, clock_gettime};
use sakimori_custody::frame::{Frame, FrameError};
use std::io::{self, PipeWriter, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The program that becomes the sealed process, usually the running one.
#[derive(Clone, Debug)]
pub struct Program(pub PathBuf);

/// How long a process may leave its configuration unread, ms.
const UNREAD_MS: u64 = 5_000;
/// Bytes read from the pipe at once: four times what it holds.
const READ_BYTES: usize = 256 << 10;

/// A running sealed process; it is killed when this goes.
pub(super) struct Sealed {
    child: Child,
    pipe: ChildStdout,
    /// Never waited for once the process runs: a process that does not read cannot hold its supervisor up.
    control: PipeWriter,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
}

/// What the pipe brought.
pub(super) enum Brought {
    Frame(Box<Frame>),
    /// Nothing within the time.
    Nothing,
    /// The pipe is closed.
    Closed,
    /// Something that no sealed process writes.
    Violation,
}

impl Sealed {
    /// Starts the process on an input and tells it its configuration, and in how many milliseconds it ends by itself.
    pub(super) fn start(
        program: &Program,
        input: OwnedFd,
        config: &ChildConfig,
        left_ms: u64,
    ) -> io::Result<Self> {
        let end_ms = boot_ms().saturating_add(left_ms);
        let config = serde_json::to_vec(config)?;
        let (told, control) = io::pipe()?;
        ioctl_fionbio(&control, true)?;
        let (pipe, output) = io::pipe()?;
        let child = Command::new(&program.0)
            .arg(CHILD_ARGUMENT)
            .env_clear()
            // What a terminal tells its foreground is for the supervisor, which ends the process in order.
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(told))
            .spawn()?;
        let mut sealed = Self {
            child,
            pipe: ChildStdout::from(OwnedFd::from(pipe)),
            control,
            buffer: vec![0; READ_BYTES],
            at: 0,
            end: 0,
        };
        sealed.configure(&end_ms.to_le_bytes())?;
        sealed.configure(&(config.len() as u32).to_le_bytes())?;
        sealed.configure(&config)?;
        Ok(sealed)
    }

    /// Writes configuration, which may be longer than a pipe holds, as fast as the process reads it.
    fn configure(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.control, bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let mut fds = [PollFd::new(&self.control, PollFlags::OUT)];
                    if !ready(&mut fds, UNREAD_MS)? {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    /// The next frame, waited for at most `wait_ms`.
    pub(super) fn next(&mut self, wait_ms: u64) -> io::Result<Brought> {
        loop {
            let unread = self.buffer.get(self.at..self.end).unwrap_or_default();
            match Frame::decode(unread) {
                Ok((frame, length)) => {
                    self.at += length;
                    return Ok(Brought::Frame(Box::new(frame)));
                }
                Err(FrameError::Truncated) => {}
                Err(_) => return Ok(Brought::Violation),
            }
            self.buffer.copy_within(self.at..self.end, 0);
            (self.at, self.end) = (0, self.end - self.at);
            let mut fds = [PollFd::new(&self.pipe, PollFlags::IN)];
            if !ready(&mut fds, wait_ms)? {
                return Ok(Brought::Nothing);
            }
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.pipe.read(room) {
                Ok(0) if self.end == 0 => return Ok(Brought::Closed),
                Ok(0) => return Ok(Brought::Violation),
                Ok(count) => self.end += count,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Ends the window at this wall time.
    pub(super) fn tick(&self, now_ms: u64) {
        self.tell(TICK, now_ms);
    }

    /// Moves the time at which the process ends by itself to so many milliseconds from now.
    pub(super) fn end_in(&self, left_ms: u64) {
        self.tell(END, boot_ms().saturating_add(left_ms));
    }

    /// Asks the process to finish what it holds and end.
    pub(super) fn stop(&self) {
        self.tell(STOP, 0);
    }

    /// Tells the process the keys of the next epoch; `false` where they could not be told.
    pub(super) fn turn(&self, identify: &ChildIdentify) -> bool {
        // Less than a pipe takes as a whole or not at all.
        let Some(messages) = identify.turn() else {
            return false;
        };
        rustix::io::write(&self.control, &messages) == Ok(messages.len())
    }

    fn tell(&self, kind: u8, number: u64) {
        let mut message = [kind; 9];
        if let Some(place) = message.last_chunk_mut() {
            *place = number.to_le_bytes();
        }
        // A process that is gone is noticed by its closed pipe, one that does not read by its silence; nine bytes are written as a whole or not at all.
        let _ = rustix::io::write(&self.control, &message);
    }

    /// Ends the process at once and says how it ended, in a fixed form: `exit code 101`, `signal 31`.
    pub(super) fn end(&mut self) -> String {
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("exit code {code}"),
                (None, Some(signal)) => format!("signal {signal}"),
                (None, None) => "no exit code".to_owned(),
            },
            Err(_) => "no exit code".to_owned(),
        }
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        self.end();
    }
}

/// How long the machine has been up, its sleep included, ms: no clock that is set moves it.
fn boot_ms() -> u64 {
    let up = clock_gettime(ClockId::Boottime);
    let ms = up.tv_sec.saturating_mul(1000) + i64::from(up.tv_nsec as i32) / 1_000_000;
    ms.max(0).cast_unsigned()
}

/// Waits until a descriptor is ready.
fn ready(fds: &mut [PollFd<'_>], wait_ms: u64) -> io::Result<bool> {
    let wait = Timespec {
        tv_sec: (wait_ms / 1000).cast_signed(),
        tv_nsec: (wait_ms % 1000 * 1_000_000).cast_signed(),
    };
    loop {
        match poll(fds, Some(&wait)) {
            Ok(count) => return Ok(count > 0),
            Err(Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}
