//! The engine of an actuator: what is in force, and why. In: permits whose proofs were checked, commands, revocations, leases, the owner's stop, what the substrate has in force, the time. Out: acts, in the
//! order in which they have to be done: records to be made durable, effects to be put in force or taken back, answers. Never: an effect without a permit that holds now; an act before
//! its record; an answer before what it says; a second effect of one command.
//!
//! Pure: it starts anew of its records and of what the substrate says, after a fall at any point between two acts. The substrate ends each effect by a timer of its own beside; either is enough.
//!
//! An end is the permit's and the command's, whichever is first. A platform that is out of reach takes nothing away early and lets nothing go on: without a lease nothing new begins, and what is in
//! force ends at its time.

mod model;
mod record;

pub use model::{Allowed, CommandId, Deed, Effect, InForce, Intent, Key, Permit, Wish};
pub use record::{Act, Answer, Event, Record, State};

use crate::openc2::Status;
use sakimori_authority::clock::Judged;
use sakimori_custody::time::Seconds;
use std::collections::{BTreeMap, VecDeque};

/// Most permits that are kept at a time.
pub const PERMITS_MAX: usize = 10_000;
/// Most answers that are remembered: a command that comes again later than this is judged anew, and its revision refuses it.
pub const ANSWERS_MAX: usize = 100_000;
/// How far the time in a command may be from now.
pub const CREATED_SECONDS_MAX: u64 = 300;

/// What an actuator may do at most, by its owner's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Effects in force at a time.
    pub effects: usize,
    /// Commands a minute.
    pub commands_a_minute: usize,
    /// Longest time of an effect in seconds.
    pub seconds: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            effects: 10_000,
            commands_a_minute: 600,
            seconds: 7 * 86_400,
        }
    }
}

/// The engine.
#[derive(Clone, Debug)]
pub struct Engine {
    state: State,
    bounds: Bounds,
    /// What was asked of the substrate and not answered.
    open: BTreeMap<Key, Open>,
    /// Times of the commands of the last minute.
    recent: VecDeque<Seconds>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Open {
    /// It is being put in force, for a command that waits for its answer.
    Applying(Option<CommandId>),
    /// It is being taken back, for commands that wait.
    Removing(Option<CommandId>),
}

impl Engine {
    /// An engine of its records, in their order. Nothing is asked of the substrate before [`Event::Seen`] has said what it has in force.
    pub fn restore(bounds: Bounds, records: impl IntoIterator<Item = Record>) -> Self {
        let mut state = State::default();
        for record in records {
            state.take(record);
        }
        Self {
            state,
            bounds,
            open: BTreeMap::new(),
            recent: VecDeque::new(),
        }
    }

    /// What is known and wanted.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Takes an event. The acts are done in their order; where one fails, those behind it are not done and the engine is restored of its records.
    pub fn take(&mut self, event: Event, now: Judged) -> Vec<Act> {
        let mut acts = Vec::new();
        match event {
            Event::Permit(permit) => self.permit(permit, now, &mut acts),
            Event::Revoked { measure, revision } => self.revoked(measure, revision, now, &mut acts),
            Event::Lease(until) => {
                if until > self.state.lease {
                    self.keep(Record::Lease(until), &mut acts);
                }
            }
            Event::Command(intent) => self.command(&intent, now, &mut acts),
            Event::Applied { key, well } => self.applied(key, well, &mut acts),
            Event::Removed { key, well } => self.removed(&key, well, &mut acts),
            Event::Seen(in_force) => self.seen(&in_force, now, &mut acts),
            Event::Stopped => {
                self.keep(Record::Stopped, &mut acts);
                self.over(now, &mut acts);
            }
            Event::Freed => self.keep(Record::Freed, &mut acts),
            Event::Tick => self.tick(now, &mut acts),
        }
        acts
    }

    fn keep(&mut self, record: Record, acts: &mut Vec<Act>) {
        self.state.take(record.clone());
        acts.push(Act::Keep(record));
    }

    fn permit(&mut self, permit: Permit, now: Judged, acts: &mut Vec<Act>) {
        let at = (permit.measure, permit.revision);
        let revoked = self.state.revoked.get(&permit.measure);
        let void = revoked.is_some_and(|revision| *revision >= permit.revision);
        let over = now.time() > permit.not_after || permit.not_after <= permit.not_before;
        let known = self.state.permits.contains_key(&at);
        if void || over || known || self.state.permits.len() >= PERMITS_MAX {
            return;
        }
        self.keep(Record::Permit(permit), acts);
    }

    fn revoked(&mut self, measure: [u8; 32], revision: u64, now: Judged, acts: &mut Vec<Act>) {
        let known = self.state.revoked.get(&measure);
        if known.is_some_and(|known| *known >= revision) {
            return;
        }
        self.keep(Record::Revoked { measure, revision }, acts);
        self.over(now, acts);
    }

