//! Bundles and the tiles of level 0. In: the files of 256 entries. Out: their leaf hashes, each entry, and which file is wrong where two disagree. Never: an
//! entry shown that its hash in the tree does not name.

use super::{Leaf, Visit, Walk, partial_widths};
use crate::VerifyError;
use crate::code::{Code, Subject};
use crate::files::Folder;
use crate::limits::TILE_BYTES_MAX;
use crate::report::Place;
use sakimori_tlog::merkle::{Hash, leaf_hash};
use sakimori_tlog::tile::{TILE_WIDTH, Tile, root_of};

const FULL: u16 = TILE_WIDTH as u16;

/// Number of entries that the files have: the checkpoint's, and what was written behind it.
pub(crate) fn extent(folder: &Folder, size: u64) -> Result<u64, VerifyError> {
    let mut at = size / TILE_WIDTH;
    loop {
        let widest = |level| -> Result<u16, VerifyError> {
            if folder.has(
                &Tile {
                    level,
                    index: at,
                    width: FULL,
                }
                .path(),
            ) {
                return Ok(FULL);
            }
            Ok(partial_widths(folder, level, at)?.pop().unwrap_or(0))
        };
        let width = widest(None)?.min(widest(Some(0))?);
        if width < FULL {
            return Ok(size.max(at * TILE_WIDTH + u64::from(width)));
        }
        at += 1;
    }
}

/// The entries of a bundle as far as they can be cut out.
fn cut(bytes: &[u8], most: usize) -> (Vec<&[u8]>, &[u8]) {
    let mut entries = Vec::with_capacity(most);
    let mut rest = bytes;
    while entries.len() < most {
        let Some((length, behind)) = rest.split_first_chunk::<2>() else {
            break;
        };
        let Some((entry, behind)) =
            behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        else {
            break;
        };
        entries.push(entry);
        rest = behind;
    }
    (entries, rest)
}

/// Which of two files is right.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    Both,
    Bundle,
    Tile,
    Unknown,
}

/// A file of a bundle, cut and hashed.
struct Cut<'b> {
    width: u16,
    entries: Vec<&'b [u8]>,
    leaves: Vec<Hash>,
    whole: bool,
}

impl<'b> Cut<'b> {
    fn of(width: u16, bytes: &'b [u8]) -> Self {
        let (entries, rest) = cut(bytes, usize::from(width));
        Self {
            width,
            leaves: entries.iter().map(|entry| leaf_hash(entry)).collect(),
            whole: rest.is_empty() && entries.len() == usize::from(width),
            entries,
        }
    }
}

