//! "Is this yours?", as the office's node asks it of the operator. In: what the office's node has, answers. Out: tables, answers at the office's node. Never: a copy of a question that
//! is kept here; an answer that is not on record with who gave it.

use super::{Desk, failed};
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_control::error::{exit, told};
use sakimori_liaison::asset::load;
use sakimori_node::problem::Problem;
use sakimori_store::Change;
use serde_json::{Value, json};

/// What the office's node, or that it is away, is to who typed the command.
fn no(problem: &Problem) -> Failure {
    let code = if problem.code.status() >= 500 {
        exit::ENVIRONMENT
    } else {
        exit::NO
    };
    let message = format!(
        "the office's node: {} {}",
        problem.code.title(),
        problem.detail
    );
    Failure {
        message: message.trim_end().to_owned(),
        code,
    }
}

fn text<'v>(value: &'v Value, place: &str) -> &'v str {
    let found = value.pointer(place).and_then(Value::as_str);
    found.unwrap_or_default()
}

fn is_open(row: &Value) -> bool {
    text(row, "/outcome") == "question"
}

/// The questions that are open, or everything that advisories mean for the operator's assets.
pub(super) async fn questions(desk: &Desk<'_>, all: bool) -> Result<(), Failure> {
    let asked = sakimori_node::matches_of_us(&desk.folder, !all).await;
    let asked = asked.map_err(|problem| no(&problem))?;
    let papers = asked.rows.iter().map(|paper| {
        let rows = paper.pointer("/match/rows").and_then(Value::as_array);
        (paper, rows.map_or(&[][..], Vec::as_slice))
    });
    let rows = papers.flat_map(|(paper, rows)| rows.iter().map(move |row| (paper, row)));
    let rows: Vec<(&Value, &Value)> = rows.filter(|(_, row)| all || is_open(row)).collect();
    if desk.format == Format::Json {
        let rows = rows.iter().map(|(paper, row)| {
            json!({
                "id": text(paper, "/id"), "advisory": paper.pointer("/match/advisory"),
                "title": text(paper, "/match/title"), "asset": row,
            })
        });
        show::json(&rows.collect());
    } else {
        tabled(desk, &rows).await?;
    }
    if asked.more {
        show::say("there are more, which are not listed: answer these first");
    }
    Ok(())
}

async fn tabled(desk: &Desk<'_>, rows: &[(&Value, &Value)]) -> Result<(), Failure> {
    let register = load(desk.store, desk.act.owner)
        .await
        .map_err(|e| failed(&e))?;
    let row = |(paper, row): &(&Value, &Value)| {
        let number = row.get("number").and_then(Value::as_u64).unwrap_or(0);
        let own = register.entry(number).map(|entry| {
            let asset = &entry.asset;
            format!("{} {}", asset.maker, asset.product)
        });
        let doubts = row.get("doubts").and_then(Value::as_array);
        let doubts: Vec<&str> = doubts
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let meant = format!("{} {}", text(row, "/product/0"), text(row, "/product/1"));
        vec![
            text(paper, "/id").to_owned(),
            text(paper, "/match/advisory/1").to_owned(),
            number.to_string(),
            own.unwrap_or_default(),
            meant,
            text(row, "/version").to_owned(),
            text(row, "/range").to_owned(),
            text(row, "/outcome").to_owned(),
            doubts.join(" "),
            text(row, "/answer/answer").to_owned(),
        ]
    };
    let head = [
        "match", "advisory", "no.", "ours", "meant", "version", "range", "outcome", "doubts",
        "answer",
    ];
    show::table(&head, rows.iter().map(row));
    Ok(())
}

/// Brings an answer to the office's node; who gave it is on record here.
pub(super) async fn answer(
    desk: &Desk<'_>,
    (id, number): (&str, u64),
    word: &str,
) -> Result<(), Failure> {
    let done = sakimori_node::answer_match(&desk.folder, id, number, word).await;
    done.map_err(|problem| no(&problem))?;
    let record = Change::Audit {
        at: desk.act.at.0,
        by: desk.act.by.to_owned(),
        act: "answer-match".to_owned(),
        object: id.to_owned(),
        detail: format!("{number} {word}"),
    };
    desk.store.apply(&[record]).await.map_err(|e| Failure {
        message: format!(
            "the office has the answer, and it is not on record here: {}",
            told(&e)
        ),
        code: exit::ENVIRONMENT,
    })?;
    if desk.format == Format::Json {
        show::json(&json!({ "id": id, "number": number, "answer": word }));
    } else {
        show::pairs(&[
            ("match", id.to_owned()),
            ("asset", number.to_string()),
            ("answer", word.to_owned()),
        ]);
    }
    Ok(())
}
