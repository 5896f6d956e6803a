//! What a router is to do with what matches: extended communities, RFC 8955 section 7. In: eight bytes. Out: what they say, or that they say something else. Never: a rate below zero.

use std::fmt;
use std::net::Ipv4Addr;

const RATE_BYTES: u16 = 0x8006;
const ACTION: u16 = 0x8007;
const REDIRECT: u16 = 0x8008;
const MARK: u16 = 0x8009;
const RATE_PACKETS: u16 = 0x800c;
const NEXT_HOP: u16 = 0x0800;

/// An extended community.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Community {
    /// At most so many bytes a second; 0 is to discard. `of` is the number of an autonomous system that it is for.
    RateBytes {
        /// For whom.
        of: u16,
        /// Bytes a second.
        rate: f32,
    },
    /// At most so many packets a second.
    RatePackets {
        /// For whom.
        of: u16,
        /// Packets a second.
        rate: f32,
    },
    /// Sample it, or go no further through the rules.
    Action {
        /// Whether it is sampled and logged.
        sample: bool,
        /// Whether later rules are looked at too.
        goes_on: bool,
    },
    /// Into another routing table.
    Redirect {
        /// Number of the autonomous system.
        of: u16,
        /// Number of the table.
        to: u32,
    },
    /// Mark with a code point.
    Mark(u8),
    /// To the next hop of the message, or a copy there.
    NextHop {
        /// Whether it is a copy.
        copy: bool,
    },
    /// Something else.
    Other([u8; 8]),
}

impl Community {
    /// Reads eight bytes.
    pub fn decode(bytes: [u8; 8]) -> Self {
        let number = u64::from_be_bytes(bytes);
        let (kind, of, four) = ((number >> 48) as u16, (number >> 32) as u16, number as u32);
        let rate = f32::from_bits(four);
        let counts = rate.is_finite() && rate >= 0.0 && (rate > 0.0 || four == 0);
        let read = match kind {
            RATE_BYTES if counts => Self::RateBytes { of, rate },
            RATE_PACKETS if counts => Self::RatePackets { of, rate },
            ACTION => Self::Action {
                sample: four & 2 != 0,
                goes_on: four & 1 != 0,
            },
            REDIRECT => Self::Redirect { of, to: four },
            MARK => Self::Mark(four as u8),
            NEXT_HOP => Self::NextHop {
                copy: four & 1 != 0,
            },
            _ => Self::Other(bytes),
        };
        // What does not come back as it was says more than is known here.
        if read.encode() == bytes {
            read
        } else {
            Self::Other(bytes)
        }
    }

    /// Its eight bytes.
    pub fn encode(self) -> [u8; 8] {
        let (kind, of, four) = match self {
            Self::RateBytes { of, rate } => (RATE_BYTES, of, rate.to_bits()),
            Self::RatePackets { of, rate } => (RATE_PACKETS, of, rate.to_bits()),
            Self::Action { sample, goes_on } => {
                (ACTION, 0, (u32::from(sample) << 1) | u32::from(goes_on))
            }
            Self::Redirect { of, to } => (REDIRECT, of, to),
            Self::Mark(point) => (MARK, 0, u32::from(point)),
            Self::NextHop { copy } => (NEXT_HOP, 0, u32::from(copy)),
            Self::Other(bytes) => return bytes,
        };
        let number = (u64::from(kind) << 48) | (u64::from(of) << 32) | u64::from(four);
        number.to_be_bytes()
    }
}

impl fmt::Display for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::RateBytes { rate, .. } => write!(f, "rate-limit:{rate}"),
            Self::RatePackets { rate, .. } => write!(f, "rate-limit:{rate}:packets"),
            Self::Action { sample, goes_on } => {
                f.write_str("action")?;
                match (sample, goes_on) {
                    (true, true) => f.write_str(" sample-terminal"),
                    (true, false) => f.write_str(" sample"),
                    (false, true) => f.write_str(" terminal"),
                    (false, false) => Ok(()),
                }
            }
            Self::Redirect { of, to } => write!(f, "redirect:{of}:{to}"),
            Self::Mark(point) => write!(f, "mark {point}"),
            Self::NextHop { copy: true } => f.write_str("copy-to-nexthop"),
            Self::NextHop { copy: false } => f.write_str("redirect-to-nexthop"),
            Self::Other(bytes) => write!(f, "0x{:016x}", u64::from_be_bytes(bytes)),
        }
    }
}

/// The address of a next hop, as four bytes say it.
pub(super) fn hop(bytes: &[u8]) -> Option<Ipv4Addr> {
    let octets: [u8; 4] = bytes.try_into().ok()?;
    Some(octets.into())
}
