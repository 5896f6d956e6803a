//! Every link layer around one and the same packet gives one and the same fields, and what is no IP is said to be none.

use crate::build::{
    INNER_DESTINATION, INNER_SOURCE, PAYLOAD, ethernet, inner, ipv4, ipv4_between, ipv6, join, tcp,
    udp,
};
use sakimori_wire::{Error, Fragment, IpPacket, LinkType, Packet, packet};

/// IPv4 as the record writes it.
fn mapped(v4: [u8; 4]) -> [u8; 16] {
    std::net::Ipv4Addr::from(v4).to_ipv6_mapped().octets()
}

/// The fields of [`inner`].
pub(crate) fn expected() -> IpPacket<'static> {
    IpPacket {
        source: mapped(INNER_SOURCE),
        destination: mapped(INNER_DESTINATION),
        protocol: 6,
        source_port: 4321,
        destination_port: 443,
        tcp_flags: 0x18,
        tcp_sequence: 99,
        ip_bytes: 51,
        fragment: Fragment::Whole,
        payload: PAYLOAD,
    }
}

/// The frame holds [`inner`] and nothing further in.
pub(crate) fn check(name: &str, link: u32, frame: &[u8]) {
    assert_eq!(
        packet(LinkType(link), frame),
        Ok(Packet::Ip(expected())),
        "{name}"
    );
}

const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_link_layer_gives_the_same_fields() {
    let ip = inner();
    let wifi = |control: [u8; 2], more: &[u8]| join(&[&control, &[0; 22], more, &SNAP, &ip]);
    let plain_wifi = wifi([0x08, 0], &[]);
    let avs = join(&[
        &0x8021_1001_u32.to_be_bytes(),
        &72_u32.to_be_bytes(),
        &[0; 64],
    ]);
    let sll = |hardware: u16, kind: u16, body: &[u8]| {
        let (hardware, kind) = (hardware.to_be_bytes(), kind.to_be_bytes());
        join(&[&[0, 0], &hardware, &[0; 10], &kind, body])
    };
    let radiotap = join(&[&[0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0], &plain_wifi]);
    let pktap = join(&[
        &108_u32.to_le_bytes(),
        &[0; 4],
        &1_u32.to_le_bytes(),
        &[0; 96],
        &ethernet(0x0800, &ip),
    ]);
    let nflog_payload = u16::try_from(ip.len() + 4).unwrap().to_le_bytes();
    let frames: Vec<(&str, u32, Vec<u8>)> = vec![
        (
            "BSD loopback, little-endian",
            0,
            join(&[&[2, 0, 0, 0], &ip]),
        ),
        ("OpenBSD loopback", 108, join(&[&[0, 0, 0, 2], &ip])),
        ("Ethernet", 1, ethernet(0x0800, &ip)),
        ("SLIP", 8, join(&[&[0; 16], &ip])),
        ("PPP", 9, join(&[&[0xff, 3, 0, 0x21], &ip])),
        ("PPP, compressed", 9, join(&[&[0x21], &ip])),
        (
            "Cisco HDLC marked as PPP",
            9,
            join(&[&[0x0f, 0, 8, 0], &ip]),
        ),
        ("raw", 12, ip.clone()),
        ("raw, OpenBSD", 14, ip.clone()),
        ("raw, registered", 101, ip.clone()),
        ("raw IPv4", 228, ip.clone()),
        ("PPP in HDLC", 50, join(&[&[0xff, 3, 0, 0x21], &ip])),
        ("PPPoE", 51, join(&[&[0x11, 0, 0, 1, 0, 53, 0, 0x21], &ip])),
        ("Cisco HDLC", 104, join(&[&[0x0f, 0, 8, 0], &ip])),
        ("802.11", 105, plain_wifi.clone()),
        (
            "802.11 with quality of service",
            105,
            wifi([0x88, 0], &[0, 0]),
        ),
        ("802.11 with four addresses", 105, wifi([0x08, 3], &[0; 6])),
        (
            "802.11 aggregate",
            105,
            wifi([0x88, 0], &[&[0x80, 0][..], &[0; 14]].concat()),
        ),
        ("classical IP over ATM", 106, join(&[&SNAP, &ip])),
        ("frame relay", 107, join(&[&[0x18, 0x41, 3, 0xcc], &ip])),
        (
            "frame relay with SNAP",
            107,
            join(&[&[0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0], &ip]),
        ),
        ("frame relay, Cisco", 107, join(&[&[0x18, 0x41, 8, 0], &ip])),
        ("Linux cooked", 113, sll(1, 0x0800, &ip)),
        (
            "Linux cooked with a tag",
            113,
            sll(1, 0x8100, &join(&[&[0, 5, 8, 0], &ip])),
        ),
        ("Linux cooked with radiotap", 113, sll(803, 4, &radiotap)),
        ("Prism", 119, join(&[&[0; 144], &plain_wifi])),
        ("AVS marked as Prism", 119, join(&[&avs, &plain_wifi])),
        ("SunATM", 123, join(&[&[0; 4], &SNAP, &ip])),
        ("radiotap", 127, radiotap.clone()),
        ("ARCNET", 129, join(&[&[0, 0, 0, 0, 212, 0, 0, 0], &ip])),
        ("PKTAP", 258, pktap.clone()),
        ("PKTAP under a user's number", 149, pktap.clone()),
        ("AVS", 163, join(&[&avs, &plain_wifi])),
        (
            "Juniper Ethernet",
            178,
            join(&[b"MGC\x00", &ethernet(0x0800, &ip)]),
        ),
        (
            "Juniper Ethernet, extended",
            178,
            join(&[b"MGC\x80\x00\x02ab", &ethernet(0x0800, &ip)]),
        ),
        (
            "netfilter log",
            239,
            join(&[
                &[2, 0, 0, 0, 6, 0, 10, 0, 1, 2, 0, 0],
                &nflog_payload,
                &[9, 0],
                &ip,
            ]),
        ),
        (
            "Linux cooked, second form",
            276,
            join(&[&[8, 0], &[0; 18], &ip]),
        ),
    ];
    for (name, link, frame) in &frames {
        check(name, *link, frame);
        for end in 0..frame.len() {
            // Cut off, it is an error, no IP, or the same packet with less payload; never another packet.
            if let Ok(Packet::Ip(cut)) = packet(LinkType(*link), &frame[..end]) {
                let less = PAYLOAD.starts_with(cut.payload);
                assert!(
                    less && cut.source == expected().source,
                    "{name} cut at {end}"
                );
                assert_eq!(cut.source_port, 4321, "{name} cut at {end}");
            }
        }
    }
}

