//! Every bound of the room, with its unit and its reason. In: nothing. Out: numbers. Never: a bound that reaching it does not name.

/// Records of one spool frame; 8,192 × 192 bytes keep a frame below 2 MiB, which is what a reader holds in memory.
pub const PART_RECORDS_MAX: usize = 8_192;

/// Parts of one window; 512 × 8,192 = 4,194,304 records a minute, beyond what one sensor's flow table can close in it.
pub const WINDOW_PARTS_MAX: u32 = 512;

/// Records of one window, the product of the two above.
pub const WINDOW_RECORDS_MAX: usize = PART_RECORDS_MAX * WINDOW_PARTS_MAX as usize;

/// Identifiers of one window; 16 of a record, of which few have some: a bound for memory, 940 MB at most.
pub const WINDOW_IDENTIFIERS_MAX: usize = WINDOW_RECORDS_MAX;

/// Published records that wait in the spool before they become a file, so that a busy hour does not grow it without end.
pub const PENDING_RECORDS_MAX: u64 = 1_000_000;

/// Rows of a Parquet row group: the unit that statistics prune and that a writer holds in memory (about 20 MiB).
pub const ROW_GROUP_ROWS_MAX: usize = 131_072;

/// Rows that are decoded at a time.
pub const BATCH_ROWS: usize = 8_192;

/// Files of one bucket; 24 hours at 100 files an hour are far beyond a bucket at its daily cap of records.
pub const BUCKET_OBJECTS_MAX: usize = 2_400;

/// Bytes of a `bucket.json`, enough for [`BUCKET_OBJECTS_MAX`] entries.
pub const MANIFEST_BYTES_MAX: usize = 512 * 1024;

/// Bytes of one Parquet file that is opened: a file of [`PENDING_RECORDS_MAX`] rows has about 60 MB, a compacted day far below this.
pub const OBJECT_BYTES_MAX: u64 = 16 << 30;

/// Buckets that a listing names; ten years of a hundred sensors.
pub const BUCKETS_MAX: usize = 365_000;

/// Names that are read of one folder: those of a vault, with both kinds of shares, are the most.
pub const NAMES_MAX: usize = 1 << 20;

/// Shares that a vault lists.
pub const SHARES_MAX: usize = BUCKETS_MAX;

/// Rows that one look-up returns; analytics over more belong to the query process.
pub const LOOKUP_ROWS_MAX: usize = 100_000;

/// Times that a reader starts again because a writer replaced the files under it.
pub const READ_ATTEMPTS_MAX: u32 = 4;

/// Days that a bucket is kept at most: a hundred years, so that no arithmetic on expiry can run over.
pub const KEEP_DAYS_MAX: u32 = 36_500;

/// Bytes of a purpose.
pub const PURPOSE_BYTES_MAX: usize = 512;

/// Bytes of a statement that is sent to the query process.
pub const SQL_BYTES_MAX: usize = 64 * 1024;

/// Buckets that one session reads.
pub const SESSION_BUCKETS_MAX: usize = 1_024;

/// Bytes of the readable part of a request: the statement and [`SESSION_BUCKETS_MAX`] paths.
pub const REQUEST_BYTES_MAX: usize = 2 << 20;

/// Bytes of one frame of an answer.
pub const FRAME_BYTES_MAX: usize = 4 << 20;

/// Bytes of a whole answer, so that a query process that does not end its answer cannot fill the caller.
pub const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Rows that a session may ask for.
pub const SESSION_ROWS_MAX: u64 = 1_000_000;

/// Memory that a session may ask for, in bytes.
pub const SESSION_MEMORY_MAX: u64 = 16 << 30;

/// Memory below which the query engine cannot stand, in bytes: 64 MiB are its own.
pub const SESSION_MEMORY_MIN: u64 = 96 << 20;

/// Longest deadline of a session in milliseconds: ten minutes.
pub const SESSION_DEADLINE_MS_MAX: u64 = 600_000;

/// Milliseconds that the caller grants beyond the deadline before it kills the query process, which watches the deadline itself.
pub const SESSION_GRACE_MS: u64 = 2_000;
