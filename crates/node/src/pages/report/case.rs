//! The office's pages. In: cases with clocks, a case with all that belongs to it, guidance, numbers. Out: lists, what is overdue first; a case with its forms. Never: a file that is
//! shown; a button that merges.

use super::{clocks, day, form, route, shown_value, stage};
use crate::pages::{Reader, page};
use crate::words::due::DueWord;
use crate::words::filer::FilerWord as F;
use crate::words::letter::LetterWord;
use crate::words::report::ReportWord as W;
use maud::{Markup, html};
use sakimori_cooperate::Terms;
use sakimori_cooperate::calendar::japan_text;
use sakimori_cooperate::clock::{Due, What};
use sakimori_cooperate::guidance::Guidance;
use sakimori_cooperate::report::fields_of;
use sakimori_cooperate::routing::{Minister, Route};
use sakimori_cooperate::statistics::{Count, SectorRow};
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_liaison::desk::{Alike, CaseFile, Routed};
use sakimori_liaison::paper::Written;

/// Which cases a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    All,
    /// Those that nobody acknowledged yet.
    New,
    /// Those in which something should have happened by now.
    Overdue,
    /// Those that are closed.
    Closed,
}

impl Filter {
    /// All filters.
    const ALL: [Self; 4] = [Self::Overdue, Self::New, Self::All, Self::Closed];

    /// The word of the address.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::New => "new",
            Self::Overdue => "overdue",
            Self::Closed => "closed",
        }
    }

    const fn said(self) -> W {
        match self {
            Self::All => W::All,
            Self::New => W::StateNew,
            Self::Overdue => W::Overdue,
            Self::Closed => W::StateClosed,
        }
    }
}

fn standing(state: &str) -> W {
    match state {
        "new" => W::StateNew,
        "closed" => W::StateClosed,
        _ => W::StateAcknowledged,
    }
}

/// A page of the list of cases.
pub struct Cases<'a> {
    /// Which.
    pub filter: Filter,
    /// The minister that they go to; empty for all.
    pub minister: &'a str,
    /// The bureau; empty for all.
    pub bureau: &'a str,
    /// The page.
    pub page: &'a Routed,
    /// How many are overdue, whatever the filter shows.
    pub late: u64,
    /// The schedule in force, which names the bureaus.
    pub terms: &'a Terms,
}

impl Cases<'_> {
    /// The address of a page with the same filter.
    fn address(&self, filter: Filter, from: &str) -> String {
        let coded = |text: &str| {
            text.bytes().fold(String::new(), |mut all, byte| {
                if byte.is_ascii_alphanumeric() || byte == b'-' {
                    all.push(char::from(byte));
                    return all;
                }
                format!("{all}%{byte:02X}")
            })
        };
        let (minister, bureau) = (coded(self.minister), coded(self.bureau));
        let show = filter.word();
        let mut address = format!("/reports?show={show}&minister={minister}&bureau={bureau}");
        if !from.is_empty() {
            address.push_str("&from=");
            address.push_str(&coded(from));
        }
        address
    }
}

/// The form that chooses by minister and bureau.
fn chosen(reader: &Reader, shown: &Cases<'_>) -> Markup {
    let say = |word: F| word.text(reader.language);
    let mut bureaus: Vec<&str> = shown
        .terms
        .bureaus
        .iter()
        .map(|row| row.value.bureau.as_str())
        .collect();
    bureaus.sort_unstable();
    bureaus.dedup();
    html! {
        form method="get" action="/reports" {
            input type="hidden" name="show" value=(shown.filter.word());
            label for="minister" { (say(F::Minister)) }
            select #minister name="minister" {
                option value="" { (say(F::AnyOne)) }
                @for each in Minister::ALL {
                    option value=(each.id()) selected[each.id() == shown.minister] { (reader.pick(each.en(), each.ja())) }
                }
            }
            label for="bureau" { (say(F::Bureau)) }
            select #bureau name="bureau" {
                option value="" { (say(F::AnyOne)) }
                option value="headquarters" selected[shown.bureau == "headquarters"] { (say(F::Headquarters)) }
                @for name in bureaus { option value=(name) selected[name == shown.bureau] { (name) } }
            }
            button { (say(F::Filter)) }
        }
    }
}

