//! The rules that are made of a fingerprint, read by the program that would load them.

use sakimori_custody::time::Millis;
use sakimori_exchange::ddos::{Counters, Packet, nftables};
use sakimori_exchange::list::What;
use std::io::Write;
use std::net::IpAddr;
use std::process::{Command, Stdio};

/// A flood of every protocol that rules name, with ports, flags and fragments.
fn flood(source: impl Fn(u64) -> IpAddr, icmp: u8) -> Counters {
    let mut counters = Counters::default();
    for at in 0..3000u64 {
        let udp = Packet {
            time: Millis(1_700_000_000_000 + at),
            source: source(at),
            protocol: 17,
            fragment: false,
            source_port: if at.is_multiple_of(2) { 53 } else { 123 },
            destination_port: at as u16,
            tcp_flags: 0,
            length: 1400,
            hops: 50,
        };
        let bare = Packet {
            source_port: 0,
            destination_port: 0,
            ..udp
        };
        counters.add(&udp);
        counters.add(&Packet {
            fragment: true,
            ..bare
        });
        counters.add(&Packet {
            protocol: 6,
            tcp_flags: 0x12,
            source_port: 80,
            destination_port: 443 + (at % 3) as u16,
            length: 60,
            ..udp
        });
        for protocol in [icmp, 47, 50] {
            counters.add(&Packet { protocol, ..bare });
        }
    }
    counters
}

#[test]
fn nftables_reads_the_rules_of_a_flood() {
    let test = "nftables_reads_the_rules_of_a_flood";
    let (Some(nft), Some(unshare)) = (
        sakimori_testkit::program(test, "nft"),
        sakimori_testkit::program(test, "unshare"),
    ) else {
        return;
    };
    let v4 = |at: u64| format!("198.51.{}.7", at % 9).parse().unwrap();
    let v6 = |at: u64| format!("2001:db8:{:x}::1", at % 9).parse().unwrap();
    for (counters, protect) in [
        (flood(v4, 1), "203.0.113.0/24"),
        (flood(v6, 58), "2001:db8:ffff::/48"),
    ] {
        let What::Prefix(protect) = What::read(protect).unwrap() else {
            panic!("no prefix");
        };
        let rules = nftables(&counters.fingerprint().unwrap(), &protect).unwrap();
        // In namespaces of its own it may check rules without being an administrator, and could load none here.
        let mut child = Command::new(&unshare)
            .args(["--map-root-user", "--net"])
            .arg(&nft)
            .args(["--check", "--file", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(rules.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{rules}");
    }
}
