//! What the operator sees of its register. In: the register. Out: tables and documents. Never: a verdict without its sentences.

use super::{Desk, failed};
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_cooperate::{Marks, Reason};
use sakimori_liaison::asset::{Asked, asked, load, summary};
use sakimori_liaison::notice::{self, Notice, NoticeKind};
use sakimori_liaison::paper;
use sakimori_store::View;
use serde_json::json;

/// Most notices that are listed: one a day for years.
const NOTICES_MAX: usize = 2000;

/// The marks of a sentence, in words.
fn marked(marks: Marks) -> String {
    let words = [("reading", marks.reading), ("unverified", marks.unverified)];
    let words: Vec<&str> = words
        .into_iter()
        .filter_map(|(word, holds)| holds.then_some(word))
        .collect();
    words.join(" ")
}

fn row(each: &Asked<'_>) -> Vec<String> {
    let due = each.due.as_ref();
    vec![
        each.entry.number.to_string(),
        each.entry.asset.maker.clone(),
        each.entry.asset.product.clone(),
        each.entry.asset.version.clone(),
        json!(each.entry.asset.class)
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        json!(each.scope.verdict)
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        each.tell.word().to_owned(),
        due.map(|due| due.last.to_string()).unwrap_or_default(),
        due.map(|due| json!(due.state).as_str().unwrap_or_default().to_owned())
            .unwrap_or_default(),
    ]
}

/// Entries with what is to be told.
pub(super) async fn list(desk: &Desk<'_>, tell: Option<&str>) -> Result<(), Failure> {
    let words = ["new", "changed", "removed", "told", "nothing"];
    if let Some(tell) = tell.filter(|tell| !words.contains(tell)) {
        return Err(Failure::usage(format!(
            "`{tell}` is none of {}",
            words.join(", ")
        )));
    }
    let register = load(desk.store, desk.act.owner)
        .await
        .map_err(|e| failed(&e))?;
    let all = asked(&register, &desk.terms, desk.act.at).map_err(|e| failed(&e))?;
    let sums = summary(&all);
    let some = all
        .iter()
        .filter(|each| tell.is_none_or(|tell| each.tell.word() == tell));
    if desk.format == Format::Json {
        let entries: Vec<&Asked<'_>> = some.collect();
        show::json(&json!({ "summary": sums, "entries": entries }));
        return Ok(());
    }
    let head = [
        "no.", "maker", "product", "version", "class", "scope", "to tell", "last day", "clock",
    ];
    show::table(&head, some.map(row));
    show::say(&format!(
        "{} new, {} changed, {} told, {} in need of no notice; {} overdue; {} with open questions",
        sums.new, sums.changed, sums.told, sums.nothing, sums.overdue, sums.to_ask
    ));
    Ok(())
}

fn sentences(reasons: &[Reason]) {
    let rows = reasons.iter().map(|reason| {
        let rule = reason.rule;
        vec![
            rule.id().to_owned(),
            marked(reason.marks()),
            rule.ja().to_owned(),
            rule.en().to_owned(),
        ]
    });
    show::table(&["rule", "marks", "日本語", "English"], rows);
}

/// An entry with its sentences.
pub(super) async fn one(desk: &Desk<'_>, number: u64) -> Result<(), Failure> {
    let register = load(desk.store, desk.act.owner)
        .await
        .map_err(|e| failed(&e))?;
    let entry = register.entry(number).map_err(|e| failed(&e))?;
    // Scope is shown also while nobody has said who the operator is; duty and clock need that.
    let Ok(all) = asked(&register, &desk.terms, desk.act.at) else {
        let scope = sakimori_liaison::asset::scope(entry, &desk.terms);
        if desk.format == Format::Json {
            show::json(&json!({ "entry": entry, "scope": scope }));
        } else {
            show::say(
                "the operator's outline is missing: `sakimori asset outline FILE` gives duty and day",
            );
            sentences(&scope.reasons);
        }
        return Ok(());
    };
    let found = all.iter().find(|each| each.entry.number == number);
    let Some(each) = found else {
        return Err(Failure::no(format!(
            "there is no entry {number} in the register"
        )));
    };
    if desk.format == Format::Json {
        show::json(&json!(each));
        return Ok(());
    }
    let sub_types: Vec<&str> = each.scope.sub_types.iter().map(|each| each.id()).collect();
    show::pairs(&[
        ("entry", number.to_string()),
        ("maker", entry.asset.maker.clone()),
        ("product", entry.asset.product.clone()),
        ("cpe", entry.asset.cpe.clone()),
        ("purl", entry.asset.purl.clone()),
        (
            "scope",
            json!(each.scope.verdict)
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        ),
        ("sub-types", sub_types.join(" ")),
        (
            "core machine",
            if each.scope.core { "yes" } else { "no" }.to_owned(),
        ),
        ("open questions", each.scope.ask.join(" ")),
        ("duty", each.duty.words().1.to_owned()),
        ("", each.duty.words().0.to_owned()),
        ("to tell", each.tell.word().to_owned()),
    ]);
    sentences(&each.scope.reasons);
    sentences(&each.duty.reasons);
    if let Some(due) = &each.due {
        show::pairs(&[
            ("last day", due.last.to_string()),
            ("days late", due.days_late.to_string()),
        ]);
        sentences(&due.reasons);
    }
    Ok(())
}

/// What a notice would tell.
pub(super) async fn draft(desk: &Desk<'_>, kind: NoticeKind) -> Result<(), Failure> {
    let register = load(desk.store, desk.act.owner)
        .await
        .map_err(|e| failed(&e))?;
    let draft = notice::draft(&register, kind, &desk.terms, &desk.act).map_err(|e| failed(&e))?;
    let last = draft.last.map(|day| day.to_string());
    if desk.format == Format::Json {
        show::json(&json!({
            "numbers": draft.numbers, "changed": draft.changed, "on": draft.on, "last": last,
        }));
        return Ok(());
    }
    let words: Vec<String> = draft
        .changed
        .iter()
        .map(|what| json!(what).as_str().unwrap_or_default().to_owned())
        .collect();
    show::pairs(&[
        ("entries", draft.numbers.len().to_string()),
        ("changed", words.join(" ")),
        ("last day", last.unwrap_or_else(|| "–".to_owned())),
    ]);
    Ok(())
}

/// The notices that were made.
pub(super) async fn notices(desk: &Desk<'_>) -> Result<(), Failure> {
    let view = View::Of(desk.act.owner);
    let (all, _) = paper::all::<Notice>(desk.store, view, None, NOTICES_MAX)
        .await
        .map_err(|e| failed(&e))?;
    let rows = all.iter().map(|kept| {
        let last = kept.said.last.map(|day| day.to_string());
        vec![
            kept.id.clone(),
            kept.said.kind.word().to_owned(),
            kept.said.items.to_string(),
            last.unwrap_or_default(),
            kept.state.clone(),
            kept.said.hash.clone(),
        ]
    });
    if desk.format == Format::Json {
        let rows: Vec<_> = all
            .iter()
            .map(|kept| json!({ "id": kept.id, "state": kept.state, "notice": kept.said }))
            .collect();
        show::json(&json!(rows));
        return Ok(());
    }
    show::table(
        &["notice", "kind", "items", "last day", "state", "sha256"],
        rows,
    );
    Ok(())
}
