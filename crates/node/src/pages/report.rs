//! Pages of incident reports and guidance: the operator's list and form, the office's list and case. In: papers, clocks, the person. Out: HTML that works without a script. Never: a
//! file that is shown; a text that becomes markup.

mod case;
mod draft;
mod filers;
mod stick;

pub use case::{Cases, Filter, advice, case, cases, numbers};
pub use draft::{Drafted, draft, guidance, own_cases};
pub use filers::filers;
pub use stick::{stick, stick_at_office};

use super::Reader;
use crate::words::Language;
use crate::words::report::ReportWord as W;
use maud::{Markup, html};
use sakimori_cooperate::clock::{Due, State, What};
use sakimori_cooperate::report::{CommonForm, FieldSpec, Kind, Stage, label};
use sakimori_cooperate::routing::Route;

impl Reader {
    /// A word of the pages of reports in the reader's language.
    pub(super) fn tell(&self, word: W) -> &'static str {
        word.text(self.language)
    }

    /// One of two texts.
    pub(super) const fn pick<'t>(&self, en: &'t str, ja: &'t str) -> &'t str {
        match self.language {
            Language::En => en,
            Language::Ja => ja,
        }
    }
}

const fn form(form: CommonForm) -> W {
    match form {
        CommonForm::Ddos => W::FormDdos,
        CommonForm::Ransomware => W::FormRansomware,
        CommonForm::Other => W::FormOther,
    }
}

const fn stage(stage: Stage) -> W {
    match stage {
        Stage::Prompt => W::StagePrompt,
        Stage::Full => W::StageFull,
        Stage::Correction => W::StageCorrection,
    }
}

const fn due(what: What) -> W {
    match what {
        What::PromptReport => W::StagePrompt,
        What::FullReport => W::StageFull,
        What::Acknowledgement => W::DueAcknowledgement,
        _ => W::DueOther,
    }
}

const fn state(state: State) -> W {
    match state {
        State::Running => W::Running,
        State::TargetPassed => W::TargetPassed,
        State::Overdue => W::Overdue,
        State::Done => W::Done,
        State::DoneLate => W::DoneLate,
    }
}

/// A word of a choice as it is read: in the reader's language first, the other's name beside it.
fn choice(reader: &Reader, word: &str) -> String {
    let Some((ja, en)) = label(word) else {
        return word.to_owned();
    };
    let (own, other) = (reader.pick(en, ja), reader.pick(ja, en));
    if own == other {
        own.to_owned()
    } else {
        format!("{own} / {other}")
    }
}

/// A field's value as it is read: of choices their names, else as it was written.
fn shown_value(reader: &Reader, spec: &FieldSpec, value: Option<&str>) -> String {
    let Some(value) = value else {
        return reader.tell(W::NotKnown).to_owned();
    };
    match spec.kind {
        Kind::Choice(_) => choice(reader, value),
        Kind::Choices(_) => {
            let names: Vec<String> = value.split(' ').map(|word| choice(reader, word)).collect();
            names.join("\n")
        }
        _ => value.to_owned(),
    }
}

/// A clock's last day, its marks, its state: what is overdue stands out by word and weight, not by colour alone.
fn day(reader: &Reader, clock: &Due) -> Markup {
    html! {
        (clock.last)
        @if clock.soft { " (" (reader.tell(W::Target)) ")" }
        " "
        @if clock.is_overdue() { strong .warn { (reader.tell(state(clock.state))) } }
        @else { (reader.tell(state(clock.state))) }
        " " span .small { (clock.marks()) }
    }
}

/// Clocks with the sentences that decide.
fn clocks(reader: &Reader, clocks: &[Due]) -> Markup {
    html! {
        table {
            caption { (reader.tell(W::Due)) }
            thead { tr {
                th scope="col" { (reader.tell(W::Due)) }
                th scope="col" { (reader.tell(W::Until)) }
            } }
            tbody { @for clock in clocks { tr {
                th scope="row" { (reader.tell(due(clock.what))) }
                td {
                    (day(reader, clock))
                    ul .small { @for reason in &clock.reasons {
                        li { (reader.pick(reason.rule.en(), reason.rule.ja())) " (" (reason.rule.law()) ") " (reason.marks()) }
                    } }
                }
            } } }
        }
    }
}

fn route(reader: &Reader, route: &Route) -> Markup {
    let minister = route.minister.map(|each| reader.pick(each.en(), each.ja()));
    html! {
        p {
            (reader.tell(W::GoesTo)) ": "
            (minister.unwrap_or(reader.tell(W::Headquarters))) " / "
            (route.bureau.as_deref().unwrap_or(reader.tell(W::Headquarters))) "; "
            (reader.tell(W::CabinetOffice)) " "
            span .small { (route.marks()) }
        }
    }
}