    fn end(&mut self, key: Key, of: Option<CommandId>, acts: &mut Vec<Act>) {
        self.keep(Record::Ended(key.clone()), acts);
        self.open.insert(key.clone(), Open::Removing(of));
        acts.push(Act::Remove(key));
    }

    fn answer(&mut self, id: CommandId, digest: [u8; 32], answer: Answer, acts: &mut Vec<Act>) {
        self.keep(
            Record::Answered {
                id: id.clone(),
                digest,
                answer: answer.clone(),
            },
            acts,
        );
        acts.push(Act::Say(id, answer));
    }

    fn command(&mut self, intent: &Intent, now: Judged, acts: &mut Vec<Act>) {
        let id = intent.id.clone();
        if let Some((digest, answer)) = self.state.answers.get(&id) {
            let said = if *digest == intent.digest {
                answer.clone()
            } else {
                Answer::new(Status::BadRequest, "another command had this id")
            };
            acts.push(Act::Say(id, said));
            return;
        }
        if self.state.waiting.contains_key(&id) {
            acts.push(Act::Say(
                id,
                Answer::new(Status::Processing, "it is being done"),
            ));
            return;
        }
        // What is refused for its pace is not remembered: it may come again.
        if !self.paced(now) {
            let late = Answer::new(
                Status::ServiceUnavailable,
                "more commands than are taken in a minute",
            );
            acts.push(Act::Say(id, late));
            return;
        }
        match self.judge(intent, now) {
            Err(answer) => self.answer(id, intent.digest, answer, acts),
            Ok(Todo::End(key)) => {
                self.keep(
                    Record::Waiting {
                        id: id.clone(),
                        digest: intent.digest,
                        revision: intent.revision,
                        key: key.clone(),
                        until: None,
                    },
                    acts,
                );
                self.end(key, Some(id), acts);
            }
            Ok(Todo::Begin(effect)) => {
                let key = effect.key.clone();
                self.keep(
                    Record::Waiting {
                        id: id.clone(),
                        digest: intent.digest,
                        revision: intent.revision,
                        key: key.clone(),
                        until: Some(effect.until),
                    },
                    acts,
                );
                self.open.insert(key, Open::Applying(Some(id)));
                acts.push(Act::Apply(effect));
            }
        }
    }

    fn paced(&mut self, now: Judged) -> bool {
        let time = now.time();
        while self
            .recent
            .front()
            .is_some_and(|first| first.0.saturating_add(60) <= time.0)
        {
            self.recent.pop_front();
        }
        if self.recent.len() >= self.bounds.commands_a_minute {
            return false;
        }
        self.recent.push_back(time);
        true
    }

    /// What a command comes to, or its refusal.
    fn judge(&self, intent: &Intent, now: Judged) -> Result<Todo, Answer> {
        let refuse = |status, words: &str| Err(Answer::new(status, words));
        let key = intent.key.clone();
        let last = self.state.revisions.get(&key).copied().unwrap_or(0);
        if intent.revision <= last {
            return refuse(
                Status::BadRequest,
                "a later command on the same was taken before",
            );
        }
        let Some(until) = intent.until else {
            return if self.state.wanted.contains_key(&key) {
                Ok(Todo::End(key))
            } else {
                refuse(Status::NotFound, "nothing of it is in force")
            };
        };
        let Judged::Sure(time) = now else {
            return refuse(
                Status::ServiceUnavailable,
                "the clock cannot be believed; nothing new begins",
            );
        };
        if time.0.abs_diff(intent.created.0) > CREATED_SECONDS_MAX {
            return refuse(Status::BadRequest, "its time is too far from now");
        }
        if self.state.stopped {
            return refuse(Status::Forbidden, "the owner has stopped this actuator");
        }
        if time > self.state.lease {
            return refuse(Status::Forbidden, "the lease is over; nothing new begins");
        }
        if until <= time || until.0 - time.0 > self.bounds.seconds {
            return refuse(
                Status::BadRequest,
                "its end is past, or later than the owner allows",
            );
        }
        if self.state.valid(&key.measure).next().is_none() {
            return refuse(Status::Forbidden, "no approval is stored for this measure");
        }
        let Some(permit) = self.state.allows(&key, until, time) else {
            return refuse(
                Status::Forbidden,
                "no approval covers this action, target and time now",
            );
        };
        let new = !self.state.wanted.contains_key(&key);
        let of_measure = self
            .state
            .wanted
            .keys()
            .filter(|known| known.measure == key.measure)
            .count();
        if new && of_measure >= permit.most {
            return refuse(Status::Forbidden, "the approval allows no more at a time");
        }
        if new && self.state.wanted.len() >= self.bounds.effects {
            return refuse(
                Status::ServiceUnavailable,
                "as much is in force as the owner allows",
            );
        }
        Ok(Todo::Begin(Effect {
            key,
            until,
            seconds: until.0 - time.0,
        }))
    }

