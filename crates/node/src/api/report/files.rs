//! Files that belong to a case. In: bytes, a name. Out: what is said of each, and its bytes as a download. Never: a file that a browser shows: whatever it is, it leaves as bytes.

use super::office::officer;
use super::{Bench, no, only_operator};
use crate::app::{Caller, Shared};
use crate::extract::bytes;
use crate::part::Role;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use sakimori_custody::ids::{hex, unhex};
use sakimori_liaison::desk::Working;
use sakimori_liaison::paper::Document as Kind;
use sakimori_liaison::report::{Brought, Draft, attach, attached};
use sakimori_store::Attachment;
use sakimori_store::limits::ATTACHMENT_BYTES_MAX;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a file is called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    #[serde(default)]
    name: String,
}

/// A file that is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeptFile {
    /// SHA-256 of its bytes, hex.
    sha256: String,
    /// What its first bytes say that it is.
    media: String,
    /// How many bytes it has.
    size: u64,
}

/// Keeps a file with a case of the operator: at its own node with the draft, at the office's with the case.
#[utoipa::path(post, path = "/v1/reports/{case}/attachments", tag = "reports", request_body(content = String, content_type = "application/octet-stream"),
    params(("case" = String, Path), ("name" = Option<String>, Query)),
    responses(
        (status = 200, description = "It is kept; the same bytes again change nothing.", body = KeptFile),
        (status = 413, description = "It has more than 16 MiB.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn keep(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<KeptFile>> {
    if app.role == Role::Operator {
        let bench = Bench::of(&app, &caller).await?;
        let file = bytes(&headers, body, ATTACHMENT_BYTES_MAX).await?;
        let kept = bench.clerk().attach(&case, &named.name, file).await;
        return kept.map(said).map_err(|e| no(&e));
    }
    let owner = only_operator(&app, &caller).await?.to_string();
    let file = bytes(&headers, body, ATTACHMENT_BYTES_MAX).await?;
    let by = super::super::office::caller_id(&caller);
    let to = Brought {
        kind: Working::KIND,
        owner: &owner,
        id: &case,
        at: app.host.seconds().0,
        by: &by,
    };
    let kept = attach(&*app.store, to, &named.name, file).await;
    kept.map(said).map_err(|e| no(&e))
}

fn said(kept: Attachment) -> Said<KeptFile> {
    Said(KeptFile {
        sha256: hex(&kept.hash),
        media: kept.media,
        size: kept.size,
    })
}

async fn whose(app: &Shared, caller: &Caller) -> Answer<(&'static str, String)> {
    if app.role == Role::Operator {
        let bench = Bench::of(app, caller).await?;
        return Ok((Draft::KIND, bench.clerk().operator.to_string()));
    }
    let operator = only_operator(app, caller).await?;
    Ok((Working::KIND, operator.to_string()))
}

async fn download(
    app: &Shared,
    (kind, owner, case): (&str, &str, &str),
    sha256: &str,
) -> Answer<impl IntoResponse + use<>> {
    let none = || Problem::new(Code::NotFound, "");
    let hash: [u8; 32] = unhex(sha256).ok_or_else(none)?;
    let file = attached(&*app.store, (kind, owner, case), &hash).await;
    let file = file.map_err(|e| no(&e))?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{sha256}\""),
        ),
    ];
    Ok((headers, file))
}

/// A file of a case of the operator, as bytes.
#[utoipa::path(get, path = "/v1/reports/{case}/attachments/{sha256}", tag = "reports", params(("case" = String, Path), ("sha256" = String, Path)), responses(
    (status = 200, description = "Its bytes, to be saved and never shown.", body = String, content_type = "application/octet-stream"),
    (status = 404, description = "No such file.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn own(
    State(app): State<Shared>,
    caller: Caller,
    Path((case, sha256)): Path<(String, String)>,
) -> Answer<impl IntoResponse> {
    let (kind, owner) = whose(&app, &caller).await?;
    download(&app, (kind, &owner, &case), &sha256).await
}

/// A file of a case on the office's desk, as bytes.
#[utoipa::path(get, path = "/v1/operators/{operator}/reports/{case}/attachments/{sha256}", tag = "reports",
    params(("operator" = String, Path), ("case" = String, Path), ("sha256" = String, Path)),
    responses((status = 200, description = "Its bytes, to be saved and never shown.", body = String, content_type = "application/octet-stream")))]
pub(crate) async fn of_case(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, case, sha256)): Path<(String, String, String)>,
) -> Answer<impl IntoResponse> {
    officer(&app, &caller).await?;
    download(&app, (Working::KIND, &operator, &case), &sha256).await
}