#[test]
fn what_stacks_on_ethernet_is_taken_off() {
    let ip = inner();
    let tag = |count: usize| {
        let tags = [0x81, 0, 0, 5].repeat(count - 1);
        join(&[&[0, 5], &tags, &[8, 0], &ip])
    };
    let frames: Vec<(&str, u16, Vec<u8>)> = vec![
        ("one tag", 0x8100, tag(1)),
        ("four tags", 0x88a8, tag(4)),
        ("an E-tag", 0x893f, join(&[&[0; 6], &[8, 0], &ip])),
        ("MPLS", 0x8847, join(&[&[0, 1, 1, 64], &ip])),
        (
            "three labels",
            0x8847,
            join(&[&[0, 1, 0, 64, 0, 2, 0, 64, 0, 3, 1, 64], &ip]),
        ),
        (
            "a pseudowire",
            0x8847,
            join(&[&[0, 1, 1, 64, 0, 0, 0, 0], &ethernet(0x0800, &ip)]),
        ),
        (
            "PPPoE",
            0x8864,
            join(&[&[0x11, 0, 0, 1, 0, 53, 0, 0x21], &ip]),
        ),
        ("LLC and SNAP", 59, join(&[&SNAP, &ip])),
        (
            "a provider backbone bridge",
            0x88e7,
            join(&[&[0, 0, 0, 1], &ethernet(0x8100, &tag(1))]),
        ),
        (
            "FabricPath",
            0x8903,
            join(&[&[0, 1], &ethernet(0x0800, &ip)]),
        ),
    ];
    for (name, kind, body) in frames {
        check(name, 1, &ethernet(kind, &body));
    }
}

#[test]
fn padding_behind_the_packet_is_no_payload() {
    check(
        "padded",
        1,
        &ethernet(0x0800, &join(&[&inner(), &[0xee; 30]])),
    );
}

#[test]
fn what_is_no_ip_is_said_to_be_none_and_an_unknown_link_is_an_error() {
    let none = Ok(Packet::NotIp);
    for (link, frame) in [
        (1, ethernet(0x0806, &[0; 28])),
        (1, ethernet(0x88cc, &[0; 28])),
        (1, ethernet(38, &[0x42, 0x42, 3, 0, 0])),
        (9, vec![0xff, 3, 0xc0, 0x21, 1, 1]),
        (105, vec![0x80; 40]),
        (
            113,
            join(&[&[0, 0, 3, 0x38], &[0; 10], &[0, 0, 6, 6, 3], &inner()]),
        ),
        (239, vec![0; 20]),
    ] {
        assert_eq!(packet(LinkType(link), &frame), none, "{link} {frame:?}");
    }
    for link in [2, 144, 195, 197, 271, 9999] {
        assert_eq!(packet(LinkType(link), &inner()), Err(Error::UnknownLink));
    }
    assert_eq!(packet(LinkType::ETHERNET, &[0; 13]), Err(Error::Link));
}

