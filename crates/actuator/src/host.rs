//! Processes, files and the network of a host whose owner installed this. In: effects that the engine decided. Out: a process frozen or stopped, a file put away, a host that speaks to its management alone; all but the stop undone
//! as it was. Never: anything before the owner's policy allows it; another host; the first process, the kernel's threads, this agent, the owner's remote login or a package manager.
//!
//! Three processes. The engine's holds a [`Host`] and no right of its own on the host. The parser reads its lines, without root, files or sockets ([`parser`], [`confine`]). The helper is root, and takes questions
//! of one fixed length alone ([`helper`], [`wire`]); it judges each by the owner's policy as it is at that moment ([`policy`]) and by a list of what is never touched ([`guard`]).
//!
//! Ends are the helper's own: a thread of it ends what is over, also when nobody asks any more. What a helper that was itself killed leaves, the next one finds in its records when it starts; an isolation
//! the kernel ends.

pub mod clock;
pub mod confine;
mod file;
pub mod guard;
pub mod helper;
mod isolation;
pub mod limits;
pub mod parser;
pub mod policy;
mod process;
mod record;
pub mod wire;
pub mod works;

use crate::substrate::{Fault, Met, Substrate};
use limits::{HOLDS_MAX, WORDS_BYTES_MAX};
use parser::ANSWER_LINE_BYTES_MAX;
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Effect, InForce, Key};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Its name in configuration and messages.
pub const NAME: &str = "host";
/// What it does.
pub const DEEDS: &[Deed] = &[Deed::Freeze, Deed::Stop, Deed::Quarantine, Deed::Isolate];
/// Longest time until an answer: two reads of the largest file and all waits of the helper.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// What the helper is told by its owner's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The owner's policy; nothing is done where it is not there.
    pub policy: PathBuf,
    /// The folder of records, which the helper makes; root's alone.
    pub state: PathBuf,
    /// Folders for files that are put away, one on each file system that has such files; root's alone. The first also has copies of programs that were stopped. They are best on a mount without execution.
    pub stores: Vec<PathBuf>,
    /// How `nft` is called: `nft` alone, as a rule.
    pub nft: Vec<OsString>,
}

/// How helper and parser are started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Program and arguments of what calls [`helper::serve`] with [`helper::stream`], as root.
    pub helper: Vec<OsString>,
    /// Program and arguments of what calls [`parser::serve`].
    pub parser: Vec<OsString>,
    /// The user of the parser, who owns nothing.
    pub user: u32,
    /// The group of the parser.
    pub group: u32,
}

fn never(why: impl Into<String>) -> Fault {
    Fault::Never {
        substrate: NAME,
        why: why.into(),
    }
}

fn now(why: impl Into<String>) -> Fault {
    Fault::Now {
        substrate: NAME,
        why: why.into(),
    }
}

/// Bytes as bounded printable ASCII.
fn words(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let next: String = if *byte == b' ' || byte.is_ascii_graphic() && *byte != b'\\' {
            char::from(*byte).to_string()
        } else {
            byte.escape_ascii().to_string()
        };
        if text.len() + next.len() > WORDS_BYTES_MAX {
            break;
        }
        text.push_str(&next);
    }
    text
}

/// The host, for the engine.
#[derive(Debug)]
pub struct Host {
    launch: Launch,
    link: Option<Link>,
}

/// Parser and helper while they run.
#[derive(Debug)]
struct Link {
    stream: BufReader<UnixStream>,
    parser: Child,
    helper: Child,
}

impl Host {
    /// Starts parser and helper. Where one of them ends later, both are started anew with the next call.
    ///
    /// # Errors
    /// [`Fault`]: they cannot be started, or do not answer.
    pub fn start(launch: Launch) -> Result<Self, Fault> {
        let mut host = Self { launch, link: None };
        host.look()?;
        Ok(host)
    }

