//! Who else is met. In: a target, facts about it with their age, bounds. Out: an interval, a level, every reason, what could be done instead. Never: a fact that is not known as a small number: it makes the interval
//! open and the level higher.
//!
//! What is counted is names of others on the target and legitimate clients of a week: each is one who may be met.

use super::form;
use super::terms::CollateralBounds;
use crate::safety::{SIZE_MAX, SIZE_PLAIN, Target, size};
use sakimori_custody::ids::Name;
use sakimori_custody::record::Country;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// Most countries that one target is split over.
pub const COUNTRIES_MAX: usize = 256;
/// What stands for "at most nobody knows how many" in texts that have a number there.
pub const UNKNOWN: u64 = 999_999_999_999;

/// Facts about one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// About which target.
    pub target: String,
    /// Names that lead to it.
    pub names: Option<Fact>,
    /// Legitimate clients in seven days.
    pub clients: Option<Fact>,
    /// Share of traffic to it that does not match the attack, per million.
    pub other_ppm: Option<Fact>,
    /// What it is beside.
    pub is: Vec<Beside>,
    /// When somebody last looked what it is beside.
    #[serde(with = "form::text_option")]
    pub looked: Option<Seconds>,
    /// Countries whose people it serves.
    pub countries: Vec<Served>,
}

impl Facts {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        let numbers = [&self.names, &self.clients, &self.other_ppm];
        numbers.iter().all(|one| one.is_none()) && self.looked.is_none()
    }

    /// These with what others know that is newer: each number by its own time, what it is beside by when somebody looked. Of two of one time the larger number counts.
    #[must_use]
    pub fn newer(&self, others: &Self) -> Self {
        let pick = |own: &Option<Fact>, other: &Option<Fact>| match (own, other) {
            (Some(one), Some(two)) if (one.at, one.high) >= (two.at, two.high) => own.clone(),
            (_, Some(two)) => Some(two.clone()),
            (_, None) => own.clone(),
        };
        let looked = if others.looked > self.looked {
            others
        } else {
            self
        };
        Self {
            target: self.target.clone(),
            names: pick(&self.names, &others.names),
            clients: pick(&self.clients, &others.clients),
            other_ppm: pick(&self.other_ppm, &others.other_ppm),
            is: looked.is.clone(),
            looked: looked.looked,
            countries: looked.countries.clone(),
        }
    }
}

/// A number with its interval, who says it and when it was so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// At least.
    pub low: u64,
    /// At most.
    pub high: u64,
    /// Who says it.
    #[serde(with = "form::text")]
    pub source: Name,
    /// When it was so.
    #[serde(with = "form::text")]
    pub at: Seconds,
}

/// What a target can be beside an attacker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beside {
    /// One address in many places.
    Anycast,
    /// A network that delivers content of many.
    ContentNetwork,
    /// A mail server of many.
    SharedMail,
    /// Something that essential services depend on.
    Essential,
}

/// A country whose people a target serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Served {
    /// Which.
    #[serde(with = "form::country")]
    pub country: Country,
    /// Share of it, per million.
    pub ppm: u32,
}

/// What an estimate leads to. The higher is the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As usual.
    One,
    /// More people have to agree, and who else is met has to be told in words.
    Two,
    /// It is not done.
    Refused,
}

/// An estimate of who else is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// At least so many.
    pub low: u64,
    /// At most so many; nothing where nobody knows.
    pub high: Option<u64>,
    /// What it leads to.
    pub level: Level,
    /// Every reason, with the level that it asks for.
    pub reasons: Vec<Reason>,
    /// Age of the oldest fact that it rests on, seconds.
    pub age_seconds: Option<u64>,
    /// What could be done instead.
    pub instead: Option<String>,
}

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// What it asks for.
    pub level: Level,
    /// In words.
    pub words: String,
}

struct Reasons(Vec<Reason>);

impl Reasons {
    fn add(&mut self, level: Level, words: impl Into<String>) {
        let words = words.into();
        self.0.push(Reason { level, words });
    }

    /// By two bounds: at most the first is as usual, above the second it is not done.
    fn bounds(&mut self, what: &str, fact: Option<&Fact>, plain: u64, most: u64) {
        let Some(fact) = fact else {
            self.add(Level::Two, format!("{what}: not known, or too long ago"));
            return;
        };
        let level = match fact.high {
            high if high <= plain => Level::One,
            high if high <= most => Level::Two,
            _ => Level::Refused,
        };
        let (low, high, source) = (fact.low, fact.high, &fact.source);
        self.add(
            level,
            format!("{what}: {low} to {high}, by {source} at {}; as usual up to {plain}, not above {most}", fact.at),
        );
    }
}

