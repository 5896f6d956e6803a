//! What the office reads of measures by itself, look by look. In: receipts of actuators, answers of resolvers, tables of routers, receipts of sensors in the log. Out: looks, each with its readings; what there was before a dispatch. Never: a source
//! that neither the register nor a sensor's authority lets it read; a look that holds up an end.
//!
//! 1. What is in force, or being put in force, is looked at at a pace that its goals ask for; what is approved and not dispatched too, so that it is known what there was before.
//! 2. A reading of a resolver or a table goes back to the look before where that said the same and is not too old: what lies between two looks that agree counts as so.
//! 3. A sensor's count comes as it stands in the log: over a span of the goal's length in which no packet waits any more.

use super::aimed::{self, counts};
use super::counts::{Asked, Packs, counted};
use super::lost::{self, MISSED_LOOKS};
use super::watch::{Receipts, actuators_of, line_of, lines_of};
use super::{Room, Told, kept, probe, routes};
use crate::problem::{Answer, Code, Problem};
use sakimori_authority::measure::Deed;
use sakimori_control::journal::Log;
use sakimori_control::{ControlError, Node, office};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{
    BeforePaper, Held, Owed, Register, SeenEffect, SeenPaper, keep_before, keep_seen, last_seen,
    lives, measure, newest_seen, register,
};
use sakimori_oversight::Book;
use sakimori_respond::consumer::receipt::Standing;
use sakimori_respond::plan::goal::{Goal, Measured, Reading};
use sakimori_respond::plan::life::{Event, Stage};
use sakimori_store::Change;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How many looks fall into the shortest span of a measure's goals.
const LOOKS_OF_SPAN: u64 = 3;
/// Shortest and longest time between two looks at a measure, seconds.
const EVERY_SECONDS: (u64, u64) = (2, 60);
/// How many looks may fall out between two that agree.
const MISSED_MAX: u64 = 3;
/// How old the look may be that tells what there was before a dispatch, seconds.
const BEFORE_SECONDS_MAX: u64 = 600;

/// What looks remember from one to the next.
#[derive(Default)]
pub struct Watched {
    /// The log as far as it was read, and packs.
    log: Mutex<(Option<Book>, Packs)>,
    /// Measures and the moments of which they were judged.
    pub(super) judged: Mutex<BTreeMap<AuthorityId, (Seconds, Seconds)>>,
}

impl Watched {
    /// Does something with the book of now, which is read on from where it was read before; for a thread that may wait.
    ///
    /// # Errors
    /// What the log says.
    pub(super) fn with_book<T>(
        &self,
        node: &Node,
        work: impl FnOnce(&Book, &mut Packs) -> T,
    ) -> Result<T, ControlError> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, packs) = &mut *log;
        let mut ledger = Log::connect(&node.ledger().socket)?;
        // Where it fails in the middle it is read anew.
        let book = match known.take() {
            Some(mut book) => office::follow(&mut book, &mut ledger).map(|()| book),
            None => office::book(node, &mut ledger),
        }?;
        let book = known.insert(book);
        Ok(work(book, packs))
    }
}

/// Seconds between two looks at a measure.
fn every(held: &Held) -> u64 {
    let dossier = &held.state().plan().dossier;
    let span = dossier.success.seconds().min(dossier.stop.seconds());
    (span / LOOKS_OF_SPAN).clamp(EVERY_SECONDS.0, EVERY_SECONDS.1)
}

const fn is_dispatched(stage: Stage) -> bool {
    matches!(stage, Stage::Dispatching | Stage::InForce)
}

/// A measure that is looked at, and what is read of it.
struct Looked {
    held: Held,
    goals: Vec<Goal>,
    /// The looks before it, the oldest first.
    before: Vec<SeenPaper>,
}

/// What was read of all measures of a look.
#[derive(Default)]
struct Read {
    receipts: Receipts,
    answers: BTreeMap<probe::Ask, bool>,
    tables: BTreeMap<(String, String), bool>,
    counts: BTreeMap<Asked, Reading>,
}

