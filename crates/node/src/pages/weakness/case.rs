//! A case as the office works on it. In: the case, what the reader may do. Out: a page with a form for each act. Never: a form for an act that the reader may not do.

use super::triage::triage;
use super::{
    area, choice, coordinator, embargo, field, maker, say, stage_word, state, state_choice,
};
use crate::pages::{Reader, page};
use crate::words::weakness::Weakness as W;
use maud::{Markup, html};
use sakimori_advisory::publish::case::{ProductState, Stage};
use sakimori_advisory::room::{Act, Actor, Content, Event, Maker, Notifier, Room};
use sakimori_custody::time::Seconds;
use sakimori_liaison::weakness::catalogues::Sheets;
use sakimori_liaison::weakness::letter::id as letter_id;

/// What is shown.
pub(crate) struct Shown<'a> {
    /// The case.
    pub room: &'a Room,
    /// What it is called.
    pub title: &'a str,
    /// Its events.
    pub events: &'a [Event],
    /// For each event the log entry under which something left by it, if something did.
    pub entries: &'a [Option<u64>],
    /// What the catalogues are.
    pub catalogues: &'a Sheets,
    /// Now.
    pub now: Seconds,
    /// Whether the reader may let things go out.
    pub releases: bool,
}

/// A form of the page: the act, its fields, its button.
pub(super) struct Forms<'a> {
    pub(super) reader: &'a Reader,
    here: String,
    on: usize,
}

impl Forms<'_> {
    pub(super) fn form(&self, act: &str, fields: &Markup, button: W) -> Markup {
        html! {
            form method="post" action=(self.here) {
                (self.reader.form_field())
                input type="hidden" name="on" value=(self.on);
                input type="hidden" name="act" value=(act);
                (fields)
                button { (say(self.reader, button)) }
            }
        }
    }

    fn of_maker(&self, act: &str, name: &str, fields: &Markup, button: W) -> Markup {
        let named = html! { input type="hidden" name="maker" value=(name); (fields) };
        self.form(act, &named, button)
    }
}

/// The page.
pub(crate) fn case(reader: &Reader, shown: &Shown<'_>) -> Markup {
    let say = |word| say(reader, word);
    let room = shown.room;
    let forms = Forms {
        reader,
        here: format!("/weaknesses/cases/{}", room.id()),
        on: room.events(),
    };
    let open = room.closed().is_none();
    let why = area(say(W::Why), "text", "", (3, true));
    let content = html! {
        dl {
            dt { (say(W::Case)) } dd { code { (room.id()) } }
            dt { (say(W::Stage)) } dd { strong { (say(stage_word(room.stage(shown.now).word()))) } }
            dt { (say(W::YourReport)) } dd { @for report in room.reports() { a href={ "/weaknesses/reports/" (report) } { code { (report) } } " " } }
            @if let Some(due) = room.next_due(shown.now) { dt { (say(W::Due)) } dd { (due) " UTC" } }
        }
        @if let Some(closed) = room.closed() { p .text { (say(W::StageClosed)) ": " (closed.text) } }
        (triage(&forms, room.triage().map(|(_, triage)| triage), (shown.catalogues, open)))
        (embargo(reader, &room.embargo(shown.now)))
        @if open && shown.releases && !room.is_public(shown.now) { (hour(&forms)) }
        h2 { (say(W::Makers)) }
        @for (name, maker) in room.makers() { (of_maker(&forms, (name, maker), shown, open)) }
        @if open && room.triage().is_some() {
            (forms.form("maker-added", &field(say(W::Maker), "maker", "", true), W::AddMaker))
        }
        (coordinator::all(&forms, room, (shown.now, shown.releases, open)))
        (draft(&forms, shown, open))
        h2 { (say(W::Letters)) }
        @for letter in room.letters() {
            p .small { (letter.said.at) " · " (who(&letter.by)) }
            p .text { (letter.said.text) }
        }
        @if open {
            (forms.form("reporter-told", &area(say(W::Write), "text", "", (5, true)), W::TellReporter))
        }
        @if open && shown.releases { (forms.form("closed", &why, W::Close)) }
        @if !open { (forms.form("reopened", &why, W::Reopen)) }
        (history(reader, shown.events.iter().zip(shown.entries)))
    };
    page(reader, shown.title, &content)
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Office(person) => person.clone(),
        Actor::Maker(maker) => format!("[{maker}]"),
        Actor::Reporter => "[reporter]".to_owned(),
        Actor::Coordinator(coordinator) => format!("({coordinator})"),
    }
}

