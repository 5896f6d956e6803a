//! `export make`, `trace`; `challenge draw`, `answer`. In: a question and a recipient, a file, a challenge. Out: a marked file, the export that a file came from, an answer. Never: a file that is not on
//! record.

use super::held::held;
use crate::arguments::{Beside, Challenge, Export, ExportMake, Form, Format};
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act;
use sakimori_control::challenge::{self, Answered};
use sakimori_control::export::{self, Leave, Traced};
use sakimori_control::query::{Looked, Question};
use sakimori_control::{ControlError, Host, Node, keys};
use sakimori_release::{Condition, Marking, Recipient};
use serde_json::json;
use std::process::ExitCode;

/// How long what is said beside an export holds, in seconds.
const CONDITION_SECONDS: u64 = 3600;

pub(super) fn run(command: Export, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Export::Make(arguments) => make(&arguments, host),
        Export::Trace { file, dir, format } => {
            let found = export::trace(&Node::at(dir.dir), host, &file)?;
            show_traced(&found, format);
            Ok(ExitCode::from(u8::from(found.is_empty())))
        }
    }
}

fn make(arguments: &ExportMake, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let seen = (&arguments.actor, &arguments.case);
    held(&node, arguments.kept.store.clone(), host, Act::Export, seen)?;
    let question = Question {
        authority: super::authority_or_newest(&node, arguments.authority)?,
        day: arguments.day,
        asked: Looked {
            record: arguments.record,
            pair: arguments.pair.as_deref(),
            prefix: arguments.prefix,
            from: arguments.from,
            until: arguments.until,
            limit: arguments.limit,
        }
        .asked()?,
        actor: arguments.actor.clone(),
        purpose: arguments.purpose.clone(),
        case: arguments.case.clone(),
    };
    let form = match arguments.form {
        Form::Csv => export::Form::Csv,
        Form::Json => export::Form::Json,
    };
    let made = export::export(
        &node,
        host,
        &question,
        &leave(arguments, host)?,
        (form, &arguments.out),
    )?;
    match arguments.format {
        Format::Json => show::json(&json!({
            "file": arguments.out,
            "entry": made.entry,
            "mark": made.mark,
            "sha256": made.sha256,
            "rows": made.rows,
            "more": made.more,
        })),
        Format::Text => show::pairs(&[
            ("file", arguments.out.display().to_string()),
            ("rows", made.rows.to_string()),
            ("sha256", made.sha256),
            ("entry", made.entry.to_string()),
        ]),
    }
    if made.more {
        show::say(&format!(
            "there are more than {} rows; `--limit` asks for more",
            arguments.limit
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// For whom it leaves; what is said beside holds for an hour, and is said by who exports where nobody else is named.
fn leave(arguments: &ExportMake, host: &Host) -> Result<Leave, Failure> {
    let now = host.seconds();
    let said = |beside: &Beside| {
        let by = beside.by.clone().unwrap_or_else(|| arguments.actor.clone());
        let about = Some(arguments.recipient.clone());
        let span = [now, now.plus(CONDITION_SECONDS)];
        Condition::new(beside.kind, by, about, span, &beside.reason)
    };
    let conditions: Result<Vec<Condition>, _> = arguments.conditions.iter().map(said).collect();
    Ok(Leave {
        recipient: Recipient::new(arguments.kind, arguments.recipient.clone()),
        marking: Marking {
            tlp: arguments.tlp,
            pap: arguments.pap,
        },
        basis: arguments.basis.clone(),
        rights: arguments.rights.clone(),
        conditions: conditions.map_err(|e| ControlError::Usage(format!("--condition: {e}")))?,
    })
}

fn show_traced(found: &[Traced], format: Format) {
    match format {
        Format::Json => show::json(&json!(
            found
                .iter()
                .map(|t| json!({
                    "entry": t.entry,
                    "time": t.time.to_string(),
                    "recipient": t.recipient,
                    "actor": t.actor,
                    "case": t.case,
                    "whole": t.whole,
                    "cells": t.cells,
                    "ordered": t.ordered,
                }))
                .collect::<Vec<_>>()
        )),
        Format::Text if found.is_empty() => {
            show::line("The file carries the mark of no export on record.");
        }
        Format::Text => show::table(
            &[
                "entry",
                "time",
                "recipient",
                "actor",
                "case",
                "whole file",
                "marked rows",
                "rows in order",
            ],
            found.iter().map(|t| {
                vec![
                    t.entry.to_string(),
                    t.time.to_string(),
                    t.recipient.clone(),
                    t.actor.clone(),
                    t.case.clone(),
                    if t.whole { "yes" } else { "no" }.to_owned(),
                    t.cells.to_string(),
                    t.ordered.to_string(),
                ]
            }),
        ),
    }
}

pub(super) fn challenge(command: Challenge, host: &Host) -> Result<ExitCode, Failure> {
    match command {
        Challenge::Draw { dir, key, bucket } => {
            let node = Node::at(dir.dir);
            let drawn = challenge::draw(&node, host, &keys::read(&key)?, bucket.as_ref())?;
            show::line(&drawn.entry.to_string());
            show::say(&format!(
                "record {} of bucket {} is challenged",
                drawn.record, drawn.bucket
            ));
        }
        Challenge::Answer {
            entry,
            dir,
            actor,
            format,
        } => {
            let node = Node::at(dir.dir);
            let open = match entry {
                Some(entry) => vec![entry],
                None => challenge::unanswered(&node)?
                    .iter()
                    .map(|c| c.entry)
                    .collect(),
            };
            let answered = open
                .into_iter()
                .map(|entry| Ok((entry, challenge::respond(&node, host, &actor, entry)?)))
                .collect::<Result<Vec<_>, Failure>>()?;
            show_answered(&answered, format);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show_answered(answered: &[(u64, Answered)], format: Format) {
    let outcome = |a: &Answered| if a.opened.is_some() { "opened" } else { "gone" };
    match format {
        Format::Json => show::json(&json!(
            answered
                .iter()
                .map(|(challenge, a)| json!({
                    "challenge": challenge,
                    "entry": a.entry,
                    "outcome": outcome(a),
                }))
                .collect::<Vec<_>>()
        )),
        Format::Text if answered.is_empty() => show::line("No challenge is open."),
        Format::Text => show::table(
            &["challenge", "entry", "outcome"],
            answered.iter().map(|(challenge, a)| {
                vec![
                    challenge.to_string(),
                    a.entry.to_string(),
                    outcome(a).to_owned(),
                ]
            }),
        ),
    }
}
