//! The lint: reasons why a pack is too broad or does not say what it seems to. In: a pack. Out: findings with selector ids. Never: a look at single selectors
//! alone: coverage is judged over the whole pack.

use crate::coverage::{self, range, size, union};
use crate::limits::{IDS_NAMED_MAX, V4_BITS_MIN, V4_COVERED_MAX, V6_BITS_MIN, V6_COVERED_MAX};
use crate::selector::{Prefix, Rule, Selector};
use crate::special;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The pack cannot be compiled.
    Error,
    /// A person should look.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Whether it forbids the pack.
    pub severity: Severity,
    /// Selectors that it is about; empty for the whole pack.
    pub selectors: Vec<u32>,
    /// The reason, a sentence.
    pub reason: String,
}

/// Ranges that carry IPv4 addresses inside IPv6: a prefix that holds one of them covers all of IPv4 a second time.
const EMBEDDED: &[(&str, u128, u8)] = &[
    ("IPv4-mapped", 0xffff << 32, 96),
    ("6to4", 0x2002 << 112, 16),
    ("NAT64", 0x0064_ff9b << 96, 96),
    ("Teredo", 0x2001_0000 << 96, 32),
];

/// Every finding about a pack's selectors.
pub fn lint(selectors: &[Selector]) -> Vec<Lint> {
    let mut out = Vec::new();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for selector in selectors {
        if let Some(earlier) = seen.insert(selector.rule.to_string(), selector.id) {
            out.push(warning(
                &[earlier, selector.id],
                "the two selectors are the same",
            ));
        }
        if let Some(name) = range(&selector.rule).and_then(special::name) {
            let reason = format!(
                "{} is in special-purpose space ({name}), which belongs to no country",
                selector.rule
            );
            out.push(warning(&[selector.id], reason));
        }
        match &selector.rule {
            Rule::Prefix(prefix) => single_prefix(selector.id, prefix, &mut out),
            Rule::Domain(name) => suffix(selector.id, name, false, &mut out),
            Rule::Subdomains(name) => suffix(selector.id, name, true, &mut out),
            _ => {}
        }
    }
    whole(selectors, &mut out);
    shadows(selectors, &mut out);
    out.sort_by(|a, b| (a.severity, &a.selectors).cmp(&(b.severity, &b.selectors)));
    out
}

fn error(selectors: &[u32], reason: impl Into<String>) -> Lint {
    Lint {
        severity: Severity::Error,
        selectors: selectors.to_vec(),
        reason: reason.into(),
    }
}

fn warning(selectors: &[u32], reason: impl Into<String>) -> Lint {
    Lint {
        severity: Severity::Warning,
        selectors: selectors.to_vec(),
        reason: reason.into(),
    }
}

fn single_prefix(id: u32, prefix: &Prefix, out: &mut Vec<Lint>) {
    let least = if prefix.is_v4() {
        96 + V4_BITS_MIN
    } else {
        V6_BITS_MIN
    };
    if prefix.bits < least {
        out.push(error(
            &[id],
            format!("{prefix} is too broad: it names whole parts of the Internet"),
        ));
    }
    for &(name, first, bits) in EMBEDDED {
        let embedded = Prefix { first, bits };
        let holds = prefix.bits <= bits && prefix.first <= first && first <= prefix.last();
        if holds && !prefix.is_v4() {
            out.push(error(
                &[id],
                format!("{prefix} holds all {name} addresses ({embedded})"),
            ));
        }
    }
}

fn suffix(id: u32, name: &str, below: bool, out: &mut Vec<Lint>) {
    let is_suffix = psl::suffix_str(name).is_some_and(|suffix| suffix == name);
    if is_suffix && (below || !name.contains('.')) {
        out.push(error(
            &[id],
            format!("{name} is a public suffix: everybody's names end with it"),
        ));
    } else if is_suffix {
        out.push(warning(&[id], format!("{name} is a public suffix")));
    }
}

