//! Whom a published case concerns. In: its document, the registered assets, the time. Out: every operator that may be meant is told or asked, once for each version. Never: a second time for
//! the same version; a version that was not published, or that is not for everybody and was not given to each of those on record ([`super::audience`]). How assets are matched is [`crate::matching`].

use super::{By, OWNER, WeaknessError, audience};
use crate::matching::{Asking, Keeper, Matching, ask};
use crate::paper::{self, Document, Standing, Written};
use sakimori_advisory::matching::Advisory;
use sakimori_advisory::publish::Case;
use sakimori_cooperate::Terms;
use sakimori_release::Tlp;
use sakimori_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

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

/// Whether operators were told of this version of a case.
///
/// # Errors
/// What the store says.
pub async fn is_told(store: &(impl Store + ?Sized), case: &Case) -> Result<bool, WeaknessError> {
    let before = told(store, case).await?;
    Ok(before.is_some_and(|told| told.said.release == case.release.0))
}

fn advisory(document: &Value, matching: &Matching) -> Result<Advisory, WeaknessError> {
    let most = sakimori_advisory::limits::PRODUCTS_MAX;
    let what = "products";
    let read = Advisory::of_csaf(document, &matching.aliases);
    read.map_err(|_| WeaknessError::Many { what, most })
}

/// The operators whose registered assets a document may mean.
///
/// # Errors
/// [`WeaknessError::Many`]; what the store says.
pub async fn concerned(
    store: &(impl Store + ?Sized),
    (index, terms): (&Keeper, &Terms),
    document: &Value,
) -> Result<BTreeSet<String>, WeaknessError> {
    let all = index.current(store, terms).await?;
    let hits = all.find(&advisory(document, &all)?);
    let asset = |hit: &sakimori_advisory::matching::Hit| all.index.asset(hit.asset);
    Ok(hits
        .iter()
        .filter_map(asset)
        .map(|a| a.operator.clone())
        .collect())
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
    let mut count = 0;
    for (case, document, before) in new {
        let advisory = advisory(document, &all)?;
        if !may_be_told(store, case, (&advisory, &all)).await? {
            continue;
        }
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
        count += 1;
    }
    Ok(count)
}

/// Whether all that would be told of a version were given it: what everybody may read, everybody may be told.
async fn may_be_told(
    store: &(impl Store + ?Sized),
    case: &Case,
    (advisory, all): (&Advisory, &Matching),
) -> Result<bool, WeaknessError> {
    if case.tlp == Tlp::Clear {
        return Ok(true);
    }
    let hits = all.find(advisory);
    let assets = hits.iter().filter_map(|hit| all.index.asset(hit.asset));
    let operators: BTreeSet<&str> = assets.map(|asset| asset.operator.as_str()).collect();
    for operator in operators {
        if !audience::may_have(store, case, operator).await? {
            return Ok(false);
        }
    }
    Ok(true)
}
