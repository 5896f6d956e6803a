//! Who files for an operator. In: an operator's word, at its own node and at the office's. Out: filers with the people and machines that are bound to them. Never: a word of who files
//! for another, or of who may not sign for the operator; the operator's people at the office.

use super::{Bench, Seat, no, only_operator};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::pages::html_of;
use crate::pages::report as pages;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use sakimori_access::{Act, Object};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::report::Delegation;
use sakimori_custody::ids::Name;
use sakimori_liaison::filer::{Filer, Word};
use sakimori_liaison::paper::Written;
use sakimori_liaison::report::Clerk;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Filers of an operator.
#[derive(Serialize, ToSchema)]
pub(crate) struct Filers {
    /// Each: `filer`, `who`, `until`, `state` (`allowed`, `ended`).
    #[schema(value_type = Vec<Object>)]
    filers: Vec<Value>,
}

fn row(each: &Written<Filer>) -> Value {
    json!({
        "filer": each.id,
        "who": each.said.who,
        "until": each.said.until,
        "state": each.state,
    })
}

async fn listed(bench: &Bench) -> Answer<Vec<Written<Filer>>> {
    let clerk = bench.clerk();
    let list = clerk.filers().list().await;
    list.map_err(|e| no(&e))
}

/// The operator's side for a person who may sign for it. Who may file alone, a machine above all, says nothing of who else may: it could bind everybody to its own name.
async fn signing(app: &Shared, caller: &Caller) -> Answer<Bench> {
    app.require(caller, Act::SignAgreement, &Object::any())
        .await?;
    Bench::of(app, caller).await
}

fn signed<'a>(clerk: &'a Clerk<'a>) -> sakimori_liaison::filer::Filers<'a> {
    sakimori_liaison::filer::Filers {
        signs: true,
        ..clerk.filers()
    }
}

/// Who files for this operator, under which name, until when.
#[utoipa::path(get, path = "/v1/filers", tag = "reports", responses((status = 200, description = "Those whose right was ended too.", body = Filers)))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Said<Filers>> {
    let bench = Bench::of(&app, &caller).await?;
    let list = listed(&bench).await?;
    Ok(Said(Filers {
        filers: list.iter().map(row).collect(),
    }))
}

/// Whom an operator lets file for it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFiler {
    /// The name that documents show, which is that of a supplier's machines at the office too.
    filer: String,
    /// Ids of people and machines of this node that file under it.
    #[serde(default)]
    who: Vec<String>,
    /// The last day.
    #[schema(value_type = String)]
    until: Date,
}

fn name(text: &str) -> Answer<Name> {
    text.parse()
        .map_err(|e| Problem::new(Code::Incomplete, format!("`filer`: {e}")))
}

/// Lets people and machines of this node file under a name until the end of a day. The office is told in the next round; a machine of that name's organisation may then file there.
#[utoipa::path(post, path = "/v1/filers", tag = "reports", request_body = NewFiler, responses(
    (status = 200, description = "As they stand now.", body = Filers),
    (status = 422, description = "The day is over, or somebody is bound to another name; who files for the operator says nothing of who may.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn allow(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewFiler>,
) -> Answer<Said<Filers>> {
    let bench = signing(&app, &caller).await?;
    let clerk = bench.clerk();
    let (filers, filer) = (signed(&clerk), name(&new.filer)?);
    let allowed = filers.allow(&filer, &new.who, new.until).await;
    allowed.map_err(|e| no(&e))?;
    list(State(app), caller).await
}

/// Ends a filer's right at once. Who is bound to the name files in no other.
#[utoipa::path(post, path = "/v1/filers/{filer}/end", tag = "reports", params(("filer" = String, Path)), responses(
    (status = 200, description = "As they stand now.", body = Filers),
    (status = 404, description = "There is no such filer.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn end(
    State(app): State<Shared>,
    caller: Caller,
    Path(filer): Path<String>,
) -> Answer<Said<Filers>> {
    let bench = signing(&app, &caller).await?;
    let ended = signed(&bench.clerk()).end(&name(&filer)?).await;
    ended.map_err(|e| no(&e))?;
    list(State(app), caller).await
}

/// An operator's word on who may file for it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWord {
    /// Who may file on every case, each with its last day: `{"filer", "until"}`. Who is not named may not.
    #[schema(value_type = Vec<Object>)]
    filers: Vec<Delegation>,
    /// Names whose right was ended, on single cases too.
    #[serde(default)]
    ended: Vec<String>,
}

/// What stands after an act.
#[derive(Serialize, ToSchema)]
pub(crate) struct Kept {
    /// How many may file.
    filers: usize,
}

/// Takes the word of the operator that calls on who may file for it on every case, in place of the one before.
#[utoipa::path(post, path = "/v1/filers", tag = "reports", request_body = NewWord, responses((status = 200, description = "It is kept.", body = Kept)))]
pub(crate) async fn take(
    State(app): State<Shared>,
    caller: Caller,
    Json(said): Json<NewWord>,
) -> Answer<Said<Kept>> {
    let operator = only_operator(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let word = Word {
        filers: said.filers,
        ended: said.ended,
    };
    let kept = seat.desk().take_allowed(&operator, &word).await;
    kept.map_err(|e| no(&e))?;
    Ok(Said(Kept {
        filers: word.filers.len(),
    }))
}

/// The same as a page.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let bench = Bench::of(&app, &caller).await?;
    let list = listed(&bench).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::filers(&reader, &list)))
}

/// The form of the page.
pub(super) async fn form(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = signing(&app, &caller).await?;
    let form = super::web::Pairs::of(&caller, headers, body).await?;
    let clerk = bench.clerk();
    let filer = name(form.text("filer"))?;
    let done = if form.text("act") == "end" {
        signed(&clerk).end(&filer).await
    } else {
        let until = form.text("until").parse();
        let until = until.map_err(|e| Problem::new(Code::Incomplete, e))?;
        let who: Vec<String> = form
            .text("who")
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        signed(&clerk).allow(&filer, &who, until).await
    };
    done.map_err(|e| no(&e))?;
    Ok(Redirect::to("/filers"))
}
