//! `oversight measures`, `measure-figures`, `plan`. In: a copy of the log, plans that the commission's node keeps. Out: tables, JSON. Never: a plan of another digest than the text names.

use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_control::files;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_oversight::Book;
use sakimori_oversight::lives::{LifeRow, MeasureFigures};
use sakimori_respond::plan::Plan;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

fn state(life: &LifeRow) -> String {
    let state = json!(life.state);
    state.as_str().unwrap_or("not decided").to_owned()
}

fn report(life: &LifeRow) -> String {
    match &life.report_due {
        Some(due) if life.report_late => format!("{due} LATE"),
        Some(due) => due.clone(),
        None => "-".to_owned(),
    }
}

/// All measures, or one.
pub(super) fn shown(
    book: &Book,
    measure: Option<AuthorityId>,
    now: Seconds,
    format: Format,
) -> Result<ExitCode, Failure> {
    let Some(id) = measure else {
        let all = book.lives(now);
        if format == Format::Json {
            show::json(&json!(all));
            return Ok(ExitCode::SUCCESS);
        }
        let rows = all.iter().map(|life| {
            vec![
                life.measure.clone(),
                state(life),
                format!("{}/{}", life.renewals, life.renewals_most),
                life.acts.len().to_string(),
                report(life),
            ]
        });
        show::table(
            &["measure", "state", "renewals", "acts", "report due"],
            rows,
        );
        return Ok(ExitCode::SUCCESS);
    };
    let none = || Failure::no(format!("no text of measure {id} is on record"));
    let life = book.life(id, now).ok_or_else(none)?;
    if format == Format::Json {
        show::json(&json!(life));
        return Ok(ExitCode::SUCCESS);
    }
    show::pairs(&[
        ("measure", life.measure.clone()),
        ("state", state(&life)),
        (
            "renewals",
            format!("{} of {}", life.renewals, life.renewals_most),
        ),
        ("report due", report(&life)),
    ]);
    let text = |value: Option<&str>| value.unwrap_or("-").to_owned();
    let texts = life.revisions.iter().map(|one| {
        let of = one.authority.as_ref();
        vec![
            one.revision.to_string(),
            one.index.to_string(),
            one.plan.clone(),
            text(of.map(|of| of.authority.as_str())),
            text(of.map(|of| of.until.as_str())),
            text(one.urgent),
        ]
    });
    let head = ["revision", "entry", "plan", "authority", "until", "urgent"];
    show::table(&head, texts);
    let acts = life.acts.iter().map(|act| {
        let mark = if act.out_of_order { "OUT OF ORDER" } else { "" };
        vec![
            act.index.to_string(),
            act.time.clone(),
            act.act.clone(),
            text(act.actuator.as_deref()),
            act.step.to_string(),
            act.detail.clone(),
            mark.to_owned(),
        ]
    });
    let head = ["entry", "at", "act", "actuator", "step", "in words", "mark"];
    show::table(&head, acts);
    Ok(ExitCode::SUCCESS)
}

/// Figures of a year.
pub(super) fn figures(figures: &MeasureFigures, format: Format) {
    let value = json!(figures);
    if format == Format::Json {
        show::json(&value);
        return;
    }
    let rows = value.as_object().into_iter().flatten();
    let rows = rows.map(|(name, value)| vec![name.replace('_', " "), show::cell(value)]);
    show::table(&["figure", "value"], rows);
}

/// The plan behind the newest text of a measure.
pub(super) fn plan(book: &Book, folder: &Path, id: AuthorityId) -> Result<ExitCode, Failure> {
    let none = || Failure::no(format!("no text of measure {id} is on record"));
    let life = book.life(id, Seconds(0)).ok_or_else(none)?;
    let newest = life.revisions.last().ok_or_else(none)?;
    let name = format!("plans/{}.json", newest.plan);
    // The folder is a node's, or the commission's own.
    let places = [folder.join("commission").join(&name), folder.join(&name)];
    let found = places.iter().find(|path| path.exists());
    let away = || Failure::no(format!("the plan {} is not kept there", newest.plan));
    let bytes = files::read_present(found.ok_or_else(away)?)?;
    let plan = Plan::read(&bytes).map_err(|e| Failure::no(e.to_string()))?;
    if plan.digest().to_string() != newest.plan {
        return Err(Failure::no("what is kept there is another plan"));
    }
    show::json(&json!(plan));
    Ok(ExitCode::SUCCESS)
}
