//! What everybody may read. In: cases whose hour has come. Out: pages. Never: a case whose hour has not come.

use super::{say, state};
use crate::pages::{Reader, page};
use crate::words::weakness::Weakness as W;
use maud::{Markup, html};
use sakimori_advisory::csaf::file_name;
use sakimori_advisory::csaf::products::Versions;
use sakimori_advisory::publish::Case;
use sakimori_advisory::publish::case::{ProductState, Weakness};

/// The list, the newest first.
pub(crate) fn advisories(reader: &Reader, open: &[Case]) -> Markup {
    let say = |word| say(reader, word);
    let mut cases: Vec<&Case> = open.iter().collect();
    cases.sort_by(|a, b| (b.release, &a.id).cmp(&(a.release, &b.id)));
    let content = html! {
        p { a href="/weaknesses/report" { (say(W::ReportTitle)) } " · " a href="/.well-known/csaf/provider-metadata.json" { "CSAF" } }
        @if cases.is_empty() { p { (say(W::NoAdvisories)) } }
        @else {
            table {
                thead { tr {
                    th scope="col" { (say(W::When)) " (UTC)" }
                    th scope="col" { (say(W::Number)) }
                    th scope="col" { (say(W::Title)) }
                } }
                tbody { @for case in &cases { tr {
                    td { (case.release) }
                    td { a href={ "/advisories/" (case.id.to_ascii_lowercase()) } { (case.id) } }
                    td { (case.title) }
                } } }
            }
        }
    };
    page(reader, say(W::Advisories), &content)
}

const fn product_word(state: ProductState) -> W {
    match state {
        ProductState::Affected => W::StateAffected,
        ProductState::NotAffected => W::StateNotAffected,
        ProductState::Fixed => W::StateFixed,
        ProductState::Unknown => W::StateUnknown,
    }
}

/// One of them, as JVN lays out a note: what it is, whom it concerns, what to do, what the makers say.
pub(crate) fn advisory(reader: &Reader, case: &Case) -> Markup {
    let say = |word| say(reader, word);
    let year = case
        .revisions
        .first()
        .map_or(case.release, |r| r.date)
        .year_month()
        .0;
    let path = format!("white/{year}/{}", file_name::of(&case.id));
    let path21 = format!("v2.1/clear/{year}/{}", file_name::of(&case.id));
    let content = html! {
        div lang=(case.lang) {
            p .text { (case.summary) }
            @for one in &case.weaknesses { (weakness(reader, case, one)) }
            @if !case.makers.is_empty() {
                h2 { (say(W::MakersSay)) }
                table { tbody { @for word in &case.makers { tr {
                    th scope="row" { (word.maker) }
                    td { (state(reader, word.state)) }
                    td .text { (word.words.as_deref().unwrap_or_default()) }
                } } } }
            }
        }
        @if !case.references.is_empty() {
            ul { @for (what, url) in &case.references { li { (what) ": " (address(url)) } } }
        }
        h2 { (say(W::History)) }
        ul { @for revision in &case.revisions { li { (revision.date) " " (revision.summary) } } }
        p {
            a href={ "/.well-known/csaf/" (path) } { (say(W::Document20)) }
            " · " a href={ "/.well-known/csaf/" (path21) } { (say(W::Document21)) }
        }
    };
    page(reader, &format!("{} {}", case.id, case.title), &content)
}

/// A web address as a link; what is none stays text.
fn address(url: &str) -> Markup {
    let web = url.starts_with("https://") || url.starts_with("http://");
    html! { @if web { a rel="noreferrer nofollow" href=(url) { (url) } } @else { (url) } }
}

fn weakness(reader: &Reader, case: &Case, weakness: &Weakness) -> Markup {
    let say = |word| say(reader, word);
    html! {
        section {
            h2 { (weakness.title) @if let Some(cve) = &weakness.cve { " (" (cve) ")" } }
            p .text { (weakness.description) }
            @if let Some((id, name)) = &weakness.cwe { p { (id) " " (name) } }
            @for (_, vector, tenths) in &weakness.scores { p { code { (vector) } " " (tenths / 10) "." (tenths % 10) } }
            table {
                thead { tr {
                    th scope="col" { (say(W::Maker)) }
                    th scope="col" { (say(W::Product)) }
                    th scope="col" { (say(W::Versions)) }
                    th scope="col" { (say(W::Stage)) }
                } }
                tbody { @for (place, state) in &weakness.states {
                    @if let Some(product) = case.products.get(*place) { tr {
                        td { (product.maker) }
                        td { (product.name) }
                        td { @match &product.versions { Versions::Unsaid => "*", Versions::One(text) | Versions::Range(text) => (text) } }
                        td { (say(product_word(*state))) }
                    } }
                } }
            }
            @if !weakness.remedies.is_empty() {
                h3 { (say(W::WhatToDo)) }
                ul { @for remedy in &weakness.remedies {
                    li .text { (remedy.details) @if let Some(url) = &remedy.url { " " (address(url)) } }
                } }
            }
        }
    }
}
