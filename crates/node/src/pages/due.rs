//! Pages of what is due and of the schedule of duties. In: clocks, figures, the person. Out: HTML that works without a script. Never: a figure without its source and mark.

use super::{Reader, page};
use crate::words::Word;
use crate::words::due::DueWord as W;
use crate::words::report::ReportWord;
use maud::{Markup, html};
use sakimori_cooperate::Terms;
use sakimori_cooperate::clock::Who;
use sakimori_custody::time::Seconds;
use sakimori_liaison::due::{Kind, List, Row};

/// The schedule of duties in force, and the newest that the office signed: its version and its time.
pub(crate) fn schedule(reader: &Reader, terms: &Terms, newest: Option<(u64, Seconds)>) -> Markup {
    let say = |word: W| word.text(reader.language);
    let figures = terms.figures();
    let signed = newest.is_some_and(|(version, _)| version >= terms.version);
    let content = html! {
        p { (say(W::ScheduleHow)) }
        p {
            (say(W::Version)) " " (terms.version) " · " (say(W::InForceFrom)) " " (terms.not_before) " · "
            @if signed { (say(W::Signed)) } @else { strong .warn { (say(W::BuiltIn)) } }
            " · " (say(W::Unverified)) ": " (figures.iter().filter(|each| !each.verified).count()) " / " (figures.len())
        }
        @if let Some((version, from)) = newest { @if version > terms.version {
            p role="status" { (say(W::Version)) " " (version) ": " (say(W::Ahead)) ", " (from) }
        } }
        table {
            caption { (say(W::Schedule)) }
            thead { tr {
                th scope="col" { (say(W::Figure)) }
                th scope="col" { (say(W::Value)) }
                th scope="col" { (say(W::Mark)) }
                th scope="col" { (say(W::Source)) }
            } }
            tbody { @for each in &figures { tr {
                th scope="row" { (each.key) }
                td { (each.value) }
                td { @if !each.verified { strong .warn { (say(W::Unverified)) } } }
                td .small { (each.source) }
            } } }
        }
    };
    page(reader, say(W::Schedule), &content)
}

const fn kind(kind: Kind) -> W {
    match kind {
        Kind::ReportDraft => W::Report,
        Kind::ReportCase => W::Case,
        Kind::Guidance => W::Guidance,
        Kind::Letter => W::Letter,
        Kind::Ticket => W::Ticket,
        Kind::TakenNotice => W::Notice,
        Kind::AssetRegister => W::Register,
        Kind::Registration => W::Registration,
        Kind::AlertMessage => W::Alert,
        Kind::WeaknessCase => W::Weakness,
    }
}

/// Where a row leads, where it has a page of its own.
fn link(reader: &Reader, row: &Row) -> Option<String> {
    let Row {
        kind, owner, id, ..
    } = row;
    match kind {
        Kind::ReportDraft => Some(format!("/reports/{id}")),
        Kind::ReportCase => Some(format!("/operators/{owner}/reports/{id}")),
        Kind::Guidance => Some("/guidance".to_owned()),
        Kind::AssetRegister if reader.role == Word::Operator => Some("/assets".to_owned()),
        Kind::WeaknessCase => Some(format!("/weaknesses/{id}")),
        _ => None,
    }
}

/// What is overdue, and what is due within so many days.
pub(crate) fn due(reader: &Reader, list: &List, days: u64) -> Markup {
    let say = |word: W| word.text(reader.language);
    let (late, soon): (Vec<&Row>, Vec<&Row>) = list.rows.iter().partition(|row| row.is_late());
    let content = html! {
        p role="status" {
            @if late.is_empty() { (say(W::Nothing)) } @else { strong .warn { (say(W::Overdue)) ": " (late.len()) } }
            @if list.more { " " (say(W::More)) }
        }
        p {
            a href={ "/v1/due.csv?days=" (days) } download { (say(W::AsCsv)) } " · "
            a href="/duties" { (say(W::Schedule)) }
        }
        @if !late.is_empty() { (rows(reader, &late, W::Overdue)) }
        @if !soon.is_empty() { (rows(reader, &soon, W::Soon)) }
        form method="get" action="/due" {
            label for="days" { (say(W::Days)) }
            input #days name="days" inputmode="numeric" pattern="[0-9]{1,3}" value=(days);
            button { (say(W::Show)) }
        }
    };
    page(reader, say(W::Due), &content)
}

fn rows(reader: &Reader, rows: &[&Row], title: W) -> Markup {
    let say = |word: W| word.text(reader.language);
    let who = |who: Who| match who {
        Who::Operator => W::TheOperator,
        Who::Office => W::TheOffice,
    };
    html! {
        table {
            caption { (say(title)) }
            thead { tr {
                th scope="col" { (say(W::About)) }
                th scope="col" { (say(W::Kind)) }
                th scope="col" { (say(W::WhoActs)) }
                th scope="col" { (say(W::Last)) }
                th scope="col" { (say(W::DaysLate)) }
                th scope="col" { (say(W::Why)) }
            } }
            tbody { @for row in rows { tr {
                th scope="row" {
                    @if let Some(link) = link(reader, row) { a href=(link) { (row.owner) " " (row.id) } }
                    @else { (row.owner) " " (row.id) }
                }
                td { (say(kind(row.kind))) ": " (reader.pick(row.due.what.en(), row.due.what.ja())) }
                td { (say(who(row.due.who))) }
                td {
                    @if row.due.is_overdue() { strong .warn { (row.due.last) } } @else { (row.due.last) }
                    @if row.due.soft { " (" (reader.tell(ReportWord::Target)) ")" }
                }
                td { (row.due.days_late) }
                td .small {
                    @for reason in &row.due.reasons {
                        (reader.pick(reason.rule.en(), reason.rule.ja())) " (" (reason.rule.law()) ") " (reason.marks()) " "
                    }
                }
            } } }
        }
    }
}
