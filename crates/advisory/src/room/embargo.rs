//! The hour of publication. In: an instant with its zone as people write it. Out: one instant, shown with the zone that it was set in. Never: an hour without a zone; two
//! people who read one text as two hours. Source: RFC 3339, 5.6.

use sakimori_custody::time::Seconds;
use std::fmt;
use std::str::FromStr;

/// An instant with the zone in which people speak of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hour {
    /// The instant.
    pub at: Seconds,
    /// Minutes by which its zone is ahead of UTC.
    ahead_minutes: i16,
}

/// A text that is no hour with a zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no hour with a zone of the form 2027-04-01T09:00:00+09:00")]
pub struct HourError {
    text: String,
}

impl Hour {
    /// An instant in UTC.
    pub const fn utc(at: Seconds) -> Self {
        Self {
            at,
            ahead_minutes: 0,
        }
    }

    /// The same zone at another instant.
    #[must_use]
    pub const fn moved(self, at: Seconds) -> Self {
        Self { at, ..self }
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.ahead_minutes.unsigned_abs();
        let shift = u64::from(minutes) * 60;
        let (local, sign) = if self.ahead_minutes < 0 {
            (self.at.0.saturating_sub(shift), '-')
        } else {
            (self.at.0.saturating_add(shift), '+')
        };
        let local = Seconds(local).to_string();
        let bare = local.trim_end_matches('Z');
        if minutes == 0 {
            return write!(f, "{bare}Z");
        }
        write!(f, "{bare}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl FromStr for Hour {
    type Err = HourError;

    fn from_str(text: &str) -> Result<Self, HourError> {
        let read = || {
            let at = crate::time::read(text)?.second();
            // A fraction of a second has no place in an hour that people agree on.
            let zone = text.get(19..)?;
            let ahead = match zone {
                "Z" | "z" => 0,
                _ => {
                    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
                    let both = hours.parse::<i16>().ok()? * 60 + minutes.parse::<i16>().ok()?;
                    match zone.get(..1)? {
                        "+" => both,
                        "-" => -both,
                        _ => return None,
                    }
                }
            };
            let year = at.year_month().0;
            // Both its own text and its text in UTC must have four digits of a year.
            ((1971..=9998).contains(&year)).then_some(Self {
                at,
                ahead_minutes: ahead,
            })
        };
        read().ok_or_else(|| HourError {
            // BOUND: 80 characters of it are enough to find it.
            text: text.chars().take(80).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_one_instant_and_keeps_its_zone() {
        for (text, utc, shown) in [
            ("2027-04-01T09:00:00+09:00", "2027-04-01T00:00:00Z", None),
            ("2027-04-01T00:00:00Z", "2027-04-01T00:00:00Z", None),
            ("2027-03-31T19:30:00-04:30", "2027-04-01T00:00:00Z", None),
            (
                "2027-04-01T00:00:00+00:00",
                "2027-04-01T00:00:00Z",
                Some("2027-04-01T00:00:00Z"),
            ),
        ] {
            let hour: Hour = text.parse().unwrap();
            assert_eq!(hour.at.to_string(), utc);
            assert_eq!(hour.to_string(), shown.unwrap_or(text));
            assert_eq!(hour.to_string().parse(), Ok(hour));
        }
        for bad in [
            "2027-04-01T09:00:00",
            "2027-04-01T09:00",
            "2027-04-01T09:00:00.5Z",
            "2027-04-01 09:00:00Z",
            "1970-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2027-04-01T09:00:00 JST",
            "",
            "明日",
        ] {
            assert!(bad.parse::<Hour>().is_err(), "{bad}");
        }
    }
}
