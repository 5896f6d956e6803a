//! Building trees and proofs. In: hashes of full subtrees by level and place. Out: roots and proofs. Never: the whole tree in memory.

use super::{Hash, empty_root, leaf_hash, node_hash};

/// Gives the hash of the complete subtree of 2^`level` leaves at `place` (leaves `place`·2^level …), from tiles or memory.
pub trait HashReader {
    /// Why a hash could not be had.
    type Error;
    /// The hash of one complete subtree.
    ///
    /// # Errors
    /// As the store says; the caller's tree is then not complete.
    fn hash(&mut self, level: u8, place: u64) -> Result<Hash, Self::Error>;
}

/// The right edge of a growing tree: one hash per complete subtree, 63 at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, largest first.
    edge: Vec<Hash>,
}

impl Frontier {
    /// Adds an entry.
    pub fn push_entry(&mut self, entry: &[u8]) {
        self.push(leaf_hash(entry));
    }

    /// Adds a leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        let mut size = self.size;
        while size & 1 == 1 {
            if let Some(left) = self.edge.pop() {
                node = node_hash(&left, &node);
            }
            size >>= 1;
        }
        self.edge.push(node);
        self.size += 1;
    }

    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree so far.
    pub fn root(&self) -> Hash {
        let fold = |right: Hash, left: &Hash| node_hash(left, &right);
        match self.edge.split_last() {
            None => empty_root(),
            Some((last, rest)) => rest.iter().rev().fold(*last, fold),
        }
    }
}

/// Root of leaves `start`..`end`, cut into complete subtrees whose hashes are read.
pub(super) fn range<R: HashReader>(reader: &mut R, start: u64, end: u64) -> Result<Hash, R::Error> {
    let mut parts = Vec::new();
    let mut at = start;
    while at < end {
        // The largest complete subtree that begins here and does not reach past the end.
        let aligned = if at == 0 { 63 } else { at.trailing_zeros() };
        let level = aligned.min((end - at).ilog2());
        parts.push(reader.hash(level as u8, at >> level)?);
        at += 1 << level;
    }
    Ok(match parts.split_last() {
        None => empty_root(),
        Some((last, rest)) => rest
            .iter()
            .rev()
            .fold(*last, |right, left| node_hash(left, &right)),
    })
}

/// Root of the first `size` leaves.
///
/// # Errors
/// The reader's.
pub fn root<R: HashReader>(reader: &mut R, size: u64) -> Result<Hash, R::Error> {
    range(reader, 0, size)
}

/// The hashes that show leaf `index` to be in the tree of `size` leaves, from its sibling upwards (RFC 6962 §2.1.1). Empty where the index is outside.
///
/// # Errors
/// The reader's.
pub fn inclusion_proof<R: HashReader>(
    reader: &mut R,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, R::Error> {
    let (mut start, mut end) = (0, size);
    let mut siblings = Vec::new();
    while index < end && end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            siblings.push((middle, end));
            end = middle;
        } else {
            siblings.push((start, middle));
            start = middle;
        }
    }
    siblings
        .into_iter()
        .rev()
        .map(|(from, to)| range(reader, from, to))
        .collect()
}

/// The hashes that show the tree of `old` leaves to be the beginning of that of `new` (RFC 6962 §2.1.2). Empty where `old` is 0 or not below `new`.
///
/// # Errors
/// The reader's.
pub fn consistency_proof<R: HashReader>(
    reader: &mut R,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, R::Error> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut parts = Vec::new();
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            parts.push((middle, end));
            end = middle;
        } else {
            parts.push((start, middle));
            start = middle;
        }
    }
    if start != 0 {
        parts.push((start, end));
    }
    parts
        .into_iter()
        .rev()
        .map(|(from, to)| range(reader, from, to))
        .collect()
}

/// Largest power of two below `size`; `size` is at least 2.
pub(super) const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{verify_consistency, verify_inclusion};
    use std::convert::Infallible;

    /// A tree as a plain list of leaves.
    struct Leaves(Vec<Hash>);

    impl HashReader for Leaves {
        type Error = Infallible;
        fn hash(&mut self, level: u8, place: u64) -> Result<Hash, Infallible> {
            let from = (place << level) as usize;
            let mut frontier = Frontier::default();
            for leaf in &self.0[from..from + (1 << level)] {
                frontier.push(*leaf);
            }
            Ok(frontier.root())
        }
    }

    #[test]
    fn every_proof_of_small_trees_verifies_and_no_other_index_does() {
        let leaves: Vec<Hash> = (0..70u8).map(|i| leaf_hash(&[i])).collect();
        let mut tree = Leaves(leaves.clone());
        for size in 1..=70u64 {
            let Ok(whole) = root(&mut tree, size);
            for index in 0..size {
                let Ok(proof) = inclusion_proof(&mut tree, index, size);
                let leaf = &leaves[index as usize];
                assert_eq!(verify_inclusion(leaf, index, size, &proof, &whole), Ok(()));
                assert!(verify_inclusion(leaf, index + 1, size, &proof, &whole).is_err());
            }
            for old in 1..=size {
                let Ok(old_root) = root(&mut tree, old);
                let Ok(proof) = consistency_proof(&mut tree, old, size);
                assert_eq!(
                    verify_consistency(old, size, &proof, &old_root, &whole),
                    Ok(())
                );
                let mut wrong = old_root;
                wrong[0] ^= 1;
                assert!(verify_consistency(old, size, &proof, &wrong, &whole).is_err());
            }
        }
    }
}