    fn applied(&mut self, key: Key, well: bool, acts: &mut Vec<Act>) {
        let Some(Open::Applying(of)) = self.open.get(&key).cloned() else {
            return;
        };
        self.open.remove(&key);
        let waits = of.and_then(|id| self.state.waiting.get(&id).cloned().map(|wish| (id, wish)));
        let Some((id, waiting)) = waits else {
            return;
        };
        if well {
            self.answer(
                id,
                waiting.digest,
                Answer::new(Status::Ok, "in force"),
                acts,
            );
            return;
        }
        let failed = Answer::new(Status::InternalError, "the substrate refused it");
        self.answer(id, waiting.digest, failed, acts);
        match waiting.before {
            // What could not be made longer ends when it was to end.
            Some(until) => self.keep(Record::Kept { key, until }, acts),
            // What is only half in force is taken back.
            None => self.end(key, None, acts),
        }
    }

    fn removed(&mut self, key: &Key, well: bool, acts: &mut Vec<Act>) {
        let Some(Open::Removing(of)) = self.open.get(key).cloned() else {
            return;
        };
        self.open.remove(key);
        let waits = of.and_then(|id| self.state.waiting.get(&id).cloned().map(|wish| (id, wish)));
        if let Some((id, waiting)) = waits {
            let answer = if well {
                Answer::new(Status::Ok, "taken back")
            } else {
                Answer::new(
                    Status::InternalError,
                    "the substrate refused to take it back; it is tried again",
                )
            };
            self.answer(id, waiting.digest, answer, acts);
        }
        // What is not gone is seen at the next look, and tried again.
    }

    /// Makes what is in force what is wanted.
    fn seen(&mut self, in_force: &[InForce], now: Judged, acts: &mut Vec<Act>) {
        self.over(now, acts);
        for found in in_force {
            let wanted = self.state.wanted.get(&found.key);
            let removing = matches!(self.open.get(&found.key), Some(Open::Removing(_)));
            let being = matches!(self.open.get(&found.key), Some(Open::Applying(_)));
            if wanted.is_none() && !removing && !being {
                // An orphan: of a fall between two acts, or put there by somebody else below our names.
                self.open.insert(found.key.clone(), Open::Removing(None));
                acts.push(Act::Remove(found.key.clone()));
            }
        }
        let Judged::Sure(time) = now else {
            return;
        };
        let there = |key: &Key| in_force.iter().any(|found| found.key == *key);
        let missing: Vec<Effect> = self
            .state
            .wanted
            .iter()
            .filter(|(key, wish)| !there(key) && !self.open.contains_key(*key) && wish.until > time)
            .map(|(key, wish)| Effect {
                key: key.clone(),
                until: wish.until,
                seconds: wish.until.0 - time.0,
            })
            .collect();
        for effect in missing {
            let waits = self
                .state
                .waiting
                .iter()
                .find(|(_, wish)| wish.key == effect.key && wish.until.is_some());
            let of = waits.map(|(id, _)| id.clone());
            self.open.insert(effect.key.clone(), Open::Applying(of));
            acts.push(Act::Apply(effect));
        }
        self.settle(in_force, acts);
    }

    /// Commands that waited when the engine fell are answered by what is in force.
    fn settle(&mut self, in_force: &[InForce], acts: &mut Vec<Act>) {
        let there = |key: &Key| in_force.iter().any(|found| found.key == *key);
        let waiting: Vec<(CommandId, Wish)> = self
            .state
            .waiting
            .iter()
            .map(|(id, wish)| (id.clone(), wish.clone()))
            .collect();
        for (id, wish) in waiting {
            if self.open.contains_key(&wish.key) {
                continue;
            }
            let answer = match (wish.until.is_some(), there(&wish.key)) {
                (true, true) => Answer::new(Status::Ok, "in force"),
                (true, false) => Answer::new(Status::InternalError, "it is not in force any more"),
                (false, false) => Answer::new(Status::Ok, "taken back"),
                (false, true) => continue,
            };
            self.answer(id, wish.digest, answer, acts);
        }
    }

    /// Ends what is over: at its time, with its permit, or by the owner's stop, also one from before a fall.
    fn over(&mut self, now: Judged, acts: &mut Vec<Act>) {
        let time = now.time();
        let state = &self.state;
        let over: Vec<Key> = state
            .wanted
            .iter()
            .filter(|(key, wish)| {
                let covered = state.allows(key, wish.until, time).is_some();
                state.stopped || wish.until <= time || !covered
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in over {
            self.end(key, None, acts);
        }
        let gone: Vec<([u8; 32], u64)> = self
            .state
            .permits
            .iter()
            .filter(|(_, permit)| permit.not_after < time)
            .map(|(at, _)| *at)
            .collect();
        for (measure, revision) in gone {
            self.keep(Record::PermitOver { measure, revision }, acts);
        }
    }

    fn tick(&mut self, now: Judged, acts: &mut Vec<Act>) {
        self.over(now, acts);
        acts.push(Act::Look);
    }
}

enum Todo {
    Begin(Effect),
    End(Key),
}
