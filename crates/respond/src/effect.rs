//! What a measure did, for each target. In: the criterion that the proposal fixed, observations of actuators, sensors, resolvers, routing tables and providers, sightings of findings. Out: one
//! verdict for each target with its reasons. Never: a verdict of success without evidence: old data, missing data and an effect that is not in force are none.
//!
//! The verdict is that of one moment, the end of the window that the criterion names: what was observed later does not change it. Pure: the same observations give the same verdict whenever it is asked for.

mod count;
mod displaced;
mod goal;
mod judge;

pub use displaced::{Moved, Sighting};
pub use goal::{Around, LAG_SECONDS_MAX, MOVED_MIN, MOVED_PERCENT};
pub use judge::{Share, judge, judge_each};

use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use std::fmt;

/// Most targets of a measure that are judged.
pub const TARGETS_MAX: usize = 100_000;
/// Most observations, and most sightings, that one judgement looks at.
pub const OBSERVATIONS_MAX: usize = 4_000_000;
/// Longest window of a criterion in seconds: the longest time of a measure.
pub const WINDOW_SECONDS_MAX: u64 = 7 * 86_400;

coded! {
    /// Where an observation comes from.
    Source: u8 {
        /// An actuator that looked at what is in force.
        ReadBack = 1 "read-back",
        /// An actuator's counters.
        Counter = 2 "counter",
        /// A sensor at those who were attacked.
        Sensor = 3 "sensor",
        /// A question to a resolver.
        Resolver = 4 "resolver",
        /// A routing table.
        Route = 5 "route",
        /// Who hosts or carries the target.
        Provider = 6 "provider",
    }
}
coded! {
    /// What a resolver answers for a target.
    Answered: u8 {
        /// As it did before the measure.
        AsBefore = 1 "as-before",
        /// As the measure wants it: no such name, or the sinkhole.
        AsApproved = 2 "as-approved",
        /// Nothing, or a failure: that says nothing of the measure.
        Nothing = 3 "nothing",
    }
}
coded! {
    /// What a provider says.
    Said: u8 {
        /// The target is down.
        Down = 1 "down",
        /// It works on it.
        Acting = 2 "acting",
        /// It does nothing.
        Refused = 3 "refused",
    }
}
coded! {
    /// What a measure did to one target.
    Verdict: u8 {
        /// The criterion is met, and the effect is in force wherever it is to be.
        Effective = 1 "effective",
        /// Less than before, or in force at some places only.
        Partly = 2 "partly",
        /// No less than before, or in force nowhere.
        None = 3 "none",
        /// The same victims have a new endpoint.
        Displaced = 4 "displaced",
        /// Data are missing or too old.
        Unknown = 5 "unknown",
    }
}

/// What was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Whether the effect is in force, read back.
    InForce(bool),
    /// How often the effect met something between the two times: the difference of two readings of a counter.
    Met(u64),
    /// Packets or flows between the target and those who were attacked between the two times.
    Reached(u64),
    /// A resolver's answer.
    Answer(Answered),
    /// Whether a name had an answer each time that it was asked for between the two times.
    Resolves(bool),
    /// Whether the routes to the target lead nowhere.
    Nowhere(bool),
    /// Whether the target's own route was in the table each time that it was looked at between the two times.
    Present(bool),
    /// A provider's word.
    Word(Said),
}

impl Value {
    /// Where such a value comes from.
    pub const fn source(self) -> Source {
        match self {
            Self::InForce(_) => Source::ReadBack,
            Self::Met(_) => Source::Counter,
            Self::Reached(_) => Source::Sensor,
            Self::Answer(_) | Self::Resolves(_) => Source::Resolver,
            Self::Nowhere(_) | Self::Present(_) => Source::Route,
            Self::Word(_) => Source::Provider,
        }
    }
}

/// One observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The target, as the measure writes it.
    pub target: String,
    /// Who observed: an actuator, sensor, resolver, router or provider by its name.
    pub by: String,
    /// The first second that it counts; of a value of one moment the moment.
    pub from: Seconds,
    /// The last second that it counts.
    pub until: Seconds,
    /// What.
    pub value: Value,
}

