//! Addresses that belong to no country. In: an address. Out: the IPv4 address that it carries, whether it is special-purpose. Never: the country map.
//!
//! IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), multicast, RFC 4291, RFC 3056, RFC 6052, RFC 4380.

/// IPv4 ranges as first address and prefix length.
const V4: &[(u32, u32)] = &[
    (0x0000_0000, 8),  // 0.0.0.0/8, this network
    (0x0a00_0000, 8),  // 10.0.0.0/8, private
    (0x6440_0000, 10), // 100.64.0.0/10, shared
    (0x7f00_0000, 8),  // 127.0.0.0/8, loopback
    (0xa9fe_0000, 16), // 169.254.0.0/16, link local
    (0xac10_0000, 12), // 172.16.0.0/12, private
    (0xc000_0000, 24), // 192.0.0.0/24, protocol assignments
    (0xc000_0200, 24), // 192.0.2.0/24, documentation
    (0xc01f_c400, 24), // 192.31.196.0/24, AS112
    (0xc034_c100, 24), // 192.52.193.0/24, AMT
    (0xc058_6300, 24), // 192.88.99.0/24, 6to4 relay anycast
    (0xc0a8_0000, 16), // 192.168.0.0/16, private
    (0xc0af_3000, 24), // 192.175.48.0/24, AS112
    (0xc612_0000, 15), // 198.18.0.0/15, benchmarking
    (0xc633_6400, 24), // 198.51.100.0/24, documentation
    (0xcb00_7100, 24), // 203.0.113.0/24, documentation
    (0xe000_0000, 3),  // 224.0.0.0/4 multicast, 240.0.0.0/4 reserved, broadcast
];

/// IPv6 ranges as first 64 bits and prefix length, none longer than 64.
const V6: &[(u64, u32)] = &[
    (0x0000_0000_0000_0000, 8), // ::/8: unspecified, loopback, reserved by the IETF
    (0x0064_ff9b_0001_0000, 48), // 64:ff9b:1::/48, local translation
    (0x0100_0000_0000_0000, 8), // 100::/8: discard-only and dummy prefixes, reserved
    (0x2001_0000_0000_0000, 23), // 2001::/23, protocol assignments
    (0x2001_0db8_0000_0000, 32), // 2001:db8::/32, documentation
    (0x2620_004f_8000_0000, 48), // 2620:4f:8000::/48, AS112
    (0x3fff_0000_0000_0000, 20), // 3fff::/20, documentation
    (0x5f00_0000_0000_0000, 16), // 5f00::/16, segment routing
    (0xfc00_0000_0000_0000, 7), // fc00::/7, unique local
    (0xfe80_0000_0000_0000, 9), // fe80::/10 link local, fec0::/10 site local
    (0xff00_0000_0000_0000, 8), // ff00::/8, multicast
];

const MAPPED: u128 = 0xffff << 32;

/// The IPv4 address (as mapped) that a mapped, compatible, 6to4, NAT64 or Teredo address carries; any other address as it is.
pub(super) fn unwrapped(address: u128) -> u128 {
    let v4 = |bits: u128| MAPPED | bits & 0xffff_ffff;
    if address >> 32 == 0xffff {
        address
    } else if address >> 112 == 0x2002 {
        v4(address >> 80)
    } else if address >> 32 == 0x0064_ff9b << 64 {
        v4(address)
    } else if address >> 96 == 0x2001_0000 {
        // A Teredo client's address is written inverted.
        v4(!address)
    } else {
        address
    }
}

/// Whether an address, already unwrapped, is in a special-purpose range.
pub(super) fn is_special(address: u128) -> bool {
    if address >> 32 == 0xffff {
        let v4 = address as u32;
        return V4
            .iter()
            .any(|&(first, bits)| (v4 ^ first) >> (32 - bits) == 0);
    }
    let high = (address >> 64) as u64;
    V6.iter()
        .any(|&(first, bits)| (high ^ first) >> (64 - bits) == 0)
}
