//! The engine that is a server. In: its URL. Out: transactions on a database of it. Never: a transaction that did not see all that came before it.

use crate::engine::{Cell, Engine, Row, Use, Value, WAIT, Work};
use crate::error::StoreError;
use crate::limits::{CONNECTIONS_MAX, WAIT_SECONDS_MAX};
use crate::migrate::migrate;
use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow, PgSslMode};
use sqlx::{Arguments, PgPool, Postgres, Row as _, Transaction, TypeInfo, ValueRef};
use std::str::FromStr;

/// No statement, wait for a lock or forgotten transaction lasts longer than a caller waits, in milliseconds.
const LIMITS: [(&str, u64); 3] = [
    ("statement_timeout", WAIT_SECONDS_MAX * 1000),
    ("lock_timeout", WAIT_SECONDS_MAX * 1000),
    (
        "idle_in_transaction_session_timeout",
        WAIT_SECONDS_MAX * 1000,
    ),
];

/// Every statement goes by an index and is planned for its values. A table that grew faster than its statistics, or a plan that is made once for all values, would
/// be read and sorted as a whole to find a page.
const PLANS: [(&str, &str); 5] = [
    ("plan_cache_mode", "force_custom_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("jit", "off"),
];

/// Who migrates first lets the others wait: a number of this project's own for `PostgreSQL`'s advisory locks.
const SCHEMA_LOCK: i64 = 0x5341_4b49_4d4f_5249;

/// The store of a larger node: a database of a `PostgreSQL` server.
#[derive(Debug)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Opens the database that the URL names (`postgres://user@host/database?sslrootcert=FILE`) and brings its schema up to date. A server on another machine is
    /// reached over TLS with its name and certificate verified, whatever the URL says.
    ///
    /// # Errors
    /// As [`crate::open`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = verified(PgConnectOptions::from_str(url)?)
            .application_name("sakimori")
            .options(LIMITS)
            .options(PLANS);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(WAIT)
            .connect_with(options)
            .await?;
        let store = Self { pool };
        migrate(&store).await?;
        Ok(store)
    }
}

/// Options that show nothing to the road and take no other server for ours: sockets and loopback need no TLS, other hosts are verified.
fn verified(options: PgConnectOptions) -> PgConnectOptions {
    let here = options.get_socket().is_some()
        || options.get_host().starts_with('/')
        || matches!(
            options.get_host(),
            "localhost" | "127.0.0.1" | "::1" | "[::1]"
        );
    if here {
        return options;
    }
    options.ssl_mode(PgSslMode::VerifyFull)
}

#[async_trait]
impl Engine for PostgresStore {
    type Work = Transaction<'static, Postgres>;

    fn dialect(text: &str) -> String {
        // Texts are ordered by their bytes, as SQLite does, not by the server's language.
        text.replace(" BLOB", " BYTEA")
            .replace(" TEXT", " TEXT COLLATE \"C\"")
    }

    async fn begin(&self, purpose: Use) -> Result<Self::Work, StoreError> {
        // Both see one moment; of two writers that would not have come out the same one after the other, one is ended and tried anew.
        let statement = match purpose {
            Use::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            // Who waits for a lock and then saw an older moment would be ended each time.
            Use::Turn | Use::Schema => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Use::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        Ok(self.pool.begin_with(statement).await?)
    }

    async fn end(&self) {
        self.pool.close().await;
    }
}

#[async_trait]
impl Work for Transaction<'static, Postgres> {
    async fn lock_schema(&mut self) -> Result<(), StoreError> {
        self.run(
            "SELECT pg_advisory_xact_lock($1)",
            &[Value::Int(Some(SCHEMA_LOCK))],
        )
        .await?;
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

fn arguments(values: &[Value<'_>]) -> Result<PgArguments, StoreError> {
    let mut arguments = PgArguments::default();
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

fn read(row: &PgRow) -> Result<Row, StoreError> {
    let mut cells = Vec::with_capacity(row.len());
    for column in 0..row.len() {
        let raw = row.try_get_raw(column)?;
        let cell = if raw.is_null() {
            Cell::Null
        } else {
            match raw.type_info().name() {
                "INT8" => Cell::Int(row.try_get_unchecked(column)?),
                "TEXT" => Cell::Text(row.try_get_unchecked(column)?),
                "BYTEA" => Cell::Blob(row.try_get_unchecked(column)?),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_reached_over_verified_tls_only() {
        let cases = [
            ("postgres://db.example/x", true),
            ("postgres://db.example/x?sslmode=disable", true),
            ("postgres://127.0.0.1.db.example/x?sslmode=prefer", true),
            ("postgres://10.0.0.1/x?sslmode=require", true),
            ("postgres://localhost/x?sslmode=disable", false),
            ("postgres://127.0.0.1/x", false),
            ("postgres://u@localhost/x?host=/run/postgresql", false),
        ];
        for (url, full) in cases {
            let options = verified(PgConnectOptions::from_str(url).unwrap());
            let is_full = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
            assert_eq!(is_full, full, "{url}");
        }
    }
}
