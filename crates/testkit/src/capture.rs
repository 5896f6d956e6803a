//! A short reader of captures for tests, apart from the product's, so that the two can be held against each other. In: a file. Out: packets with
//! link type and time. Never: used by the product.

use std::path::Path;

/// A captured packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Link type of the pcap registry.
    pub link: u32,
    /// Milliseconds since 1970 UTC.
    pub millis: u64,
    /// The captured bytes.
    pub bytes: Vec<u8>,
}

fn word(bytes: &[u8], at: usize, big: bool) -> Option<u32> {
    let four = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(if big {
        u32::from_be_bytes(four)
    } else {
        u32::from_le_bytes(four)
    })
}

/// Every packet up to the first damage; `None` for a file of another kind.
pub fn packets(path: &Path) -> Option<Vec<Captured>> {
    let bytes = std::fs::read(path).ok()?;
    let mut out = Vec::new();
    match word(&bytes, 0, true)? {
        0x0a0d_0d0a => {
            let _ = pcapng(&bytes, &mut out);
        }
        magic => {
            let (big, nanos) = match magic {
                0xa1b2_c3d4 => (true, false),
                0xd4c3_b2a1 => (false, false),
                0xa1b2_3c4d => (true, true),
                0x4d3c_b2a1 => (false, true),
                _ => return None,
            };
            let _ = pcap(&bytes, big, nanos, &mut out);
        }
    }
    Some(out)
}

fn pcap(bytes: &[u8], big: bool, nanos: bool, out: &mut Vec<Captured>) -> Option<()> {
    let link = word(bytes, 20, big)? & 0xffff;
    let mut at = 24;
    loop {
        let (seconds, part) = (word(bytes, at, big)?, word(bytes, at + 4, big)?);
        let length = word(bytes, at + 8, big)? as usize;
        let data = bytes.get(at + 16..at + 16 + length)?.to_vec();
        let divisor = if nanos { 1_000_000 } else { 1000 };
        let millis = u64::from(seconds) * 1000 + u64::from(part / divisor);
        out.push(Captured {
            link,
            millis,
            bytes: data,
        });
        at += 16 + length;
    }
}

fn pcapng(bytes: &[u8], out: &mut Vec<Captured>) -> Option<()> {
    let (mut at, mut big) = (0, false);
    let mut links = Vec::new();
    loop {
        let kind = word(bytes, at, big)?;
        if kind == 0x0a0d_0d0a {
            big = word(bytes, at + 8, true)? == 0x1a2b_3c4d;
            links.clear();
        }
        let length = word(bytes, at + 4, big)? as usize;
        let block = bytes.get(at..at + length.max(12))?;
        match kind {
            1 => links.push(if big {
                word(block, 8, big)? >> 16
            } else {
                word(block, 8, big)? & 0xffff
            }),
            6 => {
                let link = *links.get(word(block, 8, big)? as usize)?;
                let ticks =
                    u64::from(word(block, 12, big)?) << 32 | u64::from(word(block, 16, big)?);
                let captured = word(block, 20, big)? as usize;
                let data = block.get(28..28 + captured)?.to_vec();
                out.push(Captured {
                    link,
                    millis: ticks / 1000,
                    bytes: data,
                });
            }
            3 => {
                let original = word(block, 8, big)? as usize;
                let data = block
                    .get(12..12 + original.min(length.saturating_sub(16)))?
                    .to_vec();
                out.push(Captured {
                    link: *links.first()?,
                    millis: 0,
                    bytes: data,
                });
            }
            _ => {}
        }
        at += length.max(12);
    }
}
