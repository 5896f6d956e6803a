//! Notices over HTTP. In: what was seen, a registry's answer, replies as files. Out: notices with their steps. Never: a notice that leaves without somebody who may.

use super::{acts_as, kept, reads};
use crate::app::{Caller, Shared};
use crate::extract::{Json, bytes};
use crate::measure::{
    NewNotice, Post, draft_notice, notice_of, read_reply, send_notice, settings, step_notice,
};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, Query, Request, State};
use sakimori_access::Act as Leave;
use sakimori_liaison::measure::notices;
use sakimori_respond::notice::reply::MESSAGE_BYTES_MAX;
use sakimori_respond::notice::{Reference, Ticket, times};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Of which measure.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Of {
    /// Of one measure alone, hex.
    measure: Option<String>,
}

fn reference(text: &str) -> Answer<Reference> {
    text.parse().map_err(|_| Problem::new(Code::NotFound, ""))
}

/// Notices with their steps, and how long it took until targets were down.
#[utoipa::path(get, path = "/v1/measure-notices", tag = "measures", params(Of), responses(
    (status = 200, description = "`notices`, `times`, `more`.", body = Object),
))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(of): Query<Of>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let found = notices(&*app.store, of.measure.as_deref()).await;
    let (all, more) = found.map_err(|e| kept(&e))?;
    let tickets = all.iter().filter_map(|one| {
        let reference = one.id.parse().ok()?;
        one.said.ticket(reference).ok()
    });
    let tickets: Vec<Ticket> = tickets.collect();
    let times = times(&tickets);
    let rows: Vec<Value> = all.iter().map(notice_of).collect();
    Ok(axum::Json(json!({
        "notices": rows, "more": more,
        "times": {
            "sent": times.sent, "bounced": times.bounced, "down": times.down, "declined": times.declined,
            "median_seconds": times.median_seconds, "nine_tenths_seconds": times.nine_tenths_seconds, "longest_seconds": times.longest_seconds,
        },
    })))
}

/// Drafts a notice to the contact for abuse that a registry's answer names.
#[utoipa::path(post, path = "/v1/measure-notices", tag = "measures", request_body = NewNotice, responses(
    (status = 200, description = "The notice; nothing has left.", body = Object),
    (status = 422, description = "Something is missing, or the registry names nobody for abuse.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn draft(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewNotice>,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::Respond).await?;
    let (post, said) = app
        .blocking(|app| Ok((Post::open(&app.folder)?, settings(&app.folder)?)))
        .await?;
    let by = (&app.host, by.as_str());
    let drafted = draft_notice(&*app.store, &post, &said, &new, by).await;
    let drafted = app.tried(&caller, Leave::Respond, drafted).await?;
    Ok(axum::Json(notice_of(&drafted)))
}

/// To whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendTo {
    /// Another address than the one that it has.
    to: Option<String>,
}

/// Sends a notice by the node's mail server.
#[utoipa::path(post, path = "/v1/measure-notices/{notice}/send", tag = "measures", request_body = SendTo,
    params(("notice" = String, Path, description = "Its reference.")),
    responses(
        (status = 200, description = "The mail server has it.", body = Object),
        (status = 503, description = "The mail server does not take it; the notice is as before.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn send(
    State(app): State<Shared>,
    caller: Caller,
    Path(notice): Path<String>,
    Json(to): Json<SendTo>,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::Respond).await?;
    let reference = reference(&notice)?;
    let post = app.blocking(|app| Post::open(&app.folder)).await?;
    let to = to.to.as_deref();
    let sent = send_notice(&*app.store, &post, reference, to, &app.host, by.as_str()).await;
    let sent = app.tried(&caller, Leave::Respond, sent).await?;
    Ok(axum::Json(notice_of(&sent)))
}

/// What happened to a notice.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStep {
    /// `sent`, `bounced`, `acknowledged`, `acting`, `down`, `declined` or `closed`.
    state: String,
    /// In words.
    #[serde(default)]
    #[schema(max_length = 16384)]
    words: String,
}

/// Enters what happened to a notice.
#[utoipa::path(post, path = "/v1/measure-notices/{notice}/steps", tag = "measures", request_body = NewStep,
    params(("notice" = String, Path, description = "Its reference.")),
    responses(
        (status = 200, description = "The notice.", body = Object),
        (status = 422, description = "That does not follow.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn step(
    State(app): State<Shared>,
    caller: Caller,
    Path(notice): Path<String>,
    Json(new): Json<NewStep>,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::Respond).await?;
    let reference = reference(&notice)?;
    let said = (new.state.as_str(), new.words.as_str());
    let done = step_notice(&*app.store, reference, said, &app.host, by.as_str()).await;
    let done = app.tried(&caller, Leave::Respond, done).await?;
    Ok(axum::Json(notice_of(&done)))
}

/// Brings a reply as a file (RFC 5322). It sets a state only where it says that a notice did not arrive; all else a person enters.
#[utoipa::path(post, path = "/v1/measure-replies", tag = "measures", request_body(content = String, content_type = "message/rfc822"), responses(
    (status = 200, description = "`notices` that it names, `from`, `subject`, `text`, `kind`.", body = Object),
    (status = 422, description = "It is no message, or names no notice of this node.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn reply(
    State(app): State<Shared>,
    caller: Caller,
    request: Request,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::Respond).await?;
    let (parts, body) = request.into_parts();
    let bytes = bytes(&parts.headers, body, MESSAGE_BYTES_MAX).await?;
    let (found, said) = read_reply(&*app.store, &bytes, &app.host, by.as_str()).await?;
    let rows: Vec<Value> = found.iter().map(notice_of).collect();
    Ok(axum::Json(json!({
        "notices": rows, "from": said.from, "subject": said.subject, "text": said.text, "cut": said.cut, "kind": said.kind.name(),
    })))
}
