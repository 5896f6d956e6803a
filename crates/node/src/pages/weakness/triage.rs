//! How urgent a case is. In: the last decision, what the catalogues are. Out: the decision with the table that it names, and a form for each table. Never: a value that is chosen for somebody:
//! the last decision's alone, where the table is the same.

use super::case::Forms;
use super::{area, choice, say};
use crate::pages::Reader;
use crate::words::weakness::Weakness as W;
use maud::{Markup, html};
use sakimori_advisory::room::Triage;
use sakimori_advisory::ssvc::tables::{ALL, CISA_COORDINATOR, Compact};
use sakimori_liaison::weakness::catalogues::{Sheet, Sheets};

/// The decision, and a form for each table where the case is open.
pub(super) fn triage(
    forms: &Forms<'_>,
    triage: Option<&Triage>,
    (catalogues, open): (&Sheets, bool),
) -> Markup {
    let say = |word| say(forms.reader, word);
    let last = triage.map_or(CISA_COORDINATOR.name(), |triage| triage.table.0.as_str());
    html! {
        h2 { (say(W::Triage)) }
        @if let Some(triage) = triage { (decision(forms.reader, triage)) }
        (dates(forms.reader, catalogues))
        @if open {
            p { (say(W::TableChoice)) }
            @for compact in ALL {
                details open[compact.name() == last] {
                    summary { (compact.name()) }
                    (form(forms, compact, triage))
                }
            }
        }
    }
}

fn decision(reader: &Reader, triage: &Triage) -> Markup {
    let say = |word| say(reader, word);
    let percent = |ppm: u32| format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100);
    html! {
        p { strong { (triage.outcome) } " · " (triage.table.0) " " (triage.table.1) }
        @if !triage.doubts.is_empty() { p .warn { (say(W::Doubt)) " " (triage.doubts.join(", ")) } }
        dl {
            @for (name, value) in &triage.values { dt { (name) } dd { (value) } }
            dt { (say(W::Kev)) }
            dd {
                @match &triage.catalogue {
                    None => (say(W::NoCatalogue)),
                    Some(version) => {
                        @if triage.exploited.is_empty() { (say(W::NoKev)) }
                        @for entry in &triage.exploited { strong .warn { (entry.cve) } " " (entry.added) " → " (entry.due) @if entry.ransomware { " ransomware" } " " }
                        " (" (version) ")"
                    }
                }
            }
            dt { (say(W::Epss)) }
            dd {
                @match &triage.scores {
                    None => (say(W::NoScores)),
                    Some(day) => {
                        @for score in &triage.likely { (score.cve) " " (percent(score.probability_ppm)) " (" (percent(score.percentile_ppm)) ") " }
                        "(" (day) ")"
                    }
                }
            }
        }
    }
}

/// A form of a table's points; the values of the last decision stand there where it was of this table.
fn form(forms: &Forms<'_>, compact: &Compact, triage: Option<&Triage>) -> Markup {
    let points = compact
        .table()
        .map(|table| table.points)
        .unwrap_or_default();
    let same = triage.filter(|triage| triage.table.0 == compact.name());
    let cves = triage.map_or(String::new(), |triage| triage.cves.join("\n"));
    let fields = html! {
        input type="hidden" name="table" value=(compact.name());
        @for (place, point) in points.iter().enumerate() {
            @let options: Vec<(&str, &str)> = point.values.iter().map(|v| (v.as_ref(), v.as_ref())).collect();
            @let chosen = same.and_then(|t| t.values.get(place)).map_or("", |(_, value)| value.as_str());
            (choice(&point.name, &format!("point{place}"), &options, chosen))
        }
        (area(say(forms.reader, W::Cves), "cves", &cves, (2, false)))
    };
    forms.form("triaged", &fields, W::Judge)
}

/// Of which day the catalogues are that the next decision will use, and how old that is.
pub(super) fn dates(reader: &Reader, catalogues: &Sheets) -> Markup {
    let say = |word| say(reader, word);
    let line = |sheet: Option<&Sheet>, none: W| match sheet {
        None => html! { strong .warn { (say(none)) } },
        Some(sheet) => html! {
            (sheet.date) " (" (sheet.version) ") · "
            @match sheet.age_days {
                Some(days) => span .warn[sheet.old] { (days) " " (say(W::DaysOld)) },
                None => span .warn { (say(W::AgeUnknown)) },
            }
        },
    };
    html! {
        dl {
            dt { (say(W::KevAtHand)) } dd { (line(catalogues.kev.as_ref(), W::NoCatalogue)) }
            dt { (say(W::EpssAtHand)) } dd { (line(catalogues.epss.as_ref(), W::NoScores)) }
        }
    }
}
