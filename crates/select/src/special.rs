//! Ranges that name no host of one country, or carry IPv4 inside IPv6. In: ranges. Out: what they are. Never: a verdict; the lint gives it.
//!
//! IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890); RFC 3056 (6to4), RFC 4380 (Teredo), RFC 6052 (NAT64).

/// First and last address of a range.
pub(crate) type Range = (u128, u128);

const MAPPED: u128 = 0xffff << 32;
const ALL_V4: Range = (0, 0xffff_ffff);

/// IPv4 ranges by first address and length; the sensor takes them as domestic.
const V4: &[(u32, u8, &str)] = &[
    (0x0000_0000, 8, "this network"),
    (0x0a00_0000, 8, "private use"),
    (0x6440_0000, 10, "shared address space"),
    (0x7f00_0000, 8, "loopback"),
    (0xa9fe_0000, 16, "link local"),
    (0xac10_0000, 12, "private use"),
    (0xc000_0000, 24, "protocol assignments"),
    (0xc000_0200, 24, "documentation"),
    (0xc0a8_0000, 16, "private use"),
    (0xc612_0000, 15, "benchmarking"),
    (0xc633_6400, 24, "documentation"),
    (0xcb00_7100, 24, "documentation"),
    (0xe000_0000, 4, "multicast"),
    (0xf000_0000, 4, "reserved"),
];

/// IPv6 ranges by their first 32 bits and length.
const V6: &[(u32, u8, &str)] = &[
    (0x0000_0000, 8, "reserved"),
    (0x0100_0000, 8, "discard-only and reserved"),
    (0x2001_0000, 23, "protocol assignments"),
    (0x2001_0db8, 32, "documentation"),
    (0x3fff_0000, 20, "documentation"),
    (0x5f00_0000, 16, "segment routing"),
    (0xfc00_0000, 7, "unique local"),
    (0xfe80_0000, 9, "link local and site local"),
    (0xff00_0000, 8, "multicast"),
];

/// The registry's word for a range that holds the whole of this one.
pub(crate) fn name((first, last): Range) -> Option<&'static str> {
    let v4 = V4
        .iter()
        .map(|&(base, bits, name)| (MAPPED | u128::from(base), 96 + bits, name));
    let v6 = V6
        .iter()
        .map(|&(base, bits, name)| (u128::from(base) << 96, bits, name));
    // A range of embedded addresses is what its IPv4 addresses are.
    if carried((first, last)).is_some() {
        return None;
    }
    let mapped = first >> 32 == 0xffff;
    v4.chain(v6.filter(|_| !mapped))
        .find(|&(base, bits, _)| first >= base && last <= base | u128::MAX >> bits)
        .map(|(.., name)| name)
}

/// The IPv4 addresses, as 32-bit numbers, that a range reaches through 6to4, NAT64 or Teredo. Of Teredo the client counts: its address stands inverted in
/// the last 32 bits, so that a range of more than one such block reaches every client there is.
pub(crate) fn carried(range: Range) -> Option<Range> {
    let part = |base: u128, bits: u8| {
        let (from, to) = (range.0.max(base), range.1.min(base | u128::MAX >> bits));
        (from <= to).then_some((from, to))
    };
    let low = |address: u128| address & 0xffff_ffff;
    if let Some((from, to)) = part(0x2002 << 112, 16) {
        return Some((low(from >> 80), low(to >> 80)));
    }
    if let Some((from, to)) = part(0x0064_ff9b << 96, 96) {
        return Some((low(from), low(to)));
    }
    let (from, to) = part(0x2001_0000 << 96, 32)?;
    Some(if from >> 32 == to >> 32 {
        (low(!to), low(!from))
    } else {
        ALL_V4
    })
}

/// The IPv4 addresses of the mapped part of a range, as 32-bit numbers.
pub(crate) fn mapped((first, last): Range) -> Option<Range> {
    let (from, to) = (first.max(MAPPED), last.min(MAPPED | 0xffff_ffff));
    (from <= to).then(|| (from - MAPPED, to - MAPPED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str, bits: u8) -> Range {
        let first = u128::from(text.parse::<std::net::Ipv6Addr>().unwrap());
        (
            first,
            first | u128::MAX.checked_shr(u32::from(bits)).unwrap_or(0),
        )
    }

    #[test]
    fn embedded_addresses_are_read_where_their_rfcs_put_them() {
        let eight = u128::from(0x0808_0808u32);
        assert_eq!(carried(range("2002:808:808::1", 128)), Some((eight, eight)));
        assert_eq!(
            carried(range("64:ff9b::808:808", 128)),
            Some((eight, eight))
        );
        assert_eq!(
            carried(range("2001:0:1:2:3:4:f7f7:f7f7", 128)),
            Some((eight, eight))
        );
        assert_eq!(carried(range("2002::", 17)), Some((0, 0x7fff_ffff)));
        assert_eq!(carried(range("2001::", 96)), Some(ALL_V4));
        assert_eq!(carried(range("::", 0)), Some(ALL_V4));
        assert_eq!(carried(range("2400::", 12)), None);
    }

    #[test]
    fn a_range_is_special_where_all_of_it_is() {
        assert_eq!(name(range("::ffff:10.0.0.0", 104)), Some("private use"));
        assert_eq!(name(range("::ffff:10.0.0.0", 103)), None);
        assert_eq!(name(range("::ffff:8.8.8.8", 128)), None);
        assert_eq!(name(range("::1", 128)), Some("reserved"));
        assert_eq!(
            name(range("fe80::1", 128)),
            Some("link local and site local")
        );
        assert_eq!(name(range("2001:0:1::", 48)), None);
        assert_eq!(name(range("2400::", 12)), None);
    }
}
