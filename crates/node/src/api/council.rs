//! The council (協議会, Act 42/2025 art. 45). In: consents, submissions of members' nodes and of the office, releases of a supervisor. Out: log entries, then copies, each with the opinion
//! on handling and, where that was overridden, who did so and why. Never: a copy for who is no member, or before its entry is on record; an override without a reason.
//!
//! A membership is an access entry of the log: role `council-member` of `council.NAME`, by who invited it, the member and its person who consented. It has no end of its own; leaving ends it.

pub(crate) mod materials;
pub(crate) mod members;
pub(crate) mod operator;
mod ours;
pub(crate) mod web;

pub use ours::{council_of_us, products_of_us, tell_council};

use super::asset::Rows;
use super::office::{caller_id, office};
use super::report::{no, operator_calling};
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::part::OfficePart;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use sakimori_access::{Act as Leave, Object};
use sakimori_control::journal::Deed;
use sakimori_custody::Recorded;
use sakimori_custody::class::Class;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_liaison::asset::Act;
use sakimori_liaison::council::{self, COPIES_MAX, SaidOpinion, SubmissionPaper, Waiting};
use sakimori_liaison::paper::Written;
use sakimori_liaison::product::Denied;
use sakimori_liaison::share::council::Copy;
use sakimori_release::condition::{Condition, ConditionKind};
use sakimori_release::council::Council;
use sakimori_release::record::Record;
use sakimori_release::{PseudonymKey, Recipient, RecipientKind, Request, Tlp};
use sakimori_store::{NEWEST, View};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Under whose name the office submits.
const OFFICE: &str = "office";
/// The last second of the year 9999: an entry of access names an end, and a membership has none.
const NO_END: Seconds = Seconds(253_402_300_799);

/// The office's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(members::invite, members))
        .routes(routes!(members::consent))
        .routes(routes!(members::decline))
        .routes(routes!(members::depart))
        .routes(routes!(members::standing))
        .routes(routes!(materials::ask, materials::list))
        .routes(routes!(materials::answer))
        .routes(routes!(leave))
        .routes(routes!(submit, submissions))
        .routes(routes!(release))
        .routes(routes!(copies))
        .routes(routes!(counts))
}

/// From which place on.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Before {
    /// Rows before this place.
    before: Option<u64>,
}

/// A membership that is on record.
#[derive(Serialize, ToSchema)]
pub(crate) struct CouncilEntered {
    /// The member.
    member: String,
    /// Index of the log entry of its consent.
    entry: u64,
}

fn name(field: &str, text: &str) -> Answer<Name> {
    let bad = |e| Problem::new(Code::Refused, format!("{field}: {e}"));
    text.parse().map_err(bad)
}

/// What the log is told of a membership or its end.
fn access(member: &str, act: &str, until: Seconds, by: &[&str]) -> Answer<Vec<u8>> {
    let person = name("member", &format!("council.{member}"))?;
    let body = json!({
        "person": person.as_str(), "act": act, "roles": ["council-member"], "clearance": [],
        "until": until.to_string(), "by": by,
    });
    Ok(body.to_string().into_bytes())
}

fn append(app: &App, office: &OfficePart, deed: Deed) -> Answer<u64> {
    let entry = crate::outbox::made(&app.host, &office.signer()?, deed)?;
    office.append_own(&entry.leaf, &entry.stored)
}

/// Brings the gate's record into the log.
fn judged(app: &App, record: &Record) -> Answer<u64> {
    let deed = Deed {
        kind: EntryType::Release,
        authority: [0; 32],
        counters: record.counters.to_vec(),
        body: record.body.clone(),
    };
    append(app, office(&app.part)?, deed)
}

async fn council_of(app: &App) -> Answer<Council> {
    let council = council::council(app.store.as_ref()).await;
    council.map_err(|e| no(&e))
}

