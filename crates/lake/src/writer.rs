//! The one writer of a bucket. In: windows, then the log's word on each. Out: staged windows that survive a crash, published ones in a Parquet
//! file per hour. Never: a window in a file without its publication, a window in two files, records in a closed or expired bucket.
//!
//! Order of an act: `stage` (on disk) → the caller logs the receipt → `publish` (or `void`). After a crash [`BucketWriter::unresolved`] names the
//! windows of which the log has the last word.

use sakimori_custody::identifier::Identifier;
use sakimori_custody::ids::{BucketId, RecordId};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::Randomness;
use crate::durable::Disk;
use crate::error::LakeError;
use crate::identifiers::{self, Store};
use crate::limits::{BATCH_ROWS, PENDING_RECORDS_MAX};
use crate::manifest::{Bucket, BucketState, MANIFEST, Object};
use crate::object::ObjectWriter;
use crate::room::{Lake, Retention, check_key, key_check};
use crate::schema::{Row, batch};
use crate::spool::{Nonces, Spool, StagedWindow, WindowId};

/// Name of the file whose lock a writer holds.
pub(crate) const LOCK: &str = "lock";

/// What a publication did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Records of the window.
    pub records: u64,
    /// Whether the window was published before, by this writer or the one before a crash.
    pub again: bool,
}

/// An open bucket. One per bucket on a machine; the second is refused.
pub struct BucketWriter {
    disk: Disk,
    folder: PathBuf,
    bucket: Bucket,
    key: BucketKey,
    spool: Spool,
    /// The file of identifiers, once there are some.
    identifiers: Option<Store>,
    random: Box<dyn Randomness>,
    /// Set by the first failure of the disk: after a failed sync nobody knows what is on it, so nothing more is written.
    broken: bool,
    _lock: File,
}

impl fmt::Debug for BucketWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketWriter")
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl Lake {
    /// Opens a bucket for writing; makes it, with its expiry, where it is not there. A torn spool is cut to what is whole, and what is found is made durable before anything rests on it:
    /// the writer before may have failed without knowing what is on the disk.
    ///
    /// # Errors
    /// - [`LakeError::Deleted`], [`LakeError::Expired`], [`LakeError::Closed`]: records of now belong to another day's bucket.
    /// - [`LakeError::InUse`]: another writer has it.
    /// - [`LakeError::KeyRefused`]: the shares are of another bucket, or one was replaced.
    /// - [`LakeError::Io`], [`LakeError::Damaged`]: the disk.
    pub fn writer(
        &self,
        id: &BucketId,
        key: BucketKey,
        retention: Retention,
        now: Seconds,
        mut random: Box<dyn Randomness>,
    ) -> Result<BucketWriter, LakeError> {
        let folder = self.folder(id);
        let disk = self.disk();
        disk.create_folder(&folder)?;
        // The names of the folders above are part of the promise too, whoever made them.
        for above in folder.ancestors().skip(1).take(FOLDERS_ABOVE) {
            disk.sync_folder(above)?;
        }
        let lock = lock(disk, &folder, id)?;
        let known = match self.bucket(id) {
            Ok(bucket) => Some(bucket),
            Err(LakeError::Unknown(_)) => None,
            Err(e) => return Err(e),
        };
        let (bucket, spool) = match known {
            Some(bucket) => {
                bucket.readable(now)?;
                if bucket.state == BucketState::Closed {
                    return Err(LakeError::Closed(id.clone()));
                }
                check_key(&bucket, &key)?;
                let path = bucket.spool_path(&folder);
                let spool = Spool::resume(disk, &path, id, bucket.spool, &key)?;
                // A renaming that was not durable yet has to be, before the files go that the old `bucket.json` names.
                disk.sync_folder(&folder)?;
                bucket.write(disk, &folder)?;
                remove_unnamed(disk, &folder, &bucket)?;
                (bucket, spool)
            }
            None => begin(
                disk,
                &folder,
                new_bucket(id, &key, retention.expiry(id), now),
                &key,
            )?,
        };
        // The source is asked once before it is needed: a machine without randomness takes no records.
        random
            .fill(&mut [0; 8])
            .map_err(|source| LakeError::Randomness {
                bucket: id.clone(),
                source,
            })?;
        Ok(BucketWriter {
            disk: disk.clone(),
            folder,
            bucket,
            key,
            spool,
            identifiers: None,
            random,
            broken: false,
            _lock: lock,
        })
    }
}

