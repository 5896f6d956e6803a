//! The kill switch over many measures. In: who stops, lets go or releases, and why. Out: how the office stands, how many measures are met. Never: a stop that its own hand lets go.

use super::acts::told;
use super::{acts_as, kept, reads, room};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::measure::{Room, Stepped};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::State;
use sakimori_access::Act as Leave;
use sakimori_authority::measure::Route;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{Stop, stop, stops};
use sakimori_respond::plan::life::Kill;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

type Said = axum::Json<Value>;

/// Why somebody does it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    /// In words.
    #[schema(max_length = 4096)]
    pub why: String,
}

/// Which measures: one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// All that are carried out under a designation, by its number.
    pub designation: Option<String>,
    /// All of a route: `police`, `defence`.
    pub route: Option<String>,
    /// All that rest on a statement, by its id.
    pub authority: Option<String>,
}

fn said(stop: &Stop) -> Value {
    json!({"stopped": stop.stopped, "by": stop.by, "why": stop.words, "at": Seconds(stop.at).to_string()})
}

/// What follows from the steps of many measures; one that was refused keeps no other from it.
async fn all_told(app: &Shared, room: &Room, steps: &[Stepped]) -> Answer<usize> {
    let mut count = 0;
    let mut outcome = Ok(());
    for stepped in steps {
        match told(app, room, stepped).await {
            Ok(_) => count += 1,
            Err(problem) => outcome = Err(problem),
        }
    }
    outcome.map(|()| count)
}

/// Stops or lets go; for the page too.
pub(super) async fn set(app: &Shared, caller: &Caller, stops: bool, why: &str) -> Answer<Value> {
    let by = acts_as(app, caller, Leave::Respond).await?;
    let done = set_by(app, stops, why, &by).await;
    app.tried(caller, Leave::Respond, done).await
}

async fn set_by(app: &Shared, stops: bool, why: &str, by: &Name) -> Answer<Value> {
    let room = room(app).await?;
    let (stop, steps) = if stops {
        room.stop_all(why, by).await?
    } else {
        room.let_go(why, by).await?
    };
    let mut said = said(&stop);
    said["measures"] = json!(all_told(app, &room, &steps).await?);
    Ok(said)
}

/// Stops dispatch at the whole office, also of what is decided later, until another person lets it go; what is in force goes on until its end.
#[utoipa::path(post, path = "/v1/measures/hold", tag = "measures", request_body = Why, responses(
    (status = 200, description = "`stopped`, `by`, `why`, `at`, and how many `measures` are held now.", body = Object),
    (status = 422, description = "No reason is said.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn hold(
    State(app): State<Shared>,
    caller: Caller,
    Json(why): Json<Why>,
) -> Answer<Said> {
    set(&app, &caller, true, &why.why).await.map(axum::Json)
}

/// Lets dispatch go on: another than who stopped it, and nobody who carries out a measure that is decided.
#[utoipa::path(post, path = "/v1/measures/let-go", tag = "measures", request_body = Why, responses(
    (status = 200, description = "As for `hold`.", body = Object),
    (status = 422, description = "Nobody stopped it, no reason is said, or this person may not.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn let_go(
    State(app): State<Shared>,
    caller: Caller,
    Json(why): Json<Why>,
) -> Answer<Said> {
    set(&app, &caller, false, &why.why).await.map(axum::Json)
}

/// How the office stands, and every stop before.
#[utoipa::path(get, path = "/v1/measures/hold", tag = "measures", responses(
    (status = 200, description = "`now`, and `before`, the newest first.", body = Object),
))]
pub(crate) async fn held(State(app): State<Shared>, caller: Caller) -> Answer<Said> {
    reads(&app, &caller).await?;
    let now = stop(&*app.store).await.map_err(|e| kept(&e))?;
    let all = stops(&*app.store).await.map_err(|e| kept(&e))?;
    let before: Vec<Value> = all.iter().rev().map(|one| said(&one.said)).collect();
    Ok(axum::Json(json!({"now": said(&now), "before": before})))
}

/// Releases every measure of a designation, a route or a statement.
#[utoipa::path(post, path = "/v1/measures/release", tag = "measures", request_body = Which, responses(
    (status = 200, description = "How many are `released`.", body = Object),
    (status = 422, description = "None of the three is said, or more than one.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn release(
    State(app): State<Shared>,
    caller: Caller,
    Json(which): Json<Which>,
) -> Answer<Said> {
    let by = acts_as(&app, &caller, Leave::Respond).await?;
    let bad = |words: &str| Problem::new(Code::Incomplete, words);
    let kill = match (which.designation, which.route, which.authority) {
        (Some(number), None, None) if !number.trim().is_empty() => Kill::Designation(number),
        (None, Some(route), None) => {
            let route = Route::from_name(&route);
            Kill::Route(route.ok_or_else(|| bad("`route` is `police` or `defence`"))?)
        }
        (None, None, Some(id)) => {
            let id = id.parse();
            Kill::Authority(id.map_err(|_| bad("`authority` is no id"))?)
        }
        _ => return Err(bad("one of `designation`, `route`, `authority`")),
    };
    let done = released(&app, &kill, &by).await;
    let done = app.tried(&caller, Leave::Respond, done).await?;
    Ok(axum::Json(json!({"released": done})))
}

/// Releases; for an act on one measure too.
pub(super) async fn released(app: &Shared, kill: &Kill, by: &Name) -> Answer<usize> {
    let room = room(app).await?;
    let steps = room.release_all(kill, by).await?;
    all_told(app, &room, &steps).await
}