/// A member leaves: from then on it is given nothing and submits nothing. What it was given stays with it.
#[utoipa::path(post, path = "/v1/council/members/{member}/departure", tag = "council", params(("member" = String, Path)),
    responses(
        (status = 204, description = "It has left."),
        (status = 404, description = "It is no member.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn leave(
    State(app): State<Shared>,
    caller: Caller,
    Path(member): Path<String>,
) -> Answer<StatusCode> {
    app.require(&caller, Leave::HandleReport, &Object::any())
        .await?;
    let by = caller_id(&caller);
    members::gone(&app, &name("member", &member)?, (&by, None)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All who are, were or are invited to be members.
#[utoipa::path(get, path = "/v1/council/members", tag = "council",
    responses((status = 200, description = "Members by name, then who is invited.", body = Rows)))]
pub(crate) async fn members(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    app.require(&caller, Leave::HandleReport, &Object::any())
        .await?;
    let invited = council::invitations(app.store.as_ref()).await;
    let invited = invited.map_err(|e| no(&e))?.into_iter().map(|kept| {
        json!({
            "member": kept.owner, "state": "invited", "invited_by": kept.said.invited_by,
            "since": Seconds(kept.said.since).to_string(),
        })
    });
    let all = council::members(app.store.as_ref()).await;
    let rows = all.map_err(|e| no(&e))?.into_iter().map(|kept| {
        json!({
            "member": kept.owner, "state": kept.state, "consented_by": kept.said.by, "consent": kept.said.consent,
            "since": Seconds(kept.said.since).to_string(), "left": kept.said.left.map(|left| Seconds(left).to_string()),
        })
    });
    Ok(Said(Rows {
        rows: rows.chain(invited).collect(),
    }))
}

/// How it is to be handled.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CouncilOpinion {
    /// In words.
    #[schema(max_length = 4096)]
    text: String,
    /// For these members alone, where some are named.
    #[serde(default)]
    members: Option<Vec<String>>,
    /// With no looser marking than this.
    tlp: String,
}

/// What is submitted to the council.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CouncilSubmission {
    /// As what: `integrated-controlled` with secrets, `public-notice` without. Other classes are refused by the gate.
    class: String,
    /// What it says.
    #[schema(max_length = 65_536)]
    words: String,
    /// How far it may go: `clear`, `green`, `amber`, `amber+strict`, `red`.
    tlp: String,
    /// What may be done with it: `clear`, `green`, `amber`, `red`.
    pap: String,
    /// The opinion on handling; it is shown on every copy.
    #[serde(default)]
    opinion: Option<CouncilOpinion>,
}

impl CouncilSubmission {
    fn paper(self) -> SubmissionPaper {
        let opinion = self.opinion.map(|opinion| SaidOpinion {
            text: opinion.text,
            members: opinion.members,
            tlp: opinion.tlp,
        });
        SubmissionPaper {
            class: self.class,
            words: self.words,
            tlp: self.tlp,
            pap: self.pap,
            opinion,
            entry: None,
        }
    }
}

/// A submission that is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct CouncilSubmitted {
    /// Who submitted it.
    submitter: String,
    /// Its id among the submitter's.
    id: String,
}

fn key(app: &App) -> Answer<PseudonymKey> {
    // What the council is given here holds no tag, so that the key makes none.
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    Ok(PseudonymKey::new(app.host.bytes().map_err(fault)?))
}

/// A gate's refusal is put on record before it is told.
async fn denied(app: &Shared, denied: Denied) -> Problem {
    match denied {
        Denied::Wrong(error) => no(&error),
        Denied::Refused(refusal) => {
            let record = refusal.record.clone();
            match app.blocking(move |app| judged(app, &record)).await {
                Ok(_) => Problem::new(Code::Refused, refusal),
                Err(problem) => problem,
            }
        }
    }
}

fn all_of(council: &Council, now: Seconds) -> Vec<Name> {
    let names = council.members().keys();
    names
        .filter(|name| council.is_member(name, now))
        .cloned()
        .collect()
}

fn recipients(names: &[Name]) -> Vec<Recipient> {
    let each = names.iter().cloned();
    each.map(|name| Recipient::new(RecipientKind::Council, name))
        .collect()
}

/// Submits something to the council: a member's node in its own name, an officer in the office's. It waits until a supervisor lets it go.
#[utoipa::path(post, path = "/v1/council/submissions", tag = "council", request_body = CouncilSubmission,
    responses(
        (status = 200, description = "It waits.", body = CouncilSubmitted),
        (status = 403, description = "The caller is no member.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule, or the gate refuses its class.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn submit(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<CouncilSubmission>,
) -> Answer<Said<CouncilSubmitted>> {
    let operator = operator_calling(&app, &caller).await?;
    let (council, now) = (council_of(&app).await?, app.host.seconds());
    let submitter = match operator {
        Some(operator) if council.is_member(&operator, now) => operator,
        Some(_) => return Err(Problem::new(Code::NotAllowed, "the caller is no member")),
        None => name("submitter", OFFICE)?,
    };
    let by = caller_id(&caller);
    let request = Request {
        actor: submitter.clone(),
        basis: "Act 42/2025 art. 45, submission to the council".to_owned(),
        rights: "It is looked at before it is let go.".to_owned(),
        recipients: recipients(&all_of(&council, now)),
        conditions: Vec::new(),
        transforms: Vec::new(),
        now,
    };
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    let id = format!("s-{}", hex(&app.host.bytes::<8>().map_err(fault)?));
    let act = Act {
        owner: submitter.as_str(),
        by: &by,
        at: now,
    };
    let (key, paper) = (key(&app)?, new.paper());
    let kept = council::submit(app.store.as_ref(), act, (&id, &paper), (&request, &key)).await;
    if let Err(why) = kept {
        return Err(denied(&app, why).await);
    }
    Ok(Said(CouncilSubmitted {
        submitter: submitter.to_string(),
        id,
    }))
}

/// Submissions, those that changed last first: a member's node its own, officers all.
#[utoipa::path(get, path = "/v1/council/submissions", tag = "council", params(Before),
    responses((status = 200, description = "At most 100.", body = Rows)))]
