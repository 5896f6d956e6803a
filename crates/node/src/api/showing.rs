//! One identifier of one record, shown once, as a ruling on record allows. In: a record, a field, a ruling, a case. Out: the value, to whoever is signed in and may see it. Never: the value
//! before its entry is cosigned, to who voted on it, a second time, or in a log of this node.

use super::office::office;
use super::uses::{may_see, read};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::part::used;
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::State;
use sakimori_access::{Act, Class, Object};
use sakimori_control::identify::{self, Wish};
use sakimori_custody::identifier::IdentifierField;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One identifier that is asked for. Who asks is whoever is signed in; who approved is the sitting of the ruling, whose voters are shown nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShowing {
    /// The record, by its id.
    record: String,
    /// `source-mail`, `destination-mail` or `user`.
    field: String,
    /// Index of the entry of the ruling that allows it.
    ruling: u64,
    /// In which case; the caller has to be in it, and it has to be open.
    case: String,
}

/// An identifier, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShownValue {
    /// The value.
    value: String,
    /// Whether that is all of it, or its beginning.
    whole: bool,
    /// Indices of the entries that say so: query before and after the look, re-identification.
    entries: [u64; 3],
}

/// Shows one identifier of one record, once, as a ruling allows. Role, clearance for `selected` and membership of the open case are all needed, and the caller has not voted on the ruling.
/// The entry that says so is cosigned before the commission opens the value; the ruling is used then.
#[utoipa::path(post, path = "/v1/reidentifications", tag = "uses", request_body = NewShowing, responses(
    (status = 200, description = "The value, this once.", body = ShownValue),
    (status = 403, description = "Role, clearance or case is missing, or the caller voted on the ruling (`not-allowed`; nothing is entered then), or the commission refuses.", body = Document, content_type = "application/problem+json"),
    (status = 404, description = "No ruling on record allows a showing under this index.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "A field cannot be read, or the log refuses: the ruling was used.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn reidentify(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewShowing>,
) -> Answer<axum::Json<ShownValue>> {
    let actor = may_see(&app, &caller, Act::Reidentify, &new.case).await?;
    let ruling = new.ruling;
    let voters = app.blocking(move |app| office(&app.part)?.voters_of_showing(ruling));
    let no_ruling = || {
        Problem::new(
            Code::NotFound,
            "this entry is no ruling that allows a showing",
        )
    };
    let object = Object {
        voters: voters.await?.ok_or_else(no_ruling)?,
        ..Object::data(Class::Selected, &new.case)
    };
    app.require(&caller, Act::Reidentify, &object).await?;
    let wish = Wish {
        actor,
        case: read("case", &new.case)?,
        record: read("record", &new.record)?,
        field: read::<IdentifierField>("field", &new.field)?,
        ruling,
    };
    let shown = app.blocking(move |app| {
        let office = office(&app.part)?;
        identify::reidentify(office.node(), office.host(), &wish).map_err(|e| used(&e))
    });
    let shown = shown.await?;
    Ok(axum::Json(ShownValue {
        value: String::from_utf8_lossy(&shown.opened.value).into_owned(),
        whole: shown.opened.whole,
        entries: shown.entries,
    }))
}
