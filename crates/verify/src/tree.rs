//! The files of the tree: bundles, tiles, partial ones. In: a folder, a size and root that a checkpoint states. Out: every entry with its leaf hash, roots at the
//! sizes asked for, and every file whose bytes do not fit. Never: the whole tree in memory: one tile a level.
//!
//! Every hash is computed anew from the entries. Where a bundle and its tile disagree, the hash of the tile above (or, at the right edge, the signed
//! root) says which of the two is wrong. A folder may hold more than the checkpoint stands for, because files are written before they are signed for;
//! those entries are held against their tiles and told as a note.
//!
//! c2sp.org/tlog-tiles.

mod edge;
mod level0;
mod stray;

pub(crate) use level0::extent;
pub(crate) use stray::{Allowed, strays};

use crate::VerifyError;
use crate::code::{Code, Subject};
use crate::files::{Folder, Found};
use crate::limits::{BUNDLE_BYTES_MAX, PLACE_BYTES_MAX, TILE_BYTES_MAX};
use crate::report::{Place, Sink};
use edge::Edge;
use sakimori_tlog::merkle::{Hash, empty_root};
use sakimori_tlog::tile::{TILE_WIDTH, Tile};
use std::collections::BTreeMap;

/// What a checkpoint states about a folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stated {
    pub(crate) size: u64,
    pub(crate) root: Hash,
}

impl Stated {
    /// Where there is no checkpoint, nothing is signed for.
    pub(crate) fn nothing() -> Self {
        Self {
            size: 0,
            root: empty_root(),
        }
    }
}

/// An entry as the tree has it.
pub(crate) struct Leaf<'e> {
    pub(crate) index: u64,
    pub(crate) hash: Hash,
    pub(crate) entry: &'e [u8],
    /// Whether the checkpoint stands for it.
    pub(crate) signed: bool,
}

/// What the files are.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Entries that the files have.
    pub(crate) extent: u64,
    /// Roots at the sizes asked for, as far as they are within the extent.
    pub(crate) roots: BTreeMap<u64, Hash>,
}

/// Who sees the entries, in order. Damaged ones are not shown.
pub(crate) type Visit<'v> = dyn FnMut(&mut Sink, &Leaf<'_>) -> Result<(), VerifyError> + 'v;

struct Walk<'w> {
    folder: &'w Folder,
    sink: &'w mut Sink,
    stated: Stated,
    extent: u64,
    edge: Edge,
    marks: Vec<u64>,
    roots: BTreeMap<u64, Hash>,
    /// The tile of level 1 that stands above the present bundles, if its file can be read.
    above: Option<(u64, Vec<u8>)>,
    /// Some leaves could not be had: no root follows.
    broken: bool,
}

/// Goes over all files of the tree.
///
/// # Errors
/// [`VerifyError`]: the folder cannot be read. What is wrong with its content is a problem.
///
/// # Cost
/// Reads every file once and hashes each entry and each node once.
pub(crate) fn walk(
    folder: &Folder,
    stated: Stated,
    marks: &[u64],
    sink: &mut Sink,
    visit: &mut Visit<'_>,
) -> Result<Walked, VerifyError> {
    let extent = extent(folder, stated.size)?;
    let mut marks: Vec<u64> = marks.iter().copied().chain([stated.size]).collect();
    marks.sort_unstable();
    marks.dedup();
    let mut walk = Walk {
        folder,
        sink,
        stated,
        extent,
        edge: Edge::default(),
        marks,
        roots: BTreeMap::new(),
        above: None,
        broken: false,
    };
    walk.run(visit)?;
    let (roots, extent) = (walk.roots, walk.extent);
    Ok(Walked { extent, roots })
}

