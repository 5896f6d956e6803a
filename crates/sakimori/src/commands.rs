//! One module per command. In: arguments. Out: results shown, an exit code. Never: a result on standard error, words on standard output.

mod actuator;
mod alert;
mod asset;
mod authority;
pub(crate) mod case;
mod council;
mod ddos;
mod demo;
mod due;
mod duties;
mod exchange;
mod export;
mod guidance;
mod held;
mod lake;
pub(crate) mod machine;
mod marks;
mod measure;
mod node;
mod order;
mod oversight;
mod pack;
pub(crate) mod poll;
mod query;
mod reidentify;
mod report;
mod sensor;
pub(crate) mod serve;
pub(crate) mod shared;
mod ticket;
mod verify;
mod weakness;
mod witness;

use crate::arguments::Command;
use crate::failure::Failure;
use sakimori_control::{Host, Node};
use sakimori_custody::ids::AuthorityId;
use std::process::ExitCode;

/// Runs a command.
pub(crate) fn run(command: Command) -> Result<ExitCode, Failure> {
    let host = Host::system();
    match command {
        Command::Demo(arguments) => demo::run(arguments, &host),
        Command::Init(arguments) => node::init(&arguments, &host),
        Command::Pack(command) => pack::run(command),
        Command::Authority(command) => authority::run(command, &host),
        Command::Key(command) => authority::key(command, &host),
        Command::Sensor(crate::arguments::Sensor::Run(arguments)) => sensor::run(arguments, &host),
        Command::Query(arguments) => query::run(arguments, &host),
        Command::Reidentify(arguments) => reidentify::run(arguments, &host),
        Command::Export(command) => export::run(command, &host),
        Command::Challenge(command) => export::challenge(command, &host),
        Command::Oversight(command) => oversight::run(command, &host),
        Command::Verify(arguments) => verify::run(arguments, &host),
        Command::Lake(command) => lake::run(command, &host),
        Command::Ledger(command) => node::ledger(command, &host),
        Command::Commission(command) => node::commission(command, &host),
        Command::Serve(arguments) => serve::serve(*arguments, &host),
        Command::Node(command) => serve::node(command),
        Command::Person(arguments) => serve::person(*arguments, &host),
        Command::Case(arguments) => case::run(*arguments, &host),
        Command::Machine(arguments) => machine::run(*arguments, &host),
        Command::Asset(arguments) => asset::run(*arguments, &host),
        Command::Alert(arguments) => alert::run(*arguments, &host),
        Command::Product(arguments) => council::product(*arguments, &host),
        Command::Actuator(verb) => actuator::run(verb),
        Command::Measure(arguments) => measure::run(*arguments, &host),
        Command::Council(arguments) => council::run(*arguments, &host),
        Command::Ddos(command) => ddos::run(&command, &host),
        Command::Report(arguments) => report::run(*arguments, &host),
        Command::Guidance(arguments) => guidance::run(*arguments, &host),
        Command::Order(arguments) => order::run(*arguments, &host),
        Command::Ticket(arguments) => ticket::run(*arguments, &host),
        Command::Duties(arguments) => duties::run(*arguments, &host),
        Command::Due(arguments) => due::run(&arguments, &host),
        Command::Weakness(arguments) => weakness::run(&arguments, &host),
        Command::Exchange(command) => exchange::run(command, &host),
        Command::Witness(command) => witness::run(command, &host),
    }
}

/// The authority that was named, or the node's newest of those that sensors run under: others have no folders and no records.
fn authority_or_newest(node: &Node, named: Option<AuthorityId>) -> Result<AuthorityId, Failure> {
    if let Some(id) = named {
        return Ok(id);
    }
    let runs = |id: &AuthorityId| {
        let statement = sakimori_control::office::statement(node, *id);
        // One that cannot be read is told by whoever needs it.
        statement.map_or(true, |statement| statement.kind.lets_sensors_run())
    };
    let ids = sakimori_control::office::authorities(node)?;
    let newest = ids.into_iter().rev().find(runs);
    newest.ok_or_else(|| {
        Failure::usage(format!(
            "{} has no authority on record; `sakimori authority submit` puts one there",
            node.folder().display()
        ))
    })
}

/// This program, which becomes the sealed process and the parts of a play.
fn own_program() -> Result<std::path::PathBuf, Failure> {
    std::env::current_exe().map_err(|e| Failure {
        message: format!("this program cannot be found: {e}"),
        code: sakimori_control::error::exit::ENVIRONMENT,
    })
}
