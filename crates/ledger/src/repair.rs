//! A damaged log made whole from the mirror's copy. In: the log's disk, the copy, the checkpoint that both were signed for. Out: the files that were replaced.
//! Never: a file whose bytes do not follow from entries that lead to the checkpoint's root; a body that is not the one committed to.
//!
//! The writer must not run meanwhile; it reads all of it again when it opens.

use crate::disk::{Disk, Source};
use crate::reader::{LogReader, ReadError, body_name};
use crate::tips::Form;
use crate::tree::Tree;
use sakimori_custody::entry::Envelope;
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::merkle::{Frontier, leaf_hash};
use sakimori_tlog::tile::TILE_WIDTH;
use std::io;

/// Why a log is not repaired.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The copy cannot be read.
    #[error("the copy cannot be read")]
    Copy(#[from] ReadError),
    /// The copy's entries lead to another root.
    #[error("the copy is not of the log of this checkpoint")]
    Root,
    /// A file cannot be read or written.
    #[error("`{0}` cannot be repaired")]
    Io(String, #[source] io::Error),
}

/// Replaces the files of a log that are missing or damaged by what the copy's entries make of them; returns their names.
///
/// # Errors
/// [`RepairError`]; nothing was written where the copy is at fault.
///
/// # Cost
/// Reads the copy twice and the log once.
pub fn repair(
    log: &mut dyn Disk,
    copy: &dyn Source,
    checkpoint: &Checkpoint,
) -> Result<Vec<String>, RepairError> {
    let reader = LogReader::new(copy, checkpoint.size);
    let mut whole = Frontier::default();
    each_bundle(&reader, |entries| {
        for entry in entries {
            whole.push_entry(entry);
        }
        Ok(())
    })?;
    if whole.root() != checkpoint.root {
        return Err(RepairError::Root);
    }
    let (mut tree, mut replaced) = (Tree::default(), Vec::new());
    each_bundle(&reader, |entries| {
        for entry in entries {
            tree.push(entry, leaf_hash(entry));
            replaced.extend(body(log, &reader, entry)?);
        }
        for (name, bytes) in tree.take_full() {
            replaced.extend(file(log, name, &bytes)?);
        }
        Ok(())
    })?;
    for (name, bytes) in tree.take_files() {
        replaced.extend(file(log, name, &bytes)?);
    }
    Ok(replaced)
}

fn each_bundle<S: Source>(
    reader: &LogReader<S>,
    mut each: impl FnMut(&[Vec<u8>]) -> Result<(), RepairError>,
) -> Result<(), RepairError> {
    for bundle in 0..reader.size().div_ceil(TILE_WIDTH) {
        each(&reader.bundle(bundle)?)?;
    }
    Ok(())
}

/// Replaces a file that has other bytes.
fn file(log: &mut dyn Disk, name: String, bytes: &[u8]) -> Result<Option<String>, RepairError> {
    let there = log.read(&name, crate::limits::TILE_BYTES_MAX);
    // One that cannot be read is replaced like one that is missing.
    if there.is_ok_and(|there| there.as_deref() == Some(bytes)) {
        return Ok(None);
    }
    match log.commit(&name, bytes) {
        Ok(()) => Ok(Some(name)),
        Err(error) => Err(RepairError::Io(name, error)),
    }
}

/// Replaces the body of an entry where it is missing or not the one committed to. Of a sealed one nobody can say that without its key: it is
/// replaced where the copy's differs.
fn body<S: Source>(
    log: &mut dyn Disk,
    copy: &LogReader<S>,
    entry: &[u8],
) -> Result<Option<String>, RepairError> {
    let Ok(envelope) = Envelope::decode(entry) else {
        return Ok(None);
    };
    let Some(stored) = copy.body(&envelope.body)? else {
        return Ok(None);
    };
    let good = Form::of(&envelope.body, &stored).is_some();
    if good {
        file(log, body_name(&envelope.body), &stored)
    } else {
        Ok(None)
    }
}
