//! What operators answered. In: an answer on a hit. Out: the outcome that it leaves of the next one. Never: an answer on a version kept for another version or range; an answer on a
//! product lost because the advisory is another one, or kept for an asset that has become another product.
//!
//! What is said of a product holds for all advisories on it, until the asset's maker, product or model is another. What is said of a version holds for the one advisory.

use super::index::{Asset, AssetId};
use super::{Claim, Doubt, Outcome};
use sakimori_custody::time::Seconds;
use std::collections::HashMap;

/// What an operator answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// This is not that product: holds for every advisory on it.
    NotThisProduct,
    /// It is that product, and this version of it is not affected: holds while the asset's version and the advisory's range are the same.
    NotThisVersion,
    /// It is that product, for every advisory on it: what is left to ask is its version.
    ThisProduct,
    /// It is affected: holds while version and range are the same.
    Affected,
}

impl Answered {
    /// Whether it is about the product, so that it holds for other advisories too.
    pub const fn is_about_product(self) -> bool {
        matches!(self, Self::NotThisProduct | Self::ThisProduct)
    }
}

/// Where an answer was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The advisory that was asked about: namespace of its publisher and tracking id.
    pub advisory: (String, String),
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: Seconds,
}

/// Whose product a claim is about: its maker, product and models.
type ClaimKey = (String, String, String);

/// An advisory's product and an asset. The advisory by publisher and id, the product by its key: both stay the same from one version of the advisory to the next.
type Pair = ((String, String), ClaimKey, AssetId);

/// Answers by product and asset, and by advisory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    products: HashMap<(ClaimKey, AssetId), OfProduct>,
    versions: HashMap<Pair, OfVersion>,
}

#[derive(Clone, Debug)]
struct OfProduct {
    is_it: bool,
    /// Maker, product and model of the asset that was asked about.
    names: Names,
    given: Given,
}

#[derive(Clone, Debug)]
struct OfVersion {
    affected: bool,
    names: Names,
    range: String,
    version: Option<String>,
}

/// Maker, product and model of an asset, as they are registered.
pub type Names = (String, String, Option<String>);

impl Asset {
    /// Maker, product and model: where one is another, it is another product.
    pub fn names(&self) -> Names {
        (self.maker.clone(), self.product.clone(), self.model.clone())
    }

    fn is_called(&self, (maker, product, model): &Names) -> bool {
        (&self.maker, &self.product, &self.model) == (maker, product, model)
    }
}

impl Memory {
    /// Without answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps an answer; a later one takes the place of the one before.
    pub fn keep(&mut self, claim: &Claim, asset: &Asset, answered: Answered, given: Given) {
        let product = (claim.key(), asset.id);
        let version = (given.advisory.clone(), claim.key(), asset.id);
        if answered.is_about_product() {
            self.versions.remove(&version);
            let kept = OfProduct {
                is_it: answered == Answered::ThisProduct,
                names: asset.names(),
                given,
            };
            self.products.insert(product, kept);
            return;
        }
        // Who says something of its version says that it is that product, whatever was said before.
        if self.products.get(&product).is_some_and(|kept| !kept.is_it) {
            self.products.remove(&product);
        }
        let kept = OfVersion {
            affected: answered == Answered::Affected,
            names: asset.names(),
            range: claim.range_written.clone(),
            version: asset.version.clone(),
        };
        self.versions.insert(version, kept);
    }

    /// How many answers are kept.
    pub fn len(&self) -> usize {
        self.products.len() + self.versions.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was said of a product: whether it is that one, and where that was said. Nothing where the asset has become another product since.
    pub fn of_product(&self, claim: &Claim, asset: &Asset) -> Option<(bool, &Given)> {
        if self.products.is_empty() {
            return None;
        }
        let kept = self.products.get(&(claim.key(), asset.id))?;
        let same = asset.is_called(&kept.names);
        same.then_some((kept.is_it, &kept.given))
    }

    /// What is left of an outcome; nothing where the asset is not that product.
    pub fn left(
        &self,
        advisory: &(String, String),
        claim: &Claim,
        asset: &Asset,
        outcome: Outcome,
    ) -> Option<Outcome> {
        let of_product = self.of_product(claim, asset).map(|(is_it, _)| is_it);
        if of_product == Some(false) {
            return None;
        }
        let kept = if self.versions.is_empty() {
            None
        } else {
            let pair = (advisory.clone(), claim.key(), asset.id);
            let kept = self.versions.get(&pair);
            kept.filter(|kept| asset.is_called(&kept.names))
        };
        let Some(kept) = kept else {
            return Some(match of_product {
                Some(_) => without_doubt_on_product(outcome),
                None => outcome,
            });
        };
        if kept.range == claim.range_written && kept.version == asset.version {
            return Some(if kept.affected {
                Outcome::Affected
            } else {
                Outcome::NotAffected
            });
        }
        Some(without_doubt_on_product(outcome))
    }
}

/// Whoever answered otherwise has said that it is that product.
fn without_doubt_on_product(outcome: Outcome) -> Outcome {
    let Outcome::Question(mut doubts) = outcome else {
        return outcome;
    };
    doubts.retain(|doubt| !doubt.is_about_product());
    if doubts.is_empty() {
        // Only the product was in doubt, so the version is known to be in the range.
        return Outcome::Affected;
    }
    Outcome::Question(doubts)
}

impl Doubt {
    /// Whether it is about which product it is.
    pub const fn is_about_product(self) -> bool {
        matches!(self, Self::Product | Self::Maker | Self::Model)
    }
}
