//! What a measure did, on its page. In: the newest verdicts. Out: a table. Never: a verdict without its reasons.

use super::Reader;
use crate::words::measure::MeasureWord as W;
use maud::{Markup, html};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{TargetVerdict, VerdictPaper};
use sakimori_respond::effect::Verdict;

/// The word of a verdict.
fn word(verdict: &str) -> W {
    match Verdict::from_name(verdict) {
        Some(Verdict::Effective) => W::Effective,
        Some(Verdict::Partly) => W::Partly,
        Some(Verdict::None) => W::NoEffect,
        Some(Verdict::Displaced) => W::Displaced,
        Some(Verdict::Unknown) | None => W::NotKnown,
    }
}

fn row(reader: &Reader, one: &TargetVerdict) -> Markup {
    let say = |word: W| word.text(reader.language);
    let moved = one.verdict == Verdict::Displaced.name();
    html! { tr {
        th scope="row" { code .wrap { (one.target) } }
        td { @if moved { strong .warn { (say(word(&one.verdict))) } } @else { (say(word(&one.verdict))) } }
        td { code .wrap { (one.by) } }
        td {
            ul { @for reason in &one.reasons { li { (reason) } } }
            @if !one.findings.is_empty() {
                p .small { (say(W::Findings)) ": " @for index in &one.findings { (index) " " } }
            }
        }
    } }
}

/// Verdicts of the office's rounds; nothing before the first.
pub(super) fn verdicts(reader: &Reader, judged: Option<&VerdictPaper>) -> Markup {
    let say = |word: W| word.text(reader.language);
    html! {
        @if let Some(paper) = judged {
            section {
                h2 { (say(W::Verdicts)) }
                p .small { (say(W::JudgedAt)) ": " (Seconds(paper.at)) }
                table {
                    thead { tr {
                        th scope="col" { (say(W::Target)) }
                        th scope="col" { (say(W::Verdict)) }
                        th scope="col" { (say(W::JudgedBy)) }
                        th scope="col" { (say(W::Reasons)) }
                    } }
                    tbody { @for one in &paper.targets { (row(reader, one)) } }
                }
            }
        }
    }
}
