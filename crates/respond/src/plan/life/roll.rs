//! Putting in force, step by step. In: a dispatch, answers of actuators. Out: commands: one, then a tenth, then all, each step with its soak. Never: a next step behind a failed read-back, or while a look says that what was read back is gone; more commands than the ceilings let through; a command that begins something at level 2 where one alone dispatched.

use super::duty::Duty;
use super::event::{Act, Event, Refused};
use super::record::Fact;
use super::state::{At, Effect};
use super::{Ended, Life, Stage, Turn, Why, rule};
use crate::plan::command::{Command, number};
use crate::plan::form::Digest;
use crate::plan::observe::{Observation, differences};
use crate::safety::Class;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;

/// The last wave.
const LAST_WAVE: u8 = 2;
/// Sendings of a command that are not answered before it counts as failed.
const SENDINGS: u32 = 3;
/// Longest pause between two sendings of one command, seconds.
const PAUSE_SECONDS_MAX: u64 = 3600;

/// How many of `all` effects are begun when a wave is complete.
pub(super) const fn wave_size(all: usize, wave: u8) -> usize {
    match wave {
        0 => {
            if all == 0 {
                0
            } else {
                1
            }
        }
        1 => all.div_ceil(10),
        _ => all,
    }
}

impl Life {
    pub(super) fn roll(&mut self, event: &Event, turn: &mut Turn<'_>) -> Result<(), Refused> {
        match event {
            Event::Dispatch { by, observations }
                if matches!(self.state.stage, Stage::Approved | Stage::Urgent)
                    || self.state.waits_for_two() =>
            {
                self.dispatch(by, observations, turn)?;
            }
            Event::ReadBack { command, well } => self.read_back(command, *well, turn),
            Event::Lost { command } => self.lost(command, turn),
            Event::Released { command, well } => self.released(command, *well, turn),
            Event::Observed(observations) if self.state.stage.is_decided() => {
                self.observed(observations, turn);
            }
            Event::Narrow { by, aims } if self.state.stage.is_decided() => {
                if aims.is_empty() || aims.iter().any(|aim| *aim >= self.state.effects.len()) {
                    return rule("it names an aim that the plan does not have");
                }
                self.keep(
                    Fact::Narrowed {
                        by: by.clone(),
                        aims: aims.clone(),
                    },
                    turn,
                );
                for aim in aims {
                    self.release(*aim, turn);
                }
                if self.state.effects.iter().all(|effect| effect.narrowed) {
                    self.end(Ended::Stop, turn);
                } else {
                    self.forward(turn);
                }
            }
            Event::Free { by } if self.state.held => {
                if *by == self.state.plan.chain.executor.officer {
                    return rule(format!("`{by}` carries out; another lets it go on"));
                }
                self.keep(Fact::Held { held: false }, turn);
                // What was ratified or renewed meanwhile gets its end now.
                self.again(turn);
                self.forward(turn);
            }
            // Who may is asked where the whole office is stopped: it takes another than who stopped it, and none who carries out.
            Event::FreeAll { .. } if self.state.halted && !turn.load.halted => {
                self.keep(Fact::Stopped { stopped: false }, turn);
                self.again(turn);
                self.forward(turn);
            }
            _ => return Err(self.out_of_sequence(event)),
        }
        Ok(())
    }

