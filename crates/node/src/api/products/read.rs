//! Who was given which product. In: a caller, a place. Out: its copies, of an officer everybody's; what is published, to anybody. Never: a copy of one recipient to another, by whatever name.

use crate::api::report::no;
use crate::app::{App, Caller, Shared};
use crate::part::Part;
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, Query, State};
use sakimori_access::{Act, Object, Principal};
use sakimori_control::tls::May;
use sakimori_custody::ids::Name;
use sakimori_liaison::paper::Written;
use sakimori_liaison::product::{self, Given};
use sakimori_store::View;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A copy of a product.
#[derive(Serialize, ToSchema)]
pub(crate) struct Copy {
    /// Its place: ask for what comes `after` it.
    sequence: u64,
    /// The product's id.
    id: String,
    /// Its version for this recipient.
    version: u64,
    /// Whose copy it is.
    recipient: String,
    /// When it was given, seconds since 1970.
    at: u64,
    /// Its class.
    class: String,
    /// Its marking.
    tlp: String,
    /// What may be done with it.
    pap: String,
    /// Whether it comes with the handling of controlled information.
    controlled: bool,
    /// What it means and what to do.
    words: String,
    /// What to look for.
    indicators: Vec<String>,
    /// What else it says.
    fields: BTreeMap<String, Vec<String>>,
    /// The index of the log entry that it left under.
    entry: u64,
}

/// From which place on.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// The sequence of the last copy that was read.
    #[serde(default)]
    after: u64,
}

fn copy(kept: Written<Given>) -> Copy {
    let said = kept.said;
    Copy {
        sequence: kept.sequence,
        id: kept.id,
        version: kept.version,
        recipient: kept.owner,
        at: kept.at,
        class: said.class,
        tlp: said.tlp,
        pap: said.pap,
        controlled: said.controlled,
        words: said.words,
        indicators: said.indicators,
        fields: said.fields,
        entry: said.entry,
    }
}

/// The organisation that calls: a node by its certificate, a machine with `read-shared` by whose it is. An officer is nobody's.
async fn organisation(app: &App, caller: &Caller) -> Answer<Option<Name>> {
    let named = if let Caller::Known {
        who: Principal::Machine { id, .. },
        ..
    } = caller
    {
        app.require(caller, Act::ReadShared, &Object::any()).await?;
        let machine = app.store.machine(id).await;
        let machine = machine.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
        machine.map(|machine| machine.organisation)
    } else {
        app.require_or_peer(caller, Act::ReleaseProduct, May::Report)
            .await?;
        let Caller::Peer(peer) = caller else {
            return Ok(None);
        };
        Some(peer.name.clone())
    };
    let name = named.unwrap_or_default().parse();
    let none = |_| Problem::new(Code::NotAllowed, "the caller is of no organisation");
    name.map(Some).map_err(none)
}

/// Copies of products, oldest first, at most 100: a node or a machine those of its organisation in whatever capacity it was given them, officers all.
#[utoipa::path(get, path = "/v1/products", tag = "products", params(After),
    responses((status = 200, description = "Copies.", body = Vec<Copy>)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(After { after }): Query<After>,
) -> Answer<axum::Json<Vec<Copy>>> {
    let store = app.store.as_ref();
    let kept = match organisation(&app, &caller).await? {
        Some(name) => product::copies_of(store, name.as_str(), after).await,
        None => product::copies(store, View::All, after).await,
    };
    let kept = kept.map_err(|e| no(&e))?;
    Ok(axum::Json(kept.into_iter().map(copy).collect()))
}

/// Every version of a product, of every recipient's copy.
#[utoipa::path(get, path = "/v1/products/{id}", tag = "products", params(("id" = String, Path)), responses(
    (status = 200, description = "By recipient, the oldest first.", body = Vec<Copy>),
    (status = 404, description = "No such product.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<axum::Json<Vec<Copy>>> {
    app.require(&caller, Act::ReleaseProduct, &Object::any())
        .await?;
    let kept = product::versions(app.store.as_ref(), &id).await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(axum::Json(kept.into_iter().map(copy).collect()))
}

/// What this node published for everybody (art. 41), oldest first, at most 100. Nobody has to sign in.
#[utoipa::path(get, path = "/v1/notices", tag = "products", params(After),
    responses((status = 200, description = "Public notices.", body = Vec<Copy>)))]
pub(crate) async fn published(
    State(app): State<Shared>,
    Query(After { after }): Query<After>,
) -> Answer<axum::Json<Vec<Copy>>> {
    let kept = product::published(app.store.as_ref(), after).await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(axum::Json(kept.into_iter().map(copy).collect()))
}

/// What the office gave this operator, as its node says it now.
#[utoipa::path(get, path = "/v1/products", tag = "products", params(After),
    responses((status = 200, description = "Copies, as `GET /v1/products` of the office answers.")))]
pub(crate) async fn received(
    State(app): State<Shared>,
    caller: Caller,
    Query(After { after }): Query<After>,
) -> Answer<axum::Json<serde_json::Value>> {
    app.require(&caller, Act::ReadProducts, &Object::any())
        .await?;
    let page = app.blocking(move |app| match &app.part {
        Part::Operator(operator) => operator.products(after),
        _ => Err(Problem::new(Code::NotImplemented, "")),
    });
    page.await.map(axum::Json)
}
