//! Who may carry out measures, and what is protected. In: the register as JSON, signed lists. Out: what is in use. Never: an older bundle of lists than one that was in use.

use super::{acts_as, kept, reads};
use crate::app::{Caller, Shared};
use crate::extract::{Json, bytes};
use crate::limits::LISTS_BYTES_MAX;
use crate::measure::{check_people, lists_of, set_lists};
use crate::part::Part;
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Request, State};
use sakimori_access::Act as Leave;
use sakimori_control::ledger::installed_root;
use sakimori_liaison::measure::{Register, register, set_register};
use sakimori_respond::safety::list::Bundle;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Officers with a designation, actuators with their keys.
#[utoipa::path(get, path = "/v1/measure-register", tag = "measures", responses(
    (status = 200, description = "`designations` and `actuators`.", body = Object),
))]
pub(crate) async fn register_of(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let register = register(&*app.store).await.map_err(|e| kept(&e))?;
    Ok(axum::Json(json!(register)))
}

/// Enters the register anew.
#[utoipa::path(put, path = "/v1/measure-register", tag = "measures", request_body = Object, responses(
    (status = 200, description = "It is in use.", body = Object),
    (status = 422, description = "An entry cannot be.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn put_register(
    State(app): State<Shared>,
    caller: Caller,
    Json(said): Json<Register>,
) -> Answer<axum::Json<Value>> {
    let by = acts_as(&app, &caller, Leave::ManageNode).await?;
    let now = app.host.seconds();
    let new = said.clone();
    let checked = app.blocking(move |app| {
        let Part::Office(office) = &app.part else {
            return Err(Problem::new(Code::NotImplemented, ""));
        };
        let root = installed_root(office.node()).map_err(|e| crate::part::refused(&e))?;
        check_people(&root, &new)
    });
    let checked = checked.await;
    app.tried(&caller, Leave::ManageNode, checked).await?;
    let set = set_register(&*app.store, &said, now, by.as_str()).await;
    let set = app
        .tried(&caller, Leave::ManageNode, set.map_err(|e| kept(&e)))
        .await;
    set.map(|()| axum::Json(json!(said)))
}

fn shown(bundle: &Bundle) -> Value {
    let lists = bundle.lists.lists.iter();
    let lists =
        lists.map(|one| json!({"list": one.name, "class": one.class.name(), "entries": one.count}));
    json!({"version": bundle.lists.version, "not_after": bundle.lists.not_after.to_string(), "lists": lists.collect::<Vec<_>>()})
}

/// The protected lists in use.
#[utoipa::path(get, path = "/v1/safety-lists", tag = "measures", responses(
    (status = 200, description = "`version`, `not_after`, `lists`, and what each actuator said that they were brought to: `actuators`.", body = Object),
    (status = 422, description = "There are none, or they have ended.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn lists(State(app): State<Shared>, caller: Caller) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let done = app.blocking(|app| {
        let Part::Office(office) = &app.part else {
            return Err(Problem::new(Code::NotImplemented, ""));
        };
        let bundle = lists_of(office.node(), office.host(), &app.folder)?;
        let mut shown = shown(&bundle);
        if let Some(shown) = shown.as_object_mut() {
            shown.insert(
                "actuators".to_owned(),
                json!(app.measures.spread.standing()),
            );
        }
        Ok(shown)
    });
    done.await.map(axum::Json)
}

/// Signed lists.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLists {
    /// The signed note.
    note: String,
    /// The lists' file, one JSON document a line.
    lists: String,
}

/// Puts signed lists in use; every measure in force is judged anew at once.
#[utoipa::path(put, path = "/v1/safety-lists", tag = "measures", request_body = NewLists, responses(
    (status = 200, description = "They are in use.", body = Object),
    (status = 422, description = "They are not signed by the right two, older, or have ended; those before stay.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn put_lists(
    State(app): State<Shared>,
    caller: Caller,
    request: Request,
) -> Answer<axum::Json<Value>> {
    acts_as(&app, &caller, Leave::ManageNode).await?;
    let (parts, body) = request.into_parts();
    let bytes = bytes(&parts.headers, body, LISTS_BYTES_MAX).await?;
    let bad = |_| Problem::new(Code::Malformed, "`note` and `lists` as JSON");
    let new: NewLists = serde_json::from_slice(&bytes).map_err(bad)?;
    let done = app.blocking(move |app| {
        let Part::Office(office) = &app.part else {
            return Err(Problem::new(Code::NotImplemented, ""));
        };
        let (node, host) = (office.node(), office.host());
        let (note, lists) = (new.note.as_bytes(), new.lists.as_bytes());
        set_lists(node, host, &app.folder, note, lists).map(|bundle| shown(&bundle))
    });
    let done = done.await;
    app.tried(&caller, Leave::ManageNode, done)
        .await
        .map(axum::Json)
}
