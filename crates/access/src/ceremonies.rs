//! Sign-ins that are half done. In: what the first step has to remember. Out: the same, once, to the second step. Never: more than a bounded number, anything on disk:
//! after a restart people begin anew.

use crate::limits::{CEREMONIES_MAX, CEREMONIES_OF_ONE_MAX, CEREMONY_SECONDS};
use sakimori_custody::time::Seconds;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

struct Pending<T> {
    key: [u8; 32],
    owner: String,
    begun: Seconds,
    state: T,
}

/// What waits for its second step, oldest first.
pub(crate) struct Ceremonies<T> {
    waiting: Mutex<VecDeque<Pending<T>>>,
}

impl<T> Default for Ceremonies<T> {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
        }
    }
}

impl<T> Ceremonies<T> {
    /// A thread that died under the lock left the list as it was before or after its one step.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Pending<T>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a state under a key that only who began it knows (its hash).
    pub(crate) fn begin(&self, key: [u8; 32], owner: &str, state: T, now: Seconds) {
        let mut waiting = self.lock();
        waiting.retain(|one| in_time(one.begun, now));
        let of_owner = waiting.iter().filter(|one| one.owner == owner).count();
        if of_owner >= CEREMONIES_OF_ONE_MAX
            && let Some(oldest) = waiting.iter().position(|one| one.owner == owner)
        {
            waiting.remove(oldest);
        }
        if waiting.len() >= CEREMONIES_MAX {
            waiting.pop_front();
        }
        waiting.push_back(Pending {
            key,
            owner: owner.to_owned(),
            begun: now,
            state,
        });
    }

    /// The state, once.
    pub(crate) fn take(&self, key: &[u8; 32], now: Seconds) -> Option<T> {
        let mut waiting = self.lock();
        let place = waiting.iter().position(|one| one.key == *key)?;
        let found = waiting.remove(place)?;
        in_time(found.begun, now).then_some(found.state)
    }
}

/// Whether the second step comes in time; a clock that went back ends it.
fn in_time(begun: Seconds, now: Seconds) -> bool {
    begun <= now && now.0 - begun.0 <= CEREMONY_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> [u8; 32] {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&(number as u64).to_be_bytes());
        key
    }

    #[test]
    fn a_state_is_taken_once_and_in_time() {
        let ceremonies = Ceremonies::default();
        for (after, found) in [
            (0, true),
            (CEREMONY_SECONDS, true),
            (CEREMONY_SECONDS + 1, false),
        ] {
            ceremonies.begin(key(1), "a", 7, Seconds(1000));
            let now = Seconds(1000 + after);
            assert_eq!(ceremonies.take(&key(1), now), found.then_some(7), "{after}");
            assert_eq!(ceremonies.take(&key(1), now), None);
        }
        ceremonies.begin(key(1), "a", 7, Seconds(1000));
        assert_eq!(ceremonies.take(&key(2), Seconds(1000)), None);
        assert_eq!(ceremonies.take(&key(1), Seconds(999)), None);
    }

    #[test]
    fn who_begins_many_takes_the_own_place_only_and_all_together_are_bounded() {
        let ceremonies = Ceremonies::default();
        ceremonies.begin(key(0), "other", 0, Seconds(1));
        for number in 1..=100 {
            ceremonies.begin(key(number), "one", number, Seconds(1));
        }
        assert_eq!(ceremonies.lock().len(), CEREMONIES_OF_ONE_MAX + 1);
        assert_eq!(ceremonies.take(&key(1), Seconds(1)), None);
        assert_eq!(ceremonies.take(&key(100), Seconds(1)), Some(100));
        assert_eq!(ceremonies.take(&key(0), Seconds(1)), Some(0));
        for number in 0..2 * CEREMONIES_MAX {
            ceremonies.begin(key(number), &number.to_string(), number, Seconds(1));
        }
        assert_eq!(ceremonies.lock().len(), CEREMONIES_MAX);
    }
}
