//! The office's own routes: drafts, requests, answers, what other nodes fetch and bring. In: JSON, entries of the commission's node. Out: entries on record, lists. Never: a request
//! without its reasons.

use super::requests::{hash, unknown};
use crate::app::{Caller, Shared};
use crate::desk;
use crate::extract::{Json, written};
use crate::part::{OfficePart, Part, PeerEntry, Role, refused};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use sakimori_access::{Act, Object};
use sakimori_control::tls::May;
use sakimori_store::{Change, Draft, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The index of an entry that is on record, under a checkpoint that the commission cosigned.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entered {
    /// Its index.
    pub index: u64,
}

/// The office's part of the node, for routes that only the office has.
pub(crate) fn office(part: &Part) -> Answer<&OfficePart> {
    match part {
        Part::Office(office) => Ok(office),
        _ => Err(Problem::new(Code::NotImplemented, "")),
    }
}

/// The id of the person or machine that calls.
pub(crate) fn caller_id(caller: &Caller) -> String {
    match caller {
        Caller::Known { who, .. } => who.id().to_owned(),
        Caller::Peer(peer) => peer.name.clone(),
        Caller::Stranger => String::new(),
    }
}

/// Puts a request on record. The requester is whoever is signed in; all reasons are required.
#[utoipa::path(post, path = "/v1/requests", tag = "requests", request_body = desk::NewRequest,
    responses(
        (status = 200, description = "It is on record; the statement's text is what the commission is asked to sign.", body = desk::Submitted),
        (status = 400, description = "Not readable, or an unknown field.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "A reason or bound is missing, or the pack is refused.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn submit_request(
    State(app): State<Shared>,
    caller: Caller,
    Json(request): Json<desk::NewRequest>,
) -> Answer<axum::Json<desk::Submitted>> {
    app.require(&caller, Act::SubmitRequest, &Object::any())
        .await?;
    let requester = caller_id(&caller);
    let done = app.blocking(move |app| desk::submit(office(&app.part)?, &requester, &request));
    done.await.map(axum::Json)
}

/// An answer to a question of the commission.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAnswer {
    /// Index of the question's entry.
    pub question: u64,
    /// The answer.
    #[schema(max_length = 16384)]
    pub text: String,
}

/// Answers a question: the answer is an entry signed by the office.
#[utoipa::path(post, path = "/v1/requests/{request}/answers", tag = "requests", request_body = NewAnswer,
    params(("request" = String, Path, description = "Leaf hash in hex.")),
    responses(
        (status = 200, description = "It is on record.", body = Entered),
        (status = 404, description = "No such request, or no such question.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(request): Path<String>,
    Json(answer): Json<NewAnswer>,
) -> Answer<axum::Json<Entered>> {
    say(&app, &caller, &request, answer).await.map(axum::Json)
}

/// Puts an answer on record; for the page too.
pub(crate) async fn say(
    app: &Shared,
    caller: &Caller,
    request: &str,
    answer: NewAnswer,
) -> Answer<Entered> {
    app.require(caller, Act::Answer, &Object::any()).await?;
    let text = written("text", &answer.text)?;
    let (hash, from) = (hash(request)?, caller_id(caller));
    let from = from.parse().map_err(|e| Problem::new(Code::Refused, e))?;
    let index = app.blocking(move |app| {
        {
            let docket = app.docket.now(&app.part)?;
            let asked = docket.request(&hash).ok_or_else(unknown)?;
            let open = asked.open_questions();
            if !open.iter().any(|said| said.index == answer.question) {
                return Err(Problem::new(Code::NotFound, "no such question is open"));
            }
        }
        let office = office(&app.part)?;
        let (node, host) = (office.node(), office.host());
        let index = sakimori_control::office::answer(node, host, answer.question, &from, &text)
            .map_err(|e| refused(&e))?;
        office.settle()?;
        Ok(index)
    });
    Ok(Entered {
        index: index.await?,
    })
}

/// An authority on record.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuthorityLine {
    /// Its id.
    id: String,
    /// Index of its decision.
    index: u64,
    /// First second, RFC 3339.
    not_before: String,
    /// Last second, RFC 3339.
    not_after: String,
    /// Its sensors.
    sensors: Vec<String>,
    /// The signed note.
    note: String,
}

/// Every authority on record.
#[utoipa::path(get, path = "/v1/authorities", tag = "authorities", responses(
    (status = 200, description = "In the order of their decisions.", body = [AuthorityLine]),
))]
pub(crate) async fn authorities(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::Json<Vec<AuthorityLine>>> {
    app.require_or_peer(&caller, Act::ReadRequest, May::Read)
        .await?;
    let list = app.blocking(|app| {
        let docket = app.docket.now(&app.part)?;
        let line =
            |(index, statement, note): &(u64, sakimori_authority::statement::Statement, String)| {
                AuthorityLine {
                    id: statement.id.to_string(),
                    index: *index,
                    not_before: statement.not_before.to_string(),
                    not_after: statement.not_after.to_string(),
                    sensors: statement.sensors.iter().map(ToString::to_string).collect(),
                    note: note.clone(),
                }
            };
        Ok(docket.statements().into_iter().map(line).collect())
    });
    list.await.map(axum::Json)
}

/// A selection pack by its hash: the signed note.
#[utoipa::path(get, path = "/v1/packs/{hash}", tag = "authorities",
    params(("hash" = String, Path, description = "SHA-256 of the canonical text, in hex.")),
    responses(
        (status = 200, description = "The note.", body = String, content_type = "text/plain"),
        (status = 404, description = "No such pack.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn pack(
    State(app): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
) -> Answer<impl IntoResponse> {
    app.require_or_peer(&caller, Act::ReadRequest, May::Read)
        .await?;
    let hash = hash(&name)?;
    let note = app
        .blocking(move |app| office(&app.part)?.pack(&hash))
        .await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note))
}

