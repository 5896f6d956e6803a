//! What every BGP speaker does for us. In: routes that the guard let through. Out: what the speaker announces with our tag. Never: a route of the owner, touched.

use super::guard::{Line, Route, Table};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;

/// The large community (RFC 8092) that every route of ours carries, so that it is known again without any file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// The owner's autonomous system.
    #[serde(rename = "as")]
    pub number: u32,
    /// The first number of the owner's choice.
    pub first: u32,
    /// The second.
    pub second: u32,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.number, self.first, self.second)
    }
}

/// How our routes are marked and where black holes lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Our tag.
    pub tag: Tag,
    /// The next hop of black holes that routers of the owner discard (RFC 5635 section 3.1).
    pub discard_v4: std::net::Ipv4Addr,
    /// The same for IPv6.
    pub discard_v6: std::net::Ipv6Addr,
}

/// What a speaker announces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// With our tag.
    pub ours: BTreeSet<Line>,
    /// Of these, what another route of the owner keeps from being announced.
    pub idle: BTreeSet<Line>,
    /// Without our tag, where announcing the same would replace it.
    pub theirs: BTreeSet<Line>,
    /// With our tag, and not of our make; the owner put it there.
    pub strange: usize,
}

/// A BGP speaker on this machine.
pub trait Speaker: Send {
    /// Leaves nothing of ours where the daemon would find it when it starts; it does not run now.
    ///
    /// # Errors
    /// Why something can be left.
    fn clear(&mut self) -> Result<(), String>;

    /// Most routes that the owner's stop withdraws one by one, where it could end the announcer instead: as many as take less than a second.
    fn few(&self) -> usize;

    /// Tries routes without any change, as far as the speaker can.
    ///
    /// # Errors
    /// Why it would not take them.
    fn rehearse(&mut self, routes: &BTreeSet<Route>) -> Result<(), String>;

    /// What it announces.
    ///
    /// # Errors
    /// Why that is not known.
    fn seen(&mut self) -> Result<Seen, String>;

    /// Makes what it announces with our tag exactly `wanted`; `there` is what it announces now.
    ///
    /// # Errors
    /// Why it cannot; a part of it may be done.
    fn change(&mut self, wanted: &BTreeSet<Route>, there: &BTreeSet<Line>) -> Result<(), String>;

    /// The tables that each session carries which is up now, one set a session.
    ///
    /// # Errors
    /// Why that is not known.
    fn sessions(&mut self) -> Result<Vec<BTreeSet<Table>>, String>;
}
