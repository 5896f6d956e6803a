//! `authority root`. In: who comes and who goes. Out: the text of the next version of the trust root. Never: a signature; a version in force, which `submit` brings.

use super::written;
use crate::arguments::Root;
use crate::failure::Failure;
use crate::show;
use sakimori_control::office::RootChange;
use sakimori_control::{Host, Node, ledger, office};
use std::fmt::Display;
use std::process::ExitCode;

pub(super) fn draft(arguments: &Root, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let mut change = RootChange::default();
    goes(&mut change, "member", &arguments.remove_members);
    goes(&mut change, "officer", &arguments.remove_officers);
    goes(&mut change, "counter", &arguments.remove_counters);
    goes(&mut change, "sensor", &arguments.remove_sensors);
    let root = ledger::installed_root(&node)?;
    let beside = arguments
        .remove_sensors
        .iter()
        .filter(|id| root.counter(id).is_some() && !arguments.remove_counters.contains(id));
    let beside: Vec<_> = beside.cloned().collect();
    goes(&mut change, "counter", &beside);
    for (kind, values) in [
        ("member", &arguments.add_members),
        ("officer", &arguments.add_officers),
        ("sensor", &arguments.add_sensors),
        ("counter", &arguments.add_counters),
    ] {
        let lines = values.iter().map(|value| (kind.to_owned(), value.clone()));
        change.add.extend(lines);
    }
    let text = office::root_text(&node, host, &change)?;
    written(&arguments.out, &text)?;
    show::line(&root.version.saturating_add(1).to_string());
    show::say(&format!(
        "{} is to be signed by majorities of the old and of the new members, chair or deputy among each, then submitted; afterwards schedule, release and every authority are to be decided anew",
        arguments.out.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn goes<T: Display>(change: &mut RootChange, kind: &str, ids: &[T]) {
    let lines = ids.iter().map(|id| (kind.to_owned(), id.to_string()));
    change.remove.extend(lines);
}