fn hour(forms: &Forms<'_>) -> Markup {
    let say = |word| say(forms.reader, word);
    let set = html! {
        label { (say(W::Hour))
            input type="datetime-local" name="local" required step="60";
        }
        (zone())
        (area(say(W::WhyHour), "text", "", (3, true)))
    };
    let leaked = area(say(W::WhereSeen), "text", "", (3, true));
    html! {
        (forms.form("hour-set", &set, W::SetHour))
        (forms.form("leaked", &leaked, W::LeakSwitch))
    }
}

/// The zone in which an hour is meant; it is never left out.
fn zone() -> Markup {
    choice(
        "UTC±",
        "zone",
        &[
            ("+09:00", "+09:00 (JST)"),
            ("Z", "UTC"),
            ("+01:00", "+01:00"),
            ("+02:00", "+02:00"),
            ("-05:00", "-05:00"),
            ("-08:00", "-08:00"),
            ("-07:00", "-07:00"),
            ("-04:00", "-04:00"),
            ("+08:00", "+08:00"),
            ("+05:30", "+05:30"),
        ],
        "+09:00",
    )
}

fn until(forms: &Forms<'_>, word: W) -> Markup {
    html! {
        label { (say(forms.reader, word))
            input type="datetime-local" name="local" required step="60";
        }
        (zone())
    }
}

fn of_maker(
    forms: &Forms<'_>,
    (name, maker): (&str, &Maker),
    shown: &Shown<'_>,
    open: bool,
) -> Markup {
    let say = |word| say(forms.reader, word);
    let clocked: Vec<_> = maker
        .requests
        .iter()
        .map(|request| (request.clone(), request.clock(shown.now)))
        .collect();
    let letters = letter_id(name, 0);
    let letters = letters.trim_end_matches('0');
    html! {
        section {
            h3 { (name) " · " (state(forms.reader, maker.state(shown.now))) }
            @if let Some(until) = maker.waits_until() { p { (say(W::AnswerBy)) " " (until) " UTC" } }
            @for told in &maker.told { p .small { (told.at) " → " (told.answer_by) } p .text { (told.text) } }
            @for said in &maker.said {
                p .small { (said.at) " · " (state(forms.reader, said.state)) @if said.by_office { " · " (say(W::WriteDown)) } @if let Some(through) = &said.through { " · " (say(W::Through)) " " (through) } }
                @if let Some(words) = &said.words { p .text { (words) } }
            }
            (maker::notices(forms.reader, &maker.notices, (&forms.here, letters)))
            (maker::requests(forms.reader, &clocked, (&forms.here, letters, false)))
            @if open && shown.releases { (forms.of_maker("counts", name, &html! {}, W::LetCounts)) }
            @if open {
                details {
                    summary { (say(W::Write)) }
                    (maker_forms(forms, (name, maker), shown.releases))
                }
            }
        }
    }
}

