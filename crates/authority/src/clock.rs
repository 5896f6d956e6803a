//! The time to judge by. In: readings of a wall clock that somebody may set, readings of a clock that only counts, times in cosignatures. Out: a time, and whether the wall clock may be
//! believed. Never: a time before one that was given out; a jump ahead that one clock alone tells of.
//!
//! Real time is at least the newest cosignature plus what has been counted since, and at most what was known once plus what has been counted since, each with the drift of an
//! ordinary clock. A wall clock between the two is believed. One that stands outside is not, and nothing is in force while it does: an authority that has ended stays ended whatever
//! somebody sets, and a clock that was set ahead leaves no trace that would stop a sensor for years. Only two sources together (the wall clock and a cosigner, or two cosigners) move
//! the bound ahead, as after a night in which the machine slept and nothing counted.

use crate::limits::{
    DRIFT_PPM_MAX, LEASE_SECONDS_MAX, SKEW_SECONDS_MAX, STEP_SECONDS_MAX, WITNESSES_MAX,
};
use crate::refusal::Refusal;
use sakimori_custody::time::Seconds;

/// A time, and the counted milliseconds at which it was so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchor {
    time: Seconds,
    counted_ms: u64,
}

impl Anchor {
    /// Seconds counted since, and how far a clock may have drifted in them. A count that is smaller than before is of another start of the machine: nothing is known to have passed.
    const fn since(self, counted_ms: u64) -> (u64, u64) {
        let ms = counted_ms.saturating_sub(self.counted_ms);
        (
            ms / 1000,
            (ms / 1000).saturating_mul(DRIFT_PPM_MAX) / 1_000_000,
        )
    }

    /// The earliest that it can be now.
    fn earliest(self, counted_ms: u64) -> Seconds {
        let (passed, drift) = self.since(counted_ms);
        self.time.plus(passed.saturating_sub(drift))
    }

    /// The latest that it can be now.
    fn latest(self, counted_ms: u64) -> Seconds {
        let (passed, drift) = self.since(counted_ms);
        self.time.plus(passed.saturating_add(drift))
    }
}

/// What the clocks say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The wall clock stands within its bounds: this is the time.
    Sure(Seconds),
    /// The wall clock is behind what has passed for certain; the earliest that it can be.
    Behind(Seconds),
    /// The wall clock is ahead of what can have passed; the earliest that it can be.
    Ahead(Seconds),
}

impl Judged {
    /// The time to show and to remember; it never goes back.
    pub const fn time(self) -> Seconds {
        match self {
            Self::Sure(time) | Self::Behind(time) | Self::Ahead(time) => time,
        }
    }

    /// Whether what holds from `begin` to `end`, both included, is in force: never while the clocks disagree.
    pub fn in_force(self, begin: Seconds, end: Seconds) -> bool {
        matches!(self, Self::Sure(time) if begin <= time && time <= end)
    }

    /// The refusal of a clock that is not believed.
    pub const fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Sure(_) => None,
            Self::Behind(_) => Some(Refusal::ClockBehind),
            Self::Ahead(_) => Some(Refusal::ClockAhead),
        }
    }
}

/// A clock with bounds. Pure: readings are handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundedClock {
    /// Real time is at least this and what was counted since.
    floor: Anchor,
    /// Real time is at most this and what was counted since.
    ceiling: Anchor,
    /// The largest time that was given out.
    given: Seconds,
    /// The newest time of each cosigner.
    witnesses: Vec<(u32, Anchor)>,
}

impl BoundedClock {
    /// Begins where a sensor starts: `remembered` is the largest time that it knows from before, `cosigned` the time of the mirror's cosignature in the folder. `counted_ms` is a clock
    /// that only counts, best one that goes on while the machine sleeps.
    ///
    /// # Errors
    /// [`Refusal::ClockBehind`] where the wall clock is before either, [`Refusal::StaleCheckpoint`] where it is more than a day behind the cosignature: one clock alone does not tell
    /// that a day has passed.
    pub fn begin(
        remembered: Seconds,
        cosigned: Seconds,
        wall: Seconds,
        counted_ms: u64,
    ) -> Result<Self, Refusal> {
        if wall < remembered || wall.plus(SKEW_SECONDS_MAX) < cosigned {
            return Err(Refusal::ClockBehind);
        }
        if cosigned.plus(LEASE_SECONDS_MAX) < wall {
            return Err(Refusal::StaleCheckpoint);
        }
        let at = |time| Anchor { time, counted_ms };
        Ok(Self {
            floor: at(remembered.max(cosigned).min(wall)),
            ceiling: at(wall.plus(STEP_SECONDS_MAX)),
            given: wall,
            witnesses: Vec::new(),
        })
    }

    /// Takes in the time of a cosignature by the cosigner `who`, such as its key id. It raises the lower bound at once where it is possible, and counts as one of two sources where it
    /// lies ahead.
    pub fn witness(&mut self, who: u32, time: Seconds, counted_ms: u64) {
        let seen = Anchor { time, counted_ms };
        if time <= self.ceiling.latest(counted_ms) && time > self.floor.earliest(counted_ms) {
            self.floor = seen;
        }
        let room = self.witnesses.len() < WITNESSES_MAX;
        match self.witnesses.iter_mut().find(|(known, _)| *known == who) {
            Some((_, known)) if known.earliest(counted_ms) < time => *known = seen,
            None if room => self.witnesses.push((who, seen)),
            // BOUND: an older time says nothing, and a policy has few cosigners.
            _ => {}
        }
    }

    /// What the clocks say now.
    pub fn judge(&mut self, wall: Seconds, counted_ms: u64) -> Judged {
        self.move_ahead(wall, counted_ms);
        let earliest = self.floor.earliest(counted_ms);
        let latest = self.ceiling.latest(counted_ms);
        // Cosigners' clocks and ours differ by a little, and time servers step by a little.
        let behind = wall.plus(STEP_SECONDS_MAX) < earliest.max(self.given);
        let judged = if behind {
            Judged::Behind(earliest.max(self.given))
        } else if wall > latest {
            // What is not believed leaves no trace but what is certain.
            Judged::Ahead(earliest.max(self.given))
        } else {
            Judged::Sure(wall.max(self.given))
        };
        self.given = judged.time();
        judged
    }

    /// Moves the bounds to what two sources say.
    fn move_ahead(&mut self, wall: Seconds, counted_ms: u64) {
        let mut told: Vec<Seconds> = self
            .witnesses
            .iter()
            .map(|(_, seen)| seen.earliest(counted_ms))
            .chain([wall])
            .collect();
        told.sort_unstable();
        let Some(&second) = told.iter().rev().nth(1) else {
            return;
        };
        if second > self.ceiling.latest(counted_ms) {
            let at = |time| Anchor { time, counted_ms };
            self.floor = at(second);
            // A cosignature has an age when it comes: the wall clock may be ahead of it by as much.
            self.ceiling = at(second.plus(SKEW_SECONDS_MAX));
        }
    }
}

#[cfg(test)]
mod tests;