    fn ask(&mut self, line: &str) -> Result<(String, Vec<String>), Fault> {
        let mut link = match self.link.take() {
            Some(link) => link,
            None => Link::start(&self.launch)?,
        };
        match link.ask(line) {
            Ok((outcome, words, items)) => {
                self.link = Some(link);
                match outcome.as_str() {
                    "done" => Ok((words, items)),
                    "never" => Err(never(words)),
                    _ => Err(now(words)),
                }
            }
            Err(e) => {
                link.end();
                Err(now(format!(
                    "the helper or its parser does not answer: {e}"
                )))
            }
        }
    }

    fn items<T>(
        &mut self,
        line: &str,
        read: impl Fn(&[&str]) -> Option<T>,
    ) -> Result<Vec<T>, Fault> {
        let (_, items) = self.ask(line)?;
        let read = |item: &String| read(&item.split(' ').collect::<Vec<_>>());
        let all: Option<Vec<T>> = items.iter().map(read).collect();
        all.ok_or_else(|| now("the parser's answer is none"))
    }
}

impl Link {
    fn start(launch: &Launch) -> Result<Self, Fault> {
        let failed =
            |e: std::io::Error| now(format!("the helper or its parser cannot be started: {e}"));
        let (ours, to_engine) = UnixStream::pair().map_err(failed)?;
        let (to_helper, to_parser) = UnixStream::pair().map_err(failed)?;
        ours.set_read_timeout(Some(ANSWER_WAIT)).map_err(failed)?;
        ours.set_write_timeout(Some(ANSWER_WAIT)).map_err(failed)?;
        let none = || never("no program is set for the helper or its parser");
        let (program, words) = launch.helper.split_first().ok_or_else(none)?;
        let mut helper = Command::new(program);
        helper.args(words).current_dir("/");
        // The parser's user owns nothing, and need not come through the folders above the program: it is opened here and started by its descriptor.
        let (name, words) = launch.parser.split_first().ok_or_else(none)?;
        let program = File::open(name).map_err(failed)?;
        let mut parser = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
        parser.arg0(name).args(words).current_dir("/");
        let helper = helper
            .stdin(OwnedFd::from(to_parser))
            .stdout(Stdio::null())
            .spawn()
            .map_err(failed)?;
        // Its user has no other groups: the standard library drops them with the user.
        parser.env_clear().uid(launch.user).gid(launch.group);
        let parser = parser
            .stdin(OwnedFd::from(to_engine))
            .stdout(OwnedFd::from(to_helper))
            .stderr(Stdio::null())
            .spawn();
        match parser {
            Ok(parser) => Ok(Self {
                stream: BufReader::new(ours),
                parser,
                helper,
            }),
            Err(e) => {
                let mut helper = helper;
                end(&mut helper);
                Err(failed(e))
            }
        }
    }

    fn ask(&mut self, line: &str) -> std::io::Result<(String, String, Vec<String>)> {
        self.stream
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())?;
        let mut items = Vec::new();
        while items.len() <= HOLDS_MAX {
            let mut line = Vec::new();
            let most = ANSWER_LINE_BYTES_MAX as u64;
            (&mut self.stream).take(most).read_until(b'\n', &mut line)?;
            if line.pop() != Some(b'\n') {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = String::from_utf8_lossy(&line).into_owned();
            match line.split_once(' ') {
                Some((outcome @ ("done" | "never" | "now"), words)) => {
                    return Ok((outcome.to_owned(), words.to_owned(), items));
                }
                Some(("hold" | "met", _)) => items.push(line),
                _ => break,
            }
        }
        Err(std::io::ErrorKind::InvalidData.into())
    }

    /// Ends both: what the helper held is in its records, and the next one has it.
    fn end(mut self) {
        end(&mut self.helper);
        // The parser is ended when this is dropped.
    }
}

fn end(child: &mut Child) {
    // It can have ended itself; then there is nothing to do.
    drop(child.kill());
    drop(child.wait());
}

