//! JA4 against the fingerprints that its authors expect of other people's captures, and against hellos written by hand.

use crate::build::{Hello as Built, extension};
use sakimori_testkit::capture::packets;
use sakimori_testkit::{data, files_below};
use sakimori_wire::assembly::Assembler;
use sakimori_wire::ja4::ja4;
use sakimori_wire::tls::client_hello;
use sakimori_wire::{Incomplete, LinkType, Packet, packet};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

type Hello = (String, u16, String, u16, String);

/// The fingerprint of a hello written by hand.
fn print_of(hello: &Built) -> String {
    let stream = hello.records(1 << 14);
    let mut scratch = Vec::new();
    let found = client_hello(&stream, &mut scratch).unwrap();
    String::from_utf8(ja4(&found.hello).to_vec()).unwrap()
}

/// The readable part of the fingerprint, with one thing changed in a usual hello.
fn check_marks(name: &str, change: impl FnOnce(&mut Built), expected: &str) {
    let mut hello = Built::modern(b"example.jp");
    change(&mut hello);
    assert_eq!(print_of(&hello).split('_').next(), Some(expected), "{name}");
}

#[test]
fn the_readable_part_counts_without_reserved_values_and_at_most_99() {
    let alpn = |name: &[u8]| {
        let name = [&[u8::try_from(name.len()).unwrap()], name].concat();
        let list = [&[0, u8::try_from(name.len()).unwrap()], &name[..]].concat();
        extension(16, &list)
    };
    check_marks("as it is", |_| {}, "t13d0305h2");
    check_marks(
        "without a name",
        |h| drop(h.extensions.remove(1)),
        "t13i0304h2",
    );
    check_marks(
        "without ALPN",
        |h| drop(h.extensions.remove(3)),
        "t13d030400",
    );
    check_marks("without extensions", |h| h.extensions.clear(), "t12i030000");
    check_marks(
        "100 suites",
        |h| h.ciphers = (0..100).collect(),
        "t13d9905h2",
    );
    check_marks("no suites", |h| h.ciphers.clear(), "t13d0005h2");
    let ssl3 = |h: &mut Built| {
        h.legacy = 0x0300;
        h.extensions.clear();
    };
    check_marks("SSL 3", ssl3, "ts3i030000");
    check_marks("one letter", |h| h.extensions[3] = alpn(b"h"), "t13d0305hh");
    check_marks(
        "no letters",
        |h| h.extensions[3] = alpn(&[0xab, 0xcd]),
        "t13d0305ad",
    );
    check_marks(
        "an empty protocol",
        |h| h.extensions[3] = alpn(b""),
        "t13d030500",
    );
    check_marks(
        "an end that is no letter",
        |h| h.extensions[3] = alpn(b"h2\x00"),
        "t13d030560",
    );
}

#[test]
fn the_hashed_parts_do_not_depend_on_order_and_are_zero_for_nothing() {
    let usual = Built::modern(b"example.jp");
    let mut turned = Built::modern(b"another.example");
    turned.ciphers.reverse();
    turned.extensions.reverse();
    assert_eq!(print_of(&usual), print_of(&turned));
    let bare = Built {
        legacy: 0x0303,
        ciphers: vec![],
        extensions: vec![],
    };
    assert_eq!(print_of(&bare), "t12i000000_000000000000_000000000000");
}

/// Every client hello over TCP in a capture, at the start of any segment or split over several.
fn hellos(path: &Path) -> BTreeSet<Hello> {
    let mut pending: BTreeMap<([u8; 16], u16, [u8; 16], u16), Assembler> = BTreeMap::new();
    let mut found = BTreeSet::new();
    let mut scratch = Vec::new();
    for captured in packets(path).unwrap_or_default() {
        let Ok(Packet::Ip(p)) = packet(LinkType(captured.link), &captured.bytes) else {
            continue;
        };
        if p.protocol != 6 || p.payload.is_empty() {
            continue;
        }
        let key = (p.source, p.source_port, p.destination, p.destination_port);
        let begin = || Assembler::begin(p.tcp_sequence, p.payload);
        let stream = match pending.remove(&key) {
            Some(mut stream) => {
                if stream.push(p.tcp_sequence, p.payload) {
                    stream
                } else {
                    begin()
                }
            }
            None => begin(),
        };
        match client_hello(stream.bytes(), &mut scratch) {
            Ok(hello) => {
                let text = |a: [u8; 16]| Ipv6Addr::from(a).to_canonical().to_string();
                let print = String::from_utf8(ja4(&hello.hello).to_vec()).unwrap();
                found.insert((text(key.0), key.1, text(key.2), key.3, print));
            }
            Err(Incomplete::Truncated) => {
                pending.insert(key, stream);
            }
            Err(Incomplete::Malformed) => {}
        }
    }
    found
}

/// What both kinds of expected files say of one capture, over TCP.
fn expected(folder: &Path, capture: &str) -> BTreeSet<Hello> {
    let canonical = |text: &str| text.parse::<IpAddr>().unwrap().to_string();
    let mut wanted = BTreeSet::new();
    if let Ok(bytes) = std::fs::read(folder.join(format!("{capture}.json"))) {
        let rows: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        for row in rows.as_array().unwrap() {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            for (_, print) in row
                .as_object()
                .unwrap()
                .iter()
                .filter(|(k, _)| k.starts_with("JA4."))
            {
                let print = print.as_str().unwrap().to_owned();
                if print.starts_with('t') {
                    let ports = (
                        text("srcport").parse().unwrap(),
                        text("dstport").parse().unwrap(),
                    );
                    wanted.insert((
                        canonical(&text("src")),
                        ports.0,
                        canonical(&text("dst")),
                        ports.1,
                        print,
                    ));
                }
            }
        }
    }
    let snap = folder.join(format!("ja4__insta@{capture}.snap"));
    for row in std::fs::read_to_string(snap)
        .unwrap_or_default()
        .split("\n- ")
        .skip(1)
    {
        let value = |name: &str| {
            row.lines()
                .find_map(|line| line.trim().strip_prefix(&format!("{name}: ")))
                .map(str::to_owned)
        };
        let (Some(print), true) = (value("ja4"), row.contains("transport: tcp")) else {
            continue;
        };
        let port = |name| value(name).unwrap().parse().unwrap();
        let host = |name| canonical(&value(name).unwrap());
        wanted.insert((
            host("src"),
            port("src_port"),
            host("dst"),
            port("dst_port"),
            print,
        ));
    }
    wanted
}

#[test]
fn the_77_hellos_over_tcp_have_their_fingerprints() {
    let Some(folder) = data(
        "the_77_hellos_over_tcp_have_their_fingerprints",
        "parse/ja4",
    ) else {
        return;
    };
    let mut count = 0;
    for path in files_below(&folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path
            .extension()
            .is_none_or(|e| e != "pcap" && e != "pcapng")
        {
            continue;
        }
        let (found, wanted) = (hellos(&path), expected(&folder, &name));
        let missing: Vec<_> = wanted.difference(&found).collect();
        assert!(
            missing.is_empty(),
            "{name}: not found: {missing:#?}, found {found:#?}"
        );
        count += wanted.len();
    }
    assert_eq!(count, 77);
}
