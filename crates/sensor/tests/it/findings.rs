//! The labelled captures under the default pack: what is in them is found, nothing else is.

use crate::run::{Told, pipeline, stream};
use crate::twins::abroad;
use sakimori_detect::finding::Finding;
use sakimori_select::Pack;
use sakimori_sensor::limits::FLOWS_MAX;
use sakimori_testkit::capture::{Captured, packets};
use sakimori_testkit::{data, files_below};
use std::fs::File;
use std::io::{Cursor, Read};
use std::net::Ipv4Addr;

fn told(input: impl Read + 'static, home: &[&str]) -> Told {
    let pipeline = pipeline(Pack::default_source(), home, FLOWS_MAX);
    let told = Told::of(&stream(input, pipeline));
    told.check();
    told
}

fn named(finding: &Finding) -> String {
    let destination = finding
        .destination
        .map_or_else(|| "*".to_owned(), |d| d.to_string());
    let port = finding
        .port
        .map_or_else(String::new, |port| format!(" port {port}"));
    let name = finding.behaviour.name();
    format!("{name} {} -> {destination}{port}", finding.source)
}

fn names(told: &Told) -> Vec<String> {
    told.findings.iter().map(named).collect()
}

const BEACON: &str = "beacon 147.32.80.37 -> 141.193.213.21 port 443";
const SCAN: &str = "vertical-scan 172.16.0.8 -> 64.13.134.52";

/// Every labelled capture with the packets that are domestic, and what is found in it. The home is Japan and 147.32.0.0/16.
const LABELLED: &[(&str, u64, &[&str])] = &[
    ("beacon-c2/test-cc-capture-1.pcap", 0, &[BEACON]),
    ("benign/normal_00000_20230805150331.pcap", 30_000, &[]),
    ("bot/bot.pcap", 0, &[]),
    ("bot/emotet.pcap", 0, &[]),
    ("bot/ratinfected.pcapng", 779, &[]),
    (
        "bruteforce/CA_kerbrute_passwordspray_kerberos_AS-REQ.pcapng",
        33,
        &[],
    ),
    ("bruteforce/malicious-ssh-bruteforce.pcap", 1178, &[]),
    ("ddos/amp.TCP.reflection.SYNACK.pcap", 54, &[]),
    ("ddos/amp.UDP.isakmp.pcap", 1433, &[]),
    ("ddos/amp.UDP.snmp.src161.pcapng", 93, &[]),
    ("ddos/pkt.TCP.DOMINATE.syn.ecn.cwr.pcapng", 599, &[]),
    ("dga-fastflux/C2_Foudre_Backdoor_DGA.pcapng", 0, &[]),
    ("dns-tunnel/dns-tunnel-iodine.pcap", 434, &[]),
    (
        "dns-tunnel/dnscat2-txt_00001_20230903183304.pcap",
        7950,
        &[],
    ),
    ("dns-tunnel/iodine-cname.pcap", 4, &[]),
    ("exfil/dns_exfiltration.pcap", 300, &[]),
    ("exfil/icmp-tunnel.pcap", 863, &[]),
    ("lateral/LM_psexec_smb_dcerpc_epm_svcctl.pcapng", 264, &[]),
    ("scan/synscan.pcap", 0, &[SCAN]),
    ("scan/synscan.pcapng", 0, &[SCAN]),
    ("scan/test12-icmp-portscan.pcap", 37, &[]),
    ("scan/test8-malicious.pcap", 0, &[]),
];

