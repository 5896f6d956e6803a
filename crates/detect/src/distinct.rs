//! Counting distinct values in bounded memory. In: 16-bit values. Out: their number. Never: more than 8 KiB per counter.

use crate::limits::LISTED_MAX;

/// Distinct values: a list while they are few, then one bit for each of 65,536.
#[derive(Clone, Debug)]
pub(crate) enum Distinct {
    Few(Vec<u16>),
    Many(Box<[u64; 1024]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Distinct {
    /// Adds a value. `room`: whether a bitmap may be made; without it a full list stays as it is. Returns whether a bitmap was made.
    pub(crate) fn add(&mut self, value: u16, room: bool) -> bool {
        match self {
            Self::Few(list) => match list.binary_search(&value) {
                Err(at) if list.len() < LISTED_MAX => {
                    list.insert(at, value);
                    false
                }
                Err(_) if room => {
                    let mut bits = Box::new([0u64; 1024]);
                    for &value in list.iter().chain([&value]) {
                        set(&mut bits, value);
                    }
                    *self = Self::Many(bits);
                    true
                }
                // Known already, or no room.
                _ => false,
            },
            Self::Many(bits) => {
                set(bits, value);
                false
            }
        }
    }

    /// Number of distinct values, exactly.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Few(list) => list.len() as u64,
            Self::Many(bits) => bits.iter().map(|word| u64::from(word.count_ones())).sum(),
        }
    }

    /// Number of distinct things of which the values are 16-bit hashes: linear counting (Whang et al. 1990), within 1 % up to 40,000.
    pub(crate) fn estimate(&self) -> u64 {
        let seen = self.count();
        let size = 65_536.0_f64;
        let free = (size - seen as f64).max(1.0);
        #[expect(
            clippy::cast_sign_loss,
            reason = "the logarithm of a share of at least one"
        )]
        let told = (size * (size / free).ln()).round() as u64;
        told
    }

    /// Whether it holds a bitmap.
    pub(crate) const fn is_bitmap(&self) -> bool {
        matches!(self, Self::Many(_))
    }
}

/// Sixteen bits of a host's address, mixed (the end of MurmurHash3): neighbours must collide as often as strangers do, or the estimate is too high.
pub(crate) const fn host(address: &[u8; 16]) -> u16 {
    let whole = u128::from_be_bytes(*address);
    let mut mixed = whole as u64 ^ (whole >> 64) as u64;
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (mixed ^ mixed >> 33) as u16
}

fn set(bits: &mut [u64; 1024], value: u16) {
    if let Some(word) = bits.get_mut(usize::from(value >> 6)) {
        *word |= 1 << (value & 63);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_ports_are_told_exactly_and_hosts_within_one_percent() {
        let mut ports = Distinct::default();
        for port in (0..3000u16).map(|i| i % 1000) {
            ports.add(port, true);
        }
        assert_eq!(ports.count(), 1000);
        let mut hosts = Distinct::default();
        for number in 0..10_000u128 {
            hosts.add(host(&(0xffff_c000_0000 + number).to_be_bytes()), true);
        }
        let told = hosts.estimate();
        assert!(told.abs_diff(10_000) < 100, "{told}");
        let mut full = Distinct::default();
        assert!((0..1000u16).all(|port| !full.add(port, false)));
        assert_eq!(full.count(), LISTED_MAX as u64);
    }
}
