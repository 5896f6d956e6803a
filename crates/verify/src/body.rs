//! Stored bodies, `docs/reference/formats.md` section 7. In: stored bytes, the commitment and size class of an envelope. Out: an open body, or what is
//! known of a sealed one. Never: a look into a sealed body; the verifier has no keys.

use crate::limits::BODY_BYTES_MAX;
use crate::notes::Bucket;
use hmac::{Hmac, KeyInit, Mac};
use sakimori_tlog::merkle::Hash;
use sha2::Sha256;

/// Bytes of a sealed body that are not the body: salt and tag.
const SEALED_EXTRA: usize = 32 + 16;
/// Length of the cipher's nonce.
const NONCE_BYTES: usize = 24;

/// A body as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body<'s> {
    /// Everybody may read it.
    Open { salt: &'s [u8; 32], body: &'s [u8] },
    /// The key of a bucket opens it; `length` is that of the body.
    Sealed { bucket: Bucket, length: usize },
}

impl<'s> Body<'s> {
    /// Reads stored bytes; `None` where they are of no known form.
    pub(crate) fn read(stored: &'s [u8]) -> Option<Self> {
        let (salt, rest) = stored.split_first_chunk::<32>()?;
        let (&form, rest) = rest.split_first()?;
        match form {
            0 if rest.len() <= BODY_BYTES_MAX => Some(Self::Open { salt, body: rest }),
            1 if *salt == [0; 32] => sealed(rest),
            _ => None,
        }
    }

    /// Length of the body.
    pub(crate) const fn length(&self) -> usize {
        match self {
            Self::Open { body, .. } => body.len(),
            Self::Sealed { length, .. } => *length,
        }
    }

    /// Whether the body is the one committed to; what is sealed shows that only to who has its key.
    pub(crate) fn is_committed_by(&self, commitment: &Hash) -> bool {
        match self {
            Self::Open { salt, body } => hmac(*salt, body) == Some(*commitment),
            Self::Sealed { .. } => true,
        }
    }
}

fn sealed(rest: &[u8]) -> Option<Body<'static>> {
    let (&length, rest) = rest.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(length))?;
    let bucket = Bucket::read(std::str::from_utf8(name).ok()?)?;
    let length = rest.len().checked_sub(NONCE_BYTES + SEALED_EXTRA)?;
    (length <= BODY_BYTES_MAX).then_some(Body::Sealed { bucket, length })
}

fn hmac(key: &[u8], message: &[u8]) -> Option<Hash> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().into())
}

/// Smallest n of at least 8 with 2^n at least `length`.
pub(crate) fn size_class(length: usize) -> u64 {
    (8..64).find(|&n| length as u64 <= 1 << n).unwrap_or(64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::STORED_BYTES_MAX;
    use sakimori_custody::entry::{Salt, StoredBody, commit, size_class as written_class};
    use sakimori_custody::ids::BucketId;

    #[test]
    fn a_size_class_is_the_writers() {
        for length in [0, 1, 255, 256, 257, 511, 512, 513, 65_536, 65_537, 1 << 20] {
            assert_eq!(
                size_class(length),
                u64::from(written_class(length)),
                "{length}"
            );
        }
    }

    #[test]
    fn an_open_body_is_held_against_its_commitment_and_a_sealed_one_shows_its_length() {
        let (salt, body) = (Salt([3; 32]), b"text".to_vec());
        let commitment = commit(&salt, &body);
        let stored = StoredBody::Open { salt, body }.encode();
        assert!(Body::read(&stored).unwrap().is_committed_by(&commitment));
        assert!(!Body::read(&stored).unwrap().is_committed_by(&[0; 32]));
        let bucket: BucketId = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01"
            .parse()
            .unwrap();
        let sealed = StoredBody::Sealed {
            bucket: bucket.clone(),
            nonce: [4; 24],
            ciphertext: vec![0; 32 + 16 + 7],
        };
        let stored = sealed.encode();
        let read = Body::read(&stored).unwrap();
        assert_eq!(read.length(), 7);
        assert!(
            matches!(&read, Body::Sealed { bucket: name, .. } if name.to_string() == bucket.to_string())
        );
        assert_eq!(
            Body::read(&stored[..stored.len() - 8]),
            None,
            "no room for salt and tag"
        );
    }

    const NAME: &str = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01";

    /// What the writers take and this reader does not would hide the rest of a log; the other way round, nobody would have written it.
    #[track_caller]
    fn check(stored: &[u8]) {
        let (read, written) = (Body::read(stored), StoredBody::decode(stored));
        assert_eq!(read.is_some(), written.is_ok(), "{} bytes", stored.len());
    }

    /// `salt ‖ form ‖ …` of a sealed body with a ciphertext of so many bytes.
    fn sealed_bytes(name: &[u8], ciphertext: usize) -> Vec<u8> {
        let head = [1, name.len() as u8];
        let rest = vec![7; NONCE_BYTES + ciphertext];
        [&[0; 32], head.as_slice(), name, &rest].concat()
    }

    #[test]
    fn this_reader_and_the_writers_take_bodies_of_the_same_lengths() {
        let head = 32 + 1;
        for edge in [head, head + BODY_BYTES_MAX, head + STORED_BYTES_MAX] {
            for length in edge - 1..=edge + 1 {
                check(&vec![0; length]);
            }
        }
        for edge in [
            SEALED_EXTRA,
            SEALED_EXTRA + BODY_BYTES_MAX,
            STORED_BYTES_MAX,
        ] {
            for length in edge - 1..=edge + 1 {
                check(&sealed_bytes(NAME.as_bytes(), length));
            }
        }
        let longest = sealed_bytes(NAME.as_bytes(), BODY_BYTES_MAX + SEALED_EXTRA);
        assert!(Body::read(&longest).is_some() && longest.len() <= STORED_BYTES_MAX);
    }

    proptest::proptest! {
        #[test]
        fn this_reader_takes_the_bodies_that_the_writers_take(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), form in 0u8..3) {
            let mut bytes = bytes;
            if let Some(at) = bytes.get_mut(32) {
                *at = form;
            }
            if form == 1 {
                bytes.iter_mut().take(32).for_each(|byte| *byte = 0);
            }
            check(&bytes);
        }

        #[test]
        fn this_reader_takes_the_bucket_names_that_the_writers_take(at in 0..NAME.len(), cut in 0usize..3, with in "[ -~]{0,2}", ciphertext in 40usize..60) {
            let end = NAME.len().min(at + cut);
            let name = [&NAME.as_bytes()[..at], with.as_bytes(), &NAME.as_bytes()[end..]].concat();
            check(&sealed_bytes(&name, ciphertext));
        }

        #[test]
        fn any_byte_of_a_sealed_body_is_read_as_the_writers_read_it(at in 0usize..200, byte: u8) {
            let mut bytes = sealed_bytes(NAME.as_bytes(), 60);
            let at = at % bytes.len();
            bytes[at] = byte;
            check(&bytes);
        }
    }
}
