//! What the engine says is done. In: acts. Out: records on the disk, jobs, answers. Never: an act before the record that stands before it.

use super::hand::Job;
use super::{ANSWER_WAIT_MS, Answer, OWED_MAX, Runner, Said, WAITING_MAX, Waiting};
use crate::journal::Line;
use crate::lists::Protects;
use sakimori_respond::consumer::{Heard, Known, Reply, Wanted, hear};
use sakimori_respond::engine::{self, Act, Effect, Event, Ticket};
use sakimori_respond::openc2::Status;

impl Runner {
    /// Gives an event to the engine and does what it says, and what comes of that.
    pub(super) fn give(&mut self, event: Event) {
        self.give_for(event, None);
    }

    /// As [`Runner::give`], for a command whose producer waits.
    pub(super) fn give_for(&mut self, event: Event, mut producer: Option<(Wanted, Answer<Said>)>) {
        self.events.push_back(event);
        while let Some(event) = self.events.pop_front() {
            let is_command = matches!(event, Event::Command(_));
            let now = self.time.now();
            let acts = self.engine.take(event, now);
            let own = if is_command { producer.take() } else { None };
            let left = self.act(acts, own);
            if let Some((wanted, answer)) = left {
                self.wait(wanted, answer);
            }
        }
    }

    fn wait(&mut self, wanted: Wanted, answer: Answer<Said>) {
        if let Some(reply) = wanted.at_once() {
            answer(self.said(&reply));
            return;
        }
        let waiting: usize = self.waiting.values().map(Vec::len).sum();
        let full = waiting >= WAITING_MAX;
        let wait_ms = if full { 0 } else { ANSWER_WAIT_MS };
        let until_ms = self.counted().saturating_add(wait_ms);
        let id = wanted.intent.id.clone();
        self.waiting.entry(id).or_default().push(Waiting {
            wanted,
            answer,
            until_ms,
        });
    }

    /// Does acts; gives the producer back where its answer is still to come.
    fn act(
        &mut self,
        acts: Vec<Act>,
        mut producer: Option<(Wanted, Answer<Said>)>,
    ) -> Option<(Wanted, Answer<Said>)> {
        let mut lines = Vec::new();
        for act in acts {
            if let Act::Keep(record) = act {
                lines.push(Line::Record(record));
                continue;
            }
            self.keep(std::mem::take(&mut lines));
            match act {
                Act::Keep(_) => {}
                Act::Apply(ticket, effect) => self.start(ticket, effect),
                Act::Remove(ticket, key) => {
                    self.starting.remove(&key);
                    let before = self.before.get(&key).cloned();
                    match self
                        .by
                        .get(&key.deed)
                        .and_then(|hand| self.hands.get(*hand))
                    {
                        Some(hand) => hand.give(Job::Remove(ticket, key, before)),
                        // Nobody here has ever done it: it cannot be in force.
                        None => self.events.push_back(Event::Removed {
                            key,
                            ticket,
                            well: true,
                        }),
                    }
                }
                Act::Look => self.look(false),
                Act::Say(id, answer) => {
                    let own = producer.take_if(|(wanted, _)| wanted.intent.id == id);
                    match own {
                        Some((wanted, to)) => self.say(&wanted, to, &answer),
                        None => self.say_all(&id, &answer),
                    }
                }
            }
        }
        self.keep(lines);
        producer
    }

    fn say_all(&mut self, id: &str, answer: &engine::Answer) {
        for one in self.waiting.remove(id).unwrap_or_default() {
            self.say(&one.wanted, one.answer, answer);
        }
    }

    fn say(&mut self, wanted: &Wanted, to: Answer<Said>, answer: &engine::Answer) {
        let answer = if self.owed.is_empty() || answer.status != Status::Ok {
            answer.clone()
        } else {
            engine::Answer::new(
                Status::InternalError,
                format!(
                    "{}; the journal cannot be written, so a restart may not know it",
                    answer.words
                ),
            )
        };
        let receipt = (answer.status == Status::Ok).then(|| self.receipt_of(&wanted.intent));
        let reply = wanted
            .at_once()
            .unwrap_or_else(|| wanted.reply(&answer, receipt.as_deref()));
        to(self.said(&reply));
    }

    /// Makes lines durable, or owes them.
    pub(super) fn keep(&mut self, lines: Vec<Line>) {
        if lines.is_empty() {
            return;
        }
        self.owed.extend(lines);
        self.owed_again();
    }

    /// Writes what is owed to the journal.
    pub(super) fn owed_again(&mut self) {
        if self.owed.is_empty() {
            return;
        }
        match self.journal.keep(&self.owed) {
            Ok(()) => self.owed.clear(),
            Err(error) => {
                tracing::error!(%error, owed = self.owed.len(), "the journal cannot be written; nothing new begins");
            }
        }
    }

