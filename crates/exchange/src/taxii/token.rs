//! `next`: a position that only its caller can use, with the filters that it was given for. In: a key, what is bound, a position. Out: a text; from a text the position.
//! Never: a state on the server; a text that was changed, or given to another, or for other filters, and is taken.

use super::error::TaxiiError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the code that are kept: 128 bits are what nobody guesses.
const CODE_BYTES: usize = 16;

/// The key that positions are bound with. It stays for as long as callers may come back: days.
#[derive(Clone)]
pub struct NextKey([u8; 32]);

impl std::fmt::Debug for NextKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NextKey")
    }
}

/// What a position is bound to. `limit` is not: a caller may change it from page to page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound<'t> {
    pub(super) caller: &'t str,
    pub(super) collection: &'t str,
    pub(super) resource: &'t str,
    /// The object, where one is asked for.
    pub(super) object: &'t str,
    pub(super) filter: &'t str,
}

impl NextKey {
    /// From 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn code(&self, bound: &Bound<'_>, position: u64) -> Option<Vec<u8>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(b"sakimori/taxii/next/v1");
        for part in [
            bound.caller,
            bound.collection,
            bound.resource,
            bound.object,
            bound.filter,
        ] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(&position.to_be_bytes());
        let code = mac.finalize().into_bytes();
        code.get(..CODE_BYTES).map(<[u8]>::to_vec)
    }

    /// The text of a position.
    pub(super) fn seal(&self, bound: &Bound<'_>, position: u64) -> Option<String> {
        let mut bytes = position.to_be_bytes().to_vec();
        bytes.extend(self.code(bound, position)?);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The position of a text.
    ///
    /// # Errors
    /// 400 where it is not ours, was changed, or belongs to other filters or another caller.
    pub(super) fn open(&self, bound: &Bound<'_>, text: &str) -> Result<u64, TaxiiError> {
        let refused = || {
            TaxiiError::query(
                "`next` is none that was given to you for this collection and these filters.",
            )
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
        let (position, code) = bytes.split_first_chunk::<8>().ok_or_else(refused)?;
        let position = u64::from_be_bytes(*position);
        let own = self.code(bound, position).ok_or_else(refused)?;
        let differs = own.iter().zip(code).fold(0, |sum, (a, b)| sum | (a ^ b));
        if code.len() == CODE_BYTES && differs == 0 {
            Ok(position)
        } else {
            Err(refused())
        }
    }
}
