//! Bucket keys from two shares, and the keys that are derived from them. In: 32-byte shares. Out: keys that erase themselves.
//! Never: randomness, a disk, a copy that outlives its holder.
//!
//! `docs/reference/formats.md` section 9; HKDF is RFC 5869 with SHA-256.

use crate::ids::BucketId;
use hkdf::Hkdf;
use sha2::Sha256;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// One holder's half of a bucket key: 32 random bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Share([u8; 32]);

impl Share {
    /// Wraps 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the holder's own store and for the one who is handed the share.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The key of a bucket. Opens nothing by itself: each use has a key derived for it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BucketKey([u8; 32]);

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share(..)")
    }
}

impl fmt::Debug for BucketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BucketKey(..)")
    }
}

impl BucketKey {
    /// The key that only both shares together give.
    pub fn combine(office: &Share, commission: &Share, bucket: &BucketId) -> Self {
        Self(expand(
            join(office, commission).as_slice(),
            format!("sakimori/bucket/v1\n{bucket}").as_bytes(),
        ))
    }

    /// Takes a key that came over a private pipe from the process that combined it.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be handed over a private pipe to a process that works for one query.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Key of the Parquet files, AES-128.
    pub fn parquet(&self) -> Zeroizing<[u8; 16]> {
        Zeroizing::new(expand(&self.0, b"sakimori/parquet/v1"))
    }

    /// Key of record commitments.
    pub fn commit(&self) -> CommitKey {
        CommitKey(expand(&self.0, b"sakimori/commit/v1"))
    }

    /// Key of sealed entry bodies.
    pub fn body(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(expand(&self.0, b"sakimori/body/v1"))
    }

    /// Key of the file of identifiers.
    pub fn identifiers(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(expand(&self.0, b"sakimori/identifiers/v1"))
    }

    /// Key of the spool of staged windows.
    pub fn spool(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(expand(&self.0, b"sakimori/spool/v1"))
    }
}

/// Key under which the records of a bucket are committed to.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct CommitKey([u8; 32]);

impl CommitKey {
    /// Takes a key for tests and replays.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for CommitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommitKey(..)")
    }
}

/// What two shares give together.
pub(crate) fn join(office: &Share, commission: &Share) -> Zeroizing<[u8; 32]> {
    let mut both = Zeroizing::new([0u8; 32]);
    for (sum, (a, b)) in both.iter_mut().zip(office.0.iter().zip(commission.0)) {
        *sum = a ^ b;
    }
    both
}

/// HKDF with an empty salt.
pub(crate) fn expand<const N: usize>(ikm: &[u8], info: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    // BOUND: HKDF-SHA-256 gives up to 8,160 bytes; every caller asks for 16 or 32.
    let done = Hkdf::<Sha256>::new(None, ikm).expand(info, &mut out);
    debug_assert!(done.is_ok());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shares_and_the_bucket_name_make_the_key() {
        let bucket: BucketId = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01"
            .parse()
            .unwrap();
        let next: BucketId = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-02"
            .parse()
            .unwrap();
        let (a, b, c) = (
            Share::new([1; 32]),
            Share::new([2; 32]),
            Share::new([3; 32]),
        );
        let key = |x, y, z| *BucketKey::combine(x, y, z).bytes();
        assert_eq!(key(&a, &b, &bucket), key(&b, &a, &bucket));
        assert_ne!(key(&a, &b, &bucket), key(&a, &c, &bucket));
        assert_ne!(key(&a, &b, &bucket), key(&a, &b, &next));
        assert_eq!(format!("{a:?}"), "Share(..)");
    }
}
