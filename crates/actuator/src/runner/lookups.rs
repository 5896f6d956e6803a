//! Where targets lead, asked before anything of them begins. In: commands that begin, targets of approvals. Out: refusals, or the same command on its way to the engine; a line of the journal. Never: an effect on a name before it is known what the
//! name leads to, or stated that nobody could tell; a hand that waits for a look-up; two look-ups at a time of one effect; a producer whose look-ups keep another one's out.
//!
//! It is asked when an effect is to begin or to be prolonged, not while it is in force: whoever has a name could end the measure by letting it lead to something protected. What was seen then is held against each later list.

mod queue;

use super::{Answer, Message, Runner, Said};
use crate::journal::Line;
use crate::led::{Eyes, Led, LedError};
use crate::lists::Protects;
use queue::Queue;
use sakimori_respond::consumer::Wanted;
use sakimori_respond::engine::{self, Deed, Event, Key};
use sakimori_respond::openc2::Status;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// Look-ups of one substrate at a time.
const THREADS: usize = 8;
/// Targets of approvals that wait for their look-up; what would be one more is told as not looked up.
const REHEARSALS_MAX: usize = 2_048;
/// Commands of one producer that wait for a look-up; what would be one more is refused and may come again.
const PRODUCER_MAX: usize = 1_024;
/// Commands of all producers that wait for a look-up. Where it is full, a producer still has its equal share.
const COMMANDS_MAX: usize = 4_096;

/// What came of a look-up.
pub(crate) type Answered = (u64, Result<Led, LedError>);

/// A command, and who waits for its answer.
type Asked = (Box<Wanted>, Answer<Said>);

/// For what something is looked up.
enum For {
    /// All commands on this effect that came meanwhile.
    Commands(Key, Vec<Asked>),
    Rehearsal {
        number: u64,
        deed: Deed,
        target: String,
    },
}

/// Look-ups under way.
#[derive(Default)]
pub(super) struct Lookups {
    /// By hand.
    asks: BTreeMap<usize, Arc<Queue>>,
    waiting: BTreeMap<u64, For>,
    /// The look-up of an effect.
    under_way: BTreeMap<Key, u64>,
    /// Commands that wait, by producer; no entry where none does.
    of: BTreeMap<String, usize>,
    rehearsals: usize,
    number: u64,
    /// What was seen of the effect that begins now.
    led: BTreeMap<Key, Led>,
}

fn looks(eyes: &dyn Eyes, asks: &Queue, to: &Sender<Message>) {
    while let Some((number, target)) = asks.next() {
        if to.send(Message::Led((number, eyes.led(&target)))).is_err() {
            return;
        }
    }
}

impl Lookups {
    /// Starts the threads of a hand's eyes.
    pub(super) fn open(
        &mut self,
        hand: usize,
        eyes: &Arc<dyn Eyes>,
        to: &Sender<Message>,
    ) -> io::Result<()> {
        let asks = Arc::new(Queue::default());
        for _ in 0..THREADS {
            let (eyes, asks, to) = (Arc::clone(eyes), Arc::clone(&asks), to.clone());
            std::thread::Builder::new()
                .name("look-up".to_owned())
                .spawn(move || looks(&*eyes, &asks, &to))?;
        }
        self.asks.insert(hand, asks);
        Ok(())
    }

    fn has(&self, hand: usize) -> bool {
        self.asks.contains_key(&hand)
    }

    /// Whether a producer has a place for one more command.
    fn has_place(&self, producer: &str) -> bool {
        let own = self.of.get(producer).copied().unwrap_or(0);
        let all: usize = self.of.values().sum();
        let others = self.of.keys().filter(|known| *known != producer).count();
        own < PRODUCER_MAX && (all < COMMANDS_MAX || own < COMMANDS_MAX / (others + 1))
    }

    /// Asks for a command, or joins it to the look-up of its effect that is under way; gives it back where it cannot be asked now.
    fn ask(&mut self, hand: usize, wanted: Box<Wanted>, answer: Answer<Said>) -> Result<(), Asked> {
        let producer = engine::producer(&wanted.intent.id).to_owned();
        let Some(asks) = self.asks.get(&hand) else {
            return Err((wanted, answer));
        };
        if !self.has_place(&producer) {
            return Err((wanted, answer));
        }
        let key = wanted.intent.key.clone();
        let target = key.target.clone();
        let under_way = self.under_way.get(&key).copied();
        let joined = under_way.and_then(|number| Some((number, self.waiting.get_mut(&number)?)));
        if let Some((number, For::Commands(_, all))) = joined {
            let stands = |(one, _): &Asked| engine::producer(&one.intent.id) == producer;
            if !all.iter().any(stands) {
                asks.put_too(&producer, (number, target));
            }
            all.push((wanted, answer));
        } else {
            self.number += 1;
            let of = For::Commands(key.clone(), vec![(wanted, answer)]);
            self.waiting.insert(self.number, of);
            self.under_way.insert(key, self.number);
            asks.put(&producer, (self.number, target));
        }
        *self.of.entry(producer).or_default() += 1;
        Ok(())
    }

