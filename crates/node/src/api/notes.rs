//! Signed notes that become entries at the office: decisions, rulings, suspensions, urgent statements. In: a note, from a person who may bring it or from the node of the side that
//! signed it. Out: the index of its entry. Never: a note on record whose signatures do not make it what it says.

use super::office::{Entered, office};
use crate::app::{Caller, Shared};
use crate::extract::NoteBody;
use crate::part::{OfficePart, refused};
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json;
use axum::extract::State;
use sakimori_access::{Act, Object};
use sakimori_authority::statement::Statement;
use sakimori_authority::{Ruling, Suspension};
use sakimori_control::error::told;
use sakimori_control::office as cases;
use sakimori_control::tls::May;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::SensorId;
use sakimori_custody::time::Seconds;
use serde::Serialize;
use utoipa::ToSchema;

/// A decision on record, with its leases.
#[derive(Serialize, ToSchema)]
pub(crate) struct InForce {
    /// Index of its entry.
    index: u64,
    /// The authority's id.
    authority: String,
    /// Sensor and last second of each lease.
    leases: Vec<(String, String)>,
}

async fn may_bring(app: &Shared, caller: &Caller, act: Act) -> Answer<()> {
    app.require_or_peer(caller, act, May::Entries).await
}

fn broken(error: &dyn std::error::Error) -> Problem {
    Problem::new(Code::NotInForce, told(error))
}

fn submitted(office: &OfficePart, note: &[u8]) -> Answer<InForce> {
    let done = cases::submit(office.node(), office.host(), note).map_err(|e| refused(&e))?;
    office.settle()?;
    let lease = |(sensor, until): &(SensorId, Seconds)| (sensor.to_string(), until.to_string());
    Ok(InForce {
        index: done.index,
        authority: done.statement.id.to_string(),
        leases: done.leases.iter().map(lease).collect(),
    })
}

/// Takes a signed statement: it is entered, gets its leases, and its sensors' folders are written.
#[utoipa::path(post, path = "/v1/decisions", tag = "notes", request_body(content = String, content_type = "text/plain"), responses(
    (status = 200, description = "It is on record.", body = InForce),
    (status = 403, description = "It is not in force, or the caller may not.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn decision(
    State(app): State<Shared>,
    caller: Caller,
    note: NoteBody,
) -> Answer<Json<InForce>> {
    may_bring(&app, &caller, Act::SignAgreement).await?;
    let done = app.blocking(move |app| {
        let office = office(&app.part)?;
        let checked = Statement::check(&note.bytes, &office.trust_root());
        let (statement, _) = checked.map_err(|e| broken(&e))?;
        if statement.is_urgent() {
            return Err(Problem::new(Code::Refused, "this is brought to /v1/urgent"));
        }
        submitted(office, &note.bytes)
    });
    let done = done.await;
    app.tried(&caller, Act::SignDecision, done).await.map(Json)
}

/// Takes a ruling of a sitting.
#[utoipa::path(post, path = "/v1/rulings", tag = "notes", request_body(content = String, content_type = "text/plain"), responses(
    (status = 200, description = "It is on record.", body = Entered),
    (status = 403, description = "It is not in force, or the caller may not.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn ruling(
    State(app): State<Shared>,
    caller: Caller,
    note: NoteBody,
) -> Answer<Json<Entered>> {
    may_bring(&app, &caller, Act::Suspend).await?;
    let index = app.blocking(move |app| {
        let office = office(&app.part)?;
        Ruling::check(&note.bytes, &office.trust_root()).map_err(|e| broken(&e))?;
        office.enter(&note.bytes)
    });
    let index = index.await;
    let index = app.tried(&caller, Act::SignDecision, index).await?;
    Ok(Json(Entered { index }))
}

/// Takes a suspension or its end: it reaches running sensors within seconds.
#[utoipa::path(post, path = "/v1/suspensions", tag = "notes", request_body(content = String, content_type = "text/plain"), responses(
    (status = 200, description = "It is on record and with the sensors.", body = Entered),
    (status = 403, description = "It is not signed by the right key, or the caller may not.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn suspension(
    State(app): State<Shared>,
    caller: Caller,
    note: NoteBody,
) -> Answer<Json<Entered>> {
    if let Caller::Peer(peer) = &caller
        && peer.may.contains(&May::Suspend)
    {
        // An operator's node brings its own party's notes; the signature decides.
    } else {
        may_bring(&app, &caller, Act::Suspend).await?;
    }
    let index = app.blocking(move |app| {
        Suspension::parse(note.note.text()).map_err(|e| Problem::new(Code::NotANote, e))?;
        office(&app.part)?.enter(&note.bytes)
    });
    let index = index.await;
    let index = app.tried(&caller, Act::Suspend, index).await?;
    Ok(Json(Entered { index }))
}

/// Takes a schedule, a software note or a version of the trust root, with the signatures that its kind needs.
#[utoipa::path(post, path = "/v1/rules", tag = "notes", request_body(content = String, content_type = "text/plain"), responses(
    (status = 200, description = "It is on record.", body = Entered),
    (status = 403, description = "It is not in force, or the caller may not.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn rules(
    State(app): State<Shared>,
    caller: Caller,
    note: NoteBody,
) -> Answer<Json<Entered>> {
    may_bring(&app, &caller, Act::SignSchedule).await?;
    let index = app.blocking(move |app| {
        let kind = cases::check_text(note.note.text()).map_err(|e| refused(&e))?;
        if !matches!(
            kind,
            EntryType::Schedule | EntryType::Software | EntryType::TrustRoot
        ) {
            return Err(Problem::new(
                Code::Refused,
                "this note is brought elsewhere",
            ));
        }
        office(&app.part)?.enter(&note.bytes)
    });
    let index = index.await;
    let index = app.tried(&caller, Act::SignSchedule, index).await?;
    Ok(Json(Entered { index }))
}

/// Takes an urgent statement of two officers. Off unless the schedule in force switches it on.
#[utoipa::path(post, path = "/v1/urgent", tag = "notes", request_body(content = String, content_type = "text/plain"), responses(
    (status = 200, description = "It is on record and with its sensors.", body = InForce),
    (status = 403, description = "It is not in force, or the caller may not.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn urgent(
    State(app): State<Shared>,
    caller: Caller,
    note: NoteBody,
) -> Answer<Json<InForce>> {
    app.require(&caller, Act::InvokeUrgent, &Object::any())
        .await?;
    let done = app.blocking(move |app| {
        let office = office(&app.part)?;
        let checked = Statement::check(&note.bytes, &office.trust_root());
        let (statement, _) = checked.map_err(|e| broken(&e))?;
        if !statement.is_urgent() {
            return Err(Problem::new(
                Code::Refused,
                "this is brought to /v1/decisions",
            ));
        }
        submitted(office, &note.bytes)
    });
    let done = done.await;
    app.tried(&caller, Act::InvokeUrgent, done).await.map(Json)
}
