//! What a measure did, target by target. In: the goal of its proposal, looks at actuators, what the office read, what others observed. Out: the verdicts of `respond::effect`, kept where they change; the end that readings bring. Never: a verdict by another
//! source than the one that the proposal fixed; an end for want of data.
//!
//! Judged is at the end of each window of the goal (three of its spans), of the moment of that end; where readings end a measure, at its end.

use super::aimed::{Aims, aims, counts};
use super::entries::{DETAIL_BYTES_MAX, by_step};
use super::sighted::Sighted;
use super::{BY, Room, Stepped, Told, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{
    BeforePaper, Held, Owed, SeenPaper, TargetVerdict, VerdictPaper, before, keep_verdict_with,
    lives, register, seen, verdict,
};
use sakimori_oversight::book::MeasureAct;
use sakimori_respond::effect::{
    Aimed, Around, Criterion, Effect, LAG_SECONDS_MAX, MOVED_MIN, MOVED_PERCENT, Observation,
    Share, Sighting, Value, Verdict, WINDOW_SECONDS_MAX, judge_each,
};
use sakimori_respond::plan::goal::{Goal, Measured, Reading};
use sakimori_respond::plan::life::{Event, Stage};
use sakimori_store::Change;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

/// Why a provider's word is not taken as an observation.
pub const NO_WORD: &str =
    "no criterion counts a provider's word; it belongs to the steps of the notice that it answers";
/// Most readings that are kept with the verdict on one target: the newest.
const READINGS_KEPT: usize = 16;
/// Seconds of looks before the span that is counted: the one that it begins in.
const LOOK_SECONDS: u64 = 120;

/// A moment of which a measure is judged.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) begin: Seconds,
    pub(super) at: Seconds,
}

/// What everything at a moment comes to.
pub(super) struct Judged {
    effect: Effect,
    pub(super) paper: VerdictPaper,
}

/// What counted over as many seconds before the measure.
fn was(paper: Option<&BeforePaper>, goal: &Goal) -> Option<u64> {
    let readings = &paper?.readings;
    let mut own = readings.iter().filter_map(|one| match one.value {
        Measured::Packets(count) if one.source == *goal.source() && one.of == goal.of() => {
            Some(count)
        }
        _ => None,
    });
    own.next_back()
}

/// The criterion of a target at a moment, or why it has none. Where it has no goal the proposal's says who counts, as far as somebody brought what they observed of it; what was read of another target is nothing of this one, before the measure neither.
fn criterion(
    aims: &Aims,
    (moment, given): (Moment, Option<u64>),
    paper: Option<&BeforePaper>,
    (success, by_hand): (&Goal, &[Observation]),
) -> Result<Criterion, String> {
    let own = aims.goals.first();
    let brought = || {
        let of =
            |one: &Observation| one.target == aims.target && one.value.source() == success.kind();
        by_hand.iter().any(of).then_some(success)
    };
    let goal = own.or_else(brought).ok_or("nobody observes it")?;
    let window_seconds = moment.at.0.saturating_sub(moment.begin.0);
    let known = given.or_else(|| was(paper, own?));
    let before = match known {
        Some(before) => before,
        None if counts(goal) => {
            return Err(format!(
                "what `{}` counted before the measure is not known",
                goal.source()
            ));
        }
        None => 0,
    };
    // What a sensor counts comes late; who can be asked is asked.
    let lag = if counts(goal) { LAG_SECONDS_MAX } else { 0 };
    let fresh = goal.window_seconds().max(lag);
    let around = Around {
        window_seconds,
        fresh_seconds: fresh.min(window_seconds),
        before,
        moved_percent: MOVED_PERCENT,
        moved_min: MOVED_MIN,
    };
    let mut criterion =
        Criterion::of(goal, around).ok_or_else(|| format!("no measure is judged by `{goal}`"))?;
    if own.is_some() {
        let sources = aims.goals.iter().map(Goal::source);
        criterion.by = sources.map(ToString::to_string).collect();
    }
    criterion.check().map_err(|e| e.to_string())?;
    Ok(criterion)
}

