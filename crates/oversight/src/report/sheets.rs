//! The sheets behind the headings. In: the book, a year. Out: everything that the yearly report says, as data. Never: an order that another run would change.

use super::{Headings, OfAuthority};
use crate::book::{Book, Sums};
use crate::calendar::{Month, japan};
use sakimori_authority::schedule::Key;
use sakimori_custody::time::Seconds;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a month adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MonthRow {
    /// Packets read.
    pub read: u64,
    /// Packets selected.
    pub selected: u64,
    /// Packets discarded.
    pub discarded: u64,
    /// Packets in error.
    pub errors: u64,
    /// Records.
    pub records: u64,
    /// Buckets deleted.
    pub deleted_buckets: u64,
    /// Records deleted.
    pub deleted_records: u64,
}

/// Why an authority was necessary, and what came of it: a sheet for each one that was decided in the year or worked in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// The authority.
    pub authority: String,
    /// Leaf index of its decision or urgent statement.
    pub decision: u64,
    /// Leaf index of its request.
    pub request: Option<u64>,
    /// What kind.
    pub kind: String,
    /// Its article.
    pub basis: String,
    /// First second.
    pub from: String,
    /// Last second.
    pub until: String,
    /// Who decided for it.
    pub decided_for: Vec<String>,
    /// Who voted against.
    pub decided_against: Vec<String>,
    /// Conditions.
    pub conditions: String,
    /// Facts of the request.
    pub facts: String,
    /// Why it was necessary.
    pub necessity: String,
    /// Which alternatives were ruled out.
    pub alternatives: String,
    /// What it meant for rights.
    pub rights: String,
    /// Expected share of traffic, per million.
    pub expected_share_ppm: u64,
    /// Share of packets read that were selected in the year, per million.
    pub selected_ppm: u64,
    /// Packets and records of the year.
    pub sums: Sums,
    /// Starts of sensors in the year.
    pub starts: u64,
    /// Findings in the year.
    pub findings: u64,
    /// Queries closed in the year.
    pub queries: u64,
    /// Rows that they gave.
    pub rows: u64,
    /// The same of the year before: packets read, selected, records.
    pub before: [u64; 3],
}

/// A value of the schedule that nobody verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unverified {
    /// Its key.
    pub key: String,
    /// Its text.
    pub value: String,
    /// Where it comes from.
    pub source: String,
}

/// The yearly report as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The year, in Japan.
    pub year: u64,
    /// The nine headings.
    pub headings: Headings,
    /// Sheets, by index of the decision.
    pub sheets: Vec<Sheet>,
    /// Months from 1 to 12.
    pub months: Vec<MonthRow>,
    /// All of the year.
    pub sums: Sums,
    /// Requests that a ruling refused.
    pub refused_requests: u64,
    /// Urgent acts: ratified, refused, lapsed, still open.
    pub urgent: [u64; 4],
    /// Refused starts by name.
    pub refusals: BTreeMap<String, u64>,
    /// Faults by kind.
    pub faults: BTreeMap<String, u64>,
    /// Gaps.
    pub gaps: u64,
    /// Findings of behaviours.
    pub findings: u64,
    /// Queries and rows by actor, numbered in the order of their names: the report names nobody.
    pub queries: Vec<(u64, u64)>,
    /// Exports and their rows.
    pub exports: [u64; 2],
    /// Re-identifications.
    pub reidentifications: u64,
    /// Cases of misuse.
    pub misuses: u64,
    /// Deletions in time, late.
    pub deletions: [u64; 2],
    /// Values of the schedule that nobody verified, of the last schedule of the year.
    pub unverified: Vec<Unverified>,
}

/// The last second of a year in Japan.
fn year_end(year: u64) -> Seconds {
    let text = format!("{year:04}-12-31T14:59:59Z");
    text.parse().unwrap_or_default()
}

fn ppm(part: u64, of: u64) -> u64 {
    let ppm = u128::from(part) * 1_000_000;
    u64::try_from(ppm.checked_div(u128::from(of)).unwrap_or_default()).unwrap_or(u64::MAX)
}

fn merge(to: &mut BTreeMap<String, u64>, from: &BTreeMap<String, u64>) {
    for (key, count) in from {
        *to.entry(key.clone()).or_default() += count;
    }
}

impl Book {
    /// The report of a year in Japan, by the entries that are in the book.
    pub fn yearly(&self, year: u64) -> Report {
        let mut report = Report {
            year,
            headings: self.headings(year),
            sheets: self.sheets(year),
            months: vec![MonthRow::default(); 12],
            sums: Sums::default(),
            refused_requests: 0,
            urgent: self.urgent_outcomes(year),
            refusals: BTreeMap::new(),
            faults: BTreeMap::new(),
            gaps: 0,
            findings: 0,
            queries: Vec::new(),
            exports: [0; 2],
            reidentifications: 0,
            misuses: 0,
            deletions: [0; 2],
            unverified: self.unverified(year_end(year)),
        };
        let mut actors: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (month, counts) in self.months_of(year) {
            report.refused_requests += counts.refused_requests;
            merge(&mut report.refusals, &counts.refusals);
            merge(&mut report.faults, &counts.faults);
            report.gaps += counts.gaps;
            report.findings += counts.findings;
            report.exports[0] += counts.exports;
            report.exports[1] += counts.export_rows;
            report.reidentifications += counts.reidentifications;
            report.misuses += counts.misuses;
            report.deletions[0] += counts.deletions_in_time;
            report.deletions[1] += counts.deletions_late;
            for (actor, (queries, rows)) in &counts.queries {
                let of = actors.entry(actor).or_default();
                of.0 += queries;
                of.1 = of.1.saturating_add(*rows);
            }
            for of in counts.authorities.values() {
                report.sums.add(&of.sums);
                add_month(&mut report.months, *month, of);
            }
        }
        report.queries = actors.into_values().collect();
        report
    }

