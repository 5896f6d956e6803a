//! Signatures beside documents (RFC 9580, 10.4: detached). In: bytes, a key, the time. Out: an armoured signature. Never: a key of its own making; keys are made by those who
//! keep them, and handed in.

use pgp::composed::{
    ArmorOptions, Deserializable, DetachedSignature, SignedPublicKey, SignedSecretKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{KeyDetails, KeyVersion, Password, Timestamp};
use sakimori_custody::time::Seconds;

/// Signs what is published.
pub trait Sign {
    /// An armoured detached signature over `bytes`, made at `at`.
    ///
    /// # Errors
    /// [`SignError`]: nothing is published then.
    fn sign(&self, bytes: &[u8], at: Seconds) -> Result<String, SignError>;

    /// The key's fingerprint, in capital hexadecimal.
    fn fingerprint(&self) -> String;

    /// The public key, armoured.
    ///
    /// # Errors
    /// [`SignError`].
    fn public_key(&self) -> Result<String, SignError>;
}

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the OpenPGP key: {what}")]
pub struct SignError {
    /// What failed.
    pub what: String,
}

fn failed(error: &impl std::fmt::Display) -> SignError {
    // BOUND: 200 characters of the library's words.
    SignError {
        what: error.to_string().chars().take(200).collect(),
    }
}

/// A key of version 4 without passphrase, in memory.
pub struct Key {
    key: SignedSecretKey,
}

impl Key {
    /// Reads an armoured secret key.
    ///
    /// # Errors
    /// [`SignError`] where it is no key, not of version 4, or its own signatures do not hold.
    pub fn read(armoured: &str) -> Result<Self, SignError> {
        let (key, _) = SignedSecretKey::from_string(armoured).map_err(|e| failed(&e))?;
        key.verify_bindings().map_err(|e| failed(&e))?;
        if key.primary_key.version() != KeyVersion::V4 {
            return Err(failed(&"is not of version 4"));
        }
        Ok(Self { key })
    }
}

impl Sign for Key {
    fn sign(&self, bytes: &[u8], at: Seconds) -> Result<String, SignError> {
        let at = u32::try_from(at.0).map_err(|e| failed(&e))?;
        let key = &self.key.primary_key;
        let mut config = SignatureConfig::v4(
            SignatureType::Binary,
            key.algorithm(),
            HashAlgorithm::Sha512,
        );
        config.hashed_subpackets = [
            SubpacketData::SignatureCreationTime(Timestamp::from_secs(at)),
            SubpacketData::IssuerFingerprint(key.fingerprint()),
        ]
        .into_iter()
        .map(Subpacket::regular)
        .collect::<Result<_, _>>()
        .map_err(|e| failed(&e))?;
        let issuer = SubpacketData::IssuerKeyId(key.legacy_key_id());
        config.unhashed_subpackets = vec![Subpacket::regular(issuer).map_err(|e| failed(&e))?];
        let signature = config
            .sign(key, &Password::empty(), bytes)
            .map_err(|e| failed(&e))?;
        let signature = DetachedSignature::new(signature);
        signature
            .to_armored_string(ArmorOptions::default())
            .map_err(|e| failed(&e))
    }

    fn fingerprint(&self) -> String {
        format!("{:X}", self.key.primary_key.fingerprint())
    }

    fn public_key(&self) -> Result<String, SignError> {
        let public = self.key.to_public_key();
        public
            .to_armored_string(ArmorOptions::default())
            .map_err(|e| failed(&e))
    }
}

/// Checks a detached signature of others over bytes.
///
/// # Errors
/// [`SignError`] where it does not hold.
pub fn verify(public_key: &str, signature: &str, bytes: &[u8]) -> Result<(), SignError> {
    let (key, _) = SignedPublicKey::from_string(public_key).map_err(|e| failed(&e))?;
    let (signature, _) = DetachedSignature::from_string(signature).map_err(|e| failed(&e))?;
    if signature.verify(&key, bytes).is_ok() {
        return Ok(());
    }
    // Many keys sign with a subkey.
    let mut subkeys = key.public_subkeys.iter();
    let held = subkeys.any(|subkey| signature.verify(subkey, bytes).is_ok());
    held.then_some(())
        .ok_or_else(|| failed(&"the signature does not hold"))
}
