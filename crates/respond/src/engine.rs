//! The engine of an actuator: what is in force, and why. In: permits whose proofs were checked, commands, revocations, leases, the owner's stop, what the substrate has in force, the time. Out: acts, in the
//! order in which they have to be done: records to be made durable, effects to be put in force or taken back, answers. Never: an effect without a permit that holds now; an act before
//! its record; an answer before what it says; a second effect of one command.
//!
//! Pure: it starts anew of its records and of what the substrate says, after a fall at any point between two acts. The substrate ends each effect by a timer of its own beside; either is enough.
//!
//! An end is the permit's and the command's, whichever is first. A platform that is out of reach takes nothing away early and lets nothing go on: without a lease nothing new begins, and what is in
//! force ends at its time. A measure that somebody holds back has nothing in force until the same lets it go on.

mod model;
mod record;

pub use model::{
    Allowed, CommandId, Deed, Effect, Holder, InForce, Intent, Key, Permit, Ticket, Wish,
    command_id, number, producer,
};
pub use record::{Act, Answer, Event, Record, State};

use crate::openc2::Status;
use sakimori_authority::clock::Judged;
use sakimori_custody::time::Seconds;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Most permits that are kept at a time.
pub const PERMITS_MAX: usize = 10_000;
/// Most answers that are remembered: a command that comes again later than this is judged anew, and its revision refuses it.
pub const ANSWERS_MAX: usize = 100_000;
/// How far the time in a command may be from now.
pub const CREATED_SECONDS_MAX: u64 = 300;
/// Looks that may show nothing of an ask before it is asked again: its answer can be lost.
const LOOKS_MAX: u32 = 2;

/// What an actuator may do at most, by its owner's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Effects in force at a time.
    pub effects: usize,
    /// Commands a minute that begin something; where more producers than one send, as many more as give each its share.
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
    /// What the substrate had in force when it was last heard; nothing before it was.
    there: Option<BTreeSet<Key>>,
    /// The last ask.
    ticket: Ticket,
    /// Times of the commands of the last minute, by producer.
    recent: BTreeMap<String, VecDeque<Seconds>>,
    /// Commands that have their place in the pace and are still to come.
    admitted: BTreeSet<CommandId>,
}

/// An ask that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Open {
    ticket: Ticket,
    what: Asked,
    /// The command that waits for it.
    of: Option<CommandId>,
    /// Looks since that showed nothing of it.
    looks: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Apply,
    Remove,
}

impl Engine {
    /// An engine of its records, in their order. `run` is a number that no earlier run had, as a random one: answers to an earlier run are none of this one. Nothing new begins before [`Event::Seen`]
    /// has said what is in force.
    pub fn restore(bounds: Bounds, run: u64, records: impl IntoIterator<Item = Record>) -> Self {
        let mut state = State::default();
        for record in records {
            state.take(record);
        }
        Self {
            state,
            bounds,
            open: BTreeMap::new(),
            there: None,
            ticket: Ticket { run, number: 0 },
            recent: BTreeMap::new(),
            admitted: BTreeSet::new(),
        }
    }

    /// Gives a command that begins something its place in the pace of its producer before it comes here, for whoever has to find something out for it first; whether there is one. It comes here then, or [`Engine::dismiss`] is told that it does not.
    pub fn admit(&mut self, id: &str, now: Judged) -> bool {
        let is_paced = self.paced(producer(id), now);
        if is_paced {
            self.admitted.insert(id.to_owned());
        }
        is_paced
    }