/// Folders above a bucket's that may be new: of its sensor, its authority, the lake, and that in which the lake is.
const FOLDERS_ABOVE: usize = 4;

/// Takes the bucket's lock, which ends with the process that holds it.
pub(crate) fn lock(disk: &Disk, folder: &Path, id: &BucketId) -> Result<File, LakeError> {
    let lock = disk.lock(&folder.join(LOCK))?;
    lock.ok_or_else(|| LakeError::InUse(id.clone()))
}

/// A bucket that was not there.
fn new_bucket(id: &BucketId, key: &BucketKey, expires: Seconds, now: Seconds) -> Bucket {
    Bucket {
        id: id.clone(),
        created: now,
        expires,
        state: BucketState::Open,
        deleted: None,
        objects: 0,
        records: 0,
        files: Vec::new(),
        spool: 0,
        key_check: key_check(key),
    }
}

/// Makes a bucket that was not there.
fn begin(
    disk: &Disk,
    folder: &Path,
    bucket: Bucket,
    key: &BucketKey,
) -> Result<(Bucket, Spool), LakeError> {
    bucket.readable(bucket.created)?;
    let path = bucket.spool_path(folder);
    let spool = Spool::create(disk, &path, &bucket.id, bucket.spool, key)?;
    disk.sync_folder(folder)?;
    bucket.write(disk, folder)?;
    Ok((bucket, spool))
}

/// Removes what a crash left behind: files that `bucket.json` does not name.
pub(crate) fn remove_unnamed(disk: &Disk, folder: &Path, bucket: &Bucket) -> Result<(), LakeError> {
    let mut named: BTreeSet<String> = bucket.files.iter().map(Object::file_name).collect();
    named.extend([MANIFEST.to_owned(), LOCK.to_owned()]);
    if bucket.state != BucketState::Deleted {
        named.insert(crate::manifest::spool_name(bucket.spool));
        named.extend(identifiers::newest(disk, folder)?.map(identifiers::file_name));
    }
    for name in disk.names(folder)? {
        if !named.contains(&name) {
            disk.remove(&folder.join(name))?;
        }
    }
    Ok(())
}

impl BucketWriter {
    /// What is known of the bucket.
    pub const fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// Windows that are staged and wait for the log's word, in order.
    pub fn unresolved(&self) -> Vec<WindowId> {
        self.spool.unresolved()
    }

    /// Records that are published and not yet in a file.
    pub fn pending(&self) -> u64 {
        self.spool.pending().values().sum()
    }

    /// Stores a window's records; when this returns they survive a crash. They are not to be seen before they are published.
    ///
    /// # Errors
    /// - [`LakeError::NotSelected`], [`LakeError::Order`], [`LakeError::Limit`]: the window is not what the seal writes; nothing was stored.
    /// - [`LakeError::AlreadyStaged`]: ask the log for its receipt.
    /// - [`LakeError::Io`], [`LakeError::Randomness`]: nothing was stored; the window must not be receipted.
    ///
    /// # Cost
    /// One write and one `fdatasync`; memory of one part (1.6 MB).
    pub fn stage(&mut self, window: &StagedWindow<'_>) -> Result<(), LakeError> {
        self.unbroken(|writer| {
            let Self {
                spool,
                bucket,
                random,
                ..
            } = writer;
            spool.stage(window, &mut nonces(&bucket.id, random))
        })
    }