    /// Asks for a rehearsal; whether it can be asked now.
    fn ask_rehearsal(&mut self, hand: usize, rehearsal: u64, deed: Deed, target: &str) -> bool {
        let Some(asks) = self.asks.get(&hand) else {
            return false;
        };
        if self.rehearsals >= REHEARSALS_MAX {
            return false;
        }
        self.rehearsals += 1;
        self.number += 1;
        let of = For::Rehearsal {
            number: rehearsal,
            deed,
            target: target.to_owned(),
        };
        self.waiting.insert(self.number, of);
        asks.put_rehearsal((self.number, target.to_owned()));
        true
    }

    /// For what an answer is; it is not waited for any more.
    fn answered(&mut self, number: u64) -> Option<For> {
        let of = self.waiting.remove(&number)?;
        match &of {
            For::Rehearsal { .. } => self.rehearsals = self.rehearsals.saturating_sub(1),
            For::Commands(key, all) => {
                self.under_way.remove(key);
                for (wanted, _) in all {
                    let producer = engine::producer(&wanted.intent.id);
                    if let Some(count) = self.of.get_mut(producer) {
                        *count = count.saturating_sub(1);
                    }
                }
                self.of.retain(|_, count| *count > 0);
            }
        }
        Some(of)
    }

    /// Forgets what was to be looked up for a rehearsal that is over.
    pub(super) fn forget(&mut self, rehearsal: u64) {
        let of = |of: &For| matches!(of, For::Rehearsal { number, .. } if *number == rehearsal);
        let late: BTreeSet<u64> = self
            .waiting
            .extract_if(.., |_, one| of(one))
            .map(|(number, _)| number)
            .collect();
        self.rehearsals = self.rehearsals.saturating_sub(late.len());
        for asks in self.asks.values() {
            asks.drop_where(|number| late.contains(&number));
        }
    }
}

impl Drop for Lookups {
    fn drop(&mut self) {
        for asks in self.asks.values() {
            asks.end();
        }
    }
}

impl Runner {
    /// The hand that has to look where a command's target leads before it begins: only of what an approval names, so that nobody looks names up through an actuator.
    fn looker(&self, wanted: &Wanted) -> Option<usize> {
        let intent = &wanted.intent;
        intent.until?;
        let state = self.engine.state();
        let is_known =
            state.is_answered(&intent.id) || state.waiting().any(|(id, _)| *id == intent.id);
        let is_allowed = state.permits().any(|permit| {
            let mut allowed = permit.allowed.iter();
            permit.measure == intent.key.measure
                && allowed.any(|one| one.deed == intent.key.deed && one.target == intent.key.target)
        });
        let hand = self.by.get(&intent.key.deed).copied();
        hand.filter(|hand| is_allowed && !is_known && self.lookups.has(*hand))
    }

    /// Gives a command to the engine, behind a look-up where its target leads somewhere.
    pub(super) fn command_heard(&mut self, wanted: Wanted, answer: Answer<Said>) {
        let Some(hand) = self.looker(&wanted) else {
            self.command_begins(wanted, answer);
            return;
        };
        let id = wanted.intent.id.clone();
        // The pace is kept before anything is asked: a look-up costs others more than a command costs its producer.
        let now = self.time.now();
        if !self.engine.admit(&id, now) {
            self.refuse_not_now(&wanted, answer, "more commands than are taken in a minute");
            return;
        }
        let asked = self.lookups.ask(hand, Box::new(wanted), answer);
        if let Err((wanted, answer)) = asked {
            self.engine.dismiss(&id);
            self.refuse_not_now(&wanted, answer, "too many names are being looked up");
        }
    }

    fn command_begins(&mut self, wanted: Wanted, answer: Answer<Said>) {
        let event = Event::Command(wanted.intent.clone());
        self.give_for(event, Some((wanted, answer)));
    }

