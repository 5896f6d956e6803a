//! Measures for programs. In: lives, plans. Out: JSON. Never: a judgement of its own.

use super::Room;
use crate::problem::Answer;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{FactsPaper, NoticePaper, VerdictPaper};
use sakimori_liaison::paper::Written;
use sakimori_respond::effect::Verdict;
use sakimori_respond::notice::Reference;
use sakimori_respond::plan::Plan;
use sakimori_respond::plan::life::State;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The state of a measure.
pub fn state_of(state: &State) -> Value {
    let plan = state.plan();
    let aims = plan.aims.iter().zip(state.effects());
    let effects: Vec<Value> = aims
        .map(|(aim, effect)| {
            json!({
                "deed": aim.deed.name(), "target": aim.target, "actuator": aim.actuator.as_str(), "controller": aim.controller.as_str(),
                "country": aim.country.to_string(), "at": effect.at, "until": effect.until.map(|at| at.to_string()), "narrowed": effect.narrowed,
            })
        })
        .collect();
    let clocks: Vec<Value> = state
        .clocks()
        .iter()
        .map(|(duty, clock)| {
            json!({
                "duty": duty.to_string(), "due": clock.due.to_string(), "done": clock.done.map(|at| at.to_string()), "late": clock.late,
                "withheld": clock.withheld, "steps": clock.steps, "verified": clock.verified,
            })
        })
        .collect();
    json!({
        "id": plan.id.to_string(), "stage": state.stage().name(), "level": state.level(), "authority": state.authority().map(|id| id.to_string()),
        "until": state.until().map(|at| at.to_string()), "end": state.end(), "suspended": state.suspended(), "held": state.is_held(), "halted": state.is_halted(), "renewing": state.renewal().map(|text| text.to_string()), "waits_for_two": state.waits_for_two(),
        "effects": effects, "clocks": clocks, "renewals": state.renewals(), "flags": state.flags().0,
    })
}

/// Verdicts as they are kept; null where nothing was judged.
pub fn verdict_of(paper: Option<&VerdictPaper>) -> Value {
    let Some(paper) = paper else {
        return Value::Null;
    };
    let rows = paper.targets.iter().map(|one| {
        json!({
            "target": one.target, "verdict": one.verdict, "by": one.by, "before": one.before, "reasons": one.reasons,
            "not_in_force": one.not_in_force, "moved": one.moved, "findings": one.findings, "readings": one.readings,
        })
    });
    json!({
        "begin": Seconds(paper.begin).to_string(), "at": Seconds(paper.at).to_string(), "targets": rows.collect::<Vec<_>>(),
    })
}

/// How many targets have each verdict, by the newest that was kept of measures.
pub fn verdict_figures(papers: &[VerdictPaper]) -> BTreeMap<String, u64> {
    let names = Verdict::ALL.iter().map(|one| one.name());
    let sum = |name: &str| papers.iter().map(|paper| paper.count(name) as u64).sum();
    names
        .map(|name| (format!("targets_{name}"), sum(name)))
        .collect()
}

/// What the rules, the lists of now and the office's own notices say of a plan, of an urgent act the log too: its level and who else is met, or every rule that it breaks.
///
/// # Errors
/// [`crate::problem::Code::Refused`]: the lists have ended; as [`Room::broken`].
pub async fn check_of(room: &Room, plan: &Plan, urgent: bool) -> Answer<Value> {
    let now = room.now();
    let judgement = room.judgement(plan)?;
    let cautions = room.cautions(plan);
    let broken = room.broken(plan, urgent).await?;
    Ok(match plan.assess(&room.terms, &judgement, urgent, now) {
        Ok(assessed) if broken.is_empty() => {
            let (low, high) = assessed.collateral;
            let why: Vec<String> = assessed
                .estimates
                .iter()
                .flat_map(|(target, estimate)| {
                    let reasons = estimate.reasons.iter();
                    reasons.map(move |reason| format!("{target}: {}", reason.words))
                })
                .collect();
            json!({"good": true, "level": assessed.level, "others": [low, high], "why": why, "cautions": cautions, "broken": []})
        }
        assessed => {
            let rules = assessed.err().unwrap_or_default();
            let all = rules.iter().chain(&broken);
            let broken: Vec<String> = all.map(ToString::to_string).collect();
            json!({"good": false, "level": null, "others": null, "why": [], "cautions": cautions, "broken": broken})
        }
    })
}

/// Facts with who brought them, and how old the oldest number is.
pub fn facts_of(written: &Written<FactsPaper>, now: Seconds) -> Value {
    let facts = &written.said.facts;
    let numbers = [&facts.names, &facts.clients, &facts.other_ppm];
    let times = numbers.into_iter().flatten().map(|fact| fact.at);
    let oldest = times.chain(facts.looked).min();
    let age = oldest.map(|at| now.0.saturating_sub(at.0));
    json!({"facts": facts, "brought": Seconds(written.at).to_string(), "by": written.by, "age_seconds": age})
}

/// A notice with its steps and, where its target went down, how long that took.
pub fn notice_of(written: &Written<NoticePaper>) -> Value {
    let said = &written.said;
    let ticket = written.id.parse::<Reference>().ok();
    let ticket = ticket.and_then(|reference| said.ticket(reference).ok());
    let steps: Vec<Value> = said
        .steps
        .iter()
        .map(|step| json!({"at": Seconds(step.at).to_string(), "state": step.state, "words": step.words}))
        .collect();
    json!({
        "reference": written.id, "state": written.state, "measure": said.measure, "duty": said.duty, "target": said.target, "to": said.to,
        "found": said.found, "subject": said.subject, "text": said.text, "report": said.report, "steps": steps,
        "time_to_down_seconds": ticket.and_then(|ticket| ticket.time_to_down()),
    })
}
