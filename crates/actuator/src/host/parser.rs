//! The part that reads texts, without rights. In: lines of whoever runs the engine, answers of the helper. Out: questions of fixed length, lines. Never: a file, a socket, root; a line without end.
//!
//! A line is `rehearse DEED TARGET`, `before DEED MEASURE UNTIL SECONDS TARGET`, `apply` with the same, `remove DEED MEASURE TARGET`, `look`, `met` or `release`. Answered are `hold DEED MEASURE UNTIL TARGET` or
//! `met DEED MEASURE TIMES BYTES TARGET` for each effect that was asked for, and a last line `done WORDS`, `never WORDS` or `now WORDS`.

use super::confine::{ConfineError, confine};
use super::limits::WORDS_BYTES_MAX;
use super::wire::{Answer, Ask, HEAD_BYTES, ITEM_BYTES, Item, Of, Outcome, Question, WireError};
use super::words;
use rustix::io::Errno;
use rustix::stdio::{stdin, stdout};
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::Deed;
use sakimori_respond::host::{HostTarget, HostTargetError, TEXT_BYTES_MAX};
use std::fmt::Write as _;
use std::os::fd::BorrowedFd;

/// Longest line in bytes, its end not counted: the longest target and what stands before it.
pub const LINE_BYTES_MAX: usize = TEXT_BYTES_MAX + 160;

/// Why a line is no question. Who wrote it acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not one of the seven.
    #[error("the line asks for nothing that can be asked for")]
    Ask,
    /// A part is missing, or is one too many.
    #[error("the line does not have the parts of what it asks for")]
    Parts,
    /// A deed that is done by others, or not to such a target.
    #[error("this is not done on a host, or not to such a target")]
    Deed,
    /// No SHA-256.
    #[error("the measure is no SHA-256")]
    Measure,
    /// No time.
    #[error("the end, or the seconds until then, are no number above zero")]
    Time,
    /// No target.
    #[error(transparent)]
    Target(#[from] HostTargetError),
}

