//! The plan of a measure for whoever decides: why, what exactly, by whom, until when, how it is judged. In: a plan. Out: HTML. Never: a line of the plan that is left out because it is inconvenient: evidence stands with its class.

use super::{Reader, page};
use crate::words::life::LifeWord as W;
use crate::words::measure::MeasureWord as M;
use maud::{Markup, html};
use sakimori_respond::effect::MOVED_PERCENT;
use sakimori_respond::plan::collateral::Fact;
use sakimori_respond::plan::dossier::Dossier;
use sakimori_respond::plan::{Digest, Plan};

/// How a measure is judged: the lines that are fixed in advance, the window, the shares.
pub(super) fn judged(reader: &Reader, dossier: &Dossier) -> Markup {
    let say = |word: W| word.text(reader.language);
    let goal = &dossier.success;
    html! {
        dt { (M::Works.text(reader.language)) } dd { code { (goal) } }
        dt { (M::Stops.text(reader.language)) } dd { code { (dossier.stop) } }
        dt { (say(W::Span)) } dd { (goal.seconds()) }
        dt { (say(W::Window)) } dd { (goal.window_seconds()) }
        dt { (say(W::Moved)) } dd { (MOVED_PERCENT) }
    }
}

/// The page of a plan whose digest was held against the text.
pub(crate) fn plan(reader: &Reader, plan: &Plan, digest: &Digest) -> Markup {
    let say = |word: W| word.text(reader.language);
    let content = html! {
        p { (say(W::PlanHow)) }
        dl {
            dt { (M::Measure.text(reader.language)) } dd { a href={ "/measures/" (plan.id) } { code { (plan.id) } } }
            dt { (say(W::Digest)) } dd { code .wrap { (digest) } }
            dt { (say(W::Asked)) } dd { (plan.not_before) " – " (plan.not_after) }
            dt { (say(W::Renewals)) } dd { (plan.renewals) }
            dt { (say(W::RollOut)) } dd { (plan.soak_seconds) " · " (plan.effect_seconds) " · " (plan.most) }
            (judged(reader, &plan.dossier))
        }
        (why(reader, &plan.dossier))
        (people(reader, plan))
        (aims(reader, plan))
        (seen(reader, plan))
    };
    page(reader, say(W::PlanOf), &content)
}

fn why(reader: &Reader, dossier: &Dossier) -> Markup {
    let say = |word: M| word.text(reader.language);
    let parts = [
        (M::Harm, &dossier.harm),
        (M::Imminence, &dossier.imminence),
        (M::Necessity, &dossier.necessity),
        (M::Proportionality, &dossier.proportionality),
        (M::Scope, &dossier.scope),
    ];
    html! {
        section {
            h2 { (say(M::Plan)) }
            @for (word, words) in parts { h3 { (say(word)) } p .text { (words) } }
            @if let Some(others) = &dossier.others { h3 { (W::Others.text(reader.language)) } p .text { (others) } }
            h3 { (say(M::Evidence)) }
            table {
                thead { tr {
                    th scope="col" { (say(M::What)) } th scope="col" { (say(M::Class)) } th scope="col" { "SHA-256" } th scope="col" { (say(M::Taken)) }
                } }
                tbody { @for one in &dossier.evidence { tr {
                    th scope="row" { (one.what) } td { (one.class) } td { code .wrap { (one.sha256) } } td { (one.taken) }
                } } }
            }
            @if !dossier.withheld.is_empty() {
                h3 { (say(M::Withheld)) }
                ul { @for one in &dossier.withheld { li { (one.what) " · " (one.class) ": " (one.reason) } } }
            }
            h3 { (say(M::Alternatives)) }
            ul { @for one in &dossier.alternatives { li {
                (one.kind.name()) ": " (one.what) " · "
                @if let Some(tried) = &one.tried { (tried.at) " " (tried.words) }
                @if let Some(cannot) = &one.cannot { (cannot) }
            } } }
        }
    }
}

fn people(reader: &Reader, plan: &Plan) -> Markup {
    let say = |word: W| word.text(reader.language);
    let chain = &plan.chain;
    html! {
        section {
            h2 { (say(W::People)) }
            dl {
                dt { (say(W::Route)) } dd { (chain.route()) }
                dt { (say(W::Proposed)) } dd { (chain.proposed) }
                dt { (say(W::Reviewed)) } dd { (chain.reviewed) }
                dt { (say(W::Executor)) } dd { (chain.executor.officer) " · " (chain.executor.body) " · " (chain.executor.number) }
                dt { (say(W::Superior)) } dd { (chain.superior.by) " · " (chain.superior.office) }
                @if let Some(order) = &chain.defence { dt { (say(W::Order)) } dd { (order.number) " · " (order.from) " – " (order.until) } }
                @if let Some(record) = &chain.consultation { dt { (say(W::Consultation)) } dd { (record.number) " · " (record.at) } }
            }
        }
    }
}

fn aims(reader: &Reader, plan: &Plan) -> Markup {
    let say = |word: M| word.text(reader.language);
    html! {
        section {
            h2 { (say(M::Effects)) }
            table {
                thead { tr {
                    th scope="col" { (say(M::Deed)) } th scope="col" { (say(M::Target)) } th scope="col" { (say(M::Actuator)) }
                    th scope="col" { (say(M::Controller)) } th scope="col" { (W::Country.text(reader.language)) }
                } }
                tbody { @for aim in &plan.aims { tr {
                    td { (aim.deed) }
                    th scope="row" { code .wrap { (aim.target) } }
                    td { (aim.actuator) }
                    td { (aim.controller) }
                    td { (aim.country) }
                } } }
            }
            p { (say(M::NoticesOwn)) }
        }
    }
}

fn fact(reader: &Reader, fact: Option<&Fact>) -> Markup {
    html! {
        @match fact {
            Some(fact) => { (fact.low) "–" (fact.high) " · " (fact.source) " · " (fact.at) },
            None => { (W::Nobody.text(reader.language)) },
        }
    }
}

fn seen(reader: &Reader, plan: &Plan) -> Markup {
    let say = |word: W| word.text(reader.language);
    html! {
        section {
            h2 { (say(W::Observations)) }
            table {
                thead { tr {
                    th scope="col" { (M::Target.text(reader.language)) } th scope="col" { (say(W::Source)) } th scope="col" { (say(W::Observer)) }
                    th scope="col" { (say(W::At)) } th scope="col" { (say(W::Owner)) } th scope="col" { (say(W::Country)) }
                } }
                tbody { @for one in &plan.observations { tr {
                    th scope="row" { code .wrap { (one.target) } }
                    td { (one.source) } td { (one.observer) } td { (one.at) } td { (one.seen.owner) } td { (one.seen.country) }
                } } }
            }
        }
        section {
            h2 { (say(W::Facts)) }
            table {
                thead { tr {
                    th scope="col" { (M::Target.text(reader.language)) } th scope="col" { (say(W::Names)) } th scope="col" { (say(W::Clients)) }
                } }
                tbody { @for one in &plan.facts { tr {
                    th scope="row" { code .wrap { (one.target) } }
                    td { (fact(reader, one.names.as_ref())) }
                    td { (fact(reader, one.clients.as_ref())) }
                } } }
            }
        }
    }
}
