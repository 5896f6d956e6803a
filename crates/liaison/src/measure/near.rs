//! What is around a measure when something happens to it, of the store as it is now; the plan behind a digest. In: the store. Out: parts that the rules are handed. Never: a rule.

use super::features::rates;
use super::{Held, LifePaper, Measures, OFFICE, lives, measure, register, stop};
use crate::error::LiaisonError;
use crate::paper::history;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::life::{Around, Event, Fact, Load, Refused, State, urgent_targets};
use sakimori_respond::plan::route::Designation;
use sakimori_respond::plan::{Digest, Judgement, Plan, Terms};
use sakimori_store::Store;

/// What is around a measure.
pub(super) struct Near {
    judgement: Judgement,
    load: Load,
    designations: Vec<Designation>,
    urgent_before: Vec<(String, Seconds)>,
}

impl Near {
    /// The same as the rules are handed it.
    pub(super) fn around<'a>(&'a self, terms: &'a Terms) -> Around<'a> {
        Around {
            terms,
            judgement: &self.judgement,
            load: &self.load,
            designations: &self.designations,
            urgent_before: &self.urgent_before,
        }
    }
}

impl Measures<'_> {
    /// What is around a measure now.
    pub(super) async fn near(&self, of: &State) -> Result<Near, LiaisonError> {
        let (others, broken) = lives(self.store).await?;
        let states = || others.iter().map(Held::state);
        let mut load = Load::of(states(), self.terms.ceilings.seconds, self.now);
        // What cannot be read can have any number of effects in force, and without lists no target is judged: nothing more begins, and all of it can end.
        if !broken.is_empty() || !self.lists.are_there() {
            load.standing = u64::MAX / 2;
        }
        load.halted = stop(self.store).await?.stopped;
        load.rates = rates(self.store, of.plan()).await?;
        let apart = states().filter(|state| state.plan().id != of.plan().id);
        Ok(Near {
            judgement: self.judge(of.plan()),
            load,
            designations: register(self.store).await?.designations,
            urgent_before: urgent_targets(apart),
        })
    }

    /// Why an event would be refused now; nothing is kept of the question.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn would_refuse(
        &self,
        id: AuthorityId,
        event: &Event,
    ) -> Result<Option<Refused>, LiaisonError> {
        let mut held = measure(self.store, id).await?;
        let near = self.near(held.state()).await?;
        let step = held.life.take(event, &near.around(self.terms), self.now);
        Ok(step.refused)
    }
}

/// The plan of a digest, of any measure and revision; none where no measure has it.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn plan_of(store: &dyn Store, wanted: Digest) -> Result<Option<Plan>, LiaisonError> {
    let (all, _) = lives(store).await?;
    for held in &all {
        let state = held.state();
        let renewing = state.renewing().map(|one| &one.plan);
        let mut now = std::iter::once(state.plan()).chain(renewing);
        if let Some(plan) = now.find(|plan| plan.digest() == wanted) {
            return Ok(Some(plan.clone()));
        }
    }
    // One that another took the place of is in the records alone.
    for held in &all {
        let id = held.state().plan().id.to_string();
        let papers = history::<LifePaper>(store, OFFICE, &id).await?;
        let records = papers.iter().flat_map(|paper| &paper.said.records);
        let mut plans = records.filter_map(|record| match &record.fact {
            Fact::Drafted { plan, .. } | Fact::RenewalAsked { plan, .. } => Some(plan),
            _ => None,
        });
        if let Some(plan) = plans.find(|plan| plan.digest() == wanted) {
            return Ok(Some((**plan).clone()));
        }
    }
    Ok(None)
}
