//! Tunnels: what somebody hides in names, queries and echoes, and how much of it can leave (row 10 of the threat table). In: captures of real tunnels. Out: bits, counted from the fields of
//! the records. Never: a bound that is taken from what happened to be seen.

use crate::ng::pcapng;
use crate::run::{Told, pipeline, stream};
use crate::traffic::Numbers;
use crate::twins::{FLOWS, OPEN, abroad, check};
use sakimori_custody::record::{Alpn, Application, HttpMethod, MechanicalRecord, RECORD_BYTES};
use sakimori_custody::record::{End, TlsVersion};
use sakimori_testkit::{capture, data, files_below};
use std::collections::BTreeSet;
use std::io::Cursor;

/// Most bits about one flow that payloads may decide, as SECURITY.md states them.
const BITS_OF_CONTENT: u32 = 192;

/// Bits that tell so many values apart.
fn bits(values: usize) -> u32 {
    usize::BITS - values.saturating_sub(1).leading_zeros()
}

/// Every field that payloads decide, at its widest: whatever a tunnel does, a record has no room for more.
fn room() -> u32 {
    // A JA4: transport, version, whether there is a name, two counts of two digits, two characters of the first ALPN, two hashes of twelve hex digits.
    let ja4 = bits(3) + bits(12) + bits(2) + 2 * bits(100) + 2 * bits(64) + 2 * 48;
    // Two numbers of 16 bits or none.
    let dns = 2 * bits(65_537);
    let coded = [
        Application::ALL.len(),
        HttpMethod::ALL.len(),
        TlsVersion::ALL.len(),
        Alpn::ALL.len(),
    ];
    ja4 + dns + coded.into_iter().map(bits).sum::<u32>()
}

/// What payloads decided in a record; how it ended is no payload's.
fn decided(record: &MechanicalRecord) -> String {
    format!(
        "{:?}",
        (
            record.application,
            record.dns_type,
            record.dns_rcode,
            record.http_method,
            record.tls_version,
            record.alpn,
            record.ja4,
        )
    )
}

#[test]
fn row_10_a_tunnel_gets_no_more_out_than_the_stated_bits_of_a_record() {
    assert!(room() <= BITS_OF_CONTENT, "{}", room());
    assert_eq!(RECORD_BYTES * 8, 1408, "a record has a fixed length");
    let test = "row_10_a_tunnel_gets_no_more_out_than_the_stated_bits_of_a_record";
    let (Some(dns), Some(exfil)) = (
        data(test, "labelled/dns-tunnel"),
        data(test, "labelled/exfil"),
    ) else {
        return;
    };
    let mut captures = 0;
    for path in files_below(&dns).into_iter().chain(files_below(&exfil)) {
        let Some(mut packets) = capture::packets(&path).filter(|p| !p.is_empty()) else {
            continue;
        };
        packets.truncate(5000);
        packets.iter_mut().for_each(abroad);
        let name = path.display().to_string();
        // Every name, answer and echo becomes another one, and the pipe says the same.
        let (changed, written) = check(&packets, (false, false), &mut Numbers(10), &name);
        let told = Told::of(&stream(
            Cursor::new(pcapng(&packets)),
            pipeline(OPEN, &[], FLOWS),
        ));
        assert_eq!(told.records.len() as u64, written, "{name}");
        let kinds: BTreeSet<_> = told.records.iter().map(decided).collect();
        let most = u64::from(bits(kinds.len())) * written;
        println!(
            "{name}: {changed} bytes of content changed nothing; {written} records with {} kinds of content, {most} bits at most",
            kinds.len()
        );
        assert!(changed > 1000 && written > 0, "{name}");
        assert!(most <= u64::from(BITS_OF_CONTENT) * written, "{name}");
        // What a tunnel carried is far more than what left of it.
        assert!(most / 8 < changed, "{name}");
        assert!(told.records.iter().all(|r| End::ALL.contains(&r.end)));
        captures += 1;
    }
    assert!(captures >= 5, "{captures}");
}
