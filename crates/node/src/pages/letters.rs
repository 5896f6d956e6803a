//! Pages of orders, demands and opinions. In: letters with clock and consequence, the person. Out: lists, the most urgent first, a letter with its forms; what is overdue stands out by word
//! and weight. Never: an opinion on an operator's page; a text that becomes markup; a form that needs a script.

use super::{Reader, page};
use crate::words::letter::LetterWord as W;
use crate::words::report::ReportWord;
use maud::{Markup, html};
use sakimori_cooperate::Terms;
use sakimori_cooperate::calendar::japan_text;
use sakimori_cooperate::clock::{Due, State};
use sakimori_cooperate::order::{Consequence, Letter, LetterKind, LetterState};
use sakimori_cooperate::routing::{Minister, Sector, route};
use sakimori_liaison::desk::{Opinion, Sheet};
use sakimori_liaison::order::Line;

impl Reader {
    /// A word of the pages of letters and tickets in the reader's language.
    pub(super) fn letter(&self, word: W) -> &'static str {
        word.text(self.language)
    }
}

/// A clock's last day, its marks, and by how much it is late.
pub(super) fn clock(reader: &Reader, due: &Due) -> Markup {
    html! {
        (due.last)
        @if due.soft { " (" (reader.tell(ReportWord::Target)) ")" }
        @if due.is_overdue() {
            " " strong .warn { (reader.letter(W::Overdue)) " (" (due.days_late) " " (reader.letter(W::DaysLate)) ")" }
        } @else if due.state == State::TargetPassed || due.state == State::DoneLate {
            " (" (due.days_late) " " (reader.letter(W::DaysLate)) ")"
        }
        " " span .small { (due.marks()) }
    }
}

/// What follows, with its marks.
fn follows(reader: &Reader, of: &Consequence) -> Markup {
    let (en, ja) = (of.en(), of.ja());
    html! { (reader.pick(&en, &ja)) " " strong { (of.marks()) } }
}

const fn kind(reader: &Reader, of: LetterKind) -> &'static str {
    reader.pick(of.en(), of.ja())
}

const fn state(reader: &Reader, of: LetterState) -> &'static str {
    reader.pick(of.en(), of.ja())
}

/// The head of a table of letters.
fn head(reader: &Reader, first: &[W]) -> Markup {
    html! {
        thead { tr {
            @for word in first { th scope="col" { (reader.letter(*word)) } }
            @for word in [W::Letter, W::Kind, W::State, W::ReplyBy, W::Consequence] { th scope="col" { (reader.letter(word)) } }
        } }
    }
}

/// The cells that each list has. `says` is a state that stands here and not at the office.
fn cells(
    reader: &Reader,
    (letter, link): (&Letter, &str),
    (due, consequence): (Option<&Due>, &Consequence),
    says: Option<W>,
) -> Markup {
    html! {
        td { a href=(link) { (letter.id()) } " " (letter.subject()) }
        td { (kind(reader, letter.kind())) }
        td {
            @if let Some(word) = says { (reader.letter(word)) } @else { (state(reader, letter.state())) }
        }
        td { @if let Some(due) = due { (clock(reader, due)) } }
        td { @if letter.state() != LetterState::Revoked { (follows(reader, consequence)) } }
    }
}

/// The letter itself.
fn body(reader: &Reader, letter: &Letter, due: Option<&Due>, consequence: &Consequence) -> Markup {
    let say = |word| reader.letter(word);
    html! {
        dl {
            dt { (say(W::Kind)) } dd { (kind(reader, letter.kind())) " (" (reader.pick("Act 42/2025 art. ", "法第")) (letter.kind().article()) (reader.pick("", "条")) ")" }
            @if let Some(issued) = letter.issued() { dt { (say(W::Issued)) } dd { (issued) } }
            dt { (say(W::State)) } dd { strong { (state(reader, letter.state())) }
                @if let Some(ended) = letter.ended() { " " (japan_text(ended)) }
            }
            @if let Some(received) = letter.received() { dt { (say(W::Received)) } dd { (japan_text(received)) } }
            @if let Some(due) = due { dt { (say(W::ReplyBy)) } dd { (clock(reader, due)) } }
            @if letter.state() != LetterState::Revoked {
                dt { (say(W::Consequence)) } dd { (follows(reader, consequence)) }
            }
        }
        p .text { (letter.text()) }
        @if let Some(reply) = letter.reply() {
            h2 { (say(W::Reply)) }
            p .small { (japan_text(reply.at)) }
            p .text { (reply.text) }
        }
    }
}

