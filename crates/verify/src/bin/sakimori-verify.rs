//! `sakimori-verify`: the verifier as a program of its own, for everyone who has a log and not the office's software.
//!
//! In: arguments. Out: a report on standard output, words on standard error, an exit code: 0 verified, 1 something may not be in a log, 3 something is not in force or was omitted,
//! 2 usage, 75 unreadable. Never: a file written.

use clap::{Parser, ValueEnum};
use sakimori_verify::{Options, VerifierKey, VerifyError, read_time, render, verify};
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Entries between two words on how far it is.
const PROGRESS_ENTRIES: u64 = 1024;

/// Verifies a log, a bundle or a proof of Sakimori, without trusting the office.
#[derive(Parser)]
#[command(name = "sakimori-verify", version)]
struct Arguments {
    /// A log's folder, a mirror's copy, a folder that holds `log`, or a `.tlog-proof` file with its `.entry` beside it.
    target: PathBuf,
    /// The trust root that you trust, as a signed note.
    #[arg(long, value_name = "FILE")]
    trust_root: Option<PathBuf>,
    /// The mirror's copy, to be held against the log.
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
    /// The present time, to tell what is overdue.
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<u64>,
    /// Verify the tree alone, under this key of a log: for any C2SP log.
    #[arg(long, value_name = "KEY")]
    log_key: Option<VerifierKey>,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A table and sentences.
    Text,
    /// One JSON document.
    Json,
}

fn time(text: &str) -> Result<u64, String> {
    read_time(text).ok_or_else(|| "expected a time such as 2027-04-01T00:00:00Z".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = Options {
        trust_root: arguments.trust_root,
        mirror: arguments.mirror,
        now: arguments.now,
        log_key: arguments.log_key,
    };
    let watched = std::io::stderr().is_terminal();
    let mut progress = |done: u64, total: u64| {
        if watched && (done.is_multiple_of(PROGRESS_ENTRIES) || done == total) {
            say(
                &mut std::io::stderr(),
                &format!("\r{done} of {total} entries"),
            );
        }
    };
    let verified = verify(&arguments.target, &options, &mut progress);
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
    let text = match arguments.format {
        Format::Text => render::text(&report),
        Format::Json => format!("{:#}\n", render::json(&report)),
    };
    say(&mut std::io::stdout(), &text);
    ExitCode::from(report.exit_code())
}

/// Writes; who closed the pipe does not want to read on.
fn say(to: &mut dyn Write, text: &str) {
    let _ = to.write_all(text.as_bytes());
}
