//! What actuators said of a measure, look by look, and what others observed. In: one look. Out: all looks, in order. Never: a look that is changed later.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, first, history, newest};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_store::Store;
use serde::{Deserialize, Serialize};

/// What one actuator said of one effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenEffect {
    /// The target.
    pub target: String,
    /// Who said it.
    pub actuator: String,
    /// Whether it is in force there; none where the actuator did not answer.
    pub in_force: Option<bool>,
    /// What it met since it was put in force.
    pub times: u64,
}

/// One look at all effects of a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenPaper {
    /// When, seconds since 1970.
    pub at: u64,
    /// What was said.
    pub effects: Vec<SeenEffect>,
}

impl Document for SeenPaper {
    const KIND: &'static str = "measure-seen";
}

/// Keeps a look.
///
/// # Errors
/// What the store says.
pub async fn keep_seen(
    store: &dyn Store,
    measure: AuthorityId,
    seen: &SeenPaper,
    by: &str,
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
    Ok(store.apply(&[change]).await?)
}

/// All looks at a measure, in their order.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn seen(store: &dyn Store, measure: AuthorityId) -> Result<Vec<SeenPaper>, LiaisonError> {
    let all = history::<SeenPaper>(store, OFFICE, &measure.to_string()).await?;
    Ok(all.into_iter().map(|written| written.said).collect())
}
