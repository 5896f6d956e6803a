//! What can go wrong with records at rest, by what the caller does about it. In: nothing. Out: one enum. Never: a row or an address in a text.

use sakimori_custody::ids::{AuthorityId, BucketId, RecordId};
use sakimori_custody::time::Seconds;
use std::io;
use std::path::{Path, PathBuf};

use crate::spool::WindowId;

/// A refusal or failure of the lake.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// The environment failed; try again when the disk is well.
    #[error("cannot {act} {}", path.display())]
    Io {
        /// What was tried.
        act: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No random bytes could be had; nothing happened.
    #[error("cannot draw random bytes for bucket {bucket}")]
    Randomness {
        /// The bucket that needed them.
        bucket: BucketId,
        /// What the source said.
        source: io::Error,
    },
    /// No such bucket was ever written here.
    #[error("there is no bucket {0}")]
    Unknown(BucketId),
    /// The bucket was destroyed, as its retention says.
    #[error("bucket {bucket} was deleted on {on}")]
    Deleted {
        /// The bucket.
        bucket: BucketId,
        /// When.
        on: Seconds,
    },
    /// The bucket's retention is over; it waits for its deletion and is not opened any more.
    #[error("bucket {bucket} expired on {on}")]
    Expired {
        /// The bucket.
        bucket: BucketId,
        /// When.
        on: Seconds,
    },
    /// The bucket takes no more records.
    #[error("bucket {0} is closed")]
    Closed(BucketId),
    /// Another writer holds the bucket; wait for it or end it.
    #[error("bucket {0} is in use by another writer")]
    InUse(BucketId),
    /// The disk failed under this writer; what is on it is known only after it is opened again.
    #[error("the writer of bucket {0} has failed and must be opened again")]
    Broken(BucketId),
    /// The two shares do not make this bucket's key.
    #[error("the key does not open bucket {0}")]
    KeyRefused(BucketId),
    /// The look-up's authority is not the one under which the bucket was filled.
    #[error("bucket {bucket} is not of authority {authority}")]
    WrongAuthority {
        /// The bucket.
        bucket: BucketId,
        /// The authority of the look-up.
        authority: AuthorityId,
    },
    /// A file is not what this room writes: changed, cut or of another version.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A record that no selector let through; nothing was stored.
    #[error("record {0} names no selector")]
    NotSelected(RecordId),
    /// A record that does not follow the one before, or is of another stream; nothing was stored.
    #[error("record {0} is out of its order in the window")]
    Order(RecordId),
    /// The window is staged already.
    #[error("window {0} is already staged")]
    AlreadyStaged(WindowId),
    /// The window is not staged here, or was void.
    #[error("window {0} is not staged")]
    NotStaged(WindowId),
    /// The window is published; it cannot become void.
    #[error("window {0} is already published")]
    AlreadyPublished(WindowId),
    /// A bucket cannot be closed while a window waits for the log's word.
    #[error("window {0} is neither published nor void")]
    Unresolved(WindowId),
    /// More of something than a bound of `limits` allows.
    #[error("more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
}

impl LakeError {
    /// An I/O failure with its object.
    pub(crate) fn io(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { act, path, source }
    }

    /// A file that this room did not write so.
    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_path_buf(),
            what: what.into(),
        }
    }

    /// Whether a file that was there a moment ago is gone: a writer replaced it.
    pub(crate) fn is_vanished(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}
