//! One holder's halves of bucket keys. In: random bytes, a bucket. Out: a file per bucket, mode 0600, that is there or destroyed. Never:
//! the other holder's half, a whole key, a share made twice.
//!
//! What destroying proves: the file is overwritten, synced and unlinked. Flash, snapshots and backups may keep old blocks; the claim that
//! the bucket cannot be opened rests on the *other* holder's share being gone too (`SECURITY.md`).

use sakimori_custody::epoch::EpochId;
use sakimori_custody::ids::BucketId;
use sakimori_custody::keys::{BucketKey, Share};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

use crate::durable::{Disk, Watch};
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
    /// It was never made, or it was destroyed: what was sealed in the epoch stays sealed.
    #[error("there is no share of epoch {0}")]
    MissingEpoch(EpochId),
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
    disk: Disk,
}

impl ShareVault {
    /// Names the folder; nothing is read or made.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            disk: Disk::default(),
        }
    }

    /// The same, each call of its disk through a watch: for tests that fail them.
    pub fn watched(folder: impl Into<PathBuf>, watch: Arc<dyn Watch>) -> Self {
        Self {
            folder: folder.into(),
            disk: Disk::watched(watch),
        }
    }

    /// Makes a bucket's share of 32 random bytes, durably.
    ///
    /// # Errors
    /// [`ShareError::Exists`]: read that one. [`ShareError::Store`]: nothing was made; try again.
    pub fn create(&self, bucket: &BucketId, random: [u8; 32]) -> Result<Share, ShareError> {
        let made = self.create_at(&self.path(bucket), random)?;
        made.ok_or_else(|| ShareError::Exists(bucket.clone()))
    }

    /// Reads a bucket's share.
    ///
    /// # Errors
    /// [`ShareError::Missing`]: the bucket is destroyed or was never opened. [`ShareError::Store`]: the disk, or a file of another length.
    pub fn read(&self, bucket: &BucketId) -> Result<Share, ShareError> {
        let share = read_at(&self.disk, &self.path(bucket))?;
        share.ok_or_else(|| ShareError::Missing(bucket.clone()))
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
        self.destroy_at(&self.path(bucket))
    }

    /// Reads an epoch's share.
    ///
    /// # Errors
    /// [`ShareError::MissingEpoch`]: it was destroyed or never made. [`ShareError::Store`]: the disk, or a file of another length.
    pub fn read_epoch(&self, epoch: &EpochId) -> Result<Share, ShareError> {
        let share = read_at(&self.disk, &self.epoch_path(epoch))?;
        share.ok_or(ShareError::MissingEpoch(*epoch))
    }

    /// Reads an epoch's share, or makes it of `random` where there is none.
    ///
    /// # Errors
    /// As [`ShareVault::read_epoch`].
    pub fn obtain_epoch(&self, epoch: &EpochId, random: [u8; 32]) -> Result<Share, ShareError> {
        match self.create_at(&self.epoch_path(epoch), random)? {
            Some(share) => Ok(share),
            None => self.read_epoch(epoch),
        }
    }

    /// Overwrites, syncs and unlinks an epoch's share. Returns whether there was one.
    ///
    /// # Errors
    /// As [`ShareVault::destroy`].
    pub fn destroy_epoch(&self, epoch: &EpochId) -> Result<bool, LakeError> {
        self.destroy_at(&self.epoch_path(epoch))
    }

    /// The epochs of which there is a share, in order.
    ///
    /// # Errors
    /// As [`ShareVault::list`].
    pub fn epochs(&self) -> Result<Vec<EpochId>, LakeError> {
        self.named(epoch_of)
    }

    /// Makes a share's file; `None` where there is one.
    fn create_at(&self, path: &Path, random: [u8; 32]) -> Result<Option<Share>, LakeError> {
        let random = Zeroizing::new(random);
        let disk = &self.disk;
        disk.create_folder(&self.folder)?;
        let staged = path.with_extension("new");
        disk.remove(&staged)?;
        let file = disk.create_new(&staged)?;
        file.write_all_at(random.as_slice(), 0)?;
        file.sync()?;
        // A link never replaces: whoever was first keeps their share.
        let linked = disk.link(&staged, path);
        disk.remove(&staged)?;
        let linked = linked?;
        // Also where there was one: whoever made it may have failed before its name was durable, and what it closes would be orphaned. The vault's own name belongs to it.
        disk.sync_folder(&self.folder)?;
        if let Some(above) = self.folder.parent().filter(|path| *path != Path::new("")) {
            disk.sync_folder(above)?;
        }
        Ok(linked.then(|| Share::new(*random)))
    }

    fn destroy_at(&self, path: &Path) -> Result<bool, LakeError> {
        let file = match self.disk.open_to_write(path) {
            Ok(file) => file,
            // An attempt that failed may have taken the name away where a power cut brings it back.
            Err(e) if e.is_vanished() => {
                if self.folder.is_dir() {
                    self.disk.sync_folder(&self.folder)?;
                }
                return Ok(false);
            }
            Err(e) => return Err(e),
        };
        file.write_all_at(&[0; SHARE_BYTES], 0)?;
        file.sync()?;
        self.disk.remove(path)?;
        self.disk.sync_folder(&self.folder)?;
        Ok(true)
    }

    /// The buckets of which there is a share, in order.
    ///
    /// # Errors
    /// The disk's; and [`LakeError::Limit`] for more than [`SHARES_MAX`].
    pub fn list(&self) -> Result<Vec<BucketId>, LakeError> {
        self.named(bucket_of)
    }

    /// What the files of the vault are for, in order, as far as `of` says.
    fn named<T: Ord>(&self, of: fn(&Path) -> Option<T>) -> Result<Vec<T>, LakeError> {
        let names = match self.disk.names(&self.folder) {
            Ok(names) => names,
            Err(e) if e.is_vanished() => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        let mut named: Vec<T> = names
            .iter()
            .filter_map(|name| of(Path::new(name)))
            .collect();
        if named.len() > SHARES_MAX {
            return Err(LakeError::Limit {
                what: "shares",
                limit: SHARES_MAX as u64,
            });
        }
        named.sort();
        Ok(named)
    }

    /// `<authority>_<sensor>_<day>.share`; an underscore is in no id.
    fn path(&self, bucket: &BucketId) -> PathBuf {
        let name = bucket.to_string().replace('/', "_");
        self.folder.join(format!("{name}.share"))
    }

    /// `<authority>_<first day>_<days>.epoch`.
    fn epoch_path(&self, epoch: &EpochId) -> PathBuf {
        let name = epoch.to_string().replace('/', "_");
        self.folder.join(format!("{name}.epoch"))
    }
}

/// The share in a file; `None` where there is none, or what a crash left of it.
fn read_at(disk: &Disk, path: &Path) -> Result<Option<Share>, LakeError> {
    let bytes = match disk.read_bounded(path, SHARE_BYTES) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(e) if e.is_vanished() => return Ok(None),
        Err(e) => return Err(e),
    };
    let bytes: [u8; SHARE_BYTES] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| LakeError::damaged(path, "a share has 32 bytes"))?;
    // Zeros: a crash came between the overwriting and the unlinking.
    Ok((bytes != [0; SHARE_BYTES]).then(|| Share::new(bytes)))
}

/// The epoch that a file of a vault is for; `None` for other files.
fn epoch_of(path: &Path) -> Option<EpochId> {
    let name = path.file_name()?.to_str()?.strip_suffix(".epoch")?;
    name.replace('_', "/").parse().ok()
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
