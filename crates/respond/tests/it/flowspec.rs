//! Messages of `FlowSpec` that another program made: read, shown, written again.

use proptest::prelude::*;
use sakimori_respond::flowspec::{
    Attributes, Community, Compare, Component, Dialect, Family, Field, FlagTerm, FlowError, Head,
    Nlri, NumberTerm, Numbers, Prefix, Rule, Update,
};
use serde_json::Value;
use std::net::IpAddr;

/// Message in hexadecimal, and what it decodes to, in the newest form that there is.
struct Case {
    place: String,
    raw: Vec<u8>,
    json: Option<Value>,
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

/// The messages of the data; `None`, with a line that names the test, where they are not there.
fn cases(test: &str) -> Option<Vec<Case>> {
    let folder = sakimori_testkit::data(test, "response/flowspec")?;
    let mut out: Vec<Case> = Vec::new();
    for name in ["api-flow.ci", "conf-flow.ci"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        for (number, line) in text.lines().enumerate() {
            let mut parts = line.splitn(3, ':');
            let (Some("1"), Some(kind), Some(rest)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            match kind {
                "raw" => out.push(Case {
                    place: format!("{name}:{}", number + 1),
                    raw: bytes(rest),
                    json: None,
                }),
                "json" | "jsv4" | "jsv6" => {
                    let last = out.last_mut().unwrap();
                    if last.json.is_none() || kind != "jsv4" {
                        last.json = Some(serde_json::from_str(rest).unwrap());
                    }
                }
                _ => {}
            }
        }
    }
    for name in ["bgp-flow-1", "bgp-flow-3", "bgp-flow-4"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let mut lines = text.lines().skip(1);
        let raw = bytes(lines.next().unwrap());
        let json = serde_json::from_str(lines.next().unwrap()).unwrap();
        out.push(Case {
            place: name.to_owned(),
            raw,
            json: Some(json),
        });
    }
    Some(out)
}

/// The rules that a decoded message names, announced and withdrawn.
fn told(json: &Value) -> (Vec<String>, Vec<String>) {
    let update = &json["neighbor"]["message"]["update"];
    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().into_iter().flatten();
        list.map(|rule| rule["string"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut announced = Vec::new();
    for family in update["announce"].as_object().into_iter().flatten() {
        for hop in family.1.as_object().unwrap() {
            announced.extend(texts(hop.1));
        }
    }
    let mut withdrawn = Vec::new();
    for family in update["withdraw"].as_object().into_iter().flatten() {
        withdrawn.extend(texts(family.1));
    }
    (announced, withdrawn)
}

fn shown(update: &Update) -> (Vec<String>, Vec<String>) {
    let text = |nlri: &Nlri| {
        let rd = nlri.rd.map(|rd| {
            let asn = u16::from_be_bytes([rd[2], rd[3]]);
            let number = u32::from_be_bytes([rd[4], rd[5], rd[6], rd[7]]);
            format!(" rd {asn}:{number}")
        });
        format!("{}{}", nlri.rule, rd.unwrap_or_default())
    };
    (
        update.announced.iter().map(text).collect(),
        update.withdrawn.iter().flatten().map(text).collect(),
    )
}

#[test]
fn messages_of_another_program_are_read_shown_and_written_again() {
    let test = "messages_of_another_program_are_read_shown_and_written_again";
    let Some(cases) = cases(test) else {
        return;
    };
    assert_eq!(cases.len(), 27);
    for case in &cases {
        let place = &case.place;
        // The one rule with an offset was written with all of its bits.
        let dialect = Dialect::Whole;
        let update = Update::decode(&case.raw, dialect).unwrap_or_else(|e| panic!("{place}: {e}"));
        assert_eq!(update.encode(dialect).unwrap(), case.raw, "{place}");
        let Some(json) = &case.json else { continue };
        assert_eq!(shown(&update), told(json), "{place}");
        let attributes = &json["neighbor"]["message"]["update"]["attribute"];
        let extended: Vec<String> = update
            .attributes
            .extended
            .iter()
            .map(ToString::to_string)
            .collect();
        let theirs: Vec<String> = attributes["extended-community"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| one["string"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(extended, theirs, "{place}");
        let values: Vec<u64> = update
            .attributes
            .extended
            .iter()
            .map(|one| u64::from_be_bytes(one.encode()))
            .collect();
        let theirs: Vec<u64> = attributes["extended-community"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| one["value"].as_u64().unwrap())
            .collect();
        assert_eq!(values, theirs, "{place}");
        // What a person would type gives the same bytes.
        for nlri in update
            .announced
            .iter()
            .chain(update.withdrawn.iter().flatten())
        {
            let again = Rule::parse(&nlri.rule.to_string(), nlri.rule.is_v6())
                .unwrap_or_else(|e| panic!("{place}: {e}"));
            assert_eq!(again, nlri.rule, "{place}");
        }
    }
}

#[test]
fn an_offset_is_written_as_the_specification_says_and_read_back() {
    let rule = Rule::parse("source-ipv6 ::1/128/120 next-header =udp", true).unwrap();
    let strict = rule.encode(Dialect::Rfc8956);
    assert_eq!(strict, [2, 128, 120, 1, 3, 0x81, 17]);
    assert_eq!(Rule::decode(&strict, true, Dialect::Rfc8956).unwrap(), rule);
    let whole = rule.encode(Dialect::Whole);
    assert_eq!(whole.len(), strict.len() + 15);
    assert_eq!(Rule::decode(&whole, true, Dialect::Whole).unwrap(), rule);
}

#[test]
fn rules_that_match_more_than_was_meant_are_refused() {
    for (bytes, expected) in [
        (&[][..], FlowError::Empty),
        (&[14, 1], FlowError::Unknown(14)),
        (&[2, 0, 1, 0], FlowError::Order(1)),
        (&[1, 0, 1, 0], FlowError::Order(1)),
        (&[1, 33, 1, 2, 3, 4, 5], FlowError::Length("a prefix")),
        (&[1, 24, 1, 2], FlowError::End("a prefix")),
        (&[3, 0x01, 6], FlowError::End("a number")),
        (&[13, 0x81, 1], FlowError::Value("flow-label")),
        (&[12, 0x90, 0, 0x02], FlowError::Length("flags")),
        (&[11, 0x91, 0, 10], FlowError::Length("a number")),
        (&[3, 0x91, 1, 0], FlowError::Value("protocol")),
        (&[9, 0xa0, 0, 0, 0, 1], FlowError::Length("flags")),
    ] {
        assert_eq!(
            Rule::decode(bytes, false, Dialect::Rfc8956),
            Err(expected),
            "{bytes:?}"
        );
    }
}

#[test]
fn bits_that_do_not_count_are_zero_and_an_offset_leaves_some_that_do() {
    let six = |text: &str| text.parse::<IpAddr>().unwrap();
    let made = Prefix::new(six("2001:db8::7"), 128, 120).unwrap();
    assert_eq!(made, Prefix::new(six("::7"), 128, 120).unwrap());
    let rule = |text: &str| Rule::parse(text, true).unwrap();
    assert_eq!(
        rule("source-ipv6 2001:db8::7/128/120"),
        rule("source-ipv6 ::7/128/120")
    );
    for (length, offset, good) in [
        (0, 0, true),
        (64, 63, true),
        (64, 64, false),
        (64, 65, false),
        (0, 1, false),
    ] {
        let made = Prefix::new(six("2001:db8::"), length, offset);
        assert_eq!(made.is_some(), good, "{length} {offset}");
    }
}

#[test]
fn ipv6_says_of_no_packet_that_it_may_not_be_cut() {
    assert!(Rule::parse("fragment dont-fragment", false).is_ok());
    assert!(Rule::parse("fragment is-fragment", true).is_ok());
    assert!(Rule::parse("fragment dont-fragment", true).is_err());
    assert!(Rule::parse("fragment is-fragment+dont-fragment", true).is_err());
    // The bit is reserved; who sends it is read as if it were not set.
    let read = Rule::decode(&[12, 0x80, 0x03], true, Dialect::Rfc8956).unwrap();
    assert_eq!(read.encode(Dialect::Rfc8956), [12, 0x80, 0x02]);
}

#[test]
fn reserved_bits_are_not_looked_at_and_not_written() {
    for (bytes, v6, plain) in [
        (&[12, 0x81, 0xf2][..], false, &[12, 0x81, 0x02][..]),
        (&[12, 0x81, 0xf3], true, &[12, 0x81, 0x02]),
        (&[11, 0x81, 0xee], false, &[11, 0x81, 0x2e]),
        (&[6, 0x49, 53, 0x8c, 99], false, &[6, 0x01, 53, 0x84, 99]),
        (&[9, 0xcc, 0x10], false, &[9, 0x80, 0x10]),
        (&[1, 12, 172, 31], false, &[1, 12, 172, 16]),
        (&[1, 20, 9, 0xff, 0xff], true, &[1, 20, 9, 0xff, 0xe0]),
    ] {
        let rule = Rule::decode(bytes, v6, Dialect::Rfc8956).unwrap();
        assert_eq!(rule.encode(Dialect::Rfc8956), plain, "{bytes:?}");
    }
    let read = Community::decode;
    let rate = |value: f32| {
        let mut bytes = [0x80, 6, 0, 7, 0, 0, 0, 0];
        bytes[4..].copy_from_slice(&value.to_bits().to_be_bytes());
        bytes
    };
    let dropped = Community::RateBytes { of: 7, rate: 0.0 };
    for below in [-1.0, -0.0, f32::NEG_INFINITY] {
        assert_eq!(read(rate(below)), dropped);
    }
    assert!(matches!(read(rate(f32::NAN)), Community::Other(_)));
    let sampled = Community::Action {
        sample: true,
        goes_on: false,
    };
    assert_eq!(read([0x80, 7, 1, 2, 3, 4, 5, 0xfe]), sampled);
    assert_eq!(sampled.encode(), [0x80, 7, 0, 0, 0, 0, 0, 2]);
    assert_eq!(read([0x80, 9, 9, 9, 9, 9, 9, 0xee]), Community::Mark(0x2e));
    assert_eq!(Community::Mark(0xee).encode()[7], 0x2e);
}

#[test]
fn a_rule_keeps_the_bytes_that_it_is_known_by() {
    for (bytes, text) in [
        (&[4, 0x91, 0, 53][..], "port =53"),
        (
            &[5, 0x21, 0, 0, 0, 53, 0x81, 99],
            "destination-port [ =53 =99 ]",
        ),
        (&[3, 0xb1, 0, 0, 0, 0, 0, 0, 0, 17], "protocol =udp"),
        (&[9, 0x90, 0, 0x12], "tcp-flags syn+ack"),
        (&[9, 0x91, 0x80, 0x02], "tcp-flags =syn+0x8000"),
        (
            &[7, 0x01, 8, 0x81, 13],
            "icmp-type [ =echo-request =timestamp ]",
        ),
        (&[3, 0x87, 0], "protocol true"),
        (&[10, 0x80, 9], "packet-length false9"),
    ] {
        let rule = Rule::decode(bytes, false, Dialect::Rfc8956).unwrap();
        assert_eq!(rule.encode(Dialect::Rfc8956), bytes, "{text}");
        assert_eq!(rule.to_string(), format!("flow {text}"));
        assert_eq!(Rule::parse(text, false).unwrap(), rule);
    }
    let six = Rule::decode(&[3, 0x81, 58, 7, 0x81, 3], true, Dialect::Rfc8956).unwrap();
    assert_eq!(six.to_string(), "flow next-header =58 icmp-type =3");
    assert_eq!(Rule::parse("next-header icmpv6 icmp-type 3", true), Ok(six));
    let old = Rule::parse("tcp-flags urgent+fin", false).unwrap();
    assert_eq!(old.to_string(), "flow tcp-flags fin+urg");
}

/// A message with one rule, made here.
fn message(rule: Rule) -> Update {
    Update {
        family: Some(Family {
            v6: rule.is_v6(),
            vpn: false,
        }),
        announced: vec![Nlri { rd: None, rule }],
        next_hop: Vec::new(),
        withdrawn: None,
        attributes: Attributes {
            origin: Some(0),
            as_path: Some(Vec::new()),
            ..Attributes::default()
        },
        heads: Vec::new(),
    }
}

#[test]
fn rules_stand_first_and_what_was_read_stays_as_it_stood() {
    let made = message(Rule::parse("destination-port =53", false).unwrap());
    let plain = made.encode(Dialect::Rfc8956).unwrap();
    let rules = [0x80, 14, 9, 0, 1, 133, 0, 0, 3, 5, 0x81, 53];
    let others = [0x40, 1, 1, 0, 0x40, 2, 0];
    assert_eq!(plain[23..], [&rules[..], &others].concat());

    // What a peer sends in another order, in the long form, with a next hop or with attributes of whatever type comes back as it was.
    let long = [0x90, 14, 0, 9, 0, 1, 133, 0, 0, 3, 5, 0x81, 53];
    let hop = [
        &[0x80, 14, 25, 0, 1, 133, 16][..],
        &[0x20; 16],
        &[0, 3, 5, 0x81, 53],
    ]
    .concat();
    let metric = [0x80, 4, 4, 0, 0, 0, 9];
    let address = [0x40, 3, 4, 192, 0, 2, 1];
    let far = [0xe0, 200, 2, 7, 7];
    for parts in [
        &[&others[..], &rules][..],
        &[&others, &long, &metric],
        &[&hop, &others, &address, &far],
    ] {
        let bytes = framed(&parts.concat());
        let read = Update::decode(&bytes, Dialect::Rfc8956).unwrap();
        assert_eq!(read.announced, made.announced);
        assert_eq!(read.encode(Dialect::Rfc8956).unwrap(), bytes);
        for end in 0..bytes.len() {
            assert!(Update::decode(&bytes[..end], Dialect::Rfc8956).is_err());
        }
    }
    let twice = framed(&[&rules[..], &metric, &[0x80, 4, 4, 0, 0, 0, 1]].concat());
    let read = Update::decode(&twice, Dialect::Rfc8956).unwrap();
    assert_eq!(read.attributes.others[&4], [0, 0, 0, 9]);
    assert_eq!(read.heads, [14, 4].map(|code| Head { flags: 0x80, code }));
    let rules_twice = framed(&[&rules[..], &rules].concat());
    assert_eq!(
        Update::decode(&rules_twice, Dialect::Rfc8956),
        Err(FlowError::Many("attributes of one type"))
    );
}

/// A message of these attributes.
fn framed(attributes: &[u8]) -> Vec<u8> {
    let mut out = vec![0xff; 16];
    out.extend((23 + attributes.len() as u16).to_be_bytes());
    out.extend([2, 0, 0]);
    out.extend((attributes.len() as u16).to_be_bytes());
    out.extend(attributes);
    out
}

#[test]
fn a_long_rule_has_a_long_length() {
    for (ports, at, length) in [
        (79, 31, &[238][..]),
        (80, 31, &[0xf0, 241]),
        (1300, 32, &[0xff, 0x3d]),
    ] {
        let text: Vec<String> = (1024..1024 + ports)
            .map(|port| format!("={port}"))
            .collect();
        let rule = Rule::parse(&format!("port [ {} ]", text.join(" ")), false).unwrap();
        let made = message(rule);
        let bytes = made.encode(Dialect::Rfc8956).unwrap();
        assert_eq!(bytes[at..at + length.len()], *length, "{ports}");
        let read = Update::decode(&bytes, Dialect::Rfc8956).unwrap();
        assert_eq!(read.announced, made.announced);
        assert_eq!(read.encode(Dialect::Rfc8956).unwrap(), bytes);
    }
}

#[test]
fn communities_are_shown_in_the_words_of_the_daemon() {
    for (bytes, text) in [
        ([0x80, 8, 0xfd, 0xe8, 0, 0, 0, 9], "redirect:65000:9"),
        ([0x81, 8, 192, 0, 2, 9, 1, 2], "redirect:192.0.2.9:258"),
        ([0x82, 8, 0, 1, 0, 2, 0, 3], "redirect:65538:3"),
        ([0, 2, 0, 5, 0, 1, 0, 0], "target:5:65536"),
        ([1, 2, 192, 0, 2, 9, 0, 4], "target:192.0.2.9:4"),
        ([2, 2, 0, 1, 0, 0, 0, 4], "target:65536:4"),
        ([0, 3, 0, 5, 192, 0, 2, 9], "origin:5:192.0.2.9"),
        ([1, 3, 192, 0, 2, 9, 0, 4], "origin:192.0.2.9:4"),
        ([2, 3, 0, 1, 0, 0, 0, 4], "origin:65536:4"),
        (
            [1, 12, 192, 0, 2, 9, 0, 0],
            "redirect-to-nexthop-ietf 192.0.2.9",
        ),
        (
            [7, 2, 0, 0, 0, 5, 0xc0, 6],
            "interface-set:input-output:5:6",
        ),
        ([0x47, 2, 0, 0, 0, 5, 0x40, 6], "interface-set:input:5:6"),
        ([7, 2, 0, 0, 0, 5, 0, 6], "0x0702000000050006"),
        ([8, 0, 0, 0, 0, 0, 0, 9], "0x0800000000000009"),
    ] {
        let community = Community::decode(bytes);
        assert_eq!(community.to_string(), text);
        assert_eq!(community.encode(), bytes);
    }
}

fn prefixes(v6: bool) -> impl Strategy<Value = Prefix> {
    (any::<u128>(), 0u8..=128, 0u8..=128).prop_map(move |(bits, length, offset)| {
        if v6 {
            let offset = if length == 0 { 0 } else { offset % length };
            Prefix::new(IpAddr::V6(bits.into()), length, offset).unwrap()
        } else {
            Prefix::new(IpAddr::V4((bits as u32).into()), length.min(32), 0).unwrap()
        }
    })
}

fn components(v6: bool) -> impl Strategy<Value = Vec<Component>> {
    let numbers = proptest::collection::vec((any::<bool>(), 0u8..8, 0u64..64), 1..5);
    let flags = proptest::collection::vec(
        (any::<bool>(), any::<bool>(), any::<bool>(), 0u16..16),
        1..4,
    );
    let fields = proptest::sample::subsequence(Field::ALL.to_vec(), 1..8);
    (fields, prefixes(v6), numbers, flags).prop_map(move |(fields, prefix, numbers, flags)| {
        let asked = |field: Field| match field {
            Field::Destination | Field::Source => Numbers::Prefix(prefix),
            Field::TcpFlags | Field::Fragment => Numbers::Flags(
                flags
                    .iter()
                    .enumerate()
                    .map(|(at, (and, not, all, bits))| FlagTerm {
                        and: *and && at > 0,
                        not: *not,
                        all: *all,
                        // IPv6 has no first bit of fragments.
                        bits: if v6 && field == Field::Fragment {
                            bits & 0x0e
                        } else {
                            *bits
                        },
                    })
                    .collect(),
            ),
            _ => Numbers::Numbers(
                numbers
                    .iter()
                    .enumerate()
                    .map(|(at, (and, compare, value))| NumberTerm {
                        and: *and && at > 0,
                        compare: Compare::from_code(*compare).unwrap(),
                        value: *value,
                    })
                    .collect(),
            ),
        };
        let fields = fields
            .into_iter()
            .filter(|field| v6 || *field != Field::FlowLabel);
        fields
            .map(|field| Component {
                field,
                asked: asked(field),
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn a_rule_comes_back_of_its_bytes(v6 in any::<bool>(), four in components(false), six in components(true)) {
        let drawn = if v6 { six } else { four };
        prop_assume!(!drawn.is_empty());
        let rule = Rule::new(v6, drawn).unwrap();
        for dialect in [Dialect::Rfc8956, Dialect::Whole] {
            let bytes = rule.encode(dialect);
            prop_assert_eq!(Rule::decode(&bytes, v6, dialect).unwrap(), rule.clone());
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic_and_what_is_read_is_written_to_what_is_read_again(bytes in proptest::collection::vec(any::<u8>(), 0..60), v6 in any::<bool>()) {
        let _ = Update::decode(&bytes, Dialect::Rfc8956);
        if let Ok(rule) = Rule::decode(&bytes, v6, Dialect::Rfc8956) {
            let again = rule.encode(Dialect::Rfc8956);
            prop_assert_eq!(Rule::decode(&again, v6, Dialect::Rfc8956).unwrap(), rule);
        }
    }
}
