//! Packs as their authors and readers meet them.

#![expect(
    clippy::unwrap_used,
    clippy::format_collect,
    reason = "the packs are made here; one that is none is a broken test"
)]

#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/model.rs"]
mod model;

use proptest::prelude::*;
use sakimori_custody::record::{Hits, address_bytes};
use sakimori_select::{Matcher, Pack, PackError, Severity, lint};
use sakimori_tlog::key::{KeyKind, NoteSigner};

fn source(selectors: &[&str]) -> String {
    let lines: String = selectors
        .iter()
        .map(|s| format!("selector: {s}\n"))
        .collect();
    format!("sakimori/pack/v1\nid: test\nissued: 2027-04-01T00:00:00Z\npurpose: a test\n{lines}")
}

fn pack(selectors: &[&str]) -> Pack {
    Pack::parse_source(&source(selectors)).unwrap()
}

fn errors(selectors: &[&str]) -> Vec<String> {
    let found = lint(pack(selectors).selectors());
    found
        .into_iter()
        .filter(|l| l.severity == Severity::Error)
        .map(|l| l.reason)
        .collect()
}

#[test]
fn a_source_with_comments_in_any_order_has_one_canonical_text() {
    let text = source(&[
        "9 domain EVIL.Example.   # a comment",
        "3 prefix 203.0.113.0/24",
        "endpoint 2001:DB8:0::7 443 tcp",
        "4 behaviour beacon score-min=900",
        "5 address ::ffff:198.51.100.7",
    ]);
    let read = Pack::parse_source(&text).unwrap();
    let canonical = read.canonical_text();
    assert!(
        canonical.ends_with(
            "selector: 3 prefix 203.0.113.0/24\n\
         selector: 4 behaviour beacon connections-min=16 score-min=900\n\
         selector: 5 address 198.51.100.7\n\
         selector: 9 domain evil.example\n\
         selector: 10 endpoint 2001:db8::7 443 tcp\n"
        ),
        "{canonical}"
    );
    assert_eq!(Pack::parse_source(&canonical).unwrap(), read);
    assert_ne!(
        pack(&["1 domain a.example"]).hash(),
        pack(&["1 domain b.example"]).hash()
    );
}

#[test]
fn a_signed_pack_opens_and_one_changed_byte_does_not() {
    let office = NoteSigner::from_seed("office.example", KeyKind::Ed25519, &[1; 32]).unwrap();
    let read = pack(&["1 address 198.51.100.7"]);
    let note = read.sign(&office).unwrap().to_bytes();
    assert_eq!(Pack::from_note(&note, office.verifier()), Ok(read));
    for at in 0..note.len() {
        let mut changed = note.clone();
        changed[at] ^= 1;
        assert!(
            Pack::from_note(&changed, office.verifier()).is_err(),
            "byte {at}"
        );
    }
    let loose = source(&["1 address 198.51.100.7 "]).replace("purpose: a", "purpose:  a");
    let note = sakimori_tlog::note::Note::sign(&loose, &[&office], 0)
        .unwrap()
        .to_bytes();
    assert_eq!(
        Pack::from_note(&note, office.verifier()),
        Err(PackError::NotCanonical)
    );
}

#[test]
fn errors_name_the_line() {
    for (line, problem) in [
        ("1 prefix 203.0.113.1/24", "host bits"),
        ("1 prefix 203.0.113.0/33", "prefix length"),
        ("1 address 300.1.1.1", "address"),
        ("0 address 198.51.100.7", "id 0"),
        ("1 endpoint 198.51.100.7 0 tcp", "port"),
        ("1 domain -x.example", "domain"),
        ("1 ja4 t13d1516h2_8daaf6152771", "JA4"),
        ("1 behaviour magic", "not built"),
        ("1 behaviour beacon score-min=1", "range"),
        ("1 regex .*", "no known selector"),
    ] {
        let error = Pack::parse_source(&source(&[line]))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("line 5 ") && error.contains(problem),
            "{line}: {error}"
        );
    }
}

