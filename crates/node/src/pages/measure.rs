//! Pages of measures, and the form of complaints. In: lives, alarms, complaints. Out: HTML that works without a script. Never: a button that dispatches or approves; who complained, on a page for everybody.

mod verdict;

use super::{Reader, page};
use crate::measure::Alarm;
use crate::words::measure::MeasureWord as W;
use crate::words::measured::ReportWord;
use maud::{Markup, html};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{ComplaintPaper, Held, Stop, VerdictPaper};
use sakimori_liaison::paper::Written;
use sakimori_respond::plan::complaint::Register;
use sakimori_respond::plan::life::{Clock, Stage, Standing, State};

const fn stage(stage: Stage) -> W {
    match stage {
        Stage::Drafted => W::Drafted,
        Stage::Reviewed => W::Reviewed,
        Stage::Asked => W::Asked,
        Stage::Questioned => W::Questioned,
        Stage::Approved => W::Approved,
        Stage::Refused => W::Refused,
        Stage::Urgent => W::Urgent,
        Stage::Dispatching => W::Dispatching,
        Stage::InForce => W::WhollyInForce,
        Stage::Suspended => W::Suspended,
        Stage::Ending => W::Ending,
        Stage::Ended => W::Ended,
        Stage::Reported => W::Reported,
    }
}

/// The clock that is due next, of those that are not done.
fn next(state: &State) -> Option<&Clock> {
    let open = state.clocks().values().filter(|clock| clock.done.is_none());
    open.min_by_key(|clock| clock.due)
}

fn due(reader: &Reader, clock: &Clock, now: Seconds) -> Markup {
    let say = |word: W| word.text(reader.language);
    let late = matches!(
        clock.standing(now),
        Standing::Overdue(_) | Standing::DoneLate
    );
    html! {
        @if late { strong .warn { (clock.due) " " (say(W::Late)) } } @else { (clock.due) }
        @if !clock.verified { " " span .small { (say(W::Unverified)) } }
    }
}

fn text(at: Option<Seconds>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| at.to_string())
}

/// All measures, the newest first, and alarms.
pub(crate) fn list(
    reader: &Reader,
    (all, more): (&[Held], bool),
    alarms: &[Alarm],
    (stopped, may): (&Stop, bool),
    now: Seconds,
) -> Markup {
    let say = |word: W| word.text(reader.language);
    let content = html! {
        @if all.is_empty() { p { (say(W::None)) } }
        @else {
            table {
                thead { tr {
                    th scope="col" { (say(W::Measure)) }
                    th scope="col" { (say(W::Stage)) }
                    th scope="col" { (say(W::Level)) }
                    th scope="col" { (say(W::Effects)) }
                    th scope="col" { (say(W::InForce)) }
                    th scope="col" { (say(W::Until)) }
                    th scope="col" { (say(W::NextDue)) }
                } }
                tbody { @for one in all.iter().rev() { (row(reader, one.state(), now)) } }
            }
        }
        @if more { p { (say(W::More)) } }
        (super::renewal::stop(reader, stopped, may))
        @if !alarms.is_empty() {
            section {
                h2 { (say(W::Alarms)) }
                ul role="status" { @for alarm in alarms { li {
                    (alarm.at) " · " (alarm.kind) " · "
                    @if !alarm.measure.is_empty() { a href={ "/measures/" (alarm.measure) } { code { (alarm.measure) } } " · " }
                    (alarm.words) @if alarm.times > 1 { " (" (alarm.times) ")" }
                } } }
            }
        }
    };
    page(reader, say(W::Measures), &content)
}

fn row(reader: &Reader, state: &State, now: Seconds) -> Markup {
    let standing = state.effects().iter().filter(|one| one.stands()).count();
    html! { tr {
        th scope="row" { a href={ "/measures/" (state.plan().id) } { code { (state.plan().id) } } }
        td { (stage(state.stage()).text(reader.language)) }
        td { (state.level()) }
        td { (state.effects().len()) }
        td { (standing) }
        td { (text(state.until())) }
        td { @if let Some(clock) = next(state) { (due(reader, clock, now)) } }
    } }
}

