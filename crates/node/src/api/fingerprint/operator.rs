//! The operator's routes of fingerprints. In: fingerprints of its own captures. Out: those that the office let go for it, as they are or as rules. Never: a copy that is kept here; a rule that
//! is loaded.

use super::office::NewFlood;
use crate::api::asset::Rows;
use crate::api::office::caller_id;
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::peer::Link;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sakimori_access::{Act as Leave, Object};
use sakimori_custody::time::Seconds;
use sakimori_exchange::ddos::{self, Fingerprint};
use sakimori_liaison::fingerprint;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path as Folder;

/// Most calls that fetch everything: so many hundreds of products.
const CALLS_MAX: usize = 100;

/// A fingerprint that the office let go for this operator.
#[derive(Clone, Debug)]
pub struct FloodOfUs {
    /// The product's id.
    pub id: String,
    /// When it was given.
    pub at: Seconds,
    /// What it means and what to do.
    pub words: String,
    /// Its marking, `TLP:…`.
    pub tlp: String,
    /// What may be done with it, `PAP:…`.
    pub pap: String,
    /// The index of the log entry that it left under.
    pub entry: u64,
    /// It.
    pub fingerprint: Fingerprint,
}

impl FloodOfUs {
    /// The same as a row.
    pub fn row(&self) -> Value {
        let text = ddos::write(&self.fingerprint);
        let found: Value = serde_json::from_str(&text).unwrap_or_default();
        let fills: BTreeMap<&str, String> = ddos::fields(&self.fingerprint).into_iter().collect();
        json!({
            "id": self.id, "at": self.at.to_string(), "words": self.words, "tlp": self.tlp, "pap": self.pap,
            "entry": self.entry, "fingerprint": found, "fills": fills,
        })
    }
}

/// A copy of a product, as far as a fingerprint needs it.
#[derive(Deserialize)]
struct Copy {
    sequence: u64,
    id: String,
    at: u64,
    words: String,
    tlp: String,
    pap: String,
    entry: u64,
    #[serde(default)]
    fields: BTreeMap<String, Vec<String>>,
}

/// Every fingerprint that the office let go for this operator, the last one first. `folder` is that of the operator's role.
///
/// # Errors
/// [`Code::PeerUnavailable`] where the office's node is not known or does not answer.
pub async fn fingerprints_of_us(folder: &Folder) -> Answer<Vec<FloodOfUs>> {
    let folder = folder.to_owned();
    let all = tokio::task::spawn_blocking(move || fetched(&folder)).await;
    let mut all = all.map_err(|e| Problem::hidden(Code::Fault, e))??;
    all.reverse();
    Ok(all)
}

fn fetched(folder: &Folder) -> Answer<Vec<FloodOfUs>> {
    let office = Link::open(folder, "office")?;
    let (mut all, mut after) = (BTreeMap::new(), 0);
    for _ in 0..CALLS_MAX {
        let bytes = office.get(&format!("/v1/products?after={after}"))?;
        let copies: Vec<Copy> = serde_json::from_slice(&bytes)
            .map_err(|e| Problem::hidden(Code::PeerUnavailable, format!("no copies: {e}")))?;
        let last = copies.last().map(|copy| copy.sequence);
        for copy in copies {
            let found = fingerprint::of_product(&copy.fields);
            let found = found.map_err(|e| Problem::hidden(Code::PeerUnavailable, e))?;
            let Some(fingerprint) = found else { continue };
            // The next version of a product takes the place of the one before.
            all.retain(|_, one: &mut FloodOfUs| one.id != copy.id);
            let one = FloodOfUs {
                id: copy.id,
                at: Seconds(copy.at),
                words: copy.words,
                tlp: copy.tlp,
                pap: copy.pap,
                entry: copy.entry,
                fingerprint,
            };
            all.insert(copy.sequence, one);
        }
        match last {
            Some(last) if last > after => after = last,
            _ => break,
        }
    }
    Ok(all.into_values().collect())
}

