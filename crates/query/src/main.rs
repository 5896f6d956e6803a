//! `sakimori-query`: answers the one request on its standard input and ends. Started by `sakimori query` and by the office's node, not by people.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

/// Wrong use, as for every program of this house.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 || io::stdin().is_terminal() {
        let words = "sakimori-query takes no arguments and reads a request from another program; use `sakimori query`";
        // Nobody may be listening; the exit code says it too.
        let _ = writeln!(io::stderr(), "{words}");
        return ExitCode::from(USAGE);
    }
    // Plain files have no buffer of their own in which a key would stay.
    let descriptors = io::stdin().as_fd().try_clone_to_owned();
    let descriptors =
        descriptors.and_then(|input| Ok((input, io::stdout().as_fd().try_clone_to_owned()?)));
    match descriptors {
        Ok((input, output)) => {
            let (mut input, mut output) = (File::from(input), File::from(output));
            ExitCode::from(sakimori_query::serve(&mut input, &mut output))
        }
        Err(_) => ExitCode::from(sakimori_lake::session::Kind::Engine.exit_code()),
    }
}
