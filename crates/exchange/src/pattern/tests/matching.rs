use super::*;
use crate::json::{Limits, Node, read};
use std::collections::BTreeMap;

/// Observations from texts of their objects, each with its first and last second of 2016-01-01 and its number.
fn check(pattern: &str, observed: &[(u32, u32, u32, &str)]) -> Result<Match, MatchError> {
    let texts: Vec<String> = observed
        .iter()
        .map(|(first, last, times, objects)| {
            format!(
                r#"{{"type":"observed-data","first_observed":"2016-01-01T00:00:{first:02}Z","last_observed":"2016-01-01T00:00:{last:02}Z","number_observed":{times},"objects":{{{objects}}}}}"#
            )
        })
        .collect();
    let nodes: Vec<Node<'_>> = texts
        .iter()
        .map(|text| read(text, Limits::OBJECT).unwrap())
        .collect();
    let none = BTreeMap::new();
    let seen: Vec<Observed<'_>> = nodes
        .iter()
        .map(|node| Observed::new(node, &none).unwrap())
        .collect();
    Pattern::parse(pattern).unwrap().matches(&seen)
}

const FLOW: &str = r#""0":{"type":"ipv4-addr","value":"198.51.100.7"},"1":{"type":"domain-name","value":"c2.example","resolves_to_refs":["0"]},
    "2":{"type":"network-traffic","src_ref":"9","dst_ref":"0","src_port":50000,"dst_port":443,"protocols":["ipv4","tcp"],"is_active":false,"start":"2016-01-01T00:00:00.500Z"},
    "3":{"type":"file","size":10,"hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"},"magic_number_hex":"ffd8","x_entropy":0.5},
    "4":{"type":"url","value":"http://c2.example/a_b%20?q=1"},"5":{"type":"email-addr","value":"a@c2.example"},"6":{"type":"mac-addr","value":"00:00:5e:00:53:01"},
    "7":{"type":"ipv6-addr","value":"2001:db8::7"},"8":{"type":"artifact","payload_bin":"AAEC"}"#;

const TESTS: &[(&str, bool)] = &[
    ("[ipv4-addr:value = '198.51.100.7']", true),
    ("[ipv4-addr:value != '198.51.100.7']", false),
    ("[ipv4-addr:value NOT != '198.51.100.7']", true),
    ("[ipv4-addr:value IN ('a', '198.51.100.7')]", true),
    ("[ipv4-addr:value IN ()]", false),
    ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", true),
    ("[ipv4-addr:value ISSUBSET '198.51.100.8']", false),
    ("[ipv4-addr:value ISSUBSET '0.0.0.0/0']", true),
    ("[ipv4-addr:value ISSUBSET '::/0']", false),
    ("[ipv4-addr:value ISSUBSET '198.51.100.0/33']", false),
    ("[ipv6-addr:value ISSUBSET '2001:db8::/32']", true),
    ("[ipv6-addr:value ISSUPERSET '2001:db8::7']", true),
    ("[ipv6-addr:value ISSUPERSET '2001:db8::/64']", false),
    ("[domain-name:value LIKE '%.example']", true),
    ("[domain-name:value LIKE '_2.example']", true),
    ("[domain-name:value LIKE '.example']", false),
    ("[domain-name:value LIKE 'c2xexample']", false),
    (r"[domain-name:value MATCHES '^c\\d\\.']", true),
    ("[domain-name:value MATCHES 'exam']", true),
    ("[url:value LIKE 'http://c2.example/a_b%']", true),
    ("[email-addr:value = 'a@c2.example']", true),
    ("[mac-addr:value = '00:00:5e:00:53:01']", true),
    (
        "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
        true,
    ),
    ("[file:hashes.'SHA-1' LIKE '%']", false),
    ("[file:hashes.'SHA-1' NOT LIKE '%']", false),
    (
        "[file:size > 9 AND file:size < 11 AND file:size >= 10 AND file:size <= 10.0]",
        true,
    ),
    ("[file:size = '10']", false),
    ("[file:size != '10']", true),
    ("[file:x_entropy = .50]", true),
    ("[file:magic_number_hex = h'FFD8']", true),
    ("[artifact:payload_bin = b'AAEC']", true),
    ("[artifact:payload_bin = h'000102']", true),
    ("[artifact:payload_bin < h'000103']", true),
    (
        "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]",
        true,
    ),
    ("[network-traffic:dst_ref.type = 'ipv4-addr']", true),
    ("[network-traffic:src_ref.value LIKE '%']", false),
    (
        "[network-traffic:protocols[*] = 'tcp' AND network-traffic:protocols[0] = 'ipv4']",
        true,
    ),
    ("[network-traffic:protocols[2] LIKE '%']", false),
    ("[network-traffic:is_active = false]", true),
    ("[network-traffic:start = t'2016-01-01T00:00:00.5Z']", true),
    (
        "[network-traffic:start >= t'2016-01-01T00:00:00.51Z']",
        false,
    ),
    (
        "[domain-name:resolves_to_refs[*].value = '198.51.100.7']",
        true,
    ),
    ("[EXISTS file:size]", true),
    ("[EXISTS file:name]", false),
    ("[NOT EXISTS file:name]", true),
    ("[NOT EXISTS x-other:name]", true),
    // Both conditions are about one object.
    (
        "[ipv4-addr:value = '198.51.100.7' AND url:value LIKE '%']",
        false,
    ),
    (
        "[ipv4-addr:value = '198.51.100.7' OR url:value = 'x']",
        true,
    ),
    (
        "[ipv4-addr:value = 'x' AND ipv4-addr:value = 'y' OR url:value LIKE '%']",
        true,
    ),
];

