//! What measures owe: acts that go on record in the log, calls of persons. In: what is owed, with the change that it comes of. Out: what waits, the oldest first; that it is done. Never: something owed that a fall of the node forgets.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, first, read};
use crate::report::refused;
use sakimori_custody::ids::{AuthorityId, hex};
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, NEWEST, Store, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most that is read at once; the rest comes when these are done.
pub const OWED_MAX: usize = 1_000;
const WAITS: &str = "owed";
const DONE: &str = "done";

/// What is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Owed {
    /// An act that goes on record.
    Act {
        /// The statement that approves it, hex.
        authority: String,
        /// What, as the log names it.
        act: String,
        /// By which actuator; none where it is about all of them.
        actuator: Option<String>,
        /// Of which step; none: of the last that was dispatched to the actuator.
        step: Option<u64>,
        /// In words.
        detail: String,
    },
    /// A person is called.
    Page {
        /// With which words.
        words: String,
    },
}

/// Something owed. States: `owed`, `done`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwedPaper {
    /// Of which measure, hex.
    pub measure: String,
    /// What.
    pub owed: Owed,
    /// Index of the entry that has it; none before, and where no log takes it.
    pub entry: Option<u64>,
}

impl Document for OwedPaper {
    const KIND: &'static str = "measure-owed";
}

/// The change that notes something owed, under an id that nothing else has.
///
/// # Errors
/// [`LiaisonError::Refused`] where it has no JSON form.
pub fn owe(
    id: [u8; 16],
    measure: AuthorityId,
    owed: Owed,
    at: Seconds,
    by: &str,
) -> Result<Change, LiaisonError> {
    let paper = OwedPaper {
        measure: measure.to_string(),
        owed,
        entry: None,
    };
    first(OFFICE, &hex(&id), &paper, standing(WAITS, at, by))
}

const fn standing<'s>(state: &'s str, at: Seconds, by: &'s str) -> Standing<'s> {
    Standing {
        state,
        due: None,
        at: at.0,
        by,
    }
}

/// What is owed now, the oldest first, and words on what cannot be read: it keeps nothing else waiting.
///
/// # Errors
/// What the store says.
pub async fn owed(
    store: &dyn Store,
) -> Result<(Vec<Written<OwedPaper>>, Vec<String>), LiaisonError> {
    let (mut all, mut broken, mut after) = (Vec::new(), Vec::new(), 0);
    while all.len() < OWED_MAX {
        let kind = OwedPaper::KIND;
        let some = store.papers(View::All, kind, Some(WAITS), after).await?;
        let Some(last) = some.last() else {
            break;
        };
        after = last.sequence;
        for kept in some {
            match read(kept) {
                Ok(one) => all.push(one),
                Err(error) => broken.push(error.to_string()),
            }
        }
    }
    Ok((all, broken))
}

/// It is done: on record under an entry, or told.
///
/// # Errors
/// [`LiaisonError::Refused`] where it has no JSON form, what the store says.
pub async fn settle(
    store: &dyn Store,
    one: &Written<OwedPaper>,
    entry: Option<u64>,
    at: Seconds,
    by: &str,
) -> Result<(), LiaisonError> {
    let said = OwedPaper {
        entry,
        ..one.said.clone()
    };
    let change = one.next(&said, standing(DONE, at, by))?;
    Ok(store.apply(&[change]).await?)
}

/// Entries by which something owed was done since a time.
///
/// # Errors
/// What the store says.
pub async fn settled_since(store: &dyn Store, at: Seconds) -> Result<BTreeSet<u64>, LiaisonError> {
    let (mut entries, mut before) = (BTreeSet::new(), NEWEST);
    loop {
        let kind = OwedPaper::KIND;
        let some = store.latest(View::All, kind, Some(DONE), before).await?;
        let Some(last) = some.last() else {
            return Ok(entries);
        };
        if last.sequence >= before {
            return Err(refused("owed", "papers do not come in their order"));
        }
        before = last.sequence;
        for kept in some {
            if kept.paper.at < at.0 {
                return Ok(entries);
            }
            entries.extend(read::<OwedPaper>(kept)?.said.entry);
        }
    }
}
