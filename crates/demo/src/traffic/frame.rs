//! Frames of a capture. In: addresses, header fields, payload. Out: a pcap file's bytes, with correct lengths and checksums. Never: a packet longer than
//! an Ethernet frame.

use std::io::{self, Write};
use std::net::IpAddr;

/// Header of a pcap file: microseconds, Ethernet, little-endian.
const PCAP_HEADER: [u8; 24] = [
    0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
];
/// The two routers between which the capture is taken; locally administered addresses.
const ROUTERS: [[u8; 6]; 2] = [[2, 0x5a, 0x4b, 0, 0, 1], [2, 0x5a, 0x4b, 0, 0, 2]];

/// What stands in the headers of one packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Headers {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    /// Ports; type and code of ICMP in the first.
    pub(super) ports: (u16, u16),
    pub(super) protocol: u8,
    pub(super) sequence: u32,
    pub(super) acknowledged: u32,
    pub(super) flags: u8,
    pub(super) hops: u8,
    pub(super) id: u16,
    /// Whether it leaves the first router, for the Ethernet addresses.
    pub(super) outward: bool,
}

/// Writes frames and counts them.
pub(super) struct PcapWriter<'w> {
    out: io::BufWriter<&'w mut dyn Write>,
    frame: Vec<u8>,
    pub(super) packets: u64,
}

impl<'w> PcapWriter<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> io::Result<Self> {
        let mut out = io::BufWriter::with_capacity(1 << 18, out);
        out.write_all(&PCAP_HEADER)?;
        Ok(Self {
            out,
            frame: Vec::with_capacity(1600),
            packets: 0,
        })
    }

    /// Writes an IP packet; `micros` since 1970.
    pub(super) fn ip(&mut self, micros: u64, headers: &Headers, payload: &[u8]) -> io::Result<()> {
        self.frame.clear();
        let (from, to) = if headers.outward { (0, 1) } else { (1, 0) };
        self.frame.extend_from_slice(&ROUTERS[to]);
        self.frame.extend_from_slice(&ROUTERS[from]);
        let transport = transport(headers, payload);
        match (headers.source, headers.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let ends = [source.octets(), destination.octets()];
                self.frame.extend_from_slice(&[8, 0]);
                self.frame
                    .extend_from_slice(&ipv4(headers, ends, transport.len() + payload.len()));
                self.transport(headers, &ends, &transport, payload);
            }
            (source, destination) => {
                let ends = [sixteen(source), sixteen(destination)];
                self.frame.extend_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0]);
                let length = (transport.len() + payload.len()) as u16;
                self.frame.extend_from_slice(&length.to_be_bytes());
                self.frame
                    .extend_from_slice(&[headers.protocol, headers.hops]);
                self.frame.extend_from_slice(&ends[0]);
                self.frame.extend_from_slice(&ends[1]);
                self.transport(headers, &ends, &transport, payload);
            }
        }
        self.write(micros)
    }

    /// The two routers ask for each other: traffic that is no IP.
    pub(super) fn arp(&mut self, micros: u64) -> io::Result<()> {
        self.frame.clear();
        self.frame.extend_from_slice(&[0xff; 6]);
        self.frame.extend_from_slice(&ROUTERS[0]);
        self.frame
            .extend_from_slice(&[8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
        self.frame.extend_from_slice(&ROUTERS[0]);
        self.frame
            .extend_from_slice(&[192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2]);
        self.write(micros)
    }

    /// Adds the transport header with its checksum, and the payload.
    fn transport<const N: usize>(
        &mut self,
        headers: &Headers,
        ends: &[[u8; N]; 2],
        transport: &[u8],
        payload: &[u8],
    ) {
        let mut sum = add(add(0, transport), payload);
        if headers.protocol != 1 {
            sum = add(add(sum, &ends[0]), &ends[1]);
            sum += u64::from(headers.protocol) + (transport.len() + payload.len()) as u64;
        }
        let mut sum = folded(sum);
        if headers.protocol == 17 && sum == 0 {
            sum = 0xffff;
        }
        let at = self.frame.len();
        self.frame.extend_from_slice(transport);
        let place = match headers.protocol {
            6 => at + 16,
            17 => at + 6,
            _ => at + 2,
        };
        if let Some(place) = self.frame.get_mut(place..place + 2) {
            place.copy_from_slice(&sum.to_be_bytes());
        }
        self.frame.extend_from_slice(payload);
    }

    fn write(&mut self, micros: u64) -> io::Result<()> {
        let length = (self.frame.len() as u32).to_le_bytes();
        let mut head = [0; 16];
        head[..4].copy_from_slice(&((micros / 1_000_000) as u32).to_le_bytes());
        head[4..8].copy_from_slice(&((micros % 1_000_000) as u32).to_le_bytes());
        head[8..12].copy_from_slice(&length);
        head[12..].copy_from_slice(&length);
        self.out.write_all(&head)?;
        self.out.write_all(&self.frame)?;
        self.packets += 1;
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.out.flush()?;
        Ok(self.packets)
    }
}

const fn sixteen(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn ipv4(headers: &Headers, ends: [[u8; 4]; 2], behind: usize) -> [u8; 20] {
    let mut header = [
        0x45,
        0,
        0,
        0,
        0,
        0,
        0x40,
        0,
        headers.hops,
        headers.protocol,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ];
    header[2..4].copy_from_slice(&((20 + behind) as u16).to_be_bytes());
    header[4..6].copy_from_slice(&headers.id.to_be_bytes());
    header[12..16].copy_from_slice(&ends[0]);
    header[16..].copy_from_slice(&ends[1]);
    let sum = folded(add(0, &header));
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header
}

/// The transport header with a checksum of zero.
fn transport(headers: &Headers, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(32);
    let (source, destination) = headers.ports;
    match headers.protocol {
        6 => {
            let syn = headers.flags & 2 != 0;
            out.extend_from_slice(&source.to_be_bytes());
            out.extend_from_slice(&destination.to_be_bytes());
            out.extend_from_slice(&headers.sequence.to_be_bytes());
            out.extend_from_slice(&headers.acknowledged.to_be_bytes());
            out.extend_from_slice(&[if syn { 0x80 } else { 0x50 }, headers.flags]);
            out.extend_from_slice(&[0xfa, 0xf0, 0, 0, 0, 0]);
            if syn {
                // MSS 1400, window scale 7, SACK permitted.
                out.extend_from_slice(&[2, 4, 5, 0x78, 1, 3, 3, 7, 1, 1, 4, 2]);
            }
        }
        17 => {
            out.extend_from_slice(&source.to_be_bytes());
            out.extend_from_slice(&destination.to_be_bytes());
            out.extend_from_slice(&((8 + payload.len()) as u16).to_be_bytes());
            out.extend_from_slice(&[0, 0]);
        }
        _ => {
            // Echo request or reply; identifier and sequence number behind the checksum.
            let answer = headers.flags != 0;
            out.extend_from_slice(&[if answer { 0 } else { 8 }, 0, 0, 0]);
            out.extend_from_slice(&headers.ports.0.to_be_bytes());
            out.extend_from_slice(&(headers.sequence as u16).to_be_bytes());
        }
    }
    out
}

/// Adds bytes to a ones' complement sum (RFC 1071); every piece but the last has an even length.
fn add(sum: u64, bytes: &[u8]) -> u64 {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let whole: u64 = pairs
        .iter()
        .map(|&pair| u64::from(u16::from_be_bytes(pair)))
        .sum();
    sum + whole + rest.first().map_or(0, |&byte| u64::from(byte) << 8)
}

const fn folded(mut sum: u64) -> u16 {
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
