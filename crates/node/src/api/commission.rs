//! The commission's own routes, and an operator's: questions, signatures, suspensions; and what other nodes call of the commission. In: texts, signed notes. Out: entries that the
//! office's node has put on record. Never: a signature made here.

use super::office::{Entered, caller_id};
use super::requests::{hash, unknown};
use crate::app::{App, Caller, Shared};
use crate::desk::{self, SittingQuery};
use crate::extract::{Json, NoteBody, written};
use crate::gate::Verbatim;
use crate::pages::Agreed;
use crate::part::{CommissionPart, OperatorPart, Part};
use crate::problem::{Answer, Code, Document, Problem};
use crate::server::Connection;
use axum::Router;
use axum::extract::{MatchedPath, Path, Query, Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use sakimori_access::{Act, Object};
use sakimori_authority::ruling::Matter;
use sakimori_authority::statement::{Basis, Statement};
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_authority::{Ruling, Suspension};
use sakimori_control::error::told;
use sakimori_control::journal::Deed;
use sakimori_control::tls::May;
use sakimori_custody::entry::EntryType;
use sakimori_custody::time::DAY_SECONDS;
use sakimori_tlog::note::Note;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Days for an answer where no schedule is on record.
const QUESTION_DAYS: u64 = 7;

/// The commission's part of the node.
pub(crate) fn commission_of(part: &Part) -> Answer<&CommissionPart> {
    match part {
        Part::Commission(commission) => Ok(commission),
        _ => Err(Problem::new(Code::NotImplemented, "")),
    }
}

/// The operator's part of the node.
pub(crate) fn operator_of(part: &Part) -> Answer<&OperatorPart> {
    match part {
        Part::Operator(operator) => Ok(operator),
        _ => Err(Problem::new(Code::NotImplemented, "")),
    }
}

/// The index that the office's node answered.
fn index_of(answer: &serde_json::Value) -> Answer<u64> {
    let index = answer.get("index").and_then(serde_json::Value::as_u64);
    index.ok_or_else(|| Problem::new(Code::PeerUnavailable, "the office's node told no index"))
}

/// A question to the office.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewQuestion {
    /// The question.
    #[schema(max_length = 16384)]
    pub text: String,
}

/// Asks the office about a request: the question is an entry signed by the secretariat, with the day by which an answer is due.
#[utoipa::path(post, path = "/v1/requests/{request}/questions", tag = "requests", request_body = NewQuestion,
    params(("request" = String, Path, description = "Leaf hash in hex.")),
    responses(
        (status = 200, description = "It is on record.", body = Entered),
        (status = 404, description = "No such request.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Path(request): Path<String>,
    Json(question): Json<NewQuestion>,
) -> Answer<axum::Json<Entered>> {
    asked(&app, &caller, &request, &question.text)
        .await
        .map(axum::Json)
}

/// Puts a question on record; for the page too.
pub(crate) async fn asked(
    app: &Shared,
    caller: &Caller,
    request: &str,
    text: &str,
) -> Answer<Entered> {
    app.require(caller, Act::ReadRequest, &Object::any())
        .await?;
    let hash = hash(request)?;
    let requester = requester(app, hash).await?;
    app.require(caller, Act::Ask, &Object::asked_by(&requester))
        .await?;
    let (from, text) = (caller_id(caller), written("text", text)?);
    let now = app.host.seconds();
    let index = app.blocking(move |app| {
        let days = {
            let docket = app.docket.now(&app.part)?;
            docket.request(&hash).ok_or_else(unknown)?;
            let schedule = docket.schedule();
            let row = schedule.iter().find(|(key, ..)| key == "deadline.question");
            let days = row.and_then(|(_, value, _)| value.split(' ').next()?.parse().ok());
            days.unwrap_or(QUESTION_DAYS)
        };
        let body = serde_json::json!({"request": sakimori_custody::ids::hex(&hash), "from": from, "text": text});
        let due = now.0.saturating_add(days.saturating_mul(DAY_SECONDS));
        commission_of(&app.part)?.enter(Deed {
            kind: EntryType::Question,
            authority: [0; 32],
            counters: vec![due],
            body: body.to_string().into_bytes(),
        })
    });
    Ok(Entered {
        index: index.await?,
    })
}

/// The text that a sitting signs for a request, exactly.
#[utoipa::path(get, path = "/v1/requests/{request}/text", tag = "requests",
    params(("request" = String, Path, description = "Leaf hash in hex."), SittingQuery),
    responses(
        (status = 200, description = "The text.", body = String, content_type = "text/plain"),
        (status = 422, description = "The sitting cannot be read.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn text(
    State(app): State<Shared>,
    caller: Caller,
    Path(request): Path<String>,
    Query(query): Query<SittingQuery>,
) -> Answer<impl IntoResponse> {
    let text = exact(&app, &caller, &request, query).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text))
}

