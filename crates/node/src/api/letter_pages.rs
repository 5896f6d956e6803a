//! The routes of the pages of letters and tickets. In: forms of browsers. Out: pages. Never: an act that the interface has not too; a form that was not made for the session.

use super::letters::{
    LetterStep, NewOpinion, NewOrder, OpinionStep, issued, opined, opinion_stepped, stepped,
};
use super::report::office::officer;
use super::report::web::Pairs;
use super::report::{Bench, no};
use super::tickets::{closed, spoken};
use crate::app::{Caller, Shared};
use crate::pages::{html_of, letters, tickets};
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::order::LetterKind;
use sakimori_store::View;

/// The pages of a role.
pub(super) fn routes(role: Role) -> Router<Shared> {
    let router = Router::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .route("/orders", get(office_orders).post(issue))
            .route("/operators/{operator}/orders/{id}", get(office_order))
            .route("/operators/{operator}/orders/{id}/steps", post(step))
            .route("/opinions", post(opine))
            .route("/opinions/{minister}/{id}", get(opinion))
            .route("/opinions/{minister}/{id}/steps", post(opinion_step))
            .route("/tickets", get(office_tickets))
            .route("/operators/{operator}/tickets/{id}", get(office_ticket))
            .route("/operators/{operator}/tickets/{id}/words", post(say))
            .route("/operators/{operator}/tickets/{id}/close", post(close)),
        Role::Operator => router
            .route("/orders", get(own_orders))
            .route("/orders/{id}", get(own_order))
            .route("/orders/{id}/replies", post(reply))
            .route("/tickets", get(own_tickets).post(open))
            .route("/tickets/{id}", get(own_ticket))
            .route("/tickets/{id}/words", post(write)),
    }
}

fn incomplete(what: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Incomplete, what)
}

fn day(form: &Pairs) -> Answer<Date> {
    form.text("reply_by")
        .parse()
        .map_err(|e| incomplete(format!("`reply_by`: {e}")))
}

async fn office_orders(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let seat = officer(&app, &caller).await?;
    let desk = seat.desk();
    let list = desk.letters(View::All).await.map_err(|e| no(&e))?;
    let opinions = desk.opinions().await.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(letters::office(
        &reader, &list, &opinions, desk.terms,
    )))
}

async fn issue(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let seat = officer(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let kind = LetterKind::ALL
        .into_iter()
        .find(|kind| kind.word() == form.text("kind"));
    let said = NewOrder {
        id: form.text("id").to_owned(),
        kind: kind.ok_or_else(|| incomplete("`kind` is none"))?,
        subject: form.text("subject").trim().to_owned(),
        text: form.text("text").trim().to_owned(),
        reply_by: day(&form)?,
    };
    issued(&app, &seat, form.text("operator"), &said).await?;
    Ok(Redirect::to("/orders"))
}

async fn office_order(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path((operator, id)): Path<(String, String)>,
) -> Answer<Response> {
    let seat = officer(&app, &caller).await?;
    let sheet = seat.desk().letter(&operator, &id).await;
    let sheet = sheet.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(letters::office_one(&reader, &sheet)))
}

async fn step(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let seat = officer(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let step = match form.text("step") {
        "settle" => LetterStep::Settle,
        "revoke" => LetterStep::Revoke,
        _ => return Err(incomplete("`step` is none")),
    };
    stepped(&seat, (&operator, &id), step).await?;
    Ok(Redirect::to(&format!("/operators/{operator}/orders/{id}")))
}

async fn opine(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let seat = officer(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let said = NewOpinion {
        id: form.text("id").to_owned(),
        sector: form.text("sector").to_owned(),
        subject: form.text("subject").trim().to_owned(),
        text: form.text("text").trim().to_owned(),
        reply_by: day(&form)?,
    };
    opined(&seat, &said).await?;
    Ok(Redirect::to("/orders"))
}

async fn opinion(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path((minister, id)): Path<(String, String)>,
) -> Answer<Response> {
    let seat = officer(&app, &caller).await?;
    let sheet = seat.desk().opinion(&minister, &id).await;
    let sheet = sheet.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(letters::opinion(&reader, &sheet)))
}

async fn opinion_step(
    State(app): State<Shared>,
    caller: Caller,
    Path((minister, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let seat = officer(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let step = match form.text("step") {
        "answer" => OpinionStep::Answer(form.text("text").trim().to_owned()),
        "settle" => OpinionStep::Settle,
        "revoke" => OpinionStep::Revoke,
        _ => return Err(incomplete("`step` is none")),
    };
    opinion_stepped(&seat, (&minister, &id), step).await?;
    Ok(Redirect::to(&format!("/opinions/{minister}/{id}")))
}

async fn office_tickets(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let seat = officer(&app, &caller).await?;
    let list = seat.desk().tickets(View::All).await.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(tickets::office(&reader, &list)))
}

async fn office_ticket(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path((operator, id)): Path<(String, String)>,
) -> Answer<Response> {
    let seat = officer(&app, &caller).await?;
    let sheet = seat.desk().ticket(&operator, &id).await;
    let sheet = sheet.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(tickets::office_one(&reader, &sheet)))
}

async fn say(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let seat = officer(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let text = form.text("text").trim();
    spoken(&app, &seat, (&operator, &id), text).await?;
    Ok(Redirect::to(&format!("/operators/{operator}/tickets/{id}")))
}

async fn close(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let seat = officer(&app, &caller).await?;
    Pairs::of(&caller, headers, body).await?;
    closed(&seat, (&operator, &id)).await?;
    Ok(Redirect::to("/tickets"))
}

async fn own_orders(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let bench = Bench::of(&app, &caller).await?;
    let lines = bench.clerk().orders().await.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(letters::own(&reader, &lines)))
}

async fn own_order(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer<Response> {
    let bench = Bench::of(&app, &caller).await?;
    let line = bench.clerk().order(&id).await.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(letters::own_one(&reader, &line)))
}

async fn reply(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let kept = bench.clerk().reply(&id, form.text("text").trim()).await;
    kept.map_err(|e| no(&e))?;
    Ok(Redirect::to(&format!("/orders/{id}")))
}

async fn own_tickets(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let bench = Bench::of(&app, &caller).await?;
    let lines = bench.clerk().tickets().await.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(tickets::own(&reader, &lines)))
}

async fn open(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let (subject, text) = (form.text("subject").trim(), form.text("text").trim());
    let line = bench.clerk().open_ticket(subject, text).await;
    let id = line.map_err(|e| no(&e))?.paper.id;
    Ok(Redirect::to(&format!("/tickets/{id}")))
}

async fn own_ticket(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer<Response> {
    let bench = Bench::of(&app, &caller).await?;
    let line = bench.clerk().ticket(&id).await.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(tickets::own_one(&reader, &line)))
}

async fn write(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let kept = bench
        .clerk()
        .write_ticket(&id, form.text("text").trim())
        .await;
    kept.map_err(|e| no(&e))?;
    Ok(Redirect::to(&format!("/tickets/{id}")))
}
