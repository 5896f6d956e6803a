//! ML-DSA-44 cosignatures, checked behind a trait: the crate is young, and an approved module may take its place. In: key, structure,
//! signature. Out: a verdict. Never: signing.

use crate::checkpoint::Checkpoint;
use crate::key::VerifierKey;

/// Length of a public key (FIPS 204, table 2).
pub(crate) const ML_DSA_44_KEY_BYTES: usize = 1312;
/// Length of a signature.
pub(crate) const ML_DSA_44_SIGNATURE_BYTES: usize = 2420;

/// Checks one ML-DSA-44 signature with an empty context (FIPS 204, algorithm 3).
pub trait PostQuantumVerifier {
    /// Whether `signature` is good for `message` under `public`.
    fn verify(&self, public: &[u8], message: &[u8], signature: &[u8]) -> bool;
}

/// The implementation of the `ml-dsa` crate.
#[derive(Clone, Copy, Debug, Default)]
pub struct MlDsa44;

impl PostQuantumVerifier for MlDsa44 {
    fn verify(&self, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
        use ml_dsa::{EncodedVerifyingKey, MlDsa44 as Params, Signature, VerifyingKey};
        let Ok(encoded) = EncodedVerifyingKey::<Params>::try_from(public) else {
            return false;
        };
        let Ok(signature) = Signature::<Params>::try_from(signature) else {
            return false;
        };
        VerifyingKey::<Params>::decode(&encoded).verify_with_context(message, &[], &signature)
    }
}

/// Checks a cosignature of the checkpoint in `text` (c2sp.org/tlog-cosignature, "ML-DSA-44").
pub(crate) fn check(key: &VerifierKey, time: u64, text: &str, signature: &[u8]) -> bool {
    let Ok(checkpoint) = Checkpoint::parse(text) else {
        return false;
    };
    signed_structure(key.name(), time, &checkpoint)
        .is_some_and(|message| MlDsa44.verify(key.public(), &message, signature))
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
