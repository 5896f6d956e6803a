//! The one CBOR form of an envelope. In: an envelope or hostile bytes. Out: bytes or an envelope. Never: a second encoding of the same entry:
//! integers are shortest, the map has the twelve keys in order, nothing follows it.

use super::{COUNTERS_MAX, ENVELOPE_BYTES_MAX, EntryType, Envelope};
use crate::ids::StreamId;
use crate::time::Seconds;

/// Major types of RFC 8949 §3.1 that an envelope uses.
const UINT: u8 = 0;
const BYTES: u8 = 2;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// Number of keys in the map.
const KEYS: u64 = 12;

/// Bytes that are not an envelope in its one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry leaves its form at key {key}, byte {offset}")]
pub struct CborError {
    /// Key whose value is wrong; 12 = the end.
    pub key: u64,
    /// Byte offset in the entry.
    pub offset: usize,
}

fn head(out: &mut Vec<u8>, major: u8, value: u64) {
    let kind = major << 5;
    let bytes = value.to_be_bytes();
    let (lead, from) = match value {
        0..=23 => (kind | value as u8, 8),
        24..=0xff => (kind + 24, 7),
        0x100..=0xffff => (kind + 25, 6),
        0x1_0000..=0xffff_ffff => (kind + 26, 4),
        _ => (kind + 27, 0),
    };
    out.push(lead);
    out.extend(bytes.iter().skip(from));
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    head(out, BYTES, value.len() as u64);
    out.extend_from_slice(value);
}

pub(super) fn encode(envelope: &Envelope) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    head(&mut out, MAP, KEYS);
    for key in 0..KEYS {
        head(&mut out, UINT, key);
        match key {
            0 => head(&mut out, UINT, 1),
            1 => head(&mut out, UINT, u64::from(envelope.kind.code())),
            2 => bytes(&mut out, &envelope.stream.0),
            3 => head(&mut out, UINT, envelope.sequence),
            4 => bytes(&mut out, &envelope.previous),
            5 => head(&mut out, UINT, envelope.time.0),
            6 => bytes(&mut out, &envelope.authority),
            7 => bytes(&mut out, &envelope.body),
            8 => head(&mut out, UINT, u64::from(envelope.size_class)),
            9 => {
                head(&mut out, ARRAY, envelope.counters.len() as u64);
                for &counter in &envelope.counters {
                    head(&mut out, UINT, counter);
                }
            }
            10 => bytes(&mut out, &envelope.signer),
            _ => bytes(
                &mut out,
                envelope.signature.as_ref().map_or(&[], |s| s.as_slice()),
            ),
        }
    }
    out
}

struct Reader<'a> {
    whole: &'a [u8],
    at: usize,
    key: u64,
}

