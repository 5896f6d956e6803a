//! What is read of measures. In: who asks. Out: lists, one measure, its text, what actuators say, verdicts, figures, alarms. Never: a text that the rules of now refuse.

use super::{held, kept, reads, room};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::measure::{Alarm, NO_WORD, state_of, text_of, verdict_figures, verdict_of};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{measures, register, verdict as newest_verdict, verdicts_between};
use sakimori_respond::consumer::receipt::Standing;
use sakimori_respond::effect::{Answered, Observation, Sighting, Value as Seen};
use sakimori_respond::plan::figures::figures;
use sakimori_respond::plan::life::Life;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// All measures, the oldest first: stage, effects, clocks, ends.
#[utoipa::path(get, path = "/v1/measures", tag = "measures", responses(
    (status = 200, description = "`measures`, and `more` where there are more than are listed.", body = Object),
))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let (all, more) = measures(&*app.store).await.map_err(|e| kept(&e))?;
    let rows: Vec<Value> = all.iter().map(|one| state_of(one.state())).collect();
    Ok(axum::Json(json!({"measures": rows, "more": more})))
}

/// One measure: its state, its plan as it was proposed, and what it did by the newest verdicts of the office's rounds.
#[utoipa::path(get, path = "/v1/measures/{measure}", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses(
        (status = 200, description = "`state`, `plan`, and `verdict`, which is null before the first.", body = Object),
        (status = 404, description = "No such measure.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let state = held.state();
    let judged = newest_verdict(&*app.store, state.plan().id).await;
    let judged = judged.map_err(|e| kept(&e))?;
    Ok(axum::Json(
        json!({"state": state_of(state), "plan": state.plan(), "verdict": verdict_of(judged.as_ref())}),
    ))
}

/// Which text.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// By the rules of an urgent act.
    #[serde(default)]
    urgent: bool,
    /// Counted from 1, which it is without it; a renewal has the next.
    revision: Option<u64>,
}

/// The text that both officers sign, by the rules and lists of now.
#[utoipa::path(get, path = "/v1/measures/{measure}/text", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex."), Which),
    responses(
        (status = 200, description = "The text.", body = String, content_type = "text/plain"),
        (status = 422, description = "The plan breaks rules; each is named.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn text(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let room = room(&app).await?;
    let register = register(&*app.store).await.map_err(|e| kept(&e))?;
    let revision = which.revision.unwrap_or(1);
    let text = text_of(&room, &held, &register, which.urgent, revision).await?;
    let kind = "text/plain; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text.to_string()))
}

/// What each actuator says of the effects of a measure, asked now: signed by its key.
#[utoipa::path(get, path = "/v1/measures/{measure}/effects", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses((status = 200, description = "`effects`, and how many are not as they were commanded.", body = Object)))]
pub(crate) async fn effects(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let lines = room(&app).await?.effects(&held).await?;
    let missing = lines.iter().filter(|line| !line.is_as_commanded()).count();
    let rows: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "deed": line.deed.name(), "target": line.target, "actuator": line.actuator, "commanded": line.commanded,
                "says": line.says.map(Standing::name), "times": line.times, "bytes": line.bytes, "gaps": line.gaps, "words": line.words,
            })
        })
        .collect();
    Ok(axum::Json(json!({"effects": rows, "missing": missing})))
}

/// What others observed of a target: one of `reached`, `answer`, `nowhere`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Observed {
    /// The target.
    target: String,
    /// Who observed it.
    by: String,
    /// From when, RFC 3339.
    from: String,
    /// Until when, RFC 3339.
    until: String,
    /// Flows between the target and those who were attacked.
    reached: Option<u64>,
    /// A resolver's answer: `as-before`, `as-approved`, `nothing`.
    answer: Option<String>,
    /// Whether routes to the target lead nowhere.
    nowhere: Option<bool>,
    /// A provider's word, which is refused: no criterion counts it.
    word: Option<String>,
}

/// A sighting of a finding.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sighted {
    /// Its kind.
    kind: String,
    /// Who was attacked.
    victim: String,
    /// From where.
    endpoint: String,
    /// First seen, RFC 3339.
    first: String,
}

/// What a verdict is made of, beside what actuators say and the office read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    /// How much the criterion's source counted over as many seconds before the measure; what the office read before the dispatch without it.
    before: Option<u64>,
    /// Observations.
    #[serde(default)]
    observed: Vec<Observed>,
    /// Sightings, for a watch on those who moved.
    #[serde(default)]
    sighted: Vec<Sighted>,
}

