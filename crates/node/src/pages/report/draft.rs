//! The operator's pages. In: cases, a draft with what filing it would do, guidance. Out: a list, the form of a case in phases, guidance to tick. Never: a form that needs a script.

use super::{choice, clocks, day, form, route, shown_value, stage};
use crate::api::report::operator::next_page;
use crate::pages::{Reader, page};
use crate::words::due::DueWord;
use crate::words::filer::FilerWord as F;
use crate::words::report::ReportWord as W;
use maud::{Markup, html};
use sakimori_cooperate::clock::{Due, What};
use sakimori_cooperate::guidance::{Guidance, Tick};
use sakimori_cooperate::report::{
    CommonForm, FieldSpec, Kind, Need, ReportDocument, Stage, fields_of,
};
use sakimori_cooperate::trigger::{Outcome, Questions, Trigger};
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_liaison::paper::Written;
use sakimori_liaison::report::{Check, Draft, Line};
use sakimori_store::Attachment;
use serde_json::{Value, json};

/// A draft with what belongs to it.
pub struct Drafted<'a> {
    /// The newest save.
    pub draft: &'a Written<Draft>,
    /// What filing it would do.
    pub check: &'a Check,
    /// Filings: number, stage, time, and whether the receipt is here.
    pub filings: &'a [(u64, Stage, u64, bool)],
    /// Files that are kept with it.
    pub files: &'a [Attachment],
    /// What happened just now, if something did.
    pub told: Option<&'a str>,
}

/// The operator's cases; the form that opens one; without a name, the form that says whose node it is.
pub fn own_cases(reader: &Reader, known: Option<(&str, &[Line])>, now: Seconds) -> Markup {
    let say = |word| reader.tell(word);
    let content = html! {
        @if let Some((operator, lines)) = known {
            p {
                (say(W::Operator)) ": " strong { (operator) } " · "
                a href="/guidance" { (say(W::Guidance)) } " · "
                a href="/due" { (DueWord::Due.text(reader.language)) } " · "
                a href="/duties" { (DueWord::Schedule.text(reader.language)) } " · "
                a href="/filers" { (F::Filers.text(reader.language)) } " · "
                a href="/stick" { (F::Stick.text(reader.language)) }
            }
            @if lines.is_empty() { p { (say(W::NoCases)) } } @else { (list(reader, lines)) }
            @if let Some(next) = next_page(lines) {
                p { a href={ "/reports?before=" (next) } rel="next" { (F::Next.text(reader.language)) } }
            }
            form method="post" action="/reports/send" {
                (reader.form_field())
                p .small { (say(W::SendByItself)) }
                button { (say(W::SendNow)) }
            }
            (open(reader, now))
            form method="post" action="/reports/import" enctype="multipart/form-data" {
                (reader.form_field())
                h2 { (say(W::Upload)) }
                label for="import" { (say(W::UploadHow)) }
                input #import type="file" name="file" required accept=".json,.xlsx";
                button { (say(W::Upload)) }
            }
        } @else {
            form method="post" action="/reports/operator" {
                (reader.form_field())
                label for="operator" { (say(W::WhoseNode)) }
                p #operator-how .small { (say(W::WhoseNodeHow)) }
                input #operator name="operator" required maxlength="32" pattern="[a-z0-9][a-z0-9.\\-]*" aria-describedby="operator-how";
                button { (say(W::Set)) }
            }
        }
    };
    page(reader, say(W::Reports), &content)
}

fn list(reader: &Reader, lines: &[Line]) -> Markup {
    let say = |word| reader.tell(word);
    html! {
        table {
            caption { (say(W::Reports)) }
            thead { tr {
                th scope="col" { (say(W::Case)) }
                th scope="col" { (say(W::Form)) }
                th scope="col" { (say(W::Stage)) }
                th scope="col" { (say(W::Filed)) " / " (say(W::Receipted)) }
                th scope="col" { (say(W::StageFull)) }
            } }
            tbody { @for line in lines { tr {
                th scope="row" { a href={ "/reports/" (line.case) } { (line.case) } }
                td { (say(form(line.form))) }
                td { (say(stage(line.next))) }
                td { (line.filed) " / " (line.receipted) }
                td { @for clock in line.clocks.iter().filter(|due| due.what == What::FullReport) { (day(reader, clock)) } }
            } } }
        }
    }
}

