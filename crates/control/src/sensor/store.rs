//! The lake as the supervisor sees it. In: windows of records. Out: staged, then published windows in buckets whose keys are made of two halves. Never: a window published without its
//! receipt; a staged window of an earlier run left without the log's word.

use super::recovery::{Recovered, resolve};
use crate::commission::{CallError, Caller, Use};
use crate::error::{ControlError, told};
use crate::host::Host;
use crate::identify;
use crate::journal::Journal;
use crate::layout::Node;
use crate::office;
use sakimori_authority::Statement;
use sakimori_authority::gate::Admitted;
use sakimori_custody::identifier::Identifier;
use sakimori_custody::ids::{BucketId, RecordId, StreamId};
use sakimori_custody::keys::{BucketKey, CommitKey};
use sakimori_custody::record::MechanicalRecord;
use sakimori_lake::{BucketWriter, Retention, StagedWindow, WindowId};
use sakimori_sensor::child::ChildIdentify;
use sakimori_sensor::supervisor::{Opened, RecordStore, StoreError};
use sakimori_tlog::key::NoteSigner;
use std::collections::BTreeMap;

/// With what findings of a run are sealed.
pub struct SealKey {
    /// The bucket.
    pub bucket: BucketId,
    /// Its key.
    pub key: BucketKey,
}

/// Buckets that are open for one run.
pub(super) struct LakeStore<'s> {
    node: &'s Node,
    host: &'s Host,
    signer: &'s NoteSigner,
    caller: &'s Caller,
    admitted: &'s Admitted,
    writers: BTreeMap<BucketId, (BucketWriter, CommitKey)>,
    pub(super) recovered: Recovered,
}

impl<'s> LakeStore<'s> {
    pub(super) fn new(
        node: &'s Node,
        host: &'s Host,
        signer: &'s NoteSigner,
        caller: &'s Caller,
        admitted: &'s Admitted,
    ) -> Self {
        Self {
            node,
            host,
            signer,
            caller,
            admitted,
            writers: BTreeMap::new(),
            recovered: Recovered::default(),
        }
    }

    fn today(&self) -> BucketId {
        BucketId {
            authority: self.admitted.statement().id,
            sensor: self.admitted.lease().sensor.clone(),
            day: self.host.seconds().day(),
        }
    }

    /// The key of a bucket, of both halves.
    fn key(&self, bucket: &BucketId) -> Result<BucketKey, ControlError> {
        let commission = self.caller.share(bucket, Use::Write, self.signer)?;
        let random = self.host.bytes().map_err(ControlError::Randomness)?;
        let office = self.node.office_shares().obtain(bucket, random)?;
        Ok(BucketKey::combine(&office, &commission, bucket))
    }

    /// The key of today's bucket, for what is sealed outside the lake.
    pub(super) fn seal_key(&self) -> Result<SealKey, ControlError> {
        let bucket = self.today();
        let key = self.key(&bucket)?;
        Ok(SealKey { bucket, key })
    }

    /// Opens today's bucket.
    pub(super) fn begin(&mut self, seal: &SealKey) -> Result<(), ControlError> {
        let key = BucketKey::from_bytes(*seal.key.bytes());
        self.open(&seal.bucket, key, self.admitted.statement())
    }

    /// Opens a bucket for writing. Windows of an earlier run that wait in it are published or dropped first, as the log says.
    fn open(
        &mut self,
        bucket: &BucketId,
        key: BucketKey,
        statement: &Statement,
    ) -> Result<(), ControlError> {
        let days = u32::try_from(statement.keep_days).unwrap_or(u32::MAX);
        let retention = Retention::days(days);
        let retention = retention.ok_or_else(|| {
            ControlError::document("the statement", "its retention is none that the lake keeps")
        })?;
        let commit = key.commit();
        let lake = self.node.lake();
        let random = Box::new(self.host.source());
        let mut writer = lake.writer(bucket, key, retention, self.host.seconds(), random)?;
        if !writer.unresolved().is_empty() {
            let mut journal =
                Journal::begin(&self.node.ledger().socket, Some(self.signer), self.host)?;
            self.recovered.add(resolve(
                &mut writer,
                &mut journal,
                statement.commitment(),
                self.host,
            )?);
        }
        self.writers.insert(bucket.clone(), (writer, commit));
        Ok(())
    }

    /// Opens a bucket of an earlier run, so that its windows get the log's word. One of another authority that is leased no more stays as it is until it is destroyed.
    pub(super) fn recover(&mut self, bucket: &BucketId) -> Result<(), ControlError> {
        if bucket.authority == self.admitted.statement().id {
            let key = self.key(bucket)?;
            return self.open(bucket, key, self.admitted.statement());
        }
        match self.key(bucket) {
            Err(ControlError::Commission(CallError::Denied(_))) => Ok(()),
            Err(error) => Err(error),
            Ok(key) => self.open(
                bucket,
                key,
                &office::statement(self.node, bucket.authority)?,
            ),
        }
    }

    /// Writes what waits into files; buckets of days that are over are closed.
    pub(super) fn finish(self) -> Result<Recovered, ControlError> {
        let today = self.host.seconds().day();
        for (bucket, (mut writer, _)) in self.writers {
            if bucket.day < today {
                writer.close()?;
            } else {
                writer.flush()?;
            }
        }
        Ok(self.recovered)
    }

    fn writer(&mut self, bucket: &BucketId) -> Result<&mut BucketWriter, StoreError> {
        let writer = self.writers.get_mut(bucket).map(|(writer, _)| writer);
        writer.ok_or_else(|| StoreError(format!("bucket {bucket} was not opened")))
    }
}

fn failed(error: impl Into<ControlError>) -> StoreError {
    StoreError(told(&error.into()))
}

impl RecordStore for LakeStore<'_> {
    fn bucket(&mut self, bucket: &BucketId) -> Result<Opened, StoreError> {
        let key = self.key(bucket).map_err(failed)?;
        let commit = key.commit();
        if !self.writers.contains_key(bucket) {
            self.open(bucket, key, self.admitted.statement())
                .map_err(failed)?;
        }
        let writer = self.writer(bucket)?;
        let files = writer.bucket().files.iter().map(|file| file.records);
        Ok(Opened {
            commit,
            records: files.sum::<u64>() + writer.pending(),
        })
    }

    fn stage(
        &mut self,
        bucket: &BucketId,
        window: (StreamId, u64),
        records: &[(RecordId, MechanicalRecord)],
    ) -> Result<(), StoreError> {
        let staged = StagedWindow {
            id: id(window),
            records,
        };
        self.writer(bucket)?.stage(&staged).map_err(failed)
    }

    fn identifiers(
        &mut self,
        bucket: &BucketId,
        window: (StreamId, u64),
        identifiers: &[(RecordId, Identifier)],
    ) -> Result<(), StoreError> {
        let writer = self.writer(bucket)?;
        writer
            .stage_identifiers(id(window), identifiers)
            .map_err(failed)
    }

    fn next_epoch(&mut self, stream: StreamId) -> Option<ChildIdentify> {
        let asked = (self.signer, stream);
        identify::for_run(self.node, self.host, self.admitted, self.caller, asked)
            .ok()
            .flatten()
    }

    fn publish(&mut self, bucket: &BucketId, window: (StreamId, u64)) -> Result<(), StoreError> {
        let now = self.host.seconds();
        self.writer(bucket)?
            .publish(id(window), now)
            .map(|_| ())
            .map_err(failed)
    }
}

const fn id((stream, index): (StreamId, u64)) -> WindowId {
    WindowId { stream, index }
}
