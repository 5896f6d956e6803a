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
