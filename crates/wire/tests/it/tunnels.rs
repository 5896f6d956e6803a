//! The record takes the innermost packet, whatever carries it; and what only looks like a tunnel stays what it is.

use crate::build::{ethernet, inner, ipv4, ipv6, join, udp};
use crate::links::check;
use proptest::prelude::*;
use sakimori_wire::limits::TUNNELS_MAX;
use sakimori_wire::{LinkType, Packet, packet};

const VXLAN: [u8; 8] = [8, 0, 0, 0, 0, 0, 1, 0];

fn inner6() -> Vec<u8> {
    ipv6(6, &inner()[20..])
}

/// GRE version 0 with the given flags, the fields they call for, and a protocol type.
fn gre(flags: u16, kind: u16, body: &[u8]) -> Vec<u8> {
    let fields = 4 * (flags & 0xb000).count_ones() as usize;
    join(&[
        &flags.to_be_bytes(),
        &kind.to_be_bytes(),
        &vec![0; fields],
        body,
    ])
}

/// GTP-U with what follows its eight bytes.
fn gtp(flags: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    join(&[&[flags, 255], &length, &[0, 0, 0, 1], rest])
}

/// Names and outer packets, each around [`inner`].
#[expect(clippy::too_many_lines, reason = "a table")]
fn outers() -> Vec<(&'static str, Vec<u8>)> {
    let ip = inner();
    let frame = ethernet(0x0800, &ip);
    let dot11 = join(&[&[8, 0], &[0; 22], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip]);
    let over = |port: u16, body: &[u8]| ipv4(17, &udp(50_000, port, body));
    vec![
        ("4 in 4", ipv4(4, &ip)),
        ("4 in 6", ipv6(4, &ip)),
        ("Ethernet behind segment routing", ipv6(143, &frame)),
        (
            "authentication header",
            ipv4(51, &join(&[&[4, 4, 0, 0], &[0; 20], &ip])),
        ),
        ("GRE", ipv4(47, &gre(0, 0x0800, &ip))),
        (
            "GRE in IPv6 with all fields",
            ipv6(47, &gre(0xb000, 0x0800, &ip)),
        ),
        ("GRE with Ethernet", ipv4(47, &gre(0x2000, 0x6558, &frame))),
        (
            "GRE with MPLS",
            ipv4(47, &gre(0, 0x8847, &join(&[&[0, 1, 1, 9], &ip]))),
        ),
        (
            "GRE with PPP",
            ipv4(47, &gre(0, 0x880b, &join(&[&[0, 0x21], &ip]))),
        ),
        ("GRE with 802.11", ipv4(47, &gre(0, 0x8200, &dot11))),
        (
            "PPTP",
            ipv4(
                47,
                &join(&[&[0x30, 0x81, 0x88, 0x0b], &[0; 12], &[0x21], &ip]),
            ),
        ),
        ("WCCP 1", ipv4(47, &gre(0, 0x883e, &ip))),
        ("WCCP 2", ipv4(47, &gre(0, 0x883e, &join(&[&[0; 4], &ip])))),
        ("ERSPAN I", ipv4(47, &gre(0, 0x88be, &frame))),
        (
            "ERSPAN II",
            ipv4(47, &gre(0x1000, 0x88be, &join(&[&[0x10; 8], &frame]))),
        ),
        (
            "ERSPAN III",
            ipv4(47, &gre(0x1000, 0x22eb, &join(&[&[0x20; 12], &frame]))),
        ),
        (
            "ERSPAN III with a platform's header",
            ipv4(47, &gre(0x1000, 0x22eb, &join(&[&[0x21; 20], &frame]))),
        ),
        ("VXLAN", over(4789, &join(&[&VXLAN, &frame]))),
        (
            "VXLAN with a next protocol",
            over(4790, &join(&[&[12, 0, 0, 1, 0, 0, 1, 0], &ip])),
        ),
        (
            "VXLAN with a policy",
            over(4789, &join(&[&[0x88, 8, 1, 2, 0, 0, 1, 0], &frame])),
        ),
        (
            "Geneve",
            over(6081, &join(&[&[0, 0, 0x65, 0x58, 0, 0, 1, 0], &frame])),
        ),
        (
            "Geneve with IP and options",
            over(
                6081,
                &join(&[&[1, 0x40, 8, 0, 0, 0, 1, 0, 1, 2, 3, 4], &ip]),
            ),
        ),
        ("GTP-U", over(2152, &gtp(0x30, &ip))),
        (
            "GTP-U with a sequence number",
            over(2152, &gtp(0x32, &join(&[&[0, 9, 0, 0x85], &ip]))),
        ),
        (
            "GTP-U with an extension header",
            over(
                2152,
                &gtp(0x34, &join(&[&[0, 9, 0, 0x85, 1, 0, 9, 0], &ip])),
            ),
        ),
        ("Teredo", over(3544, &ipv6(4, &ip))),
        (
            "Teredo with both indications",
            over(
                3544,
                &join(&[&[0, 1, 0, 0], &[0; 9], &[0, 0], &[1; 6], &ipv6(4, &ip)]),
            ),
        ),
    ]
}

#[test]
fn every_tunnel_gives_its_innermost_packet() {
    for (name, outer) in outers() {
        check(name, 101, &outer);
    }
}

