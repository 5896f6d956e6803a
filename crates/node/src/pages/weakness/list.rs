//! What the office has to read and to do. In: unread reports in their order, cases. Out: pages. Never: more than a page.

use super::triage::dates;
use super::{field, report, say, stage_word};
use crate::pages::{Reader, page};
use crate::words::weakness::Weakness as W;
use maud::{Markup, html};
use sakimori_custody::time::Seconds;
use sakimori_liaison::paper::Written;
use sakimori_liaison::weakness::case::Line;
use sakimori_liaison::weakness::catalogues::Sheets;
use sakimori_liaison::weakness::intake::{Arrived, UNREAD_MAX};
use sakimori_store::Attachment;

/// Unread reports and cases.
pub(crate) fn list(
    reader: &Reader,
    unread: &[(Written<Arrived>, usize)],
    cases: &[Line],
    (now, set_up): (Seconds, bool),
    catalogues: &Sheets,
) -> Markup {
    let say = |word| say(reader, word);
    let content = html! {
        @if !set_up { p .warn { (say(W::NotSetUp)) } }
        p { a href="/weaknesses/report" { (say(W::ReportTitle)) } " · " a href="/advisories" { (say(W::Advisories)) } }
        (dates(reader, catalogues))
        h2 { (say(W::Unread)) " (" (unread.len()) ")" }
        @if unread.len() as u64 >= UNREAD_MAX { p .warn { (say(W::QueueFull)) } }
        @if unread.is_empty() { p { (say(W::NoUnread)) } }
        @else {
            table {
                thead { tr {
                    th scope="col" { (say(W::When)) " (UTC)" }
                    th scope="col" { (say(W::Maker)) }
                    th scope="col" { (say(W::Product)) }
                    th scope="col" { (say(W::Exploited)) }
                    th scope="col" { (say(W::Weight)) }
                    th scope="col" { (say(W::OfNetwork)) }
                } }
                tbody { @for (written, of_network) in unread { tr {
                    td { (Seconds(written.at)) }
                    td { (written.said.report.maker.as_deref().unwrap_or("–")) }
                    td { a href={ "/weaknesses/reports/" (written.id) } { (written.said.report.product) } }
                    td { (say(super::known_word(written.said.report.exploited))) }
                    td { (written.said.weight) }
                    td { (of_network) }
                } } }
            }
        }
        h2 { (say(W::Cases)) }
        @if cases.is_empty() { p { (say(W::NoCases)) } }
        @else {
            table {
                thead { tr {
                    th scope="col" { (say(W::Case)) }
                    th scope="col" { (say(W::Title)) }
                    th scope="col" { (say(W::Stage)) }
                    th scope="col" { (say(W::Decision)) }
                    th scope="col" { (say(W::Makers)) }
                    th scope="col" { (say(W::Hour)) }
                    th scope="col" { (say(W::Due)) " (UTC)" }
                } }
                tbody { @for line in cases { tr {
                    td { a href={ "/weaknesses/cases/" (line.id) } { (line.id) } }
                    td { (line.head.title) }
                    td { (say(stage_word(line.stage(now)))) }
                    td { (line.head.outcome.as_deref().unwrap_or("–")) }
                    td { (line.head.makers) }
                    td { (line.head.hour.as_deref().unwrap_or("–")) }
                    td { (due(line, now)) }
                } } }
            }
            @if let Some(last) = cases.last() {
                p { a href={ "/weaknesses?before=" (last.sequence) } { (say(W::Older)) } }
            }
        }
    };
    page(reader, say(W::Weaknesses), &content)
}

/// What is over is shown apart.
fn due(line: &Line, now: Seconds) -> Markup {
    html! {
        @if let Some(due) = line.due {
            @if due < now { strong .warn { (due) } } @else { (due) }
        }
    }
}

/// One report, with what may be done with it.
pub(crate) fn one(reader: &Reader, written: &Written<Arrived>, files: &[Attachment]) -> Markup {
    let say = |word| say(reader, word);
    let here = format!("/weaknesses/reports/{}", written.id);
    let act = |act: &str, inner: &Markup, word: W| {
        html! {
            form method="post" action=(here) {
                (reader.form_field())
                input type="hidden" name="act" value=(act);
                (inner)
                button { (say(word)) }
            }
        }
    };
    let why = field(say(W::Why), "why", "", true);
    let content = html! {
        p .small { (Seconds(written.at)) }
        @if let Some(case) = &written.said.case {
            p { (say(W::Case)) ": " a href={ "/weaknesses/cases/" (case) } { (case) } }
        }
        @if let Some(aside) = &written.said.aside { p .text { (say(W::SetAside)) " " (aside) } }
        (report::report(reader, &written.said.report))
        (report::kept(reader, files, Some(&format!("/v1{here}"))))
        @if written.said.case.is_none() {
            h2 { (say(W::OpenCase)) }
            (act("open", &html! {}, W::OpenCase))
            (act("join", &field(say(W::Case), "case", "", true), W::JoinCase))
            @if written.said.aside.is_none() {
                h2 { (say(W::AsideOne)) }
                (act("aside", &why, W::AsideOne))
                (act("network", &why, W::AsideNetwork))
            }
        }
    };
    page(reader, &written.said.report.product, &content)
}
