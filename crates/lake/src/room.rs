//! The lake as a folder of buckets. In: bucket ids, keys, the time. Out: writers, readers, listings. Never: an expired or deleted bucket
//! opened, a key kept, a bucket's life made longer than it was when it was made.

use sakimori_custody::commitment;
use sakimori_custody::ids::{BucketId, RecordId, hex};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::record::RECORD_BYTES;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::durable::{Disk, Watch};
use crate::error::LakeError;
use crate::limits::{BUCKETS_MAX, KEEP_DAYS_MAX};
use crate::manifest::{Bucket, BucketState};

/// How long a bucket is kept, from the statement's `retention` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    days: u32,
}

impl Retention {
    /// Keeps records for `days` days at most; `None` for 0 and for more than [`KEEP_DAYS_MAX`].
    pub const fn days(days: u32) -> Option<Self> {
        if days == 0 || days > KEEP_DAYS_MAX {
            None
        } else {
            Some(Self { days })
        }
    }

    /// When a bucket expires: counted from the first second of its day, so that no record in it is kept longer than was approved.
    pub fn expiry(self, bucket: &BucketId) -> Seconds {
        bucket.day.start().plus(u64::from(self.days) * DAY_SECONDS)
    }
}

/// A bucket's id with the bucket, or with what is wrong with it.
pub type Listed = (BucketId, Result<Bucket, LakeError>);

/// The lake below one folder.
#[derive(Clone, Debug)]
pub struct Lake {
    root: PathBuf,
    disk: Disk,
}

impl Lake {
    /// Names the folder; nothing is read or made.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            disk: Disk::default(),
        }
    }

    /// The same, each call of its disk through a watch: for tests that fail them.
    pub fn watched(root: impl Into<PathBuf>, watch: Arc<dyn Watch>) -> Self {
        Self {
            root: root.into(),
            disk: Disk::watched(watch),
        }
    }

    /// Where it is kept.
    pub(crate) const fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The folder of a bucket, whether it exists or not.
    pub fn folder(&self, bucket: &BucketId) -> PathBuf {
        self.root
            .join(bucket.authority.to_string())
            .join(bucket.sensor.as_str())
            .join(bucket.day.to_string())
    }

    /// What is known of a bucket without its key; a deleted one too.
    ///
    /// # Errors
    /// [`LakeError::Unknown`] where it was never written; [`LakeError::Damaged`] where its `bucket.json` is not one, or another's.
    pub fn bucket(&self, id: &BucketId) -> Result<Bucket, LakeError> {
        let folder = self.folder(id);
        let bucket = Bucket::read(&self.disk, &folder).map_err(|e| {
            if e.is_vanished() {
                LakeError::Unknown(id.clone())
            } else {
                e
            }
        })?;
        if &bucket.id == id {
            Ok(bucket)
        } else {
            Err(LakeError::damaged(
                &folder,
                "it is the folder of another bucket",
            ))
        }
    }

    /// Every bucket, deleted ones too, in the order of their ids.
    ///
    /// # Errors
    /// The disk's; [`LakeError::Damaged`] for the first bucket that does not read; [`LakeError::Limit`] for more than [`BUCKETS_MAX`].
    pub fn buckets(&self) -> Result<Vec<Bucket>, LakeError> {
        let each = self.each_bucket()?.into_iter();
        each.map(|(_, bucket)| bucket).collect()
    }

    /// Every bucket's id with the bucket, or with what is wrong with it, in the order of their ids: one that is damaged does not hide the others.
    ///
    /// # Errors
    /// The disk's, where a folder cannot be listed; [`LakeError::Limit`] for more than [`BUCKETS_MAX`].
    pub fn each_bucket(&self) -> Result<Vec<Listed>, LakeError> {
        let mut found = Vec::new();
        for authority in names_below(&self.disk, &self.root)? {
            let sensors = self.root.join(&authority);
            for sensor in names_below(&self.disk, &sensors)? {
                for day in names_below(&self.disk, &sensors.join(&sensor))? {
                    // A folder that no bucket can have is not ours; leave it alone.
                    let Ok(id) = format!("{authority}/{sensor}/{day}").parse::<BucketId>() else {
                        continue;
                    };
                    match self.bucket(&id) {
                        // A writer that ended between making the folder and its `bucket.json`: there is no bucket yet.
                        Err(LakeError::Unknown(_)) => {}
                        bucket => found.push((id, bucket)),
                    }
                    if found.len() > BUCKETS_MAX {
                        return Err(LakeError::Limit {
                            what: "buckets",
                            limit: BUCKETS_MAX as u64,
                        });
                    }
                }
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found)
    }

    /// The buckets that must be destroyed now: expired and not yet deleted.
    ///
    /// # Errors
    /// As [`Lake::buckets`].
    pub fn expired(&self, now: Seconds) -> Result<Vec<BucketId>, LakeError> {
        let buckets = self.buckets()?.into_iter();
        let due = buckets.filter(|b| b.state != BucketState::Deleted && b.expires <= now);
        Ok(due.map(|bucket| bucket.id).collect())
    }

    /// The bucket, once its state, the time and the key allow it to be read.
    pub(crate) fn readable(
        &self,
        id: &BucketId,
        key: &BucketKey,
        now: Seconds,
    ) -> Result<Bucket, LakeError> {
        let bucket = self.bucket(id)?;
        bucket.readable(now)?;
        check_key(&bucket, key)?;
        Ok(bucket)
    }
}

/// The names in a folder, sorted; none where there is no folder.
fn names_below(disk: &Disk, folder: &Path) -> Result<Vec<String>, LakeError> {
    let mut names = match disk.names(folder) {
        Ok(names) => names,
        Err(LakeError::Io { source, .. })
            if matches!(
                source.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        Err(e) => return Err(e),
    };
    if names.len() > BUCKETS_MAX {
        return Err(LakeError::Limit {
            what: "names in a folder",
            limit: BUCKETS_MAX as u64,
        });
    }
    names.sort();
    Ok(names)
}

/// What the bucket's key gives and no other: the commit key's HMAC of a leaf that no record can be, cut to 8 bytes.
pub(crate) fn key_check(key: &BucketKey) -> String {
    let nobody = RecordId::from_bytes([0xff; 16]);
    let leaf = commitment::leaf(&key.commit(), nobody, &[0xff; RECORD_BYTES]);
    hex(leaf.first_chunk::<8>().unwrap_or(&[0; 8]))
}

/// Refuses a key that is not the bucket's.
pub(crate) fn check_key(bucket: &Bucket, key: &BucketKey) -> Result<(), LakeError> {
    if bucket.key_check == key_check(key) {
        Ok(())
    } else {
        Err(LakeError::KeyRefused(bucket.id.clone()))
    }
}
