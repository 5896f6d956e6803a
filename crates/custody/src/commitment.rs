//! The commitment of a window's records: one hash in the receipt that binds every record, and says nothing without the key.
//!
//! In: record ids and encodings in order. Out: the RFC 6962 root over their HMACs. Never: an unkeyed hash of an address.
//! `docs/reference/formats.md` section 8.

use crate::ids::RecordId;
use crate::keys::CommitKey;
use crate::record::RECORD_BYTES;
use hmac::{Hmac, KeyInit, Mac};
use sakimori_tlog::merkle::Frontier;
use sha2::Sha256;

/// Gathers the leaves of one window.
#[derive(Debug)]
pub struct WindowCommitment<'k> {
    key: &'k CommitKey,
    leaves: Frontier,
}

impl<'k> WindowCommitment<'k> {
    /// Starts with no record.
    pub fn new(key: &'k CommitKey) -> Self {
        Self {
            key,
            leaves: Frontier::default(),
        }
    }

    /// Adds the next record; records come in the order of their ids.
    pub fn add(&mut self, id: RecordId, record: &[u8; RECORD_BYTES]) {
        self.leaves.push_entry(&leaf(self.key, id, record));
    }

    /// The root, or `None` where there was no record.
    pub fn finish(&self) -> Option<[u8; 32]> {
        (self.leaves.size() > 0).then(|| self.leaves.root())
    }
}

/// HMAC-SHA-256 of one record under the bucket's commit key.
pub fn leaf(key: &CommitKey, id: RecordId, record: &[u8; RECORD_BYTES]) -> [u8; 32] {
    mac(key.bytes(), &[&id.to_bytes(), record])
}

/// HMAC-SHA-256 over parts as one message.
pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key shorter than the block is padded with zeros, RFC 2104 §2.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
