//! The early warning as the office's node has it for this operator, for its pages, its interface and its command line. In: the operator's folder, claims, answers, ways. Out: what the
//! office's node says now. Never: a copy that is kept here; a word of somebody else that becomes part of another path.

use crate::api::asset::AskedOfUs;
use crate::peer::Link;
use crate::problem::{Answer, Code, Problem};
use sakimori_liaison::alert::{Mail, answer_of};
use sakimori_store::NEWEST;
use serde_json::{Value, json};
use std::path::Path as Folder;

/// Most calls that fetch everything: so many hundreds of alerts.
const CALLS_MAX: usize = 100;
/// The states of alerts.
const STATES: [&str; 5] = ["open", "seen", "acted", "false", "not-relevant"];

/// Reads a path at the office's node.
pub(super) async fn get(folder: &Folder, path: String) -> Answer<Value> {
    let folder = folder.to_owned();
    let get = move || Link::open(&folder, "office")?.get(&path);
    let bytes = tokio::task::spawn_blocking(get).await;
    let bytes = bytes.map_err(|e| Problem::hidden(Code::Fault, e))??;
    serde_json::from_slice(&bytes)
        .map_err(|e| Problem::hidden(Code::PeerUnavailable, format!("no JSON: {e}")))
}

/// Posts to the office's node.
pub(super) async fn post(
    folder: &Folder,
    path: String,
    body: &impl serde::Serialize,
) -> Answer<Value> {
    let folder = folder.to_owned();
    let bytes = serde_json::to_vec(body).map_err(|e| Problem::hidden(Code::Fault, e))?;
    let post = move || Link::open(&folder, "office")?.post(&path, "application/json", &bytes);
    let posted = tokio::task::spawn_blocking(post).await;
    posted.map_err(|e| Problem::hidden(Code::Fault, e))?
}

async fn rows(folder: &Folder, path: String) -> Answer<Vec<Value>> {
    let mut said = get(folder, path).await?;
    match said.get_mut("rows").map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err(Problem::hidden(
            Code::PeerUnavailable,
            "the answer has no rows",
        )),
    }
}

/// An id of another form is no alert's, and must not become part of another path.
fn alert_id(id: &str) -> Answer<&str> {
    let good = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    good.then_some(id)
        .ok_or_else(|| Problem::new(Code::NotFound, ""))
}

/// An id of another form is no registration's.
fn claim_id(id: &str) -> Answer<&str> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = (3..=80).contains(&id.len()) && id.starts_with("r-") && id.bytes().all(known);
    good.then_some(id)
        .ok_or_else(|| Problem::new(Code::NotFound, ""))
}

/// What the operator registered, and how it stands. `folder` is that of the operator's role here and in all that follows.
///
/// # Errors
/// [`Code::PeerUnavailable`] where the office's node is not known or does not answer; what it says. So in all that follows.
pub async fn things_of_us(folder: &Folder) -> Answer<Vec<Value>> {
    rows(folder, "/v1/registrations".to_owned()).await
}

/// Claims a thing; what has to be shown, where, until when.
///
/// # Errors
/// [`Code::Refused`] where it cannot be read, or not be shown this way.
pub async fn claim_for_us(folder: &Folder, thing: &str, method: &str) -> Answer<Value> {
    let claim = json!({ "thing": thing, "method": method });
    post(folder, "/v1/registrations".to_owned(), &claim).await
}

/// Asks that the office's node looks at an open claim now, not when it would by itself.
///
/// # Errors
/// [`Code::NotFound`] where it is no claim of this operator; [`Code::Refused`] where nothing is asked or somebody looked just now.
pub async fn look_for_us(folder: &Folder, id: &str) -> Answer<()> {
    let which = json!({ "id": claim_id(id)? });
    let path = "/v1/registrations/looks".to_owned();
    post(folder, path, &which).await.map(|_| ())
}

/// A page of the operator's alerts, at most 100, those that changed last first, `before` a place; with a state those that stand there.
///
/// # Errors
/// [`Code::Malformed`] where the state is none.
pub(super) async fn page_of_us(
    folder: &Folder,
    state: Option<&str>,
    before: Option<u64>,
) -> Answer<Vec<Value>> {
    let state = match state {
        None => String::new(),
        Some(state) if STATES.contains(&state) => format!("state={state}&"),
        Some(_) => {
            let words = format!("state: {}", STATES.join(", "));
            return Err(Problem::new(Code::Malformed, words));
        }
    };
    let before = before.unwrap_or(NEWEST);
    rows(folder, format!("/v1/alerts?{state}before={before}")).await
}

/// All alerts of the operator, those that changed last first.
///
/// # Errors
/// [`Code::Malformed`] where the state is none.
pub async fn alerts_of_us(folder: &Folder, state: Option<&str>) -> Answer<AskedOfUs> {
    let mut all = AskedOfUs::default();
    let mut before = None;
    for _ in 0..CALLS_MAX {
        let rows = page_of_us(folder, state, before).await?;
        let place = rows.last().and_then(|row| row.get("place"));
        let place = place.and_then(Value::as_u64);
        all.rows.extend(rows);
        // A place that does not go down would be asked for ever.
        match place {
            Some(place) if before.is_none_or(|before| place < before) => before = Some(place),
            _ => return Ok(all),
        }
    }
    all.more = true;
    Ok(all)
}

/// One alert with all that its source said.
///
/// # Errors
/// [`Code::NotFound`] where it is no alert of this operator.
pub async fn alert_of_us(folder: &Folder, id: &str) -> Answer<Value> {
    get(folder, format!("/v1/alerts/{}", alert_id(id)?)).await
}

/// Answers an alert; the word of where it stands then.
///
/// # Errors
/// [`Code::NotFound`] where it is no alert of this operator; [`Code::Refused`] where the word is no answer.
pub async fn answer_alert(folder: &Folder, id: &str, answer: &str) -> Answer<String> {
    let id = alert_id(id)?;
    if answer_of(answer).is_none() {
        let words = "an answer is seen, acted, false or not-relevant";
        return Err(Problem::new(Code::Refused, words));
    }
    let new = json!({ "answer": answer });
    let said = post(folder, format!("/v1/alerts/{id}/answers"), &new).await?;
    let state = said.get("state").and_then(Value::as_str);
    Ok(state.unwrap_or_default().to_owned())
}

/// What the operator answered about each source.
///
/// # Errors
/// As [`things_of_us`].
pub async fn alert_rates_of_us(folder: &Folder) -> Answer<Vec<Value>> {
    rows(folder, "/v1/alert-rates".to_owned()).await
}

/// How the operator is told, without the secret of its webhook.
///
/// # Errors
/// As [`things_of_us`].
pub async fn alert_ways_of_us(folder: &Folder) -> Answer<Value> {
    get(folder, "/v1/alert-ways".to_owned()).await
}

/// Sets how the operator is told: all of it, what is not named is not used any more. The secret of a webhook that is new is in the answer, and is not shown again.
///
/// # Errors
/// [`Code::Refused`] where an address is none.
pub async fn tell_us(folder: &Folder, webhook: Option<&str>, mail: Option<&Mail>) -> Answer<Value> {
    let ways = json!({ "webhook": webhook, "mail": mail });
    post(folder, "/v1/alert-ways".to_owned(), &ways).await
}
