//! What was polled of partners, for the office's own people. In: looks. Out: collections with how their last runs went; their objects, page by page. Never: an object of a collection that was not
//! polled; a look without its line in the record.

use crate::api::asset::Rows;
use crate::api::office::caller_id;
use crate::app::{Caller, Shared};
use crate::part::refused;
use crate::problem::{Answer, Code, Document, Problem};
use crate::taxii::partner::polled::{Polled, Register};
use axum::Json as Said;
use axum::extract::{Path, Query, State};
use sakimori_access::{Act, Object};
use sakimori_custody::time::Seconds;
use sakimori_store::{ObjectRow, ObjectsAsked, Pick};
use serde::Deserialize;
use serde_json::{Value, json};

/// Objects of a page.
pub(crate) const PAGE: usize = 100;

/// From which place on.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AddedAfter {
    /// The place of the last object that was read.
    #[serde(default)]
    pub(crate) after: u64,
}

/// All that was polled. For who handles reports.
pub(crate) async fn all(app: &Shared, caller: &Caller) -> Answer<Vec<Polled>> {
    app.require(caller, Act::HandleReport, &Object::any())
        .await?;
    let all = app.blocking(|app| Register::at(&app.folder).all().map_err(|e| refused(&e)));
    all.await
}

/// A page of the objects of a collection that was polled, oldest first.
pub(crate) async fn page(
    app: &Shared,
    caller: &Caller,
    (collection, after): (String, u64),
) -> Answer<(Polled, Vec<ObjectRow>)> {
    app.require(caller, Act::HandleReport, &Object::any())
        .await?;
    let id = collection.clone();
    let polled =
        app.blocking(move |app| Register::at(&app.folder).one(&id).map_err(|e| refused(&e)));
    let none = || Problem::new(Code::NotFound, "nothing was polled into such a collection");
    let polled = polled.await?.ok_or_else(none)?;
    let asked = ObjectsAsked {
        after: Some(after),
        pick: Pick::Every,
        texts: true,
        at_most: PAGE,
    };
    let rows = app.store.objects(&collection, &asked).await;
    let rows = rows.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
    app.audit(&caller_id(caller), "looked", "polled", &collection)
        .await?;
    Ok((polled, rows))
}

/// Collections that partners' objects were polled into, with the last run of each source.
#[utoipa::path(get, path = "/v1/shared/inbox", tag = "shared",
    responses((status = 200, description = "By id.", body = Rows)))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    let rows = all(&app, &caller).await?.into_iter().map(|polled| {
        let sources = polled.sources.iter().map(|one| {
            json!({
                "partner": one.partner, "path": one.path, "at": Seconds(one.at).to_string(), "by": one.by, "objects": one.objects,
                "kept": one.kept, "refused": one.refused, "failed": one.failed, "good": one.good.map(|at| Seconds(at).to_string()),
            })
        });
        json!({"collection": polled.into, "sources": sources.collect::<Vec<_>>()})
    });
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}

/// Objects that were polled into a collection, oldest first, at most 100: ask for what comes `after` the last place.
#[utoipa::path(get, path = "/v1/shared/inbox/{collection}", tag = "shared", params(("collection" = String, Path), AddedAfter),
    responses(
        (status = 200, description = "Objects with their places.", body = Rows),
        (status = 404, description = "Nothing was polled into it.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn objects(
    State(app): State<Shared>,
    caller: Caller,
    Path(collection): Path<String>,
    Query(AddedAfter { after }): Query<AddedAfter>,
) -> Answer<Said<Rows>> {
    let (_, rows) = page(&app, &caller, (collection, after)).await?;
    let rows = rows.into_iter().map(|row| {
        let object: Option<Value> = serde_json::from_str(&row.raw).ok();
        json!({
            "place": row.added, "id": row.key.id, "version": row.key.version, "type": row.kind, "markings": row.markings, "object": object,
        })
    });
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}
