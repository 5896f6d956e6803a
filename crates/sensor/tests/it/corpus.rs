//! Every capture that there is: no panic, no hang, every packet counted as `capinfos` counts, little memory.

use crate::run::{Told, pipeline, stream};
use sakimori_custody::window::EndStatus;
use sakimori_select::Pack;
use sakimori_sensor::limits::FLOWS_MAX;
use sakimori_testkit::{data, files_below, program};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Most memory of this process, tests beside this one included, in kB.
const MEMORY_KB_MAX: u64 = 512 << 10;

/// The first four bytes of a file, unpacked.
fn magic(path: &Path) -> Option<[u8; 4]> {
    let mut four = [0; 4];
    let file = File::open(path).ok()?;
    sakimori_sensor::capture::unpacked(file)
        .ok()?
        .read_exact(&mut four)
        .ok()?;
    Some(four)
}

fn is_capture(path: &Path) -> bool {
    let captures: [[u8; 4]; 5] = [
        [0x0a, 0x0d, 0x0d, 0x0a],
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0xa1, 0xb2, 0xcd, 0x34],
        [0x1c, 0, 1, 0xac],
    ];
    magic(path).is_some_and(|mut four| {
        captures.contains(&four) || {
            four.reverse();
            captures.contains(&four)
        }
    })
}

/// What `capinfos` says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    /// It read all of this many packets.
    Whole(u64),
    /// It read this many packets up to damage.
    Damaged(u64),
    /// It does not know the link type of the file, which it therefore does not open.
    UnknownLink,
}

/// The one capture in which it counts otherwise: a fuzzed file, for whose broken second record it guesses another record layout (that of a Nokia firewall); it stops
/// at the third.
const GUESSED: (&str, Count) = ("suricata-verify/bug-6875-01/fuzz.pcap", Count::Damaged(2));

fn counts(capinfos: &Path, files: &[PathBuf]) -> HashMap<PathBuf, Count> {
    let mut counts = HashMap::new();
    for part in files.chunks(500) {
        let run = Command::new(capinfos)
            .args(["-T", "-r", "-m", "-c", "-M"])
            .args(part)
            .output()
            .unwrap();
        for line in String::from_utf8_lossy(&run.stdout).lines() {
            if let Some((path, packets)) = line.rsplit_once(',') {
                counts.insert(PathBuf::from(path), Count::Whole(packets.parse().unwrap()));
            }
        }
        for line in String::from_utf8_lossy(&run.stderr).lines() {
            let Some((before, path)) = line.split('"').next().zip(line.split('"').nth(1)) else {
                continue;
            };
            let path = PathBuf::from(path);
            let told = before.split_once("after reading ");
            let packets = told.and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
            let before = counts.get(&path).copied();
            let count = match (packets, before) {
                (Some(packets), _)
                | (None, Some(Count::Whole(packets) | Count::Damaged(packets))) => {
                    Count::Damaged(packets)
                }
                _ if line.contains("doesn't support") => Count::UnknownLink,
                _ => Count::Damaged(0),
            };
            counts.insert(path, count);
        }
    }
    counts
}

fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[test]
fn every_capture_is_read_to_its_end_and_counted_as_capinfos_counts() {
    let test = "every_capture_is_read_to_its_end_and_counted_as_capinfos_counts";
    let (Some(parse), Some(labelled)) = (data(test, "parse"), data(test, "labelled")) else {
        return;
    };
    let all = files_below(&parse)
        .into_iter()
        .chain(files_below(&labelled));
    let files: Vec<_> = all.filter(|path| is_capture(path)).collect();
    let capinfos = program(test, "capinfos");
    let counts = capinfos.map(|capinfos| counts(&capinfos, &files));
    let mut kinds = [0u64; 3];
    let mut packets = 0;
    for path in &files {
        let pipeline = pipeline(Pack::default_source(), &["147.32.0.0/16"], FLOWS_MAX);
        let told = Told::of(&stream(File::open(path).unwrap(), pipeline));
        let read = told.check();
        packets += read;
        let Some(counts) = &counts else { continue };
        let ours = match told.end.unwrap().status {
            EndStatus::Complete => Count::Whole(read),
            _ => Count::Damaged(read),
        };
        match counts.get(path) {
            Some(Count::UnknownLink) => {
                // Read all the same, and counted as what it is.
                assert_eq!(told.sum(|w| w.link), read, "{}", path.display());
                kinds[2] += 1;
            }
            Some(theirs) if path.ends_with(GUESSED.0) => {
                assert_eq!((*theirs, ours), (GUESSED.1, Count::Damaged(1)));
                kinds[1] += 1;
            }
            theirs => {
                assert_eq!(theirs, Some(&ours), "{}", path.display());
                kinds[usize::from(matches!(ours, Count::Damaged(_)))] += 1;
            }
        }
    }
    let peak = peak_kb();
    println!(
        "{} captures ({} whole, {} damaged, {} of unknown link types), {packets} packets, peak {peak:?} kB",
        files.len(),
        kinds[0],
        kinds[1],
        kinds[2]
    );
    assert!(files.len() > 1700, "{}", files.len());
    assert!(peak.is_none_or(|kb| kb < MEMORY_KB_MAX), "{peak:?}");
}
