//! The council (協議会, Act 42/2025 art. 45) over the store: members by recorded consent, what is submitted to it with an opinion on its handling, copies. In: consents with their log
//! entries, a submission that the release gate let go, who acts. Out: members, copies of each member, how often an opinion was overridden. Never: selected information (it does not
//! compile: [`ForCouncil`]), a copy without the opinion, an override without a reason.
//!
//! 1. [`invite`]: the office invites; [`join`]: a member joins with the consent of a person of its own node, whose entry is in the log. [`ask_for`] asks a member for material.
//! 2. [`submit`]: what a member, or the office, submits is kept and waits.
//! 3. [`council`] gives the members as the rules take them; [`ask`] asks the gate for copies of a submission; the caller enters the act into the log.
//! 4. [`give_submission`], or [`give`] for copies of anything else, keeps a copy for each member, which only that member reads.

mod invitation;
mod material;
mod submission;

pub use invitation::{
    InvitationPaper, Standing, answered, invitation, invitations, invite, standing,
};
pub use material::{MaterialPaper, Reply, ask_for, is_overdue, materials, reply};
pub use submission::{
    SaidOpinion, SubmissionPaper, Waiting, ask, give_submission, submission, submissions, submit,
};

use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_custody::Recorded;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_release::council::{Copies, Council, ForCouncil, MemberCopy, Opinion};
use sakimori_store::{Change, Papers, Store, View};
use serde::{Deserialize, Serialize};

/// Most members of the council.
const MEMBERS_MAX: usize = 10_000;
/// Longest reason of an override in bytes.
const REASON_BYTES_MAX: usize = 4 << 10;
/// Longest content of a copy in bytes.
const CONTENT_BYTES_MAX: usize = 1 << 20;
/// Most copies of one giving: what one transaction holds beside its record.
pub const COPIES_MAX: usize = 200;
const ID: &str = "own";
const OFFICE: &str = "office";

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberPaper {
    /// Who consented for it, as `MEMBER/PERSON`.
    pub by: String,
    /// Since when it is a member.
    pub since: u64,
    /// When it left.
    pub left: Option<u64>,
    /// Index of the entry that its consent is recorded in.
    pub consent: u64,
}

impl Document for MemberPaper {
    const KIND: &'static str = "council-member";
}

/// A member's copy. Content and opinion are one paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyPaper {
    /// Who submitted it.
    pub submitter: String,
    /// How the submitter wants it handled; shown wherever the content is.
    pub opinion: Option<String>,
    /// Whether it was given against the opinion.
    pub overridden: bool,
    /// Who gave it against the opinion.
    pub overridden_by: Option<String>,
    /// Why, where it was.
    pub reason: Option<String>,
    /// Its class.
    pub class: String,
    /// How far it may go, as people write it.
    pub tlp: String,
    /// What may be done with it, as people write it.
    pub pap: String,
    /// Index of the entry that it left under.
    pub entry: u64,
    /// What it says.
    pub content: String,
}

impl Document for CopyPaper {
    const KIND: &'static str = "council-copy";
}

/// What was given, as the office counts it: its state is `given` or `overridden`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenPaper {
    submitter: String,
    members: Vec<String>,
    reason: Option<String>,
    entry: u64,
}

impl Document for GivenPaper {
    const KIND: &'static str = "council-given";
}

fn refused(field: &str, rule: impl Into<String>) -> LiaisonError {
    LiaisonError::Refused {
        field: field.to_owned(),
        rule: rule.into(),
    }
}

fn name(text: &str) -> Result<Name, LiaisonError> {
    text.parse()
        .map_err(|_| refused("member", format!("`{text}` is no name")))
}

/// A person of a member's own node, as the office writes it: never under a name that may be one of the office's people too.
fn person_of(member: &str, person: &str) -> Result<String, LiaisonError> {
    let bad = |_| refused("by", "is no name of a person");
    let person: Name = person.parse().map_err(bad)?;
    Ok(format!("{member}/{person}"))
}

