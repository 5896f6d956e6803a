//! Numbers that look random and are the same for the same seed on every machine. In: a seed, a purpose. Out: whole numbers. Never: a floating-point
//! number, whose last bit differs between machines; a secret.

/// `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A stream of its own for each purpose and index.
    pub(super) const fn new(seed: u64, purpose: u64, index: u64) -> Self {
        let mut random = Self(seed ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03));
        random.0 = random.next() ^ index.wrapping_mul(0xaef1_7502_108e_f2d9);
        random.0 = random.next();
        random
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number in `least..greatest`; `least` where the range is empty.
    pub(super) const fn between(&mut self, least: u64, greatest: u64) -> u64 {
        let width = greatest.saturating_sub(least);
        least + ((self.next() as u128 * width as u128) >> 64) as u64
    }

    /// Whether something of `percent` % happens.
    pub(super) const fn happens(&mut self, percent: u64) -> bool {
        self.between(0, 100) < percent
    }

    /// Mostly small, seldom up to `greatest`: the product of two even draws.
    pub(super) const fn small(&mut self, greatest: u64) -> u64 {
        let once = self.between(0, greatest + 1);
        self.between(0, once + 1)
    }

    /// One of a list; `None` only of an empty one.
    pub(super) fn one_of<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(self.between(0, list.len() as u64) as usize)
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_each_purpose_its_own() {
        let draw = |seed, purpose| Random::new(seed, purpose, 0).bytes::<16>();
        assert_eq!(draw(1, 1), draw(1, 1));
        assert_ne!(draw(1, 1), draw(2, 1));
        assert_ne!(draw(1, 1), draw(1, 2));
        let mut random = Random::new(7, 7, 7);
        assert!((0..1000).all(|_| (5..9).contains(&random.between(5, 9))));
        assert_eq!(random.between(5, 5), 5);
        assert_eq!(random.one_of::<u8>(&[]), None);
    }
}
