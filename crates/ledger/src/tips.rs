//! The ends of all streams. In: entries in the order of the log. Out: which entry may come next. Never: a gap or a fork in a stream.

use crate::limits::{ENTRY_BYTES_MAX, STREAMS_MAX};
use sakimori_custody::entry::{Chain, Envelope, StoredBody};
use sakimori_custody::ids::StreamId;
use sakimori_tlog::merkle::{Hash, leaf_hash};
use std::collections::BTreeMap;

/// The end of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Sequence of the next entry.
    pub next: u64,
    /// Leaf hash of the last entry.
    pub previous: Hash,
    /// Index of the last entry in the log.
    pub index: u64,
}

impl Tip {
    /// The stream's chain, to go on with.
    pub const fn chain(&self, stream: StreamId) -> Chain {
        Chain {
            stream,
            next: self.next,
            previous: self.previous,
        }
    }
}

/// Why an entry is not taken. The author is at fault; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No envelope, or a longer one than [`ENTRY_BYTES_MAX`].
    #[error("the entry is no envelope")]
    Entry,
    /// The body is of no known form, too long, sealed where it has to be open, or not the one that the entry commits to.
    #[error("the body is not the one that the entry commits to")]
    Body,
    /// The entry does not go on where the stream ends.
    #[error("the entry does not go on where its stream ends, which is at {}", .0.map_or(0, |tip| tip.next))]
    Sequence(Option<Tip>),
    /// There are [`STREAMS_MAX`] streams already.
    #[error("the log has as many streams as it can keep")]
    Streams,
}

/// Where an entry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the next of its stream.
    Next(Next),
    /// It is the last of its stream already, at this index.
    Already(u64),
}

/// What is known of stored bytes without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// They are the body that is committed to.
    Open,
    /// They may be: a sealed body shows that only to who has its key.
    Sealed,
}

impl Form {
    /// The form of stored bytes; `None` where they are no body, or open and not the one that is committed to.
    pub(crate) fn of(commitment: &[u8; 32], stored: &[u8]) -> Option<Self> {
        match StoredBody::decode(stored).ok()? {
            open @ StoredBody::Open { .. } => open.open(commitment, None).ok().map(|_| Self::Open),
            StoredBody::Sealed { .. } => Some(Self::Sealed),
        }
    }
}

/// An entry that goes on where its stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) stream: StreamId,
    pub(crate) sequence: u64,
    pub(crate) body: [u8; 32],
    /// Whether the body may be sealed.
    pub(crate) sealable: bool,
    pub(crate) leaf: Hash,
}

impl Next {
    /// Whether a body of this form may be stored with the entry.
    pub(crate) const fn takes(&self, form: Form) -> bool {
        self.sealable || matches!(form, Form::Open)
    }

    /// The end of the stream once the entry has this index.
    const fn tip(&self, index: u64) -> Tip {
        Tip {
            next: self.sequence + 1,
            previous: self.leaf,
            index,
        }
    }
}

/// The ends of all streams.
#[derive(Debug, Default)]
pub(crate) struct Tips(BTreeMap<StreamId, Tip>);

impl Tips {
    /// The end of a stream; `None` where it has no entry.
    pub(crate) fn tip(&self, stream: StreamId) -> Option<Tip> {
        self.0.get(&stream).copied()
    }

    /// Takes the entry that will have this index in the log.
    pub(crate) fn follow(&mut self, index: u64, entry: &[u8]) -> Result<Place, Refusal> {
        let place = self.place(entry)?;
        if let Place::Next(next) = place {
            self.take(index, &next);
        }
        Ok(place)
    }

    /// Where an entry would go.
    pub(crate) fn place(&self, entry: &[u8]) -> Result<Place, Refusal> {
        self.ahead().place(entry)
    }

    /// The ends as they will be after some entries that are not taken yet.
    pub(crate) const fn ahead(&self) -> Ahead<'_> {
        Ahead {
            tips: self,
            moved: BTreeMap::new(),
        }
    }

    /// Moves a stream's end to an entry that was placed.
    pub(crate) fn take(&mut self, index: u64, entry: &Next) {
        self.0.insert(entry.stream, entry.tip(index));
    }
}

/// The ends of all streams, with some moved ahead.
#[derive(Debug)]
pub(crate) struct Ahead<'t> {
    tips: &'t Tips,
    moved: BTreeMap<StreamId, Tip>,
}

impl Ahead<'_> {
    /// Moves a stream's end to the entry that would have this index.
    pub(crate) fn follow(&mut self, index: u64, entry: &[u8]) -> Result<Place, Refusal> {
        let place = self.place(entry)?;
        if let Place::Next(next) = place {
            self.moved.insert(next.stream, next.tip(index));
        }
        Ok(place)
    }

    fn place(&self, entry: &[u8]) -> Result<Place, Refusal> {
        if entry.len() > ENTRY_BYTES_MAX {
            return Err(Refusal::Entry);
        }
        let envelope = Envelope::decode(entry).map_err(|_| Refusal::Entry)?;
        let stream = envelope.stream;
        let leaf = leaf_hash(entry);
        let moved = self.moved.get(&stream).copied();
        let tip = moved.or_else(|| self.tips.tip(stream));
        if let Some(last) = tip.filter(|last| last.previous == leaf) {
            return Ok(Place::Already(last.index));
        }
        let (next, previous) = tip.map_or((0, [0; 32]), |t| (t.next, t.previous));
        if (envelope.sequence, envelope.previous) != (next, previous) {
            return Err(Refusal::Sequence(tip));
        }
        // The last sequence has no next.
        if next == u64::MAX {
            return Err(Refusal::Entry);
        }
        if tip.is_none() && self.tips.0.len() + self.moved.len() >= STREAMS_MAX {
            return Err(Refusal::Streams);
        }
        Ok(Place::Next(Next {
            stream,
            sequence: next,
            body: envelope.body,
            sealable: envelope.may_be_sealed(),
            leaf,
        }))
    }
}
