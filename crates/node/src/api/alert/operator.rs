//! The operator's routes: what the office's node has for this operator, handed on. In: answers of the operator's people. Out: alerts, claims. Never: an alert that is kept here: the
//! office's node has it, and who asks sees what it says now.

use super::office::{NewAnswer, NewClaim, Stands};
use crate::api::asset::Rows;
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::peer::Link;
use crate::problem::{Answer, Code, Problem};
use axum::Json as Said;
use axum::extract::{Path, State};
use sakimori_access::{Act as Leave, Object};
use serde_json::Value;

/// Reads rows at the office's node.
pub(crate) async fn rows(app: &Shared, path: &'static str) -> Answer<Vec<Value>> {
    let bytes = app
        .blocking(move |app| Link::open(&app.folder, "office")?.get(path))
        .await?;
    let said: Value = serde_json::from_slice(&bytes)
        .map_err(|e| Problem::hidden(Code::PeerUnavailable, format!("no JSON: {e}")))?;
    let rows = said.get("rows").and_then(Value::as_array).cloned();
    rows.ok_or_else(|| Problem::hidden(Code::PeerUnavailable, "the answer has no rows"))
}

/// Posts to the office's node.
async fn post(app: &Shared, path: String, body: &impl serde::Serialize) -> Answer<Value> {
    let bytes = serde_json::to_vec(body).map_err(|e| Problem::hidden(Code::Fault, e))?;
    app.blocking(move |app| {
        Link::open(&app.folder, "office")?.post(&path, "application/json", &bytes)
    })
    .await
}

/// The operator's alerts, those that changed last first.
#[utoipa::path(get, path = "/v1/alerts", tag = "alerts", responses((status = 200, description = "At most 100, as the office's node has them.", body = Rows)))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    app.require(&caller, Leave::FileReport, &Object::any())
        .await?;
    Ok(Said(Rows {
        rows: rows(&app, "/v1/alerts").await?,
    }))
}

/// Brings an answer to the office's node.
pub(crate) async fn answered(app: &Shared, id: &str, answer: &str) -> Answer<String> {
    // An id of another form is no alert's, and must not become part of another path.
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Problem::new(Code::NotFound, ""));
    }
    let new = NewAnswer {
        answer: answer.to_owned(),
    };
    let said = post(app, format!("/v1/alerts/{id}/answers"), &new).await?;
    let state = said.get("state").and_then(Value::as_str);
    Ok(state.unwrap_or_default().to_owned())
}

/// Answers an alert.
#[utoipa::path(post, path = "/v1/alerts/{id}/answers", tag = "alerts", params(("id" = String, Path)), request_body = NewAnswer,
    responses((status = 200, description = "The office's node has it.", body = Stands)))]
pub(crate) async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewAnswer>,
) -> Answer<Said<Stands>> {
    app.require(&caller, Leave::FileReport, &Object::any())
        .await?;
    let state = answered(&app, &id, &new.answer).await?;
    Ok(Said(Stands { state }))
}

/// What is claimed and shown.
#[utoipa::path(get, path = "/v1/registrations", tag = "alerts", responses((status = 200, description = "Rows.", body = Rows)))]
pub(crate) async fn registrations(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    app.require(&caller, Leave::FileReport, &Object::any())
        .await?;
    Ok(Said(Rows {
        rows: rows(&app, "/v1/registrations").await?,
    }))
}

/// Claims a thing at the office's node.
pub(crate) async fn claimed(app: &Shared, new: &NewClaim) -> Answer<Value> {
    post(app, "/v1/registrations".to_owned(), new).await
}

/// Claims a thing; the answer says what has to be shown, where, until when.
#[utoipa::path(post, path = "/v1/registrations", tag = "alerts", request_body = NewClaim,
    responses((status = 200, description = "What has to be shown.", body = Rows)))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewClaim>,
) -> Answer<Said<Rows>> {
    app.require(&caller, Leave::FileReport, &Object::any())
        .await?;
    Ok(Said(Rows {
        rows: vec![claimed(&app, &new).await?],
    }))
}
