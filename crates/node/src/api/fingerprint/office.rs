//! The office's routes of fingerprints. In: fingerprints of operators' nodes, what an officer lets go. Out: papers, products with their log entries. Never: a fingerprint of one operator to
//! another but through the gate.

use crate::api::asset::Rows;
use crate::api::asset::office::{Which, view};
use crate::api::office::caller_id;
use crate::api::products;
use crate::api::report::{no, only_operator, operator_calling};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::{Query, State};
use sakimori_access::{Act as Leave, Object};
use sakimori_custody::time::Seconds;
use sakimori_exchange::ddos::Fingerprint;
use sakimori_liaison::asset::Act;
use sakimori_liaison::fingerprint;
use sakimori_liaison::product;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A fingerprint that is sent.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFlood {
    /// The fingerprint, as `sakimori ddos fingerprint` makes it.
    #[schema(value_type = Object)]
    pub(crate) fingerprint: Value,
    /// What is to be said of it.
    #[serde(default)]
    #[schema(max_length = 16_384)]
    pub(crate) words: String,
}

/// A fingerprint that is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeptFlood {
    /// Its id: the same fingerprint has the same.
    id: String,
}

/// Takes a fingerprint of the operator that calls. It goes no further by itself.
#[utoipa::path(post, path = "/v1/fingerprints", tag = "floods", request_body = NewFlood,
    responses(
        (status = 200, description = "It is kept.", body = KeptFlood),
        (status = 422, description = "It is none.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn send(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewFlood>,
) -> Answer<Said<KeptFlood>> {
    let operator = only_operator(&app, &caller).await?;
    let by = caller_id(&caller);
    let act = Act {
        owner: operator.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let bytes = new.fingerprint.to_string();
    let sent = (bytes.as_bytes(), new.words.as_str());
    let id = fingerprint::send(&*app.store, act, sent).await;
    Ok(Said(KeptFlood {
        id: id.map_err(|e| no(&e))?,
    }))
}

/// Fingerprints as rows, for somebody who may see them: an operator its own, an officer all.
pub(crate) async fn rows(app: &Shared, caller: &Caller, before: Option<u64>) -> Answer<Vec<Value>> {
    let operator = operator_calling(app, caller).await?;
    let kept = fingerprint::sent(&*app.store, view(operator.as_ref()), before).await;
    let mut rows = Vec::new();
    for kept in kept.map_err(|e| no(&e))? {
        let found: Value = serde_json::from_str(&kept.said.fingerprint)
            .map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
        rows.push(json!({
            "place": kept.sequence, "operator": kept.owner, "id": kept.id, "at": Seconds(kept.at).to_string(),
            "words": kept.said.words, "fingerprint": found,
        }));
    }
    Ok(rows)
}

/// What operators sent, those that came last first: an operator its own, an officer all.
#[utoipa::path(get, path = "/v1/fingerprints", tag = "floods", params(("before" = Option<u64>, Query, description = "Rows before this place.")),
    responses((status = 200, description = "At most 100.", body = Rows)))]
pub(crate) async fn sent(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<Said<Rows>> {
    let rows = rows(&app, &caller, which.before).await?;
    Ok(Said(Rows { rows }))
}

/// What is to be let go: a fingerprint that an operator sent, or one that is here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFloodRelease {
    /// Who sent it.
    #[serde(default)]
    pub(crate) operator: Option<String>,
    /// Its id there.
    #[serde(default)]
    pub(crate) id: Option<String>,
    /// The case of that operator which it belongs to, if there is one: it is taken out on the way.
    #[serde(default)]
    pub(crate) case: Option<String>,
    /// One that is not kept here, in place of operator and id.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(crate) fingerprint: Option<Value>,
    /// What it means and what to do.
    #[schema(max_length = 16_384)]
    pub(crate) words: String,
    /// How far it may go: `clear`, `green`, `amber`, `amber+strict`, `red`.
    pub(crate) tlp: String,
    /// What may be done with it: `clear`, `green`, `amber`, `red`.
    pub(crate) pap: String,
    /// For whom, as `operator/borea`.
    #[schema(max_items = 1000)]
    pub(crate) recipients: Vec<String>,
    /// On which basis of the law.
    pub(crate) basis: String,
    /// How the rights of communication parties were considered.
    pub(crate) rights: String,
}

async fn meant(app: &Shared, new: &NewFloodRelease) -> Answer<Fingerprint> {
    let found = match (&new.fingerprint, &new.operator, &new.id) {
        (Some(text), None, None) => fingerprint::read(text.to_string().as_bytes()),
        (None, Some(operator), Some(id)) => {
            let kept =
                sakimori_liaison::paper::newest::<fingerprint::Flood>(&*app.store, operator, id);
            kept.await.and_then(|kept| kept.said.read())
        }
        _ => {
            let words = "names operator and id, or holds the fingerprint";
            return Err(Problem::new(Code::Refused, words));
        }
    };
    found.map_err(|e| no(&e))
}

/// Lets a fingerprint go: it is a product of class public notice, which the gate judges for each recipient and whose entry is put on record.
pub(crate) async fn let_go(
    app: &Shared,
    caller: Caller,
    new: NewFloodRelease,
) -> Answer<Said<products::LetGo>> {
    app.require(&caller, Leave::ReleaseProduct, &Object::any())
        .await?;
    let found = meant(app, &new).await?;
    let known = product::known(app.store.as_ref(), Vec::new(), app.host.seconds()).await;
    let known = known.map_err(|e| no(&e))?;
    let field = fingerprint::field(&found, &known).map_err(|e| no(&e))?;
    // What an operator sent is of that operator, also where it belongs to no case: the class begins with what was reported.
    let sent = new.case.as_ref().or(new.id.as_ref());
    let from = new.operator.as_ref().zip(sent);
    let from = from.map(|(operator, case)| json!({ "operator": operator, "case": case }));
    let wish = json!({
        "from": from, "words": new.words, "tlp": new.tlp, "pap": new.pap, "recipients": new.recipients,
        "basis": new.basis, "rights": new.rights,
        "fields": [{ "name": field.name, "kind": "plain", "values": field.values }],
    });
    let wish = serde_json::from_value(wish).map_err(|e| Problem::hidden(Code::Fault, e))?;
    if new.operator.is_some() && new.case.is_none() {
        return products::release_sent(Shared::clone(app), caller, wish).await;
    }
    products::release(State(Shared::clone(app)), caller, Json(wish)).await
}

/// Lets a fingerprint go to those who are named. A refusal of the gate is on record too.
#[utoipa::path(post, path = "/v1/fingerprints/releases", tag = "floods", request_body = NewFloodRelease,
    responses(
        (status = 200, description = "It is on record and given.", body = products::LetGo),
        (status = 404, description = "No such fingerprint, or no such case.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "It names an operator's prefix, a field breaks a rule, or the gate refuses.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn release(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewFloodRelease>,
) -> Answer<Said<products::LetGo>> {
    let_go(&app, caller, new).await
}
