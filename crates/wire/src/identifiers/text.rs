//! Words, quoted strings and literals. In: a line without its end. Out: its parts. Never: a copy.

use super::Value;
use crate::limits::LITERAL_BYTES_MAX;

/// The first word, at most up to a space, a colon or a line end, and what follows it. A byte that no word has gives an empty one.
pub(super) fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let ends = |b: &u8| matches!(b, b' ' | b':' | b'\r' | b'\n');
    let end = line.iter().position(ends).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    if word.iter().all(u8::is_ascii_graphic) {
        (word, rest)
    } else {
        (&[], line)
    }
}

/// Whether a word is one of the commands, in any case.
pub(super) fn is_one_of(word: &[u8], commands: &[&[u8]]) -> bool {
    commands
        .iter()
        .any(|command| word.eq_ignore_ascii_case(command))
}

/// The length of a literal that a line announces at its end: `{n}` or `{n+}` (RFC 9051 §4.3, RFC 7888); `None` where there is none, or one that is too long.
pub(super) fn literal(line: &[u8]) -> Option<usize> {
    let inner = line.strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let open = inner.iter().rposition(|&b| b == b'{')?;
    let digits = inner.get(open + 1..)?;
    let text = std::str::from_utf8(digits).ok()?;
    let good = (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    text.parse()
        .ok()
        .filter(|&length: &usize| good && length <= LITERAL_BYTES_MAX)
}

/// A quoted string at the start, without quotes and backslashes (RFC 9051 §9, RFC 5321 §4.1.2), and what follows it. `None` where it does not end or fit.
pub(super) fn quoted<'a, 'v>(line: &'a [u8], into: &'v mut Value) -> Option<(&'v [u8], &'a [u8])> {
    let mut rest = line.strip_prefix(b"\"")?;
    let mut length = 0;
    loop {
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        let byte = match byte {
            b'"' => return Some((into.get(..length)?, rest)),
            b'\\' => {
                let (&escaped, behind) = rest.split_first()?;
                rest = behind;
                escaped
            }
            other => other,
        };
        *into.get_mut(length)? = byte;
        length += 1;
    }
}

/// An atom at the start: up to a space.
pub(super) fn atom(line: &[u8]) -> &[u8] {
    line.split(|&b| b == b' ').next().unwrap_or_default()
}
