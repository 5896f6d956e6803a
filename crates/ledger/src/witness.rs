//! An outside witness: sees checkpoints and nothing else, and never two histories of one log. In: requests, the time. Out: cosignatures. Never: a cosignature
//! that was not preceded by a durable note of what was seen; an entry or a body; a clock or socket of its own.
//!
//! c2sp.org/tlog-witness.

use crate::disk::Disk;
use crate::limits::{CHECKPOINT_BYTES_MAX, WITNESSED_LOGS_MAX};
use crate::mirror::Reply;
use crate::offer::Offer;
use crate::store::OpenError;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_tlog::PostQuantumCosigner;
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::{NoteSigner, VerifierKey};
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::note::Note;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a witness is made of.
pub struct WitnessParts {
    /// Where it keeps the last checkpoint of each log.
    pub disk: Box<dyn Disk>,
    /// Keys of the logs; a key's name is its log's origin. A log may have several keys.
    pub logs: Vec<VerifierKey>,
    /// The witness's own key, kind 4.
    pub signer: NoteSigner,
    /// A second key, of kind 6.
    pub post_quantum: Option<PostQuantumCosigner>,
}

/// One log as the witness knows it.
#[derive(Default)]
struct Log {
    keys: Vec<VerifierKey>,
    seen: Option<(u64, Hash)>,
}

/// A witness of some logs.
pub struct Witness {
    disk: Box<dyn Disk>,
    logs: BTreeMap<String, Log>,
    signer: NoteSigner,
    post_quantum: Option<PostQuantumCosigner>,
    stopped: bool,
}

/// Name of the file with the last checkpoint of a log: its origin may hold any character.
fn name(origin: &str) -> String {
    format!("{}/checkpoint", hex(&Sha256::digest(origin)))
}

impl Witness {
    /// Opens a witness where it left off, or begins one in an empty store.
    ///
    /// # Errors
    /// [`OpenError::Checkpoint`] where a kept checkpoint is not one that the log signed; [`OpenError::Io`]; [`OpenError::Logs`] for too many logs.
    pub fn open(parts: WitnessParts) -> Result<Self, OpenError> {
        let mut logs: BTreeMap<String, Log> = BTreeMap::new();
        for key in parts.logs {
            let log = logs.entry(key.name().to_owned()).or_default();
            log.keys.push(key);
        }
        if logs.len() > WITNESSED_LOGS_MAX {
            return Err(OpenError::Logs);
        }
        for (origin, log) in &mut logs {
            let name = name(origin);
            let read = parts.disk.read(&name, CHECKPOINT_BYTES_MAX);
            let read = read.map_err(|error| OpenError::Io(name.clone(), error))?;
            if let Some(bytes) = read {
                let checkpoint = kept(&bytes, origin, &log.keys);
                let checkpoint = checkpoint.ok_or(OpenError::Checkpoint(name))?;
                log.seen = Some((checkpoint.size, checkpoint.root));
            }
        }
        Ok(Self {
            disk: parts.disk,
            logs,
            signer: parts.signer,
            post_quantum: parts.post_quantum,
            stopped: false,
        })
    }

    /// Keys with which this witness cosigns.
    pub fn keys(&self) -> Vec<VerifierKey> {
        let second = self.post_quantum.as_ref().map(|key| key.verifier().clone());
        std::iter::once(self.signer.verifier().clone())
            .chain(second)
            .collect()
    }

    /// Size of the last checkpoint of a log that was cosigned; 0 where there is none.
    pub fn size(&self, origin: &str) -> u64 {
        let log = self.logs.get(origin);
        log.and_then(|log| log.seen).map_or(0, |(size, _)| size)
    }

    /// Whether storage has failed; the witness must be opened anew.
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// `POST /add-checkpoint`: keeps a checkpoint that goes on from the last one, then cosigns it. The caller lets one request in at a time: what was
    /// checked is what is replaced.
    pub fn add_checkpoint(&mut self, body: &[u8], now: Seconds) -> Reply {
        match self.try_add_checkpoint(body, now) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn try_add_checkpoint(&mut self, body: &[u8], now: Seconds) -> Result<Reply, Reply> {
        let failed = || Reply::plain(500, "the witness stopped after a failure of its disk\n");
        if self.stopped {
            return Err(failed());
        }
        let offer = Offer::read(body)?;
        let origin = offer.checkpoint.origin.clone();
        let log = self.logs.get_mut(&origin);
        let (keys, seen) = match &log {
            Some(log) => (log.keys.as_slice(), log.seen),
            None => (&[][..], None),
        };
        let offer = offer.check(keys, log.is_some(), seen)?;
        // The same checkpoint again is only cosigned again.
        let new = (offer.checkpoint.size, offer.checkpoint.root);
        if seen != Some(new) {
            let kept = self.disk.commit(&name(&origin), &offer.note.to_bytes());
            if kept.is_err() {
                // Which of the two is on disk is not known any more.
                self.stopped = true;
                return Err(failed());
            }
            if let Some(log) = log {
                log.seen = Some(new);
            }
        }
        Ok(self.cosigned(offer.note, now))
    }

    fn cosigned(&self, note: Note, now: Seconds) -> Reply {
        let mut note = note;
        note.keep_only(&[]);
        note.add(&self.signer, now.0);
        if let Some(cosigner) = &self.post_quantum {
            // A key that cannot be used gives no line.
            note.cosign(cosigner, now.0);
        }
        Reply::plain(200, note.signature_lines())
    }
}

/// A checkpoint that this witness kept: the log signed it.
fn kept(bytes: &[u8], origin: &str, keys: &[VerifierKey]) -> Option<Checkpoint> {
    let note = Note::parse(bytes).ok()?;
    note.verify(keys).ok()?;
    let checkpoint = Checkpoint::parse(note.text()).ok()?;
    (checkpoint.origin == origin).then_some(checkpoint)
}
