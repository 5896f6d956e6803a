//! The single writer. In: batches of records. Out: indices when they are durable, checkpoints when they were read back. Never: two checkpoints that
//! do not fit, a checkpoint that is shown before it is kept, anything after a failure.
//!
//! The core is deterministic given its disks: no clock, no thread, no socket.

use crate::disk::Disk;
use crate::limits::CHECKPOINT_BYTES_MAX;
use crate::store::{Expected, OpenError, Store, StoreError};
use crate::tips::{Form, Next, Place, Refusal, Tip, Tips};
use crate::wal::Record;
use sakimori_custody::entry::Envelope;
use sakimori_custody::ids::StreamId;
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::{NoteSigner, VerifierKey};
use sakimori_tlog::merkle::{Hash, empty_root};
use sakimori_tlog::note::Note;
use sakimori_tlog::tile::TILE_WIDTH;
use std::io;

/// Name of the last checkpoint in the store of signed checkpoints.
const SIGNED: &str = "checkpoint.signed";

/// Where the log is kept.
pub struct Stores {
    /// The folder that everybody may read.
    pub log: Box<dyn Disk>,
    /// The write-ahead log.
    pub wal: Box<dyn Disk>,
    /// The last signed checkpoint; best on another device than the rest, so that an older state of the log does not take it along.
    pub signed: Box<dyn Disk>,
}

/// Why an entry is not in the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The author is at fault.
    #[error("the entry is refused")]
    Refused(#[source] Refusal),
    /// The node's rules do not admit the entry; says why.
    #[error("the entry is not admitted: {0}")]
    Denied(String),
    /// The log stopped; whether the entry is in it is known after it is opened anew.
    #[error("the log stopped: {0}")]
    Stopped(String),
}

