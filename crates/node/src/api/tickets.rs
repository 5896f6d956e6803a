//! Support tickets over HTTP. In: what an operator asks, what the office answers. Out: tickets with state, clock and metric. Never: a ticket of another; a word that is kept twice
//! because a line broke; a word about another operator.

use super::letters::{Behind, name, others};
use super::report::office::officer;
use super::report::{Bench, Seat, no, only_operator, operator_calling};
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::part::Role;
use crate::problem::{Answer, Document};
use axum::Json as Said;
use axum::extract::{Path, Query, State};
use sakimori_cooperate::ticket::Ticket;
use sakimori_liaison::desk::{Asked, TicketSheet, ticket_id};
use sakimori_liaison::paper::Written;
use sakimori_liaison::ticket::TicketLine;
use sakimori_store::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of a role.
pub(super) fn routes(role: Role) -> OpenApiRouter<Shared> {
    let router = OpenApiRouter::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .routes(routes!(list, ask))
            .routes(routes!(say))
            .routes(routes!(close)),
        Role::Operator => router
            .routes(routes!(list, ask))
            .routes(routes!(one))
            .routes(routes!(write)),
    }
}

/// Tickets.
#[derive(Serialize, ToSchema)]
pub(crate) struct TicketList {
    /// Each with its words. At an operator's node: `subject`, the office's copy as `ticket`, and the words that wait to be sent as `waiting`, with the id beside them.
    #[schema(value_type = Vec<Object>)]
    tickets: Vec<Value>,
    /// Where each stands, in the same order: `waits-for-office`, `waits-for-operator`, `closed`; at an operator's node `word-waits` too.
    states: Vec<String>,
    /// The office's clock for each, in the same order; none where the office does not have it yet.
    #[schema(value_type = Vec<Object>)]
    clocks: Vec<Value>,
    /// How long each took, in the same order: `first_answer_s`, `closed_s`, `words`.
    #[schema(value_type = Vec<Object>)]
    metrics: Vec<Value>,
    /// The place behind which the next page begins.
    place: u64,
    /// Whether there is more behind it.
    more: bool,
    /// The place of what changed last; who has read further has read of another store, and begins anew.
    newest: u64,
}

impl TicketList {
    fn of(rows: impl Iterator<Item = (Value, String, Value, Value)>) -> Self {
        let mut all = Self {
            tickets: Vec::new(),
            states: Vec::new(),
            clocks: Vec::new(),
            metrics: Vec::new(),
            place: 0,
            more: false,
            newest: 0,
        };
        for (ticket, state, clock, metric) in rows {
            all.tickets.push(ticket);
            all.states.push(state);
            all.clocks.push(clock);
            all.metrics.push(metric);
        }
        all
    }

    fn here(lines: &[TicketLine]) -> Self {
        Self::of(lines.iter().map(|line| {
            let held = &line.paper.said;
            let ticket = json!({
                "id": line.paper.id, "subject": held.subject, "ticket": held.ticket, "waiting": held.waiting,
            });
            let state = held.state().to_owned();
            (ticket, state, json!(line.due), json!(held.metric()))
        }))
    }

    fn at_office(sheets: &[TicketSheet]) -> Self {
        Self::of(sheets.iter().map(|sheet| {
            let ticket = &sheet.paper.said;
            let state = ticket.state().word().to_owned();
            (json!(ticket), state, json!(sheet.due), json!(sheet.metric))
        }))
    }
}

/// Tickets: an operator's own; at the office, a person sees all, those that wait longest for the office first.
#[utoipa::path(get, path = "/v1/tickets", tag = "tickets", params(Behind),
    responses((status = 200, description = "With states, clocks and metrics.", body = TicketList)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(Behind { after }): Query<Behind>,
) -> Answer<Said<TicketList>> {
    if app.role == Role::Operator {
        let bench = Bench::of(&app, &caller).await?;
        let lines = bench.clerk().tickets().await.map_err(|e| no(&e))?;
        return Ok(Said(TicketList::here(&lines)));
    }
    let operator = operator_calling(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let desk = seat.desk();
    let Some((operator, after)) = operator.as_ref().zip(after) else {
        let view = operator
            .as_ref()
            .map_or(View::All, |name| View::Of(name.as_str()));
        let sheets = desk.tickets(view).await.map_err(|e| no(&e))?;
        return Ok(Said(TicketList::at_office(&sheets)));
    };
    let page = desk.tickets_behind(operator, after).await;
    let page = page.map_err(|e| no(&e))?;
    let mut rows = Vec::new();
    for each in &page.rows {
        let ticket = &each.said;
        let due = ticket.clock(desk.now, desk.terms);
        let due = due.map_err(|e| no(&e.into()))?;
        let state = ticket.state().word().to_owned();
        rows.push((json!(ticket), state, json!(due), json!(ticket.metric())));
    }
    Ok(Said(TicketList {
        place: page.place,
        more: page.more,
        newest: page.newest,
        ..TicketList::of(rows.into_iter())
    }))
}

/// One ticket at the operator's node.
#[utoipa::path(get, path = "/v1/tickets/{id}", tag = "tickets", params(("id" = String, Path)), responses(
    (status = 200, description = "As in the list, alone.", body = TicketList),
    (status = 404, description = "The operator has no such ticket.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Said<TicketList>> {
    let bench = Bench::of(&app, &caller).await?;
    let line = bench.clerk().ticket(&id).await.map_err(|e| no(&e))?;
    Ok(Said(TicketList::here(&[line])))
}

/// Support that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTicket {
    /// At the office: the ticket to write on; without it a new one is opened.
    id: Option<String>,
    /// One line; of a new ticket.
    subject: String,
    /// What is asked.
    text: String,
    /// At the office: which of the operator's words on the ticket this is, from 1, so that one that is sent again is kept once. Without it, the same text as the last is.
    number: Option<u64>,
}

