//! What a node keeps beside the log: people, roles, clearances, cases, credentials, sessions, machines, drafts, settings,
//! papers of cooperation, objects that are shared, entries that wait for the log.
//!
//! In: changes, each list of them one transaction. Out: what is kept, as plain values. Never: a clock, randomness, a secret in clear, a rule about who may do
//! what (that is the room `access`), an entry of the log (that is the room `ledger`).
//!
//! One [`Store`] trait, two engines: a file ([`SqliteStore`]) and a `PostgreSQL` server ([`PostgresStore`]); [`open`] takes either by its URL.

mod apply;
mod change;
mod engine;
mod error;
pub mod limits;
mod migrate;
mod model;
mod objects;
mod papers;
mod postgres;
mod read;
mod sqlite;

pub use change::Change;
pub use error::StoreError;
pub use migrate::SCHEMA_VERSION;
pub use model::{
    Attachment, Audited, Case, Certificate, Clearance, Draft, Enrolment, Kept, Machine, Member,
    Outgoing, OutgoingState, Paper, Passkey, Person, RoleGrant, Session, Standing, Subject, Token,
    View,
};
pub use objects::{
    Lane, Lanes, NewObject, ObjectKey, ObjectRow, ObjectRules, Objects, ObjectsAsked, Pick,
    RemovedObject, Settled, ThereAlready,
};
pub use papers::{NEWEST, Papers};
pub use postgres::PostgresStore;
pub use read::Store;
pub use sqlite::SqliteStore;

use std::sync::Arc;

/// Opens the store that a URL names and brings its schema up to [`SCHEMA_VERSION`]: `sqlite:PATH` or `sqlite://PATH` is a file that is made where it is missing,
/// `postgres://…` a database that exists.
///
/// # Errors
/// [`StoreError::Url`], [`StoreError::Newer`], [`StoreError::Migration`], or what the engine says.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return Ok(Arc::new(SqliteStore::open(path.as_ref()).await?));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(PostgresStore::open(url).await?));
    }
    Err(StoreError::Url)
}
