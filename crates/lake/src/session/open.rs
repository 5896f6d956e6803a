//! A bucket opened for one query. In: its folder, its key, the time. Out: files that are open and checked, and the published windows that are not in
//! a file yet. Never: a path that is looked at again later: what is open stays the same whatever a writer, a compaction or a deletion does meanwhile.

use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;
use sakimori_custody::ids::BucketId;
use sakimori_custody::time::Seconds;
use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SessionBucket;
use crate::durable::Disk;
use crate::error::LakeError;
use crate::lookup::attempts;
use crate::manifest::{Bucket, Object};
use crate::object::{checked, each_batch, guarded};
use crate::room::check_key;
use crate::schema::{Row, batch};
use crate::spool::{Spool, WindowId};

/// What one bucket holds at one moment.
#[derive(Debug)]
pub struct OpenBucket {
    /// Its Parquet files.
    pub files: Vec<OpenFile>,
    /// Its published windows that are not in a file yet.
    pub waiting: Waiting,
}

/// A Parquet file of a bucket whose footer was opened with the bucket's key.
#[derive(Debug)]
pub struct OpenFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    metadata: Arc<ParquetMetaData>,
}

/// The published windows of a bucket that are not in a file yet.
pub struct Waiting {
    bucket: BucketId,
    spool: Spool,
    parts: Vec<(WindowId, usize)>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting")
            .field("bucket", &self.bucket)
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

impl SessionBucket {
    /// Opens what the bucket holds now.
    ///
    /// # Errors
    /// - [`LakeError::Unknown`], [`LakeError::Deleted`], [`LakeError::Expired`], [`LakeError::KeyRefused`]: as [`crate::Lake::reader`].
    /// - [`LakeError::Damaged`] names the file; [`LakeError::Io`]: the disk, or more files than a process may have open.
    ///
    /// # Cost
    /// One descriptor and one footer per file; the spool is read once.
    pub fn open(&self, now: Seconds) -> Result<OpenBucket, LakeError> {
        attempts(|| {
            let bucket = self.bucket()?;
            bucket.readable(now)?;
            check_key(&bucket, &self.key)?;
            let files = bucket.files.iter().map(|object| self.file(object));
            Ok(OpenBucket {
                files: files.collect::<Result<_, _>>()?,
                waiting: self.waiting(&bucket)?,
            })
        })
    }

    fn bucket(&self) -> Result<Bucket, LakeError> {
        let bucket = match Bucket::read(&Disk::default(), &self.folder) {
            Err(e) if e.is_vanished() => return Err(LakeError::Unknown(self.id.clone())),
            other => other?,
        };
        if bucket.id == self.id {
            Ok(bucket)
        } else {
            let what = "it is the folder of another bucket";
            Err(LakeError::damaged(&self.folder, what))
        }
    }

    fn file(&self, object: &Object) -> Result<OpenFile, LakeError> {
        let path = self.folder.join(object.file_name());
        let file = Disk::default().open(&path)?.into_file();
        let length = file.metadata().map_err(LakeError::io("read", &path))?.len();
        let second = file.try_clone().map_err(LakeError::io("open", &path))?;
        let metadata = Arc::clone(checked(&path, second, &self.key)?.metadata());
        if u64::try_from(metadata.file_metadata().num_rows()) != Ok(object.records) {
            let what = "it has not the rows that its bucket says";
            return Err(LakeError::damaged(&path, what));
        }
        Ok(OpenFile {
            path,
            file,
            bytes: length,
            metadata,
        })
    }

    fn waiting(&self, bucket: &Bucket) -> Result<Waiting, LakeError> {
        let path = bucket.spool_path(&self.folder);
        let spool = Spool::read(&Disk::default(), &path, &bucket.id, bucket.spool, &self.key)?;
        let mut parts = Vec::new();
        for hour in spool.pending().into_keys() {
            for window in spool.published(hour) {
                parts.extend((0..spool.parts(window)?).map(|at| (window, at)));
            }
        }
        Ok(Waiting {
            bucket: bucket.id.clone(),
            spool,
            parts,
        })
    }
}

impl OpenFile {
    /// Where it was opened, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its footer, which holds what decrypts its pages.
    pub const fn metadata(&self) -> &Arc<ParquetMetaData> {
        &self.metadata
    }

    /// Reads `length` bytes at `offset`.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] behind the end of the file; [`LakeError::Io`]: the disk.
    pub fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>, LakeError> {
        let end = offset.checked_add(length);
        if end.is_none_or(|end| end > self.bytes) {
            return Err(LakeError::damaged(&self.path, "it points behind its end"));
        }
        // BOUND: no longer than the file, which is at most `OBJECT_BYTES_MAX`.
        let mut bytes = vec![0; length as usize];
        let read = self.file.read_exact_at(&mut bytes, offset);
        read.map_err(LakeError::io("read", &self.path))?;
        Ok(bytes)
    }

    /// Reads the whole file, to find out whether it is the one that an engine could not read.
    ///
    /// # Errors
    /// [`LakeError::Damaged`]; [`LakeError::Io`]: the disk.
    pub fn check(&self) -> Result<(), LakeError> {
        let file = self.file.try_clone();
        let file = file.map_err(LakeError::io("open", &self.path))?;
        let reader = guarded(&self.path, || {
            let metadata = Arc::clone(&self.metadata);
            ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new())
                .map(|metadata| ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata))
                .map_err(|e| LakeError::damaged(&self.path, e.to_string()))
        })?;
        each_batch(&self.path, reader, |_| Ok(()))
    }
}

impl Waiting {
    /// In how many parts the records come; each is at most [`crate::limits::PART_RECORDS_MAX`] rows.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// One part as a batch of [`crate::schema::schema`]; an empty one behind the last.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] names the spool and the place in it; [`LakeError::Io`]: the disk.
    pub fn part(&self, at: usize) -> Result<RecordBatch, LakeError> {
        let (window, records) = match self.parts.get(at) {
            Some((window, part)) => (window.index, self.spool.part(*window, *part)?),
            None => (0, Vec::new()),
        };
        let row = |(record, fields)| Row {
            record,
            window,
            fields,
        };
        let rows: Vec<Row> = records.into_iter().map(row).collect();
        let columns = batch(&self.bucket, &rows);
        columns.map_err(|e| LakeError::damaged(self.spool.path(), e.to_string()))
    }
}
