//! The workloads of the benchmark. In: captures of the test data that the committed list names. Out: two pcap files, the same bytes on every machine.
//! Never: a file whose hash is not the listed one.
//!
//! W1 is the mix of all of them; W2 has the same without DNS and ICMP. Each source is moved to a random start within a minute and its span is
//! compressed to at most four; replicas differ in a byte of both addresses, so that they are flows of their own.

use super::replica;
use anyhow::{Context, Result, bail};
use sakimori_testkit::capture::{Captured, packets};
use sakimori_testkit::files_below;
use sakimori_wire::{LinkType, Packet, packet};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Largest source in bytes: no single capture decides the mix.
const SOURCE_BYTES_MAX: u64 = 4_200_000;
/// Start of every replica within this many milliseconds.
const START_MS: u64 = 60_000;
/// Longest span of a source, in milliseconds.
const SPAN_MS_MAX: u64 = 240_000;
/// Replicas of W1.
const MIX_REPLICAS: u32 = 24;
/// Packets that W2 has at least.
const WEB_PACKETS_MIN: usize = 2_200_000;
/// First packet of a workload, in milliseconds since 1970: 2026-01-01.
const EPOCH_MS: u64 = 1_767_225_600_000;

/// Folders of sources, and what in them floods a table and so is a workload of its own.
const FOLDERS: [&str; 7] = [
    "labelled",
    "parse/arkime",
    "parse/ja4",
    "parse/mercury",
    "parse/ndpi",
    "parse/retina",
    "parse/zeek",
];
const LEFT_OUT: [&str; 3] = [
    "labelled/ddos/",
    "labelled/scan/",
    "labelled/bruteforce/malicious-ssh",
];

/// A packet of a source: its source's number, milliseconds since the source's start, bytes.
struct Base {
    source: u32,
    millis: u64,
    bytes: Vec<u8>,
}

/// The list of sources, one `sha256  path` a line.
fn list() -> PathBuf {
    crate::root().join("xtask/data/bench-sources.txt")
}

/// Writes the list of sources anew from what is below `data`.
///
/// # Errors
/// Where a file cannot be read or the list not be written.
pub(super) fn write_list(data: &Path) -> Result<()> {
    let mut lines = Vec::new();
    for folder in FOLDERS {
        for path in files_below(&data.join(folder)) {
            let name = path.strip_prefix(data)?.to_string_lossy().into_owned();
            let large = path.metadata()?.len() >= SOURCE_BYTES_MAX;
            if large || LEFT_OUT.iter().any(|part| name.starts_with(part)) || !is_ethernet(&path) {
                continue;
            }
            let hash = hex(&Sha256::digest(std::fs::read(&path)?));
            lines.push(format!("{hash}  {name}\n"));
        }
    }
    std::fs::create_dir_all(list().parent().context("the list has no folder")?)?;
    std::fs::write(list(), lines.concat())
        .with_context(|| format!("cannot write {}", list().display()))?;
    eprintln!("{} sources in {}", lines.len(), list().display());
    Ok(())
}

fn is_ethernet(path: &Path) -> bool {
    let read = packets(path).unwrap_or_default();
    !read.is_empty()
        && read
            .iter()
            .all(|captured| captured.link == LinkType::ETHERNET.0)
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Reads every source of the list.
fn sources(data: &Path) -> Result<Vec<Base>> {
    let text = std::fs::read_to_string(list())
        .with_context(|| format!("cannot read {}", list().display()))?;
    let mut base = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let (wanted, name) = line.split_once("  ").context("a line without a path")?;
        let path = data.join(name);
        let bytes =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if hex(&Sha256::digest(&bytes)) != wanted {
            bail!("{} is not the file that the list names", path.display());
        }
        let read = packets(&path).unwrap_or_default();
        base.extend(rebased(number as u32, read));
    }
    Ok(base)
}

/// Times from the source's start on, never backwards, compressed to the longest span.
fn rebased(source: u32, read: Vec<Captured>) -> impl Iterator<Item = Base> {
    let start = read.first().map_or(0, |first| first.millis);
    let mut clock = 0;
    let mut times: Vec<u64> = Vec::with_capacity(read.len());
    for captured in &read {
        clock = captured.millis.saturating_sub(start).max(clock);
        times.push(clock);
    }
    let span = clock.max(1);
    let fit = move |millis: u64| {
        if span <= SPAN_MS_MAX {
            return millis;
        }
        (u128::from(millis) * u128::from(SPAN_MS_MAX) / u128::from(span)) as u64
    };
    let times = times.into_iter().map(fit);
    read.into_iter()
        .zip(times)
        .map(move |(captured, millis)| Base {
            source,
            millis,
            bytes: captured.bytes,
        })
}

