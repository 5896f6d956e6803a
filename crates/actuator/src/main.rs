//! The program of an owner who installs an actuator alone. In: arguments. Out: results on standard output, words on standard error, an exit code. Never: logic of its own.

use clap::Parser;
use sakimori_actuator::command::{self, Verb};
use std::io::Write;
use std::process::ExitCode;

/// An actuator: effects that a commission approved, on the system of the owner who installed it
#[derive(Parser)]
#[command(name = "sakimori-actuator", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    command::log();
    match command::run(arguments.verb, &[]) {
        Ok(text) => {
            let written = std::io::stdout().write_all(text.as_bytes());
            ExitCode::from(u8::from(written.is_err()))
        }
        Err(error) => {
            // A closed stream is no reason to hide the exit code.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::from(1)
        }
    }
}
