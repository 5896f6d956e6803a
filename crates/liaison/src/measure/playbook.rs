//! Playbooks of measures. In: a playbook as it came. Out: the playbook that a plan names by its SHA-256, read anew each time. Never: one that breaks a rule; another under the same digest.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, all, first, newest};
use crate::report::refused;
use sakimori_custody::time::Seconds;
use sakimori_respond::cacao::{Playbook, check};
use sakimori_respond::plan::{Digest, Plan, Problem};
use sakimori_store::{Store, StoreError, View};
use serde::{Deserialize, Serialize};

/// Most playbooks that are listed at once.
const PLAYBOOKS_MAX: usize = 1_000;

/// A playbook as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaybookPaper {
    /// Its name.
    pub name: String,
    /// Its id at its author's.
    pub playbook: String,
    /// Its version there.
    pub modified: String,
    /// The JSON that came.
    pub text: String,
}

impl Document for PlaybookPaper {
    const KIND: &'static str = "measure-playbook";
}

/// Keeps a playbook under its digest. The same once more changes nothing.
///
/// # Errors
/// [`LiaisonError::Refused`]: it breaks rules, each with its step; what the store says.
pub async fn keep_playbook(
    store: &dyn Store,
    bytes: &[u8],
    at: Seconds,
    by: &str,
) -> Result<Playbook, LiaisonError> {
    let playbook = check(bytes).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        refused("playbook", lines.join("; "))
    })?;
    let text = std::str::from_utf8(bytes).map_err(|e| refused("playbook", e.to_string()))?;
    let paper = PlaybookPaper {
        name: playbook.name.clone(),
        playbook: playbook.id.clone(),
        modified: playbook.modified.clone(),
        text: text.to_owned(),
    };
    let standing = Standing {
        state: "kept",
        due: None,
        at: at.0,
        by,
    };
    let id = Digest(playbook.digest).to_string();
    match store.apply(&[first(OFFICE, &id, &paper, standing)?]).await {
        Ok(()) | Err(StoreError::Exists { .. } | StoreError::Stale { .. }) => Ok(playbook),
        Err(error) => Err(error.into()),
    }
}

/// The playbook of a digest.
///
/// # Errors
/// [`LiaisonError::Missing`]; [`LiaisonError::Refused`]: what is kept is not what the digest names; what the store says.
pub async fn playbook(store: &dyn Store, digest: Digest) -> Result<Playbook, LiaisonError> {
    let kept = newest::<PlaybookPaper>(store, OFFICE, &digest.to_string()).await?;
    match check(kept.said.text.as_bytes()) {
        Ok(playbook) if Digest(playbook.digest) == digest => Ok(playbook),
        _ => Err(refused(
            "playbook",
            format!("what is kept as {digest} is another"),
        )),
    }
}

/// All playbooks with their digests; `true` beside them where there are more.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn playbooks(
    store: &dyn Store,
) -> Result<(Vec<(String, PlaybookPaper)>, bool), LiaisonError> {
    let (papers, more) = all::<PlaybookPaper>(store, View::All, None, PLAYBOOKS_MAX).await?;
    let rows = papers.into_iter().map(|paper| (paper.id, paper.said));
    Ok((rows.collect(), more))
}

/// Every rule that a plan breaks by the playbook that it names; none where it names none.
///
/// # Errors
/// What the store says.
pub async fn playbook_problems(
    store: &dyn Store,
    plan: &Plan,
    now: Seconds,
) -> Result<Vec<Problem>, LiaisonError> {
    let Some(digest) = plan.playbook else {
        return Ok(Vec::new());
    };
    let missing = |words: String| {
        let place = "/playbook".to_owned();
        Ok(vec![Problem { place, words }])
    };
    match playbook(store, digest).await {
        Ok(playbook) => Ok(playbook.problems(plan, now)),
        Err(LiaisonError::Missing { .. }) => {
            missing(format!("no playbook {digest} is kept at this office"))
        }
        Err(error @ LiaisonError::Refused { .. }) => missing(error.to_string()),
        Err(error) => Err(error),
    }
}
