//! Names with what is asked of them. In: names of a pack, then names of traffic. Out: the rules of a name; whether any suffix of it has rules. Never: a hash per suffix: a name is read once,
//! from its end, and only as far as a name of the pack goes along.
//!
//! Measured need: with a hash per suffix, names were a fifth of the sensor's time on a mix that is mostly DNS.

use crate::limits::NAME_BYTES_MAX;

/// What a pack asks of one name.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameRules {
    /// Selectors of the name itself.
    pub(crate) exact: Vec<u32>,
    /// Selectors of the name and all below it.
    pub(crate) below: Vec<u32>,
}

impl NameRules {
    const fn are_some(&self) -> bool {
        !(self.exact.is_empty() && self.below.is_empty())
    }
}

/// A name of the pack, or a suffix of one, which may have no rules itself.
#[derive(Clone, Debug)]
struct Entry {
    name: Box<[u8]>,
    hash: u64,
    rules: NameRules,
}

/// The table: open addressing, at most half full.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Upper half: part of the hash. Lower half: place of the entry plus one; 0 is free. The length is a power of two, or 0.
    slots: Vec<u64>,
    entries: Vec<Entry>,
}

/// Odd powers by which the bytes count, from the end of a name: a sum of products, so that no byte waits for the one before. They are fixed: the keys of the table
/// come from a signed pack, and a stranger's name that collides costs one comparison.
const WEIGHTS: [u64; NAME_BYTES_MAX] = {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut weights = [ODD; NAME_BYTES_MAX];
    let mut at = 1;
    while at < NAME_BYTES_MAX {
        weights[at] = ODD.wrapping_mul(weights[at - 1]);
        at += 1;
    }
    weights
};

#[inline]
const fn weigh(sum: u64, (byte, weight): (&u8, &u64)) -> u64 {
    sum.wrapping_add((*byte as u64 + 1).wrapping_mul(*weight))
}

fn hash(name: &[u8]) -> u64 {
    name.iter().rev().zip(&WEIGHTS).fold(0, weigh)
}

impl Names {
    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The rules of a name, made where there are none.
    pub(crate) fn rules(&mut self, name: &str) -> &mut NameRules {
        let name = name.as_bytes();
        for (at, _) in name.iter().enumerate().filter(|(_, byte)| **byte == b'.') {
            self.entry(name.get(at + 1..).unwrap_or_default());
        }
        let place = self.entry(name);
        &mut self.entries[place].rules
    }

    /// Place of a name's entry, made where there is none.
    fn entry(&mut self, name: &[u8]) -> usize {
        let hash = hash(name);
        self.find(hash, name).unwrap_or_else(|| {
            self.entries.push(Entry {
                name: name.into(),
                hash,
                rules: NameRules::default(),
            });
            self.place_last();
            self.entries.len() - 1
        })
    }

    /// Puts the last entry into the slots, which grow with the entries.
    fn place_last(&mut self) {
        let whole = 2 * self.entries.len().next_power_of_two();
        let first = if self.slots.len() < whole {
            self.slots = vec![0; whole];
            0
        } else {
            self.entries.len() - 1
        };
        for (place, entry) in self.entries.iter().enumerate().skip(first) {
            let mut at = self.first_slot(entry.hash);
            while self.slots.get(at).is_some_and(|&slot| slot != 0) {
                at = (at + 1) & (self.slots.len() - 1);
            }
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = entry.hash << 32 | (place as u64 + 1);
            }
        }
    }

    /// Slots are chosen by the upper bits, which every byte has reached.
    #[inline]
    const fn first_slot(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.slots.len() - 1)
    }

    /// Place of a name's entry.
    fn find(&self, hash: u64, name: &[u8]) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = self.first_slot(hash);
        loop {
            let slot = *self.slots.get(at)?;
            let place = (slot as u32).checked_sub(1)? as usize;
            if slot >> 32 == hash & 0xffff_ffff
                && self.entries.get(place).is_some_and(|e| *e.name == *name)
            {
                return Some(place);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The rules of exactly this name.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&NameRules> {
        let place = self.find(hash(name), name)?;
        self.entries.get(place).map(|entry| &entry.rules)
    }

    /// Whether the name, or a suffix of it at a label's border, has rules.
    ///
    /// # Cost
    /// A multiplication a byte and a look-up a label, from the end of the name to the first suffix that no name of the pack has; for nearly every name that is its
    /// second or third label.
    pub(crate) fn holds_suffix(&self, name: &[u8]) -> bool {
        let (mut hash, mut start) = (0u64, name.len());
        let mut weights = WEIGHTS.as_slice();
        for label in name.rsplit(|&byte| byte == b'.') {
            start -= label.len();
            hash = label.iter().rev().zip(weights).fold(hash, weigh);
            let suffix = name.get(start..).unwrap_or_default();
            match self.find(hash, suffix).and_then(|at| self.entries.get(at)) {
                None => return false,
                Some(entry) if entry.rules.are_some() => return true,
                Some(_) => {}
            }
            weights = weights.get(label.len()..).unwrap_or_default();
            if let Some((weight, behind)) = weights.split_first() {
                hash = weigh(hash, (&b'.', weight));
                weights = behind;
            }
            start = start.saturating_sub(1);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_large_table_is_found_and_no_other() {
        let mut names = Names::default();
        let name = |n: u32| format!("h{n}.zone{}.example", n % 7);
        for n in 0..5_000 {
            names.rules(&name(n)).exact.push(n + 1);
            names.rules(&name(n)).below.push(n + 1);
        }
        // 5,000 names, seven zones and what is above them.
        assert!(names.entries.len() == 5_008 && names.slots.len() >= 10_016);
        for n in 0..5_000 {
            let found = names.get(name(n).as_bytes()).unwrap();
            assert_eq!((&found.exact, &found.below), (&vec![n + 1], &vec![n + 1]));
            assert!(names.holds_suffix(format!("a.b.{}", name(n)).as_bytes()));
            assert!(!names.holds_suffix(format!("a{}", name(n)).as_bytes()));
        }
        for other in [
            "example",
            "zone1.example",
            "h1.zone2.example",
            "zone1",
            "",
            ".",
        ] {
            assert!(!names.holds_suffix(other.as_bytes()), "{other}");
        }
        assert!(names.get(b"h1").is_none() && names.get(b"").is_none());
    }
}