/// What a goal asks a sensor for.
fn asked(goal: &Goal) -> Asked {
    Asked {
        sensor: goal.source().clone(),
        of: goal.of().to_owned(),
        seconds: goal.seconds(),
    }
}

impl Room {
    /// Does something with the book of now.
    ///
    /// # Errors
    /// What the log says.
    pub(super) async fn in_book<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Book) -> T + Send + 'static,
    ) -> Answer<T> {
        let (watched, node) = (Arc::clone(&self.watched), self.node.clone());
        let read =
            tokio::task::spawn_blocking(move || watched.with_book(&node, |book, _| work(book)));
        let read = read.await.map_err(|e| Problem::hidden(Code::Fault, e))?;
        read.map_err(|e| crate::part::refused(&e))
    }

    /// Looks at one measure now.
    ///
    /// # Errors
    /// What the store says.
    async fn read_now(&self, held: &Held, by: &str) -> Answer<()> {
        self.look_at(vec![held.clone()], by).await
    }

    /// Looks at all measures that are in force, being put in force, or about to be: where `paced`, those alone whose time it is.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn look_at_all(&self, by: &str, paced: bool) -> Answer<()> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let stands = |one: &Held| {
            let stage = one.state().stage();
            is_dispatched(stage) || matches!(stage, Stage::Approved | Stage::Urgent)
        };
        let mut due = Vec::new();
        for one in all.into_iter().filter(stands) {
            let last = newest_seen(&*self.store, one.state().plan().id).await;
            // What cannot be read is found out below, beside the others.
            let last = last.ok().flatten();
            let next = last.map_or(0, |look| look.at.saturating_add(every(&one)));
            if !paced || next <= self.now().0 {
                due.push(one);
            }
        }
        self.look_at(due, by).await
    }

    async fn look_at(&self, all: Vec<Held>, by: &str) -> Answer<()> {
        if all.is_empty() {
            return Ok(());
        }
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        // What is read is of this moment at the earliest.
        let now = self.now();
        let (mut looked, mut failed) = (Vec::new(), None);
        for held in all {
            let id = held.state().plan().id;
            let before = match last_seen(&*self.store, id, MISSED_LOOKS as u64).await {
                Ok(before) => before,
                Err(error) => {
                    failed = Some(kept(&error));
                    continue;
                }
            };
            looked.push(Looked {
                goals: aimed::wanted(held.state().plan(), &register),
                held,
                before,
            });
        }
        let read = self.read(&register, &looked, now).await;
        for one in &looked {
            let id = one.held.state().plan().id;
            let paper = paper(one, &register, &read, now);
            // With the look goes whom it calls: a fall forgets neither.
            let looks: Vec<SeenPaper> = one.before.iter().chain([&paper]).cloned().collect();
            let pages = lost::calls(&looks).into_iter();
            let with: Answer<Vec<Change>> = pages
                .map(|words| self.owing(id, Owed::Page { words }))
                .collect();
            let done = match with {
                Ok(with) => {
                    let done = keep_seen(&*self.store, id, &paper, by, with).await;
                    done.map_err(|e| kept(&e))
                }
                Err(problem) => Err(problem),
            };
            failed = failed.or(done.err());
        }
        // One that fails keeps no other from being looked at.
        failed.map_or(Ok(()), Err)
    }

    /// Asks everybody beside each other.
    async fn read(&self, register: &Register, looked: &[Looked], now: Seconds) -> Read {
        let goals = || looked.iter().flat_map(|one| &one.goals);
        let dispatched = |one: &&Looked| is_dispatched(one.held.state().stage());
        let names: BTreeSet<String> = looked
            .iter()
            .filter(dispatched)
            .flat_map(|one| actuators_of(&one.held))
            .collect();
        let measure = looked.first().map(|one| one.held.state().plan().id);
        let asks = goals().filter_map(|goal| match goal {
            Goal::Resolves { name, resolver, .. } => Some((resolver.to_string(), name.clone())),
            Goal::Packets { .. } | Goal::Route { .. } => None,
        });
        let tables: BTreeMap<(String, String), PathBuf> = goals()
            .filter_map(|goal| {
                let name = goal.source().as_str();
                let router = register.routers.iter().find(|one| one.name == name)?;
                let is_route = matches!(goal, Goal::Route { .. });
                let socket = router.bird.clone().filter(|_| is_route)?;
                Some(((router.name.clone(), goal.of().to_owned()), socket))
            })
            .collect();
        let sensors: BTreeSet<(Asked, u64)> = goals()
            .filter_map(|goal| match goal {
                Goal::Packets { below, .. } => Some((asked(goal), *below)),
                Goal::Resolves { .. } | Goal::Route { .. } => None,
            })
            .collect();
        let (receipts, answers, tables, counts) = tokio::join!(
            self.receipts(register, names, measure.unwrap_or(AuthorityId([0; 16]))),
            probe::probe(&register.resolvers, asks.collect()),
            in_tables(tables),
            self.counts(sensors, now),
        );
        Read {
            receipts,
            answers,
            tables,
            counts,
        }
    }

    /// What sensors' receipts say. A bound that is not exact is a reading only where it keeps the goal: above it nobody knows how much of it was for the target.
    async fn counts(
        &self,
        sensors: BTreeSet<(Asked, u64)>,
        now: Seconds,
    ) -> BTreeMap<Asked, Reading> {
        if sensors.is_empty() {
            return BTreeMap::new();
        }
        let (watched, node) = (Arc::clone(&self.watched), self.node.clone());
        let read = tokio::task::spawn_blocking(move || {
            watched.with_book(&node, |book, packs| {
                let of = |(asked, below): (Asked, u64)| {
                    let found = counted((book, packs, &node), &asked, now)?;
                    let keeps = match found.reading.value {
                        Measured::Packets(count) => found.is_exact || count < below,
                        Measured::Resolves(_) | Measured::Present(_) => false,
                    };
                    keeps.then_some((asked, found.reading))
                };
                sensors.into_iter().filter_map(of).collect()
            })
        });
        read.await.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// Notes what there was before a dispatch that is about to be. It goes on where that cannot be known: then it is told.
    pub(super) async fn before_dispatch(
        &self,
        id: AuthorityId,
        event: &Event,
        by: &str,
    ) -> Option<Told> {
        if !matches!(event, Event::Dispatch { .. }) {
            return None;
        }
        let done = match measure(&*self.store, id).await {
            Ok(held) => Box::pin(self.keep_what_was(&held, by)).await,
            Err(error) => Err(kept(&error)),
        };
        let words = |problem: Problem| {
            format!(
                "what there was before the dispatch is not known: {}",
                problem.detail
            )
        };
        done.err().map(words).map(Told::Trouble)
    }

    /// Keeps what there was before a dispatch: what the newest look read; where none is new enough it is looked at now.
    pub(super) async fn keep_what_was(&self, held: &Held, by: &str) -> Answer<()> {
        let id = held.state().plan().id;
        let now = self.now();
        let newest = async || {
            let look = newest_seen(&*self.store, id).await.map_err(|e| kept(&e))?;
            let fresh = look.filter(|look| now.0.saturating_sub(look.at) <= BEFORE_SECONDS_MAX);
            Answer::Ok(fresh)
        };
        let mut look = newest().await?;
        if look.is_none() {
            self.read_now(held, by).await?;
            look = newest().await?;
        }
        let paper = BeforePaper {
            at: now.0,
            readings: look.map_or_else(Vec::new, |look| look.readings),
        };
        let done = keep_before(&*self.store, id, &paper, by).await;
        done.map_err(|e| kept(&e))
    }
}

