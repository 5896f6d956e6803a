//! The time of what stands beside the engine: the substrate's own ends, and the bounds of what it asks. In: nothing. Out: the wall clock's second, time that only counts. Never: an end by a wall clock that
//! was set after the end was known.

use rustix::time::{ClockId, Timespec, clock_gettime};
use sakimori_custody::time::Seconds;
use std::time::Duration;

/// Two clocks.
pub trait Clock: Send + Sync {
    /// The wall clock: signatures of updates carry it, and ends are read by it once.
    fn wall(&self) -> Seconds;

    /// What has been counted since some moment, a machine's sleep too. It never goes back.
    fn counted(&self) -> Duration;
}

/// The clocks of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineClock;

fn duration(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::from_secs(seconds).saturating_add(Duration::from_nanos(u64::from(nanos)))
}

impl Clock for MachineClock {
    fn wall(&self) -> Seconds {
        Seconds(duration(clock_gettime(ClockId::Realtime)).as_secs())
    }

    fn counted(&self) -> Duration {
        duration(clock_gettime(ClockId::Boottime))
    }
}
