//! Pages of support tickets. In: tickets with state, clock and metric, the person. Out: lists, what waits longest for the office first, a ticket with its words and forms. Never: a text
//! that becomes markup; a form that needs a script.

use super::letters::clock;
use super::{Reader, page};
use crate::words::letter::LetterWord as W;
use maud::{Markup, html};
use sakimori_cooperate::calendar::japan_text;
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::ticket::{Side, TicketMetric, TicketState, Word};
use sakimori_liaison::desk::TicketSheet;
use sakimori_liaison::ticket::TicketLine;

/// A time that something took, in hours and minutes.
fn took(reader: &Reader, seconds: Option<u64>) -> Markup {
    html! { @if let Some(seconds) = seconds {
        (seconds / 3600) " " (reader.letter(W::Hours)) " " (seconds % 3600 / 60) " " (reader.letter(W::Minutes))
    } @else { "–" } }
}

fn metric(reader: &Reader, of: Option<TicketMetric>) -> Markup {
    html! {
        td { (took(reader, of.and_then(|of| of.first_answer_s))) }
        td { (took(reader, of.and_then(|of| of.closed_s))) }
        td { @if let Some(of) = of { (of.words) } }
    }
}

fn head(reader: &Reader, first: &[W]) -> Markup {
    let rest = [
        W::Ticket,
        W::State,
        W::ClockOfOffice,
        W::FirstAnswer,
        W::ClosedAfter,
        W::Words,
    ];
    html! { thead { tr { @for word in first.iter().chain(&rest) { th scope="col" { (reader.letter(*word)) } } } } }
}

const fn state(reader: &Reader, of: TicketState) -> &'static str {
    reader.pick(of.en(), of.ja())
}

/// Words of both sides; those that wait to be sent say so.
fn words<'w>(reader: &Reader, all: impl Iterator<Item = (&'w Word, bool)>) -> Markup {
    let side = |side| match side {
        Side::Operator => W::SideOperator,
        Side::Office => W::SideOffice,
    };
    html! {
        @for (word, waits) in all { section {
            p .small {
                strong { (reader.letter(side(word.side))) } " · " (japan_text(word.at))
                @if waits { " · " (reader.letter(W::WaitsToBeSent)) }
            }
            p .text { (word.text) }
        } }
    }
}

/// The operator's tickets, with the form that opens one.
pub(crate) fn own(reader: &Reader, lines: &[TicketLine]) -> Markup {
    let say = |word| reader.letter(word);
    let content = html! {
        @if lines.is_empty() { p { (say(W::NoTickets)) } } @else { table {
            (head(reader, &[]))
            tbody { @for line in lines {
                @let held = &line.paper.said;
                tr {
                    th scope="row" { a href={ "/tickets/" (line.paper.id) } { (held.subject) } }
                    td { (own_state(reader, line)) }
                    td { @if let Some(due) = &line.due { (clock(reader, due)) } @else { (say(W::NotThereYet)) } }
                    (metric(reader, held.metric()))
                }
            } }
        } }
        form method="post" action="/tickets" {
            (reader.form_field())
            h2 { (say(W::OpenTitle)) }
            p #ticket-how .small { (say(W::SentByItself)) }
            label for="ticket-subject" { (say(W::Subject)) }
            input #ticket-subject name="subject" required maxlength="200";
            label for="ticket-text" { (say(W::Text)) }
            textarea #ticket-text name="text" rows="6" required maxlength="8000" aria-describedby="ticket-how" {}
            button { (say(W::OpenNow)) }
        }
    };
    page(reader, say(W::Tickets), &content)
}

fn own_state(reader: &Reader, line: &TicketLine) -> &'static str {
    let held = &line.paper.said;
    match &held.ticket {
        Some(ticket) if held.waiting.is_empty() => state(reader, ticket.state()),
        _ => reader.letter(W::WaitsToBeSent),
    }
}

/// One ticket of the operator.
pub(crate) fn own_one(reader: &Reader, line: &TicketLine) -> Markup {
    let say = |word| reader.letter(word);
    let held = &line.paper.said;
    let content = html! {
        p { (say(W::State)) ": " strong { (own_state(reader, line)) }
            @if let Some(due) = &line.due { " · " (say(W::ClockOfOffice)) ": " (clock(reader, due)) }
        }
        (words(reader, held.words()))
        form method="post" action={ "/tickets/" (line.paper.id) "/words" } {
            (reader.form_field())
            label for="word" { (say(W::Text)) }
            p #word-how .small { (say(W::SentByItself)) " " (say(W::WriteOpens)) }
            textarea #word name="text" rows="6" required maxlength="8000" aria-describedby="word-how" {}
            button { (say(W::Write)) }
        }
    };
    page(reader, &held.subject, &content)
}

/// The office's tickets.
pub(crate) fn office(reader: &Reader, sheets: &[TicketSheet]) -> Markup {
    let say = |word| reader.letter(word);
    let late = sheets.iter().filter(|sheet| late(sheet)).count();
    let content = html! {
        @if late > 0 { p role="status" { strong .warn { (say(W::Overdue)) ": " (late) } } }
        @if sheets.is_empty() { p { (say(W::NoTickets)) } } @else { table {
            (head(reader, &[W::Operator]))
            tbody { @for sheet in sheets { tr {
                th scope="row" { (sheet.paper.owner) }
                td { a href={ "/operators/" (sheet.paper.owner) "/tickets/" (sheet.paper.id) } { (sheet.paper.said.subject()) } }
                td { (state(reader, sheet.paper.said.state())) }
                td { (clock(reader, &sheet.due)) }
                (metric(reader, Some(sheet.metric)))
            } } }
        } }
    };
    page(reader, say(W::Tickets), &content)
}

fn late(sheet: &TicketSheet) -> bool {
    Due::is_overdue(&sheet.due)
}

/// One ticket at the office.
pub(crate) fn office_one(reader: &Reader, sheet: &TicketSheet) -> Markup {
    let say = |word| reader.letter(word);
    let ticket = &sheet.paper.said;
    let at = format!(
        "/operators/{}/tickets/{}",
        sheet.paper.owner, sheet.paper.id
    );
    let content = html! {
        p {
            (say(W::Operator)) ": " strong { (sheet.paper.owner) } " · "
            (say(W::State)) ": " strong { (state(reader, ticket.state())) } " · "
            (say(W::ClockOfOffice)) ": " (clock(reader, &sheet.due))
        }
        p .small {
            (say(W::FirstAnswer)) ": " (took(reader, sheet.metric.first_answer_s)) " · "
            (say(W::ClosedAfter)) ": " (took(reader, sheet.metric.closed_s))
        }
        (words(reader, ticket.words().iter().map(|word| (word, false))))
        @if ticket.state() != TicketState::Closed {
            form method="post" action={ (at) "/words" } {
                (reader.form_field())
                label for="word" { (say(W::Reply)) }
                p #word-how .small { (say(W::OthersRefused)) }
                textarea #word name="text" rows="6" required maxlength="8000" aria-describedby="word-how" {}
                button { (say(W::ReplyNow)) }
            }
            form method="post" action={ (at) "/close" } {
                (reader.form_field())
                button { (say(W::Close)) }
            }
        }
        p { a href="/tickets" { (say(W::Tickets)) } }
    };
    page(reader, ticket.subject(), &content)
}
