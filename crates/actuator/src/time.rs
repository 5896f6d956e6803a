//! The two clocks of the machine, and the time that is judged of them. In: readings. Out: [`Judged`]. Never: a judgement without [`BoundedClock`]; a time before one that was known.
//!
//! Where no cosigner has been heard of yet, or the machine slept for longer than a day, the clock alone is not believed: then nothing new begins, and what is in force ends by what has been counted.

use rustix::time::{ClockId, clock_gettime};
use sakimori_authority::clock::{BoundedClock, Judged};
use sakimori_custody::time::Seconds;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Readings, handed to all that need them.
#[derive(Clone)]
pub struct Clock {
    wall_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    counted_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
}

fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let ms = i64::from(time.tv_nsec as i32) / 1_000_000;
    let all = time.tv_sec.saturating_mul(1000).saturating_add(ms);
    u64::try_from(all).unwrap_or(0)
}

/// The word of a file at a place, as seconds; 0 where there is none.
pub(crate) fn seconds(file: &Path, place: usize) -> i64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let word = text.split_whitespace().nth(place);
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

impl Clock {
    /// The clocks of this machine.
    pub fn system() -> Self {
        Self {
            wall_ms: Arc::new(|| read(ClockId::Realtime)),
            counted_ms: Arc::new(|| read(ClockId::Boottime)),
        }
    }

    /// Other readings, for tests.
    pub fn of(
        wall_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
        counted_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    ) -> Self {
        Self {
            wall_ms,
            counted_ms,
        }
    }

    /// The clocks of this machine, as many seconds off as a file says, the wall clock by its first word and the counted one by its second: for drills, which play at another time, with clocks that jump and with a machine that
    /// starts anew. What cannot be read is no offset.
    pub fn drill(offset: PathBuf) -> Self {
        let moved = move |clock, place| {
            let ms = seconds(&offset, place).saturating_mul(1000);
            read(clock).saturating_add_signed(ms)
        };
        let counted = moved.clone();
        Self {
            wall_ms: Arc::new(move || moved(ClockId::Realtime, 0)),
            counted_ms: Arc::new(move || counted(ClockId::Boottime, 1)),
        }
    }

    /// Milliseconds since 1970, by the wall clock.
    pub fn wall_ms(&self) -> u64 {
        (self.wall_ms)()
    }

    /// Seconds since 1970, by the wall clock.
    pub fn wall(&self) -> Seconds {
        Seconds(self.wall_ms() / 1000)
    }

    /// Milliseconds that have passed since the machine was started, its sleep included; nobody sets them.
    pub fn counted_ms(&self) -> u64 {
        (self.counted_ms)()
    }
}

/// The number under which our own judged time is a witness.
const OWN: u32 = 0;

/// The time that is judged.
pub struct Time {
    clock: Clock,
    bounded: Option<BoundedClock>,
    /// The largest time that was known at the beginning.
    remembered: Seconds,
    /// When that was.
    begun_ms: u64,
    /// What was judged last.
    last: Judged,
}

impl Time {
    /// Begins with the largest time that is known from before, 0 where nothing is: that we gave it out ourselves counts as the second source beside the wall clock.
    pub fn begin(clock: Clock, remembered: Seconds) -> Self {
        let (wall, counted) = (clock.wall(), clock.counted_ms());
        let known = (remembered.0 > 0).then_some(remembered);
        let bounded = known.and_then(|known| BoundedClock::begin(known, known, wall, counted).ok());
        Self {
            clock,
            bounded,
            remembered,
            begun_ms: counted,
            last: Judged::Behind(remembered),
        }
    }

    /// What was judged last: at most a tick ago.
    pub const fn last(&self) -> Judged {
        self.last
    }

    /// The readings.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Takes in the time of a cosignature that was verified.
    pub fn witness(&mut self, who: u32, cosigned: Seconds) {
        let (wall, counted) = (self.clock.wall(), self.clock.counted_ms());
        match &mut self.bounded {
            Some(bounded) => bounded.witness(who.max(1), cosigned, counted),
            None => {
                self.bounded = BoundedClock::begin(self.remembered, cosigned, wall, counted).ok();
            }
        }
    }

    /// The time by which an approval is judged that may bring the first cosignature.
    pub fn asked(&mut self) -> Seconds {
        if self.bounded.is_some() {
            self.now().time()
        } else {
            self.clock.wall()
        }
    }

    /// The time now.
    pub fn now(&mut self) -> Judged {
        self.last = self.judge();
        self.last
    }

    fn judge(&mut self) -> Judged {
        let (wall, counted) = (self.clock.wall(), self.clock.counted_ms());
        let Some(bounded) = &mut self.bounded else {
            let passed = counted.saturating_sub(self.begun_ms) / 1000;
            return Judged::Behind(self.remembered.plus(passed));
        };
        let judged = bounded.judge(wall, counted);
        if let Judged::Sure(time) = judged {
            // So that a wall clock that jumps later is measured against the last time that was sure.
            bounded.witness(OWN, time, counted);
        }
        judged
    }
}
