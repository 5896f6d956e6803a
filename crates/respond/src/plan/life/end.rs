//! Taking back: suspensions and ends. In: what stops a measure. Out: commands that take back all that can be in force, a call for a person. Never: an end that is taken back; a suspension that ends by itself.

use super::duty::Duty;
use super::event::{Act, Event, Kill, Refused};
use super::record::Fact;
use super::{Ended, Life, Stage, Turn, Why, rule};

impl Life {
    pub(super) fn stop(&mut self, event: &Event, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let stage = self.state.stage;
        let over = matches!(
            stage,
            Stage::Refused | Stage::Ending | Stage::Ended | Stage::Reported
        );
        match event {
            Event::Collateral { words } if stage.is_decided() => {
                self.suspend(Why::Collateral, words, turn);
            }
            Event::ListHit { target, words } if stage.is_decided() => {
                if !self.state.plan.aims.iter().any(|aim| aim.target == *target) {
                    return rule(format!("{target} is no target of it"));
                }
                self.suspend(Why::List, &format!("{target} runs into {words}"), turn);
            }
            Event::Kill(Kill::Dispatch) if !over => {
                if !self.state.held {
                    self.keep(Fact::Held { held: true }, turn);
                    turn.step
                        .acts
                        .push(Act::Page("the kill switch holds dispatch".to_owned()));
                }
            }
            Event::Kill(Kill::All) if !over => {
                if !self.state.halted {
                    self.keep(Fact::Stopped { stopped: true }, turn);
                }
            }
            Event::Kill(kill) if !self.state.is_met(kill) => {
                return rule("it rests on another authority");
            }
            // The kill switch works wherever a measure stands; an end is an end.
            Event::Kill(kill) if !over && kill.releases() => {
                self.end(Ended::Killed, turn);
            }
            Event::SuccessMet | Event::StopMet
                if matches!(stage, Stage::Dispatching | Stage::InForce) =>
            {
                self.end(event.end().unwrap_or(Ended::Stop), turn);
            }
            Event::Revoke if stage.is_decided() => self.end(Ended::Revoked, turn),
            Event::Resume { by, words } if stage == Stage::Suspended => {
                if *by == self.state.plan.chain.executor.officer {
                    return rule(format!("`{by}` carries out; another lets it go on"));
                }
                if words.trim().is_empty() {
                    return rule("no reason is said");
                }
                if self.state.suspended == Some(Why::Complaint)
                    && self.state.complaints.values().any(Option::is_none)
                {
                    return rule("a complaint is not decided");
                }
                let (by, words) = (by.clone(), words.clone());
                self.keep(Fact::Resumed { by, words }, turn);
                turn.step.acts.push(Act::Resume);
            }
            _ => return Err(self.out_of_sequence(event)),
        }
        Ok(())
    }

    /// Takes everything back until a person lets it go on, and calls one.
    pub(super) fn suspend(&mut self, why: Why, words: &str, turn: &mut Turn<'_>) {
        if self.state.stage == Stage::Suspended || !self.state.stage.is_decided() {
            turn.step.acts.push(Act::Page(words.to_owned()));
            return;
        }
        self.keep(
            Fact::Suspended {
                why,
                words: words.to_owned(),
            },
            turn,
        );
        turn.step.acts.push(Act::Suspend);
        self.release_all(turn);
        turn.step.acts.push(Act::Page(words.to_owned()));
    }

    /// Ends it: all that can be in force is taken back, for good.
    pub(super) fn end(&mut self, end: Ended, turn: &mut Turn<'_>) {
        if matches!(
            self.state.stage,
            Stage::Ending | Stage::Ended | Stage::Reported
        ) {
            return;
        }
        let decided = self.state.stage.is_decided();
        self.keep(Fact::Ending { end }, turn);
        // What was never decided has nothing to report.
        if decided {
            let term = Duty::Report.term(turn.around.terms, false);
            let duty = Duty::Report;
            self.keep(Fact::Owed { duty, term }, turn);
            turn.step.acts.push(Act::Suspend);
        }
        self.release_all(turn);
        self.settle(turn);
    }

    fn release_all(&mut self, turn: &mut Turn<'_>) {
        for aim in 0..self.state.effects.len() {
            self.release(aim, turn);
        }
    }

    /// Where nothing can be in force any more, the end is reached.
    pub(super) fn settle(&mut self, turn: &mut Turn<'_>) {
        let stands = self.state.effects.iter().any(super::state::Effect::stands);
        if self.state.stage == Stage::Ending && !stands {
            self.keep(Fact::Ended, turn);
        }
    }

    /// Ends that come with time.
    pub(super) fn tick_end(&mut self, turn: &mut Turn<'_>) {
        let over = self.state.until().is_some_and(|until| until <= turn.now);
        if self.state.stage.is_decided() && over {
            let end = if self.state.urgent_until.is_some() {
                Ended::Unratified
            } else {
                Ended::Window
            };
            self.end(end, turn);
        }
        self.settle(turn);
    }
}
