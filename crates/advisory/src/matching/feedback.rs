//! What operators answered. In: an answer on a hit. Out: the outcome that it leaves of the next one. Never: an answer on a version kept for another version or range; an
//! answer on the product lost because the advisory has a new version.

use super::index::{Asset, AssetId};
use super::{Claim, Doubt, Outcome};
use std::collections::HashMap;

/// What an operator answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// This is not that product: holds for every version of the advisory.
    NotThisProduct,
    /// It is that product, and this version of it is not affected: holds while the asset's version and the advisory's range are the same.
    NotThisVersion,
    /// It is that product: what is left to ask is its version.
    ThisProduct,
    /// It is affected: holds while version and range are the same.
    Affected,
}

/// An advisory's product and an asset. The advisory by publisher and id, the product by its key: both stay the same from one version of the advisory to the next.
type Pair = ((String, String), (String, String, String), AssetId);

/// Answers by advisory product and asset.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    answers: HashMap<Pair, Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    answered: Answered,
    range: String,
    version: Option<String>,
}

impl Memory {
    /// Without answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps an answer; a later one takes the place of the one before.
    pub fn keep(
        &mut self,
        advisory: &(String, String),
        claim: &Claim,
        asset: &Asset,
        answered: Answered,
    ) {
        let pair = (advisory.clone(), claim.key(), asset.id);
        let kept = Kept {
            answered,
            range: claim.range_written.clone(),
            version: asset.version.clone(),
        };
        self.answers.insert(pair, kept);
    }

    /// How many answers are kept.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// What is left of an outcome; nothing where the asset is not that product.
    pub(super) fn left(
        &self,
        advisory: &(String, String),
        claim: &Claim,
        asset: &Asset,
        outcome: Outcome,
    ) -> Option<Outcome> {
        if self.answers.is_empty() {
            return Some(outcome);
        }
        let pair = (advisory.clone(), claim.key(), asset.id);
        let Some(kept) = self.answers.get(&pair) else {
            return Some(outcome);
        };
        let same = kept.range == claim.range_written && kept.version == asset.version;
        match kept.answered {
            Answered::NotThisProduct => None,
            Answered::NotThisVersion if same => Some(Outcome::NotAffected),
            Answered::Affected if same => Some(Outcome::Affected),
            _ => Some(without_doubt_on_product(outcome)),
        }
    }
}

/// Every other answer has said that it is that product.
fn without_doubt_on_product(outcome: Outcome) -> Outcome {
    let Outcome::Question(mut doubts) = outcome else {
        return outcome;
    };
    doubts.retain(|doubt| !matches!(doubt, Doubt::Product | Doubt::Maker | Doubt::Model));
    if doubts.is_empty() {
        // Only the product was in doubt, so the version is known to be in the range.
        return Outcome::Affected;
    }
    Outcome::Question(doubts)
}
