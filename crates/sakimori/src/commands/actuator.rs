//! `actuator …`: the owner's commands of an actuator, as its own program has them. In: a verb. Out: what it says. Never: logic of its own.

use crate::failure::Failure;
use crate::show;
use sakimori_actuator::command::{self, Verb};
use std::process::ExitCode;

/// The word between this program and an actuator's verbs.
const WORDS: [&str; 1] = ["actuator"];

pub(super) fn run(verb: Verb) -> Result<ExitCode, Failure> {
    command::log();
    let text = command::run(verb, &WORDS).map_err(Failure::no)?;
    show::out(&text);
    Ok(ExitCode::SUCCESS)
}
