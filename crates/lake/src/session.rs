//! How a query process is asked and answers. In: SQL, buckets with their keys, limits. Out: columns, rows as JSON values, an end or an error of a
//! known kind. Never: a key in an argument, an environment variable or a readable part of the request; an answer without end.
//!
//! Here is what both sides share; [`run`] is the caller's side, the engine is in `crates/query`. `docs/reference/formats.md` section 16.

mod client;
mod open;
mod wire;

pub use client::{Answer, BINARY, SessionError, engine, engine_beside, run};
pub use open::{OpenBucket, OpenFile, Waiting};
pub use wire::{WireError, read_frame, read_request, write_frame, write_request};

use sakimori_custody::ids::BucketId;
use sakimori_custody::keys::BucketKey;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

use crate::access::Access;
use crate::error::LakeError;
use crate::limits;
use crate::room::Lake;

/// What one session may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Memory of the engine in bytes.
    pub memory_bytes: u64,
    /// Milliseconds from the request to the end of the answer.
    pub deadline_ms: u64,
    /// Rows of the answer; more is an error, not a shorter answer.
    pub rows_max: u64,
}

impl Default for Limits {
    /// 512 MiB, 30 s, 10,000 rows.
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            deadline_ms: 30_000,
            rows_max: 10_000,
        }
    }
}

impl Limits {
    /// Refuses a number that is out of the bounds of [`limits`].
    ///
    /// # Errors
    /// [`LakeError::Limit`] says which number.
    pub const fn check(&self) -> Result<(), LakeError> {
        let (what, limit) = if self.memory_bytes < limits::SESSION_MEMORY_MIN {
            (
                "bytes of memory must be allowed to a session",
                limits::SESSION_MEMORY_MIN - 1,
            )
        } else if self.memory_bytes > limits::SESSION_MEMORY_MAX {
            ("bytes of memory in a session", limits::SESSION_MEMORY_MAX)
        } else if self.deadline_ms < 1 {
            ("milliseconds must be allowed to a session", 0)
        } else if self.deadline_ms > limits::SESSION_DEADLINE_MS_MAX {
            ("milliseconds in a session", limits::SESSION_DEADLINE_MS_MAX)
        } else if self.rows_max > limits::SESSION_ROWS_MAX {
            ("rows in a session", limits::SESSION_ROWS_MAX)
        } else {
            return Ok(());
        };
        Err(LakeError::Limit { what, limit })
    }
}

/// A bucket that a session reads.
#[derive(Debug)]
pub struct SessionBucket {
    /// Which bucket.
    pub id: BucketId,
    /// Its folder.
    pub folder: PathBuf,
    /// Its key, which erases itself.
    pub key: BucketKey,
}

/// One statement over some buckets.
#[derive(Debug)]
pub struct Request {
    sql: String,
    limits: Limits,
    now: Seconds,
    buckets: Vec<SessionBucket>,
}

impl Request {
    /// A request for one logged query. Without an [`Access`] there is none:
    /// ```
    /// # use sakimori_lake::{Access, LakeError, session::{Limits, Request}};
    /// # use sakimori_custody::time::Seconds;
    /// fn request(access: &Access, now: Seconds) -> Result<Request, LakeError> {
    ///     Request::new(access, "SELECT count(*) FROM records", Limits::default(), now)
    /// }
    /// ```
    /// ```compile_fail,E0061
    /// # use sakimori_lake::{Access, LakeError, session::{Limits, Request}};
    /// # use sakimori_custody::time::Seconds;
    /// fn request(access: &Access, now: Seconds) -> Result<Request, LakeError> {
    ///     Request::new("SELECT count(*) FROM records", Limits::default(), now)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`LakeError::Limit`] where the statement is too long or a limit is out of its bounds.
    pub fn new(
        _access: &Access,
        sql: &str,
        limits: Limits,
        now: Seconds,
    ) -> Result<Self, LakeError> {
        if sql.len() > limits::SQL_BYTES_MAX {
            return Err(LakeError::Limit {
                what: "bytes of a statement",
                limit: limits::SQL_BYTES_MAX as u64,
            });
        }
        limits.check()?;
        Ok(Self {
            sql: sql.to_owned(),
            limits,
            now,
            buckets: Vec::new(),
        })
    }

    /// Adds a bucket that the access covers.
    ///
    /// # Errors
    /// As [`Lake::reader`]; [`LakeError::Limit`] for more than [`limits::SESSION_BUCKETS_MAX`].
    pub fn add(
        &mut self,
        lake: &Lake,
        access: &Access,
        id: &BucketId,
        key: BucketKey,
    ) -> Result<(), LakeError> {
        access.covers(id)?;
        lake.readable(id, &key, self.now)?;
        if self.buckets.len() >= limits::SESSION_BUCKETS_MAX {
            return Err(LakeError::Limit {
                what: "buckets in a session",
                limit: limits::SESSION_BUCKETS_MAX as u64,
            });
        }
        let folder = lake.folder(id);
        let folder = std::path::absolute(&folder).map_err(LakeError::io("find", &folder))?;
        self.buckets.push(SessionBucket {
            id: id.clone(),
            folder,
            key,
        });
        Ok(())
    }

    /// The statement.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// What it may use.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// The time at which buckets must not have expired.
    pub const fn now(&self) -> Seconds {
        self.now
    }

    /// The buckets, with their keys.
    pub fn buckets(&self) -> &[SessionBucket] {
        &self.buckets
    }
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type in the engine's words.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Why there is no (whole) answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It needs more memory than the limit.
    Memory,
    /// It takes longer than the deadline.
    Deadline,
    /// It has more rows, or longer ones, than the limit.
    Rows,
    /// It is not one SELECT over `records`, or does not make sense.
    Statement,
    /// A key does not open its bucket, or the bucket is gone.
    Key,
    /// The engine failed otherwise.
    Engine,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Memory,
        Self::Deadline,
        Self::Rows,
        Self::Statement,
        Self::Key,
        Self::Engine,
    ];

    /// Exit code of the query process: 1 where the question was refused, 75 where another try may work, 70 where we are wrong.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Memory | Self::Rows | Self::Statement | Self::Key => 1,
            Self::Deadline => 75,
            Self::Engine => 70,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Memory => "memory",
            Self::Deadline => "deadline",
            Self::Rows => "rows",
            Self::Statement => "statement",
            Self::Key => "key",
            Self::Engine => "engine",
        })
    }
}

/// One frame of an answer: `columns` once, `rows` any number of times, then `end`; or `error` in place of the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Frame {
    /// What the rows have.
    Columns(Vec<Column>),
    /// Some rows; each has a value per column.
    Rows(Vec<Vec<serde_json::Value>>),
    /// The answer is whole.
    End {
        /// Rows in all.
        rows: u64,
    },
    /// There is no whole answer.
    Error {
        /// Why.
        kind: Kind,
        /// In words.
        detail: String,
    },
}