    /// Stores the identifiers of a window that is staged and waits for the log's word; when this returns they survive a crash.
    ///
    /// # Errors
    /// - [`LakeError::NotStaged`], [`LakeError::AlreadyPublished`], [`LakeError::AlreadyStaged`], [`LakeError::Order`], [`LakeError::Limit`]: nothing was stored.
    /// - [`LakeError::Io`], [`LakeError::Randomness`]: nothing was stored; the window must not be receipted.
    pub fn stage_identifiers(
        &mut self,
        window: WindowId,
        items: &[(RecordId, Identifier)],
    ) -> Result<(), LakeError> {
        if !self.spool.holds(window) {
            return Err(LakeError::NotStaged(window));
        }
        if !self.spool.unresolved().contains(&window) {
            return Err(LakeError::AlreadyPublished(window));
        }
        self.unbroken(|writer| {
            let mut records = BTreeSet::new();
            writer.spool.each_part(window, |part| {
                records.extend(part.into_iter().map(|(id, _)| id));
                Ok(())
            })?;
            identifiers::check(window, items, &records)?;
            let store = match writer.identifiers.take() {
                Some(store) => store,
                None => {
                    Store::resume(&writer.disk, &writer.folder, &writer.bucket.id, &writer.key)?
                }
            };
            let store = writer.identifiers.insert(store);
            store.stage(
                window,
                items,
                &mut nonces(&writer.bucket.id, &mut writer.random),
            )
        })
    }

    /// Drops the identifiers of a window that is void.
    fn void_identifiers(&mut self, window: WindowId) -> Result<(), LakeError> {
        if identifiers::newest(&self.disk, &self.folder)?.is_none() {
            return Ok(());
        }
        let (folder, id) = (&self.folder, &self.bucket.id);
        let store = match self.identifiers.take() {
            Some(store) => store,
            None => Store::resume(&self.disk, folder, id, &self.key)?,
        };
        let mut nonces = nonces(id, &mut self.random);
        let next = store.without(window, folder, id, &self.key, &mut nonces)?;
        self.identifiers = Some(next.unwrap_or(store));
        Ok(())
    }

