//! IPv4, IPv6 with its extension headers, and the ports behind them. In: bytes from the first byte of the IP header. Out: the fields of the
//! innermost packet. Never: reassembly; fragments are noted.
//!
//! RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 9260, RFC 792, RFC 4443.

use crate::limits::EXTENSIONS_MAX;
use crate::{Cursor, Error, Fragment, IpPacket, Packet, tunnel};

const TCP: u8 = 6;
const UDP: u8 = 17;
const AUTHENTICATION: u8 = 51;

/// Either version, told by the first nibble.
pub(crate) fn ip(bytes: &[u8], depth: usize) -> Result<Packet<'_>, Error> {
    match bytes.first().map(|b| b >> 4) {
        Some(4) => ipv4(bytes, depth),
        Some(6) => ipv6(bytes, depth),
        Some(_) => Err(Error::Malformed),
        None => Err(Error::Truncated),
    }
}

fn mapped(v4: [u8; 4]) -> [u8; 16] {
    let mut out = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0];
    if let Some(tail) = out.last_chunk_mut() {
        *tail = v4;
    }
    out
}

#[inline]
pub(crate) fn ipv4(bytes: &[u8], depth: usize) -> Result<Packet<'_>, Error> {
    let Some(h) = bytes.first_chunk::<20>() else {
        return Err(Error::Truncated);
    };
    let head = usize::from(h[0] & 15) * 4;
    if h[0] >> 4 != 4 || head < 20 {
        return Err(Error::Malformed);
    }
    let told = usize::from(u16::from_be_bytes([h[2], h[3]]));
    // A length of 0 is written by hosts that leave cutting to the network card.
    let total = if told == 0 { bytes.len() } else { told };
    if total < head {
        return Err(Error::Malformed);
    }
    let body = bytes
        .get(head..total.min(bytes.len()))
        .ok_or(Error::Truncated)?;
    let offset = u16::from_be_bytes([h[6], h[7]]);
    let fragment = match (offset & 0x1fff, offset & 0x2000) {
        (0, 0) => Fragment::Whole,
        (0, _) => Fragment::First,
        _ => Fragment::Later,
    };
    let mut outer = IpPacket {
        source: mapped([h[12], h[13], h[14], h[15]]),
        destination: mapped([h[16], h[17], h[18], h[19]]),
        protocol: h[9],
        source_port: 0,
        destination_port: 0,
        tcp_flags: 0,
        tcp_sequence: 0,
        ip_bytes: total as u32,
        fragment,
        payload: body,
    };
    if outer.protocol == AUTHENTICATION && fragment != Fragment::Later {
        // What cannot be stepped over stays what it is.
        let _ = extensions(&mut outer);
    }
    transport(outer, depth)
}

#[inline]
pub(crate) fn ipv6(bytes: &[u8], depth: usize) -> Result<Packet<'_>, Error> {
    let Some((h, rest)) = bytes.split_first_chunk::<40>() else {
        return Err(Error::Truncated);
    };
    if h[0] >> 4 != 6 {
        return Err(Error::Malformed);
    }
    let told = usize::from(u16::from_be_bytes([h[4], h[5]]));
    // 0 announces a jumbogram (RFC 2675) or a host that leaves cutting to the card.
    let length = if told == 0 { rest.len() } else { told };
    let body = rest.get(..length.min(rest.len())).unwrap_or_default();
    let mut outer = IpPacket {
        source: [0; 16],
        destination: [0; 16],
        protocol: h[6],
        source_port: 0,
        destination_port: 0,
        tcp_flags: 0,
        tcp_sequence: 0,
        ip_bytes: (40 + length) as u32,
        fragment: Fragment::Whole,
        payload: body,
    };
    outer.source.copy_from_slice(&h[8..24]);
    outer.destination.copy_from_slice(&h[24..40]);
    if !matches!(outer.protocol, TCP | UDP | 58) {
        extensions(&mut outer)?;
    }
    transport(outer, depth)
}

