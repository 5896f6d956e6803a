//! Twins (design 6.8): two captures that differ in nothing but content give the same bytes on the seal's pipe.
//!
//! `SAKIMORI_TWIN_PAIRS` sets the number of pairs, half from the captures, half made up; `SAKIMORI_SEED` what their content becomes.

use crate::mask::{Mask, May};
use crate::ng::pcapng;
use crate::run::{Told, identifying, pipeline, stream};
use crate::traffic::{Numbers, Talk, conversation, hello, packets};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sakimori_custody::identifier::IdentifierField;
use sakimori_testkit::capture::{self, Captured};
use sakimori_testkit::{data, files_below};
use sakimori_wire::{LinkType, Packet, packet};
use std::cell::Cell;
use std::io::Cursor;

/// Every flow leaves, so that whatever content could reach a record is seen; and behaviours.
pub(crate) const OPEN: &str = "sakimori/pack/v1\nid: twins-1\nissued: 2027-04-01T00:00:00Z\npurpose: every record is written\n\
    selector: 1 prefix ::/0\nselector: 2 behaviour beacon\nselector: 3 behaviour vertical-scan\nselector: 4 behaviour horizontal-scan\n";
/// The same, with names and fingerprints looked for that nobody has.
const NAMES: &str = "sakimori/pack/v1\nid: twins-2\nissued: 2027-04-01T00:00:00Z\npurpose: every record is written\n\
    selector: 1 prefix ::/0\nselector: 2 domain a-name-that.nobody-has.example\nselector: 3 subdomains another-name.example\n\
    selector: 4 ja4 t13d1516h2_8daaf6152771_02713d6af862\n";
/// Open flows: few captures have more, and those show eviction.
pub(crate) const FLOWS: usize = 4096;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

/// Private and special addresses become public foreign ones, so that their flows pass the border.
pub(crate) fn abroad(captured: &mut Captured) {
    let Ok(Packet::Ip(ip)) = packet(LinkType(captured.link), &captured.bytes) else {
        return;
    };
    let (source, destination) = (ip.source, ip.destination);
    let mapped = source.starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    let skip = if mapped { 12 } else { 0 };
    let header = [&source[skip..], &destination[skip..]].concat();
    let Some(at) = captured
        .bytes
        .windows(header.len())
        .rposition(|w| w == header)
    else {
        return;
    };
    for end in [at, at + header.len() / 2] {
        match &mut captured.bytes[end..] {
            [first @ (10 | 127), ..] if mapped => *first = 8,
            [192, second @ 168, ..] | [169, second @ 254, ..] if mapped => *second = 20,
            [172, second @ 16..=31, ..] if mapped => *second = 217,
            [first @ 0xfe, second, ..] if !mapped => (*first, *second) = (0x26, 0),
            _ => {}
        }
    }
}

/// The twin: the same packets with other content. Returns how many bytes were changed.
fn twin(
    original: &[Captured],
    (names, identify): (bool, bool),
    numbers: &mut Numbers,
) -> (Vec<Captured>, u64) {
    let mut mask = Mask::new(names, identify);
    let mut changed = 0;
    let change = |captured: &Captured| {
        let mut twin = captured.clone();
        for (at, may) in mask.content(captured) {
            let new = numbers.next() as u8;
            let fits = match may {
                May::Any => true,
                May::NoLineEnd => new != b'\n',
                May::NoDot => new != b'.' && captured.bytes[at] != b'.',
            };
            if fits {
                changed += u64::from(twin.bytes[at] != new);
                twin.bytes[at] = new;
            }
        }
        twin
    };
    let twins = original.iter().map(change).collect();
    (twins, changed)
}

/// Runs both; returns changed bytes and records written.
pub(crate) fn check(
    original: &[Captured],
    (names, identify): (bool, bool),
    numbers: &mut Numbers,
    what: &str,
) -> (u64, u64) {
    let pack = if names { NAMES } else { OPEN };
    let (twins, changed) = twin(original, (names, identify), numbers);
    let run = |packets: &[Captured]| {
        let input = Cursor::new(pcapng(packets));
        let machine = if identify {
            identifying(pack, &IdentifierField::ALL, FLOWS)
        } else {
            pipeline(pack, &[], FLOWS)
        };
        stream(input, machine)
    };
    let (one, other) = (run(original), run(&twins));
    if one != other {
        let (one, other) = (Told::of(&one), Told::of(&other));
        let pairs = one.records.iter().zip(&other.records);
        let first = pairs.enumerate().find(|(_, (one, other))| one != other);
        panic!(
            "{what} (names: {names}, identifiers: {identify}): the twins differ, in record {first:?}"
        );
    }
    (changed, Told::of(&one).end.map_or(0, |end| end.records))
}

