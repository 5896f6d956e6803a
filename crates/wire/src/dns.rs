//! DNS messages: header and first question. In: a message. Out: type, response code, the name in lower case for the matcher. Never: answers, or a
//! name that outlives its message.
//!
//! RFC 1035 §4; a message over TCP stands behind its length (§4.2.2).

use crate::limits::NAME_BYTES_MAX;
use crate::{Cursor, Incomplete};

/// Header and first question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Whether it is a response.
    pub is_response: bool,
    /// Response code of the header.
    pub rcode: u16,
    /// Type of the first question.
    pub kind: Option<u16>,
    whole: &'a [u8],
}

/// Reads header and first question. Which bytes decide: the 12 of the header, the lengths of the labels, type and class. The text of labels
/// decides nothing.
///
/// # Errors
/// [`Incomplete::Malformed`]: no DNS message; [`Incomplete::Truncated`]: cut off in the question.
pub fn message(bytes: &[u8]) -> Result<Message<'_>, Incomplete> {
    let mut c = Cursor::new(bytes);
    let head = c.array::<12>().ok_or(Incomplete::Truncated)?;
    let flags = u16::from_be_bytes([head[2], head[3]]);
    let questions = u16::from_be_bytes([head[4], head[5]]);
    let opcode = flags >> 11 & 15;
    // Opcodes in use (IANA): query, inverse, status, notify, update, stateful. Z must be zero (RFC 1035 §4.1.1).
    if !matches!(opcode, 0 | 1 | 2 | 4 | 5 | 6) || flags & 0x40 != 0 || questions > 16 {
        return Err(Incomplete::Malformed);
    }
    let kind = if questions == 0 {
        None
    } else {
        Some(question(&mut c)?)
    };
    Ok(Message {
        is_response: flags & 0x8000 != 0,
        rcode: flags & 15,
        kind,
        whole: bytes,
    })
}

/// Steps over the name of the first question and returns its type.
fn question(c: &mut Cursor<'_>) -> Result<u16, Incomplete> {
    let mut total = 0;
    loop {
        let length = c.u8().ok_or(Incomplete::Truncated)?;
        match length {
            0 => break,
            1..=63 => {
                total += usize::from(length) + 1;
                if total > NAME_BYTES_MAX {
                    return Err(Incomplete::Malformed);
                }
                c.take(usize::from(length)).ok_or(Incomplete::Truncated)?;
            }
            // A pointer cannot lead anywhere before the first question, and other forms are unknown.
            _ => return Err(Incomplete::Malformed),
        }
    }
    let kind = c.u16().ok_or(Incomplete::Truncated)?;
    c.u16().ok_or(Incomplete::Truncated)?;
    Ok(kind)
}

impl Message<'_> {
    /// Writes the first question's name into `out`, lower case, labels joined by dots, no final dot. `None` for the root, where there is no
    /// question, and where a label holds a dot: it would read as another name.
    pub fn name<'o>(&self, out: &'o mut [u8; NAME_BYTES_MAX]) -> Option<&'o [u8]> {
        self.kind?;
        let labels = self.whole.get(12..)?;
        let (mut end, mut lengths) = (0, 0);
        while let length @ 1.. = *labels.get(end)? {
            // The first length stands before the name, and one of 46 looks like a dot.
            lengths += usize::from(length == b'.' && end > 0);
            end += usize::from(length) + 1;
        }
        let text = labels.get(1..end)?;
        let dots: usize = text.iter().map(|&byte| usize::from(byte == b'.')).sum();
        if dots != lengths {
            return None;
        }
        let name = out.get_mut(..text.len())?;
        name.copy_from_slice(text);
        // Lengths lie below the letters.
        name.make_ascii_lowercase();
        let mut at = usize::from(*labels.first()?);
        while let Some(border) = name.get_mut(at) {
            at += usize::from(std::mem::replace(border, b'.')) + 1;
        }
        Some(name)
    }
}

/// The message behind its length, as TCP carries it.
///
/// # Errors
/// [`Incomplete::Truncated`] until the whole message is there.
pub fn over_tcp(bytes: &[u8]) -> Result<Message<'_>, Incomplete> {
    let mut c = Cursor::new(bytes);
    match c.u16() {
        Some(length) if length < 12 => Err(Incomplete::Malformed),
        _ => message(Cursor::new(bytes).vec16().ok_or(Incomplete::Truncated)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03WwW\x07Example\x02jp\x00\x00\x01\x00\x01";

    #[test]
    fn a_query_has_its_type_and_its_name_in_lower_case() {
        let read = message(QUERY).unwrap();
        assert_eq!(
            (read.is_response, read.rcode, read.kind),
            (false, 0, Some(1))
        );
        assert_eq!(
            read.name(&mut [0; NAME_BYTES_MAX]),
            Some(&b"www.example.jp"[..])
        );
    }

    #[test]
    fn labels_of_any_length_are_told_from_dots() {
        let query = |labels: &[&[u8]]| {
            let mut bytes = b"\0\0\x01\0\0\x01\0\0\0\0\0\0".to_vec();
            for label in labels {
                bytes.push(label.len() as u8);
                bytes.extend_from_slice(label);
            }
            bytes.extend_from_slice(b"\0\0\x01\0\x01");
            bytes
        };
        let long = [b'x'; 46];
        let check = |labels: &[&[u8]], wanted: Option<&[u8]>| {
            let bytes = query(labels);
            let mut out = [0; NAME_BYTES_MAX];
            assert_eq!(message(&bytes).unwrap().name(&mut out), wanted);
        };
        let joined = |parts: &[&[u8]]| parts.join(&b'.');
        check(&[], None);
        check(&[b"A"], Some(b"a"));
        check(&[&long], Some(&long));
        check(
            &[&long, &long, b"jp"],
            Some(&joined(&[&long, &long, b"jp"])),
        );
        check(&[b"jp", &long], Some(&joined(&[b"jp", &long])));
        for dotted in [&b"."[..], b"a.", b".a", b"a.b"] {
            check(&[dotted], None);
            check(&[b"www", dotted, b"jp"], None);
            check(&[&long, dotted], None);
        }
    }

    #[test]
    fn a_cut_message_asks_for_more_and_an_impossible_one_does_not() {
        for end in 12..QUERY.len() {
            assert_eq!(message(&QUERY[..end]), Err(Incomplete::Truncated), "{end}");
        }
        let mut loops = QUERY.to_vec();
        loops[12] = 0xc0;
        assert_eq!(message(&loops), Err(Incomplete::Malformed));
        assert_eq!(over_tcp(&[0, 3, 1]), Err(Incomplete::Malformed));
    }
}
