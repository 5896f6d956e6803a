//! Misuse: planted actors are found, innocent ones are not.

use crate::history::{empty, judge, read};
use sakimori_custody::time::Seconds;
use sakimori_oversight::Book;
use sakimori_oversight::misuse::{Alert, Bounds, Rule, alerts, attempt};
use sakimori_testkit::history::{Count, FIRST, Step, Story, hour};

/// Monday, 2027-04-05, nine in Japan.
const MONDAY: u64 = hour(24 * 4);

/// A story whose bucket holds so many records, with queries and exports added by hand.
struct Office {
    story: Story,
    query: Step,
    answer: Step,
    export: Step,
    count: usize,
}

impl Office {
    fn new(records: u64) -> Self {
        let mut story = Story::good()
            .with("receipt 0", |s| {
                s.count(9, records).count(11, records).count(12, records);
                for key in ["flows_closed", "flows_selected", "records"] {
                    s.edit(&format!("\"{key}\":3"), &format!("\"{key}\":{records}"));
                }
                s.edit(
                    "\"records\":3,\"commitment\"",
                    &format!("\"records\":{records},\"commitment\""),
                );
            })
            .with("decision", |s| {
                s.edit("day-records 1000", "day-records 1000000");
            });
        let (query, answer) = (story.step("query").clone(), story.step("answered").clone());
        let export = story.step("export").clone();
        let story = story.up_to("receipt 0");
        Self {
            story,
            query,
            answer,
            export,
            count: 0,
        }
    }

    fn query(&mut self, actor: &str, case: &str, time: u64, rows: u64) {
        self.count += 1;
        let name = format!("query {}", self.count);
        let mut query = self.query.clone();
        query.name.clone_from(&name);
        query.time = time;
        query
            .edit("\"a.tanaka\"", &format!("\"{actor}\""))
            .edit("\"case-1\"", &format!("\"{case}\""));
        let mut answer = self.answer.clone();
        answer.name = format!("answer {}", self.count);
        answer.time = time;
        answer.counters = vec![Count::N(rows), Count::N(1), Count::Index(name)];
        self.story.steps.extend([query, answer]);
    }

    fn export(&mut self, actor: &str, time: u64, rows: u64) {
        self.count += 1;
        let mut export = self.export.clone();
        export.name = format!("export {}", self.count);
        export.time = time;
        export.edit("\"a.tanaka\"", &format!("\"{actor}\""));
        export.count(0, rows);
        self.story.steps.push(export);
    }

    fn book(&self) -> Book {
        read(&self.story).unwrap_or_else(|(name, why)| panic!("step `{name}`: {why}"))
    }

    fn found(&self, now: u64) -> Vec<(Rule, String)> {
        let list: Vec<Alert> = alerts(&self.book(), &Bounds::default(), Seconds(now));
        list.into_iter()
            .map(|alert| (alert.rule, alert.actor))
            .collect()
    }
}

const fn day(days: u64) -> u64 {
    MONDAY + days * 86_400
}

#[test]
fn an_ordinary_week_of_two_analysts_gives_no_alert() {
    let mut office = Office::new(10_000);
    for days in 0..5 {
        for (n, rows) in [3, 40, 0, 12].into_iter().enumerate() {
            let time = day(days) + n as u64 * 3600;
            office.query("a.tanaka", "case-1", time, rows);
        }
    }
    office.export("a.tanaka", day(4) + 4 * 3600, 60);
    // One late evening.
    office.query("a.tanaka", "case-1", day(4) + 12 * 3600, 5);
    assert_eq!(office.found(day(5)), []);
}

#[test]
fn one_per_cent_a_day_is_found_on_the_fifth_day_and_not_on_the_fourth() {
    let mut office = Office::new(10_000);
    for days in 0..5 {
        office.query("a.tanaka", "case-1", day(days), 100);
        let found = office.found(day(days) + 3600);
        let wanted: &[(Rule, String)] = if days == 4 {
            &[(Rule::SlowScraping, "a.tanaka".to_owned())]
        } else {
            &[]
        };
        assert_eq!(found, wanted, "day {days}");
    }
    // A month later it is over.
    assert_eq!(office.found(day(40)), []);
    // As much in one day is no slow scraping.
    let mut office = Office::new(10_000);
    for n in 0..5 {
        office.query("a.tanaka", "case-1", day(0) + n * 600, 100);
    }
    assert_eq!(office.found(day(1)), []);
}

#[test]
fn a_query_whose_case_is_none_is_found() {
    for (case, wanted) in [
        ("none", 1),
        ("test", 1),
        ("Case 1", 1),
        ("n-a", 1),
        ("case-7", 0),
    ] {
        let mut office = Office::new(10_000);
        office.query("a.tanaka", case, day(0), 1);
        let found = office.found(day(0) + 60);
        assert_eq!(found.len(), wanted, "{case}: {found:?}");
        assert!(
            found
                .iter()
                .all(|(rule, _)| *rule == Rule::QueryWithoutCase)
        );
    }
}

#[test]
fn a_mass_export_is_found_within_its_day() {
    for (rows, wanted) in [(2499, 0), (2500, 1)] {
        let mut office = Office::new(10_000);
        office.export("a.tanaka", day(0), rows);
        let found = office.found(day(0) + 86_400);
        assert_eq!(found.len(), wanted, "{rows}: {found:?}");
        assert_eq!(office.found(day(0) + 86_401), []);
    }
    // Two halves are found as one.
    let mut office = Office::new(10_000);
    office.export("a.tanaka", day(0), 1250);
    office.export("a.tanaka", day(0) + 60, 1250);
    assert_eq!(
        office.found(day(0) + 120),
        [(Rule::MassExport, "a.tanaka".to_owned())]
    );
    // A small bucket is soon exported.
    let mut office = Office::new(1000);
    office.export("a.tanaka", day(0), 999);
    assert_eq!(office.found(day(0) + 60), []);
}

