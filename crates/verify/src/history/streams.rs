//! Streams: each author's entries are a chain. In: entries in the order of the log. Out: whether each goes on where its stream ends. Never: a gap, a fork, a
//! time that goes back, a second author.

use super::Seen;
use crate::code::{Code, Subject};
use crate::envelope::Envelope;
use crate::limits::{AHEAD_SECONDS_MAX, BEHIND_SECONDS_MAX, STREAMS_MAX};
use crate::report::{Place, Sink};
use crate::time::Time;
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeMap;

#[derive(Debug)]
struct End {
    next: u64,
    previous: Hash,
    time: u64,
    /// Who signs; zero where nobody does.
    signer: Option<[u8; 4]>,
    whole: bool,
}

/// The ends of all streams.
#[derive(Debug)]
pub(super) struct Streams {
    most: usize,
    ends: BTreeMap<[u8; 8], End>,
    /// Each time that was later than all before it, and the first entry that has it.
    newest: Vec<(u64, u64, [u8; 8])>,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            most: STREAMS_MAX,
            ends: BTreeMap::new(),
            newest: Vec::new(),
        }
    }
}

impl End {
    /// What is wrong with the place and time of an entry behind this one.
    fn wrong(&self, envelope: &Envelope, newest: u64) -> Vec<(Code, String)> {
        let mut wrong = Vec::new();
        if envelope.sequence != self.next {
            wrong.push((
                Code::StreamGap,
                format!(
                    "it is number {} of its stream, expected {}",
                    envelope.sequence, self.next
                ),
            ));
        } else if envelope.previous != self.previous {
            let what = format!(
                "it names {} as the entry before it in its stream, which is {}",
                crate::hex(&envelope.previous),
                crate::hex(&self.previous)
            );
            wrong.push((Code::StreamChain, what));
        }
        if !envelope.time.is_multiple_of(60) {
            wrong.push((
                Code::EntryTime,
                format!("its time {} is no whole minute", envelope.time),
            ));
        }
        if envelope.time < self.time {
            let what = format!(
                "its time {} lies before the one before it in its stream, {}",
                Time(envelope.time),
                Time(self.time)
            );
            wrong.push((Code::EntryTime, what));
        }
        if envelope.time.saturating_add(BEHIND_SECONDS_MAX) < newest {
            let what = format!(
                "its time {} is more than an hour behind {} of an entry before it",
                Time(envelope.time),
                Time(newest)
            );
            wrong.push((Code::EntryTime, what));
        }
        wrong
    }
}

impl Streams {
    /// Whether the entry can be taken as one of its stream; a wrong one is told, and taken where the stream can go on behind it.
    pub(super) fn follow(&mut self, seen: &Seen<'_>, sink: &mut Sink) -> bool {
        let envelope = seen.envelope;
        if self.ends.len() >= self.most && !self.ends.contains_key(&envelope.stream) {
            sink.bad(
                Code::StreamFlood,
                seen.place(),
                format!("there are more than {} streams", self.most),
            );
            return false;
        }
        let newest = self.newest.last().map_or(0, |(time, ..)| *time);
        let end = self.ends.entry(envelope.stream).or_insert(End {
            next: 0,
            previous: [0; 32],
            time: 0,
            signer: None,
            whole: true,
        });
        let mut wrong = end.wrong(envelope, newest);
        // What nobody signs is by nobody: such entries have a stream of their own.
        if end.signer.is_some_and(|signer| signer != envelope.signer) {
            wrong.push((
                Code::StreamAuthor,
                "another author has written in this stream before".to_owned(),
            ));
        }
        end.whole &= wrong.is_empty();
        // A number that goes back is a second entry in one place: the stream goes on where it was.
        let repeated = envelope.sequence < end.next;
        if !repeated {
            end.next = envelope.sequence.saturating_add(1);
            end.previous = seen.leaf;
        }
        end.time = end.time.max(envelope.time);
        end.signer = end.signer.or(Some(envelope.signer));
        if envelope.time > newest {
            self.newest
                .push((envelope.time, seen.index, envelope.stream));
        }
        for (code, what) in wrong {
            sink.bad(code, seen.place(), what);
        }
        !repeated
    }

    /// Holds the entries' times against the cosignature that covers them all.
    pub(super) fn covered(&self, cosigned: u64, bundle: &dyn Fn(u64) -> String, sink: &mut Sink) {
        let ahead = |time: u64| time > cosigned.saturating_add(AHEAD_SECONDS_MAX);
        if let Some((time, index, stream)) = self.newest.iter().find(|(time, ..)| ahead(*time)) {
            let place = Place {
                stream: Some(*stream),
                ..Place::leaf(bundle(*index), *index)
            };
            let what = format!(
                "its time {} is ahead of the cosignature of {}",
                Time(*time),
                Time(cosigned)
            );
            sink.bad(Code::EntryTime, place, what);
        }
    }

    pub(super) fn finish(&self, sink: &mut Sink) {
        let whole = self.ends.values().filter(|end| end.whole);
        sink.many(Subject::Streams, whole.count() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_the_page() {
        assert_eq!(Streams::default().most, STREAMS_MAX);
        assert_eq!(STREAMS_MAX, 16_777_216);
    }
}
