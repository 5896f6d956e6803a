//! `measure playbook …`. In: playbooks of others, answers of people. Out: every problem of one, or its digest; where a measure stands in its own. Never: an answer to another step than the one that waits.

use super::{BYTES_MAX, Office};
use crate::arguments::Format;
use crate::arguments::measure::PlaybookAct;
use crate::failure::Failure;
use crate::show;
use sakimori_access::Act as Leave;
use sakimori_control::error::exit;
use sakimori_liaison::measure::{keep_playbook, playbook, playbooks};
use sakimori_node::measure::{Room, Said, playbook_json};
use sakimori_respond::cacao::{Playbook, check};
use sakimori_respond::plan::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;

pub(super) async fn run(
    office: &Office<'_>,
    room: &Room,
    act: PlaybookAct,
) -> Result<ExitCode, Failure> {
    match act {
        PlaybookAct::Check { file } => {
            let playbook = judged(&super::read(&file, BYTES_MAX)?)?;
            told(office.desk.format, &playbook);
            show::say(
                "the plan names it by the first line, as `playbook`; each command to an actuator is an effect of the plan, or the plan is not reviewed",
            );
        }
        PlaybookAct::Import { file } => {
            office.may(Leave::DraftRequest).await?;
            let bytes = super::read(&file, BYTES_MAX)?;
            judged(&bytes)?;
            let now = office.host.seconds();
            let kept = keep_playbook(&*room.store, &bytes, now, office.by.as_str()).await;
            told(office.desk.format, &kept.map_err(|e| super::failed(&e))?);
        }
        PlaybookAct::List => {
            let all = playbooks(&*room.store).await;
            let (all, more) = all.map_err(|e| super::failed(&e))?;
            let rows = all.iter().map(|(digest, paper)| {
                vec![digest.clone(), paper.name.clone(), paper.modified.clone()]
            });
            if office.desk.format == Format::Json {
                let rows: Vec<Value> = all
                    .iter()
                    .map(|(digest, paper)| json!({"digest": digest, "name": paper.name, "id": paper.playbook, "modified": paper.modified}))
                    .collect();
                show::json(&json!(rows));
            } else {
                show::table(&["playbook", "name", "version"], rows);
            }
            if more {
                show::say("there are more");
            }
        }
        PlaybookAct::Show { digest } => {
            let digest: Digest = digest.parse().map_err(Failure::usage)?;
            let found = playbook(&*room.store, digest).await;
            told(office.desk.format, &found.map_err(|e| super::failed(&e))?);
        }
        PlaybookAct::State { id } => {
            let held = office.held(id).await?;
            let played = room.played(&held).await;
            state(
                office.desk.format,
                &played.map_err(|problem| super::no(&problem))?,
            );
        }
        PlaybookAct::Answer {
            id,
            step,
            done,
            failed: _,
            value,
        } => {
            office.may(Leave::Respond).await?;
            let held = office.held(id).await?;
            let values: BTreeMap<String, String> = value.into_iter().collect();
            let said = Said { step, done, values };
            let by = office.by.as_str();
            let event = room.answered(&held, said, by).await;
            let event = event.map_err(|problem| super::no(&problem))?;
            let stepped = room.step(id, &event, by).await;
            office.said(&stepped.map_err(|problem| super::no(&problem))?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A playbook that keeps every rule; the problems of another are told with their steps.
fn judged(bytes: &[u8]) -> Result<Playbook, Failure> {
    check(bytes).map_err(|problems| {
        for problem in &problems {
            let step = problem.step.as_deref().unwrap_or("the playbook");
            show::line(&format!("{step}: {problem}"));
        }
        Failure {
            message: format!("the playbook breaks {} rules", problems.len()),
            code: exit::NO,
        }
    })
}

fn told(format: Format, playbook: &Playbook) {
    let digest = Digest(playbook.digest).to_string();
    let value = playbook_json(&digest, playbook);
    if format == Format::Json {
        show::json(&value);
        return;
    }
    show::line(&digest);
    let rows = value["commands"].as_array().into_iter().flatten();
    let rows = rows.map(|row| ["step", "who", "agent", "what"].map(|name| show::cell(&row[name])));
    show::table(
        &["step", "who", "agent", "what"],
        rows.map(|row| row.to_vec()),
    );
}

fn state(format: Format, value: &Value) {
    if format == Format::Json {
        show::json(value);
        return;
    }
    if value.is_null() {
        show::say("it follows no playbook");
        return;
    }
    let rows = value["answered"].as_array().into_iter().flatten();
    let rows = rows.map(|row| {
        ["at", "step", "by", "well"]
            .map(|name| show::cell(&row[name]))
            .to_vec()
    });
    show::table(&["at", "step", "by", "well"], rows);
    let waits = &value["waits"];
    if waits.is_null() {
        show::say("nobody is waited for");
        return;
    }
    let parts = ["kind", "step", "who", "words", "until"];
    let parts = parts.iter().filter(|name| !waits[**name].is_null());
    let parts: Vec<String> = parts.map(|name| show::cell(&waits[*name])).collect();
    show::line(&format!("waits: {}", parts.join(" · ")));
}
