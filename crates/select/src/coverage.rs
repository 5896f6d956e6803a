//! How much a set of selectors covers, as a union. In: selectors of one pack or of several. Out: the counts of a statement's `selectors` line. Never: an
//! address counted twice.

use crate::selector::{Rule, Selector};
use crate::special::{self, Range};
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
            Rule::Address(_) | Rule::Endpoint(..) | Rule::Prefix(_) => {
                ranges.extend(range(&selector.rule));
            }
            Rule::Domain(_) | Rule::Subdomains(_) => out.domains += 1,
            Rule::Ja4(_) => out.ja4 += 1,
            Rule::Behaviour(_) => out.behaviours += 1,
        }
    }
    let ranges = union(ranges);
    let v4 = ranges.iter().filter_map(|&range| special::mapped(range));
    out.v4 = v4.map(|range| size(&range)).sum();
    // Two ranges may lie apart in one /48: the blocks are a union of their own.
    let blocks = ranges
        .iter()
        .filter(|range| !in_v4(range))
        .map(|range| (range.0 >> 80, range.1 >> 80));
    out.v6_48 = union(blocks.collect()).iter().map(size).sum();
    out
}

/// Whether the whole of a range lies in the mapped /96.
const fn in_v4(range: &Range) -> bool {
    range.0 >> 32 == 0xffff && range.1 >> 32 == 0xffff
}

/// Addresses, or blocks, of a range.
pub(crate) const fn size(range: &Range) -> u64 {
    (range.1 - range.0 + 1) as u64
}

/// Ranges joined where they touch or overlap, ascending.
pub(crate) fn union(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut out: Vec<Range> = Vec::new();
    for (first, last) in ranges {
        match out.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

/// The addresses that a selector names.
pub(crate) fn range(rule: &Rule) -> Option<Range> {
    match rule {
        Rule::Address(bytes) | Rule::Endpoint(bytes, ..) => {
            let address = u128::from_be_bytes(*bytes);
            Some((address, address))
        }
        Rule::Prefix(prefix) => Some((prefix.first, prefix.last())),
        _ => None,
    }
}
