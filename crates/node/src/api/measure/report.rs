//! What is left of a measure, over HTTP: the report behind the end, the chain of custody, pieces of evidence. In: words of the office, bytes of evidence. Out: one document in several forms, the chain, what is kept until when. Never: the bytes of
//! a piece: whoever may see its class sees it where it comes from.

use super::{acts::told, acts_as, held, kept, reads, room};
use crate::app::{Caller, Shared};
use crate::extract::{Json, bytes};
use crate::measure::{effect_of, report_markdown};
use crate::problem::{Answer, Document};
use crate::words::Language;
use axum::extract::{Path, Request, State};
use sakimori_access::Act as Leave;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{PIECE_BYTES_MAX, evidence};
use sakimori_respond::report::case::{Measure, export};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The report of a measure: the one that was handed in, before that what the records of now give.
#[utoipa::path(get, path = "/v1/measures/{measure}/report", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses((status = 200, description = "`report`, its `sha256`, whether it was `handed_in`, and `markdown` in `ja` and `en`.", body = Object)))]
pub(crate) async fn report_of(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let by: Name = super::super::office::caller_id(&caller)
        .parse()
        .map_err(|e| crate::problem::Problem::new(crate::problem::Code::Refused, e))?;
    let reported = room(&app).await?.report(&held, "", &by).await?;
    let [ja, en] =
        [Language::Ja, Language::En].map(|language| report_markdown(&reported.paper, language));
    Ok(axum::Json(json!({
        "report": reported.paper, "sha256": reported.sha256.to_string(), "handed_in": reported.handed_in, "markdown": {"ja": ja, "en": en},
    })))
}

/// What the office adds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// In words; may be empty.
    words: String,
}

/// Hands in the report behind the end: composed of the records of now, its SHA-256 in the life and in the log.
#[utoipa::path(post, path = "/v1/measures/{measure}/report", tag = "measures", request_body = Words,
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses(
        (status = 200, description = "The state behind it.", body = Object),
        (status = 422, description = "It is not over, or was reported.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn hand_in(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
    Json(said): Json<Words>,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::Respond).await?;
    let held = held(&app, &measure).await?;
    let room = room(&app).await?;
    let done = match room.hand_in(&held, &said.words, &by).await {
        Ok(stepped) => told(&app, &room, &stepped).await,
        Err(problem) => Err(problem),
    };
    let done = app.tried(&caller, Leave::Respond, done).await;
    done.map(axum::Json)
}

/// The chain of custody of a measure and its report in the words of CASE and UCO.
#[utoipa::path(get, path = "/v1/measures/{measure}/custody", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses((status = 200, description = "`head`, `chain` as lines, `erased` pieces, `case` as JSON-LD.", body = Object)))]
pub(crate) async fn custody(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let state = held.state();
    let id = state.plan().id;
    let (chain, linked) = room(&app).await?.custody(id).await?;
    let name = format!("measure {id}");
    let about = Measure {
        id: state.family().0,
        name: &name,
        purpose: &state.plan().dossier.harm,
        office: "office",
        begin: state.dispatched().unwrap_or_else(|| state.drafted()),
        end: state.ended(),
    };
    let effect = effect_of(&*app.store, id).await?;
    let graph = export(&about, &chain, effect.as_ref());
    let erased = linked.iter().filter(|one| one.bytes.is_none()).count();
    Ok(axum::Json(json!({
        "head": hex(&chain.head()), "chain": chain.write(), "erased": erased, "case": graph,
    })))
}

/// Pieces of evidence whose bytes came in: class, length, SHA-256, until when they are kept.
#[utoipa::path(get, path = "/v1/measures/{measure}/evidence", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses((status = 200, description = "`evidence`.", body = Object)))]
pub(crate) async fn pieces(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let id = held(&app, &measure).await?.state().plan().id;
    let all = evidence(&*app.store, id).await.map_err(|e| kept(&e))?;
    let text = |at: Option<u64>| at.map(|at| Seconds(at).to_string());
    let rows = all.iter().map(|(came, last)| {
        json!({
            "name": last.said.name, "class": last.said.class, "sha256": last.said.sha256, "bytes": last.said.bytes, "since": Seconds(came.at).to_string(),
            "until": text(last.said.until), "erased": text(last.said.erased),
        })
    });
    Ok(axum::Json(json!({"evidence": rows.collect::<Vec<_>>()})))
}

/// Keeps the bytes of a piece of evidence that the dossier names by their SHA-256.
#[utoipa::path(put, path = "/v1/measures/{measure}/evidence/{name}", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex."), ("name" = String, Path, description = "Its name in the dossier.")),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "`new` is false where it was kept before.", body = Object),
        (status = 422, description = "No dossier names it, or its SHA-256 is another.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn keep(
    State(app): State<Shared>,
    caller: Caller,
    Path((measure, name)): Path<(String, String)>,
    request: Request,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::DraftRequest).await?;
    let id = held(&app, &measure).await?.state().plan().id;
    let (parts, body) = request.into_parts();
    let bytes = bytes(&parts.headers, body, PIECE_BYTES_MAX).await?;
    let room = room(&app).await?;
    let done = room.keep(id, &name, &bytes, None, by.as_str()).await;
    let new = app.tried(&caller, Leave::DraftRequest, done).await?;
    Ok(axum::Json(json!({"new": new})))
}
