//! The generated day, seen by the sensor's pipeline and by other people's tools. In: seeds. Out: verdicts. Never: a file that stays.

use sakimori_custody::evidence::{EvidenceEvent, Phase};
use sakimori_custody::frame::Frame;
use sakimori_custody::record::{Country, Direction, address};
use sakimori_custody::window::{EndStatus, WindowCounters};
use sakimori_demo::traffic::{Planted, Summary, write_day};
use sakimori_select::{Matcher, Pack};
use sakimori_sensor::capture::{Capture, Filled};
use sakimori_sensor::direction::Home;
use sakimori_sensor::pipeline::{Pipeline, PipelineConfig};
use std::process::Command;

fn day(seed: u64) -> (Vec<u8>, Summary) {
    let mut bytes = Vec::new();
    let summary = write_day(seed, &mut bytes).unwrap();
    (bytes, summary)
}

/// Runs the pipeline with the default pack and home JP; returns the final evidence and all windows.
fn sensed(capture: &[u8]) -> (Vec<EvidenceEvent>, Vec<WindowCounters>) {
    let pack = Pack::parse_source(Pack::default_source()).unwrap();
    let home = Home::country(Country::new(*b"JP").unwrap());
    let matcher = Matcher::new(&pack);
    let directions = Direction::ALL.to_vec();
    let config = PipelineConfig::new(home, directions, matcher, pack.behaviours(), [1, 2]);
    let (mut pipeline, mut input) = (Pipeline::new(config), Capture::new(capture));
    let mut batch = Vec::new();
    let status = loop {
        let filled = input.fill(&mut batch).unwrap();
        pipeline.push(&input, &batch);
        if let Filled::End(status) = filled {
            break status;
        }
    };
    assert_eq!(status, EndStatus::Complete);
    pipeline.finish(status, input.offset());
    let (mut events, mut windows) = (Vec::new(), Vec::new());
    let mut output = pipeline.output().as_slice();
    while !output.is_empty() {
        let (frame, length) = Frame::decode(output).unwrap();
        output = &output[length..];
        match frame {
            Frame::Evidence(event) if event.phase == Phase::Final => events.push(event),
            Frame::Window(window) => windows.push(window),
            _ => {}
        }
    }
    (events, windows)
}

fn found(event: &EvidenceEvent) -> Planted {
    Planted {
        behaviour: event.behaviour,
        source: address(event.source),
        destination: Some(address(event.destination)).filter(|a| !a.is_unspecified()),
        port: event.port,
    }
}

#[test]
fn the_default_pack_finds_what_was_planted_and_nothing_else() {
    for seed in [1, 2, 3, 20_270_401] {
        let (bytes, summary) = day(seed);
        let (events, windows) = sensed(&bytes);
        let mut all: Vec<Planted> = events.iter().map(found).collect();
        all.sort_by_key(|planted| planted.behaviour);
        assert_eq!(all, summary.truth, "seed {seed}");
        let sum = |count: fn(&WindowCounters) -> u64| windows.iter().map(count).sum::<u64>();
        assert_eq!(sum(|w| w.read), summary.packets, "seed {seed}");
        assert_eq!(
            sum(|w| w.link + w.truncated + w.malformed),
            0,
            "seed {seed}"
        );
        assert!(sum(|w| w.domestic) > summary.packets / 3, "seed {seed}");
        assert!(sum(|w| w.selected) * 20 < summary.packets, "seed {seed}");
    }
}

#[test]
fn a_seed_gives_the_same_bytes_each_time_and_another_seed_others() {
    let (first, summary) = day(5);
    assert_eq!((first.clone(), summary), day(5));
    assert_ne!(first, day(6).0);
}

#[test]
fn the_day_is_of_the_size_that_is_promised_and_in_the_order_of_time() {
    let (bytes, summary) = day(9);
    assert!(
        (200_000..400_000).contains(&summary.packets),
        "{}",
        summary.packets
    );
    assert_eq!(summary.hosts, 300);
    let (mut rest, mut before, mut packets) = (&bytes[24..], (0, 0), 0);
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let at = (word(0), word(4));
        assert!(at >= before, "packet {packets}");
        before = at;
        packets += 1;
        rest = &rest[16 + word(8) as usize..];
    }
    assert_eq!(packets, summary.packets);
}

#[test]
fn a_writer_that_fails_ends_the_day_with_its_error() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if self.0 < bytes.len() {
                return Err(std::io::ErrorKind::StorageFull.into());
            }
            self.0 -= bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = write_day(1, &mut Full(1 << 20)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}

#[test]
fn wireshark_finds_no_wrong_checksum_and_no_broken_hello() {
    let name = "wireshark_finds_no_wrong_checksum_and_no_broken_hello";
    let Some(tshark) = sakimori_testkit::program(name, "tshark") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.pcap");
    std::fs::write(&path, day(1).0).unwrap();
    let checks = ["ip", "tcp", "udp"].map(|of| format!("{of}.check_checksum:TRUE"));
    let bad = "ip.checksum.status==0 || tcp.checksum.status==0 || udp.checksum.status==0 || icmp.checksum.status==0 || (tcp && _ws.malformed)";
    let mut command = Command::new(tshark);
    for check in &checks {
        command.args(["-o", check]);
    }
    // The first of the day's packets are enough: all kinds of conversation are among them.
    let found = command
        .args(["-c", "40000", "-r"])
        .arg(&path)
        .args(["-Y", bad])
        .output()
        .unwrap();
    assert!(found.status.success());
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}