    /// How the urgent acts of a year ended.
    fn urgent_outcomes(&self, year: u64) -> [u64; 4] {
        use crate::book::UrgentEnd;
        let mut outcomes = [0; 4];
        // What ended in a later year was open at the end of this one: the report does not change behind it.
        let in_time = |at: Seconds| japan(at).year <= year;
        for urgent in self.urgents.all.values() {
            if japan(urgent.time).year == year {
                let [ratified, refused, lapsed, open] = &mut outcomes;
                *match urgent.end {
                    Some(UrgentEnd::Ratified(_, at)) if in_time(at) => ratified,
                    Some(UrgentEnd::Refused(_, at)) if in_time(at) => refused,
                    Some(UrgentEnd::Lapsed(_, at)) if in_time(at) => lapsed,
                    _ => open,
                } += 1;
            }
        }
        outcomes
    }

    fn unverified(&self, at: Seconds) -> Vec<Unverified> {
        let Some(known) = self.schedules.in_force(at) else {
            return Vec::new();
        };
        let value = |key: &Key| Unverified {
            key: key.name().to_owned(),
            value: known.schedule.rules.text(*key),
            source: known
                .schedule
                .mark(*key)
                .map(|mark| mark.source.clone())
                .unwrap_or_default(),
        };
        known.schedule.unverified().iter().map(value).collect()
    }

    fn sheets(&self, year: u64) -> Vec<Sheet> {
        let of_year = |year| {
            let mut sums: BTreeMap<_, OfAuthority> = BTreeMap::new();
            for (_, counts) in self.months_of(year) {
                for (id, of) in &counts.authorities {
                    let sum = sums.entry(*id).or_default();
                    sum.sums.add(&of.sums);
                    sum.starts += of.starts;
                    sum.findings += of.findings;
                    sum.queries += of.queries;
                    sum.rows = sum.rows.saturating_add(of.rows);
                }
            }
            sums
        };
        let (now, before) = (of_year(year), of_year(year.saturating_sub(1)));
        let mut sheets: Vec<Sheet> = self
            .authorities
            .all
            .iter()
            .filter(|(id, a)| now.contains_key(id) || japan(a.time).year == year)
            .map(|(id, authority)| {
                let of = now.get(id).cloned().unwrap_or_default();
                let last = before.get(id).cloned().unwrap_or_default();
                self.sheet(authority, &of, &last)
            })
            .collect();
        sheets.sort_by_key(|sheet| sheet.decision);
        sheets
    }

    fn sheet(
        &self,
        authority: &crate::book::Authority,
        of: &OfAuthority,
        last: &OfAuthority,
    ) -> Sheet {
        use sakimori_authority::statement::Basis;
        let s = &authority.statement;
        let request = self.requests.by_leaf(&s.request);
        let said = |text: fn(&crate::book::Request) -> &String| {
            request.map(|r| text(r).clone()).unwrap_or_default()
        };
        let against = match &s.decided {
            Basis::Sitting(sitting) => sitting
                .votes_against
                .iter()
                .map(ToString::to_string)
                .collect(),
            Basis::Agreement { .. } | Basis::Urgent { .. } => Vec::new(),
        };
        Sheet {
            authority: s.id.to_string(),
            decision: authority.index,
            request: request.map(|request| request.index),
            kind: s.kind.to_string(),
            basis: s.basis.clone(),
            from: s.not_before.to_string(),
            until: s.not_after.to_string(),
            decided_for: s.approvers(),
            decided_against: against,
            conditions: s.conditions.clone(),
            facts: said(|r| &r.facts),
            necessity: said(|r| &r.necessity),
            alternatives: said(|r| &r.alternatives),
            rights: said(|r| &r.rights),
            expected_share_ppm: request.map_or(0, |request| request.expected_share_ppm),
            selected_ppm: ppm(of.sums.selected, of.sums.read),
            sums: of.sums,
            starts: of.starts,
            findings: of.findings,
            queries: of.queries,
            rows: of.rows,
            before: [last.sums.read, last.sums.selected, last.sums.records],
        }
    }
}

fn add_month(months: &mut [MonthRow], month: Month, of: &OfAuthority) {
    let row = month
        .month
        .checked_sub(1)
        .and_then(|at| months.get_mut(at as usize));
    if let Some(row) = row {
        row.read += of.sums.read;
        row.selected += of.sums.selected;
        row.discarded += of.sums.discarded;
        row.errors += of.sums.errors;
        row.records += of.sums.records;
        row.deleted_buckets += of.deleted_buckets;
        row.deleted_records += of.deleted_records;
    }
}