/// Why the parser ended.
#[derive(Debug, thiserror::Error)]
pub enum ParserError {
    /// It could not be confined.
    #[error(transparent)]
    Confine(#[from] ConfineError),
    /// A side does not answer any more.
    #[error("a descriptor is closed or fails")]
    Closed,
    /// A line that is longer than any question.
    #[error("a line has more than {LINE_BYTES_MAX} bytes")]
    Long,
    /// The helper wrote what is no answer.
    #[error("the helper's answer is none")]
    Answer(#[from] WireError),
}

impl From<Errno> for ParserError {
    fn from(_: Errno) -> Self {
        Self::Closed
    }
}

/// Confines this process, then reads lines from descriptor 0 and asks the helper behind descriptor 1, until either is closed.
///
/// # Errors
/// [`ParserError`]: the process ends. A closed descriptor 0 is no error.
pub fn serve() -> Result<(), ParserError> {
    // Started by a descriptor, it has its number for a name.
    rustix::thread::set_name(c"sakimori-parser").ok();
    confine()?;
    let mut pending = Vec::new();
    while let Some(line) = line(&mut pending)? {
        let answer = match question(&line) {
            Ok(question) => asked(&question)?,
            Err(e) => format!("never {}\n", words(e.to_string().as_bytes())),
        };
        write_all(stdin(), answer.as_bytes())?;
    }
    Ok(())
}

/// The next line, without its end; nothing where there is none.
fn line(pending: &mut Vec<u8>) -> Result<Option<String>, ParserError> {
    let mut part = [0; 4096];
    loop {
        if let Some(end) = pending.iter().position(|b| *b == b'\n') {
            let rest = pending.split_off(end + 1);
            let mut whole = std::mem::replace(pending, rest);
            whole.pop();
            return Ok(Some(String::from_utf8_lossy(&whole).into_owned()));
        }
        if pending.len() > LINE_BYTES_MAX {
            return Err(ParserError::Long);
        }
        match rustix::io::read(stdin(), &mut part) {
            Ok(0) => return Ok(None),
            Ok(many) => pending.extend_from_slice(part.get(..many).unwrap_or_default()),
            Err(Errno::INTR) => {}
            Err(_) => return Err(ParserError::Closed),
        }
    }
}

/// Asks the helper and writes its answer as lines.
fn asked(question: &Question) -> Result<String, ParserError> {
    write_all(stdout(), &question.encode())?;
    let mut head = vec![0; HEAD_BYTES];
    read_exact(&mut head)?;
    let (answer, many) = Answer::decode_head(&head)?;
    let mut text = String::new();
    let mut bytes = vec![0; ITEM_BYTES];
    for _ in 0..many {
        read_exact(&mut bytes)?;
        let Item { of, met } = Item::decode(&bytes)?;
        let (deed, measure, target) = (of.deed, hex(&of.measure), &of.target);
        let _ = match question.ask {
            Ask::Met => writeln!(
                text,
                "met {deed} {measure} {} {} {target}",
                met.times, met.bytes
            ),
            _ => writeln!(text, "hold {deed} {measure} {} {target}", of.until.0),
        };
    }
    let outcome = match answer.outcome {
        // It is not heard any more: another try starts both anew.
        Outcome::Malformed => Outcome::Now,
        other => other,
    };
    let _ = writeln!(text, "{outcome} {}", answer.words);
    Ok(text)
}

fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), ParserError> {
    while !bytes.is_empty() {
        match rustix::io::write(fd, bytes) {
            Ok(many) => bytes = bytes.get(many..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

fn read_exact(mut bytes: &mut [u8]) -> Result<(), ParserError> {
    while !bytes.is_empty() {
        match rustix::io::read(stdout(), &mut *bytes) {
            Ok(0) => return Err(ParserError::Closed),
            Ok(many) => bytes = bytes.get_mut(many..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Reads a line.
///
/// # Errors
/// [`LineError`].
pub fn question(line: &str) -> Result<Question, LineError> {
    let mut parts = line.split(' ');
    let ask = parts
        .next()
        .and_then(Ask::from_name)
        .ok_or(LineError::Ask)?;
    let parts: Vec<&str> = parts.collect();
    let of = match (ask, parts.as_slice()) {
        (Ask::Look | Ask::Met | Ask::Release, []) => None,
        (Ask::Rehearse, [deed, target]) => Some(of(deed, None, None, target)?),
        (Ask::Remove, [deed, measure, target]) => Some(of(deed, Some(measure), None, target)?),
        (Ask::Before | Ask::Apply, [deed, measure, until, seconds, target]) => {
            Some(of(deed, Some(measure), Some((until, seconds)), target)?)
        }
        _ => return Err(LineError::Parts),
    };
    Ok(Question { ask, of })
}

fn of(
    deed: &str,
    measure: Option<&str>,
    end: Option<(&str, &str)>,
    target: &str,
) -> Result<Of, LineError> {
    let target = HostTarget::parse(target)?;
    let deed = Deed::from_name(deed)
        .filter(|deed| target.fits(*deed))
        .ok_or(LineError::Deed)?;
    let measure = measure
        .map_or(Some([0; 32]), unhex)
        .ok_or(LineError::Measure)?;
    let number = |text: &str| {
        text.parse()
            .ok()
            .filter(|number| *number > 0)
            .ok_or(LineError::Time)
    };
    let (until, seconds) = match end {
        None => (0, 0),
        Some((until, seconds)) => (number(until)?, number(seconds)?),
    };
    Ok(Of {
        measure,
        deed,
        target,
        until: Seconds(until),
        seconds,
    })
}

/// Longest line that the parser writes, bytes.
pub const ANSWER_LINE_BYTES_MAX: usize = LINE_BYTES_MAX + WORDS_BYTES_MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HASH: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn lines_are_read_and_what_is_none_is_refused_by_its_part() {
        let process = format!("process:7:8:{HASH}");
        let good = question(&format!("apply freeze {HASH} 100 60 {process}")).unwrap();
        assert_eq!(good.ask, Ask::Apply);
        let of = good.of.unwrap();
        assert_eq!(
            (of.deed, of.until, of.seconds),
            (Deed::Freeze, Seconds(100), 60)
        );
        assert_eq!(of.key().target, process);
        assert_eq!(question("look").unwrap().of, None);
        let refused = |line: &str| question(line).unwrap_err();
        assert_eq!(refused(""), LineError::Ask);
        assert_eq!(refused("scan"), LineError::Ask);
        assert_eq!(refused("look now"), LineError::Parts);
        assert_eq!(refused("apply freeze"), LineError::Parts);
        assert_eq!(
            refused(&format!("rehearse block {process}")),
            LineError::Deed
        );
        assert_eq!(
            refused(&format!("rehearse isolate {process}")),
            LineError::Deed
        );
        assert_eq!(
            refused(&format!("remove freeze {} {process}", "z".repeat(64))),
            LineError::Measure
        );
        assert_eq!(
            refused(&format!("apply freeze {HASH} 0 60 {process}")),
            LineError::Time
        );
        assert_eq!(
            refused(&format!("apply freeze {HASH} 100 -1 {process}")),
            LineError::Time
        );
        assert_eq!(
            refused("rehearse freeze process:0:8:x"),
            LineError::Target(HostTargetError::Pid)
        );
    }

    proptest! {
        #[test]
        fn hostile_lines_are_questions_that_the_helper_would_take_or_none(line in "(apply|before|remove|rehearse|look|met) ?[ -~]{0,200}") {
            if let Ok(question) = question(&line) {
                prop_assert_eq!(Question::decode(&question.encode()), Ok(question));
            }
        }
    }
}
