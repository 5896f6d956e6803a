//! Who may see what of the hits. In: hits and assets. Out: counts for the maker, names for the competent minister. Never: a name, or a number from which one follows, in what
//! a maker gets; another minister's operators in what a minister gets. What may leave at all is decided by the release gate.

use super::index::{AssetId, Hit, Index};
use super::{Advisory, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// What the maker sees of one of its products.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MakerCount {
    /// Assets that are affected, in units.
    pub affected: u64,
    /// Assets that are not.
    pub not_affected: u64,
    /// Assets whose operator has not answered yet.
    pub asked: u64,
}

/// What a minister sees of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinisterRow {
    /// Operator.
    pub operator: String,
    /// Asset.
    pub asset: AssetId,
    /// Maker and product as the advisory has them.
    pub product: (String, String),
    /// Version as it is registered.
    pub version: Option<String>,
    /// What the advisory means for it.
    pub outcome: Outcome,
}

/// Counts for a maker, by product as the advisory names it. Only claims on products of that maker.
pub fn for_maker(
    maker_key: &str,
    advisory: &Advisory,
    hits: &[Hit],
    index: &Index,
) -> BTreeMap<String, MakerCount> {
    let mut counts: BTreeMap<String, MakerCount> = BTreeMap::new();
    // An asset that two claims of one product hit is one asset; the worse outcome counts.
    let mut worst: BTreeMap<(String, AssetId), u8> = BTreeMap::new();
    for hit in hits {
        let Some(claim) = advisory
            .claims
            .get(hit.claim)
            .filter(|c| c.maker == maker_key)
        else {
            continue;
        };
        let rank = rank(&hit.outcome);
        let known = worst
            .entry((claim.written.1.clone(), hit.asset))
            .or_insert(rank);
        *known = (*known).max(rank);
    }
    for ((product, asset), rank) in worst {
        let units = index.asset(asset).map_or(1, |a| u64::from(a.count));
        let count = counts.entry(product).or_default();
        let place = match rank {
            2 => &mut count.affected,
            1 => &mut count.asked,
            _ => &mut count.not_affected,
        };
        *place = place.saturating_add(units);
    }
    counts
}

const fn rank(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Affected => 2,
        Outcome::Question(_) => 1,
        Outcome::NotAffected => 0,
    }
}

/// Rows of the operators for whom a minister is competent, each asset once a product.
pub fn for_minister(
    minister: &str,
    advisory: &Advisory,
    hits: &[Hit],
    index: &Index,
) -> Vec<MinisterRow> {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for hit in hits {
        let asset = index.asset(hit.asset).filter(|a| a.minister == minister);
        let (Some(asset), Some(claim)) = (asset, advisory.claims.get(hit.claim)) else {
            continue;
        };
        if seen.insert((hit.asset, hit.claim)) {
            rows.push(MinisterRow {
                operator: asset.operator.clone(),
                asset: asset.id,
                product: claim.written.clone(),
                version: asset.version.clone(),
                outcome: hit.outcome.clone(),
            });
        }
    }
    rows
}
