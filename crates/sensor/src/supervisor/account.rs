//! What a run adds up to, and its entries' bodies. In: windows, counters. Out: totals, JSON bodies of the forms of `docs/reference/formats.md` section 7. Never: anything about a
//! single flow.

use sakimori_custody::ids::{BucketId, RecordId};
use sakimori_custody::window::{EndStatus, WindowCounters};
use sakimori_detect::finding::Finding;
use serde_json::{Map, Value, json};

/// Sums over windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets read.
    pub read: u64,
    /// Packets of selected records.
    pub selected: u64,
    /// Packets discarded.
    pub discarded: u64,
    /// Packets in error.
    pub errors: u64,
    /// Of those discarded, domestic.
    pub domestic: u64,
    /// Records decided.
    pub flows: u64,
    /// Records selected.
    pub flows_selected: u64,
    /// Bytes of captured frames.
    pub bytes: u64,
    /// Windows.
    pub windows: u64,
}

impl Totals {
    /// Adds a window.
    pub const fn add(&mut self, window: &WindowCounters) {
        self.read += window.read;
        self.selected += window.selected;
        self.discarded += window.discarded();
        self.errors += window.errors();
        self.domestic += window.domestic;
        self.flows += window.flows_closed;
        self.flows_selected += window.flows_selected;
        self.bytes += window.bytes_read;
        self.windows += 1;
    }

    /// The largest of the sums.
    pub(super) fn largest(&self) -> u64 {
        let sums = [
            self.read,
            self.selected,
            self.discarded,
            self.errors,
            self.domestic,
            self.flows,
            self.flows_selected,
            self.bytes,
            self.windows,
        ];
        sums.into_iter().max().unwrap_or_default()
    }

    /// Adds the totals of another run.
    pub const fn merge(&mut self, other: &Self) {
        self.read += other.read;
        self.selected += other.selected;
        self.discarded += other.discarded;
        self.errors += other.errors;
        self.domestic += other.domestic;
        self.flows += other.flows;
        self.flows_selected += other.flows_selected;
        self.bytes += other.bytes;
        self.windows += other.windows;
    }
}

/// How a run over one input ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Sums.
    pub totals: Totals,
    /// How reading ended.
    pub status: EndStatus,
    /// File offset at which reading ended.
    pub offset: u64,
    /// Why it was ended early, as the fault entry says it.
    pub fault: Option<&'static str>,
    /// Why the supervisor ended it, where it did.
    pub ending: Option<super::Ending>,
    /// What the behaviours found.
    pub findings: Vec<Finding>,
    /// Buckets that were written.
    pub buckets: Vec<BucketId>,
}

/// Body of a receipt.
pub(super) fn receipt(
    window: &WindowCounters,
    bucket: &BucketId,
    first: Option<RecordId>,
    records: usize,
    commitments: (Option<String>, Option<String>),
) -> Vec<u8> {
    let counters: Map<String, Value> = window
        .named()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    let body = json!({
        "window": counters,
        "bucket": bucket.to_string(),
        "first_record": first.map(|id| id.to_string()),
        "records": records,
        "commitment": commitments.0.unwrap_or_default(),
        "identifiers": window.identifiers,
        "identifiers_commitment": commitments.1.unwrap_or_default(),
    });
    body.to_string().into_bytes()
}

/// Counters of a receipt's envelope.
pub(super) fn receipt_counters(window: &WindowCounters) -> Vec<u64> {
    vec![
        window.index,
        window.start_ms,
        window.end_ms,
        window.held_before,
        window.read,
        window.selected,
        window.discarded(),
        window.errors(),
        window.held_after,
        window.records,
        window.events,
        window.flows_closed,
        window.flows_selected,
    ]
}
