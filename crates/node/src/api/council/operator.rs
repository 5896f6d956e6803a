//! The council at a member's own node. In: what its people submit and answer. Out: what the office's node says of it, and the member's copies as that gives them now. Never: a copy that is kept
//! here; a consent of somebody who is no person of this node.

use super::materials::MaterialAnswer;
use super::members::CouncilAnswer;
use super::{Before, CouncilSubmission};
use crate::api::office::caller_id;
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::part::Part;
use crate::peer::Link;
use crate::problem::{Answer, Code, Problem};
use axum::extract::{Path, Query, State};
use sakimori_access::{Act, Object};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

const JSON: &str = "application/json";

fn link(app: &App) -> Answer<Link> {
    match &app.part {
        Part::Operator(operator) => Link::open(operator.folder(), "office"),
        _ => Err(Problem::new(Code::NotImplemented, "")),
    }
}

/// What the office's node says under a path of its council.
async fn fetched(app: &Shared, path: String) -> Answer<Value> {
    let page = app.blocking(move |app| {
        let bytes = link(app)?.get(&format!("/v1/council/{path}"))?;
        serde_json::from_slice(&bytes).map_err(|e| Problem::hidden(Code::PeerUnavailable, e))
    });
    page.await
}

/// Brings a body to a path of the office's council; that it was tried is on record here with who did it.
async fn brought(
    app: &Shared,
    caller: &Caller,
    act: Act,
    (path, body): (String, Vec<u8>),
) -> Answer<Value> {
    let sent =
        app.blocking(move |app| link(app)?.post(&format!("/v1/council/{path}"), JSON, &body));
    let sent = sent.await;
    app.tried(caller, act, sent).await
}

fn written<T: serde::Serialize>(body: &T) -> Answer<Vec<u8>> {
    serde_json::to_vec(body).map_err(|e| Problem::hidden(Code::Fault, e))
}

/// Submits something to the council in the name of this operator, which has to be a member.
#[utoipa::path(post, path = "/v1/council/submissions", tag = "council", request_body = CouncilSubmission,
    responses((status = 200, description = "It waits at the office, as `POST /v1/council/submissions` there answers.")))]
pub(crate) async fn send(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<CouncilSubmission>,
) -> Answer<axum::Json<Value>> {
    sent(&app, &caller, &new).await.map(axum::Json)
}

/// The same for the page.
pub(crate) async fn sent(app: &Shared, caller: &Caller, new: &CouncilSubmission) -> Answer<Value> {
    app.require(caller, Act::FileReport, &Object::any()).await?;
    let what = ("submissions".to_owned(), written(new)?);
    brought(app, caller, Act::FileReport, what).await
}

/// What a person of this operator says of its place in the council.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    /// It joins.
    Consent,
    /// It does not join.
    Refusal,
    /// It leaves.
    Departure,
}

/// Consents to the invitation, declines it, or leaves the council, in the name of this operator: a person who may sign for it does so.
#[utoipa::path(post, path = "/v1/council/{word}", tag = "council", params(("word" = Word, Path, description = "`consent`, `refusal` or `departure`.")),
    responses((status = 200, description = "The office's node has it; of a consent the index of its entry.")))]
pub(crate) async fn say(
    State(app): State<Shared>,
    caller: Caller,
    Path(word): Path<Word>,
) -> Answer<axum::Json<Value>> {
    said(&app, &caller, word).await.map(axum::Json)
}

/// The same for the page.
pub(crate) async fn said(app: &Shared, caller: &Caller, word: Word) -> Answer<Value> {
    app.require(caller, Act::SignAgreement, &Object::any())
        .await?;
    let path = match word {
        Word::Consent => "consent",
        Word::Refusal => "refusal",
        Word::Departure => "departure",
    };
    let by = caller_id(caller);
    let what = (path.to_owned(), written(&CouncilAnswer { by })?);
    brought(app, caller, Act::SignAgreement, what).await
}

/// Where this operator stands with the council.
#[utoipa::path(get, path = "/v1/council/standing", tag = "council",
    responses((status = 200, description = "As `GET /v1/council/standing` of the office answers.")))]
pub(crate) async fn standing(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::Json<Value>> {
    seen(&app, &caller, "standing", None).await.map(axum::Json)
}

/// What this operator submitted.
#[utoipa::path(get, path = "/v1/council/submissions", tag = "council", params(Before),
    responses((status = 200, description = "As `GET /v1/council/submissions` of the office answers.")))]
pub(crate) async fn submissions(
    State(app): State<Shared>,
    caller: Caller,
    Query(Before { before }): Query<Before>,
) -> Answer<axum::Json<Value>> {
    seen(&app, &caller, "submissions", before)
        .await
        .map(axum::Json)
}

/// What material the council asks this operator for.
#[utoipa::path(get, path = "/v1/council/materials", tag = "council", params(Before),
    responses((status = 200, description = "As `GET /v1/council/materials` of the office answers.")))]
pub(crate) async fn materials(
    State(app): State<Shared>,
    caller: Caller,
    Query(Before { before }): Query<Before>,
) -> Answer<axum::Json<Value>> {
    seen(&app, &caller, "materials", before)
        .await
        .map(axum::Json)
}

/// One of the lists, for who may read what this operator is given.
pub(crate) async fn seen(
    app: &Shared,
    caller: &Caller,
    list: &str,
    before: Option<u64>,
) -> Answer<Value> {
    app.require(caller, Act::ReadProducts, &Object::any())
        .await?;
    let query = before.map_or_else(String::new, |before| format!("?before={before}"));
    fetched(app, format!("{list}{query}")).await
}

/// An answer to a request for material: the material, or the just cause for which it is not given.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMaterialAnswer {
    /// The material, or where it is.
    #[serde(default)]
    #[schema(max_length = 65_536)]
    pub(crate) given: Option<String>,
    /// The just cause.
    #[serde(default)]
    #[schema(max_length = 65_536)]
    pub(crate) refused: Option<String>,
}

/// Answers a request for material, in the name of who is signed in.
#[utoipa::path(post, path = "/v1/council/materials/{id}/answer", tag = "council", params(("id" = String, Path)), request_body = NewMaterialAnswer,
    responses((status = 200, description = "The office's node has it.")))]
pub(crate) async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewMaterialAnswer>,
) -> Answer<axum::Json<Value>> {
    answered(&app, &caller, &id, new).await.map(axum::Json)
}

/// The same for the page.
pub(crate) async fn answered(
    app: &Shared,
    caller: &Caller,
    id: &str,
    new: NewMaterialAnswer,
) -> Answer<Value> {
    app.require(caller, Act::FileReport, &Object::any()).await?;
    if id.len() > 32 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(Problem::new(Code::NotFound, ""));
    }
    let body = MaterialAnswer {
        by: caller_id(caller),
        given: new.given,
        refused: new.refused,
    };
    let what = (format!("materials/{id}/answer"), written(&body)?);
    brought(app, caller, Act::FileReport, what).await
}

/// Copies that the office's node holds for this member.
#[utoipa::path(get, path = "/v1/council/copies", tag = "council", params(Before),
    responses((status = 200, description = "Copies, as `GET /v1/council/copies` of the office answers.")))]
pub(crate) async fn received(
    State(app): State<Shared>,
    caller: Caller,
    Query(Before { before }): Query<Before>,
) -> Answer<axum::Json<Value>> {
    seen(&app, &caller, "copies", before).await.map(axum::Json)
}
