//! Pages of the early warning at an operator's node: alerts with their four answers, what is registered. In: rows as the office's node gives them. Out: HTML that works without a script.
//! Never: a word of a source that becomes markup or a link.

use super::{Reader, page};
use crate::words::asset::AssetWord as W;
use maud::{Markup, html};
use serde_json::Value;

/// The four answers, with their words.
const ANSWERS: [(&str, W); 4] = [
    ("seen", W::AnswerSeen),
    ("acted", W::AnswerActed),
    ("false", W::AnswerFalse),
    ("not-relevant", W::AnswerNotRelevant),
];
/// The ways in which control is shown.
const METHODS: [(&str, W); 4] = [
    ("dns-txt", W::DnsTxt),
    ("http-file", W::HttpFile),
    ("mail-to-contact", W::MailToContact),
    ("registry-paper", W::RegistryPaper),
];

fn text<'v>(row: &'v Value, place: &str) -> &'v str {
    row.pointer(place)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn number(row: &Value, place: &str) -> u64 {
    row.pointer(place).and_then(Value::as_u64).unwrap_or(0)
}

fn kind(word: &str) -> W {
    match word {
        "vulnerability" => W::KindVulnerability,
        "exposure" => W::KindExposure,
        _ => W::KindCompromise,
    }
}

fn state(word: &str) -> W {
    let found = ANSWERS.iter().find(|(answer, _)| *answer == word);
    found.map_or(W::Open, |(_, word)| *word)
}

/// The alerts of the operator, and what it registered. `challenge` is what has to be shown for a claim that was just made.
pub(crate) fn alerts(
    reader: &Reader,
    (alerts, things): (&[Value], &[Value]),
    challenge: Option<&Value>,
) -> Markup {
    let say = |word: W| reader.asset(word);
    let content = html! {
        @if let Some(challenge) = challenge {
            section {
                h2 { (say(W::Show)) }
                dl {
                    dt { (say(W::Thing)) } dd { (text(challenge, "/thing")) }
                    dt { (say(W::Method)) } dd { code { (text(challenge, "/place")) } }
                    @if !text(challenge, "/text").is_empty() { dt { (say(W::Show)) } dd { code { (text(challenge, "/text")) } } }
                    dt { (say(W::AskedUntil)) } dd { (text(challenge, "/until")) }
                }
            }
        }
        @if alerts.is_empty() { p { (say(W::NoAlerts)) } }
        @else { table {
            thead { tr {
                @for word in [W::Kind, W::What, W::Seen, W::By, W::Grade, W::State, W::AnswerIt] { th scope="col" { (say(word)) } }
            } }
            tbody { @for row in alerts { (alert(reader, row)) } }
        } }
        (registered(reader, things))
    };
    page(reader, say(W::Alerts), &content)
}

fn alert(reader: &Reader, row: &Value) -> Markup {
    let say = |word: W| reader.asset(word);
    let sources = row.pointer("/alert/sources").and_then(Value::as_array);
    let sources: Vec<&str> = sources
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let unverified = row.pointer("/alert/unverified").and_then(Value::as_bool);
    html! {
        tr {
            td { (say(kind(text(row, "/alert/kind")))) }
            td { code { (text(row, "/alert/what")) } " " (text(row, "/alert/about")) }
            td { (text(row, "/alert/first")) " – " (text(row, "/alert/last")) " (" (number(row, "/alert/count")) " " (say(W::Times)) ")" }
            td { (sources.join(", ")) }
            td { (text(row, "/alert/grade")) @if unverified == Some(true) { " unverified" } }
            td { (say(state(text(row, "/alert/state")))) }
            td {
                form method="post" action={ "/alerts/" (text(row, "/alert/id")) } {
                    (reader.form_field())
                    @for (answer, word) in ANSWERS { button name="answer" value=(answer) { (say(word)) } " " }
                }
            }
        }
    }
}

fn registered(reader: &Reader, things: &[Value]) -> Markup {
    let say = |word: W| reader.asset(word);
    html! {
        section {
            h2 { (say(W::Things)) }
            table {
                thead { tr {
                    @for word in [W::Thing, W::Method, W::ShownUntil, W::AskedUntil] { th scope="col" { (say(word)) } }
                } }
                tbody { @for row in things { tr {
                    td { code { (text(row, "/thing")) } }
                    td { (method(reader, text(row, "/method"))) " " code { (text(row, "/place")) } }
                    td { (text(row, "/shown_until")) }
                    td { (text(row, "/asked_until")) }
                } } }
            }
            form method="post" action="/alerts/things" {
                (reader.form_field())
                label { (say(W::Thing)) input name="thing" maxlength="300" required autocomplete="off"; }
                label { (say(W::Method)) select name="method" {
                    @for (value, word) in METHODS { option value=(value) { (say(word)) } }
                } }
                button { (say(W::Register)) }
            }
        }
    }
}

fn method(reader: &Reader, word: &str) -> &'static str {
    let found = METHODS.iter().find(|(value, _)| *value == word);
    found.map_or("", |(_, word)| reader.asset(*word))
}
