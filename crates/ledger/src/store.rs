//! The durable log that writer and mirror both keep. In: records in order. Out: durability by one write and one fdatasync a batch, then files that any
//! tlog-tiles client reads. Never: a root that was not computed from bytes read back; a step after a storage error.
//!
//! A batch is durable once it is in the write-ahead log. Tiles, bundles and bodies are written behind it, without waiting for the disk, and made
//! again from it at the next start; when it has grown long they are synced and a new one begins.

mod open;

pub(crate) use open::Expected;
pub use open::OpenError;

use crate::disk::Disk;
use crate::limits::{BODY_BYTES_MAX, TILE_BYTES_MAX, WAL_BYTES_MAX};
use crate::reader::{LogReader, ReadError, body_name};
use crate::tree::Tree;
use crate::wal::{self, Base, Chain, HEADER_BYTES, Record};
use sakimori_custody::entry::Envelope;
use sakimori_tlog::merkle::{Frontier, Hash, leaf_hash};
use sakimori_tlog::tile::TILE_WIDTH;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Name of the write-ahead log.
const WAL: &str = "wal";

/// Why the store stopped. It must be opened anew, which checks what is on disk.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An earlier call failed; nothing is done until the log is opened anew.
    #[error("the log stopped after an earlier failure")]
    Stopped,
    /// The storage failed.
    #[error("the storage failed at `{0}`")]
    Io(String, #[source] io::Error),
    /// The write-ahead log is as long as it may be; a checkpoint must come first. Nothing was written.
    #[error("the write-ahead log is full")]
    Full,
    /// Tiles could not be read back.
    #[error("the tiles cannot be read back")]
    Read(#[from] ReadError),
    /// What is on disk is not what was written.
    #[error("what was read back differs from what was written: {0}")]
    Differs(&'static str),
}

/// The log on two disks: what everybody may read, and the write-ahead log.
pub(crate) struct Store {
    log: Box<dyn Disk>,
    wal: Box<dyn Disk>,
    /// What was taken from the write-ahead log, read back.
    tree: Tree,
    /// What was put into the write-ahead log.
    frontier: Frontier,
    /// Leaf hashes of the records that `tree` has not got yet, as computed before they were written.
    unsettled: Vec<Hash>,
    /// Leaf hashes of the bundle that is being filled, durable ones included.
    filling: Vec<Hash>,
    /// Bodies of those records.
    bodies: BTreeMap<[u8; 32], Vec<u8>>,
    /// Length of the write-ahead log, and its last checksum.
    end: (u64, Chain),
    /// Up to where `tree` has it.
    settled: (u64, Chain),
    /// Length of the write-ahead log at which a new one begins.
    rotate_at: u64,
    stopped: bool,
}

impl Store {
    /// Number of durable entries.
    pub(crate) const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Root of the durable entries, as computed before they were written.
    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Sets the length of the write-ahead log, in bytes, beyond which a new one begins.
    pub(crate) const fn rotate_at(&mut self, bytes: u64) {
        self.rotate_at = bytes;
    }

    /// Whether the write-ahead log is longer than it should stay: what it has is to be settled, and a new one begun.
    pub(crate) const fn is_long(&self) -> bool {
        self.end.0 > self.rotate_at
    }

    /// Whether an earlier call failed.
    pub(crate) const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The body under a commitment, wherever it is by now.
    pub(crate) fn body(&mut self, commitment: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(body) = self.bodies.get(commitment) {
            return Ok(Some(body.clone()));
        }
        let name = body_name(commitment);
        let read = self.log.read(&name, BODY_BYTES_MAX);
        self.io(&name, read)
    }

    /// Makes records durable in their order and returns the index of the first.
    pub(crate) fn append(&mut self, records: &[(Record, Hash)]) -> Result<u64, StoreError> {
        self.alive()?;
        let first = self.size();
        let mut bytes = Vec::new();
        let mut chain = self.end.1;
        for (at, (record, _)) in records.iter().enumerate() {
            chain = wal::push(&mut bytes, first + at as u64, record, chain);
        }
        if self.end.0 + bytes.len() as u64 > WAL_BYTES_MAX as u64 {
            return Err(StoreError::Full);
        }
        let appended = self.wal.append(WAL, &bytes);
        self.io(WAL, appended)?;
        let synced = self.wal.sync(WAL);
        self.io(WAL, synced)?;
        self.end = (self.end.0 + bytes.len() as u64, chain);
        for (record, leaf) in records {
            self.push_leaf(*leaf);
            if let Ok(envelope) = Envelope::decode(&record.entry) {
                let body = self.bodies.entry(envelope.body);
                body.or_insert_with(|| record.body.clone());
            }
        }
        Ok(first)
    }

    fn push_leaf(&mut self, leaf: Hash) {
        self.frontier.push(leaf);
        self.unsettled.push(leaf);
        self.filling.push(leaf);
        if self.filling.len() as u64 == TILE_WIDTH {
            self.filling.clear();
        }
    }

    /// Leaf hashes of the bundle that is being filled.
    pub(crate) fn filling(&self) -> &[Hash] {
        &self.filling
    }

    /// Reads back what was appended, hashes it again, writes the files and computes the root from them; returns size and root, by now the same from
    /// memory, from the write-ahead log and from the tiles.
    pub(crate) fn settle(&mut self) -> Result<(u64, Hash), StoreError> {
        self.alive()?;
        let verdict = self.try_settle();
        self.stopped |= verdict.is_err();
        verdict
    }

    fn try_settle(&mut self) -> Result<(u64, Hash), StoreError> {
        let (offset, chain) = self.settled;
        let read = self.wal.read_from(WAL, offset, WAL_BYTES_MAX);
        let bytes = self.io(WAL, read)?;
        let tail = wal::read(&bytes, self.tree.size(), chain);
        if (offset + tail.valid as u64, tail.chain) != self.end {
            return Err(StoreError::Differs("the write-ahead log"));
        }
        if tail.records.len() != self.unsettled.len() {
            return Err(StoreError::Differs("the number of entries"));
        }
        for (record, leaf) in tail.records.iter().zip(&self.unsettled) {
            if leaf_hash(&record.entry) != *leaf {
                return Err(StoreError::Differs("an entry"));
            }
            self.tree.push(&record.entry, *leaf);
        }
        self.write_files(&tail.records)?;
        self.unsettled.clear();
        self.bodies.clear();
        self.settled = self.end;
        let (size, root) = (self.size(), self.root());
        if self.root_on_disk(size)? != root || self.tree.root() != root {
            return Err(StoreError::Differs("the root"));
        }
        Ok((size, root))
    }

    fn write_files(&mut self, records: &[Record]) -> Result<(), StoreError> {
        let mut named = BTreeSet::new();
        for record in records {
            // Of two bodies under one commitment the first stays.
            if let Ok(envelope) = Envelope::decode(&record.entry)
                && named.insert(envelope.body)
            {
                self.write_body(&body_name(&envelope.body), &record.body)?;
            }
        }
        for (name, bytes) in self.tree.take_files() {
            let written = self.log.write(&name, &bytes);
            self.io(&name, written)?;
            self.check_written(&name, &bytes)?;
        }
        Ok(())
    }

    /// Writes a body that is not there. One that is there may be read by others, for an earlier entry; one that a crash left in part is replaced whole.
    fn write_body(&mut self, name: &str, body: &[u8]) -> Result<(), StoreError> {
        let there = self.log.read(name, BODY_BYTES_MAX);
        let written = match self.io(name, there)? {
            Some(there) if there == body => return Ok(()),
            Some(_) => self.log.write(name, body),
            None => self.log.put(name, body),
        };
        self.io(name, written)?;
        self.check_written(name, body)
    }

    /// Reads back what was written.
    fn check_written(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let read = self.log.read(name, TILE_BYTES_MAX);
        if self.io(name, read)?.as_deref() == Some(bytes) {
            Ok(())
        } else {
            Err(StoreError::Differs("a file"))
        }
    }

    /// Root of the first `size` entries, computed from the tiles on disk.
    pub(crate) fn root_on_disk(&mut self, size: u64) -> Result<Hash, StoreError> {
        Ok(self.reader().root(size)?)
    }

    /// Reads the settled files.
    pub(crate) fn reader(&self) -> LogReader<&dyn Disk> {
        LogReader::new(&*self.log, self.tree.size())
    }

    /// Begins a new write-ahead log where the present one has grown long and all of it is settled; everything before is synced first.
    pub(crate) fn trim(&mut self) -> Result<(), StoreError> {
        self.alive()?;
        if !self.is_long() || self.end != self.settled {
            return Ok(());
        }
        let base = Base {
            size: self.size(),
            root: self.root(),
        };
        let synced = self.log.sync_all();
        self.io("tile", synced)?;
        let (header, chain) = wal::header(base);
        let committed = self.wal.commit(WAL, &header);
        self.io(WAL, committed)?;
        self.end = (HEADER_BYTES as u64, chain);
        self.settled = self.end;
        // Only now: until the full tiles were synced, the partial ones were the only durable copy of what the old log had before its base.
        for folder in self.tree.take_replaced() {
            let removed = self.log.remove_folder(&folder);
            self.io(&folder, removed)?;
        }
        Ok(())
    }

    /// Puts a small file beside the tiles, durable when it returns.
    pub(crate) fn commit(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.alive()?;
        let committed = self.log.commit(name, bytes);
        self.io(name, committed)
    }

    /// Reads a file that everybody may read. A failure is the reader's alone.
    pub(crate) fn public(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.log.read(name, TILE_BYTES_MAX)
    }

    fn alive(&self) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        Ok(())
    }

    fn io<T>(&mut self, name: &str, result: io::Result<T>) -> Result<T, StoreError> {
        self.stopped |= result.is_err();
        result.map_err(|error| StoreError::Io(name.to_owned(), error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Folder;

    #[test]
    fn an_entry_that_is_not_the_one_that_was_hashed_stops_the_log() {
        let dir = tempfile::tempdir().unwrap();
        let disk = |name: &str| Box::new(Folder::new(&dir.path().join(name)).unwrap());
        let mut store = Store::open(disk("log"), disk("wal"), None, &mut |_, _| true).unwrap();
        let record = |entry: &[u8]| Record {
            entry: entry.to_vec(),
            body: Vec::new(),
        };
        assert_eq!(store.append(&[(record(b"a"), leaf_hash(b"a"))]).unwrap(), 0);
        assert_eq!(store.settle().unwrap(), (1, leaf_hash(b"a")));
        // A bit that flipped after the hash was made.
        store.append(&[(record(b"b"), leaf_hash(b"c"))]).unwrap();
        assert!(matches!(
            store.settle(),
            Err(StoreError::Differs("an entry"))
        ));
        assert!(store.is_stopped());
        assert!(matches!(store.settle(), Err(StoreError::Stopped)));
    }
}
