//! The council at a member's own node. In: what its people submit. Out: what the office's node says of it, and the member's copies as that gives them now. Never: a copy that is kept here.

use super::{Before, CouncilSubmission};
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::part::Part;
use crate::peer::Link;
use crate::problem::{Answer, Code, Problem};
use axum::extract::{Query, State};
use sakimori_access::{Act, Object};
use serde_json::Value;

fn link(app: &App) -> Answer<Link> {
    match &app.part {
        Part::Operator(operator) => Link::open(operator.folder(), "office"),
        _ => Err(Problem::new(Code::NotImplemented, "")),
    }
}

/// Submits something to the council in the name of this operator, which has to be a member.
#[utoipa::path(post, path = "/v1/council/submissions", tag = "council", request_body = CouncilSubmission,
    responses((status = 200, description = "It waits at the office, as `POST /v1/council/submissions` there answers.")))]
pub(crate) async fn send(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<CouncilSubmission>,
) -> Answer<axum::Json<Value>> {
    app.require(&caller, Act::FileReport, &Object::any())
        .await?;
    let body = serde_json::to_vec(&new).map_err(|e| Problem::hidden(Code::Fault, e))?;
    let sent = app
        .blocking(move |app| link(app)?.post("/v1/council/submissions", "application/json", &body));
    let sent = sent.await;
    app.tried(&caller, Act::FileReport, sent)
        .await
        .map(axum::Json)
}

/// Copies that the office's node holds for this member.
#[utoipa::path(get, path = "/v1/council/copies", tag = "council", params(Before),
    responses((status = 200, description = "Copies, as `GET /v1/council/copies` of the office answers.")))]
pub(crate) async fn received(
    State(app): State<Shared>,
    caller: Caller,
    Query(Before { before }): Query<Before>,
) -> Answer<axum::Json<Value>> {
    app.require(&caller, Act::ReadProducts, &Object::any())
        .await?;
    let page = app.blocking(move |app| {
        let query = before.map_or_else(String::new, |before| format!("?before={before}"));
        let bytes = link(app)?.get(&format!("/v1/council/copies{query}"))?;
        serde_json::from_slice(&bytes).map_err(|e| Problem::hidden(Code::PeerUnavailable, e))
    });
    page.await.map(axum::Json)
}