    fn start(&mut self, ticket: Ticket, effect: Effect) {
        let hand = self.by.get(&effect.key.deed).copied();
        let Some(hand) = hand.filter(|_| self.owed.is_empty()) else {
            self.events.push_back(Event::Applied {
                key: effect.key,
                ticket,
                well: false,
            });
            return;
        };
        self.keep_led(&effect.key);
        if !self.owed.is_empty() {
            self.events.push_back(Event::Applied {
                key: effect.key,
                ticket,
                well: false,
            });
            return;
        }
        if let Some(why) = self.unlisted(&effect.key) {
            if !self.told_unlisted {
                tracing::error!(
                    why,
                    target = effect.key.target,
                    "an effect that is gone is not put in force again"
                );
            }
            self.told_unlisted = true;
            self.events.push_back(Event::Applied {
                key: effect.key,
                ticket,
                well: false,
            });
            return;
        }
        let known = self.before.contains_key(&effect.key);
        let job = if known {
            Job::Apply(ticket, effect)
        } else {
            self.starting
                .insert(effect.key.clone(), (ticket, effect.clone()));
            Job::Before(ticket, effect)
        };
        if let Some(hand) = self.hands.get(hand) {
            hand.give(job);
        }
    }

    /// Why the lists of now let nothing be put in force that is not: what is gone does not come again while nobody can say whether it is protected.
    fn unlisted(&self, key: &engine::Key) -> Option<String> {
        let there =
            |seen: &super::Seen| seen.there.as_ref().is_some_and(|all| all.contains_key(key));
        if self.seen.iter().any(there) {
            return None;
        }
        self.protects(key).map(Protects::into_words)
    }

    /// How it was before an effect is known: it is kept, then the effect is put in force.
    pub(super) fn started(&mut self, hand: usize, ticket: Ticket, effect: Effect, before: String) {
        // It was taken back meanwhile, or another ask took its place.
        if self
            .starting
            .get(&effect.key)
            .is_none_or(|(newest, _)| *newest != ticket)
        {
            return;
        }
        self.starting.remove(&effect.key);
        self.keep(vec![Line::Before(effect.key.clone(), before.clone())]);
        if !self.owed.is_empty() {
            self.give(Event::Applied {
                key: effect.key,
                ticket,
                well: false,
            });
            return;
        }
        self.before.insert(effect.key.clone(), before);
        if let Some(hand) = self.hands.get(hand) {
            hand.give(Job::Apply(ticket, effect));
        }
    }

    /// A command.
    pub(super) fn command(
        &mut self,
        producer: &str,
        body: &[u8],
        media_type: &str,
        answer: Answer<Said>,
    ) {
        let known = Known {
            actuator: &self.name,
            deeds: &self.deeds,
            commands_a_minute: self.bounds.commands_a_minute,
            state: self.engine.state(),
            now: self.time.clock().wall_ms(),
        };
        let mut wanted = match hear(body, media_type, &known) {
            Heard::Say(reply) => {
                answer(self.said(&reply));
                return;
            }
            Heard::Do(wanted) => *wanted,
        };
        wanted.intent.id = engine::command_id(producer, &wanted.intent.id);
        if let Some(refusal) = self.refusal(&wanted) {
            let reply: Reply = wanted.reply(&refusal, None);
            answer(self.said(&reply));
            return;
        }
        self.command_heard(wanted, answer);
    }

    /// Why a command does not come before the engine: nothing of it is remembered, so it may come again.
    pub(super) fn refusal(&self, wanted: &Wanted) -> Option<engine::Answer> {
        let not_now = |words: &str| Some(engine::Answer::new(Status::ServiceUnavailable, words));
        if self.owed.len() >= OWED_MAX {
            return not_now("the journal cannot be written");
        }
        wanted.intent.until?;
        // What was answered before is answered again.
        if self.engine.state().is_answered(&wanted.intent.id) {
            return None;
        }
        if self.hold.is_stopped() {
            return Some(engine::Answer::new(
                Status::Forbidden,
                "the owner lets nothing new begin",
            ));
        }
        if !self.owed.is_empty() {
            return not_now("the journal cannot be written; nothing new begins");
        }
        let key = &wanted.intent.key;
        if self.unseen().contains(&key.deed) {
            return not_now("its substrate does not say what is in force; nothing new begins");
        }
        match self.listed_of(key)? {
            Protects::Hit(words) => Some(engine::Answer::new(Status::Forbidden, words)),
            Protects::Unknown(words) => not_now(&words),
        }
    }

    /// Writes the journal anew where it is long.
    pub(super) fn compact(&mut self) {
        if !self.journal.is_long() || !self.owed.is_empty() {
            return;
        }
        let state = self.engine.state();
        let wanted: std::collections::BTreeSet<_> = state.wanted().map(|(key, _)| key).collect();
        let there = |key: &engine::Key| {
            wanted.contains(key)
                || self
                    .seen
                    .iter()
                    .any(|seen| seen.there.as_ref().is_some_and(|all| all.contains_key(key)))
        };
        let mut lines: Vec<Line> = state.records().into_iter().map(Line::Record).collect();
        let kept = self.before.iter().filter(|(key, _)| there(key));
        let kept: Vec<_> = kept
            .map(|(key, before)| (key.clone(), before.clone()))
            .collect();
        lines.extend(
            kept.iter()
                .map(|(key, before)| Line::Before(key.clone(), before.clone())),
        );
        match self.journal.renew(&lines) {
            Ok(()) => self.before = kept.into_iter().collect(),
            Err(error) => tracing::warn!(%error, "the journal cannot be written anew"),
        }
    }
}
