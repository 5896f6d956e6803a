//! The form for strangers, and the page by which one follows a report. In: a report, the reporter's view. Out: pages. Never: what a maker said; a report to who has not its link.

use super::{area, embargo, field, known_choice, known_word, say, stage_word};
use crate::pages::{Reader, page};
use crate::words::weakness::Weakness as W;
use maud::{Markup, html};
use sakimori_advisory::room::Report;
use sakimori_advisory::room::view::ReporterView;
use sakimori_custody::ids::hex;
use sakimori_liaison::weakness::files::FILES_MAX;
use sakimori_store::Attachment;

/// The form. `ours`: at an operator's node, which hands the report to the office.
pub(crate) fn form(reader: &Reader, ours: bool) -> Markup {
    let say = |word| say(reader, word);
    let content = html! {
        p { (say(W::ReportIntro)) }
        p .small { (say(W::ReportLimits)) }
        @if ours { p { (say(W::HandedOver)) } }
        form method="post" action="/weaknesses/report" {
            @if ours { (reader.form_field()) }
            (field(say(W::MakerIf), "maker", "", false))
            (field(say(W::Product), "product", "", true))
            (field(say(W::VersionsIf), "versions", "", false))
            (area(say(W::WhatIsWrong), "text", "", (14, true)))
            (known_choice(reader, W::Exploited, "exploited"))
            (known_choice(reader, W::IsPublic, "public"))
            (field(say(W::Contact), "contact", "", false))
            (field(say(W::Credit), "credit", "", false))
            button { (say(W::Send)) }
        }
    };
    page(reader, say(W::ReportTitle), &content)
}

/// What became of a report.
pub(crate) fn taken(reader: &Reader, number: &str, follow: Option<&str>) -> Markup {
    let say = |word| say(reader, word);
    let content = html! {
        p { (say(W::Number)) ": " code { (number) } }
        @match follow {
            Some(path) => {
                p .warn { (say(W::KeepLink)) }
                p { a href=(path) { (path) } }
            }
            None => p { (say(W::ReceivedKnown)) },
        }
    };
    page(reader, say(W::Received), &content)
}

/// A report as the reporter sees it.
pub(crate) fn followed(
    reader: &Reader,
    (number, here): (&str, &str),
    (report, aside, files): (&Report, bool, &[Attachment]),
    view: Option<&ReporterView>,
) -> Markup {
    let say = |word| say(reader, word);
    let content = html! {
        p { (say(W::Number)) ": " code { (number) } }
        @match view {
            None if aside => p { (say(W::SetAside)) },
            None => p { (say(W::NotRead)) },
            Some(view) => {
                p { (say(W::Stage)) ": " strong { (say(stage_word(view.stage.word()))) } }
                @if let Some(why) = &view.closed { p .text { (why) } }
                (embargo(reader, &view.embargo))
                h2 { (say(W::Letters)) }
                @for (at, by_office, text) in &view.letters {
                    p .small { (at) " · " (say(if *by_office { W::Office } else { W::Reporter })) }
                    p .text { (text) }
                }
                @if view.closed.is_none() {
                    form method="post" action=(here) {
                        (area(say(W::Write), "text", "", (6, true)))
                        button { (say(W::Send)) }
                    }
                }
            }
        }
        (self::report(reader, report))
        (kept(reader, files, None))
        @if !aside && files.len() < FILES_MAX {
            p .small { (say(W::FileLimits)) }
            form method="post" action={ (here) "/files" } enctype="multipart/form-data" {
                label { (say(W::File)) input type="file" name="file" required; }
                button { (say(W::Send)) }
            }
        }
    };
    page(reader, say(W::YourReport), &content)
}

/// Files of a report: what is said of each, and a download for the office. A file is never shown.
pub(super) fn kept(reader: &Reader, files: &[Attachment], below: Option<&str>) -> Markup {
    let say = |word| say(reader, word);
    html! {
        @if !files.is_empty() { h2 { (say(W::Files)) } }
        ul { @for file in files { @let hash = hex(&file.hash); li {
            @match below {
                Some(below) => a href={ (below) "/attachments/" (hash) } download { (file.name) },
                None => (file.name),
            }
            " · " (file.media) " · " (file.size) " · " code .small { (hash) }
        } } }
        @if below.is_some() && !files.is_empty() { p .warn { (say(W::FilesWarn)) } }
    }
}

/// The report itself.
pub(super) fn report(reader: &Reader, report: &Report) -> Markup {
    let say = |word| say(reader, word);
    html! {
        h2 { (say(W::Says)) }
        dl {
            @for (word, value) in [(W::Maker, &report.maker), (W::Versions, &report.versions), (W::Contact, &report.contact), (W::Credit, &report.credit)] {
                @if let Some(value) = value { dt { (say(word)) } dd { (value) } }
            }
            dt { (say(W::Product)) } dd { (report.product) }
            dt { (say(W::Exploited)) } dd { (say(known_word(report.exploited))) }
            dt { (say(W::IsPublic)) } dd { (say(known_word(report.public))) }
        }
        p .text { (report.text) }
    }
}
