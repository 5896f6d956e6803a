//! Pages of the early warning at an operator's node: alerts with their four answers, one alert with all that its source said, the rates of sources, how the operator is told. In: rows as
//! the office's node gives them. Out: HTML that works without a script. Never: a word of a source that becomes markup or a link.

use super::{Reader, page};
use crate::words::asset::AssetWord as W;
use crate::words::registration::RegistrationWord as R;
use maud::{Markup, html};
use serde_json::Value;

/// The four answers, with their words.
const ANSWERS: [(&str, W); 4] = [
    ("seen", W::AnswerSeen),
    ("acted", W::AnswerActed),
    ("false", W::AnswerFalse),
    ("not-relevant", W::AnswerNotRelevant),
];
/// Alerts that the office's node gives at once.
const ALERTS: usize = 100;

pub(super) fn text<'v>(row: &'v Value, place: &str) -> &'v str {
    row.pointer(place)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

pub(super) fn number(row: &Value, place: &str) -> u64 {
    row.pointer(place).and_then(Value::as_u64).unwrap_or(0)
}

pub(super) fn list<'v>(row: &'v Value, place: &str) -> &'v [Value] {
    let found = row.pointer(place).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
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

impl Reader {
    /// A word of the pages of registrations in the reader's language.
    pub(super) const fn registration(&self, word: R) -> &'static str {
        word.text(self.language)
    }
}

/// The other pages of the early warning.
pub(super) fn beside(reader: &Reader) -> Markup {
    html! {
        p {
            a href="/alerts" { (reader.asset(W::Alerts)) } " · "
            a href="/alerts/things" { (reader.asset(W::Things)) } " · "
            a href="/alerts/rates" { (reader.registration(R::Rates)) } " · "
            a href="/alerts/ways" { (reader.registration(R::Ways)) }
        }
    }
}

/// The alerts of the operator that stand in a state; all without one.
pub(crate) fn alerts(reader: &Reader, alerts: &[Value], of: Option<&str>) -> Markup {
    let say = |word: W| reader.asset(word);
    let older = alerts.last().filter(|_| alerts.len() >= ALERTS);
    let older = older.map(|row| number(row, "/place"));
    let states = [("open", W::Open)].into_iter().chain(ANSWERS);
    let content = html! {
        (beside(reader))
        p {
            @if of.is_none() { strong { (reader.registration(R::All)) } } @else { a href="/alerts" { (reader.registration(R::All)) } }
            @for (word, label) in states {
                " · "
                @if of == Some(word) { strong { (say(label)) } } @else { a href={ "/alerts?state=" (word) } { (say(label)) } }
            }
        }
        @if alerts.is_empty() { p { (say(W::NoAlerts)) } }
        @else { table {
            thead { tr {
                @for word in [W::Kind, W::What, W::Seen, W::By, W::Grade, W::State, W::AnswerIt] { th scope="col" { (say(word)) } }
            } }
            tbody { @for row in alerts { (alert(reader, row)) } }
        } }
        @if let Some(place) = older {
            @let state = of.map(|state| format!("state={state}&")).unwrap_or_default();
            p { a href={ "/alerts?" (state) "before=" (place) } { (reader.registration(R::Older)) } }
        }
    };
    page(reader, say(W::Alerts), &content)
}

fn sources(row: &Value) -> String {
    let all = list(row, "/alert/sources").iter();
    let all: Vec<&str> = all.filter_map(Value::as_str).collect();
    all.join(", ")
}

fn grade(row: &Value) -> Markup {
    let unverified = row.pointer("/alert/unverified").and_then(Value::as_bool);
    html! { (text(row, "/alert/grade")) @if unverified == Some(true) { " unverified" } }
}

fn seen(reader: &Reader, row: &Value) -> Markup {
    html! {
        (text(row, "/alert/first")) " – " (text(row, "/alert/last")) " (" (number(row, "/alert/count")) " " (reader.asset(W::Times)) ")"
    }
}

fn answers(reader: &Reader, row: &Value) -> Markup {
    html! {
        form method="post" action={ "/alerts/" (text(row, "/alert/id")) } {
            (reader.form_field())
            @for (answer, word) in ANSWERS { button name="answer" value=(answer) { (reader.asset(word)) } " " }
        }
    }
}

fn alert(reader: &Reader, row: &Value) -> Markup {
    let say = |word: W| reader.asset(word);
    html! {
        tr {
            td { (say(kind(text(row, "/alert/kind")))) }
            td {
                code { (text(row, "/alert/what")) } " " (text(row, "/alert/about")) " "
                a href={ "/alerts/" (text(row, "/alert/id")) } { (reader.registration(R::Details)) }
            }
            td { (seen(reader, row)) }
            td { (sources(row)) }
            td { (grade(row)) }
            td { (say(state(text(row, "/alert/state")))) }
            td { (answers(reader, row)) }
        }
    }
}

