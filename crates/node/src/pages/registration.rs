//! Pages of registrations: at an operator's node what it registered, how it stands and what to do; at the office's what waits for a look, with what every look gave. In: rows as the
//! interface has them. Out: HTML that works without a script. Never: a word of a place that becomes markup or a link; the token of a mail on an operator's page.

use super::alert::{beside, list, number, text};
use super::{Reader, page};
use crate::words::asset::AssetWord as W;
use crate::words::registration::RegistrationWord as R;
use maud::{Markup, html};
use serde_json::Value;

/// The ways in which control is shown.
const METHODS: [(&str, W); 4] = [
    ("dns-txt", W::DnsTxt),
    ("http-file", W::HttpFile),
    ("mail-to-contact", W::MailToContact),
    ("registry-paper", W::RegistryPaper),
];
/// Claims that a page for officers holds; all of them are in the interface.
const CLAIMS_MAX: usize = 200;

fn method(reader: &Reader, word: &str) -> &'static str {
    let found = METHODS.iter().find(|(value, _)| *value == word);
    found.map_or("", |(_, word)| reader.asset(*word))
}

fn found(word: &str) -> R {
    match word {
        "shown" => R::FoundShown,
        "written" => R::FoundWritten,
        "nothing" => R::FoundNothing,
        _ => R::FoundOther,
    }
}

fn state(word: &str) -> R {
    match word {
        "shown" => R::Shown,
        "asked" => R::Asked,
        _ => R::Ended,
    }
}

/// What the operator has to do.
fn to_do(row: &Value) -> R {
    match (text(row, "/state"), text(row, "/method")) {
        ("ended", _) => R::DoAgain,
        _ if text(row, "/place").is_empty() => R::DoNothing,
        (_, "dns-txt") => R::DoTxt,
        (_, "http-file") => R::DoFile,
        (_, "mail-to-contact") => R::DoMail,
        _ => R::DoPaper,
    }
}

/// What the last looks gave, the last one first.
fn tried(reader: &Reader, row: &Value) -> Markup {
    let own = |word: R| reader.registration(word);
    html! {
        @if !list(row, "/tried").is_empty() {
            details {
                summary { (own(R::What)) " (" (list(row, "/tried").len()) ")" }
                ul .small { @for one in list(row, "/tried").iter().rev() {
                    li { (text(one, "/at")) " · " (text(one, "/by")) " · " (own(found(text(one, "/found")))) @if !text(one, "/words").is_empty() { ": " (text(one, "/words")) } }
                } }
            }
        }
    }
}

/// Where it stands, when it is looked at next.
fn standing(reader: &Reader, row: &Value) -> Markup {
    let own = |word: R| reader.registration(word);
    let is_open = !text(row, "/place").is_empty() && text(row, "/state") != "ended";
    html! {
        strong { (own(state(text(row, "/state")))) }
        @if !text(row, "/written_to").is_empty() { " · " (own(R::WrittenTo)) ": " (text(row, "/written_to")) }
        @else if !text(row, "/next_look").is_empty() { " · " (own(R::NextLook)) ": " (text(row, "/next_look")) }
        @else if is_open { " · " (own(R::NoLook)) }
    }
}

/// What the operator registered, how it stands and what to do. `challenge` is what has to be shown for a claim that was just made.
pub(crate) fn things(
    reader: &Reader,
    things: &[Value],
    (challenge, wrong): (Option<&Value>, Option<&str>),
) -> Markup {
    let say = |word: W| reader.asset(word);
    let content = html! {
        (beside(reader))
        @if let Some(wrong) = wrong { p .wrong role="alert" { (wrong) } }
        @if let Some(challenge) = challenge { section role="status" {
            h2 { (say(W::Show)) }
            dl {
                dt { (say(W::Thing)) } dd { (text(challenge, "/thing")) }
                dt { (say(W::Method)) } dd { code { (text(challenge, "/place")) } }
                @if !text(challenge, "/text").is_empty() { dt { (say(W::Show)) } dd { code { (text(challenge, "/text")) } } }
                dt { (say(W::AskedUntil)) } dd { (text(challenge, "/until")) }
            }
        } }
        form method="post" action="/alerts/things" {
            (reader.form_field())
            label { (say(W::Thing)) input name="thing" maxlength="300" required autocomplete="off"; }
            label { (say(W::Method)) select name="method" {
                @for (value, word) in METHODS { option value=(value) { (say(word)) } }
            } }
            button { (say(W::Register)) }
        }
        @for row in things { (thing(reader, row)) }
    };
    page(reader, say(W::Things), &content)
}

