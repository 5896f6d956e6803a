//! The text of a measure, from plan to signed note. In: a reviewed plan, the keys of its actuators. Out: the text that two officers sign; the same, signed, held against the plan. Never: a signed text that differs from the plan in anything.

use super::Room;
use crate::problem::{Answer, Code, Problem};
use sakimori_authority::measure::{Actuator, Measure};
use sakimori_control::error::told;
use sakimori_control::ledger::installed_root;
use sakimori_liaison::measure::{Held, Register};
use sakimori_respond::plan::{Assessment, Digest, Plan, text};

/// A text that both officers signed.
#[derive(Clone, Debug)]
pub struct SignedText {
    /// What it says.
    pub measure: Measure,
    /// SHA-256 of it.
    pub digest: Digest,
}

/// The actuators of a plan with their keys.
fn actuators(plan: &Plan, register: &Register) -> Answer<Vec<Actuator>> {
    let mut all: Vec<Actuator> = Vec::new();
    for aim in &plan.aims {
        if all.iter().any(|one| one.name == aim.actuator) {
            continue;
        }
        let entry = register.actuator(aim.actuator.as_str());
        let key = entry.and_then(|entry| entry.key.parse().ok());
        let key = key.ok_or_else(|| {
            let words = format!("the register has no actuator `{}` with a key", aim.actuator);
            Problem::new(Code::Refused, words)
        })?;
        all.push(Actuator {
            name: aim.actuator.clone(),
            key,
        });
    }
    Ok(all)
}

/// The text of a measure as its plan and the lists of now give it.
///
/// # Errors
/// [`Code::Refused`]: the plan breaks rules, all of which are named, or an actuator is not in the register.
pub fn text_of(
    room: &Room,
    held: &Held,
    register: &Register,
    urgent: bool,
    revision: u64,
) -> Answer<Measure> {
    let plan = held.state().plan();
    let assessed = assess(room, plan, urgent)?;
    let root = installed_root(&room.node).map_err(|e| crate::part::refused(&e))?;
    let actuators = actuators(plan, register)?;
    Ok(text(plan, &assessed, revision, &actuators, root.version))
}

fn assess(room: &Room, plan: &Plan, urgent: bool) -> Answer<Assessment> {
    let now = room.now();
    let protected = room.bundle.protected(now);
    let protected = protected.map_err(|e| Problem::new(Code::Refused, told(&e)))?;
    let nothing = std::collections::BTreeMap::new();
    let (version, digest) = (room.bundle.lists.version, room.bundle.digest);
    let judgement =
        sakimori_respond::plan::Judgement::of(plan, protected, &nothing, version, digest);
    plan.assess(&room.terms, &judgement, urgent, now)
        .map_err(|problems| {
            let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Problem::new(Code::Refused, words.join("; "))
        })
}

impl SignedText {
    /// Reads a note that both officers signed, and holds it against the plan line by line.
    ///
    /// # Errors
    /// [`Code::Refused`] names what differs.
    pub fn read(room: &Room, held: &Held, register: &Register, bytes: &[u8]) -> Answer<Self> {
        let root = installed_root(&room.node).map_err(|e| crate::part::refused(&e))?;
        let refuse = |words: String| Problem::new(Code::Refused, words);
        let (measure, _) = Measure::check(bytes, &root).map_err(|e| refuse(told(&e)))?;
        let plan = held.state().plan();
        let level = held.state().level();
        if measure.level < level {
            return Err(refuse(format!(
                "the text has level {}, the plan {level}",
                measure.level
            )));
        }
        let actuators = actuators(plan, register)?;
        // What depends on the hour at which the text was made is the text's own; all else is the plan's.
        let assessed = Assessment {
            level: measure.level,
            estimates: std::collections::BTreeMap::new(),
            collateral: measure.collateral,
            seen: std::collections::BTreeMap::new(),
            version: measure.lists.0,
            lists: Digest(measure.lists.1),
        };
        let of_plan = text(plan, &assessed, measure.revision, &actuators, root.version);
        if of_plan != measure {
            let (signed, meant) = (measure.to_string(), of_plan.to_string());
            let mut lines = signed.lines().zip(meant.lines());
            let differs = lines.find(|(signed, meant)| signed != meant);
            let (signed, meant) = differs.unwrap_or(("more or fewer lines", "those of the plan"));
            return Err(refuse(format!(
                "the text has `{signed}`, the plan `{meant}`"
            )));
        }
        let digest = Digest(measure.hash());
        Ok(Self { measure, digest })
    }
}
