//! A plan as the text that officers sign and a statement of the commission names. In: a plan, what it came to, keys of actuators. Out: the measure. Never: an effect that the plan does not have.

use super::{Assessment, Plan};
use sakimori_authority::measure::{Actuator, EffectLine, Measure, People, RollOut};

/// What a signed text says that its measure comes to: what those who decide go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// Its level: who has to agree.
    pub level: u64,
    /// Who else is met: at least and at most.
    pub collateral: (u64, u64),
}

impl Weighed {
    /// What a text says.
    pub const fn of(measure: &Measure) -> Self {
        Self {
            level: measure.level,
            collateral: measure.collateral,
        }
    }

    /// In what it says less than is found now, in words: those who signed and decide by it would agree to another measure. `None` where it says as much or more.
    pub fn falls_short(&self, level: u64, collateral: (u64, u64)) -> Option<String> {
        let Self {
            level: said,
            collateral: (low, high),
        } = *self;
        if said < level {
            return Some(format!(
                "the text has level {said}, and it takes level {level} now"
            ));
        }
        let (least, most) = collateral;
        (least < low || most > high).then(|| {
            format!("the text has {low} to {high} others who are met, and {least} to {most} are estimated now")
        })
    }
}

/// The text of a plan. `actuators` are those that the plan names, with the keys of their owners; one without a key is not in the text, and its reader refuses the text.
pub fn text(
    plan: &Plan,
    assessment: &Assessment,
    revision: u64,
    actuators: &[Actuator],
    root: u64,
) -> Measure {
    let chain = &plan.chain;
    let used = |one: &&Actuator| plan.aims.iter().any(|aim| aim.actuator == one.name);
    Measure {
        id: plan.id,
        revision,
        dossier: plan.digest().0,
        plan: plan.playbook.map(|digest| digest.0),
        route: chain.route(),
        order: chain.defence.as_ref().map(|order| order.sha256.0),
        consultation: chain.consultation.as_ref().map(|record| record.sha256.0),
        people: People {
            proposed: chain.proposed.clone(),
            reviewed: chain.reviewed.clone(),
            executor: chain.executor.officer.clone(),
            body: chain.executor.body,
            superior: chain.superior.by.clone(),
        },
        level: assessment.level,
        collateral: assessment.collateral,
        lists: (assessment.version, assessment.lists.0),
        roll_out: RollOut {
            soak: plan.soak_seconds,
            most: plan.most,
            seconds: plan.effect_seconds,
            renewals: plan.renewals,
        },
        success: plan.dossier.success.to_string(),
        stop: plan.dossier.stop.to_string(),
        actuators: actuators.iter().filter(used).cloned().collect(),
        effects: plan
            .aims
            .iter()
            .map(|aim| EffectLine {
                deed: aim.deed,
                actuator: aim.actuator.clone(),
                country: aim.country,
                controller: aim.controller.clone(),
                target: aim.target.clone(),
            })
            .collect(),
        root,
    }
}
