//! Clock and randomness of the machine, handed to everything that needs them. In: the system, or a test's own. Out: times, random bytes. Never: another file
//! that asks the system for either.

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
    random: Arc<Source>,
}

impl Host {
    /// The machine's clock and its source of randomness.
    pub fn system() -> Self {
        Self::new(
            Arc::new(now),
            Arc::new(|place| getrandom::fill(place).map_err(io::Error::other)),
        )
    }

    /// Others, for tests and replays.
    pub const fn new(clock: Arc<Clock>, random: Arc<Source>) -> Self {
        Self { clock, random }
    }

    /// The time, in whole seconds.
    pub fn seconds(&self) -> Seconds {
        (self.clock)().seconds()
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
