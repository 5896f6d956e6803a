//! `witness init`, `witness run`. In: arguments. Out: a witness's folder; a process that runs until it is ended. Never: a use case of its own.

use super::node::until_input_ends;
use crate::arguments::Witness;
use crate::failure::Failure;
use crate::show;
use sakimori_control::{Host, witness};
use std::process::ExitCode;

pub(super) fn run(command: Witness, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Witness::Init { dir, name, logs } => {
            for key in witness::create(&dir, &name, &logs, host)? {
                show::line(&key.to_string());
            }
            show::say(&format!(
                "next: `sakimori witness run --dir {} --listen ADDRESS`; who feeds it is given the keys above and http://ADDRESS",
                dir.display()
            ));
        }
        Witness::Run {
            dir,
            listen,
            attached,
        } => {
            let running = witness::start(&dir, listen, host)?;
            show::line(&format!("http://{}", running.address));
            if attached {
                until_input_ends();
                return Ok(ExitCode::SUCCESS);
            }
            running.wait().map_err(|e| Failure {
                message: format!("the witness ended: {e}"),
                code: sakimori_control::error::exit::ENVIRONMENT,
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
