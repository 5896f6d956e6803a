//! Packs whose author wants more than the commission would sign. In: packs. Out: refusals. Never: a pack that passes in pieces.

#![expect(
    clippy::unwrap_used,
    reason = "the packs are made here; one that is none is a broken test"
)]

use sakimori_custody::record::Hits;
use sakimori_select::{Matcher, Pack, PackError, Severity, lint};
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::note::Note;
use std::fmt::Write;

fn source(rules: &[&str]) -> String {
    let mut text =
        "sakimori/pack/v1\nid: h\nissued: 2027-04-01T00:00:00Z\npurpose: a test\n".to_owned();
    for rule in rules {
        writeln!(text, "selector: {rule}").unwrap();
    }
    text
}

fn pack(rules: &[&str]) -> Pack {
    Pack::parse_source(&source(rules)).unwrap()
}

fn refused(rules: &[&str]) -> bool {
    let found = lint(pack(rules).selectors());
    found.iter().any(|l| l.severity == Severity::Error)
}

#[test]
fn ipv4_inside_ipv6_is_counted_as_what_it_is() {
    let broad: [&[&str]; 9] = [
        &["prefix ::ffff:0:0/97", "prefix ::ffff:128.0.0.0/97"],
        &["prefix 64:ff9b::/97"],
        &["prefix 64:ff9b::/97", "prefix 64:ff9b::8000:0/97"],
        &["prefix 64:ff9b::/104"],
        &["prefix 2002::/21"],
        &["prefix 2002:8000::/24"],
        &["prefix 2001::/33", "prefix 2001:0:8000::/33"],
        &["prefix 2001::/48"],
        &["prefix 2001:0:808:808::/64"],
    ];
    for rules in broad {
        assert!(refused(rules), "{rules:?}");
    }
    let narrow: [&[&str]; 4] = [
        &["prefix 64:ff9b::cb00:7100/120"],
        &["prefix 2002:cb00:7100::/40"],
        &["prefix 2002:cb00:7107::/48"],
        &["address 2001:0:808:808:0:0:34ff:8ef8"],
    ];
    for rules in narrow {
        assert!(!refused(rules), "{rules:?}");
    }
}

#[test]
fn pieces_in_every_address_family_count_together() {
    let rules: Vec<String> = (0..1024u32)
        .flat_map(|i| {
            let four = format!("prefix {}.{}.0.0/20", 16 + (i >> 8), i & 255);
            let (high, low) = (16 + (i >> 8), i & 255);
            let nat64 = format!("prefix 64:ff9b::{:x}:8000/116", 0x4000 + (high << 8 | low));
            [four, nat64]
        })
        .collect();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    // 1024 × 4096 addresses are the most that may be; the same number behind NAT64 is too many.
    let four: Vec<&str> = rules.iter().copied().step_by(2).collect();
    assert!(!refused(&four));
    assert!(refused(&rules));
}

#[test]
fn a_selector_in_special_purpose_space_is_warned_about() {
    for rule in [
        "address 10.1.2.3",
        "prefix 192.168.0.0/16",
        "endpoint 127.0.0.1 443 tcp",
        "prefix fc00::/21",
        "address fe80::1",
        "address ::1",
    ] {
        let found = lint(pack(&[rule]).selectors());
        assert!(!found.is_empty(), "{rule}");
    }
}

#[test]
fn what_another_selector_matches_already_is_warned_about() {
    let pairs = [
        ["address 198.51.100.7", "address ::ffff:198.51.100.7"],
        ["address 198.51.100.7", "prefix 198.51.100.0/24"],
        ["endpoint 198.51.100.7 443 tcp", "address 198.51.100.7"],
        ["prefix 198.51.100.0/25", "prefix 198.51.100.0/24"],
        ["domain a.evil.example", "subdomains evil.example"],
        ["subdomains a.evil.example", "subdomains evil.example"],
        ["domain EVIL.example.", "domain evil.example"],
    ];
    for pair in pairs {
        let found = lint(pack(&pair).selectors());
        let both = |l: &sakimori_select::Lint| l.selectors.contains(&1) && l.selectors.contains(&2);
        assert!(found.iter().any(both), "{pair:?}: {found:?}");
    }
}

#[test]
fn a_signed_text_with_anything_but_its_canonical_form_is_refused() {
    let office = NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[1; 32]).unwrap();
    let good = pack(&["1 address 198.51.100.7", "2 domain evil.example"]).canonical_text();
    let signed = |text: &str| {
        let note = Note::sign(text, &[&office], 0).unwrap().to_bytes();
        Pack::from_note(&note, office.verifier())
    };
    assert!(signed(&good).is_ok());
    let cases = [
        ("selector: 1 ", "selector: 01 "),
        ("selector: 1 ", "selector: "),
        ("198.51.100.7", "::ffff:198.51.100.7"),
        ("evil.example", "Evil.example"),
        ("evil.example", "evil.example."),
        ("purpose: a test", "purpose: a test # with a remark"),
        ("purpose: a test\n", "purpose: a test\n\n"),
        ("purpose: a test\n", "# unseen\npurpose: a test\n"),
        ("id: h\n", ""),
        ("id: h\n", "id: h\nid: h\n"),
        ("selector: 2 ", "selector: 1 "),
        ("2 domain evil.example\n", "2 domain evil.example \n"),
        ("2 domain", "2  domain"),
    ];
    for (from, to) in cases {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from} stands in the pack");
        assert!(signed(&text).is_err(), "{to:?}");
    }
    let swapped: Vec<&str> = good.lines().rev().collect();
    assert!(signed(&(swapped.join("\n") + "\n")).is_err());
    let stranger = NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[2; 32]).unwrap();
    let note = Note::sign(&good, &[&stranger], 0).unwrap().to_bytes();
    let refused = Pack::from_note(&note, office.verifier());
    assert!(matches!(refused, Err(PackError::Note(_))), "{refused:?}");
}

