//! Streams: cut anywhere, in any order, they give the same fields; and bytes that feed no field change none.

use crate::build::{Hello, PAYLOAD, extension, join, record};
use proptest::prelude::*;
use sakimori_wire::application::{Kind, over_tcp, over_udp};
use sakimori_wire::assembly::Assembler;
use sakimori_wire::ja4::ja4;
use sakimori_wire::limits::{GAPS_MAX, HELLO_BYTES_MAX, HTTP_HEAD_BYTES_MAX, NAME_BYTES_MAX};
use sakimori_wire::tls::client_hello;
use sakimori_wire::{Incomplete, dns, http};

/// What a record and the matcher take from a stream that begins with a hello.
type Taken = (u16, Option<Vec<u8>>, Option<Vec<u8>>, [u8; 36], usize);

fn taken(stream: &[u8]) -> Result<Taken, Incomplete> {
    let mut scratch = Vec::new();
    let found = client_hello(stream, &mut scratch)?;
    let hello = found.hello;
    Ok((
        hello.version,
        hello.server_name.map(<[u8]>::to_vec),
        hello.alpn.map(<[u8]>::to_vec),
        ja4(&hello),
        found.consumed,
    ))
}

#[test]
fn a_hello_has_its_fields_however_its_records_are_cut() {
    let hello = Hello::modern(b"Example.JP");
    let whole = taken(&hello.records(1 << 14)).unwrap();
    assert_eq!(whole.0, 0x0304);
    assert_eq!(whole.1.as_deref(), Some(&b"Example.JP"[..]));
    assert_eq!(whole.2.as_deref(), Some(&b"h2"[..]));
    for size in 1..hello.message().len() {
        let stream = hello.records(size);
        let read = taken(&stream).unwrap();
        assert_eq!(
            (read.0, read.1, read.2, read.3),
            (whole.0, whole.1.clone(), whole.2.clone(), whole.3)
        );
        assert_eq!(read.4, stream.len(), "records of {size} bytes");
    }
}

#[test]
fn every_start_of_a_hello_asks_for_more() {
    for size in [3, 50, 1 << 14] {
        let stream = Hello::modern(b"example.jp").records(size);
        for end in 0..stream.len() {
            assert_eq!(
                taken(&stream[..end]),
                Err(Incomplete::Truncated),
                "{end} of records of {size}"
            );
        }
    }
}

#[test]
fn the_second_hello_after_a_retry_is_read_behind_what_the_first_one_consumed() {
    let (first, mut second) = (Hello::modern(b"example.jp"), Hello::modern(b"example.jp"));
    second.extensions.push(extension(44, &[0, 1, 7]));
    let change_cipher = [0x14, 3, 3, 0, 1, 1];
    let stream = join(&[&first.records(90), &change_cipher, &second.records(1 << 14)]);
    let consumed = taken(&stream).unwrap().4;
    let again = taken(&stream[consumed..]).unwrap();
    assert_eq!(again.3[..10], *b"t13d0306h2");
    assert_eq!(consumed + again.4, stream.len());
}

#[test]
fn what_is_no_hello_is_refused_at_its_first_wrong_byte() {
    let malformed =
        |stream: &[u8]| assert_eq!(taken(stream), Err(Incomplete::Malformed), "{stream:?}");
    malformed(&[0x17]);
    malformed(&[0x16, 2]);
    malformed(&[0x16, 3, 3, 0, 0]);
    malformed(&[0x16, 3, 3, 0xff, 0xff]);
    malformed(&record(&[2, 0, 0, 50]));
    malformed(&record(&[1, 1, 0, 0]));
    malformed(&join(&[&record(&[1, 0, 0]), &[0x14, 3, 3, 0, 1, 1]]));
    let mut hello = Hello::modern(b"example.jp");
    hello.extensions.clear();
    let mut body = hello.records(1 << 14);
    // The length of the session id points out of the message.
    body[43] = 255;
    malformed(&body);
}

#[test]
fn an_endless_flight_of_tiny_records_ends_at_the_bound() {
    let tiny = [
        &record(&[1, 0, 0x3f, 0xff])[..],
        &record(&[0]).repeat(HELLO_BYTES_MAX),
    ]
    .concat();
    assert_eq!(taken(&tiny), Err(Incomplete::Malformed));
    let changes = [0x14, 3, 3, 0, 1, 1].repeat(HELLO_BYTES_MAX);
    assert_eq!(taken(&changes), Err(Incomplete::Malformed));
}

