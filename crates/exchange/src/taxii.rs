//! TAXII 2.1 (OASIS Standard, 10 June 2021), as logic: what a request means and what its answer says. In: paths, headers, queries and bodies as they came, what the caller may
//! do, time, and a store. Out: answers. Never: a socket, a clock, a choice of names or ids; an object that the caller may not see, in a count or header neither.
//!
//! A caller that pages sees every object once: `date_added` is unique and rises in the order in which objects become visible, and a page begins behind a position
//! and never at an offset.

mod answer;
mod body;
mod error;
mod media;
pub mod memory;
mod post;
mod query;
mod read;
mod remove;
mod route;
mod select;
mod sight;
mod store;
mod token;

pub use answer::{Answer, MEDIA_TYPE};
pub use body::{Collection, Discovery, Failed, Handled, Root, Status, collections};
pub use error::TaxiiError;
pub use media::{accepts, posts};
pub use post::Post;
pub use query::{Filter, Query, Resource, VersionFilter};
pub use read::{Asked, Caller, Rights, manifest, object, objects, versions};
pub use remove::remove;
pub use route::{Method, Route};
pub use sight::{SeesAll, Sight};
pub use store::{Key, New, Outcome, Row, Store, StoreError, Wanted, date_added, settle};
pub use token::NextKey;

/// Most objects of a page; a caller that asks for more gets as many.
pub const PAGE_MAX: usize = 1000;
/// Objects of a page where the caller does not say how many.
pub const PAGE_USUAL: usize = 100;
/// Longest query in bytes: a few hundred ids.
pub const QUERY_BYTES_MAX: usize = 32 << 10;
/// Most values of a filter.
pub const VALUES_MAX: usize = 512;
/// Most objects that are followed from one to judge whether it refers to something hidden; one that refers to more is withheld.
pub const FOLLOWED_MAX: usize = 10_000;

#[cfg(test)]
mod tests;