    /// Does what touches the disk, unless it has failed before.
    fn unbroken<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<T, LakeError>,
    ) -> Result<T, LakeError> {
        if self.broken {
            return Err(LakeError::Broken(self.bucket.id.clone()));
        }
        let done = act(self);
        self.broken = matches!(done, Err(LakeError::Io { .. } | LakeError::Damaged { .. }));
        done
    }

    /// Notes that the window's receipt is in the log; from now on its records are found. Ends the files of hours before `now`'s.
    ///
    /// # Errors
    /// [`LakeError::NotStaged`]: the log has a receipt of records that are not here, a fault to report. Others: the disk; open the writer again. Where the
    /// window is among [`BucketWriter::unresolved`] then, publish it again; where it is not, it is published.
    pub fn publish(&mut self, window: WindowId, now: Seconds) -> Result<Published, LakeError> {
        self.unbroken(|writer| writer.publish_in(window, hour(now)))
    }

    fn publish_in(&mut self, window: WindowId, hour: u8) -> Result<Published, LakeError> {
        let Self {
            spool,
            bucket,
            random,
            ..
        } = self;
        let first = spool.publish(window, hour, &mut nonces(&bucket.id, random))?;
        let records = spool.records(window);
        let pending = spool.pending();
        let full = pending.values().sum::<u64>() >= PENDING_RECORDS_MAX;
        if full || pending.keys().any(|pending| *pending != hour) {
            self.write_files(|of| full || of != hour)?;
        }
        Ok(Published {
            records,
            again: !first,
        })
    }

    /// Drops a staged window of which the log has no receipt. Returns its records, which are gone.
    ///
    /// # Errors
    /// [`LakeError::NotStaged`], [`LakeError::AlreadyPublished`]: nothing happened. Others: the disk; open the
    /// writer again.
    ///
    /// # Cost
    /// The spool is written anew without the window.
    pub fn void(&mut self, window: WindowId) -> Result<u64, LakeError> {
        if !self.spool.holds(window) {
            return Err(LakeError::NotStaged(window));
        }
        if !self.spool.unresolved().contains(&window) {
            return Err(LakeError::AlreadyPublished(window));
        }
        let records = self.spool.records(window);
        self.unbroken(|writer| {
            writer.void_identifiers(window)?;
            let bucket = writer.bucket.clone();
            writer.turn_over(bucket, |id| id != window)
        })?;
        Ok(records)
    }

    /// Writes every published window that waits into Parquet files, one per hour.
    ///
    /// # Errors
    /// The disk's: the windows stay where they are; open the writer again.
    pub fn flush(&mut self) -> Result<(), LakeError> {
        self.unbroken(|writer| writer.write_files(|_| true))
    }

    /// Writes what waits and closes the bucket; it takes no more records.
    ///
    /// # Errors
    /// [`LakeError::Unresolved`]: publish or void that window first. Others: the disk; nothing is lost.
    pub fn close(mut self) -> Result<Bucket, LakeError> {
        if let Some(window) = self.unresolved().first() {
            return Err(LakeError::Unresolved(*window));
        }
        self.flush()?;
        self.bucket.state = BucketState::Closed;
        self.bucket.write(&self.disk, &self.folder)?;
        Ok(self.bucket)
    }

    /// Makes files of the hours that `wanted` names and turns the spool over to what is left.
    fn write_files(&mut self, wanted: impl Fn(u8) -> bool) -> Result<(), LakeError> {
        let mut bucket = self.bucket.clone();
        let mut done = BTreeSet::new();
        for (hour, records) in self.spool.pending() {
            if !wanted(hour) {
                continue;
            }
            let windows = self.spool.published(hour);
            if records > 0 {
                bucket.add(self.write_file(hour, bucket.next_number(hour), &windows)?)?;
            }
            done.extend(windows);
        }
        if done.is_empty() {
            return Ok(());
        }
        self.turn_over(bucket, |id| !done.contains(&id))
    }

    /// Writes the windows of one hour into one file.
    fn write_file(&self, hour: u8, number: u32, windows: &[WindowId]) -> Result<Object, LakeError> {
        let mut object = Object {
            hour,
            number,
            records: 0,
            bytes: 0,
        };
        let path = self.folder.join(object.file_name());
        let mut writer = ObjectWriter::create(&self.disk, &path, &self.key)?;
        for window in windows {
            self.spool.each_part(*window, |part| {
                let row = |(record, fields)| Row {
                    record,
                    window: window.index,
                    fields,
                };
                let rows: Vec<Row> = part.into_iter().map(row).collect();
                rows.chunks(BATCH_ROWS).try_for_each(|rows| {
                    let columns = batch(&self.bucket.id, rows);
                    writer.write(&columns.map_err(|e| LakeError::damaged(&path, e.to_string()))?)
                })
            })?;
        }
        (object.records, object.bytes) = writer.finish()?;
        Ok(object)
    }

    /// Puts a new spool with the windows that `keep` names, and the bucket's new state, in the place of the old ones: one rename decides.
    fn turn_over(
        &mut self,
        mut bucket: Bucket,
        keep: impl Fn(WindowId) -> bool,
    ) -> Result<(), LakeError> {
        let old = self.bucket.spool_path(&self.folder);
        bucket.spool += 1;
        let path = bucket.spool_path(&self.folder);
        let mut spool = Spool::create(&self.disk, &path, &bucket.id, bucket.spool, &self.key)?;
        let mut nonces = nonces(&bucket.id, &mut self.random);
        self.spool.carry_over(&mut spool, keep, &mut nonces)?;
        self.disk.sync_folder(&self.folder)?;
        bucket.write(&self.disk, &self.folder)?;
        self.bucket = bucket;
        self.spool = spool;
        self.disk.remove(&old)?;
        Ok(())
    }
}

fn nonces<'r>(bucket: &'r BucketId, random: &'r mut Box<dyn Randomness>) -> Nonces<'r> {
    Nonces {
        bucket,
        source: random.as_mut(),
    }
}

/// The hour of the day.
fn hour(now: Seconds) -> u8 {
    // BOUND: below 24.
    (now.0 % DAY_SECONDS / 3600) as u8
}
