use super::*;

/// The selectors of the proposal, and what is told: path, byte, whether it is wider.
fn check(pattern: &str) -> (Vec<String>, Vec<(String, usize, bool)>) {
    let heading = Heading {
        id: "proposal-1".parse().unwrap(),
        issued: "2026-11-24T00:00:00Z".parse().unwrap(),
        purpose: "a proposal".to_owned(),
    };
    let proposal = propose(&Pattern::parse(pattern).unwrap(), &heading).unwrap();
    assert_eq!(proposal.compiles(), proposal.source.is_some(), "{pattern}");
    let source = proposal.source.unwrap_or_default();
    let selectors = source
        .lines()
        .filter_map(|line| line.strip_prefix("selector: "));
    let told = proposal.told.into_iter().map(|t| (t.path, t.at, t.wider));
    (selectors.map(str::to_owned).collect(), told.collect())
}

#[test]
fn what_a_pack_can_say_becomes_a_selector() {
    for (pattern, wanted) in [
        (
            "[ipv4-addr:value = '198.51.100.7']",
            vec!["1 address 198.51.100.7"],
        ),
        (
            "[ipv4-addr:value = '198.51.100.0/24']",
            vec!["1 prefix 198.51.100.0/24"],
        ),
        (
            "[ipv6-addr:value ISSUBSET '2001:db8::/48']",
            vec!["1 prefix 2001:db8::/48"],
        ),
        (
            "[ipv4-addr:value IN ('198.51.100.7', '203.0.113.9', '198.51.100.7')]",
            vec!["1 address 198.51.100.7", "2 address 203.0.113.9"],
        ),
        (
            "[domain-name:value = 'C2.example.org'] OR [ipv4-addr:value = '198.51.100.7']",
            vec!["1 domain c2.example.org", "2 address 198.51.100.7"],
        ),
        (
            "[network-traffic:dst_ref.value = 'c2.example.org']",
            vec!["1 domain c2.example.org"],
        ),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443 AND network-traffic:protocols[*] = 'tcp']",
            vec!["1 endpoint 198.51.100.7 443 tcp"],
        ),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.7']",
            vec!["1 address 198.51.100.7"],
        ),
    ] {
        let (selectors, told) = check(pattern);
        assert_eq!(selectors, wanted, "{pattern}");
        assert!(
            told.iter()
                .all(|told| told.0 == "network-traffic:dst_ref.type"),
            "{pattern}: {told:?}"
        );
    }
}

/// Pattern, selectors that are left, what is told.
type Case = (&'static str, usize, &'static [(&'static str, usize, bool)]);

const UNSAYABLE: &[Case] = &[
    (
        "[url:value = 'http://c2.example/x']",
        0,
        &[("url:value", 1, false)],
    ),
    (
        "[ipv4-addr:value != '198.51.100.7']",
        0,
        &[("ipv4-addr:value", 1, false)],
    ),
    (
        "[ipv4-addr:value NOT = '198.51.100.7']",
        0,
        &[("ipv4-addr:value", 1, false)],
    ),
    (
        "[ipv4-addr:value = '198.51.100.7/24']",
        0,
        &[("ipv4-addr:value", 1, false)],
    ),
    (
        "[ipv4-addr:value = 'x']",
        0,
        &[("ipv4-addr:value", 1, false)],
    ),
    (
        "[domain-name:value = '例え.jp']",
        0,
        &[("domain-name:value", 1, false)],
    ),
    (
        "[domain-name:value = '198.51.100.7']",
        0,
        &[("domain-name:value", 1, false)],
    ),
    (
        "[domain-name:value MATCHES 'x']",
        0,
        &[("domain-name:value", 1, false)],
    ),
    (
        "[domain-name:value LIKE '%x.example.org']",
        0,
        &[("domain-name:value", 1, false)],
    ),
    (
        "[domain-name:value LIKE '%.example.org']",
        1,
        &[("domain-name:value", 1, true)],
    ),
    // The lint has refused it.
    (
        "[domain-name:value LIKE '%.co.jp']",
        0,
        &[
            ("domain-name:value", 1, true),
            ("domain-name:value", 1, false),
        ],
    ),
    (
        "[ipv4-addr:value ISSUBSET '0.0.0.0/0']",
        0,
        &[("ipv4-addr:value", 1, false)],
    ),
    (
        "[network-traffic:dst_port = 443]",
        0,
        &[("network-traffic:dst_port", 1, false)],
    ),
    (
        "[network-traffic:dst_port = 443 AND network-traffic:dst_ref.value = '198.51.100.7']",
        1,
        &[("network-traffic:dst_port", 1, true)],
    ),
    (
        "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:src_port = 443 AND network-traffic:protocols[*] = 'tcp']",
        1,
        &[
            ("network-traffic:src_port", 52, true),
            ("network-traffic:protocols[*]", 87, true),
        ],
    ),
    (
        "[ipv4-addr:value = '198.51.100.7'] FOLLOWEDBY [file:name = 'x']",
        1,
        &[("file:name", 47, false), ("FOLLOWEDBY", 0, true)],
    ),
    (
        "[ipv4-addr:value = '198.51.100.7'] REPEATS 5 TIMES WITHIN 60 SECONDS",
        1,
        &[("REPEATS", 0, true), ("WITHIN", 0, true)],
    ),
];

#[test]
fn what_a_pack_cannot_say_is_told_by_path_and_place() {
    for &(pattern, selectors, wanted) in UNSAYABLE {
        let (found, told) = check(pattern);
        let told: Vec<_> = told
            .iter()
            .map(|(p, at, w)| (p.as_str(), *at, *w))
            .collect();
        assert_eq!(
            (found.len(), told.as_slice()),
            (selectors, wanted),
            "{pattern}"
        );
    }
}

#[test]
fn a_heading_that_no_pack_has_is_refused() {
    let heading = Heading {
        id: "proposal-1".parse().unwrap(),
        issued: "2026-11-24T00:00:00Z".parse().unwrap(),
        purpose: "two\nselector: 7 address 1.1.1.1".to_owned(),
    };
    let pattern = Pattern::parse("[ipv4-addr:value = '198.51.100.7']").unwrap();
    assert!(propose(&pattern, &heading).is_err());
}

proptest! {
    #[test]
    fn a_proposal_reads_back_as_a_pack(text in patterns(), octets in any::<[u8; 4]>()) {
        let address = octets.map(|octet| octet.to_string()).join(".");
        let (selectors, _) = check(&format!("{text} OR [ipv4-addr:value = '{address}']"));
        prop_assert_eq!(selectors, [format!("1 address {address}")]);
    }
}
