//! Whom a published case concerns. In: its document, the registered assets, the time. Out: every operator that may be meant is told or asked, once for each version. Never: a second time for
//! the same version; a version that was not published. How assets are matched is [`crate::matching`].

use super::{By, OWNER, WeaknessError};
use crate::matching::{Asking, Keeper, ask};
use crate::paper::{self, Document, Standing, Written};
use sakimori_advisory::matching::Advisory;
use sakimori_advisory::publish::Case;
use sakimori_cooperate::Terms;
use sakimori_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// That operators were told of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// When the version was released, in seconds since 1970.
    release: u64,
    /// How many operators were told or asked.
    operators: u64,
}

impl Document for Told {
    const KIND: &'static str = "weakness-told";
}

async fn told(
    store: &(impl Store + ?Sized),
    case: &Case,
) -> Result<Option<Written<Told>>, WeaknessError> {
    let kept = store.paper(OWNER, Told::KIND, &case.id).await?;
    Ok(kept.map(paper::read).transpose()?)
}

/// Tells the operators of each case whose version they were not told of yet; gives how many cases that were. The assets are those that `index` keeps; it is not asked where nothing is new.
///
/// # Errors
/// What the store says; what was told before stays told, and calling again goes on.
pub async fn tell(
    store: &(impl Store + ?Sized),
    (index, terms): (&Keeper, &Terms),
    published: &[(&Case, Value)],
    by: By<'_>,
) -> Result<usize, WeaknessError> {
    let mut new = Vec::new();
    for (case, document) in published {
        let before = told(store, case).await?;
        let same = before
            .as_ref()
            .is_some_and(|told| told.said.release == case.release.0);
        if !same {
            new.push((*case, document, before));
        }
    }
    if new.is_empty() {
        return Ok(0);
    }
    let all = index.current(store, terms).await?;
    let count = new.len();
    for (case, document, before) in new {
        let products = sakimori_advisory::limits::PRODUCTS_MAX;
        let advisory = Advisory::of_csaf(document, &all.aliases);
        let advisory = advisory.map_err(|_| WeaknessError::Many {
            what: "products",
            most: products,
        })?;
        let asked: Asking = ask(store, (by.who, by.at), (&advisory, &case.title), &all).await?;
        let said = Told {
            release: case.release.0,
            operators: asked.operators,
        };
        let standing = Standing {
            state: "told",
            due: None,
            at: by.at.0,
            by: by.who,
        };
        let change = match before {
            Some(before) => before.next(&said, standing)?,
            None => paper::first(OWNER, &case.id, &said, standing)?,
        };
        store.apply(&[change]).await?;
    }
    Ok(count)
}
