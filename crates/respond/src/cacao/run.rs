//! A playbook as it runs: a pure machine. In: what came of a task, the time. Out: the next task for a person or an actuator. Never: a step that was not come to, a task that is given twice, a loop
//! beyond its time.
//!
//! Branches of a parallel step run one after the other, which section 4.6 allows where the outcome is the same.

use super::condition::ConditionError;
use super::{Command, Kind, Playbook, Step};
use std::collections::BTreeMap;

/// Most steps of one run.
const STEPS_RUN_MAX: usize = 10_000;

/// What is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The step.
    pub step: String,
    /// Which of its commands, from 0.
    pub command: usize,
    /// Who does it.
    pub agent: String,
    /// With what.
    pub targets: Vec<String>,
    /// What.
    pub work: Work,
    /// Not before so many milliseconds from the beginning of the run.
    pub not_before: u64,
    /// The last millisecond from the beginning of the run at which its answer counts: behind it the step has failed.
    pub not_after: Option<u64>,
}

/// What is to be done.
pub type Work = Command;

/// What came of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Whether it went well.
    pub well: bool,
    /// Variables that have a new value.
    pub values: BTreeMap<String, String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// At its end.
    Ended,
    /// A step failed that says no way for that, and there was none for all.
    Failed,
}

/// Why a run cannot go on. Who runs it acts on it; nothing more is done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// A condition says nothing now.
    #[error("step {step}: {error}")]
    Condition {
        /// The step.
        step: String,
        /// Why.
        error: ConditionError,
    },
    /// No case fits and there is no default.
    #[error("step {0} has no case for the value, and no default")]
    NoCase(String),
    /// A loop is beyond its time.
    #[error("step {0} is beyond its time")]
    Late(String),
    /// More steps than a run has.
    #[error("the run has more than {STEPS_RUN_MAX} steps")]
    Long,
    /// There is no task that waits, or one that was not answered.
    #[error("this is not the task that waits")]
    Turn,
}

/// What to come back to when a branch has ended.
#[derive(Clone, Debug, PartialEq)]
enum Frame {
    /// The step behind the branch; the branches of it that wait.
    Branch { of: String, waiting: Vec<String> },
    /// A loop, and when it began.
    Loop { of: String, began: u64 },
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    playbook: Playbook,
    values: BTreeMap<String, Option<String>>,
    at: Option<String>,
    command: usize,
    waits: bool,
    /// By when the step has to be done, from when its first task was given out.
    deadline: Option<u64>,
    frames: Vec<Frame>,
    steps: usize,
    outcome: Option<Outcome>,
    excepted: bool,
}

impl Run {
    /// A run at its beginning.
    pub fn begin(playbook: Playbook) -> Self {
        Self {
            values: playbook.variables.clone(),
            at: Some(playbook.start.clone()),
            playbook,
            command: 0,
            waits: false,
            deadline: None,
            frames: Vec::new(),
            steps: 0,
            outcome: None,
            excepted: false,
        }
    }

    /// How it ended, where it has.
    pub const fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// The next task, `now` milliseconds after the beginning; nothing when the run has ended.
    ///
    /// # Errors
    /// [`RunError`]; [`RunError::Turn`] while a task waits for its answer.
    pub fn next(&mut self, now: u64) -> Result<Option<Task>, RunError> {
        if self.waits {
            return Err(RunError::Turn);
        }
        while let Some(id) = self.at.clone() {
            self.steps += 1;
            if self.steps > STEPS_RUN_MAX {
                return Err(RunError::Long);
            }
            let Some(step) = self.playbook.steps.get(&id).cloned() else {
                return Ok(None);
            };
            if let Some(task) = self.task(&id, &step, now) {
                if task.not_after.is_some_and(|last| task.not_before > last) {
                    // What is left of the step comes behind its time.
                    self.behind(&step, false);
                    continue;
                }
                self.deadline = task.not_after;
                self.waits = true;
                return Ok(Some(task));
            }
            self.pass(id, &step, now)?;
        }
        Ok(None)
    }

    /// The task of a step that has one left.
    fn task(&self, id: &str, step: &Step, now: u64) -> Option<Task> {
        let Kind::Action {
            commands,
            agent,
            targets,
        } = &step.kind
        else {
            return None;
        };
        let work = commands.get(self.command)?.clone();
        let delay = if self.command == 0 { step.delay } else { None };
        let not_before = now.saturating_add(delay.unwrap_or(0));
        // The time is the step's: its later commands have what is left of it.
        let not_after = match self.deadline {
            Some(last) if self.command > 0 => Some(last),
            _ => step
                .timeout
                .map(|timeout| not_before.saturating_add(timeout)),
        };
        Some(Task {
            step: id.to_owned(),
            command: self.command,
            agent: agent.clone(),
            targets: targets.clone(),
            work,
            not_before,
            not_after,
        })
    }