/// What stands after an act.
#[derive(Serialize, ToSchema)]
pub(crate) struct TicketStands {
    /// The ticket's id.
    id: String,
    /// Where it stands.
    state: String,
    /// The ticket as the office has it; none where it does not have it yet.
    #[schema(value_type = Option<Object>)]
    ticket: Value,
}

fn at_office(kept: Written<Ticket>) -> TicketStands {
    TicketStands {
        ticket: json!(kept.said),
        id: kept.id,
        state: kept.state,
    }
}

fn here(line: TicketLine) -> TicketStands {
    TicketStands {
        ticket: json!(line.paper.said.ticket),
        id: line.paper.id,
        state: line.paper.state,
    }
}

/// Asks for support: at the operator's node by its people, at the office's by the operator's node or machine.
#[utoipa::path(post, path = "/v1/tickets", tag = "tickets", request_body = NewTicket, responses(
    (status = 200, description = "It is kept.", body = TicketStands),
    (status = 409, description = "Another word has that number.", body = Document, content_type = "application/problem+json"),
    (status = 429, description = "Too many tickets are open.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Json(said): Json<NewTicket>,
) -> Answer<Said<TicketStands>> {
    if app.role == Role::Operator {
        let bench = Bench::of(&app, &caller).await?;
        let line = bench.clerk().open_ticket(&said.subject, &said.text).await;
        return Ok(Said(here(line.map_err(|e| no(&e))?)));
    }
    let operator = only_operator(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let id = if let Some(id) = &said.id {
        name("id", id)?
    } else {
        let now = app.host.seconds().0;
        ticket_id(&said.subject, &said.text, now).map_err(|e| no(&e))?
    };
    let asked = Asked {
        id: &id,
        subject: &said.subject,
        text: &said.text,
        number: said.number,
    };
    let kept = seat.desk().ask(&operator, asked).await;
    Ok(Said(at_office(kept.map_err(|e| no(&e))?)))
}

/// A word.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWord {
    /// What it says. At the office it says nothing of another operator: names and what others registered are refused.
    text: String,
}

/// Writes on a ticket at the operator's node; the word waits until the office has it.
#[utoipa::path(post, path = "/v1/tickets/{id}/words", tag = "tickets", request_body = NewWord, params(("id" = String, Path)), responses(
    (status = 200, description = "It is kept.", body = TicketStands),
    (status = 404, description = "The operator has no such ticket.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn write(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<NewWord>,
) -> Answer<Said<TicketStands>> {
    let bench = Bench::of(&app, &caller).await?;
    let line = bench.clerk().write_ticket(&id, &said.text).await;
    Ok(Said(here(line.map_err(|e| no(&e))?)))
}

/// The office answers on a ticket of an operator.
#[utoipa::path(post, path = "/v1/operators/{operator}/tickets/{id}/words", tag = "tickets", request_body = NewWord,
    params(("operator" = String, Path), ("id" = String, Path)), responses(
    (status = 200, description = "It is kept; the operator's node fetches it.", body = TicketStands),
    (status = 404, description = "No such ticket.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "The text breaks a rule, or tells of another operator.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn say(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
    Json(said): Json<NewWord>,
) -> Answer<Said<TicketStands>> {
    let seat = officer(&app, &caller).await?;
    spoken(&app, &seat, (&operator, &id), &said.text)
        .await
        .map(Said)
}

/// The same for the page.
pub(crate) async fn spoken(
    app: &App,
    seat: &Seat,
    (operator, id): (&str, &str),
    text: &str,
) -> Answer<TicketStands> {
    let operator = name("operator", operator)?;
    let known = others(app).await?;
    let kept = seat.desk().say((&operator, id), text, &known).await;
    Ok(at_office(kept.map_err(|e| no(&e))?))
}

/// Closes a ticket of an operator; what the operator writes then opens it again.
#[utoipa::path(post, path = "/v1/operators/{operator}/tickets/{id}/close", tag = "tickets",
    params(("operator" = String, Path), ("id" = String, Path)), responses(
    (status = 200, description = "It is closed.", body = TicketStands),
    (status = 404, description = "No such ticket.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn close(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
) -> Answer<Said<TicketStands>> {
    let seat = officer(&app, &caller).await?;
    closed(&seat, (&operator, &id)).await.map(Said)
}

/// The same for the page.
pub(crate) async fn closed(seat: &Seat, (operator, id): (&str, &str)) -> Answer<TicketStands> {
    let kept = seat.desk().close_ticket(operator, id).await;
    Ok(at_office(kept.map_err(|e| no(&e))?))
}
