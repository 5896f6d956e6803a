//! STIX 2.0 and 2.1 (OASIS). In: text of strangers. Out: objects as they were sent with an index beside them, and what the specification says against them. Never: an
//! object written anew.

mod container;
mod id;
mod object;
mod timestamp;
pub mod validate;

pub use container::{Bundle, ContainerError, Envelope, Refused, bundle_text};
pub(crate) use id::is_type_name;
pub use id::{Id, IdError};
pub use object::{Index, Object, ObjectError, PatternText, Reference, SpecVersion};
pub(crate) use timestamp::MicrosText;
pub use timestamp::Timestamp;

#[cfg(test)]
mod tests;
