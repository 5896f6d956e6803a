//! Moments as texts say them. In: RFC 3339. Out: a value that compares exactly, however many digits the fraction has. Never: a rounded fraction; whoever keeps a
//! timestamp keeps its text.

use std::fmt;

/// Longest text that is read: a fraction of 40 digits.
const TEXT_BYTES_MAX: usize = 66;
const DAY_SECONDS: i64 = 86_400;

/// A moment. Two texts of one moment are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Seconds since 1970 UTC; negative before.
    seconds: i64,
    /// Digits of the fraction without zeros at their end; they compare as texts.
    fraction: String,
}

impl Timestamp {
    /// Reads the one form of STIX 2.1 section 2.16: `2016-01-20T12:31:12.123Z`, any fraction, upper case, UTC, no leap second.
    pub fn parse_stix(text: &str) -> Option<Self> {
        let (moment, rest, leap) = local(text)?;
        let bytes = text.as_bytes();
        (rest == "Z" && !leap && bytes.get(10) == Some(&b'T')).then_some(moment)
    }

    /// Reads any form of RFC 3339 section 5.6: either case, any offset, a leap second (which is the second behind it).
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let (mut moment, rest, _) = local(text)?;
        if rest.eq_ignore_ascii_case("z") {
            return Some(moment);
        }
        let (sign, rest) = match rest.as_bytes() {
            [b'+', rest @ ..] => (1, rest),
            [b'-', rest @ ..] => (-1, rest),
            _ => return None,
        };
        if rest.len() != 5 || rest.get(2) != Some(&b':') {
            return None;
        }
        let (hours, minutes) = (digits(rest, 0, 2)?, digits(rest, 3, 2)?);
        if hours > 23 || minutes > 59 {
            return None;
        }
        moment.seconds -= sign * (hours * 3600 + minutes * 60);
        Some(moment)
    }

    /// From microseconds since 1970.
    pub fn from_micros(micros: u64) -> Self {
        let fraction = format!("{:06}", micros % 1_000_000);
        Self {
            seconds: i64::try_from(micros / 1_000_000).unwrap_or(i64::MAX),
            fraction: fraction.trim_end_matches('0').to_owned(),
        }
    }

    /// The last whole microsecond since 1970 that is not later; 0 for earlier moments.
    pub fn micros_floor(&self) -> u64 {
        let Ok(seconds) = u64::try_from(self.seconds) else {
            return 0;
        };
        let six: String = self
            .fraction
            .chars()
            .chain("000000".chars())
            .take(6)
            .collect();
        seconds
            .saturating_mul(1_000_000)
            .saturating_add(six.parse().unwrap_or_default())
    }

    /// Seconds from another moment to this one; negative where that is later.
    pub(crate) fn seconds_since(&self, other: &Self) -> f64 {
        let fraction = |moment: &Self| {
            let text = format!("0.{}", moment.fraction);
            text.parse().unwrap_or(0.0f64)
        };
        (self.seconds - other.seconds) as f64 + (fraction(self) - fraction(other))
    }
}

/// Microseconds since 1970 as `2016-01-20T12:31:12.123456Z`, the form of TAXII 2.1.
pub(crate) struct MicrosText(pub(crate) u64);

impl fmt::Display for MicrosText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = sakimori_custody::time::Seconds(self.0 / 1_000_000).to_string();
        let whole = seconds.trim_end_matches('Z');
        write!(f, "{whole}.{:06}Z", self.0 % 1_000_000)
    }
}

/// Date, time and fraction at the start of a text, what stands behind them, and whether the second is the 61st.
fn local(text: &str) -> Option<(Timestamp, &str, bool)> {
    let bytes = text.as_bytes();
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if bytes.len() > TEXT_BYTES_MAX
        || marks.iter().any(|&(at, mark)| bytes.get(at) != Some(&mark))
        || !matches!(bytes.get(10), Some(b'T' | b't'))
    {
        return None;
    }
    let number = |at, count| digits(bytes, at, count);
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let in_month = (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day);
    if !in_month || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut fraction = "";
    if let Some(behind) = rest.strip_prefix('.') {
        let end = behind.bytes().take_while(u8::is_ascii_digit).count();
        (fraction, rest) = behind.split_at_checked(end)?;
        if fraction.is_empty() {
            return None;
        }
    }
    let moment = Timestamp {
        seconds: days(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second,
        fraction: fraction.trim_end_matches('0').to_owned(),
    };
    Some((moment, rest, second == 60))
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<i64> {
    let part = bytes.get(at..at + count)?;
    part.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

const fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`), for the years 0 to 9999.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let month_index = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_index + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}
