//! `sakimori-verify`: the verifier as a program of its own, for everyone who has a log and not the office's software.
//!
//! In: arguments. Out: a report on standard output, words on standard error, an exit code: 0 verified, 1 something may not be in a log, 3 something is not in force or was omitted,
//! 2 usage, 75 unreadable. Never: a file written.

use sakimori_verify::{Options, VerifierKey, VerifyError, read_time, render, verify};
use std::error::Error;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Entries between two words on how far it is.
const PROGRESS_ENTRIES: u64 = 1024;

/// What is said to who asks for help.
const HELP: &str = "\
Verifies a log, a bundle or a proof of Sakimori, without trusting the office.

Usage: sakimori-verify [OPTIONS] TARGET

TARGET is a log's folder, a mirror's copy, a folder that holds `log`, the folder of a commission's node, or a `.tlog-proof` file with its `.entry` beside it.

Options:
      --trust-root FILE    the trust root that you trust, as a signed note
      --mirror DIR         the mirror's copy, to be held against the log
      --now TIME           the present time, to tell what is overdue
      --log-key KEY        verify the tree alone, under this key of a log: for any C2SP log
      --format text|json   how the report is written
  -h, --help               print this
  -V, --version            print the version

Exit codes: 0 verified, 3 something is not in force or was omitted, 1 something may not be in a log, 2 usage, 75 files that cannot be read.
";

/// What was asked for.
#[derive(Default)]
struct Arguments {
    target: Option<PathBuf>,
    options: Options,
    json: bool,
}

/// Reads the command line; `Err` with what to say, and the exit code.
fn arguments(words: impl Iterator<Item = OsString>) -> Result<Arguments, (String, u8)> {
    let usage = |what: String| (format!("sakimori-verify: {what}\n\n{HELP}"), 2);
    let mut arguments = Arguments::default();
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        let (name, given) = match text.split_once('=') {
            Some((name, value)) if text.starts_with("--") => {
                (name.to_owned(), Some(OsString::from(value)))
            }
            _ => (text.clone(), None),
        };
        if matches!(name.as_str(), "-h" | "--help") {
            return Err((HELP.to_owned(), 0));
        }
        if matches!(name.as_str(), "-V" | "--version") {
            return Err((
                format!("sakimori-verify {}\n", env!("CARGO_PKG_VERSION")),
                0,
            ));
        }
        if !name.starts_with('-') {
            if arguments.target.replace(word.into()).is_some() {
                return Err(usage(format!("`{text}` is one target too many")));
            }
            continue;
        }
        if !["--trust-root", "--mirror", "--now", "--log-key", "--format"].contains(&name.as_str())
        {
            return Err(usage(format!("there is no option `{name}`")));
        }
        let value = given
            .or_else(|| words.next())
            .ok_or_else(|| usage(format!("`{name}` has no value")))?;
        option(&mut arguments, &name, value).map_err(usage)?;
    }
    if arguments.target.is_none() {
        return Err(usage("a target is missing".to_owned()));
    }
    Ok(arguments)
}

/// Takes an option with its value.
fn option(arguments: &mut Arguments, name: &str, value: OsString) -> Result<(), String> {
    let text = value.to_string_lossy().into_owned();
    let options = &mut arguments.options;
    match name {
        "--trust-root" => options.trust_root = Some(value.into()),
        "--mirror" => options.mirror = Some(value.into()),
        "--now" => {
            let time = read_time(&text)
                .ok_or_else(|| format!("`{text}` is no time such as 2027-04-01T00:00:00Z"))?;
            options.now = Some(time);
        }
        "--log-key" => {
            let key: VerifierKey = text
                .parse()
                .map_err(|error| format!("`{text}` is no key of a log: {error}"))?;
            options.log_key = Some(key);
        }
        _ => match text.as_str() {
            "json" => arguments.json = true,
            "text" => arguments.json = false,
            _ => return Err(format!("`{text}` is no format; there are text and json")),
        },
    }
    Ok(())
}

fn main() -> ExitCode {
    let Arguments {
        target,
        options,
        json,
    } = match arguments(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err((words, code)) => {
            if code == 0 {
                say(&mut std::io::stdout(), &words);
            } else {
                say(&mut std::io::stderr(), &words);
            }
            return ExitCode::from(code);
        }
    };
    let target = target.unwrap_or_default();
    let watched = std::io::stderr().is_terminal();
    let mut progress = |done: u64, total: u64| {
        if watched && (done.is_multiple_of(PROGRESS_ENTRIES) || done == total) {
            say(
                &mut std::io::stderr(),
                &format!("\r{done} of {total} entries"),
            );
        }
    };
    let verified = verify(&target, &options, &mut progress);
    if watched {
        say(&mut std::io::stderr(), "\r\x1b[K");
    }
    let report = match verified {
        Ok(report) => report,
        Err(error) => {
            let source = error
                .source()
                .map_or_else(String::new, |source| format!(": {source}"));
            say(
                &mut std::io::stderr(),
                &format!("sakimori-verify: {error}{source}\n"),
            );
            return match error {
                VerifyError::Io { .. } => ExitCode::from(75),
                _ => ExitCode::from(2),
            };
        }
    };
    let text = if json {
        format!("{:#}\n", render::json(&report))
    } else {
        render::text(&report)
    };
    say(&mut std::io::stdout(), &text);
    ExitCode::from(report.exit_code())
}

/// Writes; who closed the pipe does not want to read on.
fn say(to: &mut dyn Write, text: &str) {
    let _ = to.write_all(text.as_bytes());
}
