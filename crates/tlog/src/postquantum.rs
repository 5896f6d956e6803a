//! ML-DSA-44 cosignatures, made and checked behind traits: the crate is young, and an approved module may take its place. In: keys, structures, signatures,
//! a seed. Out: signatures, verdicts. Never: randomness: signing is the deterministic variant of FIPS 204.
//!
//! c2sp.org/tlog-cosignature, "ML-DSA-44".

use crate::checkpoint::Checkpoint;
use crate::key::{KeyError, KeyKind, VerifierKey};
use crate::{base64, unbase64};
use ml_dsa::{
    B32, EncodedVerifyingKey, KeyExport as _, MlDsa44 as Params, Signature, VerifyingKey,
};
use std::fmt;
use zeroize::Zeroizing;

/// Length of a public key (FIPS 204, table 2).
pub(crate) const ML_DSA_44_KEY_BYTES: usize = 1312;
/// Length of a signature.
pub(crate) const ML_DSA_44_SIGNATURE_BYTES: usize = 2420;

/// Checks one ML-DSA-44 signature (FIPS 204, algorithm 3).
pub trait PostQuantumVerifier {
    /// Whether `signature` is good for `message` in `context` under `public`. Cosignatures have an empty context.
    fn verify(&self, public: &[u8], context: &[u8], message: &[u8], signature: &[u8]) -> bool;
}

/// A private ML-DSA-44 key, wherever it is kept.
pub trait PostQuantumKey: Send {
    /// The public half, 1,312 bytes.
    fn public(&self) -> Vec<u8>;
    /// A signature of 2,420 bytes over a message with an empty context; `None` where the key cannot be used.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>>;
}

/// The implementation of the `ml-dsa` crate.
#[derive(Clone, Copy, Debug, Default)]
pub struct MlDsa44;

impl PostQuantumVerifier for MlDsa44 {
    fn verify(&self, public: &[u8], context: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let Ok(encoded) = EncodedVerifyingKey::<Params>::try_from(public) else {
            return false;
        };
        let Ok(signature) = Signature::<Params>::try_from(signature) else {
            return false;
        };
        VerifyingKey::<Params>::decode(&encoded).verify_with_context(message, context, &signature)
    }
}

/// A key in memory, of the `ml-dsa` crate. Erased when dropped.
pub struct MlDsa44Key(ml_dsa::SigningKey<Params>);

impl MlDsa44Key {
    /// Makes a key from 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let seed = Zeroizing::new(B32::from(*seed));
        Self(ml_dsa::SigningKey::from_seed(&seed))
    }
}

impl PostQuantumKey for MlDsa44Key {
    fn public(&self) -> Vec<u8> {
        self.0.as_ref().to_bytes().to_vec()
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature = self.0.expanded_key().sign_deterministic(message, &[]);
        Some(signature.ok()?.encode().to_vec())
    }
}

/// One who cosigns with an ML-DSA-44 key, kind 6.
pub struct PostQuantumCosigner {
    verifier: VerifierKey,
    key: Box<dyn PostQuantumKey>,
}

impl fmt::Debug for PostQuantumCosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostQuantumCosigner({})", self.verifier)
    }
}

impl PostQuantumCosigner {
    /// A cosigner of this name.
    ///
    /// # Errors
    /// [`KeyError::Name`]; [`KeyError::Kind`] for a key whose public half has another length.
    pub fn new(name: &str, key: Box<dyn PostQuantumKey>) -> Result<Self, KeyError> {
        let verifier = VerifierKey::new(name, KeyKind::CosignerMlDsa44, &key.public())?;
        Ok(Self { verifier, key })
    }

    /// A cosigner with a key in memory, made from 32 random bytes.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(name, Box::new(MlDsa44Key::from_seed(seed)))
    }

    /// Reads the text of a key file: `PRIVATE+KEY+name+id+base64(6 ‖ seed)`.
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
        let seed = key.strip_prefix(&[6]).ok_or(KeyError::Kind)?;
        let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).map_err(|_| KeyError::Kind)?);
        let read = Self::from_seed(name, &seed)?;
        if id_text(&read.verifier) == id {
            Ok(read)
        } else {
            Err(KeyError::Id)
        }
    }

    /// The text of a key file for a seed; what [`PostQuantumCosigner::from_text`] reads.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn to_text(name: &str, seed: &[u8; 32]) -> Result<Zeroizing<String>, KeyError> {
        let cosigner = Self::from_seed(name, seed)?;
        let secret = Zeroizing::new([&[6], seed.as_slice()].concat());
        let id = id_text(&cosigner.verifier);
        Ok(Zeroizing::new(format!(
            "PRIVATE+KEY+{name}+{id}+{}\n",
            base64(&secret)
        )))
    }

    /// The public half.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signature bytes behind the id: the time, then the signature. `None` for a text that is no checkpoint, a time beyond 2^63 − 1, or a key that cannot be used.
    pub(crate) fn sign(&self, text: &str, time: u64) -> Option<Vec<u8>> {
        i64::try_from(time).ok()?;
        let checkpoint = Checkpoint::parse(text).ok()?;
        let message = signed_structure(self.verifier.name(), time, &checkpoint)?;
        let signature = self.key.sign(&message)?;
        Some([time.to_be_bytes().as_slice(), &signature].concat())
    }
}

