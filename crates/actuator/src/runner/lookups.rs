//! Where targets lead, asked before anything of them begins. In: commands that begin, targets of approvals. Out: refusals, or the same command on its way to the engine; a line of the journal. Never: an effect on a name before it is known what the
//! name leads to, or stated that nobody could tell; a hand that waits for a look-up.
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
/// Look-ups that wait; what would be one more is refused and may come again. Half of it is for commands alone.
const WAITING_MAX: usize = 4_096;

/// What came of a look-up.
pub(crate) type Answered = (u64, Result<Led, LedError>);

/// For what something is looked up.
enum For {
    Command(Box<Wanted>, Answer<Said>),
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

    /// Asks; gives back for what, where it cannot be asked now.
    fn ask(&mut self, hand: usize, target: String, of: For) -> Result<(), For> {
        let is_command = matches!(of, For::Command(..));
        let most = WAITING_MAX / if is_command { 1 } else { 2 };
        let Some(asks) = self.asks.get(&hand) else {
            return Err(of);
        };
        if self.waiting.len() >= most {
            return Err(of);
        }
        self.number += 1;
        self.waiting.insert(self.number, of);
        asks.put((self.number, target), is_command);
        Ok(())
    }

    /// Forgets what was to be looked up for a rehearsal that is over.
    pub(super) fn forget(&mut self, rehearsal: u64) {
        let of = |of: &For| matches!(of, For::Rehearsal { number, .. } if *number == rehearsal);
        let late: BTreeSet<u64> = self
            .waiting
            .extract_if(.., |_, one| of(one))
            .map(|(number, _)| number)
            .collect();
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
        let target = wanted.intent.key.target.clone();
        let asked = self
            .lookups
            .ask(hand, target, For::Command(Box::new(wanted), answer));
        if let Err(For::Command(wanted, answer)) = asked {
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
        match self.lookups.waiting.remove(&number) {
            None => {}
            Some(For::Command(wanted, answer)) => self.command_led(*wanted, answer, led),
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
            let of = For::Rehearsal {
                number,
                deed: *deed,
                target: target.clone(),
            };
            match self.lookups.ask(hand, target.clone(), of) {
                Ok(()) => asked += 1,
                Err(_) => left.push(target.clone()),
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
