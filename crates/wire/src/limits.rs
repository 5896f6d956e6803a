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
/// Longest mail address or user name, in bytes: a local part of 64, `@`, a domain of 255 (RFC 5321 §4.5.3.1).
pub const IDENTIFIER_BYTES_MAX: usize = 320;
/// Longest line of a command, in bytes: commands have up to 512 (RFC 5321 §4.5.3.1.4); PLAIN responses with long names and passwords stay below.
pub const COMMAND_LINE_BYTES_MAX: usize = 2 << 10;
/// Most lines of one side: a mail to a hundred recipients (RFC 5321 §4.5.3.1.8), twice.
pub const COMMAND_LINES_MAX: u16 = 256;
/// Longest IMAP literal that is read over, in bytes: passwords and client names are far shorter.
pub const LITERAL_BYTES_MAX: usize = 4 << 10;
