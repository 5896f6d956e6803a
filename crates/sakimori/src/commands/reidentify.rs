//! `reidentify`. In: a record, a field, a ruling. Out: one value, once, on standard output. Never: the value in a file, a log or on standard error.

use super::held::held;
use crate::arguments::{Format, Reidentify};
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act;
use sakimori_control::identify::{Wish, reidentify};
use sakimori_control::{ControlError, Host, Node, office};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(arguments: Reidentify, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    // Before the ruling is entered: who may not see the value enters nothing.
    let seen = (&arguments.actor, &arguments.case);
    held(
        &node,
        arguments.kept.store.clone(),
        host,
        Act::Reidentify,
        seen,
    )?;
    let wish = Wish {
        ruling: ruling(&node, host, &arguments.ruling)?,
        actor: arguments.actor,
        case: arguments.case,
        record: arguments.record,
        field: arguments.field,
    };
    let shown = reidentify(&node, host, &wish)?;
    let value = String::from_utf8_lossy(&shown.opened.value);
    match arguments.format {
        Format::Json => show::json(&json!({
            "value": value,
            "whole": shown.opened.whole,
            "record": wish.record.to_string(),
            "field": wish.field.name(),
            "ruling": wish.ruling,
            "entries": shown.entries,
        })),
        Format::Text => show::line(&readable(&value)),
    }
    let [_, _, entry] = shown.entries;
    show::say(&format!(
        "shown once under the ruling of entry {}, as entry {entry} of the log says; the ruling is used",
        wish.ruling
    ));
    if !shown.opened.whole {
        show::say("the value is longer than what is kept of it: this is its beginning");
    }
    Ok(ExitCode::SUCCESS)
}

/// A stranger chose the value: what would move a terminal's cursor or turn its text about is shown as its number.
fn readable(value: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let each = value.chars().map(|c| {
        if hidden(c) {
            c.escape_unicode().to_string()
        } else {
            c.to_string()
        }
    });
    each.collect()
}

/// The index of a ruling: a number, or a note that is entered now.
fn ruling(node: &Node, host: &Host, named: &str) -> Result<u64, Failure> {
    if let Ok(index) = named.parse() {
        return Ok(index);
    }
    let path = Path::new(named);
    let bytes = std::fs::read(path).map_err(ControlError::file("read", path))?;
    Ok(office::enter(node, host, &bytes)?.index)
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn a_value_moves_no_cursor() {
        let value = "al\u{9b}2Jice\u{202e}@\u{fc}.example";
        assert_eq!(readable(value), "al\\u{9b}2Jice\\u{202e}@\u{fc}.example");
    }
}
