//! The matcher and the coverage against plain searches over the selectors' meaning. In: packs of every kind of selector, drawn so that they touch. Out:
//! agreement. Never: the code under test in the model.

#![expect(
    clippy::unwrap_used,
    reason = "the packs are made here; one that is none is a broken test"
)]

use proptest::prelude::*;
use sakimori_custody::record::Hits;
use sakimori_select::{Matcher, Pack, Rule};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

const HEAD: &str = "sakimori/pack/v1\nid: m\nissued: 2027-04-01T00:00:00Z\npurpose: a model\n";

fn pack(rules: &[String]) -> Pack {
    let mut text = HEAD.to_owned();
    for (rule, id) in rules.iter().zip(1..) {
        writeln!(text, "selector: {id} {rule}").unwrap();
    }
    Pack::parse_source(&text).unwrap()
}

/// Addresses of two crowded corners, so that selectors and probes meet.
fn address() -> impl Strategy<Value = u128> {
    prop_oneof![
        (0u32..1024).prop_map(|low| (0xffff << 32) | u128::from(0xc633_6400 + low)),
        (0u128..4, 0u128..4).prop_map(|(net, low)| (0x2001_0db8 << 96) | net << 79 | low),
    ]
}

fn text(address: u128) -> String {
    let six = Ipv6Addr::from(address);
    six.to_ipv4_mapped()
        .map_or_else(|| six.to_string(), |four: Ipv4Addr| four.to_string())
}

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec("[ab]", 1..4).prop_map(|labels| labels.join("."))
}

fn rule() -> impl Strategy<Value = String> {
    prop_oneof![
        address().prop_map(|a| format!("address {}", text(a))),
        (address(), 22u32..=32).prop_map(|(a, bits)| prefix(a, bits)),
        (address(), 1u16..4, prop::sample::select(vec!["tcp", "udp"]))
            .prop_map(|(a, port, protocol)| format!("endpoint {} {port} {protocol}", text(a))),
        name().prop_map(|n| format!("domain {n}")),
        name().prop_map(|n| format!("subdomains {n}")),
    ]
}

/// A prefix that holds the address: of `bits` in IPv4, of that many and 24 in IPv6.
fn prefix(address: u128, bits: u32) -> String {
    let four = address >> 32 == 0xffff;
    let whole = if four { 96 + bits } else { 24 + bits };
    let base = address & !(u128::MAX >> whole.min(127)) | address & u128::from(whole == 128);
    format!("prefix {}/{}", text(base), if four { bits } else { whole })
}

/// Whether one rule asks for the name, by the words of the format: "the name itself and all below it".
fn asks(rule: &Rule, name: &str) -> bool {
    match rule {
        Rule::Domain(wanted) => name == wanted,
        Rule::Subdomains(wanted) => name == wanted || name.ends_with(&format!(".{wanted}")),
        _ => false,
    }
}

/// Whether one rule matches either side.
fn touches(rule: &Rule, sides: [(u128, u16); 2], protocol: u8) -> bool {
    sides.into_iter().any(|(at, port)| match rule {
        Rule::Address(bytes) => u128::from_be_bytes(*bytes) == at,
        Rule::Prefix(prefix) => {
            (0..u32::from(prefix.bits)).all(|bit| (prefix.first ^ at) << bit >> 127 == 0)
        }
        Rule::Endpoint(bytes, p, number) => {
            u128::from_be_bytes(*bytes) == at && (*p, *number) == (port, protocol)
        }
        _ => false,
    })
}

/// The ids of the rules that hold; all of them where there is room, eight of them else.
fn check(found: &Hits, wanted: &BTreeSet<u32>) -> Result<(), TestCaseError> {
    let found = found.as_slice();
    prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
    prop_assert!(
        found.iter().all(|id| wanted.contains(id)),
        "{found:?} in {wanted:?}"
    );
    prop_assert_eq!(found.len(), wanted.len().min(8));
    Ok(())
}

proptest! {
    #[test]
    fn the_matcher_finds_what_a_plain_search_finds(
        rules in prop::collection::vec(rule(), 1..24),
        sides in [(address(), 1u16..4), (address(), 1u16..4)],
        probe in name(),
        protocol in prop::sample::select(vec![6u8, 17]),
    ) {
        let read = pack(&rules);
        let matcher = Matcher::new(&read);
        let wanted = |good: &dyn Fn(&Rule) -> bool| -> BTreeSet<u32> {
            read.selectors().iter().filter(|s| good(&s.rule)).map(|s| s.id).collect()
        };
        let mut hits = Hits::default();
        let [one, two] = sides.map(|(at, _)| at.to_be_bytes());
        matcher.addresses(&one, &two, (sides[0].1, sides[1].1), protocol, &mut hits);
        check(&hits, &wanted(&|rule| touches(rule, sides, protocol)))?;
        let mut hits = Hits::default();
        matcher.name(probe.as_bytes(), &mut hits);
        check(&hits, &wanted(&|rule| asks(rule, &probe)))?;
        let named = read.selectors().iter().any(|s| matches!(s.rule, Rule::Domain(_) | Rule::Subdomains(_)));
        prop_assert_eq!(matcher.has_names(), named);
    }

    #[test]
    fn coverage_is_the_size_of_the_sets_it_names(rules in prop::collection::vec(rule(), 1..24)) {
        let read = pack(&rules);
        let (mut four, mut six) = (BTreeSet::new(), BTreeSet::new());
        let mut names = 0;
        for selector in read.selectors() {
            let (first, last) = match &selector.rule {
                Rule::Address(bytes) | Rule::Endpoint(bytes, ..) => {
                    let at = u128::from_be_bytes(*bytes);
                    (at, at)
                }
                Rule::Prefix(prefix) => (prefix.first, prefix.last()),
                _ => {
                    names += 1;
                    continue;
                }
            };
            if first >> 32 == 0xffff {
                four.extend(first..=last);
            } else {
                six.extend(first >> 80..=last >> 80);
            }
        }
        let coverage = read.coverage();
        prop_assert_eq!(coverage.v4, four.len() as u64);
        prop_assert_eq!(coverage.v6_48, six.len() as u64, "{:?}", rules);
        prop_assert_eq!((coverage.count, coverage.domains), (rules.len() as u64, names));
    }

    #[test]
    fn the_canonical_text_is_its_own_and_only_form(rules in prop::collection::vec(rule(), 1..24)) {
        let read = pack(&rules);
        let canonical = read.canonical_text();
        let again = Pack::parse_source(&canonical).unwrap();
        prop_assert_eq!(again.canonical_text(), canonical);
        prop_assert_eq!(again.hash(), read.hash());
    }
}
