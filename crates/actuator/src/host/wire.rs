//! What the parser and the helper say to each other. In: bytes of a fixed length. Out: one of seven questions, or an answer. Never: a length that the other side chooses; a byte that means nothing and is not zero.
//!
//! All numbers are little-endian. A question has [`QUESTION_BYTES`]: `SKH1`, the code of what is asked, the code of the deed, the kind of the target (1 process, 2 file, 3 host, 0 none), 0; SHA-256 of the measure (32 bytes), end in
//! seconds (8), seconds until then (8); of the target: number (4), start (8), hash (32), length of its text (2), the path or name ([`TEXT_BYTES`]), zeros behind it. What a question or target does not have is zero.
//!
//! An answer has a head of [`HEAD_BYTES`]: `SKH1`, the code of the outcome, three zeros, how many effects follow (4), the length of the words (2), the words ([`WORDS_BYTES_MAX`]), zeros. Each effect has [`ITEM_BYTES`]: a question's bytes, then how often
//! it met something (8) and bytes (8).

use super::limits::{HOLDS_MAX, WORDS_BYTES_MAX};
use crate::substrate::Met;
use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Key};
use sakimori_respond::host::{HostTarget, PATH_BYTES_MAX, PID_MAX, is_name, plain_path};

const MAGIC: [u8; 4] = *b"SKH1";
/// Bytes for a path or name.
pub const TEXT_BYTES: usize = PATH_BYTES_MAX + 1;
/// Bytes before the path or name.
const FIXED_BYTES: usize = 102;
/// Bytes of a question.
pub const QUESTION_BYTES: usize = FIXED_BYTES + TEXT_BYTES;
/// Bytes of the head of an answer.
pub const HEAD_BYTES: usize = 14 + WORDS_BYTES_MAX;
/// Bytes of one effect in an answer.
pub const ITEM_BYTES: usize = QUESTION_BYTES + 16;

coded! {
    /// What can be asked of the helper. Nothing else has a code.
    Ask: u8 {
        /// Whether it would be done.
        Rehearse = 1 "rehearse",
        /// How it is before.
        Before = 2 "before",
        /// To do it.
        Apply = 3 "apply",
        /// To take it back.
        Remove = 4 "remove",
        /// What is in force.
        Look = 5 "look",
        /// What each effect met.
        Met = 6 "met",
        /// To take everything back.
        Release = 7 "release",
    }
}

coded! {
    /// How it went.
    Outcome: u8 {
        /// Done.
        Done = 1 "done",
        /// Refused; no try will help.
        Never = 2 "never",
        /// Failed; another try can help.
        Now = 3 "now",
        /// The question was none; nothing more is heard.
        Malformed = 4 "malformed",
    }
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub ask: Ask,
    /// Of which effect; nothing for what is asked of all.
    pub of: Option<Of>,
}

/// Of which effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Of {
    /// SHA-256 of the measure; zeros where a deed is only rehearsed.
    pub measure: [u8; 32],
    /// What is done.
    pub deed: Deed,
    /// With what.
    pub target: HostTarget,
    /// The first second in which it is not in force any more.
    pub until: Seconds,
    /// Seconds until then.
    pub seconds: u64,
}

impl Of {
    /// Which effect that is.
    pub fn key(&self) -> Key {
        Key {
            measure: self.measure,
            deed: self.deed,
            target: self.target.to_string(),
        }
    }
}

/// An effect in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which, with its end.
    pub of: Of,
    /// What it met.
    pub met: Met,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How it went.
    pub outcome: Outcome,
    /// More of it, in printable ASCII.
    pub words: String,
    /// Effects, where they were asked for.
    pub items: Vec<Item>,
}

/// Bytes that are no question or answer. The side that wrote them is not heard any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {0} is not as it must be")]
pub struct WireError(pub usize);

