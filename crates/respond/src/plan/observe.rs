//! Whether a target is what it is taken for. In: observations of it by others. Out: what they agree on, or why it is not known; what changed since. Never: one observation, twice told, as two.

use super::form::{self, Digest};
use super::terms::Terms;
use sakimori_custody::ids::Name;
use sakimori_custody::record::Country;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most observations of one target.
pub const OBSERVATIONS_MAX: usize = 100;
/// How far ahead of now an observer's clock may be, seconds.
pub const AHEAD_SECONDS_MAX: u64 = 60;

/// What somebody saw of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// Of which target, in the form of effects.
    pub target: String,
    /// By which source: a registry, a route collector, a sensor, a resolver.
    #[serde(with = "form::text")]
    pub source: Name,
    /// Who looked.
    #[serde(with = "form::text")]
    pub observer: Name,
    /// When.
    #[serde(with = "form::text")]
    pub at: Seconds,
    /// SHA-256 of what was seen, as it was kept.
    pub provenance: Digest,
    /// What it said.
    pub seen: Seen,
}

/// What is known of a target: what would change if it went to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Who holds it, by the registry's handle.
    pub owner: String,
    /// The autonomous system that announces it.
    pub system: Option<u32>,
    /// Where it is.
    #[serde(with = "form::country")]
    pub country: Country,
    /// SHA-256 of the certificate that it shows.
    pub certificate: Option<Digest>,
    /// The name that its address leads back to.
    pub ptr: Option<String>,
}

/// A difference between two things that were seen, with both values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Of which target.
    pub target: String,
    /// What differs: `owner`, `system`, `country`, `certificate` or `ptr`.
    pub what: String,
    /// Before.
    pub before: String,
    /// Now.
    pub now: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            target,
            what,
            before,
            now,
        } = self;
        write!(f, "the {what} of {target} was `{before}` and is `{now}`")
    }
}

/// A target that two agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What they saw.
    pub seen: Seen,
    /// The oldest of the two.
    pub at: Seconds,
}

/// Why a target is not verified. Whoever proposes looks again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// None is fresh.
    #[error("{target}: no observation is younger than {seconds} s")]
    Stale {
        /// Which target.
        target: String,
        /// How young it would have to be.
        seconds: u64,
    },
    /// All are of one source, or one observer.
    #[error("{0}: no two fresh observations have different sources and different observers")]
    NotIndependent(String),
    /// They do not agree.
    #[error("two observations do not agree: {0}")]
    Disagree(Difference),
    /// Too many to be looked at.
    #[error("{0}: more than {OBSERVATIONS_MAX} observations")]
    Many(String),
}

/// How old an observation may be, seconds.
pub const fn fresh_seconds(terms: &Terms, urgent: bool) -> u64 {
    if urgent {
        terms.fresh_urgent.seconds
    } else {
        terms.fresh.seconds
    }
}

/// Verifies a target by two independent fresh observations.
///
/// # Errors
/// [`Unverified`].
pub fn verify(
    target: &str,
    observations: &[Observation],
    fresh_seconds: u64,
    now: Seconds,
) -> Result<Verified, Unverified> {
    let mine: Vec<&Observation> = observations
        .iter()
        .filter(|one| one.target == target)
        .collect();
    if mine.len() > OBSERVATIONS_MAX {
        return Err(Unverified::Many(target.to_owned()));
    }
    let young = |one: &&Observation| {
        now.0.saturating_sub(one.at.0) <= fresh_seconds && one.at <= now.plus(AHEAD_SECONDS_MAX)
    };
    let mut fresh: Vec<&Observation> = mine.into_iter().filter(young).collect();
    fresh.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.source.cmp(&b.source)));
    let Some(newest) = fresh.first() else {
        return Err(Unverified::Stale {
            target: target.to_owned(),
            seconds: fresh_seconds,
        });
    };
    // Any two will do: the newest need not be one of them.
    let pair = fresh.iter().enumerate().find_map(|(at, one)| {
        let mut rest = fresh.iter().skip(at + 1);
        rest.find(|two| {
            one.source != two.source
                && one.observer != two.observer
                && one.provenance != two.provenance
        })
        .map(|two| (one, two))
    });
    let Some((one, two)) = pair else {
        return Err(Unverified::NotIndependent(target.to_owned()));
    };
    // Whatever is fresh has to agree: a dissenting third is a doubt.
    for other in &fresh {
        if let Some(difference) = differences(target, &newest.seen, &other.seen)
            .into_iter()
            .next()
        {
            return Err(Unverified::Disagree(difference));
        }
    }
    Ok(Verified {
        seen: newest.seen.clone(),
        at: one.at.min(two.at),
    })
}

/// All that differs between what was seen before and what is seen now.
pub fn differences(target: &str, before: &Seen, now: &Seen) -> Vec<Difference> {
    let show = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let system = |seen: &Seen| show(&seen.system.map(|number| format!("AS{number}")));
    let certificate = |seen: &Seen| show(&seen.certificate.map(|digest| digest.to_string()));
    let pairs = [
        ("owner", before.owner.clone(), now.owner.clone()),
        ("system", system(before), system(now)),
        (
            "country",
            before.country.to_string(),
            now.country.to_string(),
        ),
        ("certificate", certificate(before), certificate(now)),
        ("ptr", show(&before.ptr), show(&now.ptr)),
    ];
    pairs
        .into_iter()
        .filter(|(_, before, now)| before != now)
        .map(|(what, before, now)| Difference {
            target: target.to_owned(),
            what: what.to_owned(),
            before,
            now,
        })
        .collect()
}