/// By what a target is judged, in words.
fn by_words(goals: &[Goal]) -> String {
    let texts: Vec<String> = goals.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// Looks as observations: what is in force, what counters met between two looks, what was read, each under the target as the measure writes it.
fn observed(looks: &[SeenPaper], aims: &[Aims]) -> Vec<Observation> {
    let mut of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in aims {
        for goal in &one.goals {
            of.entry(goal.of()).or_default().insert(&one.target);
        }
    }
    let mut all = Vec::new();
    let mut last: BTreeMap<(&str, &str, &str), (u64, u64, u64)> = BTreeMap::new();
    for look in looks {
        let at = Seconds(look.at);
        for effect in &look.effects {
            let Some(in_force) = effect.in_force else {
                continue;
            };
            let one = |from: Seconds, value: Value| Observation {
                target: effect.target.clone(),
                by: effect.actuator.clone(),
                from,
                until: at,
                value,
            };
            all.push(one(at, Value::InForce(in_force)));
            let key = (
                effect.actuator.as_str(),
                effect.deed.as_str(),
                effect.target.as_str(),
            );
            let now = (look.at, effect.run, effect.times);
            if let Some((since, run, times)) = last.insert(key, now)
                && run == effect.run
                && let Some(met) = effect.times.checked_sub(times)
            {
                all.push(one(Seconds(since + 1).min(at), Value::Met(met)));
            }
        }
        for reading in &look.readings {
            let targets = of.get(reading.of.as_str()).into_iter().flatten();
            all.extend(targets.map(|target| Observation {
                target: (*target).to_owned(),
                ..Observation::from(reading)
            }));
        }
    }
    all
}

/// What counters met of a target between two times, by actuator, in words.
fn met(observations: &[Observation], target: &str, moment: Moment) -> Vec<String> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for one in observations {
        if let Value::Met(count) = one.value
            && one.target == target
            && one.from >= moment.begin
            && one.until <= moment.at
        {
            let sum = sums.entry(&one.by).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    let word = |(by, sum): (&str, u64)| format!("`{by}` met {sum} while it was looked at");
    sums.into_iter().map(word).collect()
}

/// The newest readings of a target's goals.
fn rests_on(looks: &[SeenPaper], goals: &[Goal], at: Seconds) -> Vec<Reading> {
    let own = |reading: &&Reading| {
        let mut goals = goals.iter();
        reading.to <= at
            && goals.any(|goal| reading.source == *goal.source() && reading.of == goal.of())
    };
    let all = looks.iter().flat_map(|look| &look.readings).filter(own);
    let mut newest: Vec<Reading> = all.rev().take(READINGS_KEPT).cloned().collect();
    newest.reverse();
    newest
}

impl Room {
    /// The verdict on each target by everything that is known now; none before the first window of its goal is over. What is handed in is looked at beside what the office read; `given` stands for what there was before.
    ///
    /// # Errors
    /// [`Code::Refused`]: it was never wholly in force; what the store says.
    pub async fn verdict(
        &self,
        held: &Held,
        given: Option<u64>,
        observed: &[Observation],
        sighted: &[Sighting],
    ) -> Answer<Option<Effect>> {
        let begin = held.state().in_force_since();
        let refuse = || Problem::new(Code::Refused, "it was never wholly in force");
        let Some(moment) = self.moment(held, begin.ok_or_else(refuse)?) else {
            return Ok(None);
        };
        let judged = self
            .judged(held, moment, given, (observed, sighted))
            .await?;
        Ok(Some(judged.effect))
    }

    /// The end of the last window that is over.
    fn moment(&self, held: &Held, begin: Seconds) -> Option<Moment> {
        let window = held.state().plan().dossier.success.window_seconds().max(1);
        let most = WINDOW_SECONDS_MAX / window;
        let windows = (self.now().0.saturating_sub(begin.0) / window).min(most);
        (windows > 0).then(|| Moment {
            begin,
            at: begin.plus(windows * window),
        })
    }

    pub(super) async fn judged(
        &self,
        held: &Held,
        moment: Moment,
        given: Option<u64>,
        (by_hand, sighted): (&[Observation], &[Sighting]),
    ) -> Answer<Judged> {
        let plan = held.state().plan();
        let id = plan.id;
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        let before = before(&*self.store, id).await.map_err(|e| kept(&e))?;
        let span = plan.dossier.success.seconds();
        let back = span.max(LAG_SECONDS_MAX) + span + LOOK_SECONDS;
        let since = Seconds(moment.at.0.saturating_sub(back));
        let looks = seen(&*self.store, id, since).await.map_err(|e| kept(&e))?;
        let findings = self.sighted().await?;
        let all = aims(plan, &register);
        let mut observations = observed(&looks, &all);
        observations.extend_from_slice(by_hand);
        let mut sightings = findings.sightings();
        sightings.extend_from_slice(sighted);
        let each: Vec<(Aimed, Result<Criterion, String>)> = all
            .iter()
            .map(|aims| {
                let aimed = Aimed {
                    target: aims.target.clone(),
                    actuators: aims.actuators.clone(),
                };
                let fixed = (&plan.dossier.success, by_hand);
                let criterion = criterion(aims, (moment, given), before.as_ref(), fixed);
                (aimed, criterion)
            })
            .collect();
        let lent: Vec<(&Aimed, Result<&Criterion, &str>)> = each
            .iter()
            .map(|(aimed, criterion)| (aimed, criterion.as_ref().map_err(String::as_str)))
            .collect();
        let share = Share {
            percent: MOVED_PERCENT,
            min: MOVED_MIN,
        };
        let times = (moment.begin, moment.at);
        let mut effect = judge_each(&lent, share, times, &observations, &sightings);
        for judged in &mut effect.judged {
            judged
                .reasons
                .extend(met(&observations, &judged.target, moment));
        }
        let entries = findings.entries(&effect);
        let rows = effect.judged.iter().zip(&all).zip(&each);
        let targets = rows.map(|((judged, aims), (_, criterion))| TargetVerdict {
            target: judged.target.clone(),
            verdict: judged.verdict.name().to_owned(),
            by: by_words(&aims.goals),
            before: criterion.as_ref().ok().map(|criterion| {
                let asked = criterion.by.len() as u64;
                let counted = aims.goals.first().is_some_and(counts);
                if counted { criterion.before } else { asked }
            }),
            not_in_force: judged.not_in_force.clone(),
            moved: judged.moved.iter().map(ToString::to_string).collect(),
            places: judged.moved.clone(),
            findings: entries.get(&*judged.target).cloned().unwrap_or_default(),
            reasons: judged.reasons.clone(),
            readings: rests_on(&looks, &aims.goals, moment.at),
        });
        let paper = VerdictPaper {
            begin: moment.begin.0,
            at: moment.at.0,
            targets: targets.collect(),
        };
        Ok(Judged { effect, paper })
    }

    async fn sighted(&self) -> Answer<Sighted> {
        let (node, now) = (self.node.clone(), self.now());
        let read = tokio::task::spawn_blocking(move || Sighted::of_now(&node, now));
        let read = read.await.map_err(|e| Problem::hidden(Code::Fault, e))?;
        read.map_err(|e| crate::part::refused(&e))
    }

    /// Judges all measures of which a window is over, keeps verdicts that are others than before, and calls a person where an attack moved. What cannot be judged keeps no other from it.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn judge_all(&self) -> Answer<Vec<Stepped>> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let mut stepped = Vec::new();
        for held in all {
            let state = held.state();
            let begin = state
                .in_force_since()
                .filter(|_| state.stage() == Stage::InForce);
            let Some(moment) = begin.and_then(|begin| self.moment(&held, begin)) else {
                continue;
            };
            if !self.is_new(&held, moment) {
                continue;
            }
            match self.keep_judged(&held, moment).await {
                Ok(()) => {}
                Err(problem) => {
                    let words = format!("no verdict: {} {}", problem.code.word(), problem.detail);
                    stepped.push(said(held, vec![Told::Trouble(words)]));
                }
            }
        }
        Ok(stepped)
    }

    /// Whether a measure was not judged of this moment by this process.
    pub(super) fn is_new(&self, held: &Held, moment: Moment) -> bool {
        let id = held.state().plan().id;
        let judged = self.watched.judged.lock();
        let mut judged = judged.unwrap_or_else(PoisonError::into_inner);
        judged.insert(id, (moment.begin, moment.at)) != Some((moment.begin, moment.at))
    }

    /// Judges one measure of a moment, and keeps what is new with what it owes.
    async fn keep_judged(&self, held: &Held, moment: Moment) -> Answer<()> {
        let id = held.state().plan().id;
        let known = verdict(&*self.store, id).await.map_err(|e| kept(&e))?;
        let judged = self.judged(held, moment, None, (&[], &[])).await?;
        let paper = judged.paper;
        if known.as_ref().is_some_and(|known| known.is_same(&paper)) {
            return Ok(());
        }
        // With the verdict goes what it owes: a fall, or a log that is away, forgets neither entry nor call.
        let mut owing = verdict_owed(held, &paper);
        let pages = moved(known.as_ref(), &paper);
        owing.extend(pages.into_iter().map(|words| Owed::Page { words }));
        let with: Answer<Vec<Change>> =
            owing.into_iter().map(|owed| self.owing(id, owed)).collect();
        keep_verdict_with(&*self.store, id, &paper, BY, with?)
            .await
            .map_err(|e| kept(&e))
    }

    /// Ends measures whose goals are met by what the office read: judged once more, on record, then taken back. What fails with one is told, and keeps no other from its end.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn end_by_readings(&self) -> Answer<Vec<Stepped>> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let mut stepped = Vec::new();
        for held in all {
            let state = held.state();
            if !matches!(state.stage(), Stage::Dispatching | Stage::InForce) {
                continue;
            }
            let dossier = &state.plan().dossier;
            let span = dossier.success.seconds().max(dossier.stop.seconds());
            let since = Seconds(
                self.now()
                    .0
                    .saturating_sub(span + LAG_SECONDS_MAX + LOOK_SECONDS),
            );
            match Box::pin(self.ended_by_readings(&held, since)).await {
                Ok(ended) => stepped.extend(ended),
                Err(problem) => {
                    let words = format!("not held against its goals: {}", problem.detail);
                    stepped.push(said(held, vec![Told::Trouble(words)]));
                }
            }
        }
        Ok(stepped)
    }

    /// The end of one measure, if what was read since a time brings it.
    async fn ended_by_readings(&self, held: &Held, since: Seconds) -> Answer<Option<Stepped>> {
        let id = held.state().plan().id;
        let looks = seen(&*self.store, id, since).await.map_err(|e| kept(&e))?;
        let readings: Vec<Reading> = looks.into_iter().flat_map(|look| look.readings).collect();
        let Some(event) = held.life.measured(&readings, self.now()) else {
            return Ok(None);
        };
        let told = self.last_verdict(held, &event, &readings).await;
        let mut ended = self.step(id, &event, BY).await?;
        ended.told.extend(told);
        Ok(Some(ended))
    }

    /// The verdict at the end that readings bring. An end does not wait for it: what fails is told.
    async fn last_verdict(&self, held: &Held, event: &Event, readings: &[Reading]) -> Vec<Told> {
        let success = &held.state().plan().dossier.success;
        let at = match event {
            Event::SuccessMet => success.newest(readings, self.now()),
            _ => Some(self.now()),
        };
        let begin = held.state().in_force_since();
        let moment = begin.zip(at).map(|(begin, at)| Moment { begin, at });
        let whole = |moment: &Moment| {
            moment.at.0.saturating_sub(moment.begin.0) >= success.seconds()
                && moment.at.0 - moment.begin.0 <= WINDOW_SECONDS_MAX
        };
        let Some(moment) = moment.filter(whole) else {
            return Vec::new();
        };
        match self.keep_judged(held, moment).await {
            Ok(()) => Vec::new(),
            Err(problem) => vec![Told::Trouble(format!("no verdict: {}", problem.detail))],
        }
    }
}

