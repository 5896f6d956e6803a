//! A playbook that a measure follows: what comes next. In: the playbook, the measure's records, the time. Out: the event that brings it on, or who is waited for. Never: a memory of its own: where a run stands is what its records lead to,
//! so that a fall in the middle loses nothing and does nothing twice.

use super::{Command, Done, Outcome, Playbook, Run, RunError, Task};
use crate::plan::life::{At, Event, Play, Stage, State};
use sakimori_custody::time::Seconds;
use std::collections::BTreeMap;

/// Who answers in a run's name when a step is beyond its time.
const CLOCK: &str = "clock";

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Nothing before this second: the step has a delay.
    Pause(Seconds),
    /// A person is to do this, and was called.
    Person(Box<Task>),
    /// The answer of an actuator is waited for.
    Effect {
        /// The task.
        task: Box<Task>,
        /// Which effect of the plan.
        aim: usize,
    },
    /// This event brings it on.
    Event(Box<Event>),
    /// The playbook has nothing to do: the measure is not being put in force, or the run is over.
    Nothing,
}

/// Where a measure stands in the playbook that its plan names, and what comes next.
pub fn next(playbook: &Playbook, state: &State, now: Seconds) -> Next {
    let Some(began) = state.play_began().filter(|_| !state.is_played_out()) else {
        return Next::Nothing;
    };
    if state.stage() != Stage::Dispatching {
        return Next::Nothing;
    }
    let millis = |at: Seconds| at.0.saturating_sub(began.0).saturating_mul(1000);
    let mut run = Run::begin(playbook.clone());
    let task = match caught_up(&mut run, state.played(), began, &millis) {
        Ok(task) => task,
        Err(words) => return over(false, words),
    };
    let Some(task) = task else {
        return match run.outcome() {
            Some(Outcome::Failed) => over(false, "a step failed that says no way for that".into()),
            _ => over(true, "at its end".into()),
        };
    };
    let answered = |by: &str, well: bool| {
        Next::Event(Box::new(Event::Played {
            at: state.played().len(),
            play: Play {
                by: by.to_owned(),
                step: task.step.clone(),
                command: task.command,
                well,
                values: BTreeMap::new(),
            },
        }))
    };
    if task.not_after.is_some_and(|last| millis(now) > last) {
        return answered(CLOCK, false);
    }
    if millis(now) < task.not_before {
        return Next::Pause(began.plus(task.not_before.div_ceil(1000)));
    }
    match &task.work {
        Command::Manual(words) if state.called() != Some(state.played().len()) => {
            Next::Event(Box::new(Event::Called {
                at: state.played().len(),
                step: task.step.clone(),
                words: words.clone(),
            }))
        }
        Command::Manual(_) => Next::Person(Box::new(task)),
        Command::OpenC2(command) => match playbook.tied(&task.agent, command, state.plan()) {
            Err(words) => over(false, format!("step {}: {words}", task.step)),
            Ok(tied) => effect(state, &task, tied, &answered),
        },
    }
}

fn over(well: bool, words: String) -> Next {
    Next::Event(Box::new(Event::PlayedOut { well, words }))
}

/// The run behind all answers that are on record: the task that waits, none at the end.
fn caught_up(
    run: &mut Run,
    played: &[(Seconds, Play)],
    began: Seconds,
    millis: &dyn Fn(Seconds) -> u64,
) -> Result<Option<Task>, String> {
    let words = |error: RunError| error.to_string();
    let mut last = began;
    for (at, play) in played {
        let task = run.next(millis(last)).map_err(words)?;
        let same = |task: &Task| task.step == play.step && task.command == play.command;
        if !task.as_ref().is_some_and(same) {
            return Err(format!("step {} was answered out of its turn", play.step));
        }
        let done = Done {
            well: play.well,
            values: play.values.clone(),
        };
        run.done(&done, millis(*at)).map_err(words)?;
        last = *at;
    }
    run.next(millis(last)).map_err(words)
}

/// What an effect is brought on by. One that was taken out for good is passed: less is always allowed.
fn effect(
    state: &State,
    task: &Task,
    tied: super::Tied,
    answered: &dyn Fn(&str, bool) -> Next,
) -> Next {
    let aim = tied.aim;
    let (Some(line), Some(effect)) = (state.plan().aims.get(aim), state.effects().get(aim)) else {
        return over(false, format!("the plan has no effect {aim}"));
    };
    let by = line.actuator.as_str();
    let waits = || Next::Effect {
        task: Box::new(task.clone()),
        aim,
    };
    match (tied.begins, effect.narrowed, effect.at) {
        (true, true, _) | (false, true, At::Not | At::Gone) | (true, false, At::There) => {
            answered(by, true)
        }
        (true, false, _) if !state.come().contains(&aim) => {
            Next::Event(Box::new(Event::Come { aim }))
        }
        (true, false, At::Gone) => answered(by, false),
        (false, false, _) => Next::Event(Box::new(Event::Narrow {
            by: state.plan().chain.executor.officer.clone(),
            aims: vec![aim],
        })),
        _ => waits(),
    }
}
