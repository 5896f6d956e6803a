//! Measures for programs. In: lives, plans. Out: JSON. Never: a judgement of its own.

use super::Room;
use crate::problem::{Answer, Code, Problem};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::NoticePaper;
use sakimori_liaison::paper::Written;
use sakimori_respond::notice::Reference;
use sakimori_respond::plan::life::State;
use sakimori_respond::plan::{Judgement, Plan};
use serde_json::{Value, json};

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
        "until": state.until().map(|at| at.to_string()), "end": state.end(), "suspended": state.suspended(), "held": state.is_held(),
        "effects": effects, "clocks": clocks, "renewals": state.renewals(), "flags": state.flags().0,
    })
}

/// What the rules and the lists of now say of a plan: its level and who else is met, or every rule that it breaks.
///
/// # Errors
/// [`Code::Refused`]: the lists have ended.
pub fn check_of(room: &Room, plan: &Plan, urgent: bool) -> Answer<Value> {
    let now = room.now();
    let protected = room.bundle.protected(now);
    let protected = protected.map_err(|e| Problem::new(Code::Refused, e))?;
    let nothing = std::collections::BTreeMap::new();
    let (version, sha256) = (room.bundle.lists.version, room.bundle.digest);
    let judgement = Judgement::of(plan, protected, &nothing, version, sha256);
    Ok(match plan.assess(&room.terms, &judgement, urgent, now) {
        Ok(assessed) => {
            let (low, high) = assessed.collateral;
            let why: Vec<String> = assessed
                .estimates
                .iter()
                .flat_map(|(target, estimate)| {
                    let reasons = estimate.reasons.iter();
                    reasons.map(move |reason| format!("{target}: {}", reason.words))
                })
                .collect();
            json!({"good": true, "level": assessed.level, "others": [low, high], "why": why, "broken": []})
        }
        Err(problems) => {
            let broken: Vec<String> = problems.iter().map(ToString::to_string).collect();
            json!({"good": false, "level": null, "others": null, "why": [], "broken": broken})
        }
    })
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
