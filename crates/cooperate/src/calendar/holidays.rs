//! Days on which administrative organs are closed. In: a date of 2024 to 2040. Out: why they are closed, or that they are open. Never: a holiday that an Act moved for
//! one year; none is known for these years.
//!
//! Act on National Holidays (Act 178/1948) arts. 2 and 3; Act on Holidays of Administrative Organs (Act 91/1988) art. 1.

use super::{CalendarError, Date, Weekday};
use crate::limits::{YEAR_FIRST, YEAR_LAST};
use serde::Serialize;

macro_rules! holidays {
    ($($(#[$doc:meta])* $name:ident $ja:literal $en:literal,)*) => {
        /// A national holiday.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Holiday {
            $($(#[$doc])* $name,)*
        }

        impl Holiday {
            /// The name in Japanese.
            pub const fn ja(self) -> &'static str {
                match self { $(Self::$name => $ja,)* }
            }

            /// The name in English.
            pub const fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }
        }
    };
}

holidays! {
    /// 1 January.
    NewYear "元日" "New Year's Day",
    /// Second Monday of January.
    ComingOfAge "成人の日" "Coming of Age Day",
    /// 11 February, fixed by Cabinet Order 376/1966.
    Foundation "建国記念の日" "National Foundation Day",
    /// 23 February.
    Emperor "天皇誕生日" "Emperor's Birthday",
    /// The vernal equinox.
    Vernal "春分の日" "Vernal Equinox Day",
    /// 29 April.
    Showa "昭和の日" "Showa Day",
    /// 3 May.
    Constitution "憲法記念日" "Constitution Memorial Day",
    /// 4 May.
    Greenery "みどりの日" "Greenery Day",
    /// 5 May.
    Children "こどもの日" "Children's Day",
    /// Third Monday of July.
    Marine "海の日" "Marine Day",
    /// 11 August.
    Mountain "山の日" "Mountain Day",
    /// Third Monday of September.
    Aged "敬老の日" "Respect for the Aged Day",
    /// The autumnal equinox.
    Autumnal "秋分の日" "Autumnal Equinox Day",
    /// Second Monday of October.
    Sports "スポーツの日" "Sports Day",
    /// 3 November.
    Culture "文化の日" "Culture Day",
    /// 23 November.
    Labour "勤労感謝の日" "Labour Thanksgiving Day",
    /// The next day that is none, behind a holiday on a Sunday (art. 3(2)).
    Substitute "振替休日" "substitute holiday",
    /// A day between two holidays (art. 3(3)).
    Between "国民の休日" "holiday between two holidays",
}

/// Why administrative organs are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
    /// A national holiday.
    Holiday(Holiday),
    /// 29 December to 3 January.
    YearEnd,
}

/// Why administrative organs are closed on a date; `None` where it is a working day.
///
/// # Errors
/// [`CalendarError`]: the year is not known here.
pub fn closed(date: Date) -> Result<Option<Closed>, CalendarError> {
    if let Some(holiday) = holiday(date)? {
        return Ok(Some(Closed::Holiday(holiday)));
    }
    let (_, month) = date.year_month();
    let day = date.day();
    if month == 12 && day >= 29 || month == 1 && day <= 3 {
        return Ok(Some(Closed::YearEnd));
    }
    Ok(match date.weekday() {
        Weekday::Saturday => Some(Closed::Saturday),
        Weekday::Sunday => Some(Closed::Sunday),
        _ => None,
    })
}

/// The national holiday of a date. Those of the equinoxes are computed; the official ones are published in February of the year before, and have not differed since
/// the Act came into force.
///
/// # Errors
/// [`CalendarError`]: the year is not known here.
pub fn holiday(date: Date) -> Result<Option<Holiday>, CalendarError> {
    let (year, _) = date.year_month();
    if !(YEAR_FIRST..=YEAR_LAST).contains(&year) {
        return Err(CalendarError(date));
    }
    if let Some(own) = named(date) {
        return Ok(Some(own));
    }
    if is_substitute(date) {
        return Ok(Some(Holiday::Substitute));
    }
    let between = named(date.before()).is_some() && named(date.plus_days(1)).is_some();
    Ok(between.then_some(Holiday::Between))
}

/// Art. 3(2): the days before it are holidays, without a gap, from one on a Sunday.
fn is_substitute(date: Date) -> bool {
    let mut earlier = date.before();
    // BOUND: no more than three named holidays follow each other (3 to 5 May).
    for _ in 0..4 {
        if named(earlier).is_none() {
            return false;
        }
        if earlier.weekday() == Weekday::Sunday {
            return true;
        }
        earlier = earlier.before();
    }
    false
}

/// Art. 2.
fn named(date: Date) -> Option<Holiday> {
    let (year, month) = date.year_month();
    let day = date.day();
    let monday = |nth: u64| date.weekday() == Weekday::Monday && day.div_ceil(7) == nth;
    Some(match (month, day) {
        (1, 1) => Holiday::NewYear,
        (1, _) if monday(2) => Holiday::ComingOfAge,
        (2, 11) => Holiday::Foundation,
        (2, 23) => Holiday::Emperor,
        (3, _) if day == equinox(year, 20_843_100) => Holiday::Vernal,
        (4, 29) => Holiday::Showa,
        (5, 3) => Holiday::Constitution,
        (5, 4) => Holiday::Greenery,
        (5, 5) => Holiday::Children,
        (7, _) if monday(3) => Holiday::Marine,
        (8, 11) => Holiday::Mountain,
        (9, _) if monday(3) => Holiday::Aged,
        (9, _) if day == equinox(year, 23_248_800) => Holiday::Autumnal,
        (10, _) if monday(2) => Holiday::Sports,
        (11, 3) => Holiday::Culture,
        (11, 23) => Holiday::Labour,
        _ => return None,
    })
}

/// Day of an equinox in March or September, 1980 to 2099: `base` + 0.242194 (y − 1980) − ⌊(y − 1980) / 4⌋, in millionths (the formula of the Maritime Safety
/// Agency's almanac, 新こよみ便利帳).
const fn equinox(year: u64, base: u64) -> u64 {
    let years = year.saturating_sub(1980);
    (base + 242_194 * years) / 1_000_000 - years / 4
}
