//! The commission's mirror: a verified copy of the log, and a cosignature that says so. In: requests, the time. Out: answers. Never: a cosignature for
//! what is not durable here, for two histories, or for an entry that the approver has not seen; a clock or socket of its own.
//!
//! c2sp.org/tlog-mirror; only the newest pending checkpoint is taken as the end of an upload, and tickets are empty.

mod entries;

use crate::disk::Disk;
use crate::limits::CHECKPOINT_BYTES_MAX;
use crate::offer::Offer;
use crate::reader::LogReader;
use crate::request::TYPE_TEXT;
use crate::store::{Expected, OpenError, Store, StoreError};
use crate::tips::{Form, Place, Tips};
use crate::writer::own_checkpoint;
use sakimori_custody::time::Seconds;
use sakimori_tlog::PostQuantumCosigner;
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::{NoteSigner, VerifierKey};
use sakimori_tlog::merkle::empty_root;
use sakimori_tlog::note::{Note, NoteError};
use std::collections::BTreeMap;

/// Name of the mirror's checkpoint below its folder.
const CHECKPOINT: &str = "checkpoint";
/// Name of the pending checkpoint.
const PENDING: &str = "pending/checkpoint";

/// An answer, as HTTP has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Media type of the body.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer with a text.
    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: content_type.to_owned(),
            body: body.into().into_bytes(),
        }
    }

    pub(crate) fn plain(status: u16, body: impl Into<String>) -> Self {
        Self::text(status, TYPE_TEXT, body)
    }
}

/// The commission's look at each entry before it cosigns.
pub trait Approve: Send {
    /// Sees an entry that was cosigned before, when the mirror opens.
    fn restore(&mut self, index: u64, entry: &[u8]);
    /// Sees a new entry with its stored body, and the time of the cosignature that will cover it. May see it again at a later time, where the cosignature did not
    /// come about.
    ///
    /// # Errors
    /// Why the checkpoint is not cosigned; a fixed text, it is shown to the log's writer.
    fn approve(
        &mut self,
        index: u64,
        entry: &[u8],
        body: &[u8],
        now: Seconds,
    ) -> Result<(), String>;
}

/// Approves every entry.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApproveAll;

impl Approve for ApproveAll {
    fn restore(&mut self, _index: u64, _entry: &[u8]) {}

    fn approve(
        &mut self,
        _index: u64,
        _entry: &[u8],
        _body: &[u8],
        _now: Seconds,
    ) -> Result<(), String> {
        Ok(())
    }
}

/// What a mirror is made of.
pub struct MirrorParts {
    /// The verified copy: checkpoint, tiles, bodies.
    pub log: Box<dyn Disk>,
    /// The write-ahead log.
    pub wal: Box<dyn Disk>,
    /// Key of the log; its name is the log's origin.
    pub log_key: VerifierKey,
    /// The mirror's own key, kind 4.
    pub signer: NoteSigner,
    /// The commission's look at entries.
    pub approve: Box<dyn Approve>,
}

/// A mirror of one log.
pub struct Mirror {
    store: Store,
    log_key: VerifierKey,
    signer: NoteSigner,
    post_quantum: Option<PostQuantumCosigner>,
    /// Keys of outside witnesses.
    outside: Vec<VerifierKey>,
    approve: Box<dyn Approve>,
    tips: Tips,
    pending: Option<(Note, Checkpoint)>,
    committed: Option<(Note, Checkpoint)>,
    /// Bodies that came ahead of their entries.
    waiting: BTreeMap<[u8; 32], (Form, Vec<u8>)>,
    waiting_bytes: usize,
}

impl Mirror {
    /// Opens a copy, or begins one in empty stores. What the write-ahead log has behind the last cosigned checkpoint is dropped; the log brings it again. What
    /// is in the tiles stays, proven to be the log's, and is shown to the approver before anything is cosigned.
    ///
    /// # Errors
    /// [`OpenError`]: what is durable is not what was cosigned.
    ///
    /// # Cost
    /// Reads and hashes the whole copy.
    pub fn open(parts: MirrorParts) -> Result<Self, OpenError> {
        let load = |name: &str| {
            let read = parts.log.read(name, CHECKPOINT_BYTES_MAX);
            let bytes = read.map_err(|error| OpenError::Io(name.to_owned(), error))?;
            let loaded = bytes.map(|bytes| own_checkpoint(&bytes, &parts.log_key));
            match loaded {
                Some(None) => Err(OpenError::Checkpoint(name.to_owned())),
                other => Ok(other.flatten()),
            }
        };
        let committed = load(CHECKPOINT)?;
        let pending = load(PENDING)?.or_else(|| committed.clone());
        let expected = committed
            .as_ref()
            .map_or((0, empty_root()), |(_, c)| (c.size, c.root));
        let expected = Expected {
            size: expected.0,
            root: expected.1,
            exactly: true,
        };
        let mut tips = Tips::default();
        let mut approve = parts.approve;
        let mut visit = |index, entry: &[u8]| {
            if index < expected.size {
                approve.restore(index, entry);
            }
            matches!(tips.follow(index, entry), Ok(Place::Next(_)))
        };
        let store = Store::open(parts.log, parts.wal, Some(expected), &mut visit)?;
        Ok(Self {
            store,
            log_key: parts.log_key,
            signer: parts.signer,
            post_quantum: None,
            outside: Vec::new(),
            approve,
            tips,
            pending,
            committed,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
        })
    }