#[test]
fn an_assembly_forgets_nothing_it_needs_and_holds_nothing_over_its_bounds() {
    let mut a = Assembler::begin(10, b"abc");
    // The same segment again takes no room, near the bound too.
    assert!((0..2 * HELLO_BYTES_MAX).all(|_| a.push(10, b"abc")));
    assert!(
        (0..2 * GAPS_MAX).all(|_| a.push(20, b"later")),
        "one gap, told often"
    );
    assert!(a.push(11, b""), "an empty segment");
    assert!(a.push(15, b""), "an empty segment behind a gap");
    assert!(a.push(13, b"defghij"));
    assert_eq!(a.bytes(), b"abcdefghijlater");
    assert!(a.push(25, &vec![1; HELLO_BYTES_MAX - 15]));
    assert!(!a.push(25 + HELLO_BYTES_MAX as u32 - 15, b"x"));
    assert!(
        !format!("{a:?}").contains("abc"),
        "messages show lengths only"
    );
    a.erase();
    assert!(a.bytes().is_empty());
}

#[test]
fn each_mark_is_known_and_each_start_of_it_asks_for_more() {
    let other: [&[u8]; 9] = [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"220 mail.example ESMTP\r\n",
        b"+OK ready\r\n",
        b"* OK IMAP4rev1\r\n",
        b"\x13BitTorrent protocol",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00\x00\x00\x55\xfeSMB@\x00",
        b"\x03\x00\x00\x13\x0e\xe0\x00\x00",
        b"HTTP/1.1 200 OK\r\n",
    ];
    for bytes in other {
        assert_eq!(over_tcp(40_000, 9, bytes), Ok(Kind::Other), "{bytes:?}");
    }
    assert_eq!(
        over_tcp(1, 2, &Hello::modern(b"a").records(600)),
        Ok(Kind::Tls)
    );
    assert_eq!(over_tcp(1, 2, b"GET / HTTP/1.1\r\n"), Ok(Kind::Http));
    assert_eq!(
        over_tcp(1, 53, &[&[0, 12], &[0; 12][..]].concat()),
        Ok(Kind::Dns)
    );
    assert_eq!(over_tcp(1, 2, b"\xff\xfb\x01"), Ok(Kind::Unknown));
}

#[test]
fn datagrams_are_known_by_their_first_bytes() {
    let long = |first: &[u8]| [first, &[0; 48]].concat();
    for (port, bytes, kind) in [
        (443, long(&[0xc3, 0, 0, 0, 1]), Kind::Other),
        (443, long(&[0xd3, 0x6b, 0x33, 0x43, 0xcf]), Kind::Other),
        (443, long(&[0x43, 0, 0, 0, 1]), Kind::Unknown),
        (123, long(&[0x23]), Kind::Other),
        (123, vec![0x23; 40], Kind::Unknown),
        (67, long(&[1, 1, 6, 0]), Kind::Other),
        (161, long(&[0x30, 0x20]), Kind::Other),
        (5060, b"INVITE sip:a@b SIP/2.0\r\n".to_vec(), Kind::Other),
        (1900, b"M-SEARCH * HTTP/1.1\r\n".to_vec(), Kind::Other),
        (53, vec![0; 12], Kind::Dns),
        (53, vec![0xff; 12], Kind::Unknown),
        (5000, PAYLOAD.to_vec(), Kind::Unknown),
        (5000, vec![], Kind::Unknown),
    ] {
        assert_eq!(over_udp(40_000, port, &bytes), kind, "{port} {bytes:?}");
        assert_eq!(over_udp(port, 40_000, &bytes), kind, "{port} {bytes:?}");
    }
}

#[test]
fn a_request_head_ends_at_its_bound() {
    let endless = [b"GET /".to_vec(), vec![b'a'; HTTP_HEAD_BYTES_MAX]].concat();
    assert_eq!(http::request(&endless), Err(Incomplete::Malformed));
    let headers = [
        b"GET / HTTP/1.1\r\nX: ".to_vec(),
        vec![b'a'; HTTP_HEAD_BYTES_MAX],
        b"\r\nHost: a\r\n".to_vec(),
    ]
    .concat();
    let read = http::request(&headers).unwrap();
    assert_eq!((read.host, read.complete), (None, false));
    for (line, host) in [
        ("Host: [2001:db8::1]:80", "[2001:db8::1]"),
        ("HOST:example.jp", "example.jp"),
        ("host:\t example.jp \t", "example.jp"),
    ] {
        let text = format!("OPTIONS * HTTP/1.0\n{line}\n\n");
        assert_eq!(
            http::request(text.as_bytes()).unwrap().host,
            Some(host.as_bytes()),
            "{line}"
        );
    }
}