fn open(reader: &Reader, now: Seconds) -> Markup {
    let say = |word| reader.tell(word);
    html! {
        form method="post" action="/reports" {
            (reader.form_field())
            h2 { (say(W::NewCase)) }
            label for="case" { (say(W::NewCaseName)) }
            input #case name="case" required maxlength="32" pattern="[a-z0-9][a-z0-9.\\-]*";
            fieldset {
                legend { (say(W::Form)) }
                @for each in CommonForm::ALL {
                    label { input type="radio" name="common" value=(each.id()) checked[each == CommonForm::Other] required; (say(form(each))) }
                }
            }
            label for="recognised" { (say(W::Recognised)) }
            p #recognised-how .small { (say(W::RecognisedOnce)) }
            input #recognised type="datetime-local" step="1" name="recognised_at" value=(local(now)) required aria-describedby="recognised-how";
            button { (say(W::NewCase)) }
        }
    }
}

/// A time as a browser's field for local times takes it, in Japan.
fn local(at: Seconds) -> String {
    let text = sakimori_cooperate::calendar::japan_text(at);
    text.trim_end_matches("+09:00").to_owned()
}

/// The form of a case: questions, fields by item, filing.
pub fn draft(reader: &Reader, shown: &Drafted<'_>) -> Markup {
    let say = |word| reader.tell(word);
    let (said, id) = (&shown.draft.said, &shown.draft.id);
    let document = &said.document;
    let content = html! {
        @if let Some(told) = shown.told { p role="status" .ok { (told) } }
        p {
            (say(form(document.form))) " · " (say(stage(document.stage))) " · "
            (say(W::Recognised)) ": " (local(document.recognised_at))
        }
        (clocks(reader, &shown.check.filing.clocks))
        (summary(reader, shown))
        form method="post" action={ "/reports/" (id) "/draft" } {
            (reader.form_field())
            input type="hidden" name="version" value=(shown.draft.version);
            (questions(reader, said.trigger, &shown.check.trigger))
            h2 { (say(W::Document)) }
            (choices(reader, document))
            @for item in 1..=7 { (fields(reader, shown, item)) }
            button { (say(W::Save)) }
        }
        (filing(reader, shown))
        (versions(reader, shown))
        (files(reader, shown))
        (printed(reader, document))
    };
    page(reader, &format!("{} {id}", say(W::Case)), &content)
}

/// What is missing or wrong, each with a link to its field.
fn summary(reader: &Reader, shown: &Drafted<'_>) -> Markup {
    let errors = &shown.check.filing.errors;
    html! {
        section aria-labelledby="mend" {
            h2 #mend { (reader.tell(W::Mend)) }
            @if errors.is_empty() { p { (reader.tell(W::NothingToMend)) } }
            @else { ul { @for error in errors {
                li { a href={ "#" (anchor(&error.field)) } { (label(reader, &error.field)) } ": " (reader.pick(error.rule.en(), error.rule.ja())) }
            } } }
        }
    }
}

/// The id of a field's control.
fn anchor(field: &str) -> String {
    field.replace(['.', '_'], "-")
}

fn label<'f>(reader: &Reader, field: &'f str) -> &'f str
where
    'static: 'f,
{
    let key = field.trim_start_matches("fields.");
    let all = sakimori_cooperate::report::FIELDS;
    let known = all.iter().find(|spec| spec.key == key);
    known.map_or(field, |spec| reader.pick(spec.en, spec.ja))
}

