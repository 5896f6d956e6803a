//! Who else is met, and where names lead: what is known. In: facts of people and programs that count. Out: facts with their age; what a measure's targets run into now. Never: a fact without its source and time.

use super::{acts_as, held, kept, reads, room};
use crate::app::{Caller, Shared};
use crate::extract::bytes;
use crate::limits::PLAN_BYTES_MAX;
use crate::measure::{facts_of, follow, settings_of_now};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, Request, State};
use sakimori_access::Act as Leave;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{bring_facts, facts, name_history};
use sakimori_respond::plan::collateral::Facts;
use sakimori_respond::plan::document;
use serde_json::{Value, json};

type Told = axum::Json<Value>;

/// Facts on who else is met, by target.
#[utoipa::path(get, path = "/v1/measure-facts", tag = "measures", responses(
    (status = 200, description = "`facts`, each with who brought it last and `age_seconds` of its oldest number; `more` where there are more.", body = Object),
))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Told> {
    reads(&app, &caller).await?;
    let (all, more) = facts(&*app.store).await.map_err(|e| kept(&e))?;
    let now = app.host.seconds();
    let rows: Vec<Value> = all.iter().map(|one| facts_of(one, now)).collect();
    Ok(axum::Json(json!({"facts": rows, "more": more})))
}

/// Brings facts: all of them, or none. A measure that is decided and takes more by them than it was approved with is suspended.
#[utoipa::path(put, path = "/v1/measure-facts", tag = "measures", request_body = Vec<Object>, responses(
    (status = 200, description = "How many targets, and the measures that were suspended.", body = Object),
    (status = 400, description = "They do not read; the place is told.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "A target or a number cannot be.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn bring(
    State(app): State<Shared>,
    caller: Caller,
    request: Request,
) -> Answer<Told> {
    let by = acts_as(&app, &caller, Leave::DraftRequest).await?;
    let (parts, body) = request.into_parts();
    let bytes = bytes(&parts.headers, body, PLAN_BYTES_MAX).await?;
    let brought: Vec<Facts> = document(&bytes).map_err(|e| Problem::new(Code::Malformed, e))?;
    let now = app.host.seconds();
    let done = bring_facts(&*app.store, &brought, now, by.as_str()).await;
    let done = done.map_err(|e| kept(&e));
    app.tried(&caller, Leave::DraftRequest, done).await?;
    let suspended = suspend(&app, by.as_str()).await?;
    Ok(axum::Json(
        json!({"targets": brought.len(), "suspended": suspended}),
    ))
}

/// Suspends what takes more by the facts of now than it was approved with.
async fn suspend(app: &Shared, by: &str) -> Answer<Vec<String>> {
    let room = room(app).await?;
    let said = settings_of_now(app).await?;
    let mut suspended = Vec::new();
    for stepped in room.suspend_by_facts(by).await? {
        follow(app, &room, &said, &stepped).await?;
        if stepped.held.state().suspended().is_none() {
            continue;
        }
        suspended.push(stepped.held.state().plan().id.to_string());
    }
    Ok(suspended)
}

/// What the targets of a measure run into now, and where its names lead, looked up now.
#[utoipa::path(get, path = "/v1/measures/{measure}/look", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses(
        (status = 200, description = "`cautions`, in words; `names`, each with all that it led to and when.", body = Object),
        (status = 404, description = "No such measure.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn look(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
) -> Answer<Told> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let room = room(&app).await?;
    let plan = held.state().plan();
    room.look(plan).await?;
    let mut names = serde_json::Map::new();
    for aim in &plan.aims {
        let history = name_history(&*app.store, &aim.target).await;
        let history = history.map_err(|e| kept(&e))?;
        if history.is_empty() {
            continue;
        }
        let rows = history.iter().map(|one| {
            let said = &one.said;
            json!({"at": Seconds(one.at).to_string(), "aliases": said.aliases, "addresses": said.addresses, "unanswered": said.unanswered})
        });
        names.insert(aim.target.clone(), rows.collect());
    }
    Ok(axum::Json(
        json!({"cautions": room.cautions(plan), "names": names}),
    ))
}