    fn dispatch(
        &mut self,
        by: &[Name],
        observations: &[Observation],
        turn: &mut Turn<'_>,
    ) -> Result<(), Refused> {
        let now = turn.now;
        if self.state.is_held() {
            return rule("the kill switch holds dispatch");
        }
        let chain = &self.state.plan.chain;
        self.designated(turn)?;
        if let Some(order) = &chain.defence
            && !(order.from <= now && now <= order.until)
        {
            return rule(format!("the order {} does not hold now", order.number));
        }
        if !by.contains(&chain.executor.officer) {
            return rule(format!(
                "`{}` carries it out, and has not said so",
                chain.executor.officer
            ));
        }
        if self.state.level() > 1 && !self.state.has_another(by) {
            return rule("at level 2 two people dispatch");
        }
        let begins = self
            .state
            .decision
            .as_ref()
            .map_or(self.state.plan.not_before, |decision| decision.not_before);
        let open = self.state.until().is_some_and(|until| now < until);
        if now < begins || !open {
            return rule("the approval does not hold now");
        }
        let goes_on = self.state.waits_for_two();
        if !goes_on && self.state.effects.iter().any(Effect::stands) {
            return rule("what was dispatched before is not taken back yet");
        }
        let judgement = turn.around.judgement;
        self.judged(turn)?;
        if let Some(words) = self.changed(observations) {
            self.suspend(Why::Changed, &words, turn);
            return Ok(());
        }
        self.as_approved(observations, turn)?;
        if let Err(words) = self.room(0, turn) {
            return rule(words);
        }
        let dispatched = Fact::Dispatched {
            by: by.to_vec(),
            lists_version: judgement.version,
            lists: Digest(judgement.sha256),
        };
        self.owed_at_dispatch(turn);
        self.keep(dispatched, turn);
        if goes_on {
            self.again(turn);
        }
        self.forward(turn);
        Ok(())
    }

    /// What the lists say now; they may have changed since it was reviewed.
    pub(super) fn judged(&self, turn: &Turn<'_>) -> Result<(), Refused> {
        for aim in &self.state.plan.aims {
            let class = turn.around.judgement.of_target(&aim.target);
            let class = class.map_err(Refused::Rule)?;
            if class == Some(Class::Level2) && self.state.level() < 2 {
                let target = &aim.target;
                return rule(format!(
                    "{target} takes level 2 by the lists of now, and was found to be of level 1"
                ));
            }
        }
        Ok(())
    }

    /// Whether the executor is designated now, by the register: the plan says what was so when it was written.
    fn designated(&self, turn: &Turn<'_>) -> Result<(), Refused> {
        let executor = &self.state.plan.chain.executor;
        let mut register = turn.around.designations.iter();
        let live = register.any(|one| {
            one.officer == executor.officer
                && one.number == executor.number
                && one.body == executor.body
                && one.is_live(turn.now)
        });
        if live {
            return Ok(());
        }
        rule(format!(
            "the designation {} of `{}` does not hold now",
            executor.number, executor.officer
        ))
    }

    /// The first difference between what was approved and what any observer says now.
    fn changed(&self, observations: &[Observation]) -> Option<String> {
        let seen = &self.state.found.as_ref()?.seen;
        let decided = self.state.decided.unwrap_or(Seconds(0));
        // What was seen before the decision was part of it.
        let new = observations.iter().filter(|one| one.at >= decided);
        new.filter_map(|one| Some((one, seen.get(&one.target)?)))
            .find_map(|(one, before)| {
                differences(&one.target, before, &one.seen)
                    .into_iter()
                    .next()
            })
            .map(|difference| difference.to_string())
    }

    fn observed(&mut self, observations: &[Observation], turn: &mut Turn<'_>) {
        if self.state.stage == Stage::Suspended {
            return;
        }
        if let Some(words) = self.changed(observations) {
            self.suspend(Why::Changed, &words, turn);
        }
    }

    /// What every first dispatch owes. The notice of an urgent act was owed with the act.
    fn owed_at_dispatch(&mut self, turn: &mut Turn<'_>) {
        let mut duties = vec![Duty::Commission, Duty::Victims, Duty::Others];
        let mut controllers: Vec<&Name> = self
            .state
            .plan
            .aims
            .iter()
            .map(|aim| &aim.controller)
            .collect();
        controllers.sort();
        controllers.dedup();
        duties.extend(controllers.into_iter().cloned().map(Duty::Administrator));
        for duty in duties {
            if self.state.clocks.contains_key(&duty) {
                continue;
            }
            let term = duty.term(turn.around.terms, false);
            self.keep(
                Fact::Owed {
                    duty: duty.clone(),
                    term,
                },
                turn,
            );
            turn.step.acts.push(Act::Notice(duty));
        }
    }