fn thing(reader: &Reader, row: &Value) -> Markup {
    let say = |word: W| reader.asset(word);
    let own = |word: R| reader.registration(word);
    let id = text(row, "/id");
    let can_look = !text(row, "/next_look").is_empty() && text(row, "/written_to").is_empty();
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { code { (text(row, "/thing")) } }
            p { (method(reader, text(row, "/method"))) " · " (standing(reader, row)) }
            p { (own(to_do(row))) }
            dl {
                @if !text(row, "/shown_until").is_empty() {
                    dt { (say(W::ShownUntil)) } dd { (text(row, "/shown_until")) }
                    dt { (own(R::RenewFrom)) } dd { (text(row, "/renew_from")) " · " (own(R::Renew)) }
                }
                @if !text(row, "/place").is_empty() {
                    dt { (own(R::Place)) } dd { code { (text(row, "/place")) } }
                    @if !text(row, "/text").is_empty() { dt { (own(R::HasToStand)) } dd { code { (text(row, "/text")) } } }
                    dt { (say(W::AskedUntil)) } dd { (text(row, "/asked_until")) }
                }
            }
            (tried(reader, row))
            @if can_look { form method="post" action="/alerts/things/look" {
                (reader.form_field())
                input type="hidden" name="id" value=(id);
                button { (own(R::LookNow)) }
            } }
        }
    }
}

/// What waits for a look, for officers, with the times that are set.
pub(crate) fn waiting(
    reader: &Reader,
    (claims, times): (&[Value], &[Value]),
    wrong: Option<&str>,
) -> Markup {
    let own = |word: R| reader.registration(word);
    let shown = claims.get(..CLAIMS_MAX).unwrap_or(claims);
    let content = html! {
        @if let Some(wrong) = wrong { p .wrong role="alert" { (wrong) } }
        @if claims.is_empty() { p { (own(R::NoneWaits)) } }
        @for row in shown { (claim(reader, row)) }
        section {
            h2 { (own(R::Times)) }
            table {
                thead { tr { @for word in [R::Name, R::Seconds, R::Number, R::Source, R::Stands] { th scope="col" { (own(word)) } } } }
                tbody { @for row in times { tr {
                    td { code { (text(row, "/name")) } }
                    td { @if row.get("seconds").is_some_and(Value::is_number) { (number(row, "/seconds")) } }
                    td { @if row.get("count").is_some_and(Value::is_number) { (number(row, "/count")) } }
                    td { (text(row, "/source")) }
                    @let verified = row.get("verified").and_then(Value::as_bool) == Some(true);
                    td { (own(if verified { R::Verified } else { R::NotVerified })) }
                } } }
            }
        }
    };
    page(reader, own(R::Waiting), &content)
}

fn claim(reader: &Reader, row: &Value) -> Markup {
    let say = |word: W| reader.asset(word);
    let own = |word: R| reader.registration(word);
    let (operator, id) = (text(row, "/operator"), text(row, "/id"));
    let method_word = text(row, "/method");
    html! {
        section aria-labelledby={ (operator) "-" (id) } {
            h2 id={ (operator) "-" (id) } { code { (text(row, "/thing")) } " · " (operator) }
            p { (method(reader, method_word)) " · " (standing(reader, row)) }
            dl {
                dt { (own(R::Place)) } dd { code { (text(row, "/place")) } }
                dt { (own(R::HasToStand)) } dd { code { (text(row, "/text")) } }
                dt { (say(W::AskedUntil)) } dd { (text(row, "/asked_until")) }
            }
            (tried(reader, row))
            @if ["mail-to-contact", "registry-paper"].contains(&method_word) {
                form method="post" action={ "/registrations/" (operator) "/" (id) } {
                    (reader.form_field())
                    @if method_word == "registry-paper" {
                        label { (own(R::PaperReference)) input name="paper" maxlength="200" required autocomplete="off"; }
                    } @else {
                        label { (own(R::MailText)) textarea name="mail" rows="4" required {} }
                        label { input type="checkbox" name="from_contact" value="yes" required; " " (own(R::FromContact)) }
                    }
                    button { (own(R::Record)) }
                }
            }
        }
    }
}