/// Sends a fingerprint to the office's node; its id there. `folder` is that of the operator's role.
///
/// # Errors
/// [`Code::Refused`] where it is none; [`Code::PeerUnavailable`] where the office's node is not known or does not answer.
pub async fn send_fingerprint(folder: &Folder, bytes: &[u8], words: &str) -> Answer<String> {
    let found = fingerprint::read(bytes).map_err(|e| crate::api::report::no(&e))?;
    let value: Value =
        serde_json::from_str(&ddos::write(&found)).map_err(|e| Problem::hidden(Code::Fault, e))?;
    let new = NewFlood {
        fingerprint: value,
        words: words.to_owned(),
    };
    let body = serde_json::to_vec(&new).map_err(|e| Problem::hidden(Code::Fault, e))?;
    let folder = folder.to_owned();
    let post =
        move || Link::open(&folder, "office")?.post("/v1/fingerprints", "application/json", &body);
    let said = tokio::task::spawn_blocking(post).await;
    let said = said.map_err(|e| Problem::hidden(Code::Fault, e))??;
    let id = said.get("id").and_then(Value::as_str);
    Ok(id.unwrap_or_default().to_owned())
}

/// Sends a fingerprint; who did it is on record here.
pub(crate) async fn passed_on(app: &Shared, caller: &Caller, new: &NewFlood) -> Answer<String> {
    app.require(caller, Leave::FileReport, &Object::any())
        .await?;
    let bytes = new.fingerprint.to_string();
    let id = send_fingerprint(&app.folder, bytes.as_bytes(), &new.words).await?;
    app.audit(&caller_id(caller), "send-fingerprint", &id, "")
        .await?;
    Ok(id)
}

/// Sends a fingerprint to the office, which lets it go to others where its gate says so.
#[utoipa::path(post, path = "/v1/fingerprints", tag = "floods", request_body = NewFlood,
    responses(
        (status = 200, description = "The office has it; its id there."),
        (status = 422, description = "It is none.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn send(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewFlood>,
) -> Answer<Said<Value>> {
    let id = passed_on(&app, &caller, &new).await?;
    Ok(Said(json!({ "id": id })))
}

/// Fingerprints for somebody who may see them.
pub(crate) async fn given(app: &Shared, caller: &Caller) -> Answer<Vec<FloodOfUs>> {
    app.require(caller, Leave::ReadProducts, &Object::any())
        .await?;
    fingerprints_of_us(&app.folder).await
}

/// What the office let go for this operator, the last one first, each with what it fills in of a report.
#[utoipa::path(get, path = "/v1/fingerprints", tag = "floods", responses((status = 200, description = "Rows.", body = Rows)))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    let all = given(&app, &caller).await?;
    Ok(Said(Rows {
        rows: all.iter().map(FloodOfUs::row).collect(),
    }))
}

/// In which form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    form: Option<String>,
    protect: Option<String>,
}

/// One fingerprint.
pub(crate) async fn of_id(app: &Shared, caller: &Caller, id: &str) -> Answer<FloodOfUs> {
    let all = given(app, caller).await?;
    let found = all.into_iter().find(|one| one.id == id);
    found.ok_or_else(|| Problem::new(Code::NotFound, ""))
}

/// One fingerprint, as it is or as rules for a prefix of one's own. Nothing is loaded.
#[utoipa::path(get, path = "/v1/fingerprints/{id}", tag = "floods", params(("id" = String, Path), ("form" = Option<String>, Query, description = "json, nftables, exabgp or gobgp."), ("protect" = Option<String>, Query, description = "The prefix that is to be kept free, for rules.")),
    responses(
        (status = 200, description = "The text.", body = String, content_type = "text/plain"),
        (status = 404, description = "No such fingerprint.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "The form is not known, the prefix is too wide, or no rule can be made.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(shape): Query<Shape>,
) -> Answer<Response> {
    let found = of_id(&app, &caller, &id).await?;
    let form = shape.form.as_deref().unwrap_or("json");
    let protect = shape.protect.as_deref();
    let text = fingerprint::shown(&found.fingerprint, form, protect);
    let text = text.map_err(|e| crate::api::report::no(&e))?;
    let kind = if form == "json" {
        "application/json"
    } else {
        "text/plain; charset=utf-8"
    };
    let head = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, "attachment"),
    ];
    Ok((head, text).into_response())
}
