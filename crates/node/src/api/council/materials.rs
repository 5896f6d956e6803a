//! Material that the council asks a member for. In: what is asked, until when; the member's answer as its node brings it. Out: requests with their clock. Never: a request of one member to
//! another; a refusal without its cause.

use super::Before;
use super::members::{name, node_of};
use crate::api::asset::Rows;
use crate::api::office::caller_id;
use crate::api::report::{no, operator_calling};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use sakimori_access::{Act as Leave, Object};
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_liaison::asset::Act;
use sakimori_liaison::council::{self, Reply};
use sakimori_store::{NEWEST, View};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What is asked of a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMaterial {
    /// The member.
    pub(crate) member: String,
    /// One line.
    #[schema(max_length = 512)]
    pub(crate) subject: String,
    /// What is asked for, and what it is needed for.
    #[schema(max_length = 65_536)]
    pub(crate) text: String,
    /// By when an answer is due, RFC 3339 in UTC; a year at most.
    pub(crate) reply_by: String,
}

/// A request that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MaterialAsked {
    /// Its id.
    pub(crate) id: String,
}

/// A member's answer: the material, or the just cause for which it is not given. One of the two.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaterialAnswer {
    /// The person of the member who answers, by the id at its own node.
    pub(crate) by: String,
    /// The material, or where it is.
    #[serde(default)]
    #[schema(max_length = 65_536)]
    pub(crate) given: Option<String>,
    /// The just cause.
    #[serde(default)]
    #[schema(max_length = 65_536)]
    pub(crate) refused: Option<String>,
}

/// Asks a member for material (art. 45): it complies unless it has just cause.
#[utoipa::path(post, path = "/v1/council/materials", tag = "council", request_body = NewMaterial,
    responses(
        (status = 200, description = "Its node asks for it.", body = MaterialAsked),
        (status = 422, description = "It is no member, or a field breaks a rule.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewMaterial>,
) -> Answer<Said<MaterialAsked>> {
    asked(&app, &caller, &new).await.map(Said)
}

/// The same for the page.
pub(crate) async fn asked(
    app: &Shared,
    caller: &Caller,
    new: &NewMaterial,
) -> Answer<MaterialAsked> {
    app.require(caller, Leave::HandleReport, &Object::any())
        .await?;
    let reply_by: Result<Seconds, _> = new.reply_by.parse();
    let reply_by = reply_by.map_err(|_| Problem::new(Code::Refused, "reply_by: is no time"))?;
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    let id = format!("m-{}", hex(&app.host.bytes::<8>().map_err(fault)?));
    let by = caller_id(caller);
    let act = Act {
        owner: &new.member,
        by: &by,
        at: app.host.seconds(),
    };
    let said = (new.subject.as_str(), new.text.as_str());
    let asked = council::ask_for(app.store.as_ref(), act, &id, said, reply_by).await;
    asked.map_err(|e| no(&e))?;
    Ok(MaterialAsked { id })
}

/// Requests for material, those that changed last first: a member's node its own, officers all.
#[utoipa::path(get, path = "/v1/council/materials", tag = "council", params(Before),
    responses((status = 200, description = "At most 100, each with its day and, where it is there, its answer.", body = Rows)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(Before { before }): Query<Before>,
) -> Answer<Said<Rows>> {
    let operator = operator_calling(&app, &caller).await?;
    let view = operator
        .as_ref()
        .map_or(View::All, |o| View::Of(o.as_str()));
    let now = app.host.seconds();
    let kept = council::materials(app.store.as_ref(), view, before.unwrap_or(NEWEST)).await;
    let rows = kept.map_err(|e| no(&e))?.into_iter().map(|kept| {
        json!({
            "place": kept.sequence, "member": kept.owner, "id": kept.id, "state": kept.state,
            "overdue": council::is_overdue(&kept, now), "reply_by": Seconds(kept.said.reply_by).to_string(),
            "material": kept.said,
        })
    });
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}

/// Takes a member's answer, brought by its node. It is given once.
#[utoipa::path(post, path = "/v1/council/materials/{id}/answer", tag = "council", params(("id" = String, Path)), request_body = MaterialAnswer,
    responses(
        (status = 204, description = "It is kept."),
        (status = 404, description = "The member has no such request.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "It was answered before, or says neither or both.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<MaterialAnswer>,
) -> Answer<StatusCode> {
    let member = node_of(&caller)?;
    let person = name("by", &said.by)?;
    let reply = match (said.given, said.refused) {
        (Some(given), None) => Reply::Given(given),
        (None, Some(cause)) => Reply::Refused(cause),
        _ => {
            let detail = "an answer says `given` or `refused`";
            return Err(Problem::new(Code::Refused, detail));
        }
    };
    let by = caller_id(&caller);
    let act = Act {
        owner: member.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let kept = council::reply(app.store.as_ref(), act, &id, (person.as_str(), reply)).await;
    kept.map_err(|e| no(&e))?;
    Ok(StatusCode::NO_CONTENT)
}
