//! Bounds of the detectors' memory, and the numbers of the methods that are no parameters of a pack.

/// Pairs that one behaviour remembers: about 100 bytes each while they are quiet.
pub const PAIRS_MAX: usize = 1 << 16;
/// Connections of a pair that a beacon's score looks at, the latest: RITA judges a day with some hundred.
pub const SAMPLES_MAX: usize = 256;
/// Connections that all pairs remember together: 8 bytes each, 24 MB.
pub const SAMPLES_TOTAL_MAX: usize = 3 << 20;
/// Distinct values that are listed before a bitmap of 8 KiB takes their place.
pub const LISTED_MAX: usize = 64;
/// Bitmaps of one behaviour at once: 16 MB.
pub const BITMAPS_MAX: usize = 2048;
/// Shortest time that a beacon must have been seen, ms: below it a burst of connections looks regular.
pub const BEACON_SPAN_MS_MIN: u64 = 60_000;
/// Shortest median interval of a beacon, ms: below it connections are parallel, not periodic.
pub const BEACON_INTERVAL_MS_MIN: u64 = 1_000;
/// Findings of one run: three behaviours with all their pairs.
pub const FINDINGS_MAX: usize = 3 * PAIRS_MAX;
/// Records that a finding names; the others are counted. A finding's body has to fit an entry of the log, 1 MiB.
pub const RECORDS_NAMED_MAX: usize = 10_000;
