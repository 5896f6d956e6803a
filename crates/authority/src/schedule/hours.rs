//! Working hours. In: `08-20 +09`. Out: whether a time lies in them. Never: a clock.

use sakimori_custody::time::Seconds;
use std::fmt;
use std::str::FromStr;

/// From and to an hour of the day, at an offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: u8,
    to: u8,
    /// Hours east of UTC.
    east: i8,
}

impl Hours {
    /// Eight to eight in Japan.
    pub const TOKYO_OFFICE: Self = Self {
        from: 8,
        to: 20,
        east: 9,
    };

    /// Whether a time lies in the working hours, on whatever day.
    pub const fn holds(self, time: Seconds) -> bool {
        let hour = (time.0 / 3600 + 24).wrapping_add_signed(self.east as i64) % 24;
        self.from as u64 <= hour && hour < self.to as u64
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02} {:+03}", self.from, self.to, self.east)
    }
}

/// A text that names no hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no working hours such as `08-20 +09`")]
pub struct HoursError;

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let read = || {
            let (hours, east) = text.split_once(' ')?;
            let (from, to) = hours.split_once('-')?;
            let hours = Self {
                from: from.parse().ok()?,
                to: to.parse().ok()?,
                east: east.parse().ok()?,
            };
            let sound = hours.from < hours.to && hours.to <= 24 && (-12..=14).contains(&hours.east);
            (sound && hours.to_string() == text).then_some(hours)
        };
        read().ok_or(HoursError)
    }
}
