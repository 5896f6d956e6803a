//! Opening a log: every entry is read, hashed and held against the tiles, the write-ahead log and the checkpoint that was signed. In: two disks.
//! Out: a store that goes on where the durable bytes end, or what is wrong with them. Never: a log shorter than what was signed.
//!
//! The write-ahead log is written anew and synced, so that bytes which only the page cache had are on disk before anything is built on them.

use super::{Store, StoreError, WAL};
use crate::disk::Disk;
use crate::limits::{WAL_BYTES_MAX, WAL_BYTES_ROTATE};
use crate::reader::{LogReader, ReadError};
use crate::tree::Tree;
use crate::wal::{self, Base, Chain, HEADER_BYTES, Record};
use sakimori_custody::entry::Envelope;
use sakimori_tlog::merkle::{Hash, leaf_hash};
use sakimori_tlog::tile::TILE_WIDTH;
use std::collections::BTreeMap;
use std::io;

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The storage failed; try again.
    #[error("the storage failed at `{0}`")]
    Io(String, #[source] io::Error),
    /// A file of the log is missing, damaged or cannot be read.
    #[error("the log's files are not whole")]
    Read(#[from] ReadError),
    /// The write-ahead log has no header of ours.
    #[error("the write-ahead log has no whole header")]
    Header,
    /// The tiles hold other entries than their hashes say.
    #[error("entry {0} is not the one that its tile has")]
    Entry(u64),
    /// The tiles do not lead to the root that was noted.
    #[error("the tree of {0} entries has another root than was noted")]
    Root(u64),
    /// Fewer entries than were signed for: the disk lost or was given an older state.
    #[error("the log has {have} entries and has signed for {signed}")]
    Short {
        /// Entries found.
        have: u64,
        /// Size of the last checkpoint signed.
        signed: u64,
    },
    /// A checkpoint that is none.
    #[error("the checkpoint in `{0}` is not ours")]
    Checkpoint(String),
    /// A stream is broken in an entry of the log.
    #[error("entry {0} is no link of its stream")]
    Stream(u64),
    /// A temporary key or lock is held by another process.
    #[error("another process has the log open")]
    Locked,
    /// More logs than a witness may have.
    #[error("a witness has at most {} logs", crate::limits::WITNESSED_LOGS_MAX)]
    Logs,
}

/// What the log must be at least.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    /// Size that was signed.
    pub(crate) size: u64,
    /// Root that was signed.
    pub(crate) root: Hash,
    /// Whether what lies behind is dropped.
    pub(crate) exactly: bool,
}

/// Goes over all entries.
struct Replay<'v> {
    tree: Tree,
    expected: Option<Expected>,
    visit: &'v mut dyn FnMut(u64, &[u8]) -> bool,
}

impl Replay<'_> {
    fn push(&mut self, entry: &[u8], leaf: Hash) -> Result<(), OpenError> {
        let index = self.tree.size();
        self.tree.push(entry, leaf);
        if !(self.visit)(index, entry) {
            return Err(OpenError::Stream(index));
        }
        self.check()
    }

    /// Holds the root against the one that was signed, at its size.
    fn check(&self) -> Result<(), OpenError> {
        let wrong = |e: Expected| e.size == self.tree.size() && e.root != self.tree.root();
        if self.expected.is_some_and(wrong) {
            return Err(OpenError::Root(self.tree.size()));
        }
        Ok(())
    }

    /// Every entry that the tiles have, held against its leaf hash.
    fn tiles(&mut self, log: &dyn Disk, base: Base) -> Result<(), OpenError> {
        let mut reader = LogReader::new(log, base.size);
        for bundle in 0..base.size.div_ceil(TILE_WIDTH) {
            let hashes = reader.leaf_hashes(bundle)?;
            for (entry, hash) in reader.bundle(bundle)?.iter().zip(hashes) {
                let leaf = leaf_hash(entry);
                if leaf != hash {
                    return Err(OpenError::Entry(self.tree.size()));
                }
                self.push(entry, leaf)?;
            }
            self.tree.forget_files();
        }
        // The right edge is read from the disk too, and must be what the entries make.
        if self.tree.root() != base.root || reader.root(base.size)? != base.root {
            return Err(OpenError::Root(base.size));
        }
        Ok(())
    }
}

