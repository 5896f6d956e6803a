//! The page "is this yours?" and its form. In: forms of browsers. Out: pages. Never: an act that the interface has not too; a form that was not made for the session.

use super::matches::{given, seen};
use super::office::{NewMatchAnswer, Which};
use crate::api::report::no;
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::html_of;
use crate::pages::matches::matches;
use crate::problem::Answer;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sakimori_liaison::asset;
use sakimori_liaison::report::operator_of;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The page's routes.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/matches", get(show))
        .route("/matches/{id}", post(answer))
}

/// Maker and product of each entry of the own register; none where nobody said whose node it is.
async fn register(app: &Shared) -> Answer<BTreeMap<u64, String>> {
    let Some(operator) = operator_of(&*app.store).await.map_err(|e| no(&e))? else {
        return Ok(BTreeMap::new());
    };
    let register = asset::load(&*app.store, operator.as_str()).await;
    let register = register.map_err(|e| no(&e))?;
    let name = |entry: &asset::Entry| {
        let named = format!("{} {}", entry.asset.maker, entry.asset.product);
        (entry.number, named)
    };
    Ok(register.entries.iter().map(name).collect())
}

async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Answer<Response> {
    let papers = seen(&app, &caller, &which).await?;
    let register = register(&app).await?;
    let own = |number: u64| register.get(&number).cloned();
    let open = which.state.as_deref() == Some("asked");
    let reader = app.reader(&caller, &headers);
    Ok(html_of(matches(&reader, &papers, &own, open)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    form: String,
    number: u64,
    answer: String,
}

async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Form(form): Form<Given>,
) -> Answer<Response> {
    caller.made(&form.form)?;
    let new = NewMatchAnswer {
        number: form.number,
        answer: form.answer,
    };
    given(&app, &caller, &id, &new).await?;
    // The id has letters, digits and hyphens alone, or the answer would not have come so far.
    Ok(Redirect::to(&format!("/matches#{id}")).into_response())
}
