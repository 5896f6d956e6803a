//! A measure that follows a playbook. In: what the playbook has come to, answers of people and actuators. Out: records, effects in the playbook's order. Never: an effect before the playbook has come to it; an answer to another task than
//! the one that waits; values without a bound.
//!
//! The playbook itself is not here: [`crate::cacao::next`] reads it beside the records. The waves of the roll-out hold as ever: the first effect alone, a tenth, all, each with its soak.

use super::event::{Act, Event, Refused};
use super::record::Fact;
use super::{Ended, Life, Stage, Turn, Why, rule};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most answers of one run; a playbook's own bound is below it.
pub const ANSWERS_MAX: usize = 10_000;
/// Most values of one answer, and longest value in bytes.
pub const VALUES_MAX: usize = 64;
/// Longest value of an answer in bytes.
pub const VALUE_BYTES_MAX: usize = 1024;

/// What came of a task of a playbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    /// Who says so: a person, an actuator, the clock.
    pub by: String,
    /// The step.
    pub step: String,
    /// Which of its commands, from 0.
    pub command: usize,
    /// Whether it went well.
    pub well: bool,
    /// Variables that have a new value.
    pub values: BTreeMap<String, String>,
}

/// Where a run of a playbook stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Playing {
    /// When it began.
    pub(super) began: Option<Seconds>,
    /// Effects that it has come to, in its order.
    pub(super) come: Vec<usize>,
    /// For which task a person was called, counted by the answers before it.
    pub(super) called: Option<usize>,
    /// Answers in their order.
    pub(super) answers: Vec<(Seconds, Play)>,
    /// Whether it is over.
    pub(super) out: bool,
}

impl Life {
    pub(super) fn play(&mut self, event: &Event, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let plays = self.state.plan.playbook.is_some()
            && self.state.stage == Stage::Dispatching
            && !self.state.playing.out;
        if !plays {
            return Err(self.out_of_sequence(event));
        }
        match event {
            Event::Come { aim } => {
                let effect = self.state.effects.get(*aim);
                if effect.is_none_or(|effect| effect.narrowed) {
                    return rule("the plan has no such effect, or it was taken out");
                }
                if !self.state.playing.come.contains(aim) {
                    self.keep(Fact::Come { aim: *aim }, turn);
                }
                self.forward(turn);
            }
            Event::Called { at, step, words } => {
                if *at == self.state.playing.answers.len() && self.state.playing.called != Some(*at)
                {
                    let (at, step) = (*at, step.clone());
                    self.keep(Fact::Called { at, step }, turn);
                    let words = format!("the playbook waits for a person: {words}");
                    turn.step.acts.push(Act::Page(words));
                }
            }
            Event::Played { at, play } => {
                if *at != self.state.playing.answers.len() || *at >= ANSWERS_MAX {
                    return rule("another answer came before");
                }
                let long = |(name, value): (&String, &String)| {
                    name.len() > VALUE_BYTES_MAX || value.len() > VALUE_BYTES_MAX
                };
                if play.values.len() > VALUES_MAX || play.values.iter().any(long) {
                    return rule(format!(
                        "at most {VALUES_MAX} values of at most {VALUE_BYTES_MAX} bytes"
                    ));
                }
                self.keep(Fact::Played(play.clone()), turn);
            }
            Event::PlayedOut { well, words } => self.played_out(*well, words, turn),
            _ => return Err(self.out_of_sequence(event)),
        }
        Ok(())
    }

    /// The playbook is over: what it never came to is taken out for good. One that failed stops the roll-out.
    fn played_out(&mut self, well: bool, words: &str, turn: &mut Turn<'_>) {
        let over = Fact::PlayedOut {
            well,
            words: words.to_owned(),
        };
        self.keep(over, turn);
        if !well {
            let words = format!("the playbook did not come to its end: {words}");
            self.suspend(Why::RollOut, &words, turn);
            return;
        }
        let effects = self.state.effects.iter().enumerate();
        let rest: Vec<usize> = effects
            .filter(|(aim, effect)| !effect.narrowed && !self.state.playing.come.contains(aim))
            .map(|(aim, _)| aim)
            .collect();
        if !rest.is_empty() {
            let by = self.state.plan.chain.executor.officer.clone();
            self.keep(Fact::Narrowed { by, aims: rest }, turn);
        }
        if self.state.effects.iter().all(|effect| effect.narrowed) {
            self.end(Ended::Stop, turn);
        } else {
            self.forward(turn);
        }
    }

    /// The effects of a wave in their order: all that are meant, or those of them that the playbook has come to.
    pub(super) fn order(&self, meant: &[usize]) -> Vec<usize> {
        if self.state.plan.playbook.is_none() {
            return meant.to_vec();
        }
        let come = self.state.playing.come.iter().copied();
        come.filter(|aim| meant.contains(aim)).collect()
    }
}
