//! Addresses in one space. In: a prefix. Out: every prefix of IPv4 or IPv6 that packets to it can mean. Never: a way to write an address that is not undone.
//!
//! The space is that of mapped addresses: an IPv4 prefix is `::ffff:0:0/96` and its own bits.

use sakimori_authority::measure::CARRIERS;
use sakimori_select::Prefix;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Most addresses of a block that needs no more than usual.
pub const SIZE_PLAIN: u128 = 1;
/// Most addresses of a block at all.
pub const SIZE_MAX: u128 = 256;

/// Where IPv4 lies.
const MAPPED: u128 = 0xffff << 32;

/// NAT64 of one's own, RFC 8215: in it everybody chooses a prefix of a length of RFC 6052 section 2.2.
const OWN: Prefix = Prefix {
    first: 0x0064_ff9b_0001 << 80,
    bits: 48,
};
/// Where the address begins behind those prefixes; shorter ones than 48 bits do not fit in it.
const OWN_AT: [u8; 4] = [48, 56, 64, 96];
/// Bits that no address has a part in, RFC 6052 section 2.2.
const SKIPPED: std::ops::Range<u8> = 64..72;

fn mask(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

/// A prefix of IPv4 in the space.
fn v4(bits_of: u32, bits: u8) -> Prefix {
    let bits = 96 + bits;
    Prefix {
        first: (MAPPED | u128::from(bits_of)) & mask(bits),
        bits,
    }
}

/// The prefix of one address.
pub(super) fn host(address: IpAddr) -> Prefix {
    match address {
        IpAddr::V4(address) => v4(address.into(), 32),
        IpAddr::V6(address) => Prefix {
            first: address.into(),
            bits: 128,
        },
    }
}

/// Whether one prefix lies in another.
pub(super) fn within(inner: Prefix, outer: Prefix) -> bool {
    inner.bits >= outer.bits && inner.first & mask(outer.bits) == outer.first
}

pub(super) fn cut(first: u128, bits: u8) -> Prefix {
    Prefix {
        first: first & mask(bits),
        bits,
    }
}

/// The last address of a prefix.
pub(super) fn last(prefix: Prefix) -> u128 {
    prefix.first | !mask(prefix.bits)
}

/// How many addresses a prefix has; of everything, one fewer than there are.
pub fn size(prefix: Prefix) -> u128 {
    1u128
        .checked_shl(128 - u32::from(prefix.bits))
        .unwrap_or(u128::MAX)
}

/// A prefix and every prefix of IPv4 that an address in it can carry. A carrier that lies wholly in the prefix carries all of IPv4.
pub fn unwrapped(prefix: Prefix) -> Vec<Prefix> {
    let mut out = vec![cut(prefix.first, prefix.bits)];
    let mut add = |found: Prefix| {
        if !out.iter().any(|known| within(found, *known)) {
            out.push(found);
        }
    };
    for form in &CARRIERS {
        let form_prefix = Prefix {
            first: form.first,
            bits: form.bits,
        };
        if within(form_prefix, prefix) {
            add(v4(0, 0));
        } else if within(prefix, form_prefix) {
            add(carried(prefix, form.at, form.turned));
        }
    }
    if within(OWN, prefix) {
        add(v4(0, 0));
    } else if within(prefix, OWN) {
        // Which length is meant is not told: all that can be are.
        for at in OWN_AT {
            add(around(prefix, at));
        }
    }
    if has_isatap(prefix) {
        add(carried(prefix, 96, false));
    }
    out
}

/// The IPv4 prefix that stands in another from a bit on.
fn carried(prefix: Prefix, at: u8, turned: bool) -> Prefix {
    let bits = prefix.bits.saturating_sub(at).min(32);
    let shifted = prefix.first >> (96 - u32::from(at));
    let address = shifted as u32;
    let address = if turned { !address } else { address };
    v4(address, bits)
}

/// The IPv4 prefix that stands in another from a bit on, around the bits that are skipped.
fn around(prefix: Prefix, at: u8) -> Prefix {
    let (mut address, mut bits) = (0u32, 0u8);
    for bit in (at..128).filter(|bit| !SKIPPED.contains(bit)).take(32) {
        let set = (prefix.first >> (127 - u32::from(bit))) & 1;
        address = (address << 1) | u32::from(set == 1);
        // Bits of the address that the prefix says: those before its length.
        bits += u8::from(bit < prefix.bits);
    }
    v4(address, bits)
}

/// Whether the interface identifier is that of ISATAP (RFC 5214 section 6.1), or can be.
fn has_isatap(prefix: Prefix) -> bool {
    if prefix.bits < 96 {
        // So wide a prefix has such addresses always; its size alone refuses it.
        return false;
    }
    let id = (prefix.first >> 32) as u32;
    matches!(id, 0x0000_5efe | 0x0200_5efe)
}

/// An address of the space as people write it.
pub(super) fn shown(prefix: Prefix) -> String {
    if prefix.bits >= 96 && prefix.first & mask(96) == MAPPED {
        let address = Ipv4Addr::from(prefix.first as u32);
        return format!("{address}/{}", prefix.bits - 96);
    }
    format!("{}/{}", Ipv6Addr::from(prefix.first), prefix.bits)
}