/// Reads fields one after the other.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, many: usize) -> Result<&'b [u8], WireError> {
        let end = self.at.checked_add(many).ok_or(WireError(self.at))?;
        let taken = self
            .bytes
            .get(self.at..end)
            .ok_or(WireError(self.bytes.len()))?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let at = self.at;
        self.take(N)?.try_into().map_err(|_| WireError(at))
    }

    fn u8(&mut self) -> Result<u8, WireError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn u16(&mut self) -> Result<u16, WireError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, WireError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A text of a given length in a field of fixed length, zeros behind it.
    fn text(&mut self, many: usize, field: usize) -> Result<&'b [u8], WireError> {
        let at = self.at;
        let field = self.take(field)?;
        let (text, rest) = field.split_at_checked(many).ok_or(WireError(at))?;
        match rest.iter().position(|b| *b != 0) {
            None => Ok(text),
            Some(more) => Err(WireError(at + many + more)),
        }
    }
}

impl Question {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(QUESTION_BYTES);
        out.extend(MAGIC);
        out.push(self.ask.code());
        put(self.of.as_ref(), &mut out);
        out
    }

    /// Reads [`QUESTION_BYTES`] bytes.
    ///
    /// # Errors
    /// [`WireError`] with the place of the first byte that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.array()? != MAGIC {
            return Err(WireError(0));
        }
        let ask = Ask::from_code(reader.u8()?).ok_or(WireError(4))?;
        let of = get(&mut reader)?;
        if reader.at != bytes.len() {
            return Err(WireError(reader.at));
        }
        let of_all = matches!(ask, Ask::Look | Ask::Met | Ask::Release);
        if of.is_none() != of_all {
            return Err(WireError(6));
        }
        let timed = matches!(ask, Ask::Before | Ask::Apply);
        if of
            .as_ref()
            .is_some_and(|of| (of.until.0 > 0) != timed || (of.seconds > 0) != timed)
        {
            return Err(WireError(40));
        }
        Ok(Self { ask, of })
    }
}

/// Deed, kind, zero, and all that is of one effect.
fn put(of: Option<&Of>, out: &mut Vec<u8>) {
    let start = out.len();
    let (kind, pid, began, hash, text): (u8, u32, u64, [u8; 32], &[u8]) =
        match of.map(|of| &of.target) {
            None => (0, 0, 0, [0; 32], &[]),
            Some(HostTarget::Process { pid, start, hash }) => (1, *pid, *start, *hash, &[]),
            Some(HostTarget::File { hash, path }) => (2, 0, 0, *hash, path),
            Some(HostTarget::Host { name }) => (3, 0, 0, [0; 32], name.as_bytes()),
        };
    out.extend([of.map_or(0, |of| of.deed.code()), kind, 0]);
    out.extend(of.map_or([0; 32], |of| of.measure));
    out.extend(of.map_or(0, |of| of.until.0).to_le_bytes());
    out.extend(of.map_or(0, |of| of.seconds).to_le_bytes());
    out.extend(pid.to_le_bytes());
    out.extend(began.to_le_bytes());
    out.extend(hash);
    out.extend((text.len() as u16).to_le_bytes());
    out.extend(text);
    out.resize(start + QUESTION_BYTES - 5, 0);
}

fn get(reader: &mut Reader<'_>) -> Result<Option<Of>, WireError> {
    let at = reader.at;
    let (deed, kind, zero) = (reader.u8()?, reader.u8()?, reader.u8()?);
    if zero != 0 {
        return Err(WireError(at + 2));
    }
    let measure: [u8; 32] = reader.array()?;
    let (until, seconds) = (reader.u64()?, reader.u64()?);
    let in_target = reader.at;
    let (pid, start, hash) = (reader.u32()?, reader.u64()?, reader.array::<32>()?);
    let many = usize::from(reader.u16()?);
    let in_text = reader.at;
    let text = reader.text(many, TEXT_BYTES)?;
    let nothing = |is: bool| {
        if is {
            Ok(())
        } else {
            Err(WireError(in_target))
        }
    };
    let no_number = pid == 0 && start == 0;
    let target = match kind {
        0 => {
            nothing(no_number && hash == [0; 32] && text.is_empty())?;
            let empty = deed == 0 && measure == [0; 32] && until == 0 && seconds == 0;
            return if empty { Ok(None) } else { Err(WireError(at)) };
        }
        1 => {
            nothing((1..=PID_MAX).contains(&pid) && text.is_empty())?;
            HostTarget::Process { pid, start, hash }
        }
        2 => {
            nothing(no_number)?;
            plain_path(text).map_err(|_| WireError(in_text))?;
            let path = text.to_vec();
            HostTarget::File { hash, path }
        }
        3 => {
            nothing(no_number && hash == [0; 32])?;
            let name = std::str::from_utf8(text).ok().filter(|name| is_name(name));
            let name = name.ok_or(WireError(in_text))?.to_owned();
            HostTarget::Host { name }
        }
        _ => return Err(WireError(at + 1)),
    };
    let deed = Deed::from_code(deed)
        .filter(|deed| target.fits(*deed))
        .ok_or(WireError(at))?;
    Ok(Some(Of {
        measure,
        deed,
        target,
        until: Seconds(until),
        seconds,
    }))
}

