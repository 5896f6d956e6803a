//! The lint: reasons why a pack is too broad or does not say what it seems to. In: a pack. Out: findings with selector ids. Never: a look at single selectors
//! alone: coverage is judged over the whole pack.

use crate::coverage::{self, range};
use crate::limits::{V4_BITS_MIN, V4_COVERED_MAX, V6_BITS_MIN, V6_COVERED_MAX};
use crate::selector::{Prefix, Rule, Selector};
use std::collections::BTreeMap;
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
        if let Some(&earlier) = seen.get(&selector.rule.to_string()) {
            out.push(warning(
                &[earlier, selector.id],
                "the two selectors are the same",
            ));
        }
        seen.insert(selector.rule.to_string(), selector.id);
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

/// Judges the union of the pack, so that halves and many small prefixes do not pass where the whole would not.
fn whole(selectors: &[Selector], out: &mut Vec<Lint>) {
    let coverage = coverage::of(selectors);
    let wide = |rule: &Rule| matches!(rule, Rule::Prefix(_));
    let ids: Vec<u32> = selectors
        .iter()
        .filter(|s| wide(&s.rule))
        .map(|s| s.id)
        .take(16)
        .collect();
    if coverage.v4 > V4_COVERED_MAX {
        let share = coverage.v4 * 100 / (1 << 32);
        out.push(error(
            &ids,
            format!("together the selectors cover {} IPv4 addresses ({share} % of all); {V4_COVERED_MAX} is the most", coverage.v4),
        ));
    }
    if coverage.v6_48 > V6_COVERED_MAX {
        out.push(error(
            &ids,
            format!(
                "together the selectors cover {} IPv6 /48s; {V6_COVERED_MAX} is the most",
                coverage.v6_48
            ),
        ));
    }
}

/// Addresses and names that a wider selector of the same pack matches already.
fn shadows(selectors: &[Selector], out: &mut Vec<Lint>) {
    let prefixes: Vec<(u32, (u128, u128))> = selectors
        .iter()
        .filter_map(|s| match &s.rule {
            Rule::Prefix(prefix) => Some((s.id, range(prefix))),
            _ => None,
        })
        .take(1000)
        .collect();
    let below: BTreeMap<&str, u32> = selectors
        .iter()
        .filter_map(|s| match &s.rule {
            Rule::Subdomains(name) => Some((name.as_str(), s.id)),
            _ => None,
        })
        .collect();
    for selector in selectors {
        match &selector.rule {
            Rule::Address(bytes) | Rule::Endpoint(bytes, ..) => {
                let at = u128::from_be_bytes(*bytes);
                let wider = prefixes
                    .iter()
                    .find(|(_, (first, last))| (*first..=*last).contains(&at));
                if let Some((id, _)) = wider {
                    out.push(warning(
                        &[selector.id, *id],
                        "the second selector matches whatever the first does",
                    ));
                }
            }
            Rule::Domain(name) => {
                let mut rest = Some(name.as_str());
                while let Some(suffix) = rest {
                    if let Some(id) = below.get(suffix) {
                        out.push(warning(
                            &[selector.id, *id],
                            "the second selector matches whatever the first does",
                        ));
                    }
                    rest = suffix.split_once('.').map(|(_, behind)| behind);
                }
            }
            _ => {}
        }
    }
}
