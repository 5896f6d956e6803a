//! Secrets: how they are drawn, written and kept. In: randomness. Out: texts for their holder, hashes for the store. Never: a secret in a log, a comparison that
//! tells where two differ.

use crate::AccessError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::io;
use zeroize::Zeroizing;

/// The machine's randomness, handed in. A closure that fills what it is given is one.
pub trait Random: Send + Sync {
    /// Fills the place with random bytes.
    ///
    /// # Errors
    /// The machine's; nothing that needed them has happened.
    fn fill(&self, place: &mut [u8]) -> io::Result<()>;
}

impl<F: Fn(&mut [u8]) -> io::Result<()> + Send + Sync> Random for F {
    fn fill(&self, place: &mut [u8]) -> io::Result<()> {
        self(place)
    }
}

/// `N` random bytes.
pub(crate) fn draw<const N: usize>(random: &dyn Random) -> Result<Zeroizing<[u8; N]>, AccessError> {
    let mut bytes = Zeroizing::new([0; N]);
    random
        .fill(bytes.as_mut_slice())
        .map_err(AccessError::Random)?;
    Ok(bytes)
}

/// 256 random bits as text, after a prefix that says what it is.
pub(crate) fn secret(random: &dyn Random, prefix: &str) -> Result<Zeroizing<String>, AccessError> {
    let bytes = draw::<32>(random)?;
    let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
    Ok(Zeroizing::new(format!("{prefix}{}", text.as_str())))
}

/// An id that nobody can guess the next of, and that says nothing: 32 hex digits.
pub(crate) fn id(random: &dyn Random) -> Result<String, AccessError> {
    Ok(sakimori_custody::ids::hex(draw::<16>(random)?.as_slice()))
}

/// What the store keeps of a secret. Secrets have 100 and more random bits, so that a fast hash is enough.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Letters and digits that cannot be taken for each other.
const CODE_LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A code that people type: 24 of 32 letters, 120 random bits, in groups of six.
pub(crate) fn code(random: &dyn Random) -> Result<Zeroizing<String>, AccessError> {
    let bytes = draw::<24>(random)?;
    let mut text = Zeroizing::new(String::with_capacity(27));
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 6 == 0 {
            text.push('-');
        }
        let letter = CODE_LETTERS.get(usize::from(byte & 31)).copied();
        text.push(char::from(letter.unwrap_or(b'A')));
    }
    Ok(text)
}

/// The hash of a code as somebody typed it: case, spaces and dashes do not matter.
pub(crate) fn code_hash(typed: &str) -> [u8; 32] {
    let letters: Zeroizing<String> = Zeroizing::new(
        typed
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_uppercase())
            .collect(),
    );
    hash(&letters)
}

/// HMAC-SHA-256 under a secret, as text.
pub(crate) fn derived(secret: &str, purpose: &str) -> Option<String> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(purpose.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Whether two secrets are the same, in a time that does not depend on where they differ: their hashes are compared.
pub(crate) fn same(one: &str, other: &str) -> bool {
    hash(one) == hash(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "a source of randomness may fail")]
    fn counting(place: &mut [u8]) -> io::Result<()> {
        place.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
        Ok(())
    }

    #[test]
    fn a_code_is_read_as_it_was_typed() {
        let code = code(&counting).unwrap();
        assert_eq!(code.as_str(), "ABCDEF-GHJKLM-NPQRST-UVWXYZ");
        for typed in ["abcdef ghjklm npqrst uvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ"] {
            assert_eq!(code_hash(typed), code_hash(&code), "{typed}");
        }
        assert_ne!(code_hash("ABCDEF"), code_hash(&code));
    }

    #[test]
    fn a_secret_has_its_prefix_and_256_bits() {
        let secret = secret(&counting, "sak_").unwrap();
        assert_eq!(
            secret.as_str(),
            "sak_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
        );
        assert_ne!(derived(&secret, "one"), derived(&secret, "other"));
        assert!(same(&secret, &secret.clone()) && !same(&secret, "sak_"));
    }

    #[test]
    fn without_randomness_there_is_no_secret() {
        let empty = |_: &mut [u8]| Err(io::Error::other("none"));
        assert!(matches!(secret(&empty, ""), Err(AccessError::Random(_))));
        assert!(matches!(code(&empty), Err(AccessError::Random(_))));
    }
}
