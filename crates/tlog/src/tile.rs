//! Tiles: the files of a log. In: a size, a level, a place. Out: paths and contents. Never: a disk.
//!
//! c2sp.org/tlog-tiles: a tile has 256 hashes; level l+1 has the roots of full tiles of level l.

use crate::merkle::{Frontier, Hash};

/// Hashes of a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Name of one tile: hashes at a level, or a bundle of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// `None` for entries.
    pub level: Option<u8>,
    /// Number of the tile at its level.
    pub index: u64,
    /// Width: 1–256; 256 is a full tile.
    pub width: u16,
}

impl Tile {
    /// Path below the log's folder, with `/` between its parts.
    pub fn path(&self) -> String {
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.insert(0, format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        let kind = self
            .level
            .map_or_else(|| "entries".to_owned(), |level| level.to_string());
        let partial = if self.is_full() {
            String::new()
        } else {
            format!(".p/{}", self.width)
        };
        format!("tile/{kind}/{}{partial}", groups.join("/"))
    }

    /// Whether it has all 256 places.
    pub const fn is_full(&self) -> bool {
        self.width as u64 == TILE_WIDTH
    }
}

/// The tile that holds hash `place` of `level` in a log of `size` entries, as wide as that size makes it; `None` where the hash is not in it.
pub fn tile_at(level: u8, place: u64, size: u64) -> Option<Tile> {
    let count = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let index = place / TILE_WIDTH;
    (place < count).then(|| Tile {
        level: Some(level),
        index,
        width: (count - index * TILE_WIDTH).min(TILE_WIDTH) as u16,
    })
}

/// The bundle that holds entry `index` in a log of `size` entries.
pub fn entries_at(index: u64, size: u64) -> Option<Tile> {
    tile_at(0, index, size).map(|tile| Tile {
        level: None,
        ..tile
    })
}

/// Every tile and bundle that a log of `size` entries has and one of `old` entries had not.
pub fn new_tiles(old: u64, size: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for level in 0..8u8 {
        let (before, count) = (old >> (8 * level), size >> (8 * level));
        if count == 0 {
            break;
        }
        if before == count {
            continue;
        }
        for index in before / TILE_WIDTH..=(count - 1) / TILE_WIDTH {
            let width = (count - index * TILE_WIDTH).min(TILE_WIDTH) as u16;
            tiles.push(Tile {
                level: Some(level),
                index,
                width,
            });
            if level == 0 {
                tiles.push(Tile {
                    level: None,
                    index,
                    width,
                });
            }
        }
    }
    tiles
}

/// Reads a hash tile of exactly `width` hashes.
pub fn hashes(bytes: &[u8], width: u16) -> Option<Vec<Hash>> {
    let (parts, rest) = bytes.as_chunks::<32>();
    (rest.is_empty() && parts.len() == usize::from(width)).then(|| parts.to_vec())
}

/// Root of the full tile below a hash of the next level, or of any row of hashes.
pub fn root_of(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for hash in hashes {
        frontier.push(*hash);
    }
    frontier.root()
}

/// Appends an entry to a bundle. `false` where it is longer than a bundle can say.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> bool {
    let Ok(len) = u16::try_from(entry.len()) else {
        return false;
    };
    bundle.extend_from_slice(&len.to_be_bytes());
    bundle.extend_from_slice(entry);
    true
}

/// Reads a bundle of exactly `width` entries.
pub fn entries(bytes: &[u8], width: u16) -> Option<Vec<&[u8]>> {
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(usize::from(width));
    for _ in 0..width {
        let (len, behind) = rest.split_first_chunk::<2>()?;
        let (entry, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        entries.push(entry);
        rest = behind;
    }
    rest.is_empty().then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let tile = |level, index, width| {
            Tile {
                level,
                index,
                width,
            }
            .path()
        };
        assert_eq!(tile(Some(0), 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile(None, 5, 8), "tile/entries/005.p/8");
    }

    #[test]
    fn a_log_of_70_000_has_the_tiles_that_the_specification_counts() {
        let tiles = new_tiles(0, 70_000);
        let count = |level, full| {
            tiles
                .iter()
                .filter(|t| t.level == Some(level) && t.is_full() == full)
                .count()
        };
        assert_eq!((count(0, true), count(0, false)), (273, 1));
        assert_eq!((count(1, true), count(1, false)), (1, 1));
        assert_eq!((count(2, true), count(2, false)), (0, 1));
        assert!(tiles.contains(&Tile {
            level: Some(0),
            index: 273,
            width: 112
        }));
        assert!(tiles.contains(&Tile {
            level: Some(1),
            index: 1,
            width: 17
        }));
        assert_eq!(
            new_tiles(255, 256).len(),
            3,
            "one full tile, its bundle, and level 1"
        );
    }
}
