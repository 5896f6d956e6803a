//! Identifiers that leave the seal as tag and sealed blob (law: non-identification measures). In: a field and a value inside the sealed process; keys of an epoch. Out: fixed
//! bytes that say nothing without the epoch's secret. Never: a value in the clear, but for the one that [`Reader::open`] gives for one logged decision.
//!
//! `docs/reference/formats.md` sections 3 and 9; HPKE is RFC 9180.

use crate::commitment::mac;
use crate::ids::{RecordId, StreamId};
use crate::keys::CommitKey;
use crate::layout::{LayoutError, Reader as Fields, Writer};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open,
    single_shot_seal_with_rng,
};
use sakimori_tlog::merkle::Frontier;
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Length of an encoded identifier in bytes.
pub const IDENTIFIER_BYTES: usize = 256;
/// Length of a tag in bytes.
pub const TAG_BYTES: usize = 32;
/// Length of a sealed blob in bytes: encapsulated key, plaintext, tag of the cipher.
pub const BLOB_BYTES: usize = 32 + PLAIN_BYTES + 16;
/// Most identifiers of one record.
pub const RECORD_IDENTIFIERS_MAX: usize = 16;
/// Longest value in bytes.
pub const VALUE_BYTES_MAX: usize = 320;
/// Every plaintext has this length, so that a blob does not tell how long its value is.
const PLAIN_BYTES: usize = 128;
/// Longest value that a plaintext holds whole.
const WHOLE_BYTES_MAX: usize = PLAIN_BYTES - 2;
/// How much of a longer one it holds before its hash.
const CUT_BYTES: usize = WHOLE_BYTES_MAX - 32;

type Cipher = ChaCha20Poly1305;
type Kdf = HkdfSha256;
type Dh = X25519HkdfSha256;

/// Which identifier of a flow it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum IdentifierField {
    /// Who sends mail.
    SourceMail = 1,
    /// Who receives it.
    DestinationMail = 2,
    /// Who signs in.
    User = 3,
}

impl IdentifierField {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 3] = [Self::SourceMail, Self::DestinationMail, Self::User];

    /// Its code.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The field of a code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }

    /// Its word in the schedule, in rulings and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SourceMail => "source-mail",
            Self::DestinationMail => "destination-mail",
            Self::User => "user",
        }
    }

    /// What its tags join with: sender and recipient of mail are of one kind.
    const fn domain(self) -> &'static [u8] {
        match self {
            Self::SourceMail | Self::DestinationMail => b"mail",
            Self::User => b"user",
        }
    }
}

impl fmt::Display for IdentifierField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a field is source-mail, destination-mail or user")]
pub struct FieldError;

impl FromStr for IdentifierField {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let named = Self::ALL.into_iter().find(|field| field.name() == text);
        named.ok_or(FieldError)
    }
}

/// An identifier as it leaves the seal and as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// Number of its record in the run.
    pub record: u64,
    /// What it is.
    pub field: IdentifierField,
    /// Equal for equal values of one kind within an authority and epoch.
    pub tag: [u8; TAG_BYTES],
    /// The value, which only the epoch's secret opens.
    pub blob: [u8; BLOB_BYTES],
}

impl Identifier {
    /// The payload of its frame.
    pub fn encode(&self) -> [u8; IDENTIFIER_BYTES] {
        let mut w = Writer::default();
        w.u64(self.record).u8(self.field.code()).bytes(&[0; 7]);
        w.bytes(&self.tag).bytes(&self.blob).finish()
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`LayoutError`]: the writer is not the sealed process of this version.
    pub fn decode(bytes: &[u8; IDENTIFIER_BYTES]) -> Result<Self, LayoutError> {
        let mut r = Fields::new(bytes);
        let bad = |field| LayoutError {
            object: "identifier",
            field,
        };
        let (record, field) = (r.u64(), r.u8());
        let field = IdentifierField::from_code(field).ok_or(bad("field"))?;
        let gap = r.bytes::<7>();
        let (tag, blob) = (r.bytes(), r.bytes());
        if gap != [0; 7] || r.bytes::<32>() != [0; 32] {
            return Err(bad("zero"));
        }
        Ok(Self {
            record,
            field,
            tag,
            blob,
        })
    }
}

