//! Bounds of statements and of trust.

/// Longest note of this crate in bytes, its signatures included.
pub const NOTE_BYTES_MAX: usize = 64 << 10;
/// Longest text of a statement in bytes (design 6.6).
pub const STATEMENT_BYTES_MAX: usize = 8 << 10;
/// Longest conditions text in bytes.
pub const CONDITIONS_BYTES_MAX: usize = 512;
/// Longest life of a lease behind the mirror's cosignature, seconds.
pub const LEASE_SECONDS_MAX: u64 = 24 * 3600;
/// How far a cosignature may lie ahead of the local clock, seconds: drift of an ordinary clock between synchronisations.
pub const SKEW_SECONDS_MAX: u64 = 300;
/// Members besides the presiding one that must be present.
pub const OTHERS_PRESENT_MIN: usize = 2;
/// Longest retention that a statement can name, days; the law's number is in the schedule, this bounds slips of the pen.
pub const RETENTION_DAYS_MAX: u64 = 3660;
/// Largest serial of a suspension: it grows by one, and one who names the last leaves none to those who would stop the authority behind it.
pub const SERIAL_MAX: u64 = 1_000_000_000;
/// Longest reason of a ruling or suspension in bytes.
pub const REASON_BYTES_MAX: usize = 512;
/// Longest urgent acquisition that a schedule can allow, hours.
pub const URGENT_ACQUISITION_HOURS_MAX: u64 = 24;
/// Longest urgent measure that a schedule can allow, hours.
pub const URGENT_MEASURE_HOURS_MAX: u64 = 2;
/// Longest period that a schedule can name, months; bounds slips of the pen.
pub const MONTHS_MAX: u64 = 120;
/// Longest deadline that a schedule can name, days; bounds slips of the pen.
pub const DEADLINE_DAYS_MAX: u64 = 3660;
/// Longest source of a value of the schedule in bytes.
pub const SOURCE_BYTES_MAX: usize = 512;
/// Suspensions, and ends by a ruling, that a sensor remembers; the oldest go, whose authorities have ended long since.
pub const STANDINGS_MAX: usize = 3000;
/// Drift of an ordinary clock, per million.
pub const DRIFT_PPM_MAX: u64 = 500;
/// Largest step of a wall clock that is borne, seconds: time servers step by less, and whole seconds are rounded.
pub const STEP_SECONDS_MAX: u64 = 5;
/// Cosigners whose times a clock keeps.
pub const WITNESSES_MAX: usize = 32;