/// A list of cases.
pub fn cases(reader: &Reader, shown: &Cases<'_>) -> Markup {
    let say = |word| reader.tell(word);
    let list = &shown.page.cases;
    let content = html! {
        p {
            a href="/guidance" { (say(W::Guidance)) } " · "
            a href="/report-numbers" { (say(W::Numbers)) } " · "
            a href="/due" { (DueWord::Due.text(reader.language)) } " · "
            a href="/duties" { (DueWord::Schedule.text(reader.language)) } " · "
            a href="/stick" { (F::Stick.text(reader.language)) }
        }
        @if shown.late > 0 { p role="status" { strong .warn { (say(W::Overdue)) ": " (shown.late) } } }
        p { @for each in Filter::ALL {
            @if each == shown.filter { strong aria-current="page" { (say(each.said())) } } @else { a href=(shown.address(each, "")) { (say(each.said())) } }
            " "
        } }
        (chosen(reader, shown))
        @if list.is_empty() { p { (say(W::NoCases)) } } @else { table {
            caption { (say(W::Reports)) }
            thead { tr {
                th scope="col" { (say(W::Case)) }
                th scope="col" { (say(W::Form)) }
                th scope="col" { (say(W::Stage)) }
                th scope="col" { (say(W::State)) }
                th scope="col" { (say(W::GoesTo)) }
                th scope="col" { (say(W::DueAcknowledgement)) }
                th scope="col" { (say(W::StageFull)) }
            } }
            tbody { @for (case, clocks) in list { tr {
                th scope="row" { a href={ "/operators/" (case.owner) "/reports/" (case.id) } { (case.owner) " " (case.id) } }
                td { (say(form(case.said.form))) }
                td { (say(stage(case.said.reached))) }
                td { (say(standing(&case.state))) }
                td { (goes(reader, &case.said.route(shown.terms))) }
                @for what in [What::Acknowledgement, What::FullReport] {
                    td { @for clock in clocks.iter().filter(|due| due.what == what) { (day(reader, clock)) } }
                }
            } } }
        } }
        @if let Some(next) = &shown.page.next {
            p { a href=(shown.address(shown.filter, next)) rel="next" { (F::Next.text(reader.language)) } }
        }
    };
    page(reader, say(W::Reports), &content)
}

/// Minister and bureau, in a cell.
fn goes(reader: &Reader, route: &Route) -> Markup {
    let minister = route.minister.map(|each| reader.pick(each.en(), each.ja()));
    let headquarters = reader.tell(W::Headquarters);
    html! {
        (minister.unwrap_or(reader.tell(W::CabinetOffice)))
        @if minister.is_some() { " / " (route.bureau.as_deref().unwrap_or(headquarters)) }
        " " span .small { (route.marks()) }
    }
}

/// A case.
pub fn case(reader: &Reader, file: &CaseFile) -> Markup {
    let say = |word| reader.tell(word);
    let working = &file.working.said;
    let content = html! {
        p {
            (say(form(working.form))) " · " (say(stage(working.reached))) " · " strong { (say(standing(&file.working.state))) }
        }
        (clocks(reader, &file.clocks))
        (route(reader, &file.route))
        @if working.acknowledged_at.is_none() {
            (one_button(reader, file, "acknowledge", W::Acknowledge))
        }
        (suggestions(reader, file))
        (newest(reader, file))
        (versions(reader, file))
        (observables(reader, file))
        (files(reader, file))
        (tasks(reader, file))
        (timeline(reader, file))
        (ending(reader, file))
        (advise(reader, file.operator.as_str()))
    };
    let title = format!("{} {}", file.operator, file.working.id);
    page(reader, &title, &content)
}

fn steps(file: &CaseFile) -> String {
    format!(
        "/operators/{}/reports/{}/steps",
        file.operator, file.working.id
    )
}

fn one_button(reader: &Reader, file: &CaseFile, step: &str, word: W) -> Markup {
    html! {
        form method="post" action=(steps(file)) {
            (reader.form_field())
            input type="hidden" name="step" value=(step);
            button { (reader.tell(word)) }
        }
    }
}

