//! Files that no log has. In: a folder whose tree was walked. Out: a problem for each file that nothing accounts for. Never: a file that is passed over.

use super::extent;
use crate::VerifyError;
use crate::code::Code;
use crate::files::{Folder, Item};
use crate::report::{Place, Sink};
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::tile::{TILE_WIDTH, Tile};

/// Deepest folders of a tile's path: `tile`, level, six groups of three digits, `.p`.
const DEPTH_MAX: usize = 12;

/// What a folder may hold.
pub(crate) struct Allowed<'a> {
    /// Files beside `tile` and `bodies`.
    pub(crate) files: &'a [&'a str],
    /// Entries that the files have.
    pub(crate) extent: u64,
    /// Commitments of all entries, sorted; `None` where not all entries could be read.
    pub(crate) bodies: Option<&'a [Hash]>,
}

/// Tells every file that nothing accounts for. What a writer left half written, `NAME.tmp` of a name that may be there, is counted in a note: it is not of the log.
///
/// # Errors
/// [`VerifyError`]: the folder cannot be read.
pub(crate) fn strays(
    folder: &Folder,
    allowed: &Allowed<'_>,
    sink: &mut Sink,
) -> Result<(), VerifyError> {
    if extent(folder, allowed.extent)? > allowed.extent {
        sink.note("the log has grown while it was read: whether it has files that no log has is not judged");
        return Ok(());
    }
    let mut unfinished = 0;
    let mut folders = vec![(String::new(), 0)];
    while let Some((below, depth)) = folders.pop() {
        for Item {
            name,
            folder: is_folder,
        } in folder.list(&below)?.unwrap_or_default()
        {
            let path = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            if is_folder {
                if depth == DEPTH_MAX {
                    sink.bad(
                        Code::Stray,
                        Place::file(folder.call(&path)),
                        "a log has no folders as deep as this",
                    );
                } else {
                    folders.push((path, depth + 1));
                }
                continue;
            }
            let left = path
                .strip_suffix(".tmp")
                .is_some_and(|finished| allowed.has(finished));
            unfinished += u64::from(left);
            if !left && !allowed.has(&path) {
                sink.bad(
                    Code::Stray,
                    Place::file(folder.call(&path)),
                    "no log of this size has this file",
                );
            }
        }
    }
    if unfinished > 0 {
        sink.note(format!(
            "{unfinished} files were left half written and are not of the log"
        ));
    }
    Ok(())
}

impl Allowed<'_> {
    fn has(&self, path: &str) -> bool {
        if self.files.contains(&path) {
            return true;
        }
        if let Some(body) = path.strip_prefix("bodies/") {
            return is_body(body, self.bodies);
        }
        tile(path).is_some_and(|tile| self.has_tile(&tile))
    }

    /// Whether a log of this extent has the tile, or had it when it was smaller.
    fn has_tile(&self, tile: &Tile) -> bool {
        let level = tile.level.unwrap_or(0);
        let count = self.extent.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let first = tile.index.saturating_mul(TILE_WIDTH);
        count.saturating_sub(first) >= u64::from(tile.width)
    }
}

fn is_body(path: &str, bodies: Option<&[Hash]>) -> bool {
    let Some((first, name)) = path.split_once('/') else {
        return false;
    };
    let hash = crate::unhex::<32>(name).filter(|_| name.get(..2) == Some(first));
    hash.is_some_and(|hash| bodies.is_none_or(|bodies| bodies.binary_search(&hash).is_ok()))
}

/// The tile that has this path, in its one form.
fn tile(path: &str) -> Option<Tile> {
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let level = match kind {
        "entries" => None,
        level => Some(level.parse().ok().filter(|&level: &u8| level < 8)?),
    };
    let (groups, width) = match rest.split_once(".p/") {
        Some((groups, width)) => (
            groups,
            width
                .parse()
                .ok()
                .filter(|width| (1..256).contains(width))?,
        ),
        None => (rest, TILE_WIDTH as u16),
    };
    let mut index: u64 = 0;
    for group in groups.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    let tile = Tile {
        level,
        index,
        width,
    };
    (tile.path() == path).then_some(tile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_one_of_its_tile() {
        let cases = [
            ("tile/0/000", Some((Some(0), 0, 256))),
            ("tile/entries/x001/x234/067", Some((None, 1_234_067, 256))),
            ("tile/7/000.p/255", Some((Some(7), 0, 255))),
            ("tile/8/000", None),
            ("tile/00/000", None),
            ("tile/0/0000", None),
            ("tile/0/x000/000", None),
            ("tile/0/000.p/0", None),
            ("tile/0/000.p/256", None),
            ("tile/0/000.p/08", None),
            ("tile/0/000.p/+8", None),
            ("tile/0/+00", None),
            ("tile/entries", None),
            ("tile/0/x999/x999/x999/x999/x999/x999/x999/999", None),
            ("tiles/0/000", None),
        ];
        for (path, wanted) in cases {
            let found = tile(path).map(|t| (t.level, t.index, t.width));
            assert_eq!(found, wanted, "{path}");
        }
    }
}