/// Judges the union of the pack, so that halves and many small prefixes do not pass where the whole would not. IPv4 addresses that are reached inside
/// IPv6 count as what they are.
fn whole(selectors: &[Selector], out: &mut Vec<Lint>) {
    let ranges = || selectors.iter().filter_map(|s| range(&s.rule));
    let reached = ranges()
        .filter_map(special::mapped)
        .chain(ranges().filter_map(special::carried));
    let v4: u64 = union(reached.collect()).iter().map(size).sum();
    let v6_48 = coverage::of(selectors).v6_48;
    let ids: Vec<u32> = selectors
        .iter()
        .filter(|s| matches!(s.rule, Rule::Prefix(_)))
        .map(|s| s.id)
        .take(IDS_NAMED_MAX)
        .collect();
    if v4 > V4_COVERED_MAX {
        let share = v4 * 100 / (1 << 32);
        out.push(error(
            &ids,
            format!(
                "together the selectors cover {v4} IPv4 addresses ({share} % of all), those inside IPv6 included; {V4_COVERED_MAX} is the most"
            ),
        ));
    }
    if v6_48 > V6_COVERED_MAX {
        out.push(error(
            &ids,
            format!("together the selectors cover {v6_48} IPv6 /48s; {V6_COVERED_MAX} is the most"),
        ));
    }
}

/// Selectors of a pack by what they name, to find a wider one.
#[derive(Default)]
struct Wider<'p> {
    /// Addresses and prefixes, by length and first address.
    nets: BTreeMap<(u8, u128), u32>,
    /// The lengths that occur.
    lengths: BTreeSet<u8>,
    below: BTreeMap<&'p str, u32>,
}

impl<'p> Wider<'p> {
    fn new(selectors: &'p [Selector]) -> Self {
        let mut new = Self::default();
        for selector in selectors {
            let net = match &selector.rule {
                Rule::Address(bytes) => (128, u128::from_be_bytes(*bytes)),
                Rule::Prefix(prefix) => (prefix.bits, prefix.first),
                Rule::Subdomains(name) => {
                    new.below.entry(name).or_insert(selector.id);
                    continue;
                }
                _ => continue,
            };
            new.lengths.insert(net.0);
            new.nets.entry(net).or_insert(selector.id);
        }
        new
    }

    /// A selector of at most `bits` leading bits that holds the address.
    fn net(&self, address: u128, bits: u8) -> Option<u32> {
        self.lengths.range(..=bits).find_map(|&length| {
            let host = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            self.nets.get(&(length, address & !host)).copied()
        })
    }

    /// A selector of everything below `name` or a name that it ends with.
    fn below(&self, name: Option<&str>) -> Option<u32> {
        std::iter::successors(name, |name| parent(name))
            .find_map(|suffix| self.below.get(suffix).copied())
    }

    fn than(&self, rule: &Rule) -> Option<u32> {
        match rule {
            Rule::Address(bytes) => self.net(u128::from_be_bytes(*bytes), 127),
            Rule::Endpoint(bytes, ..) => self.net(u128::from_be_bytes(*bytes), 128),
            Rule::Prefix(prefix) => self.net(prefix.first, prefix.bits.checked_sub(1)?),
            Rule::Domain(name) => self.below(Some(name)),
            Rule::Subdomains(name) => self.below(parent(name)),
            _ => None,
        }
    }
}

fn parent(name: &str) -> Option<&str> {
    name.split_once('.').map(|(_, behind)| behind)
}

/// Selectors that match nothing which a wider one of the same pack does not match already.
fn shadows(selectors: &[Selector], out: &mut Vec<Lint>) {
    let wider = Wider::new(selectors);
    for selector in selectors {
        if let Some(id) = wider.than(&selector.rule) {
            out.push(warning(
                &[selector.id, id],
                "the second selector matches whatever the first does",
            ));
        }
    }
}
