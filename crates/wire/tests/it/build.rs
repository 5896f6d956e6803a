//! Packets and messages written by hand. In: fields. Out: bytes. Never: checksums; the parsers do not read them.

/// Sender of the innermost packet of every test.
pub(crate) const INNER_SOURCE: [u8; 4] = [192, 0, 2, 1];
/// Its receiver.
pub(crate) const INNER_DESTINATION: [u8; 4] = [198, 51, 100, 2];
/// Its TCP payload.
pub(crate) const PAYLOAD: &[u8] = b"payload";

fn sixteen(count: usize) -> [u8; 2] {
    u16::try_from(count).unwrap().to_be_bytes()
}

/// Pieces one behind the other.
pub(crate) fn join(pieces: &[&[u8]]) -> Vec<u8> {
    pieces.concat()
}

/// An Ethernet frame.
pub(crate) fn ethernet(kind: u16, body: &[u8]) -> Vec<u8> {
    join(&[&[2; 12], &kind.to_be_bytes(), body])
}

/// An IPv4 packet without options, between given addresses.
pub(crate) fn ipv4_between(
    source: [u8; 4],
    destination: [u8; 4],
    protocol: u8,
    body: &[u8],
) -> Vec<u8> {
    let length = sixteen(20 + body.len());
    join(&[
        &[0x45, 0],
        &length,
        &[0, 7, 0, 0, 64, protocol, 0, 0],
        &source,
        &destination,
        body,
    ])
}

/// An IPv4 packet that stands around another one.
pub(crate) fn ipv4(protocol: u8, body: &[u8]) -> Vec<u8> {
    ipv4_between([10, 0, 0, 1], [10, 0, 0, 2], protocol, body)
}

/// An IPv6 packet that stands around another one.
pub(crate) fn ipv6(next: u8, body: &[u8]) -> Vec<u8> {
    let mut source = [0; 16];
    source[0] = 0xfd;
    let mut destination = source;
    destination[15] = 2;
    join(&[
        &[0x60, 0, 0, 0],
        &sixteen(body.len()),
        &[next, 64],
        &source,
        &destination,
        body,
    ])
}

/// A UDP datagram.
pub(crate) fn udp(source: u16, destination: u16, body: &[u8]) -> Vec<u8> {
    let ports = [source.to_be_bytes(), destination.to_be_bytes()].concat();
    join(&[&ports, &sixteen(8 + body.len()), &[0, 0], body])
}

/// A TCP segment with PSH and ACK, and four bytes of options.
pub(crate) fn tcp(source: u16, destination: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let ports = [source.to_be_bytes(), destination.to_be_bytes()].concat();
    let rest = [0x60, 0x18, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0];
    join(&[&ports, &sequence.to_be_bytes(), &[0; 4], &rest, body])
}

/// The innermost packet of every test: TCP from 4321 to 443, 51 bytes.
pub(crate) fn inner() -> Vec<u8> {
    ipv4_between(
        INNER_SOURCE,
        INNER_DESTINATION,
        6,
        &tcp(4321, 443, 99, PAYLOAD),
    )
}

/// A TLS extension.
pub(crate) fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    join(&[&kind.to_be_bytes(), &sixteen(body.len()), body])
}

/// A list of numbers behind its length in bytes.
pub(crate) fn list16(values: &[u16]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_be_bytes()).collect();
    join(&[&sixteen(bytes.len()), &bytes])
}

/// A client hello in the making.
pub(crate) struct Hello {
    /// The version field.
    pub(crate) legacy: u16,
    /// Cipher suites.
    pub(crate) ciphers: Vec<u16>,
    /// Extensions, encoded.
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Hello {
    /// A hello of TLS 1.3 as browsers send it, reserved values and all.
    pub(crate) fn modern(name: &[u8]) -> Self {
        let host = join(&[&[0], &sixteen(name.len()), name]);
        let versions = [&[6u8][..], &[0x5a, 0x5a, 3, 4, 3, 3]].concat();
        Self {
            legacy: 0x0303,
            ciphers: vec![0x2a2a, 0x1301, 0x1302, 0xc02b],
            extensions: vec![
                extension(0x1a1a, &[]),
                extension(0, &join(&[&sixteen(host.len()), &host])),
                extension(13, &list16(&[0x0403, 0x0804])),
                extension(16, b"\x00\x0c\x02h2\x08http/1.1"),
                extension(43, &versions),
                extension(51, &[7; 40]),
            ],
        }
    }

    /// The body of the handshake message.
    pub(crate) fn body(&self) -> Vec<u8> {
        let extensions = self.extensions.concat();
        join(&[
            &self.legacy.to_be_bytes(),
            &[9; 32],
            &[4, 1, 2, 3, 4],
            &list16(&self.ciphers),
            &[1, 0],
            &sixteen(extensions.len()),
            &extensions,
        ])
    }

    /// The handshake message.
    pub(crate) fn message(&self) -> Vec<u8> {
        let body = self.body();
        join(&[&[1, 0], &sixteen(body.len()), &body])
    }

    /// The message in records of at most `size` bytes.
    pub(crate) fn records(&self, size: usize) -> Vec<u8> {
        let message = self.message();
        message.chunks(size).flat_map(record).collect()
    }
}

/// A handshake record.
pub(crate) fn record(content: &[u8]) -> Vec<u8> {
    join(&[&[0x16, 3, 1], &sixteen(content.len()), content])
}