#[test]
fn a_name_with_a_dot_inside_a_label_is_not_read_as_another_name() {
    let query = |name: &[u8]| {
        [
            &[0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..],
            name,
            &[0, 16, 0, 1],
        ]
        .concat()
    };
    let name = |bytes: &[u8]| {
        let message = dns::message(bytes).unwrap();
        assert_eq!(message.kind, Some(16));
        message.name(&mut [0; NAME_BYTES_MAX]).map(<[u8]>::to_vec)
    };
    assert_eq!(name(&query(b"\x01a\x01b\x00")), Some(b"a.b".to_vec()));
    assert_eq!(name(&query(b"\x03a.b\x00")), None);
    assert_eq!(name(&query(b"\x00")), None);
    let longest = [&[63u8][..], &[b'x'; 63]].concat().repeat(4);
    assert_eq!(
        dns::message(&query(&[&longest[..], &[0]].concat())),
        Err(Incomplete::Malformed)
    );
    let longest = [&longest[..192], &[61], &[b'y'; 61], &[0]].concat();
    assert_eq!(name(&query(&longest)).map(|n| n.len()), Some(253));
}

/// Bytes as a service might send them first, and bytes without sense.
fn first_bytes() -> impl Strategy<Value = Vec<u8>> {
    let starts = prop::sample::select(vec![
        &b""[..],
        b"SSH-",
        b"22",
        b"+",
        b"GET / HTTP/1.",
        b"USER",
        b"\x16\x03\x01\x00\x05\x01",
        b"\x00\x00\x00\x20\xff",
        b"\x03\x00\x00\x13\x0e",
        b"\x00\x0c\x12\x34\x01",
        b"PRI * HTTP",
        b"POST /x HTTP/1.1\r\nHost: a",
    ]);
    let rest = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        "[A-Z /*.\r\n:a-z0-9]{0,60}".prop_map(String::into_bytes)
    ];
    (starts, rest).prop_map(|(start, rest)| [start, &rest].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn what_was_said_of_the_first_bytes_stays_true_when_more_come(
        bytes in first_bytes(), port in prop::sample::select(vec![53u16, 80, 445]),
    ) {
        let mut said = Err(Incomplete::Truncated);
        for end in 0..=bytes.len() {
            let now = over_tcp(40_000, port, &bytes[..end]);
            prop_assert!(said.is_err() || said == now, "{end}: {said:?}, then {now:?}");
            prop_assert!(now != Err(Incomplete::Malformed));
            said = now;
        }
    }

    #[test]
    fn segments_cut_anywhere_and_swapped_give_the_hello(
        cuts in prop::collection::vec(1usize..60, 1..8), begin in any::<u32>(), turns in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let stream = Hello::modern(b"example.jp").records(70);
        let mut segments = Vec::new();
        let mut at = 0;
        for cut in cuts {
            let end = (at + cut).min(stream.len());
            segments.push((begin.wrapping_add(at as u32), &stream[at..end]));
            at = end;
        }
        segments.push((begin.wrapping_add(at as u32), &stream[at..]));
        let mut assembly = Assembler::begin(segments[0].0, segments[0].1);
        let mut rest: Vec<_> = segments[1..].to_vec();
        for turn in turns {
            if !rest.is_empty() {
                let (sequence, payload) = rest.swap_remove(turn.index(rest.len()));
                prop_assert!(assembly.push(sequence, payload));
            }
        }
        prop_assert!(rest.is_empty());
        prop_assert_eq!(assembly.bytes(), &stream[..]);
    }

    #[test]
    fn bytes_that_feed_no_field_change_none(noise in prop::collection::vec(any::<u8>(), 300)) {
        // TLS: random, session id, key share and the text of the name.
        let hello = Hello::modern(b"example.jp");
        let mut twin = Hello::modern(&noise[..10]);
        twin.extensions[5] = extension(51, &noise[10..50]);
        let mut bytes = twin.records(1 << 14);
        bytes[11..43].copy_from_slice(&noise[50..82]);
        bytes[44..48].copy_from_slice(&noise[82..86]);
        let (a, b) = (taken(&hello.records(1 << 14)).unwrap(), taken(&bytes).unwrap());
        prop_assert_eq!((a.0, a.2, a.3, a.4), (b.0, b.2, b.3, b.4));
        prop_assert_eq!(over_tcp(1, 2, &bytes), Ok(Kind::Tls));
        // DNS: id and labels.
        let mut query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x02jp\x00\x00\x0f\x00\x01".to_vec();
        query[..2].copy_from_slice(&noise[..2]);
        query[13..20].copy_from_slice(&noise[2..9]);
        query[21..23].copy_from_slice(&noise[9..11]);
        let read = dns::message(&query).unwrap();
        prop_assert_eq!((read.kind, read.rcode, read.is_response), (Some(15), 0, false));
        prop_assert_eq!(over_udp(1, 53, &query), Kind::Dns);
        // HTTP: target, header values and body, but for line ends.
        let text: Vec<u8> = noise.iter().map(|b| if *b == b'\n' { b' ' } else { *b }).collect();
        let request = [b"PUT /", &text[..40], b" HTTP/1.1\r\nX: ", &text[40..90], b"\r\n\r\n", &noise[90..]].concat();
        let read = http::request(&request).unwrap();
        prop_assert_eq!((read.method, read.host, read.complete), (&b"PUT"[..], None, true));
    }
}
