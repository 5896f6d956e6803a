//! The sealed process from outside: starting, reading frames, telling ticks, ending. In: a program that knows [`CHILD_ARGUMENT`], an input. Out: frames. Never: any
//! descriptor in the child but 0, 1 and 2.

use crate::child::{CHILD_ARGUMENT, ChildConfig, STOP, TICK};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sakimori_custody::frame::{Frame, FrameError};
use std::io::{self, PipeWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The program that becomes the sealed process, usually the running one.
#[derive(Clone, Debug)]
pub struct Program(pub PathBuf);

/// A running sealed process.
pub(super) struct Sealed {
    child: Child,
    pipe: ChildStdout,
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
    /// Starts the process on an input and tells it its configuration.
    pub(super) fn start(
        program: &Program,
        input: OwnedFd,
        config: &ChildConfig,
    ) -> io::Result<Self> {
        let (told, control) = io::pipe()?;
        let mut child = Command::new(&program.0)
            .arg(CHILD_ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(input))
            .stdout(Stdio::piped())
            .stderr(Stdio::from(told))
            .spawn()?;
        let pipe = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut sealed = Self {
            child,
            pipe,
            control,
            buffer: vec![0; 256 << 10],
            at: 0,
            end: 0,
        };
        let config = serde_json::to_vec(config)?;
        sealed
            .control
            .write_all(&(config.len() as u32).to_le_bytes())?;
        sealed.control.write_all(&config)?;
        Ok(sealed)
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
            if !self.readable(wait_ms)? {
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

    fn readable(&self, wait_ms: u64) -> io::Result<bool> {
        let wait = Timespec {
            tv_sec: (wait_ms / 1000) as i64,
            tv_nsec: (wait_ms % 1000 * 1_000_000) as i64,
        };
        let mut fds = [PollFd::new(&self.pipe, PollFlags::IN)];
        match poll(&mut fds, Some(&wait)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// Ends the window at this wall time.
    pub(super) fn tick(&mut self, now_ms: u64) {
        self.tell(TICK, now_ms);
    }

    /// Asks the process to finish what it holds and end.
    pub(super) fn stop(&mut self) {
        self.tell(STOP, 0);
    }

    fn tell(&mut self, kind: u8, number: u64) {
        let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
        // A process that is gone is noticed by its closed pipe.
        let _ = self.control.write_all(&[kind, a, b, c, d, e, f, g, h]);
    }

    /// Ends the process at once.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Waits for the end and returns the exit code, `None` for a signal.
    pub(super) fn wait(mut self) -> Option<i32> {
        self.child.wait().ok().and_then(|status| status.code())
    }
}
