//! Guidance, letters and tickets over HTTP. In: what an officer writes, an operator's answers. Out: papers of that operator. Never: a paper of another.

use super::office::officer;
use super::{Bench, Seat, no, only_operator, operator_calling};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::part::Role;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::{Path, State};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::guidance::Tick;
use sakimori_cooperate::order::{Draft, LetterKind};
use sakimori_cooperate::ticket::Side;
use sakimori_custody::ids::Name;
use sakimori_liaison::desk::ticket_id;
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
))]
pub(crate) async fn advise(
    State(app): State<Shared>,
    caller: Caller,
    Path(operator): Path<String>,
    Json(said): Json<NewGuidance>,
) -> Answer<Said<WordStands>> {
    let seat = officer(&app, &caller).await?;
    advised(&seat, &operator, said).await.map(Said)
}

/// The same for the page.
pub(crate) async fn advised(seat: &Seat, operator: &str, said: NewGuidance) -> Answer<WordStands> {
    let (id, operator) = (name("id", &said.id)?, name("operator", operator)?);
    let desk = seat.desk();
    let to = (id, &operator);
    let kept = desk
        .advise(to, &said.subject, &said.lines, said.answer_by)
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

/// Letters.
#[derive(Serialize, ToSchema)]
pub(crate) struct Orders {
    /// Each as it was written, with its state and reply.
    #[schema(value_type = Vec<Object>)]
    letters: Vec<Value>,
    /// Its clocks, in the same order; none where it was taken back.
    #[schema(value_type = Vec<Object>)]
    clocks: Vec<Value>,
}

/// Orders, demands and opinions: an operator's own, a person of the office sees all.
#[utoipa::path(get, path = "/v1/orders", tag = "guidance", responses((status = 200, description = "The oldest first.", body = Orders)))]
pub(crate) async fn orders(State(app): State<Shared>, caller: Caller) -> Answer<Said<Orders>> {
    let operator = operator_calling(&app, &caller).await?;
    let view = operator
        .as_ref()
        .map_or(View::All, |name| View::Of(name.as_str()));
    let seat = Seat::of(&app, &caller).await?;
    let list = seat.desk().letters(view).await.map_err(|e| no(&e))?;
    Ok(Said(Orders {
        letters: list.iter().map(|(each, _)| json!(each.said)).collect(),
        clocks: list.iter().map(|(_, due)| json!(due)).collect(),
    }))
}

/// An order, a demand or an opinion.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrder {
    /// Its id, used once for this addressee.
    id: String,
    /// `order`, `demand` or `opinion`.
    #[schema(value_type = String)]
    kind: LetterKind,
    /// One line.
    subject: String,
    /// What is asked.
    text: String,
    /// By which day a reply is due.
    #[schema(value_type = String)]
    reply_by: Date,
}

/// Issues an order, a demand or an opinion.
#[utoipa::path(post, path = "/v1/operators/{operator}/orders", tag = "guidance", request_body = NewOrder, params(("operator" = String, Path)),
    responses((status = 200, description = "It is issued.", body = WordStands)))]
pub(crate) async fn order(
    State(app): State<Shared>,
    caller: Caller,
    Path(operator): Path<String>,
    Json(said): Json<NewOrder>,
) -> Answer<Said<WordStands>> {
    let seat = officer(&app, &caller).await?;
    let desk = seat.desk();
    let issued = desk.issue(Draft {
        id: name("id", &said.id)?,
        kind: said.kind,
        to: name("operator", &operator)?,
        subject: &said.subject,
        text: &said.text,
        issued: Date::of(app.host.seconds()),
        reply_by: said.reply_by,
    });
    let kept = issued.await.map_err(|e| no(&e))?;
    Ok(Said(WordStands {
        id: kept.id,
        state: kept.state,
    }))
}

/// A text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWord {
    /// It.
    text: String,
}

/// Replies to an order, a demand or an opinion; the same reply again changes nothing.
#[utoipa::path(post, path = "/v1/orders/{id}/replies", tag = "guidance", request_body = NewWord, params(("id" = String, Path)), responses(
    (status = 200, description = "It is kept.", body = WordStands),
    (status = 404, description = "The operator has no such letter.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn reply(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<NewWord>,
) -> Answer<Said<WordStands>> {
    let operator = only_operator(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let kept = seat.desk().replied(&operator, &id, &said.text).await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(Said(WordStands {
        id: kept.id,
        state: kept.state,
    }))
}

/// Support that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTicket {
    /// The ticket to write on; without it a new one is opened.
    id: Option<String>,
    /// One line; of a new ticket.
    subject: String,
    /// What is asked.
    text: String,
}

/// Asks for support.
#[utoipa::path(post, path = "/v1/tickets", tag = "guidance", request_body = NewTicket, responses(
    (status = 200, description = "It is kept.", body = WordStands),
    (status = 429, description = "Too many tickets are open.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn ticket(
    State(app): State<Shared>,
    caller: Caller,
    Json(said): Json<NewTicket>,
) -> Answer<Said<WordStands>> {
    let operator = only_operator(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let id = if let Some(id) = &said.id {
        name("id", id)?
    } else {
        let now = app.host.seconds().0;
        ticket_id(&said.subject, &said.text, now).map_err(|e| no(&e))?
    };
    let desk = seat.desk();
    let kept = desk.ask(&operator, &id, (&said.subject, &said.text));
    let kept = kept.await.map_err(|e| no(&e))?;
    Ok(Said(WordStands {
        id: kept.id,
        state: kept.state,
    }))
}

/// Tickets.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tickets {
    /// Each with its words.
    #[schema(value_type = Vec<Object>)]
    tickets: Vec<Value>,
}

/// Tickets: an operator's own, a person of the office sees all.
#[utoipa::path(get, path = "/v1/tickets", tag = "guidance", responses((status = 200, description = "The oldest first.", body = Tickets)))]
pub(crate) async fn tickets(State(app): State<Shared>, caller: Caller) -> Answer<Said<Tickets>> {
    let operator = operator_calling(&app, &caller).await?;
    let view = operator
        .as_ref()
        .map_or(View::All, |name| View::Of(name.as_str()));
    let seat = Seat::of(&app, &caller).await?;
    let list = seat.desk().tickets(view).await.map_err(|e| no(&e))?;
    Ok(Said(Tickets {
        tickets: list.iter().map(|each| json!(each.said)).collect(),
    }))
}

/// The office writes on a ticket of an operator.
#[utoipa::path(post, path = "/v1/operators/{operator}/tickets/{id}/words", tag = "guidance", request_body = NewWord,
    params(("operator" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "It is kept.", body = WordStands)))]
pub(crate) async fn word(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
    Json(said): Json<NewWord>,
) -> Answer<Said<WordStands>> {
    let seat = officer(&app, &caller).await?;
    let owner = (operator.as_str(), id.as_str());
    let kept = seat.desk().word(owner, Side::Office, &said.text).await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(Said(WordStands {
        id: kept.id,
        state: kept.state,
    }))
}
