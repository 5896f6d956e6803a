//! The ends of effects, kept beside the engine: DNS has no timers, so this is the substrate's own. In: the zone, which carries each effect's end; time that only counts. Out: updates that take back what is over.
//! Never: an end that waits for the engine; an end by a wall clock that was set after the effect was seen.
//!
//! It runs in a thread of the actuator, and again in the guard, a process of its own that outlives it and takes everything back when the actuator shows no sign of life.

use super::clock::Clock;
use super::config::{Checked, Config, ConfigError};
use super::follower::{Follower, Wait};
use super::marks::{self, Marks};
use super::primary::{Primary, Trouble};
use super::view::{Means, View};
use super::{means, primary};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::Key;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Between two looks at what is over.
pub const STEP: Duration = Duration::from_millis(500);

/// How often a guard that is not patient tries to have its turn, and the pause between.
const TURN_TRIES: u32 = 20;
const TURN_PAUSE: Duration = Duration::from_millis(20);

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
    /// Whether nothing but exemptions stood in the zone when it was read last.
    clear: bool,
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
            clear: false,
        }
    }

    /// Takes back what is over. Gives how many effects.
    pub(super) fn step(&mut self) -> Result<usize, Trouble> {
        let serial = self.primary.serial()?;
        if self.serial != Some(serial) {
            let view = self.primary.read()?;
            self.learn(&view);
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
        self.learn(&after);
        Ok(over.len())
    }

    fn learn(&mut self, view: &View) {
        self.serial = Some(view.serial);
        self.clear = view.is_clear(&self.means);
        let keys = view.keys();
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

/// The guard: for a process of its own, which the actuator or the machine's service manager keeps alive. It ends what is over, and takes everything back when the actuator shows no sign of life for the owner's time.
pub struct Guard {
    ends: Ends,
    followers: Vec<Follower>,
    marks: Marks,
    zone: String,
    /// Its turn: while it has one it says that it watches.
    turn: Option<File>,
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
            zone: checked.config.zone,
            turn: None,
            silence: Duration::from_secs(checked.config.silence_seconds_max),
            clock,
            sign,
            done: false,
        })
    }

    /// Takes the turn to watch this folder, where one guard at a time is; one that is patient waits for it. False where another has it.
    ///
    /// # Errors
    /// The mark of guards cannot be had, in words.
    pub fn take_turn(&mut self, patient: bool) -> Result<bool, String> {
        let told = |error: std::io::Error| format!("the mark of guards: {error}");
        let turn = self.marks.turn().map_err(told)?;
        if patient {
            turn.lock().map_err(told)?;
        } else {
            let mut tries = 0;
            // Who looks whether a guard is there holds it for a moment too.
            while turn.try_lock().is_err() {
                tries += 1;
                if tries == TURN_TRIES {
                    return Ok(false);
                }
                std::thread::park_timeout(TURN_PAUSE);
            }
        }
        // What another said before is nothing that this one saw.
        turn.set_len(0).map_err(told)?;
        self.turn = Some(turn);
        Ok(true)
    }

    /// Whether nobody needs it: nothing is in the zone any more, and no actuator is there that could put something in.
    pub fn is_idle(&self) -> bool {
        self.ends.clear && !self.marks.is_anybody_there()
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
        if let Some(turn) = &self.turn {
            let said = marks::say(turn, &self.zone, self.clock.counted());
            said.map_err(|error| format!("the mark of guards: {error}"))?;
        }
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