fn maker_forms(forms: &Forms<'_>, (name, maker): (&str, &Maker), releases: bool) -> Markup {
    let say = |word| say(forms.reader, word);
    let text = |word: W| area(say(word), "text", "", (4, true));
    let told = html! { (text(W::TellText)) (until(forms, W::AnswerBy)) };
    let said =
        html! { (state_choice(forms.reader)) (area(say(W::OwnWords), "text", "", (4, false))) };
    let days = html! { input type="hidden" name="days" value="90"; };
    let request = html! {
        (field(say(W::Minister), "minister", "", true))
        (area(say(W::Ground), "ground", "", (3, true)))
        (text(W::Asked))
        (until(forms, W::ReplyBy))
    };
    let notifiers = [
        (
            "infrastructure-minister",
            Notifier::InfrastructureMinister.words(),
        ),
        ("prime-minister", Notifier::PrimeMinister.words()),
    ];
    let notice = html! {
        (choice(say(W::Who), "notifier", &notifiers, ""))
        (field(say(W::Minister), "minister", "", true))
        (area(say(W::Urgency), "ground", "", (3, true)))
        (text(W::TellText))
    };
    html! {
        (forms.of_maker("maker-contact", name, &field(say(W::MakerMail), "mail", maker.contact.as_deref().unwrap_or_default(), true), W::SetMail))
        (forms.of_maker("told", name, &told, W::Tell))
        (forms.of_maker("link", name, &days, W::MakeLink))
        @if !maker.links.is_empty() { (forms.of_maker("links-ended", name, &text(W::Why), W::EndLinks)) }
        (forms.of_maker("said", name, &said, W::WriteDown))
        @if releases {
            (forms.of_maker("requested", name, &request, W::Request))
            (forms.of_maker("notified", name, &notice, W::Notify))
            @for (place, request) in maker.requests.iter().enumerate() {
                @if request.is_open() {
                    @let numbered = html! { input type="hidden" name="request" value=(place + 1); (text(W::Why)) };
                    (forms.of_maker("request-withdrawn", name, &numbered, W::ClockWithdrawn))
                }
            }
        }
    }
}

/// Whether the form of one weakness shows all that the draft says.
fn fits(content: &Content) -> bool {
    let [weakness] = content.weaknesses.as_slice() else {
        return false;
    };
    let all: Vec<usize> = (0..content.products.len()).collect();
    let stated: Vec<usize> = weakness.states.iter().map(|(place, _)| *place).collect();
    let plain = content
        .products
        .iter()
        .all(|p| p.models.is_empty() && p.cpe.is_none() && p.purl.is_none());
    plain
        && stated == all
        && weakness.scores.len() <= 1
        && weakness.reasons.is_empty()
        && weakness.disclosed.is_none()
}

const fn product_state(state: ProductState) -> &'static str {
    match state {
        ProductState::Affected => "affected",
        ProductState::NotAffected => "not-affected",
        ProductState::Fixed => "fixed",
        ProductState::Unknown => "unknown",
    }
}

fn draft(forms: &Forms<'_>, shown: &Shown<'_>, open: bool) -> Markup {
    let say = |word| say(forms.reader, word);
    let room = shown.room;
    let content = room.draft().map(|draft| &draft.content);
    let summary = field(say(W::WhatChanged), "summary", "", true);
    html! {
        h2 { (say(W::Draft)) }
        @if let Some(draft) = room.draft() {
            p .small { (draft.at) " · " (who(&draft.by)) }
            details {
                summary { "JSON" }
                pre .wrap { (serde_json::to_string_pretty(&draft.content).unwrap_or_default()) }
            }
        }
        @if open {
            @if content.is_none_or(fits) { (draft_form(forms, content)) }
            @else { p .warn { (say(W::DraftElsewhere)) } }
        }
        @if !room.approvals().is_empty() {
            h3 { (say(W::Approved)) }
            ul { @for approval in room.approvals() { li { (approval.at) " · " (who(&approval.by)) " · " (approval.summary) ": " (approval.content.title) } } }
        }
        @if open && shown.releases && content.is_some() {
            (forms.form("approved", &summary, W::Approve))
            @if !room.approvals().is_empty() {
                (forms.form("withdrawn", &area(say(W::Why), "text", "", (3, true)), W::Withdraw))
            }
        }
    }
}

