//! What a measure did, as it was judged, and what there was before it. In: verdicts of rounds, readings of before. Out: the newest, and all of them. Never: a verdict without the readings that it rests on; one that is changed later.

use super::{Held, OFFICE};
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, first, history, newest};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_respond::effect::Moved;
use sakimori_respond::plan::goal::Reading;
use sakimori_store::{Change, Store};
use serde::{Deserialize, Serialize};

/// The verdict on one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetVerdict {
    /// The target, as the measure writes it.
    pub target: String,
    /// `effective`, `partly`, `none`, `displaced` or `unknown`.
    pub verdict: String,
    /// By what it was judged, in the words of a goal; empty where by nothing.
    pub by: String,
    /// What its source had counted over as many seconds before; of resolvers and tables how many are asked.
    pub before: Option<u64>,
    /// Actuators that said that the effect is not in force.
    pub not_in_force: Vec<String>,
    /// New endpoints of the same victims, in words.
    pub moved: Vec<String>,
    /// The same for programs; empty in verdicts of before it was written down.
    #[serde(default)]
    pub places: Vec<Moved>,
    /// Entries of the findings in which they were seen.
    pub findings: Vec<u64>,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// The newest readings that it rests on.
    pub readings: Vec<Reading>,
}

/// The verdicts on all targets at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictPaper {
    /// Since when all of it was in force, seconds since 1970.
    pub begin: u64,
    /// The moment that it is of, seconds since 1970.
    pub at: u64,
    /// One for each target.
    pub targets: Vec<TargetVerdict>,
}

impl VerdictPaper {
    /// Whether another paper says the same of every target: verdicts, places, endpoints.
    pub fn is_same(&self, other: &Self) -> bool {
        let of = |paper: &Self| -> Vec<_> {
            let each = paper.targets.iter();
            each.map(|one| {
                (
                    one.target.clone(),
                    one.verdict.clone(),
                    one.not_in_force.clone(),
                    one.findings.clone(),
                )
            })
            .collect()
        };
        self.begin == other.begin && of(self) == of(other)
    }

    /// Targets that a verdict is the one of.
    pub fn count(&self, verdict: &str) -> usize {
        let of = |one: &&TargetVerdict| one.verdict == verdict;
        self.targets.iter().filter(of).count()
    }
}

impl Document for VerdictPaper {
    const KIND: &'static str = "measure-verdict";
}

/// What there was before a measure was dispatched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeforePaper {
    /// When it was dispatched, seconds since 1970.
    pub at: u64,
    /// Readings that end before that.
    pub readings: Vec<Reading>,
}

impl Document for BeforePaper {
    const KIND: &'static str = "measure-before";
}

async fn keep<T: Document>(
    store: &dyn Store,
    measure: AuthorityId,
    said: &T,
    standing: Standing<'_>,
    with: Vec<Change>,
) -> Result<(), LiaisonError> {
    let id = measure.to_string();
    let change = match newest::<T>(store, OFFICE, &id).await {
        Ok(written) => written.next(said, standing)?,
        Err(LiaisonError::Missing { .. }) => first(OFFICE, &id, said, standing)?,
        Err(error) => return Err(error),
    };
    let mut changes = vec![change];
    changes.extend(with);
    Ok(store.apply(&changes).await?)
}

async fn last<T: Document>(
    store: &dyn Store,
    measure: AuthorityId,
) -> Result<Option<Written<T>>, LiaisonError> {
    match newest::<T>(store, OFFICE, &measure.to_string()).await {
        Ok(written) => Ok(Some(written)),
        Err(LiaisonError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Keeps verdicts.
///
/// # Errors
/// What the store says.
pub async fn keep_verdict(
    store: &dyn Store,
    measure: AuthorityId,
    said: &VerdictPaper,
    by: &str,
) -> Result<(), LiaisonError> {
    keep_verdict_with(store, measure, said, by, Vec::new()).await
}

/// The same with further changes in the same transaction.
///
/// # Errors
/// What the store says.
pub async fn keep_verdict_with(
    store: &dyn Store,
    measure: AuthorityId,
    said: &VerdictPaper,
    by: &str,
    with: Vec<Change>,
) -> Result<(), LiaisonError> {
    let standing = Standing {
        state: "judged",
        due: None,
        at: said.at,
        by,
    };
    keep(store, measure, said, standing, with).await
}

/// The newest verdicts on a measure.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn verdict(
    store: &dyn Store,
    measure: AuthorityId,
) -> Result<Option<VerdictPaper>, LiaisonError> {
    Ok(last(store, measure).await?.map(|written| written.said))
}

/// All verdicts on a measure, the oldest first.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn verdicts(
    store: &dyn Store,
    measure: AuthorityId,
) -> Result<Vec<VerdictPaper>, LiaisonError> {
    let all = history::<VerdictPaper>(store, OFFICE, &measure.to_string()).await?;
    Ok(all.into_iter().map(|written| written.said).collect())
}

/// The newest verdicts on each measure that was wholly in force first in a span of time.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn verdicts_between(
    store: &dyn Store,
    all: &[Held],
    (from, to): (Seconds, Seconds),
) -> Result<Vec<VerdictPaper>, LiaisonError> {
    let mut found = Vec::new();
    for held in all {
        let paper = verdict(store, held.state().plan().id).await?;
        found.extend(paper.filter(|paper| (from.0..=to.0).contains(&paper.begin)));
    }
    Ok(found)
}

/// Keeps what there was before a dispatch. What was kept for an earlier dispatch of the same measure stays beside it: the first counts.
///
/// # Errors
/// What the store says.
pub async fn keep_before(
    store: &dyn Store,
    measure: AuthorityId,
    said: &BeforePaper,
    by: &str,
) -> Result<(), LiaisonError> {
    let standing = Standing {
        state: "read",
        due: None,
        at: said.at,
        by,
    };
    keep(store, measure, said, standing, Vec::new()).await
}

/// What there was before the first dispatch of a measure: behind that what is seen is what the measure left.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn before(
    store: &dyn Store,
    measure: AuthorityId,
) -> Result<Option<BeforePaper>, LiaisonError> {
    let all = history::<BeforePaper>(store, OFFICE, &measure.to_string()).await?;
    Ok(all.into_iter().next().map(|written| written.said))
}
