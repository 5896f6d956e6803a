//! The command line: reads arguments, builds the parts, runs them, shows what they give. In: arguments. Out: results on standard output, words on standard error, an exit code.
//! Never: logic of its own.
//!
//! The program becomes whatever part is asked for, the sealed process too: one binary does everything but SQL.

mod arguments;
mod commands;
mod failure;
mod show;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: the sealed process must not have read or opened what a command needs.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == sakimori_sensor::child::CHILD_ARGUMENT)
    {
        return sakimori_sensor::child::run();
    }
    let arguments = <arguments::Arguments as clap::Parser>::parse();
    match commands::run(arguments.command) {
        Ok(code) => code,
        Err(failure) => {
            show::error(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}
