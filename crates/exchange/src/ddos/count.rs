//! Counting. In: packets as numbers. Out: a fingerprint. Never: more memory for more packets; the sources that are counted are bounded, and what is pushed out was small.
//!
//! Heavy sources: Misra and Gries, "Finding repeated elements", 1982.

use super::{Fingerprint, PORTS_MAX, PREFIXES_MAX, VECTORS_MAX, Vector};
use crate::list::{address_number, address_of};
use sakimori_custody::time::{Millis, Seconds};
use sakimori_select::Prefix;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Most sources that are counted for one vector.
const COUNTED_MAX: usize = 8192;
/// Share of packets that "nearly all" means, in thousandths.
const NEARLY_ALL: u64 = 950;
/// Smallest share of a vector of all packets, in thousandths.
const VECTOR_SHARE_MIN: u64 = 20;
/// Smallest share of a source prefix of its vector, in hundred thousandths: less is a client among others.
const SOURCE_SHARE_MIN: u64 = 100;

/// A packet of a capture. What it carries and where it goes is not among its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When.
    pub time: Millis,
    /// Who sent it, or in whose name it was sent.
    pub source: IpAddr,
    /// IP protocol number.
    pub protocol: u8,
    /// Whether it is a fragment behind the first.
    pub fragment: bool,
    /// Source port, 0 without one.
    pub source_port: u16,
    /// Destination port, 0 without one.
    pub destination_port: u16,
    /// TCP flags, 0 without.
    pub tcp_flags: u8,
    /// IP length in bytes.
    pub length: u16,
    /// Remaining hops.
    pub hops: u8,
}

/// What tells vectors apart: protocol, fragment, TCP flags, and the source port of protocols that reflectors speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    protocol: u8,
    fragment: bool,
    tcp_flags: u8,
    reflector: u16,
}

/// UDP source ports of services that answer with more than they are asked (US-CERT TA14-017A and later).
const REFLECTORS: [u16; 22] = [
    17, 19, 53, 69, 111, 123, 137, 161, 389, 427, 500, 520, 1434, 1900, 3283, 3389, 3702, 5353,
    5683, 10001, 11211, 37810,
];

#[derive(Debug)]
struct Tally {
    packets: u64,
    bytes: u64,
    source_ports: BTreeMap<u16, u64>,
    destination_ports: BTreeMap<u16, u64>,
    lengths: BTreeMap<u16, u64>,
    hops: [u64; 256],
    sources: BTreeMap<(u128, u8), u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            packets: 0,
            bytes: 0,
            source_ports: BTreeMap::new(),
            destination_ports: BTreeMap::new(),
            lengths: BTreeMap::new(),
            hops: [0; 256],
            sources: BTreeMap::new(),
        }
    }
}

/// Counters of a capture.
#[derive(Debug, Default)]
pub struct Counters {
    packets: u64,
    bytes: u64,
    first: Option<Seconds>,
    last: Option<Seconds>,
    tallies: BTreeMap<Key, Tally>,
}

impl Counters {
    /// Counts a packet.
    pub fn add(&mut self, packet: &Packet) {
        let second = packet.time.seconds();
        self.first = Some(self.first.map_or(second, |known| known.min(second)));
        self.last = Some(self.last.map_or(second, |known| known.max(second)));
        self.packets += 1;
        self.bytes = self.bytes.saturating_add(u64::from(packet.length));
        let reflected = packet.protocol == 17 && REFLECTORS.contains(&packet.source_port);
        let key = Key {
            protocol: packet.protocol,
            fragment: packet.fragment,
            tcp_flags: if packet.protocol == 6 {
                packet.tcp_flags
            } else {
                0
            },
            reflector: if reflected && !packet.fragment {
                packet.source_port
            } else {
                0
            },
        };
        // BOUND: 256 protocols, 2, 256 sets of flags, 22 ports: at most 140,000 tallies, of which a flood has a dozen.
        self.tallies.entry(key).or_default().add(packet);
    }

    /// The fingerprint of what was counted; nothing of nothing.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        let least = self.packets * VECTOR_SHARE_MIN / 1000;
        let mut vectors: Vec<Vector> = self
            .tallies
            .iter()
            .filter(|(_, tally)| tally.packets > least)
            .map(|(key, tally)| tally.vector(*key))
            .collect();
        vectors.sort_by_key(|vector| std::cmp::Reverse(vector.packets));
        vectors.truncate(VECTORS_MAX);
        Some(Fingerprint {
            first: self.first?,
            last: self.last?,
            packets: self.packets,
            bytes: self.bytes,
            vectors,
        })
    }
}

