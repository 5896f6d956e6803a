//! Letters to people of the office: pages, duties that are late, troubles. In: whom, what. Out: a letter that waits in the same place as those of the early warning, and is tried until it arrives. Never: the same letter twice.

use super::OFFICE;
use crate::alert::{Letter, message};
use crate::asset::Act;
use crate::error::LiaisonError;
use sakimori_custody::time::Seconds;
use sakimori_store::{Store, StoreError};

/// Puts a letter in, once for each name; `false` where it is there already.
///
/// # Errors
/// [`LiaisonError::Refused`]: it is too long; what the store says.
pub async fn post(
    store: &dyn Store,
    name: &str,
    to: &str,
    (subject, body): (&str, &str),
    at: Seconds,
) -> Result<bool, LiaisonError> {
    let act = Act {
        owner: OFFICE,
        by: "node",
        at,
    };
    let letter = Letter::mail(name, to, subject.to_owned(), body.to_owned());
    match store.apply(&[message(&act, letter)?]).await {
        Ok(()) => Ok(true),
        Err(StoreError::Exists { .. } | StoreError::Stale { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