/// The exact text; for the page's download too.
pub(crate) async fn exact(
    app: &Shared,
    caller: &Caller,
    request: &str,
    query: SittingQuery,
) -> Answer<String> {
    app.require(caller, Act::ReadRequest, &Object::any())
        .await?;
    let hash = hash(request)?;
    let text = app.blocking(move |app| {
        let docket = app.docket.now(&app.part)?;
        let asked = docket.request(&hash).ok_or_else(unknown)?;
        let root = &commission_of(&app.part)?.trust_root();
        let (sitting, added) = (query.sitting()?, query.added()?);
        let statement = desk::text(asked, (&sitting, added.as_deref()), root)?;
        Ok(statement.to_string())
    });
    text.await
}

/// What came of a signature that was brought.
#[derive(Serialize, ToSchema)]
pub(crate) struct Signed {
    /// Members who were present and whether each has signed.
    signatures: Vec<(String, bool)>,
    /// Index of the decision, once it is in force and on record.
    pub decided_by: Option<u64>,
    /// Why it is not in force yet.
    pub waits_for: Option<String>,
}

/// Takes a statement that a member signed on the member's own machine. With the last signature it is brought to the office's log.
#[utoipa::path(post, path = "/v1/requests/{request}/signatures", tag = "requests",
    request_body(content = String, content_type = "text/plain"),
    params(("request" = String, Path, description = "Leaf hash in hex.")),
    responses(
        (status = 200, description = "The signature is kept; the decision is on record if it was the last.", body = Signed),
        (status = 403, description = "No member signed it, or the caller may not.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "The text is another than the request's.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn sign(
    State(app): State<Shared>,
    caller: Caller,
    Path(request): Path<String>,
    note: NoteBody,
) -> Answer<axum::Json<Signed>> {
    signed(&app, &caller, &request, note.note)
        .await
        .map(axum::Json)
}

/// Who made a request. To a stranger it is told that nobody is signed in before whether there is such a request.
async fn requester(app: &Shared, hash: [u8; 32]) -> Answer<String> {
    let requester = app.blocking(move |app| {
        let docket = app.docket.now(&app.part)?;
        let asked = docket.request(&hash).ok_or_else(unknown)?;
        Ok(asked.body.requester.clone())
    });
    requester.await
}

/// Takes a signature; for the page too.
pub(crate) async fn signed(
    app: &Shared,
    caller: &Caller,
    request: &str,
    note: Note,
) -> Answer<Signed> {
    app.require(caller, Act::ReadRequest, &Object::any())
        .await?;
    let hash = hash(request)?;
    let requester = requester(app, hash).await?;
    app.require(caller, Act::SignDecision, &Object::asked_by(&requester))
        .await?;
    let done = app.blocking(move |app| {
        let commission = commission_of(&app.part)?;
        let sitting = same_text(app, &hash, &note)?;
        let merged = commission.collect(&note)?;
        let root = &commission.trust_root();
        let signatures = desk::signatures(root, &sitting, Some(&merged));
        let bytes = merged.to_bytes();
        if let Err(e) = Statement::check(&bytes, root) {
            return Ok(Signed {
                signatures,
                decided_by: None,
                waits_for: Some(told(&e)),
            });
        }
        let answer = commission.forward("/v1/decisions", &bytes)?;
        Ok(Signed {
            signatures,
            decided_by: Some(index_of(&answer)?),
            waits_for: None,
        })
    });
    let done = done.await;
    app.tried(caller, Act::SignDecision, done).await
}

/// Holds a note to the text that this node made of the request and the note's own sitting.
fn same_text(app: &App, hash: &[u8; 32], note: &Note) -> Answer<sakimori_authority::Sitting> {
    let statement = Statement::parse(note.text()).map_err(|e| Problem::new(Code::NotANote, e))?;
    let Basis::Sitting(sitting) = statement.decided else {
        return Err(Problem::new(
            Code::Refused,
            "it is signed by others than a sitting",
        ));
    };
    let root = &commission_of(&app.part)?.trust_root();
    let docket = app.docket.now(&app.part)?;
    let asked = docket.request(hash).ok_or_else(unknown)?;
    let draft = asked.draft.as_ref().ok();
    let offered = draft.map_or("none", |draft| draft.conditions.as_str());
    let added = desk::added_to(offered, &statement.conditions);
    let expected = desk::text(asked, (&sitting, added.as_deref()), root)?.to_string();
    if expected == note.text() {
        return Ok(sitting);
    }
    Err(Problem::new(
        Code::Conflict,
        "the signed text is not the one that this node shows for the request",
    ))
}

/// Takes a ruling that a member signed on the member's own machine: a request refused, an authority revoked, an urgent act ratified or refused, a bucket kept longer, a record
/// re-identified. With the last signature it is brought to the office's log.
#[utoipa::path(post, path = "/v1/rulings", tag = "notes", request_body(content = String, content_type = "text/plain"),
    responses(
        (status = 200, description = "The signature is kept; the ruling is on record if it was the last.", body = Signed),
        (status = 403, description = "No member signed it, or the caller may not.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ruling(
    State(app): State<Shared>,
    caller: Caller,
    note: NoteBody,
) -> Answer<axum::Json<Signed>> {
    ruled(&app, &caller, note.note).await.map(axum::Json)
}

/// Takes a member's signature of a ruling; for the page too.
pub(crate) async fn ruled(app: &Shared, caller: &Caller, note: Note) -> Answer<Signed> {
    app.require(caller, Act::SignDecision, &Object::any())
        .await?;
    let text = Ruling::parse(note.text()).map_err(|e| Problem::new(Code::NotANote, e))?;
    if let Matter::RequestRefused(request) = text.matter {
        let requester = requester(app, request).await?;
        app.require(caller, Act::SignDecision, &Object::asked_by(&requester))
            .await?;
    }
    let done = app.blocking(move |app| {
        let commission = commission_of(&app.part)?;
        let merged = commission.collect(&note)?;
        let root = &commission.trust_root();
        let signatures = desk::signatures(root, &text.sitting, Some(&merged));
        let bytes = merged.to_bytes();
        if let Err(e) = Ruling::check(&bytes, root) {
            return Ok(Signed {
                signatures,
                decided_by: None,
                waits_for: Some(told(&e)),
            });
        }
        let answer = commission.forward("/v1/rulings", &bytes)?;
        Ok(Signed {
            signatures,
            decided_by: Some(index_of(&answer)?),
            waits_for: None,
        })
    });
    let done = done.await;
    app.tried(caller, Act::SignDecision, done).await
}

/// Takes a suspension that the chair or the deputy signed, and brings it to the office's node.
#[utoipa::path(post, path = "/v1/suspensions", tag = "notes", request_body(content = String, content_type = "text/plain"), responses(
    (status = 200, description = "It is on record and with the sensors.", body = Entered),
    (status = 403, description = "It is not the commission's, or the caller may not.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn suspension(
    State(app): State<Shared>,
    caller: Caller,
    note: NoteBody,
) -> Answer<axum::Json<Entered>> {
    app.require(&caller, Act::Suspend, &Object::any()).await?;
    let index = app.blocking(move |app| {
        let commission = commission_of(&app.part)?;
        Suspension::check(&note.bytes, &commission.trust_root(), None)
            .map_err(|e| Problem::new(Code::NotInForce, told(&e)))?;
        index_of(&commission.forward("/v1/suspensions", &note.bytes)?)
    });
    let index = index.await;
    let index = app.tried(&caller, Act::Suspend, index).await?;
    Ok(axum::Json(Entered { index }))
}

/// An agreement, as an operator sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Agreement {
    /// Its id.
    id: String,
    /// Index of its entry.
    index: u64,
    /// Last second, RFC 3339.
    until: String,
    /// Whether the party has suspended it.
    suspended: bool,
    /// The serial that the party's next note about it has.
    serial: u64,
    /// Its text.
    text: String,
}

/// The agreements of this node's party on record, each with what the party's last note about it says.
pub(crate) fn agreements(app: &App) -> Answer<Vec<Agreed>> {
    let keys = operator_of(&app.part)?.party_keys()?;
    let docket = app.docket.now(&app.part)?;
    let mut list = Vec::new();
    for (index, statement, _) in docket.statements() {
        let Basis::Agreement { key, .. } = &statement.decided else {
            continue;
        };
        if !keys.contains(key) {
            continue;
        }
        let notes = docket.suspensions(statement.id).iter();
        let last = notes
            .filter_map(|(_, note)| {
                let note = Note::parse(note.as_bytes()).ok()?;
                // What the party's key did not sign says nothing about what the party did.
                note.verify(std::slice::from_ref(statement.suspend_key()?))
                    .ok()?;
                Suspension::parse(note.text()).ok()
            })
            .filter(|of| of.by == By::Party)
            .max_by_key(|of| of.serial);
        list.push(Agreed {
            index: *index,
            statement: statement.clone(),
            suspended: last
                .as_ref()
                .is_some_and(|of| of.act == SuspensionAct::Suspend),
            serial: last.map_or(1, |of| of.serial.saturating_add(1)),
        });
    }
    Ok(list)
}

/// The agreements of this node's party in the office's log.
#[utoipa::path(get, path = "/v1/agreements", tag = "agreements", responses(
    (status = 200, description = "In the order of their entries.", body = [Agreement]),
    (status = 503, description = "The office's node does not answer.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn operator_agreements(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::Json<Vec<Agreement>>> {
    app.require(&caller, Act::SignAgreement, &Object::any())
        .await?;
    let list = app.blocking(agreements).await?;
    let line = |of: Agreed| Agreement {
        id: of.statement.id.to_string(),
        index: of.index,
        until: of.statement.not_after.to_string(),
        suspended: of.suspended,
        serial: of.serial,
        text: of.statement.to_string(),
    };
    Ok(axum::Json(list.into_iter().map(line).collect()))
}

/// Takes a suspension that the party signed with its suspend key, and brings it to the office's node.
#[utoipa::path(post, path = "/v1/suspensions", tag = "agreements", request_body(content = String, content_type = "text/plain"), responses(
    (status = 200, description = "It is on record and with the sensors.", body = Entered),
    (status = 403, description = "It is not the party's, or the caller may not.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn operator_suspension(
    State(app): State<Shared>,
    caller: Caller,
    note: NoteBody,
) -> Answer<axum::Json<Entered>> {
    suspended(&app, &caller, note).await.map(axum::Json)
}

/// Takes a party's suspension; for the page too.
pub(crate) async fn suspended(app: &Shared, caller: &Caller, note: NoteBody) -> Answer<Entered> {
    app.require(caller, Act::Suspend, &Object::any()).await?;
    let index = app.blocking(move |app| {
        let text = Suspension::parse(note.note.text());
        let text = text.map_err(|e| Problem::new(Code::NotANote, e))?;
        let found = agreements(app)?
            .into_iter()
            .find(|of| of.statement.id == text.authority);
        let of = found.ok_or_else(|| Problem::new(Code::NotFound, "no such agreement"))?;
        index_of(&operator_of(&app.part)?.suspend(&of.statement, &note.note, &note.bytes)?)
    });
    let index = index.await;
    let index = app.tried(caller, Act::Suspend, index).await?;
    Ok(Entered { index })
}

/// What other nodes call of the commission: the mirror's protocol, leases, shares. Each by its own leave of the peer's certificate.
pub(crate) fn node_routes(app: &Shared) -> Router {
    let Part::Commission(commission) = &app.part else {
        return Router::new();
    };
    commission
        .commission
        .router()
        .layer(from_fn_with_state(std::sync::Arc::clone(app), leave))
}

/// What a node needs to call each route of the commission, as it is matched. What is not here nobody may call.
const CALLS: [(&str, May); 10] = [
    ("/lease", May::Lease),
    ("/share", May::Share),
    ("/destroy", May::Share),
    ("/epoch-share", May::Share),
    ("/epoch-destroy", May::Share),
    ("/reidentify", May::Share),
    ("/add-checkpoint", May::Mirror),
    ("/add-entries", May::Mirror),
    ("/add-bodies", May::Mirror),
    ("/{origin}/{*file}", May::Read),
];

/// What a route needs; `None`: no leave is enough.
fn needs(matched: Option<&str>) -> Option<May> {
    let call = CALLS.iter().find(|(path, _)| Some(*path) == matched);
    call.map(|(_, may)| *may)
}

async fn leave(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let may = needs(matched.map(MatchedPath::as_str));
    let peer = app.peer(request.extensions().get::<Connection>());
    let refused = match (peer, may) {
        (Some(peer), Some(may)) if peer.may.contains(&may) => {
            let mut answer = next.run(request).await;
            answer.extensions_mut().insert(Verbatim);
            return answer;
        }
        (Some(peer), Some(may)) => format!("`{}` may not call `{}`", peer.name, may.word()),
        (Some(peer), None) => format!("`{}` may not call what no leave names", peer.name),
        (None, _) => "no certificate of a peer was shown".to_owned(),
    };
    Problem::new(Code::PeerNotAllowed, refused).into_response()
}

#[cfg(test)]
mod tests {
    use super::{CALLS, needs};
    use sakimori_control::commission::paths;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_of_the_commission_is_listed_with_the_leave_that_it_needs() {
        let listed: BTreeSet<&str> = CALLS.iter().map(|(path, _)| *path).collect();
        assert_eq!(listed, paths().collect());
        assert_eq!(listed.len(), CALLS.len(), "each once");
    }

    #[test]
    fn a_path_that_is_not_listed_nobody_may_call() {
        for path in ["/lease/", "/share2", "/", "/v1/due", "/LEASE"] {
            assert_eq!(needs(Some(path)), None, "{path}");
        }
        assert_eq!(needs(None), None);
    }
}