pub(crate) async fn submissions(
    State(app): State<Shared>,
    caller: Caller,
    Query(Before { before }): Query<Before>,
) -> Answer<Said<Rows>> {
    let operator = operator_calling(&app, &caller).await?;
    let view = operator
        .as_ref()
        .map_or(View::All, |o| View::Of(o.as_str()));
    let kept = council::submissions(app.store.as_ref(), view, before.unwrap_or(NEWEST)).await;
    let rows = kept.map_err(|e| no(&e))?.into_iter().map(|kept| {
        json!({
            "place": kept.sequence, "submitter": kept.owner, "id": kept.id, "state": kept.state,
            "at": Seconds(kept.at).to_string(), "submission": kept.said,
        })
    });
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}

/// How a submission is let go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CouncilRelease {
    /// To these members; without it, to those whom the opinion names, or else to all. The submitter itself is given none unless it is named.
    #[serde(default)]
    #[schema(max_items = 200)]
    members: Option<Vec<String>>,
    /// On which basis of the law.
    basis: String,
    /// How the rights of communication parties were considered.
    rights: String,
    /// Why the opinion is overridden, where it is; told on each copy and counted.
    #[serde(default)]
    #[schema(max_length = 4096)]
    override_reason: Option<String>,
    /// A collection (TAXII) of the council that it goes into too, by id; each of its readers has to read for one of those members.
    #[serde(default)]
    collection: Option<String>,
}

/// A submission that was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct CouncilGiven {
    /// Index of its log entry.
    entry: u64,
    /// How many members have a copy.
    given: u64,
    /// Whether it was given against the opinion.
    overridden: bool,
}

impl CouncilRelease {
    fn members(&self, kept: &Written<SubmissionPaper>, all: &[Name]) -> Answer<Vec<Name>> {
        let opinion = kept.said.opinion.as_ref();
        let named = self.members.as_ref();
        let named = named.or_else(|| opinion.and_then(|opinion| opinion.members.as_ref()));
        let members: Vec<Name> = if let Some(named) = named {
            let each = named.iter().map(|member| name("members", member));
            each.collect::<Answer<_>>()?
        } else {
            let others = all.iter().filter(|name| name.as_str() != kept.owner);
            others.cloned().collect()
        };
        if members.len() > COPIES_MAX {
            let detail = format!("members: {COPIES_MAX} at most");
            return Err(Problem::new(Code::Refused, detail));
        }
        Ok(members)
    }

    /// What the gate is asked; an override is said of each member, for this minute.
    fn request(&self, by: &str, members: &[Name], now: Seconds) -> Answer<Request> {
        let actor = name("actor", by)?;
        let mut conditions = Vec::new();
        for member in members.iter().filter(|_| self.override_reason.is_some()) {
            let reason = self.override_reason.as_deref().unwrap_or_default();
            let condition = Condition::new(
                ConditionKind::OpinionOverride,
                actor.clone(),
                Some(member.clone()),
                [now, now.plus(60)],
                reason,
            );
            let bad = |e| Problem::new(Code::Refused, format!("override_reason: {e}"));
            conditions.push(condition.map_err(bad)?);
        }
        Ok(Request {
            actor,
            basis: self.basis.clone(),
            rights: self.rights.clone(),
            recipients: recipients(members),
            conditions,
            transforms: Vec::new(),
            now,
        })
    }
}