/// An answer: its word in documents, and as it is shown.
type Choice = (&'static str, W);

/// The questions: key, what is asked, what can be answered.
const QUESTIONS: [(&str, W, &[Choice]); 8] = [
    (
        "machine",
        W::QMachine,
        &[
            ("core", W::ACore),
            ("other", W::AOther),
            ("outside", W::AOutside),
            ("unsure", W::AUnsure),
        ],
    ),
    ("first_months", W::QFirstMonths, YES_NO),
    (
        "code",
        W::QCode,
        &[
            ("run", W::ARun),
            ("received", W::AReceived),
            ("no", W::ANo),
            ("unsure", W::AUnsure),
        ],
    ),
    ("credential", W::QCredential, YES_NO),
    ("bypass", W::QBypass, YES_NO),
    ("theft", W::QTheft, YES_NO),
    ("trace", W::QTrace, YES_NO),
    (
        "obstruction",
        W::QObstruction,
        &[
            ("completed", W::ACompleted),
            ("attempted", W::AAttempted),
            ("no", W::ANo),
            ("unsure", W::AUnsure),
        ],
    ),
];
const YES_NO: &[Choice] = &[("yes", W::AYes), ("no", W::ANo), ("unsure", W::AUnsure)];

fn questions(reader: &Reader, known: Questions, trigger: &Trigger) -> Markup {
    let answers = json!(known);
    let chosen = |key: &str, word: &str| answers.get(key).and_then(Value::as_str) == Some(word);
    html! {
        h2 { (reader.tell(W::Questions)) }
        p .small { (reader.tell(W::QuestionsHow)) }
        p { strong { (reader.tell(match trigger.outcome {
            Outcome::Report => W::OutcomeReport,
            Outcome::UnsureReport => W::OutcomeUnsure,
            Outcome::Not => W::OutcomeNot,
        })) } " " span .small { (trigger.marks()) } }
        ul .small { @for reason in &trigger.reasons {
            li { (reader.pick(reason.rule.en(), reason.rule.ja())) " (" (reason.rule.law()) ") " strong .warn { (reason.marks()) } }
        } }
        @for (key, asked, words) in QUESTIONS {
            fieldset {
                legend { (reader.tell(asked)) }
                @for (word, shown) in words {
                    label { input type="radio" name={ "question." (key) } value=(word) checked[chosen(key, word)]; (reader.tell(*shown)) }
                }
            }
        }
    }
}

/// What stands above the fields: form, stage, filer, reason.
fn choices(reader: &Reader, document: &ReportDocument) -> Markup {
    html! {
        label for="common" { (reader.tell(W::Form)) }
        select #common name="common" {
            @for each in CommonForm::ALL { option value=(each.id()) selected[each == document.form] { (reader.tell(form(each))) } }
        }
        label for="stage" { (reader.tell(W::Stage)) }
        select #stage name="stage" {
            @for each in Stage::ALL { option value=(each.id()) selected[each == document.stage] { (reader.tell(stage(each))) } }
        }
        label for="filer" { (reader.tell(W::Filer)) }
        input #filer name="filer" value=(document.filer) required maxlength="32";
        @if document.stage == Stage::Correction {
            label for="reason" { (reader.tell(W::Reason)) }
            textarea #reason name="reason" rows="3" { (document.reason) }
        }
    }
}

const fn item_word(item: u8) -> W {
    match item {
        1 => W::Item1,
        2 => W::Item2,
        3 => W::Item3,
        4 => W::Item4,
        5 => W::Item5,
        6 => W::Item6,
        _ => W::Item7,
    }
}

/// The fields of one item. Items grow per phase: what this stage needs is open, the rest is folded.
fn fields(reader: &Reader, shown: &Drafted<'_>, item: u8) -> Markup {
    let document = &shown.draft.said.document;
    let full = document.stage != Stage::Prompt;
    let need = |spec: &FieldSpec| if full { spec.full } else { spec.prompt };
    let specs: Vec<&FieldSpec> = fields_of(document.form)
        .filter(|spec| spec.item == item)
        .collect();
    let opened = specs
        .iter()
        .any(|spec| need(spec) != Need::Free || document.fields.contains_key(spec.key));
    html! {
        details open[opened] {
            summary { (reader.tell(item_word(item))) }
            fieldset {
                legend { (reader.tell(item_word(item))) }
                @for spec in specs { (field(reader, shown, spec, need(spec))) }
            }
        }
    }
}

