//! Names with what is asked of them. In: names of a pack, then names of traffic. Out: the rules of a name; whether any suffix of it has rules. Never: a hash per suffix: a name is read once,
//! from its end, and at each label's border the hash so far is that of the suffix.
//!
//! Measured need: with a hash per suffix, names were a fifth of the sensor's time on a mix that is mostly DNS.

/// What a pack asks of one name.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameRules {
    /// Selectors of the name itself.
    pub(crate) exact: Vec<u32>,
    /// Selectors of the name and all below it.
    pub(crate) below: Vec<u32>,
}

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

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// Adds the byte before those that were added. The key of the table is a signed pack, so that the numbers may be fixed.
#[inline]
const fn add(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn hash(name: &[u8]) -> u64 {
    name.iter().rev().fold(START, |hash, &byte| add(hash, byte))
}

impl Names {
    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The rules of a name, made where there are none.
    pub(crate) fn rules(&mut self, name: &str) -> &mut NameRules {
        let name = name.as_bytes();
        let hash = hash(name);
        let place = self.find(hash, name).unwrap_or_else(|| {
            self.entries.push(Entry {
                name: name.into(),
                hash,
                rules: NameRules::default(),
            });
            self.place_last();
            self.entries.len() - 1
        });
        &mut self.entries[place].rules
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

    /// Place of a name's entry. The table must not be without slots.
    #[inline]
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
    /// A multiplication a byte and a look-up a label; the one that is asked for nearly every name, nearly always in vain.
    pub(crate) fn holds_suffix(&self, name: &[u8]) -> bool {
        let mut hash = START;
        for (at, &byte) in name.iter().enumerate().rev() {
            if byte == b'.'
                && self
                    .find(hash, name.get(at + 1..).unwrap_or_default())
                    .is_some()
            {
                return true;
            }
            hash = add(hash, byte);
        }
        self.find(hash, name).is_some()
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
        assert!(names.entries.len() == 5_000 && names.slots.len() >= 10_000);
        for n in 0..5_000 {
            let found = names.get(name(n).as_bytes()).unwrap();
            assert_eq!((&found.exact, &found.below), (&vec![n + 1], &vec![n + 1]));
            assert!(names.holds_suffix(format!("a.b.{}", name(n)).as_bytes()));
            assert!(!names.holds_suffix(format!("a{}", name(n)).as_bytes()));
        }
        assert!(names.get(b"example").is_none() && names.get(b"").is_none());
    }
}
