//! The published files. In: paths. Out: bytes with their type of content. Never: a file of a folder that is not for everybody, to whom may not have it; that there is one.

use super::house::published;
use super::problem;
use crate::app::{Caller, Shared};
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sakimori_access::{Act, Object};
use sakimori_control::tls::May;
use sakimori_liaison::weakness::audience;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/.well-known/security.txt", get(security))
        .route("/.well-known/csaf/{*path}", get(csaf))
        .route("/.well-known/csaf", get(metadata))
        .route("/cve/{*path}", get(record))
}

/// Folders for the community: their files are for those to whom the office shares.
fn is_green(path: &str) -> bool {
    path.split('/').any(|part| part == "green")
}

/// Folders for those whom it concerns, each of whom reads its own part.
fn is_stricter(path: &str) -> bool {
    path.split('/')
        .any(|part| matches!(part, "amber" | "amber-strict" | "red"))
}

/// The type of a file by its name.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("json") => "application/json",
        Some("csv") => "text/csv; charset=utf-8",
        Some("asc") if path.contains("/openpgp/") => "application/pgp-keys",
        Some("asc") => "application/pgp-signature",
        _ => "text/plain; charset=utf-8",
    }
}

fn bytes(path: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind(path))),
        // What changes at an hour must not be held back by a cache.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, bytes).into_response()
}

async fn file(app: &Shared, path: &str) -> Answer<Response> {
    let none = || Problem::new(Code::NotFound, "");
    let published = published(app).await?;
    let found = published.files.get(path).ok_or_else(none)?.clone();
    Ok(bytes(path, found))
}

/// A file as an operator's node may read it: what it was given, and lists of that alone.
async fn given(app: &Shared, operator: &str, path: &str) -> Answer<Response> {
    let none = || Problem::new(Code::NotFound, "");
    let published = published(app).await?;
    let own = audience::given(&*app.store, &published.shared, operator).await;
    let own = own.map_err(|e| problem(&e))?;
    let found = audience::view(&published.files, path, &own).ok_or_else(none)?;
    Ok(bytes(path, found))
}

async fn security(State(app): State<Shared>) -> Answer<Response> {
    file(&app, ".well-known/security.txt").await
}

async fn metadata(State(app): State<Shared>) -> Answer<Response> {
    file(&app, ".well-known/csaf/provider-metadata.json").await
}

async fn csaf(
    State(app): State<Shared>,
    caller: Result<Caller, Problem>,
    Path(path): Path<String>,
) -> Answer<Response> {
    if is_green(&path) || is_stricter(&path) {
        // To whom may not have it, it is not there.
        let none = || Problem::new(Code::NotFound, "");
        let caller = caller.map_err(|_| none())?;
        if let Caller::Peer(peer) = &caller {
            if !peer.may.contains(&May::Report) {
                return Err(none());
            }
            return given(&app, &peer.name, &format!(".well-known/csaf/{path}")).await;
        }
        let own = app
            .may(&caller, Act::CoordinateWeakness, &Object::any())
            .await;
        let shared = !is_stricter(&path) && app.may(&caller, Act::ReadShared, &Object::any()).await;
        if !own && !shared {
            return Err(none());
        }
    }
    file(&app, &format!(".well-known/csaf/{path}")).await
}

async fn record(State(app): State<Shared>, Path(path): Path<String>) -> Answer<Response> {
    file(&app, &format!("cve/{path}")).await
}
