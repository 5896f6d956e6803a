//! What names of targets led to, each time that it was looked up and was something else. In: answers of the office's resolver. Out: the newest, and all before it, with their times. Never: an answer that is changed later.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, first, history, newest};
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long an answer that is the same as before is not written again, seconds.
const SAME_SECONDS: u64 = 3600;

/// What a name led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamePaper {
    /// The target, as measures write it.
    pub target: String,
    /// Names that it was another name of, in their order.
    pub aliases: Vec<String>,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Why nothing is known, where the resolver gave no answer.
    pub unanswered: Option<String>,
}

impl Document for NamePaper {
    const KIND: &'static str = "measure-name";
}

fn id_of(target: &str) -> String {
    let hash = Sha256::digest(target);
    hex(hash.get(..16).unwrap_or_default())
}

/// Keeps an answer, where it is another than the newest one or that is an hour old.
///
/// # Errors
/// What the store says.
pub async fn keep_name(
    store: &dyn Store,
    said: &NamePaper,
    at: Seconds,
    by: &str,
) -> Result<(), LiaisonError> {
    let id = id_of(&said.target);
    let standing = Standing {
        state: if said.unanswered.is_some() {
            "unanswered"
        } else {
            "answered"
        },
        due: None,
        at: at.0,
        by,
    };
    let change = match newest::<NamePaper>(store, OFFICE, &id).await {
        Ok(known) if known.said == *said && at.0.saturating_sub(known.at) < SAME_SECONDS => {
            return Ok(());
        }
        Ok(known) => known.next(said, standing)?,
        Err(LiaisonError::Missing { .. }) => first(OFFICE, &id, said, standing)?,
        Err(error) => return Err(error),
    };
    match store.apply(&[change]).await {
        // Another look came between: it says the same, or the next one does.
        Ok(()) | Err(StoreError::Stale { .. } | StoreError::Exists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Everything that a target was seen to lead to, the oldest first.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn name_history(
    store: &dyn Store,
    target: &str,
) -> Result<Vec<Written<NamePaper>>, LiaisonError> {
    history(store, OFFICE, &id_of(target)).await
}
