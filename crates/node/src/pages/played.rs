//! The page of the playbook that a measure follows. In: where it stands, as the interface tells it. Out: HTML that works without a script. Never: a button for a step that does not wait for a person.

use super::{Reader, page};
use crate::words::measured::ReportWord as W;
use maud::{Markup, html};
use serde_json::Value;

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or("–")
}

/// Where a measure stands in its playbook; `may` whether the reader may answer a step.
pub(crate) fn playbook(reader: &Reader, measure: &str, played: &Value, may: bool) -> Markup {
    let say = |word: W| word.text(reader.language);
    let waits = &played["waits"];
    let answered = played["answered"].as_array().map_or(&[][..], Vec::as_slice);
    let content = html! {
        p { a href={ "/measures/" (measure) } { (say(W::Measure)) " " code { (measure) } } }
        dl {
            dt { (say(W::Playbook)) } dd { (text(played, "name")) }
            dt { "SHA-256" } dd .wrap { code { (text(played, "playbook")) } }
        }
        @if played["over"] == true { p role="status" { (say(W::Over)) } }
        @if !answered.is_empty() { table {
            thead { tr { th scope="col" { (say(W::At)) } th scope="col" { (say(W::Name)) } th scope="col" { (say(W::By)) } th scope="col" { (say(W::State)) } } }
            tbody { @for one in answered { tr {
                td { (text(one, "at")) }
                th scope="row" { (one["name"].as_str().unwrap_or(text(one, "step"))) }
                td { (text(one, "by")) }
                td { @if one["well"] == true { (say(W::StepDone)) } @else { strong .warn { (say(W::StepFailed)) } } }
            } } }
        } }
        @match waits["kind"].as_str() {
            Some("person") => { section {
                h2 { (say(W::Waits)) }
                p { strong { (text(waits, "who")) } }
                p .text { (text(waits, "words")) }
                @if may { (form(reader, measure, waits)) }
            } }
            Some("effect") => { section { h2 { (say(W::WaitsEffect)) } p { (text(waits, "who")) ": " (text(waits, "words")) } } }
            _ => {}
        }
    };
    page(reader, say(W::Playbook), &content)
}

fn form(reader: &Reader, measure: &str, waits: &Value) -> Markup {
    let say = |word: W| word.text(reader.language);
    let variables = waits["variables"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        form method="post" action={ "/measures/" (measure) "/playbook" } {
            (reader.form_field())
            input type="hidden" name="step" value=(text(waits, "step"));
            p {
                input #done type="radio" name="done" value="true" required;
                label for="done" { (say(W::StepDone)) }
                input #failed type="radio" name="done" value="false";
                label for="failed" { (say(W::StepFailed)) }
            }
            @if !variables.is_empty() {
                label for="variable" { (say(W::Variable)) }
                select #variable name="variable" {
                    option value="" { "–" }
                    @for name in variables { @if let Some(name) = name.as_str() { option value=(name) { (name) } } }
                }
                label for="value" { (say(W::Value)) }
                input #value name="value" maxlength="1024";
            }
            button { (say(W::AnswerStep)) }
        }
    }
}

/// The report of a measure, as it was handed in or as it would be now.
pub(crate) fn report(
    reader: &Reader,
    paper: &sakimori_respond::report::paper::Paper,
    (sha256, handed_in): (&str, bool),
) -> Markup {
    let say = |word: W| word.text(reader.language);
    let content = html! {
        p { a href={ "/measures/" (paper.measure) } { (say(W::Measure)) " " code { (paper.measure) } } }
        p role="status" { @if handed_in { (say(W::HandedIn)) } @else { (say(W::NotHandedIn)) } }
        p { "SHA-256 " code .wrap { (sha256) } }
        (super::measured::content(paper, reader.language))
    };
    page(reader, say(W::Report), &content)
}
