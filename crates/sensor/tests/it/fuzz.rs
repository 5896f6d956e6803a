//! No bytes make anything that reads them panic. Each target is a function of bytes, so that an engine can call it as well; here its seeds are changed at random.
//!
//! `SAKIMORI_FUZZ_RUNS` sets the inputs per target, `SAKIMORI_SEED` what they become.

use crate::ng::pcapng;
use crate::run::{Told, identifying, pipeline, stream};
use crate::traffic::{Numbers, Talk, packets};
use sakimori_authority::gate::{self, Ask, Folder, SensorState};
use sakimori_custody::entry::{Envelope, StoredBody};
use sakimori_custody::frame::Frame;
use sakimori_custody::identifier::IdentifierField;
use sakimori_custody::time::Seconds;
use sakimori_select::Pack;
use sakimori_sensor::child::ChildConfig;
use sakimori_testkit::folder::{Plan, Sample, signer};
use sakimori_testkit::{data, files_below};
use sakimori_tlog::note::Note;
use sakimori_wire::identifiers::Commands;
use sakimori_wire::limits::NAME_BYTES_MAX;
use sakimori_wire::{LinkType, Packet, application, dns, http, ja4, packet, tls};
use std::io::Cursor;

/// Link types by the first byte, then a frame.
fn wire(bytes: &[u8]) {
    let (&link, frame) = bytes.split_first().unwrap_or((&1, &[]));
    let payload = match packet(LinkType(u32::from(link)), frame) {
        Ok(Packet::Ip(ip)) => ip.payload,
        _ => frame,
    };
    if let Ok(message) = dns::message(payload) {
        let _ = message.name(&mut [0; NAME_BYTES_MAX]);
    }
    if let Ok(found) = tls::client_hello(payload, &mut Vec::new()) {
        let _ = ja4::ja4(&found.hello);
    }
    let _ = (http::request(payload), dns::over_tcp(payload));
    if let Ok(mut commands) = Commands::begin(payload) {
        commands.read(payload, &mut |_, _| {});
    }
    let _ = (
        application::over_udp(53, 1, payload),
        application::over_tcp(1, 80, payload),
    );
}

/// A capture file of any form, through the whole pipeline; counters conserve whatever it holds.
fn capture(bytes: &[u8]) {
    let pack = "sakimori/pack/v1\nid: fuzz-1\nissued: 2027-04-01T00:00:00Z\npurpose: everything\n\
        selector: 1 prefix ::/0\nselector: 2 domain a.example\nselector: 3 behaviour beacon\nselector: 4 behaviour vertical-scan\n";
    for pipeline in [
        pipeline(pack, &[], 64),
        identifying(pack, &IdentifierField::ALL, 64),
    ] {
        Told::of(&stream(Cursor::new(bytes.to_vec()), pipeline)).check();
    }
}

/// The seal's pipe, as the supervisor reads it.
fn frames(mut bytes: &[u8]) {
    while let Ok((frame, length)) = Frame::decode(bytes) {
        let mut again = Vec::new();
        frame.encode(&mut again);
        assert_eq!(again, bytes[..length]);
        bytes = &bytes[length..];
    }
}

fn pack(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(pack) = Pack::parse_source(&text) {
        let canonical = pack.canonical_text();
        assert_eq!(
            Pack::parse_source(&canonical).unwrap().canonical_text(),
            canonical
        );
        let _ = sakimori_select::lint(pack.selectors());
    }
    let _ = Pack::from_note(bytes, signer("office").verifier());
}

fn note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_bytes(), bytes);
    }
}

fn envelope(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::decode(bytes) {
        assert_eq!(envelope.encode(), bytes);
    }
    if let Ok(stored) = StoredBody::decode(bytes) {
        assert_eq!(stored.encode(), bytes);
    }
}

fn config(bytes: &[u8]) {
    let _ = serde_json::from_slice::<ChildConfig>(bytes);
}

/// A folder whose files follow each other, each behind its length.
fn folder(bytes: &[u8]) {
    let mut rest = bytes;
    let mut file = || {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length)).min(behind.len());
        let (file, behind) = behind.split_at(length);
        rest = behind;
        Some(file.to_vec())
    };
    let folder = Folder {
        trust_root: file(),
        statement: file(),
        decision: file(),
        decision_body: file(),
        proof: file(),
        lease: file(),
        pack: file(),
        schedule: file(),
        software: file(),
        ruling: file(),
        suspensions: [file(), file(), file()],
    };
    let state = SensorState {
        trust_root: file(),
        ..SensorState::default()
    };
    if let Ok(trusted) = gate::trust(&folder, &state) {
        let ask = Ask {
            sensor: "s-01".parse().unwrap(),
            directions: Vec::new(),
            home_country: "JP".to_owned(),
            software: None,
            pack: Ok(([0; 32], sakimori_custody::coverage::Coverage::default())),
            now: Seconds(1_806_537_600),
        };
        assert!(
            gate::admit(&trusted, &folder, &state, &ask).is_err(),
            "the pack is another"
        );
    }
}

fn files(sample: &Sample) -> [Vec<u8>; 14] {
    let f = sample.folder.clone();
    let [by_commission, by_office, by_party] = f.suspensions;
    [
        f.trust_root,
        f.statement,
        f.decision_entry,
        f.decision_body,
        f.decision_proof,
        f.lease,
        f.pack,
        f.schedule,
        f.software,
        f.ruling,
        by_commission,
        by_office,
        by_party,
        sample.remembered.trust_root.clone(),
    ]
}

