//! Who may see what of the hits. In: hits and assets. Out: counts for the maker, names for the competent minister. Never: a name, or a number from which one follows, in what
//! a maker gets; another minister's operators in what a minister gets. What may leave at all is decided by the release gate.

use super::index::{AssetId, Hit, Index};
use super::{Advisory, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// How many there are of one outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Operators who have one.
    pub operators: u64,
    /// Assets, in units.
    pub units: u64,
}

/// What is counted of one of a maker's products. These are exact numbers: what the maker is told of them is decided behind this room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MakerCount {
    /// Assets that are affected.
    pub affected: Count,
    /// Assets that are not.
    pub not_affected: Count,
    /// Assets whose operator has not answered yet.
    pub asked: Count,
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
    // Every product of the maker, whether somebody has it or not: that one is not named would be a number too.
    let own = advisory.claims.iter().filter(|c| c.maker == maker_key);
    let mut counts: BTreeMap<String, MakerCount> = own
        .map(|claim| (claim.written.1.clone(), MakerCount::default()))
        .collect();
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
    let mut operators: BTreeSet<(String, u8, &str)> = BTreeSet::new();
    for ((product, asset), rank) in worst {
        let Some(asset) = index.asset(asset) else {
            continue;
        };
        let count = counts.entry(product.clone()).or_default();
        let place = match rank {
            2 => &mut count.affected,
            1 => &mut count.asked,
            _ => &mut count.not_affected,
        };
        place.units = place.units.saturating_add(u64::from(asset.count));
        let first = operators.insert((product, rank, asset.operator.as_str()));
        place.operators += u64::from(first);
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
