//! The runner: one thread that asks the engine and does what it says, in its order. In: commands, approvals, the owner's words, what hands have done, the time. Out: jobs for hands, answers, receipts. Never: an effect before its record; an
//! answer before what it says; an end that waits for the disk, the platform or another substrate.
//!
//! Where the journal cannot be written, nothing new begins, and ends are done all the same: what is owed to the journal is written as soon as it can be.

mod acts;
mod approve;
mod hand;
mod handle;
mod listed;
mod lookups;
mod owner;
mod round;
mod stopped;
mod tell;
mod withheld;

pub(crate) use hand::Done;
pub use handle::Handle;
pub use stopped::StopFlag;
pub use withheld::{Under, UnderError, Withheld};

use crate::approvals::Approvals;
use crate::journal::{Journal, Line};
use crate::lists::Lists;
use crate::substrate::{Met, Substrate};
use crate::time::Time;
use hand::Hand;
use round::Round;
use sakimori_authority::clock::Judged;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::consumer::{Reply, Wanted};
use sakimori_respond::engine::{
    Bounds, CommandId, Deed, Effect, Engine, Event, Key, Record, Ticket,
};
use sakimori_respond::openc2::Status;
use sakimori_tlog::key::NoteSigner;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How long a producer waits for more than that its command is being done, in milliseconds.
const ANSWER_WAIT_MS: u64 = 8_000;
/// How long the owner waits for a release, in milliseconds.
const RELEASE_WAIT_MS: u64 = 10_000;
/// How long a round of looks waits for a substrate, in milliseconds.
const ROUND_WAIT_MS: u64 = 60_000;
/// Between two ticks.
const TICK_MS: u64 = 1_000;
/// Most commands that wait for their answer.
const WAITING_MAX: usize = 4_096;
/// Most records that are owed to the journal before nothing more is taken but the owner's word.
const OWED_MAX: usize = 100_000;

/// Gives an answer to whoever asked.
pub type Answer<T> = Box<dyn FnOnce(T) + Send>;

/// An answer to a command: its status, where something is said, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The status; nothing where no answer was wanted.
    pub status: Option<Status>,
    /// The bytes, of the media type [`sakimori_respond::openc2::MEDIA_TYPE`].
    pub body: Vec<u8>,
}

/// An answer to the owner or to who brings an approval.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// As in HTTP.
    pub status: u16,
    /// The words.
    pub body: serde_json::Value,
}

/// What the runner is asked.
pub enum Ask {
    /// A command.
    Command {
        /// Who sent it: what others send uses up none of its numbers and steps.
        producer: String,
        /// As it came.
        body: Vec<u8>,
        /// Its media type.
        media_type: String,
        /// Its answer.
        answer: Answer<Said>,
    },
    /// Files of an approval.
    Approve {
        /// The id of the statement, where it was said.
        id: Option<AuthorityId>,
        /// As they came.
        bundle: Vec<u8>,
        /// What came of it.
        answer: Answer<Told>,
    },
    /// A signed bundle of protected lists.
    Lists {
        /// Its note.
        note: Vec<u8>,
        /// Its file.
        file: Vec<u8>,
        /// What came of it.
        answer: Answer<Told>,
    },
    /// Which bundle of protected lists is in use.
    ListsShown(Answer<Told>),
    /// A signed receipt of all effects.
    Effects(Answer<String>),
    /// How it stands.
    Show(Answer<Told>),
    /// The owner stops everything.
    Stop(Answer<Told>),
    /// The owner lets everything, or one measure, go on.
    Free(Option<AuthorityId>, Answer<Told>),
    /// The owner holds one measure back.
    Release(AuthorityId, Answer<Told>),
    /// The owner lets nothing new begin, or lets it begin again; what is in force stays.
    Hold(bool, Answer<Told>),
    /// The owner holds all of an authority back.
    ReleaseAll(Under, Answer<Told>),
    /// The owner lets all of an authority go on.
    FreeAll(Under, Answer<Told>),
    /// The program ends; what is in force stays.
    End,
}

