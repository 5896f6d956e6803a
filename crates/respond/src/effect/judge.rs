//! The verdict. In: a criterion, targets, observations, sightings. Out: a verdict for each target, none before the window is over. Never: a guess for data that are not there.

use super::displaced::{self, Sighting};
use super::{
    Aimed, Answered, Criterion, Effect, Judgement, OBSERVATIONS_MAX, Observation, Said, Source,
    TARGETS_MAX, Value, Verdict,
};
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;

/// Judges a measure that began at `begin`. Nothing before its window is over. Targets and observations beyond the bounds are not looked at, and then nothing is effective for want of data.
pub fn judge(
    criterion: &Criterion,
    aimed: &[Aimed],
    begin: Seconds,
    observations: &[Observation],
    sightings: &[Sighting],
    now: Seconds,
) -> Option<Effect> {
    let at = begin.plus(criterion.window_seconds);
    if now < at {
        return None;
    }
    let moment = Moment {
        criterion,
        begin,
        at,
    };
    let mut by_target: BTreeMap<&str, Vec<&Observation>> = BTreeMap::new();
    for observation in observations.iter().take(OBSERVATIONS_MAX) {
        let target = observation.target.as_str();
        by_target.entry(target).or_default().push(observation);
    }
    let moved = displaced::moved(criterion, aimed, begin, at, sightings);
    let judged = aimed.iter().take(TARGETS_MAX).map(|aimed| {
        let own = by_target.get(aimed.target.as_str());
        let mut judgement = moment.target(aimed, own.map_or(&[], Vec::as_slice));
        let moved = moved.get(aimed.target.as_str()).cloned();
        judgement.moved = moved.unwrap_or_default();
        if judgement.verdict != Verdict::None && !judgement.moved.is_empty() {
            judgement.verdict = Verdict::Displaced;
        }
        for moved in &judgement.moved {
            judgement.reasons.push(format!("the same victims: {moved}"));
        }
        judgement
    });
    Some(Effect {
        at,
        judged: judged.collect(),
    })
}

/// Where an effect is in force.
#[derive(Default)]
struct Force {
    not: Vec<String>,
    unknown: Vec<String>,
    held: usize,
}

struct Moment<'m> {
    criterion: &'m Criterion,
    begin: Seconds,
    at: Seconds,
}

impl Moment<'_> {
    /// Whether an observation was made soon enough before the moment, and not after it.
    fn is_fresh(&self, observation: &Observation) -> bool {
        let until = observation.until;
        until >= self.begin
            && until <= self.at
            && self.at.0 - until.0 <= self.criterion.fresh_seconds
            && observation.from <= until
    }

    /// Whether it covers the seconds over which is counted, and none before the measure.
    fn covers(&self, observation: &Observation) -> bool {
        let over = self.at.0.saturating_sub(self.criterion.over_seconds);
        observation.from >= self.begin && observation.from.0 <= over
    }

    /// The newest of one observer that counts. Of two of one moment the last that came.
    fn newest<'o>(
        &self,
        own: &[&'o Observation],
        by: &str,
        source: Source,
    ) -> Option<&'o Observation> {
        let counts = matches!(source, Source::Sensor | Source::Counter);
        own.iter()
            .copied()
            .filter(|o| o.by == by && o.value.source() == source && self.is_fresh(o))
            .filter(|o| !counts || self.covers(o))
            .max_by_key(|o| o.until)
    }

    fn force(&self, aimed: &Aimed, own: &[&Observation]) -> Force {
        let mut force = Force::default();
        for actuator in &aimed.actuators {
            let newest = self.newest(own, actuator, Source::ReadBack);
            match newest.map(|observation| observation.value) {
                Some(Value::InForce(true)) => force.held += 1,
                Some(_) => force.not.push(actuator.clone()),
                None => force.unknown.push(actuator.clone()),
            }
        }
        force
    }

    /// What is left, and who did not observe.
    fn left(&self, own: &[&Observation]) -> (u64, Vec<&str>) {
        let (mut left, mut silent) = (0u64, Vec::new());
        for by in &self.criterion.by {
            let newest = self.newest(own, by, self.criterion.source);
            let count = newest.and_then(|observation| match observation.value {
                Value::Met(count) | Value::Reached(count) => Some(count),
                Value::Answer(Answered::AsBefore) | Value::Nowhere(false) => Some(1),
                Value::Answer(Answered::AsApproved) | Value::Nowhere(true) => Some(0),
                Value::Answer(Answered::Nothing) | Value::InForce(_) => None,
                Value::Word(said) => Some(u64::from(said != Said::Down)),
            });
            match count {
                Some(count) => left = left.saturating_add(count),
                None => silent.push(by.as_str()),
            }
        }
        (left, silent)
    }

    fn target(&self, aimed: &Aimed, own: &[&Observation]) -> Judgement {
        let force = self.force(aimed, own);
        let (left, silent) = self.left(own);
        let base = self.criterion.base();
        let mut reasons = Vec::new();
        if !force.not.is_empty() {
            reasons.push(format!("not in force at {}", force.not.join(", ")));
        }
        if !force.unknown.is_empty() {
            reasons.push(format!(
                "whether it is in force at {} is not known: nothing was read back in the last {} s of the window",
                force.unknown.join(", "),
                self.criterion.fresh_seconds
            ));
        }
        if !silent.is_empty() {
            reasons.push(format!(
                "no {} of {} counts at {}",
                self.criterion.source,
                silent.join(", "),
                self.at
            ));
        }
        reasons.push(format!(
            "{left} of {base} are left by {}, at most {} may be",
            self.criterion.source, self.criterion.at_most
        ));
        let nowhere = force.held == 0 && force.unknown.is_empty() && !force.not.is_empty();
        let unasked = aimed.actuators.is_empty() && self.criterion.source != Source::Provider;
        let verdict = if nowhere || left >= base {
            Verdict::None
        } else if left > self.criterion.at_most {
            Verdict::Partly
        } else if !silent.is_empty() || unasked {
            Verdict::Unknown
        } else if !force.not.is_empty() {
            Verdict::Partly
        } else if !force.unknown.is_empty() {
            Verdict::Unknown
        } else {
            Verdict::Effective
        };
        Judgement {
            target: aimed.target.clone(),
            verdict,
            not_in_force: force.not,
            moved: Vec::new(),
            reasons,
        }
    }
}
