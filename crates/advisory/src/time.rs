//! Moments as documents of others write them (RFC 3339). In: text. Out: an instant that compares, whatever offset it was written with. Never: a clock.

use sakimori_custody::time::Seconds;

/// An instant: seconds since 1970 UTC, below zero before, and nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    seconds: i64,
    nanoseconds: u32,
}

impl Moment {
    /// The instant at which a second begins.
    pub fn of(seconds: Seconds) -> Self {
        Self {
            seconds: i64::try_from(seconds.0).unwrap_or(i64::MAX),
            nanoseconds: 0,
        }
    }

    /// The second that holds it; the first of 1970 for what lies before.
    pub fn second(self) -> Seconds {
        Seconds(u64::try_from(self.seconds).unwrap_or(0))
    }
}

/// Reads `2024-08-16T13:52:59.024178+09:00`; a fraction beyond nanoseconds is cut. A leap second counts as the second before it ends.
pub fn read(text: &str) -> Option<Moment> {
    let bytes = text.as_bytes();
    if !text.is_ascii() || !(20..=64).contains(&bytes.len()) {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        let all = digits.bytes().all(|b| b.is_ascii_digit());
        all.then(|| digits.parse().ok()).flatten()
    };
    let sign = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|b| wanted.contains(b));
    let marks =
        sign(4, b"-") && sign(7, b"-") && sign(10, b"Tt") && sign(13, b":") && sign(16, b":");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !marks || !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut nanoseconds = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.find(|c: char| !c.is_ascii_digit())?;
        let digits = fraction.get(..end).filter(|d| !d.is_empty())?;
        let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
        nanoseconds = nine.parse().ok()?;
        rest = fraction.get(end..)?;
    }
    let offset = offset(rest)?;
    let days = days_from_civil(year, month, day);
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second.min(59) - offset;
    Some(Moment {
        seconds,
        nanoseconds,
    })
}

/// Seconds by which the written time is ahead of UTC.
fn offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let ahead = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |s: &str| (s.len() == 2).then(|| s.parse::<u8>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60)
        .then(|| ahead * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_index = (month + 9) % 12;
    let day_of_year = (153 * month_index + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_is_one_whatever_its_offset() {
        let seconds = |text: &str| read(text).map(|i| i.seconds);
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("1969-12-31T23:59:59z"), Some(-1));
        assert_eq!(seconds("2024-02-29T12:00:00+09:00"), Some(1_709_175_600));
        assert_eq!(
            read("2024-01-01T00:00:00.5Z"),
            read("2023-12-31T15:30:00.500-08:30")
        );
        assert!(read("2024-01-01T00:00:00.1Z") > read("2024-01-01T00:00:00Z"));
        for bad in [
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00Z",
            "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00Zulu",
            "２024-01-01T00:00:00Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