    /// Passes a step that gives out no task.
    fn pass(&mut self, id: String, step: &Step, now: u64) -> Result<(), RunError> {
        match &step.kind {
            Kind::Start | Kind::Action { .. } => self.behind(step, true),
            Kind::End => self.end(now)?,
            Kind::Parallel(next) => {
                let mut waiting = next.clone();
                waiting.reverse();
                let first = waiting.pop();
                self.frames.push(Frame::Branch { of: id, waiting });
                self.go(first);
            }
            Kind::If {
                condition,
                on_true,
                on_false,
            } => {
                let holds = self.holds(&id, condition)?;
                let to = if holds {
                    Some(on_true)
                } else {
                    on_false.as_ref()
                };
                self.branch(id, step, to.cloned());
            }
            Kind::Switch { switch, cases } => {
                let value = self.values.get(switch).and_then(Option::as_ref);
                let to = value.and_then(|value| cases.get(value));
                let to = to.or_else(|| cases.get("default")).cloned();
                if to.is_none() {
                    return Err(RunError::NoCase(id));
                }
                self.branch(id, step, to);
            }
            Kind::While { condition, on_true } => {
                if self.holds(&id, condition)? {
                    self.frames.push(Frame::Loop { of: id, began: now });
                    self.go(Some(on_true.clone()));
                } else {
                    self.behind(step, true);
                }
            }
        }
        Ok(())
    }

    /// Into a branch, or past it where there is none.
    fn branch(&mut self, of: String, step: &Step, to: Option<String>) {
        if to.is_none() {
            self.behind(step, true);
            return;
        }
        let waiting = Vec::new();
        self.frames.push(Frame::Branch { of, waiting });
        self.go(to);
    }

    /// Takes what came of the task that waits, `now` milliseconds after the beginning. An answer behind the task's last millisecond is one that it failed.
    ///
    /// # Errors
    /// [`RunError::Turn`]: no task waits.
    pub fn done(&mut self, done: &Done, now: u64) -> Result<(), RunError> {
        let id = self
            .at
            .clone()
            .filter(|_| self.waits)
            .ok_or(RunError::Turn)?;
        self.waits = false;
        let late = self.deadline.is_some_and(|last| now > last);
        let constants = &self.playbook.constants;
        let set = done.values.iter();
        for (name, value) in set.filter(|(name, _)| !constants.contains(*name)) {
            if let Some(known) = self.values.get_mut(name) {
                *known = Some(value.clone());
            }
        }
        if done.well && !late {
            self.command += 1;
        } else if let Some(step) = self.playbook.steps.get(&id).cloned() {
            self.behind(&step, false);
        }
        Ok(())
    }

    fn holds(&self, step: &str, condition: &super::Condition) -> Result<bool, RunError> {
        let held = condition.holds(&self.values);
        held.map_err(|error| RunError::Condition {
            step: step.to_owned(),
            error,
        })
    }

    fn go(&mut self, to: Option<String>) {
        self.at = to;
        self.command = 0;
        self.deadline = None;
    }

    /// Behind a step, by how it went.
    fn behind(&mut self, step: &Step, well: bool) {
        let way = if well {
            &step.on_success
        } else {
            &step.on_failure
        };
        let to = step.on_completion.clone().or_else(|| way.clone());
        match to {
            Some(to) => self.go(Some(to)),
            None if well => self.go(None),
            None => self.fail(),
        }
    }

    /// A step failed that says no way for that: the way for all, once, or the end.
    fn fail(&mut self) {
        self.frames.clear();
        match self.playbook.exception.clone() {
            Some(to) if !self.excepted => {
                self.excepted = true;
                self.go(Some(to));
            }
            _ => {
                self.go(None);
                self.outcome = Some(Outcome::Failed);
            }
        }
    }

    /// An end: of a branch, or of all.
    fn end(&mut self, now: u64) -> Result<(), RunError> {
        match self.frames.pop() {
            None => {
                self.go(None);
                self.outcome = Some(if self.excepted {
                    Outcome::Failed
                } else {
                    Outcome::Ended
                });
            }
            Some(Frame::Branch { of, mut waiting }) => match waiting.pop() {
                Some(next) => {
                    self.frames.push(Frame::Branch { of, waiting });
                    self.go(Some(next));
                }
                None => {
                    if let Some(step) = self.playbook.steps.get(&of).cloned() {
                        self.behind(&step, true);
                    }
                }
            },
            Some(Frame::Loop { of, began }) => {
                let Some(step) = self.playbook.steps.get(&of).cloned() else {
                    return Ok(());
                };
                let timeout = step.timeout.unwrap_or(0);
                if now.saturating_sub(began) >= timeout {
                    return Err(RunError::Late(of));
                }
                let Kind::While { condition, on_true } = &step.kind else {
                    return Ok(());
                };
                if self.holds(&of, condition)? {
                    self.frames.push(Frame::Loop { of, began });
                    self.go(Some(on_true.clone()));
                } else {
                    self.behind(&step, true);
                }
            }
        }
        Ok(())
    }
}
