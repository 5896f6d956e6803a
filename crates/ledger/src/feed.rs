//! Bringing the log to its mirror, and its checkpoints to outside witnesses. In: a signed checkpoint, the log's files, a peer. Out: verified cosignatures. Never: a cosignature
//! that was not verified; a clock or a thread of its own.
//!
//! c2sp.org/tlog-witness `add-checkpoint`, then our `add-bodies` and c2sp.org/tlog-mirror `add-entries`.

use crate::disk::Source;
use crate::limits::{FEED_CONFLICTS_MAX, REQUEST_BYTES_AIM};
use crate::mirror::Reply;
use crate::reader::{LogReader, ReadError};
use crate::request::{
    ADD_BODIES, ADD_CHECKPOINT, ADD_ENTRIES, AddCheckpoint, AddEntries, MirrorInfo, Package,
    TYPE_MIRROR_INFO, TYPE_OCTETS, TYPE_SIZE, TYPE_TEXT, bodies_head, package_at, push_body,
    read_size,
};
use sakimori_custody::entry::Envelope;
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle;
use sakimori_tlog::note::{Note, NoteError};
use std::io;

/// One who answers requests of the mirror's protocol.
pub trait Peer: Send {
    /// Sends a body to a path and waits for the answer.
    ///
    /// # Errors
    /// The transport's; whether the request took effect is unknown.
    fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> io::Result<Reply>;
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The mirror or witness is away; try again.
    #[error("it does not answer")]
    Away(#[source] io::Error),
    /// The log's own files cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// The checkpoint handed in is none.
    #[error("the checkpoint cannot be read")]
    Checkpoint,
    /// The other has seen more of this log than the log has: the log's disk was given an older state, or another writer signs.
    #[error("it has seen {mirror} entries of the log, which has {log}")]
    Ahead {
        /// Entries that the other knows of.
        mirror: u64,
        /// Entries of the checkpoint offered.
        log: u64,
    },
    /// The mirror or witness refuses; its words.
    #[error("it refuses with status {status}: {reason}")]
    Refused {
        /// Status code.
        status: u16,
        /// The first line of its answer, without control characters.
        reason: String,
    },
    /// The other changes its mind.
    #[error("it answered with {FEED_CONFLICTS_MAX} conflicts in a row")]
    Conflicts,
    /// The answer has no good cosignature by a key of the one who was asked.
    #[error("its cosignature is not good")]
    Cosignature(#[source] NoteError),
}

/// What the log knows of its mirror.
#[derive(Clone, Debug)]
pub struct Feed {
    keys: Vec<VerifierKey>,
    offered: Offered,
    /// Next entry that the mirror wants, as far as is known.
    next: u64,
    ticket: Vec<u8>,
}

fn refused(reply: &Reply) -> FeedError {
    let text = String::from_utf8_lossy(&reply.body);
    let line = text.lines().next().unwrap_or_default();
    FeedError::Refused {
        status: reply.status,
        reason: line.chars().filter(|c| !c.is_control()).take(200).collect(),
    }
}

/// The verified signatures of some keys in an answer to a signed checkpoint, and no others.
fn cosignatures(signed: &Note, lines: &[u8], keys: &[VerifierKey]) -> Result<Note, FeedError> {
    let mut given = signed.clone();
    given.keep_only(&[]);
    let lines = String::from_utf8_lossy(lines);
    given.add_lines(&lines).map_err(FeedError::Cosignature)?;
    given.verify(keys).map_err(FeedError::Cosignature)?;
    given.keep_only(keys);
    Ok(given)
}

/// What the log knows of an outside witness.
#[derive(Clone, Debug)]
pub struct WitnessFeed {
    keys: Vec<VerifierKey>,
    offered: Offered,
}

impl WitnessFeed {
    /// A feed to a witness that cosigns with one or more of these keys.
    pub const fn new(keys: Vec<VerifierKey>) -> Self {
        Self {
            keys,
            offered: Offered { size: 0 },
        }
    }

    /// Offers a signed checkpoint to the witness; returns its text with the witness's verified cosignatures alone.
    ///
    /// # Errors
    /// [`FeedError`]; all but [`FeedError::Ahead`] may pass when it is tried again.
    pub fn offer<S: Source>(
        &mut self,
        peer: &mut dyn Peer,
        reader: &mut LogReader<S>,
        signed: &Note,
    ) -> Result<Note, FeedError> {
        let checkpoint = Checkpoint::parse(signed.text()).map_err(|_| FeedError::Checkpoint)?;
        reader.grow(checkpoint.size);
        let offered = &mut self.offered;
        let lines = offered.offer(peer, reader, signed, checkpoint.size)?;
        cosignatures(signed, &lines, &self.keys)
    }
}

/// Size of the last checkpoint that the other has seen, as far as is known.
#[derive(Clone, Copy, Debug)]
struct Offered {
    size: u64,
}

impl Offered {
    /// Moves the other's checkpoint; returns what it answered.
    fn offer<S: Source>(
        &mut self,
        peer: &mut dyn Peer,
        reader: &mut LogReader<S>,
        signed: &Note,
        size: u64,
    ) -> Result<Vec<u8>, FeedError> {
        for _ in 0..FEED_CONFLICTS_MAX {
            if self.size > size {
                // It is asked anew the next time: it may have said what is not so.
                let mirror = std::mem::take(&mut self.size);
                return Err(FeedError::Ahead { mirror, log: size });
            }
            let request = AddCheckpoint {
                old: self.size,
                proof: merkle::consistency_proof(reader, self.size, size)?,
                note: signed.to_bytes(),
            };
            let reply = peer.post(ADD_CHECKPOINT, TYPE_TEXT, &request.encode());
            let reply = reply.map_err(FeedError::Away)?;
            match (reply.status, known_size(&reply)) {
                (200, _) => {
                    self.size = size;
                    return Ok(reply.body);
                }
                // The other has this size with another root: the two histories part.
                (409, Some(known)) if known == self.size => return Err(refused(&reply)),
                (409, Some(known)) => self.size = known,
                _ => return Err(refused(&reply)),
            }
        }
        Err(FeedError::Conflicts)
    }
}

impl Feed {
    /// A feed to a mirror that cosigns with one of these keys.
    pub const fn new(keys: Vec<VerifierKey>) -> Self {
        Self {
            keys,
            offered: Offered { size: 0 },
            next: 0,
            ticket: Vec::new(),
        }
    }

    /// Brings a signed checkpoint and all before it to the mirror, and returns it with the verified cosignature.
    ///
    /// # Errors
    /// [`FeedError`]; all but [`FeedError::Ahead`] may pass when it is tried again.
    pub fn offer<S: Source>(
        &mut self,
        peer: &mut dyn Peer,
        reader: &mut LogReader<S>,
        signed: &Note,
    ) -> Result<Note, FeedError> {
        let checkpoint = Checkpoint::parse(signed.text()).map_err(|_| FeedError::Checkpoint)?;
        reader.grow(checkpoint.size);
        let offered = &mut self.offered;
        offered.offer(peer, reader, signed, checkpoint.size)?;
        let lines = self.bring(peer, reader, &checkpoint)?;
        let given = cosignatures(signed, &lines, &self.keys)?;
        let mut cosigned = signed.clone();
        let merged = cosigned.add_lines(&given.signature_lines());
        merged.map_err(FeedError::Cosignature)?;
        Ok(cosigned)
    }

    /// Shows the mirror the cosignatures of others on a checkpoint that it has cosigned, which it may keep.
    ///
    /// # Errors
    /// [`FeedError`]; nothing hangs on it.
    pub fn hand_on(&mut self, peer: &mut dyn Peer, whole: &Note) -> Result<(), FeedError> {
        let checkpoint = Checkpoint::parse(whole.text()).map_err(|_| FeedError::Checkpoint)?;
        let request = AddCheckpoint {
            old: checkpoint.size,
            proof: Vec::new(),
            note: whole.to_bytes(),
        };
        let reply = peer.post(ADD_CHECKPOINT, TYPE_TEXT, &request.encode());
        match reply.map_err(FeedError::Away)? {
            reply if reply.status == 200 => Ok(()),
            reply => Err(refused(&reply)),
        }
    }

    /// Brings bodies and entries up to the checkpoint; returns the signature lines of the last answer.
    fn bring<S: Source>(
        &mut self,
        peer: &mut dyn Peer,
        reader: &mut LogReader<S>,
        checkpoint: &Checkpoint,
    ) -> Result<Vec<u8>, FeedError> {
        let mut conflicts = 0;
        loop {
            let before = self.next;
            let request = self.request(reader, checkpoint)?;
            let reply = request.send(&mut *peer, &checkpoint.origin)?;
            let info = mirror_info(&reply);
            match (reply.status, info) {
                (200, _) => {
                    self.next = checkpoint.size;
                    return Ok(reply.body);
                }
                (202 | 409, Some(info)) if info.next <= checkpoint.size => {
                    self.next = info.next;
                    self.ticket = info.ticket;
                }
                _ => return Err(refused(&reply)),
            }
            // Only a step forward by an accepted prefix is progress.
            let forward = reply.status == 202 && self.next > before;
            conflicts = if forward { 0 } else { conflicts + 1 };
            if conflicts >= FEED_CONFLICTS_MAX {
                // Forget what was believed of it: it may have been opened anew.
                self.next = 0;
                self.offered.size = 0;
                return Err(FeedError::Conflicts);
            }
        }
    }

    /// As many packages as one request should have, and the bodies of their entries.
    fn request<S: Source>(
        &self,
        reader: &mut LogReader<S>,
        checkpoint: &Checkpoint,
    ) -> Result<Request, FeedError> {
        let end = checkpoint.size;
        let head = AddEntries {
            origin: checkpoint.origin.clone(),
            start: self.next.min(end),
            end,
            ticket: self.ticket.clone(),
        };
        let mut request = Request {
            entries: head.encode(),
            bodies: Vec::new(),
        };
        let mut body_bytes = 0;
        let mut at = head.start;
        while at < end && request.entries.len() + body_bytes < REQUEST_BYTES_AIM {
            let range = package_at(at, end);
            let package = Package {
                entries: reader.entries(range.entries.clone())?,
                proof: merkle::subtree_proof(reader, range.subtree, end)?,
            };
            for entry in &package.entries {
                body_bytes += request.add_body(reader, entry)?;
            }
            package.push(&mut request.entries);
            at = range.entries.end;
        }
        Ok(request)
    }
}

/// What is sent together: bodies, in parts, each with the entries that name them; then the entries.
struct Request {
    entries: Vec<u8>,
    bodies: Vec<Vec<u8>>,
}

impl Request {
    /// Sends bodies, then entries; gives the answer to the entries, or the first that is no 200.
    fn send(&self, peer: &mut dyn Peer, origin: &str) -> Result<Reply, FeedError> {
        for bodies in &self.bodies {
            let mut request = bodies_head(origin, &self.entries);
            request.extend_from_slice(bodies);
            let reply = peer.post(ADD_BODIES, TYPE_OCTETS, &request);
            let reply = reply.map_err(FeedError::Away)?;
            if reply.status != 200 {
                return Ok(reply);
            }
        }
        let reply = peer.post(ADD_ENTRIES, TYPE_OCTETS, &self.entries);
        reply.map_err(FeedError::Away)
    }

    /// Adds the body of an entry to the last request of bodies, or to a new one; returns its length.
    fn add_body<S: Source>(
        &mut self,
        reader: &LogReader<S>,
        entry: &[u8],
    ) -> Result<usize, ReadError> {
        let Ok(envelope) = Envelope::decode(entry) else {
            return Ok(0);
        };
        let Some(body) = reader.body(&envelope.body)? else {
            return Ok(0);
        };
        let full = |last: &Vec<u8>| last.len() + body.len() > REQUEST_BYTES_AIM;
        if self.bodies.last().is_none_or(full) {
            self.bodies.push(Vec::new());
        }
        if let Some(last) = self.bodies.last_mut() {
            push_body(last, &envelope.body, &body);
        }
        Ok(body.len())
    }
}

fn known_size(reply: &Reply) -> Option<u64> {
    (reply.content_type == TYPE_SIZE).then(|| read_size(&reply.body))?
}

fn mirror_info(reply: &Reply) -> Option<MirrorInfo> {
    (reply.content_type == TYPE_MIRROR_INFO).then(|| MirrorInfo::decode(&reply.body))?
}
