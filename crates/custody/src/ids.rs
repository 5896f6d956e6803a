//! Names of things: authority, sensor, stream, record, bucket, selector. Each has one text form and one parser.

use crate::time::Day;
use std::fmt;
use std::str::FromStr;

/// Longest name of a sensor, person or case, in bytes.
pub const NAME_BYTES_MAX: usize = 32;

/// A text that is not an id of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind}")]
pub struct IdError {
    text: String,
    kind: &'static str,
}

impl IdError {
    pub(crate) fn new(text: &str, kind: &'static str) -> Self {
        Self {
            text: text.chars().take(80).collect(),
            kind,
        }
    }
}

/// Lower-case hex of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Reads exactly `N` bytes of lower-case hex; `None` for anything else.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut out = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(out)
}

/// Id of an authority: 128 random bits, written as 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorityId(pub [u8; 16]);

impl fmt::Display for AuthorityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for AuthorityId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        unhex(text)
            .map(Self)
            .ok_or_else(|| IdError::new(text, "an authority id of 32 hex digits"))
    }
}

/// Name of a sensor, person or case: `[a-z0-9][a-z0-9.-]{0,31}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let inner = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
        let first = text
            .as_bytes()
            .first()
            .is_some_and(u8::is_ascii_alphanumeric);
        if first && text.len() <= NAME_BYTES_MAX && text.as_bytes().iter().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::new(text, "a name of 1 to 32 of `a-z 0-9 . -`"))
        }
    }
}

/// Name of a sensor.
pub type SensorId = Name;

/// One author's run: its entries form one chain, its records one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub [u8; 8]);

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for StreamId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        unhex(text)
            .map(Self)
            .ok_or_else(|| IdError::new(text, "a stream id of 16 hex digits"))
    }
}

/// A selected record: the stream that it left by, and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// The run of the sensor.
    pub stream: StreamId,
    /// Counted from 0 in the order in which records leave the seal.
    pub number: u64,
}

impl RecordId {
    /// The 16 bytes that commitments and the lake carry: stream, then the number big-endian, so that bytes sort as ids.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut out = [0; 16];
        let (stream, number) = out.split_at_mut(8);
        stream.copy_from_slice(&self.stream.0);
        number.copy_from_slice(&self.number.to_be_bytes());
        out
    }

    /// The inverse of [`RecordId::to_bytes`].
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let both = u128::from_be_bytes(bytes);
        Self {
            stream: StreamId(((both >> 64) as u64).to_be_bytes()),
            number: both as u64,
        }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.stream, self.number)
    }
}

impl FromStr for RecordId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let parse = || {
            let (stream, number) = text.split_once('-')?;
            let id = Self {
                stream: stream.parse().ok()?,
                number: number.parse().ok()?,
            };
            (id.to_string() == text).then_some(id)
        };
        parse().ok_or_else(|| IdError::new(text, "a record id such as 00112233aabbccdd-42"))
    }
}

/// What one key opens: the records of one authority, one sensor and one wall-clock day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketId {
    /// The authority under which the records were selected.
    pub authority: AuthorityId,
    /// The sensor that selected them.
    pub sensor: SensorId,
    /// The UTC day on which their window was published.
    pub day: Day,
}

impl fmt::Display for BucketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.authority, self.sensor, self.day)
    }
}

impl FromStr for BucketId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let parse = || {
            let mut parts = text.split('/');
            let bucket = Self {
                authority: parts.next()?.parse().ok()?,
                sensor: parts.next()?.parse().ok()?,
                day: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(bucket)
        };
        parse().ok_or_else(|| IdError::new(text, "a bucket id of the form authority/sensor/day"))
    }
}

/// Id of a selector in its pack; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SelectorId(pub std::num::NonZeroU32);

impl fmt::Display for SelectorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_other_texts_are_refused() {
        let record = RecordId {
            stream: StreamId([1, 2, 3, 4, 5, 6, 7, 8]),
            number: 42,
        };
        assert_eq!(record.to_string(), "0102030405060708-42");
        assert_eq!("0102030405060708-42".parse(), Ok(record));
        assert_eq!(RecordId::from_bytes(record.to_bytes()), record);
        assert!("0102030405060708-042".parse::<RecordId>().is_err());
        let bucket = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01";
        assert_eq!(bucket.parse::<BucketId>().unwrap().to_string(), bucket);
        for text in [
            "",
            "S1",
            "-a",
            "a/b",
            "ä",
            "a23456789012345678901234567890123",
        ] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }
}
