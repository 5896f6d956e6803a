//! Look-ups that wait for a thread. In: targets to be asked for, for commands or for rehearsals. Out: the next one. Never: a command's that waits behind a rehearsal's; one of a rehearsal that nobody waits for any more.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A look-up by its number, and its target.
pub(super) type Ask = (u64, String);

#[derive(Debug, Default)]
struct Waiting {
    first: VecDeque<Ask>,
    then: VecDeque<Ask>,
    is_over: bool,
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

    /// Puts one in; a command's goes before all rehearsals'.
    pub(super) fn put(&self, ask: Ask, is_command: bool) {
        let mut waiting = self.waiting();
        if is_command {
            waiting.first.push_back(ask);
        } else {
            waiting.then.push_back(ask);
        }
        drop(waiting);
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
            let next = waiting.first.pop_front();
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
            queue.put(ask(number), false);
        }
        for number in 5..=6 {
            queue.put(ask(number), true);
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
}