/// The council as the rules take it. How often opinions were overridden is [`overrides`].
///
/// # Errors
/// What the store says; [`LiaisonError::Refused`] where what is kept breaks a rule.
pub async fn council(store: &(impl Papers + ?Sized)) -> Result<Council, LiaisonError> {
    let mut council = Council::default();
    for kept in members(store).await? {
        let member = name(&kept.owner)?;
        let consent = Recorded::at(kept.said.consent);
        let by = &kept.said.by;
        let by = name(by.split_once('/').map_or(by.as_str(), |(_, person)| person))?;
        let since = Seconds(kept.said.since);
        let joined = council.join(member.clone(), by, since, consent);
        joined.map_err(|e| refused("member", e.to_string()))?;
        if let Some(left) = kept.said.left {
            let gone = council.leave(&member, Seconds(left));
            gone.map_err(|e| refused("member", e.to_string()))?;
        }
    }
    Ok(council)
}

/// Takes a member in; `act.owner` is the member, `invited` its invitation with the consent that [`answered`] kept, `consent` the entry that says so. Who left may join again.
///
/// # Errors
/// [`LiaisonError::Refused`]: it is a member; [`LiaisonError::Missing`] where no consent is kept; stale where somebody else took it in meanwhile; what the store says.
pub async fn join(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    invited: &Written<InvitationPaper>,
    consent: Recorded,
) -> Result<(), LiaisonError> {
    name(act.owner)?;
    let (accepted, by) = invitation::accepted(act, invited)?;
    let kept = store.paper(act.owner, MemberPaper::KIND, ID).await?;
    let kept = kept.map(paper::read::<MemberPaper>).transpose()?;
    if kept.as_ref().is_some_and(|kept| kept.said.left.is_none()) {
        return Err(refused("member", format!("{} is a member", act.owner)));
    }
    let said = MemberPaper {
        by,
        since: act.at.0,
        left: None,
        consent: consent.index(),
    };
    let standing = act.standing("member", None);
    let change = match &kept {
        Some(kept) => kept.next(&said, standing)?,
        None => paper::first(act.owner, ID, &said, standing)?,
    };
    let audit = act.audit("join-council", act.owner, consent.index().to_string());
    Ok(store.apply(&[accepted, change, audit]).await?)
}

/// A member leaves; from then on it is given nothing. What it was given stays with it. `entry` is what the log is told of it, kept in the same transaction; `person` said so, where it is one of the member's own node.
///
/// # Errors
/// [`LiaisonError::Missing`]; [`LiaisonError::Refused`] where it left before; what the store says.
pub async fn leave(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    person: Option<&str>,
    entry: Change,
) -> Result<(), LiaisonError> {
    let person = person.map(|person| person_of(act.owner, person));
    let person = person.transpose()?.unwrap_or_default();
    let kept = paper::newest::<MemberPaper>(store, act.owner, ID).await?;
    if kept.said.left.is_some() {
        return Err(refused("member", format!("{} has left", act.owner)));
    }
    let said = MemberPaper {
        left: Some(act.at.0),
        ..kept.said.clone()
    };
    let changes = [
        kept.next(&said, act.standing("left", None))?,
        act.audit("leave-council", act.owner, person),
        entry,
    ];
    Ok(store.apply(&changes).await?)
}

/// Keeps a copy for each member of what the gate let go. `words` is how the content is written; `reason` is why the opinion was overridden, and is needed where it was.
/// The entry gives the copies their id, so that the same giving is kept once.
///
/// # Errors
/// [`LiaisonError::Refused`]: an override without a reason, a content that is too long; what the store says.
pub async fn give<C: ForCouncil, T>(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    copies: &Copies<C, T>,
    words: impl Fn(&T) -> String,
    reason: Option<&str>,
) -> Result<u64, LiaisonError> {
    let given = given(act, copies, words, reason)?;
    store.apply(&given.changes).await?;
    Ok(given.count)
}

/// What a giving writes.
struct Giving {
    changes: Vec<Change>,
    count: u64,
    state: &'static str,
}