#[test]
fn in_each_labelled_capture_is_found_what_is_in_it_and_nothing_else() {
    let test = "in_each_labelled_capture_is_found_what_is_in_it_and_nothing_else";
    let Some(labelled) = data(test, "labelled") else {
        return;
    };
    let mut seen = 0;
    for path in files_below(&labelled)
        .iter()
        .filter(|path| packets(path).is_some())
    {
        let name = path.strip_prefix(&labelled).unwrap().to_str().unwrap();
        let told = told(File::open(path).unwrap(), &["147.32.0.0/16"]);
        let row = LABELLED.iter().find(|row| row.0 == name);
        let &(_, domestic, found) = row.unwrap_or_else(|| panic!("{name} is not in the table"));
        assert_eq!(
            (told.sum(|w| w.domestic), names(&told)),
            (domestic, strings(found)),
            "{name}"
        );
        seen += 1;
    }
    assert_eq!(seen, LABELLED.len());
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// The same with every address abroad, so that the domestic ones are judged too: what is no beacon and no scan is none at any border.
#[test]
fn nothing_else_is_found_where_every_packet_crosses_the_border() {
    let test = "nothing_else_is_found_where_every_packet_crosses_the_border";
    let Some(labelled) = data(test, "labelled") else {
        return;
    };
    for (name, _, found) in LABELLED {
        let mut packets = packets(&labelled.join(name)).unwrap();
        packets.iter_mut().for_each(abroad);
        let told = told(Cursor::new(crate::ng::pcapng(&packets)), &[]);
        assert_eq!(
            told.findings.len(),
            found.len(),
            "{name}: {:?}",
            names(&told)
        );
    }
}

#[test]
fn the_beacon_has_its_numbers() {
    let Some(path) = data(
        "the_beacon_has_its_numbers",
        "labelled/beacon-c2/test-cc-capture-1.pcap",
    ) else {
        return;
    };
    let told = told(File::open(path).unwrap(), &["147.32.0.0/16"]);
    let beacon = &told.findings[0];
    // 295 client ports, two of which are used for a second connection.
    assert_eq!(beacon.count, 297);
    assert!(
        (2150..=2250).contains(&beacon.interval_ms),
        "{}",
        beacon.interval_ms
    );
    assert_eq!((beacon.last - beacon.first) / 1000, 664);
    assert!(beacon.confidence > 0.95, "{}", beacon.confidence);
    // Selected from the record that made it fire: the first after a minute of calls.
    assert!(beacon.records.len() > 250 && beacon.records.len() == told.records.len());
}

#[test]
fn the_scan_has_its_numbers() {
    for name in ["labelled/scan/synscan.pcapng", "labelled/scan/synscan.pcap"] {
        let Some(path) = data("the_scan_has_its_numbers", name) else {
            return;
        };
        let told = told(File::open(path).unwrap(), &[]);
        let scan = &told.findings[0];
        assert_eq!((scan.distinct, scan.port), (1000, None));
        assert!(
            scan.confidence > 0.8 && scan.records.len() > 1800,
            "{scan:?}"
        );
    }
}

/// Writes another address in the place of one, wherever it is source or destination of an IPv4 packet over Ethernet; with checksums made good, or left wrong.
fn moved(packets: &[Captured], from: Ipv4Addr, to: Ipv4Addr, good: bool) -> Vec<Captured> {
    let mut out = packets.to_vec();
    for packet in &mut out {
        for at in [26, 30] {
            if packet.bytes[at..at + 4] == from.octets() {
                packet.bytes[at..at + 4].copy_from_slice(&to.octets());
            }
        }
        if good {
            // UDP without a checksum is valid (RFC 768); the header has its own.
            packet.bytes[24..26].fill(0);
            packet.bytes[40..42].fill(0);
            let words = packet.bytes[14..34].as_chunks::<2>().0;
            let sum: u32 = words
                .iter()
                .map(|&word| u32::from(u16::from_be_bytes(word)))
                .sum();
            let folded = !((sum & 0xffff) + (sum >> 16)) as u16;
            packet.bytes[24..26].copy_from_slice(&folded.to_be_bytes());
        }
    }
    out
}

#[test]
fn domestic_names_are_discarded_and_foreign_ones_pass_without_a_finding() {
    let test = "domestic_names_are_discarded_and_foreign_ones_pass_without_a_finding";
    let Some(path) = data(test, "labelled/benign/normal_00000_20230805150331.pcap") else {
        return;
    };
    let domestic = told(File::open(&path).unwrap(), &[]);
    assert_eq!(
        (domestic.sum(|w| w.read), domestic.sum(|w| w.domestic)),
        (30_000, 30_000)
    );
    assert_eq!(
        (domestic.sum(|w| w.flows_opened), domestic.records.len()),
        (0, 0)
    );
    let packets = packets(&path).unwrap();
    // Whoever asks is the client; the other one is the server.
    let ask = packets.iter().find(|p| p.bytes[36..38] == [0, 53]).unwrap();
    let server = Ipv4Addr::from(*ask.bytes[30..34].first_chunk().unwrap());
    for foreign in ["9.9.9.9", "8.8.8.8", "193.0.14.129"] {
        for good in [true, false] {
            let moved = moved(&packets, server, foreign.parse().unwrap(), good);
            let told = told(Cursor::new(crate::ng::pcapng(&moved)), &[]);
            assert_eq!(
                (told.sum(|w| w.read), told.sum(|w| w.not_selected)),
                (30_000, 30_000)
            );
            assert!(told.sum(|w| w.flows_opened) > 5000);
            assert_eq!((names(&told), told.records.len()), (Vec::new(), 0));
        }
    }
}
