//! A case of the vulnerability room as it is to be published. In: what people wrote; of a case that is still at work, [`crate::room`]. Out: one value that says it. Never:
//! silence of a maker as "not affected".

use crate::csaf::Edition;
use crate::csaf::products::Versions;
use sakimori_custody::time::Seconds;
use sakimori_release::Tlp;
use serde::{Deserialize, Serialize};

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Changes are expected.
    Interim,
    /// It is what is known.
    Final,
}

/// One version of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Tracking id; the same for all versions.
    pub id: String,
    /// Title.
    pub title: String,
    /// Summary for everybody.
    pub summary: String,
    /// Language of all texts, `en` or `ja`.
    pub lang: String,
    /// To whom it may go.
    pub tlp: Tlp,
    /// Where it stands.
    pub stage: Stage,
    /// The instant before which nobody sees this version.
    pub release: Seconds,
    /// What changed when, from the first version on; the last is this one.
    pub revisions: Vec<Revision>,
    /// Products.
    pub products: Vec<Product>,
    /// Weaknesses.
    pub weaknesses: Vec<Weakness>,
    /// What each maker says.
    pub makers: Vec<MakerWord>,
    /// Addresses with more: what it is, and where.
    pub references: Vec<(String, String)>,
}

/// A version of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// When.
    pub date: Seconds,
    /// What changed.
    pub summary: String,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Maker.
    pub maker: String,
    /// Name.
    pub name: String,
    /// Versions, a range in words or as `vers:`.
    pub versions: Versions,
    /// Model numbers.
    pub models: Vec<String>,
    /// CPE name.
    pub cpe: Option<String>,
    /// Package URL.
    pub purl: Option<String>,
}

/// What is known of a product and a weakness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProductState {
    /// It is affected.
    Affected,
    /// It is not.
    NotAffected,
    /// It is mended.
    Fixed,
    /// Nobody knows yet; the maker looks, or has not answered.
    Unknown,
}

/// A weakness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weakness {
    /// CVE id.
    pub cve: Option<String>,
    /// Title.
    pub title: String,
    /// What it is.
    pub description: String,
    /// CWE: id and name.
    pub cwe: Option<(String, String)>,
    /// State by place of the product.
    pub states: Vec<(usize, ProductState)>,
    /// Scores by places of products: vector of CVSS 3.1, base score in tenths.
    pub scores: Vec<(Vec<usize>, String, u8)>,
    /// What to do.
    pub remedies: Vec<Remedy>,
    /// Why a product is not affected, by its place.
    pub reasons: Vec<(usize, String)>,
    /// When it was known to the public, if it was.
    #[serde(
        default,
        with = "crate::text::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub disclosed: Option<Seconds>,
}

/// How a weakness is dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemedyKind {
    /// The maker has a mend.
    VendorFix,
    /// Something else closes it.
    Workaround,
    /// Something lowers the harm.
    Mitigation,
    /// There is nothing yet.
    NoneAvailable,
    /// There will be nothing.
    NoFixPlanned,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// Its kind.
    pub kind: RemedyKind,
    /// What it is.
    pub details: String,
    /// Places of the products.
    pub products: Vec<usize>,
    /// Where it is.
    pub url: Option<String>,
}

/// What a maker says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MakerState {
    /// Affected.
    Affected,
    /// Not affected.
    NotAffected,
    /// Mended.
    Fixed,
    /// It looks, or its time to answer runs.
    Unknown,
    /// It was asked and has not answered.
    Silent,
}

/// A maker and its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakerWord {
    /// Maker.
    pub maker: String,
    /// What it says.
    pub state: MakerState,
    /// Its own words.
    pub words: Option<String>,
}

/// The label of a marking in an edition; none for what the TLP of that edition cannot say.
pub(super) fn label(tlp: Tlp, edition: Edition) -> Option<&'static str> {
    let label = match edition {
        Edition::V20 => tlp.version1(),
        Edition::V21 => Some(tlp.label()),
    };
    label.map(|label| label.trim_start_matches("TLP:"))
}

impl MakerState {
    /// In words that nobody takes for another state.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::NotAffected => "not affected",
            Self::Fixed => "fixed",
            Self::Unknown => "not known yet",
            Self::Silent => "has not answered; whether its products are affected is unknown",
        }
    }
}
