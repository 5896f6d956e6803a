//! After a fall: staged windows get the log's word, runs without an end get a gap. In: what is on disk, the log. Out: published or dropped windows, entries that say so. Never: a
//! record seen whose receipt is not in the log; a receipt whose records are lost.

use super::Process;
use super::store::LakeStore;
use crate::error::ControlError;
use crate::host::Host;
use crate::journal::{Deed, Journal};
use crate::office;
use sakimori_authority::gate::Admitted;
use sakimori_custody::entry::{EntryType, Envelope};
use sakimori_custody::ids::StreamId;
use sakimori_lake::{BucketState, BucketWriter, WindowId};
use sakimori_sensor::supervisor::WallClock;
use serde_json::json;
use std::collections::BTreeSet;

/// What was made good at a start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Windows published, because the log has their receipt.
    pub published: u64,
    /// Windows dropped, because it has none.
    pub dropped: u64,
    /// Runs without an end, for which a gap was entered.
    pub gaps: u64,
}

impl Recovered {
    /// Adds another's counts.
    pub const fn add(&mut self, other: Self) {
        self.published += other.published;
        self.dropped += other.dropped;
        self.gaps += other.gaps;
    }
}

/// Publishes or drops every window that waits in a bucket; a dropped one is entered as a gap before it is dropped.
pub(super) fn resolve(
    writer: &mut BucketWriter,
    journal: &mut Journal<'_>,
    authority: [u8; 32],
    host: &Host,
) -> Result<Recovered, ControlError> {
    let waiting = writer.unresolved();
    let receipts = receipts(journal, &waiting)?;
    let mut done = Recovered::default();
    let (published, dropped): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|w| receipts.contains(w));
    for window in published {
        writer.publish(window, host.seconds())?;
        done.published += 1;
    }
    if !dropped.is_empty() {
        // Each drop writes anew whatever waits; what has its receipt waits in a file instead.
        writer.flush()?;
    }
    for window in dropped {
        let now = host.now().0;
        let reason = format!("window {window} has no receipt and was dropped");
        gap(journal, authority, [now, now], &reason)?;
        writer.void(window)?;
        done.dropped += 1;
    }
    Ok(done)
}

/// Which of these windows have a receipt in the log.
fn receipts(
    journal: &mut Journal<'_>,
    windows: &[WindowId],
) -> Result<BTreeSet<WindowId>, ControlError> {
    let streams: BTreeSet<StreamId> = windows.iter().map(|window| window.stream).collect();
    for stream in &streams {
        // Entries are listed once they are published: the last of each stream is waited for.
        if let Some(tip) = journal.log.ask(|client| client.tip(*stream))? {
            journal.log.proof(tip.index)?;
        }
    }
    let mut found = BTreeSet::new();
    journal.log.each_entry(|_, envelope, _| {
        if envelope.kind == EntryType::Receipt && streams.contains(&envelope.stream) {
            found.extend(envelope.counters.first().map(|index| WindowId {
                stream: envelope.stream,
                index: *index,
            }));
        }
        true
    })?;
    Ok(found)
}

fn gap(
    journal: &mut Journal<'_>,
    authority: [u8; 32],
    span: [u64; 2],
    reason: &str,
) -> Result<(), ControlError> {
    journal.record(Deed {
        kind: EntryType::Gap,
        authority,
        counters: span.to_vec(),
        body: json!({"reason": reason}).to_string().into_bytes(),
    })?;
    Ok(())
}

impl Process<'_> {
    /// Makes good what an earlier process left.
    pub(super) fn recover(&mut self, admitted: &Admitted) -> Result<Recovered, ControlError> {
        office::sweep_findings(self.node)?;
        let mut done = Recovered {
            gaps: self.close_open_runs(admitted)?,
            ..Recovered::default()
        };
        let caller = self.caller()?;
        let mut store = LakeStore::new(self.node, self.host, self.signer, &caller, admitted);
        let now = self.host.seconds();
        for bucket in self.node.lake().buckets()? {
            let ours = bucket.id.sensor == self.plan.sensor;
            if ours && bucket.state == BucketState::Open && bucket.expires > now {
                store.recover(&bucket.id)?;
            }
        }
        done.add(store.finish()?);
        Ok(done)
    }

    /// Enters a gap for each run that has no stop on record, or whose findings may not be.
    fn close_open_runs(&mut self, admitted: &Admitted) -> Result<u64, ControlError> {
        let mut gaps = 0;
        let open = self.state.open_runs().to_vec();
        if open.is_empty() {
            return Ok(0);
        }
        let signer = self.signer;
        let mut journal = Journal::begin(&self.node.ledger().socket, Some(signer), self.host)?;
        for stream in open {
            if let Some(last) = last_entry(&mut journal, stream)? {
                let lacks = if last.kind == EntryType::Stop {
                    "and its findings may not be on record"
                } else {
                    "without a stop"
                };
                let reason = format!("the run of stream {stream} ended {lacks}");
                let span = [last.time.millis().0, self.host.now().0];
                // The gap stands under the authority of the run, which may be an earlier one.
                let authority = if last.authority == [0; 32] {
                    admitted.commitment()
                } else {
                    last.authority
                };
                gap(&mut journal, authority, span, &reason)?;
                gaps += 1;
            }
            self.state.close_run(stream);
            self.state.save(&self.folder)?;
        }
        Ok(gaps)
    }
}

/// The last entry of a stream; `None` where nothing of it is on record.
fn last_entry(
    journal: &mut Journal<'_>,
    stream: StreamId,
) -> Result<Option<Envelope>, ControlError> {
    let Some(tip) = journal.log.ask(|client| client.tip(stream))? else {
        return Ok(None);
    };
    journal.log.proof(tip.index)?;
    let page = journal.log.ask(|client| client.entries(tip.index, 1))?;
    Ok(page.first().and_then(|leaf| Envelope::decode(leaf).ok()))
}