/// Takes an entry that the commission's node made and signed.
#[utoipa::path(post, path = "/v1/log/entries", tag = "nodes", request_body = PeerEntry, responses(
    (status = 200, description = "It is on record.", body = Entered),
    (status = 403, description = "This node may not.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "It is no entry of the secretariat.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn append(
    State(app): State<Shared>,
    caller: Caller,
    crate::extract::Long(entry): crate::extract::Long<PeerEntry>,
) -> Answer<axum::Json<Entered>> {
    app.require_or_peer(&caller, Act::RelayNotes, May::Entries)
        .await?;
    let index = app.blocking(move |app| office(&app.part)?.append_peer(&entry));
    Ok(axum::Json(Entered {
        index: index.await?,
    }))
}

/// Where a list begins.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Beginning {
    /// Index of the first entry that is looked at.
    #[serde(default)]
    from: u64,
}

/// Agreements on record and what suspends them. A party's node, which is known here by the party's name, is shown its own; the commission's node and whoever may read the log all.
#[utoipa::path(get, path = "/v1/log/agreements", tag = "nodes", params(Beginning), responses(
    (status = 200, description = "A page of at most 500 entries looked at.", body = crate::part::AgreementPage),
))]
pub(crate) async fn agreements(
    State(app): State<Shared>,
    caller: Caller,
    Query(from): Query<Beginning>,
) -> Answer<axum::Json<crate::part::AgreementPage>> {
    app.require_or_peer(&caller, Act::ReadLog, May::Read)
        .await?;
    let party = match &caller {
        Caller::Peer(peer) if peer.name != Role::Commission.word() => Some(peer.name.clone()),
        _ => None,
    };
    let page = app.blocking(move |app| {
        let office = office(&app.part)?;
        office.agreements(from.from, party.as_deref())
    });
    page.await.map(axum::Json)
}

/// A draft that is being written.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftText {
    /// The version that was read; 0 for a new one.
    #[serde(default)]
    version: u64,
    /// What the request would say.
    request: desk::NewRequest,
}

/// A draft's place in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftLine {
    /// Its id.
    id: String,
    /// Its version.
    version: u64,
}