#[test]
fn headers_that_cannot_be_are_errors() {
    let with = |at: usize, value: u8| {
        let mut ip = inner();
        ip[at] = value;
        packet(LinkType(101), &ip).err()
    };
    assert_eq!(with(0, 0x44), Some(Error::Malformed), "16 bytes of header");
    assert_eq!(with(0, 0x55), Some(Error::Malformed), "version 5");
    assert_eq!(with(3, 19), Some(Error::Malformed), "19 bytes in all");
    assert_eq!(with(32, 0x40), Some(Error::Malformed), "16 bytes of TCP");
    assert_eq!(packet(LinkType(101), &[]), Err(Error::Truncated));
}

#[test]
fn a_length_of_zero_means_what_was_captured() {
    let mut ip = inner();
    ip[2..4].fill(0);
    check("offloaded", 101, &ip);
}

#[test]
fn ipv6_extension_headers_are_stepped_over() {
    let segment = tcp(1, 2, 3, PAYLOAD);
    let eight = |next: u8| [next, 0, 0, 0, 0, 0, 0, 0];
    let chains: Vec<(&str, u8, Vec<u8>, Fragment)> = vec![
        ("none", 6, vec![], Fragment::Whole),
        ("hop-by-hop", 0, eight(6).to_vec(), Fragment::Whole),
        (
            "routing of 24 bytes",
            43,
            [&[6, 2][..], &[0; 22]].concat(),
            Fragment::Whole,
        ),
        (
            "authentication of 24 bytes",
            51,
            [&[6, 4][..], &[0; 22]].concat(),
            Fragment::Whole,
        ),
        (
            "destination, mobility, HIP, shim",
            60,
            [eight(135), eight(139), eight(140), eight(6)].concat(),
            Fragment::Whole,
        ),
        ("an atomic fragment", 44, eight(6).to_vec(), Fragment::Whole),
        (
            "a first fragment",
            44,
            vec![6, 0, 0, 1, 0, 0, 0, 9],
            Fragment::First,
        ),
    ];
    for (name, next, chain, fragment) in chains {
        let bytes = ipv6(next, &join(&[&chain, &segment]));
        let Ok(Packet::Ip(read)) = packet(LinkType(229), &bytes) else {
            unreachable_packet(name);
            continue;
        };
        let got = (read.protocol, read.source_port, read.fragment, read.payload);
        assert_eq!(got, (6, 1, fragment, PAYLOAD), "{name}");
        assert_eq!(read.ip_bytes as usize, bytes.len(), "{name}");
    }
}

/// Fails with the name of the case.
fn unreachable_packet(name: &str) {
    assert_eq!(name, "", "no packet was read");
}

#[test]
fn a_later_fragment_has_no_ports_and_no_payload() {
    let mut v4 = ipv4(6, &[0xff; 40]);
    v4[6..8].copy_from_slice(&[0x20, 3]);
    let v6 = ipv6(44, &join(&[&[6, 0, 0, 9, 0, 0, 0, 9], &[0xff; 40]]));
    for bytes in [v4, v6] {
        let Ok(Packet::Ip(read)) = packet(LinkType(101), &bytes) else {
            unreachable_packet("later fragment");
            continue;
        };
        let got = (read.protocol, read.source_port, read.destination_port);
        assert_eq!(got, (6, 0, 0));
        assert_eq!((read.fragment, read.payload), (Fragment::Later, &[][..]));
        assert_eq!(read.ip_bytes as usize, bytes.len());
    }
}

#[test]
fn type_and_code_of_icmp_stand_in_the_place_of_the_ports() {
    let cases: [(u8, Vec<u8>, (u16, u16)); 4] = [
        (1, vec![3, 13, 0, 0, 0, 0, 0, 0], (3, 13)),
        (58, vec![128, 0, 0, 0], (128, 0)),
        (132, vec![0x10, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0], (4096, 7)),
        (50, vec![1, 2, 3, 4, 5, 6, 7, 8], (0, 0)),
    ];
    for (protocol, body, ports) in cases {
        let bytes = ipv4_between([1, 1, 1, 1], [2, 2, 2, 2], protocol, &body);
        let read = packet(LinkType(101), &bytes);
        let ok = matches!(read, Ok(Packet::Ip(p)) if (p.source_port, p.destination_port) == ports && p.protocol == protocol);
        assert!(ok, "{protocol}: {read:?}");
    }
    let short = ipv4(17, &udp(1, 2, b"")[..3]);
    assert_eq!(packet(LinkType(101), &short), Err(Error::Truncated));
}
