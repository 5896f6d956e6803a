//! `order list`, `show`, `reply`: orders and demands at the operator's node. In: what the office's node gave, an answer. Out: tables, an answer that waits to be sent. Never: a network; an
//! opinion, which goes to a minister.

use super::report::{at_operator, day, failed, read};
use crate::arguments::Format;
use crate::arguments::letter::{Order as Arguments, OrderAct as Act, Words};
use crate::arguments::report::{At, Lang};
use crate::failure::Failure;
use crate::show;
use sakimori_control::Host;
use sakimori_cooperate::calendar::japan_text;
use sakimori_cooperate::clock::Due;
use sakimori_liaison::order::Line;
use serde_json::{Value, json};
use std::process::ExitCode;

/// What somebody wrote.
pub(super) fn text(words: &Words) -> Result<String, Failure> {
    let Some(path) = &words.file else {
        return Ok(words.text.clone().unwrap_or_default());
    };
    let bytes = read(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::no(format!("{}: is no UTF-8", path.display())))?;
    Ok(text.replace("\r\n", "\n").trim().to_owned())
}

/// A clock's day, and by how much it is late where it is.
pub(super) fn until(lang: Lang, due: &Due) -> String {
    let day = day(lang, due);
    if due.days_late == 0 {
        return day;
    }
    let mark = if due.is_overdue() {
        lang.of("OVERDUE, ", "期限超過 ")
    } else {
        ""
    };
    let late = lang.of("days late", "日超過");
    format!("{day} ({mark}{} {late})", due.days_late)
}

fn state(lang: Lang, line: &Line) -> &'static str {
    let held = &line.paper.said;
    if held.waits() {
        return lang.of("answered, not sent yet", "回答済（未送付）");
    }
    let state = held.letter.state();
    lang.of(state.en(), state.ja())
}

fn consequence(lang: Lang, line: &Line) -> String {
    let (en, ja) = (line.consequence.en(), line.consequence.ja());
    let marks = line.consequence.marks();
    format!("{} {marks}", lang.of(&en, &ja))
        .trim_end()
        .to_owned()
}

fn document(line: &Line) -> Value {
    let held = &line.paper.said;
    json!({
        "letter": held.letter, "answer": held.answer, "state": line.paper.state, "clock": line.due,
        "came_too_late": held.came_too_late(),
        "consequence": {
            "fine_yen": line.consequence.fine_yen, "article": line.consequence.article,
            "en": line.consequence.en(), "ja": line.consequence.ja(), "marks": line.consequence.marks(),
        },
    })
}

fn table(at: &At, lines: &[Line]) {
    if at.format == Format::Json {
        show::json(&Value::Array(lines.iter().map(document).collect()));
        return;
    }
    let lang = at.lang;
    let head = [
        lang.of("letter", "文書番号"),
        lang.of("kind", "種別"),
        lang.of("subject", "件名"),
        lang.of("state", "状態"),
        lang.of("reply by", "回答期限"),
        lang.of("if no answer comes", "回答がない場合"),
    ];
    let row = |line: &Line| {
        let letter = &line.paper.said.letter;
        let kind = letter.kind();
        vec![
            line.paper.id.clone(),
            lang.of(kind.en(), kind.ja()).to_owned(),
            letter.subject().to_owned(),
            state(lang, line).to_owned(),
            line.due
                .as_ref()
                .map_or_else(String::new, |due| until(lang, due)),
            consequence(lang, line),
        ]
    };
    show::table(&head, lines.iter().map(row));
}

fn one(at: &At, line: &Line) {
    if at.format == Format::Json {
        show::json(&document(line));
        return;
    }
    table(at, std::slice::from_ref(line));
    let (lang, held) = (at.lang, &line.paper.said);
    show::text(held.letter.text());
    if let Some(reply) = held.letter.reply() {
        let head = lang.of("the office has the reply", "受領された回答");
        show::line(&format!("── {head} · {}", japan_text(reply.at)));
        show::text(&reply.text);
    }
    let own = held.answer.as_ref();
    if let Some(answer) = own.filter(|_| held.waits() || held.came_too_late()) {
        let head = if held.waits() {
            lang.of("not sent yet", "未送付")
        } else {
            lang.of("not taken", "受け付けられていません")
        };
        show::line(&format!("── {head} · {}", japan_text(answer.at)));
        show::text(&answer.text);
    }
}

pub(super) fn run(arguments: Arguments, host: &Host) -> Result<ExitCode, Failure> {
    let at = &arguments.at;
    let no = |e| failed(&e, at.lang);
    let act = arguments.act;
    at_operator(at, host, None, async |desk| {
        let clerk = &desk.clerk;
        match &act {
            Act::List => table(at, &clerk.orders().await.map_err(no)?),
            Act::Show { id } => one(at, &clerk.order(id).await.map_err(no)?),
            Act::Reply { id, words } => {
                let line = clerk.reply(id, &text(words)?).await.map_err(no)?;
                one(at, &line);
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}
