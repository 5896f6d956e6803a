//! Renewals and the stop of the whole office, on the office's pages. In: how a measure and the office stand. Out: HTML. Never: a button that decides a renewal.

use super::{Reader, page};
use crate::words::life::LifeWord as W;
use crate::words::measure::MeasureWord as M;
use maud::{Markup, html};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::Stop;
use sakimori_respond::plan::life::{Stage, State};

/// The form of a renewal, for whoever may ask.
pub(super) fn renewal(reader: &Reader, state: &State) -> Markup {
    let say = |word: W| word.text(reader.language);
    html! {
        section {
            h2 { (say(W::Renew)) }
            p { (say(W::Renewals)) ": " (state.renewals()) " / " (state.plan().renewals) }
            @if let Some(text) = state.renewal() { p role="status" { (say(W::AskedFor)) " " code .wrap { (text) } } }
            @if state.stage() == Stage::InForce && state.renewals() < state.plan().renewals { (form(reader, state.plan().id, "")) }
        }
    }
}

fn form(reader: &Reader, id: AuthorityId, typed: &str) -> Markup {
    let say = |word: W| word.text(reader.language);
    html! {
        form method="post" action={ "/measures/" (id) "/renewal" } {
            (reader.form_field())
            p { (say(W::RenewHow)) }
            label for="renewal" { (say(W::Renew)) }
            textarea #renewal name="renewal" rows="10" required spellcheck="false" { (typed) }
            label for="text" { (say(W::RenewalText)) }
            textarea #text name="text" rows="10" spellcheck="false" {}
            button { (say(W::AskFor)) }
        }
    }
}

/// The text that both officers sign, with the form once more.
pub(crate) fn to_sign(reader: &Reader, id: AuthorityId, typed: &str, text: &str) -> Markup {
    let content = html! {
        p { (W::ToSign.text(reader.language)) }
        pre #signed { (text) }
        (form(reader, id, typed))
    };
    page(reader, W::Renew.text(reader.language), &content)
}

/// The text that a sitting signs, behind a renewal that was asked for.
pub(crate) fn asked(reader: &Reader, id: AuthorityId, statement: &str) -> Markup {
    let content = html! {
        p role="status" { (W::AskedFor.text(reader.language)) }
        pre { (statement) }
        p { a href={ "/measures/" (id) } { (M::Measure.text(reader.language)) } }
    };
    page(reader, W::Renew.text(reader.language), &content)
}

/// How the whole office stands, and the button for it.
pub(super) fn stop(reader: &Reader, stop: &Stop, may: bool) -> Markup {
    let say = |word: W| word.text(reader.language);
    let (action, button, how) = if stop.stopped {
        ("/measures/let-go", W::LetGo, W::LetGoHow)
    } else {
        ("/measures/hold", W::StopAll, W::StopHow)
    };
    html! {
        @if stop.stopped {
            p role="status" { strong .warn { (say(W::Stopped)) } " · " (stop.by) " · " (Seconds(stop.at)) " · " (stop.words) }
        }
        @if may {
            form method="post" action=(action) {
                (reader.form_field())
                label for="why" { (say(W::Why)) }
                input #why name="why" maxlength="1000" required;
                button { (say(button)) } " " span .small { (say(how)) }
            }
        }
    }
}