/// One measure.
pub(crate) fn one(
    reader: &Reader,
    held: &Held,
    judged: Option<&VerdictPaper>,
    (complaints, cautions): (&[Written<ComplaintPaper>], &[String]),
    may: bool,
    now: Seconds,
) -> Markup {
    let say = |word: W| word.text(reader.language);
    let state = held.state();
    let goes_on = state.stage().is_decided();
    let content = html! {
        dl {
            dt { (say(W::Stage)) } dd { strong { (stage(state.stage()).text(reader.language)) } }
            dt { (say(W::Level)) } dd { (state.level()) }
            dt { (say(W::Approval)) } dd { @match state.authority() { Some(id) => code { (id) }, None => "–" } }
            dt { (say(W::Until)) } dd { (text(state.until())) }
        }
        @if state.waits_for_two() { p .warn { (say(W::ForTwo)) } }
        @if !cautions.is_empty() {
            section {
                h2 { (say(W::Cautions)) }
                ul { @for words in cautions { li .warn { (words) } } }
            }
        }
        @if may && goes_on { (buttons(reader, state)) }
        @if goes_on { (super::renewal::renewal(reader, state)) }
        (led(reader, state))
        (plan(reader, state))
        (effects(reader, state))
        (verdict::verdicts(reader, judged))
        section {
            h2 { (say(W::Clocks)) }
            table {
                thead { tr {
                    th scope="col" { (say(W::Owed)) } th scope="col" { (say(W::Due)) } th scope="col" { (say(W::Done)) }
                } }
                tbody { @for (duty, clock) in state.clocks() { tr {
                    th scope="row" { (duty) @if let Some(why) = &clock.withheld { " · " (say(W::Withheld)) ": " (why) } }
                    td { (due(reader, clock, now)) }
                    td { (text(clock.done)) }
                } } }
            }
        }
        @if !complaints.is_empty() { (decisions(reader, complaints, may)) }
    };
    page(reader, say(W::Measure), &content)
}

/// Where more of it is: the playbook that it follows, the report.
fn led(reader: &Reader, state: &State) -> Markup {
    let say = |word: ReportWord| word.text(reader.language);
    let id = state.plan().id;
    html! { p {
        @if state.plan().playbook.is_some() {
            a href={ "/measures/" (id) "/playbook" } { (say(ReportWord::Playbook)) } " · "
        }
        a href={ "/measures/" (id) "/report" } { (say(ReportWord::Report)) }
    } }
}

fn buttons(reader: &Reader, state: &State) -> Markup {
    let say = |word: W| word.text(reader.language);
    let here = format!("/measures/{}", state.plan().id);
    html! {
        form method="post" action=(here) {
            (reader.form_field())
            input type="hidden" name="act" value="release";
            p {
                input #confirm type="checkbox" name="confirm" value="yes" required;
                label for="confirm" { (say(W::Confirm)) }
            }
            button { (say(W::Release)) }
        }
        @if !state.is_held() {
            form method="post" action=(here) {
                (reader.form_field())
                input type="hidden" name="act" value="hold";
                button { (say(W::Hold)) } " " span .small { (say(W::HoldHow)) }
            }
        } @else if !state.is_halted() {
            form method="post" action=(here) {
                (reader.form_field())
                input type="hidden" name="act" value="free";
                button { (say(W::Free)) } " " span .small { (say(W::FreeHow)) }
            }
        }
    }
}

fn plan(reader: &Reader, state: &State) -> Markup {
    let say = |word: W| word.text(reader.language);
    let dossier = &state.plan().dossier;
    let parts = [
        (W::Harm, &dossier.harm),
        (W::Imminence, &dossier.imminence),
        (W::Necessity, &dossier.necessity),
        (W::Proportionality, &dossier.proportionality),
        (W::Scope, &dossier.scope),
    ];
    html! {
        section {
            h2 { (say(W::Plan)) }
            @for (word, words) in parts { h3 { (say(word)) } p .text { (words) } }
            dl {
                (super::plan::judged(reader, dossier))
                @if let Some(found) = state.found() {
                    dt { (say(W::Collateral)) } dd { (found.low) "–" (found.high) }
                }
            }
            h3 { (say(W::Evidence)) }
            table {
                thead { tr {
                    th scope="col" { (say(W::What)) } th scope="col" { (say(W::Class)) } th scope="col" { "SHA-256" } th scope="col" { (say(W::Taken)) }
                } }
                tbody { @for one in &dossier.evidence { tr {
                    th scope="row" { (one.what) } td { (one.class) } td { code .wrap { (one.sha256) } } td { (one.taken) }
                } } }
            }
            @if !dossier.withheld.is_empty() {
                h3 { (say(W::Withheld)) }
                ul { @for one in &dossier.withheld { li { (one.what) ": " (one.reason) } } }
            }
            h3 { (say(W::Alternatives)) }
            ul { @for one in &dossier.alternatives { li {
                (one.kind.name()) ": " (one.what) " · "
                @if let Some(tried) = &one.tried { (tried.at) " " (tried.words) }
                @if let Some(cannot) = &one.cannot { (cannot) }
            } } }
        }
    }
}

