//! Bounds of the parsers.

/// Most VLAN tags, MPLS labels together on one frame: real stacks have up to four.
pub const TAGS_MAX: usize = 8;
/// Most IPv6 extension headers: RFC 8200 names seven kinds.
pub const EXTENSIONS_MAX: usize = 8;
/// Most tunnels one inside the other.
pub const TUNNELS_MAX: usize = 4;
/// Longest DNS name in bytes (RFC 1035 §2.3.4).
pub const NAME_BYTES_MAX: usize = 255;
/// Longest client flight that is searched for a hello, in bytes: post-quantum hellos have about 2 kB, real ones stay below 8.
pub const HELLO_BYTES_MAX: usize = 16 << 10;
/// Most segments that wait for an earlier one; a hello has a handful of segments.
pub const GAPS_MAX: usize = 8;
/// Longest TLS record in bytes: RFC 8446 §5.2 allows 2^14 + 256, RFC 5246 §6.2.3 2^14 + 2048.
pub const RECORD_BYTES_MAX: usize = (16 << 10) + 2048;
/// Longest HTTP/1 head that is searched for Host, in bytes; servers accept 8 kB.
pub const HTTP_HEAD_BYTES_MAX: usize = 8 << 10;