fn field(reader: &Reader, shown: &Drafted<'_>, spec: &FieldSpec, need: Need) -> Markup {
    let document = &shown.draft.said.document;
    let name = format!("fields.{}", spec.key);
    let id = anchor(&name);
    let value = document.value(spec.key).unwrap_or_default();
    let unknown = matches!(document.fields.get(spec.key), Some(None));
    let errors = shown.check.filing.errors.iter();
    let error = errors.into_iter().find(|error| error.field == name);
    let told = format!("{id}-error");
    let by = error.map(|_| told.as_str());
    let wrong = (error.is_some() && !value.is_empty()).then_some("true");
    html! {
        @if !matches!(spec.kind, Kind::Choices(_)) {
            label for=(id) { (reader.pick(spec.en, spec.ja)) " " span .small { (needed(reader, need)) } }
        }
        @match spec.kind {
            Kind::Line => input #(id) name=(name) value=(value) maxlength="200" aria-describedby=[by] aria-invalid=[wrong];,
            Kind::Text => textarea #(id) name=(name) rows="4" aria-describedby=[by] aria-invalid=[wrong] { (value) },
            Kind::Time => input #(id) type="datetime-local" step="1" name=(name) value=(shown_time(value)) aria-describedby=[by] aria-invalid=[wrong];,
            Kind::Number(most) => input #(id) inputmode="numeric" pattern="[0-9]*" name=(name) value=(value) title=(format!("0 – {most}")) aria-describedby=[by] aria-invalid=[wrong];,
            Kind::Choice(words) => select #(id) name=(name) aria-describedby=[by] aria-invalid=[wrong] {
                option value="" { (reader.tell(W::Choose)) }
                @for word in words { option value=(word) selected[*word == value] { (choice(reader, word)) } }
            },
            Kind::Choices(words) => fieldset #(id) tabindex="-1" aria-describedby=[by] {
                legend { (reader.pick(spec.en, spec.ja)) " " span .small { (needed(reader, need)) } }
                @for word in words {
                    label { input type="checkbox" name=(name) value=(word) checked[value.split(' ').any(|each| each == *word)]; (choice(reader, word)) }
                }
            },
        }
        @if need == Need::Told || unknown {
            label { input type="checkbox" name="unknown" value=(spec.key) checked[unknown]; (reader.tell(W::NotKnown)) }
        }
        @if let Some(error) = error { p #(told) .small .warn { (reader.pick(error.rule.en(), error.rule.ja())) " (" (error.what) ")" } }
    }
}

/// A time in Japan where the value is one; else as it was typed.
fn shown_time(value: &str) -> String {
    value.parse().map_or_else(|_| value.to_owned(), local)
}

const fn needed(reader: &Reader, need: Need) -> &'static str {
    match need {
        Need::Known => W::Needed.text(reader.language),
        Need::Told => W::NeededOrUnknown.text(reader.language),
        Need::Free => "",
    }
}

fn filing(reader: &Reader, shown: &Drafted<'_>) -> Markup {
    html! {
        h2 { (reader.tell(W::File)) }
        (route(reader, &shown.check.filing.route))
        p .small { (reader.tell(W::FileHow)) }
        @if shown.check.filing.errors.is_empty() {
            form method="post" action={ "/reports/" (shown.draft.id) "/filings" } {
                (reader.form_field())
                input type="hidden" name="version" value=(shown.draft.version);
                button { (reader.tell(W::FileNow)) ": " (reader.tell(stage(shown.draft.said.document.stage))) }
            }
        }
    }
}

fn versions(reader: &Reader, shown: &Drafted<'_>) -> Markup {
    let id = &shown.draft.id;
    let links = |query: String| {
        html! {
            a href={ "/v1/reports/" (id) "/document" (query) } { (reader.tell(W::Download)) " " (reader.tell(W::AsJson)) } " · "
            a href={ "/v1/reports/" (id) "/workbook" (query) } { (reader.tell(W::AsWorkbook)) }
        }
    };
    html! {
        h2 { (reader.tell(W::Versions)) }
        p { (reader.tell(W::DraftNow)) ": " (links(String::new())) }
        @if !shown.filings.is_empty() { table {
            thead { tr {
                th scope="col" { (reader.tell(W::Version)) }
                th scope="col" { (reader.tell(W::Stage)) }
                th scope="col" { (reader.tell(W::Filed)) }
                th scope="col" { (reader.tell(W::Receipt)) }
                th scope="col" { (reader.tell(W::Download)) }
            } }
            tbody { @for (number, filed, at, receipted) in shown.filings { tr {
                th scope="row" { (number) }
                td { (reader.tell(stage(*filed))) }
                td { (local(Seconds(*at))) }
                td {
                    (reader.tell(if *receipted { W::Verified } else { W::Waits }))
                    @if *receipted { " · " a href={ "/v1/reports/" (id) "/receipt?version=" (number) } download { (F::ReceiptDown.text(reader.language)) } }
                }
                td { (links(format!("?version={number}"))) }
            } } }
        } }
    }
}

