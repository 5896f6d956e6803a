//! MISP: events, attributes, objects, tags, galaxies, feeds, and the way to STIX 2.1 and back. In: what MISP servers and feeds send. Out: types over the received text,
//! STIX objects, proposals of events. Never: a field that is dropped on the way, an identifier that is made anew where there is one.
//!
//! Core format: draft-dulaunoy-misp-core-format; mapping: misp-stix of the MISP project, whose pairs and documentation the tests compare with.

mod event;
pub mod feed;
mod from_stix;
mod id;
pub mod limits;
mod moment;
mod pattern;
mod read;
mod relations;
mod rest;
mod table;
mod tag;
pub mod taxonomy;
mod template;
mod to_stix;
mod types;
mod value;
mod write;

pub use event::{
    Attribute, Cluster, Distribution, Event, Galaxy, Object, Organisation, Reference, Report, Seen,
};
pub use from_stix::{FromStix, from_stix};
pub(crate) use id::uuid_of;
pub(crate) use moment::read as read_time;
pub use read::{MispError, read, read_attributes};
pub use rest::to_stix_whole;
pub use tag::{MachineTag, Mark, Tag};
pub use to_stix::{Kept, StixText, ToStix, attributes_to_stix, to_stix};
