//! Times of notes and documents. In: `2027-04-01T00:00:00Z`. Out: Unix seconds, and back. Never: a clock.

use std::fmt;

/// Seconds of a day.
pub(crate) const DAY_SECONDS: u64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: u64 = 719_468;

/// Days since 1970 of a date of the Gregorian calendar; `None` where there is no such date from 1970 on, or its year has five digits.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1970..=10_000).contains(&year) || day == 0 || day > length {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let of_years = 365 * year + year / 4 - year / 100 + year / 400;
    Some(of_years + (153 * month + 2) / 5 + day - 1 - EPOCH_DAYS)
}

/// Digits of fixed places and marks between them: `0` in the form stands for a digit.
fn numbers(text: &str, form: &str) -> Option<Vec<u64>> {
    if text.len() != form.len() {
        return None;
    }
    let mut numbers = vec![0];
    for (byte, wanted) in text.bytes().zip(form.bytes()) {
        match (wanted, byte) {
            (b'0', b'0'..=b'9') => {
                let last = numbers.last_mut()?;
                *last = *last * 10 + u64::from(byte - b'0');
            }
            (b'0', _) => return None,
            (mark, byte) if mark == byte => numbers.push(0),
            _ => return None,
        }
    }
    Some(numbers)
}

/// Reads `2027-04-01` as days since 1970.
pub(crate) fn read_day(text: &str) -> Option<u64> {
    match numbers(text, "0000-00-00")?.as_slice() {
        &[year, month, day] => days(year, month, day),
        _ => None,
    }
}

/// Reads `2027-04-01T00:00:00Z` as Unix seconds.
pub fn read_time(text: &str) -> Option<u64> {
    match numbers(text, "0000-00-00T00:00:00Z")?.as_slice() {
        &[year, month, day, hour, minute, second, _] if hour < 24 && minute < 60 && second < 60 => {
            Some(days(year, month, day)? * DAY_SECONDS + hour * 3600 + minute * 60 + second)
        }
        _ => None,
    }
}

/// Year, month and day of days since 1970.
fn date(mut day: u64) -> Option<(u64, u64, u64)> {
    let mut year = 1970;
    // BOUND: years behind 9999 have no text.
    while year < 10_000 {
        let first = days(year, 1, 1)?;
        if day < days(year + 1, 1, 1)? {
            let month = (1..=12)
                .rev()
                .find(|&month| days(year, month, 1).is_some_and(|begin| begin <= day))?;
            day -= days(year, month, 1).unwrap_or(first);
            return Some((year, month, day + 1));
        }
        year += 1;
    }
    None
}

/// The year and month of a second, UTC.
pub(crate) fn month_of(time: u64) -> Option<(u64, u64)> {
    date(time / DAY_SECONDS).map(|(year, month, _)| (year, month))
}

/// The same day and second so many calendar months later, or the last day of that month.
pub(crate) fn add_months(time: u64, months: u64) -> Option<u64> {
    let (year, month, day) = date(time / DAY_SECONDS)?;
    let months = (month - 1).checked_add(months)?;
    let (year, month) = (
        year.checked_add(months / 12)
            .filter(|year| *year < 10_000)?,
        months % 12 + 1,
    );
    let day = (1..=day).rev().find_map(|day| days(year, month, day))?;
    Some(day * DAY_SECONDS + time % DAY_SECONDS)
}

/// The seconds of a calendar year in Japan, UTC+9: its first, and the first behind it.
pub(crate) fn year_in_japan(year: u64) -> Option<(u64, u64)> {
    let first = |year| Some((days(year, 1, 1)? * DAY_SECONDS).saturating_sub(9 * 3600));
    Some((first(year)?, first(year.checked_add(1)?)?))
}

/// Unix seconds as a report shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, rest) = (self.0 / DAY_SECONDS, self.0 % DAY_SECONDS);
        let Some((year, month, day)) = date(day) else {
            return write!(f, "second {}", self.0);
        };
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        let cases = [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2027-04-01T00:00:00Z", 1_806_537_600),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ];
        for (text, seconds) in cases {
            assert_eq!(read_time(text), Some(seconds), "{text}");
            assert_eq!(Time(seconds).to_string(), text);
        }
        assert_eq!(read_day("2027-04-01"), Some(1_806_537_600 / DAY_SECONDS));
    }

    #[test]
    fn a_time_has_one_form() {
        let cases = [
            "",
            "2027-04-01",
            "2027-04-01T00:00:00",
            "2027-04-01T00:00:00z",
            "2027-04-01 00:00:00Z",
            "2027-04-01T00:00:00+00:00",
            "2027-04-01T24:00:00Z",
            "2027-04-01T00:60:00Z",
            "2027-04-01T00:00:60Z",
            "2027-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2027-13-01T00:00:00Z",
            "2027-00-01T00:00:00Z",
            "2027-04-00T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "+027-04-01T00:00:00Z",
        ];
        for text in cases {
            assert_eq!(read_time(text), None, "{text}");
        }
    }

    #[test]
    fn months_end_at_the_same_day_or_at_their_last() {
        let cases = [
            ("2027-04-01T00:00:00Z", 6, "2027-10-01T00:00:00Z"),
            ("2027-08-31T12:00:01Z", 6, "2028-02-29T12:00:01Z"),
            ("2027-12-31T23:59:59Z", 2, "2028-02-29T23:59:59Z"),
            ("2027-01-15T00:00:00Z", 24, "2029-01-15T00:00:00Z"),
        ];
        for (from, months, to) in cases {
            assert_eq!(
                add_months(read_time(from).unwrap(), months),
                read_time(to),
                "{from}"
            );
        }
        assert_eq!(add_months(253_402_300_799, 24), None);
        assert_eq!(add_months(0, u64::MAX), None);
        assert_eq!(
            month_of(read_time("2028-02-29T23:59:59Z").unwrap()),
            Some((2028, 2))
        );
        let year = year_in_japan(2027).unwrap();
        assert_eq!(
            (Time(year.0).to_string(), Time(year.1).to_string()),
            (
                "2026-12-31T15:00:00Z".to_owned(),
                "2027-12-31T15:00:00Z".to_owned()
            )
        );
    }

    proptest::proptest! {
        #[test]
        fn every_second_reads_back(seconds in 0u64..253_402_300_800) {
            proptest::prop_assert_eq!(read_time(&Time(seconds).to_string()), Some(seconds));
        }
    }
}