#[test]
fn work_at_night_and_on_sundays_is_found_the_third_time() {
    let night = 14 * 3600; // eleven in the evening in Japan
    let mut office = Office::new(10_000);
    for days in 0..3 {
        assert_eq!(office.found(day(days)), [], "day {days}");
        office.query("a.tanaka", "case-1", day(days) + night, 1);
    }
    assert_eq!(
        office.found(day(3)),
        [(Rule::OffHours, "a.tanaka".to_owned())]
    );
    assert_eq!(office.found(day(9)), []);
    let mut office = Office::new(10_000);
    for n in 0..3 {
        office.query("a.tanaka", "case-1", day(6) + n * 3600, 1);
    }
    assert_eq!(
        office.found(day(6) + 4 * 3600),
        [(Rule::OffHours, "a.tanaka".to_owned())]
    );
    // Eight in the morning is work, a minute before is not; seven in the evening is, eight is not.
    for (time, wanted) in [
        (23 * 3600, 0),
        (23 * 3600 - 60, 1),
        (10 * 3600, 0),
        (11 * 3600, 1),
    ] {
        let mut office = Office::new(10_000);
        let at = day(0) - 86_400 * u64::from(time > 20 * 3600) + time;
        let at = if time > 20 * 3600 { at + 86_400 } else { at };
        for _ in 0..3 {
            office.query("a.tanaka", "case-1", at, 1);
        }
        assert_eq!(office.found(at + 60).len(), wanted, "{time}");
    }
}

#[test]
fn an_actor_whose_access_has_ended_is_found_when_a_query_is_answered_after_it() {
    let mut office = Office::new(10_000);
    office.query("a.tanaka", "case-1", day(0), 1);
    let mut ended = office.story.step("access").clone();
    ended.name = "ended".to_owned();
    ended.edit("\"granted\"", "\"ended\"");
    ended.time = day(0) + 60;
    let last = office.story.steps.len() - 1;
    office.story.steps[last].time = day(0) + 120;
    assert_eq!(office.found(day(1)), []);
    office.story.steps.insert(last, ended);
    assert_eq!(
        office.found(day(1)),
        [(Rule::EndedAccount, "a.tanaka".to_owned())]
    );
}

#[test]
fn the_query_that_passes_the_budget_is_found() {
    for (rows, wanted) in [(100_000, 0), (100_001, 1)] {
        let mut office = Office::new(900_000);
        office.query("a.tanaka", "case-1", day(0), rows);
        let found = office.found(day(0) + 60);
        assert_eq!(found.len(), wanted, "{found:?}");
        assert!(found.iter().all(|(rule, _)| *rule == Rule::BudgetExceeded));
    }
}

#[test]
fn row_14_a_flood_of_acts_is_one_alert_of_its_actor_and_hides_no_other() {
    let mut office = Office::new(10_000);
    // Who exports may ask for records too.
    office
        .story
        .step("access of a supervisor")
        .edit("\"supervisor\"", "\"analyst\"");
    office.export("k.sato", day(0), 2500);
    let quiet = office.found(day(0) + 60);
    assert_eq!(quiet, [(Rule::MassExport, "k.sato".to_owned())]);
    for n in 0..400 {
        office.query("a.tanaka", "none", day(0) + n, 0);
    }
    let list = alerts(&office.book(), &Bounds::default(), Seconds(day(0) + 3600));
    let found: Vec<_> = list.iter().map(|a| (a.rule, a.actor.as_str())).collect();
    assert_eq!(
        found,
        [
            (Rule::QueryWithoutCase, "a.tanaka"),
            (Rule::MassExport, "k.sato")
        ]
    );
    assert_eq!(list[0].entries.len(), 400, "the digest names each act");
}

#[test]
fn an_attempt_that_the_rules_refused_names_who_made_it() {
    let attempted = |story: Story, step: &str| {
        let written = story.up_to(step).write();
        let mut book = empty();
        let (last, before) = written.split_last().unwrap();
        for w in before {
            judge(&mut book, w).unwrap();
        }
        let refused = judge(&mut book, last).unwrap_err();
        attempt(&refused, &last.entry.leaf, &last.entry.stored)
    };
    let blank = Story::good().with("query", |s| {
        s.edit("\"case-1\"", "\" \"");
    });
    let alert = attempted(blank, "query").unwrap();
    assert_eq!(
        (alert.rule, alert.actor.as_str()),
        (Rule::QueryWithoutCase, "a.tanaka")
    );
    let nobody = Story::good().with("export", |s| {
        s.edit("\"a.tanaka\"", "\"x.yamada\"");
    });
    let alert = attempted(nobody, "export").unwrap();
    assert_eq!(
        (alert.rule, alert.actor.as_str()),
        (Rule::EndedAccount, "x.yamada")
    );
    let gap = Story::good().without("receipt 1");
    assert_eq!(attempted(gap, "receipt 2"), None);
}

#[test]
fn the_story_itself_gives_no_alert_and_its_bucket_is_its_own() {
    let book = crate::history::good(&Story::good());
    assert_eq!(alerts(&book, &Bounds::default(), Seconds(hour(24))), []);
    assert!(
        book.bucket_list()
            .keys()
            .any(|id| id.to_string().starts_with(FIRST))
    );
    let codes: std::collections::BTreeSet<u64> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    let names: std::collections::BTreeSet<&str> =
        Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!((codes.len(), names.len()), (6, 6));
}
