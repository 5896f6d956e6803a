//! What a flood looks like, for those who are next. In: packets of an operator's own capture as numbers. Out: a fingerprint, as JSON and as rules for nftables and `FlowSpec`.
//! Never: a payload, the address of a client or of who was attacked; sources leave as prefixes, and only those that sent much.

mod count;
mod export;
mod form;
mod share;

pub use count::{Counters, Packet};
pub use export::{ExportError, RULES_MAX, flowspec_exabgp, flowspec_gobgp, nftables};
pub use form::fields;
pub use share::{ShareError, read, write};

use sakimori_custody::time::Seconds;
use sakimori_select::Prefix;

/// Most different vectors of one flood: attackers mix a handful.
pub const VECTORS_MAX: usize = 16;
/// Most ports that a vector names.
pub const PORTS_MAX: usize = 16;
/// Most source prefixes that a vector names.
pub const PREFIXES_MAX: usize = 256;

/// A fingerprint of a flood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// First second.
    pub first: Seconds,
    /// Last second.
    pub last: Seconds,
    /// Packets that were counted.
    pub packets: u64,
    /// Bytes that were counted.
    pub bytes: u64,
    /// What it consists of, the largest first.
    pub vectors: Vec<Vector>,
}

/// One part of a flood: packets of one protocol that look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// IP protocol number.
    pub protocol: u8,
    /// Whether its packets are fragments behind the first, which have no ports.
    pub fragments: bool,
    /// TCP flags that every packet has, of those that are the same in nearly all; `None` for other protocols and mixtures.
    pub tcp_flags: Option<u8>,
    /// Source ports of nearly all packets; none where they are spread.
    pub source_ports: Vec<u16>,
    /// Destination ports of nearly all packets; none where they are spread.
    pub destination_ports: Vec<u16>,
    /// Shortest and longest IP length of nearly all packets, in bytes.
    pub lengths: (u16, u16),
    /// Smallest and largest remaining hops of nearly all packets.
    pub hops: (u8, u8),
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
    /// Prefixes that sent much: /24 of IPv4, /48 of IPv6, with their packets, the most first.
    pub sources: Vec<(Prefix, u64)>,
}

#[cfg(test)]
mod tests;
