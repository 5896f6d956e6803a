//! Streams: each author's chain. In: envelopes. Out: whether one goes on where its stream ends. Never: two authors in one stream.

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Streams(BTreeMap<StreamId, Tip>);

impl Streams {
    pub(crate) fn check(&self, envelope: &Envelope) -> Result<(), Refused> {
        let (next, last) = self
            .0
            .get(&envelope.stream)
            .map_or((0, [0; 32]), |tip| (tip.next, tip.last));
        if envelope.sequence != next || envelope.previous != last {
            return Err(Refused::new(
                Code::StreamChain,
                format!(
                    "stream {} goes on with {next}, not {}",
                    envelope.stream, envelope.sequence
                ),
            ));
        }
        let tip = self.0.get(&envelope.stream);
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
        self.0.insert(envelope.stream, tip);
    }
}
