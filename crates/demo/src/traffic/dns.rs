//! DNS messages (RFC 1035). In: a name, a type, an answer. Out: query and response. Never: compression beyond a pointer to the question.

use std::net::IpAddr;

/// Address of a host over IPv4.
pub(super) const A: u16 = 1;
/// Address of a host over IPv6.
pub(super) const AAAA: u16 = 28;

/// What a response says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// An address of the asked type.
    Address(IpAddr),
    /// The name exists, the type does not.
    Nothing,
    /// The name does not exist.
    NoName,
}

fn name(out: &mut Vec<u8>, name: &str) {
    for label in name.split('.') {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
}

/// A recursive query.
pub(super) fn query(id: u16, asked: &str, kind: u16) -> Vec<u8> {
    let mut out = id.to_be_bytes().to_vec();
    out.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    name(&mut out, asked);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&[0, 1]);
    out
}

/// The response to [`query`].
pub(super) fn response(id: u16, asked: &str, kind: u16, answer: Answer) -> Vec<u8> {
    let mut out = query(id, asked, kind);
    let code = if matches!(answer, Answer::NoName) {
        3
    } else {
        0
    };
    let mut data = Vec::new();
    match answer {
        Answer::Address(IpAddr::V4(v4)) => data.extend_from_slice(&v4.octets()),
        Answer::Address(IpAddr::V6(v6)) => data.extend_from_slice(&v6.octets()),
        Answer::Nothing | Answer::NoName => {}
    }
    let count = u8::from(!data.is_empty());
    for (place, byte) in out
        .iter_mut()
        .skip(2)
        .zip([0x81, 0x80 | code, 0, 1, 0, count])
    {
        *place = byte;
    }
    if count == 1 {
        out.extend_from_slice(&[0xc0, 12]);
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&[0, 1, 0, 0, 1, 44]);
        out.extend_from_slice(&(data.len() as u16).to_be_bytes());
        out.extend_from_slice(&data);
    }
    out
}
