//! User names in SASL exchanges. In: what follows `AUTH` or `AUTHENTICATE`, or a line that answers a challenge. Out: the user. Never: the password, which is not even decoded.
//!
//! PLAIN: RFC 4616 §2 (authorisation, NUL, user, NUL, password); LOGIN: draft-murchison-sasl-login; CRAM-MD5: RFC 2195 §2 (user, space, digest). Base64: RFC 4648 §4.

use super::{Found, Next, text, user, value};
use crate::limits::IDENTIFIER_BYTES_MAX;

/// A mechanism whose client tells its user in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    /// One response with user and password.
    Plain,
    /// A response with the user, then one with the password.
    Login,
    /// One response with user and digest.
    CramMd5,
}

impl Mechanism {
    /// Reads the mechanism and an initial response; what comes behind an unknown one is read as commands again.
    pub(super) fn begin(rest: &[u8], found: Found<'_>) -> Next {
        let (name, rest) = text::word(rest.trim_ascii_start());
        let mechanism = if name.eq_ignore_ascii_case(b"PLAIN") {
            Self::Plain
        } else if name.eq_ignore_ascii_case(b"LOGIN") {
            Self::Login
        } else if name.eq_ignore_ascii_case(b"CRAM-MD5") {
            Self::CramMd5
        } else {
            return Next::Command;
        };
        let initial = rest.trim_ascii();
        if initial.is_empty() {
            Next::Response(mechanism)
        } else {
            mechanism.response(initial, found)
        }
    }

    /// Reads a response; `*` cancels (RFC 4954 §4).
    pub(super) fn response(self, line: &[u8], found: Found<'_>) -> Next {
        let line = line.trim_ascii();
        if line == b"*" {
            return Next::Command;
        }
        let mut name = value();
        let decoded = Decoded::new(line);
        match self {
            Self::Plain => {
                let behind = decoded.skip_while(|&b| b != 0).skip(1);
                if let Some(length) = fill(behind, &mut name, 0) {
                    user(name.get(..length).unwrap_or_default(), found);
                }
            }
            Self::Login => {
                let mut decoded = decoded;
                let mut length = 0;
                let fits = decoded.by_ref().all(|byte| {
                    let place = name.get_mut(length).map(|place| *place = byte);
                    length += 1;
                    place.is_some()
                });
                if fits && decoded.is_done() {
                    user(name.get(..length).unwrap_or_default(), found);
                }
                return Next::Ignored;
            }
            Self::CramMd5 => {
                if let Some(length) = fill(decoded, &mut name, b' ') {
                    user(name.get(..length).unwrap_or_default(), found);
                }
            }
        }
        Next::Command
    }
}

/// Takes bytes up to a mark; `None` where the mark does not come within the bound.
fn fill(
    bytes: impl Iterator<Item = u8>,
    into: &mut [u8; IDENTIFIER_BYTES_MAX],
    mark: u8,
) -> Option<usize> {
    for (length, byte) in bytes.enumerate() {
        if byte == mark {
            return Some(length);
        }
        *into.get_mut(length)? = byte;
    }
    None
}

/// Base64 as it is read: no byte is decoded before it is asked for.
struct Decoded<'a> {
    text: &'a [u8],
    bits: u32,
    held: u32,
}

impl<'a> Decoded<'a> {
    fn new(text: &'a [u8]) -> Self {
        let text = text.strip_suffix(b"=").unwrap_or(text);
        Self {
            text: text.strip_suffix(b"=").unwrap_or(text),
            bits: 0,
            held: 0,
        }
    }

    /// Whether all characters were of the alphabet.
    const fn is_done(&self) -> bool {
        self.text.is_empty()
    }
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        while self.held < 8 {
            let (&character, rest) = self.text.split_first()?;
            let six = match character {
                b'A'..=b'Z' => character - b'A',
                b'a'..=b'z' => character - b'a' + 26,
                b'0'..=b'9' => character - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            self.text = rest;
            self.bits = self.bits << 6 | u32::from(six);
            self.held += 6;
        }
        self.held -= 8;
        let byte = self.bits >> self.held;
        self.bits &= (1 << self.held) - 1;
        Some(byte as u8)
    }
}
