//! Misuse: rules over what people did, each as a pure function of the book. In: the book, bounds, a time. Out: alerts with the entries that gave them. Never: a verdict on a person; an alert
//! opens a case that people look into.
//!
//! The log has counts of rows, not the records that were drawn: the share of a bucket that somebody drew is an upper bound, as if no record was drawn twice.

use crate::book::{Book, Query};
use crate::calendar::local_hour;
use crate::refused::{Code, Refused};
use sakimori_authority::schedule::Hours;
use sakimori_custody::entry::{EntryType, Envelope, StoredBody};
use sakimori_custody::ids::{BucketId, Name};
use sakimori_custody::time::{DAY_SECONDS, Day, Seconds};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A rule, with the number that entry 44 carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A query whose case is none.
    QueryWithoutCase = 1,
    /// A small part of a bucket, day by day.
    SlowScraping = 2,
    /// A large part of what is kept, in few exports.
    MassExport = 3,
    /// Outside working hours.
    OffHours = 4,
    /// An actor whose access has ended.
    EndedAccount = 5,
    /// More than the schedule's budget of a day.
    BudgetExceeded = 6,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 6] = [
        Self::QueryWithoutCase,
        Self::SlowScraping,
        Self::MassExport,
        Self::OffHours,
        Self::EndedAccount,
        Self::BudgetExceeded,
    ];

    /// The number in entry 44.
    pub const fn code(self) -> u64 {
        self as u64
    }

    /// The name in entry 44.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QueryWithoutCase => "query-without-case",
            Self::SlowScraping => "slow-scraping",
            Self::MassExport => "mass-export",
            Self::OffHours => "off-hours",
            Self::EndedAccount => "ended-account",
            Self::BudgetExceeded => "budget-exceeded",
        }
    }
}

/// Bounds of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Days that slow scraping looks back.
    pub scrape_days: u64,
    /// Days of them on which something was drawn from the same bucket.
    pub scrape_days_min: usize,
    /// Share of the bucket that was drawn on them, per million.
    pub scrape_ppm_min: u64,
    /// Rows below which no share is judged: a small bucket is soon drawn.
    pub scrape_rows_min: u64,
    /// Days that mass export looks back.
    pub export_days: u64,
    /// Share of what the exports' buckets hold, per million.
    pub export_ppm_min: u64,
    /// Rows below which no export is judged.
    pub export_rows_min: u64,
    /// Acts outside working hours in seven days; one late evening is none.
    pub off_hours_min: usize,
}

