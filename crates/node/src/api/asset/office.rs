//! The office's routes. In: filings and answers of operators' nodes and machines, advisories of officers. Out: what was taken, questions, counts, names. Never: an answer to one
//! operator that depends on what another has.

use super::{Rows, affected};
use crate::api::report::{Seat, no, only_operator, operator_calling};
use crate::app::{Caller, Shared};
use crate::extract::{Json, bytes};
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use sakimori_access::{Act as Leave, Object, Principal};
use sakimori_advisory::matching::{Advisory, Outcome};
use sakimori_custody::time::Seconds;
use sakimori_liaison::asset::Act;
use sakimori_liaison::matching::{self, Matching};
use sakimori_liaison::notice::{self, FILING_BYTES_MAX, TakenNotice};
use sakimori_liaison::paper::{self, Document as _};
use sakimori_store::{NEWEST, View};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Longest advisory in bytes.
const ADVISORY_BYTES_MAX: usize = 16 << 20;

/// A notice that was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    /// Its id.
    id: String,
    /// SHA-256 of the filing.
    sha256: String,
    /// When it was taken first.
    at: String,
    /// Assets of the operator that are registered with it; none where it was taken before.
    registered: Option<usize>,
}

/// Takes an asset notice or change notice of the operator that calls. The same bytes again are answered with what was said first.
#[utoipa::path(post, path = "/v1/asset-notices", tag = "assets", request_body(content = String, content_type = "application/json", description = "A filing as `sakimori asset notice` makes it."),
    responses(
        (status = 200, description = "It is kept.", body = Taken),
        (status = 422, description = "It is no filing, in another's name, or before one that was taken.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn take(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<Taken>> {
    let operator = only_operator(&app, &caller).await?;
    let filing = bytes(&headers, body, FILING_BYTES_MAX).await?;
    let seat = Seat::of(&app, &caller).await?;
    let desk = seat.desk();
    let act = Act {
        owner: operator.as_str(),
        by: desk.by,
        at: desk.now,
    };
    let taken = notice::take(&*app.store, act, &filing, desk.terms).await;
    let taken = taken.map_err(|e| no(&e))?;
    Ok(Said(Taken {
        id: taken.id,
        sha256: taken.hash,
        at: Seconds(taken.at).to_string(),
        registered: taken.registered,
    }))
}

/// Which rows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Where they stand; all without it.
    pub(crate) state: Option<String>,
    /// Rows before this place.
    pub(crate) before: Option<u64>,
}

/// Whether a person of the office calls.
const fn is_person(caller: &Caller) -> bool {
    matches!(
        caller,
        Caller::Known {
            who: Principal::Person { .. },
            ..
        }
    )
}

/// Whose papers a caller sees: an operator its own, an officer all.
pub(crate) fn view(operator: Option<&sakimori_custody::ids::Name>) -> View<'_> {
    operator.map_or(View::All, |operator| View::Of(operator.as_str()))
}

/// Notices, those that were taken last first: an operator its own, an officer all.
#[utoipa::path(get, path = "/v1/asset-notices", tag = "assets", params(("state" = Option<String>, Query, description = "taken or acknowledged."), ("before" = Option<u64>, Query)),
    responses((status = 200, description = "At most 100.", body = Rows)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<Said<Rows>> {
    let operator = operator_calling(&app, &caller).await?;
    let before = which.before.unwrap_or(NEWEST);
    let state = which.state.as_deref();
    let kept = app
        .store
        .latest(view(operator.as_ref()), TakenNotice::KIND, state, before);
    let kept = kept
        .await
        .map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    let mut rows = Vec::new();
    for kept in kept {
        let kept: paper::Written<TakenNotice> = paper::read(kept).map_err(|e| no(&e))?;
        rows.push(json!({
            "place": kept.sequence, "operator": kept.owner, "id": kept.id, "state": kept.state,
            "due": kept.due.map(|due| Seconds(due).to_string()), "notice": kept.said,
        }));
    }
    Ok(Said(Rows { rows }))
}

/// Says that a notice was looked at.
#[utoipa::path(post, path = "/v1/asset-notices/{operator}/{id}/acknowledgement", tag = "assets", params(("operator" = String, Path), ("id" = String, Path)),
    responses((status = 204, description = "The office's clock ends.")))]
pub(crate) async fn acknowledge(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
) -> Answer<axum::http::StatusCode> {
    app.require(&caller, Leave::HandleReport, &Object::any())
        .await?;
    let by = crate::api::office::caller_id(&caller);
    let act = Act {
        owner: &operator,
        by: &by,
        at: app.host.seconds(),
    };
    notice::acknowledge(&*app.store, act, &id)
        .await
        .map_err(|e| no(&e))?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// What advisories mean for assets, and what is asked: an operator its own; an officer of a ministry, by name and on record, those of the operators for whom that ministry is competent; everybody
/// else of the office numbers, a row an advisory.
#[utoipa::path(get, path = "/v1/matches", tag = "assets", params(("state" = Option<String>, Query, description = "asked or told."), ("before" = Option<u64>, Query)),
    responses((status = 200, description = "At most 100.", body = Rows)))]
