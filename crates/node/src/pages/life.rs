//! Pages of lives of measures at the commission's node, of its own copy of the log. In: what the log shows. Out: HTML. Never: a word that the office told beside the log.

use super::{Reader, page};
use crate::words::life::LifeWord as W;
use crate::words::measure::MeasureWord as M;
use maud::{Markup, html};
use sakimori_oversight::lives::{LifeRow, MeasureFigures, RevisionRow};
use sakimori_oversight::projections::AuthorityState;
use serde_json::json;

/// The word of a state, as programs have it.
fn state(state: AuthorityState) -> String {
    json!(state).as_str().unwrap_or_default().to_owned()
}

fn report(reader: &Reader, life: &LifeRow) -> Markup {
    let say = |word: W| word.text(reader.language);
    html! {
        @match &life.report_due {
            Some(due) if life.report_late => { strong .warn { (say(W::ReportDue)) " " (due) " " (M::Late.text(reader.language)) } },
            Some(due) => { (say(W::ReportDue)) " " (due) },
            None => { (say(W::ReportThere)) },
        }
    }
}

/// All measures, the newest first, and the figures of the year.
pub(crate) fn list(reader: &Reader, all: &[LifeRow], figures: &MeasureFigures) -> Markup {
    let say = |word: W| word.text(reader.language);
    let content = html! {
        p { (say(W::LivesHow)) }
        @if all.is_empty() { p { (M::None.text(reader.language)) } }
        @else {
            table {
                thead { tr {
                    th scope="col" { (M::Measure.text(reader.language)) }
                    th scope="col" { (M::State.text(reader.language)) }
                    th scope="col" { (say(W::Renewals)) }
                    th scope="col" { (say(W::Acts)) }
                    th scope="col" { (say(W::Report)) }
                } }
                tbody { @for one in all.iter().rev() { tr {
                    th scope="row" { a href={ "/measures/" (one.measure) } { code { (one.measure) } } }
                    td { @match one.state { Some(of) => (state(of)), None => (say(W::NotDecided)) } }
                    td { (one.renewals) " / " (one.renewals_most) }
                    td { (one.acts.len()) }
                    td { (report(reader, one)) }
                } } }
            }
        }
        section {
            h2 { (say(W::Figures)) " " (figures.year) }
            dl { @for (name, value) in rows(figures) { dt { (name) } dd { (value) } } }
        }
    };
    page(reader, say(W::Lives), &content)
}

fn rows(figures: &MeasureFigures) -> Vec<(String, String)> {
    let value = json!(figures);
    let all = value.as_object().into_iter().flatten();
    let rows = all.filter(|(name, _)| *name != "year");
    rows.map(|(name, value)| (name.replace('_', " "), value.to_string()))
        .collect()
}

/// One measure.
pub(crate) fn one(reader: &Reader, life: &LifeRow) -> Markup {
    let say = |word: W| word.text(reader.language);
    let content = html! {
        p { (say(W::LivesHow)) }
        dl {
            dt { (M::Measure.text(reader.language)) } dd { code { (life.measure) } }
            dt { (M::State.text(reader.language)) } dd { strong { @match life.state { Some(of) => (state(of)), None => (say(W::NotDecided)) } } }
            dt { (say(W::Renewals)) } dd { (life.renewals) " / " (life.renewals_most) }
            dt { (say(W::Report)) } dd { (report(reader, life)) }
        }
        section {
            h2 { (say(W::Texts)) }
            @for text in &life.revisions { (revision(reader, text)) }
        }
        section {
            h2 { (say(W::Acts)) }
            table {
                thead { tr {
                    th scope="col" { (say(W::Entry)) } th scope="col" { (say(W::At)) } th scope="col" { (say(W::Act)) }
                    th scope="col" { (M::Actuator.text(reader.language)) } th scope="col" { (say(W::Step)) } th scope="col" { (say(W::Words)) }
                } }
                tbody { @for act in &life.acts { tr {
                    th scope="row" { (act.index) }
                    td { (act.time) }
                    td { (act.act) @if act.out_of_order { " " strong .warn { (say(W::OutOfOrder)) } } }
                    td { (act.actuator.as_deref().unwrap_or("–")) }
                    td { (act.step) }
                    td .text { (act.detail) }
                } } }
            }
        }
    };
    page(reader, M::Measure.text(reader.language), &content)
}

fn revision(reader: &Reader, text: &RevisionRow) -> Markup {
    let say = |word: W| word.text(reader.language);
    html! {
        article {
            h3 { (say(W::Revision)) " " (text.revision) " · " (text.time) }
            dl {
                dt { (say(W::Entry)) } dd { (text.index) }
                dt { (M::Level.text(reader.language)) } dd { (text.level) }
                dt { (say(W::Route)) } dd { (text.route) }
                dt { (M::Effects.text(reader.language)) } dd { @for (deed, count) in &text.effects { (deed) ": " (count) " " } }
                @if let Some(leaf) = &text.request_leaf {
                    dt { (say(W::Request)) } dd { a href={ "/requests/" (leaf) } { code { (leaf) } } }
                    dt { (say(W::PlanOf)) } dd { a href={ "/requests/" (leaf) "/plan" } { code .wrap { (text.plan) } } }
                }
                @if let Some(of) = &text.authority {
                    dt { (say(W::Authority)) } dd { code { (of.authority) } " · " (state(of.state)) }
                    dt { (M::Until.text(reader.language)) } dd { (of.from) " – " (of.until) }
                    @if !of.suspended_by.is_empty() { dt { (say(W::Suspended)) } dd { (of.suspended_by.join(", ")) } }
                }
                @if let Some(urgent) = text.urgent { dt { (say(W::Urgent)) } dd { (urgent) } }
            }
        }
    }
}
