//! A longer life for a bucket. In: a bucket and the end that a ruling gave it. Out: a `bucket.json` with that end. Never: an earlier end than the one that was set when the bucket was
//! made, a life for a bucket that is gone, an end that no ruling on record gave (the caller has it).

use sakimori_custody::ids::BucketId;
use sakimori_custody::time::{DAY_SECONDS, Seconds};

use crate::error::LakeError;
use crate::limits::KEEP_DAYS_MAX;
use crate::manifest::{Bucket, BucketState};
use crate::room::Lake;
use crate::writer::lock;

impl Lake {
    /// Moves the end of a bucket to `until`; one that is not later than the bucket's own changes nothing. Returns the end that holds.
    ///
    /// # Errors
    /// - [`LakeError::Unknown`], [`LakeError::Deleted`], [`LakeError::Expired`]: there is nothing left to keep.
    /// - [`LakeError::InUse`]: a writer has it; try again when its day is over.
    /// - [`LakeError::Limit`]: longer than any bucket may be kept.
    pub fn keep_until(
        &self,
        id: &BucketId,
        until: Seconds,
        now: Seconds,
    ) -> Result<Seconds, LakeError> {
        let folder = self.folder(id);
        self.bucket(id)?.readable(now)?;
        let _lock = lock(self.disk(), &folder, id)?;
        let mut bucket: Bucket = self.bucket(id)?;
        bucket.readable(now)?;
        let longest = id.day.start().plus(u64::from(KEEP_DAYS_MAX) * DAY_SECONDS);
        if until > longest {
            return Err(LakeError::Limit {
                what: "days that a bucket is kept",
                limit: u64::from(KEEP_DAYS_MAX),
            });
        }
        if bucket.state != BucketState::Deleted && until >= bucket.expires {
            bucket.expires = until;
            // Also where it is the end that holds: an attempt that failed may have left it where a power cut takes it back.
            bucket.write(self.disk(), &folder)?;
        }
        Ok(bucket.expires)
    }
}
