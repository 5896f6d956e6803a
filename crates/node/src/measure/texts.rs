//! The text of a measure, from plan to signed note. In: a reviewed plan, the keys of its actuators. Out: the text that two officers sign; the same, signed, held against the plan. Never: a signed text that differs from the plan in anything.

use super::Room;
use crate::problem::{Answer, Code, Problem};
use sakimori_authority::measure::{Actuator, Measure};
use sakimori_authority::statement::Statement;
use sakimori_control::error::told;
use sakimori_control::ledger::installed_root;
use sakimori_control::{ControlError, files, office};
use sakimori_liaison::measure::{Held, Register};
use sakimori_respond::plan::life::State;
use sakimori_respond::plan::{Assessment, Digest, Plan, Renewal, Weighed, text};
use sakimori_tlog::note::Note;

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
pub async fn text_of(
    room: &Room,
    held: &Held,
    register: &Register,
    urgent: bool,
    revision: u64,
) -> Answer<Measure> {
    let state = held.state();
    room.unbroken(state.plan(), urgent).await?;
    let assessed = assess(room, state.plan(), urgent)?;
    made(room, (state, state.plan()), register, &assessed, revision)
}

/// The text of a renewal: the plan with what is new, as the revision behind the one that is approved. What was taken out for good is not in it.
///
/// # Errors
/// As [`text_of`]; [`Code::Refused`] where nothing is approved.
pub fn renewal_text(
    room: &Room,
    held: &Held,
    register: &Register,
    renewal: &Renewal,
) -> Answer<Measure> {
    let state = held.state();
    let plan = state.plan().renewed(renewal);
    let assessed = assess(room, &plan, false)?;
    let revision = approved_revision(room, held)?.saturating_add(1);
    made(room, (state, &plan), register, &assessed, revision)
}

/// The revision of the text that is approved, of the office's own files.
fn approved_revision(room: &Room, held: &Held) -> Answer<u64> {
    let none = || Problem::new(Code::Refused, "nothing of it is approved");
    let id = held.state().authority().ok_or_else(none)?;
    let hidden = |e: ControlError| Problem::hidden(Code::Fault, told(&e));
    let bytes = files::read_present(&room.node.statement(id)).map_err(hidden)?;
    let note = Note::parse(&bytes).map_err(|e| Problem::hidden(Code::Fault, e))?;
    let statement = Statement::parse(note.text()).map_err(|e| Problem::hidden(Code::Fault, e))?;
    let text = office::measure_note(&room.node, &statement).map_err(hidden)?;
    let measure = text.and_then(|note| Measure::parse(note.text()).ok());
    Ok(measure.ok_or_else(none)?.revision)
}

/// The text of a plan, without what was taken out of the measure for good.
fn made(
    room: &Room,
    (state, plan): (&State, &Plan),
    register: &Register,
    assessed: &Assessment,
    revision: u64,
) -> Answer<Measure> {
    let root = installed_root(&room.node).map_err(|e| crate::part::refused(&e))?;
    let actuators = actuators(plan, register)?;
    let mut measure = text(plan, assessed, revision, &actuators, root.version);
    let mut out = state.effects().iter().map(|effect| effect.narrowed);
    measure.effects.retain(|_| !out.next().unwrap_or(false));
    let effects = &measure.effects;
    measure
        .actuators
        .retain(|one| effects.iter().any(|effect| effect.actuator == one.name));
    Ok(measure)
}

fn assess(room: &Room, plan: &Plan, urgent: bool) -> Answer<Assessment> {
    let now = room.now();
    let judgement = room.judgement(plan)?;
    plan.assess(&room.terms, &judgement, urgent, now)
        .map_err(|problems| {
            let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Problem::new(Code::Refused, words.join("; "))
        })
}

impl SignedText {
    /// What the text says that the measure comes to.
    pub const fn weighed(&self) -> Weighed {
        Weighed::of(&self.measure)
    }

    /// Reads a note that both officers signed, and holds it against the plan line by line, and against what the plan comes to now: a text of before says nothing of what was listed or known since. `urgent` asks for what an urgent act takes.
    ///
    /// # Errors
    /// [`Code::Refused`] names what differs, what of the rules is broken now, or in what the text says less than is found now.
    pub fn read(
        room: &Room,
        held: &Held,
        register: &Register,
        urgent: bool,
        bytes: &[u8],
    ) -> Answer<Self> {
        let state = held.state();
        let assessed = assess(room, state.plan(), urgent)?;
        Self::of_plan(room, (state, state.plan()), register, &assessed, bytes)
    }

    /// The same of a renewal: the plan with what is new, and a revision behind the one that is approved.
    ///
    /// # Errors
    /// As [`SignedText::read`].
    pub fn read_renewal(
        room: &Room,
        held: &Held,
        register: &Register,
        renewal: &Renewal,
        bytes: &[u8],
    ) -> Answer<Self> {
        let plan = held.state().plan().renewed(renewal);
        let assessed = assess(room, &plan, false)?;
        let signed = Self::of_plan(room, (held.state(), &plan), register, &assessed, bytes)?;
        let approved = approved_revision(room, held)?;
        if signed.measure.revision <= approved {
            let revision = signed.measure.revision;
            return Err(Problem::new(
                Code::Refused,
                format!("the text has revision {revision}, and {approved} is approved"),
            ));
        }
        Ok(signed)
    }

    fn of_plan(
        room: &Room,
        (state, plan): (&State, &Plan),
        register: &Register,
        now: &Assessment,
        bytes: &[u8],
    ) -> Answer<Self> {
        let root = installed_root(&room.node).map_err(|e| crate::part::refused(&e))?;
        let refuse = |words: String| Problem::new(Code::Refused, words);
        let (measure, _) = Measure::check(bytes, &root).map_err(|e| refuse(told(&e)))?;
        let level = state.level().max(now.level);
        if let Some(words) = Weighed::of(&measure).falls_short(level, now.collateral) {
            return Err(refuse(format!("{words}; it is made and signed anew")));
        }
        // What depends on the hour at which the text was made is the text's own; all else is the plan's.
        let assessed = Assessment {
            level: measure.level,
            estimates: std::collections::BTreeMap::new(),
            collateral: measure.collateral,
            seen: std::collections::BTreeMap::new(),
            version: measure.lists.0,
            lists: Digest(measure.lists.1),
        };
        let of_plan = made(room, (state, plan), register, &assessed, measure.revision)?;
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
