//! The engine that is a file. In: a path. Out: transactions on it. Never: a file that others may read; a commit that is not on the disk.

use crate::engine::{Cell, Engine, Row, Use, Value, WAIT, Work, pause};
use crate::error::StoreError;
use crate::limits::{CONNECTIONS_MAX, OBJECT_ROWS_MAX, SQLITE_CACHE_KIB, TRIES_MAX};
use crate::migrate::migrate;
use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Arguments, Row as _, Sqlite, SqlitePool, Transaction, TypeInfo, ValueRef};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The store of a small node: one file, with a write-ahead log beside it.
#[derive(Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, which is made with mode 0600 where it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// As [`crate::open`].
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite would make it with the mode of the day; the files of its write-ahead log get the mode of this one.
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| StoreError::Engine(error.into()))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("trusted_schema", "OFF")
            .pragma("cache_size", format!("-{SQLITE_CACHE_KIB}"))
            // A page of objects goes over at once and not in twenty turns of two threads.
            .row_buffer_size(OBJECT_ROWS_MAX)
            .busy_timeout(WAIT);
        let store = Self {
            pool: connected(&options).await?,
        };
        migrate(&store).await?;
        Ok(store)
    }
}

/// The connections. A file gets its write-ahead log at the first one; where several open it at that moment `SQLite` tells all but one at once that it is busy,
/// whatever they were ready to wait (<https://www.sqlite.org/wal.html>, section 10), so that the wait is here.
async fn connected(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let mut tries = 0;
    loop {
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(WAIT)
            .connect_with(options.clone())
            .await
            .map_err(StoreError::from);
        match pool {
            Err(StoreError::Busy(_)) if tries < TRIES_MAX => {
                tries += 1;
                tokio::time::sleep(pause(tries)).await;
            }
            pool => return pool,
        }
    }
}

#[async_trait]
impl Engine for SqliteStore {
    type Work = Transaction<'static, Sqlite>;

    fn dialect(text: &str) -> String {
        text.to_owned()
    }

    async fn begin(&self, purpose: Use) -> Result<Self::Work, StoreError> {
        // A writer takes the lock at once: one that began as a reader could not wait for it.
        let statement = match purpose {
            Use::Read => "BEGIN DEFERRED",
            Use::Write | Use::Turn | Use::Schema => "BEGIN IMMEDIATE",
        };
        Ok(self.pool.begin_with(statement).await?)
    }

    async fn end(&self) {
        self.pool.close().await;
    }
}

#[async_trait]
impl Work for Transaction<'static, Sqlite> {
    async fn lock_schema(&mut self) -> Result<(), StoreError> {
        // `BEGIN IMMEDIATE` did.
        Ok(())
    }

    async fn script(&mut self, sql: String) -> Result<(), StoreError> {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut **self)
            .await?;
        Ok(())
    }

    async fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let done = sqlx::query_with(sql, arguments(values)?)
            .execute(&mut **self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let rows = sqlx::query_with(sql, arguments(values)?)
            .fetch_all(&mut **self)
            .await?;
        rows.iter().map(read).collect()
    }

    async fn commit(self) -> Result<(), StoreError> {
        Ok(Transaction::commit(self).await?)
    }

    async fn undo(self) -> Result<(), StoreError> {
        Ok(Transaction::rollback(self).await?)
    }
}

fn arguments(values: &[Value<'_>]) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match *value {
            Value::Int(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text.map(str::to_owned)),
            Value::Blob(bytes) => arguments.add(bytes.map(<[u8]>::to_vec)),
        }
        .map_err(|error| StoreError::Engine(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

fn read(row: &SqliteRow) -> Result<Row, StoreError> {
    let mut cells = Vec::with_capacity(row.len());
    for column in 0..row.len() {
        let raw = row.try_get_raw(column)?;
        let cell = if raw.is_null() {
            Cell::Null
        } else {
            match raw.type_info().name() {
                "INTEGER" => Cell::Int(row.try_get_unchecked(column)?),
                "TEXT" => Cell::Text(row.try_get_unchecked(column)?),
                "BLOB" => Cell::Blob(row.try_get_unchecked(column)?),
                _ => {
                    return Err(StoreError::Row {
                        what: "a column of another type",
                    });
                }
            }
        };
        cells.push(cell);
    }
    Ok(Row::new(cells))
}
