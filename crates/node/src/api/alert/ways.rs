//! The office's routes of ways. In: addresses of operators' nodes and machines. Out: how an operator is told; the secret of a webhook, once. Never: the ways of another; a secret that is
//! shown again.

use super::settings::secret_key;
use crate::api::office::caller_id;
use crate::api::report::{no, only_operator};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::problem::{Answer, Document};
use axum::Json as Said;
use axum::extract::State;
use sakimori_liaison::alert::{self, Mail};
use sakimori_liaison::asset::Act;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How an operator is told.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWays {
    /// A webhook, https.
    pub(crate) webhook: Option<String>,
    /// A digest by mail: `{"to", "language", "every_hours"}`.
    #[schema(value_type = Option<Object>)]
    pub(crate) mail: Option<Mail>,
}

/// How an operator is told, and the secret of its webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetWays {
    /// The webhook.
    webhook: Option<String>,
    /// The mail digest.
    #[schema(value_type = Option<Object>)]
    mail: Option<Mail>,
    /// The secret by which the webhook is signed, as receivers' libraries take it; shown where it is new, and not again.
    secret: Option<String>,
}

/// How the operator that calls is told.
#[utoipa::path(get, path = "/v1/alert-ways", tag = "alerts", responses((status = 200, description = "Without the secret.", body = SetWays)))]
pub(crate) async fn ways(State(app): State<Shared>, caller: Caller) -> Answer<Said<SetWays>> {
    let operator = only_operator(&app, &caller).await?;
    let own = alert::ways(&*app.store, operator.as_str()).await;
    let own = own.map_err(|e| no(&e))?.map(|own| own.said);
    let own = own.unwrap_or_default();
    Ok(Said(SetWays {
        webhook: own.webhook.map(|hook| hook.url),
        mail: own.mail,
        secret: None,
    }))
}

/// Sets how the operator that calls is told: all of it, what is not named is not used any more.
#[utoipa::path(post, path = "/v1/alert-ways", tag = "alerts", request_body = NewWays,
    responses(
        (status = 200, description = "It is set; the secret of the webhook is shown here alone.", body = SetWays),
        (status = 422, description = "An address is none.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn set_ways(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewWays>,
) -> Answer<Said<SetWays>> {
    let operator = only_operator(&app, &caller).await?;
    let by = caller_id(&caller);
    let (key, closed) = app.blocking(secret_key).await?;
    let act = Act {
        owner: operator.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let before = alert::ways(&*app.store, operator.as_str()).await;
    let before = before.map_err(|e| no(&e))?;
    let before = before.and_then(|own| own.said.webhook);
    let own = alert::set_ways(&*app.store, act, (new.webhook, new.mail), closed).await;
    let own = own.map_err(|e| no(&e))?;
    // A webhook of the same address keeps its secret, which was shown.
    let secret = own.webhook.as_ref();
    let secret = secret.filter(|hook| Some(*hook) != before.as_ref());
    let secret = secret.map(|hook| key.shown(operator.as_str(), hook.secret_number));
    Ok(Said(SetWays {
        webhook: own.webhook.map(|hook| hook.url),
        mail: own.mail,
        secret,
    }))
}