impl<'a> Reader<'a> {
    fn bad(&self) -> CborError {
        CborError {
            key: self.key,
            offset: self.at,
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], CborError> {
        let end = self.at.checked_add(count).ok_or(self.bad())?;
        let part = self.whole.get(self.at..end).ok_or(self.bad())?;
        self.at = end;
        Ok(part)
    }

    /// Argument of a head of the given major type, in its shortest form only.
    fn head(&mut self, major: u8) -> Result<u64, CborError> {
        let start = self.bad();
        let &[lead] = self.take(1)? else {
            return Err(start);
        };
        if lead >> 5 != major {
            return Err(start);
        }
        let (size, least) = match lead & 31 {
            short @ 0..=23 => return Ok(u64::from(short)),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return Err(start),
        };
        let value = self
            .take(size)?
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        if value < least { Err(start) } else { Ok(value) }
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], CborError> {
        let start = self.bad();
        if self.head(BYTES)? != N as u64 {
            return Err(start);
        }
        self.take(N)?.try_into().map_err(|_| start)
    }

    /// The value of the next key.
    fn key(&mut self, key: u64) -> Result<&mut Self, CborError> {
        self.key = key;
        let start = self.bad();
        if self.head(UINT)? == key {
            Ok(self)
        } else {
            Err(start)
        }
    }

    fn counters(&mut self) -> Result<Vec<u64>, CborError> {
        let start = self.bad();
        let count = self.head(ARRAY)?;
        if count > COUNTERS_MAX as u64 {
            return Err(start);
        }
        (0..count).map(|_| self.head(UINT)).collect()
    }

    fn signature(&mut self) -> Result<Option<[u8; 64]>, CborError> {
        if self.whole.get(self.at) == Some(&(BYTES << 5)) {
            self.at += 1;
            return Ok(None);
        }
        self.bytes().map(Some)
    }
}

pub(super) fn decode(whole: &[u8]) -> Result<Envelope, CborError> {
    let mut r = Reader {
        whole,
        at: 0,
        key: 0,
    };
    if whole.len() > ENVELOPE_BYTES_MAX || r.head(MAP)? != KEYS {
        return Err(r.bad());
    }
    if r.key(0)?.head(UINT)? != 1 {
        return Err(r.bad());
    }
    let code = r.key(1)?.head(UINT)?;
    let kind = u8::try_from(code)
        .ok()
        .and_then(EntryType::from_code)
        .ok_or(r.bad())?;
    let envelope = Envelope {
        kind,
        stream: StreamId(r.key(2)?.bytes()?),
        sequence: r.key(3)?.head(UINT)?,
        previous: r.key(4)?.bytes()?,
        time: Seconds(r.key(5)?.head(UINT)?),
        authority: r.key(6)?.bytes()?,
        body: r.key(7)?.bytes()?,
        size_class: u8::try_from(r.key(8)?.head(UINT)?).map_err(|_| r.bad())?,
        counters: r.key(9)?.counters()?,
        signer: r.key(10)?.bytes()?,
        signature: r.key(11)?.signature()?,
    };
    r.key = KEYS;
    if r.at == whole.len() {
        Ok(envelope)
    } else {
        Err(r.bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{hex, unhex};

    fn envelope() -> Envelope {
        Envelope {
            kind: EntryType::Decision,
            stream: StreamId([1; 8]),
            sequence: 24,
            previous: [2; 32],
            time: Seconds(60),
            authority: [3; 32],
            body: [4; 32],
            size_class: 8,
            counters: vec![0, 256],
            signer: [0; 4],
            signature: None,
        }
    }

    /// The bytes that section 7 of `docs/reference/formats.md` asks for, written by hand: the offline verifier has to agree.
    #[test]
    fn an_envelope_has_the_bytes_of_the_format() {
        let wanted = [
            "ac0001010b0248",
            &"01".repeat(8),
            "031818045820",
            &"02".repeat(32),
            "05183c065820",
            &"03".repeat(32),
            "075820",
            &"04".repeat(32),
            "0808",
            "098200190100",
            "0a4400000000",
            "0b40",
        ];
        let wanted = wanted.concat();
        assert_eq!(hex(&envelope().encode()), wanted);
        assert_eq!(decode(&unhex_all(&wanted)), Ok(envelope()));
    }

    #[test]
    fn every_integer_reads_back_at_the_edges_of_its_lengths() {
        for edge in [0, 1 << 8, 1 << 16, 1 << 32, u64::MAX] {
            for value in [edge.wrapping_sub(1), edge, 23, 24] {
                let mut one = envelope();
                one.sequence = value;
                one.time = Seconds(value);
                one.counters = vec![value; COUNTERS_MAX];
                assert_eq!(decode(&encode(&one)), Ok(one), "{value}");
            }
        }
    }

    #[test]
    fn a_second_encoding_of_the_same_entry_is_refused() {
        let good = hex(&encode(&envelope()));
        // What is wrong, the bytes that stand there, and what takes their place.
        let cases = [
            (
                "an integer longer than it need be",
                "ac0001010b",
                "ac0018010105",
            ),
            (
                "a sequence longer than it need be",
                "03181804",
                "0319001804",
            ),
            ("an indefinite map", "ac0001", "bf0001"),
            ("a map with a key less", "ac0001", "ab0001"),
            ("a map with a key more", "ac0001", "ad0001"),
            ("another version", "ac0001", "ac0002"),
            ("an unknown type", "010b0248", "01090248"),
            ("keys that are swapped", "010b0248", "020b0148"),
            ("a text for bytes", "0248", "0268"),
            ("a length longer than it need be", "0248", "025808"),
            ("an indefinite array", "098200190100", "099f00190100ff"),
            ("an integer below zero", "05183c", "05383c"),
            ("a tag", "05183c", "05c1183c"),
            ("a float", "05183c", "05fb404e000000000000"),
            ("a signature of one byte", "0b40", "0b4100"),
            ("a signature that is null", "0b40", "0bf6"),
            ("a size class over a byte", "08080982", "081901000982"),
        ];
        for (why, from, to) in cases {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{why}");
            assert!(decode(&unhex_all(&bad)).is_err(), "{why}");
        }
        for (end, why) in [("00", "a byte behind"), ("ff", "a break behind")] {
            assert!(
                decode(&unhex_all(&format!("{good}{end}"))).is_err(),
                "{why}"
            );
        }
    }

    #[test]
    fn an_entry_that_is_cut_short_names_its_end_and_a_flood_is_refused() {
        let bytes = encode(&envelope());
        for end in 0..bytes.len() {
            let error = decode(&bytes[..end]).unwrap_err();
            assert!(error.offset <= end, "{end}: {error}");
        }
        let mut flood = envelope();
        flood.counters = vec![0; COUNTERS_MAX + 1];
        assert_eq!(decode(&encode(&flood)).unwrap_err().key, 9);
        assert!(decode(&vec![0; ENVELOPE_BYTES_MAX + 1]).is_err());
    }

    fn unhex_all(text: &str) -> Vec<u8> {
        let pair = |at: usize| unhex::<1>(text.get(at..at + 2)?).map(|[byte]| byte);
        (0..text.len())
            .step_by(2)
            .map(|at| pair(at).unwrap())
            .collect()
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_the_one_form_of_an_entry_or_an_error(
            at in 0usize..141, bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..12)
        ) {
            let mut whole = encode(&envelope());
            let end = (at + bytes.len()).min(whole.len());
            whole.splice(at..end, bytes);
            if let Ok(read) = decode(&whole) {
                proptest::prop_assert_eq!(encode(&read), whole);
            }
        }
    }
}
