//! Pages of fingerprints of floods: at an operator's node what the office let go for it, as rules or into a report; at the office's what operators sent, and the form that lets it go. In: rows
//! as the interface has them. Out: HTML that works without a script. Never: a word of a sender that becomes markup or a link.

use super::alert::{list, number, text};
use super::{Reader, page};
use crate::words::fingerprint::FloodWord as F;
use maud::{Markup, html};
use serde_json::Value;

/// What a form did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told<'a> {
    done: Option<&'a str>,
    wrong: Option<&'a str>,
}

impl<'a> Told<'a> {
    /// It was done; the id of what came of it.
    pub(crate) const fn done(id: &'a str) -> Self {
        Self {
            done: Some(id),
            wrong: None,
        }
    }

    /// It was refused, and why.
    pub(crate) const fn wrong(why: &'a str) -> Self {
        Self {
            done: None,
            wrong: Some(why),
        }
    }

    fn shown(self, words: &str) -> Markup {
        html! {
            @if let Some(wrong) = self.wrong { p .wrong role="alert" { (wrong) } }
            @if let Some(id) = self.done { p role="status" { (words) " " code { (id) } } }
        }
    }
}

/// What a fingerprint consists of, in numbers.
fn vectors(found: &Value) -> Markup {
    let ports = |vector: &Value, place: &str| {
        let all = list(vector, place).iter().filter_map(Value::as_u64);
        let all: Vec<String> = all.map(|port| port.to_string()).collect();
        all.join(" ")
    };
    html! {
        ul .small { @for vector in list(found, "/vectors") {
            li {
                "IP " (number(vector, "/protocol")) " · " (number(vector, "/packets"))
                @let source = ports(vector, "/source_ports");
                @if !source.is_empty() { " · " (source) " →" }
                @let destination = ports(vector, "/destination_ports");
                @if !destination.is_empty() { " → " (destination) }
                " · " (list(vector, "/sources").len()) " /24 /48"
            }
        } }
    }
}

fn facts(reader: &Reader, row: &Value) -> Markup {
    let say = |word: F| word.text(reader.language);
    html! {
        dl {
            dt { (say(F::When)) } dd { (text(row, "/fingerprint/first")) " – " (text(row, "/fingerprint/last")) }
            dt { (say(F::Packets)) } dd { (number(row, "/fingerprint/packets")) }
            dt { (say(F::Vectors)) } dd { (vectors(row.get("fingerprint").unwrap_or(&Value::Null))) }
            @if !text(row, "/words").is_empty() { dt { (say(F::Words)) } dd { (text(row, "/words")) } }
            @if !text(row, "/tlp").is_empty() { dt { (say(F::Marking)) } dd { (text(row, "/tlp")) " " (text(row, "/pap")) } }
        }
    }
}

/// What the office let go for this operator, and a form to send one.
pub(crate) fn at_operator(reader: &Reader, rows: &[Value], told: Told<'_>) -> Markup {
    let say = |word: F| word.text(reader.language);
    let content = html! {
        (told.shown(say(F::Taken)))
        h2 { (say(F::Given)) }
        @if rows.is_empty() { p { (say(F::None)) } }
        @for row in rows { (given(reader, row)) }
        section {
            h2 { (say(F::Send)) }
            p { (say(F::SendHow)) }
            form method="post" action="/fingerprints" {
                (reader.form_field())
                label { "JSON" textarea name="fingerprint" rows="6" required {} }
                label { (say(F::Words)) textarea name="words" rows="2" maxlength="4000" {} }
                button { (say(F::Send)) }
            }
        }
    };
    page(reader, say(F::Fingerprints), &content)
}

fn given(reader: &Reader, row: &Value) -> Markup {
    let say = |word: F| word.text(reader.language);
    let id = text(row, "/id");
    html! {
        section aria-labelledby=(id) {
            h3 id=(id) { code { (id) } " · " (text(row, "/at")) }
            (facts(reader, row))
            form method="get" action={ "/v1/fingerprints/" (id) } {
                label { (say(F::Protect)) input name="protect" maxlength="50" autocomplete="off"; }
                label { (say(F::Form)) select name="form" {
                    option value="json" { (say(F::FormJson)) }
                    @for form in ["nftables", "exabgp", "gobgp"] { option value=(form) { (form) } }
                } }
                button { (say(F::Download)) }
                p .small { (say(F::Rules)) }
            }
            form method="post" action={ "/fingerprints/" (id) "/report" } {
                (reader.form_field())
                label { (say(F::Case)) input name="case" maxlength="64" required autocomplete="off"; }
                button { (say(F::Fill)) }
                p .small { (say(F::FillHow)) }
            }
        }
    }
}

/// What operators sent, each with the form that lets it go.
pub(crate) fn at_office(reader: &Reader, rows: &[Value], told: Told<'_>) -> Markup {
    let say = |word: F| word.text(reader.language);
    let content = html! {
        (told.shown(say(F::LetGo)))
        h2 { (say(F::Sent)) }
        @if rows.is_empty() { p { (say(F::None)) } }
        @for row in rows { (sent(reader, row)) }
    };
    page(reader, say(F::Fingerprints), &content)
}

fn sent(reader: &Reader, row: &Value) -> Markup {
    let say = |word: F| word.text(reader.language);
    let (operator, id) = (text(row, "/operator"), text(row, "/id"));
    html! {
        section aria-labelledby={ (operator) "-" (id) } {
            h3 id={ (operator) "-" (id) } { code { (id) } " · " (operator) " · " (text(row, "/at")) }
            (facts(reader, row))
            details {
                summary { (say(F::Release)) }
                form method="post" action={ "/fingerprints/" (operator) "/" (id) } {
                    (reader.form_field())
                    label { (say(F::Words)) textarea name="words" rows="2" maxlength="4000" required {} }
                    label { (say(F::Recipients)) textarea name="recipients" rows="2" required {} }
                    label { "TLP" select name="tlp" { @for word in ["amber", "green", "clear", "amber+strict", "red"] { option value=(word) { (word) } } } }
                    label { "PAP" select name="pap" { @for word in ["amber", "green", "clear", "red"] { option value=(word) { (word) } } } }
                    label { (say(F::Basis)) input name="basis" maxlength="500" required; }
                    label { (say(F::Rights)) input name="rights" maxlength="2000" required; }
                    label { (say(F::Case)) input name="case" maxlength="64"; }
                    button { (say(F::Release)) }
                }
            }
        }
    }
}
