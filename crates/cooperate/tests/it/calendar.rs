//! Days and holidays.

use super::at;
use sakimori_cooperate::calendar::{
    CalendarError, Closed, Date, Holiday, Span, Start, Weekday, closed, deadline, holiday,
    is_midnight, japan_text,
};

/// Holidays of four years as the Cabinet Office's list has them, written down by hand.
const YEARS: [(u64, &str); 4] = [
    (
        2024,
        "01-01 01-08 02-11 02-12 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 09-22 09-23 10-14 11-03 11-04 11-23",
    ),
    (
        2025,
        "01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-21 08-11 09-15 09-23 10-13 11-03 11-23 11-24",
    ),
    (
        2026,
        "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23",
    ),
    (
        2027,
        "01-01 01-11 02-11 02-23 03-21 03-22 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23",
    ),
];

fn days_of(year: u64) -> impl Iterator<Item = Date> {
    let first = Date::new(year, 1, 1).unwrap();
    let length = first.days_until(Date::new(year + 1, 1, 1).unwrap());
    (0..length).map(move |day| first.plus_days(day))
}

#[test]
fn the_holidays_of_four_years_are_those_of_the_list() {
    for (year, list) in YEARS {
        let found: Vec<String> = days_of(year)
            .filter(|date| holiday(*date).unwrap().is_some())
            .map(|date| date.to_string().split_off(5))
            .collect();
        assert_eq!(found.join(" "), list, "{year}");
    }
}

#[test]
fn every_known_year_has_the_sixteen_holidays_and_its_equinoxes_within_their_days() {
    for year in 2024..=2040 {
        let all: Vec<(Date, Holiday)> = days_of(year)
            .filter_map(|date| holiday(date).unwrap().map(|holiday| (date, holiday)))
            .collect();
        let made = |h: Holiday| matches!(h, Holiday::Substitute | Holiday::Between);
        let own = all.iter().filter(|(_, holiday)| !made(*holiday)).count();
        assert_eq!(own, 16, "{year}");
        for (date, holiday) in all {
            let day = date.day();
            match holiday {
                Holiday::Vernal => assert!((20..=21).contains(&day), "{date}"),
                Holiday::Autumnal => assert!((22..=23).contains(&day), "{date}"),
                Holiday::Between => assert_eq!(date.year_month().1, 9, "{date}"),
                Holiday::Substitute => assert_ne!(date.weekday(), Weekday::Sunday, "{date}"),
                _ => {}
            }
        }
    }
}

#[test]
fn years_that_are_not_known_are_refused_and_never_taken_for_open() {
    for text in ["2023-12-31", "2041-01-01"] {
        let date: Date = text.parse().unwrap();
        assert_eq!(closed(date), Err(CalendarError(date)));
    }
    let late = Start::During("2040-12-30".parse().unwrap());
    assert!(deadline(late, Span::Days(1), true).is_err());
}

#[test]
fn a_deadline_is_never_a_closed_day_and_never_before_it_was_counted() {
    for day in days_of(2026).chain(days_of(2027)) {
        for span in [Span::Days(30), Span::Months(4), Span::Months(6)] {
            let due = deadline(Start::During(day), span, true).unwrap();
            assert_eq!(closed(due.last), Ok(None), "{day}");
            assert!(due.counted <= due.last && day < due.counted, "{day}");
            let skipped = due.counted.days_until(due.last);
            for moved in 0..skipped {
                assert!(
                    closed(due.counted.plus_days(moved)).unwrap().is_some(),
                    "{day}"
                );
            }
        }
    }
}

#[test]
fn japan_is_nine_hours_ahead_and_a_day_ends_at_its_last_second() {
    let date = Date::of(at("2026-09-30T15:00:00Z"));
    assert_eq!(date.to_string(), "2026-10-01");
    assert_eq!(date.start(), at("2026-09-30T15:00:00Z"));
    assert_eq!(date.end(), at("2026-10-01T14:59:59Z"));
    assert_eq!(date.before(), Date::of(at("2026-09-30T14:59:59Z")));
    assert!(is_midnight(date.start()) && !is_midnight(date.end()));
    assert_eq!(
        japan_text(at("2026-10-01T03:00:00Z")),
        "2026-10-01T12:00:00+09:00"
    );
    assert_eq!(date.weekday(), Weekday::Thursday);
    assert_eq!(
        closed("2026-10-31".parse().unwrap()),
        Ok(Some(Closed::Saturday))
    );
    // The largest times neither wrap nor stop anything.
    assert!(Date::of(at("9999-12-31T23:59:59Z")) >= Date::of(at("9999-12-31T00:00:00Z")));
    assert_eq!(
        Date::of(sakimori_custody::time::Seconds(u64::MAX)),
        Date::of(at("9999-12-31T23:59:59Z"))
    );
}
