//! Calls to actuators beside each other. In: commands, one line for each actuator and direction. Out: what came of them, by measure, whenever it comes. Never: an actuator that waits for another; what takes back behind what begins; a
//! command that is on its way twice; a call without an end.
//!
//! Each line has a thread for as long as something waits in it. An actuator that does not answer costs its own line one call: what waits behind it is let go, and comes again with the next round.

use super::acts::{Call, Hands};
use sakimori_control::office::MeasureDeed;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_respond::plan::command::Command;
use sakimori_respond::plan::life::Event;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Most commands of which it is remembered what is on record; beyond it the log is asked again.
const ON_RECORD_MAX: usize = 100_000;
/// Most entries that wait to be noted in the store.
const OWED_MAX: usize = 10_000;

/// Which way a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// It takes something back.
    Back,
    /// It puts something in force.
    On,
}

/// A line: an actuator and a direction.
pub(super) type Key = (Name, Way);

/// Commands that go to one actuator.
struct Batch {
    hands: Arc<Hands>,
    commands: Vec<Call>,
    number: u64,
}

/// Calls that are open, and what came of those that were.
#[derive(Clone, Default)]
pub struct Calls(Arc<Inner>);

#[derive(Default)]
struct Inner {
    memory: Mutex<Memory>,
    heard: Notify,
    /// Whoever puts on record what is owed.
    pays: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Memory {
    /// Lines that have a thread, with what waits in them.
    lines: BTreeMap<Key, VecDeque<Batch>>,
    /// What is on its way, by measure: numbers of commands, words for stops.
    open: BTreeMap<AuthorityId, BTreeSet<String>>,
    events: BTreeMap<AuthorityId, Vec<Event>>,
    trouble: BTreeMap<AuthorityId, BTreeSet<String>>,
    /// How often a line was not answered: the next batch begins at another of its commands.
    failed: BTreeMap<Key, usize>,
    /// The number of the last batch that takes an aim back.
    back: BTreeMap<(AuthorityId, usize), u64>,
    numbers: u64,
    on_record: OnRecord,
    owed: Vec<(AuthorityId, MeasureDeed)>,
}

/// What this process knows to be in the log.
#[derive(Default)]
struct OnRecord {
    /// Steps by the numbers of commands.
    steps: BTreeMap<String, u64>,
    /// Ends, by the number of the command and whether it was answered.
    ends: BTreeSet<(String, bool)>,
    /// Whose acts were read.
    read: BTreeSet<(AuthorityId, Name)>,
}

/// What came of the calls of a measure since it was last asked for.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) events: Vec<Event>,
    pub(super) trouble: Vec<String>,
    /// Whether something is still on its way.
    pub(super) open: bool,
}

impl Calls {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts commands in the line of their actuator; what is on its way already is left out.
    pub(super) fn put(&self, hands: &Arc<Hands>, (actuator, way): Key, commands: Vec<Call>) {
        let mut memory = self.memory();
        memory.numbers += 1;
        let number = memory.numbers;
        let measure = hands.measure;
        if way == Way::Back {
            let aims = commands
                .iter()
                .map(|one| ((measure, one.command.aim), number));
            memory.back.extend(aims);
        }
        let open = memory.open.entry(measure).or_default();
        let mut commands: Vec<Call> = commands
            .into_iter()
            .filter(|one| open.insert(one.command.id.clone()))
            .collect();
        let key = (actuator, way);
        // What is never answered must not keep the others of its batch from being tried.
        let skip = memory.failed.get(&key).copied().unwrap_or(0);
        let skip = skip.checked_rem(commands.len()).unwrap_or(0);
        commands.rotate_left(skip);
        if commands.is_empty() {
            memory.tidy(measure);
            return;
        }
        let batch = Batch {
            hands: Arc::clone(hands),
            commands,
            number,
        };
        if let Some(line) = memory.lines.get_mut(&key) {
            line.push_back(batch);
            return;
        }
        memory.lines.insert(key.clone(), VecDeque::from([batch]));
        drop(memory);
        let calls = self.clone();
        let name = format!("measure-{}", key.0.as_str());
        let own = key.clone();
        let begun = std::thread::Builder::new()
            .name(name)
            .spawn(move || calls.run(&own));
        if let Err(error) = begun {
            tracing::error!(%error, "no thread for an actuator");
            self.let_go(&key, true);
        }
    }

    /// Does what is in a line until nothing is.
    fn run(&self, key: &Key) {
        let mut working = Working {
            calls: self,
            key,
            batch: None,
            is_done: false,
        };
        loop {
            let batch = {
                let mut memory = self.memory();
                let next = memory.lines.get_mut(key).and_then(VecDeque::pop_front);
                let Some(batch) = next else {
                    memory.lines.remove(key);
                    if !memory.lines.keys().any(|(_, way)| *way == Way::On) {
                        memory.back.clear();
                    }
                    working.is_done = true;
                    break;
                };
                batch
            };
            let batch = working.batch.insert(batch);
            let answered = batch.hands.send(self, key, &batch.commands, batch.number);
            {
                let mut memory = self.memory();
                memory.close(batch);
                if answered {
                    memory.failed.remove(key);
                } else {
                    *memory.failed.entry(key.clone()).or_default() += 1;
                }
            }
            working.batch = None;
            if !answered {
                self.let_go(key, false);
            }
            self.0.heard.notify_waiters();
        }
        self.0.heard.notify_waiters();
    }

    /// Forgets what waits in a line.
    fn let_go(&self, key: &Key, line_too: bool) {
        let mut memory = self.memory();
        let waiting = memory.lines.get_mut(key).map(std::mem::take);
        for batch in waiting.unwrap_or_default() {
            memory.close(&batch);
        }
        if line_too {
            memory.lines.remove(key);
        }
        drop(memory);
        self.0.heard.notify_waiters();
    }

