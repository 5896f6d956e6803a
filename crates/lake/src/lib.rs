//! Selected records at rest: encrypted buckets that expire, the shares that open them, and the look-ups that read them.
//!
//! In: records that the sealed process selected, grouped by window; halves of bucket keys; the time. Out: Parquet files under a
//! key per (authority, sensor, day), rows in custody, counts for the deletion entry. Never: a clock, randomness of its own
//! (the nonces of Parquet pages excepted, which its library draws), a look-up without a logged query, both shares on one disk.
//!
//! Formats: `docs/reference/formats.md` sections 8, 9, 13, 17.

mod access;
mod commitment;
mod compaction;
mod deletion;
mod durable;
mod error;
mod extension;
mod identifiers;
pub mod limits;
mod lookup;
mod manifest;
mod object;
mod prefix;
mod room;
pub mod schema;
pub mod session;
mod shares;
mod spool;
mod writer;

pub use access::{Access, AccessError, Purpose, QueryOpened};
pub use commitment::Membership;
pub use compaction::Compaction;
pub use deletion::{Deletion, OfficeShare};
pub use durable::{Act, Call, Watch};
pub use error::LakeError;
pub use identifiers::{Joined, Sought};
pub use lookup::{Ask, BucketReader, Found, Span, What};
pub use manifest::{Bucket, BucketState, Object};
pub use prefix::{Prefix, PrefixError};
pub use room::{Lake, Listed, Retention};
pub use schema::Row;
pub use shares::{ShareError, ShareVault, bucket_key};
pub use spool::{StagedWindow, WindowId};
pub use writer::{BucketWriter, Published};

/// Where random bytes come from; handed in, so that a seed replays a run.
pub trait Randomness: Send {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// The environment's: nothing that needs the bytes has happened; try again.
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()>;
}

impl<F: FnMut(&mut [u8]) -> std::io::Result<()> + Send> Randomness for F {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        self(bytes)
    }
}
