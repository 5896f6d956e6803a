//! The commitment of a window, computed again from what is stored. In: a bucket, its key, a window. Out: the hash that the window's receipt must
//! carry. Never: a record that leaves; rows are hashed one by one and only the hashes are kept.
//!
//! `docs/reference/formats.md` section 8.

use sakimori_custody::commitment::leaf;
use sakimori_custody::ids::{BucketId, RecordId};
use sakimori_custody::keys::{BucketKey, CommitKey};
use sakimori_custody::time::Seconds;
use sakimori_tlog::merkle::{Frontier, Hash, HashReader, inclusion_proof, leaf_hash, node_hash};
use std::convert::Infallible;

use crate::error::LakeError;
use crate::limits::WINDOW_RECORDS_MAX;
use crate::lookup::{Selection, attempts};
use crate::room::Lake;
use crate::schema::Row;
use crate::spool::WindowId;

/// That a record is one of a window's: its leaf, and the hashes that lead from it to the window's commitment. Whoever has the receipt can check it; it says nothing of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The record's leaf, `docs/reference/formats.md` section 8.
    pub leaf: [u8; 32],
    /// Its place among the window's records.
    pub place: u64,
    /// How many records the window has.
    pub records: u64,
    /// From the leaf's sibling to the root's child.
    pub path: Vec<Hash>,
}

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
            selection.each_row(self.disk(), &self.folder(id), &bucket, key, |row| {
                add(&mut leaves, &commit, row)
            })?;
            Ok(root(leaves))
        })
    }

    /// That a record is one of a window's, from the stored rows; `None` where the window has no such record. Answers a challenge.
    ///
    /// # Errors
    /// As [`Lake::commitment`].
    ///
    /// # Cost
    /// As [`Lake::commitment`], and twice the memory.
    pub fn membership(
        &self,
        id: &BucketId,
        key: &BucketKey,
        window: WindowId,
        record: RecordId,
        now: Seconds,
    ) -> Result<Option<Membership>, LakeError> {
        attempts(|| {
            let bucket = self.readable(id, key, now)?;
            let commit = key.commit();
            let mut leaves = Leaves::new();
            let selection = Selection::Window(window);
            selection.each_row(self.disk(), &self.folder(id), &bucket, key, |row| {
                add(&mut leaves, &commit, row)
            })?;
            Ok(member(leaves, record))
        })
    }
}

/// The way from one of the leaves to the root over all of them.
fn member(mut leaves: Leaves, record: RecordId) -> Option<Membership> {
    leaves.sort_unstable();
    let at = leaves
        .binary_search_by_key(&record.to_bytes(), |(id, _)| *id)
        .ok()?;
    let (_, leaf) = *leaves.get(at)?;
    let mut nodes = Nodes::over(leaves.iter().map(|(_, hash)| leaf_hash(hash)));
    let (place, records) = (at as u64, leaves.len() as u64);
    let Ok(path) = inclusion_proof(&mut nodes, place, records);
    Some(Membership {
        leaf,
        place,
        records,
        path,
    })
}

/// The complete subtrees over a window's leaves, by level.
struct Nodes(Vec<Vec<Hash>>);

impl Nodes {
    fn over(leaves: impl Iterator<Item = Hash>) -> Self {
        let mut levels = vec![leaves.collect::<Vec<_>>()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let pairs = below.chunks_exact(2);
            let above = pairs.filter_map(|pair| match pair {
                [left, right] => Some(node_hash(left, right)),
                _ => None,
            });
            let above = above.collect();
            levels.push(above);
        }
        Self(levels)
    }
}

impl HashReader for Nodes {
    type Error = Infallible;

    fn hash(&mut self, level: u8, place: u64) -> Result<Hash, Infallible> {
        let level = self.0.get(usize::from(level));
        // The proof asks for complete subtrees alone, and those are all here; what is not would make a path that leads nowhere.
        let hash = usize::try_from(place).ok().and_then(|at| level?.get(at));
        Ok(hash.copied().unwrap_or_default())
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