/// Changes bytes as fuzzers do: bits, bytes that stand at borders, pieces cut out, doubled and put together.
fn change(numbers: &mut Numbers, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(6) {
        let at = numbers.below(bytes.len() + 1);
        let length = numbers.below(64).min(bytes.len() - at);
        match numbers.below(8) {
            0 => bytes
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|b| *b ^= 1 << numbers.below(8)),
            1 => bytes
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|b| *b = [0, 1, 0x7f, 0x80, 0xff, b'\n'][numbers.below(6)]),
            2 => bytes.iter_mut().skip(at).take(4).for_each(|b| *b = 0xff),
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..at + length)),
            5 => {
                let piece = bytes[at..at + length].to_vec();
                bytes.splice(at..at, piece);
            }
            6 => {
                let piece = numbers.bytes(length);
                bytes.splice(at..at + length, piece);
            }
            _ => {
                let other = &seeds[numbers.below(seeds.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[numbers.below(other.len() + 1)..]);
            }
        }
    }
    bytes
}

fn check(target: fn(&[u8]), seeds: &[Vec<u8>]) {
    let setting =
        |name: &str, usual| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let mut numbers = Numbers(setting("SAKIMORI_SEED", 1));
    for seed in seeds {
        target(seed);
    }
    for _ in 0..setting("SAKIMORI_FUZZ_RUNS", 1500) {
        target(&change(&mut numbers, seeds));
    }
}

/// Small captures of the test data, where they are, and made ones.
fn captures() -> Vec<Vec<u8>> {
    let talk = |kind| Talk {
        kind,
        host: 9,
        port: 4000,
        seed: u64::from(kind),
    };
    let mut seeds: Vec<_> = (0..10)
        .map(|kind| pcapng(&packets(&[talk(kind)])))
        .collect();
    seeds.extend(edges());
    for path in data("captures as seeds", "parse")
        .iter()
        .flat_map(|root| files_below(root))
    {
        let small = path.metadata().is_ok_and(|m| m.len() < 4096);
        let named = path
            .extension()
            .is_some_and(|e| e == "pcap" || e == "pcapng");
        if small && named {
            seeds.push(std::fs::read(path).unwrap());
        }
    }
    seeds
}

/// Captures at the borders of the formats: each was, or could have been, a defect.
fn edges() -> Vec<Vec<u8>> {
    let mut edges = Vec::new();
    for magic in [
        0xa1b2_c3d4u32,
        0xa1b2_3c4d,
        0xa1b2_cd34,
        0x1c00_01ac,
        0x1c00_01ab,
    ] {
        for length in [0u32, 1, 13, 262_144, 262_145, u32::MAX] {
            let mut file = magic.to_le_bytes().to_vec();
            file.extend_from_slice(&[0xff; 16]);
            file.extend_from_slice(&1u32.to_le_bytes());
            file.extend_from_slice(&[0xff; 4]);
            // The latest time that a record can have.
            for word in [u32::MAX, u32::MAX, length, length, 0, 0] {
                file.extend_from_slice(&word.to_le_bytes());
            }
            file.extend_from_slice(&[0x45; 64]);
            edges.push(file);
        }
    }
    let section = pcapng(&[]);
    for resolution in [0u8, 3, 6, 9, 38, 39, 127, 128, 191, 192, 255] {
        let mut file = section.clone();
        for word in [1u32, 32, 1, 0, 9 | 1 << 16, u32::from(resolution), 0, 32] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        // Two packets without bytes, the first at the end of time.
        for time in [u32::MAX, 0] {
            for word in [6u32, 32, 0, time, time, 0, 0, 32] {
                file.extend_from_slice(&word.to_le_bytes());
            }
        }
        edges.push(file);
    }
    for told in [0u32, 11, 12, 13, 16 << 20, (16 << 20) + 1, u32::MAX] {
        let mut file = section.clone();
        file.extend_from_slice(&6u32.to_le_bytes());
        file.extend_from_slice(&told.to_le_bytes());
        file.extend_from_slice(&[0; 40]);
        edges.push(file);
    }
    edges
}

#[test]
fn no_frame_makes_a_parser_panic() {
    let talk = |kind| Talk {
        kind,
        host: 9,
        port: 4000,
        seed: u64::from(kind),
    };
    let made = (0..10).flat_map(|kind| packets(&[talk(kind)]));
    let seeds: Vec<_> = made
        .map(|packet| [&[1][..], &packet.bytes].concat())
        .collect();
    check(wire, &seeds);
}

#[test]
fn no_capture_makes_the_pipeline_panic_or_lose_a_packet() {
    check(capture, &captures());
}

#[test]
fn no_bytes_of_the_pipe_make_its_reader_panic() {
    let seeds = captures().into_iter().take(40);
    let streams: Vec<_> = seeds
        .map(|seed| stream(Cursor::new(seed), pipeline(Pack::default_source(), &[], 64)))
        .collect();
    check(frames, &streams);
}

#[test]
fn no_text_makes_the_readers_of_packs_and_notes_panic() {
    let sample = Plan::default().build();
    let mut texts = files(&sample).to_vec();
    texts.push(Pack::default_source().as_bytes().to_vec());
    check(pack, &texts);
    check(note, &texts);
}

#[test]
fn no_bytes_make_the_readers_of_entries_and_configurations_panic() {
    let sample = Plan::default().build();
    check(envelope, &files(&sample)[2..4]);
    let text = br#"{"pack":"x","home_country":"JP","home_prefixes":["147.32.0.0/16"],"directions":["out-in"],"seed":[1,2],"ticks":true}"#;
    check(config, &[text.to_vec()]);
}

#[test]
fn no_authority_folder_makes_the_gate_panic_or_yield() {
    let joined = files(&Plan::default().build())
        .iter()
        .fold(Vec::new(), |mut all, file| {
            all.extend_from_slice(&(file.len() as u16).to_be_bytes());
            all.extend_from_slice(file);
            all
        });
    check(folder, &[joined]);
}
