//! Clock and randomness of the machine, handed to everything that needs them. In: the system, or a test's own. Out: times, random bytes. Never: another file
//! that asks the system for either.

use rustix::time::{ClockId, clock_gettime};
use sakimori_custody::time::{Millis, Seconds};
use sakimori_sensor::{supervisor::Random, supervisor::WallClock};
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

type Clock = dyn Fn() -> Millis + Send + Sync;
type Source = dyn Fn(&mut [u8]) -> io::Result<()> + Send + Sync;

/// What a process takes from its machine.
#[derive(Clone)]
pub struct Host {
    clock: Arc<Clock>,
    /// Counts, whatever the clock is set to.
    counted: Arc<Clock>,
    random: Arc<Source>,
}

impl Host {
    /// The machine's clock and its source of randomness.
    pub fn system() -> Self {
        let random = |place: &mut [u8]| getrandom::fill(place).map_err(io::Error::other);
        Self::new(Arc::new(now), Arc::new(random)).counting(Arc::new(counted))
    }

    /// Others, for tests and replays; the clock is what counts too.
    pub fn new(clock: Arc<Clock>, random: Arc<Source>) -> Self {
        Self {
            counted: Arc::clone(&clock),
            clock,
            random,
        }
    }

    /// The same machine with another count of the time that passes.
    #[must_use]
    pub fn counting(self, counted: Arc<Clock>) -> Self {
        Self { counted, ..self }
    }

    /// Milliseconds that have passed since some moment, the sleep of the machine included; nobody sets them.
    pub fn counted_ms(&self) -> u64 {
        (self.counted)().0
    }

    /// The time, in whole seconds.
    pub fn seconds(&self) -> Seconds {
        (self.clock)().seconds()
    }

    /// The time, in milliseconds.
    pub fn millis(&self) -> Millis {
        (self.clock)()
    }

    /// Random bytes.
    ///
    /// # Errors
    /// The system's: nothing that needs them has happened.
    pub fn bytes<const N: usize>(&self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        (self.random)(&mut bytes)?;
        Ok(bytes)
    }

    /// A source of its own for a part that draws as it goes.
    pub fn source(&self) -> impl FnMut(&mut [u8]) -> io::Result<()> + Send + use<> {
        let random = Arc::clone(&self.random);
        move |place| random(place)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the clock"
)]
fn now() -> Millis {
    // A clock before 1970 is a broken one; every gate refuses the time 0.
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn counted() -> Millis {
    let up = clock_gettime(ClockId::Boottime);
    let ms = up
        .tv_sec
        .saturating_mul(1000)
        .saturating_add(i64::from(up.tv_nsec as i32) / 1_000_000);
    Millis(ms.max(0).cast_unsigned())
}

impl WallClock for Host {
    fn now(&self) -> Millis {
        (self.clock)()
    }
}

impl Random for Host {
    fn fill(&mut self, place: &mut [u8]) {
        if (self.random)(place).is_err() {
            // A salt of zeros would let anyone guess what was committed to; the supervisor has no weaker way to go on.
            std::process::abort();
        }
    }
}
