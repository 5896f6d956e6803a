//! An announcer that this substrate holds: a BGP speaker of its own that peers with the owner's routers. In: its command. Out: a process that lives no longer than ours, whatever ends us: when it is gone,
//! its peers withdraw all that it announced. Never: a shell.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Sets the signal that the kernel sends a child when its parent ends, and becomes the program.
const SETPRIV: &str = "/usr/bin/setpriv";
/// What is said of a program that became another user.
const UNBOUND: &str =
    "the announcer became another user than the actuator: it would outlive it, and is ended";
/// How long a word to the keeper may take; it never waits for the program.
const WORD: Duration = Duration::from_secs(5);

/// The command of an announcer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The program, which stays in the foreground.
    pub program: PathBuf,
    /// Its words.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Its surroundings beside the search path; nothing of ours is handed on.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Where what it says goes, anew at each start; nowhere where it is not named.
    pub log: Option<PathBuf>,
}

enum Word {
    /// Whether it runs.
    Runs(SyncSender<Result<bool, String>>),
    /// Stop it where it runs, and start it.
    Again(SyncSender<Result<bool, String>>),
}

/// A thread that holds the program. The kernel watches the thread that started it, so one that lives as long as we do starts it.
pub(super) struct Announcer {
    words: Option<SyncSender<Word>>,
    keeper: Option<std::thread::JoinHandle<()>>,
}

impl Announcer {
    /// Starts the program.
    pub(super) fn start(config: Config) -> Result<Self, String> {
        let (words, heard) = sync_channel(1);
        let keeper = std::thread::Builder::new()
            .name("announcer".to_owned())
            .spawn(move || keep(&config, &heard))
            .map_err(|error| format!("no thread for the announcer: {error}"))?;
        let held = Self {
            words: Some(words),
            keeper: Some(keeper),
        };
        held.again()?;
        Ok(held)
    }

    /// Whether it runs.
    pub(super) fn runs(&self) -> Result<bool, String> {
        self.say(Word::Runs)
    }

    /// Stops it, with all that it announces, and starts it anew.
    pub(super) fn again(&self) -> Result<(), String> {
        self.say(Word::Again).map(drop)
    }

    fn say(&self, word: impl Fn(SyncSender<Result<bool, String>>) -> Word) -> Result<bool, String> {
        const GONE: &str = "the keeper of the announcer is gone";
        let (answer, heard) = sync_channel(1);
        let words = self.words.as_ref().ok_or(GONE)?;
        words.send(word(answer)).map_err(|_| GONE)?;
        heard.recv_timeout(WORD).map_err(|_| GONE)?
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        self.words = None;
        if let Some(keeper) = self.keeper.take() {
            keeper.join().ok();
        }
    }
}

fn keep(config: &Config, heard: &Receiver<Word>) {
    let mut running: Option<Child> = None;
    for word in heard {
        let (answer, said) = match word {
            Word::Runs(answer) => {
                let alive = running
                    .as_mut()
                    .is_some_and(|child| matches!(child.try_wait(), Ok(None)));
                let said = if alive && running.as_ref().is_some_and(|child| !is_bound(child)) {
                    end(running.take());
                    Err(UNBOUND.to_owned())
                } else {
                    Ok(alive)
                };
                (answer, said)
            }
            Word::Again(answer) => {
                end(running.take());
                let said = run(config).map(|child| {
                    running = Some(child);
                    true
                });
                (answer, said)
            }
        };
        // Who asked may have gone.
        answer.send(said).ok();
    }
    end(running);
}

/// Who a process is, as the kernel tells it.
fn ids(process: &str) -> Option<Vec<String>> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let named = |line: &&str| line.starts_with("Uid:") || line.starts_with("Gid:");
    Some(status.lines().filter(named).map(str::to_owned).collect())
}

/// Whether the kernel still ends a program with us: it forgets to where the program becomes another user (`PR_SET_PDEATHSIG`, prctl(2)). One that is gone by now is bound enough.
fn is_bound(child: &Child) -> bool {
    let theirs = ids(&child.id().to_string());
    theirs.is_none_or(|theirs| theirs.is_empty() || Some(theirs) == ids("self"))
}

/// Ends it at once: a daemon that says goodbye may ask its peers to keep its routes (RFC 4724).
fn end(child: Option<Child>) {
    if let Some(mut child) = child {
        child.kill().ok();
        child.wait().ok();
    }
}

fn run(config: &Config) -> Result<Child, String> {
    let failed = |error: std::io::Error| {
        format!("`{}` cannot be started: {error}", config.program.display())
    };
    let log = |path: &Path| std::fs::File::create(path).map(Stdio::from);
    let output = || config.log.as_deref().map_or(Ok(Stdio::null()), log);
    Command::new(SETPRIV)
        .args(["--pdeathsig", "KILL", "--"])
        .arg(&config.program)
        .args(&config.arguments)
        .env_clear()
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .envs(&config.environment)
        .stdin(Stdio::null())
        .stdout(output().map_err(failed)?)
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(program: &str, arguments: &[&str]) -> Announcer {
        let config = Config {
            program: PathBuf::from(program),
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
            environment: BTreeMap::new(),
            log: None,
        };
        Announcer::start(config).unwrap()
    }

    #[test]
    fn a_program_that_ends_is_told_and_started_again_when_asked() {
        let announcer = started("/usr/bin/sleep", &["60"]);
        assert_eq!(announcer.runs(), Ok(true));
        let announcer = started("/usr/bin/true", &[]);
        while announcer.runs() == Ok(true) {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        assert_eq!(announcer.runs(), Ok(false));
        assert_eq!(announcer.again(), Ok(()));
    }

    #[test]
    fn a_program_that_becomes_another_user_is_ended() {
        if !ids("self")
            .unwrap()
            .iter()
            .any(|line| line.starts_with("Uid:\t0\t"))
        {
            sakimori_testkit::skip(
                "a_program_that_becomes_another_user_is_ended",
                "this is not root",
            );
            return;
        }
        let other = ["--reuid", "65534", "--clear-groups", "/usr/bin/sleep", "60"];
        let announcer = started(SETPRIV, &other);
        let mut said = announcer.runs();
        while said == Ok(true) {
            std::thread::park_timeout(Duration::from_millis(5));
            said = announcer.runs();
        }
        assert_eq!(said, Err(UNBOUND.to_owned()));
        assert_eq!(announcer.runs(), Ok(false));
    }
}