    /// Cosigns with an ML-DSA-44 key too, from now on.
    pub fn cosign_with(&mut self, cosigner: PostQuantumCosigner) {
        self.post_quantum = Some(cosigner);
    }

    /// Keeps the cosignatures of these outside witnesses beside its own, from now on, where the log brings them with a checkpoint that was cosigned here: so the copy
    /// shows the quorum too.
    pub fn keep_cosignatures_of(&mut self, outside: Vec<VerifierKey>) {
        self.outside = outside;
    }

    /// Key with which this mirror cosigns.
    pub const fn key(&self) -> &VerifierKey {
        self.signer.verifier()
    }

    /// Origin of the log.
    pub fn origin(&self) -> &str {
        self.log_key.name()
    }

    /// The last checkpoint that was cosigned, with the cosignature.
    pub fn checkpoint(&self) -> Option<&Note> {
        self.committed.as_ref().map(|(note, _)| note)
    }

    /// Number of entries cosigned for.
    pub fn size(&self) -> u64 {
        self.committed.as_ref().map_or(0, |(_, c)| c.size)
    }

    /// Reads the cosigned copy.
    pub fn reader(&self) -> LogReader<&dyn Disk> {
        let mut reader = self.store.reader();
        reader.grow(self.size());
        reader
    }

    /// Sets the length of the write-ahead log, in bytes, beyond which a checkpoint begins a new one;
    /// [`crate::limits::WAL_BYTES_ROTATE`] where it is not set.
    pub const fn rotate_at(&mut self, bytes: u64) {
        self.store.rotate_at(bytes);
    }

    /// Whether storage has failed; the mirror must be opened anew.
    pub const fn is_stopped(&self) -> bool {
        self.store.is_stopped()
    }

    fn pending_size(&self) -> u64 {
        self.pending.as_ref().map_or(0, |(_, c)| c.size)
    }

    fn stopped(error: &StoreError) -> Reply {
        Reply::plain(500, format!("the mirror stopped: {error}\n"))
    }

    /// `POST /add-checkpoint`: moves the pending checkpoint forward. No cosignature is given here.
    pub fn add_checkpoint(&mut self, body: &[u8]) -> Reply {
        match self.try_add_checkpoint(body) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn try_add_checkpoint(&mut self, body: &[u8]) -> Result<Reply, Reply> {
        let offer = Offer::read(body)?;
        let keys = std::slice::from_ref(&self.log_key);
        let known = offer.checkpoint.origin == self.log_key.name();
        let seen = self.pending.as_ref().map(|(_, c)| (c.size, c.root));
        let brought = offer.note.clone();
        let Offer {
            note, checkpoint, ..
        } = offer.check(keys, known, seen)?;
        if let Some((own, committed)) = &self.committed
            && *committed == checkpoint
        {
            let own = own.clone();
            self.keep_outside(own, brought)?;
        }
        let kept = self.store.commit(PENDING, &note.to_bytes());
        kept.map_err(|error| Self::stopped(&error))?;
        self.pending = Some((note, checkpoint));
        Ok(Reply::plain(200, ""))
    }

    /// Adds the outside witnesses' cosignatures of a checkpoint that was cosigned here.
    fn keep_outside(&mut self, mut own: Note, mut brought: Note) -> Result<(), Reply> {
        let there = own.signatures().to_vec();
        let mut missing = self.outside.clone();
        missing.retain(|k| !there.iter().any(|s| k.name() == s.name && k.id() == s.id));
        brought.keep_only(&missing);
        if brought.signatures().is_empty() {
            return Ok(());
        }
        let bad = |error: NoteError| Reply::plain(403, format!("{error}\n"));
        brought.verify(&missing).map_err(bad)?;
        own.add_lines(&brought.signature_lines()).map_err(bad)?;
        let kept = self.store.commit(CHECKPOINT, &own.to_bytes());
        kept.map_err(|error| Self::stopped(&error))?;
        if let Some((note, _)) = &mut self.committed {
            *note = own;
        }
        Ok(())
    }

    /// Answers one request by its path; `None` for a path that is not the mirror's.
    pub fn post(&mut self, path: &str, body: &[u8], now: Seconds) -> Option<Reply> {
        if self.is_stopped() {
            return Some(Self::stopped(&StoreError::Stopped));
        }
        match path {
            crate::request::ADD_CHECKPOINT => Some(self.add_checkpoint(body)),
            crate::request::ADD_ENTRIES => Some(self.add_entries(body, now)),
            crate::request::ADD_BODIES => Some(self.add_bodies(body)),
            _ => None,
        }
    }

    /// Answers a read below `/<hex SHA-256 of the origin>/`: a file of the tlog-tiles layout or a body.
    pub fn get(&mut self, path: &str) -> Option<Reply> {
        let name = path.strip_prefix(&format!("/{}/", self.origin_hash()))?;
        let served = name == CHECKPOINT || name.starts_with("tile/") || name.starts_with("bodies/");
        let read = served.then(|| self.store.public(name))?;
        let content_type = if name == CHECKPOINT {
            TYPE_TEXT
        } else {
            crate::request::TYPE_OCTETS
        };
        match read {
            Ok(Some(body)) => Some(Reply {
                status: 200,
                content_type: content_type.to_owned(),
                body,
            }),
            _ => Some(Reply::plain(404, "")),
        }
    }

    fn origin_hash(&self) -> String {
        use sha2::{Digest, Sha256};
        sakimori_custody::ids::hex(&Sha256::digest(self.origin()))
    }
}
