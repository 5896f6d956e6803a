//! `query`. In: a question with purpose and case. Out: rows. Never: a row before the question is on record.

use super::held::held;
use crate::arguments::{Format, Query, Tag};
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act;
use sakimori_control::query::{Answered, Asked, Looked, Question, answer};
use sakimori_control::{ControlError, Host, Node};
use sakimori_lake::session::{self, Limits};
use serde_json::json;
use std::process::ExitCode;

pub(super) fn run(arguments: Query, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
    let seen = (&arguments.actor, &arguments.case);
    held(&node, arguments.kept.store.clone(), host, Act::Query, seen)?;
    let question = Question {
        authority: super::authority_or_newest(&node, arguments.authority)?,
        day: arguments.day,
        asked: asked(&arguments)?,
        actor: arguments.actor,
        purpose: arguments.purpose,
        case: arguments.case,
    };
    let mut answered = answer(&node, host, &question)?;
    // What is sealed says nothing to whoever reads it.
    answered.without("blob");
    match arguments.format {
        Format::Json => show::json(&document(&answered)),
        Format::Text => tell(&answered),
    }
    if answered.gone > 0 {
        show::say(&format!(
            "{} buckets of this authority cannot be opened any more: their time is over",
            answered.gone
        ));
    }
    if answered.more {
        show::say(&format!(
            "there are more than {} rows; `--limit` asks for more",
            arguments.limit
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn asked(arguments: &Query) -> Result<Asked, Failure> {
    if let Some(Tag(tag)) = arguments.tag {
        return Ok(Asked::tag(tag, arguments.limit));
    }
    if let Some(record) = arguments.record.filter(|_| arguments.identifiers) {
        return Ok(Asked::identifiers(record, arguments.limit));
    }
    if let Some(text) = &arguments.sql {
        let limits = Limits {
            memory_bytes: arguments.memory.saturating_mul(1 << 20),
            deadline_ms: arguments.deadline.saturating_mul(1000),
            rows_max: arguments.limit as u64,
        };
        return Ok(Asked::Sql {
            text: text.clone(),
            limits,
            engine: session::engine().map_err(ControlError::from)?,
        });
    }
    let looked = Looked {
        record: arguments.record,
        pair: arguments.pair.as_deref(),
        prefix: arguments.prefix,
        from: arguments.from,
        until: arguments.until,
        limit: arguments.limit,
    };
    Ok(looked.asked()?)
}

fn document(answered: &Answered) -> serde_json::Value {
    let rows = answered.rows.iter().map(|row| {
        let cells = answered.columns.iter().cloned().zip(row.iter().cloned());
        serde_json::Value::Object(cells.collect())
    });
    json!({
        "rows": rows.collect::<Vec<_>>(),
        "more": answered.more,
        "buckets": answered.buckets,
        "gone": answered.gone,
        "entries": answered.entries,
    })
}

fn tell(answered: &Answered) {
    let head: Vec<&str> = answered.columns.iter().map(String::as_str).collect();
    show::table(
        &head,
        answered
            .rows
            .iter()
            .map(|row| row.iter().map(show::cell).collect()),
    );
    let [opened, closed] = answered.entries;
    show::say(&format!(
        "{} rows of {} buckets; the question is entry {opened} of the log, the answer entry {closed}",
        answered.rows.len(),
        answered.buckets
    ));
}
