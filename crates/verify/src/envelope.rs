//! The envelope of an entry, `docs/reference/formats.md` section 7. In: the bytes of a leaf. Out: an envelope. Never: a second encoding of the same entry:
//! the twelve keys stand in order, every integer is the shortest, nothing follows.
//!
//! Written from the page alone; the writer's own reader is elsewhere and shares nothing with this one.

use crate::limits::{COUNTERS_MAX, ENVELOPE_BYTES_MAX};
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle::Hash;
use std::fmt;

/// What stands before the envelope in what an author signs.
const SIGNED_PREFIX: &[u8] = b"sakimori/entry/v1\n";
/// How an envelope ends that carries a signature: the head of 64 bytes, and these.
const SIGNATURE_BYTES: usize = 2 + 64;
/// How it ends that carries none.
const NO_SIGNATURE: u8 = 0x40;

macro_rules! acts {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $name:literal,)+) => {
        /// What kind of act an entry records.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Act { $($(#[$doc])* $variant,)+ }
        impl Act {
            fn of(code: u64) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

acts! {
    TrustRoot = 1 "trust-root",
    Schedule = 2 "schedule",
    Software = 3 "software",
    Access = 4 "access",
    Request = 10 "request",
    Decision = 11 "decision",
    Activation = 12 "activation",
    Question = 13 "question",
    Answer = 14 "answer",
    Ruling = 15 "ruling",
    Suspension = 16 "suspension",
    Urgent = 17 "urgent",
    Lapse = 18 "lapse",
    Proposal = 19 "proposal",
    Start = 20 "start",
    Stop = 21 "stop",
    Receipt = 22 "receipt",
    Gap = 23 "gap",
    Fault = 24 "fault",
    Refusal = 25 "refusal",
    Effective = 26 "effective",
    Carrier = 27 "carrier",
    Deletion = 30 "deletion",
    Attestation = 31 "attestation",
    Purge = 33 "purge",
    Challenge = 34 "challenge",
    Response = 35 "response",
    Query = 40 "query",
    Finding = 41 "finding",
    Export = 42 "export",
    Reidentification = 43 "reidentification",
    Misuse = 44 "misuse",
    Release = 45 "release",
    Measure = 46 "measure",
    Inspection = 50 "inspection",
    Notice = 52 "notice",
    Demand = 53 "demand",
    Recommendation = 54 "recommendation",
    Reply = 55 "reply",
    Report = 60 "report",
}

/// An envelope as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) act: Act,
    pub(crate) stream: [u8; 8],
    pub(crate) sequence: u64,
    pub(crate) previous: Hash,
    /// Unix seconds of the minute.
    pub(crate) time: u64,
    /// Hash of the statement's text; zero if none.
    pub(crate) authority: Hash,
    /// Commitment to the body.
    pub(crate) body: Hash,
    pub(crate) size_class: u64,
    pub(crate) counters: Vec<u64>,
    /// Key id; zero if unsigned.
    pub(crate) signer: [u8; 4],
    pub(crate) signature: Option<[u8; 64]>,
}

/// Where the bytes leave the one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Key whose value is wrong; 12 for what follows the last.
    key: u64,
    /// Byte in the entry.
    byte: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at key {}, byte {}", self.key, self.byte)
    }
}

/// Major types of RFC 8949 §3.1.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Major {
    Unsigned = 0,
    Bytes = 2,
    Array = 4,
    Map = 5,
}

struct Cursor<'e> {
    rest: &'e [u8],
    whole: usize,
    key: u64,
}

impl<'e> Cursor<'e> {
    fn here(&self) -> Malformed {
        Malformed {
            key: self.key,
            byte: self.whole - self.rest.len(),
        }
    }

