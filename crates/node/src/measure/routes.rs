//! Whether a route is in the table of a BIRD on the office's own machine. In: its control socket, a prefix. Out: whether exactly that prefix is there. Never: a command that changes anything: the session is restricted before it asks; an answer
//! without a bound.
//!
//! The protocol: lines with a code of four digits, `-` behind it where more follow, a space where the answer ends (BIRD 2.0 documentation, `doc/reply_codes`).

use crate::limits::PROBE_WAIT;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Longest answer in bytes.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
const READY: &str = "0001";
const DONE: &str = "0000";
const RESTRICTED: &str = "0016";
const NOT_FOUND: &str = "8001";

/// One answer: its last code, and whether a line of it names the prefix.
struct Said {
    code: String,
    names: bool,
}

fn answer(from: &mut impl BufRead, prefix: &str) -> Result<Said, String> {
    let mut names = false;
    let mut line = String::new();
    loop {
        line.clear();
        let read = from.read_line(&mut line);
        if read.map_err(|e| e.to_string())? == 0 {
            return Err("it ended in the middle of an answer".to_owned());
        }
        let text = line.trim_end();
        let code = text
            .get(..4)
            .filter(|code| code.bytes().all(|b| b.is_ascii_digit()));
        // Of a table's lines the first word is the prefix; with a code before it, behind that.
        let rest = code.map_or(text, |_| text.get(5..).unwrap_or_default());
        names |= rest.split_whitespace().next() == Some(prefix);
        if let Some(code) = code
            && text.as_bytes().get(4).is_none_or(|after| *after == b' ')
        {
            return Ok(Said {
                code: code.to_owned(),
                names,
            });
        }
    }
}

/// Whether a route to exactly this prefix is in the table.
///
/// # Errors
/// Words for people: nobody knows.
pub(super) fn present(socket: &Path, prefix: &str) -> Result<bool, String> {
    let told = |e: std::io::Error| format!("{}: {e}", socket.display());
    let mut stream = UnixStream::connect(socket).map_err(told)?;
    stream.set_read_timeout(Some(PROBE_WAIT)).map_err(told)?;
    stream.set_write_timeout(Some(PROBE_WAIT)).map_err(told)?;
    let reading = stream.try_clone().map_err(told)?;
    let mut reading = BufReader::new(reading.take(ANSWER_BYTES_MAX));
    let expect = |said: Said, codes: &[&str]| {
        let known = codes.contains(&said.code.as_str());
        known
            .then_some(said)
            .ok_or_else(|| format!("{}: it is no BIRD that may be read", socket.display()))
    };
    expect(answer(&mut reading, prefix)?, &[READY])?;
    stream.write_all(b"restrict\n").map_err(told)?;
    expect(answer(&mut reading, prefix)?, &[RESTRICTED])?;
    // The prefix is one that a goal was read of: digits, letters, dots, colons and a slash.
    let question = format!("show route {prefix}\n");
    stream.write_all(question.as_bytes()).map_err(told)?;
    let said = expect(answer(&mut reading, prefix)?, &[DONE, NOT_FOUND])?;
    Ok(said.code == DONE && said.names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    /// A daemon that answers as it is told, and what it was asked.
    fn asked(answers: &'static [&'static str]) -> (Result<bool, String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bird.ctl");
        let listener = UnixListener::bind(&path).unwrap();
        let daemon = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = Vec::new();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            for answer in answers {
                stream.write_all(answer.as_bytes()).unwrap();
                match lines.next() {
                    Some(Ok(line)) => heard.push(line),
                    _ => break,
                }
            }
            heard
        });
        let found = present(&path, "198.51.100.7/32");
        (found, daemon.join().unwrap())
    }

    const HELLO: &str = "0001 BIRD 2.0.12 ready.\n";
    const ONLY: &str = "0016 Access restricted\n";

    #[test]
    fn a_table_is_read_and_nothing_else_is_asked() {
        let there = "1007-Table master4:\n 198.51.100.7/32      blackhole [to_edge 08:00:00.000] * (100) [AS64512i]\n0000 \n";
        let first =
            "1007-198.51.100.7/32     blackhole [to_edge 08:00] * (100) [AS64512i]\n0000 \n";
        let wider = "1007-Table master4:\n 198.51.100.0/24      unicast [x]\n0000 \n";
        let questions = ["restrict", "show route 198.51.100.7/32"];
        for (table, expected) in [
            (there, true),
            (first, true),
            (wider, false),
            ("8001 Network not found\n", false),
        ] {
            let answers: &'static [&'static str] = Box::leak(Box::new([HELLO, ONLY, table]));
            let (found, heard) = asked(answers);
            assert_eq!(
                (found, heard.as_slice()),
                (Ok(expected), &questions.map(str::to_owned)[..])
            );
        }
    }

    #[test]
    fn what_is_no_table_is_no_answer() {
        for answers in [
            &["9001 no\n"][..],
            &[HELLO, "9001 syntax error\n"],
            &[HELLO, ONLY, "9001 syntax error\n"],
            &[HELLO, ONLY, "1007-Table"],
            &[HELLO, ONLY, "\u{fffd}\u{fffd}\n0000 \n9"],
        ] {
            let (found, _) = asked(answers);
            assert!(
                found.as_ref().is_err() || found == Ok(false),
                "{answers:?}: {found:?}"
            );
            assert_ne!(found, Ok(true));
        }
    }
}
