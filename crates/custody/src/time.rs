//! Time as numbers: milliseconds of records, seconds of notes, and their RFC 3339 text. No clock is read here.

use std::fmt;
use std::str::FromStr;

/// The last year that a text has.
const YEAR_MAX: u64 = 9999;
/// Seconds of a day.
pub const DAY_SECONDS: u64 = 86_400;
/// The last second that a four-digit year can name, 9999-12-31T23:59:59Z.
pub const SECONDS_MAX: u64 = 253_402_300_799;

/// Milliseconds since 1970 UTC, as records carry them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

/// Whole seconds since 1970 UTC, as notes carry them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub u64);

/// A UTC day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

/// A text that is not a time or day in the one form that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a UTC time of the form {form}")]
pub struct TimeError {
    text: String,
    form: &'static str,
}

impl TimeError {
    fn new(text: &str, form: &'static str) -> Self {
        // BOUND: 80 characters of it are enough to find it; the text may be the line of a pack.
        let text = text.chars().take(80).collect();
        Self { text, form }
    }
}

impl Millis {
    /// The second that holds this instant.
    pub const fn seconds(self) -> Seconds {
        Seconds(self.0 / 1000)
    }
}

impl Seconds {
    /// The first millisecond of this second.
    pub const fn millis(self) -> Millis {
        Millis(self.0.saturating_mul(1000))
    }

    /// The day that holds this second.
    pub const fn day(self) -> Day {
        Day((self.0 / DAY_SECONDS) as u32)
    }

    /// The coarse time of log entries: the start of the minute.
    #[must_use]
    pub const fn minute(self) -> Self {
        Self(self.0 - self.0 % 60)
    }

    /// This second plus `seconds`, at most [`SECONDS_MAX`].
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        let sum = self.0.saturating_add(seconds);
        Self(if sum > SECONDS_MAX { SECONDS_MAX } else { sum })
    }

    /// The same day and second `months` calendar months later, or the last day of a month that lacks the day; at most [`SECONDS_MAX`].
    #[must_use]
    pub fn plus_months(self, months: u64) -> Self {
        let (year, month, day) = civil(self.0 / DAY_SECONDS);
        let count = year
            .saturating_mul(12)
            .saturating_add(month - 1)
            .saturating_add(months);
        let (year, month) = (count / 12, count % 12 + 1);
        if year > YEAR_MAX {
            return Self(SECONDS_MAX);
        }
        let first = days_from_civil(year, month, 1);
        let last = if month == 12 {
            31
        } else {
            days_from_civil(year, month + 1, 1) - first
        };
        let days = first + day.min(last) - 1;
        Self(days * DAY_SECONDS + self.0 % DAY_SECONDS)
    }

    /// Calendar year and month in UTC, as `(2027, 4)`.
    pub fn year_month(self) -> (u64, u64) {
        let (year, month, _) = civil(self.0 / DAY_SECONDS);
        (year, month)
    }
}

impl Day {
    /// The first second of the day.
    pub const fn start(self) -> Seconds {
        Seconds(self.0 as u64 * DAY_SECONDS)
    }
}

/// Year, month, day of a day count (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The inverse of [`civil`] for years from 1970 on.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let month_index = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_index + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0 / DAY_SECONDS);
        let rest = self.0 % DAY_SECONDS;
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.seconds().to_string();
        write!(f, "{}.{:03}Z", text.trim_end_matches('Z'), self.0 % 1000)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(u64::from(self.0));
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Reads `count` ASCII digits at `at`.
fn digits(text: &[u8], at: usize, count: usize) -> Option<u64> {
    let part = text.get(at..at + count)?;
    part.iter().try_fold(0u64, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u64::from(byte - b'0'))
    })
}

/// Reads `YYYY-MM-DD` at the start of `text` as a day count.
fn day_count(text: &[u8]) -> Option<u64> {
    if text.get(4) != Some(&b'-') || text.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month, day) = (
        digits(text, 0, 4)?,
        digits(text, 5, 2)?,
        digits(text, 8, 2)?,
    );
    if year < 1970 || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let count = days_from_civil(year, month, day);
    (civil(count) == (year, month, day)).then_some(count)
}

