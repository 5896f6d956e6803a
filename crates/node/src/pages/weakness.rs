//! Pages about weaknesses: the form for strangers, the office's list and cases, a maker's room, what is public. In: what the room gives for each reader. Out: HTML in which every text of
//! others is a text node, without script. Never: in a maker's page what is another's.

mod case;
mod coordinator;
mod letter;
mod list;
mod maker;
mod public;
mod report;
mod triage;

pub(crate) use case::{Shown, case};
pub(crate) use coordinator::coordinator;
pub(crate) use letter::letter;
pub(crate) use list::{list, one};
pub(crate) use maker::{link_made, room};
pub(crate) use public::{advisories, advisory};
pub(crate) use report::{followed, form, taken};

use super::Reader;
use crate::words::weakness::Weakness as W;
use maud::{Markup, html};
use sakimori_advisory::publish::case::MakerState;
use sakimori_advisory::room::maker::ClockState;
use sakimori_advisory::room::report::Known;
use sakimori_advisory::room::view::Embargo;

/// A word in the reader's language.
fn say(reader: &Reader, word: W) -> &'static str {
    word.text(reader.language)
}

/// A line to fill in.
fn field(label: &str, name: &str, value: &str, required: bool) -> Markup {
    html! {
        label { (label)
            input name=(name) value=(value) maxlength="200" required[required] autocomplete="off";
        }
    }
}

/// A text to fill in.
fn area(label: &str, name: &str, value: &str, (rows, required): (u8, bool)) -> Markup {
    html! {
        label { (label)
            textarea name=(name) rows=(rows) maxlength="16000" required[required] { (value) }
        }
    }
}

/// One of several.
fn choice(label: &str, name: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        label { (label)
            select name=(name) {
                @for (value, text) in options {
                    option value=(value) selected[*value == chosen] { (text) }
                }
            }
        }
    }
}

/// Yes, no or not known.
fn known_choice(reader: &Reader, label: W, name: &str) -> Markup {
    let options = [
        ("unsure", say(reader, W::Unsure)),
        ("yes", say(reader, W::Yes)),
        ("no", say(reader, W::No)),
    ];
    choice(say(reader, label), name, &options, "unsure")
}

const fn known_word(known: Known) -> W {
    match known {
        Known::Yes => W::Yes,
        Known::No => W::No,
        Known::Unsure => W::Unsure,
    }
}

/// The word of a stage by its word in lists.
fn stage_word(stage: &str) -> W {
    match stage {
        "triaged" => W::StageTriaged,
        "coordinating" => W::StageCoordinating,
        "request-issued" => W::StageRequest,
        "fix-available" => W::StageFix,
        "published" => W::StagePublished,
        "closed" => W::StageClosed,
        _ => W::StageReceived,
    }
}

const fn state_word(state: MakerState) -> W {
    match state {
        MakerState::Affected => W::StateAffected,
        MakerState::NotAffected => W::StateNotAffected,
        MakerState::Fixed => W::StateFixed,
        MakerState::Unknown => W::StateUnknown,
        MakerState::Silent => W::StateSilent,
    }
}

/// A maker's state; silence stands apart.
fn state(reader: &Reader, state: MakerState) -> Markup {
    let word = say(reader, state_word(state));
    html! { @if state == MakerState::Silent { strong .warn { (word) } } @else { strong { (word) } } }
}

/// The states that a maker can say of itself.
fn state_choice(reader: &Reader) -> Markup {
    let options = [
        ("unknown", say(reader, W::StateUnknown)),
        ("affected", say(reader, W::StateAffected)),
        ("not-affected", say(reader, W::StateNotAffected)),
        ("fixed", say(reader, W::StateFixed)),
    ];
    choice(say(reader, W::Standing), "state", &options, "unknown")
}

fn clock(reader: &Reader, clock: ClockState) -> Markup {
    let word = match clock {
        ClockState::Running => W::ClockRunning,
        ClockState::Late => W::ClockLate,
        ClockState::Done => W::ClockDone,
        ClockState::DoneLate => W::ClockDoneLate,
        ClockState::Withdrawn => W::ClockWithdrawn,
    };
    let late = clock == ClockState::Late;
    html! { @if late { strong .warn { (say(reader, word)) } } @else { (say(reader, word)) } }
}

/// The hour and every change of it, as all parties see it.
fn embargo(reader: &Reader, embargo: &Embargo) -> Markup {
    let say = |word| say(reader, word);
    html! {
        h2 { (say(W::Hour)) }
        @match (&embargo.hour, &embargo.utc) {
            (Some(hour), Some(utc)) => p { strong { time datetime=(hour) { (hour) } } " (UTC " (utc) ")" },
            _ => p { (say(W::NoHour)) },
        }
        @if let Some(since) = &embargo.public_since { p { (say(W::PublicSince)) ": " (since) } }
        @if !embargo.changes.is_empty() {
            h3 { (say(W::HourChanges)) }
            table {
                thead { tr {
                    th scope="col" { (say(W::When)) " (UTC)" }
                    th scope="col" { (say(W::Who)) }
                    th scope="col" { (say(W::Hour)) }
                    th scope="col" { (say(W::Why)) }
                } }
                tbody { @for change in &embargo.changes { tr {
                    td { (change.at) }
                    td { (say(W::Office)) }
                    td { (change.hour) @if change.leaked { " " strong .warn { (say(W::Leaked)) } } }
                    td .text { (change.why) }
                } } }
            }
        }
    }
}