impl Walk<'_> {
    /// Reads one bundle and its tile, shows its entries, and gives the leaf hashes that the tree has.
    pub(super) fn bundle(
        &mut self,
        index: u64,
        visit: &mut Visit<'_>,
    ) -> Result<Vec<Hash>, VerifyError> {
        let width = (self.extent - index * TILE_WIDTH).min(TILE_WIDTH) as usize;
        let needed = self.needed(0, index);
        let bundles = self.files(None, index)?;
        let tiles = self.files(Some(0), index)?;
        self.require(None, index, needed, &bundles);
        self.require(Some(0), index, needed, &tiles);
        let cuts: Vec<Cut<'_>> = bundles
            .iter()
            .map(|(width, bytes)| Cut::of(*width, bytes))
            .collect();
        let by_tile = tiles.iter().find_map(|(_, bytes)| {
            let (hashes, rest) = bytes.as_chunks::<32>();
            rest.is_empty().then(|| hashes.get(..width)).flatten()
        });
        let widest = cuts
            .iter()
            .find(|cut| cut.leaves.len() >= width)
            .or_else(|| cuts.first());
        let by_bundle = widest.and_then(|cut| cut.leaves.get(..width));
        let right = self.judge(index, by_bundle, by_tile)?;
        let leaves = match right {
            Right::Tile => by_tile,
            _ => by_bundle.or(by_tile),
        };
        let Some(leaves) = leaves else {
            self.broken = true;
            self.level0_files(index, &cuts, &tiles, &[]);
            return Ok(Vec::new());
        };
        let leaves = leaves.to_vec();
        if right == Right::Unknown
            && let Some(cut) = cuts.first()
        {
            let tile = Tile {
                level: None,
                index,
                width: cut.width,
            };
            let place = Place::file(self.folder.call(&tile.path()));
            let what = "its entries are not those of its tile of hashes, and nothing says which of the two is right";
            self.sink.bad(Code::FilesDiffer, place, what);
        }
        self.level0_files(index, &cuts, &tiles, &leaves);
        if let Some(cut) = widest {
            self.show(index, cut, &leaves, visit)?;
        }
        Ok(leaves)
    }

    /// Holds every bundle and tile file of this place against the leaves.
    fn level0_files(
        &mut self,
        index: u64,
        cuts: &[Cut<'_>],
        tiles: &[(u16, Vec<u8>)],
        leaves: &[Hash],
    ) {
        for cut in cuts {
            self.check_bundle(index, cut, leaves);
        }
        for (width, bytes) in tiles {
            self.compare(0, index, *width, bytes, leaves);
        }
    }

    /// Shows the entries that are the tree's.
    fn show(
        &mut self,
        index: u64,
        cut: &Cut<'_>,
        leaves: &[Hash],
        visit: &mut Visit<'_>,
    ) -> Result<(), VerifyError> {
        let entries = cut.entries.iter().zip(&cut.leaves).zip(leaves).enumerate();
        for (at, ((entry, own), hash)) in entries {
            let at = index * TILE_WIDTH + at as u64;
            if own == hash {
                let leaf = Leaf {
                    index: at,
                    hash: *hash,
                    entry,
                    signed: at < self.stated.size,
                };
                visit(self.sink, &leaf)?;
            }
        }
        Ok(())
    }

    /// Which of bundle and tile is right where they differ: the tile above knows, or the signed root.
    fn judge(
        &mut self,
        index: u64,
        bundle: Option<&[Hash]>,
        tile: Option<&[Hash]>,
    ) -> Result<Right, VerifyError> {
        let (bundle, tile) = match (bundle, tile) {
            (Some(bundle), Some(tile)) if bundle == tile => return Ok(Right::Both),
            (Some(bundle), Some(tile)) => (bundle, tile),
            (None, Some(_)) => return Ok(Right::Tile),
            (_, None) => return Ok(Right::Bundle),
        };
        let first = index * TILE_WIDTH;
        let judged = |fits: [bool; 2]| match fits {
            [true, false] => Right::Bundle,
            [false, true] => Right::Tile,
            _ => Right::Unknown,
        };
        if bundle.len() == usize::from(FULL)
            && let Some(above) = self.above(index)?
        {
            return Ok(judged(
                [bundle, tile].map(|leaves| root_of(leaves) == above),
            ));
        }
        let signed = self
            .stated
            .size
            .checked_sub(first)
            .map(|signed| signed as usize);
        if let Some(signed) = signed.filter(|&signed| signed > 0 && signed <= bundle.len()) {
            let root = |leaves: &[Hash]| {
                self.edge
                    .root_with(leaves.get(..signed).unwrap_or_default())
            };
            let fits = [bundle, tile].map(|leaves| root(leaves) == self.stated.root);
            // Behind what is signed for, both may lead to the root and still differ.
            return Ok(judged(fits));
        }
        Ok(Right::Unknown)
    }

    /// The hash that the tile of level 1 has for a full tile of level 0.
    fn above(&mut self, index: u64) -> Result<Option<Hash>, VerifyError> {
        let place = index / TILE_WIDTH;
        if self.above.as_ref().is_none_or(|(at, _)| *at != place) {
            let bytes = self.widest(1, place)?;
            self.above = Some((place, bytes));
        }
        let at = (index % TILE_WIDTH) as usize * 32;
        let hash = self
            .above
            .as_ref()
            .and_then(|(_, bytes)| bytes.get(at..at + 32));
        Ok(hash.and_then(|hash| hash.try_into().ok()))
    }

    fn widest(&self, level: u8, index: u64) -> Result<Vec<u8>, VerifyError> {
        let mut widths = partial_widths(self.folder, Some(level), index)?;
        widths.push(FULL);
        for width in widths.into_iter().rev() {
            let name = Tile {
                level: Some(level),
                index,
                width,
            }
            .path();
            if let crate::files::Found::Bytes(bytes) = self.folder.read(&name, TILE_BYTES_MAX)? {
                return Ok(bytes);
            }
        }
        Ok(Vec::new())
    }

    /// Holds one file of a bundle against the leaves.
    fn check_bundle(&mut self, index: u64, cut: &Cut<'_>, leaves: &[Hash]) {
        let tile = Tile {
            level: None,
            index,
            width: cut.width,
        };
        let name = self.folder.call(&tile.path());
        let first = index * TILE_WIDTH;
        let wrong = cut.leaves.iter().zip(leaves).position(|(a, b)| a != b);
        if let Some(at) = wrong {
            let what = "the entry is not the one that its hash in the tree says";
            self.sink
                .bad(Code::EntryWrong, Place::leaf(name, first + at as u64), what);
        } else if cut.whole {
            self.sink.good(Subject::Tree);
        } else {
            let at = first + cut.leaves.len() as u64;
            let what = format!(
                "it does not hold {} whole entries and nothing else",
                cut.width
            );
            let place = if cut.leaves.len() < usize::from(cut.width) {
                Place::leaf(name, at)
            } else {
                Place::file(name)
            };
            self.sink.bad(Code::FileForm, place, what);
        }
    }
}
