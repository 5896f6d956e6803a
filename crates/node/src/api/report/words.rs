//! Guidance over HTTP. In: what an officer writes, an operator's answers. Out: papers of that operator. Never: a paper of another; a word about another operator.

use super::office::officer;
use super::{Bench, Seat, no, only_operator, operator_calling};
use crate::api::letters::others;
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::part::Role;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::{Path, State};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::guidance::Tick;
use sakimori_custody::ids::Name;
use sakimori_store::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

fn name(field: &str, text: &str) -> Answer<Name> {
    text.parse()
        .map_err(|e| Problem::new(Code::Malformed, format!("{field}: {e}")))
}

/// Guidance.
#[derive(Serialize, ToSchema)]
pub(crate) struct Advice {
    /// Each as it was written, with acknowledgement and answers.
    #[schema(value_type = Vec<Object>)]
    guidance: Vec<Value>,
    /// Its clocks, in the same order.
    #[schema(value_type = Vec<Object>)]
    clocks: Vec<Value>,
}

/// Guidance: an operator's own; at the office, a person sees all.
#[utoipa::path(get, path = "/v1/guidance", tag = "guidance", responses((status = 200, description = "The oldest first.", body = Advice)))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Said<Advice>> {
    if app.role == Role::Operator {
        let bench = Bench::of(&app, &caller).await?;
        let clerk = bench.clerk();
        let list = clerk.guidance().await.map_err(|e| no(&e))?;
        let now = app.host.seconds();
        return Ok(Said(Advice {
            clocks: list
                .iter()
                .map(|each| json!(each.said.clock(now)))
                .collect(),
            guidance: list.iter().map(|each| json!(each.said)).collect(),
        }));
    }
    let operator = operator_calling(&app, &caller).await?;
    let view = operator
        .as_ref()
        .map_or(View::All, |name| View::Of(name.as_str()));
    let seat = Seat::of(&app, &caller).await?;
    let list = seat.desk().advice(view).await.map_err(|e| no(&e))?;
    Ok(Said(Advice {
        guidance: list.iter().map(|(each, _)| json!(each.said)).collect(),
        clocks: list.iter().map(|(_, due)| json!(due)).collect(),
    }))
}

/// Guidance to one operator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGuidance {
    /// Its id, used once for this operator.
    pub(crate) id: String,
    /// One line.
    pub(crate) subject: String,
    /// Lines to tick, 1 to 200.
    pub(crate) lines: Vec<String>,
    /// By which day an answer is asked for, such as `2026-10-31`.
    #[schema(value_type = String)]
    pub(crate) answer_by: Date,
}

/// What stands after an act.
#[derive(Serialize, ToSchema)]
pub(crate) struct WordStands {
    /// The paper's id.
    id: String,
    /// Where it stands.
    state: String,
}

/// Writes guidance to one operator.
#[utoipa::path(post, path = "/v1/operators/{operator}/guidance", tag = "guidance", request_body = NewGuidance, params(("operator" = String, Path)), responses(
    (status = 200, description = "It is written; the operator's node fetches it.", body = WordStands),
    (status = 409, description = "The id is used.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "A field breaks a rule, or tells of another operator.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn advise(
    State(app): State<Shared>,
    caller: Caller,
    Path(operator): Path<String>,
    Json(said): Json<NewGuidance>,
) -> Answer<Said<WordStands>> {
    let seat = officer(&app, &caller).await?;
    advised(&app, &seat, &operator, said).await.map(Said)
}

/// The same for the page.
pub(crate) async fn advised(
    app: &App,
    seat: &Seat,
    operator: &str,
    said: NewGuidance,
) -> Answer<WordStands> {
    let known = others(app).await?;
    let (id, operator) = (name("id", &said.id)?, name("operator", operator)?);
    let desk = seat.desk();
    let to = (id, &operator);
    let kept = desk
        .advise(to, &said.subject, &said.lines, said.answer_by, &known)
        .await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(WordStands {
        id: kept.id,
        state: kept.state,
    })
}

/// The ticks of a guidance's lines, in their order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTicks {
    /// `{"tick": "done"}`, `{"tick": "planned", "by"}`, `{"tick": "not-applicable", "why"}`, `{"tick": "not-done", "why"}`.
    #[schema(value_type = Vec<Object>)]
    ticks: Vec<Tick>,
}

/// Answers guidance: at the operator's node by its people, at the office's by the operator's node. The same ticks again change nothing.
#[utoipa::path(post, path = "/v1/guidance/{id}/answers", tag = "guidance", request_body = NewTicks, params(("id" = String, Path)), responses(
    (status = 200, description = "It is kept.", body = WordStands),
    (status = 404, description = "The operator has no such guidance.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "A line is left open.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<NewTicks>,
) -> Answer<Said<WordStands>> {
    let kept = if app.role == Role::Operator {
        let bench = Bench::of(&app, &caller).await?;
        bench.clerk().answer(&id, &said.ticks).await
    } else {
        let operator = only_operator(&app, &caller).await?;
        let seat = Seat::of(&app, &caller).await?;
        seat.desk().answered(&operator, &id, &said.ticks).await
    };
    let kept = kept.map_err(|e| no(&e))?;
    Ok(Said(WordStands {
        id: kept.id,
        state: kept.state,
    }))
}
