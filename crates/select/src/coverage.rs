//! How much a set of selectors covers, as a union. In: selectors of one pack or of several. Out: the counts of a statement's `selectors` line. Never: an
//! address counted twice.

use crate::selector::{Prefix, Rule, Selector};
use sakimori_custody::coverage::Coverage;

/// Coverage of selectors.
pub(crate) fn of(selectors: &[Selector]) -> Coverage {
    let mut ranges = Vec::new();
    let mut out = Coverage {
        count: selectors.len() as u64,
        ..Coverage::default()
    };
    for selector in selectors {
        match &selector.rule {
            Rule::Address(bytes) | Rule::Endpoint(bytes, ..) => {
                let address = u128::from_be_bytes(*bytes);
                ranges.push((address, address));
            }
            Rule::Prefix(prefix) => ranges.push((prefix.first, prefix.last())),
            Rule::Domain(_) | Rule::Subdomains(_) => out.domains += 1,
            Rule::Ja4(_) => out.ja4 += 1,
            Rule::Behaviour(_) => out.behaviours += 1,
        }
    }
    for (first, last) in union(ranges) {
        add(&mut out, first, last);
    }
    out
}

/// Adds a range of the 128-bit space; its part in the mapped /96 counts as IPv4, the rest in /48s.
fn add(out: &mut Coverage, first: u128, last: u128) {
    const V4: (u128, u128) = (0xffff << 32, (0xffff << 32) + 0xffff_ffff);
    let (from, to) = (first.max(V4.0), last.min(V4.1));
    if from <= to {
        out.v4 = out.v4.saturating_add((to - from) as u64 + 1);
    }
    if first < V4.0 || last > V4.1 {
        let blocks = ((last >> 80) - (first >> 80) + 1) as u64;
        out.v6_48 = out.v6_48.saturating_add(blocks);
    }
}

/// Ranges joined where they touch or overlap, ascending.
pub(crate) fn union(mut ranges: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    ranges.sort_unstable();
    let mut out: Vec<(u128, u128)> = Vec::new();
    for (first, last) in ranges {
        match out.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

/// The range of a prefix.
pub(crate) const fn range(prefix: &Prefix) -> (u128, u128) {
    (prefix.first, prefix.last())
}
