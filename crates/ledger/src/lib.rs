//! The log as a service: sequence, store, mirror.
//!
//! In: entries and bodies of authors, over a Unix socket. Out: an index once they are durable, a proof once the commission's mirror has
//! cosigned, and a folder that any C2SP tlog-tiles client reads. Never: a look into an entry beyond its place in its stream; a
//! signature over bytes that were not read back; a step after a storage error; a clock of its own.
//!
//! `docs/reference/formats.md` sections 7 and 13; c2sp.org/tlog-tiles, tlog-witness, tlog-mirror.

mod address;
pub mod client;
pub mod disk;
pub mod feed;
pub mod http;
pub mod limits;
pub mod mirror;
mod offer;
mod queue;
pub mod reader;
pub mod repair;
pub mod request;
pub mod service;
pub mod socket;
mod store;
mod tips;
mod tree;
mod wal;
pub mod witness;
pub mod writer;

pub use store::{OpenError, StoreError};
pub use tips::{Refusal, Tip};
pub use wal::Record;
