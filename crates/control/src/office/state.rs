//! Where requests and authorities stand. In: the book, a time. Out: states in one word each. Never: a wish shown as what is: whether a sensor runs is what the sensor acknowledged last.

use super::record;
use crate::error::ControlError;
use crate::layout::Node;
use sakimori_custody::ids::{AuthorityId, Name, SensorId, hex};
use sakimori_custody::time::Seconds;
use sakimori_oversight::book::{Authority, Book, Held, Outcome, Request, UrgentEnd};

/// A request and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingRequest {
    /// Index of its entry.
    pub index: u64,
    /// Leaf hash in hex, by which statements name it.
    pub request: String,
    /// What kind of decision it asks for.
    pub kind: String,
    /// Who asked.
    pub requester: Option<Name>,
    /// When.
    pub time: Seconds,
    /// `submitted`, `questioned`, `approved`, `approved-with-conditions`, `refused`, `ruled`.
    pub state: &'static str,
    /// Questions that wait for an answer: index, due time, text.
    pub open: Vec<(u64, Seconds, String)>,
    /// The authority that it asked for, where it did.
    pub authority: Option<AuthorityId>,
}

/// What a sensor acknowledged last: its state, the last second of its lease, why.
pub type Said = (Held, Seconds, String);

/// An authority and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub authority: AuthorityId,
    /// Kind.
    pub kind: String,
    /// First and last second.
    pub period: (Seconds, Seconds),
    /// `waiting`, `not-begun`, `active`, `quarantined`, `suspended`, `revoked`, `lapsed`, `ended`.
    pub state: &'static str,
    /// What each sensor acknowledged last, with its lease's last second; nothing for one that never ran.
    pub sensors: Vec<(SensorId, Option<Said>)>,
    /// The authority that it renews, and the one that renews it.
    pub renews: (Option<AuthorityId>, Option<AuthorityId>),
}

fn request_state(book: &Book, request: &Request) -> &'static str {
    match request.outcome {
        Some((_, Outcome::Refused(_))) => "refused",
        Some((_, Outcome::Ruled(_))) => "ruled",
        Some((_, Outcome::Granted(id))) => {
            let asked = request
                .draft
                .as_ref()
                .map(|draft| draft.conditions.as_str());
            let given = book.authority(id).map(|a| a.statement.conditions.as_str());
            if asked == given {
                "approved"
            } else {
                "approved-with-conditions"
            }
        }
        None if request.open_questions().next().is_some() => "questioned",
        None => "submitted",
    }
}

fn authority_state(book: &Book, authority: &Authority, now: Seconds) -> &'static str {
    let statement = &authority.statement;
    let urgent = book.urgent_list().get(&statement.id);
    if matches!(
        urgent.and_then(|u| u.end),
        Some(UrgentEnd::Refused(..) | UrgentEnd::Lapsed(..))
    ) {
        return "lapsed";
    }
    if authority.revoked.is_some() {
        return "revoked";
    }
    if now > statement.not_after {
        return "ended";
    }
    if authority.suspended.is_some() {
        return "suspended";
    }
    if authority.waits {
        return "waiting";
    }
    if now < statement.not_before {
        return "not-begun";
    }
    match urgent {
        Some(urgent) if urgent.end.is_none() => "quarantined",
        _ => "active",
    }
}

/// Every request on record, the newest last.
///
/// # Errors
/// [`ControlError::Ledger`].
pub fn standing_requests(node: &Node) -> Result<Vec<StandingRequest>, ControlError> {
    let book = record::book(node)?;
    let standing = |request: &Request| StandingRequest {
        index: request.index,
        request: hex(&request.leaf),
        kind: request.kind.clone(),
        requester: request.requester.clone(),
        time: request.time,
        state: request_state(&book, request),
        open: request
            .open_questions()
            .map(|post| (post.index, post.due.unwrap_or_default(), post.text.clone()))
            .collect(),
        authority: request.draft.as_ref().map(|draft| draft.id),
    };
    Ok(book.request_list().values().map(standing).collect())
}

/// Every authority on record and in force, by when it was entered.
///
/// # Errors
/// [`ControlError::Ledger`].
pub fn standing(node: &Node, now: Seconds) -> Result<Vec<Standing>, ControlError> {
    let book = record::book(node)?;
    let mut all: Vec<&Authority> = book.authority_list().values().collect();
    all.sort_unstable_by_key(|authority| authority.index);
    let standing = |authority: &Authority| {
        let statement = &authority.statement;
        let sensors = statement.sensors.iter().map(|sensor| {
            let said = authority.acknowledged.get(sensor);
            let said = said.map(|said| (said.state, said.not_after, said.reason.clone()));
            (sensor.clone(), said)
        });
        Standing {
            authority: statement.id,
            kind: statement.kind.to_string(),
            period: (statement.not_before, statement.not_after),
            state: authority_state(&book, authority, now),
            sensors: sensors.collect(),
            renews: (statement.replaces, authority.renewed_by),
        }
    };
    Ok(all.into_iter().map(standing).collect())
}