    /// Aims that are still meant, in their order.
    fn meant(&self) -> Vec<usize> {
        let effects = self.state.effects.iter().enumerate();
        effects
            .filter(|(_, effect)| !effect.narrowed)
            .map(|(aim, _)| aim)
            .collect()
    }

    /// Sends what the wave has not sent, as far as the ceilings let it; goes on where the wave is complete.
    pub(super) fn forward(&mut self, turn: &mut Turn<'_>) {
        if self.state.stage != Stage::Dispatching
            || self.state.is_held()
            || self.state.soak_until.is_some()
        {
            return;
        }
        loop {
            let meant = self.meant();
            let size = wave_size(meant.len(), self.state.wave);
            let wave: Vec<usize> = self.order(&meant).into_iter().take(size).collect();
            for aim in &wave {
                let at = self.state.effects.get(*aim).map(|effect| effect.at);
                if at == Some(At::Not) {
                    if self.state.waits_for_two() || self.room(*aim, turn).is_err() {
                        return;
                    }
                    self.begin(*aim, turn);
                }
            }
            let there = |aim: &usize| {
                self.state
                    .effects
                    .get(*aim)
                    .is_some_and(|effect| matches!(effect.at, At::There | At::Gone))
            };
            if !wave.iter().all(there) {
                return;
            }
            // The playbook has not come to the rest of the wave, or has more to do behind the last.
            let plays = self.state.plan.playbook.is_some() && !self.state.playing.out;
            if wave.len() < size || (plays && wave.len() == meant.len()) {
                return;
            }
            if self.state.wave >= LAST_WAVE || wave.len() == meant.len() {
                self.keep(Fact::InForce, turn);
                return;
            }
            let next = self.state.wave + 1;
            if wave_size(meant.len(), next) > wave.len() {
                let until = turn.now.plus(self.state.plan.soak_seconds);
                self.keep(
                    Fact::Soaking {
                        wave: self.state.wave,
                        until,
                    },
                    turn,
                );
                return;
            }
            self.keep(Fact::Wave { wave: next }, turn);
        }
    }

    /// Whether the ceilings let one more command of an aim through.
    fn room(&self, aim: usize, turn: &Turn<'_>) -> Result<(), String> {
        let Some(aim) = self.state.plan.aims.get(aim) else {
            return Err("no such aim".to_owned());
        };
        let (ceilings, load) = (&turn.around.terms.ceilings, &turn.load);
        if load.halted {
            return Err("the whole office is stopped".to_owned());
        }
        let authority = self
            .state
            .authority
            .and_then(|id| load.authorities.get(&id));
        // What an actuator says it takes holds where it is less than what the office lets through; its word alone stops nothing.
        let rate = load.rates.get(&aim.actuator);
        let rate = rate.map(|rate| (rate.saturating_mul(ceilings.seconds) / 60).max(1));
        let counts = [
            ("effects of all measures", load.standing, ceilings.all),
            (
                "commands of the authority",
                authority.copied().unwrap_or(0),
                ceilings.authority,
            ),
            (
                "commands to the actuator",
                load.actuators.get(&aim.actuator).copied().unwrap_or(0),
                rate.map_or(ceilings.actuator, |rate| rate.min(ceilings.actuator)),
            ),
            (
                "commands to the party",
                load.parties.get(&aim.controller).copied().unwrap_or(0),
                ceilings.party,
            ),
        ];
        match counts.iter().find(|(_, count, most)| count >= most) {
            Some((what, count, most)) => Err(format!("{count} {what}; at most {most}")),
            None => Ok(()),
        }
    }

    /// Commands an effect.
    pub(super) fn begin(&mut self, aim: usize, turn: &mut Turn<'_>) {
        let Some(end) = self.state.until() else {
            return;
        };
        let until = turn.now.plus(self.state.plan.effect_seconds).min(end);
        if until > turn.now {
            self.command(aim, Some(until), turn);
        }
    }

