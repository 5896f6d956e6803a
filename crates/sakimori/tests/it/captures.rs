//! Captures made for tests. In: numbers. Out: pcap files. Never: a packet of a real network.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Header of a pcap file: microseconds, Ethernet, little-endian. By itself a capture without a packet.
pub(crate) const HEADER: [u8; 24] = [
    0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
];

/// 2027-04-01T00:00:00Z.
const BEGIN_S: u32 = 1_806_537_600;

/// A prefix of which [`border`] has traffic; it is not of the home country.
pub(crate) const ABROAD: [u8; 3] = [25, 66, 135];

/// One Ethernet frame with an IPv4 header and a TCP header, addresses and ports as told.
fn frame(source: [u8; 4], destination: [u8; 4], ports: [u16; 2], flags: u8) -> Vec<u8> {
    let mut bytes = vec![2, 0x5a, 0x4b, 0, 0, 2, 2, 0x5a, 0x4b, 0, 0, 1, 8, 0];
    bytes.extend([0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0]);
    bytes.extend(source);
    bytes.extend(destination);
    bytes.extend(ports[0].to_be_bytes());
    bytes.extend(ports[1].to_be_bytes());
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0x20, 0, 0, 0, 0, 0]);
    bytes
}

/// Ports of each scan of [`scans`]: more than any threshold of the default pack.
const SCANNED: u16 = 400;

/// Writes a capture in which each first address of a pair tries many ports of the second, from a second on, and gets no answer.
///
/// # Errors
/// Those of the disk.
pub(crate) fn scans(path: &Path, begin_s: u32, pairs: &[([u8; 4], [u8; 4])]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(&HEADER)?;
    for port in 1..=SCANNED {
        for (source, destination) in pairs {
            let bytes = frame(*source, *destination, [40_000, port], 2);
            let length = (bytes.len() as u32).to_le_bytes();
            out.write_all(&begin_s.to_le_bytes())?;
            out.write_all(&(u32::from(port) * 1000).to_le_bytes())?;
            out.write_all(&length)?;
            out.write_all(&length)?;
            out.write_all(&bytes)?;
        }
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(())
}

/// Writes `minutes` minutes with `flows` short connections each from home to [`ABROAD`], and as many packets that do not matter. Every window of a minute has records.
///
/// # Errors
/// Those of the disk.
pub(crate) fn border(path: &Path, minutes: u32, flows: u32) -> io::Result<u64> {
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(&HEADER)?;
    let mut packets = 0;
    for minute in 0..minutes {
        for flow in 0..flows {
            let second = BEGIN_S + minute * 60 + flow * 50 / flows.max(1);
            // 133.0.0.0/8 is of Japan.
            let home = [133, 1, (flow >> 8) as u8, flow as u8];
            let [a, b, c] = ABROAD;
            let away = [a, b, c, (flow % 200) as u8];
            let ports = [20_000 + (minute % 40_000) as u16, 443];
            let back = [ports[1], ports[0]];
            let talk = [
                frame(home, away, ports, 2),
                frame(away, home, back, 0x12),
                frame(home, away, ports, 0x10),
                frame(home, away, ports, 0x11),
                frame(away, home, back, 0x11),
                frame(home, [133, 2, 0, 1], ports, 2),
            ];
            for (at, bytes) in (0u32..).zip(&talk) {
                let length = (bytes.len() as u32).to_le_bytes();
                out.write_all(&second.to_le_bytes())?;
                out.write_all(&(at * 1000).to_le_bytes())?;
                out.write_all(&length)?;
                out.write_all(&length)?;
                out.write_all(bytes)?;
                packets += 1;
            }
        }
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(packets)
}
