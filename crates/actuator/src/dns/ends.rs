//! The ends of effects, kept beside the engine: DNS has no timers, so this is the substrate's own. In: the zone, which carries each effect's end; time that only counts. Out: updates that take back what is over.
//! Never: an end that waits for the engine; an end by a wall clock that was set after the effect was seen.
//!
//! It runs in a thread of the actuator, and again in the guard, a process of its own that also takes everything back when the actuator shows no sign of life.

use super::clock::Clock;
use super::config::{Checked, Config, ConfigError};
use super::follower::{Follower, Wait};
use super::marks::Marks;
use super::primary::{Primary, Trouble};
use super::view::Means;
use super::{means, primary};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::Key;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Between two looks at what is over.
pub const STEP: Duration = Duration::from_millis(500);

/// How long the guard asks a resolver whether it is off.
const ASKED: Duration = Duration::from_secs(3);

/// Ends that the substrate was told in seconds: the wall clock has no part in them.
pub(super) type Planned = Arc<Mutex<BTreeMap<Key, (Seconds, Duration)>>>;

/// What is in the zone, and when it ends.
pub(super) struct Ends {
    primary: Primary,
    means: Means,
    clock: Arc<dyn Clock>,
    planned: Planned,
    /// The end as the zone says it, and when that is by what is counted.
    known: BTreeMap<Key, (Seconds, Duration)>,
    serial: Option<u32>,
}

impl Ends {
    pub(super) fn new(
        primary: Primary,
        means: Means,
        clock: Arc<dyn Clock>,
        planned: Planned,
    ) -> Self {
        Self {
            primary,
            means,
            clock,
            planned,
            known: BTreeMap::new(),
            serial: None,
        }
    }

    /// Takes back what is over. Gives how many effects.
    pub(super) fn step(&mut self) -> Result<usize, Trouble> {
        let serial = self.primary.serial()?;
        if self.serial != Some(serial) {
            let view = self.primary.read()?;
            self.learn(view.keys());
            self.serial = Some(view.serial);
        }
        let now = self.clock.counted();
        let over: BTreeMap<Key, Seconds> = self
            .known
            .iter()
            .filter(|(_, (_, at))| *at <= now)
            .map(|(key, (until, _))| (key.clone(), *until))
            .collect();
        if over.is_empty() {
            return Ok(0);
        }
        // What was prolonged meanwhile goes on.
        let after = self.primary.change(&|view| {
            let keys = view.keys();
            let go: BTreeSet<Key> = over
                .iter()
                .filter(|(key, until)| keys.get(*key) == Some(*until))
                .map(|(key, _)| key.clone())
                .collect();
            Ok(view.change(&self.means, &BTreeMap::new(), &go))
        })?;
        self.learn(after.keys());
        self.serial = Some(after.serial);
        Ok(over.len())
    }

    fn learn(&mut self, keys: BTreeMap<Key, Seconds>) {
        let wall = self.clock.wall();
        let counted = self.clock.counted();
        let planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut self.known);
        for (key, until) in keys {
            let same = |at: &&(Seconds, Duration)| at.0 == until;
            let at = planned
                .get(&key)
                .filter(same)
                .or_else(|| before.get(&key).filter(same))
                .map_or_else(
                    || counted + Duration::from_secs(until.0.saturating_sub(wall.0)),
                    |(_, at)| *at,
                );
            self.known.insert(key, (until, at));
        }
    }

    /// Steps until it is told to stop.
    pub(super) fn run(mut self, stop: &Receiver<()>) {
        while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(STEP) {
            // A server that is away is asked again; the engine's looks tell people of it.
            self.step().ok();
        }
    }
}

/// The guard: for a process of its own, which the machine's service manager keeps alive. It ends what is over, and takes everything back when the actuator shows no sign of life for the owner's time.
pub struct Guard {
    ends: Ends,
    followers: Vec<Follower>,
    marks: Marks,
    silence: Duration,
    clock: Arc<dyn Clock>,
    /// The last sign of life, and when it was first seen.
    sign: (Vec<u8>, Duration),
    done: bool,
}

/// What a guard's step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guarded {
    /// Effects that were over.
    pub ended: usize,
    /// Whether everything was taken back, because the actuator is silent.
    pub released: bool,
}

impl Guard {
    /// A guard of the same configuration as the actuator's.
    ///
    /// # Errors
    /// [`ConfigError`]: the owner's configuration cannot be used.
    pub fn new(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let checked: Checked = config.checked()?;
        let means = means(&checked);
        let primary = primary(&checked, &checked.config.zone, &clock)?;
        let followers = super::followers(&checked, &clock)?;
        let marks = Marks::new(&checked.config.folder);
        let sign = (marks.sign(), clock.counted());
        let planned = Planned::default();
        Ok(Self {
            ends: Ends::new(primary, means, Arc::clone(&clock), planned),
            followers,
            marks,
            silence: Duration::from_secs(checked.config.silence_seconds_max),
            clock,
            sign,
            done: false,
        })
    }

    /// Looks once. It is called about every [`STEP`].
    ///
    /// # Errors
    /// What could not be done, in words: it is tried again at the next step.
    pub fn step(&mut self) -> Result<Guarded, String> {
        let now = self.clock.counted();
        let sign = self.marks.sign();
        if sign != self.sign.0 {
            self.sign = (sign, now);
            self.done = false;
        }
        let silent = now.saturating_sub(self.sign.1) > self.silence;
        if silent && !self.done {
            self.release()?;
            self.done = true;
            return Ok(Guarded {
                ended: 0,
                released: true,
            });
        }
        let ended = self.ends.step()?;
        Ok(Guarded {
            ended,
            released: false,
        })
    }

    /// Switches off what can be switched off at once, then clears the zone.
    fn release(&mut self) -> Result<(), Trouble> {
        let firm = Wait::firm(self.clock.counted() + ASKED);
        let mut troubles = super::switch_off(&self.marks, &self.followers, &firm);
        let means = &self.ends.means;
        let cleared = self.ends.primary.change(&|view| Ok(view.cleared(means)));
        troubles.extend(cleared.err());
        if troubles.is_empty() {
            Ok(())
        } else {
            Err(troubles.join("; "))
        }
    }
}
