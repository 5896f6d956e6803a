//! How long things hold and how attempts follow each other, as data. In: the text of values with their sources, an administrator's own values. Out: typed times. Never: a period that
//! stands in code; a value without its source.
//!
//! None of it is in the law. `timing.json` holds the values that are used where an administrator sets no other.

use sakimori_exchange::alert::{Periods, Retry, Windows};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const DATA: &str = include_str!("timing.json");
/// Longest source in bytes.
const SOURCE_BYTES_MAX: usize = 512;
/// Longest period: ten years.
const SECONDS_MAX: u64 = 10 * 366 * 86_400;
/// Most looks by itself: those that the rules let anybody have.
const LOOKS_MAX: u64 = sakimori_exchange::alert::LOOKS_MAX as u64;

/// A value with its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Seconds, of a period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// A number, of what is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Whether somebody held it against its source.
    #[serde(default)]
    pub verified: bool,
    /// Where it comes from.
    pub source: String,
}

/// How the office's node looks by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks {
    /// Seconds before the first look; each further delay is twice as long.
    pub first_delay_seconds: u64,
    /// Longest delay in seconds.
    pub delay_seconds_max: u64,
    /// Most looks at one challenge.
    pub tries_max: u32,
}

/// How long things hold and how attempts follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Of proofs.
    pub periods: Periods,
    /// Of alerts.
    pub windows: Windows,
    /// Of messages.
    pub retry: Retry,
    /// Of looks.
    pub looks: Looks,
}

/// Why a value cannot be used. The administrator acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("timing `{name}`: {rule}")]
pub struct TimingError {
    /// The value's name.
    pub name: String,
    /// What it breaks.
    pub rule: &'static str,
}

/// All values by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(BTreeMap<String, Term>);

impl Schedule {
    /// The values that are used where an administrator sets no other.
    pub fn built_in() -> Self {
        // The text is a part of the program, and a test reads it.
        Self(serde_json::from_str(DATA).unwrap_or_default())
    }

    /// With an administrator's own values in place of those of the same name.
    ///
    /// # Errors
    /// [`TimingError`]: a name is not known, a value is none or too large, its source is not said.
    pub fn with(mut self, own: BTreeMap<String, Term>) -> Result<Self, TimingError> {
        for (name, term) in own {
            let wrong = |rule| TimingError {
                // BOUND: 80 characters of a name are enough to find it.
                name: name.chars().take(80).collect(),
                rule,
            };
            let Some(known) = self.0.get_mut(&name) else {
                return Err(wrong("is not known"));
            };
            let (value, most) = if known.seconds.is_some() {
                (term.seconds.filter(|_| term.count.is_none()), SECONDS_MAX)
            } else {
                (term.count.filter(|_| term.seconds.is_none()), LOOKS_MAX)
            };
            if !value.is_some_and(|value| (1..=most).contains(&value)) {
                return Err(wrong("is no number of its unit, or beyond its bound"));
            }
            let source = term.source.trim();
            if source.is_empty() || source.len() > SOURCE_BYTES_MAX {
                return Err(wrong("has no source, or one of more than 512 bytes"));
            }
            *known = term;
        }
        Ok(self)
    }

    /// The values by name, each with its source.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &Term)> {
        self.0.iter().map(|(name, term)| (name.as_str(), term))
    }

    fn number(&self, name: &str) -> u64 {
        let term = self.0.get(name);
        let number = term.and_then(|term| term.seconds.or(term.count));
        number.unwrap_or_default()
    }

    /// The times.
    pub fn timing(&self) -> Timing {
        let of = |name: &str| self.number(name);
        Timing {
            periods: Periods {
                challenge_seconds: of("challenge"),
                proof_seconds: of("proof"),
                renewal_seconds: of("renewal"),
            },
            windows: Windows {
                quiet_seconds: of("quiet"),
                muted_seconds: of("muted"),
            },
            retry: Retry {
                lease_seconds: of("attempt"),
                first_delay_seconds: of("first-delay"),
                delay_seconds_max: of("longest-delay"),
                age_seconds_max: of("given-up"),
            },
            looks: Looks {
                first_delay_seconds: of("first-look"),
                delay_seconds_max: of("longest-look"),
                tries_max: u32::try_from(of("looks")).unwrap_or(u32::MAX),
            },
        }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Schedule::built_in().timing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    #[test]
    fn every_value_is_there_with_its_source() {
        let all = Schedule::built_in();
        assert_eq!(all.terms().count(), 12);
        for (name, term) in all.terms() {
            assert!(!term.source.is_empty(), "{name}");
            assert!(all.number(name) > 0, "{name}");
        }
        let timing = Timing::default();
        assert_eq!(timing.periods.proof_seconds, 365 * DAY);
        assert_eq!(timing.retry.age_seconds_max, 3 * DAY);
        assert_eq!(timing.looks.tries_max, 60);
    }

    #[test]
    fn an_administrator_s_value_needs_a_name_a_unit_and_a_source() {
        let own = |text: &str| {
            let own = serde_json::from_str(text).unwrap();
            Schedule::built_in().with(own)
        };
        let good = own(r#"{"proof": {"seconds": 86400, "source": "circular 7"}}"#).unwrap();
        assert_eq!(good.timing().periods.proof_seconds, DAY);
        assert_eq!(good.timing().periods.renewal_seconds, 30 * DAY);
        for wrong in [
            r#"{"prove": {"seconds": 86400, "source": "x"}}"#,
            r#"{"proof": {"seconds": 0, "source": "x"}}"#,
            r#"{"proof": {"count": 3, "source": "x"}}"#,
            r#"{"looks": {"seconds": 3, "source": "x"}}"#,
            r#"{"looks": {"count": 501, "source": "x"}}"#,
            r#"{"proof": {"seconds": 99999999999, "source": "x"}}"#,
            r#"{"proof": {"seconds": 86400, "source": " "}}"#,
        ] {
            assert!(own(wrong).is_err(), "{wrong}");
        }
    }
}