fn id_text(key: &VerifierKey) -> String {
    format!("{:08x}", u32::from_be_bytes(key.id()))
}

/// Checks a cosignature of the checkpoint in `text`.
pub(crate) fn check(key: &VerifierKey, time: u64, text: &str, signature: &[u8]) -> bool {
    let Ok(checkpoint) = Checkpoint::parse(text) else {
        return false;
    };
    signed_structure(key.name(), time, &checkpoint)
        .is_some_and(|message| MlDsa44.verify(key.public(), &[], &message, signature))
}

/// The structure that is signed; `None` where a name does not fit its length byte.
fn signed_structure(cosigner: &str, time: u64, checkpoint: &Checkpoint) -> Option<Vec<u8>> {
    let mut out = b"subtree/v1\n\0".to_vec();
    out.push(u8::try_from(cosigner.len()).ok()?);
    out.extend_from_slice(cosigner.as_bytes());
    out.extend_from_slice(&time.to_be_bytes());
    out.push(u8::try_from(checkpoint.origin.len()).ok()?);
    out.extend_from_slice(checkpoint.origin.as_bytes());
    out.extend_from_slice(&0u64.to_be_bytes());
    out.extend_from_slice(&checkpoint.size.to_be_bytes());
    out.extend_from_slice(&checkpoint.root);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Note;

    const TEXT: &str = "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

    #[test]
    fn a_cosignature_verifies_under_its_key_and_no_other() {
        let cosigner = PostQuantumCosigner::from_seed("m.example/mirror", &[3; 32]).unwrap();
        let mut note = Note::sign(TEXT, &[], 0).unwrap();
        assert!(note.cosign(&cosigner, 77));
        let verified = note.verify(&[cosigner.verifier().clone()]).unwrap();
        assert_eq!(verified[0].time, Some(77));
        let text = PostQuantumCosigner::to_text("m.example/mirror", &[3; 32]).unwrap();
        let again = PostQuantumCosigner::from_text(&text).unwrap();
        assert_eq!(again.verifier(), cosigner.verifier());
        let read: VerifierKey = cosigner.verifier().to_string().parse().unwrap();
        assert_eq!(&read, cosigner.verifier());
        let other = PostQuantumCosigner::from_seed("m.example/mirror", &[4; 32]).unwrap();
        assert!(note.verify(&[other.verifier().clone()]).is_err());
        // The name is part of what is signed, so that the same key under another name signs something else.
        let renamed =
            VerifierKey::new("m.example/other", KeyKind::CosignerMlDsa44, read.public()).unwrap();
        let bytes = cosigner.sign(TEXT, 77).unwrap();
        assert_eq!(read.check(TEXT, &bytes), Some(Some(77)));
        assert_eq!(renamed.check(TEXT, &bytes), None);
    }

    #[test]
    fn what_is_no_checkpoint_and_what_is_no_key_is_not_signed_with() {
        let cosigner = PostQuantumCosigner::from_seed("m", &[3; 32]).unwrap();
        let mut note = Note::sign("a text\n", &[], 0).unwrap();
        assert!(!note.cosign(&cosigner, 1), "no checkpoint");
        let mut note = Note::sign(TEXT, &[], 0).unwrap();
        assert!(!note.cosign(&cosigner, 1 << 63), "no time");
        assert!(note.signatures().is_empty());
        let good = PostQuantumCosigner::to_text("m", &[3; 32]).unwrap();
        let ed25519 = crate::key::NoteSigner::from_seed("m", KeyKind::Cosigner, &[3; 32]).unwrap();
        for bad in [
            "",
            "PRIVATE+KEY+m",
            &good.replacen("+m+", "+n+", 1),
            &good.replacen("PRIVATE", "PUBLIC", 1),
            &good.replacen("BgMD", "BgM", 1),
            &ed25519.to_text(),
        ] {
            assert!(PostQuantumCosigner::from_text(bad).is_err(), "{bad}");
        }
        assert!(PostQuantumCosigner::from_seed("a b", &[3; 32]).is_err());
    }
}
