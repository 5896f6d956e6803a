//! The growing right edge of the log's files. In: entries in order. Out: the tiles and bundles that they fill, and the partial ones of the present size.
//! Never: a disk, or more of the tree than one tile a level.

use sakimori_tlog::merkle::{Frontier, Hash};
use sakimori_tlog::tile::{TILE_WIDTH, Tile, push_entry, root_of};
use std::mem;

/// Name of a file below the log's folder, and its bytes.
pub(crate) type NamedFile = (String, Vec<u8>);

/// The edge at some size.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    frontier: Frontier,
    /// Hashes of the tile that is being filled, by level.
    levels: Vec<Vec<Hash>>,
    /// Entries of the bundle that is being filled.
    bundle: Vec<u8>,
    filled: Vec<NamedFile>,
    /// Folders of partial tiles that a full one has replaced.
    replaced: Vec<String>,
    /// Widths of the partial tiles that were last given out, by level.
    given: Vec<usize>,
}

impl Tree {
    /// Number of entries.
    pub(crate) const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Root of the entries so far.
    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Adds an entry of at most [`crate::limits::ENTRY_BYTES_MAX`] bytes, whose leaf hash is `leaf`.
    pub(crate) fn push(&mut self, entry: &[u8], leaf: Hash) {
        push_entry(&mut self.bundle, entry);
        self.frontier.push(leaf);
        let mut hash = leaf;
        for level in 0u8.. {
            let at = usize::from(level);
            if self.levels.len() == at {
                self.levels.push(Vec::new());
                self.given.push(0);
            }
            let Some(hashes) = self.levels.get_mut(at) else {
                return;
            };
            hashes.push(hash);
            if hashes.len() < TILE_WIDTH as usize {
                return;
            }
            hash = root_of(hashes);
            let full = mem::take(hashes).concat();
            self.fill(level, full);
        }
    }

    fn fill(&mut self, level: u8, hashes: Vec<u8>) {
        let index = (self.size() >> (8 * (u32::from(level) + 1))) - 1;
        let tile = |level, width| Tile {
            level,
            index,
            width,
        };
        let full = TILE_WIDTH as u16;
        if let Some(given) = self.given.get_mut(usize::from(level)) {
            *given = 0;
        }
        self.filled.push((tile(Some(level), full).path(), hashes));
        self.replaced.push(folder(&tile(Some(level), 1)));
        if level == 0 {
            let bundle = mem::take(&mut self.bundle);
            self.filled.push((tile(None, full).path(), bundle));
            self.replaced.push(folder(&tile(None, 1)));
        }
    }

    /// The full files that came to be since the last call.
    pub(crate) fn take_full(&mut self) -> Vec<NamedFile> {
        mem::take(&mut self.filled)
    }

    /// The files that came to be since the last call: full ones, and the partial ones of the present size.
    pub(crate) fn take_files(&mut self) -> Vec<NamedFile> {
        let mut files = mem::take(&mut self.filled);
        for (level, (hashes, given)) in self.levels.iter().zip(&mut self.given).enumerate() {
            if hashes.is_empty() || hashes.len() == *given {
                continue;
            }
            *given = hashes.len();
            let tile = Tile {
                level: Some(level as u8),
                index: self.frontier.size() >> (8 * (level as u32 + 1)),
                width: hashes.len() as u16,
            };
            files.push((tile.path(), hashes.concat()));
            if level == 0 {
                let entries = Tile {
                    level: None,
                    ..tile
                };
                files.push((entries.path(), self.bundle.clone()));
            }
        }
        files
    }

    /// The folders of partial tiles that full ones have replaced since the last call.
    pub(crate) fn take_replaced(&mut self) -> Vec<String> {
        mem::take(&mut self.replaced)
    }

    /// The same edge, without the files that it has not given out.
    pub(crate) fn copy(&self) -> Self {
        Self {
            frontier: self.frontier.clone(),
            levels: self.levels.clone(),
            bundle: self.bundle.clone(),
            given: self.given.clone(),
            ..Self::default()
        }
    }

    /// The edge of the tree alone.
    pub(crate) const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Leaf hashes of the tile that is being filled.
    pub(crate) fn filling(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Forgets what is on disk already.
    pub(crate) fn forget_files(&mut self) {
        self.filled.clear();
        self.replaced.clear();
    }
}

/// The folder that holds the partial tiles in this place.
fn folder(partial: &Tile) -> String {
    let path = partial.path();
    path.rsplit_once('/')
        .map_or(path.clone(), |(folder, _)| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_tlog::merkle::leaf_hash;
    use sakimori_tlog::tile::new_tiles;
    use std::collections::BTreeSet;

    #[test]
    fn the_files_are_those_that_a_log_of_each_size_has() {
        let mut tree = Tree::default();
        let (mut old, mut names) = (0, BTreeSet::new());
        for step in [1u64, 3, 252, 1, 255, 256, 512, 65_000, 7] {
            for index in old..old + step {
                let entry = index.to_le_bytes();
                tree.push(&entry, leaf_hash(&entry));
            }
            let wanted: BTreeSet<String> =
                new_tiles(old, old + step).iter().map(Tile::path).collect();
            let files: BTreeSet<String> = tree.take_files().into_iter().map(|(n, _)| n).collect();
            assert_eq!(files, wanted, "{old} + {step}");
            names.extend(files);
            for folder in tree.take_replaced() {
                names.retain(|name| !name.starts_with(&folder));
            }
            old += step;
        }
        assert!(names.contains("tile/1/000.p/255") || names.contains("tile/1/000"));
        assert!(!names.iter().any(|n| n.starts_with("tile/0/000.p")));
    }
}
