//! The envelope of SMTP. In: a command's line. Out: the address of its path. Never: what follows `DATA` or `BDAT`.
//!
//! RFC 5321 §4.1.1.2, §4.1.1.3, §4.1.2; a source route is read over (§4.1.1.3, appendix C), the null path `<>` (§4.5.5) names nobody.

use super::sasl::Mechanism;
use super::{Field, Found, Next, Value, text, value};
use crate::limits::IDENTIFIER_BYTES_MAX;

/// Reads a line of SMTP.
pub(super) fn command(line: &[u8], found: Found<'_>) -> Next {
    let (word, rest) = text::word(line);
    let is = |command: &[u8]| word.eq_ignore_ascii_case(command);
    if is(b"MAIL") {
        path(rest, b"FROM", Field::SourceMail, found);
    } else if is(b"RCPT") {
        path(rest, b"TO", Field::DestinationMail, found);
    } else if is(b"AUTH") {
        return Mechanism::begin(rest, found);
    } else if is(b"DATA") || is(b"BDAT") || is(b"STARTTLS") || is(b"QUIT") {
        return Next::End;
    }
    Next::Command
}

/// Tells the address behind `FROM:` or `TO:`; parameters behind it (RFC 5321 §4.1.1.11) are not read.
fn path(rest: &[u8], word: &[u8], field: Field, found: Found<'_>) {
    let rest = rest.trim_ascii_start();
    let Some((named, rest)) = rest.split_at_checked(word.len()) else {
        return;
    };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b":") else {
        return;
    };
    if !named.eq_ignore_ascii_case(word) {
        return;
    }
    let mut address = value();
    if let Some(length) = mailbox(rest.trim_ascii_start(), &mut address) {
        found(field, address.get(..length).unwrap_or_default());
    }
}

/// Writes the address in its normal form; `None` where there is none. Without angle brackets, which many servers forgive, it ends at a space.
fn mailbox(path: &[u8], into: &mut Value) -> Option<usize> {
    let bracketed = path.strip_prefix(b"<");
    let mut rest = bracketed.unwrap_or(path);
    if rest.first() == Some(&b'@') {
        let colon = rest.iter().position(|&b| b == b':')?;
        rest = rest.get(colon + 1..)?;
    }
    let mut length = 0;
    if rest.first() == Some(&b'"') {
        let mut local = value();
        let (name, behind) = text::quoted(rest, &mut local)?;
        into.get_mut(..name.len())?.copy_from_slice(name);
        (length, rest) = (name.len(), behind);
    }
    loop {
        let byte = match rest.split_first() {
            Some((&b'>', _)) if bracketed.is_some() => break,
            Some((b' ' | b'\t', _)) | None if bracketed.is_none() => break,
            Some((&byte, behind)) => {
                rest = behind;
                byte
            }
            None => return None,
        };
        *into.get_mut(length)? = byte;
        length += 1;
    }
    let address = into.get_mut(..length)?;
    address.make_ascii_lowercase();
    let good = length > 0 && length <= IDENTIFIER_BYTES_MAX;
    (good && !address.iter().any(u8::is_ascii_control)).then_some(length)
}
