//! What the first bytes of a flow speak. In: transport, ports and the first payload of one side. Out: a kind. Never: a look past
//! [`PREFIX_BYTES`] bytes, except for the two protocols whose own parsers decide (DNS, HTTP).
//!
//! These bytes feed a field and are thereby no content; every other byte may change without changing the answer:
//!
//! | where | bytes that decide |
//! |---|---|
//! | TCP, all ports | 0 to 5 (TLS record and message type; TPKT; SMB, to byte 7) |
//! | TCP, all ports | the longest mark of the list below that fits, at most 20 bytes |
//! | TCP, all ports | the HTTP/1 request line as [`http::request`] says |
//! | TCP and UDP, ports 53, 5353, 5355 | header and label lengths of the question as [`dns::message`] says |
//! | UDP, all ports | 0 to 4 (QUIC), 0 to 12 (SIP, SSDP) |
//! | UDP, ports 67, 68, 123, 161, 162 | 0 to 2, and whether there are 48 bytes |

use crate::{Incomplete, dns, http};

/// Bytes of the first payload that the tests here may read; they feed a field and are thereby no content.
pub const PREFIX_BYTES: usize = 24;

/// A recognised protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing that is recognised.
    Unknown,
    /// DNS, also multicast and link-local.
    Dns,
    /// TLS: a handshake record with a client hello.
    Tls,
    /// HTTP/1.
    Http,
    /// A recognised protocol without fields of its own.
    Other,
}

/// Ports on which DNS is looked for: DNS, mDNS, LLMNR.
pub const fn is_dns_port(port: u16) -> bool {
    matches!(port, 53 | 5353 | 5355)
}

/// What the first payload over UDP speaks.
pub fn over_udp(source_port: u16, destination_port: u16, payload: &[u8]) -> Kind {
    let port = |number| source_port == number || destination_port == number;
    let head = payload.get(..PREFIX_BYTES).unwrap_or(payload);
    if is_dns_port(source_port) || is_dns_port(destination_port) {
        return if dns::message(payload).is_ok() {
            Kind::Dns
        } else {
            Kind::Unknown
        };
    }
    let known = match head {
        // QUIC v1 and v2, long header (RFC 9000 §17.2, RFC 9369).
        [first, 0, 0, 0, 1, ..] | [first, 0x6b, 0x33, 0x43, 0xcf, ..] => first & 0xc0 == 0xc0,
        // NTP: versions 1 to 4, modes 1 to 5.
        [first, ..] if port(123) => {
            payload.len() >= 48
                && (1..=4).contains(&(first >> 3 & 7))
                && (1..=5).contains(&(first & 7))
        }
        // DHCP: BOOTREQUEST or BOOTREPLY on Ethernet.
        [1 | 2, 1, 6, ..] => port(67) || port(68),
        // SNMP: a sequence with a version number.
        [0x30, ..] => port(161) || port(162),
        _ => {
            head.starts_with(b"SIP/2.0 ")
                || head.starts_with(b"REGISTER sip")
                || head.starts_with(b"OPTIONS sip")
                || head.starts_with(b"INVITE sip")
                || head.starts_with(b"M-SEARCH *")
                || head.starts_with(b"NOTIFY * HTTP")
        }
    };
    if known { Kind::Other } else { Kind::Unknown }
}

/// What the first payload over TCP speaks; `Truncated` while it may still become clear.
///
/// # Errors
/// [`Incomplete::Truncated`] only: call again with more bytes of the same side.
pub fn over_tcp(
    source_port: u16,
    destination_port: u16,
    payload: &[u8],
) -> Result<Kind, Incomplete> {
    let head = payload.get(..PREFIX_BYTES).unwrap_or(payload);
    match head {
        [] => return Err(Incomplete::Truncated),
        [0x16, 3, 0..=4, _, _, 1, ..] => return Ok(Kind::Tls),
        [0x16] | [0x16, 3] | [0x16, 3, 0..=4] | [0x16, 3, 0..=4, _] | [0x16, 3, 0..=4, _, _] => {
            return Err(Incomplete::Truncated);
        }
        _ => {}
    }
    if is_dns_port(source_port) || is_dns_port(destination_port) {
        match dns::over_tcp(payload) {
            Ok(_) => return Ok(Kind::Dns),
            Err(Incomplete::Truncated) => return Err(Incomplete::Truncated),
            Err(Incomplete::Malformed) => {}
        }
    }
    if OTHERS.iter().any(|mark| head.starts_with(mark)) {
        return Ok(Kind::Other);
    }
    let fits = |mark: &[Option<u8>]| {
        let mut pairs = head.iter().zip(mark);
        pairs.all(|(byte, wanted)| wanted.is_none_or(|w| w == *byte))
    };
    if let Some(mark) = MASKED.iter().find(|mark| fits(mark)) {
        return if head.len() < mark.len() {
            Err(Incomplete::Truncated)
        } else {
            Ok(Kind::Other)
        };
    }
    if OTHERS.iter().any(|mark| mark.starts_with(head)) {
        return Err(Incomplete::Truncated);
    }
    match http::request(payload) {
        Ok(_) => Ok(Kind::Http),
        Err(Incomplete::Truncated) => Err(Incomplete::Truncated),
        Err(Incomplete::Malformed) => Ok(Kind::Unknown),
    }
}

/// Marks with bytes that may be anything: SMB over TCP and `NetBIOS`, RDP's TPKT with a connection request.
const MASKED: &[&[Option<u8>]] = &[
    &[
        Some(0),
        None,
        None,
        None,
        Some(0xff),
        Some(b'S'),
        Some(b'M'),
        Some(b'B'),
    ],
    &[
        Some(0),
        None,
        None,
        None,
        Some(0xfe),
        Some(b'S'),
        Some(b'M'),
        Some(b'B'),
    ],
    &[Some(3), Some(0), Some(0), None, None, Some(0xe0)],
];

/// First bytes of protocols that either side may begin with: SSH, FTP and SMTP greetings, POP3, IMAP, `BitTorrent`, IRC, RFB, HTTP answers and HTTP/2.
const OTHERS: &[&[u8]] = &[
    b"SSH-",
    b"220 ",
    b"220-",
    b"EHLO ",
    b"HELO ",
    b"USER ",
    b"+OK",
    b"* OK",
    b"\x13BitTorrent",
    b"NICK ",
    b"RFB 00",
    b"HTTP/1.",
    b"PRI * HTTP/2.0",
];
