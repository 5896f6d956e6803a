//! The supervisor: checks the authority, opens input and output, starts the sealed process, puts on record what it does, and ends it in time. In: an authority folder, inputs,
//! a log, a store, a clock. Out: entries, published records, findings. Never: a packet byte; it reads frames only.
//!
//! Commit order (design 6.7): the records of a window are staged durably, then their receipt is in the log, then they are published.

mod account;
mod orders;
mod process;
mod run;
mod watch;

pub use account::{Outcome, Totals};
pub use orders::{Ending, NoOrders, Order, Orders};
pub use process::Program;
pub use run::{Job, Means, OnRecord, supervise};

use crate::child::ChildIdentify;
use sakimori_custody::entry::Entry;
use sakimori_custody::identifier::Identifier;
use sakimori_custody::ids::{BucketId, RecordId, StreamId};
use sakimori_custody::keys::CommitKey;
use sakimori_custody::record::MechanicalRecord;
use sakimori_custody::time::Millis;

/// The log, as an author sees it.
pub trait Recorder {
    /// Makes entries durable in their order and returns the index of the first.
    ///
    /// # Errors
    /// The log does not answer or refuses: the act must not happen.
    fn record(&mut self, entries: &[Entry]) -> Result<u64, RecorderError>;

    /// Whether the log would still take an entry. A run asks some five times a second, so that it ends at once where the log has failed and not at its next entry.
    ///
    /// # Errors
    /// As [`Recorder::record`].
    fn alive(&mut self) -> Result<(), RecorderError> {
        Ok(())
    }
}

/// A bucket that is ready for writing.
#[derive(Debug)]
pub struct Opened {
    /// Key of its commitments.
    pub commit: CommitKey,
    /// Records that are in it from earlier runs: the cap of a day counts them too.
    pub records: u64,
}

/// Where selected records go.
pub trait RecordStore {
    /// Makes a bucket ready for writing.
    ///
    /// # Errors
    /// [`StoreError`]: a share cannot be had, or the disk fails.
    fn bucket(&mut self, bucket: &BucketId) -> Result<Opened, StoreError>;
    /// Stages the identifiers of a window durably, behind its records.
    ///
    /// # Errors
    /// [`StoreError`]: nothing of the window may be published.
    fn identifiers(
        &mut self,
        bucket: &BucketId,
        window: (StreamId, u64),
        identifiers: &[(RecordId, Identifier)],
    ) -> Result<(), StoreError>;
    /// Stages the records of a window durably.
    ///
    /// # Errors
    /// [`StoreError`]: nothing of the window may be published.
    fn stage(
        &mut self,
        bucket: &BucketId,
        window: (StreamId, u64),
        records: &[(RecordId, MechanicalRecord)],
    ) -> Result<(), StoreError>;
    /// Publishes a staged window, once its receipt is in the log.
    ///
    /// # Errors
    /// [`StoreError`]: a restart publishes it.
    fn publish(&mut self, bucket: &BucketId, window: (StreamId, u64)) -> Result<(), StoreError>;
    /// What a run writes identifiers with from now on, once the epoch before is over; `None` where that cannot be had, which ends the run.
    fn next_epoch(&mut self, stream: StreamId) -> Option<ChildIdentify> {
        let _ = stream;
        None
    }
}

/// Wall time.
pub trait WallClock {
    /// Now.
    fn now(&self) -> Millis;
}

/// Random bytes.
pub trait Random {
    /// Fills a buffer.
    fn fill(&mut self, place: &mut [u8]);
}

/// Told from time to time; does nothing by default.
pub trait Progress {
    /// Packets read and selected so far, bytes of captured frames.
    fn progress(&mut self, totals: &Totals);
}

/// The log does not take entries.
#[derive(Debug, thiserror::Error)]
#[error("the log does not take the entry: {0}")]
pub struct RecorderError(pub String);

/// The store does not take records.
#[derive(Debug, thiserror::Error)]
#[error("the lake does not take the records: {0}")]
pub struct StoreError(pub String);

/// Why a run ended early, besides what the log says.
#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    /// The log failed; nothing more was done. Try again when it answers.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// The store failed; the fault is in the log.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sealed process could not be started.
    #[error("the sealed process cannot be started")]
    Start(#[source] std::io::Error),
    /// This system cannot seal the process.
    #[error("this system cannot seal the process")]
    Seal,
}
