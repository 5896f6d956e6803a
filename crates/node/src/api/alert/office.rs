//! The office's routes of alerts. In: feeds of officers, answers of operators' nodes and machines. Out: alerts, rates. Never: an answer to one operator that depends on what another has.

use super::settings::settings;
use crate::api::asset::Rows;
use crate::api::asset::office::{Which, view};
use crate::api::office::caller_id;
use crate::api::report::{no, only_operator, operator_calling};
use crate::app::{Caller, Shared};
use crate::extract::{Json, bytes};
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use sakimori_access::{Act as Leave, Object};
use sakimori_exchange::alert::Rates;
use sakimori_liaison::alert::{self, AlertPaper, Feed, FeedForm, answer_of, latest};
use sakimori_liaison::asset::Act;
use sakimori_liaison::paper::Written;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Longest feed over HTTP in bytes; a larger one is taken at the command line.
const FEED_BYTES_MAX: usize = 64 << 20;
/// Most alerts that rates are counted of.
const RATED_MAX: usize = 1_000_000;

/// Which feed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfFeed {
    name: String,
    form: String,
    grade: String,
}

/// What a feed gave.
#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    /// Sightings in it.
    sightings: u64,
    /// Sightings of registered things, counted for each owner.
    matched: u64,
    /// Alerts that were opened.
    opened: u64,
    /// Sightings of what was known.
    again: u64,
    /// Sightings that an answer keeps silent.
    muted: u64,
    /// Whether the same feed was taken before.
    before: bool,
    /// Whether the form was read from its documentation alone.
    unverified: bool,
}

/// Takes a feed, all of it or nothing.
#[utoipa::path(post, path = "/v1/feeds", tag = "alerts", params(("name" = String, Query, description = "The file's name; of Shadowserver it says the type."), ("form" = String, Query, description = "shadowserver, intelmq, n6, misp or list."), ("grade" = String, Query, description = "How far its sender is to be believed, such as B2.")),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "What it gave.", body = Taken),
        (status = 422, description = "A line is wrong; nothing was taken.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn feed(
    State(app): State<Shared>,
    caller: Caller,
    Query(of): Query<OfFeed>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<Taken>> {
    app.require(&caller, Leave::HandleReport, &Object::any())
        .await?;
    let bad = |what: &str| Problem::new(Code::Refused, what);
    let form = FeedForm::of(&of.form).ok_or_else(|| bad("the form is not known"))?;
    let grade = of.grade.parse();
    let grade = grade.map_err(|e| Problem::new(Code::Refused, e))?;
    let bytes = bytes(&headers, body, FEED_BYTES_MAX).await?;
    let by = caller_id(&caller);
    let act = Act {
        owner: "office",
        by: &by,
        at: app.host.seconds(),
    };
    let feed = Feed {
        name: &of.name,
        form,
        grade,
        bytes: &bytes,
    };
    let timing = app.blocking(|app| settings(&app.folder)).await?.timing();
    let intake = alert::take_warned(&*app.store, act, feed, &timing, &app.warned).await;
    let intake = intake.map_err(|e| no(&e))?;
    Ok(Said(Taken {
        sightings: intake.sightings,
        matched: intake.matched,
        opened: intake.opened,
        again: intake.again,
        muted: intake.muted,
        before: intake.before,
        unverified: !form.is_verified(),
    }))
}

/// Alerts, those that changed last first: an operator its own, an officer all.
#[utoipa::path(get, path = "/v1/alerts", tag = "alerts", params(("state" = Option<String>, Query, description = "open, seen, acted, false or not-relevant."), ("before" = Option<u64>, Query)),
    responses((status = 200, description = "At most 100.", body = Rows)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<Said<Rows>> {
    let operator = operator_calling(&app, &caller).await?;
    let state = which.state.as_deref();
    let all = latest(&*app.store, view(operator.as_ref()), state, which.before).await;
    let all = all.map_err(|e| no(&e))?;
    Ok(Said(Rows {
        rows: all.iter().map(row).collect(),
    }))
}

/// An alert as a row, with what its source said.
fn row(kept: &Written<AlertPaper>) -> Value {
    json!({
        "place": kept.sequence, "operator": kept.owner, "alert": kept.said.shown(&kept.id),
        "fields": kept.said.fields, "fields_cut": kept.said.fields_cut, "answers": kept.said.answers,
    })
}

/// One alert of the operator that calls, with all that its source said.
#[utoipa::path(get, path = "/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)),
    responses(
        (status = 200, description = "As a row of `GET /v1/alerts`."),
        (status = 404, description = "No such alert.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Said<Value>> {
    let operator = only_operator(&app, &caller).await?;
    let kept = alert::one(&*app.store, operator.as_str(), &id).await;
    Ok(Said(row(&kept.map_err(|e| no(&e))?)))
}

/// An answer to an alert.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAlertAnswer)]
pub(crate) struct NewAnswer {
    /// seen, acted, false or not-relevant.
    pub(crate) answer: String,
}

/// Where an alert stands.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Stands {
    /// The last answer.
    pub(crate) state: String,
}

/// Takes the operator's answer to one of its alerts.
#[utoipa::path(post, path = "/v1/alerts/{id}/answers", tag = "alerts", params(("id" = String, Path)), request_body = NewAnswer,
    responses(
        (status = 200, description = "It is kept.", body = Stands),
        (status = 404, description = "No such alert.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewAnswer>,
) -> Answer<Said<Stands>> {
    let operator = only_operator(&app, &caller).await?;
    let given = answer_of(&new.answer);
    let given = given.ok_or_else(|| {
        Problem::new(
            Code::Refused,
            "an answer is seen, acted, false or not-relevant",
        )
    })?;
    let by = caller_id(&caller);
    let act = Act {
        owner: operator.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let said = alert::answer(&*app.store, act, &id, given).await;
    let said = said.map_err(|e| no(&e))?;
    Ok(Said(Stands {
        state: said.state().to_owned(),
    }))
}

/// A source's rates as a row.
fn rate_row(source: &str, rates: &Rates) -> Value {
    json!({
        "source": source, "alerts": rates.alerts, "silent": rates.silent, "seen": rates.seen, "acted": rates.acted,
        "false": rates.not_so, "not_relevant": rates.not_relevant, "false_per_mille": rates.false_per_mille(),
    })
}

/// What was answered about each source: an operator over its own alerts, an officer over all.
#[utoipa::path(get, path = "/v1/alert-rates", tag = "alerts", responses((status = 200, description = "A row for each source.", body = Rows)))]
pub(crate) async fn rates(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    let rows = rated(&app, &caller).await?;
    Ok(Said(Rows { rows }))
}

/// The rates of sources for somebody who may see them: an operator over its own alerts, an officer over all.
pub(crate) async fn rated(app: &Shared, caller: &Caller) -> Answer<Vec<Value>> {
    let operator = operator_calling(app, caller).await?;
    let rates = alert::source_rates(&*app.store, view(operator.as_ref()), RATED_MAX).await;
    let (rates, _) = rates.map_err(|e| no(&e))?;
    let rows = rates.iter().map(|(source, rates)| rate_row(source, rates));
    Ok(rows.collect())
}
