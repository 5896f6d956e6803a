//! The office's page of whom advisories concern: names for an officer of the competent ministry, numbers for everybody else. In: what the caller may see. Out: HTML that works without a script.
//! Never: a name beside the numbers; a word of an advisory that becomes markup or a link.

use super::{Reader, page};
use crate::api::asset::affected::Seen;
use crate::words::affected::AffectedWord as W;
use maud::{Markup, html};
use sakimori_custody::time::Seconds;
use sakimori_liaison::matching::{MakerCell, MakerNumbers, MatchPaper, MatchRow, Told};
use sakimori_liaison::paper::Written;

/// Rows that the interface gives at once.
const ROWS: usize = 100;

/// The page.
pub(crate) fn affected(reader: &Reader, seen: &Seen) -> Markup {
    let say = |word: W| word.text(reader.language);
    let (content, last) = match seen {
        Seen::Names(papers) => (
            html! {
                p { (say(W::OfMinistry)) }
                @if papers.iter().all(|kept| kept.said.rows.is_empty()) { p { (say(W::None)) } }
                @for kept in papers.iter().filter(|kept| !kept.said.rows.is_empty()) { (names(reader, kept)) }
            },
            papers
                .get(ROWS - 1..)
                .and_then(<[_]>::last)
                .map(|kept| kept.sequence),
        ),
        Seen::Numbers(told) => (
            html! {
                p { (say(W::InNumbers)) }
                @if told.is_empty() { p { (say(W::None)) } } @else { (numbers(reader, told)) }
            },
            told.get(ROWS - 1..)
                .and_then(<[_]>::last)
                .map(|told| told.place),
        ),
    };
    let content = html! {
        (content)
        @if let Some(place) = last { p { a href={ "/matches?before=" (place) } { (say(W::Older)) } } }
    };
    page(reader, say(W::Concerned), &content)
}

fn names(reader: &Reader, kept: &Written<MatchPaper>) -> Markup {
    let say = |word: W| word.text(reader.language);
    let paper = &kept.said;
    let title = if paper.title.is_empty() {
        &paper.advisory.1
    } else {
        &paper.title
    };
    html! {
        section {
            h2 { (kept.owner) ": " (title) }
            p .small { (say(W::Advisory)) ": " code { (paper.advisory.1) } " · " (paper.advisory.0) }
            table {
                thead { tr {
                    @for word in [W::Number, W::Meant, W::Version, W::Range, W::State] { th scope="col" { (say(word)) } }
                } }
                tbody { @for row in &paper.rows { tr {
                    th scope="row" { (row.number) }
                    td { (row.product.0) " " (row.product.1) }
                    td { @if let Some(version) = &row.version { (version) } }
                    td { (row.range) }
                    td { (say(outcome(row))) }
                } } }
            }
        }
    }
}

/// In a maker's room: what it was let know; nothing until somebody let numbers go.
pub(crate) fn for_maker(reader: &Reader, numbers: Option<&Written<MakerNumbers>>) -> Markup {
    let say = |word: W| word.text(reader.language);
    let cell = |cell: Option<&MakerCell>| {
        html! { td { @match cell {
            Some(cell) => { (cell.operators) " (" (cell.units) " " (say(W::Units)) ")" },
            None => (say(W::NotTold)),
        } } }
    };
    html! { @if let Some(numbers) = numbers {
        section {
            h2 { (say(W::HowMany)) }
            p .small { (Seconds(numbers.at)) " UTC · " (say(W::HowManyNote)) }
            table {
                thead { tr {
                    @for word in [W::Product, W::Affected, W::NotAffected, W::Asked] { th scope="col" { (say(word)) } }
                } }
                tbody { @for (product, cells) in &numbers.said.products { tr {
                    th scope="row" { (product) }
                    (cell(cells.affected.as_ref()))
                    (cell(cells.not_affected.as_ref()))
                    (cell(cells.asked.as_ref()))
                } } }
            }
        }
    } }
}

fn outcome(row: &MatchRow) -> W {
    match row.outcome.as_str() {
        "affected" => W::Affected,
        "not-affected" => W::NotAffected,
        _ => W::Asked,
    }
}

fn numbers(reader: &Reader, told: &[Told]) -> Markup {
    let say = |word: W| word.text(reader.language);
    html! {
        table {
            thead { tr {
                @for word in [W::Advisory, W::Operators, W::Affected, W::NotAffected, W::Questions] { th scope="col" { (say(word)) } }
            } }
            tbody { @for each in told { tr {
                th scope="row" { (each.title) " " code { (each.advisory.1) } }
                td { (each.operators) }
                td { (each.affected) }
                td { (each.not_affected) }
                td { (each.questions) }
            } } }
        }
    }
}
