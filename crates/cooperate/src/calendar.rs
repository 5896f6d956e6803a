//! Japan's time and days: dates at +09:00, days on which administrative organs are closed, periods. In: seconds since 1970 UTC, dates. Out: dates, deadlines with
//! their reasons. Never: a time zone's data; Japan has had one offset since 1951, and no summer time.
//!
//! The arithmetic of dates is that of [`sakimori_custody::time`].

mod count;
mod holidays;

pub use count::{Deadline, Span, Start, deadline, window_end};
pub use holidays::{Closed, Holiday, closed, holiday};

use sakimori_custody::time::{DAY_SECONDS, Day, SECONDS_MAX, Seconds, TimeError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Japan's offset from UTC, seconds.
const OFFSET_SECONDS: u64 = 9 * 3600;

/// A civil date in Japan. JSON: `"2026-10-01"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(Day);

/// A date outside the years whose holidays are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} lies outside the years whose holidays are known, 2024 to 2040")]
pub struct CalendarError(pub Date);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weekday {
    /// 月曜日.
    Monday,
    /// 火曜日.
    Tuesday,
    /// 水曜日.
    Wednesday,
    /// 木曜日.
    Thursday,
    /// 金曜日.
    Friday,
    /// 土曜日.
    Saturday,
    /// 日曜日.
    Sunday,
}

impl Date {
    /// The date of year, month (from 1) and day (from 1); `None` where the calendar has no such day, or it lies before 1970.
    pub fn new(year: u64, month: u64, day: u64) -> Option<Self> {
        format!("{year:04}-{month:02}-{day:02}").parse().ok()
    }

    /// The date that clocks in Japan show at an instant.
    pub fn of(at: Seconds) -> Self {
        let latest = SECONDS_MAX - OFFSET_SECONDS;
        Self(Seconds(at.0.min(latest) + OFFSET_SECONDS).day())
    }

    /// Year and month.
    pub fn year_month(self) -> (u64, u64) {
        self.0.start().year_month()
    }

    /// Day of the month, from 1.
    pub fn day(self) -> u64 {
        let (year, month) = self.year_month();
        let first = Self::new(year, month, 1).unwrap_or(self);
        u64::from(self.0.0 - first.0.0) + 1
    }

    /// The day of the week. 1970-01-01 was a Thursday.
    pub const fn weekday(self) -> Weekday {
        match self.0.0 % 7 {
            0 => Weekday::Thursday,
            1 => Weekday::Friday,
            2 => Weekday::Saturday,
            3 => Weekday::Sunday,
            4 => Weekday::Monday,
            5 => Weekday::Tuesday,
            _ => Weekday::Wednesday,
        }
    }

    /// The date `days` later.
    #[must_use]
    pub const fn plus_days(self, days: u32) -> Self {
        Self(Day(self.0.0.saturating_add(days)))
    }

    /// The date before.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(Day(self.0.0.saturating_sub(1)))
    }

    /// Days from this date to a later one; 0 where it is not later.
    pub const fn days_until(self, later: Self) -> u32 {
        later.0.0.saturating_sub(self.0.0)
    }

    /// The first second of the date, 00:00 in Japan.
    pub const fn start(self) -> Seconds {
        Seconds(self.0.start().0.saturating_sub(OFFSET_SECONDS))
    }

    /// The last second of the date, 23:59:59 in Japan.
    pub const fn end(self) -> Seconds {
        Seconds(self.start().0 + DAY_SECONDS - 1)
    }
}

/// Whether an instant is 00:00:00 in Japan.
pub const fn is_midnight(at: Seconds) -> bool {
    at.0.saturating_add(OFFSET_SECONDS)
        .is_multiple_of(DAY_SECONDS)
}

/// An instant as clocks in Japan show it: `2026-10-01T12:00:00+09:00`.
pub fn japan_text(at: Seconds) -> String {
    let latest = SECONDS_MAX - OFFSET_SECONDS;
    let shown = Seconds(at.0.min(latest) + OFFSET_SECONDS).to_string();
    format!("{}+09:00", shown.trim_end_matches('Z'))
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Date {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse().map(Self)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        crate::text::serialize(self, to)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        crate::text::deserialize(from)
    }
}