    /// Commands that an effect is taken back, where it can be in force: also by a command of an earlier dispatch that may still be on its way.
    pub(super) fn release(&mut self, aim: usize, turn: &mut Turn<'_>) {
        let can = |effect: &Effect| match effect.at {
            At::Asked | At::There | At::Failed => true,
            At::Not => effect.begun.is_some(),
            At::Taking | At::Gone => false,
        };
        if self.state.effects.get(aim).is_some_and(can) {
            self.command(aim, None, turn);
        }
    }

    fn command(&mut self, aim: usize, until: Option<Seconds>, turn: &mut Turn<'_>) {
        let Some(line) = self.state.plan.aims.get(aim) else {
            return;
        };
        let (measure, revision) = (self.state.family(), self.state.revision + 1);
        let step = if until.is_some() { "begin" } else { "end" };
        let command = Command {
            id: number(measure, &format!("{step}-{aim}"), &line.actuator, revision),
            aim,
            measure,
            actuator: line.actuator.clone(),
            deed: line.deed,
            target: line.target.clone(),
            created: turn.now,
            revision,
            until,
        };
        let load = &mut turn.load;
        *load.actuators.entry(line.actuator.clone()).or_default() += 1;
        *load.parties.entry(line.controller.clone()).or_default() += 1;
        if let Some(id) = self.state.authority {
            *load.authorities.entry(id).or_default() += 1;
        }
        let standing = self.state.effects.get(aim).is_some_and(Effect::stands);
        load.standing += u64::from(!standing);
        self.keep(Fact::Commanded(command.clone()), turn);
        turn.step.acts.push(Act::Command(command));
    }

    fn aim_of(&self, command: &str) -> Option<usize> {
        let mine = |effect: &Effect| effect.command.as_ref().is_some_and(|one| one.id == command);
        self.state.effects.iter().position(mine)
    }

    fn read_back(&mut self, command: &str, well: bool, turn: &mut Turn<'_>) {
        let Some(aim) = self.aim_of(command) else {
            self.too_late(command, well, turn);
            return;
        };
        let effect = self.state.effects.get(aim);
        if effect.is_none_or(|effect| effect.at != At::Asked) {
            return;
        }
        self.keep(
            Fact::ReadBack {
                command: command.to_owned(),
                well,
            },
            turn,
        );
        if well {
            self.forward(turn);
        } else {
            self.failed(aim, "was not read back in force", turn);
        }
    }

    /// What is there while the rest is not: the soak is for this. Once all is in force a person is called, and decides.
    fn lost(&mut self, command: &str, turn: &mut Turn<'_>) {
        let there = |aim: &usize| {
            let effect = self.state.effects.get(*aim);
            effect.is_some_and(|effect| effect.at == At::There)
        };
        let aim = self.aim_of(command).filter(there);
        let Some(aim) = aim.filter(|_| self.state.stage == Stage::Dispatching) else {
            return;
        };
        self.keep(
            Fact::ReadBack {
                command: command.to_owned(),
                well: false,
            },
            turn,
        );
        self.failed(aim, "is not in force any more", turn);
    }

    fn failed(&mut self, aim: usize, what: &str, turn: &mut Turn<'_>) {
        let target = self
            .state
            .plan
            .aims
            .get(aim)
            .map_or("", |aim| aim.target.as_str());
        let words = format!("{target} {what}");
        self.suspend(Why::RollOut, &words, turn);
    }

    /// An old command answers that it is in force, and the effect is not wanted any more: it is taken back again.
    fn too_late(&mut self, command: &str, well: bool, turn: &mut Turn<'_>) {
        let mine =
            |effect: &Effect| effect.begun.as_deref() == Some(command) && effect.at == At::Gone;
        if let Some(aim) = self.state.effects.iter().position(mine).filter(|_| well) {
            self.command(aim, None, turn);
        }
    }

    fn released(&mut self, command: &str, well: bool, turn: &mut Turn<'_>) {
        let Some(aim) = self.aim_of(command) else {
            return;
        };
        let effect = self.state.effects.get(aim);
        if !well || effect.is_none_or(|effect| effect.at != At::Taking) {
            return;
        }
        self.keep(
            Fact::ReadBack {
                command: command.to_owned(),
                well,
            },
            turn,
        );
        self.settle(turn);
        self.forward(turn);
    }

