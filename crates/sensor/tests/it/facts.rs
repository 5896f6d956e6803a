//! Facts and names, however the bytes that say them are cut into segments; and an output that does not depend on the hash seed.

use crate::ng::pcapng;
use crate::run::{self, Told, pipeline, stream};
use crate::traffic::{Talk, conversation, packets};
use sakimori_custody::record::{Application, HttpMethod, MechanicalRecord};
use sakimori_testkit::capture::Captured;
use std::io::Cursor;

/// Every flow leaves; 2 and 3 ask for names.
const PACK: &str = "sakimori/pack/v1\nid: facts-1\nissued: 2027-04-01T00:00:00Z\npurpose: every record\n\
    selector: 1 prefix ::/0\nselector: 2 domain evil.example\nselector: 3 subdomains bad.example\n";

fn told(packets: &[Captured], pack: &str) -> Vec<MechanicalRecord> {
    let bytes = stream(Cursor::new(pcapng(packets)), pipeline(pack, &[], 64));
    let told = Told::of(&bytes);
    told.check();
    told.records
}

/// The one record of a connection in which the client sends these segments.
fn record(port: u16, segments: &[&[u8]]) -> MechanicalRecord {
    let segments: Vec<_> = segments.iter().map(|segment| segment.to_vec()).collect();
    let records = told(&conversation(port, &segments), PACK);
    assert_eq!(records.len(), 1);
    records[0]
}

/// Cuts bytes in two at every place.
fn cuts(bytes: &[u8]) -> impl Iterator<Item = [&[u8]; 2]> {
    (1..bytes.len()).map(|at| {
        let (one, two) = bytes.split_at(at);
        [one, two]
    })
}

#[test]
fn the_application_is_known_wherever_its_first_bytes_are_cut() {
    let cases: [(u16, &[u8], Application); 5] = [
        (
            80,
            b"GET /index HTTP/1.1\r\nHost: www.example\r\n\r\n",
            Application::Http,
        ),
        (22, b"SSH-2.0-OpenSSH_9.2\r\n", Application::Other),
        (445, b"\x00\x00\x00\x40\xfeSMB", Application::Other),
        (
            53,
            b"\x00\x13\x07\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01",
            Application::Dns,
        ),
        (9999, b"nothing that is known", Application::Unknown),
    ];
    for (port, bytes, application) in cases {
        for two in cuts(bytes) {
            let record = record(port, &two);
            assert_eq!(
                record.application,
                application,
                "{bytes:?} cut at {}",
                two[0].len()
            );
        }
    }
}

#[test]
fn a_request_has_its_method_and_its_host_wherever_it_is_cut() {
    let request = b"POST /a HTTP/1.1\r\nAccept: */*\r\nhOsT: x.bad.example:80\r\n\r\n";
    for two in cuts(request) {
        let record = record(80, &two);
        assert_eq!(
            record.http_method,
            HttpMethod::Post,
            "cut at {}",
            two[0].len()
        );
        assert_eq!(
            record.selectors.as_slice(),
            [1, 3],
            "cut at {}",
            two[0].len()
        );
    }
}

#[test]
fn every_request_of_a_connection_is_asked_for_its_host() {
    let request = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();
    let (one, two) = (request("good.example"), request("evil.example"));
    let mut many: Vec<&[u8]> = vec![&one; 40];
    many.push(&two);
    assert_eq!(record(80, &many).selectors.as_slice(), [1, 2]);
}

#[test]
fn names_that_look_alike_are_not_asked_for() {
    let request = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();
    for (host, hit) in [
        ("evil.example", true),
        ("EVIL.example.", true),
        ("a.evil.example", false),
        ("notevil.example", false),
        ("bad.example", true),
        ("a.b.bad.example", true),
        ("notbad.example", false),
        ("bad.example.jp", false),
    ] {
        let found = record(80, &[&request(host)]).selectors.as_slice().len() > 1;
        assert_eq!(found, hit, "{host}");
    }
}

#[test]
fn the_output_does_not_depend_on_the_seed_of_the_hash() {
    let talks: Vec<_> = (0..200u16)
        .map(|n| Talk {
            kind: (n % 10) as u8,
            host: (n % 50) as u8 + 1,
            port: n * 7,
            seed: u64::from(n),
        })
        .collect();
    let file = pcapng(&packets(&talks));
    let streams = [[1, 2], [3, 4], [u64::MAX, 0]].map(|seed| {
        // Few flows, so that some are evicted.
        stream(Cursor::new(file.clone()), run::seeded(PACK, &[], 32, seed))
    });
    assert!(Told::of(&streams[0]).sum(|w| w.flows_evicted) > 0);
    assert!(streams[0] == streams[1] && streams[1] == streams[2]);
}
