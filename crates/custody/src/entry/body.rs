//! Bodies as they are stored beside the tree: open, or sealed under a bucket's key. In: salt, body, key, nonce. Out: bytes addressed by
//! their commitment. Never: a true salt in the clear beside a sealed body, so that the salt goes with the key.

use super::{BODY_BYTES_MAX, commit};
use crate::ids::BucketId;
use crate::keys::BucketKey;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

/// Bytes of a ciphertext that are not the body: salt and tag.
const SEALED_EXTRA: usize = 32 + 16;

/// 32 random bytes that keep a commitment from being guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

/// A stored body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredBody {
    /// Readable by everyone who has the log.
    Open {
        /// The salt of the commitment.
        salt: Salt,
        /// The body.
        body: Vec<u8>,
    },
    /// Readable with the key of a bucket.
    Sealed {
        /// The bucket's name.
        bucket: BucketId,
        /// Nonce of the cipher.
        nonce: [u8; 24],
        /// Salt and body, encrypted.
        ciphertext: Vec<u8>,
    },
}

/// With what a body is sealed.
#[derive(Debug)]
pub struct Seal<'k> {
    /// The bucket whose fate the body shares.
    pub bucket: &'k BucketId,
    /// Its key.
    pub key: &'k BucketKey,
    /// 24 random bytes, used once.
    pub nonce: [u8; 24],
}

/// Why a stored body cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// No stored body of a known form: the store is damaged.
    #[error("the stored body has no known form")]
    Form,
    /// Longer than [`BODY_BYTES_MAX`].
    #[error("the stored body is too long")]
    TooLong,
    /// The key is another's, or the bytes were changed.
    #[error("the sealed body does not open with this key")]
    Key,
    /// The body is not the one that the entry commits to.
    #[error("the body is not the one that the entry commits to")]
    Commitment,
}

impl Seal<'_> {
    pub(super) fn close(&self, salt: &Salt, commitment: &[u8; 32], body: &[u8]) -> StoredBody {
        let plain = [&salt.0, body].concat();
        let cipher = cipher(self.key);
        let payload = Payload {
            msg: &plain,
            aad: commitment,
        };
        // BOUND: the cipher refuses only messages over 256 GiB; bodies end at BODY_BYTES_MAX.
        let ciphertext = cipher
            .encrypt(&XNonce::from(self.nonce), payload)
            .unwrap_or_default();
        StoredBody::Sealed {
            bucket: self.bucket.clone(),
            nonce: self.nonce,
            ciphertext,
        }
    }
}

fn cipher(key: &BucketKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.body()))
}

/// Whether a body may be as long as this.
const fn within(length: usize) -> Result<(), BodyError> {
    if length > BODY_BYTES_MAX {
        Err(BodyError::TooLong)
    } else {
        Ok(())
    }
}

/// Bucket, nonce and ciphertext.
fn sealed_parts(bytes: &[u8]) -> Option<(BucketId, [u8; 24], &[u8])> {
    let (&len, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(len))?;
    let (nonce, ciphertext) = rest.split_first_chunk()?;
    let bucket = std::str::from_utf8(name).ok()?.parse().ok()?;
    Some((bucket, *nonce, ciphertext))
}

