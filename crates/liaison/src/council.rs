//! The council (協議会, Act 42/2025 art. 45) over the store: members by recorded consent, what is submitted to it with an opinion on its handling, copies. In: consents with their log
//! entries, a submission that the release gate let go, who acts. Out: members, copies of each member, how often an opinion was overridden. Never: selected information (it does not
//! compile: [`ForCouncil`]), a copy without the opinion, an override without a reason.
//!
//! 1. [`join`]: a member joins with its consent, whose entry is in the log.
//! 2. [`council`] gives the members as the rules take them; [`Submission::ask`](sakimori_release::council::Submission::ask) asks the gate; the caller enters the act into the log.
//! 3. [`give`] keeps a copy for each member, which only that member reads.

use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_custody::Recorded;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_release::council::{Copies, Council, ForCouncil, Opinion};
use sakimori_store::{NEWEST, Papers, Store, View};
use serde::{Deserialize, Serialize};

/// Most members of the council.
const MEMBERS_MAX: usize = 10_000;
/// Longest reason of an override in bytes.
const REASON_BYTES_MAX: usize = 4 << 10;
/// Longest content of a copy in bytes.
const CONTENT_BYTES_MAX: usize = 1 << 20;
/// Most copies of one giving: what one transaction holds beside its record.
const COPIES_MAX: usize = 200;
const ID: &str = "own";
const OFFICE: &str = "office";

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberPaper {
    /// Who consented for it.
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
    /// Why, where it was.
    pub reason: Option<String>,
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

/// The council as the rules take it. How often opinions were overridden is [`overrides`].
///
/// # Errors
/// What the store says; [`LiaisonError::Refused`] where what is kept breaks a rule.
pub async fn council(store: &(impl Papers + ?Sized)) -> Result<Council, LiaisonError> {
    let (all, _) = paper::all::<MemberPaper>(store, View::All, None, MEMBERS_MAX).await?;
    let mut council = Council::default();
    for kept in all {
        let member = name(&kept.owner)?;
        let consent = Recorded::at(kept.said.consent);
        let by = name(&kept.said.by)?;
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

/// Takes a member in; `act.owner` is the member, `act.by` who consented for it, `consent` the entry that says so. Who left may join again.
///
/// # Errors
/// [`LiaisonError::Refused`]: it is a member; what the store says.
pub async fn join(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    consent: Recorded,
) -> Result<(), LiaisonError> {
    name(act.owner)?;
    name(act.by)?;
    let kept = store.paper(act.owner, MemberPaper::KIND, ID).await?;
    let kept = kept.map(paper::read::<MemberPaper>).transpose()?;
    if kept.as_ref().is_some_and(|kept| kept.said.left.is_none()) {
        return Err(refused("member", format!("{} is a member", act.owner)));
    }
    let said = MemberPaper {
        by: act.by.to_owned(),
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
    Ok(store.apply(&[change, audit]).await?)
}

/// A member leaves; from then on it is given nothing. What it was given stays with it.
///
/// # Errors
/// [`LiaisonError::Missing`]; [`LiaisonError::Refused`] where it left before; what the store says.
pub async fn leave(store: &(impl Store + ?Sized), act: Act<'_>) -> Result<(), LiaisonError> {
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
        act.audit("leave-council", act.owner, String::new()),
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
    let entry = copies.entry().index();
    let id = format!("e-{entry}");
    let reason = reason.map(str::trim).filter(|text| !text.is_empty());
    let (mut changes, mut members) = (Vec::new(), Vec::new());
    let (mut overridden, mut submitter) = (false, String::new());
    for copy in copies.each() {
        overridden |= copy.overridden;
        submitter = copy.submitter.to_string();
        let content = words(copy.content);
        if content.len() > CONTENT_BYTES_MAX {
            return Err(refused("content", "is too long"));
        }
        let said = CopyPaper {
            submitter: submitter.clone(),
            opinion: copy
                .opinion
                .map(|opinion: &Opinion| opinion.text().to_owned()),
            overridden: copy.overridden,
            reason: reason.filter(|_| copy.overridden).map(str::to_owned),
            entry,
            content,
        };
        let own = Act {
            owner: copy.member.as_str(),
            ..act
        };
        changes.push(paper::first(
            own.owner,
            &id,
            &said,
            own.standing("given", None),
        )?);
        members.push(copy.member.to_string());
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
    store.apply(&changes).await?;
    Ok(count)
}

/// A member's copies, the newest first, at most 100.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn copies(
    store: &(impl Papers + ?Sized),
    member: &str,
) -> Result<Vec<Written<CopyPaper>>, LiaisonError> {
    let kept = store
        .latest(View::Of(member), CopyPaper::KIND, None, NEWEST)
        .await?;
    kept.into_iter().map(paper::read).collect()
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