/// The operator's letters.
pub(crate) fn own(reader: &Reader, lines: &[Line]) -> Markup {
    let content = html! {
        @if lines.is_empty() { p { (reader.letter(W::NoOrders)) } } @else { table {
            (head(reader, &[]))
            tbody { @for line in lines {
                @let held = &line.paper.said;
                @let link = format!("/orders/{}", line.paper.id);
                tr { (cells(reader, (&held.letter, &link), (line.due.as_ref(), &line.consequence), held.waits().then_some(W::WaitsToBeSent))) }
            } }
        } }
    };
    page(reader, reader.letter(W::Orders), &content)
}

/// One letter of the operator, with the form for its answer.
pub(crate) fn own_one(reader: &Reader, line: &Line) -> Markup {
    let say = |word| reader.letter(word);
    let held = &line.paper.said;
    let written = held.answer.as_ref();
    let content = html! {
        (body(reader, &held.letter, line.due.as_ref(), &line.consequence))
        @if held.came_too_late() { @if let Some(answer) = written {
            p role="status" { strong .warn { (say(W::CameTooLate)) } }
            p .text { (answer.text) }
        } }
        @if held.letter.state().is_waiting() {
            @if held.waits() { p role="status" { (say(W::WaitsToBeSent)) } }
            form method="post" action={ "/orders/" (line.paper.id) "/replies" } {
                (reader.form_field())
                label for="reply" { (say(W::Reply)) }
                p #reply-how .small { (say(W::ReplyOnce)) " " (say(W::SentByItself)) }
                textarea #reply name="text" rows="8" required maxlength="8000" aria-describedby="reply-how" { (written.map_or("", |answer| answer.text.as_str())) }
                button { (say(W::ReplyNow)) }
            }
        }
    };
    page(reader, held.letter.subject(), &content)
}

/// The office's letters and opinions, with the forms that issue one.
pub(crate) fn office(
    reader: &Reader,
    letters: &[Sheet<Letter>],
    opinions: &[Sheet<Opinion>],
    terms: &Terms,
) -> Markup {
    let say = |word| reader.letter(word);
    let late = letters
        .iter()
        .filter(|sheet| sheet.due.as_ref().is_some_and(Due::is_overdue));
    let late = late.count();
    let content = html! {
        @if late > 0 { p role="status" { strong .warn { (say(W::Overdue)) ": " (late) } } }
        @if letters.is_empty() { p { (say(W::NoOrders)) } } @else { table {
            caption { (say(W::Orders)) }
            (head(reader, &[W::Operator]))
            tbody { @for sheet in letters {
                @let link = format!("/operators/{}/orders/{}", sheet.paper.owner, sheet.paper.id);
                tr {
                    th scope="row" { (sheet.paper.owner) }
                    (cells(reader, (&sheet.paper.said, &link), (sheet.due.as_ref(), &sheet.consequence), None))
                }
            } }
        } }
        (issue(reader))
        h2 { (say(W::Opinions)) }
        @if opinions.is_empty() { p { (say(W::NoOpinions)) } } @else { table {
            (head(reader, &[W::Minister]))
            tbody { @for sheet in opinions {
                @let link = format!("/opinions/{}/{}", sheet.paper.owner, sheet.paper.id);
                tr {
                    th scope="row" { (minister(reader, &sheet.paper.owner)) }
                    (cells(reader, (&sheet.paper.said.0, &link), (sheet.due.as_ref(), &sheet.consequence), None))
                }
            } }
        } }
        (opine(reader, terms))
    };
    page(reader, say(W::Orders), &content)
}

fn minister<'t>(reader: &Reader, id: &'t str) -> &'t str {
    let known: Result<Minister, _> = id.parse();
    known.map_or(id, |known| reader.pick(known.en(), known.ja()))
}

fn fields(reader: &Reader, of: &str) -> Markup {
    let say = |word| reader.letter(word);
    html! {
        label for={ (of) "-id" } { (say(W::Id)) }
        input #{ (of) "-id" } name="id" required maxlength="32" pattern="[a-z0-9][a-z0-9.\\-]*";
        label for={ (of) "-subject" } { (say(W::Subject)) }
        input #{ (of) "-subject" } name="subject" required maxlength="200";
        label for={ (of) "-text" } { (say(W::Text)) }
        textarea #{ (of) "-text" } name="text" rows="6" required maxlength="8000" {}
        label for={ (of) "-by" } { (say(W::ReplyBy)) }
        input #{ (of) "-by" } name="reply_by" type="date" required;
    }
}

