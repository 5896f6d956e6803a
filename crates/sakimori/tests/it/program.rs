//! The program as a child process. In: arguments, bytes for standard input. Out: exit code and both streams. Never: a command that is waited for without end, or one that panics.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longest time of a command; the longest takes some seconds on an idle machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// The program, or the other build of it that `SAKIMORI_PROGRAM` names, with nothing of the caller's environment that it reads.
pub(crate) fn sakimori<I>(arguments: I) -> Command
where
    I: IntoIterator,
    I::Item: AsRef<std::ffi::OsStr>,
{
    let other = std::env::var_os("SAKIMORI_PROGRAM");
    let mut command = Command::new(other.unwrap_or_else(|| env!("CARGO_BIN_EXE_sakimori").into()));
    command.args(arguments).env_remove("SAKIMORI_DIR");
    command.env("USER", "a.tanaka").stdin(Stdio::null());
    command
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The result of a command that must have said yes.
    pub(crate) fn yes(self) -> Self {
        self.ended(0)
    }

    /// The same for any exit code.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output as a document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }

    /// The last line of standard error, which says what is wrong.
    pub(crate) fn last_line(&self) -> &str {
        self.err.lines().last().unwrap_or_default()
    }
}

/// A command that runs.
pub(crate) struct Running {
    child: Child,
    out: Receiver<Vec<u8>>,
    /// Standard output, once it has ended.
    whole: Option<Vec<u8>>,
    err: Receiver<Vec<u8>>,
    told: String,
}

/// Reads a stream to its end, beside the test.
fn drained(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (done, whole) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What a killed process had written by then is what there is.
            let _ = stream.read_to_end(&mut bytes);
        }
        let _ = done.send(bytes);
    });
    whole
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let told = format!("{command:?}");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (out, err) = (drained(child.stdout.take()), drained(child.stderr.take()));
        Self {
            child,
            out,
            whole: None,
            err,
            told,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Standard input, where the command was given a pipe.
    pub(crate) fn input(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Waits for its end, so long at most; `true` where it goes on.
    pub(crate) fn goes_on(&mut self, wait: Duration) -> bool {
        if self.whole.is_none() {
            self.whole = self.out.recv_timeout(wait).ok();
        }
        self.whole.is_none()
    }

    /// Waits for its end. One that has none in time is killed, and the test fails.
    pub(crate) fn end(mut self) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        // Both streams end with the process.
        if self.goes_on(DEADLINE) {
            self.kill();
            let err = self.err.recv_timeout(DEADLINE).unwrap_or_default();
            panic!("no end within {DEADLINE:?}: {}\n{}", self.told, text(err));
        }
        let out = self.whole.take().unwrap_or_default();
        let err = text(self.err.recv_timeout(DEADLINE).unwrap_or_default());
        let code = self.child.wait().unwrap().code();
        assert!(!err.contains("panicked at"), "{}\n{err}", self.told);
        Ran {
            code,
            out: text(out),
            err,
        }
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    Running::start(command).end()
}

/// Runs a command that reads `bytes` from standard input.
pub(crate) fn fed(command: &mut Command, bytes: &[u8]) -> Ran {
    let mut running = Running::start(command.stdin(Stdio::piped()));
    if let Some(mut input) = running.input() {
        // A command that has read enough closes its end.
        let _ = input.write_all(bytes);
    }
    running.end()
}

/// A process that runs beside the test until it is dropped: ledger or commission.
pub(crate) struct Service {
    child: Child,
    words: PathBuf,
}

impl Service {
    /// Starts it and waits until it says that it is ready. What it says on standard error goes to `words`.
    pub(crate) fn start(arguments: &[&str], dir: &Path, words: PathBuf) -> Self {
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&words)
            .unwrap();
        let mut command = sakimori(arguments);
        command
            .args(["--attached", "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file);
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (ready, told) = channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = ready.send(line);
        });
        let line = told.recv_timeout(DEADLINE).unwrap_or_default();
        let service = Self { child, words };
        assert!(!line.is_empty(), "{arguments:?}: {}", service.words());
        service
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn words(&self) -> String {
        std::fs::read_to_string(&self.words).unwrap_or_default()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
        let words = self.words();
        if !std::thread::panicking() {
            assert!(!words.contains("panicked at"), "{words}");
        }
    }
}