impl Answer {
    /// An answer without effects.
    pub fn plain(outcome: Outcome, words: String) -> Self {
        Self {
            outcome,
            words,
            items: Vec::new(),
        }
    }

    /// Its bytes. More effects than are held, or words that are too long, are cut.
    pub fn encode(&self) -> Vec<u8> {
        let items = self.items.get(..HOLDS_MAX).unwrap_or(&self.items);
        let words = self.words.as_bytes();
        let words = words.get(..WORDS_BYTES_MAX).unwrap_or(words);
        let mut out = Vec::with_capacity(HEAD_BYTES + items.len() * ITEM_BYTES);
        out.extend(MAGIC);
        out.extend([self.outcome.code(), 0, 0, 0]);
        out.extend((items.len() as u32).to_le_bytes());
        out.extend((words.len() as u16).to_le_bytes());
        out.extend(words);
        out.resize(HEAD_BYTES, 0);
        for item in items {
            out.extend(MAGIC);
            out.push(Ask::Look.code());
            put(Some(&item.of), &mut out);
            out.extend(item.met.times.to_le_bytes());
            out.extend(item.met.bytes.to_le_bytes());
        }
        out
    }

    /// Reads the head of an answer, and how many effects follow.
    ///
    /// # Errors
    /// [`WireError`] with the place of the first byte that is wrong.
    pub fn decode_head(bytes: &[u8]) -> Result<(Self, usize), WireError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.array()? != MAGIC {
            return Err(WireError(0));
        }
        let outcome = Outcome::from_code(reader.u8()?).ok_or(WireError(4))?;
        if reader.array()? != [0; 3] {
            return Err(WireError(5));
        }
        let many = reader.u32()? as usize;
        if many > HOLDS_MAX {
            return Err(WireError(8));
        }
        let words = usize::from(reader.u16()?);
        let words = reader.text(words, WORDS_BYTES_MAX)?;
        if reader.at != bytes.len() || !words.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
            return Err(WireError(14));
        }
        let words = String::from_utf8_lossy(words).into_owned();
        Ok((Self::plain(outcome, words), many))
    }
}

