//! The readings of clocks that the timer of this substrate needs. In: nothing. Out: readings. Never: a judgement on them.

use sakimori_custody::time::Seconds;
use std::sync::Arc;

/// What clocks say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock, which somebody may set.
    pub wall: Seconds,
    /// Milliseconds since the machine was started, its sleep included.
    pub counted_ms: u64,
}

/// Where readings come from.
pub type Clock = Arc<dyn Fn() -> Reading + Send + Sync>;

/// The clocks of this machine.
pub fn system() -> Clock {
    Arc::new(|| Reading {
        wall: Seconds(
            u64::try_from(rustix::time::clock_gettime(rustix::time::ClockId::Realtime).tv_sec)
                .unwrap_or(0),
        ),
        counted_ms: counted_ms(),
    })
}

/// Milliseconds since the machine was started.
pub(super) fn counted_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1000) + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000
}
