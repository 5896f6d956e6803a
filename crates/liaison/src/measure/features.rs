//! What actuators say that they can do, and how much of it in a minute. In: an answer to `query features`. Out: the newest of each actuator; how many commands it takes. Never: a rate that lets more through than the office's own ceilings.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, first, newest};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::Plan;
use sakimori_store::Store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an actuator says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeaturesPaper {
    /// Versions of the language.
    pub versions: Vec<String>,
    /// Profiles.
    pub profiles: Vec<String>,
    /// Actions with their targets, `deny ipv4_net`.
    pub pairs: Vec<String>,
    /// Most commands a minute; none where it does not say, or says what is no whole number.
    pub rate_limit: Option<u64>,
}

impl Document for FeaturesPaper {
    const KIND: &'static str = "actuator-features";
}

/// Keeps what an actuator said.
///
/// # Errors
/// What the store says.
pub async fn keep_features(
    store: &dyn Store,
    actuator: &Name,
    said: &FeaturesPaper,
    at: Seconds,
    by: &str,
) -> Result<(), LiaisonError> {
    let standing = Standing {
        state: "said",
        due: None,
        at: at.0,
        by,
    };
    let change = match features(store, actuator).await? {
        Some(written) => written.next(said, standing)?,
        None => first(OFFICE, actuator.as_str(), said, standing)?,
    };
    Ok(store.apply(&[change]).await?)
}

/// What an actuator said last.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn features(
    store: &dyn Store,
    actuator: &Name,
) -> Result<Option<Written<FeaturesPaper>>, LiaisonError> {
    match newest::<FeaturesPaper>(store, OFFICE, actuator.as_str()).await {
        Ok(written) => Ok(Some(written)),
        Err(LiaisonError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Commands a minute of a plan's actuators, of those that said how many they take.
pub(super) async fn rates(
    store: &dyn Store,
    plan: &Plan,
) -> Result<BTreeMap<Name, u64>, LiaisonError> {
    let mut rates = BTreeMap::new();
    for aim in &plan.aims {
        if rates.contains_key(&aim.actuator) {
            continue;
        }
        let said = features(store, &aim.actuator).await?;
        if let Some(rate) = said.and_then(|written| written.said.rate_limit) {
            rates.insert(aim.actuator.clone(), rate);
        }
    }
    Ok(rates)
}
