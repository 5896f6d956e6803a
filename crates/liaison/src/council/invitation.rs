//! How somebody becomes a member: the office invites, a person of the member's own node consents (art. 45: others join with their consent). In: who invites, who answers. Out: papers of the
//! member. Never: a member by the office's word alone.

use super::{MemberPaper, council, name, refused};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_store::{Papers, Store, View};
use serde::{Deserialize, Serialize};

const ID: &str = "own";
const OPEN: &str = "open";
/// Most invitations that are listed.
const INVITATIONS_MAX: usize = 10_000;

/// An invitation. States: `open`, `accepted`, `declined`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvitationPaper {
    /// Who invites, of the office.
    pub invited_by: String,
    /// Since when.
    pub since: u64,
    /// Who answered, of the member.
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

    /// Whether it is asked and has not answered.
    pub fn is_invited(&self) -> bool {
        self.invitation
            .as_ref()
            .is_some_and(|kept| kept.state == OPEN)
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

/// The open invitation of a member: what a consent rests on.
///
/// # Errors
/// [`LiaisonError::Missing`] where nobody invited it; what the store says.
pub async fn invitation(
    store: &(impl Papers + ?Sized),
    member: &str,
) -> Result<Written<InvitationPaper>, LiaisonError> {
    let stands = standing(store, member).await?;
    let open = stands.invitation.filter(|kept| kept.state == OPEN);
    open.ok_or_else(|| LiaisonError::Missing {
        what: "invitation to the council".to_owned(),
    })
}

/// Keeps the answer of `act.by`, a person of the member's own node: whether it joins. Joining itself is [`super::join`], once the consent is in the log.
///
/// # Errors
/// [`LiaisonError::Refused`] where the person has no name; stale where somebody answered meanwhile; what the store says.
pub async fn answered(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    kept: &Written<InvitationPaper>,
    joins: bool,
) -> Result<(), LiaisonError> {
    name(act.by)?;
    let said = InvitationPaper {
        answered_by: Some(act.by.to_owned()),
        ..kept.said.clone()
    };
    let word = if joins { "accepted" } else { "declined" };
    let changes = [
        kept.next(&said, act.standing(word, None))?,
        act.audit("answer-council", act.owner, word.to_owned()),
    ];
    Ok(store.apply(&changes).await?)
}

/// Invitations that nobody answered yet, by member.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn invitations(
    store: &(impl Papers + ?Sized),
) -> Result<Vec<Written<InvitationPaper>>, LiaisonError> {
    let open = paper::all::<InvitationPaper>(store, View::All, Some(OPEN), INVITATIONS_MAX);
    let (mut all, _) = open.await?;
    all.sort_by(|one, other| one.owner.cmp(&other.owner));
    Ok(all)
}