    /// A command that has its place does not come; the place is used up.
    pub fn dismiss(&mut self, id: &str) {
        self.admitted.remove(id);
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
            Event::Lease {
                measure,
                revision,
                until,
            } => self.lease((measure, revision), until, &mut acts),
            Event::Suspended { measure, by } => self.suspended(measure, by, now, &mut acts),
            Event::Resumed { measure, by } => {
                if self.state.is_held_by(&measure, by) {
                    self.keep(Record::Resumed { measure, by }, &mut acts);
                }
            }
            Event::Command(intent) => self.command(&intent, now, &mut acts),
            Event::Applied { key, ticket, well } => self.applied(key, ticket, well, &mut acts),
            Event::Removed { key, ticket, well } => self.removed(&key, ticket, well, &mut acts),
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

    /// A lease of an approval that is known; of an unknown one there is nothing to begin.
    fn lease(&mut self, of: ([u8; 32], u64), until: Seconds, acts: &mut Vec<Act>) {
        let (measure, revision) = of;
        let known = self.state.leases.get(&of).copied().unwrap_or_default();
        if until > known && self.state.permits.contains_key(&of) {
            self.keep(
                Record::Lease {
                    measure,
                    revision,
                    until,
                },
                acts,
            );
        }
    }

    fn suspended(&mut self, measure: [u8; 32], by: Holder, now: Judged, acts: &mut Vec<Act>) {
        let full = self.state.held.len() >= PERMITS_MAX;
        let new = !self.state.held.contains_key(&measure);
        if self.state.is_held_by(&measure, by) || (full && new) {
            return;
        }
        self.keep(Record::Suspended { measure, by }, acts);
        self.over(now, acts);
    }

    fn end(&mut self, key: Key, of: Option<CommandId>, acts: &mut Vec<Act>) {
        self.keep(Record::Ended(key.clone()), acts);
        self.ask_remove(key, of, acts);
    }

    fn ask(&mut self, key: Key, what: Asked, of: Option<CommandId>) -> Ticket {
        self.ticket.number += 1;
        let ticket = self.ticket;
        let looks = 0;
        self.open.insert(
            key,
            Open {
                ticket,
                what,
                of,
                looks,
            },
        );
        ticket
    }

    fn ask_remove(&mut self, key: Key, of: Option<CommandId>, acts: &mut Vec<Act>) {
        let ticket = self.ask(key.clone(), Asked::Remove, of);
        acts.push(Act::Remove(ticket, key));
    }

    fn ask_apply(&mut self, effect: Effect, of: Option<CommandId>, acts: &mut Vec<Act>) {
        let ticket = self.ask(effect.key.clone(), Asked::Apply, of);
        acts.push(Act::Apply(ticket, effect));
    }

    /// What is in force, can be, or is to be: what bounds count.
    fn standing(&self) -> BTreeSet<&Key> {
        let there = self.there.iter().flatten();
        let wanted = self.state.wanted.keys();
        wanted.chain(self.open.keys()).chain(there).collect()
    }

    /// Commands on an effect that wait while a later one comes will not be done any more.
    fn supersede(&mut self, key: &Key, by: &CommandId, acts: &mut Vec<Act>) {
        let waiting = self.state.waiting.iter();
        let earlier: Vec<(CommandId, [u8; 32])> = waiting
            .filter(|(id, wish)| wish.key == *key && *id != by)
            .map(|(id, wish)| (id.clone(), wish.digest))
            .collect();
        for (id, digest) in earlier {
            self.answer(id, digest, superseded(), acts);
        }
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
        let is_admitted = self.admitted.remove(&id);
        if self.numbered(intent, acts) {
            return;
        }
        // What is refused for its pace, or too early, is not remembered: it may come again. What takes back has no pace: nobody's commands hold it up.
        if intent.until.is_some() && !is_admitted && !self.paced(producer(&id), now) {
            let late = Answer::new(
                Status::ServiceUnavailable,
                "more commands than are taken in a minute",
            );
            acts.push(Act::Say(id, late));
            return;
        }
        if self.there.is_none() && intent.until.is_some() {
            let early = Answer::new(
                Status::ServiceUnavailable,
                "what is in force is not known yet",
            );
            acts.push(Act::Say(id, early));
            return;
        }
        match self.judge(intent, now) {
            Err(answer) => {
                let gone = intent.until.is_none() && answer.status == Status::NotFound;
                if gone && self.state.is_allowed(&intent.key) {
                    // What is older than this and comes later begins nothing.
                    self.undone(intent, now, acts);
                    self.keep(
                        Record::Revision {
                            key: intent.key.clone(),
                            producer: producer(&id).to_owned(),
                            revision: intent.revision,
                        },
                        acts,
                    );
                }
                self.answer(id, intent.digest, answer, acts);
            }
            Ok(todo) => {
                let (key, until) = match &todo {
                    Todo::End(key) => (key.clone(), None),
                    Todo::Begin(effect) => (effect.key.clone(), Some(effect.until)),
                };
                if until.is_none() {
                    self.undone(intent, now, acts);
                }
                self.keep(
                    Record::Waiting {
                        id: id.clone(),
                        digest: intent.digest,
                        revision: intent.revision,
                        key: key.clone(),
                        until,
                    },
                    acts,
                );
                self.supersede(&key, &id, acts);
                match todo {
                    Todo::End(key) => self.end(key, Some(id), acts),
                    Todo::Begin(effect) => self.ask_apply(effect, Some(id), acts),
                }
            }
        }
    }

    /// Remembers that a command took back, so that what was made before it and comes later begins nothing.
    fn undone(&mut self, intent: &Intent, now: Judged, acts: &mut Vec<Act>) {
        self.keep(
            Record::Undone {
                key: intent.key.clone(),
                revision: intent.revision,
                at: now.time(),
            },
            acts,
        );
    }

    /// Whether the number of a command says all: it is answered, or it is being done. What takes back is judged also where its producer gave the number to something else before.
    fn numbered(&mut self, intent: &Intent, acts: &mut Vec<Act>) -> bool {
        let id = intent.id.clone();
        let begins = intent.until.is_some();
        let other = || Answer::new(Status::BadRequest, "another command had this id");
        let said = match (self.state.answers.get(&id), self.state.waiting.get(&id)) {
            (_, Some(wish)) if wish.digest == intent.digest => {
                Answer::new(Status::Processing, "it is being done")
            }
            (_, Some(_)) if begins => other(),
            (_, Some(wish)) => {
                let earlier = wish.digest;
                self.answer(id, earlier, superseded(), acts);
                return false;
            }
            (Some((digest, answer)), None) if *digest == intent.digest => answer.clone(),
            (Some(_), None) if begins => other(),
            _ => return false,
        };
        acts.push(Act::Say(id, said));
        true
    }

    /// Whether a command is within the pace. Where all together are as many as may be, each producer still has its equal share: one that sends without end keeps no other one out.
    fn paced(&mut self, producer: &str, now: Judged) -> bool {
        let time = now.time();
        for times in self.recent.values_mut() {
            times.retain(|sent| sent.0.saturating_add(60) > time.0);
        }
        self.recent.retain(|_, times| !times.is_empty());
        let most = self.bounds.commands_a_minute;
        let all: usize = self.recent.values().map(VecDeque::len).sum();
        let others = self
            .recent
            .keys()
            .filter(|known| *known != producer)
            .count();
        let own = self.recent.entry(producer.to_owned()).or_default();
        if all >= most && own.len() >= most / (others + 1) {
            return false;
        }
        own.push_back(time);
        true
    }

    /// The approval that covers an effect, and under which new ones may begin.
    fn leased(&self, key: &Key, until: Seconds, time: Seconds) -> Result<&Permit, Answer> {
        let covering: Vec<&Permit> = self.state.allowing(key, until, time).collect();
        if covering.is_empty() {
            return Err(Answer::new(
                Status::Forbidden,
                "no approval covers this action, target and time now",
            ));
        }
        let mut covering = covering.into_iter();
        let leased = covering.find(|permit| time <= self.state.lease_of(permit));
        leased
            .ok_or_else(|| Answer::new(Status::Forbidden, "the lease is over; nothing new begins"))
    }

    /// What a command comes to, or its refusal.
    fn judge(&self, intent: &Intent, now: Judged) -> Result<Todo, Answer> {
        let refuse = |status, words: &str| Err(Answer::new(status, words));
        let key = intent.key.clone();
        // What takes back stands behind its own producer's commands alone; what begins also behind what anybody took back later than it was made. What is made later goes through:
        // nobody's end lasts longer than its producer's word, or one of them could hold off what all others are approved for.
        let (last, undone) = self.state.last(&key, producer(&intent.id));
        let is_held_off = undone.holds_off(intent.revision, intent.created);
        if intent.revision <= last || intent.until.is_some() && is_held_off {
            return refuse(
                Status::BadRequest,
                "a later command on the same was taken before",
            );
        }
        let Some(until) = intent.until else {
            return if self.standing().contains(&key) {
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
        if until <= time || until.0 - time.0 > self.bounds.seconds {
            return refuse(
                Status::BadRequest,
                "its end is past, or later than the owner allows",
            );
        }
        if self.state.valid(&key.measure).next().is_none() {
            return refuse(Status::Forbidden, "no approval is stored for this measure");
        }
        if self.state.is_held(&key.measure) {
            return refuse(Status::Forbidden, "the measure is held back");
        }
        let permit = self.leased(&key, until, time)?;
        // What is still being taken back is in force until it is gone.
        let standing = self.standing();
        let new = !standing.contains(&key);
        let of_measure = standing
            .iter()
            .filter(|known| known.measure == key.measure)
            .count();
        if new && of_measure >= permit.most {
            return refuse(Status::Forbidden, "the approval allows no more at a time");
        }
        if new && standing.len() >= self.bounds.effects {
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

    /// Takes an ask away that is answered; nothing where the answer is of an older one.
    fn answered(&mut self, key: &Key, ticket: Ticket, what: Asked) -> Option<Open> {
        let open = self.open.get(key)?;
        if open.ticket != ticket || open.what != what {
            return None;
        }
        self.open.remove(key)
    }

    fn waits(&self, of: Option<CommandId>) -> Option<(CommandId, Wish)> {
        let id = of?;
        let wish = self.state.waiting.get(&id)?.clone();
        Some((id, wish))
    }

    fn applied(&mut self, key: Key, ticket: Ticket, well: bool, acts: &mut Vec<Act>) {
        let Some(open) = self.answered(&key, ticket, Asked::Apply) else {
            return;
        };
        if let Some(there) = &mut self.there {
            // Also what failed can be half in force.
            there.insert(key.clone());
        }
        let Some((id, waiting)) = self.waits(open.of) else {
            return;
        };
        if well {
            let answer = Answer::new(Status::Ok, "in force");
            self.answer(id, waiting.digest, answer, acts);
            return;
        }
        match waiting.before {
            // What could not be made longer ends when it was to end.
            Some(until) => self.keep(Record::Kept { key, until }, acts),
            // What is only half in force is taken back.
            None => self.end(key, None, acts),
        }
        let failed = Answer::new(Status::InternalError, "the substrate refused it");
        self.answer(id, waiting.digest, failed, acts);
    }

    fn removed(&mut self, key: &Key, ticket: Ticket, well: bool, acts: &mut Vec<Act>) {
        let Some(open) = self.answered(key, ticket, Asked::Remove) else {
            return;
        };
        if well && let Some(there) = &mut self.there {
            there.remove(key);
        }
        if let Some((id, waiting)) = self.waits(open.of) {
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
        let asked_before = self.ticket.number;
        self.over(now, acts);
        let found: BTreeMap<&Key, Seconds> = in_force
            .iter()
            .map(|found| (&found.key, found.until))
            .collect();
        self.there = Some(found.keys().map(|key| (*key).clone()).collect());
        self.heard(&found, asked_before);
        for key in found.keys() {
            if !self.state.wanted.contains_key(*key) && !self.open.contains_key(*key) {
                // An orphan: of a fall between two acts, of an answer that was lost, or put there by somebody else below our names.
                let of = self.waiting_on(key, None);
                self.ask_remove((*key).clone(), of, acts);
            }
        }
        if let Judged::Sure(time) = now {
            self.make(&found, time, acts);
        }
        self.settle(&found, acts);
    }

    /// Puts in force what is wanted and is not, or until another time.
    fn make(&mut self, found: &BTreeMap<&Key, Seconds>, time: Seconds, acts: &mut Vec<Act>) {
        let differ: Vec<Effect> = self
            .state
            .wanted
            .iter()
            .filter(|(key, wish)| {
                let same = found.get(key).is_some_and(|until| *until == wish.until);
                !same && !self.open.contains_key(*key) && wish.until > time
            })
            .map(|(key, wish)| Effect {
                key: key.clone(),
                until: wish.until,
                seconds: wish.until.0 - time.0,
            })
            .collect();
        for effect in differ {
            let of = self.waiting_on(&effect.key, Some(effect.until));
            self.ask_apply(effect, of, acts);
        }
    }

    /// Asks that a look shows done, and those that looks show nothing of: these are asked anew by whoever finds them not open.
    fn heard(&mut self, found: &BTreeMap<&Key, Seconds>, asked_before: u64) {
        let wanted = &self.state.wanted;
        self.open.retain(|key, open| {
            if open.ticket.number > asked_before {
                return true;
            }
            let until = found.get(key).copied();
            let done = match open.what {
                Asked::Remove => until.is_none(),
                Asked::Apply => until.is_some() && until == wanted.get(key).map(|one| one.until),
            };
            open.looks += 1;
            !done && open.looks < LOOKS_MAX
        });
    }

    /// The command that waits for an effect to be as it wants.
    fn waiting_on(&self, key: &Key, until: Option<Seconds>) -> Option<CommandId> {
        let mut waiting = self.state.waiting.iter();
        let found = waiting.find(|(_, wish)| wish.key == *key && wish.until == until);
        found.map(|(id, _)| id.clone())
    }

    /// Commands that wait and whose ask is not open any more are answered by what is wanted and in force.
    fn settle(&mut self, found: &BTreeMap<&Key, Seconds>, acts: &mut Vec<Act>) {
        let waiting: Vec<(CommandId, Wish)> = self
            .state
            .waiting
            .iter()
            .map(|(id, wish)| (id.clone(), wish.clone()))
            .collect();
        for (id, wish) in waiting {
            let wanted = self.state.wanted.get(&wish.key).map(|wanted| wanted.until);
            let answer = if wanted != wish.until {
                // It ended before it was done, or a later command took its place.
                superseded()
            } else if self.open.contains_key(&wish.key)
                || found.get(&wish.key).copied() != wish.until
            {
                continue;
            } else if wish.until.is_some() {
                Answer::new(Status::Ok, "in force")
            } else {
                Answer::new(Status::Ok, "taken back")
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
                let covered = state.allowing(key, wish.until, time).next().is_some();
                state.stopped || state.is_held(&key.measure) || wish.until <= time || !covered
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
            // Longer than any command of its time can come again: until then its revisions refuse what is old.
            .filter(|(_, permit)| {
                permit.not_after.0.saturating_add(2 * CREATED_SECONDS_MAX) < time.0
            })
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

fn superseded() -> Answer {
    Answer::new(
        Status::InternalError,
        "it ended, or a later command on the same came, before it was done",
    )
}

enum Todo {
    Begin(Effect),
    End(Key),
}
