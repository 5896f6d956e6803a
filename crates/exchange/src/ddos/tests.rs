use super::*;
use crate::list::What;
use sakimori_custody::time::Millis;

fn packet(at: u64, source: &str) -> Packet {
    Packet {
        time: Millis(1_700_000_000_000 + at),
        source: source.parse().unwrap(),
        protocol: 17,
        fragment: false,
        source_port: 53,
        destination_port: 40_000 + (at % 999) as u16,
        tcp_flags: 0,
        length: 1400 + (at % 50) as u16,
        hops: 50 + (at % 4) as u8,
    }
}

/// A reflected flood with its fragments, a SYN flood, and clients among it.
fn flood() -> Counters {
    let mut counters = Counters::default();
    for at in 0..60_000u64 {
        counters.add(&packet(at, &format!("198.51.{}.{}", at % 20, at % 7)));
        counters.add(&Packet {
            fragment: true,
            source_port: 0,
            destination_port: 0,
            length: 1500,
            ..packet(at, &format!("198.51.{}.9", at % 20))
        });
    }
    for at in 0..30_000u64 {
        let [_, _, a, b] = (at as u32).wrapping_mul(2_654_435_761).to_be_bytes();
        counters.add(&Packet {
            protocol: 6,
            source_port: (at % 60_000) as u16 + 1024,
            destination_port: 443,
            tcp_flags: 2,
            length: 40,
            hops: (at % 200) as u8,
            ..packet(at, &format!("{}.{a}.{b}.1", 11 + at % 90))
        });
    }
    for at in 0..1000u64 {
        counters.add(&Packet {
            protocol: 6,
            source_port: 50_000,
            destination_port: 443,
            tcp_flags: 24,
            ..packet(at, "203.0.113.77")
        });
    }
    counters
}

fn prefix(text: &str) -> Prefix {
    let What::Prefix(found) = What::read(text).unwrap() else {
        panic!("no prefix");
    };
    found
}

#[test]
fn a_flood_is_told_in_its_parts_and_a_client_among_it_is_not_in_it() {
    let found = flood().fingerprint().unwrap();
    assert_eq!((found.packets, found.vectors.len()), (151_000, 3));
    let dns = found
        .vectors
        .iter()
        .find(|v| v.source_ports == [53])
        .unwrap();
    assert_eq!(
        (dns.packets, dns.lengths, dns.hops),
        (60_000, (1401, 1448), (50, 53))
    );
    assert_eq!((dns.destination_ports.len(), dns.sources.len()), (0, 20));
    assert_eq!(dns.sources[0].1, 3000);
    let fragments = found.vectors.iter().find(|v| v.fragments).unwrap();
    assert_eq!(
        (fragments.lengths, fragments.source_ports.len()),
        ((1500, 1500), 0)
    );
    let syn = found.vectors.iter().find(|v| v.protocol == 6).unwrap();
    assert_eq!(
        (syn.tcp_flags, syn.destination_ports.as_slice(), syn.lengths),
        (Some(2), &[443][..], (40, 40))
    );
    let text = write(&found);
    assert!(!text.contains("203.0.113"), "a client is in it");
    assert_eq!(Counters::default().fingerprint(), None);
}

#[test]
fn a_fingerprint_goes_to_others_and_comes_back() {
    let found = flood().fingerprint().unwrap();
    assert_eq!(read(write(&found).as_bytes()), Ok(found));
}

#[test]
fn a_fingerprint_of_others_stays_within_its_bounds() {
    let good = write(&flood().fingerprint().unwrap());
    let check = |from: &str, to: &str, expected: &str| {
        assert!(good.contains(from), "{from}");
        let error = read(good.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(error, ShareError::Member(expected.to_owned()), "{to}");
    };
    check("\"version\":1", "\"version\":2", "version");
    check("\"bytes\":", "\"payload\":", "payload");
    check("198.51.0.0/24", "198.51.0.0/32", "prefix");
    check("198.51.0.0/24", "192.0.0.0/6", "prefix");
    check("\"hops\":[50,53]", "\"hops\":[53,50]", "hops");
    check("\"hops\":[50,53]", "\"hops\":[50,300]", "hops");
    check(
        "\"source_ports\":[53]",
        "\"source_ports\":[99999]",
        "source_ports",
    );
    assert!(matches!(read(b"{"), Err(ShareError::Json(_))));
}

#[test]
fn rules_are_for_one_prefix_and_say_what_they_drop() {
    let found = flood().fingerprint().unwrap();
    let protect = prefix("203.0.113.0/24");
    let nft = nftables(&found, &protect).unwrap();
    assert!(nft.starts_with("table ip sakimori_flood {\n\tset sources0 {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = { 198.51."));
    assert!(nft.contains("\t\tip daddr 203.0.113.0/24 ip saddr @sources0 ip protocol udp udp sport { 53 } ip length 1401-1448 ip ttl 50-53 counter drop\n"), "{nft}");
    assert!(nft.contains(" ip protocol udp ip frag-off & 0x1fff != 0 ip length 1500-1500"));
    let every = |text: &str, line: &str, wanted: &str| {
        let lines: Vec<&str> = text.lines().filter(|l| l.contains(line)).collect();
        assert!(
            !lines.is_empty() && lines.iter().all(|l| l.contains(wanted)),
            "{text}"
        );
    };
    every(&nft, "counter drop", "daddr 203.0.113.0/24");
    let gobgp = flowspec_gobgp(&found, &protect).unwrap();
    let first =
        "gobgp global rib add -a ipv4-flowspec match destination 203.0.113.0/24 source 198.51.";
    every(&gobgp, "gobgp", "destination 203.0.113.0/24");
    assert!(gobgp.starts_with(first), "{gobgp}");
    assert!(
        gobgp.contains("protocol udp source-port ==53 packet-length '>=1401&<=1448' then discard")
    );
    let exabgp = flowspec_exabgp(&found, &protect).unwrap();
    assert!(exabgp.contains("\t\t\tdestination 203.0.113.0/24;\n\t\t\tsource 198.51."));
    assert!(
        exabgp.contains("\t\t\tsource-port =53;\n\t\t\tpacket-length >=1401&<=1448;\n"),
        "{exabgp}"
    );
    assert!(exabgp.contains("\t\t\tfragment [ is-fragment ];\n"));
}

#[test]
fn a_rule_that_would_take_too_much_is_not_made() {
    let found = flood().fingerprint().unwrap();
    assert_eq!(
        nftables(&found, &prefix("202.0.0.0/15")),
        Err(ExportError::Wide)
    );
    let mut bare = found;
    bare.vectors.retain(|vector| vector.protocol == 6);
    bare.vectors
        .iter_mut()
        .for_each(|vector| vector.sources.clear());
    for made in [nftables, flowspec_exabgp, flowspec_gobgp] {
        assert_eq!(
            made(&bare, &prefix("203.0.113.0/24")),
            Err(ExportError::Nothing)
        );
    }
    let v6 = prefix("2001:db8::/32");
    assert_eq!(nftables(&bare, &v6), Err(ExportError::Nothing));
}
