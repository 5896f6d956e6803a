//! A hand: one substrate on a thread of its own. In: jobs, one after the other; the owner's stop before all that wait. Out: what came of each. Never: an effect put in force after the owner's stop.

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
    Rehearse(u64, Vec<(Deed, String)>),
    Look,
    Release,
    End,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Done {
    Before(Ticket, Effect, Result<String, Fault>),
    Applied(Ticket, Effect, Result<(), Fault>),
    Removed(Ticket, Key, Result<(), Fault>),
    Rehearsed(u64, Vec<(Deed, String, Fault)>),
    Looked(Result<Vec<InForce>, Fault>, Vec<(Key, Met)>),
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
                    let job = own.next();
                    let Some(done) = does(job, &mut *substrate, &halt) else {
                        return;
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
        let mut jobs = self
            .queue
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match job {
            // The owner does not wait behind what is still to be done.
            Job::Release => jobs.push_front(job),
            _ => jobs.push_back(job),
        }
        drop(jobs);
        self.queue.more.notify_one();
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

fn does(job: Job, substrate: &mut dyn Substrate, halt: &AtomicBool) -> Option<Done> {
    let halted = || halt.load(Ordering::SeqCst);
    Some(match job {
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
        Job::Rehearse(number, effects) => {
            let mut faults = Vec::new();
            for (deed, target) in effects {
                // The owner does not wait for a rehearsal.
                if halted() {
                    break;
                }
                if let Err(fault) = substrate.rehearse(deed, &target) {
                    faults.push((deed, target, fault));
                }
            }
            Done::Rehearsed(number, faults)
        }
        Job::Look => {
            let looked = substrate.look();
            let met = substrate.met().unwrap_or_default();
            Done::Looked(looked, met)
        }
        Job::Release => Done::Released(substrate.release()),
        Job::End => return None,
    })
}