impl Walk<'_> {
    fn run(&mut self, visit: &mut Visit<'_>) -> Result<(), VerifyError> {
        for bundle in 0..self.extent.div_ceil(TILE_WIDTH) {
            let leaves = self.bundle(bundle, visit)?;
            if leaves.is_empty() {
                // BOUND: a checkpoint may state any size; where the files end, the walk ends.
                self.extent = bundle * TILE_WIDTH;
                break;
            }
            self.push(bundle, &leaves)?;
        }
        self.edges()?;
        if !self.broken {
            let found = self.edge.root();
            self.roots.entry(self.extent).or_insert(found);
        }
        let root = self.roots.get(&self.stated.size);
        if !self.broken && root != Some(&self.stated.root) {
            let place = Place::file(self.folder.call("checkpoint"));
            let what = format!(
                "the {} entries lead to root {}, the checkpoint states {}",
                self.stated.size,
                root.map_or_else(String::new, |root| crate::hex(root)),
                crate::hex(&self.stated.root)
            );
            self.sink.bad(Code::RootWrong, place, what);
        }
        Ok(())
    }

    /// Takes the leaves of a bundle, notes the roots that were asked for, and checks every tile that is filled by them.
    fn push(&mut self, bundle: u64, leaves: &[Hash]) -> Result<(), VerifyError> {
        let first = bundle * TILE_WIDTH;
        let behind = first + leaves.len() as u64;
        for &mark in self
            .marks
            .iter()
            .filter(|&&mark| mark >= first && mark < behind)
        {
            let part = leaves.get(..(mark - first) as usize).unwrap_or_default();
            self.roots.insert(mark, self.edge.root_with(part));
        }
        let mut filled = self.edge.fill(leaves);
        while let Some((level, index, hashes)) = filled {
            // Level 0 was held against its file together with the bundle.
            if level > 0 {
                self.tile(level, index, &hashes)?;
            }
            filled = self.edge.carry(level, &hashes);
        }
        Ok(())
    }

    /// Checks the partial tiles at the right edge.
    fn edges(&mut self) -> Result<(), VerifyError> {
        for (level, row) in self.edge.rows().into_iter().enumerate().skip(1) {
            if !row.is_empty() {
                let index = self.extent >> (8 * (level as u32 + 1));
                self.tile(level as u8, index, &row)?;
            }
        }
        Ok(())
    }

    /// Holds every file of one tile against its hashes.
    fn tile(&mut self, level: u8, index: u64, hashes: &[Hash]) -> Result<(), VerifyError> {
        let needed = self.needed(level, index);
        let found = self.files(Some(level), index)?;
        self.require(Some(level), index, needed, &found);
        for (width, bytes) in found {
            self.compare(level, index, width, &bytes, hashes);
        }
        Ok(())
    }

    fn compare(&mut self, level: u8, index: u64, width: u16, bytes: &[u8], hashes: &[Hash]) {
        let tile = Tile {
            level: Some(level),
            index,
            width,
        };
        let name = self.folder.call(&tile.path());
        if bytes.len() != usize::from(width) * 32 {
            let what = format!(
                "it has {} bytes, a tile of its width {}",
                bytes.len(),
                u32::from(width) * 32
            );
            return self.sink.bad(Code::FileForm, Place::file(name), what);
        }
        let (parts, _) = bytes.as_chunks::<32>();
        match parts.iter().zip(hashes).position(|(a, b)| a != b) {
            None => self.sink.good(Subject::Tree),
            Some(at) => {
                let what = format!("hash {at} is not the one that the entries below it make");
                let place = Place {
                    index: (level == 0).then(|| index * TILE_WIDTH + at as u64),
                    ..Place::file(name)
                };
                self.sink.bad(Code::TileWrong, place, what);
            }
        }
    }

    /// Width that this tile has to have for the checkpoint's size; 0 where it has none.
    fn needed(&self, level: u8, index: u64) -> u16 {
        let count = self.stated.size >> (8 * u32::from(level));
        count.saturating_sub(index * TILE_WIDTH).min(TILE_WIDTH) as u16
    }

    /// Tells a missing file: one of the width needed, or the full one that has taken its place.
    fn require(&mut self, level: Option<u8>, index: u64, needed: u16, found: &[(u16, Vec<u8>)]) {
        let there = |width: u16| found.iter().any(|(w, _)| *w == width);
        if needed > 0 && !there(needed) && !there(TILE_WIDTH as u16) {
            let tile = Tile {
                level,
                index,
                width: needed,
            };
            let place = Place::file(self.folder.call(&tile.path()));
            let what = format!("a log of {} entries has this file", self.stated.size);
            self.sink.bad(Code::FileMissing, place, what);
        }
    }

    /// Every file of one tile or bundle, with its width: the widest first.
    fn files(&mut self, level: Option<u8>, index: u64) -> Result<Vec<(u16, Vec<u8>)>, VerifyError> {
        let most = if level.is_some() {
            TILE_BYTES_MAX
        } else {
            BUNDLE_BYTES_MAX
        };
        let mut files = Vec::new();
        let mut held = 0;
        let mut widths = partial_widths(self.folder, level, index)?;
        widths.push(TILE_WIDTH as u16);
        for width in widths.into_iter().rev() {
            let name = Tile {
                level,
                index,
                width,
            }
            .path();
            let what = match self.folder.read(&name, most)? {
                Found::Bytes(bytes) if held + bytes.len() <= PLACE_BYTES_MAX => {
                    held += bytes.len();
                    files.push((width, bytes));
                    continue;
                }
                Found::Bytes(_) => {
                    "the partial files of this place are too long together".to_owned()
                }
                Found::Nothing => continue,
                Found::TooLong => format!("it is longer than {most} bytes"),
                Found::NoFile => "it is no regular file".to_owned(),
            };
            self.sink
                .bad(Code::FileForm, Place::file(self.folder.call(&name)), what);
        }
        Ok(files)
    }
}

/// Widths of the partial files of one tile or bundle, ascending.
fn partial_widths(folder: &Folder, level: Option<u8>, index: u64) -> Result<Vec<u16>, VerifyError> {
    let partial = Tile {
        level,
        index,
        width: 1,
    }
    .path();
    let below = partial.strip_suffix("/1").unwrap_or(&partial);
    let items = folder.list(below)?.unwrap_or_default();
    let width = |name: &str| {
        name.parse()
            .ok()
            .filter(|w: &u16| w.to_string() == name && (1..256).contains(w))
    };
    let mut widths: Vec<u16> = items.iter().filter_map(|item| width(&item.name)).collect();
    widths.sort_unstable();
    Ok(widths)
}
