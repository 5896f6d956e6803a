//! `ticket open`, `list`, `show`, `reply`: support that an operator asks of the office. In: words. Out: tables, words that wait to be sent. Never: a network; a word that is taken back.

use super::order::{text, until};
use super::report::{at_operator, failed};
use crate::arguments::Format;
use crate::arguments::letter::{Ticket as Arguments, TicketAct as Act};
use crate::arguments::report::{At, Lang};
use crate::failure::Failure;
use crate::show;
use sakimori_control::Host;
use sakimori_cooperate::calendar::japan_text;
use sakimori_cooperate::ticket::Side;
use sakimori_liaison::ticket::TicketLine;
use serde_json::{Value, json};
use std::process::ExitCode;

fn state(lang: Lang, line: &TicketLine) -> &'static str {
    match &line.paper.said.ticket {
        Some(ticket) if line.paper.said.waiting.is_empty() => {
            let state = ticket.state();
            lang.of(state.en(), state.ja())
        }
        _ => lang.of("written, not sent yet", "作成済（未送付）"),
    }
}

fn took(lang: Lang, seconds: Option<u64>) -> String {
    let (hours, minutes) = (lang.of("h", "時間"), lang.of("min", "分"));
    seconds.map_or_else(
        || "–".to_owned(),
        |seconds| {
            format!(
                "{} {hours} {} {minutes}",
                seconds / 3600,
                seconds % 3600 / 60
            )
        },
    )
}

fn document(line: &TicketLine) -> Value {
    let held = &line.paper.said;
    json!({
        "id": line.paper.id, "subject": held.subject, "state": line.paper.state, "clock": line.due,
        "ticket": held.ticket, "waiting": held.waiting, "metric": held.metric(),
    })
}

fn table(at: &At, lines: &[TicketLine]) {
    if at.format == Format::Json {
        show::json(&Value::Array(lines.iter().map(document).collect()));
        return;
    }
    let lang = at.lang;
    let head = [
        lang.of("ticket", "問合せ番号"),
        lang.of("subject", "件名"),
        lang.of("state", "状態"),
        lang.of("the office answers by", "内閣府の回答期限"),
        lang.of("first answer after", "初回回答まで"),
        lang.of("closed after", "終了まで"),
    ];
    let row = |line: &TicketLine| {
        let held = &line.paper.said;
        let metric = held.metric();
        vec![
            line.paper.id.clone(),
            held.subject.clone(),
            state(lang, line).to_owned(),
            line.due
                .as_ref()
                .map_or_else(String::new, |due| until(lang, due)),
            took(lang, metric.and_then(|metric| metric.first_answer_s)),
            took(lang, metric.and_then(|metric| metric.closed_s)),
        ]
    };
    show::table(&head, lines.iter().map(row));
}

fn one(at: &At, line: &TicketLine) {
    if at.format == Format::Json {
        show::json(&document(line));
        return;
    }
    table(at, std::slice::from_ref(line));
    let lang = at.lang;
    for (word, waits) in line.paper.said.words() {
        let side = match word.side {
            Side::Operator => lang.of("operator", "事業者"),
            Side::Office => lang.of("office", "内閣府"),
        };
        let waits = if waits {
            lang.of(" · not sent yet", " · 未送付")
        } else {
            ""
        };
        show::line(&format!("── {side} · {}{waits}", japan_text(word.at)));
        show::text(&word.text);
    }
}

pub(super) fn run(arguments: Arguments, host: &Host) -> Result<ExitCode, Failure> {
    let at = &arguments.at;
    let no = |e| failed(&e, at.lang);
    let act = arguments.act;
    at_operator(at, host, None, async |desk| {
        let clerk = &desk.clerk;
        match &act {
            Act::List => table(at, &clerk.tickets().await.map_err(no)?),
            Act::Show { id } => one(at, &clerk.ticket(id).await.map_err(no)?),
            Act::Open { subject, words } => {
                let line = clerk.open_ticket(subject, &text(words)?).await;
                one(at, &line.map_err(no)?);
            }
            Act::Reply { id, words } => {
                let line = clerk.write_ticket(id, &text(words)?).await;
                one(at, &line.map_err(no)?);
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}
