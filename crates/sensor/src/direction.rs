//! Direction: does a flow cross the border, and which way. In: addresses, the home. Out: a country per address, a class per pair. Never: a domestic
//! pair let through; an address that nobody knows is domestic.
//!
//! Design 6.3: mapped, 6to4, NAT64 and Teredo addresses are unwrapped first; special-purpose ranges come before the country map; among overlapping
//! ranges the narrowest wins (done when the map is compiled).

mod map;
mod special;

pub use map::CountryMap;

use sakimori_custody::record::{Country, Direction};
use std::net::IpAddr;

/// A home prefix: an address with the number of leading bits that count, as 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    address: u128,
    bits: u8,
}

/// A text that is no prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a prefix such as 203.0.113.0/24")]
pub struct PrefixError(String);

impl std::str::FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let parse = || {
            let (address, bits) = text.split_once('/')?;
            let address: IpAddr = address.parse().ok()?;
            let (base, most) = match address {
                IpAddr::V4(_) => (96, 32),
                IpAddr::V6(_) => (0, 128),
            };
            let bits: u8 = bits.parse().ok().filter(|&bits| bits <= most)?;
            let address = u128::from_be_bytes(sakimori_custody::record::address_bytes(address));
            Some(Self {
                address,
                bits: base + bits,
            })
        };
        parse().ok_or_else(|| PrefixError(text.chars().take(60).collect()))
    }
}

impl Prefix {
    const fn contains(&self, address: u128) -> bool {
        match (self.address ^ address).checked_shr(128 - self.bits as u32) {
            Some(rest) => rest == 0,
            None => true,
        }
    }
}

/// What counts as domestic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The country.
    pub country: Country,
    /// Further prefixes.
    pub prefixes: Vec<Prefix>,
    /// Benchmarks only: nothing is domestic.
    #[cfg(feature = "bench")]
    pub nowhere: bool,
}

/// Where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Country of the map; unknown for special-purpose addresses.
    pub country: Country,
    /// Whether it counts as domestic.
    pub domestic: bool,
}

/// Places of addresses, with the last ones remembered.
pub struct Border {
    home: Home,
    map: &'static CountryMap,
    recent: Vec<(u128, Place)>,
}

/// Remembered addresses, a power of two: 32 bytes each, 128 KiB in all.
const RECENT: usize = 4096;

impl Border {
    /// Draws the border of `home` on the map that is compiled in.
    pub fn new(home: Home) -> Self {
        let map = CountryMap::compiled_in();
        let nowhere = Place {
            country: Country::UNKNOWN,
            domestic: true,
        };
        // No packet has the address ::, which is special-purpose, elsewhere than here.
        Self {
            home,
            map,
            recent: vec![(0, nowhere); RECENT],
        }
    }

    /// Version of the country map, `YYYYMMDD`.
    pub const fn map_version(&self) -> u64 {
        self.map.version()
    }

    /// Country of an address, and whether it is domestic.
    pub fn place(&mut self, address: &[u8; 16]) -> Place {
        let key = u128::from_be_bytes(*address);
        let mixed = (key ^ key >> 64) as u64;
        let slot = (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52) as usize;
        if let Some(&(_, place)) = self.recent.get(slot).filter(|(known, _)| *known == key) {
            return place;
        }
        let place = self.look_up(key);
        if let Some(entry) = self.recent.get_mut(slot) {
            *entry = (key, place);
        }
        place
    }

    fn look_up(&self, address: u128) -> Place {
        #[cfg(feature = "bench")]
        if self.home.nowhere {
            return Place {
                country: self.map.country(special::unwrapped(address)),
                domestic: false,
            };
        }
        let address = special::unwrapped(address);
        if special::is_special(address) {
            return Place {
                country: Country::UNKNOWN,
                domestic: true,
            };
        }
        let country = self.map.country(address);
        let at_home = self
            .home
            .prefixes
            .iter()
            .any(|prefix| prefix.contains(address));
        let domestic = at_home || country == Country::UNKNOWN || country == self.home.country;
        Place { country, domestic }
    }
}

/// The class of a flow by its initiator; `None` where both ends are domestic.
pub const fn class(initiator: Place, other: Place) -> Option<Direction> {
    match (initiator.domestic, other.domestic) {
        (true, true) => None,
        (true, false) => Some(Direction::InOut),
        (false, true) => Some(Direction::OutIn),
        (false, false) => Some(Direction::OutOut),
    }
}

impl Home {
    /// A country without further prefixes.
    pub const fn country(country: Country) -> Self {
        Self {
            country,
            prefixes: Vec::new(),
            #[cfg(feature = "bench")]
            nowhere: false,
        }
    }
}

#[cfg(test)]
mod tests;
