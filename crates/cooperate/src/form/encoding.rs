//! Text of a list. In: bytes. Out: text, or the line of the first byte that is none. Never: a replaced character.

use super::ListError;
use encoding_rs::{DecoderResult, SHIFT_JIS};

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a mark of byte order.
    Utf8,
    /// `Shift_JIS` as spreadsheets in Japan write it (the Encoding Standard's, Windows-31J).
    ShiftJis,
}

/// Decodes a list. Where nobody says how it is written: UTF-8 if it is that, else `Shift_JIS`.
pub(super) fn decode(bytes: &[u8], encoding: Option<Encoding>) -> Result<String, ListError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(ListError::Encoding {
            row: 1,
            what: "UTF-16, which is not read; save it as UTF-8",
        });
    }
    match encoding {
        Some(Encoding::Utf8) => utf8(bytes),
        Some(Encoding::ShiftJis) => shift_jis(bytes),
        None => utf8(bytes).or_else(|_| shift_jis(bytes)),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, ListError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(ListError::Encoding {
            row: row(bytes, error.valid_up_to()),
            what: "no UTF-8",
        }),
    }
}

fn shift_jis(bytes: &[u8]) -> Result<String, ListError> {
    let mut decoder = SHIFT_JIS.new_decoder_without_bom_handling();
    // BOUND: three bytes of UTF-8 for one of Shift_JIS, over a file whose size is bounded.
    let room = decoder
        .max_utf8_buffer_length_without_replacement(bytes.len())
        .unwrap_or(0);
    let mut text = String::with_capacity(room);
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::OutputFull | DecoderResult::Malformed(..) => Err(ListError::Encoding {
            row: row(bytes, read.saturating_sub(1)),
            what: "neither UTF-8 nor Shift_JIS",
        }),
    }
}

/// Line of a byte, from 1.
fn row(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at).unwrap_or(bytes);
    before.split(|byte| *byte == b'\n').count()
}
