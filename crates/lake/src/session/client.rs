//! The caller's side of a query process. In: a request. Out: the whole answer, or why there is none. Never: a process that outlives its deadline,
//! an answer larger than its bound, a fall of the caller because the process fell.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Column, Frame, Kind, Request, WireError, read_frame, write_request};
use crate::limits::{ANSWER_BYTES_MAX, FRAME_BYTES_MAX, SESSION_GRACE_MS};

/// The signal with which a process ends that is refused memory.
const SIGABRT: i32 = 6;

/// Name of the query process's program.
pub const BINARY: &str = "sakimori-query";

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the rows have.
    pub columns: Vec<Column>,
    /// The rows; each has a value per column.
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The query process's program is not there; build or install it.
    #[error("{} is missing; build it with `cargo build --release -p sakimori-query`", .0.display())]
    Missing(PathBuf),
    /// It could not be started.
    #[error("cannot start {}", path.display())]
    Start {
        /// The program.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The query process refused or gave up; its words.
    #[error("the query ended with `{kind}`: {detail}")]
    Ended {
        /// Why.
        kind: Kind,
        /// In words.
        detail: String,
    },
    /// It was killed because it did not keep its deadline.
    #[error("the query process was ended {0} ms after it was started")]
    Killed(u64),
    /// It fell, or broke the protocol; ask again, perhaps with more memory.
    #[error("the query process fell: {0}")]
    Fell(String),
}

impl SessionError {
    /// The kind under which the outcome is logged.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Ended { kind, .. } => *kind,
            Self::Killed(_) => Kind::Deadline,
            Self::Missing(_) | Self::Start { .. } | Self::Fell(_) => Kind::Engine,
        }
    }
}

/// The query program beside the running one.
///
/// # Errors
/// [`SessionError::Missing`] names where it was looked for and the command that builds it.
pub fn engine() -> Result<PathBuf, SessionError> {
    let own = std::env::current_exe().map_err(|source| SessionError::Start {
        path: BINARY.into(),
        source,
    })?;
    engine_beside(&own)
}

/// The query program beside `program`, as git finds its subcommands.
///
/// # Errors
/// [`SessionError::Missing`].
pub fn engine_beside(program: &Path) -> Result<PathBuf, SessionError> {
    let path = program.with_file_name(BINARY);
    if path.is_file() {
        Ok(path)
    } else {
        Err(SessionError::Missing(path))
    }
}

/// Runs one request in a query process of its own and waits for the whole answer.
///
/// The process gets no argument, no environment and no working folder; the request with the keys goes through its standard input.
///
/// # Errors
/// - [`SessionError::Ended`]: by [`Kind`]; change the question or its limits.
/// - [`SessionError::Killed`]: the deadline and [`SESSION_GRACE_MS`] more were over.
/// - [`SessionError::Missing`], [`SessionError::Start`], [`SessionError::Fell`]: the installation or the environment.
///
/// # Cost
/// Blocks until the deadline at most. Memory for the answer, at most [`ANSWER_BYTES_MAX`].
pub fn run(engine: &Path, request: &Request) -> Result<Answer, SessionError> {
    let child = start(engine)?;
    let child = Mutex::new(child);
    let (finished, watched) = channel::<()>();
    let patience = request
        .limits()
        .deadline_ms
        .saturating_add(SESSION_GRACE_MS);
    let (answer, killed) = std::thread::scope(|scope| {
        let watched_child = &child;
        let watch = scope.spawn(move || watch(watched_child, &watched, patience));
        let answer = converse(&child, request);
        // The other side of the channel lives as long as the watcher; a watcher that is done needs no word.
        let _ = finished.send(());
        (answer, watch.join().unwrap_or(false))
    });
    let signal = end(&child);
    match answer {
        Err(SessionError::Fell(_)) if killed => Err(SessionError::Killed(patience)),
        Err(SessionError::Fell(what)) => Err(fallen(what, signal, request.limits().memory_bytes)),
        other => other,
    }
}

/// Why a process fell that said nothing: the system refused it memory, or somebody ended it.
fn fallen(what: String, signal: Option<i32>, memory_bytes: u64) -> SessionError {
    match signal {
        Some(SIGABRT) => SessionError::Ended {
            kind: Kind::Memory,
            detail: format!(
                "the query needs more than its {} MiB of memory and its process was ended; narrow it, or allow more memory",
                memory_bytes >> 20
            ),
        },
        Some(signal) => SessionError::Fell(format!("it was ended by signal {signal}")),
        None => SessionError::Fell(what),
    }
}

fn start(engine: &Path) -> Result<Child, SessionError> {
    let mut command = Command::new(engine);
    command.env_clear().current_dir("/");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().map_err(|source| {
        if source.kind() == io::ErrorKind::NotFound {
            SessionError::Missing(engine.to_path_buf())
        } else {
            SessionError::Start {
                path: engine.to_path_buf(),
                source,
            }
        }
    })
}

