//! Tunnels: the record takes the innermost IP header. In: an outer packet. Out: the inner one, or `None` where no inner one can be read. Never:
//! more than [`TUNNELS_MAX`] levels, or a guess on a port that is not the tunnel's own.

use crate::ip::ip;
use crate::limits::TUNNELS_MAX;
use crate::{Cursor, Error, IpPacket, Packet, ethernet};

fn inner<'a>(read: Result<Packet<'a>, Error>) -> Option<IpPacket<'a>> {
    match read {
        Ok(Packet::Ip(packet)) => Some(packet),
        _ => None,
    }
}

/// IP in IP (RFC 2003, RFC 4213, RFC 2473) and GRE.
pub(crate) fn in_ip<'a>(outer: &IpPacket<'a>, depth: usize) -> Option<IpPacket<'a>> {
    if depth >= TUNNELS_MAX {
        return None;
    }
    match outer.protocol {
        47 => gre(outer.payload, depth + 1),
        _ => inner(ip(outer.payload, depth + 1)),
    }
}

/// GRE version 0 (RFC 2784, RFC 2890) with IP, Ethernet or ERSPAN in it, and PPTP's version 1 (RFC 2637).
fn gre(bytes: &[u8], depth: usize) -> Option<IpPacket<'_>> {
    let mut c = Cursor::new(bytes);
    let (flags, kind) = (c.u16()?, c.u16()?);
    let bit = |mask: u16| usize::from(flags & mask != 0);
    match flags & 7 {
        0 => {
            // Checksum or routing bring four bytes, key and sequence four each.
            c.take(4 * (bit(0xc000) + bit(0x2000) + bit(0x1000)))?;
            let rest = c.rest();
            match kind {
                0x6558 => inner(ethernet::frame(rest, depth)),
                // ERSPAN II has 8 bytes; without a sequence number it is version I and has none.
                0x88be => inner(ethernet::frame(rest.get(8 * bit(0x1000)..)?, depth)),
                0x22eb => inner(ethernet::frame(rest.get(12..)?, depth)),
                _ => inner(ethernet::by_ethertype(kind, rest, depth)),
            }
        }
        1 if kind == 0x880b => {
            c.take(4 + 4 * (bit(0x1000) + usize::from(flags & 0x80 != 0)))?;
            inner(crate::link::ppp(c.rest(), depth))
        }
        _ => None,
    }
}

/// Tunnels over UDP, on their own ports only: Teredo, VXLAN, Geneve, GTP-U.
pub(crate) fn in_udp<'a>(outer: &IpPacket<'a>, depth: usize) -> Option<IpPacket<'a>> {
    if depth >= TUNNELS_MAX {
        return None;
    }
    let port = |number| outer.source_port == number || outer.destination_port == number;
    let bytes = outer.payload;
    if outer.destination_port == 4789 {
        vxlan(bytes, depth + 1)
    } else if outer.destination_port == 6081 {
        geneve(bytes, depth + 1)
    } else if port(2152) {
        gtp(bytes, depth + 1)
    } else if port(3544) {
        teredo(bytes, depth + 1)
    } else {
        None
    }
}

/// RFC 7348: the I flag, no other, reserved bytes zero.
fn vxlan(bytes: &[u8], depth: usize) -> Option<IpPacket<'_>> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    let plain = head[0] == 8 && head[1..4] == [0; 3] && head[7] == 0;
    plain.then(|| inner(ethernet::frame(rest, depth)))?
}

/// RFC 8926: version 0, a protocol type, options of a told length.
fn geneve(bytes: &[u8], depth: usize) -> Option<IpPacket<'_>> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    if head[0] >> 6 != 0 || head[7] != 0 {
        return None;
    }
    let rest = rest.get(4 * usize::from(head[0] & 0x3f)..)?;
    match u16::from_be_bytes([head[2], head[3]]) {
        0x6558 => inner(ethernet::frame(rest, depth)),
        kind => inner(ethernet::by_ethertype(kind, rest, depth)),
    }
}

/// 3GPP TS 29.281: version 1, protocol GTP, a G-PDU, with optional fields and extension headers.
fn gtp(bytes: &[u8], depth: usize) -> Option<IpPacket<'_>> {
    let mut c = Cursor::new(bytes);
    let (flags, kind, length) = (c.u8()?, c.u8()?, c.u16()?);
    c.u32()?;
    if flags >> 4 != 3 || kind != 255 || usize::from(length) > c.rest().len() {
        return None;
    }
    if flags & 7 != 0 {
        c.take(3)?;
        let mut next = c.u8()?;
        for _ in 0..8 {
            if next == 0 {
                break;
            }
            let units = usize::from(c.u8()?);
            let extension = c.take((units * 4).checked_sub(1)?)?;
            next = *extension.last()?;
        }
    }
    inner(ip(c.rest(), depth))
}

/// RFC 4380 §5.1.1: authentication and origin indications may stand before the IPv6 packet.
fn teredo(bytes: &[u8], depth: usize) -> Option<IpPacket<'_>> {
    let mut c = Cursor::new(bytes);
    if c.rest().starts_with(&[0, 1]) {
        c.u16()?;
        let (id, auth) = (c.u8()?, c.u8()?);
        c.take(usize::from(id) + usize::from(auth) + 9)?;
    }
    if c.rest().starts_with(&[0, 0]) {
        c.take(8)?;
    }
    (c.rest().first()? >> 4 == 6).then(|| inner(ip(c.rest(), depth)))?
}
