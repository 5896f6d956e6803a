//! Answers and drafts. In: keys with values. Out: the next save of a draft, or what is in it. Never: a value that is changed by guessing.

use super::{Desk, failed, files, shown, terms};
use crate::arguments::report::{At, Edit};
use crate::failure::Failure;
use sakimori_control::Host;
use sakimori_cooperate::report::ReportDocument;
use sakimori_cooperate::trigger::{Questions, judge};
use sakimori_custody::ids::Name;
use sakimori_liaison::report::Draft;
use serde_json::{Map, Value};
use std::path::Path;
use std::process::ExitCode;

/// The questions with further answers.
fn answered(known: Questions, answers: &[(String, String)]) -> Result<Questions, Failure> {
    let mut object = match serde_json::to_value(known) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    };
    for (question, answer) in answers {
        let mut one = Map::new();
        one.insert(question.clone(), Value::from(answer.as_str()));
        let read: Result<Questions, _> = serde_json::from_value(Value::Object(one));
        read.map_err(|e| Failure::usage(format!("--answer {question}={answer}: {e}")))?;
        object.insert(question.clone(), Value::from(answer.as_str()));
    }
    serde_json::from_value(Value::Object(object)).map_err(Failure::usage)
}

/// Judges answers and keeps nothing.
pub(super) fn judged(
    answers: &[(String, String)],
    at: &At,
    host: &Host,
) -> Result<ExitCode, Failure> {
    let questions = answered(Questions::default(), answers)?;
    shown::trigger(at, questions, &judge(&questions, &terms(at, host)?));
    Ok(ExitCode::SUCCESS)
}

/// Judges the answers of a case, with further ones, and keeps them.
pub(super) async fn questions(
    desk: &Desk<'_>,
    case: &Name,
    answers: &[(String, String)],
) -> Result<ExitCode, Failure> {
    let clerk = &desk.clerk;
    let no = |e| failed(&e, desk.at.lang);
    let draft = clerk.draft(case.as_str()).await.map_err(no)?;
    let trigger = answered(draft.said.trigger, answers)?;
    let document = draft.said.document.clone();
    let said = Draft { trigger, document };
    clerk.save(&draft, said).await.map_err(no)?;
    shown::trigger(desk.at, trigger, &judge(&trigger, clerk.terms));
    Ok(ExitCode::SUCCESS)
}

fn changed(mut document: ReportDocument, edit: &Edit) -> Result<ReportDocument, Failure> {
    for (key, path) in &edit.text {
        let bytes = files::read_present(Path::new(path))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::no(format!("{path}: is not UTF-8 text")))?;
        let text = text.replace("\r\n", "\n").trim_end().to_owned();
        document.fields.insert(key.clone(), Some(text));
    }
    for (key, value) in &edit.set {
        document.fields.insert(key.clone(), Some(value.clone()));
    }
    for key in &edit.unknown {
        document.fields.insert(key.clone(), None);
    }
    for key in &edit.clear {
        document.fields.remove(key);
    }
    document.form = edit.form.unwrap_or(document.form);
    document.stage = edit.stage.unwrap_or(document.stage);
    if let Some(reason) = &edit.reason {
        document.reason.clone_from(reason);
    }
    if let Some(filer) = &edit.filer {
        document.filer = filer.clone();
    }
    Ok(document)
}

/// Changes a draft and keeps it; shows its fields.
pub(super) async fn edit(desk: &Desk<'_>, edit: Edit) -> Result<ExitCode, Failure> {
    let clerk = &desk.clerk;
    let no = |e| failed(&e, desk.at.lang);
    let draft = clerk.draft(edit.case.as_str()).await.map_err(no)?;
    let document = changed(draft.said.document.clone(), &edit)?;
    let trigger = draft.said.trigger;
    let kept = clerk.save(&draft, Draft { trigger, document }).await;
    let kept = kept.map_err(no)?;
    let check = clerk.check(&kept).await.map_err(no)?;
    shown::fields(desk.at, &kept.said.document, &check);
    Ok(ExitCode::SUCCESS)
}