/// Walks the extension headers of RFC 8200 §4 and their like.
fn extensions(packet: &mut IpPacket<'_>) -> Result<(), Error> {
    let mut c = Cursor::new(packet.payload);
    for _ in 0..EXTENSIONS_MAX {
        let header = packet.protocol;
        let mut length = match header {
            // Hop-by-hop, routing, destination, mobility, HIP, shim6: units of 8 bytes behind the first 8.
            0 | 43 | 60 | 135 | 139 | 140 => 8,
            44 | 51 => 4,
            _ => break,
        };
        let (next, units) = c.u8().zip(c.u8()).ok_or(Error::Truncated)?;
        if header == 44 {
            let offset = c.u16().ok_or(Error::Truncated)?;
            c.u32().ok_or(Error::Truncated)?;
            packet.fragment = match (offset & 0xfff8, offset & 1) {
                (0, 0) => Fragment::Whole,
                (0, _) => Fragment::First,
                _ => Fragment::Later,
            };
        } else {
            // The authentication header counts units of 4 bytes behind the first 8.
            length = if header == 51 {
                6 + 4 * usize::from(units)
            } else {
                6 + length * usize::from(units)
            };
            c.take(length).ok_or(Error::Truncated)?;
        }
        packet.protocol = next;
        if packet.fragment == Fragment::Later {
            break;
        }
    }
    packet.payload = c.rest();
    Ok(())
}

/// Reads the ports, or what stands in their place, and looks into tunnels.
#[inline]
fn transport(mut packet: IpPacket<'_>, depth: usize) -> Result<Packet<'_>, Error> {
    if packet.fragment == Fragment::Later {
        packet.payload = &[];
        return Ok(Packet::Ip(packet));
    }
    let body = packet.payload;
    match packet.protocol {
        TCP => {
            let Some(ports) = body.first_chunk::<4>() else {
                return Err(Error::Truncated);
            };
            packet.source_port = u16::from_be_bytes([ports[0], ports[1]]);
            packet.destination_port = u16::from_be_bytes([ports[2], ports[3]]);
            packet.payload = &[];
            if let Some(h) = body.first_chunk::<14>() {
                packet.tcp_sequence = u32::from_be_bytes([h[4], h[5], h[6], h[7]]);
                packet.tcp_flags = h[13];
                let head = usize::from(h[12] >> 4) * 4;
                if head < 20 {
                    return Err(Error::Malformed);
                }
                packet.payload = body.get(head..).unwrap_or_default();
            }
        }
        UDP => {
            let Some(ports) = body.first_chunk::<4>() else {
                return Err(Error::Truncated);
            };
            packet.source_port = u16::from_be_bytes([ports[0], ports[1]]);
            packet.destination_port = u16::from_be_bytes([ports[2], ports[3]]);
            packet.payload = body.get(8..).unwrap_or_default();
            if tunnel::is_port(packet.source_port) || tunnel::is_port(packet.destination_port) {
                return Ok(Packet::Ip(tunnel::in_udp(&packet, depth).unwrap_or(packet)));
            }
        }
        132 => {
            let Some(ports) = body.first_chunk::<4>() else {
                return Err(Error::Truncated);
            };
            packet.source_port = u16::from_be_bytes([ports[0], ports[1]]);
            packet.destination_port = u16::from_be_bytes([ports[2], ports[3]]);
            packet.payload = body.get(12..).unwrap_or_default();
        }
        1 | 58 => {
            let Some(head) = body.first_chunk::<2>() else {
                return Err(Error::Truncated);
            };
            packet.source_port = u16::from(head[0]);
            packet.destination_port = u16::from(head[1]);
            packet.payload = body.get(4..).unwrap_or_default();
        }
        // IPv4, IPv6, GRE, and Ethernet behind a segment routing header (RFC 8986 §9).
        4 | 41 | 47 | 143 => {
            return Ok(Packet::Ip(tunnel::in_ip(&packet, depth).unwrap_or(packet)));
        }
        _ => {}
    }
    Ok(Packet::Ip(packet))
}
