//! Signed notes, Merkle tiles, checkpoints, cosignatures and proofs of the C2SP texts, as pure functions.
//!
//! In: bytes that a log, a witness or a stranger wrote; keys. Out: verified facts, or texts to be written. Never: a disk, a socket, a
//! clock or randomness; all input is hostile and bounded.
//!
//! Sources: c2sp.org/signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature, tlog-proof, tlog-policy; RFC 6962 §2.1, RFC 9162 §2.1.

pub mod checkpoint;
pub mod key;
pub mod limits;
pub mod merkle;
pub mod note;
pub mod policy;
mod postquantum;
pub mod proof;
pub mod tile;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use postquantum::{
    MlDsa44, MlDsa44Key, PostQuantumCosigner, PostQuantumKey, PostQuantumVerifier,
};

/// Standard base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard base64 with padding; `None` for any other text.
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Reads the base64 of exactly one hash.
pub fn unbase64_hash(text: &str) -> Option<merkle::Hash> {
    unbase64(text)?.try_into().ok()
}
