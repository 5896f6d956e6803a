//! What a measure did, target by target. In: the goal of its proposal, looks at actuators, what others observed. Out: the verdicts of `respond::effect`. Never: a verdict by another source than the one that the proposal fixed.

use super::{Room, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_liaison::measure::{Held, SeenEffect, SeenPaper, keep_seen, seen};
use sakimori_respond::consumer::receipt::Standing;
use sakimori_respond::effect::{
    Aimed, Around, Criterion, Effect, Observation, Sighting, Value, WINDOW_SECONDS_MAX, judge,
};
use sakimori_respond::plan::goal::Goal;
use sakimori_respond::plan::life::Stage;
use std::collections::BTreeMap;

/// How many victims have to have a new endpoint, percent, so that the attack is held to have moved.
const MOVED_PERCENT: u64 = 50;

/// The criterion that a goal fixes; none for a goal that no measure is judged by. `before` is what its source counted over as many seconds before. It is judged after three times the span of the goal, so that whoever counts can have
/// begun behind the measure.
fn criterion(goal: &Goal, before: u64) -> Option<Criterion> {
    let window_seconds = goal
        .seconds()
        .max(1)
        .saturating_mul(3)
        .min(WINDOW_SECONDS_MAX);
    let around = Around {
        window_seconds,
        fresh_seconds: window_seconds,
        before,
        moved_percent: MOVED_PERCENT,
        moved_min: 1,
    };
    Criterion::of(goal, around)
}

impl Room {
    /// Looks at all effects of a measure and keeps what actuators say.
    ///
    /// # Errors
    /// What the store says.
    pub async fn look(&self, held: &Held, by: &str) -> Answer<()> {
        let lines = self.effects(held).await?;
        let paper = SeenPaper {
            at: self.now().0,
            effects: lines
                .into_iter()
                .map(|line| SeenEffect {
                    in_force: line
                        .words
                        .is_empty()
                        .then_some(line.says == Some(Standing::InForce)),
                    target: line.target,
                    actuator: line.actuator,
                    times: line.times,
                })
                .collect(),
        };
        let id = held.state().plan().id;
        let done = keep_seen(&*self.store, id, &paper, by).await;
        done.map_err(|e| kept(&e))
    }

    /// Looks at all measures that are in force, or are being put in force.
    ///
    /// # Errors
    /// As [`Room::look`].
    pub(super) async fn look_at_all(&self, by: &str) -> Answer<()> {
        let (all, _) = sakimori_liaison::measure::measures(&*self.store)
            .await
            .map_err(|e| kept(&e))?;
        let standing =
            |one: &&Held| matches!(one.state().stage(), Stage::Dispatching | Stage::InForce);
        for held in all.iter().filter(standing) {
            self.look(held, by).await?;
        }
        Ok(())
    }

    /// The verdict on each target; none before the criterion's window is over.
    ///
    /// # Errors
    /// [`Code::Refused`]: it was never wholly in force, or its criterion can tell nothing; what the store says.
    pub async fn verdict(
        &self,
        held: &Held,
        before: u64,
        observed: &[Observation],
        sighted: &[Sighting],
    ) -> Answer<Option<Effect>> {
        let state = held.state();
        let goal = &state.plan().dossier.success;
        let refuse = |words: String| Problem::new(Code::Refused, words);
        let criterion = criterion(goal, before);
        let criterion =
            criterion.ok_or_else(|| refuse(format!("no measure is judged by `{goal}`")))?;
        criterion.check().map_err(|e| refuse(e.to_string()))?;
        let begin = state.in_force_since();
        let begin = begin.ok_or_else(|| refuse("it was never wholly in force".to_owned()))?;
        let mut aimed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for aim in &state.plan().aims {
            let at = aimed.entry(aim.target.as_str()).or_default();
            at.push(aim.actuator.to_string());
        }
        let aimed: Vec<Aimed> = aimed
            .into_iter()
            .map(|(target, actuators)| Aimed {
                target: target.to_owned(),
                actuators,
            })
            .collect();
        let looks = seen(&*self.store, state.plan().id).await;
        let looks = looks.map_err(|e| kept(&e))?;
        let mut observations = read_back(&looks);
        observations.extend_from_slice(observed);
        Ok(judge(
            &criterion,
            &aimed,
            begin,
            &observations,
            sighted,
            self.now(),
        ))
    }
}

/// Looks as observations.
fn read_back(looks: &[SeenPaper]) -> Vec<Observation> {
    let mut all = Vec::new();
    for look in looks {
        let at = sakimori_custody::time::Seconds(look.at);
        for effect in &look.effects {
            if let Some(in_force) = effect.in_force {
                all.push(Observation {
                    target: effect.target.clone(),
                    by: effect.actuator.clone(),
                    from: at,
                    until: at,
                    value: Value::InForce(in_force),
                });
            }
        }
    }
    all
}