fn effects(reader: &Reader, state: &State) -> Markup {
    let say = |word: W| word.text(reader.language);
    html! {
        section {
            h2 { (say(W::Effects)) }
            table {
                thead { tr {
                    th scope="col" { (say(W::Deed)) } th scope="col" { (say(W::Target)) } th scope="col" { (say(W::Actuator)) }
                    th scope="col" { (say(W::Controller)) } th scope="col" { (say(W::State)) } th scope="col" { (say(W::Until)) }
                } }
                tbody { @for (aim, effect) in state.plan().aims.iter().zip(state.effects()) { tr {
                    td { (aim.deed) }
                    th scope="row" { code .wrap { (aim.target) } }
                    td { (aim.actuator) }
                    td { (aim.controller) }
                    td { (format!("{:?}", effect.at).to_lowercase()) }
                    td { (text(effect.until)) }
                } } }
            }
        }
    }
}

fn decisions(reader: &Reader, complaints: &[Written<ComplaintPaper>], may: bool) -> Markup {
    let say = |word: W| word.text(reader.language);
    html! {
        section {
            h2 { (say(W::Complaints)) }
            @for one in complaints {
                article {
                    h3 { code { (one.id) } " · " (one.state) }
                    p { code { (one.said.complaint.target) } " · " (one.said.complaint.at) }
                    p .text { (one.said.complaint.words) }
                    p .small { (say(W::ByRule)) ": " (one.said.ruling.words) }
                    @if let Some(answer) = &one.said.answer { p .text { (say(W::Answer)) ": " (answer) } }
                    @else if may {
                        form method="post" action={ "/measures/complaints/" (one.id) } {
                            (reader.form_field())
                            p {
                                input #{ "u-" (one.id) } type="radio" name="upheld" value="true" required;
                                label for={ "u-" (one.id) } { (say(W::Upheld)) }
                                input #{ "d-" (one.id) } type="radio" name="upheld" value="false";
                                label for={ "d-" (one.id) } { (say(W::Dismissed)) }
                            }
                            label for={ "a-" (one.id) } { (say(W::Answer)) }
                            textarea #{ "a-" (one.id) } name="answer" rows="4" required {}
                            button { (say(W::Decide)) }
                        }
                    }
                }
            }
        }
    }
}

/// The form of complaints and the register in numbers, for everybody; behind a complaint with its reference.
pub(crate) fn complaints(
    reader: &Reader,
    taken: Option<&str>,
    set_up: bool,
    register: &Register,
) -> Markup {
    let say = |word: W| word.text(reader.language);
    let content = html! {
        @if let Some(reference) = taken {
            p role="status" { (say(W::KeepIt)) " " strong { code { (reference) } } }
            p { a href={ "/complaints/" (reference) } { (say(W::HowItStands)) } }
        }
        @else if !set_up { p { (say(W::NoMeasures)) } }
        @else {
            p { (say(W::ComplainHow)) }
            form method="post" action="/complaints" {
                label for="target" { (say(W::WhichTarget)) }
                input #target name="target" maxlength="300" required;
                label for="words" { (say(W::InWords)) }
                textarea #words name="words" rows="6" maxlength="8000" required {}
                button { (say(W::Send)) }
            }
        }
        section {
            h2 { (say(W::Register)) }
            dl {
                dt { (say(W::Received)) } dd { (register.received) }
                dt { (say(W::Open)) } dd { (register.open) }
                dt { (say(W::DismissedShort)) } dd { (register.dismissed) }
                dt { (say(W::UpheldShort)) } dd { (register.upheld) }
                dt { (say(W::EndedFor)) } dd { (register.ended) }
            }
        }
    };
    page(reader, say(W::Complain), &content)
}

/// How a complaint stands.
pub(crate) fn complaint(
    reader: &Reader,
    reference: &str,
    (state, at, target): (&str, &str, &str),
    (by_rule, answer): (&str, Option<&str>),
) -> Markup {
    let say = |word: W| word.text(reader.language);
    let word = match state {
        "upheld" => W::UpheldShort,
        "dismissed" => W::DismissedShort,
        _ => W::Open,
    };
    let content = html! {
        dl {
            dt { (say(W::Reference)) } dd { code { (reference) } }
            dt { (say(W::State)) } dd { strong { (say(word)) } }
            dt { (say(W::Taken)) } dd { (at) }
            dt { (say(W::Target)) } dd { code { (target) } }
            dt { (say(W::ByRule)) } dd { (by_rule) }
            dt { (say(W::Answer)) } dd .text { (answer.unwrap_or("–")) }
        }
    };
    page(reader, say(W::HowItStands), &content)
}
