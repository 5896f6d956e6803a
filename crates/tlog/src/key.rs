//! Keys of signed notes: names, ids, kinds, their texts; signing and checking. In: key texts, seeds, messages. Out: signatures and verdicts.
//! Never: randomness: a new key is made from a seed that is handed in.

use crate::limits::KEY_NAME_BYTES_MAX;
use crate::postquantum::{ML_DSA_44_KEY_BYTES, ML_DSA_44_SIGNATURE_BYTES};
use crate::{base64, unbase64};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// What a key signs and how (c2sp.org/signed-note, "signature types").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// 1: Ed25519 over the note's text.
    Ed25519,
    /// 4: timestamped Ed25519 cosignature of a checkpoint.
    Cosigner,
    /// 6: timestamped ML-DSA-44 cosignature of a checkpoint.
    CosignerMlDsa44,
}

impl KeyKind {
    const fn code(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Cosigner => 4,
            Self::CosignerMlDsa44 => 6,
        }
    }
}

/// A text that is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form `name+hex+base64`.
    #[error("the key is not of the form name+id+base64")]
    Form,
    /// Empty, too long, or with a space or `+`.
    #[error("the key's name is empty, too long, or has a space or a plus sign")]
    Name,
    /// The id is not the one of this name and key.
    #[error("the key's id is not the hash of its name and key")]
    Id,
    /// A kind that is not supported, or bytes that are no such key.
    #[error("the key is of an unknown kind or not a key of its kind")]
    Kind,
}

/// A public key with its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    kind: KeyKind,
    public: Vec<u8>,
}

/// Whether a name may stand in a key or signature line.
pub fn is_name(name: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c == '+' || c.is_control();
    !name.is_empty() && name.len() <= KEY_NAME_BYTES_MAX && !name.contains(bad)
}

fn key_id(name: &str, kind: u8, public: &[u8]) -> [u8; 4] {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind])
        .chain_update(public)
        .finalize()
        .into();
    [hash[0], hash[1], hash[2], hash[3]]
}

impl VerifierKey {
    /// Makes a key of its parts.
    ///
    /// # Errors
    /// [`KeyError::Name`] or [`KeyError::Kind`].
    pub fn new(name: &str, kind: KeyKind, public: &[u8]) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        let length = if kind == KeyKind::CosignerMlDsa44 {
            ML_DSA_44_KEY_BYTES
        } else {
            32
        };
        if public.len() != length {
            return Err(KeyError::Kind);
        }
        let id = key_id(name, kind.code(), public);
        Ok(Self {
            name: name.to_owned(),
            id,
            kind,
            public: public.to_vec(),
        })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id: the first four bytes of SHA-256(name ‖ LF ‖ kind ‖ key).
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The key's kind.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public key's bytes.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The Ed25519 key, for kinds 1 and 4.
    pub fn ed25519(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_bytes(self.public.as_slice().try_into().ok()?).ok()
    }

    /// Checks signature bytes (behind the id) over a note's text. Returns the time of a cosignature, `None` for a plain signature.
    pub(crate) fn check(&self, text: &str, bytes: &[u8]) -> Option<Option<u64>> {
        if self.kind == KeyKind::Ed25519 {
            return self.strict(text.as_bytes(), bytes).then_some(None);
        }
        let (time, signature) = bytes.split_first_chunk::<8>()?;
        let time = u64::from_be_bytes(*time);
        if i64::try_from(time).is_err() {
            return None;
        }
        let good = match self.kind {
            KeyKind::Cosigner => self.strict(cosigned_text(time, text).as_bytes(), signature),
            _ => {
                signature.len() == ML_DSA_44_SIGNATURE_BYTES
                    && crate::postquantum::check(self, time, text, signature)
            }
        };
        good.then_some(Some(time))
    }

