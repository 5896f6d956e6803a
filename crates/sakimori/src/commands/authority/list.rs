//! `authority show` and `list`. In: a node, a statement's file. Out: texts, verdicts, states. Never: a wish shown as a state.

use super::super::marks;
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_authority::Statement;
use sakimori_control::error::told;
use sakimori_control::office::{self, Standing, StandingRequest};
use sakimori_control::{ControlError, Host, Node, files, ledger};
use sakimori_custody::ids::AuthorityId;
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

pub(super) fn describe(
    what: Option<&str>,
    node: &Node,
    format: Format,
) -> Result<ExitCode, Failure> {
    let Some(what) = what else {
        return list(node, format);
    };
    let path = match what.parse::<AuthorityId>() {
        Ok(id) => node.statement(id),
        Err(_) => PathBuf::from(what),
    };
    let bytes = files::read_present(&path)?;
    let text = Note::parse(&bytes).map_or_else(
        |_| String::from_utf8_lossy(&bytes).into_owned(),
        |note| note.text().to_owned(),
    );
    // It is told as what it was when it was decided; whether it goes on is in `authority list`.
    let newest = ledger::installed_root(node)?;
    let named = Statement::parse(&text).map_or(newest.version, |statement| statement.root);
    let root = ledger::root_of(node, named).unwrap_or(newest);
    let verdict = match Statement::check(&bytes, &root) {
        Ok((statement, _)) => Ok(statement.approvers()),
        Err(e) => Err(told(&e)),
    };
    let statement = Statement::parse(&text).ok();
    let keys = statement.as_ref().map(marks::keys_of).unwrap_or_default();
    let unverified = marks::of(node, &keys);
    let passed = statement.as_ref().and_then(|s| marks::passed(node, s));
    let measure = match &statement {
        Some(statement) => office::measure_note(node, statement)?,
        None => None,
    };
    let measure = measure.as_ref().map(Note::text);
    match format {
        Format::Text => {
            if let Some(measure) = measure {
                show::line(measure);
            }
            show::out(&text);
            match &verdict {
                Ok(approvers) => show::line(&format!(
                    "\nThis is a decision: {} for it.",
                    approvers.join(", ")
                )),
                Err(reason) => show::line(&format!("\nThis is no decision: {reason}.")),
            }
            if let Some(passed) = &passed {
                show::line(&format!("It passes the schedule: {passed}."));
            }
            for line in &unverified {
                show::line(line);
            }
        }
        Format::Json => {
            let mut document = document(&text, &verdict);
            document["unverified"] = json!(unverified);
            document["passes"] = json!(passed);
            document["measure"] = json!(measure);
            show::json(&document);
        }
    }
    Ok(ExitCode::from(u8::from(verdict.is_err())))
}

fn document(text: &str, verdict: &Result<Vec<String>, String>) -> Value {
    let statement = Statement::parse(text).ok();
    json!({
        "id": statement.as_ref().map(|s| s.id.to_string()),
        "kind": statement.as_ref().map(|s| s.kind.to_string()),
        "not_before": statement.as_ref().map(|s| s.not_before.to_string()),
        "not_after": statement.as_ref().map(|s| s.not_after.to_string()),
        "decided": verdict.is_ok(),
        "approvers": verdict.as_ref().ok(),
        "problem": verdict.as_ref().err(),
        "text": text,
    })
}

fn list(node: &Node, format: Format) -> Result<ExitCode, Failure> {
    ledger::installed_root(node)?;
    let ids = office::authorities(node)?;
    let statements: Result<Vec<Statement>, ControlError> = ids
        .into_iter()
        .map(|id| office::statement(node, id))
        .collect();
    let statements = statements?;
    match format {
        Format::Json => show::json(&json!(
            statements
                .iter()
                .map(|s| document(&s.to_string(), &Ok(s.approvers())))
                .collect::<Vec<_>>()
        )),
        Format::Text => show::table(
            &[
                "authority",
                "kind",
                "from",
                "until",
                "sensors",
                "approved by",
            ],
            statements.iter().map(|s| {
                let sensors: Vec<String> = s.sensors.iter().map(ToString::to_string).collect();
                vec![
                    s.id.to_string(),
                    s.kind.to_string(),
                    s.not_before.to_string(),
                    s.not_after.to_string(),
                    sensors.join(" "),
                    s.approvers().join(" "),
                ]
            }),
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// Requests and authorities with their states.
pub(super) fn standing(node: &Node, format: Format, host: &Host) -> Result<ExitCode, Failure> {
    let requests = office::standing_requests(node)?;
    let authorities = office::standing(node, host.seconds())?;
    if format == Format::Json {
        show::json(&json!({
            "requests": requests.iter().map(request).collect::<Vec<_>>(),
            "authorities": authorities.iter().map(authority).collect::<Vec<_>>(),
        }));
        return Ok(ExitCode::SUCCESS);
    }
    show::table(
        &["request", "kind", "asked by", "at", "state", "questions"],
        requests.iter().map(|r| {
            let open = r.open.iter();
            let open = open.map(|(index, due, _)| format!("{index} until {due}"));
            vec![
                r.request.clone(),
                r.kind.clone(),
                r.requester
                    .as_ref()
                    .map_or_else(|| "–".to_owned(), ToString::to_string),
                r.time.to_string(),
                r.state.to_owned(),
                open.collect::<Vec<_>>().join(" "),
            ]
        }),
    );
    show::table(
        &["authority", "kind", "from", "until", "state", "sensors"],
        authorities.iter().map(|a| {
            let sensors = a.sensors.iter().map(|(sensor, said)| match said {
                Some((state, until, _)) => format!("{sensor} {} until {until}", word(*state)),
                None => format!("{sensor} never ran"),
            });
            vec![
                a.authority.to_string(),
                a.kind.clone(),
                a.period.0.to_string(),
                a.period.1.to_string(),
                a.state.to_owned(),
                sensors.collect::<Vec<_>>().join(", "),
            ]
        }),
    );
    Ok(ExitCode::SUCCESS)
}

/// A state that a sensor acknowledged, in its word.
fn word(state: office::Held) -> String {
    show::cell(&json!(state))
}

fn request(request: &StandingRequest) -> Value {
    let open = request.open.iter();
    let open = open
        .map(|(index, due, text)| json!({"entry": index, "due": due.to_string(), "text": text}));
    json!({
        "entry": request.index,
        "request": request.request,
        "kind": request.kind,
        "requester": request.requester.as_ref().map(ToString::to_string),
        "time": request.time.to_string(),
        "state": request.state,
        "questions": open.collect::<Vec<_>>(),
        "authority": request.authority.map(|id| id.to_string()),
    })
}

fn authority(standing: &Standing) -> Value {
    let sensors = standing.sensors.iter().map(|(sensor, said)| {
        json!({
            "sensor": sensor.to_string(),
            "acknowledged": said.as_ref().map(|(state, until, reason)| {
                json!({"state": state, "lease_until": until.to_string(), "reason": reason})
            }),
        })
    });
    json!({
        "authority": standing.authority.to_string(),
        "kind": standing.kind,
        "not_before": standing.period.0.to_string(),
        "not_after": standing.period.1.to_string(),
        "state": standing.state,
        "renews": standing.renews.0.map(|id| id.to_string()),
        "renewed_by": standing.renews.1.map(|id| id.to_string()),
        "sensors": sensors.collect::<Vec<_>>(),
    })
}
