//! A hand: one substrate on a thread of its own. In: jobs, one after the other: the owner's stop first, then what takes back, then the rest. Out: what came of each. Never: an effect put in force after the owner's stop; an end that waits behind a
//! rehearsal, a look or a beginning.

use super::Message;
use crate::substrate::{Fault, Met, Substrate};
use sakimori_respond::engine::{Deed, Effect, InForce, Key, Ticket};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What a hand does.
#[derive(Debug)]
pub(super) enum Job {
    Before(Ticket, Effect),
    Apply(Ticket, Effect),
    Remove(Ticket, Key, Option<String>),
    Rehearse(Rehearsing),
    Look,
    Release,
    End,
}

/// A rehearsal, as far as it is done.
#[derive(Debug, Default)]
pub(super) struct Rehearsing {
    number: u64,
    left: VecDeque<(Deed, String)>,
    faults: Vec<(Deed, String, Fault)>,
}

impl Rehearsing {
    pub(super) fn of(number: u64, effects: Vec<(Deed, String)>) -> Self {
        Self {
            number,
            left: effects.into(),
            faults: Vec::new(),
        }
    }
}

impl Job {
    /// Smaller ones are done first.
    const fn rank(&self) -> u8 {
        match self {
            // The owner does not wait behind what is still to be done.
            Self::Release => 0,
            Self::Remove(..) => 1,
            Self::Before(..) | Self::Apply(..) | Self::Rehearse(_) | Self::Look | Self::End => 2,
        }
    }

    /// The effect that it begins or prolongs.
    const fn begins(&self) -> Option<&Key> {
        match self {
            Self::Before(_, effect) | Self::Apply(_, effect) => Some(&effect.key),
            _ => None,
        }
    }
}

/// What a substrate tells beside what is in force.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// What effects met.
    pub(super) met: Vec<(Key, Met)>,
    /// What its owner wants to know.
    pub(super) counts: Vec<(&'static str, u64)>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Done {
    Before(Ticket, Effect, Result<String, Fault>),
    Applied(Ticket, Effect, Result<(), Fault>),
    Removed(Ticket, Key, Result<(), Fault>),
    Rehearsed(u64, Vec<(Deed, String, Fault)>),
    Looked(Result<Vec<InForce>, Fault>, Told),
    Released(Result<(), Fault>),
}

#[derive(Default)]
struct Queue {
    jobs: Mutex<VecDeque<Job>>,
    more: Condvar,
}

/// The runner's side.
pub(super) struct Hand {
    pub(super) name: &'static str,
    pub(super) deeds: &'static [Deed],
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    fn put(&self, job: Job) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Job::Remove(_, key, _) = &job {
            // What is taken back must not be put in force behind it; its ask was overtaken, and nobody waits for its answer.
            jobs.retain(|waits| waits.begins() != Some(key));
        }
        let rank = job.rank();
        let at = jobs.iter().position(|waits| waits.rank() > rank);
        let at = at.unwrap_or(jobs.len());
        jobs.insert(at, job);
        drop(jobs);
        self.more.notify_one();
    }

    /// Whether something waits that does not wait for a rehearsal.
    fn is_urgent(&self) -> bool {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.front().is_some_and(|first| first.rank() < 2)
    }

    fn next(&self) -> Job {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(job) = jobs.pop_front() {
                return job;
            }
            jobs = self.more.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Hand {
    /// Starts a hand. While `halt` is set it puts nothing in force.
    pub(super) fn start(
        number: usize,
        mut substrate: Box<dyn Substrate>,
        to: Sender<Message>,
        halt: Arc<AtomicBool>,
    ) -> std::io::Result<Self> {
        substrate.heed(Arc::clone(&halt));
        let (name, deeds) = (substrate.name(), substrate.deeds());
        let queue = Arc::new(Queue::default());
        let own = Arc::clone(&queue);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                loop {
                    let done = match does(own.next(), &mut *substrate, &own, &halt) {
                        Next::Done(done) => done,
                        Next::Later(job) => {
                            own.put(job);
                            continue;
                        }
                        Next::End => return,
                    };
                    if to.send(Message::Done(number, done)).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            name,
            deeds,
            queue,
            thread: Some(thread),
        })
    }

    /// Gives it a job.
    pub(super) fn give(&self, job: Job) {
        self.queue.put(job);
    }

    /// Waits until it has done what it was given.
    pub(super) fn end(&mut self) {
        self.give(Job::End);
        if let Some(thread) = self.thread.take() {
            // A hand that fell has nothing more to do.
            let _ = thread.join();
        }
    }
}

fn stopped(name: &'static str) -> Fault {
    Fault::Now {
        substrate: name,
        why: "the owner has stopped it".to_owned(),
    }
}

/// What comes of a job.
enum Next {
    Done(Done),
    /// Something more urgent came.
    Later(Job),
    End,
}

fn does(job: Job, substrate: &mut dyn Substrate, queue: &Queue, halt: &AtomicBool) -> Next {
    let halted = || halt.load(Ordering::SeqCst);
    Next::Done(match job {
        Job::Before(ticket, effect) => {
            let before = substrate.before(&effect);
            Done::Before(ticket, effect, before)
        }
        Job::Apply(ticket, effect) => {
            let done = if halted() {
                Err(stopped(substrate.name()))
            } else {
                substrate.apply(&effect)
            };
            Done::Applied(ticket, effect, done)
        }
        Job::Remove(ticket, key, before) => {
            let done = substrate.remove(&key, before.as_deref());
            Done::Removed(ticket, key, done)
        }
        Job::Rehearse(mut rehearsing) => {
            // The owner does not wait for a rehearsal.
            while let Some((deed, target)) = rehearsing.left.pop_front().filter(|_| !halted()) {
                if let Err(fault) = substrate.rehearse(deed, &target) {
                    rehearsing.faults.push((deed, target, fault));
                }
                if queue.is_urgent() {
                    return Next::Later(Job::Rehearse(rehearsing));
                }
            }
            Done::Rehearsed(rehearsing.number, rehearsing.faults)
        }
        Job::Look => {
            let looked = substrate.look();
            let met = substrate.met().unwrap_or_default();
            let counts = substrate.counts();
            Done::Looked(looked, Told { met, counts })
        }
        Job::Release => Done::Released(substrate.release()),
        Job::End => return Next::End,
    })
}