/// Entries that verdicts owe, under the step of each actuator's last dispatch.
fn verdict_owed(held: &Held, paper: &VerdictPaper) -> Vec<Owed> {
    let state = held.state();
    let Some(authority) = state.authority() else {
        return Vec::new();
    };
    let at = Seconds(paper.at);
    let mut of: BTreeMap<Name, Vec<(u64, String, String)>> = BTreeMap::new();
    for one in &paper.targets {
        let aims = state.plan().aims.iter();
        let own = aims.filter(|aim| aim.target == one.target);
        let actuators: BTreeSet<&Name> = own.map(|aim| &aim.actuator).collect();
        for actuator in actuators {
            let line = format!("verdict {} {} at {at}", one.verdict, one.target);
            of.entry(actuator.clone())
                .or_default()
                .push((0, line, String::new()));
        }
    }
    let mut owed = Vec::new();
    for (actuator, lines) in of {
        for part in by_step(lines, DETAIL_BYTES_MAX) {
            owed.push(Owed::Act {
                authority: authority.to_string(),
                act: MeasureAct::Effect.name().to_owned(),
                actuator: Some(actuator.to_string()),
                step: None,
                detail: part.detail,
            });
        }
    }
    owed
}

/// Words of a call for each target whose attack moved, where that is new.
fn moved(known: Option<&VerdictPaper>, paper: &VerdictPaper) -> Vec<String> {
    let known = |target: &str| {
        let mut rows = known.into_iter().flat_map(|known| &known.targets);
        rows.find(|row| row.target == target)
    };
    let new = paper.targets.iter().filter(|row| {
        row.verdict == Verdict::Displaced.name()
            && known(&row.target).is_none_or(|known| known.findings != row.findings)
    });
    new.map(|row| {
        let to = row.moved.join("; ");
        format!("the attack by {} moved: {to}", row.target)
    })
    .collect()
}