fn time(text: &str) -> Answer<Seconds> {
    let bad = |_| Problem::new(Code::Incomplete, "a time is none");
    text.parse().map_err(bad)
}

impl Observed {
    fn observation(&self) -> Answer<Observation> {
        if self.word.is_some() {
            return Err(Problem::new(Code::Refused, NO_WORD));
        }
        let value = match (self.reached, &self.answer, self.nowhere) {
            (Some(count), None, None) => Some(Seen::Reached(count)),
            (None, Some(word), None) => Answered::from_name(word).map(Seen::Answer),
            (None, None, Some(so)) => Some(Seen::Nowhere(so)),
            _ => None,
        };
        let rule = "an observation has one of `reached`, `answer`, `nowhere`";
        Ok(Observation {
            target: self.target.clone(),
            by: self.by.clone(),
            from: time(&self.from)?,
            until: time(&self.until)?,
            value: value.ok_or_else(|| Problem::new(Code::Incomplete, rule))?,
        })
    }
}

/// Judges what a measure did, target by target, by the criterion that its proposal fixed.
#[utoipa::path(post, path = "/v1/measures/{measure}/verdict", tag = "measures", request_body = Facts,
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses(
        (status = 200, description = "`verdict` is none before the criterion's window is over.", body = Object),
        (status = 422, description = "It was never wholly in force, or an observation is a provider's word.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn verdict(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
    Json(facts): Json<Facts>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let observed: Vec<Observation> = facts
        .observed
        .iter()
        .map(Observed::observation)
        .collect::<Answer<_>>()?;
    let sighted = facts.sighted.iter().map(|one| {
        Ok(Sighting {
            kind: one.kind.clone(),
            victim: one.victim.clone(),
            endpoint: one.endpoint.clone(),
            first: time(&one.first)?,
        })
    });
    let sighted: Vec<Sighting> = sighted.collect::<Answer<_>>()?;
    let room = room(&app).await?;
    let judged = room
        .verdict(&held, facts.before, &observed, &sighted)
        .await?;
    let verdict = judged.map(|effect| {
        let rows = effect.judged.iter().map(|one| {
            let moved: Vec<String> = one.moved.iter().map(ToString::to_string).collect();
            json!({"target": one.target, "verdict": one.verdict.name(), "not_in_force": one.not_in_force, "moved": moved, "reasons": one.reasons})
        });
        json!({"at": effect.at.to_string(), "targets": rows.collect::<Vec<_>>()})
    });
    Ok(axum::Json(json!({"verdict": verdict})))
}

/// A span of time.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Span {
    /// From when, RFC 3339; from the beginning without it.
    from: Option<String>,
    /// Until when, RFC 3339; now without it.
    to: Option<String>,
}

/// Figures of a span of time, as the commission's report has them, and how many targets of measures that were dispatched in it have each verdict. They name nobody.
#[utoipa::path(get, path = "/v1/measure-figures", tag = "measures", params(Span), responses(
    (status = 200, description = "Numbers by their names.", body = Object),
))]
pub(crate) async fn figures_of(
    State(app): State<Shared>,
    caller: Caller,
    Query(span): Query<Span>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let now = app.host.seconds();
    let from = span.from.as_deref().map_or(Ok(Seconds(0)), time)?;
    let to = span.to.as_deref().map_or(Ok(now), time)?;
    let (all, _) = measures(&*app.store).await.map_err(|e| kept(&e))?;
    let judged = verdicts_between(&*app.store, &all, (from, to)).await;
    let judged = verdict_figures(&judged.map_err(|e| kept(&e))?);
    let lives: Vec<Life> = all.into_iter().map(|one| one.life).collect();
    let room = room(&app).await?;
    let mut figures = json!(figures(&lives, &room.terms, from, to, now));
    for (name, count) in judged {
        figures[name] = json!(count);
    }
    Ok(axum::Json(figures))
}

/// What people were called for since the node started, the newest first.
#[utoipa::path(get, path = "/v1/measure-alarms", tag = "measures", responses(
    (status = 200, description = "At most 200.", body = [Alarm]),
))]
pub(crate) async fn alarms(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::Json<Vec<Alarm>>> {
    reads(&app, &caller).await?;
    Ok(axum::Json(app.measures.alarms()))
}