/// What comes to the runner.
pub(crate) enum Message {
    /// A hand has done something.
    Done(usize, Done),
    /// A look-up was answered.
    Led(lookups::Answered),
    /// Protected lists were read.
    Listed(Box<crate::lists::Read>),
    /// Somebody asks.
    Ask(Ask),
    /// The owner has said something: see [`handle::Words`].
    Word,
}

/// What a runner is made of.
pub struct Parts {
    /// The actuator's name.
    pub name: Name,
    /// The key of its receipts.
    pub signer: NoteSigner,
    /// Bounds by its owner.
    pub bounds: Bounds,
    /// Seconds between looks.
    pub look_seconds: u64,
    /// The number of this run, as a random one.
    pub run: u64,
    /// The clocks.
    pub time: Time,
    /// The journal, and its lines.
    pub journal: (Journal, Vec<Line>),
    /// Approvals.
    pub approvals: Approvals,
    /// Protected lists.
    pub lists: Lists,
    /// Whether the owner has stopped it, kept beside the journal.
    pub flag: StopFlag,
    /// Whether the owner lets nothing new begin, kept in the same way.
    pub hold: StopFlag,
    /// Of which authorities the owner has released all.
    pub withheld: Withheld,
    /// What puts effects in force.
    pub substrates: Vec<Box<dyn Substrate>>,
}

/// What is known of one hand's substrate.
#[derive(Default)]
struct Seen {
    /// What it had in force when it was last heard; nothing before it was.
    there: Option<BTreeMap<Key, Seconds>>,
    /// What it said when it last failed.
    fault: Option<String>,
    /// What its owner wants to know, at its last look.
    counts: Vec<(&'static str, u64)>,
}

impl Seen {
    /// What it has in force, where its last look says so.
    fn now(&self) -> Option<&BTreeMap<Key, Seconds>> {
        self.there.as_ref().filter(|_| self.fault.is_none())
    }
}

/// A producer that waits.
struct Waiting {
    wanted: Wanted,
    answer: Answer<Said>,
    until_ms: u64,
}

/// The runner.
pub struct Runner {
    name: Name,
    signer: NoteSigner,
    bounds: Bounds,
    look_ms: u64,
    run: u64,
    serial: u64,
    time: Time,
    engine: Engine,
    journal: Journal,
    owed: Vec<Line>,
    approvals: Approvals,
    lists: Lists,
    flag: StopFlag,
    hold: StopFlag,
    withheld: Withheld,
    halt: Arc<AtomicBool>,
    hands: Vec<Hand>,
    seen: Vec<Seen>,
    /// Which hand does a deed.
    by: BTreeMap<Deed, usize>,
    deeds: Vec<Deed>,
    before: BTreeMap<Key, String>,
    /// Effects that wait until it is known how it was before.
    starting: BTreeMap<Key, (Ticket, Effect)>,
    waiting: BTreeMap<CommandId, Vec<Waiting>>,
    met: BTreeMap<Key, Met>,
    round: Option<Round>,
    looked_ms: u64,
    kept_time: Seconds,
    /// Effects that were gone at a look though nobody had taken them back.
    gaps: u64,
    /// Effects that were in force at a look though nobody wanted them.
    orphans: u64,
    releases: Vec<owner::Releasing>,
    rehearsals: BTreeMap<u64, approve::Rehearsal>,
    rehearsed: u64,
    lookups: lookups::Lookups,
    /// Who waits for lists that were brought.
    bringing: Option<Answer<Told>>,
    /// Whether it was said that nothing is put in force again without lists.
    told_unlisted: bool,
    words: Arc<handle::Words>,
    queue: handle::Queue,
    to: Sender<Message>,
    from: Receiver<Message>,
    events: VecDeque<Event>,
}

/// What the engine decided, and how it was before effects.
fn told_apart(lines: Vec<Line>) -> (Vec<Record>, BTreeMap<Key, String>) {
    let mut records = Vec::new();
    let mut before = BTreeMap::new();
    for line in lines {
        match line {
            Line::Record(record) => records.push(record),
            Line::Before(key, text) => {
                before.insert(key, text);
            }
        }
    }
    (records, before)
}

impl Runner {
    /// Puts a runner together: the engine of its journal, approvals checked anew, a hand for each substrate.
    ///
    /// # Errors
    /// The system's: no thread can be started, or the disk cannot be read.
    pub fn new(parts: Parts) -> io::Result<(Self, Handle)> {
        let (to, from) = channel();
        let (journal, lines) = parts.journal;
        let (records, before) = told_apart(lines);
        let engine = Engine::restore(parts.bounds, parts.run, records);
        let is_stopped = parts.flag.is_stopped() || engine.state().is_stopped();
        let halt = Arc::new(AtomicBool::new(is_stopped));
        let words = Arc::new(handle::Words::of(Arc::clone(&halt)));
        let mut hands = Vec::new();
        let mut by = BTreeMap::new();
        let mut lookups = lookups::Lookups::default();
        for (number, substrate) in parts.substrates.into_iter().enumerate() {
            if let Some(eyes) = substrate.eyes() {
                lookups.open(number, &eyes, &to)?;
            }
            let hand = Hand::start(number, substrate, to.clone(), Arc::clone(&halt))?;
            for deed in hand.deeds {
                by.entry(*deed).or_insert(number);
            }
            hands.push(hand);
        }
        let runner = Self {
            name: parts.name,
            signer: parts.signer,
            bounds: parts.bounds,
            look_ms: parts.look_seconds.max(1).saturating_mul(1000),
            run: parts.run,
            serial: 0,
            time: parts.time,
            engine,
            journal,
            owed: Vec::new(),
            approvals: parts.approvals,
            lists: parts.lists,
            flag: parts.flag,
            hold: parts.hold,
            withheld: parts.withheld,
            halt,
            seen: hands.iter().map(|_| Seen::default()).collect(),
            hands,
            deeds: by.keys().copied().collect(),
            by,
            before,
            starting: BTreeMap::new(),
            waiting: BTreeMap::new(),
            met: BTreeMap::new(),
            round: None,
            looked_ms: 0,
            kept_time: Seconds(0),
            gaps: 0,
            orphans: 0,
            releases: Vec::new(),
            rehearsals: BTreeMap::new(),
            rehearsed: 0,
            lookups,
            bringing: None,
            told_unlisted: false,
            words: Arc::clone(&words),
            queue: handle::Queue::default(),
            to: to.clone(),
            from,
            events: VecDeque::new(),
        };
        Ok((runner, Handle::of(to, words)))
    }

