//! Pages of a measure's playbook and of its report. In: forms. Out: pages. Never: a form that was not made for the session; an answer that the interface would not take.

use super::acts::{self, Deed};
use super::{held, reads, room};
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::{html_of, played as pages};
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use axum::routing::get;
use sakimori_access::{Act as Leave, Object};
use sakimori_custody::ids::Name;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/measures/{measure}/playbook", get(playbook).post(answered))
        .route("/measures/{measure}/report", get(report))
}

async fn playbook(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(measure): Path<String>,
) -> Answer<Response> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let played = room(&app).await?.played(&held).await?;
    if played.is_null() {
        return Err(Problem::new(Code::NotFound, ""));
    }
    let reader = app.reader(&caller, &headers);
    let may = app.may(&caller, Leave::Respond, &Object::any()).await;
    let id = held.state().plan().id.to_string();
    Ok(html_of(pages::playbook(&reader, &id, &played, may)))
}

/// An answer to the step that waits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    form: String,
    step: String,
    done: bool,
    #[serde(default)]
    variable: String,
    #[serde(default)]
    value: String,
}

async fn answered(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
    Form(typed): Form<Typed>,
) -> Answer<Redirect> {
    caller.made(&typed.form)?;
    let id = held(&app, &measure).await?.state().plan().id;
    let mut values = BTreeMap::new();
    if !typed.variable.is_empty() {
        values.insert(typed.variable, typed.value);
    }
    let deed = Deed::Play {
        step: typed.step,
        done: typed.done,
        values,
    };
    acts::done(&app, &caller, &measure, deed).await?;
    Ok(Redirect::to(&format!("/measures/{id}/playbook")))
}

async fn report(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(measure): Path<String>,
) -> Answer<Response> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let by: Name = super::super::office::caller_id(&caller)
        .parse()
        .map_err(|e| Problem::new(Code::Refused, e))?;
    let reported = room(&app).await?.report(&held, "", &by).await?;
    let reader = app.reader(&caller, &headers);
    let sha256 = reported.sha256.to_string();
    let head = (sha256.as_str(), reported.handed_in);
    Ok(html_of(pages::report(&reader, &reported.paper, head)))
}
