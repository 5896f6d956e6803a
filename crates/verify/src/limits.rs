//! Bounds of what the verifier reads, remembers and tells.

/// Longest envelope in bytes.
pub const ENVELOPE_BYTES_MAX: usize = 1024;
/// Most counters of an entry.
pub const COUNTERS_MAX: u64 = 16;
/// Longest entry bundle in bytes: 256 entries with 16-bit lengths.
pub const BUNDLE_BYTES_MAX: usize = 256 * (65_535 + 2);
/// Most bytes of all files of one bundle, partial ones included; ours stay below 34 MiB, as an entry has 1 KiB at most.
pub const PLACE_BYTES_MAX: usize = 128 << 20;
/// Longest hash tile in bytes.
pub const TILE_BYTES_MAX: usize = 256 * 32;
/// Longest body in bytes.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Longest stored body in bytes: a body with salt, form, bucket name, nonce and tag.
pub const STORED_BYTES_MAX: usize = BODY_BYTES_MAX + 1024;
/// Longest checkpoint note in bytes: sixteen ML-DSA-44 cosignatures are 55 kB.
pub const CHECKPOINT_BYTES_MAX: usize = 128 << 10;
/// Longest text of a trust root, lease or attestation in bytes.
pub const NOTE_TEXT_BYTES_MAX: usize = 64 << 10;
/// Longest text of a statement in bytes.
pub const STATEMENT_BYTES_MAX: usize = 8 << 10;
/// Longest text of a measure in bytes.
pub const MEASURE_BYTES_MAX: usize = (1 << 20) - (64 << 10);
/// Most effects of a measure, and most at a time.
pub const EFFECTS_MAX: u64 = 2_000;
/// Most actuators of a measure.
pub const ACTUATORS_MAX: usize = 64;
/// Longest target of a measure in bytes.
pub const TARGET_BYTES_MAX: usize = 1024;
/// Longest time of an effect in seconds.
pub const MEASURE_SECONDS_MAX: u64 = 7 * 24 * 3600;
/// Longest text in a body that is for people, bytes.
pub const SAID_BYTES_MAX: usize = 64 << 10;
/// Longest conditions text in bytes.
pub const CONDITIONS_BYTES_MAX: usize = 512;
/// Longest file of a pinned trust root in bytes: the text, and 64 signatures.
pub const TRUST_ROOT_FILE_BYTES_MAX: usize = 128 << 10;
/// Longest finding in bytes.
pub const FINDING_BYTES_MAX: usize = 16 << 20;
/// Most streams of a log, whose ends are remembered in about 150 bytes each: 2.5 GB at most. Section 18 refuses the one that would be more.
pub const STREAMS_MAX: usize = 1 << 24;
/// Most problems that a report spells out; the rest is counted.
pub const PROBLEMS_MAX: usize = 1000;
/// Most notes of a report.
pub const NOTES_MAX: usize = 100;
/// Most characters of hostile text that a sentence quotes.
pub const QUOTE_CHARS_MAX: usize = 80;
/// Longest life of a lease in seconds.
pub const LEASE_SECONDS_MAX: u64 = 24 * 3600;
/// How far two ordinary clocks may lie apart, seconds.
pub const SKEW_SECONDS_MAX: u64 = 300;
/// `late` of section 18: how long after the end of an authority or lease, or after a suspension, a receipt may be entered, seconds.
pub const LATE_SECONDS_MAX: u64 = 120;
/// How far an entry's own time may be behind the newest before it, seconds.
pub const BEHIND_SECONDS_MAX: u64 = 3600;
/// How far an entry's own time may be ahead of the cosignature that covers it, seconds.
pub const AHEAD_SECONDS_MAX: u64 = 120;
/// How long after its deadline an urgent act may wait for its ruling or lapse, seconds.
pub const UNDECIDED_SECONDS_MAX: u64 = 3600;
/// Longest line of a ruling's or suspension's reason in bytes.
pub const REASON_BYTES_MAX: usize = 512;
/// Most hours that a schedule gives an urgent acquisition.
pub const URGENT_ACQUISITION_HOURS_MAX: u64 = 24;
/// Most hours that it gives an urgent measure.
pub const URGENT_MEASURE_HOURS_MAX: u64 = 2;
/// Longest period that a schedule can name, months.
pub const MONTHS_MAX: u64 = 120;
/// Longest source of a value of the schedule in bytes.
pub const SOURCE_BYTES_MAX: usize = 512;
/// Most windows of one sensor that are remembered to be held against the carrier's counter, 24 bytes each.
pub const WINDOWS_MAX: usize = 1 << 22;
/// How long after its expiry a bucket may wait for its deletion, seconds.
pub const DELETION_LATE_SECONDS_MAX: u64 = 24 * 3600;
/// Longest retention that a statement can name, days.
pub const RETENTION_DAYS_MAX: u64 = 3660;
/// Members besides the presiding one that must be present.
pub const OTHERS_PRESENT_MIN: usize = 2;
/// Packets before the share of selected ones is judged, as the supervisor's fuse has it.
pub const FUSE_PACKETS: u64 = 10_000;
/// Least bytes that a record takes of `flow-bytes`.
pub const RECORD_BYTES: u64 = 176;
/// Most names in one folder; no folder of a log of 2^28 entries has more.
pub const FOLDER_ITEMS_MAX: usize = 1 << 20;
