//! A renewal: what is new since the measure was decided, and until when it is to go on. In: evidence, observations, facts, a window. Out: the plan of the next revision. Never: another target, deed, actuator or person: those are a new measure.

use super::collateral::Facts;
use super::dossier::Evidence;
use super::observe::Observation;
use super::{Plan, form};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// The form of a renewal.
pub const FORM: &str = "sakimori/renewal/v1";

/// What a renewal is asked for with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// [`FORM`].
    pub form: String,
    /// What is new, each behind the last decision.
    pub evidence: Vec<Evidence>,
    /// What others see of the targets now; those of the plan are dropped.
    pub observations: Vec<Observation>,
    /// What is known now of who else is met; what the plan knows of other targets stays.
    #[serde(default)]
    pub facts: Vec<Facts>,
    /// First second that is asked for: while what is in force goes on.
    #[serde(with = "form::text")]
    pub not_before: Seconds,
    /// Last second that is asked for.
    #[serde(with = "form::text")]
    pub not_after: Seconds,
}

impl Plan {
    /// The plan of the next revision. Effects, people, criteria, roll-out and the number of renewals are those that were approved.
    #[must_use]
    pub fn renewed(&self, renewal: &Renewal) -> Self {
        let mut plan = self.clone();
        plan.dossier
            .evidence
            .extend(renewal.evidence.iter().cloned());
        plan.observations.clone_from(&renewal.observations);
        let new = |known: &Facts| {
            renewal
                .facts
                .iter()
                .any(|facts| facts.target == known.target)
        };
        plan.facts.retain(|known| !new(known));
        plan.facts.extend(renewal.facts.iter().cloned());
        plan.not_before = renewal.not_before;
        plan.not_after = renewal.not_after;
        plan
    }
}
