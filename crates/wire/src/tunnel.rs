//! Tunnels: the record takes the innermost IP header. In: an outer packet. Out: the inner one, or `None` where no inner one can be read. Never:
//! more than [`TUNNELS_MAX`] levels, or a guess on a port that is not the tunnel's own.

use crate::ip::ip;
use crate::limits::TUNNELS_MAX;
use crate::{Cursor, Error, Fragment, IpPacket, Packet, ethernet, link};

const TEREDO: u16 = 3544;
const VXLAN: u16 = 4789;
const VXLAN_EXTENDED: u16 = 4790;
const GENEVE: u16 = 6081;
const GTP_USER: u16 = 2152;

fn inner(read: Result<Packet<'_>, Error>) -> Option<IpPacket<'_>> {
    match read {
        Ok(Packet::Ip(packet)) => Some(packet),
        _ => None,
    }
}

/// IP in IP (RFC 2003, RFC 4213, RFC 2473), GRE and Ethernet in IP.
#[cold]
pub(crate) fn in_ip<'a>(outer: &IpPacket<'a>, depth: usize) -> Option<IpPacket<'a>> {
    if depth >= TUNNELS_MAX {
        return None;
    }
    match outer.protocol {
        47 => gre(outer.payload, depth + 1),
        143 => inner(ethernet::frame(outer.payload, depth + 1)),
        _ => inner(ip(outer.payload, depth + 1)),
    }
}

/// GRE version 0 (RFC 2784, RFC 2890) with IP, Ethernet, PPP, ERSPAN or an access point's frames in it, and PPTP's version 1 (RFC 2637).
fn gre(bytes: &[u8], depth: usize) -> Option<IpPacket<'_>> {
    let mut c = Cursor::new(bytes);
    let (flags, kind) = (c.u16()?, c.u16()?);
    let bit = |mask: u16| usize::from(flags & mask != 0);
    match flags & 7 {
        // Source routes (bit 1) are gone since RFC 2784: what follows them cannot be known.
        0 if flags & 0x4000 == 0 => {
            // Checksum, key and sequence bring four bytes each.
            c.take(4 * (bit(0x8000) + bit(0x2000) + bit(0x1000)))?;
            in_gre(kind, bit(0x1000) == 1, c.rest(), depth)
        }
        1 if kind == 0x880b => {
            c.take(4 + 4 * (bit(0x1000) + usize::from(flags & 0x80 != 0)))?;
            inner(link::ppp(c.rest(), depth))
        }
        _ => None,
    }
}

/// What GRE version 0 carries, by its protocol type.
fn in_gre(kind: u16, sequenced: bool, bytes: &[u8], depth: usize) -> Option<IpPacket<'_>> {
    match kind {
        0x6558 => inner(ethernet::frame(bytes, depth)),
        0x880b => inner(link::ppp(bytes, depth)),
        // ERSPAN II has 8 bytes; without a sequence number it is version I and has none.
        0x88be => inner(ethernet::frame(
            bytes.get(if sequenced { 8 } else { 0 }..)?,
            depth,
        )),
        // ERSPAN III has 12, and 8 more where the last bit of them says so.
        0x22eb => {
            let (head, rest) = bytes.split_first_chunk::<12>()?;
            let more = if head[11] & 1 == 1 { 8 } else { 0 };
            inner(ethernet::frame(rest.get(more..)?, depth))
        }
        // WCCP: a redirect header of four bytes before the packet, from its version 2 on.
        0x883e => match bytes.first()? >> 4 {
            4 => inner(ip(bytes, depth)),
            _ => inner(ip(bytes.get(4..)?, depth)),
        },
        // Aruba's access points: 802.11 frames; the type tells the queue.
        0x8200..=0x8370 if kind.is_multiple_of(16) => inner(link::wifi(bytes, depth)?),
        0x0600.. => inner(ethernet::by_ethertype(kind, bytes, depth)),
        _ => None,
    }
}

