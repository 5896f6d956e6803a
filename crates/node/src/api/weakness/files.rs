//! Files of reports over HTTPS. In: bytes of a stranger who has the link of a report, as a form or as they are. Out: what is said of each; its bytes, to people of the office, as a download.
//! Never: a file that a browser shows: whatever it is, it leaves as bytes; a file without the link of its report.

use super::house::of;
use super::{acts, problem};
use crate::app::{Caller, Shared};
use crate::extract::bytes;
use crate::problem::{Answer, Code, Document, Problem};
use crate::server::Connection;
use axum::Router;
use axum::body::Body;
use axum::extract::{
    DefaultBodyLimit, Extension, FromRequest, Multipart, Path, Query, Request, State,
};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use sakimori_access::Act as Leave;
use sakimori_custody::ids::{hex, unhex};
use sakimori_liaison::weakness::files::{self, FILE_BYTES_MAX};
use sakimori_liaison::weakness::intake;
use sakimori_store::Attachment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Room for the heads of a form around its file.
const FORM_HEAD_BYTES: usize = 4096;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/weaknesses/report/{report}/{secret}/files", post(uploaded))
}

/// What a file is called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    #[serde(default)]
    name: String,
}

/// A file that is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileKept {
    /// SHA-256 of its bytes, hex.
    sha256: String,
    /// Its name, without what a page or a file system would take amiss.
    name: String,
    /// What its first bytes say that it is.
    media: String,
    /// How many bytes it has.
    size: u64,
}

/// What is said of a file.
pub(super) fn said(kept: &Attachment) -> FileKept {
    FileKept {
        sha256: hex(&kept.hash),
        name: kept.name.clone(),
        media: kept.media.clone(),
        size: kept.size,
    }
}

/// The report that a secret leads to has to be there before a byte of the file is read; a file counts like a report of its network.
async fn let_in(
    app: &Shared,
    connection: &Connection,
    (report, secret): (&str, &str),
) -> Answer<()> {
    let room = of(app)?;
    let found = intake::of_link(&*app.store, report, secret).await;
    let none = || Problem::new(Code::NotFound, "");
    found.map_err(|e| problem(&e))?.ok_or_else(none)?;
    room.pace(connection.address.ip(), app.host.counted_ms())
}

async fn kept(app: &Shared, report: &str, file: (&str, Vec<u8>)) -> Answer<Attachment> {
    let room = of(app)?;
    // One at a time: the bounds are looked at before it is kept.
    let _filing = room.filing.lock().await;
    let kept = files::keep(&*app.store, report, file, app.host.seconds()).await;
    kept.map_err(|e| problem(&e))
}

/// Sends a file to a report, by the secret of its link: three files of 2 MiB at most. It is never opened.
#[utoipa::path(post, path = "/v1/weakness-reports/{report}/{secret}/attachments", tag = "weaknesses", request_body(content = String, content_type = "application/octet-stream"),
    params(("report" = String, Path, description = "The report's number."), ("secret" = String, Path, description = "The secret of its link."), ("name" = Option<String>, Query, description = "What the file is called.")),
    responses(
        (status = 200, description = "It is kept; the same bytes again change nothing.", body = FileKept),
        (status = 404, description = "No such report, or another secret.", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "It has more than 2 MiB.", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "The report has as many files as it may have, or too many came from this network.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn sent(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    Path((report, secret)): Path<(String, String)>,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Answer<axum::Json<FileKept>> {
    let_in(&app, &connection, (&report, &secret)).await?;
    let file = bytes(&headers, body, FILE_BYTES_MAX).await?;
    let kept = kept(&app, &report, (&named.name, file)).await?;
    Ok(axum::Json(said(&kept)))
}

async fn uploaded(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    Path((report, secret)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let_in(&app, &connection, (&report, &secret)).await?;
    let most = FILE_BYTES_MAX + FORM_HEAD_BYTES;
    let taken = bytes(&headers, body, most).await?;
    let mut again = Request::new(Body::from(taken));
    *again.method_mut() = axum::http::Method::POST;
    *again.headers_mut() = headers;
    DefaultBodyLimit::max(most).apply(&mut again);
    let none = |_| Problem::new(Code::UnsupportedType, "no form with a file");
    let mut form = Multipart::from_request(again, &()).await.map_err(none)?;
    let malformed = |_| Problem::new(Code::Malformed, "no form with a file");
    let lacks = || Problem::new(Code::Incomplete, "`file`");
    let field = form.next_field().await.map_err(malformed)?;
    let field = field.filter(|field| field.name() == Some("file"));
    let field = field.ok_or_else(lacks)?;
    let name = field.file_name().unwrap_or_default().to_owned();
    let file = field.bytes().await.map_err(malformed)?.to_vec();
    kept(&app, &report, (&name, file)).await?;
    let path = format!("/weaknesses/report/{report}/{secret}");
    Ok(Redirect::to(&path))
}

/// A file of a report, as bytes, for people of the office.
#[utoipa::path(get, path = "/v1/weaknesses/reports/{report}/attachments/{sha256}", tag = "weaknesses",
    params(("report" = String, Path, description = "The report's number."), ("sha256" = String, Path, description = "The file.")),
    responses(
        (status = 200, description = "Its bytes, to be saved and never shown.", body = String, content_type = "application/octet-stream"),
        (status = 404, description = "No such file.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn download(
    State(app): State<Shared>,
    caller: Caller,
    Path((report, sha256)): Path<(String, String)>,
) -> Answer<impl IntoResponse> {
    acts::may(&app, &caller, Leave::CoordinateWeakness).await?;
    of(&app)?;
    let none = || Problem::new(Code::NotFound, "");
    let hash: [u8; 32] = unhex(&sha256).ok_or_else(none)?;
    let file = files::file(&*app.store, &report, &hash).await;
    let file = file.map_err(|e| problem(&e))?;
    let name = format!("attachment; filename=\"{}\"", hex(&hash));
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, file))
}
