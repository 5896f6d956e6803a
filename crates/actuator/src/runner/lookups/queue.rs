//! Look-ups that wait for a thread. In: targets to be asked for, for commands of producers or for rehearsals. Out: the next one, of each producer in turn. Never: a command's that waits behind a rehearsal's; one that waits behind all of another producer; one of a rehearsal that nobody
//! waits for any more.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A look-up by its number, and its target.
pub(super) type Ask = (u64, String);

#[derive(Debug, Default)]
struct Waiting {
    /// Of commands, by producer.
    first: BTreeMap<String, VecDeque<Ask>>,
    /// Of commands that no thread has taken: one that several producers wait for stands in the line of each.
    open: BTreeSet<u64>,
    /// Whose turn was the last.
    last: String,
    /// Of rehearsals.
    then: VecDeque<Ask>,
    is_over: bool,
}

impl Waiting {
    /// The next one of the producer behind the one that had its turn last.
    fn of_command(&mut self) -> Option<Ask> {
        loop {
            let after = (
                std::ops::Bound::Excluded(self.last.clone()),
                std::ops::Bound::Unbounded,
            );
            let next = self
                .first
                .range(after)
                .next()
                .or(self.first.first_key_value());
            let producer = next.map(|(producer, _)| producer.clone())?;
            let line = self.first.get_mut(&producer)?;
            let ask = line.pop_front();
            if line.is_empty() {
                self.first.remove(&producer);
            }
            if let Some(ask) = ask.filter(|(number, _)| self.open.remove(number)) {
                self.last = producer;
                return Some(ask);
            }
        }
    }
}

/// The queue of one substrate's look-ups.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts one of a command in; it goes before all rehearsals'.
    pub(super) fn put(&self, producer: &str, ask: Ask) {
        let mut waiting = self.waiting();
        waiting.open.insert(ask.0);
        let line = waiting.first.entry(producer.to_owned()).or_default();
        line.push_back(ask);
        drop(waiting);
        self.more.notify_one();
    }

    /// Lets one that waits stand in the line of another producer too; nothing where a thread has it already.
    pub(super) fn put_too(&self, producer: &str, ask: Ask) {
        let mut waiting = self.waiting();
        if waiting.open.contains(&ask.0) {
            let line = waiting.first.entry(producer.to_owned()).or_default();
            line.push_back(ask);
        }
    }

    /// Puts one of a rehearsal in.
    pub(super) fn put_rehearsal(&self, ask: Ask) {
        self.waiting().then.push_back(ask);
        self.more.notify_one();
    }

    /// Takes those of a rehearsal out that nobody waits for.
    pub(super) fn drop_where(&self, is_late: impl Fn(u64) -> bool) {
        self.waiting().then.retain(|(number, _)| !is_late(*number));
    }

    /// The next one, as soon as there is one; nothing where there will be none.
    pub(super) fn next(&self) -> Option<Ask> {
        let mut waiting = self.waiting();
        loop {
            if waiting.is_over {
                return None;
            }
            let next = waiting.of_command();
            if let Some(ask) = next.or_else(|| waiting.then.pop_front()) {
                return Some(ask);
            }
            waiting = self
                .more
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets all who wait go.
    pub(super) fn end(&self) {
        self.waiting().is_over = true;
        self.more.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_go_before_rehearsals_and_what_is_late_is_not_looked_up() {
        let queue = Queue::default();
        let ask = |number: u64| (number, format!("n{number}.example"));
        for number in 1..=4 {
            queue.put_rehearsal(ask(number));
        }
        for number in 5..=6 {
            queue.put("office", ask(number));
        }
        assert_eq!(queue.next(), Some(ask(5)));
        queue.drop_where(|number| !(3..=4).contains(&number));
        assert_eq!(queue.next(), Some(ask(6)));
        assert_eq!(queue.next(), Some(ask(3)));
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| (queue.next(), queue.next()));
            queue.end();
            let taken = waits.join().unwrap();
            assert_eq!(taken.1, None);
        });
        assert_eq!(queue.next(), None);
    }

    #[test]
    fn each_producer_has_its_turn_and_what_two_wait_for_comes_once() {
        let queue = Queue::default();
        let ask = |number: u64| (number, format!("n{number}.example"));
        for number in 1..=100 {
            queue.put("carrier", ask(number));
        }
        queue.put("office", ask(200));
        // The last of the other's line is wanted here too.
        queue.put_too("office", ask(100));
        let mut order = Vec::new();
        for _ in 0..101 {
            order.push(queue.next().unwrap().0);
        }
        let place = |number: u64| order.iter().position(|one| *one == number).unwrap();
        assert!(place(200) < 4 && place(100) < 4, "{order:?}");
        order.sort_unstable();
        let expected: Vec<u64> = (1..=100).chain([200]).collect();
        assert_eq!(order, expected);
        // What a thread has taken is not asked again.
        queue.put_too("office", ask(200));
        queue.end();
        assert_eq!(queue.next(), None);
        assert!(queue.waiting().open.is_empty());
        assert!(!queue.waiting().first.contains_key("office"));
    }
}
