//! Reading a log's files. In: a disk and a size that some checkpoint stated. Out: hashes, entries, bodies, proofs. Never: a write; it can stand beside
//! the writer.

use crate::disk::Source;
use crate::limits::{BODY_BYTES_MAX, TILE_BYTES_MAX, TILES_CACHED_MAX};
use sakimori_custody::ids::hex;
use sakimori_tlog::merkle::{self, Hash, HashReader};
use sakimori_tlog::note::Note;
use sakimori_tlog::proof::TlogProof;
use sakimori_tlog::tile::{self, TILE_WIDTH, Tile};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

/// Why the log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The storage failed.
    #[error("`{0}` cannot be read")]
    Io(String, #[source] io::Error),
    /// A file is missing that a log of this size has.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A file is not what its name says.
    #[error("`{0}` is damaged")]
    Damaged(String),
    /// An entry beyond the size.
    #[error("entry {0} is not in the log")]
    Outside(u64),
}

/// Name of a body's file below the log's folder.
pub fn body_name(commitment: &[u8; 32]) -> String {
    let name = hex(commitment);
    let (first, _) = name.split_at_checked(2).unwrap_or(("", ""));
    format!("bodies/{first}/{name}")
}

/// A log of a stated size, read from its files.
pub struct LogReader<D> {
    disk: D,
    size: u64,
    tiles: BTreeMap<Tile, Vec<Hash>>,
}

impl<D: Source> LogReader<D> {
    /// Reads from `disk` as a log of `size` entries.
    pub const fn new(disk: D, size: u64) -> Self {
        Self {
            disk,
            size,
            tiles: BTreeMap::new(),
        }
    }

    /// Number of entries.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Reads as a log of another size, which a later checkpoint stated.
    pub fn grow(&mut self, size: u64) {
        self.size = size;
    }

    /// Root of the first `size` entries, from the tiles.
    ///
    /// # Errors
    /// [`ReadError`]: the files are not whole.
    pub fn root(&mut self, size: u64) -> Result<Hash, ReadError> {
        merkle::root(self, size)
    }

    /// The file of a tile, or of the full one that has taken its place, cut to the width asked for.
    fn file(&self, tile: &Tile) -> Result<Vec<u8>, ReadError> {
        let path = tile.path();
        let full = Tile {
            width: TILE_WIDTH as u16,
            ..*tile
        };
        for name in [&path, &full.path()] {
            let read = self.disk.read(name, TILE_BYTES_MAX);
            if let Some(bytes) = read.map_err(|error| ReadError::Io(name.clone(), error))? {
                return Ok(bytes);
            }
        }
        Err(ReadError::Missing(path))
    }

    fn hashes(&mut self, tile: &Tile) -> Result<&[Hash], ReadError> {
        if !self.tiles.contains_key(tile) {
            let bytes = self.file(tile)?;
            let damaged = || ReadError::Damaged(tile.path());
            let width = u16::try_from(bytes.len() / 32).map_err(|_| damaged())?;
            let mut hashes = tile::hashes(&bytes, width).ok_or_else(damaged)?;
            if width != tile.width && u64::from(width) != TILE_WIDTH {
                return Err(damaged());
            }
            hashes.truncate(usize::from(tile.width));
            if self.tiles.len() >= TILES_CACHED_MAX {
                self.tiles.pop_first();
            }
            self.tiles.insert(*tile, hashes);
        }
        Ok(self.tiles.get(tile).map_or(&[], Vec::as_slice))
    }

    /// The leaf hashes of one tile of level 0.
    ///
    /// # Errors
    /// [`ReadError`]: the files are not whole.
    pub fn leaf_hashes(&mut self, tile: u64) -> Result<Vec<Hash>, ReadError> {
        let first = tile * TILE_WIDTH;
        let tile = tile::tile_at(0, first, self.size).ok_or(ReadError::Outside(first))?;
        self.hashes(&tile).map(<[Hash]>::to_vec)
    }

    /// The entries of one bundle.
    ///
    /// # Errors
    /// [`ReadError`]: the files are not whole.
    pub fn bundle(&self, bundle: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let first = bundle * TILE_WIDTH;
        let tile = tile::entries_at(first, self.size).ok_or(ReadError::Outside(first))?;
        let bytes = self.file(&tile)?;
        let full = TILE_WIDTH as u16;
        let entries = tile::entries(&bytes, tile.width).or_else(|| tile::entries(&bytes, full));
        let entries = entries.ok_or_else(|| ReadError::Damaged(tile.path()))?;
        let wanted = entries.into_iter().take(usize::from(tile.width));
        Ok(wanted.map(<[u8]>::to_vec).collect())
    }

    /// Entries of a range, in order.
    ///
    /// # Errors
    /// [`ReadError::Outside`] where the range is not in the log; otherwise the files are not whole.
    pub fn entries(&self, range: Range<u64>) -> Result<Vec<Vec<u8>>, ReadError> {
        if range.end > self.size {
            return Err(ReadError::Outside(range.end - 1));
        }
        let mut entries = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let first = at / TILE_WIDTH * TILE_WIDTH;
            let bundle = self.bundle(at / TILE_WIDTH)?;
            let end = range.end.min(first + bundle.len() as u64);
            let skip = (at - first) as usize;
            let count = end.saturating_sub(at) as usize;
            if count == 0 {
                return Err(ReadError::Outside(at));
            }
            entries.extend(bundle.into_iter().skip(skip).take(count));
            at = end;
        }
        Ok(entries)
    }

    /// One entry.
    ///
    /// # Errors
    /// As [`LogReader::entries`].
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, ReadError> {
        let end = index.checked_add(1).ok_or(ReadError::Outside(index))?;
        let mut entries = self.entries(index..end)?;
        entries.pop().ok_or(ReadError::Outside(index))
    }

    /// A stored body; `None` where there is none under this commitment.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn body(&self, commitment: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        let name = body_name(commitment);
        let read = self.disk.read(&name, BODY_BYTES_MAX);
        read.map_err(|error| ReadError::Io(name, error))
    }

    /// A tlog-proof of entry `index` under a signed checkpoint of this log's size.
    ///
    /// # Errors
    /// [`ReadError`]: the files are not whole, or the index is outside.
    pub fn proof(&mut self, index: u64, checkpoint: Note) -> Result<TlogProof, ReadError> {
        if index >= self.size {
            return Err(ReadError::Outside(index));
        }
        let size = self.size;
        Ok(TlogProof {
            extra: None,
            index,
            hashes: merkle::inclusion_proof(self, index, size)?,
            checkpoint,
        })
    }
}

impl<D: Source> HashReader for LogReader<D> {
    type Error = ReadError;

    fn hash(&mut self, level: u8, place: u64) -> Result<Hash, ReadError> {
        // A subtree of 2^level leaves is 2^(level mod 8) neighbours of one tile.
        let (tile_level, width) = (level / 8, 1u64 << (level % 8));
        let first = place * width;
        let tile = tile::tile_at(tile_level, first, self.size).ok_or(ReadError::Outside(first))?;
        let from = (first % TILE_WIDTH) as usize;
        let hashes = self.hashes(&tile)?;
        let part = hashes.get(from..from + width as usize);
        part.map(tile::root_of)
            .ok_or_else(|| ReadError::Damaged(tile.path()))
    }
}