    /// Whether what a command begins is taken back by a later one.
    pub(super) fn is_taken_back(&self, measure: AuthorityId, aim: usize, number: u64) -> bool {
        let memory = self.memory();
        let back = memory.back.get(&(measure, aim));
        back.is_some_and(|back| *back > number)
    }

    /// Notes something that is on its way beside the lines; `false` where it is already.
    pub(super) fn begin(&self, measure: AuthorityId, what: &str) -> bool {
        let mut memory = self.memory();
        let open = memory.open.entry(measure).or_default();
        open.insert(what.to_owned())
    }

    /// It is over.
    pub(super) fn over(&self, measure: AuthorityId, what: &str) {
        let mut memory = self.memory();
        if let Some(open) = memory.open.get_mut(&measure) {
            open.remove(what);
        }
        memory.tidy(measure);
        drop(memory);
        self.0.heard.notify_waiters();
    }

    /// Something came of a call.
    pub(super) fn hear(&self, measure: AuthorityId, event: Event) {
        let mut memory = self.memory();
        memory.events.entry(measure).or_default().push(event);
        drop(memory);
        self.0.heard.notify_waiters();
    }

    /// Something went wrong.
    pub(super) fn tell(&self, measure: AuthorityId, words: String) {
        let mut memory = self.memory();
        memory.trouble.entry(measure).or_default().insert(words);
        drop(memory);
        self.0.heard.notify_waiters();
    }

    /// What came of the calls of a measure.
    pub(super) fn heard(&self, measure: AuthorityId) -> Heard {
        let mut memory = self.memory();
        let trouble = memory.trouble.remove(&measure).unwrap_or_default();
        Heard {
            events: memory.events.remove(&measure).unwrap_or_default(),
            trouble: trouble.into_iter().collect(),
            open: memory.open.contains_key(&measure),
        }
    }

    /// Measures of which something came, and whether something is still on its way.
    pub(super) fn of_which(&self) -> (BTreeSet<AuthorityId>, bool) {
        let memory = self.memory();
        let of = memory.events.keys().chain(memory.trouble.keys());
        (of.copied().collect(), !memory.open.is_empty())
    }

    /// Waits until something comes, at most so long. What came before the call has to be looked at first: `notified` was made before that.
    pub(super) fn notified(&self) -> tokio::sync::futures::Notified<'_> {
        self.0.heard.notified()
    }

    /// Steps under which commands are on record, as far as this process knows.
    pub(super) fn steps_of(&self, commands: &[&Command]) -> BTreeMap<String, u64> {
        let memory = self.memory();
        let known = commands.iter().filter_map(|one| {
            let step = memory.on_record.steps.get(&one.id)?;
            Some((one.id.clone(), *step))
        });
        known.collect()
    }

    /// Notes under which step a command is on record.
    pub(super) fn keep_step(&self, command: &str, step: u64) {
        let mut memory = self.memory();
        if memory.on_record.steps.len() >= ON_RECORD_MAX {
            memory.on_record = OnRecord::default();
        }
        memory.on_record.steps.insert(command.to_owned(), step);
    }

    /// Whether the log has to be asked what is on record of an actuator: once in a process.
    pub(super) fn reads(&self, authority: AuthorityId, actuator: &Name) -> bool {
        let mut memory = self.memory();
        memory.on_record.read.insert((authority, actuator.clone()))
    }

    /// Whether an end is not on record yet, so that it is written down now.
    pub(super) fn keeps_end(&self, command: &str, answered: bool) -> bool {
        let mut memory = self.memory();
        if memory.on_record.ends.len() >= ON_RECORD_MAX {
            memory.on_record.ends.clear();
        }
        memory.on_record.ends.insert((command.to_owned(), answered))
    }

    /// Notes what has to go on record as soon as the log takes it, until it is in the store; `false` where too much waits already.
    pub(super) fn owe(&self, measure: AuthorityId, deed: MeasureDeed) -> bool {
        let mut memory = self.memory();
        let room = memory.owed.len() < OWED_MAX;
        if room {
            memory.owed.push((measure, deed));
        }
        room
    }

    /// What waits to be noted in the store.
    pub(super) fn take_owed(&self) -> Vec<(AuthorityId, MeasureDeed)> {
        std::mem::take(&mut self.memory().owed)
    }

    /// The turn to put on record what is owed; `None` where somebody has it.
    pub(super) fn pays(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        self.0.pays.try_lock().ok()
    }
}

impl Memory {
    fn close(&mut self, batch: &Batch) {
        let measure = batch.hands.measure;
        if let Some(open) = self.open.get_mut(&measure) {
            for call in &batch.commands {
                open.remove(&call.command.id);
            }
        }
        self.tidy(measure);
    }

    fn tidy(&mut self, measure: AuthorityId) {
        if self.open.get(&measure).is_some_and(BTreeSet::is_empty) {
            self.open.remove(&measure);
        }
    }
}

/// A line at work: where its thread falls, what waited in it is let go.
struct Working<'c> {
    calls: &'c Calls,
    key: &'c Key,
    batch: Option<Batch>,
    is_done: bool,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if let Some(batch) = &self.batch {
            self.calls.memory().close(batch);
        }
        if !self.is_done {
            self.calls.let_go(self.key, true);
        }
    }
}

/// Waits for something to come, at most so long; whether it came.
pub(super) async fn within(
    notified: std::pin::Pin<&mut tokio::sync::futures::Notified<'_>>,
    wait: Duration,
) -> bool {
    tokio::time::timeout(wait, notified).await.is_ok()
}
