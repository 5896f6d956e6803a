//! The program `nft`, held or asked once. In: lines. Out: what it says, within a time and a length. Never: a wait without end, an answer to an earlier question, a file in anybody's home.
//!
//! The kernel takes a table with the flag `owner` away when the process that made it ends, however it ends, and lets no other process change it. The held process ends when its input closes, thus with ours.

use rustix::process::{Pid, Signal, kill_process_group};
use rustix::time::{ClockId, clock_gettime};
use std::io::{self, BufRead, BufReader, PipeReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child as Process, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::Duration;

/// Most bytes of a question: it fits in a pipe (65,536) that nobody reads, so that asking never blocks.
const QUESTION_BYTES_MAX: usize = 60_000;
/// Most bytes of the answer of a program that is asked once.
const ONCE_BYTES_MAX: u64 = 1 << 20;
/// Lines that wait to be read.
const LINES_MAX: usize = 64;
/// Longest wait in milliseconds for a process to be gone that was killed.
const GONE_MS_MAX: u64 = 2000;

/// Milliseconds since the machine started, the time that it slept too.
pub(super) fn counted() -> u64 {
    let up = clock_gettime(ClockId::Boottime);
    let ms = up
        .tv_sec
        .saturating_mul(1000)
        .saturating_add(i64::from(up.tv_nsec as i32) / 1_000_000);
    ms.max(0).cast_unsigned()
}

/// Why there is no answer. The process is of no more use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// It ended.
    #[error("nft has ended, and our table with it")]
    Dead,
    /// It took too long.
    #[error("nft gave no answer in {0} ms")]
    Silent(u64),
    /// It said too much.
    #[error("nft said more than {0} bytes")]
    Loud(usize),
    /// The question is too long.
    #[error("a question of {0} bytes is too long")]
    Long(usize),
}

/// What was said to a question, line by line.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer(Vec<String>);

impl Answer {
    /// The lines of JSON in it.
    pub(super) fn json(&self) -> Vec<serde_json::Value> {
        let lines = self.0.iter().filter(|line| line.starts_with('{'));
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Why it was refused, where it was; only so much of it as people read.
    pub(super) fn refusal(&self) -> Option<String> {
        let line = self.0.iter().find_map(|line| line.split_once("Error: "))?;
        Some(
            line.1
                .chars()
                .filter(|c| !c.is_control())
                .take(200)
                .collect(),
        )
    }

    /// All of it.
    pub(super) fn text(&self) -> String {
        self.0.join("\n")
    }
}

fn command(program: &[String], words: &[&str]) -> io::Result<Command> {
    let (first, rest) = program
        .split_first()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut command = Command::new(first);
    command
        .args(rest)
        .args(words)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        // It would write what it is told, thus targets, to a history there.
        .env("HOME", "/nonexistent")
        .current_dir("/")
        // A signal from a terminal to us is none to it: it ends with its input.
        .process_group(0);
    Ok(command)
}

/// Ends a process and all of its group, and waits until it is gone. False where it is not in time.
fn end(mut process: Process) -> bool {
    let group = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // Gone already is as good.
        kill_process_group(group, Signal::KILL).ok();
    }
    let (send, gone) = channel();
    std::thread::spawn(move || send.send(process.wait().is_ok()));
    gone.recv_timeout(Duration::from_millis(GONE_MS_MAX))
        .unwrap_or(false)
}

/// The held process.
pub(super) struct Child {
    process: Option<Process>,
    input: ChildStdin,
    lines: Receiver<String>,
    /// What its end marks are named after: no table has this name.
    name: String,
    asked: u64,
    bytes_max: usize,
}

impl Child {
    /// Starts it.
    pub(super) fn begin(program: &[String], name: &str, bytes_max: usize) -> io::Result<Self> {
        let (output, both) = io::pipe()?;
        let mut command = command(program, &["-j", "-i"])?;
        command
            .stdin(Stdio::piped())
            // One pipe for both, so that their order is told.
            .stdout(both.try_clone()?)
            .stderr(both);
        let mut process = command.spawn()?;
        // The ends of the pipe that the command holds close with it: else the end of the process would not show.
        drop(command);
        let Some(input) = process.stdin.take() else {
            end(process);
            return Err(io::Error::from(io::ErrorKind::BrokenPipe));
        };
        let (send, lines) = sync_channel(LINES_MAX);
        std::thread::spawn(move || read(output, &send, bytes_max));
        Ok(Self {
            process: Some(process),
            input,
            lines,
            name: name.to_owned(),
            asked: 0,
            bytes_max,
        })
    }

