//! Goals held against what was observed. In: the goal that the text of a measure fixes, readings, what was measured before. Out: whether it is met; the criterion by which targets are judged. Never: a criterion that the text does not
//! say; another count for the goal than for the verdict.

use super::count::{Asked, Span};
use super::{Criterion, Observation, Source, Value, WINDOW_SECONDS_MAX};
use crate::plan::goal::{Goal, Measured, Met, Reading, net};
use crate::safety::Target;
use sakimori_custody::time::Seconds;

/// Most readings that are looked at.
const READINGS_MAX: usize = 100_000;
/// How far the newest reading of a goal may lie back, seconds: a sensor counts a packet when the record of its flow is decided, 300 seconds later at most, and tells of it in windows of a minute.
pub const LAG_SECONDS_MAX: u64 = 600;
/// How many spans of its goal a measure is in force before it is judged first, so that whoever counts can have begun behind it.
const WINDOW_SPANS: u64 = 3;
/// How many victims have to have a new endpoint, percent, so that the attack is held to have moved.
pub const MOVED_PERCENT: u64 = 50;
/// How many have to at least.
pub const MOVED_MIN: usize = 1;

/// What the proposal says beside the goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// Seconds from the begin until it is judged.
    pub window_seconds: u64,
    /// How old the newest observation may be at that moment, seconds.
    pub fresh_seconds: u64,
    /// Flows over as many seconds as the goal counts, before the measure.
    pub before: u64,
    /// How many of the victims have to have a new endpoint, percent.
    pub moved_percent: u64,
    /// How many have to at least.
    pub moved_min: usize,
}

impl Criterion {
    /// The criterion of a goal: what its sensor counts, what its resolver answers, what its router has. A goal that a name resolves is none that a measure is judged by.
    pub fn of(goal: &Goal, around: Around) -> Option<Self> {
        if matches!(goal, Goal::Resolves { resolves: true, .. }) {
            return None;
        }
        Some(Self {
            source: goal.kind(),
            by: vec![goal.source().to_string()],
            wants: goal.wants(),
            window_seconds: around.window_seconds,
            over_seconds: goal.seconds(),
            fresh_seconds: around.fresh_seconds,
            at_most: goal.at_most(),
            before: around.before,
            moved_percent: around.moved_percent,
            moved_min: around.moved_min,
        })
    }
}

impl From<&Reading> for Observation {
    fn from(from: &Reading) -> Self {
        Self {
            target: from.of.clone(),
            by: from.source.to_string(),
            from: from.from,
            until: from.to,
            value: match from.value {
                Measured::Packets(count) => Value::Reached(count),
                Measured::Resolves(is) => Value::Resolves(is),
                Measured::Present(is) => Value::Present(is),
            },
        }
    }
}

impl Goal {
    /// By what it is measured.
    pub const fn kind(&self) -> Source {
        match self {
            Self::Packets { .. } => Source::Sensor,
            Self::Resolves { .. } => Source::Resolver,
            Self::Route { .. } => Source::Route,
        }
    }

    /// What a name or a route has to be.
    const fn wants(&self) -> bool {
        match self {
            Self::Packets { .. } => false,
            Self::Resolves { resolves, .. } => *resolves,
            Self::Route { present, .. } => *present,
        }
    }

    /// What may be left: of fewer than so many at most one fewer.
    const fn at_most(&self) -> u64 {
        match self {
            Self::Packets { below, .. } => below.saturating_sub(1),
            Self::Resolves { .. } | Self::Route { .. } => 0,
        }
    }

    /// Seconds from the begin of a measure until it is judged by this goal, and from then on until it is judged again.
    pub const fn window_seconds(&self) -> u64 {
        let window = self.seconds().saturating_mul(WINDOW_SPANS);
        if window > WINDOW_SECONDS_MAX {
            WINDOW_SECONDS_MAX
        } else {
            window
        }
    }

    /// The same goal about another target of the measure, where it can be one: of an address packets and routes, of a name what resolves. Of a name with all below it the name itself is meant.
    pub fn about(&self, target: &str) -> Option<Self> {
        let mut goal = self.clone();
        match &mut goal {
            Self::Packets { target: of, .. } | Self::Route { prefix: of, .. } => *of = net(target)?,
            Self::Resolves { name: of, .. } => match Target::parse(target).ok()? {
                Target::Name { name, .. } => *of = name.to_string(),
                Target::Net(_) => return None,
            },
        }
        Some(goal)
    }

    /// Whether it is met in the span that ends now. Readings have to cover the span without a gap; one that goes against the goal decides it alone.
    pub fn met(&self, readings: &[Reading], now: Seconds) -> Met {
        let own: Vec<Observation> = self.own(readings).map(Observation::from).collect();
        let own: Vec<&Observation> = own.iter().collect();
        let asked = Asked {
            by: self.source().as_str(),
            source: self.kind(),
            wants: self.wants(),
        };
        let counted = asked.counted(
            &own,
            &Span {
                seconds: self.seconds(),
                to: now,
                fresh_seconds: 0,
                begin: Seconds(0),
            },
        );
        if counted.left > self.at_most() {
            Met::No
        } else if counted.covered {
            Met::Yes
        } else {
            Met::Unknown
        }
    }

    /// The last second that its source tells of; none where that lies more than [`LAG_SECONDS_MAX`] back.
    pub fn newest(&self, readings: &[Reading], now: Seconds) -> Option<Seconds> {
        let own = self.own(readings).map(|one| one.to);
        let newest = own.filter(|to| *to <= now).max()?;
        (now.0 - newest.0 <= LAG_SECONDS_MAX).then_some(newest)
    }

    fn own<'r>(&'r self, readings: &'r [Reading]) -> impl Iterator<Item = &'r Reading> {
        let fits = move |one: &&Reading| {
            matches!(
                (self, one.value),
                (Self::Packets { .. }, Measured::Packets(_))
                    | (Self::Resolves { .. }, Measured::Resolves(_))
                    | (Self::Route { .. }, Measured::Present(_))
            )
        };
        readings
            .iter()
            .take(READINGS_MAX)
            .filter(|one| one.source == *self.source() && one.of == self.of())
            .filter(fits)
    }
}
