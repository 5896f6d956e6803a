//! What actuators said of a measure, look by look, and what the office itself read beside them. In: one look. Out: looks since a time, in order. Never: a look that is changed later.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, first, newest, read};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::goal::Reading;
use sakimori_store::{Change, Store};
use serde::{Deserialize, Serialize};

/// Most looks that are read at once; the newest of them.
pub const LOOKS_MAX: usize = 20_000;
/// Versions that the store gives at a time.
const PAGE: u64 = sakimori_store::limits::PAPERS_MAX as u64;

/// What one actuator said of one effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenEffect {
    /// The target.
    pub target: String,
    /// Who said it.
    pub actuator: String,
    /// Whether it is in force there; none where the actuator did not answer or could not see it.
    pub in_force: Option<bool>,
    /// Whether it was read back before and is to be there: of no other it says anything that it is not in force.
    #[serde(default)]
    pub wanted: bool,
    /// What it met since it was put in force.
    pub times: u64,
    /// What is done; empty in looks of before it was written down.
    #[serde(default)]
    pub deed: String,
    /// The actuator's run: a counter of another run begins anew.
    #[serde(default)]
    pub run: u64,
}

/// One look at all effects of a measure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenPaper {
    /// When, seconds since 1970.
    pub at: u64,
    /// What was said.
    pub effects: Vec<SeenEffect>,
    /// What resolvers, routers and sensors told the office.
    #[serde(default)]
    pub readings: Vec<Reading>,
}

impl Document for SeenPaper {
    const KIND: &'static str = "measure-seen";
}

/// Keeps a look, with further changes in the same transaction.
///
/// # Errors
/// What the store says.
pub async fn keep_seen(
    store: &dyn Store,
    measure: AuthorityId,
    seen: &SeenPaper,
    by: &str,
    with: Vec<Change>,
) -> Result<(), LiaisonError> {
    let id = measure.to_string();
    let standing = Standing {
        state: "seen",
        due: None,
        at: Seconds(seen.at).0,
        by,
    };
    let change = match newest::<SeenPaper>(store, OFFICE, &id).await {
        Ok(written) => written.next(seen, standing)?,
        Err(LiaisonError::Missing { .. }) => first(OFFICE, &id, seen, standing)?,
        Err(error) => return Err(error),
    };
    let mut changes = vec![change];
    changes.extend(with);
    Ok(store.apply(&changes).await?)
}

/// The newest looks at a measure, the oldest of them first: so many, and no more than the store gives at a time.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn last_seen(
    store: &dyn Store,
    measure: AuthorityId,
    count: u64,
) -> Result<Vec<SeenPaper>, LiaisonError> {
    let id = measure.to_string();
    let high = match newest::<SeenPaper>(store, OFFICE, &id).await {
        Ok(written) => written.version,
        Err(LiaisonError::Missing { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let low = high.saturating_sub(count.clamp(1, PAGE) - 1).max(1);
    let some = store.versions(OFFICE, SeenPaper::KIND, &id, low).await?;
    let all = some
        .into_iter()
        .map(|kept| Ok(read::<SeenPaper>(kept)?.said));
    all.collect()
}

/// The newest look at a measure.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn newest_seen(
    store: &dyn Store,
    measure: AuthorityId,
) -> Result<Option<SeenPaper>, LiaisonError> {
    match newest::<SeenPaper>(store, OFFICE, &measure.to_string()).await {
        Ok(written) => Ok(Some(written.said)),
        Err(LiaisonError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks at a measure since a time, the oldest first: the newest [`LOOKS_MAX`] of them.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
///
/// # Cost
/// Reads the looks of that time alone, and at most a page more.
pub async fn seen(
    store: &dyn Store,
    measure: AuthorityId,
    since: Seconds,
) -> Result<Vec<SeenPaper>, LiaisonError> {
    let id = measure.to_string();
    let mut high = match newest::<SeenPaper>(store, OFFICE, &id).await {
        Ok(written) => written.version,
        Err(LiaisonError::Missing { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut pages: Vec<Vec<SeenPaper>> = Vec::new();
    let mut count = 0;
    while high > 0 && count < LOOKS_MAX {
        let low = high.saturating_sub(PAGE - 1).max(1);
        let some = store.versions(OFFICE, SeenPaper::KIND, &id, low).await?;
        let mut page = Vec::new();
        for kept in some {
            let written = read::<SeenPaper>(kept)?;
            if written.version <= high {
                page.push(written.said);
            }
        }
        let older = page.first().is_none_or(|look| look.at < since.0);
        count += page.len();
        pages.push(page);
        high = low - 1;
        if older {
            break;
        }
    }
    let all = pages.into_iter().rev().flatten();
    Ok(all.filter(|look| look.at >= since.0).collect())
}
