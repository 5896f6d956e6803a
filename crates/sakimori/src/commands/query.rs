//! `query`. In: a question with purpose and case. Out: rows. Never: a row before the question is on record.

use crate::arguments::{Format, Query, Tag};
use crate::failure::Failure;
use crate::show;
use sakimori_control::query::{Answered, Asked, Question, answer};
use sakimori_control::{ControlError, Host, Node};
use sakimori_custody::ids::{RecordId, hex};
use sakimori_custody::record::address_bytes;
use sakimori_custody::time::{Millis, Seconds};
use sakimori_lake::session::{self, Limits};
use sakimori_lake::{Ask, Prefix, Sought, Span, What};
use serde_json::json;
use std::net::IpAddr;
use std::process::ExitCode;

pub(super) fn run(arguments: Query, host: &Host) -> Result<ExitCode, Failure> {
    let node = Node::at(&arguments.dir.dir);
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
        return Ok(Asked::Identifiers {
            sought: Sought::Tag(tag),
            text: format!("tag {}", hex(&tag)),
            limit: arguments.limit,
        });
    }
    if let Some(record) = arguments.record.filter(|_| arguments.identifiers) {
        return Ok(Asked::Identifiers {
            sought: Sought::Record(record),
            text: format!("identifiers of record {record}"),
            limit: arguments.limit,
        });
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
    rows(&Looked {
        record: arguments.record,
        pair: arguments.pair.as_deref(),
        prefix: arguments.prefix,
        from: arguments.from,
        until: arguments.until,
        limit: arguments.limit,
    })
}

/// Which rows are looked at.
pub(super) struct Looked<'l> {
    pub(super) record: Option<RecordId>,
    pub(super) pair: Option<&'l [IpAddr]>,
    pub(super) prefix: Option<Prefix>,
    pub(super) from: Option<Seconds>,
    pub(super) until: Option<Seconds>,
    pub(super) limit: usize,
}

/// The question for rows, with the words that the log keeps of it.
pub(super) fn rows(looked: &Looked<'_>) -> Result<Asked, Failure> {
    let (what, mut text) = match (looked.record, looked.pair, looked.prefix) {
        (Some(record), _, _) => (What::Record(record), format!("record {record}")),
        (_, Some(&[a, b]), _) => (
            What::Pair(address_bytes(a), address_bytes(b)),
            format!("pair {a} {b}"),
        ),
        (_, _, Some(prefix)) => (What::Prefix(prefix), format!("prefix {prefix}")),
        _ => (What::All, "all".to_owned()),
    };
    let span = Span {
        from: looked.from.map_or(Millis(0), Seconds::millis),
        until: looked.until.map_or(Millis(u64::MAX), Seconds::millis),
    };
    if span.from >= span.until {
        return Err(Failure::usage("`--from` is not before `--until`"));
    }
    for (word, time) in [("from", looked.from), ("until", looked.until)] {
        if let Some(time) = time {
            text = format!("{text} {word} {time}");
        }
    }
    Ok(Asked::Rows {
        ask: Ask {
            what,
            span,
            limit: looked.limit,
        },
        text,
    })
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