impl StoredBody {
    /// The stored bytes: `salt ‖ form ‖ …`, `docs/reference/formats.md` section 7.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Open { salt, body } => [&salt.0, [0].as_slice(), body].concat(),
            Self::Sealed {
                bucket,
                nonce,
                ciphertext,
            } => {
                let name = bucket.to_string();
                let head = [1, name.len() as u8];
                [
                    &[0; 32],
                    head.as_slice(),
                    name.as_bytes(),
                    nonce,
                    ciphertext,
                ]
                .concat()
            }
        }
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`BodyError::Form`] or [`BodyError::TooLong`]: the store is damaged or not ours.
    pub fn decode(bytes: &[u8]) -> Result<Self, BodyError> {
        let (salt, rest) = bytes.split_first_chunk::<32>().ok_or(BodyError::Form)?;
        let (&form, rest) = rest.split_first().ok_or(BodyError::Form)?;
        match form {
            0 => within(rest.len()).map(|()| Self::Open {
                salt: Salt(*salt),
                body: rest.to_vec(),
            }),
            1 if *salt == [0; 32] => Self::decode_sealed(rest),
            _ => Err(BodyError::Form),
        }
    }

    fn decode_sealed(bytes: &[u8]) -> Result<Self, BodyError> {
        let (bucket, nonce, ciphertext) = sealed_parts(bytes).ok_or(BodyError::Form)?;
        let length = ciphertext.len().checked_sub(SEALED_EXTRA);
        within(length.ok_or(BodyError::Form)?)?;
        Ok(Self::Sealed {
            bucket,
            nonce,
            ciphertext: ciphertext.to_vec(),
        })
    }

    /// The body, once it is shown to be the one that `commitment` names. A sealed body needs the key of its bucket.
    ///
    /// # Errors
    /// - [`BodyError::Key`]: no key was given, it is another's, or the bytes were changed.
    /// - [`BodyError::Commitment`]: the body is another.
    pub fn open(
        &self,
        commitment: &[u8; 32],
        key: Option<&BucketKey>,
    ) -> Result<Vec<u8>, BodyError> {
        let (salt, body) = match self {
            Self::Open { salt, body } => (*salt, body.clone()),
            Self::Sealed {
                nonce, ciphertext, ..
            } => {
                let payload = Payload {
                    msg: ciphertext,
                    aad: commitment,
                };
                let plain = cipher(key.ok_or(BodyError::Key)?)
                    .decrypt(&XNonce::from(*nonce), payload)
                    .map_err(|_| BodyError::Key)?;
                let (salt, body) = plain.split_first_chunk::<32>().ok_or(BodyError::Key)?;
                (Salt(*salt), body.to_vec())
            }
        };
        if commit(&salt, &body) == *commitment {
            Ok(body)
        } else {
            Err(BodyError::Commitment)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_body_opens_with_its_key_and_not_without() {
        let bucket: BucketId = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01"
            .parse()
            .unwrap();
        let (key, other) = (
            BucketKey::from_bytes([1; 32]),
            BucketKey::from_bytes([2; 32]),
        );
        let salt = Salt([3; 32]);
        let commitment = commit(&salt, b"a finding");
        let seal = Seal {
            bucket: &bucket,
            key: &key,
            nonce: [4; 24],
        };
        let stored = seal.close(&salt, &commitment, b"a finding");
        let read = StoredBody::decode(&stored.encode()).unwrap();
        assert_eq!(read, stored);
        assert_eq!(read.open(&commitment, Some(&key)).unwrap(), b"a finding");
        assert_eq!(read.open(&commitment, Some(&other)), Err(BodyError::Key));
        assert_eq!(read.open(&commitment, None), Err(BodyError::Key));
        assert_eq!(read.open(&[0; 32], Some(&key)), Err(BodyError::Key));
        assert!(
            !stored.encode().windows(32).any(|part| part == salt.0),
            "the salt is sealed too"
        );
    }

    #[test]
    fn an_open_body_is_checked_against_its_commitment() {
        let salt = Salt([3; 32]);
        let stored = StoredBody::Open {
            salt,
            body: b"text".to_vec(),
        };
        let read = StoredBody::decode(&stored.encode()).unwrap();
        assert_eq!(read.open(&commit(&salt, b"text"), None).unwrap(), b"text");
        assert_eq!(read.open(&[0; 32], None), Err(BodyError::Commitment));
        assert_eq!(StoredBody::decode(&[0; 32]), Err(BodyError::Form));
    }

    #[test]
    fn a_stored_body_ends_where_bodies_end() {
        let open = |length: usize| StoredBody::Open {
            salt: Salt([3; 32]),
            body: vec![b'x'; length],
        };
        let sealed = |length: usize| StoredBody::Sealed {
            bucket: "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01"
                .parse()
                .unwrap(),
            nonce: [4; 24],
            ciphertext: vec![0; length],
        };
        let most = BODY_BYTES_MAX;
        for (stored, wanted) in [
            (open(0), Ok(())),
            (open(most), Ok(())),
            (open(most + 1), Err(BodyError::TooLong)),
            (sealed(0), Err(BodyError::Form)),
            (sealed(SEALED_EXTRA - 1), Err(BodyError::Form)),
            (sealed(SEALED_EXTRA), Ok(())),
            (sealed(most + SEALED_EXTRA), Ok(())),
            (sealed(most + SEALED_EXTRA + 1), Err(BodyError::TooLong)),
        ] {
            let bytes = stored.encode();
            let read = StoredBody::decode(&bytes).map(|read| assert_eq!(read, stored));
            assert_eq!(read, wanted, "{} bytes", bytes.len());
        }
    }
}
