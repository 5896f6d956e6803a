//! The verdict. In: a criterion, targets, observations, sightings. Out: a verdict for each target, none before the window is over. Never: a guess for data that are not there.

use super::count::{Asked, Span};
use super::displaced::{self, Sighting};
use super::{
    Aimed, Criterion, Effect, Judgement, OBSERVATIONS_MAX, Observation, Source, TARGETS_MAX, Value,
    Verdict,
};
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;

/// How many of the victims have to have a new endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Percent.
    pub percent: u64,
    /// At least so many.
    pub min: usize,
}

/// Judges a measure that began at `begin`, all of it by one criterion. Nothing before its window is over. Targets and observations beyond the bounds are not looked at, and then nothing is effective for want of data.
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
    let share = Share {
        percent: criterion.moved_percent,
        min: criterion.moved_min,
    };
    let each: Vec<(&Aimed, Result<&Criterion, &str>)> =
        aimed.iter().map(|aimed| (aimed, Ok(criterion))).collect();
    Some(judge_each(
        &each,
        share,
        (begin, at),
        observations,
        sightings,
    ))
}

/// Judges each target by a criterion of its own at one moment, `at`; where it has none the words say why. What was observed later does not count.
pub fn judge_each(
    each: &[(&Aimed, Result<&Criterion, &str>)],
    share: Share,
    (begin, at): (Seconds, Seconds),
    observations: &[Observation],
    sightings: &[Sighting],
) -> Effect {
    let mut by_target: BTreeMap<&str, Vec<&Observation>> = BTreeMap::new();
    for observation in observations.iter().take(OBSERVATIONS_MAX) {
        let target = observation.target.as_str();
        by_target.entry(target).or_default().push(observation);
    }
    let aimed: Vec<&Aimed> = each.iter().map(|(aimed, _)| *aimed).collect();
    let moved = displaced::moved(share, &aimed, begin, at, sightings);
    let judged = each.iter().take(TARGETS_MAX).map(|(aimed, criterion)| {
        let own = by_target.get(aimed.target.as_str());
        let own = own.map_or(&[][..], Vec::as_slice);
        let mut judgement = match criterion {
            Ok(criterion) => Moment {
                criterion,
                begin,
                at,
            }
            .target(aimed, own),
            Err(words) => unjudged(aimed, words, own, (begin, at)),
        };
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
    Effect {
        at,
        judged: judged.collect(),
    }
}

/// Nobody can tell what it did, and why; where its actuators said last that it is not in force that is told.
fn unjudged(
    aimed: &Aimed,
    words: &str,
    own: &[&Observation],
    (begin, at): (Seconds, Seconds),
) -> Judgement {
    let is_not = |by: &&String| {
        let said = own.iter().filter(|one| {
            one.by == **by
                && one.value.source() == Source::ReadBack
                && one.until >= begin
                && one.until <= at
        });
        let last = said.max_by_key(|one| one.until);
        last.is_some_and(|one| one.value == Value::InForce(false))
    };
    let not_in_force: Vec<String> = aimed.actuators.iter().filter(is_not).cloned().collect();
    let mut reasons = vec![words.to_owned()];
    if !not_in_force.is_empty() {
        reasons.push(format!("not in force at {}", not_in_force.join(", ")));
    }
    Judgement {
        target: aimed.target.clone(),
        verdict: Verdict::Unknown,
        not_in_force,
        moved: Vec::new(),
        reasons,
    }
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

    /// The newest word of one actuator on whether the effect is in force. Of two of one moment the last that came.
    fn newest<'o>(&self, own: &[&'o Observation], by: &str) -> Option<&'o Observation> {
        own.iter()
            .copied()
            .filter(|o| o.by == by && o.value.source() == Source::ReadBack && self.is_fresh(o))
            .max_by_key(|o| o.until)
    }

    fn force(&self, aimed: &Aimed, own: &[&Observation]) -> Force {
        let mut force = Force::default();
        for actuator in &aimed.actuators {
            let newest = self.newest(own, actuator);
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
        let span = Span {
            seconds: self.criterion.over_seconds,
            to: self.at,
            fresh_seconds: self.criterion.fresh_seconds,
            begin: self.begin,
        };
        for by in &self.criterion.by {
            let asked = Asked {
                by,
                source: self.criterion.source,
                wants: self.criterion.wants,
            };
            let counted = asked.counted(own, &span);
            left = left.saturating_add(counted.left);
            if !counted.covered {
                silent.push(by.as_str());
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
                "no {} of {} covers {} s that end at {} or shortly before",
                self.criterion.source,
                silent.join(", "),
                self.criterion.over_seconds,
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
