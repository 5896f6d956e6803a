//! "Is this yours?", as the office's node asks it of an operator, handed on. In: answers of the operator's people. Out: advisories with the operator's assets that they may mean.
//! Never: a copy that is kept here: the office's node has it; a word of somebody else that becomes part of another path.

use super::Rows;
use super::office::{NewMatchAnswer, Which};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::peer::Link;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use sakimori_access::{Act as Leave, Object};
use sakimori_store::NEWEST;
use serde_json::Value;
use std::path::Path as Folder;

/// Most calls that fetch everything: so many hundreds of papers.
const CALLS_MAX: usize = 100;
/// Bytes of the id of a match: `m-`, 24 digits, `-`, three digits.
const ID_BYTES: usize = 30;

/// Rows of the office's node.
async fn fetched(folder: &Folder, which: &Which) -> Answer<Vec<Value>> {
    let state = match which.state.as_deref() {
        None => "",
        Some("asked") => "state=asked&",
        Some("told") => "state=told&",
        Some(_) => return Err(Problem::new(Code::Malformed, "state: asked or told")),
    };
    let before = which.before.unwrap_or(NEWEST);
    let path = format!("/v1/matches?{state}before={before}");
    let folder = folder.to_owned();
    let get = move || Link::open(&folder, "office")?.get(&path);
    let bytes = tokio::task::spawn_blocking(get).await;
    let bytes = bytes.map_err(|e| Problem::hidden(Code::Fault, e))??;
    let mut said: Value = serde_json::from_slice(&bytes)
        .map_err(|e| Problem::hidden(Code::PeerUnavailable, format!("no JSON: {e}")))?;
    match said.get_mut("rows").map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(Problem::hidden(
            Code::PeerUnavailable,
            "the answer has no rows",
        )),
    }
}

/// What advisories mean for this operator's assets, as the office's node has it now.
#[derive(Debug, Default)]
pub struct AskedOfUs {
    /// Papers, those that changed last first: `place`, `id`, `state` and `match` with the advisory and its rows.
    pub rows: Vec<Value>,
    /// There are more, which were not fetched.
    pub more: bool,
}

/// Fetches all that the office's node asks this operator, with the open questions alone where `open` says so. `folder` is that of the operator's role.
///
/// # Errors
/// [`Code::PeerUnavailable`] where the office's node is not known or does not answer; what it says.
pub async fn matches_of_us(folder: &Folder, open: bool) -> Answer<AskedOfUs> {
    let mut all = AskedOfUs::default();
    let mut which = Which {
        state: open.then(|| "asked".to_owned()),
        before: None,
    };
    for _ in 0..CALLS_MAX {
        let rows = fetched(folder, &which).await?;
        let place = rows.last().and_then(place_of);
        all.rows.extend(rows);
        // A place that does not go down would be asked for ever.
        match place {
            Some(place) if which.before.is_none_or(|before| place < before) => {
                which.before = Some(place);
            }
            _ => return Ok(all),
        }
    }
    all.more = true;
    Ok(all)
}

fn place_of(row: &Value) -> Option<u64> {
    row.get("place").and_then(Value::as_u64)
}

/// Brings the answer about an asset to the office's node, which remembers it. `folder` is that of the operator's role.
///
/// # Errors
/// [`Code::NotFound`] where the id is no match of this operator; [`Code::Refused`] where the word is no answer; [`Code::PeerUnavailable`] where the office's node is not known or does
/// not answer.
pub async fn answer_match(folder: &Folder, id: &str, number: u64, answer: &str) -> Answer<()> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.len() != ID_BYTES || !id.starts_with("m-") || !id.bytes().all(known) {
        return Err(Problem::new(Code::NotFound, ""));
    }
    let answer = answer.to_owned();
    let body = serde_json::to_vec(&NewMatchAnswer { number, answer });
    let body = body.map_err(|e| Problem::hidden(Code::Fault, e))?;
    let (folder, path) = (folder.to_owned(), format!("/v1/matches/{id}/answers"));
    let post = move || Link::open(&folder, "office")?.post(&path, "application/json", &body);
    let posted = tokio::task::spawn_blocking(post).await;
    posted.map_err(|e| Problem::hidden(Code::Fault, e))??;
    Ok(())
}

/// Rows of the office's node for somebody who may see them.
pub(crate) async fn seen(app: &Shared, caller: &Caller, which: &Which) -> Answer<Vec<Value>> {
    app.require(caller, Leave::FileReport, &Object::any())
        .await?;
    fetched(&app.folder, which).await
}

/// An answer of one of the operator's people. The office knows the node that answered; who it was is on record here.
pub(crate) async fn given(
    app: &Shared,
    caller: &Caller,
    id: &str,
    new: &NewMatchAnswer,
) -> Answer<()> {
    app.require(caller, Leave::FileReport, &Object::any())
        .await?;
    answer_match(&app.folder, id, new.number, &new.answer).await?;
    let by = crate::api::office::caller_id(caller);
    let detail = format!("{} {}", new.number, new.answer);
    app.audit(&by, "answer-match", id, &detail).await
}

/// What advisories mean for the operator's assets, and what the office asks about them.
#[utoipa::path(get, path = "/v1/matches", tag = "assets", params(("state" = Option<String>, Query, description = "asked or told."), ("before" = Option<u64>, Query, description = "Rows before this place.")),
    responses(
        (status = 200, description = "At most 100, as the office's node has them.", body = Rows),
        (status = 503, description = "The office's node does not answer.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<Said<Rows>> {
    let rows = seen(&app, &caller, &which).await?;
    Ok(Said(Rows { rows }))
}

/// Answers "is this yours?" about an asset; the office remembers it.
#[utoipa::path(post, path = "/v1/matches/{id}/answers", tag = "assets", params(("id" = String, Path)), request_body = NewMatchAnswer,
    responses(
        (status = 204, description = "The office's node has it."),
        (status = 404, description = "No such match, or no such asset in it.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "The word is no answer.", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "The office's node does not answer; nothing was done.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewMatchAnswer>,
) -> Answer<StatusCode> {
    given(&app, &caller, &id, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}
