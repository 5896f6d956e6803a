//! Bounds of what the log takes, keeps in memory and waits for.

use std::time::Duration;

/// Longest entry in bytes. Envelopes end at 1 KiB; a bundle of 256 entries stays below 2 MiB.
pub const ENTRY_BYTES_MAX: usize = 8 << 10;
/// Longest stored body in bytes: a body of 1 MiB with salt, form, bucket name, nonce and tag.
pub const BODY_BYTES_MAX: usize = (1 << 20) + 1024;
/// Longest frame on the socket in bytes: one entry and its body, or a page of entries.
pub const FRAME_BYTES_MAX: usize = ENTRY_BYTES_MAX + BODY_BYTES_MAX + 1024;
/// Most appends that share one write and one fdatasync.
pub const BATCH_ENTRIES_MAX: usize = 4096;
/// Most bytes of one batch; a batch of one is always taken.
pub const BATCH_BYTES_MAX: usize = 8 << 20;
/// Most appends that wait for the writer; beyond it callers wait, then are refused.
pub const QUEUE_ENTRIES_MAX: usize = 8192;
/// Most bytes that wait for the writer.
pub const QUEUE_BYTES_MAX: usize = 32 << 20;
/// How long a caller is held back by a full queue before it is refused.
pub const QUEUE_WAIT: Duration = Duration::from_secs(2);
/// Length of the write-ahead log in bytes beyond which a checkpoint begins a new one.
pub const WAL_BYTES_ROTATE: u64 = 16 << 20;
/// Longest write-ahead log that is read back, in bytes: one rotation and the batches of a mirror that is away.
pub const WAL_BYTES_MAX: usize = 256 << 20;
/// Most streams whose ends are kept in memory, about 120 bytes each; the one whose last entry lies farthest back is dropped for another.
pub const STREAMS_MAX: usize = 1 << 18;
/// Most connections of the socket at a time; each has a thread.
pub const CONNECTIONS_MAX: usize = 64;
/// Most connections of the mirror's listener at a time; each is an open file, and the mirror needs some of its own.
pub const HTTP_CONNECTIONS_MAX: usize = 256;
/// Longest wait for the next byte of a connection to the mirror. The log's own connections are closed by the log after 15 s.
pub const CONNECTION_IDLE_MAX: Duration = Duration::from_secs(30);
/// Longest time in which a request to the mirror arrives whole, the wait for it included.
pub const REQUEST_WAIT_MAX: Duration = Duration::from_mins(1);
/// Most tiles kept by a reader, 8 KiB each.
pub const TILES_CACHED_MAX: usize = 64;
/// Longest tile or bundle in bytes: 256 entries of the greatest length.
pub const TILE_BYTES_MAX: usize = 256 * (ENTRY_BYTES_MAX + 2);
/// Most entries of one answer.
pub const PAGE_ENTRIES_MAX: u64 = 1024;
/// Longest wait for a proof, which a caller may ask for.
pub const PROOF_WAIT_MAX: Duration = Duration::from_mins(1);
/// Longest checkpoint note in bytes: sixteen ML-DSA-44 cosignatures are 55 kB.
pub const CHECKPOINT_BYTES_MAX: usize = 128 << 10;
/// Longest request to the mirror in bytes, unpacked.
pub const REQUEST_BYTES_MAX: usize = 16 << 20;
/// Longest request to a witness in bytes: a checkpoint and 63 hashes.
pub const WITNESS_REQUEST_BYTES_MAX: usize = CHECKPOINT_BYTES_MAX + (4 << 10);
/// Entries and bodies put into one request to the mirror, in bytes, before another is begun; the rest of the last package may exceed it.
pub const REQUEST_BYTES_AIM: usize = 4 << 20;
/// Longest answer of the mirror in bytes.
pub const REPLY_BYTES_MAX: usize = 64 << 10;
/// Longest wait for an answer of the mirror.
pub const MIRROR_WAIT_MAX: Duration = Duration::from_secs(10);
/// Most requests by which one checkpoint is brought to the mirror, conflicts included.
pub const FEED_REQUESTS_MAX: u32 = 1 << 20;
/// Most conflicts in a row that the feed answers by trying again.
pub const FEED_CONFLICTS_MAX: u32 = 4;
/// Longest wait for the quorum of one checkpoint, before the newest is offered in its place.
pub const QUORUM_WAIT: Duration = Duration::from_secs(10);
/// Most keys of all outside witnesses of a log together: each adds a line to a checkpoint, which has at most 64. Each witness has a thread.
pub const WITNESS_KEYS_MAX: usize = 48;
/// Wait before the mirror is tried again after it failed.
pub const FEED_RETRY_WAIT: Duration = Duration::from_millis(200);
/// Most logs of one witness.
pub const WITNESSED_LOGS_MAX: usize = 256;
/// Most bytes of bodies that the mirror holds for entries that have not come; beyond it they are forgotten and brought again.
pub const WAITING_BYTES_MAX: usize = 48 << 20;
