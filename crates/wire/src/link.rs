//! Link layers: from a captured frame to its IP packet. In: a pcap link type and bytes. Out: a [`Packet`]. Never: a frame read with another
//! link type than its capture names.
//!
//! Link types: <https://www.tcpdump.org/linktypes.html>.

use crate::ethernet::{self, by_ethertype};
use crate::ip::ip;
use crate::{Cursor, Error, Packet};

/// A link type of the pcap registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
}

/// Reads the headers of one captured frame.
///
/// # Errors
/// [`Error`] says which layer cannot be read; the frame is counted, nothing else is done with it.
///
/// # Cost
/// No allocation; fixed offsets for untagged Ethernet with plain IP and TCP or UDP.
pub fn packet(link: LinkType, bytes: &[u8]) -> Result<Packet<'_>, Error> {
    if link == LinkType::ETHERNET {
        return ethernet::frame(bytes, 0);
    }
    other(link, bytes).unwrap_or(Err(Error::Link))
}

/// Every link layer but Ethernet; `None` where it is cut off.
fn other(link: LinkType, bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    let mut c = Cursor::new(bytes);
    Some(match link.0 {
        0 | 108 => null(bytes)?,
        8 => ip(bytes.get(16..)?, 0),
        // Some captures of Cisco HDLC are marked as PPP; its address byte tells them apart.
        9 if matches!(bytes, [0x0f | 0x8f, 0, ..]) => hdlc(bytes)?,
        9 => ppp(bytes, 0),
        12 | 14 | 101 | 228 | 229 => ip(bytes, 0),
        50 | 104 => hdlc(bytes)?,
        51 => {
            c.take(6)?;
            ppp(c.rest(), 0)
        }
        105 => wifi(bytes, 0)?,
        106 => llc(bytes, 0)?,
        107 => frame_relay(bytes)?,
        113 => {
            c.u16()?;
            let hardware = c.u16()?;
            c.take(10)?;
            let kind = c.u16()?;
            cooked(hardware, kind, c.rest())?
        }
        119 | 163 => monitor(bytes)?,
        123 => {
            c.take(4)?;
            llc(c.rest(), 0)?
        }
        127 => radiotap(bytes)?,
        129 => by_ethertype(arcnet(bytes)?, bytes.get(8..)?, 0),
        149 | 258 => pktap(bytes)?,
        178 => juniper_ethernet(bytes)?,
        239 => nflog(bytes)?,
        276 => {
            let kind = c.u16()?;
            c.take(6)?;
            let hardware = c.u16()?;
            c.take(10)?;
            cooked(hardware, kind, c.rest())?
        }
        _ => Err(Error::UnknownLink),
    })
}

/// What a Linux cooked header announces: the protocol field is an ethertype only where the hardware type (`ARPHRD_`) says nothing else.
fn cooked(hardware: u16, kind: u16, bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    Some(match hardware {
        803 => radiotap(bytes)?,
        // Netlink: the field is a netlink family.
        824 => Ok(Packet::NotIp),
        _ => by_ethertype(kind, bytes, 0),
    })
}

/// BSD loopback: an address family in the capturing host's byte order, or big-endian.
fn null(bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    let (family, rest) = bytes.split_first_chunk::<4>()?;
    let families = [u32::from_le_bytes(*family), u32::from_be_bytes(*family)];
    // AF_INET, and AF_INET6 of the BSDs, Darwin, Linux and Windows.
    let is_ip = families
        .iter()
        .any(|f| matches!(f, 2 | 10 | 23 | 24 | 28 | 30));
    Some(if is_ip {
        ip(rest, 0)
    } else {
        Ok(Packet::NotIp)
    })
}

/// PPP, with or without address and control bytes and with a compressed protocol number (RFC 1661, RFC 1662).
pub(crate) fn ppp(bytes: &[u8], depth: usize) -> Result<Packet<'_>, Error> {
    let mut c = Cursor::new(bytes.strip_prefix(&[0xff, 0x03]).unwrap_or(bytes));
    let first = c.u8().ok_or(Error::Link)?;
    let number = if first & 1 == 1 {
        u16::from(first)
    } else {
        u16::from(first) << 8 | u16::from(c.u8().ok_or(Error::Link)?)
    };
    match number {
        0x0021 | 0x0057 => ip(c.rest(), depth),
        0x0281 | 0x0283 => ethernet::mpls(c.rest(), depth),
        _ => Ok(Packet::NotIp),
    }
}

/// PPP in HDLC framing, or Cisco HDLC.
fn hdlc(bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    if bytes.starts_with(&[0xff, 0x03]) {
        return Some(ppp(bytes, 0));
    }
    let mut c = Cursor::new(bytes);
    c.u16()?;
    let kind = c.u16()?;
    Some(by_ethertype(kind, c.rest(), 0))
}