/// Kills the process when the caller's patience ends before the answer. Returns whether it did.
fn watch(child: &Mutex<Child>, finished: &Receiver<()>, patience_ms: u64) -> bool {
    let late =
        finished.recv_timeout(Duration::from_millis(patience_ms)) == Err(RecvTimeoutError::Timeout);
    if late {
        // A process that has just ended cannot be killed, which is what was wanted.
        let _ = lock(child).kill();
    }
    late
}

/// Ends the process in any case and collects it. Returns the signal that ended it, if one did.
fn end(child: &Mutex<Child>) -> Option<i32> {
    let mut child = lock(child);
    // One that is ending already keeps its own end.
    let _ = child.kill();
    child.wait().ok().and_then(|status| status.signal())
}

fn lock(child: &Mutex<Child>) -> std::sync::MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends the request and gathers the answer.
fn converse(child: &Mutex<Child>, request: &Request) -> Result<Answer, SessionError> {
    let (input, output) = {
        let mut child = lock(child);
        (child.stdin.take(), child.stdout.take())
    };
    let pipes = input.zip(output);
    let (mut input, output) =
        pipes.ok_or_else(|| SessionError::Fell("it has no pipes".to_owned()))?;
    // A process that refuses the request may be gone before it has read all of it; its answer says why.
    let sent = write_request(&mut input, request);
    drop(input);
    let answer = gather(&mut io::BufReader::new(output));
    match (answer, sent) {
        (Err(SessionError::Fell(_)), Err(e @ (WireError::Form(_) | WireError::Long(_)))) => {
            Err(SessionError::Fell(e.to_string()))
        }
        (answer, _) => answer,
    }
}

/// Reads frames up to the end, within the bound of an answer.
fn gather(output: &mut impl io::Read) -> Result<Answer, SessionError> {
    let mut output = io::Read::take(output, ANSWER_BYTES_MAX as u64 + FRAME_BYTES_MAX as u64);
    let fell = |what: &str| SessionError::Fell(what.to_owned());
    let mut columns: Option<Vec<Column>> = None;
    let mut rows: Vec<Vec<serde_json::Value>> = Vec::new();
    loop {
        match (read_frame(&mut output), &columns) {
            (Ok(Frame::Columns(names)), None) => columns = Some(names),
            (Ok(Frame::Rows(more)), Some(names)) => {
                if more.iter().any(|row| row.len() != names.len()) {
                    return Err(fell("a row has not one value per column"));
                }
                rows.extend(more);
            }
            (Ok(Frame::End { rows: count }), Some(_)) if count == rows.len() as u64 => {
                let columns = columns.unwrap_or_default();
                return Ok(Answer { columns, rows });
            }
            (Ok(Frame::Error { kind, detail }), _) => {
                return Err(SessionError::Ended { kind, detail });
            }
            (Ok(_), _) => return Err(fell("its frames are out of order")),
            (Err(e), _) => return Err(fell(&e.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::write_frame;
    use super::*;

    fn answer(frames: &[Frame]) -> Result<Answer, SessionError> {
        let mut bytes = Vec::new();
        for frame in frames {
            write_frame(&mut bytes, frame).unwrap();
        }
        gather(&mut bytes.as_slice())
    }

    fn columns() -> Frame {
        Frame::Columns(vec![Column {
            name: "n".to_owned(),
            kind: "UInt64".to_owned(),
        }])
    }

    #[test]
    fn only_a_whole_answer_is_an_answer() {
        let row = Frame::Rows(vec![vec![7.into()]]);
        let end = |rows| Frame::End { rows };
        let whole = answer(&[columns(), row.clone(), end(1)]).unwrap();
        assert_eq!(whole.rows, [[serde_json::Value::from(7)]]);
        let broken = [
            vec![],
            vec![columns()],
            vec![row.clone(), end(1)],
            vec![columns(), columns(), end(0)],
            vec![columns(), row.clone(), end(2)],
            vec![columns(), Frame::Rows(vec![vec![]]), end(1)],
        ];
        for frames in broken {
            assert!(
                matches!(answer(&frames), Err(SessionError::Fell(_))),
                "{frames:?}"
            );
        }
    }

    #[test]
    fn a_missing_program_is_named_with_the_command_that_builds_it() {
        let error = engine_beside(Path::new("/nowhere/sakimori")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "/nowhere/sakimori-query is missing; build it with `cargo build --release -p sakimori-query`"
        );
        assert_eq!(error.kind(), Kind::Engine);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_an_error(bytes: Vec<u8>) {
            let _ = gather(&mut bytes.as_slice());
        }
    }
}