impl Store {
    /// Opens a log. `visit` sees each entry with its index and says whether it may stand there.
    ///
    /// # Cost
    /// Reads and hashes the whole log: about a second for a million entries.
    pub(crate) fn open(
        log: Box<dyn Disk>,
        wal: Box<dyn Disk>,
        expected: Option<Expected>,
        visit: &mut dyn FnMut(u64, &[u8]) -> bool,
    ) -> Result<Self, OpenError> {
        let read = wal.read(WAL, WAL_BYTES_MAX);
        let bytes = read.map_err(|error| OpenError::Io(WAL.to_owned(), error))?;
        let (base, mut records) = match &bytes {
            None => (Base::empty(), Vec::new()),
            Some(bytes) => {
                let (base, chain) = wal::read_header(bytes).ok_or(OpenError::Header)?;
                let behind = bytes.get(HEADER_BYTES..).unwrap_or_default();
                (base, wal::read(behind, base.size, chain).records)
            }
        };
        let mut replay = Replay {
            tree: Tree::default(),
            expected,
            visit,
        };
        replay.tiles(&*log, base)?;
        if let Some(end) = expected.filter(|e| e.exactly) {
            records.truncate(end.size.saturating_sub(base.size) as usize);
        }
        // The tree waits at the base; the records behind it are settled after their new write-ahead log is durable.
        let mut ahead = Replay {
            tree: replay.tree.copy(),
            expected,
            visit: replay.visit,
        };
        for record in &records {
            ahead.push(&record.entry, leaf_hash(&record.entry))?;
        }
        let have = ahead.tree.size();
        if let Some(signed) = expected.map(|e| e.size).filter(|&signed| signed > have) {
            return Err(OpenError::Short { have, signed });
        }
        let mut store = Self::at(log, wal, replay.tree);
        store.rewrite(base, &records)?;
        // The files behind the write-ahead log may be gone; they are made again before anyone builds on them.
        match store.settle() {
            Ok(_) => Ok(store),
            Err(StoreError::Io(name, error)) => Err(OpenError::Io(name, error)),
            Err(StoreError::Read(error)) => Err(OpenError::Read(error)),
            Err(_) => Err(OpenError::Root(store.size())),
        }
    }

    fn at(log: Box<dyn Disk>, wal: Box<dyn Disk>, tree: Tree) -> Self {
        Self {
            log,
            wal,
            frontier: tree.frontier().clone(),
            filling: tree.filling().to_vec(),
            tree,
            unsettled: Vec::new(),
            bodies: BTreeMap::new(),
            end: (0, Chain::default()),
            settled: (0, Chain::default()),
            rotate_at: WAL_BYTES_ROTATE,
            stopped: false,
        }
    }

    fn rewrite(&mut self, base: Base, records: &[Record]) -> Result<(), OpenError> {
        let (header, start) = wal::header(base);
        let (mut bytes, mut chain) = (header.to_vec(), start);
        for (at, record) in records.iter().enumerate() {
            chain = wal::push(&mut bytes, base.size + at as u64, record, chain);
            self.push_leaf(leaf_hash(&record.entry));
            if let Ok(envelope) = Envelope::decode(&record.entry) {
                let body = self.bodies.entry(envelope.body);
                body.or_insert_with(|| record.body.clone());
            }
        }
        let committed = self.wal.commit(WAL, &bytes);
        committed.map_err(|error| OpenError::Io(WAL.to_owned(), error))?;
        self.end = (bytes.len() as u64, chain);
        self.settled = (HEADER_BYTES as u64, start);
        Ok(())
    }
}
