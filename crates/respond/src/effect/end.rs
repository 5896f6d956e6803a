//! When a measure ends by itself. In: its criterion and stop condition, observations, the time. Out: one end, once. Never: an end for want of data.

use super::judge::judge;
use super::{
    Aimed, Criterion, Observation, Said, Sighting, Source, Value, Verdict, WINDOW_SECONDS_MAX,
};
use sakimori_custody::time::Seconds;
use std::fmt;

/// What else ends a measure: fixed in the proposal beside the criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No effect met anything for so many seconds, by the counters of every actuator.
    Quiet {
        /// How many.
        seconds: u64,
    },
    /// Complaints that were found to be right.
    Complaints {
        /// How many.
        count: u64,
    },
    /// Providers say of every target that it is down.
    Down,
}

/// Why a measure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The criterion is met for every target, at the end of its window.
    Success,
    /// The stop condition is met.
    Stop(Condition),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("the success criterion is met for every target"),
            Self::Stop(Condition::Quiet { seconds }) => {
                write!(f, "no effect met anything for {seconds} s")
            }
            Self::Stop(Condition::Complaints { count }) => {
                write!(f, "{count} complaints were right")
            }
            Self::Stop(Condition::Down) => f.write_str("providers say that every target is down"),
        }
    }
}

/// A measure ends: its effects are taken back, and it is told why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Seconds,
    /// Why.
    pub why: Why,
}

/// Watches one measure until it ends.
#[derive(Clone, Debug)]
pub struct Watch {
    criterion: Criterion,
    condition: Condition,
    aimed: Vec<Aimed>,
    begin: Seconds,
    ended: bool,
}

impl Watch {
    /// Watches a measure from its begin.
    pub const fn new(
        criterion: Criterion,
        condition: Condition,
        aimed: Vec<Aimed>,
        begin: Seconds,
    ) -> Self {
        Self {
            criterion,
            condition,
            aimed,
            begin,
            ended: false,
        }
    }

    /// Looks again. Gives the end once; `complaints` are those that were found to be right.
    pub fn step(
        &mut self,
        observations: &[Observation],
        sightings: &[Sighting],
        complaints: u64,
        now: Seconds,
    ) -> Option<Ended> {
        if self.ended || self.aimed.is_empty() {
            return None;
        }
        let why = if self.is_met(observations, complaints, now) {
            Why::Stop(self.condition)
        } else {
            let effect = judge(
                &self.criterion,
                &self.aimed,
                self.begin,
                observations,
                sightings,
                now,
            )?;
            let all = effect.count(Verdict::Effective) == self.aimed.len();
            all.then_some(Why::Success)?
        };
        self.ended = true;
        Some(Ended { at: now, why })
    }

    fn is_met(&self, observations: &[Observation], complaints: u64, now: Seconds) -> bool {
        match self.condition {
            Condition::Complaints { count } => count > 0 && complaints >= count,
            Condition::Quiet { seconds } => {
                (1..=WINDOW_SECONDS_MAX).contains(&seconds)
                    && self.aimed.iter().all(|aimed| {
                        !aimed.actuators.is_empty()
                            && aimed.actuators.iter().all(|actuator| {
                                self.is_quiet(&aimed.target, actuator, observations, seconds, now)
                            })
                    })
            }
            Condition::Down => self.aimed.iter().all(|aimed| {
                let words = observations.iter().filter(|o| {
                    o.target == aimed.target
                        && o.value.source() == Source::Provider
                        && self.is_fresh(o, now)
                });
                let newest = words.max_by_key(|o| o.until);
                newest.is_some_and(|o| o.value == Value::Word(Said::Down))
            }),
        }
    }

    /// Whether an observation is of the measure's time and not too old.
    fn is_fresh(&self, observation: &Observation, now: Seconds) -> bool {
        observation.from >= self.begin
            && observation.until <= now
            && now.0 - observation.until.0 <= self.criterion.fresh_seconds
    }

    /// Whether the counter of one actuator did not move over all of the last seconds: one reading that spans them.
    fn is_quiet(
        &self,
        target: &str,
        actuator: &str,
        observations: &[Observation],
        seconds: u64,
        now: Seconds,
    ) -> bool {
        let own = observations.iter().filter(|o| {
            o.target == target
                && o.by == actuator
                && o.value.source() == Source::Counter
                && self.is_fresh(o, now)
        });
        let newest = own.max_by_key(|o| (o.until, std::cmp::Reverse(o.from)));
        newest.is_some_and(|o| {
            o.value == Value::Met(0) && o.until.0.saturating_sub(o.from.0) >= seconds
        })
    }
}
