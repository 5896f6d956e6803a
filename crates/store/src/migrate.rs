//! The schema and its versions. In: a database of any age. Out: one of [`SCHEMA_VERSION`], or a refusal. Never: a step back, half a step.

use crate::engine::{Engine, Use, Value, Work, transaction};
use crate::error::StoreError;

/// Forward only: number `n` of this list leads from version `n` to version `n + 1`. What is here is never changed; what is new is appended.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001.sql"),
    include_str!("../migrations/0002.sql"),
    include_str!("../migrations/0003.sql"),
];

/// The newest version of the schema that this program knows, which is what an open store has.
pub const SCHEMA_VERSION: i64 = 3;
const _: () = assert!(
    MIGRATIONS.len() == SCHEMA_VERSION as usize,
    "one migration leads to each version"
);

/// Brings the schema up to date, all steps in one transaction.
///
/// # Errors
/// [`StoreError::Newer`] for a database of a later program; [`StoreError::Migration`] where a step fails. Nothing has changed then.
pub(crate) async fn migrate<E: Engine>(engine: &E) -> Result<(), StoreError> {
    transaction!(engine, Use::Schema, work, {
        work.lock_schema().await?;
        work.script("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)".into())
            .await?;
        let found = version(&mut work).await?;
        if found > SCHEMA_VERSION {
            return Err(StoreError::Newer {
                found,
                known: SCHEMA_VERSION,
            });
        }
        let behind = usize::try_from(found).map_err(|_| StoreError::Row {
            what: "a schema version below zero",
        })?;
        for (version, step) in (1..).zip(MIGRATIONS).skip(behind) {
            work.script(E::dialect(step))
                .await
                .map_err(|source| StoreError::Migration {
                    version,
                    source: Box::new(source),
                })?;
        }
        if found < SCHEMA_VERSION {
            work.run("DELETE FROM schema_version", &[]).await?;
            work.run(
                "INSERT INTO schema_version (version) VALUES ($1)",
                &[Value::Int(Some(SCHEMA_VERSION))],
            )
            .await?;
        }
        Ok(())
    })
}

/// The version that is kept; 0 for a database in which nothing is.
pub(crate) async fn version(work: &mut impl Work) -> Result<i64, StoreError> {
    let rows = work.rows("SELECT version FROM schema_version", &[]).await?;
    match rows.into_iter().next() {
        None => Ok(0),
        Some(mut row) => i64::try_from(row.number()?).map_err(|_| StoreError::Bound {
            what: "the schema version",
        }),
    }
}