/// RFC 2427: a Q.922 address of two to four bytes, the last one marked, then an NLPID.
fn frame_relay(bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    let mut c = Cursor::new(bytes);
    let marked = bytes.iter().take(4).position(|byte| byte & 1 == 1)?;
    c.take(marked + 1)?;
    let mut control = c.u8()?;
    if control != 0x03 {
        // Cisco: an ethertype at once.
        let kind = u16::from(control) << 8 | u16::from(c.u8()?);
        return Some(by_ethertype(kind, c.rest(), 0));
    }
    control = c.u8()?;
    if control == 0 {
        control = c.u8()?;
    }
    Some(match control {
        0xcc | 0x8e => ip(c.rest(), 0),
        0x80 => {
            let oui = c.array::<3>()?;
            let kind = c.u16()?;
            if oui == [0; 3] {
                by_ethertype(kind, c.rest(), 0)
            } else {
                Ok(Packet::NotIp)
            }
        }
        _ => Ok(Packet::NotIp),
    })
}

/// LLC with SNAP (IEEE 802.2, RFC 1042).
pub(crate) fn llc(bytes: &[u8], depth: usize) -> Option<Result<Packet<'_>, Error>> {
    let mut c = Cursor::new(bytes);
    let (dsap, ssap, control) = (c.u8()?, c.u8()?, c.u8()?);
    Some(match (dsap, ssap, control) {
        (0xaa, 0xaa, 3) => {
            let oui = c.array::<3>()?;
            let kind = c.u16()?;
            let known = oui == [0; 3] || oui == [0, 0, 0xf8];
            if known {
                by_ethertype(kind, c.rest(), depth)
            } else {
                Ok(Packet::NotIp)
            }
        }
        (6, 6, 3) => ip(c.rest(), depth),
        _ => Ok(Packet::NotIp),
    })
}

/// A radiotap header of a told length before an 802.11 frame.
fn radiotap(bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    let len = u16::from_le_bytes(*bytes.get(2..)?.first_chunk()?);
    wifi(bytes.get(usize::from(len)..)?, 0)
}

/// A Prism header of 144 bytes, or an AVS header that tells its magic number and length, before an 802.11 frame; drivers mix up the two.
fn monitor(bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    let (magic, rest) = bytes.split_first_chunk::<4>()?;
    let len = if u32::from_be_bytes(*magic) & 0xffff_f000 == 0x8021_1000 {
        u32::from_be_bytes(*rest.first_chunk()?) as usize
    } else {
        144
    };
    wifi(bytes.get(len..)?, 0)
}

/// IEEE 802.11 data frames that are not encrypted.
pub(crate) fn wifi(bytes: &[u8], depth: usize) -> Option<Result<Packet<'_>, Error>> {
    let control = u16::from_le_bytes(*bytes.first_chunk()?);
    let (kind, subtype) = (control >> 2 & 3, control >> 4 & 15);
    let protected = control & 0x4000 != 0;
    if kind != 2 || subtype & 4 != 0 || protected {
        return Some(Ok(Packet::NotIp));
    }
    let four_addresses = control & 0x0300 == 0x0300;
    let quality = subtype & 8 != 0;
    let order = control & 0x8000 != 0;
    let head = 24
        + if four_addresses { 6 } else { 0 }
        + if quality { 2 } else { 0 }
        + if quality && order { 4 } else { 0 };
    // A-MSDU: a bit of the quality field says that sub-frames follow.
    let aggregated = quality && bytes.get(head - if order { 6 } else { 2 })? & 0x80 != 0;
    let body = bytes.get(head + if aggregated { 14 } else { 0 }..)?;
    llc(body, depth)
}

/// Apple PKTAP, told by its header length; also found under a user link type.
fn pktap(bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    let word = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let (head, link) = (word(0)?, word(8)?);
    if !(108..=512).contains(&head) || matches!(link, 149 | 258) {
        return Some(Err(Error::UnknownLink));
    }
    Some(packet(LinkType(link), bytes.get(head as usize..)?))
}

/// Juniper's cookie header before Ethernet: magic, flags, and an extension whose length is told.
fn juniper_ethernet(bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    let mut c = Cursor::new(bytes);
    if c.array::<3>()? != *b"MGC" {
        return Some(Err(Error::Link));
    }
    let flags = c.u8()?;
    if flags & 0x80 != 0 {
        c.vec16()?;
    }
    // Bit 1: no link-layer header; the packet follows behind a protocol family.
    if flags & 2 != 0 {
        c.u32()?;
        return Some(ip(c.rest(), 0));
    }
    Some(ethernet::frame(c.rest(), 0))
}

/// Linux netfilter log: a family, then typed attributes; number 9 is the payload.
fn nflog(bytes: &[u8]) -> Option<Result<Packet<'_>, Error>> {
    let mut c = Cursor::new(bytes);
    let family = c.u8()?;
    c.take(3)?;
    if !matches!(family, 2 | 10) {
        return Some(Ok(Packet::NotIp));
    }
    loop {
        let head = c.array::<4>()?;
        let len = usize::from(u16::from_le_bytes([head[0], head[1]])).checked_sub(4)?;
        let kind = u16::from_le_bytes([head[2], head[3]]) & 0x7fff;
        let value = c.take(len)?;
        if kind == 9 {
            return Some(ip(value, 0));
        }
        c.take(len.wrapping_neg() & 3)?;
    }
}

/// ARCNET protocol ids of RFC 1201 as ethertypes.
fn arcnet(bytes: &[u8]) -> Option<u16> {
    Some(match bytes.get(4)? {
        212 | 240 => 0x0800,
        196 => 0x86dd,
        _ => 0x0806,
    })
}