pub(crate) async fn matches(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<Said<Rows>> {
    let rows = if is_person(&caller) {
        affected::seen(&app, &caller, &which).await?.rows()
    } else {
        let operator = only_operator(&app, &caller).await?;
        let before = which.before.unwrap_or(NEWEST);
        let state = which.state.as_deref();
        let view = View::Of(operator.as_str());
        let kept = matching::matches(&*app.store, view, state, before).await;
        affected::Seen::Names(kept.map_err(|e| no(&e))?).rows()
    };
    Ok(Said(Rows { rows }))
}

/// An answer about an asset.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMatchAnswer {
    /// The asset's number in the operator's register.
    pub(crate) number: u64,
    /// not-this-product, not-this-version, this-product or affected; taken-back takes it back.
    pub(crate) answer: String,
}

/// Takes the operator's answer to "is this yours?"; it is remembered.
#[utoipa::path(post, path = "/v1/matches/{id}/answers", tag = "assets", params(("id" = String, Path)), request_body = NewMatchAnswer,
    responses((status = 204, description = "It is kept.")))]
pub(crate) async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<NewMatchAnswer>,
) -> Answer<axum::http::StatusCode> {
    let operator = only_operator(&app, &caller).await?;
    let by = crate::api::office::caller_id(&caller);
    let act = Act {
        owner: operator.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let done = matching::answer(&*app.store, act, (&id, said.number), &said.answer).await;
    done.map_err(|e| no(&e))?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// Everything that an advisory is matched with, and the advisory.
async fn matched(
    app: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
) -> Answer<(Matching, Advisory, String)> {
    let bytes = bytes(headers, body, ADVISORY_BYTES_MAX).await?;
    let seat = Seat::of(app, caller).await?;
    let all = app.matching.current(&*app.store, seat.desk().terms).await;
    let all = all.map_err(|e| no(&e))?;
    let (advisory, title) = matching::read_advisory(&bytes, &all.aliases).map_err(|e| no(&e))?;
    Ok((all, advisory, title))
}

/// What asking did.
#[derive(Serialize, ToSchema)]
pub(crate) struct Asked {
    /// Operators whose assets may be meant.
    operators: u64,
    /// Assets that are affected.
    affected: u64,
    /// Questions that are open.
    questions: u64,
}

/// Matches an advisory with all registered assets, tells the operators and asks them where it is not certain.
#[utoipa::path(post, path = "/v1/matches", tag = "assets", request_body(content = String, content_type = "application/json", description = "A CSAF document, or a CVE record 5.x."),
    responses((status = 200, description = "Numbers alone.", body = Asked)))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<Asked>> {
    app.require(&caller, Leave::CoordinateWeakness, &Object::any())
        .await?;
    let (all, advisory, title) = matched(&app, &caller, &headers, body).await?;
    let by = crate::api::office::caller_id(&caller);
    let act = (by.as_str(), app.host.seconds());
    let asking = matching::ask(&*app.store, act, (&advisory, &title), &all).await;
    let asking = asking.map_err(|e| no(&e))?;
    Ok(Said(Asked {
        operators: asking.operators,
        affected: asking.affected,
        questions: asking.questions,
    }))
}

/// Which maker.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfMaker {
    maker: String,
}

/// What a maker may be told of an advisory on its products: classes of numbers, and nothing where fewer than three operators are concerned.
#[utoipa::path(post, path = "/v1/matches/counts", tag = "assets", params(("maker" = String, Query)), request_body(content = String, content_type = "application/json", description = "A CSAF document, or a CVE record 5.x."),
    responses((status = 200, description = "Product to counts, as rows.", body = Rows)))]
pub(crate) async fn counts(
    State(app): State<Shared>,
    caller: Caller,
    Query(of): Query<OfMaker>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<Rows>> {
    app.require(&caller, Leave::CoordinateWeakness, &Object::any())
        .await?;
    let (all, advisory, _) = matched(&app, &caller, &headers, body).await?;
    let counts = all.for_maker(&of.maker, &advisory, &all.find(&advisory));
    let rows = counts
        .into_iter()
        .map(|(product, cells)| json!({ "product": product, "counts": cells }));
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}

/// What the competent minister may be told: operators by name, those of the ministry that the caller's account is of.
#[utoipa::path(post, path = "/v1/matches/affected", tag = "assets", request_body(content = String, content_type = "application/json", description = "A CSAF document, or a CVE record 5.x."),
    responses((status = 200, description = "A row for each asset.", body = Rows)))]
pub(crate) async fn affected(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<Rows>> {
    let Some((id, ministry)) = affected::ministry(&app, &caller).await? else {
        app.require(&caller, Leave::SeeAffected, &Object::any())
            .await?;
        return Err(Problem::new(
            Code::NotAllowed,
            "only a ministry's officer sees names",
        ));
    };
    let (all, advisory, _) = matched(&app, &caller, &headers, body).await?;
    let found = all.for_minister(ministry.word(), &advisory, &all.find(&advisory));
    let detail = format!("{ministry}: {} assets", found.len());
    app.audit(&id, "see-affected", &advisory.id.1, &detail)
        .await?;
    let rows = found.into_iter().map(|row| {
        let outcome = match row.outcome {
            Outcome::Affected => "affected",
            Outcome::NotAffected => "not-affected",
            Outcome::Question(_) => "asked",
        };
        json!({
            "operator": row.operator, "number": all.number(row.asset), "maker": row.product.0,
            "product": row.product.1, "version": row.version, "outcome": outcome,
        })
    });
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}