/// Estimates who else is met by an effect on a target.
pub fn estimate(
    target: &str,
    facts: Option<&Facts>,
    bounds: &CollateralBounds,
    now: Seconds,
) -> Estimate {
    let mut reasons = Reasons(Vec::new());
    let mut instead = None;
    let known = Target::parse(target).ok();
    if let Some(Target::Net(prefix)) = &known {
        let addresses = size(*prefix);
        if addresses > SIZE_PLAIN {
            let level = if addresses > SIZE_MAX {
                Level::Refused
            } else {
                Level::Two
            };
            reasons.add(
                level,
                format!(
                    "a block of {addresses} addresses; as usual {SIZE_PLAIN}, not above {SIZE_MAX}"
                ),
            );
            instead = Some("name the addresses one by one".to_owned());
        }
    }
    let young = |fact: &&Fact| {
        now.0.saturating_sub(fact.at.0) <= bounds.age_seconds
            && fact.low <= fact.high
            && fact.at <= now
    };
    let pick = |fact: fn(&Facts) -> Option<&Fact>| facts.and_then(fact).filter(young);
    let (names, clients, other) = (
        pick(|facts| facts.names.as_ref()),
        pick(|facts| facts.clients.as_ref()),
        pick(|facts| facts.other_ppm.as_ref()),
    );
    // What lies on one's own host has no names of others and no clients of its own.
    if known.is_some() {
        reasons.bounds("names on it", names, bounds.names_plain, bounds.names_most);
        if names.is_some_and(|fact| fact.high > bounds.names_most) {
            instead =
                Some("act on the name that is meant, not on the address that it shares".to_owned());
        }
        reasons.bounds(
            "legitimate clients in seven days",
            clients,
            bounds.clients_plain,
            bounds.clients_most,
        );
        reasons.bounds(
            "traffic of others, per million",
            other,
            bounds.other_plain_ppm,
            bounds.other_most_ppm,
        );
        besides(facts, bounds, now, &mut reasons);
    }
    let level = reasons.0.iter().map(|reason| reason.level).max();
    let low = [names, clients].into_iter().flatten().map(|fact| fact.low);
    let high = match (known.is_some(), names, clients) {
        (false, ..) => Some(0),
        (true, Some(names), Some(clients)) => Some(names.high.saturating_add(clients.high)),
        _ => None,
    };
    let ages = [names, clients, other]
        .into_iter()
        .flatten()
        .map(|fact| now.0 - fact.at.0);
    Estimate {
        // A client may come by a name that is counted too: the larger of both is certain.
        low: low.max().unwrap_or(0),
        high,
        level: level.unwrap_or(Level::One),
        reasons: reasons.0,
        age_seconds: ages.max(),
        instead,
    }
}

fn besides(facts: Option<&Facts>, bounds: &CollateralBounds, now: Seconds, reasons: &mut Reasons) {
    let looked = facts.and_then(|facts| facts.looked);
    let young = looked.is_some_and(|at| at <= now && now.0 - at.0 <= bounds.age_seconds);
    if !young {
        reasons.add(
            Level::Two,
            "what else it is: nobody looked, or too long ago",
        );
    }
    let Some(facts) = facts else { return };
    for beside in &facts.is {
        let (level, words) = match beside {
            Beside::Anycast => (Level::Two, "one address in many places (anycast)"),
            Beside::ContentNetwork => (Level::Two, "a network that delivers content of many"),
            Beside::SharedMail => (Level::Two, "a mail server of many"),
            Beside::Essential => (Level::Refused, "essential services depend on it"),
        };
        reasons.add(level, words);
    }
    if facts.countries.len() > COUNTRIES_MAX {
        reasons.add(
            Level::Refused,
            format!("more than {COUNTRIES_MAX} countries"),
        );
    } else if facts.countries.len() > 1 {
        let split: Vec<String> = facts
            .countries
            .iter()
            .map(|one| format!("{} {} per million", one.country, one.ppm))
            .collect();
        reasons.add(
            Level::Two,
            format!("it serves people of {}", split.join(", ")),
        );
    }
}

impl Estimate {
    /// The interval as two numbers, for texts: [`UNKNOWN`] where there is no upper end.
    pub fn interval(&self) -> (u64, u64) {
        (self.low, self.high.unwrap_or(UNKNOWN))
    }

    /// The interval of several targets together.
    pub fn sum<'e>(all: impl IntoIterator<Item = &'e Self>) -> (u64, u64) {
        let mut total = (0u64, 0u64);
        for one in all {
            let (low, high) = one.interval();
            total.0 = total.0.saturating_add(low);
            total.1 = total.1.saturating_add(high).min(UNKNOWN);
        }
        (total.0.min(total.1), total.1)
    }
}
