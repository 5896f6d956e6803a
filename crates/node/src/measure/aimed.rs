//! By what each target of a measure is judged, and so what the office reads. In: a plan, the register. Out: goals, one for each who observes. Never: another source than the proposal's for the target that its goal names; a target by what was read of another.
//!
//! 1. The target that the success goal names is judged by that goal.
//! 2. Another name is judged by the register's resolvers, another target of routers by the register's routers, over the same span.
//! 3. What is left is judged by the success goal with the target put in where it can be one. Else nobody whom the office asks can tell of it: it has no goal, and is judged where somebody brings what its source observed of it.

use sakimori_authority::measure::Deed;
use sakimori_liaison::measure::{Register, RouterEntry};
use sakimori_respond::effect::Source;
use sakimori_respond::plan::Plan;
use sakimori_respond::plan::goal::Goal;
use sakimori_respond::safety::Target;
use std::collections::{BTreeMap, BTreeSet};

/// Most resolvers, and most routers, by which one target is judged.
const ASKED_MAX: usize = 16;

/// A target, where its effect is to be, and by what it is judged.
#[derive(Clone, Debug)]
pub(super) struct Aims {
    /// As the measure writes it.
    pub(super) target: String,
    /// Its actuators.
    pub(super) actuators: Vec<String>,
    /// The goals, all of one kind; none where nobody whom the office asks can tell of it.
    pub(super) goals: Vec<Goal>,
}

fn has(router: &RouterEntry, actuators: &[String]) -> bool {
    let own = router.actuator.as_ref();
    router.bird.is_some() || own.is_some_and(|own| actuators.contains(own))
}

fn goals(
    plan: &Plan,
    register: &Register,
    (target, deeds, actuators): (&str, &[Deed], &[String]),
) -> Vec<Goal> {
    let success = &plan.dossier.success;
    let seconds = success.seconds();
    let about = success.about(target);
    if about.as_ref() == Some(success) {
        return vec![success.clone()];
    }
    let texts: Vec<String> = match Target::parse(target) {
        Ok(Target::Name { name, .. }) => {
            let all = register.resolvers.iter().take(ASKED_MAX);
            let text = |name: &str, at: &str| {
                format!("name {name} does not resolve for {seconds} s at resolver {at}")
            };
            all.map(|one| text(&name.to_string(), &one.name)).collect()
        }
        Ok(net @ Target::Net(_)) if deeds.contains(&Deed::BlackHole) => {
            let all = register.routers.iter().filter(|one| has(one, actuators));
            let text = |at: &str| format!("route {net} present for {seconds} s at router {at}");
            all.take(ASKED_MAX).map(|one| text(&one.name)).collect()
        }
        _ => Vec::new(),
    };
    let own: Vec<Goal> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    if own.is_empty() {
        about.into_iter().collect()
    } else {
        own
    }
}

/// All targets of a plan, each once.
pub(super) fn aims(plan: &Plan, register: &Register) -> Vec<Aims> {
    let mut of: BTreeMap<&str, (Vec<Deed>, Vec<String>)> = BTreeMap::new();
    let mut order = Vec::new();
    for aim in &plan.aims {
        let (deeds, actuators) = of.entry(&aim.target).or_insert_with(|| {
            order.push(aim.target.as_str());
            Default::default()
        });
        deeds.push(aim.deed);
        let actuator = aim.actuator.to_string();
        if !actuators.contains(&actuator) {
            actuators.push(actuator);
        }
    }
    let one = |target: &str| {
        let (deeds, actuators) = of.get(target).cloned().unwrap_or_default();
        Aims {
            target: target.to_owned(),
            goals: goals(plan, register, (target, &deeds, &actuators)),
            actuators,
        }
    };
    order.into_iter().map(one).collect()
}

/// Everything that has to be read for a plan: for its verdicts, and for what ends it.
pub(super) fn wanted(plan: &Plan, register: &Register) -> Vec<Goal> {
    let ends = [plan.dossier.success.clone(), plan.dossier.stop.clone()];
    let judged = aims(plan, register).into_iter().flat_map(|one| one.goals);
    let mut known = BTreeSet::new();
    let mut all: Vec<Goal> = ends.into_iter().chain(judged).collect();
    all.retain(|goal| known.insert(goal.to_string()));
    all
}

/// Whether a goal is met by counts: then what there was before belongs to it.
pub(super) const fn counts(goal: &Goal) -> bool {
    matches!(goal.kind(), Source::Sensor)
}
