//! Measures at the commission's node: the plan behind a request, lives and figures of its own copy of the log. In: who asks. Out: plans, rows, counts. Never: more of a life than the log has; a plan that is not the one that the text names.

use super::commission::commission_of;
use super::requests::{hash, unknown};
use crate::app::{Caller, Shared};
use crate::pages::{html_of, life as pages, plan as plan_page};
use crate::part::Role;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use sakimori_access::{Act, Object};
use sakimori_authority::statement::Kind;
use sakimori_oversight::calendar::japan;
use sakimori_respond::plan::{Digest, Plan};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

type Said = axum::Json<Value>;

/// The routes of the commission's node.
pub(super) fn routes(router: OpenApiRouter<Shared>) -> OpenApiRouter<Shared> {
    router
        .routes(routes!(plan))
        .routes(routes!(lives))
        .routes(routes!(life))
        .routes(routes!(figures))
}

/// The pages of the commission's node.
pub(super) fn pages(role: Role) -> Router<Shared> {
    if role != Role::Commission {
        return Router::new();
    }
    Router::new()
        .route("/measures", get(list_page))
        .route("/measures/{measure}", get(life_page))
        .route("/requests/{request}/plan", get(plan_shown))
}

async fn reads(app: &Shared, caller: &Caller) -> Answer<()> {
    app.require(caller, Act::ReadRequest, &Object::any()).await
}

/// The plan behind a request, and its digest.
async fn plan_of(app: &Shared, request: &str) -> Answer<(Digest, Plan)> {
    let hash = hash(request)?;
    app.blocking(move |app| {
        let text = {
            let docket = app.docket.now(&app.part)?;
            let asked = docket.request(&hash).ok_or_else(unknown)?;
            let draft = asked.draft.as_ref().ok();
            let draft = draft.filter(|draft| draft.kind == Kind::Measure);
            draft.map(|draft| draft.pack)
        };
        let none = |words: &'static str| Problem::new(Code::NotFound, words);
        let text = text.ok_or_else(|| none("the request is for no measure"))?;
        let commission = commission_of(&app.part)?;
        let digest = commission.plan_named(&text);
        let digest = digest.ok_or_else(|| none("the measure's text is not there"))?;
        let plan = commission.plan(digest);
        let missing = "the plan is not there: the office's node did not give it, or gave another";
        Ok((digest, plan.ok_or_else(|| none(missing))?))
    })
    .await
}

/// The plan behind a request for a measure. Its digest is the one that the measure's text names: this node computed it.
#[utoipa::path(get, path = "/v1/requests/{request}/plan", tag = "requests",
    params(("request" = String, Path, description = "Leaf hash in hex.")),
    responses(
        (status = 200, description = "`digest` and `plan`.", body = Object),
        (status = 404, description = "No such request, it is for no measure, or the plan is not there.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn plan(
    State(app): State<Shared>,
    caller: Caller,
    Path(request): Path<String>,
) -> Answer<Said> {
    reads(&app, &caller).await?;
    let (digest, plan) = plan_of(&app, &request).await?;
    Ok(axum::Json(
        json!({"digest": digest.to_string(), "plan": plan}),
    ))
}

/// Every measure on record, the oldest first: texts, decisions, acts, what is owed. All of it is of this node's own copy of the log.
#[utoipa::path(get, path = "/v1/measure-lives", tag = "requests", responses(
    (status = 200, description = "`measures`.", body = Object),
))]
pub(crate) async fn lives(State(app): State<Shared>, caller: Caller) -> Answer<Said> {
    reads(&app, &caller).await?;
    let now = app.host.seconds();
    let all = app.blocking(move |app| {
        let commission = &commission_of(&app.part)?.commission;
        Ok(json!({"measures": commission.read(|book| book.lives(now))}))
    });
    all.await.map(axum::Json)
}

/// One measure, as the log shows it.
#[utoipa::path(get, path = "/v1/measure-lives/{measure}", tag = "requests",
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses(
        (status = 200, description = "Texts, decisions, acts, what is owed.", body = Object),
        (status = 404, description = "No text of it is on record.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn life(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
) -> Answer<Said> {
    reads(&app, &caller).await?;
    let row = row(&app, &measure).await?;
    Ok(axum::Json(json!(row)))
}

async fn row(app: &Shared, measure: &str) -> Answer<sakimori_oversight::lives::LifeRow> {
    let none = || Problem::new(Code::NotFound, "");
    let id = measure.parse().map_err(|_| none())?;
    let now = app.host.seconds();
    let found = app.blocking(move |app| {
        let commission = &commission_of(&app.part)?.commission;
        Ok(commission.read(|book| book.life(id, now)))
    });
    found.await?.ok_or_else(none)
}

/// A year.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Year {
    /// A year of Japan; the one of now without it.
    year: Option<u64>,
}

/// Figures of the measures of a year, counted of this node's own copy of the log. They name nobody.
#[utoipa::path(get, path = "/v1/measure-figures", tag = "requests", params(Year), responses(
    (status = 200, description = "Numbers by their names.", body = Object),
))]
pub(crate) async fn figures(
    State(app): State<Shared>,
    caller: Caller,
    Query(year): Query<Year>,
) -> Answer<Said> {
    reads(&app, &caller).await?;
    let now = app.host.seconds();
    let year = year.year.unwrap_or_else(|| japan(now).year);
    let counted = app.blocking(move |app| {
        let commission = &commission_of(&app.part)?.commission;
        Ok(json!(
            commission.read(|book| book.measure_figures(year, now))
        ))
    });
    counted.await.map(axum::Json)
}

async fn list_page(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    reads(&app, &caller).await?;
    let now = app.host.seconds();
    let (all, figures) = app
        .blocking(move |app| {
            let commission = &commission_of(&app.part)?.commission;
            Ok(commission.read(|book| {
                let figures = book.measure_figures(japan(now).year, now);
                (book.lives(now), figures)
            }))
        })
        .await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::list(&reader, &all, &figures)))
}

async fn life_page(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(measure): Path<String>,
) -> Answer<Response> {
    reads(&app, &caller).await?;
    let row = row(&app, &measure).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::one(&reader, &row)))
}

async fn plan_shown(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(request): Path<String>,
) -> Answer<Response> {
    reads(&app, &caller).await?;
    let (digest, plan) = plan_of(&app, &request).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(plan_page::plan(&reader, &plan, &digest)))
}
