//! Renewals over HTTP. In: what is new, the text of the next revision as both officers signed it. Out: that text, the statement that a sitting signs. Never: a renewal that the rules refuse, on record with the commission.

use super::acts::told;
use super::{acts_as, held, reads, room};
use crate::app::{Caller, Shared};
use crate::extract::bytes;
use crate::limits::PLAN_BYTES_MAX;
use crate::measure::renewal_text;
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use sakimori_access::Act as Leave;
use sakimori_custody::ids::Name;
use sakimori_liaison::measure::register;
use sakimori_respond::plan::{Renewal, document};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A renewal that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRenewal {
    /// What is new, and the window: `sakimori/renewal/v1`.
    #[schema(value_type = Object)]
    pub renewal: Value,
    /// The text of the next revision, a note that both officers signed.
    pub text: String,
    /// Article; `police-6-2` without it.
    pub basis: Option<String>,
}

/// Reads a renewal strictly.
pub(super) fn renewal(value: &[u8]) -> Answer<Renewal> {
    document(value).map_err(|problem| Problem::new(Code::Malformed, problem))
}

/// The text of the next revision, by what is new and the rules and lists of now; both officers sign it.
#[utoipa::path(post, path = "/v1/measures/{measure}/renewal-text", tag = "measures", request_body = Object,
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses(
        (status = 200, description = "The text.", body = String, content_type = "text/plain"),
        (status = 400, description = "The renewal does not read; the place is told.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "Nothing is approved, or the plan with what is new breaks rules; each is named.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn text(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
    request: Request,
) -> Answer<impl IntoResponse> {
    reads(&app, &caller).await?;
    let (parts, body) = request.into_parts();
    let bytes = bytes(&parts.headers, body, PLAN_BYTES_MAX).await?;
    let text = made(&app, &measure, &renewal(&bytes)?).await?;
    let kind = "text/plain; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text))
}

/// The text; for the page too.
pub(super) async fn made(app: &Shared, measure: &str, renewal: &Renewal) -> Answer<String> {
    let held = held(app, measure).await?;
    let room = room(app).await?;
    let found = register(&*app.store).await;
    let register = found.map_err(|e| super::kept(&e))?;
    Ok(renewal_text(&room, &held, &register, renewal)?.to_string())
}

/// Asks the commission to renew a measure that is in force: newer evidence, fresh observations, the text of the next revision. Text and request go on record; with the sitting's decision the effects go on without a gap.
#[utoipa::path(post, path = "/v1/measures/{measure}/renew", tag = "measures", request_body = NewRenewal,
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses(
        (status = 200, description = "`statement` is the text that is signed, `authority` its id, `text` SHA-256 of the measure's text.", body = Object),
        (status = 400, description = "The renewal does not read; the place is told.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "A rule is broken, or the text is not signed by both, or not of the plan with what is new.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn renew(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
    request: Request,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::SubmitRequest).await?;
    let (parts, body) = request.into_parts();
    let bytes = bytes(&parts.headers, body, 2 * PLAN_BYTES_MAX).await?;
    let new: NewRenewal =
        serde_json::from_slice(&bytes).map_err(|e| Problem::new(Code::Malformed, e))?;
    let done = asked(&app, &measure, &new, &by).await;
    let done = app.tried(&caller, Leave::SubmitRequest, done).await?;
    Ok(axum::Json(done))
}

/// Asks; for the page too.
pub(super) async fn asked(
    app: &Shared,
    measure: &str,
    new: &NewRenewal,
    by: &Name,
) -> Answer<Value> {
    let renewal = renewal(new.renewal.to_string().as_bytes())?;
    let basis = new.basis.as_deref().unwrap_or("police-6-2");
    let basis: Name = basis
        .parse()
        .map_err(|e| Problem::new(Code::Incomplete, e))?;
    let held = held(app, measure).await?;
    let room = room(app).await?;
    let asked = room.ask_renewal(&held, new.text.as_bytes(), &renewal, &basis, by);
    let (asked, stepped) = Box::pin(asked).await?;
    let state = told(app, &room, &stepped).await?;
    Ok(json!({
        "statement": asked.statement.to_string(), "authority": asked.statement.id.to_string(), "text": asked.signed.digest.to_string(), "state": state,
    }))
}