/// Lets a submission go to members: the gate judges it, its entry is put on record, then each has a copy with the opinion. Against the opinion it goes with a reason alone.
#[utoipa::path(post, path = "/v1/council/submissions/{submitter}/{id}/release", tag = "council", params(("submitter" = String, Path), ("id" = String, Path)), request_body = CouncilRelease,
    responses(
        (status = 200, description = "It is on record and given.", body = CouncilGiven),
        (status = 404, description = "No such submission.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "The gate refuses, or it was given before.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn release(
    State(app): State<Shared>,
    caller: Caller,
    Path((submitter, id)): Path<(String, String)>,
    Json(new): Json<CouncilRelease>,
) -> Answer<Said<CouncilGiven>> {
    app.require(&caller, Leave::ReleaseProduct, &Object::any())
        .await?;
    let by = caller_id(&caller);
    let kept = council::submission(app.store.as_ref(), &submitter, &id).await;
    let kept = kept.map_err(|e| no(&e))?;
    let (mut council, now) = (council_of(&app).await?, app.host.seconds());
    let members = new.members(&kept, &all_of(&council, now))?;
    if let Some(collection) = &new.collection {
        let tlp = Tlp::from_name(&kept.said.tlp).unwrap_or(Tlp::Red);
        let class = Class::from_name(&kept.said.class).unwrap_or(Class::Acquired);
        taxii(&app)?.suits_council(collection, (class, tlp), &members)?;
    }
    let request = new.request(&by, &members, now)?;
    let waiting: Waiting = match council::ask(&kept, &council, (&request, &key(&app)?)) {
        Ok(waiting) => waiting,
        Err(why) => return Err(denied(&app, why).await),
    };
    let record = waiting.record().clone();
    let entry = app.blocking(move |app| judged(app, &record)).await?;
    let act = Act {
        owner: OFFICE,
        by: &by,
        at: now,
    };
    let reason = new.override_reason.as_deref();
    let under = (Recorded::at(entry), &mut council);
    let store = app.store.as_ref();
    let given = council::give_submission(store, act, (&kept, waiting), under, reason).await;
    let (given, overridden) = given.map_err(|e| no(&e))?;
    let against = overridden.then(|| (by, new.override_reason.unwrap_or_default()));
    share(&app, new.collection, (kept, entry, against)).await?;
    Ok(Said(CouncilGiven {
        entry,
        given,
        overridden,
    }))
}

fn taxii(app: &App) -> Answer<&crate::taxii::Taxii> {
    let none = || Problem::new(Code::NotFound, "this node has no collections");
    app.taxii.as_deref().ok_or_else(none)
}

/// Puts a submission that was given into a collection, with its opinion; nothing where none was named.
async fn share(
    app: &Shared,
    collection: Option<String>,
    (kept, entry, against): (Written<SubmissionPaper>, u64, Option<(String, String)>),
) -> Answer<()> {
    let Some(collection) = collection else {
        return Ok(());
    };
    let added = app.blocking(move |app| {
        let against = against.as_ref();
        let copy = Copy {
            submitter: &kept.owner,
            words: &kept.said.words,
            tlp: Tlp::from_name(&kept.said.tlp).unwrap_or(Tlp::Red),
            opinion: kept.said.opinion.as_ref().map(|said| said.text.as_str()),
            overridden: against.map(|(by, why)| (by.as_str(), why.as_str())),
            entry,
        };
        taxii(app)?.give_council(app, &collection, &copy)
    });
    added.await.map(|_| ())
}

/// Copies, the newest first: a member's node its own, officers all.
#[utoipa::path(get, path = "/v1/council/copies", tag = "council", params(Before),
    responses((status = 200, description = "At most 100, each with opinion, marking, and who overrode the opinion why.", body = Rows)))]
pub(crate) async fn copies(
    State(app): State<Shared>,
    caller: Caller,
    Query(Before { before }): Query<Before>,
) -> Answer<Said<Rows>> {
    let operator = operator_calling(&app, &caller).await?;
    let view = operator
        .as_ref()
        .map_or(View::All, |o| View::Of(o.as_str()));
    let kept = council::copies(app.store.as_ref(), view, before.unwrap_or(NEWEST)).await;
    let rows = kept.map_err(|e| no(&e))?.into_iter().map(|kept| {
        json!({
            "place": kept.sequence, "member": kept.owner, "id": kept.id, "at": Seconds(kept.at).to_string(),
            "copy": kept.said,
        })
    });
    Ok(Said(Rows {
        rows: rows.collect(),
    }))
}

/// How often something was given to the council.
#[derive(Serialize, ToSchema)]
pub(crate) struct CouncilCounts {
    /// Members now.
    members: u64,
    /// How often something was given.
    given: u64,
    /// How often of these against an opinion.
    overridden: u64,
}

/// Members, what was given, and how often an opinion was overridden.
#[utoipa::path(get, path = "/v1/council/counts", tag = "council",
    responses((status = 200, description = "Numbers alone.", body = CouncilCounts)))]
pub(crate) async fn counts(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<Said<CouncilCounts>> {
    app.require(&caller, Leave::HandleReport, &Object::any())
        .await?;
    let council = council_of(&app).await?;
    let members = all_of(&council, app.host.seconds()).len() as u64;
    let counted = council::overrides(app.store.as_ref()).await;
    let (given, overridden) = counted.map_err(|e| no(&e))?;
    Ok(Said(CouncilCounts {
        members,
        given,
        overridden,
    }))
}
