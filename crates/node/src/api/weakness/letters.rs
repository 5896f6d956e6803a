//! Official letters over HTTPS. In: a case, a number, somebody of the office or a maker's link. Out: the letter as JSON that verifies offline, and as a page that prints. Never: a letter to
//! whom it is not.

use super::{acts, house::of};
use crate::app::{Caller, Shared};
use crate::pages::{html_of, weakness as pages};
use crate::problem::{Answer, Document};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use sakimori_liaison::weakness::letter::Kept;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/weaknesses/cases/{case}/letters/{letter}", get(shown))
        .route(
            "/weaknesses/room/{case}/{secret}/letters/{number}",
            get(given),
        )
}

/// An official letter of a case: its document, the office's signed note, what became of its mail. The members `document` and `note` alone are the file that `sakimori weakness letter` verifies.
#[utoipa::path(get, path = "/v1/weaknesses/{case}/letters/{letter}", tag = "weaknesses",
    params(("case" = String, Path, description = "The case."), ("letter" = String, Path, description = "The letter: the mark of its maker and its number, as `letters` of the case names it.")),
    responses(
        (status = 200, description = "The letter.", body = Object),
        (status = 404, description = "No such letter.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn letter(
    State(app): State<Shared>,
    caller: Caller,
    Path((case, letter)): Path<(String, String)>,
) -> Answer<axum::Json<Value>> {
    let kept = acts::letter(&app, &caller, (&case, &letter)).await?;
    let mail = kept.mail.as_ref();
    let mail = mail.map(|(to, state, why)| json!({ "to": to, "state": state, "why": why }));
    let signed = &kept.signed;
    Ok(axum::Json(
        json!({ "document": signed.document, "note": signed.note, "mail": mail }),
    ))
}

/// An official letter to the maker, by the secret of its link, as a file that `sakimori weakness letter` verifies.
#[utoipa::path(get, path = "/v1/maker-rooms/{case}/{secret}/letters/{number}", tag = "weaknesses",
    params(("case" = String, Path, description = "The case."), ("secret" = String, Path, description = "The secret of its link."), ("number" = u64, Path, description = "The letter's number.")),
    responses(
        (status = 200, description = "The letter.", body = Object),
        (status = 404, description = "No such letter, or it is to another.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn makers(
    State(app): State<Shared>,
    Path((case, secret, number)): Path<(String, String, u64)>,
) -> Answer<axum::Json<Value>> {
    let kept = acts::letter_by_link(&app, (&case, &secret), number).await?;
    Ok(axum::Json(json!(kept.signed)))
}

fn page(
    app: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    (kept, own): (&Kept, bool),
) -> Answer<Response> {
    let reader = app.reader(caller, headers);
    let sender = of(app)?.name();
    Ok(html_of(pages::letter(&reader, kept, (&sender, own))))
}

async fn shown(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path((case, letter)): Path<(String, String)>,
) -> Answer<Response> {
    let kept = acts::letter(&app, &caller, (&case, &letter)).await?;
    page(&app, &caller, &headers, (&kept, true))
}

async fn given(
    State(app): State<Shared>,
    headers: HeaderMap,
    Path((case, secret, number)): Path<(String, String, u64)>,
) -> Answer<Response> {
    let kept = acts::letter_by_link(&app, (&case, &secret), number).await?;
    page(&app, &Caller::Stranger, &headers, (&kept, false))
}