/// Start of a replica of a source: splitmix64 of both numbers.
fn start(source: u32, replica: u32) -> u64 {
    let mut x = (u64::from(replica) << 32 | u64::from(source)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ x >> 31) % START_MS
}

/// Whether a packet is part of W2.
fn is_web(bytes: &[u8]) -> bool {
    match packet(LinkType::ETHERNET, bytes) {
        Ok(Packet::Ip(p)) => {
            !matches!(p.protocol, 1 | 58) && p.source_port != 53 && p.destination_port != 53
        }
        _ => true,
    }
}

/// Builds both workloads in `folder`; returns each with its number of packets.
///
/// # Errors
/// Where a source is missing or changed, or a workload cannot be written.
pub(super) fn build(data: &Path, folder: &Path) -> Result<[(PathBuf, u64); 2]> {
    std::fs::create_dir_all(folder)?;
    let base = sources(data)?;
    let mix = folder.join("w1-mix.pcap");
    let all: Vec<&Base> = base.iter().collect();
    let mixed = write(&all, MIX_REPLICAS, &mix)?;
    let web = folder.join("w2-web.pcap");
    let part: Vec<&Base> = base.iter().filter(|b| is_web(&b.bytes)).collect();
    let replicas = WEB_PACKETS_MIN.div_ceil(part.len().max(1)) as u32;
    let webbed = write(&part, replicas, &web)?;
    eprintln!(
        "W1: {} packets of the sources, {MIX_REPLICAS} replicas; W2: {} and {replicas}",
        all.len(),
        part.len()
    );
    Ok([(mix, mixed), (web, webbed)])
}

/// Writes the replicas of `base` in the order of time.
fn write(base: &[&Base], replicas: u32, path: &Path) -> Result<u64> {
    let mut order: Vec<(u64, u32, u32)> = Vec::with_capacity(base.len() * replicas as usize);
    for replica in 0..replicas {
        let timed = base.iter().enumerate().map(|(at, packet)| {
            (
                packet.millis + start(packet.source, replica),
                replica,
                at as u32,
            )
        });
        order.extend(timed);
    }
    order.sort_unstable();
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    // A pcap file in microseconds, little-endian, version 2.4, of Ethernet.
    for number in [0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 262_144, 1u32] {
        out.write_all(&number.to_le_bytes())?;
    }
    let mut frame = Vec::new();
    for &(millis, replica, at) in &order {
        let Some(packet) = base.get(at as usize) else {
            continue;
        };
        frame.clear();
        frame.extend_from_slice(&packet.bytes);
        replica::shift(&mut frame, (7 * replica % 256) as u8);
        let time = EPOCH_MS + millis;
        let (seconds, micros) = ((time / 1000) as u32, (time % 1000 * 1000) as u32);
        let length = frame.len() as u32;
        for number in [seconds, micros, length, length] {
            out.write_all(&number.to_le_bytes())?;
        }
        out.write_all(&frame)?;
    }
    out.flush()?;
    Ok(order.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_source_is_compressed_and_its_clock_never_runs_backwards() {
        let at = |millis| Captured {
            link: 1,
            millis,
            bytes: vec![],
        };
        let long = vec![at(5_000), at(4_000), at(485_000), at(245_000)];
        let times: Vec<u64> = rebased(0, long).map(|packet| packet.millis).collect();
        assert_eq!(times, [0, 0, 240_000, 240_000]);
        let short = vec![at(5_000), at(6_000)];
        let times: Vec<u64> = rebased(0, short).map(|packet| packet.millis).collect();
        assert_eq!(times, [0, 1_000]);
    }

    #[test]
    fn starts_lie_within_a_minute_and_differ() {
        let starts: std::collections::BTreeSet<u64> = (0..100).map(|s| start(s, 3)).collect();
        assert!(starts.len() > 90 && starts.iter().all(|&s| s < START_MS));
    }
}
