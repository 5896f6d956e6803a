//! The pages of fingerprints. In: forms of browsers. Out: pages, drafts of reports. Never: an act that the interface has not too; a field of a report that somebody filled in, overwritten.

use super::office::{NewFlood, NewFloodRelease, let_go, rows};
use super::operator::{given, of_id, passed_on};
use crate::api::report::{Bench, no};
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::fingerprint::{Told, at_office, at_operator};
use crate::pages::html_of;
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sakimori_exchange::ddos;
use sakimori_liaison::report::Draft;
use serde::Deserialize;

/// The pages of a role.
pub(crate) fn routes(role: Role) -> Router<Shared> {
    let router = Router::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .route("/fingerprints", get(sent))
            .route("/fingerprints/{operator}/{id}", post(release)),
        Role::Operator => router
            .route("/fingerprints", get(shown).post(send))
            .route("/fingerprints/{id}/report", post(fill)),
    }
}

async fn listed(
    app: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    told: Told<'_>,
) -> Answer<Response> {
    let all = given(app, caller).await?;
    let rows: Vec<_> = all.iter().map(super::FloodOfUs::row).collect();
    let reader = app.reader(caller, headers);
    Ok(html_of(at_operator(&reader, &rows, told)))
}

async fn shown(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    listed(&app, &caller, &headers, Told::default()).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pasted {
    form: String,
    fingerprint: String,
    words: String,
}

async fn send(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(new): Form<Pasted>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    let said = serde_json::from_str(&new.fingerprint);
    let done = match said {
        Ok(fingerprint) => {
            let words = new.words.replace("\r\n", "\n");
            let new = NewFlood { fingerprint, words };
            passed_on(&app, &caller, &new).await
        }
        Err(e) => Err(Problem::new(Code::Refused, format!("fingerprint: {e}"))),
    };
    match done {
        Ok(id) => listed(&app, &caller, &headers, Told::done(&id)).await,
        Err(problem) if problem.code == Code::Refused => {
            listed(&app, &caller, &headers, Told::wrong(&problem.detail)).await
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filled {
    form: String,
    case: String,
}

/// Fills in the empty fields of a draft.
async fn fill(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Form(new): Form<Filled>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    let bench = Bench::of(&app, &caller).await?;
    let found = of_id(&app, &caller, &id).await?;
    let clerk = bench.clerk();
    let draft = clerk.draft(&new.case).await.map_err(|e| no(&e))?;
    let mut document = draft.said.document.clone();
    for (name, value) in ddos::fields(&found.fingerprint) {
        let empty = document.fields.get(name).is_none_or(Option::is_none);
        if empty {
            document.fields.insert(name.to_owned(), Some(value));
        }
    }
    let trigger = draft.said.trigger;
    let kept = clerk.save(&draft, Draft { trigger, document }).await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(Redirect::to(&format!("/reports/{}", kept.id)).into_response())
}

async fn sent_page(
    app: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    told: Told<'_>,
) -> Answer<Response> {
    let rows = rows(app, caller, None).await?;
    let reader = app.reader(caller, headers);
    Ok(html_of(at_office(&reader, &rows, told)))
}

async fn sent(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    sent_page(&app, &caller, &headers, Told::default()).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wished {
    form: String,
    case: String,
    words: String,
    tlp: String,
    pap: String,
    recipients: String,
    basis: String,
    rights: String,
}

async fn release(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
    headers: HeaderMap,
    Form(new): Form<Wished>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    let lines = new.recipients.lines().map(str::trim);
    let recipients = lines.filter(|line| !line.is_empty());
    let wish = NewFloodRelease {
        operator: Some(operator),
        id: Some(id),
        case: Some(new.case.trim().to_owned()).filter(|case| !case.is_empty()),
        fingerprint: None,
        words: new.words.replace("\r\n", "\n"),
        tlp: new.tlp,
        pap: new.pap,
        recipients: recipients.map(str::to_owned).collect(),
        basis: new.basis,
        rights: new.rights,
    };
    match let_go(&app, caller.clone(), wish).await {
        Ok(said) => sent_page(&app, &caller, &headers, Told::done(&said.0.id)).await,
        Err(problem) if problem.code == Code::Refused => {
            sent_page(&app, &caller, &headers, Told::wrong(&problem.detail)).await
        }
        Err(problem) => Err(problem),
    }
}