async fn in_tables(asks: BTreeMap<(String, String), PathBuf>) -> BTreeMap<(String, String), bool> {
    if asks.is_empty() {
        return BTreeMap::new();
    }
    let read = tokio::task::spawn_blocking(move || {
        let of = |(ask, socket): ((String, String), PathBuf)| {
            let found = routes::present(&socket, &ask.1);
            if let Err(words) = &found {
                tracing::warn!(router = ask.0, words, "a table is not read");
            }
            Some((ask, found.ok()?))
        };
        asks.into_iter().filter_map(of).collect()
    });
    read.await.unwrap_or_default()
}

/// Whether an effect is in force; none where its actuator cannot see it.
fn is_in_force(standing: Standing) -> Option<bool> {
    (standing != Standing::Unseen).then_some(standing == Standing::InForce)
}

/// Whether a route of a measure is in the table of the speaker that an actuator holds, by its receipt.
fn announced(held: &Held, receipts: &Receipts, actuator: &str, of: &str) -> Option<bool> {
    let receipt = receipts.get(actuator)?.as_ref().ok()?;
    let id = held.state().plan().id;
    let line = line_of(receipt, id, Deed::BlackHole, of);
    line.map_or(Some(false), |line| is_in_force(line.standing))
}

/// What was read for one goal.
fn value(one: &Looked, register: &Register, read: &Read, goal: &Goal) -> Option<Measured> {
    let (source, of) = (goal.source().to_string(), goal.of().to_owned());
    match goal {
        Goal::Packets { .. } => None,
        Goal::Resolves { .. } => {
            let answer = read.answers.get(&(source, of))?;
            Some(Measured::Resolves(*answer))
        }
        Goal::Route { .. } => {
            let mut routers = register.routers.iter();
            let router = routers.find(|router| router.name == source)?;
            let present = match (&router.bird, &router.actuator) {
                (Some(_), _) => read.tables.get(&(source, of)).copied(),
                (None, Some(actuator)) => announced(&one.held, &read.receipts, actuator, &of),
                (None, None) => None,
            };
            present.map(Measured::Present)
        }
    }
}

