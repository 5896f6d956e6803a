//! What a router is to do with what matches: extended communities, RFC 8955 section 7. In: eight bytes. Out: what they say, or that they say something else. Never: a rate below zero.

use std::fmt;
use std::net::Ipv4Addr;

const RATE_BYTES: u16 = 0x8006;
const ACTION: u16 = 0x8007;
const REDIRECT: u16 = 0x8008;
const REDIRECT_ADDRESS: u16 = 0x8108;
const REDIRECT_WIDE: u16 = 0x8208;
const MARK: u16 = 0x8009;
const RATE_PACKETS: u16 = 0x800c;
const NEXT_HOP: u16 = 0x0800;
/// The bits of a code point; of a mark the others are reserved, RFC 8955 section 7.5.
const POINT: u32 = 0x3f;

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
    /// Into another routing table, which an address names.
    RedirectAddress {
        /// The address.
        of: Ipv4Addr,
        /// Number of the table.
        to: u16,
    },
    /// Into another routing table, of an autonomous system with a number of four bytes.
    RedirectWide {
        /// Number of the autonomous system.
        of: u32,
        /// Number of the table.
        to: u16,
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
    /// Reads eight bytes. Bits that are reserved are not looked at, and a rate below zero is zero: RFC 8955 section 7.
    pub fn decode(bytes: [u8; 8]) -> Self {
        let number = u64::from_be_bytes(bytes);
        let (kind, of, four) = ((number >> 48) as u16, (number >> 32) as u16, number as u32);
        let (wide, two) = ((number >> 16) as u32, number as u16);
        let rate = f32::from_bits(four);
        let counts = rate.is_finite() || rate < 0.0;
        let rate = if rate > 0.0 { rate } else { 0.0 };
        match kind {
            RATE_BYTES if counts => Self::RateBytes { of, rate },
            RATE_PACKETS if counts => Self::RatePackets { of, rate },
            ACTION => Self::Action {
                sample: four & 2 != 0,
                goes_on: four & 1 != 0,
            },
            REDIRECT => Self::Redirect { of, to: four },
            REDIRECT_ADDRESS => Self::RedirectAddress {
                of: wide.into(),
                to: two,
            },
            REDIRECT_WIDE => Self::RedirectWide { of: wide, to: two },
            MARK => Self::Mark((four & POINT) as u8),
            // What it says besides is not known here.
            NEXT_HOP if of == 0 && four <= 1 => Self::NextHop { copy: four == 1 },
            _ => Self::Other(bytes),
        }
    }

    /// Its eight bytes.
    pub fn encode(self) -> [u8; 8] {
        let (kind, of, four) = match self {
            Self::RateBytes { of, rate } => (RATE_BYTES, of, rate.max(0.0).to_bits()),
            Self::RatePackets { of, rate } => (RATE_PACKETS, of, rate.max(0.0).to_bits()),
            Self::Action { sample, goes_on } => {
                (ACTION, 0, (u32::from(sample) << 1) | u32::from(goes_on))
            }
            Self::Redirect { of, to } => (REDIRECT, of, to),
            Self::RedirectAddress { of, to } => wide(REDIRECT_ADDRESS, of.into(), to),
            Self::RedirectWide { of, to } => wide(REDIRECT_WIDE, of, to),
            Self::Mark(point) => (MARK, 0, u32::from(point) & POINT),
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
            Self::RedirectAddress { of, to } => write!(f, "redirect:{of}:{to}"),
            Self::RedirectWide { of, to } => write!(f, "redirect:{of}:{to}"),
            Self::Mark(point) => write!(f, "mark {point}"),
            Self::NextHop { copy: true } => f.write_str("copy-to-nexthop"),
            Self::NextHop { copy: false } => f.write_str("redirect-to-nexthop"),
            Self::Other(bytes) => other(f, u64::from_be_bytes(bytes)),
        }
    }
}

/// A number of four bytes and one of two, in the places of one of two and one of four.
const fn wide(kind: u16, of: u32, to: u16) -> (u16, u16, u32) {
    (kind, (of >> 16) as u16, (of << 16) | to as u32)
}

/// What is no doing of a rule: whom a route is meant for and where it comes from (RFC 4360, RFC 5668), the interfaces and next hops of drafts, in the words of `ExaBGP`; anything else as its number.
fn other(f: &mut fmt::Formatter<'_>, number: u64) -> fmt::Result {
    let (of, to) = ((number >> 32) as u16, number as u32);
    let (wide, two) = ((number >> 16) as u32, number as u16);
    let address = Ipv4Addr::from(wide);
    match (number >> 48) as u16 {
        0x0002 => write!(f, "target:{of}:{to}"),
        0x0102 => write!(f, "target:{address}:{two}"),
        0x0202 => write!(f, "target:{wide}:{two}"),
        0x0003 => write!(f, "origin:{of}:{}", Ipv4Addr::from(to)),
        0x0103 => write!(f, "origin:{address}:{two}"),
        0x0203 => write!(f, "origin:{wide}:{two}"),
        0x0702 | 0x4702 if two >> 14 != 0 => {
            let way = match two >> 14 {
                1 => "input",
                2 => "output",
                _ => "input-output",
            };
            write!(f, "interface-set:{way}:{wide}:{}", two & 0x3fff)
        }
        0x010c if two == 0 => write!(f, "redirect-to-nexthop-ietf {address}"),
        _ => write!(f, "0x{number:016x}"),
    }
}