impl Drop for Link {
    fn drop(&mut self) {
        // The helper is left: it sees what is in force to its end.
        end(&mut self.parser);
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn key(deed: &str, measure: &str, target: &str) -> Option<Key> {
    Some(Key {
        measure: unhex(measure)?,
        deed: Deed::from_name(deed)?,
        target: target.to_owned(),
    })
}

impl Substrate for Host {
    fn name(&self) -> &'static str {
        NAME
    }

    fn deeds(&self) -> &'static [Deed] {
        DEEDS
    }

    fn rehearse(&mut self, deed: Deed, target: &str) -> Result<(), Fault> {
        sound(target)?;
        self.ask(&format!("rehearse {deed} {target}")).map(drop)
    }

    fn before(&mut self, effect: &Effect) -> Result<String, Fault> {
        sound(&effect.key.target)?;
        self.ask(&of("before", effect)).map(|(words, _)| words)
    }

    fn apply(&mut self, effect: &Effect) -> Result<(), Fault> {
        sound(&effect.key.target)?;
        self.ask(&of("apply", effect)).map(drop)
    }

    /// What the journal has of before is not asked for: the helper has its own record, and believes nobody else.
    fn remove(&mut self, key: &Key, _before: Option<&str>) -> Result<(), Fault> {
        sound(&key.target)?;
        self.ask(&format!(
            "remove {} {} {}",
            key.deed,
            hex(&key.measure),
            key.target
        ))
        .map(|(words, _)| tell(&words))
    }

    fn look(&mut self) -> Result<Vec<InForce>, Fault> {
        self.items("look", |parts| match parts {
            ["hold", deed, measure, until, target] => Some(InForce {
                key: key(deed, measure, target)?,
                until: Seconds(number(until)?),
            }),
            _ => None,
        })
    }

    fn met(&mut self) -> Result<Vec<(Key, Met)>, Fault> {
        self.items("met", |parts| match parts {
            ["met", deed, measure, times, bytes, target] => {
                let met = Met {
                    times: number(times)?,
                    bytes: number(bytes)?,
                };
                Some((key(deed, measure, target)?, met))
            }
            _ => None,
        })
    }

    fn release(&mut self) -> Result<(), Fault> {
        self.ask("release").map(|(words, _)| tell(&words))
    }
}

/// What is no fault and has to be known.
fn tell(words: &str) {
    if !words.is_empty() {
        tracing::warn!(words, "what was taken back");
    }
}

/// A line is one line, whatever a target holds; the parser judges the rest.
fn sound(target: &str) -> Result<(), Fault> {
    let one = !target.is_empty()
        && target.len() <= sakimori_respond::host::TEXT_BYTES_MAX
        && target.bytes().all(|b| b.is_ascii_graphic());
    if one {
        Ok(())
    } else {
        Err(never("the target is no word of printable ASCII"))
    }
}

fn of(what: &str, effect: &Effect) -> String {
    let Effect {
        key,
        until,
        seconds,
    } = effect;
    format!(
        "{what} {} {} {} {} {}",
        key.deed,
        hex(&key.measure),
        until.0,
        seconds,
        key.target
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_printable_and_bounded() {
        assert_eq!(words(b"a b\n\xff\\c"), "a b\\n\\xff\\\\c");
        assert_eq!(words(&[b'x'; WORDS_BYTES_MAX + 1]).len(), WORDS_BYTES_MAX);
        assert!(words(&[0; WORDS_BYTES_MAX]).len() <= WORDS_BYTES_MAX);
    }

    #[test]
    fn a_target_cannot_be_a_second_line() {
        for target in ["", "host:a\nrelease", "host:a b", "host:é"] {
            assert!(
                matches!(sound(target), Err(Fault::Never { .. })),
                "{target}"
            );
        }
        assert_eq!(sound("host:a"), Ok(()));
    }
}
