//! The means of a measured run. In: entries, records. Out: a real log; a count. Never: a stored record.

#![expect(
    clippy::disallowed_methods,
    reason = "the authority's hours run while it is measured"
)]

use sakimori_custody::entry::Entry;
use sakimori_custody::identifier::Identifier;
use sakimori_custody::ids::{BucketId, RecordId, StreamId};
use sakimori_custody::keys::CommitKey;
use sakimori_custody::record::MechanicalRecord;
use sakimori_custody::time::Millis;
use sakimori_ledger::client::Client;
use sakimori_sensor::supervisor::{
    Opened, Progress, Random, RecordStore, Recorder, RecorderError, StoreError, Totals, WallClock,
};
use sakimori_testkit::folder::{BEGIN, HOUR};
use std::time::Instant;

/// The ledger behind its socket.
pub(crate) struct Log(pub(crate) Client);

impl Recorder for Log {
    fn record(&mut self, entries: &[Entry]) -> Result<u64, RecorderError> {
        let indices = self.0.append_all(entries);
        let indices = indices.map_err(|error| RecorderError(error.to_string()))?;
        Ok(indices.first().copied().unwrap_or_default())
    }
}

/// Counts records in the lake's place.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) records: usize,
}

impl RecordStore for Counted {
    fn bucket(&mut self, _bucket: &BucketId) -> Result<Opened, StoreError> {
        Ok(Opened {
            commit: CommitKey::from_bytes([7; 32]),
            records: 0,
        })
    }

    fn stage(
        &mut self,
        _bucket: &BucketId,
        _window: (StreamId, u64),
        records: &[(RecordId, MechanicalRecord)],
    ) -> Result<(), StoreError> {
        self.records += records.len();
        Ok(())
    }

    fn identifiers(
        &mut self,
        _bucket: &BucketId,
        _window: (StreamId, u64),
        _identifiers: &[(RecordId, Identifier)],
    ) -> Result<(), StoreError> {
        Ok(())
    }

    fn publish(&mut self, _bucket: &BucketId, _window: (StreamId, u64)) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Runs from the sample's start on.
pub(crate) struct Clock(Instant);

impl Default for Clock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl WallClock for Clock {
    fn now(&self) -> Millis {
        Millis((BEGIN + 2 * HOUR) * 1000 + self.0.elapsed().as_millis() as u64)
    }
}

/// Salts that are the same in every run.
pub(crate) struct Fixed;

impl Random for Fixed {
    fn fill(&mut self, place: &mut [u8]) {
        place.fill(0x2a);
    }
}

/// Tells nobody.
pub(crate) struct Silent;

impl Progress for Silent {
    fn progress(&mut self, _totals: &Totals) {}
}