#[test]
fn what_is_too_broad_is_refused_also_in_parts() {
    assert!(
        errors(
            &["0.0.0.0/0", "0.0.0.0/8"]
                .map(|p| format!("prefix {p}"))
                .each_ref()
                .map(String::as_str)
        )
        .len()
            >= 2
    );
    let halves = errors(&["prefix 0.0.0.0/1", "prefix 128.0.0.0/1"]);
    assert!(halves.iter().any(|r| r.contains("100 %")), "{halves:?}");
    let many: Vec<String> = (0..4096u32)
        .map(|i| {
            format!(
                "prefix {}.{}.{}.0/20",
                16 + (i >> 8),
                (i >> 4 & 15) << 4,
                (i & 15) << 4
            )
        })
        .collect();
    let many = errors(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(many.iter().any(|r| r.contains("together")), "{many:?}");
    for line in [
        "prefix ::ffff:0:0/96",
        "prefix 2002::/16",
        "prefix 64:ff9b::/96",
        "prefix 2001::/32",
        "subdomains jp",
        "subdomains co.jp",
        "subdomains com",
        "domain jp",
        "prefix ::/0",
        "prefix 2000::/3",
    ] {
        assert!(!errors(&[line]).is_empty(), "{line}");
    }
    for line in [
        "prefix 203.0.113.0/24",
        "subdomains evil.co.jp",
        "domain evil.example",
        "prefix 2400:8900::/32",
        "behaviour beacon",
    ] {
        assert_eq!(errors(&[line]), Vec::<String>::new(), "{line}");
    }
    assert!(
        lint(
            Pack::parse_source(Pack::default_source())
                .unwrap()
                .selectors()
        )
        .is_empty()
    );
}

#[test]
fn a_lone_port_cannot_even_be_written() {
    assert!(Pack::parse_source(&source(&["1 endpoint * 443 tcp"])).is_err());
    assert!(Pack::parse_source(&source(&["1 port 443"])).is_err());
}

fn ids(matcher: &Matcher, source: &str, destination: &str, ports: (u16, u16)) -> Vec<u32> {
    let mut hits = Hits::default();
    let bytes = |text: &str| address_bytes(text.parse().unwrap());
    matcher.addresses(&bytes(source), &bytes(destination), ports, 6, &mut hits);
    hits.as_slice().to_vec()
}

#[test]
fn addresses_names_and_fingerprints_match_by_their_rules() {
    let matcher = Matcher::new(&pack(&[
        "1 address 198.51.100.7",
        "2 prefix 198.51.100.0/24",
        "3 endpoint 198.51.100.7 443 tcp",
        "4 domain evil.example",
        "5 subdomains evil.example",
        "6 ja4 t13d1516h2_8daaf6152771_02713d6af862",
        "7 prefix 2001:db8::/32",
    ]));
    assert_eq!(
        ids(&matcher, "10.0.0.1", "198.51.100.7", (1, 443)),
        [1, 2, 3]
    );
    assert_eq!(ids(&matcher, "198.51.100.7", "10.0.0.1", (1, 443)), [1, 2]);
    assert_eq!(ids(&matcher, "198.51.101.0", "2001:db8::1", (1, 2)), [7]);
    let name = |text: &str| {
        let mut hits = Hits::default();
        matcher.name(text.as_bytes(), &mut hits);
        hits.as_slice().to_vec()
    };
    assert_eq!(name("evil.example"), [4, 5]);
    assert_eq!(name("a.b.evil.example"), [5]);
    assert_eq!(name("notevil.example"), [0u32; 0]);
    let mut hits = Hits::default();
    matcher.ja4(b"t13d1516h2_8daaf6152771_02713d6af862", &mut hits);
    assert_eq!(hits.as_slice(), [6]);
}

proptest! {
    #[test]
    fn the_matcher_equals_a_plain_search(prefixes in prop::collection::vec((any::<u32>(), 8u8..=32), 1..20), probe: u32, near: bool) {
        let lines: Vec<String> = prefixes.iter().map(|&(base, bits)| {
            let base = if bits == 0 { 0 } else { base >> (32 - bits) << (32 - bits) };
            format!("prefix {}/{bits}", std::net::Ipv4Addr::from(base))
        }).collect();
        let read = pack(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let probe = if near { prefixes[0].0 ^ (probe & 0xff) } else { probe };
        let wanted: Vec<u32> = prefixes.iter().enumerate()
            .filter(|(_, (base, bits))| (base ^ probe) >> (32 - u32::from(*bits)) == 0)
            .map(|(i, _)| i as u32 + 1).take(8).collect();
        let found = ids(&Matcher::new(&read), &std::net::Ipv4Addr::from(probe).to_string(), "::1", (1, 2));
        prop_assert_eq!(found.len(), wanted.len());
        prop_assert_eq!(Pack::parse_source(&read.canonical_text()).unwrap(), read);
    }

    #[test]
    fn any_random_covering_of_much_is_refused(bits in 1u8..=6, skip in 0u32..4) {
        let count = 1u32 << bits;
        let lines: Vec<String> = (0..count).filter(|i| i % 5 != skip + 1)
            .map(|i| format!("prefix {}/{bits}", std::net::Ipv4Addr::from(i << (32 - bits)))).collect();
        prop_assert!(!errors(&lines.iter().map(String::as_str).collect::<Vec<_>>()).is_empty());
    }

    #[test]
    fn any_text_is_a_pack_or_an_error(text in "[a-z0-9:./ #=\n-]{0,200}") {
        let _ = Pack::parse_source(&format!("sakimori/pack/v1\n{text}"));
    }
}
