//! One holder's halves of bucket keys. In: random bytes, a bucket. Out: a file per bucket, mode 0600, that is there or destroyed. Never:
//! the other holder's half, a whole key, a share made twice.
//!
//! What destroying proves: the file is overwritten, synced and unlinked. Flash, snapshots and backups may keep old blocks; the claim that
//! the bucket cannot be opened rests on the *other* holder's share being gone too (`SECURITY.md`).

use sakimori_custody::ids::BucketId;
use sakimori_custody::keys::{BucketKey, Share};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

use crate::durable;
use crate::error::LakeError;
use crate::limits::SHARES_MAX;

/// Length of a share in bytes.
const SHARE_BYTES: usize = 32;

/// Why a share cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// It was never made, or it was destroyed: the bucket cannot be opened with this holder's help.
    #[error("there is no share of bucket {0}")]
    Missing(BucketId),
    /// It is there already; a second one would orphan what the first has closed.
    #[error("there is already a share of bucket {0}")]
    Exists(BucketId),
    /// The store failed or holds something else.
    #[error(transparent)]
    Store(#[from] LakeError),
}

/// A folder of shares. Office and commission each have one, on machines of their own.
#[derive(Debug)]
pub struct ShareVault {
    folder: PathBuf,
}

impl ShareVault {
    /// Names the folder; nothing is read or made.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Makes a bucket's share of 32 random bytes, durably.
    ///
    /// # Errors
    /// [`ShareError::Exists`]: read that one. [`ShareError::Store`]: nothing was made; try again.
    pub fn create(&self, bucket: &BucketId, random: [u8; 32]) -> Result<Share, ShareError> {
        let random = Zeroizing::new(random);
        let path = self.path(bucket);
        durable::create_folder(&self.folder)?;
        let staged = path.with_extension("new");
        durable::remove(&staged)?;
        let mut file = durable::create_new(&staged)?;
        file.write_all(random.as_slice())
            .and_then(|()| file.sync_all())
            .map_err(LakeError::io("write", &staged))?;
        // A link never replaces: whoever was first keeps their share.
        let linked = std::fs::hard_link(&staged, &path);
        durable::remove(&staged)?;
        match linked {
            Ok(()) => durable::sync_folder(&self.folder)?,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                return Err(ShareError::Exists(bucket.clone()));
            }
            Err(e) => return Err(LakeError::io("link", &path)(e).into()),
        }
        Ok(Share::new(*random))
    }

    /// Reads a bucket's share.
    ///
    /// # Errors
    /// [`ShareError::Missing`]: the bucket is destroyed or was never opened. [`ShareError::Store`]: the disk, or a file of another length.
    pub fn read(&self, bucket: &BucketId) -> Result<Share, ShareError> {
        let path = self.path(bucket);
        let bytes = match durable::read_bounded(&path, SHARE_BYTES) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(e) if e.is_vanished() => return Err(ShareError::Missing(bucket.clone())),
            Err(e) => return Err(e.into()),
        };
        let bytes: [u8; SHARE_BYTES] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| LakeError::damaged(&path, "a share has 32 bytes"))?;
        if bytes == [0; SHARE_BYTES] {
            // A crash came between the overwriting and the unlinking: what is left is no share.
            return Err(ShareError::Missing(bucket.clone()));
        }
        Ok(Share::new(bytes))
    }

    /// Reads a bucket's share, or makes it of `random` where there is none.
    ///
    /// # Errors
    /// As [`ShareVault::read`] and [`ShareVault::create`].
    pub fn obtain(&self, bucket: &BucketId, random: [u8; 32]) -> Result<Share, ShareError> {
        match self.create(bucket, random) {
            Err(ShareError::Exists(_)) => self.read(bucket),
            other => other,
        }
    }

    /// Overwrites, syncs and unlinks a share. Returns whether there was one.
    ///
    /// # Errors
    /// The disk's: the share may still be there; call again.
    pub fn destroy(&self, bucket: &BucketId) -> Result<bool, LakeError> {
        let path = self.path(bucket);
        let mut file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(LakeError::io("open", &path)(e)),
        };
        file.write_all(&[0; SHARE_BYTES])
            .and_then(|()| file.sync_all())
            .map_err(LakeError::io("overwrite", &path))?;
        durable::remove(&path)?;
        durable::sync_folder(&self.folder)?;
        Ok(true)
    }

    /// The buckets of which there is a share, in order.
    ///
    /// # Errors
    /// The disk's; and [`LakeError::Limit`] for more than [`SHARES_MAX`].
    pub fn list(&self) -> Result<Vec<BucketId>, LakeError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(LakeError::io("list", &self.folder)(e)),
        };
        let mut buckets = Vec::new();
        for entry in entries {
            let entry = entry.map_err(LakeError::io("list", &self.folder))?;
            buckets.extend(bucket_of(&entry.path()));
            if buckets.len() > SHARES_MAX {
                return Err(LakeError::Limit {
                    what: "shares",
                    limit: SHARES_MAX as u64,
                });
            }
        }
        buckets.sort();
        Ok(buckets)
    }

    /// `<authority>_<sensor>_<day>.share`; an underscore is in no id.
    fn path(&self, bucket: &BucketId) -> PathBuf {
        let name = bucket.to_string().replace('/', "_");
        self.folder.join(format!("{name}.share"))
    }
}

/// The bucket that a file of a vault is for; `None` for other files.
fn bucket_of(path: &Path) -> Option<BucketId> {
    let name = path.file_name()?.to_str()?.strip_suffix(".share")?;
    name.replace('_', "/").parse().ok()
}

/// A bucket's key from both holders' vaults, where one machine may see both (tests, a demonstration, the office while a query is open).
///
/// # Errors
/// [`ShareError::Missing`] names the bucket where either share is gone.
pub fn bucket_key(
    office: &ShareVault,
    commission: &ShareVault,
    bucket: &BucketId,
) -> Result<BucketKey, ShareError> {
    let (office, commission) = (office.read(bucket)?, commission.read(bucket)?);
    Ok(BucketKey::combine(&office, &commission, bucket))
}