impl FromStr for Seconds {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let parse = |b: &[u8]| {
            let marks = [(10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
            if b.len() != 20 || marks.iter().any(|&(at, mark)| b.get(at) != Some(&mark)) {
                return None;
            }
            let (hour, minute, second) = (digits(b, 11, 2)?, digits(b, 14, 2)?, digits(b, 17, 2)?);
            let in_day = hour < 24 && minute < 60 && second < 60;
            let days = day_count(b)?;
            in_day.then(|| Self(days * DAY_SECONDS + hour * 3600 + minute * 60 + second))
        };
        parse(text.as_bytes()).ok_or_else(|| TimeError::new(text, "2027-04-01T00:00:00Z"))
    }
}

impl FromStr for Day {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        (text.len() == 10)
            .then(|| day_count(text.as_bytes()))
            .flatten()
            .map(|count| Self(count as u32))
            .ok_or_else(|| TimeError::new(text, "2027-04-01"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants_have_their_text() {
        let known = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_806_537_600, "2027-04-01T00:00:00Z"),
            (SECONDS_MAX, "9999-12-31T23:59:59Z"),
        ];
        for (seconds, text) in known {
            assert_eq!(Seconds(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Seconds(seconds)));
        }
        assert_eq!(
            Millis(1_806_537_600_007).to_string(),
            "2027-04-01T00:00:00.007Z"
        );
        assert_eq!("2027-04-01".parse(), Ok(Day(20_909)));
    }

    #[test]
    fn a_calendar_month_ends_at_the_same_day_or_at_its_last() {
        for (from, months, to) in [
            ("2027-04-01T00:00:00Z", 3, "2027-07-01T00:00:00Z"),
            ("2027-01-31T12:34:56Z", 1, "2027-02-28T12:34:56Z"),
            ("2028-01-31T12:34:56Z", 1, "2028-02-29T12:34:56Z"),
            ("2027-08-31T23:59:59Z", 6, "2028-02-29T23:59:59Z"),
            ("2027-11-30T00:00:00Z", 13, "2028-12-30T00:00:00Z"),
            ("2027-12-31T00:00:00Z", 0, "2027-12-31T00:00:00Z"),
            ("9999-12-01T00:00:00Z", 1, "9999-12-31T23:59:59Z"),
        ] {
            let from: Seconds = from.parse().unwrap();
            assert_eq!(from.plus_months(months).to_string(), to);
        }
        assert_eq!(Seconds(SECONDS_MAX).plus_months(u64::MAX).0, SECONDS_MAX);
        assert_eq!(Seconds(1_806_537_600).year_month(), (2027, 4));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "2027-02-29T00:00:00Z",
            "2027-04-01 00:00:00Z",
            "2027-04-01T24:00:00Z",
            "1969-12-31T00:00:00Z",
            "",
        ] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_refused_text_of_any_length_is_quoted_in_short() {
        let long = "\u{9632}".repeat(1 << 20);
        for error in [
            long.parse::<Seconds>().unwrap_err(),
            long.parse::<Day>().unwrap_err(),
        ] {
            assert!(error.to_string().len() < 512);
        }
    }

    #[test]
    fn every_day_of_four_centuries_reads_back_and_follows_the_one_before() {
        for day in 0..146_097 {
            let text = Day(day).to_string();
            assert_eq!(text.parse(), Ok(Day(day)), "{text}");
            assert!(day == 0 || text > Day(day - 1).to_string(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_text_is_the_one_form_of_its_time_or_none(
            text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9][Z+ ]{0,2}"
        ) {
            if let Ok(read) = text.parse::<Seconds>() {
                proptest::prop_assert_eq!(read.to_string(), text);
            }
        }

        #[test]
        fn every_second_reads_back(seconds in 0..=SECONDS_MAX) {
            proptest::prop_assert_eq!(Seconds(seconds).to_string().parse(), Ok(Seconds(seconds)));
        }
    }
}