/// Why there is no checkpoint. The writer does nothing more until it is opened anew.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The durable log failed or differs.
    #[error("the log could not be read back")]
    Store(#[from] StoreError),
    /// The earlier checkpoint is not of the beginning of this log.
    #[error("the tree does not begin with the {0} entries that were signed for")]
    Inconsistent(u64),
    /// The store of signed checkpoints failed.
    #[error("the signed checkpoint could not be kept")]
    Keep(#[source] io::Error),
    /// Another process signed.
    #[error("the last signed checkpoint is not the one that this writer signed")]
    Raced,
    /// The key's name cannot stand in a checkpoint.
    #[error("the origin cannot stand in a checkpoint")]
    Origin,
}

/// The node's look at each entry before it is sequenced. Without one every entry is admitted that goes on where its stream ends.
pub trait Admit: Send {
    /// Sees an entry that is in the log already, when the log opens, with its stored body where it is still there.
    fn restore(&mut self, index: u64, entry: &[u8], body: Option<&[u8]>);
    /// Sees a new entry with its stored body, in the order of the log. One that is admitted has this index, or the writer stops.
    ///
    /// # Errors
    /// Why the entry is not put on record; it is shown to the author. Nothing was written, and the same index may come again.
    fn admit(&mut self, index: u64, entry: &[u8], body: &[u8]) -> Result<(), String>;
}

/// The writer of one log.
pub struct Writer {
    store: Store,
    admit: Option<Box<dyn Admit>>,
    signed: Box<dyn Disk>,
    signer: NoteSigner,
    tips: Tips,
    last: Option<Signed>,
    failed: bool,
}

/// A checkpoint as it was kept.
#[derive(Clone, Debug)]
struct Signed {
    size: u64,
    root: Hash,
    note: Note,
    bytes: Vec<u8>,
}

impl Writer {
    /// Opens a log, or begins one in empty stores. The signer's name is the log's origin.
    ///
    /// # Errors
    /// [`OpenError`]: what is durable is not a log that begins with what was signed.
    ///
    /// # Cost
    /// Reads and hashes the whole log.
    pub fn open(stores: Stores, signer: NoteSigner) -> Result<Self, OpenError> {
        let last = load_signed(&*stores.signed, signer.verifier())?;
        let expected = last.as_ref().map(|signed| Expected {
            size: signed.size,
            root: signed.root,
            exactly: false,
        });
        let mut tips = Tips::default();
        let mut visit =
            |index, entry: &[u8]| matches!(tips.follow(index, entry), Ok(Place::Next(_)));
        let store = Store::open(stores.log, stores.wal, expected, &mut visit)?;
        Ok(Self {
            store,
            admit: None,
            signed: stores.signed,
            signer,
            tips,
            last,
            failed: false,
        })
    }

    /// Shows the log to the one who admits entries, and asks it about each new one from now on.
    ///
    /// # Errors
    /// [`OpenError::Read`]: the log cannot be read back.
    ///
    /// # Cost
    /// Reads the whole log with its bodies.
    pub fn admit_with(&mut self, mut admit: Box<dyn Admit>) -> Result<(), OpenError> {
        let reader = self.store.reader();
        let mut at = 0;
        while at < reader.size() {
            let end = reader.size().min(at + TILE_WIDTH);
            for (index, entry) in (at..).zip(reader.entries(at..end)?) {
                let envelope = Envelope::decode(&entry).ok();
                let body = envelope.map(|e| reader.body(&e.body)).transpose()?;
                admit.restore(index, &entry, body.flatten().as_deref());
            }
            at = end;
        }
        self.admit = Some(admit);
        Ok(())
    }

    /// Number of durable entries.
    pub const fn size(&self) -> u64 {
        self.store.size()
    }

    /// The end of a stream; `None` where it has no entry.
    pub fn tip(&self, stream: StreamId) -> Option<Tip> {
        self.tips.tip(stream)
    }

    /// The last checkpoint that was signed.
    pub fn signed(&self) -> Option<&Note> {
        self.last.as_ref().map(|signed| &signed.note)
    }

    /// Size of the last checkpoint that was signed.
    pub fn signed_size(&self) -> u64 {
        self.last.as_ref().map_or(0, |signed| signed.size)
    }

    /// Sets the length of the write-ahead log, in bytes, beyond which a checkpoint begins a new one;
    /// [`crate::limits::WAL_BYTES_ROTATE`] where it is not set.
    pub const fn rotate_at(&mut self, bytes: u64) {
        self.store.rotate_at(bytes);
    }

    /// Whether the write-ahead log has grown long, so that a checkpoint is due whoever waits for it.
    pub const fn is_long(&self) -> bool {
        self.store.is_long()
    }

    /// Whether the writer has stopped.
    pub const fn is_stopped(&self) -> bool {
        self.failed || self.store.is_stopped()
    }

    /// Makes a batch durable with one write and one sync; gives each record its index, in order. A record that is the last of its stream already
    /// has the index that it has, so that an author may try again.
    pub fn append(&mut self, batch: Vec<Record>) -> Vec<Result<u64, AppendError>> {
        let count = batch.len();
        let mut places = Vec::with_capacity(count);
        let mut taken: Vec<(Record, Hash)> = Vec::with_capacity(count);
        for record in batch {
            let index = self.store.size() + taken.len() as u64;
            places.push(match self.place(&record) {
                Ok(Place::Next(next)) => self.admitted(index, &record).map(|()| {
                    self.tips.take(index, &next);
                    taken.push((record, next.leaf));
                    index
                }),
                Ok(Place::Already(index)) => Ok(index),
                Err(refusal) => Err(AppendError::Refused(refusal)),
            });
        }
        let stopped = if self.is_stopped() {
            Some(StoreError::Stopped)
        } else if taken.is_empty() {
            None
        } else {
            self.store.append(&taken).err()
        };
        match stopped {
            None => places,
            Some(error) => {
                self.failed = true;
                let reason = AppendError::Stopped(error.to_string());
                vec![Err(reason); count]
            }
        }
    }

    /// Asks the one who admits entries, where there is one. After a failure nobody is asked: nothing is put on record any more.
    fn admitted(&mut self, index: u64, record: &Record) -> Result<(), AppendError> {
        if self.is_stopped() {
            return Ok(());
        }
        let verdict = self
            .admit
            .as_mut()
            .map(|admit| admit.admit(index, &record.entry, &record.body));
        verdict.unwrap_or(Ok(())).map_err(AppendError::Denied)
    }

    fn place(&mut self, record: &Record) -> Result<Place, Refusal> {
        match self.tips.place(&record.entry)? {
            Place::Next(next) if !self.body_fits(&next, &record.body) => Err(Refusal::Body),
            place => Ok(place),
        }
    }

    /// The body must be the one committed to, in a form that the entry takes, and the one that is there already, if any.
    fn body_fits(&mut self, next: &Next, stored: &[u8]) -> bool {
        let same = |there: Option<Vec<u8>>| there.is_none_or(|there| there == stored);
        Form::of(&next.body, stored).is_some_and(|form| next.takes(form))
            && self.store.body(&next.body).is_ok_and(same)
    }

    /// Signs for everything that is durable: reads it back, hashes it again, computes the root from the tiles, keeps the checkpoint, and only then
    /// returns it. `None` for a log without entries.
    ///
    /// # Errors
    /// [`CheckpointError`]; the writer has stopped.
    pub fn checkpoint(&mut self) -> Result<Option<&Note>, CheckpointError> {
        if self.is_stopped() {
            return Err(StoreError::Stopped.into());
        }
        if self.store.size() > self.signed_size() {
            let signed = self.sign();
            self.failed |= signed.is_err();
            self.last = Some(signed?);
            self.store.trim()?;
        }
        Ok(self.signed())
    }

    fn sign(&mut self) -> Result<Signed, CheckpointError> {
        let (size, root) = self.store.settle()?;
        let (old_size, old_root) = self
            .last
            .as_ref()
            .map_or((0, empty_root()), |old| (old.size, old.root));
        if self.store.root_on_disk(old_size)? != old_root {
            return Err(CheckpointError::Inconsistent(old_size));
        }
        let checkpoint = Checkpoint {
            origin: self.signer.verifier().name().to_owned(),
            size,
            root,
            extensions: Vec::new(),
        };
        let note = Note::sign(&checkpoint.to_string(), &[&self.signer], 0);
        let note = note.ok_or(CheckpointError::Origin)?;
        let bytes = note.to_bytes();
        self.keep(&bytes)?;
        Ok(Signed {
            size,
            root,
            note,
            bytes,
        })
    }

    /// Compare-and-swap of the last signed checkpoint.
    fn keep(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let there = self.signed.read(SIGNED, CHECKPOINT_BYTES_MAX);
        let expected = self.last.as_ref().map(|old| &old.bytes);
        if there.map_err(CheckpointError::Keep)?.as_ref() != expected {
            return Err(CheckpointError::Raced);
        }
        let kept = self.signed.commit(SIGNED, bytes);
        kept.map_err(CheckpointError::Keep)
    }
}

fn load_signed(disk: &dyn Disk, key: &VerifierKey) -> Result<Option<Signed>, OpenError> {
    let read = disk.read(SIGNED, CHECKPOINT_BYTES_MAX);
    let Some(bytes) = read.map_err(|error| OpenError::Io(SIGNED.to_owned(), error))? else {
        return Ok(None);
    };
    let signed = own_checkpoint(&bytes, key).map(|(note, checkpoint)| Signed {
        size: checkpoint.size,
        root: checkpoint.root,
        note,
        bytes,
    });
    signed
        .map(Some)
        .ok_or_else(|| OpenError::Checkpoint(SIGNED.to_owned()))
}

/// A checkpoint that `key` signed for the log of its name.
pub(crate) fn own_checkpoint(bytes: &[u8], key: &VerifierKey) -> Option<(Note, Checkpoint)> {
    let note = Note::parse(bytes).ok()?;
    note.verify(std::slice::from_ref(key)).ok()?;
    let checkpoint = Checkpoint::parse(note.text()).ok()?;
    (checkpoint.origin == key.name()).then_some((note, checkpoint))
}
