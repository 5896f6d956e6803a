//! Requests as programs read them. In: a leaf hash. Out: what was asked, said, decided. Never: more than the log's open bodies.

use crate::app::{Caller, Shared};
use crate::docket::{Asked, Outcome, name};
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json;
use axum::extract::{Path, State};
use sakimori_access::{Act, Object};
use sakimori_custody::ids::unhex;
use serde::Serialize;
use utoipa::ToSchema;

/// A request in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listed {
    /// Index of its entry.
    index: u64,
    /// Leaf hash of its entry, in hex: its name.
    request: String,
    /// When, RFC 3339.
    time: String,
    /// What is asked for.
    kind: String,
    /// Who asks.
    requester: String,
    /// `open`, `questions` or `decided`.
    state: &'static str,
}

/// A question or an answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct SaidLine {
    /// Index of its entry.
    index: u64,
    /// When, RFC 3339.
    time: String,
    /// `question` or `answer`.
    what: &'static str,
    /// Who.
    from: String,
    /// What.
    text: String,
    /// By when an answer is due, for a question.
    due: Option<String>,
    /// The question that it answers, for an answer.
    answers: Option<u64>,
}

/// A request.
#[derive(Serialize, ToSchema)]
pub(crate) struct Whole {
    #[serde(flatten)]
    listed: Listed,
    /// Facts.
    facts: String,
    /// Why it is necessary.
    necessity: String,
    /// What else was weighed.
    alternatives: String,
    /// Expected share of the traffic, per million.
    expected_share_ppm: u64,
    /// Rights of those whose traffic it is.
    rights: String,
    /// The text that is asked for.
    draft: String,
    /// Questions and answers.
    thread: Vec<SaidLine>,
    /// Index of the entry that decided it.
    decided_by: Option<u64>,
}

/// Requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct List {
    /// The newest first.
    requests: Vec<Listed>,
}

fn listed(asked: &Asked) -> Listed {
    Listed {
        index: asked.index,
        request: name(asked),
        time: asked.time.to_string(),
        kind: asked.body.kind.clone(),
        requester: asked.body.requester.clone(),
        state: match &asked.outcome {
            Outcome::Decided { .. } => "decided",
            Outcome::Open if asked.open_questions().is_empty() => "open",
            Outcome::Open => "questions",
        },
    }
}

/// Every request on record.
#[utoipa::path(get, path = "/v1/requests", tag = "requests", responses(
    (status = 200, description = "Requests, the newest first.", body = List),
    (status = 401, description = "Nobody is signed in.", body = Document, content_type = "application/problem+json"),
    (status = 403, description = "The caller may not.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Json<List>> {
    app.require(&caller, Act::ReadRequest, &Object::any())
        .await?;
    let list = app.blocking(|app| {
        let docket = app.docket.now(&app.part)?;
        Ok(docket.requests().into_iter().map(listed).collect())
    });
    Ok(Json(List {
        requests: list.await?,
    }))
}

/// The hash of a request as a path names it.
pub(crate) fn hash(text: &str) -> Answer<[u8; 32]> {
    unhex(text).ok_or_else(|| Problem::new(Code::Malformed, "a request is named by 64 hex digits"))
}

/// The problem of a request that is not on record.
pub(crate) fn unknown() -> Problem {
    Problem::new(Code::NotFound, "no such request is on record")
}

/// One request with all that was said about it.
#[utoipa::path(get, path = "/v1/requests/{request}", tag = "requests",
    params(("request" = String, Path, description = "Leaf hash in hex.")),
    responses(
        (status = 200, description = "The request.", body = Whole),
        (status = 400, description = "No hash.", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "No such request.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(request): Path<String>,
) -> Answer<Json<Whole>> {
    app.require(&caller, Act::ReadRequest, &Object::any())
        .await?;
    let hash = hash(&request)?;
    let whole = app.blocking(move |app| {
        let docket = app.docket.now(&app.part)?;
        docket.request(&hash).map(whole).ok_or_else(unknown)
    });
    whole.await.map(Json)
}

fn whole(asked: &Asked) -> Whole {
    let body = &asked.body;
    let thread = asked.thread.iter().map(|said| SaidLine {
        index: said.index,
        time: said.time.to_string(),
        what: if said.due.is_some() {
            "question"
        } else {
            "answer"
        },
        from: said.from.clone(),
        text: said.text.clone(),
        due: said.due.map(|due| due.to_string()),
        answers: said.answers,
    });
    Whole {
        listed: listed(asked),
        facts: body.facts.clone(),
        necessity: body.necessity.clone(),
        alternatives: body.alternatives.clone(),
        expected_share_ppm: body.expected_share_ppm,
        rights: body.rights.clone(),
        draft: body.draft.clone(),
        thread: thread.collect(),
        decided_by: match asked.outcome {
            Outcome::Decided { index, .. } => Some(index),
            Outcome::Open => None,
        },
    }
}
