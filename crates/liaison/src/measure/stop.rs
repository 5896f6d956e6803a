//! The stop of the whole office: nothing more is dispatched, also of what is decided later, until another person lets it go. In: who stops, who lets go, why. Out: how it stands; every version stays on record. Never: a stop that its own hand
//! lets go, or one who carries out a measure that it holds.

use super::{OFFICE, lives};
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, first, history, newest};
use crate::report::refused;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_store::Store;
use serde::{Deserialize, Serialize};

const ID: &str = "own";
/// Longest reason in bytes.
const WORDS_BYTES_MAX: usize = 4096;

/// How the office stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Whether it is stopped.
    pub stopped: bool,
    /// Who stopped it, or let it go.
    pub by: String,
    /// Why.
    pub words: String,
    /// When, seconds since 1970.
    pub at: u64,
}

impl Document for Stop {
    const KIND: &'static str = "measure-stop";
}

/// How the office stands now; not stopped where nobody ever stopped it.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn stop(store: &dyn Store) -> Result<Stop, LiaisonError> {
    match newest::<Stop>(store, OFFICE, ID).await {
        Ok(written) => Ok(written.said),
        Err(LiaisonError::Missing { .. }) => Ok(Stop::default()),
        Err(error) => Err(error),
    }
}

/// Every stop and every letting go, the oldest first.
///
/// # Errors
/// As [`stop`].
pub async fn stops(store: &dyn Store) -> Result<Vec<Written<Stop>>, LiaisonError> {
    match history::<Stop>(store, OFFICE, ID).await {
        Err(LiaisonError::Missing { .. }) => Ok(Vec::new()),
        other => other,
    }
}

/// Stops the whole office, or lets it go. A second stop changes nothing: who stopped first is who may not let go.
///
/// # Errors
/// [`LiaisonError::Refused`]: no reason is said, nothing is stopped, or this person may not let go; what the store says. Somebody else's change between is [`sakimori_store::StoreError::Stale`].
pub async fn set_stop(
    store: &dyn Store,
    stopped: bool,
    words: &str,
    at: Seconds,
    by: &Name,
) -> Result<Stop, LiaisonError> {
    let words = words.trim();
    if words.is_empty() || words.len() > WORDS_BYTES_MAX {
        let rule = format!("a reason of 1 to {WORDS_BYTES_MAX} bytes");
        return Err(refused("why", rule));
    }
    let before = match newest::<Stop>(store, OFFICE, ID).await {
        Ok(written) => Some(written),
        Err(LiaisonError::Missing { .. }) => None,
        Err(error) => return Err(error),
    };
    let is_stopped = before.as_ref().filter(|written| written.said.stopped);
    match (is_stopped, stopped) {
        (Some(known), true) => return Ok(known.said.clone()),
        (None, false) => return Err(refused("by", "nobody stopped the office")),
        (Some(known), false) => may_let_go(store, &known.said.by, by).await?,
        (None, true) => {}
    }
    let said = Stop {
        stopped,
        by: by.to_string(),
        words: words.to_owned(),
        at: at.0,
    };
    let standing = Standing {
        state: if stopped { "stopped" } else { "let-go" },
        due: None,
        at: at.0,
        by: by.as_str(),
    };
    let change = match &before {
        Some(written) => written.next(&said, standing)?,
        None => first(OFFICE, ID, &said, standing)?,
    };
    store.apply(&[change]).await?;
    Ok(said)
}

/// Another than who stopped it, and nobody who carries out what it holds.
async fn may_let_go(store: &dyn Store, who: &str, by: &Name) -> Result<(), LiaisonError> {
    if who == by.as_str() {
        return Err(refused(
            "by",
            format!("`{by}` stopped it; another lets it go"),
        ));
    }
    let (all, _) = lives(store).await?;
    let mut held = all.iter().map(super::Held::state);
    let own =
        held.find(|state| state.stage().is_decided() && state.plan().chain.executor.officer == *by);
    match own {
        Some(state) => Err(refused(
            "by",
            format!("`{by}` carries out {}; another lets it go", state.plan().id),
        )),
        None => Ok(()),
    }
}
