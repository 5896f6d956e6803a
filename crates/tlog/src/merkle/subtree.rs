//! Proofs that a range of leaves, an aligned subtree, is part of a tree. In: a range, hashes. Out: proofs, verdicts. Never: a proof of an
//! empty range, of which there is nothing to show.
//!
//! draft-ietf-plants-merkle-tree-certs §4.4; tlog-mirror's entry packages carry these proofs.

use super::build::{HashReader, range, split};
use super::{Hash, ProofError, empty_root, node_hash};
use crate::limits::PROOF_HASHES_MAX;
use std::ops::Range;

/// Whether the range is a subtree: not empty, and beginning at a multiple of its length rounded up to a power of two.
pub const fn is_subtree(leaves: &Range<u64>) -> bool {
    if leaves.start >= leaves.end {
        return false;
    }
    match (leaves.end - leaves.start).checked_next_power_of_two() {
        Some(width) => leaves.start.is_multiple_of(width),
        None => leaves.start == 0,
    }
}

/// Root of the leaves of a range.
///
/// # Errors
/// The reader's.
pub fn subtree_root<R: HashReader>(reader: &mut R, leaves: Range<u64>) -> Result<Hash, R::Error> {
    range(reader, leaves.start, leaves.end)
}

/// The hashes that show a subtree to be part of the tree of `size` leaves. Empty where the range is no subtree of that tree.
///
/// # Errors
/// The reader's.
pub fn subtree_proof<R: HashReader>(
    reader: &mut R,
    leaves: Range<u64>,
    size: u64,
) -> Result<Vec<Hash>, R::Error> {
    if !is_subtree(&leaves) || leaves.end > size {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, size);
    let (mut wanted, mut known) = (leaves, true);
    let mut parts = Vec::new();
    while (wanted.start, wanted.end) != (start, end) {
        let middle = start + split(end - start);
        if wanted.end <= middle {
            parts.push((middle, end));
            end = middle;
        } else {
            parts.push((start, middle));
            // A range that reaches over the middle begins where this node begins: its left half is in the proof, the right one goes on.
            if wanted.start < middle {
                wanted.start = middle;
                known = false;
            }
            start = middle;
        }
    }
    if !known {
        parts.push((start, end));
    }
    parts
        .into_iter()
        .rev()
        .map(|(from, to)| range(reader, from, to))
        .collect()
}

/// No leaves are part of every tree: their root is that of the empty tree, and there is nothing to prove.
fn empty_range(proof: &[Hash], part: &Hash) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::Length);
    }
    if *part == empty_root() {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

/// Checks that a leaf hash stands at `index` of the log, by a proof within a subtree of it, whose root is `root`.
///
/// # Errors
/// [`ProofError`]: it is not shown. A range that is no subtree, or has not the index, is [`ProofError::Range`].
pub fn verify_subtree_inclusion(
    leaf: &Hash,
    index: u64,
    leaves: &Range<u64>,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if !is_subtree(leaves) || !leaves.contains(&index) {
        return Err(ProofError::Range);
    }
    let (place, width) = (index - leaves.start, leaves.end - leaves.start);
    super::verify_inclusion(leaf, place, width, proof, root)
}

/// Checks that the leaves of a range, whose root is `part`, are those of the tree of `size` leaves with this root.
///
/// # Errors
/// [`ProofError`]: it is not shown. A range that is no subtree is [`ProofError::Range`].
pub fn verify_subtree(
    leaves: &Range<u64>,
    size: u64,
    proof: &[Hash],
    part: &Hash,
    root: &Hash,
) -> Result<(), ProofError> {
    if leaves.start == leaves.end && leaves.end <= size {
        return empty_range(proof, part);
    }
    if !is_subtree(leaves) || leaves.end > size {
        return Err(ProofError::Range);
    }
    if proof.len() > PROOF_HASHES_MAX + 1 {
        return Err(ProofError::Length);
    }
    let (mut first, mut last, mut end) = (leaves.start, leaves.end - 1, size - 1);
    let reaches_end = last == end;
    while first != last && (reaches_end || last & 1 == 1) {
        (first, last, end) = (first >> 1, last >> 1, end >> 1);
    }
    let mut hashes = proof.iter();
    let seed = if first == last {
        part
    } else {
        hashes.next().ok_or(ProofError::Length)?
    };
    let (mut part_hash, mut whole) = (*seed, *seed);
    for sibling in hashes {
        if end == 0 {
            return Err(ProofError::Length);
        }
        if last & 1 == 1 || last == end {
            if first < last {
                part_hash = node_hash(sibling, &part_hash);
            }
            whole = node_hash(sibling, &whole);
            while last & 1 == 0 && last != 0 {
                (first, last, end) = (first >> 1, last >> 1, end >> 1);
            }
        } else {
            whole = node_hash(&whole, sibling);
        }
        (first, last, end) = (first >> 1, last >> 1, end >> 1);
    }
    if end != 0 {
        Err(ProofError::Length)
    } else if part_hash == *part && whole == *root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{Frontier, leaf_hash};
    use std::convert::Infallible;

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
    fn every_subtree_of_small_trees_is_shown_and_no_other_root_is() {
        let mut tree = Leaves((0..40u8).map(|i| leaf_hash(&[i])).collect());
        for size in 1..=40 {
            let Ok(root) = super::super::root(&mut tree, size);
            for end in 1..=size {
                for start in (0..end).filter(|&start| is_subtree(&(start..end))) {
                    let leaves = start..end;
                    let Ok(part) = subtree_root(&mut tree, leaves.clone());
                    let Ok(proof) = subtree_proof(&mut tree, leaves.clone(), size);
                    let verdict = verify_subtree(&leaves, size, &proof, &part, &root);
                    assert_eq!(verdict, Ok(()), "{leaves:?} of {size}");
                    let other = leaf_hash(b"other");
                    assert!(verify_subtree(&leaves, size, &proof, &other, &root).is_err());
                    assert!(verify_subtree(&leaves, size, &proof, &part, &other).is_err());
                }
            }
        }
    }
}