    /// The number of the process.
    pub(super) fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Gives it lines and waits for what it says to them.
    pub(super) fn ask(&mut self, lines: &[String], ms_max: u64) -> Result<Answer, Trouble> {
        self.asked += 1;
        // A question for what nobody has ends each: its refusal repeats the question, and stands behind all else.
        let last = format!("list table inet {}_end_{}", self.name, self.asked);
        let mut question = String::new();
        for line in lines.iter().chain([&last]) {
            question.push_str(line);
            question.push('\n');
        }
        if question.len() > QUESTION_BYTES_MAX {
            return Err(Trouble::Long(question.len()));
        }
        if self.input.write_all(question.as_bytes()).is_err() {
            return Err(Trouble::Dead);
        }
        let until = counted().saturating_add(ms_max);
        let mut said = Vec::new();
        let mut bytes = 0usize;
        loop {
            let left = until.saturating_sub(counted());
            let line = match self.lines.recv_timeout(Duration::from_millis(left)) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => return Err(Trouble::Silent(ms_max)),
                Err(RecvTimeoutError::Disconnected) => return Err(Trouble::Dead),
            };
            if line.trim_end() == last {
                break;
            }
            bytes = bytes.saturating_add(line.len() + 1);
            if bytes > self.bytes_max {
                return Err(Trouble::Loud(self.bytes_max));
            }
            said.push(line);
        }
        // The refusal of the end mark itself.
        said.pop();
        Ok(Answer(said))
    }

    /// Ends it, and thus takes its table away. False where it is not gone in time.
    pub(super) fn end(mut self) -> bool {
        self.process.take().is_none_or(end)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            end(process);
        }
    }
}

/// Hands lines on until the output ends, the other side is gone, or a line is too long.
fn read(output: PipeReader, lines: &SyncSender<String>, bytes_max: usize) {
    let mut output = BufReader::new(output);
    let most = bytes_max as u64 + 1;
    loop {
        let mut line = Vec::new();
        let read = output.by_ref().take(most).read_until(b'\n', &mut line);
        if !read.is_ok_and(|bytes| bytes > 0) {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        if lines.send(text.trim_end().to_owned()).is_err() {
            return;
        }
    }
}

/// What a program said that was asked once.
pub(super) struct Once {
    /// Whether it ended well.
    pub(super) well: bool,
    /// What it said.
    pub(super) text: String,
}

impl Once {
    /// Why it was refused; only so much of it as people read.
    pub(super) fn refusal(&self) -> String {
        let lines = Answer(self.text.lines().map(str::to_owned).collect());
        lines
            .refusal()
            .unwrap_or_else(|| "without a reason".to_owned())
    }
}

/// Asks once, in a process of its own.
pub(super) fn once(
    program: &[String],
    words: &[&str],
    input: &str,
    ms_max: u64,
) -> io::Result<Once> {
    if input.len() > QUESTION_BYTES_MAX {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    let (output, both) = io::pipe()?;
    let mut command = command(program, words)?;
    command
        .stdin(Stdio::piped())
        .stdout(both.try_clone()?)
        .stderr(both);
    let mut process = command.spawn()?;
    drop(command);
    if let Some(mut stdin) = process.stdin.take() {
        // What it does not read it does not need; how it ends tells.
        stdin.write_all(input.as_bytes()).ok();
    }
    let (send, said) = channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = output.take(ONCE_BYTES_MAX).read_to_end(&mut text);
        send.send(read.map(|_| text)).ok();
    });
    let late = || io::Error::new(io::ErrorKind::TimedOut, format!("no answer in {ms_max} ms"));
    let Ok(text) = said.recv_timeout(Duration::from_millis(ms_max)) else {
        end(process);
        return Err(late());
    };
    // Its output is closed: it ends now, or hangs.
    let group = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
    let (send, ended) = channel();
    std::thread::spawn(move || send.send(process.wait()).ok());
    let Ok(status) = ended.recv_timeout(Duration::from_millis(ms_max)) else {
        if let Some(group) = group {
            kill_process_group(group, Signal::KILL).ok();
        }
        return Err(late());
    };
    Ok(Once {
        well: status?.success(),
        text: String::from_utf8_lossy(&text?).into_owned(),
    })
}
