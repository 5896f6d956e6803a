//! Who owns what. In: registrations with their proofs, sightings. Out: the owners whose things a sighting is about. Never: an owner without a proof that holds.

use super::proof::Proof;
use crate::feed::Sighting;
use crate::list::{Ranges, Suffixes, What, address_number};
use sakimori_custody::time::Seconds;
use sakimori_select::Prefix;
use std::collections::{BTreeMap, BTreeSet};

/// Most registrations: those of all designated operators are some ten thousand.
pub const REGISTRATIONS_MAX: usize = 1 << 20;

/// A thing that an owner registered.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its number.
    pub id: u64,
    /// The owner.
    pub owner: String,
    /// The proof of control; it says which thing.
    pub proof: Proof,
}

/// A registration that a sighting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match<'r> {
    /// The registration's number.
    pub registration: u64,
    /// The owner.
    pub owner: &'r str,
    /// The thing.
    pub asset: &'r What,
}

/// All registrations, ready for look-ups.
#[derive(Debug, Default)]
pub struct Register {
    rows: Vec<Registration>,
    ranges: Ranges,
    names: Suffixes,
    networks: BTreeMap<u32, Vec<u32>>,
}

impl Register {
    /// Makes registrations ready; those beyond [`REGISTRATIONS_MAX`] come back.
    pub fn new(mut rows: Vec<Registration>) -> (Self, Vec<Registration>) {
        let rest = rows.split_off(rows.len().min(REGISTRATIONS_MAX));
        let mut ranges: Vec<(Prefix, u32, u32)> = Vec::new();
        let mut names = Suffixes::default();
        let mut networks: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (at, row) in (0u32..).zip(&rows) {
            match row.proof.asset() {
                What::Address(address) => {
                    let first = address_number(*address);
                    ranges.push((Prefix { first, bits: 128 }, at, 0));
                }
                What::Prefix(prefix) => ranges.push((*prefix, at, 0)),
                What::Domain(name) => names.add(name, at, 0),
                What::As(number) => networks.entry(*number).or_default().push(at),
                What::Url(_) | What::Hash(..) => {}
            }
        }
        let ready = Self {
            rows,
            ranges: Ranges::new(ranges),
            names,
            networks,
        };
        (ready, rest)
    }

    /// The registrations that a sighting is about, one for each owner: the narrowest thing of theirs.
    pub fn matches(&self, sighting: &Sighting, now: Seconds) -> Vec<Match<'_>> {
        let mut places = Vec::new();
        self.places(&sighting.what, &mut places);
        for also in &sighting.also {
            self.places(also, &mut places);
        }
        let mut owners = BTreeSet::new();
        let rows = places
            .into_iter()
            .filter_map(|at| self.rows.get(at as usize));
        rows.filter(|row| row.proof.holds(now))
            .filter(|row| owners.insert(row.owner.as_str()))
            .map(|row| Match {
                registration: row.id,
                owner: &row.owner,
                asset: row.proof.asset(),
            })
            .collect()
    }

    fn places(&self, what: &What, out: &mut Vec<u32>) {
        let mut add = |(at, _): (u32, u32)| out.push(at);
        match what {
            What::Address(address) => self.ranges.holding(address_number(*address), 128, &mut add),
            What::Prefix(prefix) => self.ranges.holding(prefix.first, prefix.bits, &mut add),
            What::Domain(name) => self.names.holding(name, &mut add),
            What::As(number) => {
                let found = self.networks.get(number);
                out.extend(found.into_iter().flatten());
            }
            What::Url(_) => {
                if let Some(host) = what.host() {
                    self.places(&host, out);
                }
            }
            What::Hash(..) => {}
        }
    }
}
