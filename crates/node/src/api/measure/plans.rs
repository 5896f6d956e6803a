//! The plan behind a text, for whoever decides. In: its digest, as the text names it. Out: the plan. Never: a plan to a node of anybody but the commission.

use super::kept;
use crate::app::{Caller, Shared};
use crate::part::Role;
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, State};
use sakimori_access::Act as Leave;
use sakimori_control::tls::May;
use sakimori_liaison::measure::plan_of;
use serde_json::{Value, json};

/// The plan of a digest, which the text of a measure names as its dossier. Who reads it holds its digest against the text.
#[utoipa::path(get, path = "/v1/plans/{digest}", tag = "measures",
    params(("digest" = String, Path, description = "SHA-256 of the plan, in hex.")),
    responses(
        (status = 200, description = "The plan.", body = Object),
        (status = 403, description = "It is for the commission's node and for who may read requests.", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "No such plan.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn plan(
    State(app): State<Shared>,
    caller: Caller,
    Path(digest): Path<String>,
) -> Answer<axum::Json<Value>> {
    app.require_or_peer(&caller, Leave::ReadRequest, May::Read)
        .await?;
    if let Caller::Peer(peer) = &caller
        && peer.name != Role::Commission.word()
    {
        let words = format!(
            "plans are for the commission's node, and not for `{}`",
            peer.name
        );
        return Err(Problem::new(Code::PeerNotAllowed, words));
    }
    let none = || Problem::new(Code::NotFound, "");
    let digest = digest.parse().map_err(|_| none())?;
    let found = plan_of(&*app.store, digest).await.map_err(|e| kept(&e))?;
    Ok(axum::Json(json!(found.ok_or_else(none)?)))
}
