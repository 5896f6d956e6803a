//! The schedule of duties at a node: shown to everybody, fetched by operators' nodes. In: the role's folder, the office's node. Out: figures with their sources and marks, the signed
//! note, a page. Never: a schedule that a pinned key of the office did not sign, or an older one than is known.

use super::schedule::{duties, keep_duties, newest_duties, office_keys};
use crate::app::{App, Caller, Shared};
use crate::pages::{due as pages, html_of};
use crate::part::Part;
use crate::problem::{Answer, Code, Problem};
use axum::Json as Said;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sakimori_control::error::told;
use sakimori_control::keys;
use sakimori_cooperate::Terms;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use utoipa::ToSchema;

/// The schedule of duties.
#[derive(Serialize, ToSchema)]
pub(crate) struct Schedule {
    /// Version of the one in force.
    version: u64,
    /// In force from.
    not_before: String,
    /// How many of its figures nobody verified.
    unverified: usize,
    /// Its figures and rows: `key`, `value`, `verified`, `source`.
    #[schema(value_type = Vec<Object>)]
    figures: Vec<Value>,
    /// Version of the newest that the office signed, which may not be in force yet; none where only the built-in one is here.
    newest: Option<u64>,
    /// The newest as the office signed it, a note.
    note: Option<String>,
}

/// The keys that count at a node: its own at the office, those that it pins at an operator's.
fn counting(app: &App) -> Answer<Vec<VerifierKey>> {
    let away = |e| Problem::hidden(Code::Unavailable, told(&e));
    match &app.part {
        Part::Office(office) => {
            let signer = keys::read(&office.node().office_key("office")).map_err(away)?;
            Ok(vec![signer.verifier().clone()])
        }
        Part::Operator(_) => office_keys(&app.folder).map_err(away),
        Part::Commission(_) => Err(Problem::new(Code::NotImplemented, "")),
    }
}

async fn read(app: &Shared) -> Answer<(Terms, Option<(Terms, Vec<u8>)>)> {
    let now = app.host.seconds();
    let read = app.blocking(move |app| {
        let away = |e| Problem::hidden(Code::Unavailable, told(&e));
        let keys = counting(app)?;
        let kept = duties(&app.folder, &keys, now).map_err(away)?;
        Ok((kept, newest_duties(&app.folder, &keys).map_err(away)?))
    });
    read.await
}

/// The schedule of duties: every number and list of the law that a duty rests on, each with its source and whether somebody verified it. It is no secret.
#[utoipa::path(get, path = "/v1/duties", tag = "reports", responses((status = 200, description = "The schedule in force, and the newest as the office signed it.", body = Schedule)))]
pub(crate) async fn schedule(State(app): State<Shared>) -> Answer<Said<Schedule>> {
    let (terms, newest) = read(&app).await?;
    let figures = terms.figures();
    Ok(Said(Schedule {
        version: terms.version,
        not_before: terms.not_before.to_string(),
        unverified: figures.iter().filter(|each| !each.verified).count(),
        figures: figures.iter().map(|each| json!(each)).collect(),
        newest: newest.as_ref().map(|(terms, _)| terms.version),
        note: newest.and_then(|(_, note)| String::from_utf8(note).ok()),
    }))
}

/// The same as a page.
pub(crate) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let (terms, newest) = read(&app).await?;
    let reader = app.reader(&caller, &headers);
    let newest = newest.map(|(terms, _)| (terms.version, terms.not_before));
    Ok(html_of(pages::schedule(&reader, &terms, newest)))
}

#[derive(Deserialize)]
struct Served {
    note: Option<String>,
}

/// Keeps what the office's node serves, where it is new: the version that is here now.
///
/// # Errors
/// [`Code::NotInForce`] where the note is not the office's or goes back; [`Code::PeerUnavailable`] where the answer is none.
pub(super) fn fetched(
    folder: &Path,
    keys: &[VerifierKey],
    answer: &[u8],
    now: Seconds,
) -> Answer<Option<u64>> {
    let served: Served = serde_json::from_slice(answer)
        .map_err(|e| Problem::hidden(Code::PeerUnavailable, format!("no schedule: {e}")))?;
    let Some(note) = served.note else {
        return Ok(None);
    };
    let refused = |e| Problem::new(Code::NotInForce, told(&e));
    if !keep_duties(folder, keys, note.as_bytes(), now).map_err(refused)? {
        return Ok(None);
    }
    let newest = newest_duties(folder, keys).map_err(refused)?;
    Ok(newest.map(|(terms, _)| terms.version))
}