    /// Runs until it is told to end. What is in force stays in force: its substrates' timers end it.
    ///
    /// # Errors
    /// The disk's, at the start alone.
    pub fn run(mut self) -> io::Result<()> {
        self.begin()?;
        let mut due = self.counted();
        loop {
            let wait = if self.queue.is_empty() {
                due.saturating_sub(self.counted())
            } else {
                0
            };
            match self.from.recv_timeout(Duration::from_millis(wait)) {
                Ok(message) => self.queue.put(message),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            while let Ok(message) = self.from.try_recv() {
                self.queue.put(message);
            }
            // The owner is heard before all that came earlier.
            if !self.hear_words() {
                break;
            }
            if let Some(message) = self.queue.next() {
                self.message(message);
            }
            if self.counted() >= due {
                self.tick();
                due = self.counted() + TICK_MS;
            }
        }
        for hand in &mut self.hands {
            hand.end();
        }
        Ok(())
    }

    fn counted(&self) -> u64 {
        self.time.clock().counted_ms()
    }

    /// After a start: approvals whose proofs hold, the owner's stop, a look.
    fn begin(&mut self) -> io::Result<()> {
        let events = self.approvals.check_all()?;
        for event in events {
            self.give(event);
        }
        self.prove();
        self.withhold();
        if self.flag.is_stopped() && !self.engine.state().is_stopped() {
            self.give(Event::Stopped);
        }
        self.judge_lists();
        self.look(true);
        Ok(())
    }

    /// Holds back measures of which an approval has no proof any more, and lets go on those that have it again.
    pub(super) fn prove(&mut self) {
        let now = self.time_shown();
        for event in self.approvals.proofs(self.engine.state(), now) {
            self.give(event);
        }
    }

    /// Does what the owner has said; whether it goes on.
    fn hear_words(&mut self) -> bool {
        while let Some(ask) = self.words.next() {
            if matches!(ask, Ask::End) {
                return false;
            }
            self.asked(ask);
        }
        true
    }

    fn message(&mut self, message: Message) {
        match message {
            Message::Done(hand, done) => self.done(hand, done),
            Message::Led(answered) => self.led(answered),
            Message::Listed(read) => self.listed(Some(*read)),
            Message::Ask(ask) => self.asked(ask),
            Message::Word => {}
        }
    }

    fn asked(&mut self, ask: Ask) {
        match ask {
            Ask::Command {
                producer,
                body,
                media_type,
                answer,
            } => self.command(&producer, &body, &media_type, answer),
            Ask::Approve { id, bundle, answer } => self.approve(id, &bundle, answer),
            Ask::Lists { note, file, answer } => self.bring_lists(note, file, answer),
            Ask::ListsShown(answer) => answer(self.lists_shown()),
            Ask::Effects(answer) => answer(self.receipt_of_all()),
            Ask::Show(answer) => answer(self.shown()),
            Ask::Stop(answer) => self.stop(answer),
            Ask::Free(measure, answer) => answer(self.free(measure)),
            Ask::Release(measure, answer) => self.release(measure, answer),
            Ask::Hold(on, answer) => answer(self.hold(on)),
            Ask::ReleaseAll(under, answer) => self.release_all(under, answer),
            Ask::FreeAll(under, answer) => answer(self.free_all(&under)),
            Ask::End => {}
        }
    }

    fn tick(&mut self) {
        self.give(Event::Tick);
        let counted = self.counted();
        self.late(counted);
        self.owed_again();
        if let Err(error) = self.approvals.again() {
            tracing::warn!(%error, "what the gate remembers cannot be written");
        }
        let now = self.time.now();
        if let Judged::Sure(time) = now
            && time.0 >= self.kept_time.0.saturating_add(60)
        {
            // Where it cannot be kept, an older time is remembered: the clock is then believed less after a restart.
            if let Err(error) = self.approvals.keep_time(time) {
                tracing::warn!(%error, "the time cannot be remembered");
            }
            if let Err(error) = self.approvals.forget_old(time) {
                tracing::warn!(%error, "an old approval cannot be removed");
            }
            self.kept_time = time;
            // An approval that is over holds nothing back any more.
            for event in self.approvals.standings(time) {
                self.give(event);
            }
            self.prove();
            self.withhold();
        }
        self.lists_again();
        self.compact();
    }

    /// Answers those who have waited long enough: it goes on without them.
    fn late(&mut self, counted: u64) {
        let mut late = Vec::new();
        for (id, all) in &mut self.waiting {
            let mut left = Vec::new();
            for one in std::mem::take(all) {
                if one.until_ms <= counted {
                    late.push((id.clone(), one));
                } else {
                    left.push(one);
                }
            }
            *all = left;
        }
        self.waiting.retain(|_, all| !all.is_empty());
        for (_, one) in late {
            let processing = sakimori_respond::engine::Answer::new(
                Status::Processing,
                "it is being done; the same command asks how it went",
            );
            let reply = one.wanted.reply(&processing, None);
            let said = self.said(&reply);
            (one.answer)(said);
        }
        self.late_releases(counted);
        self.late_rehearsals(counted);
    }

    fn said(&self, reply: &Reply) -> Said {
        Said {
            status: reply.status(),
            body: reply.bytes(self.name.as_str(), self.time.clock().wall_ms()),
        }
    }

    /// Deeds whose substrate does not say what it has in force.
    fn unseen(&self) -> BTreeSet<Deed> {
        let broken = |(_, hand): &(&Deed, &usize)| {
            let seen = self.seen.get(**hand);
            seen.and_then(Seen::now).is_none()
        };
        self.by
            .iter()
            .filter(broken)
            .map(|(deed, _)| *deed)
            .collect()
    }
}