/// One alert with all that its source said.
pub(crate) fn one(reader: &Reader, row: &Value) -> Markup {
    let say = |word: W| reader.asset(word);
    let fields = list(row, "/fields");
    let cut = number(row, "/fields_cut");
    let content = html! {
        (beside(reader))
        dl {
            dt { (say(W::Kind)) } dd { (say(kind(text(row, "/alert/kind")))) }
            dt { (say(W::Thing)) } dd { code { (text(row, "/alert/asset")) } }
            dt { (say(W::What)) } dd { code { (text(row, "/alert/what")) } " " (text(row, "/alert/about")) }
            dt { (say(W::Seen)) } dd { (seen(reader, row)) }
            dt { (say(W::By)) } dd { (sources(row)) }
            dt { (say(W::Grade)) } dd { (grade(row)) }
            dt { (say(W::State)) } dd { (say(state(text(row, "/alert/state")))) }
        }
        (answers(reader, row))
        h2 { (reader.registration(R::Fields)) }
        table { tbody { @for pair in fields { tr {
            th scope="row" { code { (text(pair, "/0")) } }
            td { (text(pair, "/1")) }
        } } } }
        @if cut > 0 { p { (cut) " " (reader.registration(R::FieldsCut)) } }
        h2 { (reader.registration(R::Answers)) }
        ul { @for answer in list(row, "/answers") {
            li { (time(number(answer, "/at"))) " · " (say(state(text(answer, "/answer")))) " · " (text(answer, "/by")) }
        } }
    };
    page(reader, text(row, "/alert/what"), &content)
}

fn time(at: u64) -> String {
    sakimori_custody::time::Seconds(at).to_string()
}

/// What the operator answered about each source.
pub(crate) fn rates(reader: &Reader, rows: &[Value]) -> Markup {
    let own = |word: R| reader.registration(word);
    let say = |word: W| reader.asset(word);
    let share = |row: &Value| {
        let rate = row.get("false_per_mille").and_then(Value::as_u64);
        rate.map_or_else(|| "–".to_owned(), |n| format!("{}.{} %", n / 10, n % 10))
    };
    let heads = [
        say(W::By),
        own(R::RateAlerts),
        own(R::RateSilent),
        say(W::AnswerSeen),
        say(W::AnswerActed),
        say(W::AnswerFalse),
        say(W::AnswerNotRelevant),
        own(R::RateFalse),
    ];
    let counts = [
        "/alerts",
        "/silent",
        "/seen",
        "/acted",
        "/false",
        "/not_relevant",
    ];
    let content = html! {
        @if reader.role == crate::words::Word::Operator { (beside(reader)) }
        @if rows.is_empty() { p { (own(R::NoRates)) } }
        @else { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for row in rows { tr {
                th scope="row" { (text(row, "/source")) }
                @for place in counts { td { (number(row, place)) } }
                td { (share(row)) }
            } } }
        } }
    };
    page(reader, own(R::Rates), &content)
}

/// How the operator is told, and a form to set it. The secret of a webhook that is new stands in what the office's node said, and is shown this once.
pub(crate) fn ways(reader: &Reader, said: &Value, wrong: Option<&str>) -> Markup {
    let own = |word: R| reader.registration(word);
    let secret = text(said, "/secret");
    let (url, to) = (text(said, "/webhook"), text(said, "/mail/to"));
    let hours = said.pointer("/mail/every_hours").and_then(Value::as_u64);
    let language = text(said, "/mail/language");
    let content = html! {
        (beside(reader))
        @if let Some(wrong) = wrong { p .wrong role="alert" { (wrong) } }
        @if !secret.is_empty() {
            section role="status" { p { (own(R::Secret)) } p { code { (secret) } } }
        }
        form method="post" action="/alerts/ways" {
            (reader.form_field())
            label { (own(R::Webhook)) input name="webhook" type="url" maxlength="500" value=(url) autocomplete="off"; }
            label { (own(R::MailTo)) input name="mail" type="email" maxlength="254" value=(to) autocomplete="off"; }
            label { (own(R::MailLanguage)) select name="language" {
                @for (tag, name) in [("ja", "日本語"), ("en", "English")] {
                    option value=(tag) selected[tag == language] { (name) }
                }
            } }
            label { (own(R::EveryHours)) input name="every_hours" type="number" min="1" max="744" value=(hours.unwrap_or(24)) required; }
            button { (own(R::SetWays)) }
        }
        @if !url.is_empty() && secret.is_empty() { p .small { (own(R::NewSecret)) } }
    };
    page(reader, own(R::Ways), &content)
}
