//! The commitment of a window, computed again from what is stored. In: a bucket, its key, a window. Out: the hash that the window's receipt must
//! carry. Never: a record that leaves; rows are hashed one by one and only the hashes are kept.
//!
//! `docs/reference/formats.md` section 8.

use sakimori_custody::commitment::leaf;
use sakimori_custody::ids::BucketId;
use sakimori_custody::keys::{BucketKey, CommitKey};
use sakimori_custody::time::Seconds;
use sakimori_tlog::merkle::Frontier;

use crate::error::LakeError;
use crate::limits::WINDOW_RECORDS_MAX;
use crate::lookup::{Selection, attempts};
use crate::room::Lake;
use crate::schema::Row;
use crate::spool::WindowId;

/// Record ids with the HMAC of their row.
type Leaves = Vec<([u8; 16], [u8; 32])>;

impl Lake {
    /// The commitment over a window's published records, or `None` where the bucket has none of it.
    ///
    /// # Errors
    /// As every reading of a bucket: [`LakeError::Deleted`], [`LakeError::Expired`], [`LakeError::KeyRefused`], [`LakeError::Damaged`],
    /// [`LakeError::Io`].
    ///
    /// # Cost
    /// Reads the row groups whose statistics allow the window; 48 bytes of memory per record.
    pub fn commitment(
        &self,
        id: &BucketId,
        key: &BucketKey,
        window: WindowId,
        now: Seconds,
    ) -> Result<Option<[u8; 32]>, LakeError> {
        attempts(|| {
            let bucket = self.readable(id, key, now)?;
            let commit = key.commit();
            let mut leaves = Leaves::new();
            let selection = Selection::Window(window);
            selection.each_row(&self.folder(id), &bucket, key, |row| {
                add(&mut leaves, &commit, row)
            })?;
            Ok(root(leaves))
        })
    }
}

fn add(leaves: &mut Leaves, commit: &CommitKey, row: &Row) -> Result<bool, LakeError> {
    if leaves.len() >= WINDOW_RECORDS_MAX {
        return Err(LakeError::Limit {
            what: "records in a window",
            limit: WINDOW_RECORDS_MAX as u64,
        });
    }
    let hash = leaf(commit, row.record, &row.fields.encode());
    leaves.push((row.record.to_bytes(), hash));
    Ok(true)
}

/// The RFC 6962 root over the leaves in the order of their records.
fn root(mut leaves: Leaves) -> Option<[u8; 32]> {
    leaves.sort_unstable();
    let mut frontier = Frontier::default();
    for (_, hash) in &leaves {
        frontier.push_entry(hash);
    }
    (!leaves.is_empty()).then(|| frontier.root())
}