fn issue(reader: &Reader) -> Markup {
    let say = |word| reader.letter(word);
    html! {
        form method="post" action="/orders" {
            (reader.form_field())
            h2 { (say(W::IssueTitle)) }
            p #others .small { (say(W::OthersRefused)) }
            label for="order-operator" { (say(W::Operator)) }
            input #order-operator name="operator" required maxlength="32" pattern="[a-z0-9][a-z0-9.\\-]*" aria-describedby="others";
            label for="order-kind" { (say(W::Kind)) }
            select #order-kind name="kind" {
                @for each in [LetterKind::Order, LetterKind::Demand] { option value=(each.word()) { (kind(reader, each)) } }
            }
            (fields(reader, "order"))
            button { (say(W::Issue)) }
        }
    }
}

fn opine(reader: &Reader, terms: &Terms) -> Markup {
    let say = |word| reader.letter(word);
    let rows = Sector::ALL.iter().filter_map(|sector| {
        let to = route(sector.id(), None, terms);
        to.minister.map(|minister| (*sector, minister, to.marks()))
    });
    html! {
        form method="post" action="/opinions" {
            (reader.form_field())
            h2 { (say(W::OpineTitle)) }
            p #opine-how .small { (say(W::OpineHow)) }
            label for="opinion-sector" { (say(W::Sector)) }
            select #opinion-sector name="sector" aria-describedby="opine-how" {
                @for (sector, to, marks) in rows {
                    option value=(sector.id()) { (reader.pick(sector.en(), sector.ja())) " → " (reader.pick(to.en(), to.ja())) " " (marks) }
                }
            }
            (fields(reader, "opinion"))
            button { (say(W::Issue)) }
        }
    }
}

/// The buttons of a letter at the office: those that it takes where it stands.
fn steps(reader: &Reader, action: &str, stands: LetterState) -> Markup {
    let (step, word) = match stands {
        LetterState::Issued | LetterState::Received => ("revoke", W::Revoke),
        LetterState::Replied => ("settle", W::Settle),
        LetterState::Settled | LetterState::Revoked => return html! {},
    };
    html! {
        form method="post" action=(action) {
            (reader.form_field())
            input type="hidden" name="step" value=(step);
            button { (reader.letter(word)) }
        }
    }
}

/// One letter at the office.
pub(crate) fn office_one(reader: &Reader, sheet: &Sheet<Letter>) -> Markup {
    let letter = &sheet.paper.said;
    let action = format!(
        "/operators/{}/orders/{}/steps",
        sheet.paper.owner, sheet.paper.id
    );
    let content = html! {
        p { (reader.letter(W::Operator)) ": " strong { (sheet.paper.owner) } }
        (body(reader, letter, sheet.due.as_ref(), &sheet.consequence))
        (steps(reader, &action, letter.state()))
        p { a href="/orders" { (reader.letter(W::Orders)) } }
    };
    page(reader, letter.subject(), &content)
}

/// One opinion at the office, with the form for what the minister answered.
pub(crate) fn opinion(reader: &Reader, sheet: &Sheet<Opinion>) -> Markup {
    let letter = &sheet.paper.said.0;
    let action = format!("/opinions/{}/{}/steps", sheet.paper.owner, sheet.paper.id);
    let content = html! {
        p { (reader.letter(W::Minister)) ": " strong { (minister(reader, &sheet.paper.owner)) } }
        (body(reader, letter, sheet.due.as_ref(), &sheet.consequence))
        @if letter.state().is_waiting() {
            form method="post" action=(action) {
                (reader.form_field())
                input type="hidden" name="step" value="answer";
                label for="answer" { (reader.letter(W::EnterAnswer)) }
                textarea #answer name="text" rows="6" required maxlength="8000" {}
                button { (reader.letter(W::EnterAnswer)) }
            }
        }
        (steps(reader, &action, letter.state()))
        p { a href="/orders" { (reader.letter(W::Orders)) } }
    };
    page(reader, letter.subject(), &content)
}
