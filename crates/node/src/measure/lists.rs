//! The protected lists of an office: the bundle that is in use, and the newest that was ever seen. In: a note and its file. Out: the bundle. Never: an older bundle than one that was in use.

use crate::problem::{Answer, Code, Problem};
use sakimori_control::error::told;
use sakimori_control::ledger::installed_root;
use sakimori_control::{Host, Node, files};
use sakimori_custody::ids::{hex, unhex};
use sakimori_respond::safety::list::{Bundle, Newest};
use std::path::Path;

/// The signed note of the lists, below the office's folder.
pub const LISTS_NOTE: &str = "safety-lists.note";
/// The lists themselves.
pub const LISTS_FILE: &str = "safety-lists.jsonl";
/// Version and SHA-256 of the newest that was seen.
const NEWEST: &str = "safety-lists.newest";

fn read_newest(folder: &Path) -> Answer<Option<Newest>> {
    let path = folder.join(NEWEST);
    let bytes = files::read(&path).map_err(|e| Problem::hidden(Code::Fault, told(&e)))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    let read = text.trim_end().split_once(' ');
    let read = read.and_then(|(version, digest)| {
        Some(Newest {
            version: version.parse().ok()?,
            digest: unhex(digest)?,
        })
    });
    let damaged = || Problem::hidden(Code::Fault, format!("{} is damaged", path.display()));
    read.map(Some).ok_or_else(damaged)
}

/// The bundle in use.
///
/// # Errors
/// [`Code::Refused`] where there is none, or it is none, or has ended.
pub fn lists_of(node: &Node, host: &Host, folder: &Path) -> Answer<Bundle> {
    let read = |name: &str| {
        let bytes = files::read(&folder.join(name));
        let bytes = bytes.map_err(|e| Problem::hidden(Code::Fault, told(&e)))?;
        bytes.ok_or_else(|| {
            let words = "there are no protected lists; `sakimori measure lists set` puts a signed bundle in use";
            Problem::new(Code::Refused, words)
        })
    };
    let (note, file) = (read(LISTS_NOTE)?, read(LISTS_FILE)?);
    bundle(node, host, folder, &note, &file)
}

fn bundle(node: &Node, host: &Host, folder: &Path, note: &[u8], file: &[u8]) -> Answer<Bundle> {
    let root = installed_root(node).map_err(|e| crate::part::refused(&e))?;
    let newest = read_newest(folder)?;
    let read = Bundle::read(note, file, &root, newest, host.seconds());
    read.map_err(|e| Problem::new(Code::Refused, told(&e)))
}

/// Puts a bundle in use: it is read and held against the newest first.
///
/// # Errors
/// [`Code::Refused`]: it is none, older, or has ended; the one before stays.
pub fn set_lists(
    node: &Node,
    host: &Host,
    folder: &Path,
    note: &[u8],
    file: &[u8],
) -> Answer<Bundle> {
    let bundle = bundle(node, host, folder, note, file)?;
    let Newest { version, digest } = bundle.newest();
    let write = |name: &str, bytes: &[u8]| {
        let written = files::write(&folder.join(name), bytes, files::PUBLIC);
        written.map_err(|e| Problem::hidden(Code::Fault, told(&e)))
    };
    // What is remembered first: a fall between leaves a bundle that is told to be older, and never an older one in use.
    write(NEWEST, format!("{version} {}\n", hex(&digest)).as_bytes())?;
    write(LISTS_FILE, file)?;
    write(LISTS_NOTE, note)?;
    Ok(bundle)
}
