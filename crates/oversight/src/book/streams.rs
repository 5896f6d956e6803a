//! Streams: each author's chain. In: envelopes. Out: whether one goes on where its stream ends. Never: two authors in one stream.

use crate::limits::STREAMS_MAX;
use crate::refused::{Code, Refused, hold};
use sakimori_custody::entry::Envelope;
use sakimori_custody::ids::StreamId;
use sakimori_custody::time::Seconds;
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeMap;

/// Where a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tip {
    next: u64,
    last: Hash,
    signer: [u8; 4],
    time: Seconds,
}

/// All streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Streams {
    tips: BTreeMap<StreamId, Tip>,
    most: usize,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            tips: BTreeMap::new(),
            most: STREAMS_MAX,
        }
    }
}

impl Streams {
    pub(crate) fn check(&self, envelope: &Envelope) -> Result<(), Refused> {
        let tip = self.tips.get(&envelope.stream);
        // BOUND: what was dropped by the writer is remembered here, so that its id does not begin again.
        hold(
            tip.is_some() || self.tips.len() < self.most,
            Code::StreamFlood,
        )?;
        let (next, last) = tip.map_or((0, [0; 32]), |tip| (tip.next, tip.last));
        if envelope.sequence != next || envelope.previous != last {
            return Err(Refused::new(
                Code::StreamChain,
                format!(
                    "stream {} goes on with {next}, not {}",
                    envelope.stream, envelope.sequence
                ),
            ));
        }
        hold(
            tip.is_none_or(|tip| tip.signer == envelope.signer),
            Code::StreamAuthor,
        )?;
        hold(
            tip.is_none_or(|tip| tip.time <= envelope.time),
            Code::EntryBack,
        )
    }

    pub(crate) fn take(&mut self, envelope: &Envelope, leaf: Hash) {
        let tip = Tip {
            next: envelope.sequence.saturating_add(1),
            last: leaf,
            signer: envelope.signer,
            time: envelope.time,
        };
        self.tips.insert(envelope.stream, tip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_custody::entry::EntryType;

    fn first_of(stream: u8) -> Envelope {
        Envelope {
            kind: EntryType::Gap,
            stream: StreamId([stream; 8]),
            sequence: 0,
            previous: [0; 32],
            time: Seconds(60),
            authority: [0; 32],
            body: [0; 32],
            size_class: 8,
            counters: vec![0, 0],
            signer: [1; 4],
            signature: None,
        }
    }

    #[test]
    fn one_stream_more_than_a_log_may_have_is_refused_and_those_that_are_there_go_on() {
        let mut streams = Streams {
            most: 2,
            ..Streams::default()
        };
        for stream in [1, 2] {
            let first = first_of(stream);
            streams.check(&first).unwrap();
            streams.take(&first, [stream; 32]);
        }
        let refused = streams.check(&first_of(3)).unwrap_err();
        assert_eq!(refused.code, Code::StreamFlood);
        let next = Envelope {
            sequence: 1,
            previous: [2; 32],
            ..first_of(2)
        };
        streams.check(&next).unwrap();
        assert_eq!(Streams::default().most, STREAMS_MAX);
    }
}
