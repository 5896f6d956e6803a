//! The register's entry and what the law asks of it. In: an entry, who told what already, the schedule. Out: whether it is told of, with the sentence; the five items.
//! Never: an exemption by a name that is only alike; an exemption that takes the incident duty away.
//!
//! Act 42/2025 art. 4; Order 4/2026 arts. 2 and 3.

use crate::calendar::Date;
use crate::limits::COUNT_MAX;
use crate::plain::line;
use crate::rules::{Marks, Reason, Rule, marks};
use crate::scope::{Scope, SubType};
use crate::terms::Terms;
use crate::{Answer, FieldError};
use serde::{Deserialize, Serialize};

/// What part of a computer a product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The hardware of an appliance.
    ApplianceHardware,
    /// The hardware of another machine.
    OtherHardware,
    /// An operating system.
    OperatingSystem,
    /// Middleware.
    Middleware,
    /// An application.
    Application,
    /// A cloud service: `product` is the service, `maker` its provider.
    Cloud,
}

/// Where it stands, as coarse as the register needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Location {
    /// On the operator's premises.
    OwnSite,
    /// In somebody else's data centre in Japan.
    DataCentre,
    /// With a cloud provider, in Japan.
    CloudJapan,
    /// Abroad.
    Abroad,
    /// In the field, or moving.
    Field,
}

/// Class of the computer, the third of the five items. JSON: `"type-1"`, `"type-3"` or a sub-type's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ComputerClass {
    /// Type 1.
    #[serde(rename = "type-1")]
    TypeOne,
    /// Type 3.
    #[serde(rename = "type-3")]
    TypeThree,
    /// Type 2, one of seven.
    #[serde(untagged)]
    TypeTwo(SubType),
}

/// An entry of the register.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Maker's name; a cloud service's provider.
    pub maker: String,
    /// Product's name; a cloud service's name.
    pub product: String,
    /// Model, where it has one.
    #[serde(default)]
    pub model: String,
    /// Version, where it has one.
    #[serde(default)]
    pub version: String,
    /// How many, from 1.
    pub count: u32,
    /// Where.
    pub location: Location,
    /// The designated equipment that it belongs to, by its class.
    pub equipment: String,
    /// Class of the computer.
    pub class: ComputerClass,
    /// What part of the computer it is.
    pub part: Part,
    /// When it was introduced.
    pub introduced: Date,
    /// Whether it was made for this operator, or its parent's group, alone.
    #[serde(default)]
    pub bespoke: Answer,
    /// CPE name, where the operator knows it: `cpe:2.3:…` or `cpe:/…`. No item of a notice; advisories are matched by it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cpe: String,
    /// Package URL, where the operator knows it: `pkg:…`. As `cpe`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purl: String,
}

impl Asset {
    /// What is wrong with the entry, field by field; empty where nothing is.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors: Vec<FieldError> = [
            line("maker", &self.maker),
            line("product", &self.product),
            line("equipment", &self.equipment),
            optional("model", &self.model),
            optional("version", &self.version),
            optional("cpe", &self.cpe),
            optional("purl", &self.purl),
            begins("cpe", &self.cpe, &["cpe:2.3:", "cpe:/"]),
            begins("purl", &self.purl, &["pkg:"]),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !(1..=COUNT_MAX).contains(&self.count) {
            errors.push(FieldError::new(
                "count",
                Rule::TextBounds,
                "is not from 1 to 10000000",
            ));
        }
        errors
    }

    /// The names that filings and designations are compared by: maker and product, exactly as written.
    pub fn names(&self) -> (&str, &str) {
        (&self.maker, &self.product)
    }
}

fn optional(field: &str, text: &str) -> Option<FieldError> {
    (!text.is_empty()).then(|| line(field, text)).flatten()
}

fn begins(field: &str, text: &str, beginnings: &[&str]) -> Option<FieldError> {
    let good = text.is_empty() || beginnings.iter().any(|begin| text.starts_with(begin));
    let what = || format!("does not begin with {}", beginnings.join(" or "));
    (!good).then(|| FieldError::new(field, Rule::TextBounds, what()))
}

/// A filing under the economic-security Act that is there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filing {
    /// Maker's name in the filing.
    pub maker: String,
    /// Product's name in the filing.
    pub product: String,
}

