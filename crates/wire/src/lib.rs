//! Bytes to protocol fields: borrows, bounded, never panics.
//!
//! In: captured bytes with their link type; the first bytes of a flow. Out: addresses, ports, flags, lengths, and the few fields of DNS,
//! TLS and HTTP that the mechanical record or a selector may ask for, and identifiers in the commands of mail and file transfer. Never: a payload that outlives its packet, a
//! clock, a copy of content.

pub mod application;
pub mod assembly;
mod cursor;
pub mod dns;
mod ethernet;
pub mod http;
pub mod identifiers;
mod ip;
pub mod ja4;
pub mod limits;
mod link;
pub mod tls;
mod tunnel;

pub use cursor::Cursor;
pub use link::{LinkType, packet};

use std::fmt;

/// What a captured frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// An IP packet: the innermost one that could be read.
    Ip(IpPacket<'a>),
    /// Something else: ARP, spanning tree, PPP control, a management frame.
    NotIp,
}

/// Header fields of the innermost IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpPacket<'a> {
    /// Sender, IPv4 as `::ffff:a.b.c.d`.
    pub source: [u8; 16],
    /// Receiver.
    pub destination: [u8; 16],
    /// IP protocol number behind extension headers.
    pub protocol: u8,
    /// TCP, UDP, SCTP port; ICMP type; 0 for other protocols and later fragments.
    pub source_port: u16,
    /// TCP, UDP, SCTP port; ICMP code.
    pub destination_port: u16,
    /// TCP flags (CWR, ECE, URG, ACK, PSH, RST, SYN, FIN from the top); 0 where cut off.
    pub tcp_flags: u8,
    /// TCP sequence number.
    pub tcp_sequence: u32,
    /// Length of the IP packet in bytes, by its header.
    pub ip_bytes: u32,
    /// Whether it is a fragment, and whether a later one (which has no ports).
    pub fragment: Fragment,
    /// What was captured behind the transport header.
    pub payload: &'a [u8],
}

/// Place of a packet among fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// Not fragmented.
    Whole,
    /// The first fragment.
    First,
    /// A later fragment: no transport header.
    Later,
}

/// Why a frame has no fields. Small and `Copy`: it becomes a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The link type is not one that is read here.
    UnknownLink,
    /// The link layer is cut off or cannot be.
    Link,
    /// The capture ends before the ports.
    Truncated,
    /// A header that cannot be.
    Malformed,
}

/// What a parser of a byte stream can say about bytes that it cannot use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// More bytes may help: call again with all of them.
    Truncated,
    /// No continuation is valid: stop reading this flow.
    Malformed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownLink => "the link type is unknown",
            Self::Link => "the link layer cannot be read",
            Self::Truncated => "the packet is cut off before its ports",
            Self::Malformed => "a header of the packet cannot be",
        })
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "more bytes are needed",
            Self::Malformed => "no continuation is valid",
        })
    }
}

impl std::error::Error for Error {}
impl std::error::Error for Incomplete {}