#[test]
fn one_observation_is_tested_by_every_operator() {
    for &(pattern, found) in TESTS {
        let matched = check(pattern, &[(0, 0, 1, FLOW)]);
        let wanted = if found {
            Match::Found(vec![0])
        } else {
            Match::None
        };
        assert_eq!(matched, Ok(wanted), "{pattern}");
    }
}

const A: &str = r#""0":{"type":"url","value":"a"}"#;
const B: &str = r#""0":{"type":"url","value":"b"}"#;

#[test]
fn observations_are_taken_together_in_their_order_and_number() {
    let found = |places: &[usize]| Ok(Match::Found(places.to_vec()));
    let none = Ok(Match::None);
    let a = "[url:value = 'a']";
    let b = "[url:value = 'b']";
    let two = [(0, 0, 1, B), (5, 5, 1, A)];
    for (pattern, observed, wanted) in [
        (format!("{a} AND {b}"), &two[..], found(&[1, 0])),
        (format!("{a} AND {a}"), &two[..], none.clone()),
        (format!("{a} OR {b}"), &two[..], found(&[1])),
        (format!("{a} FOLLOWEDBY {b}"), &two[..], none.clone()),
        (format!("{b} FOLLOWEDBY {a}"), &two[..], found(&[0, 1])),
        (
            format!("({b} FOLLOWEDBY {a}) WITHIN 5 SECONDS"),
            &two[..],
            found(&[0, 1]),
        ),
        (
            format!("({b} FOLLOWEDBY {a}) WITHIN 4.9 SECONDS"),
            &two[..],
            none.clone(),
        ),
        (
            format!("{a} START t'2016-01-01T00:00:05Z' STOP t'2016-01-01T00:00:06Z'"),
            &two[..],
            found(&[1]),
        ),
        (
            format!("{a} START t'2016-01-01T00:00:04Z' STOP t'2016-01-01T00:00:05Z'"),
            &two[..],
            none.clone(),
        ),
        (
            format!("{a} REPEATS 3 TIMES"),
            &[(0, 0, 2, A), (1, 1, 1, A)],
            found(&[0, 0, 1]),
        ),
        (
            format!("{a} REPEATS 4 TIMES"),
            &[(0, 0, 2, A), (1, 1, 1, A)],
            none.clone(),
        ),
        (
            format!("({a} AND {b}) REPEATS 2 TIMES"),
            &[(0, 0, 2, A), (1, 1, 1, B), (1, 1, 1, B)],
            found(&[0, 1, 0, 2]),
        ),
        // Any moment of a span may be the one that counts.
        (
            format!("{a} FOLLOWEDBY {b}"),
            &[(3, 9, 1, A), (0, 4, 1, B)],
            found(&[0, 1]),
        ),
    ] {
        assert_eq!(check(&pattern, observed), wanted, "{pattern}");
    }
}