fn stored(error: &StoreError) -> Problem {
    match error {
        StoreError::Stale { .. } => Problem::new(Code::Stale, ""),
        StoreError::Missing { .. } => Problem::new(Code::NotFound, ""),
        StoreError::Exists { .. } => Problem::new(Code::Conflict, ""),
        other => Problem::hidden(Code::StoreUnavailable, sakimori_control::error::told(other)),
    }
}

async fn own_draft(app: &Shared, caller: &Caller, id: &str) -> Answer<Draft> {
    app.require(caller, Act::DraftRequest, &Object::any())
        .await?;
    let found = app.store.draft(id).await.map_err(|e| stored(&e))?;
    let own = found.filter(|draft| draft.owner == caller_id(caller));
    own.ok_or_else(|| Problem::new(Code::NotFound, "no such draft of yours"))
}

/// The caller's own drafts.
#[utoipa::path(get, path = "/v1/drafts", tag = "requests", responses((status = 200, description = "By id.", body = [DraftLine])))]
pub(crate) async fn drafts(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::Json<Vec<DraftLine>>> {
    app.require(&caller, Act::DraftRequest, &Object::any())
        .await?;
    let list = app.store.drafts("").await;
    let list = list.map_err(|e| stored(&e))?;
    let line = |draft: Draft| DraftLine {
        id: draft.id,
        version: draft.version,
    };
    let own = list.into_iter().filter(|d| d.owner == caller_id(&caller));
    Ok(axum::Json(own.map(line).collect()))
}

/// One of the caller's own drafts.
#[utoipa::path(get, path = "/v1/drafts/{id}", tag = "requests", params(("id" = String, Path, description = "The draft's id.")), responses(
    (status = 200, description = "The draft.", body = DraftText),
    (status = 404, description = "None of the caller's.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn draft(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<axum::Json<DraftText>> {
    let draft = own_draft(&app, &caller, &id).await?;
    let request = serde_json::from_str(&draft.json);
    let request = request.map_err(|e| Problem::hidden(Code::Fault, e))?;
    Ok(axum::Json(DraftText {
        version: draft.version,
        request,
    }))
}

/// Makes or changes a draft. Two who change the same version are told apart.
#[utoipa::path(put, path = "/v1/drafts/{id}", tag = "requests", request_body = DraftText, params(("id" = String, Path, description = "The draft's id: `[a-z0-9][a-z0-9.-]{0,31}`.")), responses(
    (status = 200, description = "Kept.", body = DraftLine),
    (status = 409, description = "It was changed since.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn put_draft(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(text): Json<DraftText>,
) -> Answer<axum::Json<DraftLine>> {
    if text.version > 0 {
        own_draft(&app, &caller, &id).await?;
    } else {
        app.require(&caller, Act::DraftRequest, &Object::any())
            .await?;
    }
    let name: Result<sakimori_custody::ids::Name, _> = id.parse();
    let name = name.map_err(|e| Problem::new(Code::Malformed, e))?;
    let json = serde_json::to_string(&text.request);
    let owner = caller_id(&caller);
    let version = text.version.saturating_add(1);
    let draft = Draft {
        id: name.to_string(),
        owner: owner.clone(),
        version,
        json: json.map_err(|e| Problem::hidden(Code::Fault, e))?,
        by: owner,
        changed: app.host.seconds().0,
    };
    let put = app.store.apply(&[Change::PutDraft(draft)]).await;
    put.map_err(|e| stored(&e))?;
    Ok(axum::Json(DraftLine { id, version }))
}

/// Drops one of the caller's own drafts.
#[utoipa::path(delete, path = "/v1/drafts/{id}", tag = "requests", params(("id" = String, Path, description = "The draft's id.")), responses(
    (status = 200, description = "Dropped.", body = DraftLine),
    (status = 404, description = "None of the caller's.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn drop_draft(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<axum::Json<DraftLine>> {
    let draft = own_draft(&app, &caller, &id).await?;
    let (draft, version) = (draft.id, draft.version);
    let drop = Change::DropDraft { draft, version };
    let dropped = app.store.apply(&[drop]).await;
    dropped.map_err(|e| stored(&e))?;
    Ok(axum::Json(DraftLine { id, version }))
}
