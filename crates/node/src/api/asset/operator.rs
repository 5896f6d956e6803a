//! The operator's routes. In: lists, answers, what is said of the operator. Out: the register with duties and clocks, notices. Never: half of a list; a notice that nobody asked for.

use super::Rows;
use crate::api::report::{Bench, no};
use crate::app::{Caller, Shared};
use crate::extract::{Json, bytes};
use crate::peer::Link;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use sakimori_cooperate::asset::Asset;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::form::ListError;
use sakimori_cooperate::limits::FILE_BYTES_MAX;
use sakimori_cooperate::scope::Questions;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::asset::{self, Act, How, Imported, Profile};
use sakimori_liaison::notice::{self, Made, Notice, NoticeKind};
use sakimori_liaison::paper;
use sakimori_liaison::report::{Clerk, operator_of};
use sakimori_store::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// Most notices of an operator that are looked through.
const NOTICES_MAX: usize = 2000;
/// Wrong cells that a refusal names; all are counted.
const CELLS_TOLD: usize = 10;

/// Who acts at the operator's node.
pub(crate) fn act<'a>(clerk: &Clerk<'a>) -> Act<'a> {
    Act {
        owner: clerk.operator.as_str(),
        by: clerk.by,
        at: clerk.now,
    }
}

/// The register.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listed {
    /// How many entries stand where.
    #[schema(value_type = Object)]
    summary: Value,
    /// Entries with scope, duty and clock, each with its sentences.
    #[schema(value_type = Vec<Object>)]
    entries: Vec<Value>,
}

/// The register with what the law asks of each entry.
#[utoipa::path(get, path = "/v1/assets", tag = "assets", responses((status = 200, description = "The register.", body = Listed)))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Said<Listed>> {
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let register = asset::load(&*app.store, clerk.operator.as_str()).await;
    let register = register.map_err(|e| no(&e))?;
    let all = asset::asked(&register, clerk.terms, clerk.now).map_err(|e| no(&e))?;
    Ok(Said(Listed {
        summary: json!(asset::summary(&all)),
        entries: all.iter().map(|each| json!(each)).collect(),
    }))
}

/// How a list is meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meant {
    /// It comes to what is there.
    #[serde(default)]
    more: bool,
    /// The day on which what changed did change.
    on: Option<String>,
}

/// What an import did.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    /// Numbers of new entries.
    added: Vec<u64>,
    /// Numbers of entries that say something else now.
    changed: Vec<u64>,
    /// Numbers of entries that are not used any more.
    removed: Vec<u64>,
    /// How many are as they were.
    same: usize,
}

/// What is wrong with a list.
pub(crate) fn listed(error: &ListError) -> Problem {
    let ListError::Cells { cells, total } = error else {
        return Problem::new(Code::Refused, sakimori_control::error::told(error));
    };
    let first: Vec<String> = cells
        .iter()
        .take(CELLS_TOLD)
        .map(ToString::to_string)
        .collect();
    let text = format!("{total} cells are wrong: {}", first.join("; "));
    Problem::new(Code::Refused, text)
}

/// Takes a list into the register, all of it or nothing.
pub(crate) async fn taken(
    app: &Shared,
    clerk: &Clerk<'_>,
    (list, more, on): (&[u8], bool, Option<Date>),
) -> Answer<Imported> {
    let list = asset::read_list(list).map_err(|e| listed(&e))?;
    imported(app, clerk, (list, more, on)).await
}

/// Takes a list that was read.
pub(crate) async fn imported(
    app: &Shared,
    clerk: &Clerk<'_>,
    (list, more, on): (Vec<Asset>, bool, Option<Date>),
) -> Answer<Imported> {
    let how = if more { How::More } else { How::Whole };
    let on = on.unwrap_or(Date::of(clerk.now));
    let done = asset::import(&*app.store, act(clerk), list, (how, on), clerk.terms).await;
    done.map_err(|e| no(&e))
}

/// Takes a list, CSV or XLSX, all of it or nothing.
#[utoipa::path(post, path = "/v1/assets", tag = "assets", params(("more" = Option<bool>, Query, description = "It comes to what is there; without it the list is the whole register."), ("on" = Option<String>, Query, description = "The day on which what changed did change.")),
    request_body(content = String, content_type = "application/octet-stream", description = "The list."),
    responses(
        (status = 200, description = "What it did.", body = Done),
        (status = 422, description = "Cells are wrong; nothing was taken.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn import(
    State(app): State<Shared>,
    caller: Caller,
    Query(meant): Query<Meant>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<Done>> {
    let bench = Bench::of(&app, &caller).await?;
    let bytes = bytes(&headers, body, FILE_BYTES_MAX).await?;
    let on = meant.on.as_deref().map(str::parse).transpose();
    let on = on.map_err(|e| Problem::new(Code::Malformed, format!("on: {e}")))?;
    let done = taken(&app, &bench.clerk(), (&bytes, meant.more, on)).await?;
    Ok(Said(Done {
        added: done.added.iter().map(|added| added.number).collect(),
        changed: done.changed,
        removed: done.removed,
        same: done.same,
    }))
}

/// Sets what is said of the operator once: outline, sector, since when it has the duty, its filings.
#[utoipa::path(put, path = "/v1/assets/outline", tag = "assets", request_body(content = Object, description = "As `sakimori asset outline --format json` shows it."),
    responses((status = 204, description = "It is kept.")))]