impl Item {
    /// Reads [`ITEM_BYTES`] bytes.
    ///
    /// # Errors
    /// [`WireError`] with the place of the first byte that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.array()? != MAGIC || reader.u8()? != Ask::Look.code() {
            return Err(WireError(0));
        }
        let of = get(&mut reader)?.ok_or(WireError(6))?;
        let met = Met {
            times: reader.u64()?,
            bytes: reader.u64()?,
        };
        if reader.at == bytes.len() {
            Ok(Self { of, met })
        } else {
            Err(WireError(reader.at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(target: HostTarget, deed: Deed, until: u64) -> Of {
        Of {
            measure: [3; 32],
            deed,
            target,
            until: Seconds(until),
            seconds: until / 2,
        }
    }

    fn questions() -> Vec<Question> {
        let process = HostTarget::Process {
            pid: 9,
            start: 8,
            hash: [1; 32],
        };
        let file = HostTarget::File {
            hash: [2; 32],
            path: [b"/".as_slice(), &[b'a'; PATH_BYTES_MAX - 1]].concat(),
        };
        let host = HostTarget::Host {
            name: "web-1".to_owned(),
        };
        vec![
            Question {
                ask: Ask::Apply,
                of: Some(of(process.clone(), Deed::Freeze, 10)),
            },
            Question {
                ask: Ask::Before,
                of: Some(of(file, Deed::Quarantine, 10)),
            },
            Question {
                ask: Ask::Remove,
                of: Some(of(process, Deed::Stop, 0)),
            },
            Question {
                ask: Ask::Rehearse,
                of: Some(of(host, Deed::Isolate, 0)),
            },
            Question {
                ask: Ask::Look,
                of: None,
            },
            Question {
                ask: Ask::Release,
                of: None,
            },
        ]
    }

    #[test]
    fn questions_come_back_and_have_one_length() {
        for question in questions() {
            let bytes = question.encode();
            assert_eq!(bytes.len(), QUESTION_BYTES);
            assert_eq!(Question::decode(&bytes), Ok(question));
        }
    }

    #[test]
    fn a_byte_that_means_nothing_a_missing_end_or_another_kind_is_refused_with_its_place() {
        let check = |of: usize, at: usize, value: u8, place: usize| {
            let mut bytes = questions()[of].encode();
            bytes[at] = value;
            assert_eq!(
                Question::decode(&bytes),
                Err(WireError(place)),
                "{of} {at} {value}"
            );
        };
        check(0, 0, b'X', 0);
        check(0, 4, 0, 4);
        check(0, 4, 8, 4);
        check(0, 5, Deed::Block.code(), 5);
        check(0, 5, Deed::Quarantine.code(), 5);
        check(0, 6, 0, 56);
        check(0, 6, 4, 6);
        check(0, 7, 1, 7);
        check(0, 40, 0, 40);
        check(0, 100, 1, 56);
        check(0, QUESTION_BYTES - 1, 1, QUESTION_BYTES - 1);
        check(1, 102, b'a', 102);
        check(2, 40, 1, 40);
        check(3, 56, 1, 56);
        check(3, 102, b'-', 102);
        check(4, 20, 1, 5);
        check(5, 4, 3, 6);
        let short = questions()[0].encode();
        assert!(Question::decode(&short[..QUESTION_BYTES - 1]).is_err());
        assert!(Question::decode(&[short, vec![0]].concat()).is_err());
    }

    #[test]
    fn answers_come_back_bounded() {
        let item = Item {
            of: questions()[0].of.clone().unwrap(),
            met: Met { times: 7, bytes: 9 },
        };
        let answer = Answer {
            outcome: Outcome::Done,
            words: "so it is".to_owned(),
            items: vec![item.clone(), item.clone()],
        };
        let bytes = answer.encode();
        let (head, items) = bytes.split_at(HEAD_BYTES);
        assert_eq!(
            Answer::decode_head(head),
            Ok((Answer::plain(Outcome::Done, "so it is".to_owned()), 2))
        );
        let read: Vec<_> = items.chunks(ITEM_BYTES).map(Item::decode).collect();
        assert_eq!(read, [Ok(item.clone()), Ok(item)]);
        let mut many = head.to_vec();
        many.splice(8..12, (HOLDS_MAX as u32 + 1).to_le_bytes());
        assert_eq!(Answer::decode_head(&many), Err(WireError(8)));
        let long = Answer::plain(Outcome::Now, "x".repeat(WORDS_BYTES_MAX + 5)).encode();
        assert_eq!(long.len(), HEAD_BYTES);
        assert!(Answer::decode_head(&long).is_ok());
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_a_question_in_its_one_form_or_none(which in 0..6usize, changes in prop::collection::vec((0..QUESTION_BYTES, any::<u8>()), 0..6)) {
            let mut bytes = questions()[which].encode();
            for (at, value) in changes {
                bytes[at % 130] = value;
            }
            if let Ok(question) = Question::decode(&bytes) {
                prop_assert_eq!(question.encode(), bytes);
            }
        }
    }
}
