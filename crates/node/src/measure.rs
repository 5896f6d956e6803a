//! Measures at the office's node, carried out. In: the office's folder and store, actuators among its peers, the book. Out: measures that live by their records, commands that are sent, people to be told. Never: a command before its entry in the
//! log; an end that waits for anything; an answer of an actuator that its key did not sign where it tells of effects.
//!
//! [`Room::step`] takes an event and does what follows; [`Room::round`] learns what the commission decided and what actuators say, lets time pass, and does again what a fall may have left undone.

mod acts;
mod actuator;
mod ask;
mod bring;
mod desk;
mod learn;
mod lists;
mod notice;
mod rounds;
mod shown;
mod texts;
mod verdict;
mod watch;

pub use actuator::{Answered, Wire};
pub use ask::Asked;
pub use bring::Brought;
pub(crate) use desk::MeasureDesk;
pub use desk::{Alarm, Settings, settings};
pub use lists::{LISTS_FILE, LISTS_NOTE, lists_of, set_lists};
pub use notice::{NewNotice, Post, draft_notice, read_reply, send_notice, step_notice};
pub(crate) use rounds::{follow, rounds};
pub use shown::{check_of, notice_of, state_of};
pub use texts::{SignedText, text_of};
pub use watch::EffectLine;

use crate::problem::{Answer, Code, Problem};
use sakimori_control::error::told;
use sakimori_control::journal::Log;
use sakimori_control::{ControlError, Host, Node};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::measure::{Held, Lists, Measures, Turn};
use sakimori_oversight::Book;
use sakimori_respond::plan::Terms;
use sakimori_respond::plan::life::{Duty, Event, Record, Refused, To};
use sakimori_respond::safety::Seen;
use sakimori_respond::safety::list::Bundle;
use sakimori_store::Store;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Who acts in a round.
const BY: &str = "node";
/// Most steps that follow from one event: a wave of commands, their answers, the next wave.
const FOLLOWING_MAX: usize = 20_000;

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
    /// The protected lists.
    pub bundle: Arc<Bundle>,
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

impl Room {
    /// The room of an office's folder: its lists, its numbers.
    ///
    /// # Errors
    /// [`Code::Refused`] where no protected lists are there or they have ended: without them nothing is judged.
    pub fn open(node: &Node, host: &Host, store: Arc<dyn Store>, folder: PathBuf) -> Answer<Self> {
        let bundle = lists_of(node, host, &folder)?;
        Ok(Self {
            terms: terms(node, host)?,
            bundle: Arc::new(bundle),
            node: node.clone(),
            host: host.clone(),
            store,
            folder,
        })
    }

    /// Does something with the measures of now.
    ///
    /// # Errors
    /// [`Code::Refused`] where the lists have ended; what the work says.
    pub async fn with<T>(
        &self,
        by: &str,
        work: impl AsyncFnOnce(&Measures<'_>) -> Result<T, LiaisonError>,
    ) -> Answer<T> {
        let now = self.host.seconds();
        let protected = self.bundle.protected(now);
        let protected = protected.map_err(|e| Problem::new(Code::Refused, e))?;
        let nothing: BTreeMap<String, Seen> = BTreeMap::new();
        let measures = Measures {
            store: &*self.store,
            terms: &self.terms,
            lists: Lists {
                protected,
                version: self.bundle.lists.version,
                sha256: self.bundle.digest,
            },
            seen: &nothing,
            now,
            by,
        };
        work(&measures).await.map_err(|e| kept(&e))
    }

    /// Takes an event and does what follows from it, until nothing does.
    ///
    /// # Errors
    /// What the store says of the event itself. What fails behind it is in [`Stepped::told`], and done again by [`Room::round`].
    pub async fn step(&self, id: AuthorityId, event: &Event, by: &str) -> Answer<Stepped> {
        let turn = self
            .with(by, async |measures| measures.take(id, event).await)
            .await?;
        let happened = turn.refused.is_none();
        let mut stepped = Box::pin(self.follow(turn, by)).await?;
        if happened {
            let told = &mut stepped.told;
            Box::pin(self.record_word(&stepped.held, event, by, told)).await;
        }
        Ok(stepped)
    }

    /// Does what follows from a turn.
    ///
    /// # Errors
    /// As [`Room::step`].
    pub async fn follow(&self, turn: Turn, by: &str) -> Answer<Stepped> {
        let id = turn.held.state().plan().id;
        let mut stepped = Stepped {
            held: turn.held,
            records: turn.records,
            refused: turn.refused,
            told: Vec::new(),
        };
        let mut acts = turn.acts;
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
        Ok(stepped)
    }

    /// A round: what the commission decided, what is due, what was left undone, and a look at all that is in force. Gives what came of it, by measure.
    ///
    /// # Errors
    /// What the store says; what came before it is done.
    pub async fn round(&self) -> Answer<Vec<Stepped>> {
        let all = self.due().await?;
        self.look_at_all(BY).await?;
        Ok(all)
    }

    /// A round without its look.
    ///
    /// # Errors
    /// As [`Room::round`].
    pub async fn due(&self) -> Answer<Vec<Stepped>> {
        let mut all = Vec::new();
        let turns = self
            .with(BY, async |measures| measures.tick().await)
            .await?;
        for turn in turns {
            all.push(self.follow(turn, BY).await?);
        }
        let pending = self
            .with(BY, async |measures| measures.pending().await)
            .await?;
        for (id, acts) in pending {
            let held = sakimori_liaison::measure::measure(&*self.store, id).await;
            let turn = Turn {
                held: held.map_err(|e| kept(&e))?,
                records: Vec::new(),
                acts,
                refused: None,
            };
            all.push(self.follow(turn, BY).await?);
        }
        let turns = self
            .with(BY, async |measures| measures.relist().await)
            .await?;
        for turn in turns {
            all.push(self.follow(turn, BY).await?);
        }
        // Last, for it asks the log: what is due does not wait for it.
        for (id, event) in self.learned().await? {
            all.push(self.step(id, &event, BY).await?);
        }
        Ok(all)
    }

    /// The time.
    pub fn now(&self) -> Seconds {
        self.host.seconds()
    }
}

/// The numbers in force: those of the signed schedule with their marks, and what the project proposes for the others. Where the log does not answer everything counts as abroad: nothing new can be dispatched without the log anyway,
/// and what takes back goes on.
fn terms(node: &Node, host: &Host) -> Answer<Terms> {
    let Ok(book) = book(node) else {
        return Ok(Terms::proposed(Vec::new()));
    };
    let scheduled = book.schedule_at(host.seconds());
    let scheduled = scheduled
        .ok_or_else(|| Problem::new(Code::Refused, "there is no schedule of legal numbers"))?;
    Ok(Terms::of(&scheduled.schedule))
}

/// The book of now.
///
/// # Errors
/// What the log says.
pub(crate) fn book(node: &Node) -> Result<Book, ControlError> {
    sakimori_control::office::book(node, &mut Log::connect(&node.ledger().socket)?)
}
