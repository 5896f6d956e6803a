//! Who is a member of the council. In: invitations of the office, answers of persons of a member's own node, as that node brings them. Out: the consent on record, then the membership. Never: a
//! member by the office's word; a consent that a machine or another's node brings.

use super::{CouncilEntered, NO_END, access, append};
use crate::api::office::{caller_id, office};
use crate::api::report::no;
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::State;
use axum::http::StatusCode;
use sakimori_access::{Act as Leave, Object};
use sakimori_control::journal::Deed;
use sakimori_control::tls::May;
use sakimori_custody::Recorded;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_liaison::asset::Act;
use sakimori_liaison::council;
use sakimori_store::Change;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who is invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCouncilMember {
    /// The operator, as its node is named; at most 24 characters.
    pub(crate) member: String,
}

/// A member's answer to its invitation, or its departure.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CouncilAnswer {
    /// The person of the member who says so, by the id at its own node.
    pub(crate) by: String,
}

/// Where a member stands with the council.
#[derive(Serialize, ToSchema)]
pub(crate) struct CouncilStanding {
    /// `member`, `invited`, `declined`, `left` or `none`.
    state: &'static str,
    /// Who invited it.
    invited_by: Option<String>,
    /// When it was invited, or since when it is a member.
    since: Option<String>,
    /// Who consented for it.
    consented_by: Option<String>,
    /// Index of the log entry of its consent.
    consent: Option<u64>,
}

pub(super) fn name(field: &str, text: &str) -> Answer<Name> {
    let bad = |e| Problem::new(Code::Refused, format!("{field}: {e}"));
    text.parse().map_err(bad)
}

/// The member whose own node calls. A machine answers for nobody.
pub(super) fn node_of(caller: &Caller) -> Answer<Name> {
    match caller {
        Caller::Peer(peer) if peer.may.contains(&May::Report) => name("member", &peer.name),
        Caller::Peer(peer) => {
            let detail = format!("`{}` may not call `{}`", peer.name, May::Report.word());
            Err(Problem::new(Code::PeerNotAllowed, detail))
        }
        Caller::Known { .. } => {
            let detail = "a member's own node alone brings what its people answer";
            Err(Problem::new(Code::NotAllowed, detail))
        }
        Caller::Stranger => Err(Problem::new(Code::NotSignedIn, "")),
    }
}

