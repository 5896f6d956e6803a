//! The pages of the council and their forms, at the office and at a member's own node. In: forms of browsers. Out: pages. Never: an act that the interface has not too; a form that was not made
//! for the session.

use super::materials::{self, NewMaterial};
use super::members::{self, NewCouncilMember};
use super::operator::{self, NewMaterialAnswer, Word};
use super::{Before, CouncilOpinion, CouncilRelease, CouncilSubmission};
use crate::app::{Caller, Shared};
use crate::extract::{Form, Json};
use crate::pages::council::{Shown, council};
use crate::pages::html_of;
use crate::part::Role;
use crate::problem::Answer;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sakimori_access::{Act, Object};
use serde::Deserialize;
use serde_json::Value;

/// The pages of a role.
pub(crate) fn routes(role: Role) -> Router<Shared> {
    let router = Router::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .route("/council", get(at_office))
            .route("/council/members", post(invite))
            .route("/council/submissions", post(submit))
            .route("/council/submissions/{submitter}/{id}", post(release))
            .route("/council/materials", post(ask)),
        Role::Operator => router
            .route("/council", get(at_member))
            .route("/council/submissions", post(submit))
            .route("/council/materials/{id}", post(answer))
            .route("/council/{word}", post(say)),
    }
}

fn back() -> Response {
    Redirect::to("/council").into_response()
}

const fn newest() -> Query<Before> {
    Query(Before { before: None })
}

fn rows(said: &Value) -> Vec<Value> {
    let rows = said.get("rows").and_then(Value::as_array);
    rows.cloned().unwrap_or_default()
}

async fn at_office(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let state = || State(Shared::clone(&app));
    let members = super::members(state(), caller.clone()).await?.0.rows;
    let counts = super::counts(state(), caller.clone()).await?.0;
    let submissions = super::submissions(state(), caller.clone(), newest()).await?;
    let copies = super::copies(state(), caller.clone(), newest()).await?;
    let materials = materials::list(state(), caller.clone(), newest()).await?;
    let shown = Shown {
        standing: None,
        members: &members,
        counts: Some([counts.members, counts.given, counts.overridden]),
        submissions: &submissions.0.rows,
        copies: &copies.0.rows,
        materials: &materials.0.rows,
        releases: app.may(&caller, Act::ReleaseProduct, &Object::any()).await,
    };
    Ok(html_of(council(&app.reader(&caller, &headers), &shown)))
}

async fn at_member(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let standing = operator::seen(&app, &caller, "standing", None).await?;
    let mut lists = Vec::new();
    for list in ["submissions", "copies", "materials"] {
        lists.push(rows(&operator::seen(&app, &caller, list, None).await?));
    }
    let list = |at: usize| lists.get(at).map_or(&[][..], Vec::as_slice);
    let shown = Shown {
        standing: Some(&standing),
        members: &[],
        counts: None,
        submissions: list(0),
        copies: list(1),
        materials: list(2),
        releases: false,
    };
    Ok(html_of(council(&app.reader(&caller, &headers), &shown)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invited {
    form: String,
    member: String,
}

async fn invite(
    State(app): State<Shared>,
    caller: Caller,
    Form(form): Form<Invited>,
) -> Answer<Response> {
    caller.made(&form.form)?;
    let new = NewCouncilMember {
        member: form.member,
    };
    members::invite(State(app), caller, Json(new)).await?;
    Ok(back())
}

/// Names with commas between them; nothing where there is none.
fn names(text: &str) -> Option<Vec<String>> {
    let names = text.split([',', '、', ' ']).map(str::trim);
    let names: Vec<String> = names.filter(|n| !n.is_empty()).map(str::to_owned).collect();
    (!names.is_empty()).then_some(names)
}

fn some(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submitted {
    form: String,
    class: String,
    words: String,
    tlp: String,
    pap: String,
    opinion: String,
    opinion_members: String,
}

async fn submit(
    State(app): State<Shared>,
    caller: Caller,
    Form(form): Form<Submitted>,
) -> Answer<Response> {
    caller.made(&form.form)?;
    let (tlp, members) = (form.tlp.clone(), names(&form.opinion_members));
    let new = CouncilSubmission {
        class: form.class,
        words: form.words.replace("\r\n", "\n"),
        tlp: form.tlp,
        pap: form.pap,
        opinion: some(form.opinion).map(|text| CouncilOpinion { text, members, tlp }),
    };
    if app.role == Role::Operator {
        operator::sent(&app, &caller, &new).await?;
    } else {
        drop(super::submit(State(app), caller, Json(new)).await?);
    }
    Ok(back())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LetGo {
    form: String,
    members: String,
    basis: String,
    rights: String,
    override_reason: String,
}

async fn release(
    State(app): State<Shared>,
    caller: Caller,
    path: Path<(String, String)>,
    Form(form): Form<LetGo>,
) -> Answer<Response> {
    caller.made(&form.form)?;
    let new = CouncilRelease {
        members: names(&form.members),
        basis: form.basis,
        rights: form.rights,
        override_reason: some(form.override_reason),
        collection: None,
    };
    drop(super::release(State(app), caller, path, Json(new)).await?);
    Ok(back())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    form: String,
    member: String,
    subject: String,
    text: String,
    reply_by: String,
}

async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Form(form): Form<Asked>,
) -> Answer<Response> {
    caller.made(&form.form)?;
    let new = NewMaterial {
        member: form.member,
        subject: form.subject,
        text: form.text.replace("\r\n", "\n"),
        reply_by: form.reply_by.trim().to_owned(),
    };
    materials::asked(&app, &caller, &new).await?;
    Ok(back())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    form: String,
    given: String,
    refused: String,
}

async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Form(form): Form<Answered>,
) -> Answer<Response> {
    caller.made(&form.form)?;
    let new = NewMaterialAnswer {
        given: some(form.given.replace("\r\n", "\n")),
        refused: some(form.refused.replace("\r\n", "\n")),
    };
    operator::answered(&app, &caller, &id, new).await?;
    Ok(back())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    form: String,
}

async fn say(
    State(app): State<Shared>,
    caller: Caller,
    Path(word): Path<Word>,
    Form(form): Form<Made>,
) -> Answer<Response> {
    caller.made(&form.form)?;
    operator::said(&app, &caller, word).await?;
    Ok(back())
}
