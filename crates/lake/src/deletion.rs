//! The end of a bucket. In: a bucket, the office's vault, the time. Out: what the deletion entry tells. Never: a bucket half deleted that could
//! still be opened: the share goes first, then the word, then the files.
//!
//! What this proves and what not: `SECURITY.md`. The commission destroys its share on its own machine and attests it.

use sakimori_custody::ids::BucketId;
use sakimori_custody::time::Seconds;

use crate::error::LakeError;
use crate::identifiers;
use crate::manifest::{Bucket, BucketState};
use crate::room::Lake;
use crate::shares::ShareVault;
use crate::spool::count_published;
use crate::writer::{lock, remove_unnamed};

/// What became of the office's share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfficeShare {
    /// It was there and is destroyed now.
    Destroyed,
    /// It was not there: destroyed before, by this office or an earlier attempt.
    AlreadyGone,
}

/// What the deletion entry tells (`docs/reference/formats.md` section 7, type 30).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Which bucket.
    pub bucket: BucketId,
    /// Files destroyed: Parquet files, the spool where published windows waited in it, and that of identifiers.
    pub objects: u64,
    /// Published records destroyed.
    pub records: u64,
    /// What became of the office's share.
    pub office_share: OfficeShare,
    /// When; of an earlier attempt where that got as far.
    pub deleted: Seconds,
}

impl Lake {
    /// Destroys a bucket: the office's share, then every file of it. What stays is a `bucket.json` that says so.
    ///
    /// Calling again finishes what a crash left and gives the same counts.
    ///
    /// # Errors
    /// - [`LakeError::Unknown`]: there is no such bucket.
    /// - [`LakeError::InUse`]: end its writer first; nothing was destroyed.
    /// - [`LakeError::Io`]: call again.
    pub fn delete(
        &self,
        id: &BucketId,
        office: &ShareVault,
        now: Seconds,
    ) -> Result<Deletion, LakeError> {
        let mut bucket = self.bucket(id)?;
        let folder = self.folder(id);
        let _lock = lock(self.disk(), &folder, id)?;
        let destroyed = office.destroy(id)?;
        if bucket.state != BucketState::Deleted {
            // A spool that no longer reads is destroyed like any other; what it held cannot be counted then.
            let waiting = count_published(self.disk(), &bucket.spool_path(&folder)).unwrap_or(0);
            let identifiers = identifiers::newest(self.disk(), &folder)?.is_some();
            bury(&mut bucket, waiting, now);
            bucket.objects += u64::from(identifiers);
        }
        // Also where it says so already: an attempt that failed may have left the word where a power cut takes it back.
        bucket.write(self.disk(), &folder)?;
        remove_unnamed(self.disk(), &folder, &bucket)?;
        self.disk().sync_folder(&folder)?;
        Ok(Deletion {
            bucket: bucket.id,
            objects: bucket.objects,
            records: bucket.records,
            office_share: if destroyed {
                OfficeShare::Destroyed
            } else {
                OfficeShare::AlreadyGone
            },
            deleted: bucket.deleted.unwrap_or(now),
        })
    }
}

/// The bucket after its end: counts stay, files are no longer named.
fn bury(bucket: &mut Bucket, waiting: u64, now: Seconds) {
    bucket.count();
    bucket.objects += u64::from(waiting > 0);
    bucket.records += waiting;
    bucket.files.clear();
    bucket.state = BucketState::Deleted;
    bucket.deleted = Some(now);
}
