//! Fewer, larger files. In: a bucket with several files of an hour. Out: one file of that hour with the same rows. Never: a row changed, added or
//! lost: rows keep record id and window, so that commitments can be computed again.

use sakimori_custody::ids::BucketId;
use sakimori_custody::keys::BucketKey;
use sakimori_custody::time::Seconds;
use std::path::Path;

use crate::durable::Disk;
use crate::error::LakeError;
use crate::manifest::{Bucket, Object};
use crate::object::{ObjectWriter, each_batch, open};
use crate::room::Lake;
use crate::writer::{lock, remove_unnamed};

/// What a compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compaction {
    /// Files before.
    pub before: u64,
    /// Files after.
    pub after: u64,
}

impl Lake {
    /// Merges the files of each hour that has more than one.
    ///
    /// # Errors
    /// [`LakeError::InUse`]: a writer has the bucket. Others as every reading and writing; the files stay as they were.
    ///
    /// # Cost
    /// Reads and writes the rows of those hours once; memory of one row group.
    pub fn compact(
        &self,
        id: &BucketId,
        key: &BucketKey,
        now: Seconds,
    ) -> Result<Compaction, LakeError> {
        self.readable(id, key, now)?;
        let folder = self.folder(id);
        let _lock = lock(self.disk(), &folder, id)?;
        let mut bucket = self.readable(id, key, now)?;
        let before = bucket.files.len() as u64;
        for hour in 0..24 {
            merge(self.disk(), &folder, &mut bucket, key, hour)?;
        }
        let after = bucket.files.len() as u64;
        if after < before {
            // The names of the new files first: a `bucket.json` that is durable names none that a power cut takes.
            self.disk().sync_folder(&folder)?;
            bucket.write(self.disk(), &folder)?;
            remove_unnamed(self.disk(), &folder, &bucket)?;
        }
        Ok(Compaction { before, after })
    }
}

/// Merges the files of one hour into one of the next number; `bucket` then names that one in their place.
fn merge(
    disk: &Disk,
    folder: &Path,
    bucket: &mut Bucket,
    key: &BucketKey,
    hour: u8,
) -> Result<(), LakeError> {
    let (parts, others): (Vec<Object>, Vec<Object>) =
        bucket.files.iter().partition(|file| file.hour == hour);
    if parts.len() < 2 {
        return Ok(());
    }
    let mut merged = Object {
        hour,
        number: bucket.next_number(hour),
        records: 0,
        bytes: 0,
    };
    let target = folder.join(merged.file_name());
    let mut writer = ObjectWriter::create(disk, &target, key)?;
    for part in &parts {
        let path = folder.join(part.file_name());
        each_batch(&path, open(disk, &path, key)?, |batch| writer.write(batch))?;
    }
    (merged.records, merged.bytes) = writer.finish()?;
    let expected: u64 = parts.iter().map(|part| part.records).sum();
    if merged.records != expected {
        let what = format!("its parts have {} rows, not {expected}", merged.records);
        return Err(LakeError::damaged(&target, what));
    }
    bucket.files = others;
    bucket.add(merged)
}