    fn take(&mut self, count: usize) -> Result<&'e [u8], Malformed> {
        let here = self.here();
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(here)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The argument of a head, which must be of this type and as short as can be.
    fn argument(&mut self, major: Major) -> Result<u64, Malformed> {
        let here = self.here();
        let lead = self.take(1)?.first().copied().ok_or(here)?;
        if lead >> 5 != major as u8 {
            return Err(here);
        }
        let short = lead & 0x1f;
        let length = match short {
            0..24 => return Ok(u64::from(short)),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err(here),
        };
        let mut wide = [0; 8];
        for (to, from) in wide.iter_mut().rev().zip(self.take(length)?.iter().rev()) {
            *to = *from;
        }
        let value = u64::from_be_bytes(wide);
        let shorter = match length {
            1 => 24,
            more => 1 << (4 * more),
        };
        if value < shorter {
            Err(here)
        } else {
            Ok(value)
        }
    }

    /// The next key, which must be this one.
    fn at(&mut self, key: u64) -> Result<&mut Self, Malformed> {
        self.key = key;
        let here = self.here();
        if self.argument(Major::Unsigned)? == key {
            Ok(self)
        } else {
            Err(here)
        }
    }

    fn number(&mut self, key: u64) -> Result<u64, Malformed> {
        self.at(key)?.argument(Major::Unsigned)
    }

    fn fixed<const N: usize>(&mut self, key: u64) -> Result<[u8; N], Malformed> {
        let cursor = self.at(key)?;
        let here = cursor.here();
        if cursor.argument(Major::Bytes)? != N as u64 {
            return Err(here);
        }
        cursor.take(N)?.try_into().map_err(|_| here)
    }

    fn counters(&mut self, key: u64) -> Result<Vec<u64>, Malformed> {
        let cursor = self.at(key)?;
        let here = cursor.here();
        let count = cursor.argument(Major::Array)?;
        if count > COUNTERS_MAX {
            return Err(here);
        }
        (0..count)
            .map(|_| cursor.argument(Major::Unsigned))
            .collect()
    }

    fn signature(&mut self, key: u64) -> Result<Option<[u8; 64]>, Malformed> {
        let cursor = self.at(key)?;
        let here = cursor.here();
        match cursor.argument(Major::Bytes)? {
            0 => Ok(None),
            64 => cursor.take(64)?.try_into().map(Some).map_err(|_| here),
            _ => Err(here),
        }
    }
}

impl Envelope {
    /// Reads a leaf.
    pub(crate) fn read(leaf: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor {
            rest: leaf,
            whole: leaf.len(),
            key: 0,
        };
        let start = cursor.here();
        if leaf.len() > ENVELOPE_BYTES_MAX || cursor.argument(Major::Map)? != 12 {
            return Err(start);
        }
        let version = cursor.number(0)?;
        let code = cursor.number(1)?;
        let act = Act::of(code).filter(|_| version == 1).ok_or(start)?;
        let envelope = Self {
            act,
            stream: cursor.fixed(2)?,
            sequence: cursor.number(3)?,
            previous: cursor.fixed(4)?,
            time: cursor.number(5)?,
            authority: cursor.fixed(6)?,
            body: cursor.fixed(7)?,
            size_class: cursor.number(8)?,
            counters: cursor.counters(9)?,
            signer: cursor.fixed(10)?,
            signature: cursor.signature(11)?,
        };
        cursor.key = 12;
        if cursor.rest.is_empty() {
            Ok(envelope)
        } else {
            Err(cursor.here())
        }
    }

