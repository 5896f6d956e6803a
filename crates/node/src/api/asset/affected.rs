//! Whom advisories concern, as the office may see it. In: a caller. Out: the operators of the caller's ministry by name, on record; numbers for everybody else of the office. Never: a name that is
//! shown and not on record; an operator of another ministry; a ministry that the caller names.
//!
//! Act 42/2025 arts. 4 and 5: operators tell the minister who is competent for them. Which ministry a person is of stands in the account, and only accounts of a ministry get the role.

use super::office::Which;
use crate::api::report::{Seat, no};
use crate::app::{Caller, Shared};
use crate::pages::affected::affected;
use crate::pages::html_of;
use crate::problem::{Answer, Code, Problem};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use sakimori_access::{Act as Leave, Ministry, Object, Principal};
use sakimori_liaison::matching::{self, MatchPaper, Told};
use sakimori_liaison::paper::Written;
use sakimori_store::NEWEST;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Rows that are given at once.
const ROWS_MAX: usize = 100;

/// What a caller may see.
pub(crate) enum Seen {
    /// Papers of the operators of the caller's ministry.
    Names(Vec<Written<MatchPaper>>),
    /// Numbers.
    Numbers(Vec<Told>),
}

/// The ministry whose operators a caller sees by name, with who it is; nothing for everybody else.
pub(crate) async fn ministry(app: &Shared, caller: &Caller) -> Answer<Option<(String, Ministry)>> {
    let Caller::Known {
        who: Principal::Person { id },
        ..
    } = caller
    else {
        return Ok(None);
    };
    let powers = app.access.powers(id, app.host.seconds()).await;
    let powers = powers.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    let Some(ministry) = powers.and_then(|powers| powers.ministry) else {
        return Ok(None);
    };
    let object = Object::names_of(ministry);
    let may = app.may(caller, Leave::SeeAffected, &object).await;
    Ok(may.then(|| (id.clone(), ministry)))
}

/// What a person of the office sees. Names are put on record before they are shown.
pub(crate) async fn seen(app: &Shared, caller: &Caller, which: &Which) -> Answer<Seen> {
    let state @ (None | Some("asked" | "told")) = which.state.as_deref() else {
        return Err(Problem::new(Code::Malformed, "state: asked or told"));
    };
    let before = which.before.unwrap_or(NEWEST);
    let Some((id, ministry)) = ministry(app, caller).await? else {
        app.require(caller, Leave::CoordinateWeakness, &Object::any())
            .await?;
        let seat = Seat::of(app, caller).await?;
        let told = app.matching.told(&*app.store, seat.desk().terms).await;
        let mut told = told.map_err(|e| no(&e))?;
        told.retain(|told| {
            let open = told.questions > 0;
            told.place < before && state.is_none_or(|state| (state == "asked") == open)
        });
        told.truncate(ROWS_MAX);
        return Ok(Seen::Numbers(told));
    };
    let seat = Seat::of(app, caller).await?;
    let all = app.matching.current(&*app.store, seat.desk().terms).await;
    let all = all.map_err(|e| no(&e))?;
    let of = (&all, ministry.word());
    let papers = matching::matches_of_minister(&*app.store, of, state, before).await;
    let papers = papers.map_err(|e| no(&e))?;
    let operators: BTreeSet<&str> = papers.iter().map(|kept| kept.owner.as_str()).collect();
    let detail = format!("{} operators, {} papers", operators.len(), papers.len());
    app.audit(&id, "see-affected", ministry.word(), &detail)
        .await?;
    Ok(Seen::Names(papers))
}

impl Seen {
    /// As rows of the interface.
    pub(super) fn rows(self) -> Vec<Value> {
        match self {
            Self::Names(papers) => papers
                .into_iter()
                .map(|kept| {
                    json!({ "place": kept.sequence, "operator": kept.owner, "id": kept.id, "state": kept.state, "match": kept.said })
                })
                .collect(),
            Self::Numbers(told) => told.into_iter().map(|told| json!(told)).collect(),
        }
    }
}

/// The office's page.
pub(super) async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Answer<Response> {
    let seen = seen(&app, &caller, &which).await?;
    Ok(html_of(affected(&app.reader(&caller, &headers), &seen)))
}
