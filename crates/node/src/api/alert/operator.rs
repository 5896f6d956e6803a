//! The operator's routes: what the office's node has for this operator, handed on. In: answers, claims and ways of the operator's people. Out: alerts, registrations, rates. Never: an
//! alert that is kept here: the office's node has it, and who asks sees what it says now; an act without who did it, on record here.

use super::claims::{LookAt, NewClaim};
use super::office::{NewAnswer, Stands};
use super::ours;
use super::ways::NewWays;
use crate::api::asset::Rows;
use crate::api::asset::office::Which;
use crate::api::office::caller_id;
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::problem::{Answer, Document};
use axum::Json as Said;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use sakimori_access::{Act as Leave, Object};
use serde_json::Value;

async fn may(app: &Shared, caller: &Caller) -> Answer<()> {
    app.require(caller, Leave::FileReport, &Object::any()).await
}

/// The operator's alerts for somebody who may see them.
pub(crate) async fn seen(app: &Shared, caller: &Caller, which: &Which) -> Answer<Vec<Value>> {
    may(app, caller).await?;
    ours::page_of_us(&app.folder, which.state.as_deref(), which.before).await
}

/// The operator's alerts, those that changed last first.
#[utoipa::path(get, path = "/v1/alerts", tag = "alerts", params(("state" = Option<String>, Query, description = "open, seen, acted, false or not-relevant."), ("before" = Option<u64>, Query, description = "Rows before this place.")),
    responses((status = 200, description = "At most 100, as the office's node has them.", body = Rows)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<Said<Rows>> {
    let rows = seen(&app, &caller, &which).await?;
    Ok(Said(Rows { rows }))
}

/// One alert for somebody who may see it.
pub(crate) async fn alert(app: &Shared, caller: &Caller, id: &str) -> Answer<Value> {
    may(app, caller).await?;
    ours::alert_of_us(&app.folder, id).await
}

/// One alert with all that its source said.
#[utoipa::path(get, path = "/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)),
    responses(
        (status = 200, description = "As a row of `GET /v1/alerts`."),
        (status = 404, description = "No such alert.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Said<Value>> {
    Ok(Said(alert(&app, &caller, &id).await?))
}

/// Brings an answer to the office's node; who gave it is on record here.
pub(crate) async fn answered(
    app: &Shared,
    caller: &Caller,
    (id, answer): (&str, &str),
) -> Answer<String> {
    may(app, caller).await?;
    let state = ours::answer_alert(&app.folder, id, answer).await?;
    let by = caller_id(caller);
    app.audit(&by, "answer-alert", id, answer).await?;
    Ok(state)
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
    let state = answered(&app, &caller, (&id, &new.answer)).await?;
    Ok(Said(Stands { state }))
}

/// The rates of sources for somebody who may see them.
pub(crate) async fn rated(app: &Shared, caller: &Caller) -> Answer<Vec<Value>> {
    may(app, caller).await?;
    ours::alert_rates_of_us(&app.folder).await
}

/// What the operator answered about each source.
#[utoipa::path(get, path = "/v1/alert-rates", tag = "alerts", responses((status = 200, description = "A row for each source.", body = Rows)))]
pub(crate) async fn rates(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    let rows = rated(&app, &caller).await?;
    Ok(Said(Rows { rows }))
}

/// What is registered, for somebody who may see it.
pub(crate) async fn things(app: &Shared, caller: &Caller) -> Answer<Vec<Value>> {
    may(app, caller).await?;
    ours::things_of_us(&app.folder).await
}

/// What is claimed and shown, and what the last looks gave.
#[utoipa::path(get, path = "/v1/registrations", tag = "alerts", responses((status = 200, description = "Rows.", body = Rows)))]
pub(crate) async fn registrations(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    let rows = things(&app, &caller).await?;
    Ok(Said(Rows { rows }))
}

/// Claims a thing at the office's node; who did it is on record here.
pub(crate) async fn claimed(app: &Shared, caller: &Caller, new: &NewClaim) -> Answer<Value> {
    may(app, caller).await?;
    let said = ours::claim_for_us(&app.folder, &new.thing, &new.method).await?;
    let by = caller_id(caller);
    app.audit(&by, "claim", &new.thing, &new.method).await?;
    Ok(said)
}

/// Claims a thing; the answer says what has to be shown, where, until when.
#[utoipa::path(post, path = "/v1/registrations", tag = "alerts", request_body = NewClaim,
    responses((status = 200, description = "What has to be shown.", body = Rows)))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewClaim>,
) -> Answer<Said<Rows>> {
    Ok(Said(Rows {
        rows: vec![claimed(&app, &caller, &new).await?],
    }))
}

/// Asks the office's node to look at a claim now; who did it is on record here.
pub(crate) async fn looked(app: &Shared, caller: &Caller, id: &str) -> Answer<()> {
    may(app, caller).await?;
    ours::look_for_us(&app.folder, id).await?;
    app.audit(&caller_id(caller), "ask-look", id, "").await
}

/// Asks that the office's node looks at a claim now, not when it would by itself.
#[utoipa::path(post, path = "/v1/registrations/looks", tag = "alerts", request_body = LookAt,
    responses(
        (status = 204, description = "It looks in the next round."),
        (status = 404, description = "No such claim, or nothing is asked.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "Somebody looked just now, or the time is over.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn look(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<LookAt>,
) -> Answer<StatusCode> {
    looked(&app, &caller, &new.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How the operator is told, for somebody who may see it.
pub(crate) async fn told(app: &Shared, caller: &Caller) -> Answer<Value> {
    may(app, caller).await?;
    ours::alert_ways_of_us(&app.folder).await
}

/// How the operator is told.
#[utoipa::path(get, path = "/v1/alert-ways", tag = "alerts", responses((status = 200, description = "As the office's node has it, without the secret.")))]
pub(crate) async fn ways(State(app): State<Shared>, caller: Caller) -> Answer<Said<Value>> {
    Ok(Said(told(&app, &caller).await?))
}

/// Sets how the operator is told at the office's node; who did it is on record here.
pub(crate) async fn set(app: &Shared, caller: &Caller, new: &NewWays) -> Answer<Value> {
    may(app, caller).await?;
    let said = ours::tell_us(&app.folder, new.webhook.as_deref(), new.mail.as_ref()).await?;
    let hook = new.webhook.as_deref().unwrap_or("no webhook");
    let mail = new.mail.as_ref().map_or("no mail", |mail| mail.to.as_str());
    let detail = format!("{hook}, {mail}");
    app.audit(&caller_id(caller), "set-alert-ways", "alert-ways", &detail)
        .await?;
    Ok(said)
}

/// Sets how the operator is told: all of it, what is not named is not used any more.
#[utoipa::path(post, path = "/v1/alert-ways", tag = "alerts", request_body = NewWays,
    responses(
        (status = 200, description = "It is set; the secret of a webhook that is new is shown here alone."),
        (status = 422, description = "An address is none.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn set_ways(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewWays>,
) -> Answer<Said<Value>> {
    Ok(Said(set(&app, &caller, &new).await?))
}