    /// Whether the signature is by this key. `leaf` is what this envelope was read from: its encoding is the only one, so what was signed is the
    /// leaf with its last value taken off.
    pub(crate) fn signed_by(&self, key: &VerifierKey, leaf: &[u8]) -> bool {
        let Some(signature) = &self.signature else {
            return false;
        };
        let unsigned = leaf.len().saturating_sub(SIGNATURE_BYTES);
        let unsigned = leaf.get(..unsigned).unwrap_or_default();
        let message = [SIGNED_PREFIX, unsigned, &[NO_SIGNATURE]].concat();
        self.signer == key.id() && key.verifies(&message, signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_custody::entry::{
        Act as Deed, Author, Chain, EntryType, Envelope as Written, Salt,
    };
    use sakimori_custody::ids::StreamId;
    use sakimori_custody::time::Seconds;
    use sakimori_testkit::folder::signer;

    fn written(counters: Vec<u64>, signed: bool) -> Vec<u8> {
        let office = signer("office");
        let author = Author {
            id: office.verifier().id(),
            key: office.ed25519(),
        };
        let deed = Deed {
            kind: EntryType::Receipt,
            time: Seconds(1_806_537_660),
            authority: [9; 32],
            counters,
            body: b"body".to_vec(),
        };
        let author = signed.then_some(&author);
        Chain::new(StreamId([8; 8]))
            .entry(deed, Salt([1; 32]), author)
            .leaf
    }

    #[test]
    fn a_signature_is_over_the_envelope_without_it() {
        let leaf = written(vec![1, 2], true);
        let (office, other) = (signer("office"), signer("s-01"));
        let envelope = Envelope::read(&leaf).unwrap();
        assert!(envelope.signed_by(office.verifier(), &leaf));
        assert!(!envelope.signed_by(other.verifier(), &leaf));
        let unsigned = written(vec![1, 2], false);
        assert!(
            !Envelope::read(&unsigned)
                .unwrap()
                .signed_by(office.verifier(), &unsigned)
        );
        for at in 0..leaf.len() {
            let mut bad = leaf.clone();
            bad[at] ^= 1;
            if let Ok(envelope) = Envelope::read(&bad) {
                assert!(!envelope.signed_by(office.verifier(), &bad), "byte {at}");
            }
        }
    }

    #[test]
    fn an_entry_that_is_cut_short_names_where() {
        let leaf = written(vec![u64::MAX; 16], true);
        assert!(Envelope::read(&leaf).is_ok());
        for end in 0..leaf.len() {
            let error = Envelope::read(&leaf[..end]).unwrap_err();
            assert!(error.byte <= end && error.key < 12, "{end}: {error}");
        }
        let long = Envelope::read(&[leaf.as_slice(), &[0]].concat()).unwrap_err();
        assert_eq!((long.key, long.byte), (12, leaf.len()));
    }

    proptest::proptest! {
        /// Reader and writer were written apart: what one takes the other takes, with the same values.
        #[test]
        fn this_reader_and_the_writers_agree_on_any_bytes(
            at in 0usize..280, cut in 0usize..4, bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..4),
            counters in proptest::collection::vec(proptest::prelude::any::<u64>(), 0..18), signed: bool
        ) {
            let mut leaf = written(counters, signed);
            let at = at.min(leaf.len());
            let end = (at + cut).min(leaf.len());
            leaf.splice(at..end, bytes);
            match (Envelope::read(&leaf), Written::decode(&leaf)) {
                (Ok(read), Ok(written)) => {
                    proptest::prop_assert_eq!(read.act.name(), written.kind.name());
                    proptest::prop_assert_eq!(read.stream, written.stream.0);
                    proptest::prop_assert_eq!((read.sequence, read.time), (written.sequence, written.time.0));
                    proptest::prop_assert_eq!([read.previous, read.authority, read.body], [written.previous, written.authority, written.body]);
                    proptest::prop_assert_eq!(read.size_class, u64::from(written.size_class));
                    proptest::prop_assert_eq!((read.counters, read.signer, read.signature), (written.counters, written.signer, written.signature));
                }
                (Err(_), Err(_)) => {}
                (read, written) => proptest::prop_assert!(false, "{read:?} {written:?}"),
            }
        }

        #[test]
        fn any_bytes_are_an_envelope_or_an_error(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..1100)) {
            let _ = Envelope::read(&bytes);
        }
    }
}
