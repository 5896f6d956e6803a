//! Measures at the office's node, carried out. In: the office's folder and store, actuators among its peers, the book. Out: measures that live by their records, commands that are sent, people to be told. Never: a command before its entry in the
//! log; an end that waits for anything, be it the log, the protected lists or another actuator; an answer of an actuator that its key did not sign where it tells of effects.
//!
//! [`Room::step`] takes an event and does what follows; [`Room::round`] learns what the commission decided and what actuators say, lets time pass, and does again what a fall may have left undone. Calls to actuators go beside all of it
//! ([`Calls`]): what comes of them is taken in whenever it comes.

mod acts;
mod actuator;
mod after;
mod aimed;
mod arrived;
mod ask;
mod beside;
mod bring;
mod calls;
mod counts;
mod desk;
mod entries;
mod evidence;
mod features;
mod known;
mod learn;
mod lists;
mod look;
mod lost;
mod many;
mod notice;
mod owed;
mod play;
mod probe;
mod readings;
mod report;
mod rounds;
mod routes;
mod safety;
mod shown;
mod sighted;
mod spread;
mod stop;
mod sworn;
mod texts;
mod verdict;
mod watch;

pub use crate::pages::measured::{report_html, report_markdown};
pub use actuator::{Answered, DryFault, DryRun, Unsure, Whose, Wire};
pub use ask::Asked;
pub(crate) use ask::words_of;
pub use bring::Brought;
pub use calls::Calls;
pub(crate) use desk::MeasureDesk;
pub use desk::{Alarm, Settings, settings};
pub use evidence::Linked;
pub use lists::{LISTS_FILE, LISTS_NOTE, lists_of, set_lists};
pub use notice::{NewNotice, Post, draft_notice, read_reply, send_notice, step_notice};
pub use play::{Said, playbook_json};
pub use readings::Watched;
pub use report::{Reported, effect_of};
pub(crate) use rounds::{follow, of_now as settings_of_now, rounds};
pub use shown::{check_of, facts_of, notice_of, state_of, verdict_figures, verdict_of};
pub use spread::ListsStanding;
pub use sworn::check_people;
pub use texts::{SignedText, renewal_text, text_of};
pub use verdict::NO_WORD;
pub use watch::EffectLine;

use crate::problem::{Answer, Code, Problem};
use sakimori_control::error::told;
use sakimori_control::{Host, Node};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::measure::{Held, Lists, Measures, Turn, lives, measure};
use sakimori_respond::plan::Terms;
use sakimori_respond::plan::life::{Act, Duty, Event, Record, Refused, To};
use sakimori_respond::safety::Protected;
use sakimori_respond::safety::list::Bundle;
use sakimori_store::{Change, Store};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Who acts in a round.
const BY: &str = "node";
/// Most steps that follow from one event: a wave of commands, their answers, the next wave.
const FOLLOWING_MAX: usize = 20_000;
/// How long a command at the command line waits for what comes of its calls: behind it nobody hears them.
const CALLED_WAIT: Duration = Duration::from_mins(2);

/// Somebody who is to be told; whoever runs the room tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A person, at once.
    Page(String),
    /// Whoever a duty is owed to.
    Notice(Duty),
    /// Who is next where a duty is late.
    Escalate(Duty, To),
    /// Whoever keeps the node: something could not be done and is tried again.
    Trouble(String),
}

/// What came of an event.
#[derive(Debug)]
pub struct Stepped {
    /// The measure behind all of it.
    pub held: Held,
    /// What went on record.
    pub records: Vec<Record>,
    /// Why nothing came of the event itself.
    pub refused: Option<Refused>,
    /// Who is to be told.
    pub told: Vec<Told>,
}

impl Stepped {
    /// What came of a later step of the same measure is the end of this one.
    fn add(&mut self, more: Self) {
        self.records.extend(more.records);
        self.told.extend(more.told);
        self.held = more.held;
    }

    /// Something could not be done; it is tried again, and told once.
    fn trouble(&mut self, problem: &Problem) {
        let told = Told::Trouble(trouble(problem));
        if !self.told.contains(&told) {
            self.told.push(told);
        }
    }
}

/// What came of a round.
#[derive(Debug, Default)]
pub struct Round {
    /// By measure, in the order in which it came.
    pub steps: Vec<Stepped>,
    /// What could not be done and belongs to no measure that can be read; it is tried again.
    pub trouble: Vec<String>,
}