#[test]
fn captures_and_their_twins_give_the_same_bytes_on_the_pipe() {
    let test = "captures_and_their_twins_give_the_same_bytes_on_the_pipe";
    let (Some(parse), Some(labelled)) = (data(test, "parse"), data(test, "labelled")) else {
        return;
    };
    let pairs = setting("SAKIMORI_TWIN_PAIRS", 4000) / 2;
    let mut numbers = Numbers(setting("SAKIMORI_SEED", 1));
    let files = files_below(&parse)
        .into_iter()
        .chain(files_below(&labelled));
    let captures: Vec<_> = files
        .filter_map(|path| {
            let mut packets = capture::packets(&path).filter(|packets| !packets.is_empty())?;
            packets.truncate(5000);
            packets.iter_mut().for_each(abroad);
            Some((path, packets))
        })
        .collect();
    assert!(captures.len() > 1600);
    let (mut changed, mut records) = (0, 0);
    for pair in 0..pairs as usize {
        let (path, packets) = &captures[pair % captures.len()];
        let round = pair / captures.len();
        let modes = (round % 2 == 1, pair % 2 == 1);
        let (bytes, written) = check(packets, modes, &mut numbers, &path.display().to_string());
        changed += bytes;
        records += written;
    }
    println!(
        "{pairs} pairs of captures; {changed} content bytes changed; {records} records written"
    );
    assert!(
        changed > 1000 * pairs && records > 5 * pairs,
        "{changed} bytes, {records} records"
    );
}

#[test]
fn made_traffic_and_its_twins_give_the_same_bytes_on_the_pipe() {
    let pairs = setting("SAKIMORI_TWIN_PAIRS", 4000) / 2;
    let talk =
        (0u8..10, 1u8.., any::<u16>(), any::<u64>()).prop_map(|(kind, host, port, seed)| Talk {
            kind,
            host,
            port,
            seed,
        });
    let given = (
        prop::collection::vec(talk, 1..8),
        any::<bool>(),
        any::<u64>(),
    );
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(pairs as u32)
    };
    let seed = setting("SAKIMORI_SEED", 1);
    let start = [seed.to_le_bytes(); 4].concat();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &start);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let (records, bytes) = (Cell::new(0), Cell::new(0));
    runner
        .run(&given, |(talks, names, other)| {
            let mut numbers = Numbers(other ^ seed);
            let (changed, written) = check(
                &packets(&talks),
                (names, other % 2 == 1),
                &mut numbers,
                &format!("{talks:?}"),
            );
            records.set(records.get() + written);
            bytes.set(bytes.get() + changed);
            Ok(())
        })
        .unwrap();
    let (records, bytes) = (records.get(), bytes.get());
    println!("{pairs} made pairs; {bytes} content bytes changed; {records} records written");
    assert!(records >= pairs && bytes > 100 * pairs);
}

/// First segments of other clients, each with the beginning of a hello of this length, of which `bytes` came.
fn beginnings(count: usize, length: [u8; 3], bytes: usize) -> Vec<Captured> {
    let message = [&[1][..], &length, &vec![b'A'; bytes]].concat();
    let record = [
        &[0x16, 3, 1][..],
        &(message.len() as u16).to_be_bytes(),
        &message,
    ]
    .concat();
    let segment = conversation(4433, &[record]).swap_remove(2);
    let of_client = |number: usize| {
        let mut captured = segment.clone();
        captured.bytes[27..30].copy_from_slice(&(number as u32).to_be_bytes()[1..]);
        captured
    };
    (0..count).map(of_client).collect()
}

/// Whether a flow may wait for the rest of its hello does not depend on what other flows say: hellos that wait, and twins of them that cannot be hellos.
#[test]
fn hellos_of_others_leave_a_hello_the_same_whatever_is_in_them() {
    let hello = hello(&mut Numbers(1));
    let (one, two) = hello.split_at(30);
    let flow = conversation(443, &[one.to_vec(), two.to_vec()]);
    // Whether the others come before the hello or between its halves, how many with how many bytes, and whether the hello is known then.
    for (at, count, bytes, known) in [
        (0, 10, 96, true),
        (0, 5000, 96, true),
        (3, 5000, 96, true),
        (0, 2500, 14_000, true),
        (3, 2500, 14_000, false),
    ] {
        let [waits, cannot] = [[0, 0x3f, 0], [0xff; 3]].map(|length| {
            let mut packets = flow.clone();
            packets.splice(at..at, beginnings(count, length, bytes));
            stream(
                Cursor::new(pcapng(&packets)),
                pipeline(OPEN, &[], 2 * FLOWS),
            )
        });
        let case = format!("{count} others of {bytes} bytes at {at}");
        assert!(waits == cannot, "{case}: the twins differ");
        let told = Told::of(&waits);
        told.check();
        assert_eq!(told.records.len(), count + 1, "{case}");
        let found = told.records.iter().filter(|record| record.ja4.is_some());
        assert_eq!(found.count(), usize::from(known), "{case}");
    }
}

/// The check can fail: a byte that decides makes twins differ.
#[test]
fn bytes_that_decide_are_seen_on_the_pipe() {
    let talk = |kind| Talk {
        kind,
        host: 9,
        port: 4000,
        seed: 3,
    };
    let mut numbers = Numbers(1);
    for (kind, marker, other) in [
        (0u8, &[0x81, 0x83][..], 1usize),
        (2, &[0x16, 3, 1][..], 0),
        (5, &b" HTTP/1.1"[..], 3),
    ] {
        let original = packets(&[talk(kind)]);
        let mut changed = original.clone();
        let hit = changed.iter_mut().find_map(|packet| {
            let at = packet
                .bytes
                .windows(marker.len())
                .rposition(|w| w == marker)?;
            packet.bytes[at + other] ^= 0x04;
            Some(())
        });
        assert!(hit.is_some());
        let run =
            |packets: &[Captured]| stream(Cursor::new(pcapng(packets)), pipeline(OPEN, &[], FLOWS));
        assert_ne!(run(&original), run(&changed), "kind {kind}");
        assert!(twin(&original, (false, false), &mut numbers).1 > 0);
    }
}
