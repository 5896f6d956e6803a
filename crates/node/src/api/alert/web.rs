//! The pages of the early warning. In: forms of browsers. Out: pages. Never: an act that the interface has not too; a form that was not made for the session.

use super::claims::{self, NewClaim, NewLook, found_by, times_rows};
use super::operator::{alert, answered, claimed, looked, rated, seen, set, things, told};
use super::ways::NewWays;
use crate::api::asset::office::Which;
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::{self, html_of};
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sakimori_liaison::alert::Mail;
use serde::Deserialize;

/// The pages of a role.
pub(crate) fn routes(role: Role) -> Router<Shared> {
    let router = Router::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .route("/registrations", get(waiting))
            .route("/registrations/{operator}/{id}", post(look))
            .route("/alert-rates", get(office_rates)),
        Role::Operator => router
            .route("/alerts", get(warned))
            .route("/alerts/things", get(registered).post(claim))
            .route("/alerts/things/look", post(look_now))
            .route("/alerts/rates", get(rates))
            .route("/alerts/ways", get(ways).post(tell))
            .route("/alerts/{id}", get(one).post(answer)),
    }
}

async fn warned(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Answer<Response> {
    let rows = seen(&app, &caller, &which).await?;
    let reader = app.reader(&caller, &headers);
    let state = which.state.as_deref();
    Ok(html_of(pages::alert::alerts(&reader, &rows, state)))
}

async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let row = alert(&app, &caller, &id).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::alert::one(&reader, &row)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    form: String,
    answer: String,
}

async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Form(given): Form<Given>,
) -> Answer<Response> {
    caller.made(&given.form)?;
    answered(&app, &caller, (&id, &given.answer)).await?;
    Ok(Redirect::to("/alerts").into_response())
}

async fn rates(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    let rows = rated(&app, &caller).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::alert::rates(&reader, &rows)))
}

async fn office_rates(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let rows = super::office::rated(&app, &caller).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::alert::rates(&reader, &rows)))
}

async fn registered(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let rows = things(&app, &caller).await?;
    let reader = app.reader(&caller, &headers);
    let page = pages::registration::things(&reader, &rows, (None, None));
    Ok(html_of(page))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claimed {
    form: String,
    thing: String,
    method: String,
}

async fn claim(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(new): Form<Claimed>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    let claim = NewClaim {
        thing: new.thing,
        method: new.method,
    };
    let done = claimed(&app, &caller, &claim).await;
    let (challenge, wrong) = match done {
        Ok(challenge) => (Some(challenge), None),
        Err(problem) if problem.code == Code::Refused => (None, Some(problem.detail)),
        Err(problem) => return Err(problem),
    };
    let rows = things(&app, &caller).await?;
    let reader = app.reader(&caller, &headers);
    let beside = (challenge.as_ref(), wrong.as_deref());
    Ok(html_of(pages::registration::things(&reader, &rows, beside)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookNow {
    form: String,
    id: String,
}

async fn look_now(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(new): Form<LookNow>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    match looked(&app, &caller, &new.id).await {
        Ok(()) => Ok(Redirect::to("/alerts/things").into_response()),
        Err(problem) if problem.code == Code::Refused => {
            let rows = things(&app, &caller).await?;
            let reader = app.reader(&caller, &headers);
            let beside = (None, Some(problem.detail.as_str()));
            Ok(html_of(pages::registration::things(&reader, &rows, beside)))
        }
        Err(problem) => Err(problem),
    }
}

async fn ways(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    let said = told(&app, &caller).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::alert::ways(&reader, &said, None)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    form: String,
    webhook: String,
    mail: String,
    language: String,
    every_hours: u32,
}

async fn tell(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(new): Form<Told>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    let filled = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let mail = filled(new.mail).map(|to| Mail {
        to,
        language: new.language,
        every_hours: new.every_hours,
    });
    let new = NewWays {
        webhook: filled(new.webhook),
        mail,
    };
    let reader = app.reader(&caller, &headers);
    match set(&app, &caller, &new).await {
        Ok(said) => Ok(html_of(pages::alert::ways(&reader, &said, None))),
        Err(problem) if problem.code == Code::Refused => {
            let said = serde_json::to_value(&new).map_err(|e| Problem::hidden(Code::Fault, e))?;
            let wrong = Some(problem.detail.as_str());
            Ok(html_of(pages::alert::ways(&reader, &said, wrong)))
        }
        Err(problem) => Err(problem),
    }
}

async fn claims_page(
    app: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    wrong: Option<&str>,
) -> Answer<Response> {
    let rows = claims::waiting(app, caller).await?;
    let times = times_rows(app).await?;
    let reader = app.reader(caller, headers);
    let page = pages::registration::waiting(&reader, (&rows, &times), wrong);
    Ok(html_of(page))
}

async fn waiting(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    claims_page(&app, &caller, &headers, None).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Looked {
    form: String,
    paper: Option<String>,
    mail: Option<String>,
    from_contact: Option<String>,
}

async fn look(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
    headers: HeaderMap,
    Form(new): Form<Looked>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    let found = NewLook {
        paper: new.paper,
        mail: new.mail,
        from_contact: new.from_contact.is_some(),
        ..NewLook::default()
    };
    match found_by(&app, &caller, (&operator, &id), found).await {
        Ok(_) => Ok(Redirect::to("/registrations").into_response()),
        Err(problem) if problem.code == Code::Refused => {
            claims_page(&app, &caller, &headers, Some(&problem.detail)).await
        }
        Err(problem) => Err(problem),
    }
}
