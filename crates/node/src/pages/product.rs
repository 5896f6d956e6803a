//! The pages of products: at the office all of them, with a form that lets one go, and every version of one; at an operator's node what it was given. In: copies as the interface gives them.
//! Out: HTML that works without a script. Never: a copy without its marking.

use super::{Reader, page};
use crate::words::council::CouncilWord as W;
use maud::{Markup, html};
use sakimori_custody::time::Seconds;
use serde_json::Value;

/// Copies that a page of the interface has; behind as many there may be more.
const PAGE: usize = 100;

fn text<'v>(row: &'v Value, place: &str) -> &'v str {
    row.pointer(place)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn texts(row: &Value, place: &str) -> Vec<String> {
    let all = row.pointer(place).and_then(Value::as_array);
    let all = all.into_iter().flatten().filter_map(Value::as_str);
    all.map(str::to_owned).collect()
}

/// Products of a list. `office` says that all recipients' copies are there, `makes` that the reader may let one go.
pub(crate) fn products(reader: &Reader, copies: &[Value], (office, makes): (bool, bool)) -> Markup {
    let say = |word: W| reader.council(word);
    let last = copies.last().and_then(|row| row.get("sequence"));
    let last = last
        .and_then(Value::as_u64)
        .filter(|_| copies.len() >= PAGE);
    let content = html! {
        @if makes { (make(reader)) }
        @if copies.is_empty() { p { (say(W::NoProducts)) } }
        @for row in copies { (copy(reader, row, office)) }
        @if let Some(place) = last { p { a href={ "/products?after=" (place) } { "→" } } }
    };
    page(reader, say(W::Products), &content)
}

/// Every version of one.
pub(crate) fn versions(reader: &Reader, copies: &[Value]) -> Markup {
    let content = html! { @for row in copies { (copy(reader, row, false)) } };
    page(reader, reader.council(W::Versions), &content)
}

fn copy(reader: &Reader, row: &Value, links: bool) -> Markup {
    let say = |word: W| reader.council(word);
    let (id, number) = (text(row, "/id"), |name: &str| {
        row.get(name).and_then(Value::as_u64).unwrap_or(0)
    });
    let fields = row.get("fields").and_then(Value::as_object);
    html! {
        section {
            h2 { code { (id) } " · " (say(W::Version)) " " (number("version")) }
            p .small { (text(row, "/class")) " · " (text(row, "/tlp")) " · " (text(row, "/pap")) " · "
                (say(W::Recipient)) " " (text(row, "/recipient")) " · " (Seconds(number("at"))) " · " (say(W::Entry)) " " (number("entry")) }
            @if row.get("controlled").and_then(Value::as_bool) == Some(true) { p .warn { (say(W::Controlled)) } }
            pre { (text(row, "/words")) }
            @let indicators = texts(row, "/indicators");
            @if !indicators.is_empty() { h3 { (say(W::LookFor)) } ul { @for each in &indicators { li { code { (each) } } } } }
            @for (name, _) in fields.into_iter().flatten() {
                h3 { (name) }
                @for value in texts(row, &format!("/fields/{name}")) { pre { (value) } }
            }
            @if links { p { a href={ "/products/" (id) } { (say(W::Versions)) } } }
        }
    }
}

fn make(reader: &Reader) -> Markup {
    let say = |word: W| reader.council(word);
    let line = |name: &str, word: W| {
        html! { label for=(name) { (say(word)) } input id=(name) name=(name); }
    };
    let area = |name: &str, word: W| {
        html! { label for=(name) { (say(word)) } textarea id=(name) name=(name) rows="3" {} }
    };
    html! {
        form method="post" action="/products" {
            h2 { (say(W::MakeProduct)) }
            (reader.form_field())
            label for="class" { (say(W::Class)) }
            select #class name="class" { @for word in ["public-notice", "integrated-controlled", "integrated", "operator-report"] { option { (word) } } }
            (line("operator", W::FromOperator))
            (line("case", W::FromCase))
            (line("replaces", W::Replaces))
            (area("words", W::What))
            (area("indicators", W::Indicators))
            (line("despite_warnings", W::DespiteWarnings))
            (area("fix", W::Fix))
            (area("secret", W::SecretField))
            label for="tlp" { (say(W::Tlp)) }
            select #tlp name="tlp" { @for word in ["amber", "amber+strict", "red", "green", "clear"] { option { (word) } } }
            label for="pap" { (say(W::Pap)) }
            select #pap name="pap" { @for word in ["amber", "red", "green", "clear"] { option { (word) } } }
            (area("recipients", W::Recipients))
            (area("conditions", W::Conditions))
            (area("transforms", W::Transforms))
            (line("basis", W::Basis))
            (line("rights", W::Rights))
            button { (say(W::Release)) }
        }
    }
}
