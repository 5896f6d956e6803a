//! TLS hellos (RFC 8446, RFC 5246). In: who speaks, a server name. Out: handshake records. Never: a key that anybody could use; key shares are noise.

use super::random::Random;

/// A program that opens TLS connections; each has hellos of its own, and so a JA4 of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    /// A browser that adds reserved values (RFC 8701) and shuffles its extensions.
    Shuffling,
    /// A browser with a fixed order.
    Steady,
    /// A library behind updates and command lines.
    Library,
    /// A mail program or server.
    Mail,
    /// The implant: an old library without server name and ALPN.
    Implant,
}

struct Body(Vec<u8>);

impl Body {
    fn u16(&mut self, number: u16) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    /// Adds what `fill` writes behind its length of two bytes.
    fn sized(&mut self, fill: impl FnOnce(&mut Self)) {
        let at = self.0.len();
        self.u16(0);
        fill(self);
        let length = (self.0.len() - at - 2) as u16;
        if let Some(place) = self.0.get_mut(at..at + 2) {
            place.copy_from_slice(&length.to_be_bytes());
        }
    }

    fn list(&mut self, numbers: &[u16]) {
        self.sized(|body| numbers.iter().for_each(|&number| body.u16(number)));
    }
}

const TLS13: [u16; 3] = [0x1301, 0x1302, 0x1303];
const TLS12: [u16; 8] = [
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
];

const fn suites(speaker: Speaker) -> (&'static [u16], &'static [u16]) {
    match speaker {
        Speaker::Shuffling | Speaker::Steady => (&TLS13, &TLS12),
        Speaker::Library => (
            &[0x1302, 0x1303, 0x1301],
            &[0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8],
        ),
        Speaker::Mail => (&TLS13, &[0xc02c, 0xc030, 0xc02b, 0xc02f, 0x009e, 0x00ff]),
        Speaker::Implant => (
            &[],
            &[0xc014, 0xc013, 0x0039, 0x0033, 0x0035, 0x002f, 0x000a],
        ),
    }
}

const fn extensions(speaker: Speaker) -> &'static [u16] {
    match speaker {
        Speaker::Shuffling => &[0, 5, 10, 11, 13, 16, 18, 23, 27, 35, 43, 45, 51, 65281],
        Speaker::Steady => &[0, 23, 65281, 10, 11, 35, 16, 5, 34, 51, 43, 13, 45, 28],
        Speaker::Library => &[0, 11, 10, 16, 22, 23, 49, 13, 43, 45, 51],
        Speaker::Mail => &[0, 11, 10, 35, 22, 23, 13, 43, 45, 51],
        Speaker::Implant => &[10, 11, 35, 65281],
    }
}

/// A reserved value, `0x?a?a`.
const fn reserved(random: &mut Random) -> u16 {
    (random.between(0, 16) as u16 * 16 + 10) * 257
}

/// The first handshake record of a client.
pub(super) fn client_hello(speaker: Speaker, name: &str, random: &mut Random) -> Vec<u8> {
    let mut order = extensions(speaker).to_vec();
    let shuffles = speaker == Speaker::Shuffling;
    if shuffles {
        for last in (1..order.len()).rev() {
            order.swap(last, random.between(0, last as u64 + 1) as usize);
        }
    }
    let greases = [reserved(random), reserved(random), reserved(random)];
    let (new, old) = suites(speaker);
    let mut hello = Body(vec![3, 3]);
    hello.0.extend_from_slice(&random.bytes::<32>());
    let session = if speaker == Speaker::Implant { 0 } else { 32 };
    hello.0.push(session);
    hello
        .0
        .extend_from_slice(&random.bytes::<32>()[..usize::from(session)]);
    hello.sized(|body| {
        let grease = shuffles.then_some(&greases[0]);
        grease
            .into_iter()
            .chain(new)
            .chain(old)
            .for_each(|&suite| body.u16(suite));
    });
    hello.0.extend_from_slice(&[1, 0]);
    hello.sized(|body| {
        if shuffles {
            body.u16(greases[1]);
            body.u16(0);
        }
        for &kind in &order {
            body.u16(kind);
            body.sized(|body| extension(body, kind, speaker, name, random));
        }
        if shuffles {
            body.u16(greases[2]);
            body.sized(|body| body.0.push(0));
        }
    });
    record(1, &hello.0)
}

fn extension(body: &mut Body, kind: u16, speaker: Speaker, name: &str, random: &mut Random) {
    match kind {
        0 => body.sized(|body| {
            body.0.push(0);
            body.sized(|body| body.0.extend_from_slice(name.as_bytes()));
        }),
        5 => body.0.extend_from_slice(&[1, 0, 0, 0, 0]),
        10 => body.list(&[29, 23, 24]),
        11 | 45 => body.0.extend_from_slice(&[1, u8::from(kind == 45)]),
        13 | 34 => body.list(&[
            0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
        ]),
        16 => body.sized(|body| {
            let protocols: &[&str] = match speaker {
                Speaker::Library => &["http/1.1"],
                _ => &["h2", "http/1.1"],
            };
            for protocol in protocols {
                body.0.push(protocol.len() as u8);
                body.0.extend_from_slice(protocol.as_bytes());
            }
        }),
        27 => body.0.extend_from_slice(&[2, 0, 2]),
        28 => body.u16(0x4001),
        43 => body.0.extend_from_slice(&[4, 3, 4, 3, 3]),
        51 => body.sized(|body| {
            body.u16(29);
            body.sized(|body| body.0.extend_from_slice(&random.bytes::<32>()));
        }),
        65281 => body.0.push(0),
        _ => {}
    }
}

/// The server's answer: TLS 1.3 for all but the implant.
pub(super) fn server_hello(speaker: Speaker, random: &mut Random) -> Vec<u8> {
    let old = speaker == Speaker::Implant;
    let mut hello = Body(vec![3, 3]);
    hello.0.extend_from_slice(&random.bytes::<32>());
    hello.0.push(32);
    hello.0.extend_from_slice(&random.bytes::<32>());
    hello.u16(if old { 0xc014 } else { 0x1301 });
    hello.0.push(0);
    hello.sized(|body| {
        if old {
            body.u16(65281);
            body.sized(|body| body.0.push(0));
            return;
        }
        body.u16(43);
        body.sized(|body| body.u16(0x0304));
        body.u16(51);
        body.sized(|body| {
            body.u16(29);
            body.sized(|body| body.0.extend_from_slice(&random.bytes::<32>()));
        });
    });
    record(2, &hello.0)
}

/// A handshake message in a record of its own.
fn record(kind: u8, message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u32).to_be_bytes();
    let mut out = vec![0x16, 3, if kind == 1 { 1 } else { 3 }];
    out.extend_from_slice(&((message.len() + 4) as u16).to_be_bytes());
    out.push(kind);
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(message);
    out
}
