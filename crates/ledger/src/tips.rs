//! The ends of the streams that can go on. In: entries in the order of the log. Out: which entry may come next. Never: a gap or a fork in a stream that is known here.
//!
//! Where there are more than [`STREAMS_MAX`] streams, the one whose last entry lies farthest back is dropped: it has ended. That follows from the entries alone, so writer, mirror and whoever reads
//! the log again have the same ends. Whether an id was used before by a stream that was dropped is for who admits and approves entries: the book knows every stream.

use crate::limits::{ENTRY_BYTES_MAX, STREAMS_MAX};
use sakimori_custody::entry::{Chain, Envelope, StoredBody};
use sakimori_custody::ids::StreamId;
use sakimori_tlog::merkle::{Hash, leaf_hash};
use std::collections::{BTreeMap, BTreeSet};

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

/// The ends of the streams that can go on.
#[derive(Debug)]
pub(crate) struct Tips {
    ends: BTreeMap<StreamId, Tip>,
    /// The same streams by the index of their last entry.
    order: BTreeMap<u64, StreamId>,
    /// Most streams that are kept.
    max: usize,
}

impl Default for Tips {
    fn default() -> Self {
        Self::of(STREAMS_MAX)
    }
}

impl Tips {
    /// None yet, and never more than `max`.
    const fn of(max: usize) -> Self {
        Self {
            ends: BTreeMap::new(),
            order: BTreeMap::new(),
            max,
        }
    }

    /// The end of a stream; `None` where it has no entry, or was dropped.
    pub(crate) fn tip(&self, stream: StreamId) -> Option<Tip> {
        self.ends.get(&stream).copied()
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
    pub(crate) fn ahead(&self) -> Ahead<'_> {
        Ahead {
            tips: self,
            live: self.ends.len(),
            moved: BTreeMap::new(),
            gone: BTreeSet::new(),
            from: 0,
        }
    }

    /// Moves a stream's end to an entry that was placed; drops the oldest where there are too many.
    pub(crate) fn take(&mut self, index: u64, entry: &Next) {
        if let Some(last) = self.ends.insert(entry.stream, entry.tip(index)) {
            self.order.remove(&last.index);
        }
        self.order.insert(index, entry.stream);
        if self.ends.len() > self.max
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.ends.remove(&oldest);
        }
    }
}

/// The ends of the streams, with some moved ahead.
#[derive(Debug)]
pub(crate) struct Ahead<'t> {
    tips: &'t Tips,
    /// How many there are.
    live: usize,
    moved: BTreeMap<StreamId, Tip>,
    /// Streams whose end among `tips` counts no more.
    gone: BTreeSet<StreamId>,
    /// All streams among `tips` whose last entry lies before this are moved or gone.
    from: u64,
}

impl Ahead<'_> {
    /// Moves a stream's end to the entry that would have this index.
    pub(crate) fn follow(&mut self, index: u64, entry: &[u8]) -> Result<Place, Refusal> {
        let place = self.place(entry)?;
        if let Place::Next(next) = place {
            self.live += usize::from(self.tip(next.stream).is_none());
            self.moved.insert(next.stream, next.tip(index));
            if self.live > self.tips.max {
                self.drop_oldest();
            }
        }
        Ok(place)
    }

    fn tip(&self, stream: StreamId) -> Option<Tip> {
        let kept = || {
            self.tips
                .tip(stream)
                .filter(|_| !self.gone.contains(&stream))
        };
        self.moved.get(&stream).copied().or_else(kept)
    }

    /// As [`Tips::take`] will: what was moved lies behind all that was not.
    fn drop_oldest(&mut self) {
        let still =
            |stream: &StreamId| !self.moved.contains_key(stream) && !self.gone.contains(stream);
        let kept = self.tips.order.range(self.from..);
        let oldest = kept.clone().find(|(_, stream)| still(stream));
        let oldest = oldest.map(|(index, stream)| (*index, *stream));
        if let Some((index, stream)) = oldest {
            self.from = index;
            self.gone.insert(stream);
        } else if let Some(stream) = self
            .moved
            .iter()
            .min_by_key(|(_, tip)| tip.index)
            .map(|(stream, _)| *stream)
        {
            self.moved.remove(&stream);
            self.gone.insert(stream);
        }
        self.live -= 1;
    }

    fn place(&self, entry: &[u8]) -> Result<Place, Refusal> {
        if entry.len() > ENTRY_BYTES_MAX {
            return Err(Refusal::Entry);
        }
        let envelope = Envelope::decode(entry).map_err(|_| Refusal::Entry)?;
        let stream = envelope.stream;
        let leaf = leaf_hash(entry);
        let tip = self.tip(stream);
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
        Ok(Place::Next(Next {
            stream,
            sequence: next,
            body: envelope.body,
            sealable: envelope.may_be_sealed(),
            leaf,
        }))
    }
}

#[cfg(test)]
mod tests;
