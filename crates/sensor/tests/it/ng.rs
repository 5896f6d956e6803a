//! Writes pcapng: packets of any link types with their times.

use sakimori_testkit::capture::Captured;

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = (12 + body.len().next_multiple_of(4)) as u32;
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(body);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend_from_slice(&length.to_le_bytes());
}

/// One section with an interface for each link type, times in milliseconds.
pub(crate) fn pcapng(packets: &[Captured]) -> Vec<u8> {
    let mut links: Vec<u32> = Vec::new();
    let mut out = Vec::new();
    let mut head = 0x1a2b_3c4du32.to_le_bytes().to_vec();
    head.extend_from_slice(&[1, 0, 0, 0]);
    head.extend_from_slice(&[0xff; 8]);
    block(&mut out, 0x0a0d_0d0a, &head);
    for packet in packets {
        let at = links
            .iter()
            .position(|&link| link == packet.link)
            .unwrap_or_else(|| {
                let mut body = (packet.link as u16).to_le_bytes().to_vec();
                body.extend_from_slice(&[0; 6]);
                // if_tsresol: 10^-3.
                body.extend_from_slice(&[9, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
                block(&mut out, 1, &body);
                links.push(packet.link);
                links.len() - 1
            });
        let mut body = (at as u32).to_le_bytes().to_vec();
        body.extend_from_slice(&((packet.millis >> 32) as u32).to_le_bytes());
        body.extend_from_slice(&(packet.millis as u32).to_le_bytes());
        let length = (packet.bytes.len() as u32).to_le_bytes();
        body.extend_from_slice(&length);
        body.extend_from_slice(&length);
        body.extend_from_slice(&packet.bytes);
        block(&mut out, 6, &body);
    }
    out
}
