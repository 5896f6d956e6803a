//! What every node answers: whether it lives, whether it can work, its numbers, its document. In: nothing. Out: short texts. Never: a number about a person.

use crate::app::{Caller, Shared};
use crate::metrics::Gauge;
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use sakimori_access::Act;
use sakimori_control::tls::May;
use serde::Serialize;
use utoipa::ToSchema;

/// A state in one word.
#[derive(Serialize, ToSchema)]
pub(crate) struct Standing {
    /// `alive` or `ready`.
    state: &'static str,
    /// Which role's node it is.
    role: &'static str,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "node", responses((status = 200, description = "It lives.", body = Standing)))]
pub(crate) async fn healthz(State(app): State<Shared>) -> axum::Json<Standing> {
    axum::Json(Standing {
        state: "alive",
        role: app.role.word(),
    })
}

/// Whether the node can do its work: its store answers, its log takes entries or its mirror is whole.
#[utoipa::path(get, path = "/readyz", tag = "node", responses(
    (status = 200, description = "It is ready.", body = Standing),
    (status = 503, description = "It is not; the code says what is missing.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn readyz(State(app): State<Shared>) -> Answer<axum::Json<Standing>> {
    let stored = app.store.ready().await;
    stored.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    app.blocking(|app| app.part.ready()).await?;
    Ok(axum::Json(Standing {
        state: "ready",
        role: app.role.word(),
    }))
}

/// Counters in Prometheus' text form: for peers that may read them, machines with the scope, and people who may.
#[utoipa::path(get, path = "/metrics", tag = "node", responses(
    (status = 200, description = "Counters.", body = String, content_type = "text/plain"),
    (status = 401, description = "Nobody is signed in.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn metrics(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<impl IntoResponse> {
    app.require_or_peer(&caller, Act::ReadMetrics, May::Metrics)
        .await?;
    let mut gauges: Vec<Gauge> = app.blocking(|app| Ok(app.part.gauges())).await?;
    gauges.push(Gauge {
        name: "outbox_parked",
        help: "Entries that wait for the log and that its rules refused again and again.",
        value: app.outbox.parked() as f64,
    });
    gauges.extend(super::due::gauges(&app).await?);
    gauges.extend(super::measure::gauges(&app).await?);
    let text = app.metrics.text(&gauges);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "node", responses((status = 200, description = "The OpenAPI document of this role.", content_type = "application/json", body = String)))]
pub(crate) async fn openapi(State(app): State<Shared>) -> impl IntoResponse {
    let kind = "application/json";
    ([(header::CONTENT_TYPE, kind)], app.openapi.clone())
}