fn paper(one: &Looked, register: &Register, read: &Read, now: Seconds) -> SeenPaper {
    let before = one.before.last();
    let gap = every(&one.held).saturating_mul(MISSED_MAX);
    // From the look before where that said the same.
    let since = |reading: &Reading| {
        let mut said = before.into_iter().flat_map(|look| &look.readings);
        let same = said.find(|known| {
            known.source == reading.source
                && known.of == reading.of
                && known.value == reading.value
                && known.to <= now
                && now.0 - known.to.0 <= gap
        });
        same.map_or(now, |known| known.to)
    };
    let readings = one.goals.iter().filter_map(|goal| {
        if counts(goal) {
            return read.counts.get(&asked(goal)).cloned();
        }
        let mut reading = Reading {
            source: goal.source().clone(),
            from: now,
            to: now,
            of: goal.of().to_owned(),
            value: value(one, register, read, goal)?,
        };
        reading.from = since(&reading);
        Some(reading)
    });
    let readings = readings.collect();
    let lines = if is_dispatched(one.held.state().stage()) {
        lines_of(&one.held, &read.receipts)
    } else {
        Vec::new()
    };
    let effects = lines.into_iter().zip(one.held.state().effects());
    let effects = effects.map(|(line, effect)| SeenEffect {
        wanted: lost::is_wanted(effect, now),
        in_force: match line.says {
            Some(standing) => is_in_force(standing),
            None => line.words.is_empty().then_some(false),
        },
        deed: line.deed.name().to_owned(),
        target: line.target,
        actuator: line.actuator,
        times: line.times,
        run: line.run,
    });
    SeenPaper {
        at: now.0,
        effects: effects.collect(),
        readings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_actuator_cannot_see_is_neither_in_force_nor_gone() {
        assert_eq!(is_in_force(Standing::InForce), Some(true));
        assert_eq!(is_in_force(Standing::Unseen), None);
        for gone in [Standing::Missing, Standing::Ended, Standing::Left] {
            assert_eq!(is_in_force(gone), Some(false), "{gone}");
        }
    }
}