/// Invites an operator to the council. It is a member once a person of its own node consented.
#[utoipa::path(post, path = "/v1/council/members", tag = "council", request_body = NewCouncilMember,
    responses(
        (status = 204, description = "It is invited; its node asks for it."),
        (status = 422, description = "It is a member or is invited, or its name is none.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn invite(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewCouncilMember>,
) -> Answer<StatusCode> {
    app.require(&caller, Leave::HandleReport, &Object::any())
        .await?;
    let member = name("member", &new.member)?;
    // The log knows it as `council.NAME`.
    name("member", &format!("council.{member}"))?;
    let by = caller_id(&caller);
    let act = Act {
        owner: member.as_str(),
        by: &by,
        at: app.host.seconds(),
    };
    let invited = council::invite(app.store.as_ref(), act).await;
    invited.map_err(|e| no(&e))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the consent of a person of the member's own node, brought by that node. It is on record, with who invited and who consented, before it counts.
#[utoipa::path(post, path = "/v1/council/consent", tag = "council", request_body = CouncilAnswer,
    responses(
        (status = 200, description = "It is a member.", body = CouncilEntered),
        (status = 404, description = "Nobody invited it.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn consent(
    State(app): State<Shared>,
    caller: Caller,
    Json(said): Json<CouncilAnswer>,
) -> Answer<Said<CouncilEntered>> {
    let member = node_of(&caller)?;
    let person = name("by", &said.by)?;
    let store = app.store.as_ref();
    let kept = council::invitation(store, member.as_str()).await;
    let kept = kept.map_err(|e| no(&e))?;
    let node = caller_id(&caller);
    let act = Act {
        owner: member.as_str(),
        by: &node,
        at: app.host.seconds(),
    };
    // Whoever answers first has answered. One that stopped before its membership is taken up here as it was said; its entry may then be there twice, and the membership names the last.
    let answered = council::answered(store, act, (&kept, person.as_str()), true).await;
    answered.map_err(|e| no(&e))?;
    let kept = council::invitation(store, member.as_str()).await;
    let kept = kept.map_err(|e| no(&e))?;
    // The name of the member stands before that of its person: the log's other names are of the office's people.
    let person = kept.said.answered_by.as_deref().unwrap_or_default();
    let person = person.split_once('/').map_or(person, |(_, person)| person);
    let by = [kept.said.invited_by.as_str(), member.as_str(), person];
    let deed = Deed {
        kind: EntryType::Access,
        authority: [0; 32],
        counters: Vec::new(),
        body: access(member.as_str(), "granted", NO_END, &by)?,
    };
    let entry = app.blocking(move |app| append(app, office(&app.part)?, deed));
    let entry = entry.await?;
    let joined = council::join(store, act, &kept, Recorded::at(entry)).await;
    joined.map_err(|e| no(&e))?;
    Ok(Said(CouncilEntered {
        member: member.to_string(),
        entry,
    }))
}

/// Takes the word of a person of the invited one's own node that it does not join.
#[utoipa::path(post, path = "/v1/council/refusal", tag = "council", request_body = CouncilAnswer,
    responses(
        (status = 204, description = "It does not join."),
        (status = 404, description = "Nobody invited it.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn decline(
    State(app): State<Shared>,
    caller: Caller,
    Json(said): Json<CouncilAnswer>,
) -> Answer<StatusCode> {
    let member = node_of(&caller)?;
    let person = name("by", &said.by)?;
    let store = app.store.as_ref();
    let kept = council::invitation(store, member.as_str()).await;
    let kept = kept.map_err(|e| no(&e))?;
    let node = caller_id(&caller);
    let act = Act {
        owner: member.as_str(),
        by: &node,
        at: app.host.seconds(),
    };
    let answered = council::answered(store, act, (&kept, person.as_str()), false).await;
    answered.map_err(|e| no(&e))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the word of a person of a member's own node that it leaves. What it was given stays with it.
#[utoipa::path(post, path = "/v1/council/departure", tag = "council", request_body = CouncilAnswer,
    responses(
        (status = 204, description = "It has left."),
        (status = 404, description = "It is no member.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn depart(
    State(app): State<Shared>,
    caller: Caller,
    Json(said): Json<CouncilAnswer>,
) -> Answer<StatusCode> {
    let member = node_of(&caller)?;
    let person = name("by", &said.by)?;
    let node = caller_id(&caller);
    gone(&app, &member, (&node, Some(person.as_str()))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a membership; the log is told in the same transaction's wake. `person` said so, where it is one of the member's node `by`.
pub(super) async fn gone(
    app: &App,
    member: &Name,
    (by, person): (&str, Option<&str>),
) -> Answer<()> {
    let now = app.host.seconds();
    let council = super::council_of(app).await?;
    if !council.is_member(member, now) {
        return Err(Problem::new(Code::NotFound, "no such member"));
    }
    let act = Act {
        owner: member.as_str(),
        by,
        at: now,
    };
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    let named: Vec<&str> = [Some(by), person].into_iter().flatten().collect();
    let entry = Change::Outgo {
        id: hex(&app.host.bytes::<16>().map_err(fault)?),
        kind: u16::from(EntryType::Access.code()),
        body: access(member.as_str(), "ended", act.at, &named)?,
        created: act.at.0,
    };
    let left = council::leave(app.store.as_ref(), act, person, entry).await;
    left.map_err(|e| no(&e))
}

/// Where the caller's operator stands with the council.
#[utoipa::path(get, path = "/v1/council/standing", tag = "council",
    responses((status = 200, description = "Its own standing.", body = CouncilStanding)))]
pub(crate) async fn standing(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<Said<CouncilStanding>> {
    let member = node_of(&caller)?;
    let stands = council::standing(app.store.as_ref(), member.as_str()).await;
    let stands = stands.map_err(|e| no(&e))?;
    let member = stands.member.as_ref().filter(|_| stands.is_member());
    let invitation = stands.invitation.as_ref();
    let since = member.map(|kept| kept.said.since);
    let since = since.or_else(|| invitation.map(|kept| kept.said.since));
    Ok(Said(CouncilStanding {
        state: stands.word(),
        invited_by: invitation.map(|kept| kept.said.invited_by.clone()),
        since: since.map(|at| Seconds(at).to_string()),
        consented_by: member.map(|kept| kept.said.by.clone()),
        consent: member.map(|kept| kept.said.consent),
    }))
}