/// Gathers the leaves of one window's identifiers.
#[derive(Debug)]
pub struct IdentifiersCommitment<'k> {
    key: &'k CommitKey,
    leaves: Frontier,
}

impl<'k> IdentifiersCommitment<'k> {
    /// Starts with none.
    pub fn new(key: &'k CommitKey) -> Self {
        Self {
            key,
            leaves: Frontier::default(),
        }
    }

    /// Adds the next identifier, in the order in which they left the seal.
    pub fn add(&mut self, record: RecordId, identifier: &Identifier) {
        let parts: [&[u8]; 4] = [
            &record.to_bytes(),
            &[identifier.field.code()],
            &identifier.tag,
            &identifier.blob,
        ];
        self.leaves.push_entry(&mac(self.key.bytes(), &parts));
    }

    /// The root, or `None` where there was none.
    pub fn finish(&self) -> Option<[u8; 32]> {
        (self.leaves.size() > 0).then(|| self.leaves.root())
    }
}

/// Random bytes of the sealed process, which has no source of its own: SHA-256 in counter mode over a seed that its supervisor drew. One seed gives the same bytes each time.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Generator {
    key: [u8; 32],
    counter: u64,
}

impl Generator {
    /// Starts with 32 random bytes that are used for nothing else.
    pub const fn new(seed: [u8; 32]) -> Self {
        Self {
            key: seed,
            counter: 0,
        }
    }

    fn block(&mut self) -> [u8; 32] {
        self.counter += 1;
        mac(
            &self.key,
            &[b"sakimori/generator/v1\n", &self.counter.to_le_bytes()],
        )
    }
}

impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut four = [0; 4];
        self.try_fill_bytes(&mut four)?;
        Ok(u32::from_le_bytes(four))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut eight = [0; 8];
        self.try_fill_bytes(&mut eight)?;
        Ok(u64::from_le_bytes(eight))
    }

    fn try_fill_bytes(&mut self, place: &mut [u8]) -> Result<(), Infallible> {
        for part in place.chunks_mut(32) {
            let block = self.block();
            for (byte, random) in part.iter_mut().zip(block) {
                *byte = random;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Generator {}

/// What the sealed process needs to write identifiers, and nothing that opens one.
pub struct Sealer {
    tag_key: Zeroizing<[u8; 32]>,
    recipient: <Dh as Kem>::PublicKey,
    info: Vec<u8>,
    generator: Generator,
}

impl Sealer {
    /// Takes the keys of an epoch, the stream of the run and a seed; `None` where the recipient's key is none.
    pub fn new(keys: &WritingKeys, epoch: &str, stream: StreamId, seed: [u8; 32]) -> Option<Self> {
        Some(Self {
            tag_key: keys.tag.clone(),
            recipient: <Dh as Kem>::PublicKey::from_bytes(&keys.recipient).ok()?,
            info: info(epoch, stream),
            generator: Generator::new(seed),
        })
    }

    /// Tag and blob of a value; `None` for one that is empty or too long, or where the system has no memory.
    ///
    /// # Cost
    /// Two multiplications on the curve: about 100 µs.
    pub fn seal(
        &mut self,
        record: u64,
        field: IdentifierField,
        value: &[u8],
    ) -> Option<Identifier> {
        if value.is_empty() || value.len() > VALUE_BYTES_MAX {
            return None;
        }
        let tag = tag(&self.tag_key, field, value);
        let plain = pad(value);
        let mode = OpModeS::Base;
        let (key, text) = single_shot_seal_with_rng::<Cipher, Kdf, Dh>(
            &mode,
            &self.recipient,
            &self.info,
            &*plain,
            &covered(record, field, &tag),
            &mut self.generator,
        )
        .ok()?;
        let mut blob = [0; BLOB_BYTES];
        let (first, rest) = blob.split_at_mut(32);
        key.write_exact(first);
        // BOUND: a text is as long as its plaintext and the cipher's tag; another length is refused.
        (rest.len() == text.len()).then(|| rest.copy_from_slice(&text))?;
        Some(Identifier {
            record,
            field,
            tag,
            blob,
        })
    }
}

/// The keys by which identifiers are written: handed to the sealed process of a run.
pub struct WritingKeys {
    /// Key of the tags.
    pub tag: Zeroizing<[u8; 32]>,
    /// Public key to which values are sealed.
    pub recipient: [u8; 32],
}

/// Opens blobs: only the epoch's secret makes one, and it serves one logged decision.
pub struct Reader {
    private: <Dh as Kem>::PrivateKey,
    tag_key: Zeroizing<[u8; 32]>,
    epoch: String,
}

/// A value that was opened; erased when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The value, or its first 94 bytes.
    pub value: Zeroizing<Vec<u8>>,
    /// Whether it is the whole value.
    pub whole: bool,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened(..)")
    }
}

impl Reader {
    pub(crate) fn new(seed: &[u8; 32], tag_key: Zeroizing<[u8; 32]>, epoch: &str) -> Self {
        let (private, _) = Dh::derive_keypair(seed);
        Self {
            private,
            tag_key,
            epoch: epoch.to_owned(),
        }
    }

    /// Opens the blob of an identifier of a run; `None` where it was sealed in another epoch or run, or as another field or record, or where tag or blob were changed.
    pub fn open(&self, stream: StreamId, identifier: &Identifier) -> Option<Opened> {
        let (key, text) = identifier.blob.split_at(32);
        let key = <Dh as Kem>::EncappedKey::from_bytes(key).ok()?;
        let plain = single_shot_open::<Cipher, Kdf, Dh>(
            &OpModeR::Base,
            &self.private,
            &key,
            &info(&self.epoch, stream),
            text,
            &covered(identifier.record, identifier.field, &identifier.tag),
        );
        let plain = Zeroizing::new(plain.ok()?);
        let opened = unpad(&plain)?;
        let same =
            !opened.whole || tag(&self.tag_key, identifier.field, &opened.value) == identifier.tag;
        same.then_some(opened)
    }
}

/// The public key of the key pair that a seed gives.
pub(crate) fn recipient(seed: &[u8; 32]) -> [u8; 32] {
    let (_, public) = Dh::derive_keypair(seed);
    let mut bytes = [0; 32];
    public.write_exact(&mut bytes);
    bytes
}

/// The tag of a value under a tag key.
pub fn tag(key: &[u8; 32], field: IdentifierField, value: &[u8]) -> [u8; TAG_BYTES] {
    mac(key, &[b"sakimori/tag/v1\n", field.domain(), b"\n", value])
}

fn info(epoch: &str, stream: StreamId) -> Vec<u8> {
    format!("sakimori/identifier/v1\n{epoch}\n{stream}").into_bytes()
}

fn covered(record: u64, field: IdentifierField, tag: &[u8; TAG_BYTES]) -> [u8; 9 + TAG_BYTES] {
    let mut w = Writer::default();
    w.u64(record).u8(field.code()).bytes(tag).finish()
}

fn pad(value: &[u8]) -> Zeroizing<[u8; PLAIN_BYTES]> {
    let mut w = Writer::<PLAIN_BYTES>::default();
    // BOUND: the caller has refused what is longer than VALUE_BYTES_MAX.
    w.u16(value.len() as u16);
    if value.len() <= WHOLE_BYTES_MAX {
        w.bytes(value);
    } else {
        w.bytes(value.get(..CUT_BYTES).unwrap_or_default());
        w.bytes(&Sha256::digest(value));
    }
    let plain = Zeroizing::new(w.finish());
    w.erase();
    plain
}

fn unpad(plain: &[u8]) -> Option<Opened> {
    let (length, rest) = plain.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_le_bytes(*length));
    let whole = length <= WHOLE_BYTES_MAX;
    let held = if whole { length } else { CUT_BYTES };
    (plain.len() == PLAIN_BYTES && length > 0 && length <= VALUE_BYTES_MAX).then_some(())?;
    Some(Opened {
        value: Zeroizing::new(rest.get(..held)?.to_vec()),
        whole,
    })
}

#[cfg(test)]
mod tests;
