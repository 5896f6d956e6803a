//! Rules for flows in BGP (RFC 8955 for IPv4, RFC 8956 for IPv6): what a router is to match, as bytes and as text. In: bytes of a peer, or a rule. Out: rules with their components in the
//! order that the specification gives; the bytes of a rule. Never: a component that is not understood and passed over: a rule that is half read matches more than was meant.
//!
//! Nothing here speaks BGP: a daemon does. This is what a rule is checked with before it is handed on, and what is read back.

mod bytes;
mod community;
mod component;
mod show;
mod update;

pub use community::Community;
pub use component::{Compare, Component, Field, FlagTerm, NumberTerm, Numbers, Prefix, Rule};
pub use show::TextError;
pub use update::{Attributes, Family, Head, Nlri, Update};

/// Most components of a rule: one of each kind that there is.
pub const COMPONENTS_MAX: usize = 13;
/// Most terms of a component: as many as the longest rule has room for.
pub const TERMS_MAX: usize = (RULE_BYTES_MAX - 1) / 2;
/// Longest rule in bytes, RFC 8955 section 4.1.
pub const RULE_BYTES_MAX: usize = 4095;
/// Longest BGP message in bytes, RFC 4271 section 4.1.
pub const MESSAGE_BYTES_MAX: usize = 4096;

/// How the pattern of an IPv6 prefix with an offset is written. Where the offset is 0 both are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// As RFC 8956 section 3.1 says: the bits from the offset to the length.
    #[default]
    Rfc8956,
    /// All bits from the first to the length, as daemons did that were written after the drafts.
    Whole,
}

/// Why bytes are no rule. Who sent them acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// The bytes end in the middle.
    #[error("the bytes end in the middle of {0}")]
    End(&'static str),
    /// A component that is not known; what it asks for cannot be passed over.
    #[error("a component of type {0} is not known")]
    Unknown(u8),
    /// Components do not stand in the order of their types, each once (RFC 8955 section 4.2).
    #[error("component {0} stands behind one of its type or a later one")]
    Order(u8),
    /// A length that cannot be.
    #[error("{0} has a length that cannot be")]
    Length(&'static str),
    /// More than is read.
    #[error("there are more {0} than are read")]
    Many(&'static str),
    /// No component.
    #[error("a rule without a component matches all there is")]
    Empty,
    /// A value that its field does not have.
    #[error("{0} has no such value")]
    Value(&'static str),
    /// Not a BGP UPDATE.
    #[error("this is no UPDATE of BGP")]
    NotUpdate,
}
