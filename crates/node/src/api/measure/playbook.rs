//! Playbooks over HTTP. In: playbooks of others as JSON. Out: every problem of one, or its digest; where a measure stands in its own. Never: one that breaks a rule among those that are kept.

use super::{acts_as, held, kept, reads, room};
use crate::app::{Caller, Shared};
use crate::extract::bytes;
use crate::measure::playbook_json;
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, Request, State};
use sakimori_access::Act as Leave;
use sakimori_liaison::measure::{keep_playbook, playbook, playbooks};
use sakimori_respond::cacao::PLAYBOOK_BYTES_MAX;
use sakimori_respond::plan::Digest;
use serde_json::{Value, json};

/// The playbooks that are kept.
#[utoipa::path(get, path = "/v1/playbooks", tag = "measures", responses(
    (status = 200, description = "`playbooks` with `digest`, `name`, `id`, `modified`, and `more`.", body = Object),
))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let (all, more) = playbooks(&*app.store).await.map_err(|e| kept(&e))?;
    let rows = all.iter().map(|(digest, paper)| {
        json!({"digest": digest, "name": paper.name, "id": paper.playbook, "modified": paper.modified})
    });
    Ok(axum::Json(
        json!({"playbooks": rows.collect::<Vec<_>>(), "more": more}),
    ))
}

/// Keeps a playbook of CACAO 2.0. A plan names it by its digest, which both officers sign with the measure's text.
#[utoipa::path(post, path = "/v1/playbooks", tag = "measures", request_body = Object, responses(
    (status = 200, description = "`digest`, and what it would command.", body = Object),
    (status = 422, description = "It breaks rules; each is named with its step.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn import(
    State(app): State<Shared>,
    caller: Caller,
    request: Request,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::DraftRequest).await?;
    let (parts, body) = request.into_parts();
    let bytes = bytes(&parts.headers, body, PLAYBOOK_BYTES_MAX).await?;
    let now = app.host.seconds();
    let done = keep_playbook(&*app.store, &bytes, now, by.as_str()).await;
    let done = done.map_err(|e| kept(&e));
    let playbook = app.tried(&caller, Leave::DraftRequest, done).await?;
    let digest = Digest(playbook.digest).to_string();
    Ok(axum::Json(playbook_json(&digest, &playbook)))
}

/// A playbook that is kept.
#[utoipa::path(get, path = "/v1/playbooks/{digest}", tag = "measures",
    params(("digest" = String, Path, description = "SHA-256 over what it says, hex.")),
    responses((status = 200, description = "What it commands, step by step.", body = Object)))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(digest): Path<String>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let wanted: Digest = digest
        .parse()
        .map_err(|_| Problem::new(Code::NotFound, ""))?;
    let found = playbook(&*app.store, wanted).await.map_err(|e| kept(&e))?;
    Ok(axum::Json(playbook_json(&digest, &found)))
}

/// Where a measure stands in its playbook.
#[utoipa::path(get, path = "/v1/measures/{measure}/playbook", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses((status = 200, description = "`answered`, and who is waited for; null where it follows none.", body = Object)))]
pub(crate) async fn played(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    room(&app).await?.played(&held).await.map(axum::Json)
}
