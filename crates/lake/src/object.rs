//! One Parquet file of a bucket, encrypted throughout. In: batches and the bucket's key. Out: a file of which nothing is readable without
//! the key, footer and statistics included; rows again. Never: a bloom filter (the library writes them in the clear), a spill file.
//!
//! The Parquet library may panic on bytes that were changed on disk: every read goes through [`guarded`], which turns that into
//! [`LakeError::Damaged`].

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use sakimori_custody::keys::BucketKey;
use std::error::Error;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::durable::{Disk, DiskFile};
use crate::error::LakeError;
use crate::limits::{BATCH_ROWS, OBJECT_BYTES_MAX, ROW_GROUP_ROWS_MAX};
use crate::schema::schema;

/// A reader of one file before its row groups and columns are chosen.
pub(crate) type ObjectReader = ParquetRecordBatchReaderBuilder<File>;

/// A file that is being written; it counts when its bucket names it.
pub(crate) struct ObjectWriter {
    path: PathBuf,
    writer: ArrowWriter<DiskFile>,
    rows: u64,
}

impl ObjectWriter {
    /// Begins a file; one that is in the way was never named by its bucket.
    pub(crate) fn create(disk: &Disk, path: &Path, key: &BucketKey) -> Result<Self, LakeError> {
        disk.remove(path)?;
        let file = disk.create_new(path)?;
        let writer = properties(key)
            .and_then(|properties| ArrowWriter::try_new(file, schema(), Some(properties)))
            .map_err(|e| failed(path, &e))?;
        Ok(Self {
            path: path.to_path_buf(),
            writer,
            rows: 0,
        })
    }

    /// Adds rows.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        self.writer
            .write(batch)
            .map_err(|e| failed(&self.path, &e))?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Ends the file, durably. Returns its rows and bytes.
    pub(crate) fn finish(mut self) -> Result<(u64, u64), LakeError> {
        let finished = self.writer.finish();
        finished.map_err(|e| failed(&self.path, &e))?;
        let file = self.writer.inner();
        file.sync()?;
        Ok((self.rows, file.length()?))
    }
}

/// Uniform encryption of footer and columns, Snappy, statistics per row group and page.
fn properties(key: &BucketKey) -> Result<WriterProperties, ParquetError> {
    let footer_key = key.parquet().to_vec();
    let encryption = FileEncryptionProperties::builder(footer_key).build()?;
    let builder = WriterProperties::builder()
        .set_created_by("sakimori".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS_MAX))
        .set_column_dictionary_enabled(ColumnPath::from("record"), false)
        .with_file_encryption_properties(encryption);
    Ok(builder.build())
}

/// What opens the files of a bucket.
///
/// # Errors
/// The library's, which a key of 16 bytes cannot cause.
pub(crate) fn decryption(
    key: &BucketKey,
) -> Result<std::sync::Arc<FileDecryptionProperties>, ParquetError> {
    FileDecryptionProperties::builder(key.parquet().to_vec()).build()
}

/// Opens a file and checks that its columns are the schema's.
pub(crate) fn open(disk: &Disk, path: &Path, key: &BucketKey) -> Result<ObjectReader, LakeError> {
    checked(path, disk.open(path)?.into_file(), key)
}

/// The same for a file that is open.
pub(crate) fn checked(path: &Path, file: File, key: &BucketKey) -> Result<ObjectReader, LakeError> {
    let length = file.metadata().map_err(LakeError::io("read", path))?.len();
    if length > OBJECT_BYTES_MAX {
        return Err(LakeError::damaged(
            path,
            format!("it is longer than {OBJECT_BYTES_MAX} bytes"),
        ));
    }
    guarded(path, || {
        let properties = decryption(key).map_err(|e| failed(path, &e))?;
        let options = ArrowReaderOptions::new().with_file_decryption_properties(properties);
        let reader =
            ObjectReader::try_new_with_options(file, options).map_err(|e| failed(path, &e))?;
        if reader.schema().fields() == schema().fields() {
            Ok(reader.with_batch_size(BATCH_ROWS))
        } else {
            Err(LakeError::damaged(
                path,
                "its columns are not those of the schema",
            ))
        }
    })
}

/// Reads every batch of a reader.
pub(crate) fn each_batch(
    path: &Path,
    reader: ObjectReader,
    mut each: impl FnMut(&RecordBatch) -> Result<(), LakeError>,
) -> Result<(), LakeError> {
    guarded(path, || {
        for batch in reader.build().map_err(|e| failed(path, &e))? {
            each(&batch.map_err(|e| failed(path, &e))?)?;
        }
        Ok(())
    })
}

/// Runs what reads bytes from disk through the Parquet library; a panic in it is damage of the file.
pub(crate) fn guarded<T>(
    path: &Path,
    read: impl FnOnce() -> Result<T, LakeError>,
) -> Result<T, LakeError> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(LakeError::damaged(path, "the Parquet reader gave up on it")))
}

/// A failure of the library: the disk's where it says so, else the file's.
fn failed(path: &Path, error: &(dyn Error + 'static)) -> LakeError {
    let mut cause = Some(error);
    let mut said = None;
    while let (Some(error), None) = (cause, said) {
        said = error.downcast_ref::<io::Error>();
        cause = error.source();
    }
    // An end that comes too early, and bytes that decode to nothing, are the file's.
    let of_file = |kind| {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        matches!(kind, UnexpectedEof | InvalidData | InvalidInput)
    };
    match said {
        Some(said) if !of_file(said.kind()) => {
            let source = io::Error::new(said.kind(), said.to_string());
            LakeError::io("read or write", path)(source)
        }
        _ => LakeError::damaged(path, error.to_string()),
    }
}