    fn refuse_not_now(&self, wanted: &Wanted, answer: Answer<Said>, words: &str) {
        let refusal = engine::Answer::new(Status::ServiceUnavailable, words);
        answer(self.said(&wanted.reply(&refusal, None)));
    }

    /// A look-up was answered.
    pub(super) fn led(&mut self, (number, led): Answered) {
        match self.lookups.answered(number) {
            None => {}
            Some(For::Commands(_, all)) => {
                for (wanted, answer) in all {
                    let id = wanted.intent.id.clone();
                    self.command_led(*wanted, answer, led.clone());
                    self.engine.dismiss(&id);
                }
            }
            Some(For::Rehearsal {
                number,
                deed,
                target,
            }) => self.rehearsal_led(number, deed, &target, led),
        }
    }

    fn command_led(&mut self, wanted: Wanted, answer: Answer<Said>, led: Result<Led, LedError>) {
        let led = match led {
            Ok(led) => led,
            Err(error) => {
                tracing::error!(%error, "nothing new of it begins");
                self.refuse_not_now(&wanted, answer, &error.to_string());
                return;
            }
        };
        // The world went on meanwhile.
        if let Some(refusal) = self.refusal(&wanted) {
            answer(self.said(&wanted.reply(&refusal, None)));
            return;
        }
        let key = wanted.intent.key.clone();
        if let Some(why) = &led.unanswered {
            tracing::warn!(
                target = key.target,
                why,
                "where a target leads was not answered"
            );
        }
        let now = self.time_shown();
        let level = self
            .approvals
            .level(&key.measure, key.deed, &key.target, now);
        match self
            .lists
            .refuse_led(key.deed, &key.target, &led.seen, level, now)
        {
            None => {}
            Some(Protects::Hit(words)) => {
                tracing::error!(
                    why = words,
                    "a target leads to what is protected and is refused"
                );
                let refusal = engine::Answer::new(Status::Forbidden, words);
                answer(self.said(&wanted.reply(&refusal, None)));
                return;
            }
            Some(Protects::Unknown(words)) => {
                self.refuse_not_now(&wanted, answer, &words);
                return;
            }
        }
        self.lookups.led.insert(key.clone(), led);
        self.command_begins(wanted, answer);
        self.lookups.led.remove(&key);
    }

    /// Keeps what was seen of an effect that begins now: it is how it was before.
    pub(super) fn keep_led(&mut self, key: &Key) {
        let Some(led) = self.lookups.led.remove(key) else {
            return;
        };
        // A policy of ours that stands already answers nothing: then what was seen before it counts on.
        if led.is_nowhere() && self.led_of(key).is_some() {
            return;
        }
        let text = led.to_text();
        self.keep(vec![Line::Before(key.clone(), text.clone())]);
        self.before.insert(key.clone(), text);
    }

    /// Where a target led when its effect began.
    pub(super) fn led_of(&self, key: &Key) -> Option<Led> {
        let hand = self.by.get(&key.deed)?;
        let before = self.lookups.has(*hand).then(|| self.before.get(key))?;
        Led::of_text(before?)
    }

    /// Asks where the targets of an approval lead. Gives how many were asked for, and what could not be.
    pub(super) fn look_up(
        &mut self,
        number: u64,
        effects: &[(Deed, String)],
    ) -> (usize, Vec<String>) {
        let (mut asked, mut left) = (0, Vec::new());
        for (deed, target) in effects {
            let Some(hand) = self.by.get(deed).copied() else {
                continue;
            };
            if !self.lookups.has(hand) {
                continue;
            }
            if self.lookups.ask_rehearsal(hand, number, *deed, target) {
                asked += 1;
            } else {
                left.push(target.clone());
            }
        }
        (asked, left)
    }

    fn rehearsal_led(&mut self, number: u64, deed: Deed, target: &str, led: Result<Led, LedError>) {
        let Some(level) = self.rehearsals.get(&number).map(|one| one.level) else {
            return;
        };
        let now = self.time_shown();
        let (fault, unanswered) = match led {
            Err(error) => (None, Some(error.to_string())),
            Ok(led) => {
                let hit = self
                    .lists
                    .refuse_led(deed, target, &led.seen, level, now)
                    .map(Protects::into_words);
                (hit, led.unanswered)
            }
        };
        let of =
            |what: &str, words: String| json!({"deed": deed.name(), "target": target, what: words});
        let fault = fault.map(|words| of("fault", words));
        let unanswered = unanswered.map(|words| of("why", words));
        self.rehearsal_part(number, fault, unanswered);
    }
}
