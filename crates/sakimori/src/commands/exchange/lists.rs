//! Lists at the command line. In: folders of warning lists and taxonomies, plain lists and CSV. Out: what is read of them, lines about what they name. Never: a folder that is used by
//! halves; an indicator that is left out because a list names it.

use super::line;
use crate::failure::Failure;
use crate::show;
use sakimori_control::files;
use sakimori_exchange::list::{self, Item};
use sakimori_exchange::misp::taxonomy::{TAXONOMIES_MAX, Taxonomies, Taxonomy};
use sakimori_exchange::warning::{LISTS_MAX, Named, Warnings};
use std::path::{Path, PathBuf};

/// The files of a folder as MISP lays them out: `NAME.json` in it, or `INNER` in the folders below it.
fn of_folder(folder: &Path, inner: &str, most: usize) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let failed = |e: std::io::Error| Failure::no(format!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let below = path.join(inner);
        if path.extension().is_some_and(|ending| ending == "json") {
            paths.push(path);
        } else if below.is_file() {
            paths.push(below);
        }
        if paths.len() > most {
            return Err(Failure::no(format!(
                "{}: more than {most} files",
                folder.display()
            )));
        }
    }
    paths.sort();
    let read = |path: PathBuf| Ok((path.display().to_string(), files::read_present(&path)?));
    paths.into_iter().map(read).collect()
}

/// The warning lists of a folder; none where none is named.
pub(super) fn warnings(folder: Option<&Path>) -> Result<Warnings, Failure> {
    let Some(folder) = folder else {
        return Ok(Warnings::default());
    };
    let files = of_folder(folder, "list.json", LISTS_MAX)?;
    Warnings::of_files(files).map_err(|e| Failure::no(line(&e)))
}

/// The taxonomies of a folder; none where none is named.
pub(super) fn taxonomies(folder: Option<&Path>) -> Result<Taxonomies, Failure> {
    let Some(folder) = folder else {
        return Ok(Taxonomies::default());
    };
    let mut all = Vec::new();
    for (name, bytes) in of_folder(folder, "machinetag.json", TAXONOMIES_MAX)? {
        let read = Taxonomy::read(&bytes);
        all.push(read.map_err(|e| Failure::no(format!("{name}: {}", line(&e))))?);
    }
    Ok(Taxonomies::new(all))
}

/// Tells what lists name.
pub(super) fn tell(all: &[Named]) {
    for one in all {
        for reason in &one.reasons {
            let place = if one.place.is_empty() {
                String::new()
            } else {
                format!("{}: ", one.place)
            };
            show::say(&format!("{place}{}: {reason}", one.value));
        }
    }
}

/// Whether a text is JSON and no list.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'['))
}

/// Reads a list: CSV where its name or a column says so, else one indicator a line.
pub(super) fn read(path: &Path, bytes: &[u8], column: Option<&str>) -> Result<Vec<Item>, Failure> {
    let table = column.is_some() || path.extension().is_some_and(|ending| ending == "csv");
    let found = if table {
        list::read_csv(bytes, column)
    } else {
        list::read_plain(bytes)
    };
    let found = found.map_err(|e| Failure::no(format!("{}: {}", path.display(), line(&e))))?;
    if found.is_empty() {
        return Err(Failure::no(format!(
            "{}: there is no indicator",
            path.display()
        )));
    }
    Ok(found)
}

/// What lists say of the indicators of a list.
pub(super) fn named(warnings: &Warnings, items: &[Item]) -> Vec<Named> {
    let each = items.iter().filter_map(|item| {
        let reasons = warnings.reasons(&item.what);
        (!reasons.is_empty()).then(|| Named {
            place: format!("line {}", item.line),
            value: item.what.to_string(),
            reasons,
        })
    });
    each.collect()
}
