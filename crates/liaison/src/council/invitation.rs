//! How somebody becomes a member: the office invites, a person of the member's own node consents (art. 45: others join with their consent). In: who invites, who answers. Out: papers of the
//! member. Never: a member by the office's word alone; a person of a member's node under a name that is the office's.
//!
//! A consent is kept before its entry is in the log, and the membership after it: what stopped between the two is taken up again by the next consent of that member.

use super::{MemberPaper, council, name, person_of, refused};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_store::{Change, Papers, Store, View};
use serde::{Deserialize, Serialize};

const ID: &str = "own";
const OPEN: &str = "open";
/// State of one whose consent is kept and not yet in the log.
const ACCEPTING: &str = "accepting";
/// Most invitations that are listed.
const INVITATIONS_MAX: usize = 10_000;

/// An invitation. States: `open`, `accepting`, `accepted`, `declined`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvitationPaper {
    /// Who invites, of the office.
    pub invited_by: String,
    /// Since when.
    pub since: u64,
    /// Who answered, as `MEMBER/PERSON`.
    pub answered_by: Option<String>,
}

impl Document for InvitationPaper {
    const KIND: &'static str = "council-invitation";
}

/// Where somebody stands with the council.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its invitation, the last one.
    pub invitation: Option<Written<InvitationPaper>>,
    /// Its membership, also where it left.
    pub member: Option<Written<MemberPaper>>,
}

impl Standing {
    /// Whether it is a member now.
    pub fn is_member(&self) -> bool {
        self.member
            .as_ref()
            .is_some_and(|kept| kept.said.left.is_none())
    }

    /// Whether it is asked and has not answered, or its consent is not in the log yet.
    pub fn is_invited(&self) -> bool {
        self.invitation.as_ref().is_some_and(waits)
    }

    /// The word for it: `member`, `invited`, `declined`, `left`, `none`.
    pub fn word(&self) -> &'static str {
        let declined = |kept: &Written<InvitationPaper>| kept.state == "declined";
        match () {
            () if self.is_member() => "member",
            () if self.is_invited() => "invited",
            () if self.invitation.as_ref().is_some_and(declined) => "declined",
            () if self.member.is_some() => "left",
            () => "none",
        }
    }
}

/// Whether it leads to a membership once its consent is in the log.
fn waits(kept: &Written<InvitationPaper>) -> bool {
    [OPEN, ACCEPTING].contains(&kept.state.as_str())
}

/// Where somebody stands.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn standing(
    store: &(impl Papers + ?Sized),
    member: &str,
) -> Result<Standing, LiaisonError> {
    let invitation = store.paper(member, InvitationPaper::KIND, ID).await?;
    let kept = store.paper(member, MemberPaper::KIND, ID).await?;
    Ok(Standing {
        invitation: invitation.map(paper::read).transpose()?,
        member: kept.map(paper::read).transpose()?,
    })
}

/// Invites `act.owner`, who is a member once a person of its own node consented.
///
/// # Errors
/// [`LiaisonError::Refused`]: it is a member, or is invited; what the store says.
pub async fn invite(store: &(impl Store + ?Sized), act: Act<'_>) -> Result<(), LiaisonError> {
    let member = name(act.owner)?;
    name(act.by)?;
    if council(store).await?.is_member(&member, act.at) {
        return Err(refused("member", format!("{member} is a member")));
    }
    let stands = standing(store, act.owner).await?;
    if stands.is_invited() {
        return Err(refused("member", format!("{member} is invited")));
    }
    let said = InvitationPaper {
        invited_by: act.by.to_owned(),
        since: act.at.0,
        answered_by: None,
    };
    let standing = act.standing(OPEN, None);
    let change = match &stands.invitation {
        Some(kept) => kept.next(&said, standing)?,
        None => paper::first(act.owner, ID, &said, standing)?,
    };
    let audit = act.audit("invite-council", act.owner, String::new());
    Ok(store.apply(&[change, audit]).await?)
}

/// The invitation of a member that waits for its answer, or whose consent is not in the log yet: what a consent rests on.
///
/// # Errors
/// [`LiaisonError::Missing`] where nobody invited it, or it was answered; what the store says.
pub async fn invitation(
    store: &(impl Papers + ?Sized),
    member: &str,
) -> Result<Written<InvitationPaper>, LiaisonError> {
    let stands = standing(store, member).await?;
    let open = stands.invitation.filter(waits);
    open.ok_or_else(none)
}

/// Keeps the answer of `person`, of the member's own node `act.by`. The consent of one who joins is not in the log yet: [`super::join`] follows it. One that is kept already stays as it was said.
///
/// # Errors
/// [`LiaisonError::Refused`] where the person has no name; [`LiaisonError::Missing`] where it consented before and now declines; stale where somebody answered meanwhile; what the store says.
pub async fn answered(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    (kept, person): (&Written<InvitationPaper>, &str),
    joins: bool,
) -> Result<(), LiaisonError> {
    let person = person_of(act.owner, person)?;
    if kept.state != OPEN {
        return if joins { Ok(()) } else { Err(none()) };
    }
    let word = if joins { ACCEPTING } else { "declined" };
    let detail = format!("{word} by {person}");
    let said = InvitationPaper {
        answered_by: Some(person),
        ..kept.said.clone()
    };
    let changes = [
        kept.next(&said, act.standing(word, None))?,
        act.audit("answer-council", act.owner, detail),
    ];
    Ok(store.apply(&changes).await?)
}

/// What a membership adds to its invitation, and who consented; nothing where no consent is kept.
pub(super) fn accepted(
    act: Act<'_>,
    kept: &Written<InvitationPaper>,
) -> Result<(Change, String), LiaisonError> {
    let by = kept.said.answered_by.as_ref();
    let by = by.filter(|_| kept.state == ACCEPTING).ok_or_else(none)?;
    let change = kept.next(&kept.said, act.standing("accepted", None))?;
    Ok((change, by.clone()))
}

fn none() -> LiaisonError {
    LiaisonError::Missing {
        what: "invitation to the council".to_owned(),
    }
}

/// Invitations that lead to no membership yet, by member.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn invitations(
    store: &(impl Papers + ?Sized),
) -> Result<Vec<Written<InvitationPaper>>, LiaisonError> {
    let mut all = Vec::new();
    for state in [OPEN, ACCEPTING] {
        let some = paper::all::<InvitationPaper>(store, View::All, Some(state), INVITATIONS_MAX);
        all.extend(some.await?.0);
    }
    all.sort_by(|one, other| one.owner.cmp(&other.owner));
    Ok(all)
}