    /// Soaks that are over, effects whose time has passed, commands that nobody answered.
    pub(super) fn tick_roll(&mut self, turn: &mut Turn<'_>) {
        if self.state.stage == Stage::Dispatching
            && !self.state.is_held()
            && self.state.soak_until.is_some_and(|until| until <= turn.now)
        {
            let wave = self.state.wave + 1;
            self.keep(Fact::Wave { wave }, turn);
        }
        self.expire(turn);
        self.forward(turn);
        self.resend(turn);
    }

    /// Effects whose time has passed: the actuator ends them by itself. One whose end was commanded is waited for a little longer, as its answer says more.
    fn expire(&mut self, turn: &mut Turn<'_>) {
        let grace = turn
            .around
            .terms
            .answer
            .seconds
            .saturating_mul(u64::from(SENDINGS));
        let over = |effect: &Effect| {
            let Some(until) = effect.until else {
                return false;
            };
            match effect.at {
                At::Asked | At::There => until <= turn.now,
                At::Failed | At::Taking => until.plus(grace) <= turn.now,
                At::Not | At::Gone => false,
            }
        };
        let effects = self.state.effects.iter().enumerate();
        let aims: Vec<(usize, At)> = effects
            .filter(|(_, effect)| over(effect))
            .map(|(aim, effect)| (aim, effect.at))
            .collect();
        for (aim, at) in &aims {
            self.keep(Fact::Over { aim: *aim }, turn);
            if *at == At::Taking {
                let line = self.state.plan.aims.get(*aim);
                let words = line.map(|line| {
                    format!(
                        "{} never answered that {} is taken back; its own timer has passed",
                        line.actuator, line.target
                    )
                });
                turn.step.acts.extend(words.map(Act::Page));
            }
        }
        let running = matches!(self.state.stage, Stage::Dispatching | Stage::InForce);
        let idle = |effect: &Effect| effect.narrowed || effect.at == At::Gone;
        if running && !aims.is_empty() && self.state.effects.iter().all(idle) {
            self.end(Ended::Window, turn);
        }
        self.settle(turn);
    }

    /// Sends again what nobody answered, each time after a longer while; what does not begin in time counts as failed.
    fn resend(&mut self, turn: &mut Turn<'_>) {
        let wait = turn.around.terms.answer.seconds.max(1);
        let due = |effect: &Effect| {
            let open = matches!(effect.at, At::Asked | At::Taking);
            open && effect.sent.plus(pause(wait, effect.again)) <= turn.now
        };
        let effects = self.state.effects.iter().filter(|effect| due(effect));
        let open: Vec<(Command, u32)> = effects
            .filter_map(|effect| Some((effect.command.clone()?, effect.again + 1)))
            .collect();
        let mut lost = None;
        for (command, again) in open {
            if command.begins() && again >= SENDINGS {
                lost.get_or_insert(command.aim);
                continue;
            }
            let id = command.id.clone();
            self.keep(Fact::Sent { command: id }, turn);
            if again == SENDINGS {
                let words = format!(
                    "{} does not answer that {} is taken back",
                    command.actuator, command.target
                );
                turn.step.acts.push(Act::Page(words));
            }
            turn.step.acts.push(Act::Command(command));
        }
        let running = matches!(self.state.stage, Stage::Dispatching | Stage::InForce);
        if let Some(aim) = lost.filter(|_| running) {
            self.failed(aim, "was not answered in time", turn);
        }
    }
}

/// Seconds until a command that was sent again so often is sent once more.
const fn pause(wait: u64, again: u32) -> u64 {
    let times = again.saturating_sub(1);
    let doubled = if times > 12 {
        PAUSE_SECONDS_MAX
    } else {
        wait << times
    };
    if doubled > PAUSE_SECONDS_MAX && wait < PAUSE_SECONDS_MAX {
        PAUSE_SECONDS_MAX
    } else {
        doubled
    }
}
