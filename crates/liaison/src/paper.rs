//! Papers as values of the rooms that understand them. In: papers of the store. Out: what they say, with where they stand; the change that writes the next version.
//! Never: a text that is not of the kind that was asked for.

use crate::error::LiaisonError;
use sakimori_store::{Change, Kept, Paper, Papers, StoreError, View};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a kind of paper says.
pub trait Document: Serialize + DeserializeOwned {
    /// The kind's word in the store.
    const KIND: &'static str;
}

/// A version of a paper, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// Its place among all versions of all papers.
    pub sequence: u64,
    /// Whose it is.
    pub owner: String,
    /// Its id.
    pub id: String,
    /// Its version, from 1.
    pub version: u64,
    /// Where it stands.
    pub state: String,
    /// By when something has to happen, in seconds since 1970.
    pub due: Option<u64>,
    /// When it was written, in seconds since 1970.
    pub at: u64,
    /// Who wrote it.
    pub by: String,
    /// What it says.
    pub said: T,
}

/// What a version that is to be written says of itself beside its text.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Where the paper stands with it.
    pub state: &'a str,
    /// By when something has to happen.
    pub due: Option<u64>,
    /// When it is written.
    pub at: u64,
    /// Who writes it.
    pub by: &'a str,
}

/// Reads what the store gave.
///
/// # Errors
/// [`LiaisonError::Unreadable`].
pub fn read<T: Document>(kept: Kept) -> Result<Written<T>, LiaisonError> {
    let Kept { sequence, paper } = kept;
    let said = serde_json::from_str(&paper.body).map_err(|source| LiaisonError::Unreadable {
        kind: T::KIND,
        id: paper.id.clone(),
        source,
    })?;
    Ok(Written {
        sequence,
        owner: paper.owner,
        id: paper.id,
        version: paper.version,
        state: paper.state,
        due: paper.due,
        at: paper.at,
        by: paper.by,
        said,
    })
}

/// The change that writes a paper's first version.
///
/// # Errors
/// [`LiaisonError::Refused`] where it has no JSON form.
pub fn first<T: Document>(
    owner: &str,
    id: &str,
    said: &T,
    standing: Standing<'_>,
) -> Result<Change, LiaisonError> {
    change(owner, id, 1, said, standing)
}

impl<T: Document> Written<T> {
    /// The change that writes the version behind this one, which says something else.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where it has no JSON form.
    pub fn next(&self, said: &T, standing: Standing<'_>) -> Result<Change, LiaisonError> {
        let version = self.version.saturating_add(1);
        change(&self.owner, &self.id, version, said, standing)
    }
}

fn change<T: Document>(
    owner: &str,
    id: &str,
    version: u64,
    said: &T,
    standing: Standing<'_>,
) -> Result<Change, LiaisonError> {
    let body = serde_json::to_string(said).map_err(|e| LiaisonError::Refused {
        field: T::KIND.to_owned(),
        rule: e.to_string(),
    })?;
    Ok(Change::AddPaper(Paper {
        kind: T::KIND.to_owned(),
        owner: owner.to_owned(),
        id: id.to_owned(),
        version,
        state: standing.state.to_owned(),
        due: standing.due,
        at: standing.at,
        by: standing.by.to_owned(),
        body,
    }))
}

/// The newest version of a paper.
///
/// # Errors
/// [`LiaisonError::Missing`] where the owner has none of this id; what the store says.
pub async fn newest<T: Document>(
    store: &(impl Papers + ?Sized),
    owner: &str,
    id: &str,
) -> Result<Written<T>, LiaisonError> {
    let kept = store.paper(owner, T::KIND, id).await?;
    let missing = || LiaisonError::Missing {
        what: format!("{} `{id}`", T::KIND),
    };
    read(kept.ok_or_else(missing)?)
}

/// Every version of a paper, oldest first.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn history<T: Document>(
    store: &(impl Papers + ?Sized),
    owner: &str,
    id: &str,
) -> Result<Vec<Written<T>>, LiaisonError> {
    let mut all = Vec::new();
    loop {
        let from = all.last().map_or(1, |w: &Written<T>| w.version + 1);
        let some = store.versions(owner, T::KIND, id, from).await?;
        if some.is_empty() {
            return Ok(all);
        }
        for kept in some {
            all.push(read(kept)?);
        }
    }
}

/// All papers of a kind in a view, newest versions, at most `most` of them; `true` beside them where there are more.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn all<T: Document>(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    state: Option<&str>,
    most: usize,
) -> Result<(Vec<Written<T>>, bool), LiaisonError> {
    let mut all: Vec<Written<T>> = Vec::new();
    let mut after = 0;
    loop {
        let some: Result<Vec<Kept>, StoreError> = store.papers(view, T::KIND, state, after).await;
        let some = some?;
        let Some(last) = some.last() else {
            return Ok((all, false));
        };
        after = last.sequence;
        for kept in some {
            if all.len() == most {
                return Ok((all, true));
            }
            all.push(read(kept)?);
        }
    }
}
