//! Material that the council asks a member for (art. 45: a member complies unless it has just cause). In: what is asked and by when, the member's answer. Out: papers of the member. Never: a
//! request to who is no member; a refusal without its cause; an answer to another's request.

use super::{council, name, person_of, refused};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_custody::time::Seconds;
use sakimori_store::{Papers, Store, View};
use serde::{Deserialize, Serialize};

const ASKED: &str = "asked";
/// Longest line in bytes.
const LINE_BYTES_MAX: usize = 512;
/// Longest text in bytes.
const TEXT_BYTES_MAX: usize = 64 << 10;
/// Most requests of one member that wait.
const WAITING_MAX: u64 = 100;
/// Longest time to answer: a year.
const REPLY_SECONDS_MAX: u64 = 366 * 86_400;

/// What a member answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// The material, or where it is.
    Given(String),
    /// The just cause for which it is not given.
    Refused(String),
}

/// A request for material. States: `asked`, `given`, `refused`; due is when an answer is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaterialPaper {
    /// One line.
    pub subject: String,
    /// What is asked for, and what it is needed for.
    pub text: String,
    /// Who asks, of the office.
    pub asked_by: String,
    /// When it was asked.
    pub asked_at: u64,
    /// By when an answer is due, in seconds since 1970.
    pub reply_by: u64,
    /// The answer.
    pub reply: Option<Reply>,
    /// Who answered, as `MEMBER/PERSON`, and when.
    pub replied: Option<(String, u64)>,
}

impl Document for MaterialPaper {
    const KIND: &'static str = "council-material";
}

/// Whether a request stands open behind its day.
pub fn is_overdue(kept: &Written<MaterialPaper>, now: Seconds) -> bool {
    kept.state == ASKED && now.0 > kept.said.reply_by
}

fn text(field: &str, text: &str, most: usize) -> Result<(), LiaisonError> {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.trim().is_empty() || text.len() > most || text.chars().any(control) {
        return Err(refused(
            field,
            format!("is 1 to {most} bytes without control characters"),
        ));
    }
    Ok(())
}

/// Asks a member, `act.owner`, for material.
///
/// # Errors
/// [`LiaisonError::Refused`]: it is no member, or a field breaks a rule; [`LiaisonError::Full`]; what the store says.
pub async fn ask_for(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    id: &str,
    (subject, words): (&str, &str),
    reply_by: Seconds,
) -> Result<(), LiaisonError> {
    let member = name(act.owner)?;
    text("subject", subject, LINE_BYTES_MAX)?;
    if subject.contains('\n') {
        return Err(refused("subject", "is one line"));
    }
    text("text", words, TEXT_BYTES_MAX)?;
    if reply_by <= act.at || reply_by.0 - act.at.0 > REPLY_SECONDS_MAX {
        return Err(refused("reply_by", "lies ahead, a year at most"));
    }
    if !council(store).await?.is_member(&member, act.at) {
        return Err(refused("member", format!("{member} is no member")));
    }
    let states = store
        .states(View::Of(act.owner), MaterialPaper::KIND)
        .await?;
    let waiting = states.iter().filter(|(state, _)| state == ASKED);
    if waiting.map(|(_, count)| count).sum::<u64>() >= WAITING_MAX {
        return Err(LiaisonError::Full {
            what: "requests for material that wait",
            most: WAITING_MAX,
        });
    }
    let said = MaterialPaper {
        subject: subject.to_owned(),
        text: words.to_owned(),
        asked_by: act.by.to_owned(),
        asked_at: act.at.0,
        reply_by: reply_by.0,
        reply: None,
        replied: None,
    };
    let changes = [
        paper::first(act.owner, id, &said, act.standing(ASKED, Some(reply_by.0)))?,
        act.audit("ask-material", id, act.owner.to_owned()),
    ];
    Ok(store.apply(&changes).await?)
}

/// Keeps a member's answer; `act.owner` is the member, `person` who answers for it at its node `act.by`. It is given once.
///
/// # Errors
/// [`LiaisonError::Missing`] where the member has no such request; [`LiaisonError::Refused`] where it was answered, without words, or by who has no name; what the store says.
pub async fn reply(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    id: &str,
    (person, reply): (&str, Reply),
) -> Result<(), LiaisonError> {
    let person = person_of(act.owner, person)?;
    let kept = paper::newest::<MaterialPaper>(store, act.owner, id).await?;
    if kept.state != ASKED {
        return Err(refused("answer", "was given before"));
    }
    let (field, words, state) = match &reply {
        Reply::Given(words) => ("given", words, "given"),
        Reply::Refused(cause) => ("refused", cause, "refused"),
    };
    text(field, words, TEXT_BYTES_MAX)?;
    let said = MaterialPaper {
        reply: Some(reply.clone()),
        replied: Some((person.clone(), act.at.0)),
        ..kept.said.clone()
    };
    let changes = [
        kept.next(&said, act.standing(state, None))?,
        act.audit("answer-material", id, format!("{state} by {person}")),
    ];
    Ok(store.apply(&changes).await?)
}

/// Requests in a view, those that changed last first, at most 100 `before` a place: a member sees its own.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn materials(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    before: u64,
) -> Result<Vec<Written<MaterialPaper>>, LiaisonError> {
    let kept = store
        .latest(view, MaterialPaper::KIND, None, before)
        .await?;
    kept.into_iter().map(paper::read).collect()
}