/// The copies as papers, each with its member.
fn papers<C: ForCouncil, T>(
    by: &str,
    copies: &Copies<C, T>,
    words: impl Fn(&T) -> String,
    reason: Option<&str>,
) -> Result<Vec<(String, CopyPaper)>, LiaisonError> {
    let marking = copies.marking();
    let paper = |copy: MemberCopy<'_, T>| {
        let content = words(copy.content);
        if content.len() > CONTENT_BYTES_MAX {
            return Err(refused("content", "is too long"));
        }
        let said = CopyPaper {
            submitter: copy.submitter.to_string(),
            opinion: copy
                .opinion
                .map(|opinion: &Opinion| opinion.text().to_owned()),
            overridden: copy.overridden,
            overridden_by: copy.overridden.then(|| by.to_owned()),
            reason: reason.filter(|_| copy.overridden).map(str::to_owned),
            class: C::CLASS.to_string(),
            tlp: marking.tlp.label().to_owned(),
            pap: marking.pap.label().to_owned(),
            entry: copies.entry().index(),
            content,
        };
        Ok((copy.member.to_string(), said))
    };
    copies.each().map(paper).collect()
}

fn given<C: ForCouncil, T>(
    act: Act<'_>,
    copies: &Copies<C, T>,
    words: impl Fn(&T) -> String,
    reason: Option<&str>,
) -> Result<Giving, LiaisonError> {
    let entry = copies.entry().index();
    let id = format!("e-{entry}");
    let reason = reason.map(str::trim).filter(|text| !text.is_empty());
    let (mut changes, mut members) = (Vec::new(), Vec::new());
    let (mut overridden, mut submitter) = (false, String::new());
    for (member, said) in papers(act.by, copies, words, reason)? {
        overridden |= said.overridden;
        submitter.clone_from(&said.submitter);
        let standing = act.standing("given", None);
        changes.push(paper::first(&member, &id, &said, standing)?);
        members.push(member);
    }
    if members.len() > COPIES_MAX {
        return Err(refused("members", format!("are more than {COPIES_MAX}")));
    }
    if overridden && reason.is_none_or(|text| text.len() > REASON_BYTES_MAX) {
        return Err(refused(
            "reason",
            "is needed where an opinion is overridden",
        ));
    }
    let given = GivenPaper {
        submitter,
        reason: reason.filter(|_| overridden).map(str::to_owned),
        entry,
        members,
    };
    let count = given.members.len() as u64;
    let state = if overridden { "overridden" } else { "given" };
    let office = Act {
        owner: OFFICE,
        ..act
    };
    changes.push(paper::first(
        OFFICE,
        &id,
        &given,
        office.standing(state, None),
    )?);
    changes.push(act.audit("give-council", &id, format!("{count} copies, {state}")));
    Ok(Giving {
        changes,
        count,
        state,
    })
}

/// Copies in a view, the newest first, at most 100 `before` a place: a member sees its own.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn copies(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    before: u64,
) -> Result<Vec<Written<CopyPaper>>, LiaisonError> {
    let kept = store.latest(view, CopyPaper::KIND, None, before).await?;
    kept.into_iter().map(paper::read).collect()
}

/// Members by name, those that left included.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn members(
    store: &(impl Papers + ?Sized),
) -> Result<Vec<Written<MemberPaper>>, LiaisonError> {
    let (mut all, _) = paper::all::<MemberPaper>(store, View::All, None, MEMBERS_MAX).await?;
    all.sort_by(|one, other| one.owner.cmp(&other.owner));
    Ok(all)
}

/// How often something was given to the council, and how often of these against an opinion.
///
/// # Errors
/// What the store says.
pub async fn overrides(store: &(impl Papers + ?Sized)) -> Result<(u64, u64), LiaisonError> {
    let states = store.states(View::Of(OFFICE), GivenPaper::KIND).await?;
    let against = states.iter().filter(|(state, _)| state == "overridden");
    let against = against.map(|(_, count)| count).sum();
    Ok((states.iter().map(|(_, count)| count).sum(), against))
}
