//! What shows that a measure works, or that it has to stop, fixed before it begins. In: a text of a closed grammar. Out: a goal, and the form of readings; [`effect`](crate::effect) holds the one against the other. Never: two texts for
//! one goal.

use super::form;
use crate::safety::{Name as DnsName, Target};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest span that a goal looks at, seconds.
pub const SPAN_SECONDS_MAX: u64 = 7 * 86_400;

/// A criterion: what is measured, by whom, and for how long it has to be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// `packets to TARGET < N per M s by sensor S`
    Packets {
        /// To which addresses.
        target: String,
        /// Fewer than so many.
        below: u64,
        /// In so many seconds.
        seconds: u64,
        /// Which sensor counts.
        sensor: Name,
    },
    /// `name N does not resolve for M s at resolver R`, or `name N resolves for M s at resolver R`
    Resolves {
        /// Which name.
        name: String,
        /// Whether it has an answer.
        resolves: bool,
        /// For so many seconds.
        seconds: u64,
        /// Which resolver is asked.
        resolver: Name,
    },
    /// `route P absent for M s at router R`, or `route P present for M s at router R`
    Route {
        /// Which prefix.
        prefix: String,
        /// Whether it is in the table.
        present: bool,
        /// For so many seconds.
        seconds: u64,
        /// Whose table.
        router: Name,
    },
}

/// Why a text is no goal. Its writer acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not `packets to TARGET < N per M s by sensor S`, `name N does not resolve for M s at resolver R`, `name N resolves for M s at resolver R`, `route P absent for M s at router R` or `route P present for M s at router R`"
)]
pub struct GoalError;

/// Something that was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Who measured.
    #[serde(with = "form::text")]
    pub source: Name,
    /// From which second.
    #[serde(with = "form::text")]
    pub from: Seconds,
    /// To which second, inclusive.
    #[serde(with = "form::text")]
    pub to: Seconds,
    /// Of which target, name or prefix.
    pub of: String,
    /// What.
    pub value: Measured,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measured {
    /// Packets to it in this time.
    Packets(u64),
    /// Whether the name had an answer each time.
    Resolves(bool),
    /// Whether the route was in the table each time.
    Present(bool),
}

/// Whether a goal is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Met {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The source says nothing of this span, or not of all of it.
    Unknown,
}

impl Goal {
    /// The span that it looks at, seconds.
    pub const fn seconds(&self) -> u64 {
        match self {
            Self::Packets { seconds, .. }
            | Self::Resolves { seconds, .. }
            | Self::Route { seconds, .. } => *seconds,
        }
    }

    /// Who measures.
    pub const fn source(&self) -> &Name {
        match self {
            Self::Packets { sensor, .. } => sensor,
            Self::Resolves { resolver, .. } => resolver,
            Self::Route { router, .. } => router,
        }
    }

    /// What is measured.
    pub fn of(&self) -> &str {
        match self {
            Self::Packets { target, .. } => target,
            Self::Resolves { name, .. } => name,
            Self::Route { prefix, .. } => prefix,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packets {
                target,
                below,
                seconds,
                sensor,
            } => write!(
                f,
                "packets to {target} < {below} per {seconds} s by sensor {sensor}"
            ),
            Self::Resolves {
                name,
                resolves,
                seconds,
                resolver,
            } => {
                let does = if *resolves {
                    "resolves"
                } else {
                    "does not resolve"
                };
                write!(
                    f,
                    "name {name} {does} for {seconds} s at resolver {resolver}"
                )
            }
            Self::Route {
                prefix,
                present,
                seconds,
                router,
            } => {
                let is = if *present { "present" } else { "absent" };
                write!(f, "route {prefix} {is} for {seconds} s at router {router}")
            }
        }
    }
}

impl FromStr for Goal {
    type Err = GoalError;

    fn from_str(text: &str) -> Result<Self, GoalError> {
        let spans = |goal: &Self| (1..=SPAN_SECONDS_MAX).contains(&goal.seconds());
        // One text for one goal: `+5`, `05` and names in capitals are other texts.
        let same = |goal: &Self| goal.to_string() == text;
        let goal = Self::read(text).filter(spans).filter(same);
        goal.ok_or(GoalError)
    }
}

impl Goal {
    fn read(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            ["packets", "to", rest @ ..] => Self::packets(rest),
            ["name", name, "does", "not", "resolve", rest @ ..] => {
                Self::resolves(name, false, rest)
            }
            ["name", name, "resolves", rest @ ..] => Self::resolves(name, true, rest),
            ["route", prefix, "absent", rest @ ..] => Self::route(prefix, false, rest),
            ["route", prefix, "present", rest @ ..] => Self::route(prefix, true, rest),
            _ => None,
        }
    }

    fn packets(words: &[&str]) -> Option<Self> {
        let [
            target,
            "<",
            below,
            "per",
            seconds,
            "s",
            "by",
            "sensor",
            sensor,
        ] = words
        else {
            return None;
        };
        Some(Self::Packets {
            target: net(target)?,
            below: below.parse().ok().filter(|below| *below > 0)?,
            seconds: seconds.parse().ok()?,
            sensor: sensor.parse().ok()?,
        })
    }

    fn resolves(name: &str, resolves: bool, words: &[&str]) -> Option<Self> {
        let ["for", seconds, "s", "at", "resolver", resolver] = words else {
            return None;
        };
        Some(Self::Resolves {
            name: DnsName::parse(name).ok()?.to_string(),
            resolves,
            seconds: seconds.parse().ok()?,
            resolver: resolver.parse().ok()?,
        })
    }

    fn route(prefix: &str, present: bool, words: &[&str]) -> Option<Self> {
        let ["for", seconds, "s", "at", "router", router] = words else {
            return None;
        };
        Some(Self::Route {
            prefix: net(prefix)?,
            present,
            seconds: seconds.parse().ok()?,
            router: router.parse().ok()?,
        })
    }
}

/// An address or prefix in its one form.
pub(crate) fn net(text: &str) -> Option<String> {
    match Target::parse(text).ok()? {
        net @ Target::Net(_) => Some(net.to_string()),
        Target::Name { .. } => None,
    }
}
