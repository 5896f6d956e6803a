//! The right edge of a growing tree: one row of hashes a level. In: leaves by the bundle. Out: full tiles, roots. Never: a node that is hashed twice, but
//! for a root inside a bundle.

use sakimori_tlog::merkle::{Hash, empty_root, node_hash};
use sakimori_tlog::tile::{TILE_WIDTH, root_of};

/// A tile that has been filled: level, index, hashes.
pub(super) type Filled = (u8, u64, Vec<Hash>);

#[derive(Debug, Default)]
pub(super) struct Edge {
    /// Hashes of the tile that is being filled, by level.
    rows: Vec<Vec<Hash>>,
    /// Tiles filled so far, by level.
    full: Vec<u64>,
}

impl Edge {
    /// Puts leaves into the row of level 0.
    pub(super) fn fill(&mut self, leaves: &[Hash]) -> Option<Filled> {
        self.extend(0, leaves)
    }

    /// Puts the hash of a filled tile into the row above it.
    pub(super) fn carry(&mut self, level: u8, hashes: &[Hash]) -> Option<Filled> {
        self.extend(level + 1, &[root_of(hashes)])
    }

    fn extend(&mut self, level: u8, hashes: &[Hash]) -> Option<Filled> {
        let at = usize::from(level);
        if self.rows.len() <= at {
            self.rows.resize(at + 1, Vec::new());
            self.full.resize(at + 1, 0);
        }
        let (row, full) = (self.rows.get_mut(at)?, self.full.get_mut(at)?);
        row.extend_from_slice(hashes);
        (row.len() as u64 >= TILE_WIDTH).then(|| {
            *full += 1;
            (level, *full - 1, std::mem::take(row))
        })
    }

    /// The hashes of each row.
    pub(super) fn rows(&self) -> Vec<Vec<Hash>> {
        self.rows.clone()
    }

    /// Root of everything so far.
    pub(super) fn root(&self) -> Hash {
        self.root_with(&[])
    }

    /// Root of everything so far with these leaves behind it.
    pub(super) fn root_with(&self, leaves: &[Hash]) -> Hash {
        // From the right, every row is cut into complete subtrees, the smallest last.
        let mut rows = self.rows.iter().map(Vec::as_slice);
        let lowest = [rows.next().unwrap_or_default(), leaves].concat();
        let root = rows.fold(fold(&lowest, None), |root, row| fold(row, root));
        root.unwrap_or_else(empty_root)
    }
}

/// The root of complete subtrees of one size, with `right` behind them.
fn fold(row: &[Hash], mut right: Option<Hash>) -> Option<Hash> {
    let mut rest = row;
    while !rest.is_empty() {
        let chunk = 1 << rest.len().trailing_zeros();
        let (before, last) = rest.split_at_checked(rest.len() - chunk)?;
        let left = root_of(last);
        right = Some(right.map_or(left, |right| node_hash(&left, &right)));
        rest = before;
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_tlog::merkle::{Frontier, leaf_hash};

    #[test]
    fn the_root_is_that_of_the_tree_at_every_size() {
        let leaves: Vec<Hash> = (0u32..1000).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let mut frontier = Frontier::default();
        let mut edge = Edge::default();
        for chunk in leaves.chunks(256) {
            for (at, leaf) in chunk.iter().enumerate() {
                assert_eq!(edge.root_with(&chunk[..at]), frontier.root());
                frontier.push(*leaf);
            }
            let mut filled = edge.fill(chunk);
            while let Some((level, _, hashes)) = filled {
                filled = edge.carry(level, &hashes);
            }
            assert_eq!(edge.root(), frontier.root());
        }
    }

    #[test]
    fn tiles_are_filled_at_their_index_at_every_level() {
        let mut edge = Edge::default();
        let mut seen = Vec::new();
        for _ in 0..256 {
            let mut filled = edge.fill(&[[7; 32]; 256]);
            while let Some((level, index, hashes)) = filled {
                seen.push((level, index));
                filled = edge.carry(level, &hashes);
            }
        }
        assert_eq!(seen.iter().filter(|tile| tile.0 == 0).count(), 256);
        assert_eq!(seen.last(), Some(&(1, 0)));
        assert_eq!(
            edge.rows(),
            [
                vec![],
                vec![],
                vec![root_of(&[root_of(&[[7; 32]; 256]); 256])]
            ]
        );
    }
}
