//! A damaged log made whole from the mirror's copy, as the person who runs the office's node asks for it. In: a node, the folder of a copy. Out: what was restored, in words. Never: a repair
//! while the ledger runs, from a copy that mirror and log did not both sign, or over a log that tells another history: that one is evidence.

use super::installed_root;
use crate::error::{ControlError, told};
use crate::files;
use crate::layout::Node;
use sakimori_authority::root::TrustRoot;
use sakimori_ledger::disk::{Disk, Folder};
use sakimori_ledger::reader::LogReader;
use sakimori_ledger::repair::{RepairError, repair as restore};
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle::{Frontier, Hash};
use sakimori_tlog::note::Note;
use sakimori_tlog::tile::TILE_WIDTH;
use std::path::{Path, PathBuf};

/// Name of the checkpoint below a log's folder and a copy's.
const CHECKPOINT: &str = "checkpoint";

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Entries that the copy vouches for.
    pub entries: u64,
    /// The files that were missing or damaged, below the log's folder, in the order in which they were written.
    pub files: Vec<String>,
}

impl Repaired {
    /// What a file of a log holds, for people.
    pub fn holds(file: &str) -> &'static str {
        if file == CHECKPOINT {
            "the signed size and root of the log"
        } else if file.starts_with("bodies/") {
            "the body of an entry"
        } else if file.starts_with("tile/entries/") {
            "up to 256 entries"
        } else if file.starts_with("tile/0/") {
            "the hashes of up to 256 entries"
        } else {
            "hashes of the tree above the entries"
        }
    }
}

/// Replaces what is missing or damaged in a node's log by what the entries of the mirror's copy make of it.
///
/// # Errors
/// [`ControlError::Usage`]: the ledger runs, or the copy is an older one. [`ControlError::Document`]: the copy is not signed by mirror and log, is damaged itself, or tells another history than the log's own
/// checkpoint; nothing was written. [`ControlError::File`]: the disk.
pub fn repair(node: &Node, from: &Path) -> Result<Repaired, ControlError> {
    let (root, config) = (installed_root(node)?, node.ledger());
    let _held = files::lock(&config.state.join("lock"), || {
        let folder = node.folder().display();
        format!("the ledger of {folder} runs; end it before its log is repaired")
    })?;
    let path = from.join(CHECKPOINT);
    let bytes = files::read(&path)?.ok_or_else(|| {
        let folder = from.display();
        ControlError::Usage(format!(
            "{folder} is no mirror's copy: it has no `{CHECKPOINT}`"
        ))
    })?;
    let good = signed(&bytes, &root).filter(|(_, mirror)| *mirror);
    let (good, _) = good.ok_or_else(|| {
        let what = "it is not signed by this node's log and the commission's mirror";
        ControlError::document(path.display(), what)
    })?;
    let copy = open(from)?;
    let own = files::read(&config.log.join(CHECKPOINT)).ok().flatten();
    let own = own.and_then(|bytes| signed(&bytes, &root));
    // Also where the mirror has not signed it: what the log said of itself is not written over.
    if let Some((own, _)) = &own {
        one_history(own, &good, &LogReader::new(&copy, good.size), &path)?;
    }
    let mut log = open(&config.log)?;
    let restored = restore(&mut log, &copy, &good);
    let mut files = restored.map_err(|e| failed(e, from, &config.log))?;
    if own.is_none() {
        let write = log.commit(CHECKPOINT, &bytes);
        write.map_err(ControlError::file("write", &config.log.join(CHECKPOINT)))?;
        files.push(CHECKPOINT.to_owned());
    }
    Ok(Repaired {
        entries: good.size,
        files,
    })
}

fn open(folder: &Path) -> Result<Folder, ControlError> {
    Folder::new(folder).map_err(ControlError::file("open", folder))
}

/// The checkpoint in a note that the node's log signed, and whether the mirror did too.
fn signed(bytes: &[u8], root: &TrustRoot) -> Option<(Checkpoint, bool)> {
    let note = Note::parse(bytes).ok()?;
    let checkpoint = Checkpoint::parse(note.text()).ok()?;
    let by = |keys: &[VerifierKey]| note.verify(keys).is_ok_and(|verified| !verified.is_empty());
    let logs = root.policy.logs().iter().cloned();
    let logs: Vec<_> = logs.filter(|key| key.name() == checkpoint.origin).collect();
    by(&logs).then(|| (checkpoint, by(std::slice::from_ref(&root.mirror))))
}

/// Refuses a copy that is older than what the log's own checkpoint says, or tells another history.
fn one_history(
    own: &Checkpoint,
    good: &Checkpoint,
    copy: &LogReader<&Folder>,
    path: &Path,
) -> Result<(), ControlError> {
    if own.size > good.size {
        return Err(ControlError::Usage(format!(
            "the copy ends at {} entries and the log has signed for {}; bring the mirror's newest copy",
            good.size, own.size
        )));
    }
    let unreadable = |e| ControlError::document(path.display(), told(&e));
    if root_at(copy, own.size).map_err(unreadable)? == own.root {
        return Ok(());
    }
    Err(ControlError::document(
        path.display(),
        format!(
            "the copy and the log tell different histories of the first {} entries; nothing was changed: this is for the commission to see",
            own.size
        ),
    ))
}

/// The root over the first entries of a copy, from the entries alone.
fn root_at(
    copy: &LogReader<&Folder>,
    size: u64,
) -> Result<Hash, sakimori_ledger::reader::ReadError> {
    let (mut tree, mut left) = (Frontier::default(), size);
    for bundle in 0..size.div_ceil(TILE_WIDTH) {
        for entry in copy
            .bundle(bundle)?
            .iter()
            .take(left.min(TILE_WIDTH) as usize)
        {
            tree.push_entry(entry);
            left -= 1;
        }
    }
    Ok(tree.root())
}

fn failed(error: RepairError, from: &Path, log: &Path) -> ControlError {
    match error {
        RepairError::Io(name, source) => {
            let path: PathBuf = log.join(name);
            ControlError::file("repair", &path)(source)
        }
        error => ControlError::document(from.display(), told(&error)),
    }
}
