//! Captures made here: connections abroad, a few a minute, with a mark in every place for content.

/// What must never be seen outside.
pub(crate) const CANARY: &[u8] = b"canary-5f1e9a07c3";

/// 2027-04-01T02:00:00Z.
const BEGIN: u32 = 1_806_544_800;

pub(crate) fn header() -> Vec<u8> {
    let mut file = 0xa1b2_c3d4u32.to_le_bytes().to_vec();
    file.extend_from_slice(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend_from_slice(&262_144u32.to_le_bytes());
    file.extend_from_slice(&1u32.to_le_bytes());
    file
}

/// A packet of a client at home to a server abroad, or back.
pub(crate) fn record(seconds: u32, out: bool, protocol: u8, body: &[u8]) -> Vec<u8> {
    let (home, abroad) = ([133, 11, 0, 1], [8, 8, 8, 8]);
    let (from, to) = if out { (home, abroad) } else { (abroad, home) };
    let mut frame = vec![2; 12];
    frame.extend_from_slice(&[8, 0, 0x45, 0]);
    frame.extend_from_slice(&((20 + body.len()) as u16).to_be_bytes());
    frame.extend_from_slice(&[0, 0, 0, 0, 64, protocol, 0, 0]);
    frame.extend_from_slice(&from);
    frame.extend_from_slice(&to);
    frame.extend_from_slice(body);
    let length = (frame.len() as u32).to_le_bytes();
    [
        &(BEGIN + seconds).to_le_bytes()[..],
        &0u32.to_le_bytes(),
        &length,
        &length,
        &frame,
    ]
    .concat()
}

fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let length = (8 + payload.len()) as u16;
    [
        &source.to_be_bytes()[..],
        &destination.to_be_bytes(),
        &length.to_be_bytes(),
        &[0, 0],
        payload,
    ]
    .concat()
}

fn tcp(source: u16, destination: u16, flags: u8, payload: &[u8]) -> Vec<u8> {
    let rest = [0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 16, 0, 0, 0, 0, 0];
    [
        &source.to_be_bytes()[..],
        &destination.to_be_bytes(),
        &rest,
        payload,
    ]
    .concat()
}

/// The payloads of a minute: a name, a request, a hello, bytes of no protocol; each with the canary in it.
fn minute(number: u32) -> Vec<u8> {
    let at = number * 60;
    let port = 2000 + number as u16 * 8;
    let label = [&[CANARY.len() as u8][..], CANARY].concat();
    let question = [
        &[7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..],
        &label,
        &[0, 0, 1, 0, 1],
    ]
    .concat();
    let request = [
        b"GET /",
        CANARY,
        b" HTTP/1.1\r\nHost: ",
        CANARY,
        b".example\r\nCookie: ",
        CANARY,
        b"\r\n\r\n",
    ]
    .concat();
    let hello = hello();
    [
        record(at, true, 17, &udp(port, 53, &question)),
        record(
            at,
            false,
            17,
            &udp(
                53,
                port,
                &[&[7, 7, 0x81, 0x80], &question[4..], CANARY].concat(),
            ),
        ),
        record(at + 1, true, 6, &tcp(port + 1, 80, 2, &[])),
        record(at + 1, false, 6, &tcp(80, port + 1, 18, &[])),
        record(at + 1, true, 6, &tcp(port + 1, 80, 24, &request)),
        record(at + 2, true, 6, &tcp(port + 2, 443, 24, &hello)),
        record(at + 3, true, 6, &tcp(port + 3, 9999, 24, CANARY)),
        record(at + 4, true, 17, &udp(port + 4, 9999, CANARY)),
        record(
            at + 5,
            true,
            1,
            &[&[8, 0, 0, 0, 0, 0, 0, 0], CANARY].concat(),
        ),
    ]
    .concat()
}

fn hello() -> Vec<u8> {
    let name = [&[0, 0, CANARY.len() as u8][..], CANARY].concat();
    let names = [&(name.len() as u16).to_be_bytes()[..], &name].concat();
    let extension = [&[0, 0][..], &(names.len() as u16).to_be_bytes(), &names].concat();
    let mut body = vec![3, 3];
    body.extend_from_slice(&[&CANARY[..16], &CANARY[..16]].concat());
    body.extend_from_slice(&[0, 0, 2, 0x13, 1, 1, 0]);
    body.extend_from_slice(&(extension.len() as u16).to_be_bytes());
    body.extend_from_slice(&extension);
    let message = [&[1, 0][..], &(body.len() as u16).to_be_bytes(), &body].concat();
    [
        &[0x16, 3, 1][..],
        &(message.len() as u16).to_be_bytes(),
        &message,
    ]
    .concat()
}

/// Packets of a minute.
pub(crate) const MINUTE_PACKETS: u64 = 9;

/// A capture of so many minutes.
pub(crate) fn minutes(count: u32) -> Vec<u8> {
    (0..count).fold(header(), |mut file, number| {
        file.extend(minute(number));
        file
    })
}
