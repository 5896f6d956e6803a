//! What an engine has to be able to do: a transaction with statements. In: SQL that both engines read, values. Out: rows. Never: SQL made of values.

use crate::error::StoreError;
use crate::limits::{TRIES_MAX, WAIT_SECONDS_MAX};
use async_trait::async_trait;
use std::time::Duration;

/// A value of a statement; each has a type even where it is null, because `PostgreSQL` asks for one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Blob(Option<&'a [u8]>),
}

/// What stands in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// One row of an answer, read from left to right.
#[derive(Debug)]
pub(crate) struct Row(std::vec::IntoIter<Cell>);

impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self(cells.into_iter())
    }

    fn next(&mut self) -> Cell {
        self.0.next().unwrap_or(Cell::Null)
    }

    /// The next column, a number that is not below zero.
    pub(crate) fn number(&mut self) -> Result<u64, StoreError> {
        self.maybe_number()?.ok_or(StoreError::Row {
            what: "a null where a number is",
        })
    }

    /// The next column, a number or null.
    pub(crate) fn maybe_number(&mut self) -> Result<Option<u64>, StoreError> {
        match self.next() {
            Cell::Null => Ok(None),
            Cell::Int(number) => u64::try_from(number)
                .map(Some)
                .map_err(|_| StoreError::Row {
                    what: "a number below zero",
                }),
            Cell::Text(_) | Cell::Blob(_) => Err(StoreError::Row {
                what: "a text where a number is",
            }),
        }
    }

    /// The next column, a text.
    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        self.maybe_text()?.ok_or(StoreError::Row {
            what: "a null where a text is",
        })
    }

    /// The next column, a text or null.
    pub(crate) fn maybe_text(&mut self) -> Result<Option<String>, StoreError> {
        match self.next() {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            Cell::Int(_) | Cell::Blob(_) => Err(StoreError::Row {
                what: "a number where a text is",
            }),
        }
    }

    /// The next column, words.
    pub(crate) fn words(&mut self) -> Result<Vec<String>, StoreError> {
        Ok(self
            .text()?
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect())
    }

    /// The next column, bytes.
    pub(crate) fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        self.maybe_blob()?.ok_or(StoreError::Row {
            what: "a null where bytes are",
        })
    }

    /// The next column, bytes or null.
    pub(crate) fn maybe_blob(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.next() {
            Cell::Null => Ok(None),
            Cell::Blob(bytes) => Ok(Some(bytes)),
            Cell::Int(_) | Cell::Text(_) => Err(StoreError::Row {
                what: "a text where bytes are",
            }),
        }
    }

    /// The next column, a hash.
    pub(crate) fn hash(&mut self) -> Result<[u8; 32], StoreError> {
        self.blob()?.try_into().map_err(|_| StoreError::Row {
            what: "a hash that is not 32 bytes long",
        })
    }
}

/// Whether a transaction writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Read,
    Write,
    /// One writer after the other: it locks a row first, and sees what others wrote before it got the lock.
    Turn,
    /// Of the schema: as [`Use::Turn`].
    Schema,
}

/// A database.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    /// Its transactions.
    type Work: Work;
    /// A text of SQL (not of values) as this engine reads it.
    fn dialect(text: &str) -> String;
    /// Begins a transaction; all of it is of one moment.
    async fn begin(&self, purpose: Use) -> Result<Self::Work, StoreError>;
    /// Ends all connections.
    async fn end(&self);
}

/// A transaction. Dropped without `commit`, it has not happened.
#[async_trait]
pub(crate) trait Work: Send {
    /// Lets nobody else change the schema until the end of the transaction.
    async fn lock_schema(&mut self) -> Result<(), StoreError>;
    /// Runs a script without values.
    async fn script(&mut self, sql: String) -> Result<(), StoreError>;
    /// Runs a statement and says how many rows it changed.
    async fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError>;
    /// Runs a question.
    async fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError>;
    /// Makes all of it durable.
    async fn commit(self) -> Result<(), StoreError>;
    /// Undoes all of it.
    async fn undo(self) -> Result<(), StoreError>;
}

/// Ends a transaction: what went well is made durable, what did not is undone.
pub(crate) async fn finish<T>(
    work: impl Work,
    outcome: Result<T, StoreError>,
) -> Result<T, StoreError> {
    match outcome {
        Ok(value) => work
            .commit()
            .await
            .map(|()| value)
            .map_err(StoreError::of_commit),
        Err(error) => {
            // The first error is the one to tell; a road that is cut undoes the transaction too.
            work.undo().await.ok();
            Err(error)
        }
    }
}

/// How long to wait before the next try, in milliseconds: longer each time, so that of two that hinder each other one gets through.
pub(crate) fn pause(tries: u32) -> Duration {
    Duration::from_millis(u64::from(tries.min(TRIES_MAX)) * 3 + 1)
}

/// The longest wait for a lock or a connection.
pub(crate) const WAIT: Duration = Duration::from_secs(WAIT_SECONDS_MAX);

/// Runs `$body` with the transaction `$work` of `$engine`; tried anew where the database ended it because another came between.
macro_rules! transaction {
    ($engine:expr, $purpose:expr, $work:ident, $body:block) => {{
        let mut tries = 0;
        loop {
            let begun = $crate::engine::Engine::begin($engine, $purpose).await;
            let outcome = match begun {
                Ok(mut $work) => {
                    let outcome: Result<_, $crate::error::StoreError> = async { $body }.await;
                    $crate::engine::finish($work, outcome).await
                }
                Err(error) => Err(error),
            };
            match outcome {
                Err(error) if error.is_conflict() && tries < $crate::limits::TRIES_MAX => {
                    tries += 1;
                    tokio::time::sleep($crate::engine::pause(tries)).await;
                }
                outcome => break outcome,
            }
        }
    }};
}
pub(crate) use transaction;
