//! JA4, the fingerprint of a TLS client, and none of its relatives. In: a client hello. Out: 36 characters. Never: anything of a server.
//!
//! `FoxIO` JA4 (BSD-3-Clause), technical details of JA4 for TLS over TCP.

use crate::tls::ClientHello;
use sha2::{Digest, Sha256};

/// Length of a fingerprint.
pub const JA4_BYTES: usize = 36;

/// The fingerprint of a hello that came over TCP.
///
/// # Cost
/// Two SHA-256 over a few hundred bytes; three short allocations.
pub fn ja4(hello: &ClientHello<'_>) -> [u8; JA4_BYTES] {
    let mut ciphers: Vec<u16> = hello.ciphers().collect();
    let mut extensions: Vec<u16> = hello.extensions().collect();
    let (first, last) = alpn_marks(hello.alpn);
    let mut out = Vec::with_capacity(JA4_BYTES);
    out.push(b't');
    out.extend_from_slice(version(hello.version));
    out.push(if extensions.contains(&0) { b'd' } else { b'i' });
    out.extend_from_slice(&two_digits(ciphers.len()));
    out.extend_from_slice(&two_digits(extensions.len()));
    out.extend_from_slice(&[first, last, b'_']);
    ciphers.sort_unstable();
    let mut text = Vec::with_capacity(5 * (ciphers.len() + extensions.len()));
    hex_list(&mut text, ciphers.into_iter());
    out.extend_from_slice(&short_hash(&text));
    out.push(b'_');
    extensions.retain(|kind| !matches!(kind, 0 | 16));
    extensions.sort_unstable();
    text.clear();
    hex_list(&mut text, extensions.into_iter());
    let mut algorithms = hello.signature_algorithms().peekable();
    if algorithms.peek().is_some() {
        text.push(b'_');
        hex_list(&mut text, algorithms);
    }
    out.extend_from_slice(&short_hash(&text));
    out.try_into().unwrap_or([b'0'; JA4_BYTES])
}

const fn version(number: u16) -> &'static [u8; 2] {
    match number {
        0x0304 => b"13",
        0x0303 => b"12",
        0x0302 => b"11",
        0x0301 => b"10",
        0x0300 => b"s3",
        0x0002 => b"s2",
        _ => b"00",
    }
}

fn two_digits(count: usize) -> [u8; 2] {
    let count = count.min(99) as u8;
    [b'0' + count / 10, b'0' + count % 10]
}

/// First and last character of the first protocol; of its hex form where one of them is not a letter or digit.
fn alpn_marks(alpn: Option<&[u8]>) -> (u8, u8) {
    let Some((&first, &last)) = alpn.and_then(|a| a.first().zip(a.last())) else {
        return (b'0', b'0');
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return (first, last);
    }
    (digit(first >> 4), digit(last))
}

const fn digit(value: u8) -> u8 {
    match value & 15 {
        low @ 0..=9 => b'0' + low,
        high => b'a' + high - 10,
    }
}

/// Appends numbers in four hex digits each, commas between them.
fn hex_list(text: &mut Vec<u8>, values: impl Iterator<Item = u16>) {
    for (at, value) in values.enumerate() {
        if at > 0 {
            text.push(b',');
        }
        for byte in value.to_be_bytes() {
            text.extend_from_slice(&[digit(byte >> 4), digit(byte)]);
        }
    }
}

/// The first 12 hex digits of SHA-256; zeros for an empty list.
fn short_hash(list: &[u8]) -> [u8; 12] {
    let mut out = [b'0'; 12];
    if !list.is_empty() {
        let hash = Sha256::digest(list);
        for (pair, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(hash) {
            *pair = [digit(byte >> 4), digit(byte)];
        }
    }
    out
}