/// Files of the case: what each is by its first bytes, and never its content.
fn files(reader: &Reader, shown: &Drafted<'_>) -> Markup {
    let id = &shown.draft.id;
    html! {
        h2 { (reader.tell(W::Files)) }
        p .small { (reader.tell(W::FilesNever)) }
        ul { @for each in shown.files {
            @let hash = hex(&each.hash);
            li {
                a href={ "/v1/reports/" (id) "/attachments/" (hash) } download { (each.name) }
                " " (each.media) " " (each.size) " " code .wrap { (hash) }
            }
        } }
        form method="post" action={ "/reports/" (id) "/attachments" } enctype="multipart/form-data" {
            (reader.form_field())
            label for="file" { (reader.tell(W::AddFile)) }
            input #file type="file" name="file" required;
            button { (reader.tell(W::AddFile)) }
        }
    }
}

/// The draft as a list, which is what a printer shows: forms are not printed.
fn printed(reader: &Reader, document: &ReportDocument) -> Markup {
    html! {
        section {
            h2 { (reader.tell(W::DraftNow)) }
            dl { @for spec in fields_of(document.form) {
                @if let Some(value) = document.fields.get(spec.key) {
                    dt { (reader.pick(spec.en, spec.ja)) }
                    dd .text { (shown_value(reader, spec, value.as_deref())) }
                }
            } }
        }
    }
}

/// Guidance with its lines to tick.
pub fn guidance(reader: &Reader, list: &[(Written<Guidance>, Due)]) -> Markup {
    let content = html! {
        @if list.is_empty() { p { (reader.tell(W::NoGuidance)) } }
        @for (each, due) in list {
            section {
                h2 { (each.said.subject()) }
                p { (reader.tell(W::AnswerBy)) ": " (day(reader, due))
                    @if each.state == "answer-waits" { " · " (reader.tell(W::Answered)) ", " (reader.tell(W::NotSent)) }
                }
                form method="post" action={ "/guidance/" (each.id) } {
                    (reader.form_field())
                    @for (number, line) in each.said.lines().iter().enumerate() { (tick(reader, each, (number, line))) }
                    button { (reader.tell(W::AnswerNow)) }
                }
            }
        }
    };
    page(reader, reader.tell(W::Guidance), &content)
}

fn tick(reader: &Reader, guidance: &Written<Guidance>, (number, line): (usize, &str)) -> Markup {
    let last = guidance.said.answers().last();
    let known = last.and_then(|answer| answer.ticks.get(number));
    let (word, day, why) = match known {
        None => ("", String::new(), ""),
        Some(Tick::Done) => ("done", String::new(), ""),
        Some(Tick::Planned { by }) => ("planned", by.to_string(), ""),
        Some(Tick::NotApplicable { why }) => ("not-applicable", String::new(), why.as_str()),
        Some(Tick::NotDone { why }) => ("not-done", String::new(), why.as_str()),
    };
    let words = [
        ("done", W::TickDone),
        ("planned", W::TickPlanned),
        ("not-applicable", W::TickNotApplicable),
        ("not-done", W::TickNotDone),
    ];
    let id = |part: &str| format!("{}-{number}-{part}", guidance.id);
    html! {
        fieldset {
            legend { (number + 1) ". " (line) }
            @for (value, shown) in words {
                label { input type="radio" name={ "tick." (number) } value=(value) checked[value == word] required; (reader.tell(shown)) }
            }
            label for=(id("day")) { (reader.tell(W::TickDay)) }
            input #(id("day")) type="date" name={ "day." (number) } value=(day);
            label for=(id("why")) { (reader.tell(W::TickWhy)) }
            input #(id("why")) name={ "why." (number) } value=(why) maxlength="2000";
        }
    }
}