fn suggestions(reader: &Reader, file: &CaseFile) -> Markup {
    let link = |each: &Alike| {
        html! {
            a href={ "/operators/" (each.operator) "/reports/" (each.case) } { (each.operator) " " (each.case) }
            ": " @for value in &each.shared { code { (value) } " " }
        }
    };
    html! {
        @if !file.alike.is_empty() { section {
            h2 { (reader.tell(W::AlikeTitle)) }
            p .small { (reader.tell(W::AlikeHow)) }
            ul { @for each in &file.alike { li {
                (link(each))
                @if file.working.said.same_as.contains(&format!("{}/{}", each.operator, each.case)) { " ✓" }
                @else {
                    form method="post" action=(steps(file)) {
                        (reader.form_field())
                        input type="hidden" name="step" value="same";
                        input type="hidden" name="text" value=(each.case);
                        button { (reader.tell(W::MarkSame)) ": " (each.case) }
                    }
                }
            } } }
        } }
        @if !file.related.is_empty() { section {
            h2 { (reader.tell(W::Related)) }
            ul { @for each in &file.related { li { (link(each)) } } }
        } }
    }
}

/// The newest document, as a list.
fn newest(reader: &Reader, file: &CaseFile) -> Markup {
    let last = file.taken.last();
    html! { @if let Some((_, document)) = last { section {
        h2 { (reader.tell(W::Document)) }
        dl {
            dt { (reader.tell(W::Recognised)) } dd { (japan_text(document.recognised_at)) }
            dt { (reader.tell(W::Filer)) } dd { (document.filer) }
            @if !document.reason.is_empty() { dt { (reader.tell(W::Reason)) } dd .text { (document.reason) } }
            @for spec in fields_of(document.form) { @if let Some(value) = document.fields.get(spec.key) {
                dt { (reader.pick(spec.en, spec.ja)) }
                dd .text { (shown_value(reader, spec, value.as_deref())) }
            } }
        }
    } } }
}

fn versions(reader: &Reader, file: &CaseFile) -> Markup {
    html! {
        h2 { (reader.tell(W::Versions)) }
        table {
            thead { tr {
                th scope="col" { (reader.tell(W::Version)) }
                th scope="col" { (reader.tell(W::Stage)) }
                th scope="col" { (reader.tell(W::When)) }
                th scope="col" { (reader.tell(W::Receipt)) }
            } }
            tbody { @for (kept, document) in &file.taken { tr {
                th scope="row" { (kept.version) }
                td { (reader.tell(stage(document.stage))) }
                td { (japan_text(Seconds(kept.at))) }
                td { details { summary { (reader.tell(W::Receipt)) } pre .wrap { (kept.said.receipt) } } }
            } } }
        }
    }
}

fn observables(reader: &Reader, file: &CaseFile) -> Markup {
    let found = &file.working.said.observables;
    html! { @if !found.is_empty() {
        h2 { (reader.tell(W::Observables)) }
        ul { @for each in found { li { (each.kind) ": " code { (each.value) } } } }
    } }
}

fn files(reader: &Reader, file: &CaseFile) -> Markup {
    html! { @if !file.files.is_empty() {
        h2 { (reader.tell(W::Files)) }
        p .small { (reader.tell(W::FilesNever)) }
        ul { @for each in &file.files {
            @let hash = hex(&each.hash);
            li {
                a href={ "/v1/operators/" (file.operator) "/reports/" (file.working.id) "/attachments/" (hash) } download { (each.name) }
                " " (each.media) " " (each.size) " " code .wrap { (hash) }
            }
        } }
    } }
}

fn tasks(reader: &Reader, file: &CaseFile) -> Markup {
    html! {
        h2 { (reader.tell(W::Tasks)) }
        ul { @for (number, task) in (1_usize..).zip(&file.working.said.tasks) { li {
            (task.text)
            @if let Some(by) = task.by { " (" (by) ")" }
            @if task.done_at.is_some() { " ✓" } @else {
                form method="post" action=(steps(file)) {
                    (reader.form_field())
                    input type="hidden" name="step" value="task-done";
                    input type="hidden" name="text" value=(number);
                    button { (reader.tell(W::TaskIsDone)) ": " (task.text) }
                }
            }
        } } }
        form method="post" action=(steps(file)) {
            (reader.form_field())
            input type="hidden" name="step" value="task";
            label for="task" { (reader.tell(W::Task)) }
            input #task name="text" required maxlength="200";
            label for="task-by" { (reader.tell(W::TaskBy)) }
            input #task-by name="by" type="date";
            button { (reader.tell(W::AddTask)) }
        }
    }
}

