//! A bounded table of pairs: the one that was not used for longest goes first, roughly; pairs that fired stay, up to half of the table. In: keys. Out: values. Never: an order that depends on
//! hashes.

use crate::seeded::Seeded;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

struct Entry<K, V> {
    key: K,
    value: V,
    used: bool,
    pinned: bool,
}

/// The table.
pub(crate) struct Pairs<K, V> {
    places: HashMap<K, u32, Seeded>,
    entries: Vec<Entry<K, V>>,
    hand: usize,
    most: usize,
    /// Pairs that fired, the oldest first; half the table at most, so that there is always one that can go.
    pinned: VecDeque<u32>,
    evicted: u64,
}

impl<K: Copy + Eq + Hash, V: Default> Pairs<K, V> {
    /// An empty table of at most `most` pairs.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            // Nothing iterates over the map, so no output depends on its seed.
            places: HashMap::with_hasher(Seeded::drawn()),
            entries: Vec::new(),
            hand: 0,
            most,
            pinned: VecDeque::new(),
            evicted: 0,
        }
    }

    /// The value of a pair, made where there is none; and what was forgotten to make room.
    pub(crate) fn entry(&mut self, key: K) -> (&mut V, Option<V>) {
        let (place, forgotten) = match self.places.get(&key) {
            Some(&place) => (place as usize, None),
            None => self.make(key),
        };
        // BOUND: places come from the map, which names existing entries only.
        let entry = &mut self.entries[place];
        entry.used = true;
        (&mut entry.value, forgotten)
    }

    /// Makes a pair, in the place of another where there is no room; that one's value is returned.
    fn make(&mut self, key: K) -> (usize, Option<V>) {
        let new = Entry {
            key,
            value: V::default(),
            used: true,
            pinned: false,
        };
        if self.entries.len() < self.most {
            let place = self.entries.len();
            self.entries.push(new);
            self.places.insert(key, place as u32);
            return (place, None);
        }
        let place = self.victim();
        self.places.insert(key, place as u32);
        let forgotten = self.entries.get_mut(place).map(|entry| {
            self.places.remove(&entry.key);
            std::mem::replace(entry, new).value
        });
        self.evicted += 1;
        (place, forgotten)
    }

    /// Second chance: passes over what was used since the hand came by, and over what fired.
    fn victim(&mut self) -> usize {
        for _ in 0..2 * self.entries.len() {
            let place = self.hand;
            self.hand = (self.hand + 1) % self.entries.len().max(1);
            if let Some(entry) = self.entries.get_mut(place) {
                if !entry.used && !entry.pinned {
                    return place;
                }
                entry.used = false;
            }
        }
        // BOUND: not reached while at most half of the entries are pinned.
        self.hand
    }

    /// Keeps a pair that fired. Where half the table is kept, the one that fired first is let go and returned: it may be forgotten from now on.
    pub(crate) fn pin(&mut self, key: &K) -> Option<K> {
        let place = *self.places.get(key)?;
        let entry = self.entries.get_mut(place as usize)?;
        if std::mem::replace(&mut entry.pinned, true) {
            return None;
        }
        self.pinned.push_back(place);
        if self.pinned.len() <= (self.most / 2).max(1) {
            return None;
        }
        let oldest = self.pinned.pop_front()?;
        let entry = self.entries.get_mut(oldest as usize)?;
        entry.pinned = false;
        Some(entry.key)
    }

    /// Whether a pair fired.
    pub(crate) fn is_pinned(&self, key: &K) -> bool {
        !self.pinned.is_empty()
            && self
                .places
                .get(key)
                .and_then(|&place| self.entries.get(place as usize))
                .is_some_and(|entry| entry.pinned)
    }

    /// The pairs that fired, in the order of firing.
    pub(crate) fn fired(&self) -> impl Iterator<Item = (&K, &V)> {
        self.pinned
            .iter()
            .filter_map(|&place| self.entries.get(place as usize))
            .map(|e| (&e.key, &e.value))
    }

    /// Pairs forgotten since the last call.
    pub(crate) const fn take_evicted(&mut self) -> u64 {
        std::mem::replace(&mut self.evicted, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_fired_stay_and_the_oldest_of_too_many_is_let_go() {
        let mut pairs = Pairs::<u32, u32>::new(8);
        for key in 0..4 {
            *pairs.entry(key).0 = key;
            assert_eq!(pairs.pin(&key), None);
            assert_eq!(pairs.pin(&key), None, "it is kept already");
        }
        for key in 100..200 {
            pairs.entry(key);
        }
        assert!((0..4).all(|key| pairs.is_pinned(&key) && *pairs.entry(key).0 == key));
        assert_eq!(pairs.take_evicted(), 96);
        assert_eq!(pairs.pin(&199), Some(0));
        assert_eq!(
            pairs.fired().map(|(key, _)| *key).collect::<Vec<_>>(),
            [1, 2, 3, 199]
        );
        for key in 300..400 {
            pairs.entry(key);
        }
        assert_eq!(
            pairs.entry(0).1.map(|_| ()),
            Some(()),
            "it was forgotten and is made anew"
        );
    }
}
