//! Whose is this? In: an advisory, registered assets, names that mean the same, what operators answered before. Out: for each asset that may be meant: affected, not, or a
//! question. Never: a "no" where maker, product or version is not certain; a question that was answered, asked again. Source: CSAF 2.1 draft, 9.1.13 (asset matching
//! system).
//!
//! [`names`] makes one name of many, [`advisory`] and [`record`] take from a document what is matched, [`index`] finds assets, [`feedback`] remembers, [`views`] says who may see what.

pub mod advisory;
pub mod feedback;
pub mod index;
pub mod names;
pub mod record;
pub mod views;

pub use advisory::{Advisory, Claim};
pub use feedback::{Answered, Given, Memory, Names};
pub use index::{Asset, AssetId, Hit, Index};
pub use names::{Alias, AliasKind, Aliases};

/// What an advisory means for an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The asset is of a version that is affected.
    Affected,
    /// The product is meant, and the version is not affected or mended.
    NotAffected,
    /// A person has to say. What is not certain, in the order in which it is asked.
    Question(Vec<Doubt>),
}

/// What is not certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doubt {
    /// The makers are the same, the products only alike: is this yours?
    Product,
    /// The products are the same, the asset's maker is not registered.
    Maker,
    /// The advisory names models, and the asset has none that is on the list.
    Model,
    /// The asset's version is not registered.
    VersionUnknown,
    /// The version cannot be compared with the advisory's range.
    Version,
    /// The maker is still looking, or has not answered.
    Status,
}