/// When a measure has done what it is for: fixed in the proposal, before anything is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// Which observations count.
    pub source: Source,
    /// Whose, by name: each has to have observed.
    pub by: Vec<String>,
    /// What a name or a route has to be, where it is told as it is: whether it resolves, whether it is in the table.
    pub wants: bool,
    /// Seconds from the begin until it is judged.
    pub window_seconds: u64,
    /// Seconds before that moment over which flows or hits are counted. An observation has to cover all of them.
    pub over_seconds: u64,
    /// How old the newest observation may be at that moment, seconds.
    pub fresh_seconds: u64,
    /// Flows, hits, resolvers or tables that may be left.
    pub at_most: u64,
    /// How many there were over as many seconds before the measure. Of resolvers, tables and providers it is how many are asked.
    pub before: u64,
    /// How many of the victims have to have a new endpoint, percent.
    pub moved_percent: u64,
    /// How many have to at least.
    pub moved_min: usize,
}

/// Why a criterion is none. Who proposes it acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CriterionError {
    /// That an effect is in force is not what it is for.
    #[error("what is read back says that a measure is in force, not what it does")]
    ReadBack,
    /// Nobody observes, or somebody twice.
    #[error("who observes is not named, or somebody twice")]
    Nobody,
    /// Times that do not fit in each other.
    #[error(
        "the window, the seconds over which is counted, or the age of data are zero, or longer than the window"
    )]
    Times,
    /// As much may be left as there was.
    #[error("as much may be left as there was before: nothing could fail")]
    Idle,
    /// No share, or more than all.
    #[error("the share of victims that moved is not between 1 and 100 percent of at least one")]
    Share,
}

impl Criterion {
    /// Whether the criterion can tell anything.
    ///
    /// # Errors
    /// [`CriterionError`].
    pub fn check(&self) -> Result<(), CriterionError> {
        let mut by = self.by.clone();
        by.sort();
        by.dedup();
        let inside = |seconds: u64| seconds > 0 && seconds <= self.window_seconds;
        if self.source == Source::ReadBack {
            Err(CriterionError::ReadBack)
        } else if by.is_empty() || by.len() != self.by.len() {
            Err(CriterionError::Nobody)
        } else if self.window_seconds > WINDOW_SECONDS_MAX
            || !inside(self.over_seconds)
            || !inside(self.fresh_seconds)
        {
            Err(CriterionError::Times)
        } else if self.at_most >= self.base() {
            Err(CriterionError::Idle)
        } else if !(1..=100).contains(&self.moved_percent) || self.moved_min == 0 {
            Err(CriterionError::Share)
        } else {
            Ok(())
        }
    }

    /// What there was before.
    fn base(&self) -> u64 {
        match self.source {
            Source::Sensor | Source::Counter => self.before,
            _ => self.by.len() as u64,
        }
    }
}

/// A target, and where its effect is to be in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aimed {
    /// The target, as the measure writes it.
    pub target: String,
    /// Actuators by name; none where a provider alone acts.
    pub actuators: Vec<String>,
}

/// The verdict on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The target.
    pub target: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Actuators that said that the effect is not in force.
    pub not_in_force: Vec<String>,
    /// New endpoints of the same victims.
    pub moved: Vec<Moved>,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
}

/// The verdicts on all targets of a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The moment that they are of.
    pub at: Seconds,
    /// One for each target, in the order of the measure.
    pub judged: Vec<Judgement>,
}

impl Effect {
    /// How many targets have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.judged.iter().filter(|j| j.verdict == verdict).count()
    }

    /// Targets that are not in force somewhere where they are to be, and where.
    pub fn not_enforced(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.judged
            .iter()
            .filter(|judged| !judged.not_in_force.is_empty())
            .map(|judged| (judged.target.as_str(), judged.not_in_force.as_slice()))
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} targets at {}:", self.judged.len(), self.at)?;
        for verdict in Verdict::ALL {
            write!(f, " {} {verdict}", self.count(*verdict))?;
        }
        for (target, places) in self.not_enforced() {
            write!(f, "\nnot in force: {target} at {}", places.join(", "))?;
        }
        for judged in &self.judged {
            for moved in &judged.moved {
                write!(f, "\nmoved: {} to {moved}", judged.target)?;
            }
        }
        Ok(())
    }
}