    /// Checks a bare Ed25519 signature over bytes that are no note, such as those of a log entry; `false` for a key of another kind.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.kind == KeyKind::Ed25519 && self.strict(message, signature)
    }

    fn strict(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = self.ed25519();
        let signature = Signature::from_slice(signature).ok();
        key.zip(signature)
            .is_some_and(|(key, sig)| key.verify_strict(message, &sig).is_ok())
    }
}

/// What a timestamped Ed25519 cosignature signs.
fn cosigned_text(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.kind.code()], self.public.as_slice()].concat();
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            u32::from_be_bytes(self.id),
            base64(&key)
        )
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let key = unbase64(key).ok_or(KeyError::Form)?;
        let (&kind, public) = key.split_first().ok_or(KeyError::Form)?;
        let kind = match kind {
            1 => KeyKind::Ed25519,
            4 => KeyKind::Cosigner,
            6 => KeyKind::CosignerMlDsa44,
            _ => return Err(KeyError::Kind),
        };
        let read = Self::new(name, kind, public)?;
        if read.kind != KeyKind::CosignerMlDsa44 && read.ed25519().is_none() {
            return Err(KeyError::Kind);
        }
        if id.len() == 8 && format!("{:08x}", u32::from_be_bytes(read.id)) == id {
            Ok(read)
        } else {
            Err(KeyError::Id)
        }
    }
}

/// A private Ed25519 key with its name; kind 1 or 4. Erased when dropped.
pub struct NoteSigner {
    key: SigningKey,
    verifier: VerifierKey,
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.verifier)
    }
}

impl NoteSigner {
    /// Makes a key from 32 random bytes.
    ///
    /// # Errors
    /// [`KeyError::Name`], or [`KeyError::Kind`] for a kind that this project does not sign with.
    pub fn from_seed(name: &str, kind: KeyKind, seed: &[u8; 32]) -> Result<Self, KeyError> {
        if kind == KeyKind::CosignerMlDsa44 {
            return Err(KeyError::Kind);
        }
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, kind, key.verifying_key().as_bytes())?;
        Ok(Self { key, verifier })
    }

    /// Reads the text of a key file, `PRIVATE+KEY+name+id+base64(kind ‖ seed)` as Go's note package writes it.
    ///
    /// # Errors
    /// [`KeyError`]: it is no such key.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let rest = text
            .trim_end()
            .strip_prefix("PRIVATE+KEY+")
            .ok_or(KeyError::Form)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let key = Zeroizing::new(unbase64(key).ok_or(KeyError::Form)?);
        let (&kind, seed) = key.split_first().ok_or(KeyError::Form)?;
        let kind = match kind {
            1 => KeyKind::Ed25519,
            4 => KeyKind::Cosigner,
            _ => return Err(KeyError::Kind),
        };
        let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).map_err(|_| KeyError::Kind)?);
        let read = Self::from_seed(name, kind, &seed)?;
        if format!("{:08x}", u32::from_be_bytes(read.verifier.id)) == id {
            Ok(read)
        } else {
            Err(KeyError::Id)
        }
    }

    /// The text of a key file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let secret =
            Zeroizing::new([&[self.verifier.kind.code()], self.key.as_bytes().as_slice()].concat());
        let id = u32::from_be_bytes(self.verifier.id);
        Zeroizing::new(format!(
            "PRIVATE+KEY+{}+{id:08x}+{}\n",
            self.verifier.name,
            base64(&secret)
        ))
    }

    /// The public half.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The bare key, for signatures that are no notes.
    pub const fn ed25519(&self) -> &SigningKey {
        &self.key
    }

    /// Signature bytes behind the id. `time` is that of a cosignature; a plain signature ignores it.
    pub(crate) fn sign(&self, text: &str, time: u64) -> Vec<u8> {
        if self.verifier.kind == KeyKind::Ed25519 {
            return self.key.sign(text.as_bytes()).to_bytes().to_vec();
        }
        let signature = self.key.sign(cosigned_text(time, text).as_bytes());
        [time.to_be_bytes().as_slice(), &signature.to_bytes()].concat()
    }
}
