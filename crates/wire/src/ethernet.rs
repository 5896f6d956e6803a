//! Ethernet and what stacks on it: VLAN tags, MPLS, `PPPoE`, provider bridges, LLC. In: a frame. Out: the IP packet in it. Never: more than
//! [`crate::limits::TAGS_MAX`] tags.

use crate::ip::{ip, ipv4, ipv6};
use crate::limits::{TAGS_MAX, TUNNELS_MAX};
use crate::link::{llc, ppp};
use crate::{Cursor, Error, Packet};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// An Ethernet frame; `depth` counts the tunnels around it.
#[inline]
pub(crate) fn frame(bytes: &[u8], depth: usize) -> Result<Packet<'_>, Error> {
    let Some((head, rest)) = bytes.split_first_chunk::<14>() else {
        return Err(Error::Link);
    };
    let kind = u16::from_be_bytes([head[12], head[13]]);
    match kind {
        IPV4 => ipv4(rest, depth),
        IPV6 => ipv6(rest, depth),
        _ => by_ethertype(kind, rest, depth),
    }
}

/// What follows an ethertype, tags taken off.
pub(crate) fn by_ethertype(kind: u16, bytes: &[u8], depth: usize) -> Result<Packet<'_>, Error> {
    let mut c = Cursor::new(bytes);
    let mut kind = kind;
    for _ in 0..TAGS_MAX {
        match kind {
            IPV4 => return ipv4(c.rest(), depth),
            IPV6 => return ipv6(c.rest(), depth),
            // 802.1Q, 802.1ad, and two numbers used before it.
            0x8100 | 0x88a8 | 0x9100 | 0x9200 => {
                c.u16().ok_or(Error::Link)?;
                kind = c.u16().ok_or(Error::Link)?;
            }
            // 802.1BR: an E-tag of six bytes.
            0x893f => {
                c.take(6).ok_or(Error::Link)?;
                kind = c.u16().ok_or(Error::Link)?;
            }
            0x8847 | 0x8848 => return mpls(c.rest(), depth),
            // Frames in frames: 802.1ah behind a service tag of four bytes, FabricPath behind a tag of two.
            0x88e7 => return bridged(c.rest().get(4..), depth),
            0x8903 => return bridged(c.rest().get(2..), depth),
            0x8864 => {
                c.take(6).ok_or(Error::Link)?;
                return ppp(c.rest(), depth);
            }
            // An 802.3 length: LLC follows.
            // Each one counts as a level of nesting, or a frame of nothing but headers would exhaust the stack.
            0..=1500 if depth < TUNNELS_MAX => {
                return llc(c.rest(), depth + 1).unwrap_or(Ok(Packet::NotIp));
            }
            _ => return Ok(Packet::NotIp),
        }
    }
    Ok(Packet::NotIp)
}

/// A whole frame inside another one; one level of nesting.
fn bridged(inner: Option<&[u8]>, depth: usize) -> Result<Packet<'_>, Error> {
    match inner {
        Some(inner) if depth < TUNNELS_MAX => frame(inner, depth + 1),
        Some(_) => Ok(Packet::NotIp),
        None => Err(Error::Link),
    }
}

/// A label stack (RFC 3032); what follows is told by its first nibble, as routers do it.
pub(crate) fn mpls(bytes: &[u8], depth: usize) -> Result<Packet<'_>, Error> {
    let mut c = Cursor::new(bytes);
    for _ in 0..TAGS_MAX {
        let label = c.u32().ok_or(Error::Link)?;
        if label & 0x100 != 0 {
            let rest = c.rest();
            return match rest.first().map(|b| b >> 4) {
                Some(4 | 6) => ip(rest, depth),
                // A pseudowire control word, then Ethernet (RFC 4385, RFC 4448).
                Some(0) if depth < TUNNELS_MAX => {
                    frame(rest.get(4..).unwrap_or_default(), depth + 1).or(Ok(Packet::NotIp))
                }
                _ => Ok(Packet::NotIp),
            };
        }
    }
    Ok(Packet::NotIp)
}