impl Default for Bounds {
    /// What finds one per cent a day within five days, and leaves an ordinary week alone.
    fn default() -> Self {
        Self {
            scrape_days: 30,
            scrape_days_min: 5,
            scrape_ppm_min: 45_000,
            scrape_rows_min: 100,
            export_days: 1,
            export_ppm_min: 250_000,
            export_rows_min: 1000,
            off_hours_min: 3,
        }
    }
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Alert {
    /// The rule.
    pub rule: Rule,
    /// Whose acts.
    pub actor: String,
    /// Leaf indices of the acts.
    pub entries: Vec<u64>,
    /// Why, in words.
    pub reason: String,
}

fn alert(rule: Rule, actor: &Name, entries: Vec<u64>, reason: String) -> Alert {
    Alert {
        rule,
        actor: actor.to_string(),
        entries,
        reason,
    }
}

/// All alerts of all rules at a time, in the order of rule and actor.
pub fn alerts(book: &Book, bounds: &Bounds, now: Seconds) -> Vec<Alert> {
    let mut list = query_without_case(book);
    list.extend(slow_scraping(book, bounds, now));
    list.extend(mass_export(book, bounds, now));
    list.extend(off_hours(book, bounds, now));
    list.extend(ended_account(book));
    list.extend(budget_exceeded(book));
    list.sort();
    list
}

/// Words that stand where a case should.
const NO_CASES: [&str; 9] = [
    "none", "n-a", "na", "test", "case", "unknown", "todo", "tbd", "misc",
];

/// Whether a case is one that somebody could look up: a name of section 1, with a digit or more than a filler.
fn is_case(case: &str) -> bool {
    let lower = case.trim().to_ascii_lowercase();
    case.parse::<Name>().is_ok() && !NO_CASES.contains(&lower.as_str())
}

/// Queries whose case is none.
pub fn query_without_case(book: &Book) -> Vec<Alert> {
    let mut by_actor: BTreeMap<&Name, Vec<u64>> = BTreeMap::new();
    for query in book.query_list().values() {
        if !is_case(&query.case) {
            by_actor.entry(&query.actor).or_default().push(query.index);
        }
    }
    by_actor
        .into_iter()
        .map(|(actor, entries)| {
            let reason = format!("{} queries name no case", entries.len());
            alert(Rule::QueryWithoutCase, actor, entries, reason)
        })
        .collect()
}

/// What somebody drew from one bucket.
#[derive(Default)]
struct Drawn {
    days: BTreeSet<Day>,
    rows: u64,
    entries: Vec<u64>,
}

/// Rows of a query that may come from a bucket: its part of what the query's buckets hold, rounded up.
fn rows_of(book: &Book, query: &Query, bucket: &BucketId, rows: u64) -> u64 {
    let held = |id: &BucketId| {
        book.bucket_list()
            .get(id)
            .map_or(0, |bucket| bucket.records)
    };
    let all: u64 = query
        .buckets
        .iter()
        .fold(0, |sum, id| sum.saturating_add(held(id)));
    let part = u128::from(rows) * u128::from(held(bucket));
    u64::try_from(part.div_ceil(u128::from(all.max(1)))).unwrap_or(u64::MAX)
}

/// Somebody draws a small part of a bucket day by day.
pub fn slow_scraping(book: &Book, bounds: &Bounds, now: Seconds) -> Vec<Alert> {
    let since = Seconds(now.0.saturating_sub(bounds.scrape_days * DAY_SECONDS));
    let mut drawn: BTreeMap<(&Name, &BucketId), Drawn> = BTreeMap::new();
    for query in book.query_list().values() {
        let Some((index, time, rows)) = query.closed else {
            continue;
        };
        if rows == 0 || time < since || time > now {
            continue;
        }
        for bucket in &query.buckets {
            let of = drawn.entry((&query.actor, bucket)).or_default();
            of.days.insert(time.day());
            of.rows = of.rows.saturating_add(rows_of(book, query, bucket, rows));
            of.entries.push(index);
        }
    }
    let judged = drawn.into_iter().filter_map(|((actor, bucket), of)| {
        let records = book.bucket_list().get(bucket)?.records;
        let share = u128::from(of.rows) * 1_000_000;
        let much = share >= u128::from(bounds.scrape_ppm_min) * u128::from(records.max(1));
        let days = of.days.len();
        let found = days >= bounds.scrape_days_min && of.rows >= bounds.scrape_rows_min && much;
        found.then(|| {
            let reason = format!(
                "{} rows of {records} records of {bucket} on {days} days",
                of.rows
            );
            alert(Rule::SlowScraping, actor, of.entries, reason)
        })
    });
    judged.collect()
}

/// Somebody exports a large part of what the buckets hold.
pub fn mass_export(book: &Book, bounds: &Bounds, now: Seconds) -> Vec<Alert> {
    let since = Seconds(now.0.saturating_sub(bounds.export_days * DAY_SECONDS));
    let mut taken: BTreeMap<&Name, (u64, BTreeSet<&BucketId>, Vec<u64>)> = BTreeMap::new();
    for export in book.exports() {
        if export.time >= since && export.time <= now {
            let of = taken.entry(&export.actor).or_default();
            of.0 = of.0.saturating_add(export.rows);
            of.1.extend(&export.buckets);
            of.2.push(export.index);
        }
    }
    let judged = taken
        .into_iter()
        .filter_map(|(actor, (rows, buckets, entries))| {
            let held = |id: &&BucketId| {
                book.bucket_list()
                    .get(*id)
                    .map_or(0, |bucket| bucket.records)
            };
            let records: u64 = buckets
                .iter()
                .fold(0, |sum, id| sum.saturating_add(held(id)));
            let share = u128::from(rows) * 1_000_000;
            let much = share >= u128::from(bounds.export_ppm_min) * u128::from(records.max(1));
            (rows >= bounds.export_rows_min && much).then(|| {
                let reason = format!(
                    "{rows} rows of {records} records in {} exports",
                    entries.len()
                );
                alert(Rule::MassExport, actor, entries, reason)
            })
        });
    judged.collect()
}

/// Whether a time lies outside the working hours of a working day.
fn is_off(hours: Hours, at: Seconds) -> bool {
    // The weekday is that of the place whose hours these are; their text ends with its offset.
    let text = hours.to_string();
    let east = text.rsplit(' ').next().and_then(|east| east.parse().ok());
    let (_, weekday) = local_hour(at, east.unwrap_or_default());
    !hours.holds(at) || weekday >= 5
}

/// Somebody queries or exports outside working hours, more than once in seven days.
pub fn off_hours(book: &Book, bounds: &Bounds, now: Seconds) -> Vec<Alert> {
    let since = Seconds(now.0.saturating_sub(7 * DAY_SECONDS));
    let queries = book
        .query_list()
        .values()
        .map(|query| (&query.actor, query.time, query.index));
    let exports = book
        .exports()
        .iter()
        .map(|export| (&export.actor, export.time, export.index));
    let mut by_actor: BTreeMap<&Name, Vec<u64>> = BTreeMap::new();
    for (actor, time, index) in queries.chain(exports) {
        let hours = book
            .schedule_at(time)
            .map(|known| known.schedule.rules.hours);
        let off = hours.is_some_and(|hours| is_off(hours, time));
        if off && time >= since && time <= now {
            by_actor.entry(actor).or_default().push(index);
        }
    }
    by_actor
        .into_iter()
        .filter(|(_, entries)| entries.len() >= bounds.off_hours_min)
        .map(|(actor, mut entries)| {
            entries.sort_unstable();
            let reason = format!("{} acts outside working hours in seven days", entries.len());
            alert(Rule::OffHours, actor, entries, reason)
        })
        .collect()
}

/// Acts by somebody who holds no role then, though people's access is on record: shows of an identifier, and what was entered before the rules asked for a role.
pub fn ended_account(book: &Book) -> Vec<Alert> {
    let queries = book.query_list().values().map(|query| {
        (
            &query.actor,
            query.closed.map_or(query.time, |(_, at, _)| at),
            query.index,
        )
    });
    let exports = book
        .exports()
        .iter()
        .map(|export| (&export.actor, export.time, export.index));
    let shown = book
        .shown()
        .iter()
        .map(|shown| (&shown.actor, shown.time, shown.index));
    let mut by_actor: BTreeMap<&Name, Vec<u64>> = BTreeMap::new();
    for (actor, time, index) in queries.chain(exports).chain(shown) {
        let ended = book.has_people()
            && book
                .person(actor)
                .is_none_or(|person| person.at(time).next().is_none());
        if ended {
            by_actor.entry(actor).or_default().push(index);
        }
    }
    by_actor
        .into_iter()
        .map(|(actor, mut entries)| {
            entries.sort_unstable();
            let reason = format!("{} acts by somebody who holds no role then", entries.len());
            alert(Rule::EndedAccount, actor, entries, reason)
        })
        .collect()
}

/// Somebody drew more rows in a day than the schedule allows. The rule of the log stops the next query; this tells of the one that passed the bound.
pub fn budget_exceeded(book: &Book) -> Vec<Alert> {
    let mut by_day: BTreeMap<(&Name, Day), (u64, Seconds, Vec<u64>)> = BTreeMap::new();
    for query in book.query_list().values() {
        if let Some((index, time, rows)) = query.closed {
            let of = by_day
                .entry((&query.actor, time.day()))
                .or_insert((0, time, Vec::new()));
            of.0 = of.0.saturating_add(rows);
            of.2.push(index);
        }
    }
    by_day
        .into_iter()
        .filter_map(|((actor, day), (rows, time, entries))| {
            let most = book.schedule_at(time)?.schedule.rules.budget_rows;
            (rows > most).then(|| {
                let reason = format!("{rows} rows on {day}, where {most} are allowed");
                alert(Rule::BudgetExceeded, actor, entries, reason)
            })
        })
        .collect()
}

/// Who a refused entry names.
#[derive(Deserialize)]
struct Named {
    #[serde(deserialize_with = "crate::body::text")]
    actor: Name,
}

/// The alert that an entry gives which was refused and is therefore not in the book: an attempt.
pub fn attempt(refused: &Refused, entry: &[u8], stored: &[u8]) -> Option<Alert> {
    let rule = match refused.code {
        Code::QueryFields | Code::ExportFields => Rule::QueryWithoutCase,
        Code::QueryRole | Code::ExportRole => Rule::EndedAccount,
        Code::QueryBudget | Code::ExportBudget => Rule::BudgetExceeded,
        Code::ExportPurged | Code::ExportRecipient => Rule::MassExport,
        _ => return None,
    };
    let envelope = Envelope::decode(entry).ok()?;
    if !matches!(envelope.kind, EntryType::Query | EntryType::Export) {
        return None;
    }
    let body = StoredBody::decode(stored)
        .ok()?
        .open(&envelope.body, None)
        .ok()?;
    let named: Named = serde_json::from_slice(&body).ok()?;
    let reason = format!("an attempt was refused: {refused}");
    Some(alert(rule, &named.actor, Vec::new(), reason))
}