#[test]
fn a_search_has_an_end() {
    let many: Vec<_> = (0..60)
        .map(|second| (second % 60, second % 60, 1, A))
        .collect();
    let a = "[url:value = 'a']";
    let all = [a; 12].join(" AND ");
    let never = format!("({all}) START t'2017-01-01T00:00:00Z' STOP t'2017-01-02T00:00:00Z'");
    assert_eq!(check(&never, &many), Err(MatchError::TooMuch));
    let often = format!("{a} REPEATS 1000000 TIMES");
    assert_eq!(
        check(&often, &[(0, 0, 999_999_999, A)]),
        Err(MatchError::TooMuch)
    );
    for expression in ["(?=a)", "(a", r"(\\w{1000}){1000}"] {
        let pattern = format!("[url:value MATCHES '{expression}']");
        assert_eq!(
            check(&pattern, &[(0, 0, 1, A)]),
            Err(MatchError::Expression { at: 1 }),
            "{expression}"
        );
    }
}

#[test]
fn references_of_two_one_lead_to_objects_beside_it() {
    let address = read(
        r#"{"type":"ipv4-addr","id":"ipv4-addr--1","value":"198.51.100.7"}"#,
        Limits::OBJECT,
    )
    .unwrap();
    let flow = read(
        r#"{"type":"network-traffic","id":"network-traffic--1","dst_ref":"ipv4-addr--1","protocols":["tcp"]}"#,
        Limits::OBJECT,
    )
    .unwrap();
    let data = |refs: &str, rest: &str| {
        format!(
            r#"{{"type":"observed-data","first_observed":"2016-01-01T00:00:00Z","last_observed":"2016-01-01T00:00:00Z","number_observed":1{refs}{rest}}}"#
        )
    };
    let text = data(r#","object_refs":["network-traffic--1","url--9"]"#, "");
    let node = read(&text, Limits::OBJECT).unwrap();
    let others = BTreeMap::from([("ipv4-addr--1", &address), ("network-traffic--1", &flow)]);
    let observed = [Observed::new(&node, &others).unwrap()];
    let ask = |pattern: &str| Pattern::parse(pattern).unwrap().matches(&observed).unwrap();
    assert_eq!(
        ask("[network-traffic:dst_ref.value = '198.51.100.7']"),
        Match::Found(vec![0])
    );
    // What is referred to was not seen by itself.
    assert_eq!(ask("[ipv4-addr:value = '198.51.100.7']"), Match::None);
    for (refs, rest, property) in [
        ("", "", "object_refs"),
        (
            r#","object_refs":[]"#,
            r#","number_observed":0"#,
            "number_observed",
        ),
    ] {
        let text = data(refs, rest).replacen(
            r#""number_observed":1,"#,
            r#""x":1,"#,
            usize::from(!rest.is_empty()),
        );
        let node = read(&text, Limits::OBJECT).unwrap();
        let error = Observed::new(&node, &BTreeMap::new()).unwrap_err();
        assert_eq!(error, ObservationError::Property(property));
    }
    assert_eq!(
        Observed::new(&address, &others).unwrap_err(),
        ObservationError::Kind
    );
}
