//! A report of a weakness at an operator's node. In: the form, filled in by somebody of the operator. Out: the report at the office, and the address there by which it is followed. Never: a copy of
//! it here beside the line of who handed which; the name of whoever wrote it, there.

use super::rest::{NewReport, ReportTaken};
use super::web::Typed;
use crate::api::office::caller_id;
use crate::api::report::Bench;
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::{html_of, weakness as pages};
use crate::peer::Link;
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use sakimori_control::tls::Peers;
use serde::Deserialize;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/weaknesses/report", get(form).post(handed))
}

async fn form(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    Bench::of(&app, &caller).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::form(&reader, true)))
}

/// The form with what shows that it was made here.
#[derive(Deserialize)]
struct Ours {
    form: String,
    #[serde(flatten)]
    typed: Typed,
}

async fn handed(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(ours): Form<Ours>,
) -> Answer<Response> {
    Bench::of(&app, &caller).await?;
    caller.made(&ours.form)?;
    let report = NewReport::from(ours.typed);
    let fault = |e: serde_json::Error| Problem::hidden(Code::Fault, e);
    let body = serde_json::to_vec(&report).map_err(fault)?;
    let taken = app
        .blocking(move |app| {
            let office = Link::open(&app.folder, "office")?;
            office.post("/v1/weakness-reports", "application/json", &body)
        })
        .await?;
    let unread = |e| Problem::hidden(Code::PeerUnavailable, e);
    let taken: ReportTaken = serde_json::from_value(taken).map_err(unread)?;
    // The office never learns who wrote it; this node's own record does.
    app.audit(
        &caller_id(&caller),
        "hand-weakness-report",
        &taken.report,
        "",
    )
    .await?;
    // It is followed at the office: its link is nobody's of this node.
    let peers = Peers::read(&app.folder).map_err(|e| crate::part::refused(&e))?;
    let office = peers.all().iter().find(|peer| peer.name == "office");
    let url = office.map_or("", |peer| peer.url.as_str());
    let follow = taken.follow.map(|path| format!("{url}{path}"));
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::taken(
        &reader,
        &taken.report,
        follow.as_deref(),
    )))
}