#[test]
fn names_that_are_none_and_numbers_that_overflow_are_refused() {
    let long = format!("domain {}", vec!["a".repeat(63); 4].join("."));
    let label = format!("domain {}.example", "a".repeat(64));
    for rule in [
        "domain",
        "domain .",
        "domain a..b",
        "domain *.evil.example",
        "domain evil.example..",
        "domain \u{9632}.example",
        "subdomains .",
        &long,
        &label,
        "endpoint 198.51.100.7 65536 tcp",
        "endpoint 198.51.100.7 443 icmp",
        "endpoint 198.51.100.7 443",
        "prefix 2001:db8::/129",
        "prefix 198.51.100.0/-1",
        "prefix 198.51.100.0",
        "4294967296 address 198.51.100.7",
        "99999999999999999999 address 198.51.100.7",
        "behaviour beacon score-min=800 score-min=800",
        "behaviour beacon score-min",
        "behaviour beacon score-min=4294967296",
        "behaviour beacon other=1",
        "ja4 t13d1516h2_8DAAF6152771_02713d6af862",
        "ja4 t13d1516h2-8daaf6152771-02713d6af862",
    ] {
        let error = Pack::parse_source(&source(&["1 address 198.51.100.8", rule]));
        assert!(
            matches!(error, Err(PackError::Line { line: 6, .. })),
            "{rule}: {error:?}"
        );
    }
}

#[test]
fn no_more_ids_leave_than_a_record_carries() {
    let rules = ["subdomains evil.example"; 20];
    let matcher = Matcher::new(&pack(&rules));
    let mut hits = Hits::default();
    matcher.name(b"a.evil.example", &mut hits);
    assert_eq!(hits.as_slice().len(), 8);
}

#[test]
fn a_name_of_any_bytes_is_answered() {
    let matcher = Matcher::new(&pack(&["subdomains evil.example"]));
    let names: [&[u8]; 7] = [
        b"",
        b".",
        b"..",
        b".evil.example.",
        b"evil.example.",
        b"\xff\x00.evil.exampl",
        &[b'.'; 4096],
    ];
    for name in names {
        let mut hits = Hits::default();
        matcher.name(name, &mut hits);
        assert!(hits.is_empty(), "{name:?}");
    }
    let mut hits = Hits::default();
    matcher.name(b"\xff\x00.evil.example", &mut hits);
    assert_eq!(hits.as_slice(), [1]);
}

fn texts(rules: impl IntoIterator<Item = String>) -> Vec<String> {
    rules.into_iter().collect()
}

#[test]
fn row_09_what_covers_much_is_refused_however_it_is_cut_and_written() {
    let blocks = |count: u32, bits: u32| {
        texts((0..count).map(|i| {
            let first = (16 << 24) + (i << (32 - bits));
            format!("prefix {}/{bits}", std::net::Ipv4Addr::from(first))
        }))
    };
    let one = |rule: &str| vec![rule.to_owned()];
    let covers: [(&str, Vec<String>); 9] = [
        ("everything", one("prefix 0.0.0.0/0")),
        (
            "two halves",
            texts(["prefix 0.0.0.0/1", "prefix 128.0.0.0/1"].map(str::to_owned)),
        ),
        ("4,096 blocks of a /20", blocks(4096, 20)),
        ("one block more than may be", blocks(1025, 20)),
        ("everything, mapped", one("prefix ::ffff:0:0/96")),
        ("everything, behind NAT64", one("prefix 64:ff9b::/96")),
        ("everything, by 6to4", one("prefix 2002::/16")),
        ("a country's names", one("subdomains jp")),
        ("a registry's names", one("subdomains co.jp")),
    ];
    for (what, rules) in covers {
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        assert!(refused(&rules), "{what}");
    }
    for port in [
        "1 port 443",
        "1 endpoint * 443 tcp",
        "1 endpoint 0.0.0.0/0 443 tcp",
    ] {
        assert!(Pack::parse_source(&source(&[port])).is_err(), "{port}");
    }
    let most = blocks(1024, 20);
    assert!(!refused(
        &most.iter().map(String::as_str).collect::<Vec<_>>()
    ));
}

#[test]
fn row_16_a_poisoned_list_is_refused_at_the_lint_or_counted_in_what_members_sign() {
    // A list of somebody else with everything in it, with a country's names, with a whole registry's block.
    for rule in [
        "prefix 0.0.0.0/0",
        "prefix ::/0",
        "subdomains jp",
        "subdomains go.jp",
        "prefix 104.0.0.0/8",
    ] {
        assert!(refused(&[rule]), "{rule}");
    }
    // The office's own resolver is told with its selector; it is domestic at a sensor anyway.
    let own = lint(pack(&["1 address 10.0.0.53"]).selectors());
    assert!(own.iter().any(|l| l.selectors.contains(&1)), "{own:?}");
    // Many indicators are not refused for their number: they stand in the coverage that members sign and sensors compute again, and each changes the hash of the pack.
    let named = |count: u32| texts((0..count).map(|n| format!("domain h{n:x}.evil.example")));
    let of = |rules: &[String]| pack(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    let (many, one_more) = (of(&named(50_000)), of(&named(50_001)));
    assert_eq!(many.coverage().domains, 50_000);
    assert_eq!(one_more.coverage().domains, 50_001);
    assert_ne!(many.hash(), one_more.hash());
    // And there is a bound: one more selector than 2^20 is no pack, whatever they select.
    let mut text = source(&[]);
    for _ in 0..=1 << 20 {
        text.push_str("selector: domain a.example\n");
    }
    assert!(Pack::parse_source(&text).is_err());
}