/// Whether a port is that of a tunnel over UDP.
#[inline]
pub(crate) const fn is_port(port: u16) -> bool {
    matches!(port, TEREDO | VXLAN | VXLAN_EXTENDED | GENEVE | GTP_USER)
}

/// Tunnels over UDP, on their own ports only: Teredo, VXLAN, Geneve, GTP-U. The inner packet must fit into the outer one by its own length,
/// so that a datagram that only begins like a tunnel is not taken for one.
#[cold]
pub(crate) fn in_udp<'a>(outer: &IpPacket<'a>, depth: usize) -> Option<IpPacket<'a>> {
    if depth >= TUNNELS_MAX {
        return None;
    }
    let port = |number| outer.source_port == number || outer.destination_port == number;
    let bytes = outer.payload;
    let found = if port(VXLAN) || port(VXLAN_EXTENDED) {
        vxlan(bytes, depth + 1)
    } else if port(GENEVE) {
        geneve(bytes, depth + 1)
    } else if port(GTP_USER) {
        gtp(outer, depth + 1)
    } else {
        teredo(bytes, depth + 1)
    };
    // A first fragment announces an inner packet that ends in later ones.
    found.filter(|inner| inner.ip_bytes < outer.ip_bytes || outer.fragment == Fragment::First)
}

/// RFC 7348: the I flag, reserved bytes zero; with the fields of two extensions that set a flag of their own: a next protocol
/// (draft-ietf-nvo3-vxlan-gpe §3) and a group policy (draft-smith-vxlan-group-policy §2.1).
fn vxlan(bytes: &[u8], depth: usize) -> Option<IpPacket<'_>> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    match *head {
        [0x08, 0, 0, 0, _, _, _, 0] => inner(ethernet::frame(rest, depth)),
        [0x0c, 0, 0, next @ 1..=3, _, _, _, 0] => match next {
            3 => inner(ethernet::frame(rest, depth)),
            _ => inner(ip(rest, depth)),
        },
        [0x88, flags, _, _, _, _, _, 0] if flags & 0xb7 == 0 => inner(ethernet::frame(rest, depth)),
        _ => None,
    }
}

/// RFC 8926: version 0, data and not control, reserved bits zero, a protocol type, options of a told length.
fn geneve(bytes: &[u8], depth: usize) -> Option<IpPacket<'_>> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    if head[0] >> 6 != 0 || head[1] & 0xbf != 0 || head[7] != 0 {
        return None;
    }
    let rest = rest.get(4 * usize::from(head[0] & 0x3f)..)?;
    match u16::from_be_bytes([head[2], head[3]]) {
        0x6558 => inner(ethernet::frame(rest, depth)),
        kind @ 0x0600.. => inner(ethernet::by_ethertype(kind, rest, depth)),
        _ => None,
    }
}

/// 3GPP TS 29.281 §5: version 1, protocol GTP, a G-PDU, with optional fields and extension headers.
fn gtp<'a>(outer: &IpPacket<'a>, depth: usize) -> Option<IpPacket<'a>> {
    let mut c = Cursor::new(outer.payload);
    let (flags, kind, length) = (c.u8()?, c.u8()?, c.u16()?);
    c.u32()?;
    let fits = u32::from(length) < outer.ip_bytes || outer.fragment == Fragment::First;
    if flags >> 3 != 6 || kind != 255 || !fits {
        return None;
    }
    if flags & 7 != 0 {
        c.take(3)?;
        let told = c.u8()?;
        // The number of the next header counts only where its flag is set.
        let mut next = if flags & 4 == 0 { 0 } else { told };
        for _ in 0..8 {
            if next == 0 {
                break;
            }
            let units = usize::from(c.u8()?);
            let extension = c.take((units * 4).checked_sub(1)?)?;
            next = *extension.last()?;
        }
        if next != 0 {
            return None;
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
