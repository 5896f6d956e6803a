//! The time of the host agent. In: the kernel's clocks. Out: two readings. Never: an end that moves because somebody set the clock.

use rustix::time::{ClockId, clock_gettime};
use sakimori_custody::time::Seconds;

/// Two readings of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the machine was started, its sleep included: nobody sets this clock.
    pub boot_ms: u64,
    /// The time of day, for what outlives a restart of the machine.
    pub wall: Seconds,
}

/// Where the host agent has its time from.
pub trait Clock: Send {
    /// Now.
    fn now(&self) -> Moment;
}

/// The kernel's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct KernelClock;

impl Clock for KernelClock {
    fn now(&self) -> Moment {
        let boot = clock_gettime(ClockId::Boottime);
        let wall = clock_gettime(ClockId::Realtime);
        let seconds = u64::try_from(boot.tv_sec).unwrap_or(0);
        let rest = u64::try_from(boot.tv_nsec).unwrap_or(0) / 1_000_000;
        Moment {
            boot_ms: seconds.saturating_mul(1000).saturating_add(rest),
            wall: Seconds(u64::try_from(wall.tv_sec).unwrap_or(0)),
        }
    }
}

/// The number of this start of the machine, from `/proc/sys/kernel/random/boot_id`; numbers of processes and ticks mean nothing under another.
///
/// # Errors
/// The kernel does not show it.
pub fn boot_id() -> std::io::Result<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(text.trim().to_owned())
}