pub(crate) async fn outline(
    State(app): State<Shared>,
    caller: Caller,
    Json(said): Json<Profile>,
) -> Answer<axum::http::StatusCode> {
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let done = asset::profile(&*app.store, act(&clerk), said, clerk.terms).await;
    done.map_err(|e| no(&e))?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// Takes the answers about the computer of an entry; what is not answered is unsure.
#[utoipa::path(put, path = "/v1/assets/{number}/scope", tag = "assets", params(("number" = u64, Path)), request_body(content = Object, description = "operator, equipment, connected, sub_types, preparation: yes, no or unsure."),
    responses((status = 200, description = "The verdict with its sentences.", body = Rows)))]
pub(crate) async fn scope(
    State(app): State<Shared>,
    caller: Caller,
    Path(number): Path<u64>,
    Json(questions): Json<Questions>,
) -> Answer<Said<Rows>> {
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let scope = asset::answer(&*app.store, act(&clerk), number, questions, clerk.terms).await;
    let scope = scope.map_err(|e| no(&e))?;
    Ok(Said(Rows {
        rows: vec![json!(scope)],
    }))
}

/// The notices that were made.
#[utoipa::path(get, path = "/v1/asset-notices", tag = "assets", responses((status = 200, description = "Rows.", body = Rows)))]
pub(crate) async fn notices(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    let bench = Bench::of(&app, &caller).await?;
    let rows = own_notices(&app, bench.clerk().operator.as_str()).await?;
    let row = |kept: paper::Written<Notice>| json!({ "id": kept.id, "state": kept.state, "notice": kept.said });
    Ok(Said(Rows {
        rows: rows.into_iter().map(row).collect(),
    }))
}

/// An operator's own notices.
pub(crate) async fn own_notices(
    app: &Shared,
    operator: &str,
) -> Answer<Vec<paper::Written<Notice>>> {
    let all = paper::all::<Notice>(&*app.store, View::Of(operator), None, NOTICES_MAX).await;
    all.map(|(all, _)| all).map_err(|e| no(&e))
}

/// Which notice.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNotice {
    /// asset or change.
    #[schema(value_type = String)]
    pub(crate) kind: NoticeKind,
    /// Model, version and count go with it.
    #[serde(default)]
    pub(crate) details: bool,
}

/// Makes a notice of what is to be told; this node brings it to the office.
#[utoipa::path(post, path = "/v1/asset-notices", tag = "assets", request_body = NewNotice,
    responses(
        (status = 200, description = "The notice, which waits to be brought.", body = Rows),
        (status = 422, description = "Nothing is to be told, or a field is missing.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn make(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewNotice>,
) -> Answer<Said<Rows>> {
    let bench = Bench::of(&app, &caller).await?;
    let made = made(&app, &bench.clerk(), &new).await?;
    Ok(Said(Rows {
        rows: vec![json!({ "id": made.id, "notice": made.notice })],
    }))
}

/// Makes a notice.
pub(crate) async fn made(app: &Shared, clerk: &Clerk<'_>, new: &NewNotice) -> Answer<Made> {
    let what = (new.kind, new.details);
    let made = notice::make(&*app.store, act(clerk), what, clerk.terms).await;
    made.map_err(|e| no(&e))
}

/// Brings the notices that wait to the office's node now; by itself the node does so three times a minute.
#[utoipa::path(post, path = "/v1/asset-notices/deliveries", tag = "assets",
    responses(
        (status = 204, description = "None waits any more."),
        (status = 503, description = "The office's node does not answer; they wait on.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn bring(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::http::StatusCode> {
    Bench::of(&app, &caller).await?;
    brought(&app).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// A round of an operator's node by itself: notices that wait are brought to the office. That it does not answer is no event: they wait on.
pub(crate) async fn sent(app: &Shared) {
    if let Err(problem) = brought(app).await {
        let (code, detail) = (problem.code.word(), problem.detail);
        tracing::debug!(code, detail, cause = problem.cause, "notices wait");
    }
}

async fn brought(app: &Shared) -> Answer<()> {
    let Some(operator) = operator_of(&*app.store).await.map_err(|e| no(&e))? else {
        return Ok(());
    };
    let view = View::Of(operator.as_str());
    let all = paper::all::<Notice>(&*app.store, view, Some("made"), NOTICES_MAX).await;
    let (mut waiting, _) = all.map_err(|e| no(&e))?;
    // In the order in which they were made: the office refuses an older one behind a newer one.
    waiting.sort_by(|a, b| a.id.cmp(&b.id));
    for kept in waiting {
        let act = Act {
            owner: operator.as_str(),
            by: "node",
            at: app.host.seconds(),
        };
        let node = Arc::clone(app);
        let mut refused = None;
        let refusal = &mut refused;
        let send = async move |bytes: Vec<u8>| {
            let posted = node.blocking(move |app| {
                let office = Link::open(&app.folder, "office")?;
                office.post("/v1/asset-notices", "application/json", &bytes)
            });
            match posted.await {
                Ok(said) => Ok(said.to_string()),
                Err(problem) => {
                    let rule = format!("{} {}", problem.code.word(), problem.detail);
                    *refusal = Some(problem);
                    let field = "office".to_owned();
                    Err(LiaisonError::Refused { field, rule })
                }
            }
        };
        let done = notice::deliver(&*app.store, act, &kept.id, send).await;
        done.map_err(|e| refused.take().unwrap_or_else(|| no(&e)))?;
        tracing::info!(notice = kept.id, "the office took a notice");
    }
    Ok(())
}