#[test]
fn six_in_four_and_six_in_six_are_read() {
    for outer in [ipv4(41, &inner6()), ipv6(41, &inner6())] {
        let read = packet(LinkType(101), &outer);
        assert!(
            matches!(read, Ok(Packet::Ip(p)) if p.source_port == 4321 && p.ip_bytes as usize == inner6().len()),
            "{read:?}"
        );
    }
}

#[test]
fn four_tunnels_are_opened_and_the_fifth_is_not() {
    let mut bytes = inner();
    for _ in 0..TUNNELS_MAX {
        bytes = ipv4(4, &bytes);
    }
    check("at the bound", 101, &bytes);
    let fifth = ipv4(4, &bytes);
    let read = packet(LinkType(101), &fifth);
    assert!(matches!(read, Ok(Packet::Ip(p)) if p.protocol == 4 && p.source_port == 0));
}

/// The outer packet is what is read.
fn stays(name: &str, outer: &[u8], protocol: u8) {
    let read = packet(LinkType(101), outer);
    assert!(
        matches!(read, Ok(Packet::Ip(p)) if p.protocol == protocol && p.ip_bytes as usize == outer.len()),
        "{name}: {read:?}"
    );
}

#[test]
fn what_only_looks_like_a_tunnel_stays_what_it_is() {
    let ip = inner();
    let frame = ethernet(0x0800, &ip);
    let over = |port: u16, body: &[u8]| ipv4(17, &udp(50_000, port, body));
    let mut long = ip.clone();
    long[2..4].copy_from_slice(&[4, 0]);
    for (name, outer) in [
        (
            "VXLAN on another port",
            over(4788, &join(&[&VXLAN, &frame])),
        ),
        (
            "VXLAN without its flag",
            over(4789, &join(&[&[0; 8], &frame])),
        ),
        (
            "VXLAN with reserved bits",
            over(4789, &join(&[&[8, 0, 0, 1, 0, 0, 1, 0], &frame])),
        ),
        (
            "VXLAN around a packet that does not fit",
            over(4789, &join(&[&VXLAN, &ethernet(0x0800, &long)])),
        ),
        (
            "VXLAN around ARP",
            over(4789, &join(&[&VXLAN, &ethernet(0x0806, &[0; 28])])),
        ),
        (
            "Geneve control",
            over(6081, &join(&[&[0, 0x80, 8, 0, 0, 0, 1, 0], &ip])),
        ),
        (
            "Geneve of version 1",
            over(6081, &join(&[&[0x40, 0, 8, 0, 0, 0, 1, 0], &ip])),
        ),
        (
            "GTP-U echo",
            over(2152, &join(&[&[0x30, 1, 0, 52, 0, 0, 0, 1], &ip])),
        ),
        ("GTP-U of version 2", over(2152, &gtp(0x50, &ip))),
        (
            "GTP-U with an endless extension",
            over(2152, &gtp(0x34, &[1; 200])),
        ),
        ("Teredo around IPv4", over(3544, &ip)),
        ("a Teredo bubble without ports", over(3544, b"plain text")),
    ] {
        stays(name, &outer, 17);
    }
    stays(
        "GRE with source routes",
        &ipv4(47, &gre(0x4000, 0x0800, &ip)),
        47,
    );
    stays("a GRE keepalive", &ipv4(47, &gre(0, 0, &[])), 47);
    stays("IP in IP around nothing", &ipv4(4, &[]), 4);
    stays("IP in IP around version 5", &ipv4(4, &[0x55; 40]), 4);
}

#[test]
fn a_first_fragment_of_a_tunnel_shows_the_packet_that_later_ones_complete() {
    let mut long = inner();
    long[2..4].copy_from_slice(&[4, 0]);
    let mut outer = ipv4(17, &udp(2152, 2152, &gtp(0x30, &long)));
    outer[6] = 0x20;
    let read = packet(LinkType(101), &outer);
    assert!(
        matches!(read, Ok(Packet::Ip(p)) if p.source_port == 4321 && p.ip_bytes == 1024),
        "{read:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn ordinary_datagrams_on_the_ports_of_tunnels_are_not_opened(
        port in prop::sample::select(vec![2152u16, 3544, 4789, 4790, 6081]),
        text in "[ -~\r\n]{0,200}",
    ) {
        let outer = ipv4(17, &udp(port, 40_000, text.as_bytes()));
        let read = packet(LinkType(101), &outer);
        prop_assert!(matches!(read, Ok(Packet::Ip(p)) if p.source_port == port && p.payload == text.as_bytes()));
    }

    #[test]
    fn a_cut_tunnel_gives_the_inner_or_the_outer_addresses_and_no_third(
        which in 0..outers().len(), cut in any::<prop::sample::Index>(),
    ) {
        let (name, outer) = outers().swap_remove(which);
        let end = cut.index(outer.len());
        if let Ok(Packet::Ip(p)) = packet(LinkType(101), &outer[..end]) {
            let known = [&inner()[12..16], &[10, 0, 0, 1], &[0, 0, 0, 0]];
            prop_assert!(known.contains(&&p.source[12..16]), "{name} cut at {end}: {p:?}");
        }
    }
}
