//! The criterion that the text of a measure fixes. In: its goal, and what was measured before. Out: the criterion by which it is judged. Never: a criterion that the text does not say.

use super::{Criterion, Source};
use crate::plan::goal::Goal;

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
    /// The criterion of a goal: what its sensor counts, what its resolver answers, what its router has. A goal on a route is met where the observer says that routes lead nowhere, as the measure wants it; a
    /// goal that a name resolves is none that a measure is judged by.
    pub fn of(goal: &Goal, around: Around) -> Option<Self> {
        let (source, at_most) = match goal {
            // Fewer than so many: at most one fewer.
            Goal::Packets { below, .. } => (Source::Sensor, below.checked_sub(1)?),
            Goal::Resolves {
                resolves: false, ..
            } => (Source::Resolver, 0),
            Goal::Resolves { resolves: true, .. } => return None,
            Goal::Route { .. } => (Source::Route, 0),
        };
        Some(Self {
            source,
            by: vec![goal.source().to_string()],
            window_seconds: around.window_seconds,
            over_seconds: goal.seconds(),
            fresh_seconds: around.fresh_seconds,
            at_most,
            before: around.before,
            moved_percent: around.moved_percent,
            moved_min: around.moved_min,
        })
    }
}
