//! The guard as the actuator keeps it: a process beside it that outlives it, so that names end where the actuator cannot end them any more. In: the words that start one, the marks. Out: whether one watches, one that is started where none
//! is. Never: a second one beside one that runs; a guard that ends with the actuator; an effect that begins while none watches.

use super::clock::Clock;
use super::follower::Wait;
use super::marks::{Marks, Watch};
use super::primary::Trouble;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Between two looks whether one that was started watches.
const PAUSE: Duration = Duration::from_millis(20);

/// What keeps a guard.
pub(super) struct Keeper {
    /// Program and words that become one.
    words: Vec<OsString>,
    zone: String,
    /// A guard that has not read the zone for so long watches nothing.
    silence: Duration,
    /// The one that was started here, until it has ended.
    own: Option<Child>,
    /// How many were started.
    pub(super) started: u64,
}

impl Keeper {
    pub(super) const fn new(words: Vec<OsString>, zone: String, silence: Duration) -> Self {
        Self {
            words,
            zone,
            silence,
            own: None,
            started: 0,
        }
    }

    /// What is known of the guard, whoever started it.
    pub(super) fn watch(&self, marks: &Marks, now: Duration) -> Watch {
        marks.watch(&self.zone, now.saturating_sub(self.silence), now)
    }

    /// Starts one where none is.
    pub(super) fn tend(&mut self, marks: &Marks, now: Duration) -> Result<(), Trouble> {
        if let Some(own) = &mut self.own
            && !matches!(own.try_wait(), Ok(None))
        {
            self.own = None;
            tracing::warn!("the guard of the policy zone has ended");
        }
        if self.own.is_some() || self.watch(marks, now) != Watch::Nobody {
            return Ok(());
        }
        let cannot = |why: &str| format!("no guard of the policy zone can be started: {why}");
        let (program, words) = self
            .words
            .split_first()
            .ok_or_else(|| cannot("no program"))?;
        let mut guard = Command::new(program);
        guard.args(words).stdin(Stdio::null()).stdout(Stdio::null());
        // A signal from a terminal to us is none to it.
        let guard = guard.process_group(0).spawn();
        self.own = Some(guard.map_err(|error| cannot(&error.to_string()))?);
        self.started += 1;
        Ok(())
    }

    /// Waits until one watches.
    pub(super) fn ensure(
        &mut self,
        marks: &Marks,
        clock: &dyn Clock,
        wait: &Wait,
    ) -> Result<(), Trouble> {
        self.tend(marks, clock.counted())?;
        loop {
            let now = clock.counted();
            let none = match self.watch(marks, now) {
                Watch::Awake => return Ok(()),
                Watch::Blind => "the guard of the policy zone has not read it for too long",
                Watch::Nobody => "no guard of the policy zone is alive",
            };
            if wait.is_over(now) {
                return Err(format!("{none}: nothing new begins"));
            }
            std::thread::park_timeout(PAUSE);
        }
    }
}
