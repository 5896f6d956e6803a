//! A maker's room. In: what this maker sees. Out: a page. Never: anything else.

use super::{area, clock, embargo, say, stage_word, state, state_choice};
use crate::pages::{Reader, page};
use crate::words::weakness::Weakness as W;
use maud::{Markup, html};
use sakimori_advisory::room::maker::{ClockState, Notice, Request};
use sakimori_advisory::room::view::MakerView;

/// The page of a maker with a link.
pub(crate) fn room(reader: &Reader, view: &MakerView, (here, numbers): (&str, &Markup)) -> Markup {
    let say = |word| say(reader, word);
    let title = format!("{} {}", say(W::RoomOf), view.maker);
    let open = view.stage.word() != "closed";
    let content = html! {
        p .small { (say(W::RoomIntro)) }
        dl {
            dt { (say(W::Case)) } dd { code { (view.case) } }
            dt { (say(W::Stage)) } dd { (say(stage_word(view.stage.word()))) }
            dt { (say(W::Standing)) } dd { (state(reader, view.state)) }
            @if let Some(until) = &view.answer_by { dt { (say(W::AnswerBy)) } dd { (until) " UTC" } }
        }
        (embargo(reader, &view.embargo))
        (notices(reader, &view.notices, (here, "")))
        (numbers)
        h2 { (say(W::Told)) }
        @for told in &view.told {
            p .small { (told.at) " · " (say(W::AnswerBy)) " " (told.answer_by) }
            p .text { (told.text) }
        }
        (requests(reader, &view.requests, (here, "", open)))
        h2 { (say(W::Said)) }
        @for said in &view.said {
            p .small { (said.at) " · " (state(reader, said.state)) @if said.by_office { " · " (say(W::WriteDown)) } @if let Some(through) = &said.through { " · " (say(W::Through)) " " (through) } }
            @if let Some(words) = &said.words { p .text { (words) } }
        }
        @if open {
            form method="post" action=(here) {
                input type="hidden" name="act" value="said";
                (state_choice(reader))
                (area(say(W::OwnWords), "text", "", (6, false)))
                button { (say(W::Send)) }
            }
        }
    };
    page(reader, &title, &content)
}

/// Urgent notices.
pub(super) fn notices(
    reader: &Reader,
    notices: &[Notice],
    (here, letters): (&str, &str),
) -> Markup {
    let say = |word| say(reader, word);
    html! {
        @if !notices.is_empty() { h2 .warn { (say(W::Notices)) } }
        @for notice in notices {
            p .small { (notice.at) " · " (notice.minister) " (" (notice.notifier.words()) ")" }
            p .text { strong { (say(W::Urgency)) ": " } (notice.urgency) }
            p .text { (notice.text) }
            p { a href={ (here) "/letters/" (letters) (notice.letter) } { (say(W::LetterOpen)) } }
        }
    }
}

/// Requests with their clocks, below the page at `here`; with a place to answer where it answers.
pub(super) fn requests(
    reader: &Reader,
    requests: &[(Request, ClockState)],
    (here, letters, answers): (&str, &str, bool),
) -> Markup {
    let say = |word| say(reader, word);
    html! {
        @if !requests.is_empty() {
            h2 { (say(W::Requests)) }
            p .small { (say(W::RequestNote)) }
        }
        @for (place, (request, state)) in requests.iter().enumerate() {
            section {
                h3 { (place + 1) ". " (request.minister) }
                dl {
                    dt { (say(W::When)) } dd { (request.at) }
                    dt { (say(W::ReplyBy)) } dd { (request.reply_by) " · " (clock(reader, *state)) }
                    dt { (say(W::Ground)) } dd .text { (request.ground) }
                    dt { (say(W::Asked)) } dd .text { (request.text) }
                    @if let Some(reply) = &request.reply { dt { (say(W::Reply)) } dd .text { (reply.at) ": " (reply.text) } }
                    @if let Some(why) = &request.withdrawn { dt { (say(W::ClockWithdrawn)) } dd .text { (why.at) ": " (why.text) } }
                }
                p { a href={ (here) "/letters/" (letters) (request.letter) } { (say(W::LetterOpen)) } }
                @if answers && request.is_open() {
                    form method="post" action=(here) {
                        input type="hidden" name="act" value="replied";
                        input type="hidden" name="request" value=(place + 1);
                        (area(say(W::Reply), "text", "", (6, true)))
                        button { (say(W::Send)) }
                    }
                }
            }
        }
    }
}

/// The link that was just made.
pub(crate) fn link_made(reader: &Reader, case: &str, address: &str) -> Markup {
    let say = |word| say(reader, word);
    let content = html! {
        p .warn { (say(W::LinkOnce)) }
        pre .wrap { (address) }
        p { a href={ "/weaknesses/cases/" (case) } { (case) } }
    };
    page(reader, say(W::MakeLink), &content)
}
