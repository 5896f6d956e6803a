//! The routes of the pages of what is shared. In: forms. Out: pages. Never: an act that the interface has not too; a form that was not made for the session.

use super::inbox::{self, AddedAfter};
use super::{PostKept, PostRelease, Typed, decided, desk, look};
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::{html_of, shared as pages};
use crate::part::{Role, refused};
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use axum::routing::get;
use sakimori_access::{Act, Object};
use serde::Deserialize;

/// The pages of a role.
pub(crate) fn pages(role: Role) -> Router<Shared> {
    match role {
        Role::Office => Router::new()
            .route("/shared", get(list))
            .route("/shared/inbox/{collection}", get(polled))
            .route("/shared/posts/{machine}/{post}", get(one).post(act)),
        Role::Commission | Role::Operator => Router::new(),
    }
}

async fn list(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    let polled = inbox::all(&app, &caller).await?;
    let decides = app.may(&caller, Act::ReleaseProduct, &Object::any()).await;
    let reader = app.reader(&caller, &headers);
    let page = app.blocking(move |app| {
        let now = app.host.seconds();
        let (Ok(desk), true) = (desk(app), decides) else {
            return Ok(pages::list(&reader, &[], &polled));
        };
        let all = desk.inbox.all().map_err(|e| refused(&e))?;
        let rows: Vec<_> = all
            .into_iter()
            .map(|post| (desk.audience(&post, now), post))
            .collect();
        Ok(pages::list(&reader, &rows, &polled))
    });
    page.await.map(html_of)
}

async fn polled(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(collection): Path<String>,
    Query(AddedAfter { after }): Query<AddedAfter>,
) -> Answer<Response> {
    let (polled, rows) = inbox::page(&app, &caller, (collection, after)).await?;
    let reader = app.reader(&caller, &headers);
    let more = rows.len() == inbox::PAGE;
    Ok(html_of(pages::polled(&reader, &polled, (&rows, more))))
}

async fn one(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(which): Path<(String, String)>,
) -> Answer<Response> {
    let shown = look(&app, &caller, which).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::one(&reader, &shown)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acted {
    form: String,
    act: String,
    #[serde(default)]
    basis: String,
    #[serde(default)]
    rights: String,
    #[serde(default)]
    reason: String,
}

async fn act(
    State(app): State<Shared>,
    caller: Caller,
    Path(which): Path<(String, String)>,
    Form(acted): Form<Acted>,
) -> Answer<Redirect> {
    caller.made(&acted.form)?;
    let typed = match acted.act.as_str() {
        "release" => Typed::Release(PostRelease {
            basis: acted.basis,
            rights: acted.rights,
        }),
        "keep" => Typed::Keep(PostKept {
            reason: acted.reason,
        }),
        other => {
            let detail = format!("act: `{other}` is none");
            return Err(Problem::new(Code::Malformed, detail));
        }
    };
    let back = format!("/shared/posts/{}/{}", which.0, which.1);
    decided(&app, &caller, which, typed).await?;
    Ok(Redirect::to(&back))
}