fn timeline(reader: &Reader, file: &CaseFile) -> Markup {
    html! {
        h2 { (reader.tell(W::Timeline)) }
        table {
            thead { tr {
                th scope="col" { (reader.tell(W::When)) }
                th scope="col" { (reader.tell(W::By)) }
                th scope="col" { (reader.tell(W::What)) }
            } }
            tbody { @for each in &file.timeline { tr {
                td { (japan_text(Seconds(each.at))) }
                td { (each.by) }
                td { code { (each.step.word) } " " span .text { (each.step.text) } }
            } } }
        }
        form method="post" action=(steps(file)) {
            (reader.form_field())
            input type="hidden" name="step" value="note";
            label for="note" { (reader.tell(W::Note)) }
            textarea #note name="text" rows="4" required {}
            button { (reader.tell(W::AddNote)) }
        }
    }
}

fn ending(reader: &Reader, file: &CaseFile) -> Markup {
    let closed = file.working.state == "closed";
    let (step, word) = if closed {
        ("open", W::OpenCase)
    } else {
        ("close", W::CloseCase)
    };
    html! {
        form method="post" action=(steps(file)) {
            (reader.form_field())
            input type="hidden" name="step" value=(step);
            label for="why" { (reader.tell(W::TickWhy)) }
            input #why name="text" required maxlength="2000";
            button { (reader.tell(word)) }
        }
    }
}

fn advise(reader: &Reader, operator: &str) -> Markup {
    html! {
        form method="post" action={ "/operators/" (operator) "/guidance" } {
            (reader.form_field())
            h2 { (reader.tell(W::Advise)) }
            label for="guidance-id" { "ID" }
            input #guidance-id name="id" required maxlength="32" pattern="[a-z0-9][a-z0-9.\\-]*";
            label for="subject" { (reader.tell(W::Subject)) }
            input #subject name="subject" required maxlength="200";
            label for="lines" { (reader.tell(W::Lines)) }
            textarea #lines name="lines" rows="4" required {}
            label for="answer-by" { (reader.tell(W::AnswerBy)) }
            input #answer-by name="answer_by" type="date" required;
            button { (reader.tell(W::Advise)) }
        }
    }
}

/// Guidance that was written, with its clocks.
pub fn advice(reader: &Reader, list: &[(Written<Guidance>, Due)]) -> Markup {
    let content = html! {
        @if list.is_empty() { p { (reader.tell(W::NoGuidance)) } } @else { table {
            thead { tr {
                th scope="col" { (reader.tell(W::Operator)) }
                th scope="col" { (reader.tell(W::Subject)) }
                th scope="col" { (reader.tell(W::AnswerBy)) }
                th scope="col" { (reader.letter(LetterWord::AnswersOfOperator)) }
            } }
            tbody { @for (each, due) in list { tr {
                th scope="row" { (each.owner) }
                td { (each.said.subject()) }
                td { (day(reader, due)) }
                td { (ticked(reader, &each.said)) }
            } } }
        } }
    };
    page(reader, reader.tell(W::Guidance), &content)
}

/// Each line of a guidance with what the operator answered last, its day or its reason; how many answers came.
fn ticked(reader: &Reader, guidance: &Guidance) -> Markup {
    let Some(last) = guidance.answers().last() else {
        return html! { (reader.letter(LetterWord::NotAnswered)) };
    };
    html! {
        p .small { (japan_text(last.at)) @if guidance.answers().len() > 1 { " (" (guidance.answers().len()) ")" } }
        ol { @for (line, tick) in guidance.lines().iter().zip(&last.ticks) {
            @let (en, ja) = (tick.en(), tick.ja());
            li { (line) " — " strong .text { (reader.pick(&en, &ja)) } }
        } }
    }
}

/// Numbers of the sectors.
pub fn numbers(reader: &Reader, rows: &[SectorRow]) -> Markup {
    let cell = |count: Count| match count.0 {
        Some(number) => number.to_string(),
        None => reader.tell(W::Hidden).to_owned(),
    };
    let content = html! {
        table {
            thead { tr {
                th scope="col" { (reader.pick("Sector", "業種")) }
                @for word in [W::FormDdos, W::FormRansomware, W::FormOther, W::InTime, W::Late, W::Total] {
                    th scope="col" { (reader.tell(word)) }
                }
            } }
            tbody { @for row in rows { tr {
                th scope="row" { (reader.pick(row.sector.en(), row.sector.ja())) }
                @for count in [row.ddos, row.ransomware, row.other, row.in_time, row.late, row.total] { td { (cell(count)) } }
            } } }
        }
    };
    page(reader, reader.tell(W::Numbers), &content)
}
