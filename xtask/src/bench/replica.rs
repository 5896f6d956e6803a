//! Makes a replica of a frame that belongs to other flows. In: an Ethernet frame and a mask. Out: the same frame with both outer IP addresses changed and
//! the checksums that cover them. Never: a change inside a tunnel; a frame that is not understood stays as it is.
//!
//! Incremental checksums: RFC 1624.

/// XORs `mask` into the second byte of both IPv4 addresses, or the sixth of both IPv6 addresses, of the outermost IP header.
pub(super) fn shift(frame: &mut [u8], mask: u8) {
    if mask == 0 {
        return;
    }
    match outermost(frame) {
        Some((0x0800, at)) => ipv4(frame.get_mut(at..).unwrap_or_default(), mask),
        Some((0x86dd, at)) => ipv6(frame.get_mut(at..).unwrap_or_default(), mask),
        _ => None,
    };
}

/// Ethertype and place of the outermost IP header, behind VLAN tags and `PPPoE`.
fn outermost(frame: &[u8]) -> Option<(u16, usize)> {
    let mut at = 12;
    for _ in 0..4 {
        match word(frame, at)? {
            0x8100 | 0x88a8 | 0x9100 => at += 4,
            0x8864 => {
                let kind = match word(frame, at + 8)? {
                    0x0021 => 0x0800,
                    0x0057 => 0x86dd,
                    _ => return None,
                };
                return Some((kind, at + 10));
            }
            kind => return Some((kind, at + 2)),
        }
    }
    None
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|two| u16::from_be_bytes(*two))
}

fn put(bytes: &mut [u8], at: usize, value: u16) -> Option<()> {
    *bytes.get_mut(at..)?.first_chunk_mut()? = value.to_be_bytes();
    Some(())
}

fn ipv4(packet: &mut [u8], mask: u8) -> Option<()> {
    let head = usize::from(packet.first()? & 15) * 4;
    let later = word(packet, 6)? & 0x1fff != 0;
    let protocol = *packet.get(9)?;
    let changes = change(packet, [12, 16], mask)?;
    mend(packet, 10, changes)?;
    if later {
        None
    } else {
        transport(packet, head, protocol, changes)
    }
}

fn ipv6(packet: &mut [u8], mask: u8) -> Option<()> {
    let protocol = *packet.get(6)?;
    let changes = change(packet, [12, 28], mask)?;
    transport(packet, 40, protocol, changes)
}

/// Changes the low byte of the words at `places`; returns each word before and after.
fn change(packet: &mut [u8], places: [usize; 2], mask: u8) -> Option<[(u16, u16); 2]> {
    let before = [word(packet, places[0])?, word(packet, places[1])?];
    let after = before.map(|value| value ^ u16::from(mask));
    put(packet, places[0], after[0])?;
    put(packet, places[1], after[1])?;
    Some([(before[0], after[0]), (before[1], after[1])])
}

fn transport(packet: &mut [u8], head: usize, protocol: u8, changes: [(u16, u16); 2]) -> Option<()> {
    match protocol {
        6 => mend(packet, head + 16, changes),
        58 => mend(packet, head + 2, changes),
        // A zero says that a UDP datagram has no checksum.
        17 if word(packet, head + 6)? != 0 => {
            mend(packet, head + 6, changes)?;
            if word(packet, head + 6)? == 0 {
                put(packet, head + 6, 0xffff)
            } else {
                Some(())
            }
        }
        _ => None,
    }
}

/// RFC 1624 §3, equation 3: HC' = ~(~HC + ~m + m').
fn mend(packet: &mut [u8], at: usize, changes: [(u16, u16); 2]) -> Option<()> {
    let mut sum = u32::from(!word(packet, at)?);
    for (before, after) in changes {
        sum += u32::from(!before) + u32::from(after);
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    put(packet, at, !(sum as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of RFC 1071 over words; 0xffff where the checksum inside is right.
    fn sum(parts: &[&[u8]]) -> u16 {
        let mut total = 0u32;
        for part in parts {
            for pair in part.chunks(2) {
                let low = pair.get(1).copied().unwrap_or(0);
                total += u32::from(u16::from_be_bytes([pair[0], low]));
            }
        }
        while total > 0xffff {
            total = (total & 0xffff) + (total >> 16);
        }
        total as u16
    }

    fn tagged_udp() -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend([0x81, 0, 0, 5, 8, 0]);
        frame.extend([
            0x45, 0, 0, 31, 1, 2, 0, 0, 64, 17, 0, 0, 10, 1, 2, 3, 192, 0, 2, 9,
        ]);
        frame.extend([0x13, 0x88, 0, 53, 0, 11, 0, 0, b'a', b'b', b'c']);
        let header = !sum(&[&frame[18..38]]);
        put(&mut frame, 28, header).unwrap();
        let pseudo = [0, 17, 0, 11];
        let body = !sum(&[&frame[30..38], &pseudo, &frame[38..]]);
        put(&mut frame, 44, body).unwrap();
        frame
    }

    #[test]
    fn addresses_change_and_both_checksums_stay_right() {
        for mask in 1..=255 {
            let (original, mut frame) = (tagged_udp(), tagged_udp());
            shift(&mut frame, mask);
            assert_eq!((frame[31], frame[35]), (1 ^ mask, mask));
            assert_eq!(sum(&[&frame[18..38]]), 0xffff, "mask {mask}");
            let pseudo = [0, 17, 0, 11];
            assert_eq!(
                sum(&[&frame[30..38], &pseudo, &frame[38..]]),
                0xffff,
                "mask {mask}"
            );
            shift(&mut frame, mask);
            assert_eq!(frame, original, "the same mask twice gives the frame back");
        }
    }

    #[test]
    fn a_cut_frame_is_left_without_panic() {
        let whole = tagged_udp();
        for end in 0..whole.len() {
            shift(&mut whole[..end].to_vec(), 7);
        }
    }
}
