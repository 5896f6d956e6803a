//! Where a report goes. In: sector, prefecture, the schedule's rows. Out: minister, bureau or headquarters, always the Cabinet Office too, and the sentences; what a
//! filing would do, without filing. Never: a guess: an unknown row goes to headquarters and says so.
//!
//! Act 42/2025 art. 5; Cabinet Order 47/2026 art. 3.

use crate::report::{Case, ReportDocument};
use crate::rules::{Marks, Reason, Rule, marks};
use crate::terms::Terms;
use crate::{FieldError, text};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! names {
    ($(#[$top:meta])* $type:ident $error:ident $what:literal $($(#[$doc:meta])* $name:ident $id:literal $ja:literal $en:literal,)*) => {
        $(#[$top])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$doc])* $name,)*
        }

        impl $type {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The name in Japanese.
            pub const fn ja(self) -> &'static str {
                match self { $(Self::$name => $ja,)* }
            }

            /// The name in English.
            pub const fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.id())
            }
        }

        #[doc = concat!("A text that names no ", $what, ".")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        #[error("no {}", $what)]
        pub struct $error;

        impl FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let found = Self::ALL.iter().copied().find(|each| each.id() == text);
                found.ok_or($error)
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                text::serialize(self, to)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                text::deserialize(from)
            }
        }
    };
}

names! {
    /// A sector of infrastructure. JSON: its id, such as `"credit-cards"`.
    Sector SectorError "sector"
    /// 電気.
    Electricity "electricity" "電気" "electricity",
    /// ガス.
    Gas "gas" "ガス" "gas",
    /// 石油.
    Oil "oil" "石油" "oil",
    /// 水道.
    Water "water" "水道" "water",
    /// 鉄道.
    Railways "railways" "鉄道" "railways",
    /// 貨物自動車運送.
    Trucking "trucking" "貨物自動車運送" "trucking",
    /// 外航貨物.
    OceanShipping "ocean-shipping" "外航貨物" "ocean shipping",
    /// 港湾運送.
    PortTransport "port-transport" "港湾運送" "port transport",
    /// 航空.
    Aviation "aviation" "航空" "aviation",
    /// 空港.
    Airports "airports" "空港" "airports",
    /// 電気通信.
    Telecommunications "telecommunications" "電気通信" "telecommunications",
    /// 放送.
    Broadcasting "broadcasting" "放送" "broadcasting",
    /// 郵便.
    Post "post" "郵便" "post",
    /// 金融.
    Finance "finance" "金融" "finance",
    /// クレジットカード.
    CreditCards "credit-cards" "クレジットカード" "credit cards",
}

names! {
    /// Who is competent for a sector. JSON: its id, such as `"meti"`.
    Minister MinisterError "minister"
    /// 経済産業大臣.
    Meti "meti" "経済産業大臣" "Minister of Economy, Trade and Industry",
    /// 国土交通大臣.
    Mlit "mlit" "国土交通大臣" "Minister of Land, Infrastructure, Transport and Tourism",
    /// 総務大臣.
    Mic "mic" "総務大臣" "Minister for Internal Affairs and Communications",
    /// 金融庁長官, for the Prime Minister.
    Fsa "fsa" "内閣総理大臣（金融庁）" "Prime Minister, through the Financial Services Agency",
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The minister; none where no row names the sector.
    pub minister: Option<Minister>,
    /// The bureau; none where it goes to headquarters.
    pub bureau: Option<String>,
    /// Always true: the Prime Minister receives every report, at the Cabinet Office.
    pub cabinet_office: bool,
    /// The sentences that decide.
    pub reasons: Vec<Reason>,
}

impl Route {
    /// The marks of its sentences.
    pub fn marks(&self) -> Marks {
        marks(&self.reasons)
    }
}

/// Where a report of a sector (by its id, as it stands in the form) and a prefecture (JIS X 0401, 1 to 47) goes.
pub fn route(sector: &str, prefecture: Option<u8>, terms: &Terms) -> Route {
    let sector: Option<Sector> = sector.parse().ok();
    let row = terms
        .routes
        .iter()
        .find(|row| Some(row.value.sector) == sector);
    let cabinet_office = Reason::from(Rule::RouteCabinetOffice);
    let Some(row) = row else {
        return Route {
            minister: None,
            bureau: None,
            cabinet_office: true,
            reasons: vec![Rule::RouteUnknown.into(), cabinet_office],
        };
    };
    let minister = row.value.minister;
    let bureau = terms
        .bureaus
        .iter()
        .find(|each| each.value.minister == minister && Some(each.value.prefecture) == prefecture);
    let place = match bureau {
        Some(row) => Reason::new(Rule::RouteBureau, row.source.verified),
        None => Rule::RouteHeadquarters.into(),
    };
    Route {
        minister: Some(minister),
        bureau: bureau.map(|row| row.value.bureau.clone()),
        cabinet_office: true,
        reasons: vec![
            Reason::new(Rule::RouteMinister, row.source.verified),
            place,
            cabinet_office,
        ],
    }
}

/// What filing would do. Nothing is filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// Where it would go.
    pub route: Route,
    /// What would be refused; empty where it would be taken.
    pub errors: Vec<FieldError>,
    /// The clocks of the case.
    pub clocks: Vec<crate::clock::Due>,
}

/// Tells what filing a document on a case would do.
///
/// # Errors
/// [`crate::calendar::CalendarError`]: a deadline lies outside the years whose holidays are known.
pub fn dry_run(
    case: &Case,
    document: &ReportDocument,
    now: Seconds,
    terms: &Terms,
) -> Result<DryRun, crate::calendar::CalendarError> {
    let errors = case.clone().file(document, now, terms).err();
    Ok(DryRun {
        route: document.route(terms),
        errors: errors.unwrap_or_default(),
        clocks: case.clocks(now, terms)?,
    })
}
