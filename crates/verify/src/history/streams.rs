//! Streams: each author's entries are a chain. In: entries in the order of the log. Out: whether each goes on where its stream ends. Never: a gap, a fork, a
//! time that goes back, a second author.

use super::Seen;
use crate::code::{Code, Subject};
use crate::limits::STREAMS_MAX;
use crate::report::Sink;
use crate::time::Time;
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeMap;

#[derive(Debug)]
struct End {
    next: u64,
    previous: Hash,
    time: u64,
    /// The author, once one has signed.
    signer: Option<[u8; 4]>,
    whole: bool,
}

/// The ends of all streams.
#[derive(Debug, Default)]
pub(super) struct Streams(BTreeMap<[u8; 8], End>);

impl Streams {
    /// Whether the entry can be taken as one of its stream; a wrong one is told, and taken where the stream can go on behind it.
    pub(super) fn follow(&mut self, seen: &Seen<'_>, sink: &mut Sink) -> bool {
        let envelope = seen.envelope;
        if self.0.len() >= STREAMS_MAX && !self.0.contains_key(&envelope.stream) {
            sink.bad(
                Code::StreamFlood,
                seen.place(),
                format!("there are more than {STREAMS_MAX} streams"),
            );
            return false;
        }
        let end = self.0.entry(envelope.stream).or_insert(End {
            next: 0,
            previous: [0; 32],
            time: 0,
            signer: None,
            whole: true,
        });
        let mut wrong = Vec::new();
        if envelope.sequence != end.next {
            wrong.push((
                Code::StreamGap,
                format!(
                    "it is number {} of its stream, expected {}",
                    envelope.sequence, end.next
                ),
            ));
        } else if envelope.previous != end.previous {
            let what = format!(
                "it names {} as the entry before it in its stream, which is {}",
                crate::hex(&envelope.previous),
                crate::hex(&end.previous)
            );
            wrong.push((Code::StreamChain, what));
        }
        if !envelope.time.is_multiple_of(60) {
            wrong.push((
                Code::EntryTime,
                format!("its time {} is no whole minute", envelope.time),
            ));
        }
        if envelope.time < end.time {
            let what = format!(
                "its time {} lies before the one before it in its stream, {}",
                Time(envelope.time),
                Time(end.time)
            );
            wrong.push((Code::EntryTime, what));
        }
        let signer = Some(envelope.signer).filter(|id| *id != [0; 4]);
        if signer.is_some() && end.signer.is_some() && signer != end.signer {
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
        end.signer = end.signer.or(signer);
        for (code, what) in wrong {
            sink.bad(code, seen.place(), what);
        }
        !repeated
    }

    pub(super) fn finish(&self, sink: &mut Sink) {
        let whole = self.0.values().filter(|end| end.whole);
        sink.many(Subject::Streams, whole.count() as u64);
    }
}
