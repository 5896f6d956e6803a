//! Stored bodies, `docs/reference/formats.md` section 7. In: stored bytes, the commitment and size class of an envelope. Out: an open body, or what is
//! known of a sealed one. Never: a look into a sealed body; the verifier has no keys.

use crate::limits::{BODY_BYTES_MAX, STORED_BYTES_MAX};
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
            1 if *salt == [0; 32] && stored.len() <= STORED_BYTES_MAX => sealed(rest),
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
    Some(Body::Sealed { bucket, length })
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
