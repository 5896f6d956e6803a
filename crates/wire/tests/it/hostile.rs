//! No bytes make a parser panic or take long: all captures, cut off and changed, and bytes without sense.

use proptest::prelude::*;
use sakimori_testkit::capture::packets;
use sakimori_testkit::{data, files_below};
use sakimori_wire::identifiers::Commands;
use sakimori_wire::limits::NAME_BYTES_MAX;
use sakimori_wire::{
    LinkType, Packet, application, dns, http, ja4::ja4, packet, tls::client_hello,
};

/// Everything that hostile bytes can reach.
fn feed(link: u32, bytes: &[u8]) {
    let mut scratch = Vec::new();
    let payload = match packet(LinkType(link), bytes) {
        Ok(Packet::Ip(p)) => p.payload,
        _ => bytes,
    };
    if let Ok(message) = dns::message(payload) {
        let _ = message.name(&mut [0; NAME_BYTES_MAX]);
    }
    if let Ok(found) = client_hello(payload, &mut scratch) {
        let _ = ja4(&found.hello);
    }
    let _ = http::request(payload);
    if let Ok(mut commands) = Commands::begin(payload) {
        commands.read(payload, &mut |_, _| {});
    }
    let _ = dns::over_tcp(payload);
    let _ = application::over_udp(53, 1, payload);
    let _ = application::over_tcp(1, 80, payload);
}

#[test]
fn no_capture_makes_a_parser_panic() {
    let test = "no_capture_makes_a_parser_panic";
    let (Some(parse), Some(labelled)) = (data(test, "parse"), data(test, "labelled")) else {
        return;
    };
    let (mut count, mut read) = (0u64, 0u64);
    for path in files_below(&parse)
        .into_iter()
        .chain(files_below(&labelled))
    {
        for captured in packets(&path).unwrap_or_default() {
            feed(captured.link, &captured.bytes);
            // Cut off at every third length, so that each bound is met from both sides.
            for end in (0..captured.bytes.len().min(120)).step_by(3) {
                feed(captured.link, &captured.bytes[..end]);
            }
            count += 1;
            read += u64::from(packet(LinkType(captured.link), &captured.bytes).is_ok());
        }
    }
    assert!(
        count > 199_000 && read * 100 > count * 98,
        "{read} of {count} packets read"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn no_bytes_make_a_parser_panic(link in 0u32..300, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        feed(link, &bytes);
    }

    #[test]
    fn no_changed_header_makes_a_parser_panic(
        kind in prop::sample::select(vec![0x0800u16, 0x86dd, 0x8100, 0x8847, 0x8864, 0x0026]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        first in prop::sample::select(vec![0x45u8, 0x4f, 0x60, 0x00]),
        protocol in prop::sample::select(vec![6u8, 17, 47, 41, 4, 0, 43, 44, 51, 132, 1, 58]),
    ) {
        let mut frame = vec![0; 12];
        frame.extend_from_slice(&kind.to_be_bytes());
        frame.push(first);
        frame.extend_from_slice(&bytes);
        if let Some(place) = frame.get_mut(14 + 9) { *place = protocol; }
        if let Some(place) = frame.get_mut(14 + 6).filter(|_| first == 0x60) { *place = protocol; }
        feed(1, &frame);
    }
}

/// Repeats a header that carries the next one until the frame is as long as a capture allows.
fn nested(start: &[u8], level: &[u8]) -> Vec<u8> {
    let mut frame = [&[0; 12], start].concat();
    while frame.len() + level.len() <= 262_144 {
        frame.extend_from_slice(level);
    }
    frame
}

#[test]
fn headers_in_headers_do_not_exhaust_the_stack() {
    let macs = [0; 12];
    let address = [0x45, 0, 0, 0, 0, 0, 0, 0, 64];
    let pptp = [
        &address[..],
        &[47, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
        &[0, 1, 0x88, 0x0b, 0, 0, 0, 0, 0x21],
    ]
    .concat();
    let gre = [
        &address[..],
        &[47, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
        &[0, 0, 8, 0],
    ]
    .concat();
    let pseudowire = [&[0, 0, 1, 0, 0, 0, 0, 0], &macs[..], &[0x88, 0x47]].concat();
    let snap = [0xaa, 0xaa, 3, 0, 0, 0, 0x05, 0xdc];
    let tagged_snap = [0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0, 0, 1, 0x05, 0xdc];
    let levels: [(&[u8], &[u8]); 5] = [
        (&[8, 0], &pptp),
        (&[8, 0], &gre),
        (&[0x88, 0x47], &pseudowire),
        (&[0x05, 0xdc], &snap),
        (&[0x05, 0xdc], &tagged_snap),
    ];
    for (start, level) in levels {
        let frame = nested(start, level);
        // A thread with a small stack: what matters is that the depth is bounded, not how much room there is.
        let parsed = std::thread::Builder::new()
            .stack_size(128 << 10)
            .spawn(move || packet(LinkType::ETHERNET, &frame).is_ok())
            .unwrap();
        assert!(parsed.join().is_ok());
    }
}
