//! Counting of periods. In: when something happened, how long, whether the way of counting was verified. Out: the last day with the sentences that decide it. Never: a
//! day that is lost to the one who has a duty: the whole last day counts.
//!
//! Civil Code arts. 140 to 143; Act on Holidays of Administrative Organs (Act 91/1988) art. 2.

use super::{CalendarError, Closed, Date, closed, is_midnight};
use crate::rules::{Marks, Reason, Rule, marks};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// When a period begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// At an instant: its day is not counted, unless it is 00:00:00 in Japan.
    At(#[serde(with = "crate::text")] Seconds),
    /// Some time in a day: the day is not counted.
    During(Date),
    /// With the day itself, at 00:00: it is counted.
    With(Date),
}

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Span {
    /// Days, from 1.
    Days(u32),
    /// Calendar months, from 1.
    Months(u32),
}

/// The last day of a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// The last day on which the act is in time.
    pub last: Date,
    /// The last day before it was moved behind closed days.
    pub counted: Date,
    /// The sentences that decide.
    pub reasons: Vec<Reason>,
}

impl Deadline {
    /// Whether the time is over.
    pub fn is_over(&self, now: Seconds) -> bool {
        Date::of(now) > self.last
    }

    /// The marks of its sentences.
    pub fn marks(&self) -> Marks {
        marks(&self.reasons)
    }
}

/// The deadline of a period; `verified`: whether somebody verified the way of counting.
///
/// # Errors
/// [`CalendarError`]: it ends in a year whose holidays are not known here.
pub fn deadline(start: Start, span: Span, verified: bool) -> Result<Deadline, CalendarError> {
    let (counted, mut rules) = counted(start, span);
    let mut last = counted;
    // BOUND: the longest row of closed days is that of a year's end with its weekends, nine.
    for _ in 0..16 {
        let Some(why) = closed(last)? else { break };
        let rule = match why {
            Closed::Saturday | Closed::Sunday => Rule::CountWeekend,
            Closed::Holiday(_) => Rule::CountHoliday,
            Closed::YearEnd => Rule::CountYearEnd,
        };
        if !rules.contains(&rule) {
            rules.push(rule);
        }
        last = last.plus_days(1);
    }
    let reasons = rules.into_iter().map(|rule| Reason::new(rule, verified));
    Ok(Deadline {
        last,
        counted,
        reasons: reasons.collect(),
    })
}

/// The last day of a span that is no deadline, such as "introduced within two months": nobody has to come to an office on it, so it does not move.
pub fn window_end(start: Start, span: Span) -> Date {
    counted(start, span).0
}

/// Civil Code arts. 140 to 143, without the last day's move.
fn counted(start: Start, span: Span) -> (Date, Vec<Rule>) {
    let (first, rule) = match start {
        Start::At(at) if is_midnight(at) => (Date::of(at), Rule::CountMidnight),
        Start::At(at) => (Date::of(at).plus_days(1), Rule::CountFirstDay),
        Start::During(date) => (date.plus_days(1), Rule::CountDayOnly),
        Start::With(date) => (date, Rule::CountMidnight),
    };
    match span {
        Span::Days(days) => {
            let last = first.plus_days(days.saturating_sub(1));
            (last, vec![rule])
        }
        Span::Months(months) => {
            let (last, how) = months_end(first, months);
            (last, vec![rule, how])
        }
    }
}

/// The day before the one that corresponds to the first, or the last day of a month that lacks it.
fn months_end(first: Date, months: u32) -> (Date, Rule) {
    let (year, month) = first.year_month();
    let count = year * 12 + month - 1 + u64::from(months);
    let (year, month) = (count / 12, count % 12 + 1);
    if let Some(corresponding) = Date::new(year, month, first.day()) {
        return (corresponding.before(), Rule::CountMonths);
    }
    // The month is shorter: the day before the first of the next one.
    let (year, month) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    let next = Date::new(year, month, 1).unwrap_or(first);
    (next.before(), Rule::CountMonthLacksDay)
}