fn said(held: Held, told: Vec<Told>) -> Stepped {
    Stepped {
        held,
        records: Vec::new(),
        refused: None,
        told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(verdict: Verdict, findings: &[u64]) -> VerdictPaper {
        VerdictPaper {
            begin: 100,
            at: 200,
            targets: vec![TargetVerdict {
                target: "198.51.100.7/32".to_owned(),
                verdict: verdict.name().to_owned(),
                by: String::new(),
                before: None,
                not_in_force: Vec::new(),
                moved: vec!["198.51.100.99 has 2 of 3 since then".to_owned()],
                places: Vec::new(),
                findings: findings.to_vec(),
                reasons: Vec::new(),
                readings: Vec::new(),
            }],
        }
    }

    #[test]
    fn a_person_is_called_once_for_each_new_place_of_an_attack() {
        let first = paper(Verdict::Displaced, &[4]);
        let words = "the attack by 198.51.100.7/32 moved: 198.51.100.99 has 2 of 3 since then";
        assert_eq!(moved(None, &first), [words.to_owned()]);
        assert_eq!(moved(Some(&first), &first).len(), 0);
        let more = paper(Verdict::Displaced, &[4, 5]);
        assert_eq!(moved(Some(&first), &more).len(), 1);
        let before = paper(Verdict::Effective, &[]);
        assert_eq!(moved(Some(&before), &first).len(), 1);
        assert_eq!(moved(Some(&first), &before).len(), 0);
    }

    #[test]
    fn counters_become_what_was_met_between_two_looks_of_one_run() {
        let look = |at: u64, run: u64, times: u64, in_force: Option<bool>| SeenPaper {
            at,
            effects: vec![sakimori_liaison::measure::SeenEffect {
                target: "198.51.100.7/32".to_owned(),
                actuator: "edge-1".to_owned(),
                in_force,
                wanted: true,
                times,
                deed: "block".to_owned(),
                run,
            }],
            readings: Vec::new(),
        };
        let looks = [
            look(100, 1, 5, Some(true)),
            look(110, 1, 12, Some(true)),
            look(120, 1, 0, None),
            look(130, 1, 12, Some(true)),
            look(140, 2, 3, Some(true)),
            look(150, 2, 4, Some(true)),
        ];
        let all = observed(&looks, &[]);
        let met_of = |one: &Observation| match one.value {
            Value::Met(count) => Some((one.from.0, one.until.0, count)),
            _ => None,
        };
        let counted: Vec<_> = all.iter().filter_map(met_of).collect();
        assert_eq!(counted, [(101, 110, 7), (111, 130, 0), (141, 150, 1)]);
        let moment = Moment {
            begin: Seconds(100),
            at: Seconds(145),
        };
        let words = met(&all, "198.51.100.7/32", moment);
        assert_eq!(words, ["`edge-1` met 7 while it was looked at"]);
        assert_eq!(met(&all, "198.51.100.8/32", moment), Vec::<String>::new());
    }
}
