//! How much a pack covers, as counts. In: counts. Out: the text that a statement names. Never: the selectors themselves.

use std::fmt;

/// Counts of a statement's `selectors` line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Selectors.
    pub count: u64,
    /// IPv4 addresses in the union.
    pub v4: u64,
    /// IPv6 /48s touched by the union.
    pub v6_48: u64,
    /// Domains, with or without what is below.
    pub domains: u64,
    /// Fingerprints.
    pub ja4: u64,
    /// Behaviours.
    pub behaviours: u64,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            count,
            v4,
            v6_48,
            domains,
            ja4,
            behaviours,
        } = self;
        write!(
            f,
            "count {count} v4 {v4} v6-48 {v6_48} domains {domains} ja4 {ja4} behaviours {behaviours}"
        )
    }
}
