//! Bounds of packs.

/// Most selectors of a pack: the matcher takes about 40 bytes for each.
pub const SELECTORS_MAX: usize = 1 << 20;
/// Longest source or canonical text in bytes.
pub const TEXT_BYTES_MAX: usize = 64 << 20;
/// Longest line in bytes: a name has at most 253.
pub const LINE_BYTES_MAX: usize = 1024;
/// Longest domain name in bytes, RFC 1035 §2.3.4 without the final dot.
pub const NAME_BYTES_MAX: usize = 253;
/// Widest single IPv4 prefix: a /11 has 2 million addresses, more than any one attack's infrastructure.
pub const V4_BITS_MIN: u8 = 11;
/// Widest single IPv6 prefix: a /20 is the largest allocation to one operator.
pub const V6_BITS_MIN: u8 = 21;
/// Most IPv4 addresses that a whole pack may cover: 1/1024 of all.
pub const V4_COVERED_MAX: u64 = 1 << 22;
/// Most IPv6 /48s that a whole pack may cover: one /20.
pub const V6_COVERED_MAX: u64 = 1 << 28;
/// Most selectors that a finding about the whole pack names: a person reads no more.
pub const IDS_NAMED_MAX: usize = 16;