/// What the office carries measures out with.
#[derive(Clone)]
pub struct Room {
    /// The office's node.
    pub node: Node,
    /// Clock and randomness.
    pub host: Host,
    /// The office's store.
    pub store: Arc<dyn Store>,
    /// The office's own folder, with its identity and peers.
    pub folder: PathBuf,
    /// The numbers in force.
    pub terms: Terms,
    /// The protected lists; without them nothing begins, and everything ends.
    pub bundle: Option<Arc<Bundle>>,
    /// Why there are no lists.
    without: Option<Problem>,
    calls: Calls,
    brought: Brought,
    /// What names of targets lead to.
    names: look::Names,
    /// Which actuators have the newest protected lists.
    spread: spread::Spread,
    watched: Arc<Watched>,
    /// How long a step waits for what comes of its calls.
    wait: Duration,
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Room")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// What the store or a rule said, as the interface tells it.
pub(crate) fn kept(error: &LiaisonError) -> Problem {
    match error {
        LiaisonError::Missing { .. } => Problem::new(Code::NotFound, error),
        LiaisonError::Store(_) | LiaisonError::Unreadable { .. } => {
            Problem::hidden(Code::StoreUnavailable, told(error))
        }
        LiaisonError::Conflict { .. } => Problem::new(Code::Conflict, error),
        _ => Problem::new(Code::Refused, error),
    }
}

/// Whether an event puts something in force, or leads there: it takes protected lists.
const fn needs_lists(event: &Event) -> bool {
    matches!(
        event,
        Event::Redraft { .. }
            | Event::Review { .. }
            | Event::Ask { .. }
            | Event::Approve(_)
            | Event::Invoke { .. }
            | Event::Dispatch { .. }
            | Event::Come { .. }
            | Event::Resume { .. }
            | Event::AskRenewal { .. }
            | Event::Renew(_)
    )
}

impl Room {
    /// The room of an office's folder: its lists, its numbers. Where no lists are in use, or they have ended, nothing begins in it; ends, stops and notices go on.
    ///
    /// # Errors
    /// [`Code::Refused`] where there are no legal numbers.
    pub fn open(node: &Node, host: &Host, store: Arc<dyn Store>, folder: PathBuf) -> Answer<Self> {
        Self::reading_on(node, host, store, folder, Arc::default())
    }

    /// The same with a log that was read before.
    fn reading_on(
        node: &Node,
        host: &Host,
        store: Arc<dyn Store>,
        folder: PathBuf,
        watched: Arc<Watched>,
    ) -> Answer<Self> {
        let (bundle, without) = match lists_of(node, host, &folder) {
            Ok(bundle) => (Some(Arc::new(bundle)), None),
            Err(problem) => (None, Some(problem)),
        };
        Ok(Self {
            terms: terms(&watched, node, host)?,
            bundle,
            without,
            node: node.clone(),
            host: host.clone(),
            store,
            folder,
            calls: Calls::default(),
            brought: Brought::default(),
            names: look::Names::default(),
            spread: spread::Spread::default(),
            watched,
            wait: CALLED_WAIT,
        })
    }

    /// The same at a running node, beside whose rounds calls go on: a step does not wait for an actuator that is away, and the log is read on from where the node read it last.
    ///
    /// # Errors
    /// As [`Room::open`].
    pub(crate) fn beside(
        desk: &MeasureDesk,
        node: &Node,
        host: &Host,
        store: Arc<dyn Store>,
        folder: PathBuf,
    ) -> Answer<Self> {
        let watched = Arc::clone(&desk.watched);
        Ok(Self {
            calls: desk.calls.clone(),
            brought: desk.brought.clone(),
            names: desk.names.clone(),
            spread: desk.spread.clone(),
            wait: crate::limits::STEP_WAIT,
            ..Self::reading_on(node, host, store, folder, watched)?
        })
    }

    /// The protected lists of now.
    ///
    /// # Errors
    /// [`Code::Refused`]: there are none, or they have ended.
    pub fn protected(&self) -> Answer<(&Bundle, &Protected)> {
        let none = || {
            let words = "there are no protected lists";
            let known = self.without.clone();
            known.unwrap_or_else(|| Problem::new(Code::Refused, words))
        };
        let bundle = self.bundle.as_deref().ok_or_else(none)?;
        let protected = bundle.protected(self.now());
        let protected = protected.map_err(|e| Problem::new(Code::Refused, e))?;
        Ok((bundle, protected))
    }