impl Tally {
    fn add(&mut self, packet: &Packet) {
        self.packets += 1;
        self.bytes = self.bytes.saturating_add(u64::from(packet.length));
        if !packet.fragment {
            *self.source_ports.entry(packet.source_port).or_default() += 1;
            *self
                .destination_ports
                .entry(packet.destination_port)
                .or_default() += 1;
        }
        *self.lengths.entry(packet.length).or_default() += 1;
        if let Some(count) = self.hops.get_mut(usize::from(packet.hops)) {
            *count += 1;
        }
        let bits = if packet.source.is_ipv4() { 120 } else { 48 };
        let number = address_number(packet.source);
        let host = u128::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
        let prefix = (number & !host, bits);
        if let Some(count) = self.sources.get_mut(&prefix) {
            *count += 1;
        } else if self.sources.len() < COUNTED_MAX {
            self.sources.insert(prefix, 1);
        } else {
            self.sources.retain(|_, count| {
                *count -= 1;
                *count > 0
            });
        }
    }

    fn vector(&self, key: Key) -> Vector {
        let hops = self.hops.iter().enumerate();
        let hops: BTreeMap<u16, u64> = hops
            .filter(|(_, count)| **count > 0)
            .map(|(at, count)| (at as u16, *count))
            .collect();
        let (least, most) = range(&hops, self.packets);
        let floor = (self.packets * SOURCE_SHARE_MIN / 100_000).max(1);
        let heavy = self.sources.iter().filter(|(_, count)| **count > floor);
        let mut sources: Vec<(Prefix, u64)> = heavy
            .map(|((first, bits), count)| {
                (
                    Prefix {
                        first: *first,
                        bits: *bits,
                    },
                    *count,
                )
            })
            .collect();
        sources.sort_by_key(|(prefix, count)| (std::cmp::Reverse(*count), *prefix));
        sources.truncate(PREFIXES_MAX);
        Vector {
            protocol: key.protocol,
            fragments: key.fragment,
            tcp_flags: (key.protocol == 6 && !key.fragment).then_some(key.tcp_flags),
            source_ports: ports(&self.source_ports, self.packets),
            destination_ports: ports(&self.destination_ports, self.packets),
            lengths: range(&self.lengths, self.packets),
            hops: (least as u8, most as u8),
            packets: self.packets,
            bytes: self.bytes,
            sources,
        }
    }
}

/// The fewest ports that nearly all packets have, or none where they are too many.
fn ports(counts: &BTreeMap<u16, u64>, packets: u64) -> Vec<u16> {
    let mut all: Vec<(u64, u16)> = counts.iter().map(|(port, count)| (*count, *port)).collect();
    all.sort_by_key(|(count, port)| (std::cmp::Reverse(*count), *port));
    let wanted = packets * NEARLY_ALL / 1000;
    let mut sum = 0;
    let mut out = Vec::new();
    for (count, port) in all {
        if sum >= wanted || port == 0 {
            break;
        }
        if out.len() == PORTS_MAX {
            return Vec::new();
        }
        sum += count;
        out.push(port);
    }
    if sum < wanted {
        return Vec::new();
    }
    out.sort_unstable();
    out
}

/// The range that nearly all values lie in: as much is left out below as above.
fn range(counts: &BTreeMap<u16, u64>, packets: u64) -> (u16, u16) {
    let spare = packets * (1000 - NEARLY_ALL) / 2000;
    let edge = |values: &mut dyn Iterator<Item = (&u16, &u64)>| {
        let mut left = spare;
        for (value, count) in values {
            if *count > left {
                return *value;
            }
            left -= count;
        }
        0
    };
    (edge(&mut counts.iter()), edge(&mut counts.iter().rev()))
}

/// The text of a prefix; that of a /24 is an IPv4 text.
pub(super) fn prefix_text(prefix: &Prefix) -> String {
    if prefix.is_v4() {
        return format!("{}/{}", address_of(prefix.first), prefix.bits - 96);
    }
    prefix.to_string()
}
