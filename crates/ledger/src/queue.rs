//! What waits for the writer. In: jobs of many connections. Out: batches for one thread. Never: more than its bounds; who comes when it is full waits, and then
//! is refused.

use crate::limits::{
    BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, QUEUE_BYTES_MAX, QUEUE_ENTRIES_MAX, QUEUE_WAIT,
};
use crate::tips::Tip;
use crate::wal::Record;
use crate::writer::AppendError;
use sakimori_custody::ids::StreamId;
use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// An append and where its answer goes.
pub(crate) struct Append {
    pub(crate) record: Record,
    pub(crate) answer: SyncSender<Result<u64, AppendError>>,
}

/// A question for the end of a stream.
pub(crate) struct AskTip {
    pub(crate) stream: StreamId,
    pub(crate) answer: SyncSender<Option<Tip>>,
}

/// What the writer does next.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) appends: Vec<Append>,
    pub(crate) tips: Vec<AskTip>,
    /// Whether the feed is ready for a new checkpoint.
    pub(crate) sign: bool,
    /// Whether this is the last.
    pub(crate) closed: bool,
}

#[derive(Default)]
struct Waiting {
    appends: VecDeque<Append>,
    bytes: usize,
    tips: Vec<AskTip>,
    sign: bool,
    closed: bool,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    emptied: Condvar,
}

/// Why a job is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    Busy,
    Closed,
}

impl Append {
    fn bytes(&self) -> usize {
        self.record.entry.len() + self.record.body.len()
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an append, waiting at most [`QUEUE_WAIT`] for room.
    pub(crate) fn append(&self, append: Append) -> Result<(), NotTaken> {
        let full = |waiting: &mut Waiting| {
            let room = waiting.bytes + append.bytes() <= QUEUE_BYTES_MAX;
            !waiting.closed && (waiting.appends.len() >= QUEUE_ENTRIES_MAX || !room)
        };
        let waited = self
            .emptied
            .wait_timeout_while(self.lock(), QUEUE_WAIT, full);
        let (mut waiting, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if waiting.closed {
            return Err(NotTaken::Closed);
        }
        if timeout.timed_out() {
            return Err(NotTaken::Busy);
        }
        waiting.bytes += append.bytes();
        waiting.appends.push_back(append);
        self.filled.notify_one();
        Ok(())
    }

    /// Adds a question.
    pub(crate) fn tip(&self, ask: AskTip) -> Result<(), NotTaken> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(NotTaken::Closed);
        }
        // One per connection at most, as each waits for its answer.
        waiting.tips.push(ask);
        self.filled.notify_one();
        Ok(())
    }

    /// Says that the feed is ready for a new checkpoint.
    pub(crate) fn sign(&self) {
        self.lock().sign = true;
        self.filled.notify_one();
    }

    /// Takes nothing more; what waits is still given out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
        self.emptied.notify_all();
    }

    /// Waits for work and takes a batch of it.
    pub(crate) fn take(&self) -> Work {
        let idle =
            |w: &mut Waiting| w.appends.is_empty() && w.tips.is_empty() && !w.sign && !w.closed;
        let waited = self.filled.wait_while(self.lock(), idle);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner);
        let mut work = Work {
            tips: std::mem::take(&mut waiting.tips),
            sign: std::mem::take(&mut waiting.sign),
            ..Work::default()
        };
        let mut bytes = 0;
        while work.appends.len() < BATCH_ENTRIES_MAX && bytes < BATCH_BYTES_MAX {
            let Some(append) = waiting.appends.pop_front() else {
                break;
            };
            bytes += append.bytes();
            work.appends.push(append);
        }
        waiting.bytes -= bytes;
        work.closed = waiting.closed && waiting.appends.is_empty();
        self.emptied.notify_all();
        work
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn a_full_queue_refuses_and_a_closed_one_is_emptied() {
        let queue = Queue::default();
        let (answer, _kept) = sync_channel(1);
        let big = || Append {
            record: Record {
                entry: Vec::new(),
                body: vec![0; QUEUE_BYTES_MAX / 3],
            },
            answer: answer.clone(),
        };
        for _ in 0..3 {
            assert_eq!(queue.append(big()), Ok(()));
        }
        assert_eq!(queue.append(big()), Err(NotTaken::Busy));
        let work = queue.take();
        assert_eq!((work.appends.len(), work.closed), (1, false));
        queue.close();
        assert_eq!(queue.append(big()), Err(NotTaken::Closed));
        assert!(!queue.take().closed);
        assert!(queue.take().closed);
    }

    #[test]
    fn at_twice_the_rate_of_a_slow_disk_authors_are_refused_early_and_nothing_that_was_taken_is_lost()
     {
        const APPENDS: usize = 24;
        let queue = Queue::default();
        let outcomes = std::thread::scope(|scope| {
            let authors: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let (mut answers, mut refused) = (Vec::new(), 0);
                        for _ in 0..APPENDS {
                            let (answer, answered) = sync_channel(1);
                            let record = Record {
                                entry: Vec::new(),
                                body: vec![0; 1 << 20],
                            };
                            match queue.append(Append { record, answer }) {
                                Ok(()) => answers.push(answered),
                                Err(NotTaken::Busy) => refused += 1,
                                Err(NotTaken::Closed) => panic!("nobody closed it"),
                            }
                        }
                        (answers, refused)
                    })
                })
                .collect();
            // A disk that takes nothing for longer than an author waits, then a batch at a time, half as fast as the authors offer.
            std::thread::park_timeout(QUEUE_WAIT + QUEUE_WAIT / 8);
            assert!(queue.lock().bytes <= QUEUE_BYTES_MAX, "memory is bounded");
            let mut written = 0;
            while authors.iter().any(|author| !author.is_finished()) || queue.lock().bytes > 0 {
                if queue.lock().appends.is_empty() {
                    std::thread::park_timeout(QUEUE_WAIT / 100);
                    continue;
                }
                let work = queue.take();
                for append in work.appends {
                    append.answer.send(Ok(written)).unwrap();
                    written += 1;
                }
                std::thread::park_timeout(QUEUE_WAIT / 40);
            }
            authors
                .into_iter()
                .map(|author| author.join().unwrap())
                .collect::<Vec<_>>()
        });
        let refused: usize = outcomes.iter().map(|(_, refused)| refused).sum();
        let answers: Vec<_> = outcomes
            .into_iter()
            .flat_map(|(answers, _)| answers)
            .collect();
        assert!(refused >= 1, "somebody was refused in time");
        assert_eq!(answers.len() + refused, 4 * APPENDS);
        let mut places: Vec<u64> = answers.iter().map(|a| a.recv().unwrap().unwrap()).collect();
        places.sort_unstable();
        assert_eq!(places, (0..places.len() as u64).collect::<Vec<_>>());
    }
}