/// Whether a product is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A notice is due.
    Notice,
    /// A filing takes its place.
    Substituted,
    /// No notice needed.
    NoNotice,
}

/// What the law asks of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duty {
    /// Whether it is told of.
    pub need: Need,
    /// Whether incidents on it are reported: true for everything in scope.
    pub incident_duty: bool,
    /// The sentences that decide.
    pub reasons: Vec<Reason>,
}

impl Duty {
    /// In one line for people, in Japanese and English.
    pub const fn words(&self) -> (&'static str, &'static str) {
        match (self.need, self.incident_duty) {
            (Need::Notice, _) => ("届出が必要です。", "A notice is needed."),
            (Need::Substituted, _) => (
                "既存の届出が代わります。事案の報告義務は残ります。",
                "A filing takes the place of the notice; the incident duty remains.",
            ),
            (Need::NoNotice, true) => (
                "届出は不要です。事案の報告義務は残ります。",
                "No notice needed; the incident duty remains.",
            ),
            (Need::NoNotice, false) => (
                "届出も報告も不要です。",
                "No notice needed, and no incident duty.",
            ),
        }
    }

    /// The marks of its sentences.
    pub fn marks(&self) -> Marks {
        marks(&self.reasons)
    }
}

/// Judges an entry on a computer whose scope was judged. An entry with errors is judged as it stands; [`crate::notice::AssetNotice::draft`] refuses it.
pub fn judge(asset: &Asset, scope: &Scope, filings: &[Filing], terms: &Terms) -> Duty {
    if !scope.has_duties() {
        return Duty {
            need: Need::NoNotice,
            incident_duty: false,
            reasons: vec![Rule::AssetOutOfScope.into()],
        };
    }
    let freed = |reasons: Vec<Reason>| Duty {
        need: Need::NoNotice,
        incident_duty: true,
        reasons,
    };
    let remains = Reason::from(Rule::AssetIncidentDuty);
    if let Some(reason) = exemption(asset, terms) {
        return freed(vec![reason, remains]);
    }
    let mut reasons: Vec<Reason> = vec![match asset.part {
        Part::Cloud => Rule::AssetCloud.into(),
        _ => Rule::AssetProduct.into(),
    }];
    let same = |filing: &Filing| (filing.maker.as_str(), filing.product.as_str()) == asset.names();
    if filings.iter().any(same) {
        reasons.extend([Rule::AssetSubstituted.into(), remains]);
        return Duty {
            need: Need::Substituted,
            incident_duty: true,
            reasons,
        };
    }
    if asset.bespoke == Answer::Unsure {
        reasons.push(Rule::AssetUnsureBespoke.into());
    }
    if is_near(asset, filings, terms) {
        reasons.push(Rule::AssetNearName.into());
    }
    Duty {
        need: Need::Notice,
        incident_duty: true,
        reasons,
    }
}

/// Why a product needs no notice.
fn exemption(asset: &Asset, terms: &Terms) -> Option<Reason> {
    if asset.part == Part::OtherHardware {
        return Some(Rule::AssetOtherHardware.into());
    }
    if asset.bespoke == Answer::Yes {
        return Some(Rule::AssetBespoke.into());
    }
    let listed = terms
        .widely_used
        .iter()
        .find(|row| (row.value.maker.as_str(), row.value.product.as_str()) == asset.names());
    listed.map(|row| Reason::new(Rule::AssetWidelyUsed, row.source.verified))
}

/// Whether a name is only alike: the same but for case and spaces, or with more behind it.
fn is_near(asset: &Asset, filings: &[Filing], terms: &Terms) -> bool {
    let fold = |text: &str| -> String {
        let kept = text.chars().filter(|c| !c.is_whitespace());
        kept.flat_map(char::to_lowercase).collect()
    };
    let (maker, product) = (fold(&asset.maker), fold(&asset.product));
    let near = |other_maker: &str, other: &str| {
        let other = fold(other);
        !other.is_empty() && fold(other_maker) == maker && product.starts_with(&other)
    };
    filings.iter().any(|f| near(&f.maker, &f.product))
        || terms
            .widely_used
            .iter()
            .any(|row| near(&row.value.maker, &row.value.product))
}
