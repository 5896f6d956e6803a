//! Calendars: which year and month a second lies in, in UTC and in Japan. In: seconds. Out: year and month. Never: a clock, a time zone file; Japan has had no summer time since 1951.

use sakimori_custody::time::{DAY_SECONDS, Seconds};

/// Japan's offset from UTC in seconds.
const JAPAN_SECONDS: u64 = 9 * 3600;

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Month {
    /// Year.
    pub year: u64,
    /// Month, from 1.
    pub month: u64,
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// The month in UTC (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
pub fn utc(at: Seconds) -> Month {
    let shifted = at.0 / DAY_SECONDS + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let index = (5 * day_of_year + 2) / 153;
    let month = if index < 10 { index + 3 } else { index - 9 };
    Month {
        year: year_of_era + era * 400 + u64::from(month <= 2),
        month,
    }
}

/// The month in Japan.
pub fn japan(at: Seconds) -> Month {
    utc(Seconds(at.0.saturating_add(JAPAN_SECONDS)))
}

/// Hour of the day, 0 to 23, and day of the week, 0 = Monday, `offset_hours` east of UTC.
pub fn local_hour(at: Seconds, offset_hours: i64) -> (u64, u64) {
    let local =
        at.0.saturating_add_signed(offset_hours.saturating_mul(3600));
    // 1970-01-01 was a Thursday.
    (local % DAY_SECONDS / 3600, (local / DAY_SECONDS + 3) % 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Seconds {
        text.parse().unwrap()
    }

    #[test]
    fn a_year_of_japan_begins_nine_hours_before_that_of_utc() {
        let month = |year, month| Month { year, month };
        assert_eq!(japan(at("2027-12-31T14:59:59Z")), month(2027, 12));
        assert_eq!(japan(at("2027-12-31T15:00:00Z")), month(2028, 1));
        assert_eq!(utc(at("2027-12-31T23:59:59Z")), month(2027, 12));
        assert_eq!(utc(at("2028-02-29T00:00:00Z")), month(2028, 2));
        assert_eq!(utc(at("2028-03-01T00:00:00Z")), month(2028, 3));
        assert_eq!(utc(Seconds(0)), month(1970, 1));
    }

    #[test]
    fn hours_and_weekdays_follow_the_offset() {
        // 2027-04-01 is a Thursday.
        assert_eq!(local_hour(at("2027-04-01T00:30:00Z"), 9), (9, 3));
        assert_eq!(local_hour(at("2027-04-01T15:00:00Z"), 9), (0, 4));
        assert_eq!(local_hour(at("2027-04-01T00:00:00Z"), -1), (23, 2));
    }
}