    /// Does something with the measures of now.
    ///
    /// # Errors
    /// What the work says.
    pub async fn with<T>(
        &self,
        by: &str,
        work: impl AsyncFnOnce(&Measures<'_>) -> Result<T, LiaisonError>,
    ) -> Answer<T> {
        let none = Protected::default();
        let lists = match self.protected() {
            Ok((bundle, protected)) => Lists {
                protected,
                version: bundle.lists.version,
                sha256: bundle.digest,
            },
            Err(_) => Lists::none(&none),
        };
        let seen = self.names.seen(self.now());
        let measures = Measures {
            store: &*self.store,
            terms: &self.terms,
            lists,
            seen: &seen,
            now: self.host.seconds(),
            by,
        };
        work(&measures).await.map_err(|e| kept(&e))
    }

    /// Takes an event and does what follows from it, until nothing does, or an actuator is waited for too long: what comes of that is taken in by the next round.
    ///
    /// # Errors
    /// [`Code::Refused`] where it takes protected lists and there are none; what the store says of the event itself. What fails behind it is in [`Stepped::told`], and done again by [`Room::round`].
    pub async fn step(&self, id: AuthorityId, event: &Event, by: &str) -> Answer<Stepped> {
        let mut stepped = self.start(id, event, by).await?;
        let own = std::slice::from_mut(&mut stepped);
        Box::pin(self.hear(own, by, self.wait)).await;
        for more in Box::pin(self.play_on(id, by, true)).await? {
            stepped.add(more);
        }
        Ok(stepped)
    }

    /// Takes an event and begins what follows from it.
    async fn start(&self, id: AuthorityId, event: &Event, by: &str) -> Answer<Stepped> {
        let (mut stepped, owes) = self.start_unpaid(id, event, by).await?;
        if owes {
            let trouble = self.pay().await.into_iter().map(Told::Trouble);
            stepped.told.extend(trouble);
        }
        Ok(stepped)
    }

    /// The same before the log has what is owed to it; whether something is.
    async fn start_unpaid(
        &self,
        id: AuthorityId,
        event: &Event,
        by: &str,
    ) -> Answer<(Stepped, bool)> {
        if needs_lists(event) {
            self.protected()?;
            // In a round what waits for the commission is looked up beside it: a resolver that is away holds up no end.
            if by != BY {
                self.look_before(id, event).await?;
            }
        }
        if matches!(event, Event::Review { .. }) {
            let held = measure(&*self.store, id).await.map_err(|e| kept(&e))?;
            self.unbroken(held.state().plan(), false).await?;
        }
        let was = self.before_dispatch(id, event, by).await;
        // What a person says is owed to the log from the transaction on that keeps it.
        let word = self.word_owed(id, event, by).await?;
        let with: Vec<Change> = word.into_iter().collect();
        let turn = self
            .with(by, async |measures| {
                measures.take_with(id, event, with.clone()).await
            })
            .await?;
        let happened = turn.refused.is_none() && !with.is_empty();
        if happened && turn.records.is_empty() {
            self.note(&with).await?;
        }
        let mut stepped = Box::pin(self.begin(turn, by)).await?;
        stepped.told.extend(was);
        Ok((stepped, happened))
    }

    /// Does what follows from a turn.
    ///
    /// # Errors
    /// As [`Room::step`].
    pub async fn follow(&self, turn: Turn, by: &str) -> Answer<Stepped> {
        let mut stepped = Box::pin(self.begin(turn, by)).await?;
        let own = std::slice::from_mut(&mut stepped);
        Box::pin(self.hear(own, by, self.wait)).await;
        Ok(stepped)
    }

    /// Begins what follows from a turn, and waits for no actuator.
    async fn begin(&self, turn: Turn, by: &str) -> Answer<Stepped> {
        let mut stepped = Stepped {
            held: turn.held,
            records: turn.records,
            refused: turn.refused,
            told: Vec::new(),
        };
        self.acts(&mut stepped, turn.acts, by).await?;
        Ok(stepped)
    }

    /// Begins acts, and takes in what comes of them at once.
    async fn acts(&self, stepped: &mut Stepped, acts: Vec<Act>, by: &str) -> Answer<()> {
        let id = stepped.held.state().plan().id;
        let mut acts = acts;
        for _ in 0..FOLLOWING_MAX {
            if acts.is_empty() {
                break;
            }
            let events = self.act(&stepped.held, acts, &mut stepped.told).await;
            acts = Vec::new();
            for event in events {
                let next = self
                    .with(by, async |measures| measures.take(id, &event).await)
                    .await?;
                stepped.records.extend(next.records);
                stepped.held = next.held;
                acts.extend(next.acts);
            }
        }
        Ok(())
    }

    /// Takes in what comes of the calls of measures, as long as something is on its way of any of them, and at most so long. What cannot be taken in of one keeps no other waiting: it is told.
    async fn hear(&self, steps: &mut [Stepped], by: &str, wait: Duration) {
        let until = self.until(wait);
        for _ in 0..FOLLOWING_MAX {
            let mut notified = std::pin::pin!(self.calls.notified());
            notified.as_mut().enable();
            let mut open = false;
            for stepped in &mut *steps {
                match self.take_in(stepped, by).await {
                    Ok(more) => open |= more,
                    Err(problem) => stepped.trouble(&problem),
                }
            }
            if !open || !calls::within(notified, self.left(until)).await {
                break;
            }
        }
        // A round beside this may have taken in the rest.
        for stepped in steps {
            match measure(&*self.store, stepped.held.state().plan().id).await {
                Ok(held) => stepped.held = held,
                Err(error) => stepped.trouble(&kept(&error)),
            }
        }
    }

    /// Takes in what came of the calls of a measure; whether something is still on its way, or came now.
    async fn take_in(&self, stepped: &mut Stepped, by: &str) -> Answer<bool> {
        let id = stepped.held.state().plan().id;
        for _ in 0..FOLLOWING_MAX {
            let heard = self.calls.heard(id);
            // First what the log did not take of it: nothing of that is forgotten by a fall.
            self.note_owed().await?;
            let trouble = heard.trouble.into_iter().map(Told::Trouble);
            stepped.told.extend(trouble);
            if heard.events.is_empty() {
                return Ok(heard.open);
            }
            for event in heard.events {
                let next = self
                    .with(by, async |measures| measures.take(id, &event).await)
                    .await?;
                stepped.records.extend(next.records);
                stepped.held = next.held;
                self.acts(stepped, next.acts, by).await?;
            }
        }
        Ok(true)
    }

    fn until(&self, wait: Duration) -> u64 {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.host.counted_ms().saturating_add(wait)
    }

    fn left(&self, until: u64) -> Duration {
        Duration::from_millis(until.saturating_sub(self.host.counted_ms()))
    }

    /// A round: what the commission decided, what is due, what was left undone, and a look at all that is in force. Gives what came of it, by measure.
    ///
    /// # Errors
    /// What the store says; what came before it is done.
    pub async fn round(&self) -> Answer<Round> {
        self.names_of_now(0).await?;
        let mut all = self.due().await?;
        self.look_at_all(BY, false).await?;
        all.steps.extend(self.read_and_judged().await?);
        self.pay_in(&mut all).await;
        Ok(all)
    }

    /// What looks come to: roll-outs that stop, verdicts, and ends that readings bring.
    ///
    /// # Errors
    /// What the store says; what came before it is done.
    async fn read_and_judged(&self) -> Answer<Vec<Stepped>> {
        let mut all = Box::pin(self.stop_what_is_lost()).await?;
        all.extend(self.judge_all().await?);
        all.extend(Box::pin(self.watch_on()).await?);
        all.extend(Box::pin(self.end_by_readings()).await?);
        all.extend(self.pages_owed().await?);
        Ok(all)
    }

    /// A round without its look. What follows for each measure is begun for all of them, then heard: one whose actuator is away keeps none waiting, and one that cannot be read, or of which something cannot be done, neither. No more does the log where
    /// it is away: what is learned from it is learned later.
    ///
    /// # Errors
    /// As [`Room::round`].
    pub async fn due(&self) -> Answer<Round> {
        let mut all = Round::default();
        // First what came since the round before: an answer that lies here is none that is missing.
        Box::pin(self.hear_all(&mut all, Duration::ZERO)).await?;
        // What was decided while the office is stopped is held before anything is sent.
        let (events, by) = self.apart().await?;
        let aligned = self.start_all(events, &by).await;
        all.steps.extend(aligned.with_trouble());
        let (held, broken) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        all.trouble.extend(broken);
        let has_lists = self.protected().is_ok();
        for one in held {
            match Box::pin(self.due_of(&one, has_lists)).await {
                Ok(stepped) => all.steps.extend(stepped),
                Err(problem) => all.steps.push(troubled(one, &problem)),
            }
        }
        // Facts may have been brought while nobody could act on them.
        match Box::pin(self.suspend_by_facts(BY)).await {
            Ok(suspended) => all.steps.extend(suspended),
            Err(problem) => all.trouble.push(trouble(&problem)),
        }
        // Behind that, for it asks the log: what is due does not wait for it.
        let (held, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        match self.learned(held).await {
            Ok(learned) => {
                for (one, event) in learned {
                    let plan = one.state().plan();
                    if !has_lists && needs_lists(&event) || self.waits_for_names(plan, &event) {
                        continue;
                    }
                    let id = one.state().plan().id;
                    match Box::pin(self.start(id, &event, BY)).await {
                        Ok(stepped) => all.steps.push(stepped),
                        Err(problem) => all.steps.push(troubled(one, &problem)),
                    }
                }
            }
            Err(problem) => all.trouble.push(trouble(&problem)),
        }
        let wait = self.rounds_wait();
        Box::pin(self.hear_all(&mut all, wait)).await?;
        let played = Box::pin(self.play_all(BY)).await?;
        if !played.is_empty() {
            all.steps.extend(played);
            Box::pin(self.hear_all(&mut all, wait)).await?;
        }
        self.pay_in(&mut all).await;
        Ok(all)
    }

    /// What is due of one measure.
    async fn due_of(&self, held: &Held, has_lists: bool) -> Answer<Vec<Stepped>> {
        let id = held.state().plan().id;
        let mut all = Vec::new();
        let mut turns = vec![
            self.with(BY, async |measures| measures.take(id, &Event::Tick).await)
                .await?,
        ];
        let pending = self
            .with(BY, async |measures| measures.pending_of(id).await)
            .await?;
        turns.push(pending);
        if has_lists {
            let listed = self
                .with(BY, async |measures| measures.relist_of(id).await)
                .await?;
            turns.extend(listed);
        }
        for turn in turns {
            if !(turn.acts.is_empty() && turn.records.is_empty()) {
                all.push(Box::pin(self.begin(turn, BY)).await?);
            }
        }
        Ok(all)
    }

    /// Takes in what came of calls, of whichever measure, as long as something is on its way, and at most so long.
    async fn hear_all(&self, all: &mut Round, wait: Duration) -> Answer<()> {
        let until = self.until(wait);
        for _ in 0..FOLLOWING_MAX {
            let mut notified = std::pin::pin!(self.calls.notified());
            notified.as_mut().enable();
            let (of, open) = self.calls.of_which();
            let some = !of.is_empty();
            for id in of {
                let held = match measure(&*self.store, id).await {
                    Ok(held) => held,
                    Err(error @ LiaisonError::Store(_)) => return Err(kept(&error)),
                    // Nothing can be taken in of what cannot be read.
                    Err(error) => {
                        all.trouble.extend(self.calls.heard(id).trouble);
                        let words = format!("measure {id} cannot be read: {error}");
                        all.trouble.push(words);
                        continue;
                    }
                };
                let mut stepped = Stepped {
                    held,
                    records: Vec::new(),
                    refused: None,
                    told: Vec::new(),
                };
                self.take_in(&mut stepped, BY).await?;
                all.steps.push(stepped);
            }
            if some && self.left(until) > Duration::ZERO {
                continue;
            }
            if !open || !calls::within(notified, self.left(until)).await {
                break;
            }
        }
        Ok(())
    }

    /// At a running node the next round hears the rest.
    const fn rounds_wait(&self) -> Duration {
        if self.wait.as_secs() > crate::limits::STEP_WAIT.as_secs() {
            self.wait
        } else {
            crate::limits::HEAR_WAIT
        }
    }

    /// The time.
    pub fn now(&self) -> Seconds {
        self.host.seconds()
    }
}

/// A measure of which something could not be done; it is tried again.
fn troubled(held: Held, problem: &Problem) -> Stepped {
    Stepped {
        held,
        records: Vec::new(),
        refused: None,
        told: vec![Told::Trouble(trouble(problem))],
    }
}

/// A problem in words.
fn trouble(problem: &Problem) -> String {
    let cause = problem.cause.as_deref().unwrap_or_default();
    let words = format!("{} {} {cause}", problem.code.word(), problem.detail);
    words.trim_end().to_owned()
}

/// The numbers in force: those of the signed schedule with their marks, and what the project proposes for the others. Where the log does not answer everything counts as abroad: nothing new can be dispatched without the log anyway,
/// and what takes back goes on.
fn terms(watched: &Watched, node: &Node, host: &Host) -> Answer<Terms> {
    let now = host.seconds();
    let read = watched.with_book(node, |book, _| {
        let scheduled = book.schedule_at(now);
        scheduled.map(|scheduled| Terms::of(&scheduled.schedule))
    });
    let Ok(terms) = read else {
        return Ok(Terms::proposed(Vec::new()));
    };
    terms.ok_or_else(|| Problem::new(Code::Refused, "there is no schedule of legal numbers"))
}
