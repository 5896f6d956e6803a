//! Bounds of the book. Each with its unit and reason.

/// How far an entry's own time may be ahead of the cosignature's, seconds.
pub const AHEAD_SECONDS_MAX: u64 = 120;
/// How far an entry's own time may be behind the newest before it, seconds: clocks of two organisations, and what waited for its turn.
pub const BEHIND_SECONDS_MAX: u64 = 3600;
/// Entries carry whole minutes, and receipts of what was read in time are written a moment later: seconds.
pub const LATE_SECONDS_MAX: u64 = 120;
/// How long behind its bucket's end a deletion may be entered, seconds.
pub const DELETION_SECONDS_MAX: u64 = 86_400;
/// How long behind its deadline an urgent act is answered or lapses, seconds.
pub const LAPSE_SECONDS_MAX: u64 = 3600;
/// How long a query may be open before it is told, seconds.
pub const QUERY_SECONDS_MAX: u64 = 3600;
/// How long a run without stop may be silent before it is told, seconds.
pub const SILENT_SECONDS_MAX: u64 = 3600;
/// How long behind its end a measure may be without its report, days: a proposal that nobody verified.
pub const REPORT_DAYS_MAX: u64 = 30;
/// How long a challenge may wait, seconds.
pub const CHALLENGE_SECONDS_MAX: u64 = 86_400;
/// Most streams of a log over its life, whose ends the book remembers in about 100 bytes each: 1.6 GB at most. Writer, mirror and verifiers refuse the one that would be more.
pub const STREAMS_MAX: usize = 1 << 24;
/// Late cosignatures that are told one by one; more are counted.
pub const COSIGNED_LATE_MAX: usize = 64;
/// Longest text of a body that the book keeps, bytes.
pub const TEXT_BYTES_MAX: usize = 64 << 10;
/// Most names in a list of a body: buckets, roles, entries.
pub const LIST_MAX: usize = 16 << 10;
