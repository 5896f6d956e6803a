//! How long the commission keeps its shares of buckets. In: the book of its copy, its clock, the office's requests. Out: shares destroyed, attestations. Never: a share given or made behind its bucket's end
//! or behind a tombstone; a share that lives on because the office sits still.

use super::{Commission, Denied, DestroyRequest, denied, fresh, lock, request};
use crate::commission::register::Decided;
use crate::error::{ControlError, told};
use crate::files;
use sakimori_custody::ids::BucketId;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_lake::ShareError;
use sakimori_oversight::limits::DELETION_SECONDS_MAX;
use sakimori_tlog::note::Note;
use std::path::PathBuf;

impl Commission {
    /// Destroys the commission's half of an expired bucket's key and attests it.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn destroy(&self, body: &[u8]) -> Result<Vec<u8>, Denied> {
        let root = self.trust_root();
        let office = std::slice::from_ref(&root.office);
        let (request, wall) = self.opened(body, office, DestroyRequest::parse)?;
        fresh(request.time, wall)?;
        let decided = self.decided(request.bucket.authority, self.verified_size())?;
        let now = self.believed(wall);
        let expires = self.end_of(&decided, &request.bucket);
        if now < expires {
            return Err(denied(403, format!("the bucket is kept until {expires}")));
        }
        self.end_share(&decided, &request.bucket)?;
        let text = request::attestation(&request.bucket, now);
        let note = Note::sign(&text, &[&self.share_key], now.0);
        note.map(|note| note.to_bytes())
            .ok_or_else(|| denied(500, "the attestation cannot be signed"))
    }

    /// Destroys a half that was there, and remembers that it was, so that an attestation that was lost can be given again and no half is made anew.
    fn end_share(&self, decided: &Decided, bucket: &BucketId) -> Result<(), Denied> {
        if !decided.statement.sensors.contains(&bucket.sensor) {
            return Err(denied(403, "the statement does not name this sensor"));
        }
        let keeping = lock(&self.keeping);
        match self.shares.read(bucket) {
            Err(ShareError::Missing(_)) if !self.tombstone(bucket).exists() => {
                return Err(denied(404, "there never was a share of this bucket"));
            }
            Err(ShareError::Missing(_)) => return Ok(()),
            _ => {}
        }
        let buried = self.bury(bucket).map_err(|e| denied(500, told(&e)));
        drop(keeping);
        buried
    }

    /// Destroys a share, its tombstone first. Who calls holds `keeping`.
    pub(super) fn bury(&self, bucket: &BucketId) -> Result<(), ControlError> {
        let tombstone = self.tombstone(bucket);
        files::write(&tombstone, format!("{bucket}\n").as_bytes(), files::PRIVATE)?;
        self.shares.destroy(bucket)?;
        Ok(())
    }

    pub(super) fn tombstone(&self, bucket: &BucketId) -> PathBuf {
        self.destroyed.join(bucket.to_string().replace('/', "_"))
    }

    /// The first second at which a bucket has to be gone: as the statement says, or the last cosigned ruling that keeps it, or the lapse that ended it.
    fn end_of(&self, decided: &Decided, bucket: &BucketId) -> Seconds {
        let days = decided.statement.keep_days;
        let usual = bucket.day.start().plus(days.saturating_mul(DAY_SECONDS));
        // Before the register: the mirror holds its own lock when it asks the register.
        let verified = self.verified_size();
        let register = lock(&self.register);
        match register.book().bucket_list().get(bucket) {
            Some(known) if known.kept_by.is_some_and(|ruling| ruling >= verified) => {
                usual.min(known.end)
            }
            Some(known) => known.end,
            None => usual,
        }
    }

    /// Whether a bucket is still kept: neither destroyed here nor gone on record, nor behind its end by either clock. Who calls holds `keeping`.
    pub(super) fn is_kept(
        &self,
        decided: &Decided,
        bucket: &BucketId,
        wall: Seconds,
    ) -> Result<(), Denied> {
        let gone = {
            let register = lock(&self.register);
            let known = register.book().bucket_list().get(bucket);
            known.is_some_and(|known| known.deleted.is_some() || known.lapsed.is_some())
        };
        if gone || self.tombstone(bucket).exists() {
            return Err(denied(410, told(&ShareError::Missing(bucket.clone()))));
        }
        let end = self.end_of(decided, bucket);
        // To give nothing destroys nothing: the later of the two clocks counts.
        if wall.max(self.believed(wall)) >= end {
            return Err(denied(410, format!("bucket {bucket} was kept until {end}")));
        }
        Ok(())
    }

    /// Destroys the shares of all buckets whose deletion is due, whether or not the office asks: what has expired is not to be read for ever with an office that sits still. It has a day after the
    /// end, as its deletion has.
    ///
    /// # Errors
    /// [`ControlError`]: the disk's; what could be destroyed is.
    pub(super) fn end_buckets(&self, now: Seconds) -> Result<(), ControlError> {
        let verified = self.verified_size();
        let mut outcome = Ok(());
        for bucket in self.shares.list()? {
            // Of what the copy does not hold nothing can be said.
            let Ok(decided) = self.decided(bucket.authority, verified) else {
                continue;
            };
            if now <= self.end_of(&decided, &bucket).plus(DELETION_SECONDS_MAX) {
                continue;
            }
            let keeping = lock(&self.keeping);
            outcome = self.bury(&bucket).and(outcome);
            drop(keeping);
        }
        outcome
    }
}
