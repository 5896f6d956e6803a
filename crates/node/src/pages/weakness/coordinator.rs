//! A coordinator's part of a case: as the office sees it, and its own room. In: the coordinator's view. Out: pages on which what a coordinator says stands apart from what office and makers say.
//! Never: the report, the reporter, a maker's words.

use super::case::Forms;
use super::{area, choice, embargo, field, say, stage_word, state, state_choice};
use crate::pages::{Reader, page};
use crate::words::weakness::Weakness as W;
use maud::{Markup, html};
use sakimori_advisory::room::Room;
use sakimori_advisory::room::coordinator::CoordinatorView;
use sakimori_custody::time::Seconds;

fn letters(reader: &Reader, view: &CoordinatorView) -> Markup {
    let say = |word| say(reader, word);
    html! {
        @for (at, by_office, text) in &view.letters {
            p .small { (at) " · " @if *by_office { (say(W::Office)) } @else { (view.coordinator) } }
            p .text { (text) }
        }
    }
}

/// The coordinators of a case, with a form for each act about them.
pub(super) fn all(
    forms: &Forms<'_>,
    room: &Room,
    (now, releases, open): (Seconds, bool, bool),
) -> Markup {
    let say = |word| say(forms.reader, word);
    let views = room.coordinators().keys();
    let views: Vec<CoordinatorView> = views
        .filter_map(|name| room.for_coordinator(name, now))
        .collect();
    html! {
        h2 { (say(W::Coordinators)) }
        p .small { (say(W::CoordinatorNote)) }
        @for view in &views {
            @let named = html! { input type="hidden" name="coordinator" value=(view.coordinator); };
            section {
                h3 { (view.coordinator) }
                (letters(forms.reader, view))
                @if open {
                    details {
                        summary { (say(W::Write)) }
                        (forms.form("coordinator-told", &html! { (named) (area(say(W::Write), "text", "", (4, true))) }, W::TellCoordinator))
                        (forms.form("coordinator-link", &html! { (named) input type="hidden" name="days" value="90"; }, W::MakeLink))
                        (forms.form("coordinator-links-ended", &html! { (named) (area(say(W::Why), "text", "", (2, true))) }, W::EndLinks))
                    }
                }
            }
        }
        @if open && releases && room.triage().is_some() {
            (forms.form("coordinator-added", &field(say(W::Coordinator), "coordinator", "", true), W::AddCoordinator))
        }
    }
}

/// A coordinator's room.
pub(crate) fn coordinator(reader: &Reader, view: &CoordinatorView, here: &str) -> Markup {
    let say = |word| say(reader, word);
    let open = view.closed.is_none();
    let title = format!("{} {}", say(W::RoomOf), view.coordinator);
    let makers: Vec<(&str, &str)> = view
        .makers
        .iter()
        .map(|maker| (maker.maker.as_str(), maker.maker.as_str()))
        .collect();
    let content = html! {
        p { (say(W::CoordinatorIntro)) }
        dl {
            dt { (say(W::Case)) } dd { code { (view.case) } }
            dt { (say(W::Stage)) } dd { (say(stage_word(view.stage.word()))) }
            @if let Some(urgency) = &view.urgency { dt { (say(W::Decision)) } dd { (urgency) } }
        }
        @if let Some(why) = &view.closed { p .text { (why) } }
        (embargo(reader, &view.embargo))
        h2 { (say(W::Makers)) }
        ul { @for maker in &view.makers { li {
            (maker.maker) " · " (state(reader, maker.state))
            @if let Some(until) = &maker.answer_by { " · " (say(W::AnswerBy)) " " (until) " UTC" }
        } } }
        h2 { (say(W::Letters)) }
        (letters(reader, view))
        @if open {
            form method="post" action=(here) {
                input type="hidden" name="act" value="coordinator-said";
                (area(say(W::Write), "text", "", (6, true)))
                button { (say(W::Send)) }
            }
            @if !makers.is_empty() {
                h2 { (say(W::HeardOfMaker)) }
                form method="post" action=(here) {
                    input type="hidden" name="act" value="said";
                    (choice(say(W::Maker), "maker", &makers, ""))
                    (state_choice(reader))
                    (area(say(W::OwnWords), "text", "", (4, false)))
                    button { (say(W::Send)) }
                }
            }
        }
    };
    page(reader, &title, &content)
}
