//! Bounds of what is read from others.

/// Longest note in bytes: a checkpoint with 16 ML-DSA-44 cosignatures has about 55 kB; packs are notes too and may be large.
pub const NOTE_BYTES_MAX: usize = 64 << 20;
/// Most signature lines of a note; the specification asks for at least 16.
pub const SIGNATURES_MAX: usize = 64;
/// Longest key name in bytes; cosignature structures carry its length in one byte.
pub const KEY_NAME_BYTES_MAX: usize = 255;
/// Most hashes of a proof: a tree has less than 2^63 leaves.
pub const PROOF_HASHES_MAX: usize = 63;
/// Longest policy file in bytes.
pub const POLICY_BYTES_MAX: usize = 256 << 10;
/// Most logs, witnesses and groups of a policy; the specification asks for at least 32.
pub const POLICY_ITEMS_MAX: usize = 256;
/// Longest tlog-proof file in bytes, its checkpoint included.
pub const PROOF_BYTES_MAX: usize = 256 << 10;
/// Longest log entry in bytes: bundles carry 16-bit lengths.
pub const ENTRY_BYTES_MAX: usize = 65_535;