fn draft_form(forms: &Forms<'_>, content: Option<&Content>) -> Markup {
    let say = |word| say(forms.reader, word);
    let weakness = content.and_then(|content| content.weaknesses.first());
    let text = |of: fn(&Content) -> &str| content.map(of).unwrap_or_default();
    let of = |of: fn(&sakimori_advisory::publish::case::Weakness) -> String| {
        weakness.map(of).unwrap_or_default()
    };
    let products: Vec<String> = content.map_or_else(Vec::new, |content| {
        let states = content
            .weaknesses
            .first()
            .map_or(&[][..], |w| w.states.as_slice());
        let lines = content.product_lines().zip(states);
        lines
            .map(|((maker, name, versions), (_, state))| {
                format!("{maker} | {name} | {versions} | {}", product_state(*state))
            })
            .collect()
    });
    let references: Vec<String> = content.map_or_else(Vec::new, |content| {
        let all = content.references.iter();
        all.map(|(what, url)| format!("{what} | {url}")).collect()
    });
    let score = of(|w| {
        w.scores
            .first()
            .map_or(String::new(), |(_, vector, tenths)| {
                format!("{vector} {}.{}", tenths / 10, tenths % 10)
            })
    });
    let remedies = of(|w| {
        let line = |remedy: &sakimori_advisory::publish::case::Remedy| {
            let kind = serde_json::to_value(remedy.kind).unwrap_or_default();
            let url = remedy.url.as_deref().unwrap_or_default();
            format!(
                "{} | {} | {url}",
                kind.as_str().unwrap_or_default(),
                remedy.details
            )
        };
        w.remedies.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    let interim = content.is_some_and(|content| content.stage == Stage::Interim);
    let tlp = content.map_or("clear", |content| content.tlp.name());
    let fields = html! {
        (field(say(W::Title), "title", text(|c| &c.title), true))
        (area(say(W::Summary), "summary", text(|c| &c.summary), (5, true)))
        (choice(say(W::Lang), "lang", &[("ja", "日本語"), ("en", "English")], text(|c| &c.lang)))
        (choice(say(W::Marking), "tlp", &[("clear", "TLP:CLEAR"), ("green", "TLP:GREEN"), ("amber", "TLP:AMBER"), ("amber+strict", "TLP:AMBER+STRICT")], tlp))
        (choice("interim / final", "stage", &[("final", "final"), ("interim", "interim")], if interim { "interim" } else { "final" }))
        (area(say(W::ProductsLines), "products", &products.join("\n"), (5, true)))
        (field("CVE", "cve", &of(|w| w.cve.clone().unwrap_or_default()), false))
        (field(say(W::WeaknessTitle), "weakness", &of(|w| w.title.clone()), true))
        (area(say(W::Description), "description", &of(|w| w.description.clone()), (6, true)))
        (field("CWE-… name", "cwe", &of(|w| w.cwe.as_ref().map_or(String::new(), |(id, name)| format!("{id} {name}"))), false))
        (field(say(W::Cvss), "cvss", &score, false))
        (area(say(W::RemediesLines), "remedies", &remedies, (4, false)))
        (area(say(W::ReferencesLines), "references", &references.join("\n"), (3, false)))
    };
    forms.form("drafted", &fields, W::Keep)
}

fn history<'e>(
    reader: &Reader,
    events: impl Iterator<Item = (&'e Event, &'e Option<u64>)>,
) -> Markup {
    let say = |word| say(reader, word);
    let kind = |act: &Act| {
        // The tag that the event has in JSON, without what was said.
        let value = serde_json::to_value(act).unwrap_or_default();
        let tag = value.as_object().and_then(|map| map.keys().next().cloned());
        tag.unwrap_or_default()
    };
    html! {
        h2 { (say(W::History)) }
        table { tbody { @for (event, entry) in events { tr {
            td { (event.at) }
            td { (who(&event.by)) }
            td { (kind(&event.act)) @if let Some(maker) = event.act.maker() { " · " (maker) } }
            td { @if let Some(entry) = entry { (say(W::Entry)) " " (entry) } }
        } } } }
    }
}
